"""Gives texts their tags, and never by a label of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from agent.analyse.heads import open_head
from agent.analyse.languages import language_fit
from agent.analyse.tags.judge import Judge, Judgement
from agent.analyse.tags.kernel import TextBatch, batch_of
from agent.analyse.tags.ridge import Matrix
from agent.analyse.tags.wording import readable
from agent.ports import Encoder
from agent.schemas.tags import TaggedText, Taxonomy, wording_of

# threadpoolctl ships no types.
_limit_threads: Any = threadpool_limits

_AT_ONCE = 1_024
NO_TEXT = "the row has no text"
NO_WORDS = "the text has no words; labelled examples would help"
ONLY_ORDERS = "the text holds nothing but markup or orders to a machine"
OTHER_LANGUAGE = (
    "the text is not in English, which is what the bundled encoder reads; labelled examples would help"
)


@dataclass(frozen=True)
class TagModel:
    """Who judges which text: `whole` knows all labels; a labelled text goes to the judge that knows no label of its fold."""

    encoder: Encoder
    whole: Judge
    folds: Sequence[Judge] = ()
    fold_of: Mapping[str, int] = field(default_factory=dict[str, int])
    """By wording, the number in `folds` of the judge of a labelled text."""

    @property
    def taxonomy(self) -> Taxonomy:
        """The tags there are."""
        return self.whole.taxonomy

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
        batch = batch_of(texts, self.encoder)
        found = np.zeros((len(batch), len(self.taxonomy.tags)), dtype=np.float32)
        for judge, rows in self._judges(batch):
            found[rows] = judge.confidence(batch.take(rows))
        return found

    def judge(self, batch: TextBatch) -> list[Judgement]:
        """Return what each text carries."""
        found: dict[int, Judgement] = {}
        for judge, rows in self._judges(batch):
            found.update(zip(rows.tolist(), judge.judge(batch.take(rows)), strict=True))
        return [found[row] for row in range(len(batch))]

    def _judges(self, batch: TextBatch) -> list[tuple[Judge, NDArray[np.int64]]]:
        """Return each judge with the rows it is to judge."""
        number = np.array([self.fold_of.get(wording_of(text), -1) for text in batch.texts], dtype=np.int64)
        judges = [(-1, self.whole), *enumerate(self.folds)]
        rows_of = [(judge, np.flatnonzero(number == fold)) for fold, judge in judges]
        return [(judge, rows) for judge, rows in rows_of if len(rows)]

    def _tag(self, texts: Sequence[str | None], first_row: int) -> list[TaggedText]:
        reasons = [self._unreadable(text) for text in texts]
        batch = batch_of(
            [text for text, reason in zip(texts, reasons, strict=True) if text and reason is None],
            self.encoder,
        )
        with _limit_threads(limits=1):
            judged = iter(self.judge(batch))
        tagged: list[TaggedText] = []
        for row, reason in enumerate(reasons, start=first_row):
            found = None if reason is not None else next(judged)
            tags, none = ((), None) if found is None else (found.tags, found.none)
            tagged.append(TaggedText(row=row, tags=tags, none=none, reason=reason))
        return tagged

    def _unreadable(self, text: str | None) -> str | None:
        if text is None or not text.strip():
            return NO_TEXT
        if not readable(text).strip():
            return ONLY_ORDERS
        # With labels enough, they say what such texts mean.
        return None if self.whole.seeds is None else unreadable(text, is_bundled=self.whole.is_bundled)


def unreadable(text: str, *, is_bundled: bool) -> str | None:
    """Return why the words of a list cannot be found in a text; None where they may be."""
    fit = language_fit(readable(text))
    if not fit.has_words:
        return NO_WORDS
    return OTHER_LANGUAGE if is_bundled and not fit.is_english else None


def is_bundled(encoder: Encoder) -> bool:
    """Say whether an encoder's vectors are those that the shipped heads know."""
    return open_head("clause").fits_vectors_of(encoder.model_id)
