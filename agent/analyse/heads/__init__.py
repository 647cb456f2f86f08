"""Small trained heads: a weighted sum over cues, words and (with the bundled encoder) the passage's vector.

A head's file holds two sets of weights. `with_vectors` belongs to one encoder, named in the file; `without_vectors`
serves every other. What a head was trained on and how good it is stands in the `.md` beside it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import chain
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from agent.analyse.cues import Lexical, cue_names
from agent.errors import EncoderError
from agent.ports import Vectors

HeadName = Literal["tone", "complaint", "severity", "emotion", "friction", "clause"]
HEAD_NAMES: tuple[HeadName, ...] = ("tone", "complaint", "severity", "emotion", "friction", "clause")
PASSAGE_HEADS: tuple[HeadName, ...] = ("tone", "complaint", "severity", "emotion", "friction")
"""Those that read whole passages; `clause` reads single clauses and is opened by itself."""
VECTOR_SCALE = 4.0
"""Unit vectors have small components; scaled so that one penalty suits all inputs."""
WORD_VALUE = 0.5
"""Value of a present word, for the same reason."""
_TRAIN_AGAIN = "Train the heads again with `python -m eval.training`."

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What heads read; `vectors` is None where they are not of the encoder the heads were trained with.

    `words` has shape `(n, n_words)`: which words of the heads' vocabulary a passage has.
    """

    cues: NDArray[np.float32]
    words: sparse.csr_matrix
    vectors: Vectors | None


@dataclass(frozen=True, slots=True)
class Weights:
    """One set of weights: scores are `bias + cues @ cue + words @ word (+ vectors @ vector)`.

    Shapes: bias `(k,)`, cue `(n_cues, k)`, word `(n_words, k)`, vector `(dim, k)` or None.
    """

    bias: Scores
    cue: Scores
    word: Scores
    vector: Scores | None

    def scores(self, inputs: Inputs) -> Scores:
        """Return scores before normalisation, shape `(n, k)`."""
        scores = np.asarray(self.bias + inputs.cues @ self.cue + inputs.words @ self.word, dtype=np.float32)
        if self.vector is not None and inputs.vectors is not None:
            scores += (inputs.vectors @ self.vector) * np.float32(VECTOR_SCALE)
        return scores


@dataclass(frozen=True, slots=True)
class Head:
    """A trained classifier; `model_id` names the encoder whose vectors `with_vectors` expects."""

    name: str
    model_id: str
    classes: tuple[str, ...]
    words: tuple[str, ...]
    """Its vocabulary: row `i` of the word weights belongs to `words[i]`."""
    with_vectors: Weights
    without_vectors: Weights

    def probabilities(self, inputs: Inputs) -> Scores:
        """Return class probabilities, shape `(n, len(classes))`; `inputs.words` are of this head's vocabulary."""
        weights = self.without_vectors if inputs.vectors is None else self.with_vectors
        return softmax(weights.scores(inputs))

    def fits_vectors_of(self, model_id: str) -> bool:
        """Say whether the weights on vectors serve an encoder: the network they were trained on, at any precision."""
        return _network(model_id) == _network(self.model_id)

    def inputs(self, lexical: Lexical, vectors: Vectors | None) -> Inputs:
        """Prepare texts for this head alone; pass None for vectors of another encoder."""
        column_of = {word: column for column, word in enumerate(self.words)}
        return Inputs(lexical.cues, word_matrix(lexical.words, column_of), vectors)

    def over(self, vocabulary: Mapping[str, int]) -> "Head":
        """Return the same head over a wider vocabulary, given as word to column."""
        return replace(
            self,
            words=tuple(vocabulary),
            with_vectors=_spread(self.with_vectors, self.words, vocabulary),
            without_vectors=_spread(self.without_vectors, self.words, vocabulary),
        )


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads of passages over one vocabulary, so that a passage's words are looked up once."""

    tone: Head
    complaint: Head
    severity: Head
    emotion: Head
    friction: Head
    column_of: Mapping[str, int]

    def fit_vectors_of(self, model_id: str) -> bool:
        """Say whether the weights on vectors serve an encoder: the network they were trained on, at any precision."""
        return self.tone.fits_vectors_of(model_id)

    def inputs(self, lexical: Lexical, vectors: Vectors | None) -> Inputs:
        """Prepare passages for every head; pass None for vectors of another encoder."""
        return Inputs(lexical.cues, word_matrix(lexical.words, self.column_of), vectors)


