"""Makes the examples of the clause head: clauses of labelled reviews, whose own tone is known only in part.

A review says that something in it is good or bad, not where. So each clause starts from what its text allows, and the
head's own opinion sharpens it in a few rounds (expectation maximisation). Words of an aspect point to its clause.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from agent.analyse.clauses import clause_spans
from agent.analyse.cues import lexical_of
from agent.ports import Vectors
from eval.training.aspects import AspectSentence, aspect_starts, read_aspects
from eval.training.corpora import EMOTIONS, TONES, Labelled, read_goemotions
from eval.training.fit import Examples, HeadPlan, fit_and_apply

_ROUNDS = 2
_MIN_CHANCE = 0.02
"""A tone less likely than this is dropped from a clause."""
_BAD, _PLAIN, _GOOD = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_ALLOWED: dict[tuple[float, ...], tuple[float, ...]] = {
    _BAD: (0.9, 0.1, 0.0),
    _PLAIN: _PLAIN,
    _GOOD: (0.0, 0.1, 0.9),
}
"""What the clauses of a review of one tone may be."""
_ALLOWED_IN_MIXED = (0.45, 0.1, 0.45)
_UNCLEAR = 0.05
_WEIGHTS = {"review clauses": 0.5, "mixed clauses": 0.7, "restaurant clauses": 0.4, "pointed clauses": 0.8}
_COMMENT_WEIGHT, _PLAIN_COMMENT_WEIGHT, _TALK_WEIGHT, _OWN_WEIGHT = 0.1, 0.03, 0.1, 1.0
_TONE_OF_FEELING = {
    "neutral": _PLAIN,
    "confused": _PLAIN,
    "relieved": _GOOD,
    "delighted": _GOOD,
    "grateful": _GOOD,
}
_TALK = frozenset({"banking77", "clinc150", "star"})
_OPEN = frozenset({"mixed clauses", "restaurant clauses"})
"""Clauses of these may be anything, so nothing is learnt from them before a first head has looked at them."""


def clause_rows(rows: Sequence[Labelled], data: Path) -> list[Labelled]:
    """Return the clause head's rows, `tone` being what a clause's text allows; `rows` are those of `review_rows`."""
    sentences = enumerate(read_aspects(data, "train"))
    return [
        *(clause for row in rows if row.corpus == "fabsa" for clause in clauses_of_review(row)),
        *(clause for number, sentence in sentences for clause in clauses_of_sentence(number, sentence)),
        *_comments(data),
        *(replace(row, weight=_TALK_WEIGHT) for row in rows if row.corpus in _TALK and row.tone == _PLAIN),
        *(_own(row) for row in rows if row.corpus == "own"),
    ]


def sharpened(rows: Sequence[Labelled], vectors: Vectors, plan: HeadPlan) -> Examples:
    """Return examples whose clauses have the tones that the head itself finds likely among those allowed.

    Args:
        rows: From `clause_rows`.
        vectors: Of the rows' texts, row by row.
        plan: Of the head; the rounds are fitted on words alone.
    """
    allowed = np.array([row.tone for row in rows], dtype=np.float64)
    is_clause = np.array([row.corpus in _WEIGHTS for row in rows], dtype=np.bool_)
    known = np.array([row.corpus not in _OPEN for row in rows], dtype=np.bool_)
    examples = Examples(list(rows), allowed, lexical_of([row.text for row in rows]), vectors)
    learn = examples.take(np.flatnonzero(known).tolist())
    for _ in range(_ROUNDS):
        chances = fit_and_apply(learn, examples, plan, use_vectors=False)
        likely = np.where(is_clause[:, None], allowed * chances, allowed)
        likely = np.where(likely < _MIN_CHANCE * likely.sum(axis=1, keepdims=True), 0.0, likely)
        examples = replace(examples, targets=likely / likely.sum(axis=1, keepdims=True))
        learn = examples
    return examples


def clauses_of_review(row: Labelled) -> list[Labelled]:
    """Return a review's clauses; where the review is both good and bad each may be either."""
    allowed = _ALLOWED.get(cast("tuple[float, ...]", row.tone))
    corpus = "mixed clauses" if allowed is None else "review clauses"
    return [
        Labelled(
            corpus,
            row.text[start:end],
            _WEIGHTS[corpus],
            tone=allowed or _ALLOWED_IN_MIXED,
            group=row.group,
            review=row.review,
        )
        for start, end in clause_spans(row.text)
    ]


def clauses_of_sentence(number: int, sentence: AspectSentence) -> list[Labelled]:
    """Return a sentence's clauses: one where words of aspects of a single tone stand has that tone, others are open."""
    tones = {tone for _, tone in sentence.aspects}
    share = np.array([0.4 * ("negative" in tones), 0.3, 0.4 * ("positive" in tones)])
    rows: list[Labelled] = []
    for start, end in clause_spans(sentence.text):
        named = {
            tone
            for aspect, tone in sentence.aspects
            if any(start <= at < end for at in aspect_starts(aspect, sentence.text))
        }
        corpus, allowed = "restaurant clauses", share / share.sum()
        if len(named) == 1:
            corpus, allowed = "pointed clauses", np.full(len(TONES), _UNCLEAR)
            allowed[TONES.index(named.pop())] = 1 - 2 * _UNCLEAR
        text = sentence.text[start:end]
        rows.append(Labelled(corpus, text, _WEIGHTS[corpus], tone=tuple(allowed.tolist()), review=number))
    return rows


def _comments(data: Path) -> list[Labelled]:
    rows: list[Labelled] = []
    for row in read_goemotions(data, "train"):
        feeling = EMOTIONS[cast("tuple[float, ...]", row.emotion).index(1.0)]
        tone = _TONE_OF_FEELING.get(feeling, _BAD)
        weight = _PLAIN_COMMENT_WEIGHT if tone == _PLAIN else _COMMENT_WEIGHT
        rows.append(Labelled("goemotions", row.text, weight, tone=tone))
    return rows


def _own(row: Labelled) -> Labelled:
    tone = _BAD if row.complaint == (0.0, 1.0) else row.tone or _PLAIN
    return replace(row, weight=_OWN_WEIGHT, tone=tone)
