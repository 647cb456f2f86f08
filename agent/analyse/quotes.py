"""Chooses the quotes that show a theme best: together near to all that its members say, readable, of different persons.

A quote is cut at sentence ends and stands in its record exactly as quoted: `record.text[start:end] == quote`.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

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
_MAX_COVERED = 1_000
_TERM_GAIN = 0.15
_MAX_TERMS = 3
_ODD_LENGTH = 0.6
_PLACEHOLDER_LOSS = 0.25
_LEAST_WORTH = 0.05
_SAME_WORDS = 0.8
_SAME_MEANING = 0.97
_GLAD = 0.3
_SAME_TOPIC_RANK = 0.25
_LEAST_LIKE = 0.25
_ALIKE = 0.35
_SURELY_ALIKE = 0.7
_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+[\"'”’)]*(?=\s|$)|$)", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\[[A-Z_]+-\w+\]")
_WORD = re.compile(r"\w+(?:['’]\w+)*")

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: Passage
    evidence: Evidence
    worth: float
    """Factor on what the quote covers, by its words and its length."""
    row: int
    words: frozenset[str]


def choose_quotes(
    passages: Sequence[Passage], vectors: Vectors, *, terms: Sequence[str] = (), limit: int = _MAX_QUOTES
) -> tuple[Evidence, ...]:
    """Return the most telling quotes of passages that say the same, best first; fewer where the rest repeats them.

    Args:
        passages: Members of one theme.
        vectors: Unit rows, one a passage.
        terms: Phrases that tell the theme; a quote that holds them tells more.
        limit: Most quotes to return; each is of another person while there are other persons.

    Source:
        Facility location, which rewards being near to what no chosen quote is near to yet, maximised greedily
        (Lin and Bilmes, 2011, "A Class of Submodular Functions for Document Summarization", ACL).
    """
    if not passages or limit < 1:
        return ()
    return _choose(passages, vectors, vectors.mean(axis=0), terms=terms, limit=limit)


@dataclass(frozen=True)
class Spoken:
    """Everything that is looked through for what opposes a theme; one for many themes."""

    passages: Sequence[Passage]
    vectors: Vectors
    """Unit rows, one a passage."""
    readings: Sequence[Reading]
    """One a passage."""

    @cached_property
    def nearness(self) -> NDArray[np.float32]:
        """How near each passage is to everything said."""
        return _direction(self.vectors.mean(axis=0), self.vectors)

    @cached_property
    def tone(self) -> _Floats:
        """Sentiment of each passage; a complaint has the worst."""
        return np.array([-1.0 if one.complaint else one.sentiment for one in self.readings])


def choose_opposing(members: Vectors, spoken: Spoken, *, limit: int = _MAX_OPPOSING) -> tuple[Evidence, ...]:
    """Return quotes of persons who are glad about what a theme's members complain about.

    Persons who also say something bad of the matter are passed over: they do not oppose it.

    Args:
        members: Unit rows of the theme's members, at least one.
        spoken: What is looked through; members among it are passed over, for they are complaints.
        limit: Most quotes to return.
    """
    passages, vectors, tone = spoken.passages, spoken.vectors, spoken.tone
    centre = members.mean(axis=0)
    # As near to the centre as most of the members are; members that all say it alike must not shut everybody else out.
    usual = float(np.quantile(members @ centre, _SAME_TOPIC_RANK))
    nearness = vectors @ centre
    near = nearness >= min(max(_LEAST_LIKE, usual), _ALIKE)
    # Gladness about anything at all is no answer: what is less near must be nearer to the theme than to everything said.
    near &= nearness / _length(centre) >= spoken.nearness
    near |= nearness >= min(max(_LEAST_LIKE, usual), _SURELY_ALIKE)
    against = {passages[int(i)].person_id for i in np.flatnonzero((nearness >= _LEAST_LIKE) & (tone < 0))}
    rows = [
        int(i) for i in np.flatnonzero(near & (tone >= _GLAD)) if passages[int(i)].person_id not in against
    ]
    return _choose([passages[i] for i in rows], vectors[rows], centre, terms=(), limit=limit) if rows else ()


def most_covering(vectors: Vectors, *, limit: int) -> list[int]:
    """Return the rows that together are nearest to all rows, best first.

    Args:
        vectors: Unit rows; only the first few hundred are candidates, so give the most central first.
        limit: Most rows to return.
    """
    pool = vectors[:_POOL]
    likeness = _likeness(vectors, np.ones(len(vectors)), pool)
    worth, is_open, covered = np.ones(len(pool)), np.ones(len(pool), dtype=bool), np.zeros(len(likeness))
    chosen: list[int] = []
    while is_open.any() and len(chosen) < limit:
        best = _most_added(likeness, covered, worth, is_open)
        covered, is_open[best] = np.maximum(covered, likeness[:, best]), False
        chosen.append(best)
    return chosen


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


def _direction(centre: NDArray[np.float32], vectors: Vectors) -> NDArray[np.float32]:
    """Return the cosine of each row with a centre."""
    return vectors @ centre / _length(centre)


def _length(centre: NDArray[np.float32]) -> float:
    return max(float(np.linalg.norm(centre)), 1e-9)


def _choose(
    passages: Sequence[Passage],
    vectors: Vectors,
    centre: NDArray[np.float32],
    *,
    terms: Sequence[str],
    limit: int,
) -> tuple[Evidence, ...]:
    nearness = _direction(centre, vectors)
    order = sorted(
        range(len(passages)), key=lambda i: (-round(float(nearness[i]), 6), passages[i].passage_id)
    )
    pool = [_candidate(passages[i], i, terms) for i in order[:_POOL]]
    texts_of = Counter(passage.person_id for passage in passages)
    # A person counts once, however much they wrote.
    weights = np.array([1 / texts_of[passage.person_id] for passage in passages])
    likeness = _likeness(vectors, weights, vectors[order[:_POOL]])
    worth = np.array([candidate.worth for candidate in pool])
    chosen: list[_Candidate] = []
    covered = np.zeros(len(likeness))
    is_open = np.ones(len(pool), dtype=bool)
    while is_open.any() and len(chosen) < limit:
        heard = {candidate.passage.person_id for candidate in chosen}
        is_fresh = is_open & np.array([candidate.passage.person_id not in heard for candidate in pool])
        best = _most_added(likeness, covered, worth, is_fresh if is_fresh.any() else is_open)
        covered = np.maximum(covered, likeness[:, best])
        chosen.append(pool[best])
        is_open &= np.array([not _repeats(candidate, pool[best], vectors) for candidate in pool])
    return tuple(candidate.evidence for candidate in chosen)


def _likeness(vectors: Vectors, weights: _Floats, pool: Vectors) -> _Floats:
    """Return how much of what is said each candidate is near to, shape `(n_said, n_pool)`; weights are in it."""
    rows = np.arange(len(vectors))
    if len(rows) > _MAX_COVERED:
        rows = np.linspace(0, len(vectors) - 1, _MAX_COVERED).astype(np.int64)
    likeness = np.maximum((vectors[rows] @ pool.T).astype(np.float64), 0.0)
    return likeness * (weights[rows] / weights[rows].sum())[:, None]


def _most_added(likeness: _Floats, covered: _Floats, worth: _Floats, is_open: NDArray[np.bool_]) -> int:
    """Return the open candidate that adds most to what is covered; the first of equals."""
    gains = np.maximum(likeness - covered[:, None], 0.0).sum(axis=0) * worth
    return int(np.argmax(np.where(is_open, gains.round(9), -1.0)))


def _candidate(passage: Passage, row: int, terms: Sequence[str]) -> _Candidate:
    evidence = quote_of(passage, terms=terms)
    worth = max(_LEAST_WORTH, 1 + _telling(evidence.quote, terms))
    return _Candidate(passage, evidence, worth, row, frozenset(_WORD.findall(evidence.quote.lower())))


def _telling(quote: str, terms: Sequence[str]) -> float:
    """Return what a quote is worth by its words and its length, beside what it covers."""
    plain = quote.lower()
    worth = _TERM_GAIN * min(sum(term in plain for term in terms), _MAX_TERMS)
    if len(quote) < MIN_CHARS:
        worth -= _ODD_LENGTH * (1 - len(quote) / MIN_CHARS)
    elif len(quote) > MAX_CHARS:
        worth -= _ODD_LENGTH
    return worth - _PLACEHOLDER_LOSS * len(_PLACEHOLDER.findall(quote))


def _repeats(candidate: _Candidate, other: _Candidate, vectors: Vectors) -> bool:
    """Tell whether two quotes say the same in nearly the same words."""
    both = len(candidate.words & other.words)
    either = len(candidate.words | other.words)
    if either and both >= _SAME_WORDS * either:
        return True
    return float(vectors[candidate.row] @ vectors[other.row]) >= _SAME_MEANING


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
