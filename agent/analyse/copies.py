"""Finds texts that were posted again under another name: the same review on two sites, or one text a hundred times.

A text counts as a copy where it is longer or rarer than chance allows two customers to write alike; what many say in a
few common words ("great app, easy to use") stays everybody's own. A copy counts for the person of its earliest posting.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from agent.analyse.surprise import (
    FLOOD_TRUST,
    MIN_WORDS,
    TRUST,
    Surprise,
    Words,
    likeness,
    sentences_of,
    words_of,
)
from agent.schemas.records import Record
from agent.split import N_BANDS, N_ROWS, text_signatures

SURE_WORDS = 12
"""From so many words on, a rare text is a copy whenever it was posted."""
LIKELY_WORDS = 8
"""From so many words on, a rare text is a copy where it was posted again within `SOON`, with edits or without."""
SOON = timedelta(days=30)
FLOOD = 20
"""From so many persons on, who are also `FLOOD_SHARE` of all, shorter texts are copies where they are rare."""
FLOOD_SHARE = 0.01
FLOOD_BITS = 30.0
"""Surprise under which a short text is a set phrase, however many post it."""

_WORDS_PER_EDIT = 12
"""Of texts that are nearly the same: so many words for each edit; texts with one short sentence in common are not."""
_GOING_ROUND = 5
_FEW_WORDS_PER_EDIT = 4
_BUCKET_ROWS = 2
_BUCKET_REACH = 4
_CHUNK = 50_000
_LEAST_ALIKE = 0.2
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A text as its customer wrote it; what agents and bots said is left out."""

    record_id: str
    person_id: str
    at: datetime | None
    text: str

    @classmethod
    def of(cls, record: Record) -> "WrittenText":
        """Return what the customer wrote in a record."""
        said = "\n".join(record.text[start:end] for start, end in record.customer_spans())
        return cls(record.record_id, record.person_id, record.at, said)


@dataclass(frozen=True, slots=True)
class Copies:
    """Which records are copies, and for whom they count."""

    person_of: Mapping[str, str] = field(default_factory=dict[str, str])
    """Record id of each copy to the person of the earliest posting."""
    n_texts: int = 0
    """Texts that have copies."""

    @property
    def n_copies(self) -> int:
        """How many records count for somebody else's text."""
        return len(self.person_of)


_Groups = Mapping[Words, list[WrittenText]]


def find_copies(texts: Iterable[WrittenText]) -> Copies:
    """Return the copies among texts of different persons.

    Two texts are alike where their words are the same, case, punctuation and personal details aside; from eight words on
    also where a few words were changed or the end was cut. Alike texts are copies where

    1. they have `SURE_WORDS` words or more, or `LIKELY_WORDS` and were posted within `SOON` of each other, and chance
       does not give so many independent writers of words so surprising among all other texts; or
    2. they are shorter, `MIN_WORDS` words at least, and a flood: `FLOOD` persons or more, `FLOOD_SHARE` of all, and far
       more than such words would give, which are no set phrase of these texts.

    One person's own repetitions are no copies, as a person counts once anyway.

    Args:
        texts: All texts of a scope; the result does not depend on their order.
    """
    groups: dict[Words, list[WrittenText]] = defaultdict(list)
    for text in sorted(texts, key=lambda text: (text.at or _LAST, text.record_id)):
        words = words_of(text.text)
        if len(words) >= MIN_WORDS:
            groups[words].append(text)
    repeated = [words for words, members in groups.items() if _n_persons(members) > 1]
    pairs = list(_near_pairs(list(groups)))
    if not repeated and not pairs:
        return Copies()
    surprise = _surprise(groups, pairs)
    joined = Joined()
    for words in repeated:
        if _is_repeated(words, groups[words], surprise):
            joined.join(words, words)
    for one, other in pairs:
        if _is_edited(one, other, groups, surprise):
            joined.join(one, other)
    _follow(joined, pairs, groups)
    return _fold(joined.sets(), groups)


def _n_persons(members: Sequence[WrittenText]) -> int:
    return len({text.person_id for text in members})


def _is_repeated(words: Words, members: Sequence[WrittenText], surprise: Surprise) -> bool:
    n_more = _n_persons(members) - 1
    bits = surprise.bits(words)
    if _is_long_enough(words, members):
        return surprise.rules_out(n_more, bits, trust=TRUST)
    is_flood = n_more + 1 >= max(FLOOD, FLOOD_SHARE * surprise.n_writers)
    return is_flood and bits >= FLOOD_BITS and surprise.rules_out(n_more, bits, trust=FLOOD_TRUST)


def _is_edited(one: Words, other: Words, groups: _Groups, surprise: Surprise) -> bool:
    shorter = min(one, other, key=len)
    if not _is_long_enough(shorter, [*groups[one], *groups[other]]):
        return False
    return surprise.rules_out(1, surprise.kept_bits(one, other), trust=TRUST)


