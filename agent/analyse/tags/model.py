"""Gives texts their tags, each with the part of the text that justifies it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from threadpoolctl import threadpool_limits

from agent.analyse.heads import open_head
from agent.analyse.languages import language_fit
from agent.analyse.tags.kernel import Learnt, TextBatch, TextKernel, batch_of
from agent.analyse.tags.polarity import Pairs, PolarityModel, read_polarity
from agent.analyse.tags.ridge import Matrix
from agent.analyse.tags.seeds import Seeds
from agent.analyse.tags.targets import Decision
from agent.ports import Encoder
from agent.schemas.tags import AssignedTag, TaggedText, Taxonomy

# threadpoolctl ships no types.
_limit_threads: Any = threadpool_limits

_AT_ONCE = 1_024
NO_TEXT = "the row has no text"
OTHER_LANGUAGE = (
    "the text is not in English, which is what the bundled encoder reads; labelled examples would help"
)


@dataclass(frozen=True)
class TagModel:
    """What was learnt of a taxonomy.

    Scores have shape `(n, k)` or, where polarity was taught, `(n, 3 k + 2)`. `apart` holds, for every text that was
    taught with, the scores it has without having been taught with it; with these it is tagged.
    """

    taxonomy: Taxonomy
    encoder: Encoder
    kernel: TextKernel | None
    learnt: Learnt | None
    decision: Decision
    polarity: PolarityModel | None
    apart: Mapping[str, Matrix]
    seeds: Seeds | None
    trust: float
    """Weight of what was learnt beside what the list's words say."""

    @classmethod
    def of_seeds(cls, taxonomy: Taxonomy, encoder: Encoder, seeds: Seeds) -> Self:
        """Return a model that knows the list's words alone."""
        n_tags = len(taxonomy.tags)
        return cls(taxonomy, encoder, None, None, Decision.usual(n_tags), None, {}, seeds, trust=0.0)

    def tag(self, texts: Sequence[str | None], *, first_row: int = 0) -> list[TaggedText]:
        """Return the tags of texts; a text depends on no other one among them.

        Args:
            texts: Any strings; None where a row has no text.
            first_row: Row number of the first.
        """
        tagged: list[TaggedText] = []
        for start in range(0, len(texts), _AT_ONCE):
            some = texts[start : start + _AT_ONCE]
            tagged.extend(self._tag(some, first_row + start))
        return tagged

    def confidences(self, texts: Sequence[str]) -> Matrix:
        """Return the chance that each text carries each tag, given or not, shape `(n, k)`."""
        scores = self.scores(batch_of(texts, self.encoder))
        return self.decision.confidence(scores[:, : len(self.taxonomy.tags)])

    def scores(self, batch: TextBatch) -> Matrix:
        """Return the scores of tags, shape `(n, k)`, and behind them those of polarity where it was taught."""
        n_columns = len(self.taxonomy.tags) if self.learnt is None else self.learnt.coefficients.shape[1]
        scores = np.zeros((len(batch), n_columns), dtype=np.float32)
        for row, text in enumerate(batch.texts):
            if text in self.apart:
                scores[row] = self.apart[text]
        new = np.array(
            [row for row, text in enumerate(batch.texts) if text not in self.apart], dtype=np.int64
        )
        if len(new):
            scores[new] = self._new_scores(batch.take(new))
        return scores

    def _new_scores(self, batch: TextBatch) -> Matrix:
        guess = None if self.seeds is None else self.seeds.guess(batch)
        if self.kernel is None or self.learnt is None:
            return np.zeros((len(batch), len(self.taxonomy.tags)), np.float32) if guess is None else guess
        learnt = self.kernel.scores(batch, self.learnt)
        return learnt if guess is None else blend(learnt, guess, self.trust)

    def _tag(self, texts: Sequence[str | None], first_row: int) -> list[TaggedText]:
        reasons = [self._unreadable(text) for text in texts]
        batch = batch_of(
            [text for text, reason in zip(texts, reasons, strict=True) if text and reason is None],
            self.encoder,
        )
        with _limit_threads(limits=1):
            judged = iter(self.judge(batch))
        tagged: list[TaggedText] = []
        for number, reason in enumerate(reasons):
            tags, none = next(judged) if reason is None else ((), None)
            tagged.append(TaggedText(row=first_row + number, tags=tags, none=none, reason=reason))
        return tagged

    def _unreadable(self, text: str | None) -> str | None:
        if text is None or not text.strip():
            return NO_TEXT
        if self.seeds is not None and self._is_bundled and not language_fit(text).is_english:
            return OTHER_LANGUAGE
        return None

    @property
    def _is_bundled(self) -> bool:
        return open_head("clause").fits_vectors_of(self.encoder.model_id)

    def judge(self, batch: TextBatch) -> list[tuple[tuple[AssignedTag, ...], float]]:
        """Return each text's tags, surest first, and the chance that none of the list fits."""
        if not len(batch):
            return []
        n_tags = len(self.taxonomy.tags)
        scores = self.scores(batch)
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
            (tuple(sorted(tags, key=lambda tag: (-tag.confidence, tag.tag))), round(float(chance), 4))
            for tags, chance in zip(found, none, strict=True)
        ]

    def _telling_parts(self, batch: TextBatch, pairs: Pairs) -> list[int]:
        """Return for each pair of text and tag the part of the text that speaks most for the tag."""
        several = np.unique(
            [row for row, _ in pairs if batch.starts[row + 1] - batch.starts[row] > 1]
        ).astype(np.int64)
        parts = batch.take(several).parts()
        place = {int(row): start for row, start in zip(several, _firsts(batch, several), strict=True)}
        scores = self.scores(parts) if len(parts) else np.zeros((0, 0), dtype=np.float32)
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
        return read_polarity(everything.take(np.array(parts, dtype=np.int64)), fits=self._is_bundled)


def blend(learnt: Matrix, guess: Matrix, trust: float) -> Matrix:
    """Return what was learnt and what the list's words say, weighed by the trust in what was learnt."""
    return np.asarray(trust * learnt + (1 - trust) * guess, dtype=np.float32)


def _firsts(batch: TextBatch, rows: Pairs) -> list[int]:
    """Return where the parts of some texts begin once the others are left out."""
    lengths = batch.starts[rows + 1] - batch.starts[rows]
    return (np.cumsum(lengths) - lengths).tolist()
