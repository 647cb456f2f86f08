"""Summaries: verbatim, by the right speaker, and silent where nobody tells."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agent.analyse.summaries import SummarySentence, summarise_conversation, summarise_theme
from agent.schemas.records import Kind, Record, Speaker, Turn
from agent.testing import HashEncoder
from tests.agent.analyse.theme_corpus import corpus

ENCODER = HashEncoder(64)
C, A = Speaker.CUSTOMER, Speaker.AGENT


def _record(*said: tuple[Speaker, str]) -> Record:
    turns: list[Turn] = []
    start = 0
    for speaker, text in said:
        turns.append(Turn(speaker=speaker, start=start, end=start + len(text)))
        start += len(text) + 1
    return Record(
        record_id="r_1",
        kind=Kind.TRANSCRIPT,
        source_format="test",
        external_id="1",
        person_id="p_1",
        at=None,
        channel=None,
        text="\n".join(text for _, text in said),
        turns=tuple(turns),
        source_id="s",
        row=0,
        content_key="",
    )


TALK = _record(
    (A, "Hello, how can I help?"),
    (C, "Hi there!"),
    (C, "I would like to change the date of my delivery, please."),
    (A, "What date would suit you?"),
    (C, "Friday would be best for me."),
    (A, "Unfortunately Friday is not available in your area."),
    (C, "Then Saturday is fine too."),
    (A, "Your delivery has been moved to Saturday."),
    (A, "Is there anything else I can do?"),
    (C, "No, thank you very much."),
)


def _said(sentence: SummarySentence | None) -> tuple[Speaker, str]:
    assert sentence is not None
    assert TALK.text[sentence.start : sentence.end] == sentence.text
    return sentence.speaker, sentence.text


def test_summary_of_a_conversation_tells_request_setback_and_outcome() -> None:
    """Each part is the sentence that says it, with its speaker; greetings and questions are passed over."""
    found = summarise_conversation(TALK, encoder=ENCODER)
    assert _said(found.problem) == (C, "I would like to change the date of my delivery, please.")
    assert _said(found.turn) == (A, "Unfortunately Friday is not available in your area.")
    assert _said(found.outcome) == (A, "Your delivery has been moved to Saturday.")


def test_summary_of_what_nobody_tells_is_open() -> None:
    """Without a request there is no problem; without an answer no course; nothing is made up."""
    empty = summarise_conversation(_record((A, "Hello, how can I help?"), (C, "Hi!")), encoder=ENCODER)
    assert (empty.problem, empty.turn, empty.outcome) == (None, None, None)
    alone = summarise_conversation(
        _record((C, "My parcel never came and I was charged twice.")), encoder=ENCODER
    )
    assert alone.problem is not None
    assert (alone.turn, alone.outcome) == (None, None)
    assert summarise_conversation(_record(), encoder=ENCODER).problem is None


@given(st.lists(st.tuples(st.sampled_from([C, A, Speaker.BOT]), st.text(max_size=60)), max_size=8))
def test_summary_of_any_conversation_stands_in_it(said: list[tuple[Speaker, str]]) -> None:
    """Whatever is said, every sentence is the record's text at its place and the problem is the customer's."""
    record = _record(*said)
    found = summarise_conversation(record, encoder=ENCODER)
    parts = [part for part in (found.problem, found.turn, found.outcome) if part is not None]
    assert all(record.text[part.start : part.end] == part.text for part in parts)
    assert all(
        any(t.start <= p.start and p.end <= t.end and t.speaker is p.speaker for t in record.turns)
        for p in parts
    )
    assert found.problem is None or found.problem.speaker is C


def test_summary_of_a_theme_counts_customers_near_its_sentences() -> None:
    """Sentences stand in the members' texts and are told apart; the count is of distinct customers."""
    passages, _, vectors, topics = corpus(12)
    rows = [i for i, topic in enumerate(topics) if topic in {"late", "app"}]
    summary = summarise_theme([passages[i] for i in rows], vectors[rows], limit=2)
    records = {passages[i].record_id: topics[i] for i in rows}
    assert {records[item.record_id] for item in summary.sentences} == {"late", "app"}
    assert 0 < summary.n_close <= summary.n_customers == len(rows)
    nobody = summarise_theme([], np.zeros((0, 256), dtype=np.float32))
    assert (nobody.sentences, nobody.n_customers, nobody.n_close) == ((), 0, 0)
