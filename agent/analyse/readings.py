"""Reads a passage: how it feels, whether it complains and how badly, and where in the journey it stands.

Feeling, complaint and severity come from small trained heads over cues, words and vectors; stage and touchpoint from
the phrases of the taxonomy nearest in meaning together with words that name them outright. Where neither is sure the
answer is None. What is not in English, or has nothing to read, is marked and read as unknown. A reading depends on its passage alone, never on the passages beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from agent.analyse.cues import Lexical, PhraseTree, lexical_of
from agent.analyse.heads import Heads, Inputs, open_heads
from agent.analyse.languages import language_fit
from agent.analyse.taxonomy import TAXONOMY_VERSION, Entry, taxonomy
from agent.errors import EmbeddingMismatchError
from agent.ports import Encoder, Vectors
from agent.schemas.insight import Emotion, Friction, Reading, Severity
from agent.schemas.records import Passage

READER_VERSION = f"reader-3+{TAXONOMY_VERSION}"
"""Version of the heads and rules; a reading made by another version is made again."""

_GLAD = frozenset({Emotion.RELIEVED, Emotion.DELIGHTED, Emotion.GRATEFUL})
COMPLAINT_FROM = 0.5
"""A passage more likely than this to complain is read as a complaint."""
_CHUNK = 4096

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Placing:
    """How names of one list are given to passages; the thresholds were set on `eval/training/passages.tsv`.

    A name's score is the mean cosine of its two nearest phrases, plus `cue_bonus` where words name it outright.
    """

    names: tuple[str, ...]
    cue_bonus: float
    floor: float
    """Under this score the answer is None."""
    margin: float
    """So far the best must be ahead of the second, or the answer is None."""
    head_start: float
    """What the best must have over phrases that name nothing, unless words name it outright."""
    needs_cue: tuple[bool, ...] | None = None
    """Which names are given only where words name them outright; None where none of them is."""

    def choose(self, scores: Matrix, cued: NDArray[np.bool_], nothing: Matrix) -> list[str | None]:
        """Return a name or None for every row of `scores`, shape `(n, len(names))`."""
        total = scores + np.float32(self.cue_bonus) * cued
        rows = np.arange(len(total))
        best = total.argmax(axis=1)
        top = total[rows, best]
        total[rows, best] = -np.inf
        sure = (top >= self.floor) & (top - total.max(axis=1) >= self.margin)
        sure &= cued[rows, best] | (top >= nothing + self.head_start)
        if self.needs_cue is not None:
            sure &= cued[rows, best] | ~np.array(self.needs_cue)[best]
        return [self.names[index] if is_sure else None for index, is_sure in zip(best, sure, strict=True)]


_STAGE_OF_TOUCHPOINT_BONUS = 0.2
"""What a stage gains where one of its touchpoints was recognised."""
_TONE_WEIGHT = 0.35
"""How strongly the tone, learnt from customers, corrects the emotion, learnt from forum comments."""
_EMOTION_FROM = 0.3
"""An emotion less likely than this is not named."""
_FRICTIONS = {friction.value: friction for friction in Friction}


@dataclass(frozen=True, slots=True)
class _Prototypes:
    """Phrases of the taxonomy as vectors; `spans[i]` are the rows of entry `i`, the last those that name nothing."""

    vectors: Vectors
    spans: tuple[tuple[int, int], ...]

    def scores(self, vectors: Vectors) -> tuple[Matrix, Matrix]:
        """Return the mean cosine of the two nearest phrases, shape `(n, n_entries)`, and of those that name nothing."""
        cosines = vectors @ self.vectors.T
        nearest = [
            np.partition(cosines[:, start:end], -2, axis=1)[:, -2:].mean(axis=1) for start, end in self.spans
        ]
        return np.stack(nearest[:-1], axis=1), nearest[-1]


class PassageReader:
    """Reads passages with the vectors of one encoder.

    The heads' weights on vectors belong to the bundled encoder. With any other encoder the weights for cues and words
    alone are used: less accurate, by how much stands in the model cards beside the heads.

    Args:
        encoder: Of the vectors that will be read; the taxonomy's phrases are encoded once, here.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._dim = encoder.dim
        self._heads = open_heads()
        lists = taxonomy()
        stage_names = tuple(entry.name for entry in lists.stages)
        touchpoint_names = tuple(entry.name for entry in lists.touchpoints)
        self._stages = Placing(stage_names, cue_bonus=0.2, floor=0.25, margin=0.02, head_start=0.05)
        self._touchpoints = Placing(
            touchpoint_names,
            cue_bonus=0.2,
            floor=0.35,
            margin=0.04,
            head_start=0.05,
            needs_cue=tuple(entry.named for entry in lists.touchpoints),
        )
        self._column_of_stage = {entry.name: stage_names.index(entry.stage) for entry in lists.touchpoints}
        entries = (*lists.stages, *lists.touchpoints)
        self._cues = PhraseTree({f"{type(entry).__name__}:{entry.name}": entry.cues for entry in entries})
        self._prototypes = _encode_prototypes(encoder, entries, lists.none)

    @property
    def uses_vectors(self) -> bool:
        """Whether the heads were trained on this encoder's vectors."""
        return self._heads.fit_vectors_of(self._encoder.model_id)

    def read(self, passages: Sequence[Passage], vectors: Vectors) -> list[Reading]:
        """Read passages.

        Args:
            passages: One to three sentences each.
            vectors: Shape `(len(passages), dim)`, row `i` for passage `i`, of the encoder given at construction.

        Returns:
            One reading a passage, in order.

        Raises:
            EmbeddingMismatchError: `vectors` has another shape.
        """
        self._check_shape(passages, vectors)
        readings: list[Reading] = []
        for start in range(0, len(passages), _CHUNK):
            readings.extend(
                self._read_chunk(passages[start : start + _CHUNK], vectors[start : start + _CHUNK])
            )
        return readings

    def _read_chunk(self, passages: Sequence[Passage], vectors: Vectors) -> list[Reading]:
        texts = [passage.text for passage in passages]
        lexical, heads = lexical_of(texts), self._heads
        inputs = self._inputs(lexical, vectors)
        tone = heads.tone.probabilities(inputs)
        sentiments = np.round(tone[:, 2] - tone[:, 0], 3).astype(float).tolist()
        readable = _readable(texts, lexical)
        complains = (complaints_of(heads, inputs) >= COMPLAINT_FROM).tolist()
        severities = _named(heads.severity.probabilities(inputs), heads.severity.classes)
        frictions = _named(heads.friction.probabilities(inputs), heads.friction.classes)
        emotions = emotions_of(heads, inputs, tone)
        stages, touchpoints = self._place(lexical, vectors)
        return [
            Reading(
                *origin_of(passage),
                sentiment=sentiments[row],
                emotion=emotions[row],
                stage=stages[row],
                touchpoint=touchpoints[row],
                complaint=complains[row],
                severity=Severity(severities[row]) if complains[row] else None,
                at=passage.at,
                friction=_FRICTIONS.get(frictions[row]) if complains[row] else None,
            )
            if readable[row]
            else unread(passage)
            for row, passage in enumerate(passages)
        ]

    def complaint_probabilities(self, texts: Sequence[str], vectors: Vectors) -> Matrix:
        """Return how likely each text, best a single sentence, is a complaint, shape `(len(texts),)`.

        Calibrated on single sentences of organisations and industries the head had not seen; how well stands in
        `heads/complaint.md`; 0 for what is not readable. `read` calls a complaint what comes out at `COMPLAINT_FROM` or above.

        Args:
            texts: In any order; each is read by itself.
            vectors: Shape `(len(texts), dim)`, of the encoder given at construction.

        Raises:
            EmbeddingMismatchError: `vectors` has another shape.
        """
        self._check_shape(texts, vectors)
        chances = [
            self._chances(texts[i : i + _CHUNK], vectors[i : i + _CHUNK])
            for i in range(0, len(texts), _CHUNK)
        ]
        return np.concatenate([np.zeros(0, dtype=np.float32), *chances])

    def _chances(self, texts: Sequence[str], vectors: Vectors) -> Matrix:
        lexical = lexical_of(texts)
        chances = complaints_of(self._heads, self._inputs(lexical, vectors))
        return chances * np.array(_readable(texts, lexical), dtype=np.float32)

    def read_phrases(self, phrases: Sequence[str]) -> tuple[Vectors, Matrix]:
        """Encode short texts and tell how likely each is a complaint.

        Returns:
            Unit rows, shape `(n, dim)`, and probabilities, shape `(n,)`.
        """
        vectors = self._encoder.encode(list(phrases))
        return vectors, self.complaint_probabilities(phrases, vectors)

    def _inputs(self, lexical: Lexical, vectors: Vectors) -> Inputs:
        return self._heads.inputs(lexical, vectors if self.uses_vectors else None)

    def _place(self, lexical: Lexical, vectors: Vectors) -> tuple[list[str | None], list[str | None]]:
        scores, cued, nothing = self._scores(lexical, vectors)
        first = len(self._stages.names)
        last = first + len(self._touchpoints.names)
        touchpoints = self._touchpoints.choose(scores[:, first:last], cued[:, first:last], nothing)
        for row, name in enumerate(touchpoints):
            if name is not None:
                scores[row, self._column_of_stage[name]] += _STAGE_OF_TOUCHPOINT_BONUS
        return self._stages.choose(scores[:, :first], cued[:, :first], nothing), touchpoints

    def _scores(self, lexical: Lexical, vectors: Vectors) -> tuple[Matrix, NDArray[np.bool_], Matrix]:
        scores, nothing = self._prototypes.scores(vectors)
        cued = np.zeros(scores.shape, dtype=np.bool_)
        hits = [
            (row, group) for row, tokens in enumerate(lexical.tokens) for group, _ in self._cues.find(tokens)
        ]
        if hits:
            cued[tuple(np.array(hits).T)] = True
        return scores, cued, nothing

    def _check_shape(self, passages: Sequence[object], vectors: Vectors) -> None:
        if vectors.shape != (len(passages), self._dim):
            msg = f"vectors have shape {vectors.shape!r}, expected {(len(passages), self._dim)!r}"
            raise EmbeddingMismatchError(msg, hint="Encode the passages with the reader's own encoder.")


