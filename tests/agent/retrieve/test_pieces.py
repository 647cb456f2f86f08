"""How texts are cut for comparing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.retrieve.pieces import asking_part, pieces_of


def test_pieces_are_clauses_and_the_whole() -> None:
    """Each thought stands alone, a fragment stays with the one before it, and the text itself is last."""
    text = "The room was huge and quiet, but nobody ever answered the phone."
    assert pieces_of(text) == ["The room was huge quiet", "nobody ever answered the phone.", text]
    assert pieces_of("Late again.") == ["Late again."]


@given(st.text(max_size=80))
def test_pieces_always_end_with_the_text(text: str) -> None:
    """Whatever the text, it is compared as a whole too."""
    assert pieces_of(text)[-1] == text


@pytest.mark.parametrize(
    ("text", "asking"),
    [
        ("Thanks. Is it loud? I sleep badly.", "Is it loud?"),
        ("Is it dear? Is it loud?", "Is it loud?"),
        ("Great. I want a quiet room.", "I want a quiet room."),
        ("parking", "parking"),
        ("", ""),
    ],
)
def test_asking_part_is_the_last_question(text: str, asking: str) -> None:
    """The sentence with the question mark asks; without one the last does."""
    assert asking_part(text) == asking
