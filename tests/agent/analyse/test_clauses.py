"""Mixed feelings inside one text are kept apart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.clauses import Part, clause_spans, is_mixed, parts_of, polarity_at, polarity_parts
from agent.testing import HashEncoder


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("The room was lovely but nobody answered the phone.", "room", "phone"),
        ("Although the delivery was late, the shoes are beautiful.", "shoes", "delivery"),
        ("Great prices. The app crashes all the time.", "prices", "app"),
        ("I love the design and the support was terrible.", "design", "support"),
        ("The waiter was rude, however the food was excellent", "food", "waiter"),
    ],
)
def test_polarity_parts_two_feelings_are_two_parts(text: str, good: str, bad: str) -> None:
    """Each feeling has its own part, in the place where it is said."""
    parts = polarity_parts(text)
    assert polarity_at(parts, text.index(good), text.index(good) + len(good)) == 1
    assert polarity_at(parts, text.index(bad), text.index(bad) + len(bad)) == -1
    assert is_mixed(parts)


@pytest.mark.parametrize(
    "text", ["Everything was perfect, thank you!", "It never worked and nobody helped.", "Where is my order?"]
)
def test_is_mixed_one_feeling_is_not_mixed(text: str) -> None:
    """Praise alone, trouble alone and a plain question are not mixed."""
    assert not is_mixed(polarity_parts(text))


@pytest.mark.parametrize(
    "text", ["", "  ", "…!", "El paquete nunca llegó y nadie responde.", "包裹一直没有到"]
)
def test_polarity_parts_nothing_to_read_has_no_parts(text: str) -> None:
    """No words, or words of another language, give no parts rather than wrong ones."""
    assert polarity_parts(text) == []
    assert polarity_at([], 0, 1) is None


def test_polarity_at_takes_the_part_that_shares_most() -> None:
    """A stretch over two parts is read by the one that holds more of it; one outside of all is unknown."""
    parts = [Part(0, 10, 0.8, 1), Part(11, 30, -0.8, -1)]
    assert polarity_at(parts, 8, 20) == -1
    assert polarity_at(parts, 2, 12) == 1
    assert polarity_at(parts, 40, 50) is None


@given(
    texts=st.lists(st.text(max_size=120) | st.sampled_from(["good but bad", "a, b and the c."]), max_size=4)
)
@settings(max_examples=80, deadline=None)
def test_parts_of_any_text_are_ordered_apart_and_alone(texts: list[str]) -> None:
    """Parts lie inside the text, in order, without overlap, and do not depend on the texts beside it."""
    for text, parts in zip(texts, parts_of(texts), strict=True):
        assert parts == polarity_parts(text)
        edges = [0, *(edge for part in parts for edge in (part.start, part.end)), len(text)]
        assert edges == sorted(edges)
        assert all(part.start < part.end and -1 <= part.sentiment <= 1 for part in parts)


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Good food, but slow service", ["Good food", ", but slow service"]),
        ("We waited for a while and left.", ["We waited for a while and left."]),
        ("Soup, bread, and wine", ["Soup, bread, and wine"]),
        ("It’s fine; I don’t mind", ["It’s fine;", "I don’t mind"]),
    ],
)
def test_clause_spans_cut_at_turns_and_marks_not_in_lists(text: str, clauses: list[str]) -> None:
    """A turn or a mark ends a clause; a list of words stays together."""
    assert [text[start:end].lstrip(", ") for start, end in clause_spans(text)] == [
        clause.lstrip(", ") for clause in clauses
    ]


def test_polarity_parts_foreign_encoder_changes_nothing() -> None:
    """Vectors of an encoder that the head does not know are not asked for."""
    text = "The room was lovely but nobody answered the phone."
    assert polarity_parts(text, encoder=HashEncoder()) == polarity_parts(text)