def emotions_of(heads: Heads, inputs: Inputs, tone: Matrix) -> list[Emotion | None]:
    """Choose an emotion for each passage; None where none is likely.

    Args:
        heads: All heads.
        inputs: Of the passages.
        tone: Probabilities of negative, neutral and positive, shape `(n, 3)`.
    """
    emotions = [Emotion(name) for name in heads.emotion.classes]
    chances = emotion_chances(heads, inputs, tone)
    sure = (chances.max(axis=1, initial=0.0) >= _EMOTION_FROM).tolist()
    best = chances.argmax(axis=1).tolist()
    return [emotions[index] if is_sure else None for index, is_sure in zip(best, sure, strict=True)]


def emotion_chances(heads: Heads, inputs: Inputs, tone: Matrix) -> Matrix:
    """Return how likely each emotion is, shape `(n, 9)`, corrected by the tone so that no complaint comes out delighted."""
    emotions = [Emotion(name) for name in heads.emotion.classes]
    tone_of = [2 if emotion in _GLAD else 1 if emotion is Emotion.NEUTRAL else 0 for emotion in emotions]
    weighted = heads.emotion.probabilities(inputs) * tone[:, tone_of] ** np.float32(_TONE_WEIGHT)
    return weighted / weighted.sum(axis=1, keepdims=True)


