"""Chooses the quotes that show a theme best: central, telling, readable, different, from different persons.

A quote is cut at sentence ends and stands in its record exactly as quoted: `record.text[start:end] == quote`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.ports import Vectors
from agent.schemas.evidence import Evidence
from agent.schemas.insight import Reading
from agent.schemas.records import Passage

MIN_CHARS = 40
MAX_CHARS = 220

_MAX_QUOTES = 5
_MAX_OPPOSING = 3
_POOL = 300
_SPREAD = 0.35
_TERM_GAIN = 0.06
_MAX_TERMS = 3
_ODD_LENGTH = 0.25
_PLACEHOLDER_LOSS = 0.1
_GLAD = 0.3
_SAME_TOPIC_RANK = 0.25
_LEAST_LIKE = 0.3
_ALIKE = 0.7
_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+[\"'”’)]*(?=\s|$)|$)", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\[[A-Z_]+-\w+\]")

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: Passage
    evidence: Evidence
    worth: float
    row: int


def choose_quotes(
    passages: Sequence[Passage], vectors: Vectors, *, terms: Sequence[str] = (), limit: int = _MAX_QUOTES
) -> tuple[Evidence, ...]:
    """Return the most telling quotes of passages that say the same, best first.

    Args:
        passages: Members of one theme.
        vectors: Unit rows, one a passage.
        terms: Phrases that tell the theme; a quote that holds them tells more.
        limit: Most quotes to return; each is of another person while there are other persons.

    Source:
        Diversity as in maximal marginal relevance (Carbonell and Goldstein, 1998, SIGIR).
    """
    if not passages or limit < 1:
        return ()
    return _choose(passages, vectors, vectors.mean(axis=0), terms=terms, limit=limit)


def choose_opposing(
    members: Vectors,
    passages: Sequence[Passage],
    vectors: Vectors,
    readings: Sequence[Reading],
    *,
    limit: int = _MAX_OPPOSING,
) -> tuple[Evidence, ...]:
    """Return quotes of persons who are glad about what a theme's members complain about.

    Args:
        members: Unit rows of the theme's members, at least one.
        passages: Passages to look through; members among them are passed over, for they are complaints.
        vectors: Unit rows, one a passage.
        readings: One a passage.
        limit: Most quotes to return.
    """
    centre = members.mean(axis=0)
    # As near to the centre as most of the members are; members that all say it alike must not shut everybody else out.
    usual = float(np.quantile(members @ centre, _SAME_TOPIC_RANK))
    least = min(max(_LEAST_LIKE, usual), _ALIKE)
    glad = np.array([not r.complaint and r.sentiment >= _GLAD for r in readings], dtype=bool)
    rows = [int(i) for i in np.flatnonzero(glad & (vectors @ centre >= least))]
    return _choose([passages[i] for i in rows], vectors[rows], centre, terms=(), limit=limit) if rows else ()


def quote_of(passage: Passage, *, terms: Sequence[str] = ()) -> Evidence:
    """Return a passage as a quote: whole, or where it is long the run of whole sentences that tells most."""
    start, end = 0, len(passage.text)
    if end > MAX_CHARS:
        start, end = _best_run(passage.text, terms)
    return Evidence(
        record_id=passage.record_id,
        start=passage.start + start,
        end=passage.start + end,
        quote=passage.text[start:end],
        text_sha256=passage.text_sha256,
    )


def _choose(
    passages: Sequence[Passage],
    vectors: Vectors,
    centre: NDArray[np.float32],
    *,
    terms: Sequence[str],
    limit: int,
) -> tuple[Evidence, ...]:
    nearness: _Floats = (vectors @ centre / max(float(np.linalg.norm(centre)), 1e-9)).astype(np.float64)
    order = sorted(
        range(len(passages)), key=lambda i: (-round(float(nearness[i]), 6), passages[i].passage_id)
    )
    pool = [_candidate(passages[i], float(nearness[i]), i, terms) for i in order[:_POOL]]
    chosen: list[_Candidate] = []
    persons: set[str] = set()
    while pool and len(chosen) < limit:
        fresh = [c for c in pool if c.passage.person_id not in persons] or pool
        best = max(
            fresh, key=lambda c: (round(c.worth - _repeats(c, chosen, vectors), 6), c.passage.passage_id)
        )
        chosen.append(best)
        persons.add(best.passage.person_id)
        said = _plain(best.evidence.quote)
        pool = [c for c in pool if _plain(c.evidence.quote) != said]
    return tuple(c.evidence for c in chosen)


def _candidate(passage: Passage, nearness: float, row: int, terms: Sequence[str]) -> _Candidate:
    evidence = quote_of(passage, terms=terms)
    return _Candidate(passage, evidence, nearness + _telling(evidence.quote, terms), row)


def _telling(quote: str, terms: Sequence[str]) -> float:
    """Return what a quote is worth by its words and its length, beside its nearness."""
    plain = quote.lower()
    worth = _TERM_GAIN * min(sum(term in plain for term in terms), _MAX_TERMS)
    if len(quote) < MIN_CHARS:
        worth -= _ODD_LENGTH * (1 - len(quote) / MIN_CHARS)
    elif len(quote) > MAX_CHARS:
        worth -= _ODD_LENGTH
    return worth - _PLACEHOLDER_LOSS * len(_PLACEHOLDER.findall(quote))


def _repeats(candidate: _Candidate, chosen: list[_Candidate], vectors: Vectors) -> float:
    likeness = [float(vectors[candidate.row] @ vectors[other.row]) for other in chosen]
    return _SPREAD * max(likeness, default=0.0)


def _best_run(text: str, terms: Sequence[str]) -> tuple[int, int]:
    """Return the run of whole sentences within `MAX_CHARS` that tells most; the first sentence where none fits."""
    sentences = [match.span() for match in _SENTENCE.finditer(text)]
    runs = [
        (first[0], last[1])
        for i, first in enumerate(sentences)
        for last in sentences[i:]
        if last[1] - first[0] <= MAX_CHARS
    ]
    if not runs:
        return sentences[0]
    return max(runs, key=lambda run: (_telling(text[run[0] : run[1]], terms), run[1] - run[0], -run[0]))


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
