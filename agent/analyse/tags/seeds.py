"""Guesses tags from the list alone: each part of a text goes to the tag whose words it is nearest to in meaning."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from agent.analyse.tags.kernel import TextBatch
from agent.ports import Encoder, Vectors
from agent.schemas.tags import TagDefinition, Taxonomy

Matrix = NDArray[np.float32]

_PHRASE_END = re.compile(r"[,;.]|\bor\b|\band\b")
_NAME_MARK = re.compile(r"[\W_]+")
_MIN_PHRASE_CHARS = 4
_EXAMPLE_WEIGHT = 2.0
_LABELLED_WEIGHT = 0.5
_ROUNDS = 2
_COMMON_GROUND = 0.5
"""How much of a tag's mean nearness to all parts is taken off: some tags are near to everything."""
_MANY_PARTS = 200
_FLOOR = 0.5
"""Cosine under which a part is not about a tag that is described by one phrase; less where phrases differ."""
_SAME_MEANING = 0.85


@dataclass(frozen=True, slots=True)
class Seeds:
    """What each tag means as a vector.

    `sums` has shape `(k, dim)`: the summed vectors of what describes a tag; `weights` has shape `(k,)`: what they weigh
    together; `ground` has shape `(k,)`: how near a tag is to parts in general.
    """

    sums: Vectors
    weights: Matrix
    ground: Matrix

    @classmethod
    def of(cls, taxonomy: Taxonomy, encoder: Encoder) -> Self:
        """Encode the name, definition, its phrases and the examples of every tag."""
        described = [_describing(tag) for tag in taxonomy.tags]
        sums = np.stack([_meaning(words, encoder) for words in described])
        weights = np.array([sum(words.values()) for words in described], dtype=np.float32)
        return cls(sums, weights, np.zeros(len(sums), dtype=np.float32))

    def with_labelled(self, batch: TextBatch, held: NDArray[np.bool_]) -> "Seeds":
        """Return seeds that also hold, of each labelled text, the part nearest to each of its tags.

        Args:
            batch: The labelled texts.
            held: Which tags each carries, shape `(n, k)`.
        """
        current = self
        for _ in range(_ROUNDS):
            nearness = batch.part_vectors @ _unit(current.sums).T
            sums = self.sums.copy()
            for row, tag in np.argwhere(held):
                parts = slice(batch.starts[row], batch.starts[row + 1])
                best = int(batch.starts[row] + nearness[parts, tag].argmax())
                sums[tag] += _LABELLED_WEIGHT * batch.part_vectors[best]
            weights = self.weights + np.float32(_LABELLED_WEIGHT) * held.sum(axis=0, dtype=np.float32)
            current = replace(self, sums=sums, weights=weights)
        return current

    def grounded_in(self, batch: TextBatch) -> "Seeds":
        """Return seeds that know how near their tags are to parts in general."""
        n_parts = len(batch.part_vectors)
        if not n_parts:
            return self
        mean = (batch.part_vectors @ _unit(self.sums).T).mean(axis=0)
        # A handful of texts may all be about one tag: its nearness to them is no common ground.
        return replace(self, ground=mean * np.float32(_COMMON_GROUND * min(1.0, n_parts / _MANY_PARTS)))

    def part_scores(self, batch: TextBatch) -> Matrix:
        """Return the nearness of every part to every tag above common ground, shape `(n_parts, k)`."""
        return (batch.part_vectors @ _unit(self.sums).T) - self.ground

    def floors(self) -> Matrix:
        """Return the cosine to each tag under which a part is not about it, shape `(k,)`.

        What describes a narrow tag points one way, and what is about it is near; a broad one is near to nothing.
        """
        return np.float32(_FLOOR) * np.linalg.norm(self.sums, axis=1) / self.weights

    def guess(self, batch: TextBatch) -> Matrix:
        """Return 1 for each tag that is the nearest one of a part, shape `(n, k)`; 0 elsewhere."""
        if not len(batch):
            return np.zeros((0, len(self.sums)), dtype=np.float32)
        scores = self.part_scores(batch)
        rows, best = np.arange(len(scores)), scores.argmax(axis=1)
        near = (scores + self.ground)[rows, best] >= self.floors()[best]
        chosen = np.zeros_like(scores)
        chosen[rows[near], best[near]] = 1
        return np.maximum.reduceat(chosen, batch.starts[:-1], axis=0)


def overlapping(taxonomy: Taxonomy, encoder: Encoder) -> list[tuple[str, str]]:
    """Return the pairs of tags whose names, definitions and examples mean nearly the same."""
    unit = _unit(Seeds.of(taxonomy, encoder).sums)
    alike = np.argwhere(np.triu(unit @ unit.T, k=1) >= _SAME_MEANING)
    return [(taxonomy.names[i], taxonomy.names[j]) for i, j in alike]


def _meaning(described: Mapping[str, float], encoder: Encoder) -> Vectors:
    vectors = encoder.encode(list(described))
    return (vectors * np.array(list(described.values()), dtype=np.float32)[:, None]).sum(axis=0)


def _describing(tag: TagDefinition) -> Mapping[str, float]:
    """Return what describes a tag, with weights: its name, its definition, the definition's phrases, its examples."""
    name = _NAME_MARK.sub(" ", tag.tag.rsplit(".", 1)[-1]).strip() or tag.tag
    described: dict[str, float] = {name: 1.0}
    if tag.definition.strip():
        described[tag.definition] = 1.0
        described |= dict.fromkeys(phrases_of(tag.definition), 1.0)
    return described | {example: _EXAMPLE_WEIGHT for example in tag.examples if example.strip()}


def phrases_of(definition: str) -> list[str]:
    """Return the phrases a definition lists."""
    phrases = [part.strip() for part in _PHRASE_END.split(definition)]
    return [phrase for phrase in phrases if len(phrase) >= _MIN_PHRASE_CHARS]


def _unit(rows: Matrix) -> Matrix:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
