"""Passages are exact pieces of what the customer wrote."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from agent.normalise import MAX_PASSAGE_CHARS, clean_text, passages_of
from agent.schemas.records import Kind, Record, Speaker, Turn


def _record(text: str, turns: tuple[Turn, ...] = ()) -> Record:
    return Record(
        record_id="r_1", kind=Kind.TRANSCRIPT, source_format="native", external_id="1", person_id="p_1", at=None, channel="chat",
        text=text, turns=turns, source_id="s", row=0, content_key="k",
    )  # fmt: skip


def _conversation(said: list[tuple[Speaker, str]]) -> Record:
    turns: list[Turn] = []
    start = 0
    for speaker, text in said:
        turns.append(Turn(speaker=speaker, start=start, end=start + len(text)))
        start += len(text) + 1
    return _record("\n".join(text for _, text in said), tuple(turns))


_SENTENCE = st.sampled_from(
    [
        "It broke.",
        "Why?!",
        "dr. Hill said so...",
        "no end",
        "🎉 great",
        "10/10",
        "a" * 500,
        "one, two; " * 60,
        "好。坏！",
        "\n",
        "[NAME-x2f]",
    ]
)
_TEXT = st.one_of(st.text(max_size=200), st.lists(_SENTENCE, max_size=12).map(" ".join)).map(clean_text)


@given(st.lists(st.tuples(st.sampled_from(Speaker), _TEXT.filter(bool)), max_size=6))
def test_passages_of_any_record_are_exact_ordered_and_the_customers(said: list[tuple[Speaker, str]]) -> None:
    """Every passage stands where it says, after the one before, inside one customer turn."""
    record = _conversation(said)
    spans = record.customer_spans()
    end = 0
    for passage in passages_of(record):
        assert passage.text == record.text[passage.start : passage.end]
        assert passage.text.strip() == passage.text
        assert passage.start >= end
        assert any(low <= passage.start and passage.end <= high for low, high in spans)
        assert len(passage.text) <= MAX_PASSAGE_CHARS
        assert passage.text_sha256 == hashlib.sha256(record.text.encode()).hexdigest()
        end = passage.end


@given(_TEXT)
def test_passages_of_a_text_lose_no_letter(text: str) -> None:
    """What is left out between passages holds no words."""
    left = list(text)
    for passage in passages_of(_record(text)):
        left[passage.start : passage.end] = [" "] * (passage.end - passage.start)
    assert not any(c.isalpha() for c in "".join(left).replace("[NAME-x2f]", ""))


def test_passages_of_review_keep_abbreviations_and_join_short_sentences() -> None:
    """Sentences break where readers would break them; very short ones stay with their neighbours."""
    text = (
        "Dr. Hill called at 5 p.m. and was kind. Thanks! "
        "The parcel, which I had ordered three weeks before the holidays, arrived with a torn corner and a wet label on it. "
        "After that nobody answered my calls, e.g. on Monday I waited for almost an hour before the line simply went dead."
    )
    second, third = text.index("The parcel"), text.index("After that")
    found = [p.text for p in passages_of(_record(text))]
    assert found == [text[: second - 1], text[second : third - 1], text[third:]]


def test_passages_of_conversation_never_cross_turns() -> None:
    """Two short turns of the customer stay two passages, the agent's words none."""
    record = _conversation(
        [(Speaker.CUSTOMER, "Hi."), (Speaker.AGENT, "Hello!"), (Speaker.CUSTOMER, "It broke.")]
    )
    assert [p.text for p in passages_of(record)] == ["Hi.", "It broke."]
