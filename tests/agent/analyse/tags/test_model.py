"""Texts and their tags: each row by itself, with a part of its own text."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.tags.learning import learn_tags
from agent.analyse.tags.model import NO_TEXT, NO_WORDS, OTHER_LANGUAGE, TagModel, unreadable
from agent.testing import HashEncoder
from tests.agent.analyse.tags.corpus import TAXONOMY, labelled_texts

_TEXTS = st.lists(
    st.text(max_size=60)
    | st.none()
    | st.sampled_from(["  The parcel was late, but the agent was kind.\n", "price", "🙂"]),
    max_size=6,
)


@cache
def _model(n: int) -> TagModel:
    free = ["the parcel was late again", "fees are too high", "the agent was rude"]
    return learn_tags(TAXONOMY, labelled_texts(n), free, HashEncoder(), seed=0).model


@given(_TEXTS, st.sampled_from([0, 20, 90]))
@settings(max_examples=60, deadline=None)
def test_tag_gives_a_row_for_each_text_with_spans_inside_it(texts: list[str | None], n: int) -> None:
    """Spans are never empty and have no space around them; tags are of the list, the surest first."""
    rows = _model(n).tag(texts, first_row=5)
    assert [row.row for row in rows] == list(range(5, 5 + len(texts)))
    for row, text in zip(rows, texts, strict=True):
        assert (row.none is None) == (row.reason is not None)
        confidences = [tag.confidence for tag in row.tags]
        assert confidences == sorted(confidences, reverse=True)
        assert len({tag.tag for tag in row.tags}) == len(row.tags)
        for tag in row.tags:
            part = (text or "")[slice(*tag.span)]
            assert part
            assert part == part.strip()
            assert tag.tag in TAXONOMY.names
            assert tag.polarity is None or tag.tag != "staff.support"


@given(_TEXTS, st.sampled_from([0, 20, 90]))
@settings(max_examples=25, deadline=None)
def test_tag_of_a_text_does_not_depend_on_those_beside_it(texts: list[str | None], n: int) -> None:
    """Alone or among others, the tags, polarities and spans are the same."""
    together = _model(n).tag(texts)
    for row, text in zip(together, texts, strict=True):
        alone = _model(n).tag([text])[0]
        assert [(tag.tag, tag.polarity, tag.span) for tag in alone.tags] == [
            (tag.tag, tag.polarity, tag.span) for tag in row.tags
        ]
        assert alone.reason == row.reason


def test_tag_says_why_a_row_cannot_be_judged() -> None:
    """No text, no words, and only for the bundled encoder another language."""
    assert [row.reason for row in _model(0).tag([None, " \n", "🙂!"])] == [NO_TEXT, NO_TEXT, NO_WORDS]
    spanish = "El paquete nunca llegó y nadie responde."
    assert unreadable(spanish, is_bundled=True) == OTHER_LANGUAGE
    assert unreadable(spanish, is_bundled=False) is None


def test_tag_with_enough_labels_judges_texts_without_words() -> None:
    """What people labelled may well be emoji; then they are judged like any text."""
    assert [row.reason for row in _model(90).tag(["🙂", "", None])] == [None, NO_TEXT, NO_TEXT]


def test_tag_of_no_texts_is_empty() -> None:
    """Nothing in, nothing out."""
    assert _model(90).tag([]) == []