def _follow(joined: "Joined", pairs: Sequence[tuple[Words, Words]], groups: _Groups) -> None:
    """Join what is an edit of a text that many posted: that it goes round is known, so its words need not be rare."""
    changed = True
    while changed:
        going_round = {
            words
            for alike in joined.sets()
            if sum(len(groups[words]) for words in alike) >= _GOING_ROUND
            for words in alike
        }
        changed = False
        for one, other in pairs:
            known, longest = (one in going_round) + (other in going_round), max(len(one), len(other))
            if known == 1 and longest >= LIKELY_WORDS and _is_close(one, other):
                joined.join(one, other)
                changed = True


def _is_close(one: Words, other: Words) -> bool:
    alike = likeness(one, other)
    return alike is not None and _FEW_WORDS_PER_EDIT * alike.n_edits <= min(len(one), len(other))


def _is_long_enough(words: Words, members: Sequence[WrittenText]) -> bool:
    if len(words) >= SURE_WORDS:
        return True
    times = [text.at for text in members if text.at is not None]
    return len(words) >= LIKELY_WORDS and (not times or max(times) - min(times) <= SOON)


def _surprise(groups: _Groups, pairs: Sequence[tuple[Words, Words]]) -> Surprise:
    """Return the model of all texts, of which those that are nearly the same count once."""
    joined = Joined()
    for one, other in pairs:
        alike = likeness(one, other)
        if alike is not None and _WORDS_PER_EDIT * alike.n_edits <= min(len(one), len(other)):
            joined.join(one, other)
    spare = {words for alike in joined.sets() for words in alike[1:]}
    kept = sorted((members[0].record_id, words) for words, members in groups.items() if words not in spare)
    return Surprise(
        {words: sentences_of(groups[words][0].text) for _, words in kept},
        n_writers=sum(_n_persons(members) for members in groups.values()),
    )


def _fold(sets: Iterable[list[Words]], groups: _Groups) -> Copies:
    person_of: dict[str, str] = {}
    n_texts = 0
    for alike in sets:
        members = sorted(
            (text for words in alike for text in groups[words]),
            key=lambda text: (text.at or _LAST, text.record_id),
        )
        author = members[0].person_id
        copies = {text.record_id: author for text in members if text.person_id != author}
        person_of.update(copies)
        n_texts += bool(copies)
    return Copies(person_of, n_texts)


def _near_pairs(texts: Sequence[Words]) -> Iterator[tuple[Words, Words]]:
    """Yield pairs of different texts that may be copies with edits, by the signatures of the split.

    Bands of two rows find pairs from a similarity of about a third on, which one changed word in ten leaves.
    """
    signed = [
        (words, signature)
        for words, signature in zip(texts, text_signatures([" ".join(words) for words in texts]), strict=True)
        if signature is not None
    ]
    if not signed:
        return
    matrix = np.stack([signature for _, signature in signed])
    pairs = _bucket_pairs(matrix)
    for low in range(0, len(pairs), _CHUNK):
        rows, others = pairs[low : low + _CHUNK].T
        alike = (matrix[rows] == matrix[others]).mean(axis=1) >= _LEAST_ALIKE
        for row, other in pairs[low : low + _CHUNK][alike].tolist():
            yield signed[row][0], signed[other][0]


def _bucket_pairs(matrix: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the pairs of rows that share a band, those near each other in a crowded band, shape `(n, 2)`."""
    found: list[NDArray[np.int64]] = []
    for column in range(0, N_BANDS * N_ROWS, _BUCKET_ROWS):
        band = (matrix[:, column].astype(np.uint64) << np.uint64(32)) | matrix[:, column + 1]
        order = np.argsort(band, kind="stable")
        for step in range(1, _BUCKET_REACH + 1):
            same = np.flatnonzero(band[order[step:]] == band[order[:-step]])
            found.append(np.stack([order[same], order[same + step]], axis=1))
    return np.unique(np.concatenate(found), axis=0)


class Joined:
    """Texts joined with those that are alike."""

    def __init__(self) -> None:
        self._parent: dict[Words, Words] = {}

    def join(self, one: Words, other: Words) -> None:
        """Put two texts into one set; a text with itself makes a set of its equal postings."""
        low, high = sorted((self._root(one), self._root(other)))
        self._parent[high] = low

    def sets(self) -> list[list[Words]]:
        """Return the sets, in the order of their words."""
        found: dict[Words, list[Words]] = defaultdict(list)
        for words in sorted(self._parent):
            found[self._root(words)].append(words)
        return list(found.values())

    def _root(self, words: Words) -> Words:
        parent = self._parent.setdefault(words, words)
        while parent != self._parent[parent]:
            parent = self._parent[parent]
        self._parent[words] = parent
        return parent
