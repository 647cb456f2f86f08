"""Quotes: exact, whole sentences, of different persons, and some that disagree."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agent.analyse.quotes import MAX_CHARS, Spoken, choose_opposing, choose_quotes, quote_of
from agent.testing import HashEncoder
from tests.agent.analyse.theme_corpus import corpus, passage, reading

ENCODER = HashEncoder(64)


def test_quotes_stand_in_their_records_and_come_from_different_persons() -> None:
    """Every quote is its record's text at its place; five quotes, five persons, no wording twice."""
    passages, _, vectors, topics = corpus()
    rows = [i for i, topic in enumerate(topics) if topic == "late"]
    text_of = {passages[i].record_id: passages[i].text for i in rows}
    quotes = choose_quotes([passages[i] for i in rows], vectors[rows], limit=5)
    assert len(quotes) == len({q.record_id for q in quotes}) == len({q.quote for q in quotes}) == 5
    assert all(text_of[q.record_id][q.start : q.end] == q.quote for q in quotes)


def test_quotes_of_one_person_are_taken_only_when_nobody_else_is_left() -> None:
    """Ten messages of one person and one of another: both persons are heard first."""
    passages = [
        passage(f"r{i}", "loud", f"The parcel came late for the {i} time and the parcel was wet")
        for i in range(10)
    ]
    passages.append(passage("r99", "quiet", "My parcel came late and it was wet when it came"))
    quotes = choose_quotes(passages, ENCODER.encode([p.text for p in passages]), limit=2)
    assert "r99" in {q.record_id for q in quotes}


def test_quotes_prefer_a_readable_length() -> None:
    """A fragment is not quoted where a sentence says the same."""
    passages = [
        passage("r1", "p1", "late"),
        passage("r2", "p2", "The parcel came two days late and nobody told me about it"),
    ]
    assert choose_quotes(passages, ENCODER.encode([p.text for p in passages]), limit=1)[0].record_id == "r2"


@given(st.lists(st.text("abc ", min_size=3, max_size=90).map(lambda s: f"X{s}y."), min_size=1, max_size=8))
def test_quote_of_any_passage_is_whole_sentences_of_it(sentences: list[str]) -> None:
    """A long passage is cut at sentence ends, and the quote stands where it says."""
    whole = passage("r1", "p1", " ".join(sentences))
    quote = quote_of(whole)
    assert whole.text[quote.start : quote.end] == quote.quote
    assert quote.quote.startswith("X")
    assert quote.quote.endswith(".")
    assert len(quote.quote) <= MAX_CHARS


def test_opposing_quotes_are_glad_and_on_the_topic() -> None:
    """Praise of the same thing opposes; praise of another thing and complaints do not."""
    late = [passage(f"r{i}", f"p{i}", "my parcel delivery was late by two days") for i in range(5)]
    glad = passage("g", "pg", "my parcel delivery was fast by two days")
    other = passage("o", "po", "wonderful soft pullovers everywhere")
    everything = [*late, glad, other]
    vectors = ENCODER.encode([p.text for p in everything])
    readings = [reading(p, complaint=p in late) for p in everything]
    found = choose_opposing(vectors[:5], Spoken(everything, vectors, readings))
    assert [q.record_id for q in found] == ["g"]
    assert choose_quotes([], np.zeros((0, 64), dtype=np.float32)) == ()
