"""How well good and bad are kept apart inside one text, on clauses of reviews and sentences the head was not fitted on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.analyse.clauses import Part, clause_spans, is_mixed, part_of, polarity_at
from agent.ports import Vectors
from eval.scorers.classification import macro_f1
from eval.training.aspects import AspectSentence, aspect_starts, read_aspects
from eval.training.clauses import sharpened
from eval.training.corpora import TONES, Labelled, read_fabsa
from eval.training.fit import PLANS, HeadPlan, examples_of, fit_and_apply

_N_FOLDS = 3
_CLAUSES = frozenset({"review clauses", "mixed clauses", "restaurant clauses", "pointed clauses"})

Parts = list[list[Part]]


@dataclass(frozen=True, slots=True)
class ApartScore:
    """How far sentences with a good and a bad aspect are kept apart."""

    n: int
    """Sentences with a good and a bad aspect that both have words in the sentence."""
    both_found: float
    """Share in which a good part holds words of a good aspect and a bad part those of a bad one."""
    aspect_f1: float
    """Macro F1 of negative, neutral and positive over all aspects, each read in the part that holds its first word."""


@dataclass(frozen=True, slots=True)
class MixedScore:
    """How far reviews that are both good and bad are told from those that are one."""

    n_mixed: int
    found: float
    """Share of mixed reviews that are called mixed."""
    n_plain: int
    called: float
    """Share of reviews of one polarity that are called mixed; some do hold a clause that no label names."""


@dataclass(frozen=True, slots=True)
class MixedScores:
    """Both scores of one reader."""

    apart: ApartScore
    mixed: MixedScore


def score_clauses(
    rows: Sequence[Labelled], vectors: Vectors, data: Path, *, use_vectors: bool
) -> MixedScores:
    """Score the clause head on the restaurant sentences and the reviews its rows were cut from, each left out in its fold.

    Args:
        rows: From `clause_rows` of the same data.
        vectors: Of the rows' texts.
        data: The folder of the corpora.
        use_vectors: Whether clauses are read with their vectors.
    """
    chances = held_out_chances(rows, vectors, PLANS["clause"], use_vectors=use_vectors)
    reviews, sentences = read_fabsa(data), read_aspects(data, "train")
    texts = [*(review.text for review in reviews), *(sentence.text for sentence in sentences)]
    parts = parts_from(texts, chances)
    return MixedScores(
        apart_score(sentences, parts[len(reviews) :]), mixed_score(reviews, parts[: len(reviews)])
    )


def held_out_chances(
    rows: Sequence[Labelled], vectors: Vectors, plan: HeadPlan, *, use_vectors: bool
) -> NDArray[np.float64]:
    """Return tones of clauses, shape `(n, 3)`, from heads fitted without their organisation or their sentence.

    Organisations, and every third sentence, are dealt out to three folds; rows of other texts are nan.
    """
    groups = list(dict.fromkeys(row.group for row in rows if row.group))
    fold_of = np.array([_fold(row, groups) for row in rows])
    tested = np.array([row.corpus in _CLAUSES for row in rows])
    chances = np.full((len(rows), len(TONES)), np.nan)
    for fold in range(_N_FOLDS):
        train = np.flatnonzero(fold_of != fold).tolist()
        test = np.flatnonzero((fold_of == fold) & tested).tolist()
        part = sharpened([rows[i] for i in train], vectors[train], plan)
        held = examples_of([rows[i] for i in test], "tone", vectors[test])
        chances[test] = fit_and_apply(part, held, plan, use_vectors=use_vectors)
    return chances


def _fold(row: Labelled, groups: Sequence[str]) -> int:
    if row.corpus not in _CLAUSES:
        return -1
    return (groups.index(row.group) if row.group else row.review) % _N_FOLDS


def parts_from(texts: Sequence[str], tones: NDArray[np.float64]) -> Parts:
    """Put clauses' tones, row by row in the order of the texts, back into the texts; further rows are left alone."""
    spans = [clause_spans(text) for text in texts]
    ends = accumulate(map(len, spans), initial=0)
    return [
        [part_of(span, tone) for span, tone in zip(own, tones[start:end].tolist(), strict=True)]
        for own, (start, end) in zip(spans, pairwise(ends), strict=True)
    ]


def apart_score(sentences: Sequence[AspectSentence], parts: Parts) -> ApartScore:
    """Score how sentences with several aspects are kept apart."""
    both = [
        found
        for sentence, own in zip(sentences, parts, strict=True)
        if sentence.is_mixed and (found := _both_found(sentence, own)) is not None
    ]
    expected: list[str] = []
    given: list[str] = []
    for sentence, own in zip(sentences, parts, strict=True):
        for aspect, tone in sentence.aspects:
            for start in aspect_starts(aspect, sentence.text)[:1]:
                expected.append(tone)
                given.append(TONES[(polarity_at(own, start, start + 1) or 0) + 1])
    return ApartScore(len(both), sum(both) / max(len(both), 1), macro_f1(expected, given))


def _both_found(sentence: AspectSentence, parts: Sequence[Part]) -> bool | None:
    """Say whether a good and a bad part hold words of such aspects; None where an aspect has no words in the sentence."""
    found: dict[str, list[bool]] = {"negative": [], "positive": []}
    for aspect, tone in sentence.aspects:
        starts = aspect_starts(aspect, sentence.text)
        if tone in found and starts:
            sign = TONES.index(tone) - 1
            found[tone].append(any(polarity_at(parts, start, start + 1) == sign for start in starts))
    if not all(found.values()):
        return None
    return all(any(hits) for hits in found.values())


def mixed_score(reviews: Sequence[Labelled], parts: Parts) -> MixedScore:
    """Score which reviews are called mixed; those of neutral tone are left out."""
    mixed = [is_mixed(own) for row, own in zip(reviews, parts, strict=True) if row.tone == (0.5, 0.0, 0.5)]
    plain = [
        is_mixed(own) for row, own in zip(reviews, parts, strict=True) if row.tone in {(1, 0, 0), (0, 0, 1)}
    ]
    return MixedScore(
        len(mixed), sum(mixed) / max(len(mixed), 1), len(plain), sum(plain) / max(len(plain), 1)
    )
