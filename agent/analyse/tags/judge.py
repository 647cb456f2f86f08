"""Judges texts by what was learnt of a list of tags: which each carries, how sure that is, and which part says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.analyse.tags.kernel import Learnt, TextBatch, TextKernel
from agent.analyse.tags.polarity import Pairs, PolarityModel, read_polarity
from agent.analyse.tags.ridge import Matrix
from agent.analyse.tags.seeds import Seeds
from agent.analyse.tags.targets import Decision
from agent.analyse.tags.troubles import Troubles
from agent.schemas.tags import AssignedTag, Taxonomy, wording_of


@dataclass(frozen=True)
class Judgement:
    """The tags of one text, surest first, and the chance that none of the list fits."""

    tags: tuple[AssignedTag, ...]
    none: float


@dataclass(frozen=True)
class Judge:
    """What was learnt from some texts of a kernel, which is all that is asked about others.

    Scores have shape `(n, k)` or, where polarity was taught, `(n, 3 k + 2)`. `apart` holds, by its wording, the scores that
    a text of the kernel has without having been taught with itself.
    """

    taxonomy: Taxonomy
    decision: Decision
    kernel: TextKernel | None = None
    learnt: Learnt | None = None
    polarity: PolarityModel | None = None
    seeds: Seeds | None = None
    trust: float = 0.0
    """Weight of what was learnt beside what the list's words say."""
    apart: Mapping[str, Matrix] = field(default_factory=dict[str, Matrix])
    troubles: Troubles | None = None
    """Tags that glad texts do not carry, where that is not learnt from labels."""
    is_bundled: bool = False
    """Whether the vectors are those of the bundled encoder, which the shipped reading of polarity knows."""

    def confidence(self, batch: TextBatch) -> Matrix:
        """Return the chance that each text carries each tag, given or not, shape `(n, k)`."""
        return self.decision.confidence(self._scores(batch)[:, : len(self.taxonomy.tags)])

    def judge(self, batch: TextBatch) -> list[Judgement]:
        """Return what each text carries; a text depends on no other one among them."""
        if not len(batch):
            return []
        n_tags = len(self.taxonomy.tags)
        scores = self._scores(batch)
        confidence = self.decision.confidence(scores[:, :n_tags])
        pairs = np.argwhere(self.decision.given(scores[:, :n_tags]))
        parts = self._telling_parts(batch, pairs)
        polarities = self._polarities(batch, scores[:, n_tags:], pairs, parts)
        found: list[list[AssignedTag]] = [[] for _ in batch.texts]
        for (row, tag), part, polarity in zip(pairs.tolist(), parts, polarities, strict=True):
            found[row].append(
                AssignedTag(
                    tag=self.taxonomy.tags[tag].tag,
                    polarity=polarity if self.taxonomy.tags[tag].polarity else None,
                    confidence=round(float(confidence[row, tag]), 4),
                    span=batch.spans[part],
                )
            )
        none = 1 - confidence.max(axis=1)
        return [
            Judgement(
                tuple(sorted(tags, key=lambda tag: (-tag.confidence, tag.tag))), round(float(chance), 4)
            )
            for tags, chance in zip(found, none, strict=True)
        ]

    def _scores(self, batch: TextBatch) -> Matrix:
        """Return the scores of tags, shape `(n, k)`, and behind them those of polarity where it was taught."""
        n_columns = len(self.taxonomy.tags) if self.learnt is None else self.learnt.coefficients.shape[1]
        scores = np.zeros((len(batch), n_columns), dtype=np.float32)
        known = [self.apart.get(wording_of(text)) for text in batch.texts]
        for row, own in enumerate(known):
            if own is not None:
                scores[row] = own
        new = np.array([row for row, own in enumerate(known) if own is None], dtype=np.int64)
        if len(new):
            scores[new] = self._new_scores(batch.take(new))
        if self.troubles is not None:
            n_tags = len(self.taxonomy.tags)
            scores[:, :n_tags] = np.where(self.troubles.barred(batch), 0, scores[:, :n_tags])
        return scores

    def _new_scores(self, batch: TextBatch) -> Matrix:
        guess = None if self.seeds is None else self.seeds.guess(batch)
        if self.kernel is None or self.learnt is None:
            return np.zeros((len(batch), len(self.taxonomy.tags)), np.float32) if guess is None else guess
        learnt = self.kernel.scores(batch, self.learnt)
        return learnt if guess is None else blend(learnt, guess, self.trust)

    def _telling_parts(self, batch: TextBatch, pairs: Pairs) -> list[int]:
        """Return for each pair of text and tag the part of the text that speaks most for the tag."""
        several = np.unique(
            [row for row, _ in pairs if batch.starts[row + 1] - batch.starts[row] > 1]
        ).astype(np.int64)
        parts = batch.take(several).parts()
        place = {int(row): start for row, start in zip(several, _firsts(batch, several), strict=True)}
        scores = self._new_scores(parts) if len(parts) else np.zeros((0, 0), dtype=np.float32)
        if self.seeds is not None and len(parts):
            # Among parts of one text nearness to the list's words tells more than whether a threshold is passed.
            scores[:, : len(self.taxonomy.tags)] += self.seeds.part_scores(parts)
        telling: list[int] = []
        for row, tag in pairs:
            start, end = int(batch.starts[row]), int(batch.starts[row + 1])
            first = place.get(int(row))
            best = 0 if first is None else int(scores[first : first + end - start, tag].argmax())
            telling.append(start + best)
        return telling

    def _polarities(
        self, batch: TextBatch, scores: Matrix, pairs: Pairs, parts: Sequence[int]
    ) -> Sequence[int | None]:
        if self.polarity is not None:
            return self.polarity.tell(scores, pairs).tolist()
        if not any(tag.polarity for tag in self.taxonomy.tags) or not parts:
            return [None] * len(pairs)
        everything = batch.parts()
        return read_polarity(everything.take(np.array(parts, dtype=np.int64)), fits=self.is_bundled)


def blend(learnt: Matrix, guess: Matrix, trust: float) -> Matrix:
    """Return what was learnt and what the list's words say, weighed by the trust in what was learnt."""
    return np.asarray(trust * learnt + (1 - trust) * guess, dtype=np.float32)


def _firsts(batch: TextBatch, rows: Pairs) -> list[int]:
    """Return where the parts of some texts begin once the others are left out."""
    lengths = batch.starts[rows + 1] - batch.starts[rows]
    return (np.cumsum(lengths) - lengths).tolist()
