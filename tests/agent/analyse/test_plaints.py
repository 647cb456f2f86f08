"""Whether a theme complains at all: readings alone do not make praise a pain point, and no real complaint is lost."""

from dataclasses import replace

import numpy as np
import pytest

from agent.analyse.plaints import is_complained_of
from agent.ports import Vectors
from agent.schemas.records import Passage
from agent.testing import HashEncoder
from tests.agent.analyse.theme_corpus import passage, reading


def _theme(texts: list[str], ratings: list[float | None]) -> tuple[list[Passage], Vectors]:
    passages = [
        replace(passage(f"r{i}", f"p{i}", text), rating=rating)
        for i, (text, rating) in enumerate(zip(texts, ratings, strict=True))
    ]
    return passages, HashEncoder(64).encode(texts)


def _judged(texts: list[str], ratings: list[float | None], *, n_misread: int = 0) -> bool:
    passages, vectors = _theme(texts, ratings)
    readings = [reading(p, complaint=i >= n_misread) for i, p in enumerate(passages)]
    return is_complained_of(passages, readings, vectors)


@pytest.mark.parametrize(
    ("text", "rating", "expected"),
    [
        ("Returns are a doddle, no questions asked.", 0.9, False),
        ("Returns are a doddle, no questions asked.", None, False),
        ("I took a day off for that.", 0.0, True),
        ("The hotline is useless.", None, True),
    ],
)
def test_repeated_sentence_needs_more_than_its_reading(
    text: str, rating: float | None, expected: bool
) -> None:
    """One sentence of eight customers is read as a complaint each time: low ratings or plain words have to agree."""
    ratings = [None if rating is None else rating + 0.01 * i for i in range(8)]
    assert _judged([text] * 8, ratings) is expected


def test_many_wordings_that_are_read_as_complaints_are_one() -> None:
    """That most of a dozen different sentences are misread is as good as impossible."""
    texts = [f"{word} parcel {word} depot" for word in "abcdefghijklm"]
    assert _judged([f"{text} {np.base_repr(i * 7919, 36)}" for i, text in enumerate(texts)], [0.9] * 13)


def test_theme_that_few_readings_call_a_complaint_is_none() -> None:
    """Four complaints of ten are no majority, whatever the rest says."""
    assert not _judged([f"bad thing {i} {i * 31}" for i in range(10)], [None] * 10, n_misread=6)