def complaints_of(heads: Heads, inputs: Inputs) -> Matrix:
    """Return how likely each passage is a complaint, shape `(n,)`; calibrated on single sentences."""
    return heads.complaint.probabilities(inputs)[:, 1]


def _encode_prototypes(encoder: Encoder, entries: Sequence[Entry], nothing: Sequence[str]) -> _Prototypes:
    lists = [*(entry.examples for entry in entries), tuple(nothing)]
    ends = np.cumsum([0, *map(len, lists)]).tolist()
    vectors = encoder.encode([phrase for phrases in lists for phrase in phrases])
    return _Prototypes(vectors, tuple(pairwise(ends)))


def _readable(texts: Sequence[str], lexical: Lexical) -> list[bool]:
    """Say of every text whether it has anything to read, in English."""
    return [
        bool(tokens) and language_fit(text).is_english
        for text, tokens in zip(texts, lexical.tokens, strict=True)
    ]


def _named(chances: Matrix, classes: Sequence[str]) -> list[str]:
    best: list[int] = chances.argmax(axis=1).tolist()
    return [classes[index] for index in best]


def origin_of(passage: Passage) -> tuple[str, str, str, int, int, str]:
    """Return where a passage stands: the first fields of its reading, in order."""
    return (
        passage.passage_id,
        passage.record_id,
        passage.person_id,
        passage.start,
        passage.end,
        passage.text_sha256,
    )


def unread(passage: Passage) -> Reading:
    """Return the reading of a passage that is not read: its customer spoke, and no count rests on the words."""
    return Reading(
        *origin_of(passage),
        sentiment=0.0,
        emotion=None,
        stage=None,
        touchpoint=None,
        complaint=False,
        severity=None,
        at=passage.at,
        readable=False,
    )