def softmax(scores: Scores) -> Scores:
    """Return rows that are positive and add up to 1."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return shifted / shifted.sum(axis=1, keepdims=True)


def word_matrix(words: Sequence[Sequence[str]], column_of: Mapping[str, int]) -> sparse.csr_matrix:
    """Mark which words of a vocabulary each passage has, shape `(len(words), len(column_of))`."""
    found = [[column_of[word] for word in row if word in column_of] for row in words]
    ends = np.cumsum([0, *map(len, found)])
    columns = np.fromiter(chain.from_iterable(found), dtype=np.int64, count=int(ends[-1]))
    values = np.full(len(columns), WORD_VALUE, dtype=np.float32)
    return sparse.csr_matrix((values, columns, ends), shape=(len(found), len(column_of)))


@cache
def open_head(name: HeadName) -> Head:
    """Read one head from the package, over its own vocabulary.

    Raises:
        EncoderError: The file does not fit this version's cues.
    """
    path = resources.files("agent.analyse.heads").joinpath(f"{name}.json")
    return head_from_json(path.read_text(encoding="utf-8"))


@cache
def open_heads() -> Heads:
    """Read the heads of passages from the package.

    Raises:
        EncoderError: A file does not fit this version's cues, or the files belong to different encoders.
    """
    read = {name: open_head(name) for name in PASSAGE_HEADS}
    if len({head.model_id for head in read.values()}) > 1:
        msg = f"the heads belong to different encoders {sorted({head.model_id for head in read.values()})!r}"
        raise EncoderError(msg, hint=_TRAIN_AGAIN)
    vocabulary = dict.fromkeys(word for head in read.values() for word in head.words)
    column_of = {word: column for column, word in enumerate(vocabulary)}
    wide = {name: head.over(column_of) for name, head in read.items()}
    return Heads(
        wide["tone"], wide["complaint"], wide["severity"], wide["emotion"], wide["friction"], column_of
    )


def _network(model_id: str) -> str:
    return re.sub(r"-(int8|float32)-v\d+$", "", model_id)


def _spread(weights: Weights, words: Sequence[str], vocabulary: Mapping[str, int]) -> Weights:
    word = np.zeros((len(vocabulary), weights.word.shape[1]), dtype=np.float32)
    word[[vocabulary[name] for name in words]] = weights.word
    return replace(weights, word=word)


def head_from_json(text: str) -> Head:
    """Build a head from the JSON that `head_to_json` wrote.

    Raises:
        EncoderError: The weights do not fit this version's cues.
    """
    data = json.loads(text)
    with_vectors, without_vectors = data["with_vectors"], data["without_vectors"]
    for weights in (with_vectors, without_vectors):
        if tuple(weights["cues"]) != cue_names() or list(weights["words"]) != list(with_vectors["words"]):
            msg = f"head {data['head']!r} does not fit this version, expected {len(cue_names())} cues and one vocabulary"
            raise EncoderError(msg, hint=_TRAIN_AGAIN)
    return Head(
        name=data["head"],
        model_id=data["model_id"],
        classes=tuple(data["classes"]),
        words=tuple(with_vectors["words"]),
        with_vectors=_weights_from(with_vectors),
        without_vectors=_weights_from(without_vectors),
    )


def head_to_json(head: Head) -> str:
    """Write a head with rounded weights, one cue, word or vector component a line, so that a change can be read."""
    parts = [
        f'"head": {json.dumps(head.name)}',
        f'"model_id": {json.dumps(head.model_id)}',
        f'"classes": {json.dumps(head.classes)}',
        f'"with_vectors": {_weights_to_json(head.with_vectors, head.words)}',
        f'"without_vectors": {_weights_to_json(head.without_vectors, head.words)}',
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _weights_from(data: Mapping[str, Any]) -> Weights:
    bias = np.array(data["bias"], dtype=np.float32)
    word = np.array(list(data["words"].values()), dtype=np.float32).reshape(-1, len(bias))
    vector = None if data["vector"] is None else np.array(data["vector"], dtype=np.float32)
    return Weights(bias, np.array(list(data["cues"].values()), dtype=np.float32), word, vector)


def _weights_to_json(weights: Weights, vocabulary: Sequence[str]) -> str:
    cues = ",\n".join(f"{json.dumps(n)}: {_row(r)}" for n, r in zip(cue_names(), weights.cue, strict=True))
    words = ",\n".join(f"{json.dumps(n)}: {_row(r)}" for n, r in zip(vocabulary, weights.word, strict=True))
    vector = "null" if weights.vector is None else "[" + ",\n".join(map(_row, weights.vector)) + "]"
    return (
        f'{{"bias": {_row(weights.bias)},\n"cues": {{{cues}}},\n"words": {{{words}}},\n"vector": {vector}}}'
    )


def _row(values: Scores) -> str:
    return json.dumps([round(float(value), 2) for value in values], separators=(",", ":"))
