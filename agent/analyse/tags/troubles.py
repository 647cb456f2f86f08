"""Tags that name a problem, and texts that are plainly glad: without labels the one is not given to the other.

In meaning "love this app" is near to "bugs of the app", for both speak of it; what is wrong with it only one says. A tag
that asks for polarity takes praise as well, and so does one whose definition is not clearly about what goes wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.analyse.clauses import part_of
from agent.analyse.cues import lexical_of
from agent.analyse.heads import open_head
from agent.analyse.tags.kernel import TextBatch
from agent.analyse.tags.polarity import read_polarity
from agent.analyse.tags.seeds import phrases_of
from agent.ports import Encoder, Vectors
from agent.schemas.tags import TagDefinition, Taxonomy

Flags = NDArray[np.bool_]

_WHOLE = -0.7
"""Sentiment of a definition down to which it is about what goes wrong."""
_PHRASES = -0.3
"""Mean sentiment of a definition's phrases down to which it is so throughout."""
_PRAISE = 0.1
"""Sentiment of a phrase from which a definition has another side to it."""
_MOST_GLAD = 0.25
"""Share of examples, or of texts labelled with a tag, above which praise belongs to it too."""


@dataclass(frozen=True, slots=True)
class Troubles:
    """Which tags name a problem, shape `(k,)`."""

    named: Flags
    is_bundled: bool

    @classmethod
    def of(cls, taxonomy: Taxonomy, encoder: Encoder, *, is_bundled: bool) -> "Troubles":
        """Read the definitions and examples; another encoder than the bundled one is read by words alone."""
        named = [_names_problem(tag, encoder, is_bundled=is_bundled) for tag in taxonomy.tags]
        return cls(np.array(named, dtype=bool), is_bundled)

    def borne_out_by(self, batch: TextBatch, held: Flags) -> "Troubles":
        """Return these without the tags that labelled texts give to glad ones.

        Args:
            batch: The labelled texts.
            held: Which tags each carries, shape `(n, k)`.
        """
        if not len(batch) or not self.named.any():
            return self
        n_glad = (held & glad(batch, is_bundled=self.is_bundled)[:, None]).sum(axis=0)
        return Troubles(self.named & (n_glad <= _MOST_GLAD * held.sum(axis=0)), self.is_bundled)

    def barred(self, batch: TextBatch) -> Flags:
        """Return which tags texts cannot carry, shape `(n, k)`."""
        if not len(batch) or not self.named.any():
            return np.zeros((len(batch), len(self.named)), dtype=bool)
        return glad(batch, is_bundled=self.is_bundled)[:, None] & self.named


def glad(batch: TextBatch, *, is_bundled: bool) -> Flags:
    """Return which texts praise and have no clause that does not, shape `(n,)`."""
    ends = np.arange(len(batch) + 1)
    whole = TextBatch(
        batch.texts, batch.vectors, batch.vectors, ends, [(0, len(text)) for text in batch.texts]
    )
    praises = np.array(read_polarity(whole, fits=is_bundled)) == 1
    found = np.flatnonzero(praises)
    if len(found):
        some = batch.take(found)
        own = np.array(read_polarity(some.parts(), fits=is_bundled))
        praises[found] = np.minimum.reduceat(own, some.starts[:-1]) >= 0
    return praises


def _names_problem(tag: TagDefinition, encoder: Encoder, *, is_bundled: bool) -> bool:
    phrases = phrases_of(tag.definition)
    if tag.polarity or not phrases:
        return False
    whole, *parts = _sentiments([tag.definition, *phrases], encoder, is_bundled=is_bundled)
    if whole > _WHOLE or sum(parts) > _PHRASES * len(parts) or max(parts) > _PRAISE:
        return False
    said = [example for example in tag.examples if example.strip()]
    n_glad = sum(found > _PRAISE for found in _sentiments(said, encoder, is_bundled=is_bundled))
    return n_glad <= _MOST_GLAD * len(said)


def _sentiments(texts: Sequence[str], encoder: Encoder, *, is_bundled: bool) -> list[float]:
    if not texts:
        return []
    head = open_head("clause")
    vectors: Vectors | None = encoder.encode(list(texts)) if is_bundled else None
    tones = head.probabilities(head.inputs(lexical_of(list(texts)), vectors)).tolist()
    return [part_of((0, len(text)), tone).sentiment for text, tone in zip(texts, tones, strict=True)]
