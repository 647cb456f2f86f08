"""Tells how improbable it is that somebody else writes the same words, from the words of all other texts."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from typing import NamedTuple

Words = tuple[str, ...]

MIN_WORDS = 4
"""Shorter texts are never copies, however often they stand there."""
CHANCE = 1e-4
"""Chance below which independent writers are ruled out."""
TRUST = 0.5
"""Part of a text's surprise that is believed: a model of word pairs takes set phrases for rarer than they are."""
FLOOD_TRUST = 0.35
"""The same for short texts, most of which are set phrases."""

_PAIR_WEIGHT = 0.9
_EDIT_BITS = 10.0
"""What an edit costs: where it stands and which word it puts there."""
_LEAST_KEPT = 0.7
"""Part of the shorter text that a copy with edits keeps, word by word."""
_LEAST_LENGTH = 0.5
"""Part of the longer text's length that a cut copy has."""
_COMPARED_WORDS = 300
_MODEL_TEXTS = 20_000
_WORD = re.compile(r"\w+")
_END = re.compile(r"[.!?…\n]+")
_PLACEHOLDER = re.compile(r"\[([A-Z]+)-[0-9a-z]{3}\]")


def words_of(text: str) -> Words:
    """Return the words of a text, without case, punctuation and what tells one person's details from another's."""
    # Placeholders differ between persons; copies of one text that name two persons are still copies.
    return tuple(_WORD.findall(_PLACEHOLDER.sub(r" \1 ", text).casefold()))


def sentences_of(text: str) -> tuple[Words, ...]:
    """Return the sentences of a text as words."""
    return tuple(words for part in _END.split(text) if (words := words_of(part)))


class Likeness(NamedTuple):
    """How alike two texts are."""

    kept: float
    """Part of the shorter text's words that stand in the other, in the same order."""
    n_edits: int
    """Words changed or left out, and places where some were put in."""


def likeness(one: Words, other: Words) -> Likeness | None:
    """Return how alike two texts are; None where one cannot be the other with edits."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _LEAST_LENGTH * len(longer):
        return None
    shorter, longer = shorter[:_COMPARED_WORDS], longer[:_COMPARED_WORDS]
    # Cheap, and never less than what stands in the same order: most texts that share a phrase are told apart here.
    if sum(map(set(longer).__contains__, shorter)) < _LEAST_KEPT * len(shorter):
        return None
    blocks = SequenceMatcher(None, shorter, longer, autojunk=False).get_matching_blocks()
    n_kept = sum(block.size for block in blocks)
    if n_kept < _LEAST_KEPT * len(shorter):
        return None
    return Likeness(n_kept / len(shorter), len(shorter) - n_kept + len(blocks) - 1)


@dataclass(frozen=True, slots=True)
class _Counts:
    """How often words, pairs of words within sentences, and whole sentences stand in texts."""

    single: Counter[str]
    pairs: Counter[tuple[str, str]]
    whole: Counter[Words]

    @classmethod
    def of(cls, texts: Iterable[tuple[Words, ...]]) -> "_Counts":
        made = cls(Counter(), Counter(), Counter())
        for sentences in texts:
            made.whole.update(set(sentences))
            for words in sentences:
                made.single.update(("", *words))
                made.pairs.update(zip(("", *words), words, strict=False))
        return made


class Surprise:
    """A model of word pairs within sentences, and of whole sentences, over all texts; equal ones count once.

    Args:
        texts: Texts with their sentences.
        n_writers: Persons who wrote one, each once a text.
    """

    def __init__(self, texts: Mapping[Words, tuple[Words, ...]], *, n_writers: int) -> None:
        self.n_writers = n_writers
        self._sentences_of = texts
        self._n_texts = min(len(texts), _MODEL_TEXTS)
        self._known = _Counts.of(islice(texts.values(), _MODEL_TEXTS))
        self._total = self._known.single.total()

    def bits(self, text: Words, *, twin: Words | None = None) -> float:
        """Return the surprise of a text, itself and the twin it is compared with left out of what is known."""
        sentences = self._sentences_of.get(text, (text,))
        left_out = [sentences, self._sentences_of.get(twin, (twin,))] if twin else [sentences]
        own = _Counts.of(left_out)
        return sum(self._sentence_bits(words, own) for words in sentences)

    def _sentence_bits(self, words: Words, own: "_Counts") -> float:
        """Return the surprise of a sentence: as a whole where others wrote it too, else word by word."""
        others = self._known.whole[words] - own.whole[words]
        if others > 0:
            return math.log2(max(self._n_texts / others, 1.0))
        bits = 0.0
        single, pairs = self._known.single, self._known.pairs
        for before, word in zip(("", *words), words, strict=False):
            chance = (max(single[word] - own.single[word], 0) + 1) / (self._total + len(single))
            n_before = single[before] - own.single[before]
            together = max(pairs[before, word] - own.pairs[before, word], 0)
            follows = min(together / n_before, 1.0) if n_before > 0 else 0.0
            bits -= math.log2(_PAIR_WEIGHT * follows + (1 - _PAIR_WEIGHT) * chance)
        return bits

    def kept_bits(self, one: Words, other: Words) -> float:
        """Return the surprise of what two texts share, less what their edits cost; minus infinity where they differ."""
        alike = likeness(one, other)
        if alike is None:
            return -math.inf
        shorter, longer = sorted((one, other), key=len)
        return alike.kept * self.bits(shorter, twin=longer) - _EDIT_BITS * alike.n_edits

    def rules_out(self, n_more: int, bits: float, *, trust: float) -> bool:
        """Tell whether chance does not give so many more writers of a text of this surprise (Poisson)."""
        log_expected = math.log(self.n_writers) - trust * bits * math.log(2.0)
        if log_expected >= math.log(n_more):
            return False
        # For one more, the tail of a Poisson count is at most its expectation; for several, Chernoff's bound.
        log_tail = log_expected
        if n_more > 1:
            log_tail = n_more - math.exp(log_expected) + n_more * (log_expected - math.log(n_more))
        return log_tail < math.log(CHANCE)
