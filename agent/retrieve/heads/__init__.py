"""The trained head that tells which passages answer a question, and whether a turn of a conversation asks for any.

What it was trained on and how good it is stands in `citation.md` beside the weights; `python -m eval.training.citations`
makes both.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.errors import EncoderError

Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]
Positions = NDArray[np.intp]

PASSAGE_WEIGHTS = (
    "match",
    "before",
    "after",
    "asks",
    "asks_match",
    "bias",
    "best",
    "has_before",
    "has_after",
)
"""What a passage's log-odds add up from; `match` is how well its best piece matches."""
TURN_WEIGHTS = ("bias", "best", "second", "third", "named", "named_now")
"""What a turn's log-odds add up from beside its vector."""
_TRAIN_AGAIN = "Train the head again with `python -m eval.training.citations`."


@dataclass(frozen=True, slots=True)
class Scope:
    """Passages that are weighed together, such as all that customers said of one place.

    Args:
        pieces: Vectors of the passages' pieces, shape `(n_pieces, dim)`.
        starts: Where each passage's pieces start, shape `(n_passages,)`.
        before: Position in the scope of the passage before it in its record, or -1.
        after: Position of the one after it, or -1.
        asks: 1 where a passage has a question mark, as an answered question has, else 0.
    """

    pieces: Matrix
    starts: Positions
    before: Positions
    after: Positions
    asks: Floats


@dataclass(frozen=True, slots=True)
class PassageHead:
    """Log-odds that a passage answers a question.

    A piece matches by its cosine and by a learned low-rank product, `q @ of_question @ (p @ of_piece).T`; arrays of
    shape `(dim, rank)`. The product tells what question a wording answers: "slept like a log" is about noise.
    """

    cosine: float
    of_question: Matrix
    of_piece: Matrix
    weights: Floats
    """In the order of `PASSAGE_WEIGHTS`."""

    def matches(self, question: Matrix, scope: Scope) -> Floats:
        """Return how well each passage's best piece matches, shape `(n_passages,)`."""
        direction = np.float32(self.cosine) * question + self.of_piece @ (question @ self.of_question)
        return np.maximum.reduceat(scope.pieces @ direction, scope.starts).astype(np.float64)

    def log_odds(self, question: Matrix, scope: Scope) -> Floats:
        """Return log-odds, shape `(n_passages,)`, for a question's unit vector, shape `(dim,)`."""
        return passage_inputs(self.matches(question, scope), scope) @ self.weights


def passage_inputs(matches: Floats, scope: Scope) -> Floats:
    """Return what the weights of a `PassageHead` apply to, shape `(n_passages, len(PASSAGE_WEIGHTS))`."""
    has_before, has_after = scope.before >= 0, scope.after >= 0
    columns = (
        matches,
        np.where(has_before, matches[scope.before], 0.0),
        np.where(has_after, matches[scope.after], 0.0),
        scope.asks,
        scope.asks * matches,
        np.ones(len(matches)),
        np.full(len(matches), matches.max()),
        has_before,
        has_after,
    )
    return np.stack(columns, axis=1).astype(np.float64)


@dataclass(frozen=True, slots=True)
class TurnHead:
    """Log-odds that a turn of a conversation asks for what customers know: some turns book, thank or want an address."""

    weights: Floats
    """In the order of `TURN_WEIGHTS`."""
    of_vector: Matrix
    """Shape `(dim,)`."""

    def log_odds(self, turn: Matrix, inputs: Floats) -> float:
        """Return log-odds for a turn's unit vector and its `turn_inputs`."""
        return float(turn @ self.of_vector + inputs @ self.weights)


def turn_inputs(log_odds: Floats, *, n_named: int, named_now: bool) -> Floats:
    """Return what the weights of a `TurnHead` apply to.

    Args:
        log_odds: Of all passages in scope, in any order.
        n_named: How many things the conversation speaks of.
        named_now: Whether the turn itself names them.
    """
    best = np.sort(np.concatenate([log_odds, np.full(3, -8.0)]))[::-1][:3]
    return np.array([1.0, *best, float(n_named > 0), float(named_now)])


@dataclass(frozen=True, slots=True)
class CitationHead:
    """What citing is decided by; it belongs to one encoder."""

    model_id: str
    passage: PassageHead
    turn: TurnHead
    calibration: tuple[float, float]
    """Slope and intercept that turn a passage's log-odds into those of the share that answers."""
    cut: float
    """Probability from which a passage is cited: where the F1 of cited sentences is best."""
    turn_cut: float
    """Log-odds from which a turn of a conversation is answered."""

    def probabilities(self, log_odds: Floats) -> Floats:
        """Return calibrated probabilities that passages answer."""
        slope, intercept = self.calibration
        return 1 / (1 + np.exp(-(slope * log_odds + intercept)))


def head_to_json(head: CitationHead) -> str:
    """Return a head as JSON, one row of a matrix a line."""
    small: dict[str, Any] = {
        "model_id": head.model_id,
        "cosine": round(head.passage.cosine, 4),
        "passage": _named(PASSAGE_WEIGHTS, head.passage.weights),
        "turn": _named(TURN_WEIGHTS, head.turn.weights),
        "calibration": [round(value, 4) for value in head.calibration],
        "cut": round(head.cut, 4),
        "turn_cut": round(head.turn_cut, 4),
    }
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in small.items()]
    lines.append(f'"of_vector": {_rounded(head.turn.of_vector, 2)}')
    for name, matrix in (("of_question", head.passage.of_question), ("of_piece", head.passage.of_piece)):
        rows = ",\n".join(_rounded(row, 3) for row in matrix)
        lines.append(f'"{name}": [\n{rows}]')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def head_from_json(text: str) -> CitationHead:
    """Read a head.

    Raises:
        EncoderError: The file does not name the inputs of this version.
    """
    read: Mapping[str, Any] = json.loads(text)
    for name, expected in (("passage", PASSAGE_WEIGHTS), ("turn", TURN_WEIGHTS)):
        if tuple(read[name]) != expected:
            msg = f"the citation head has {name} weights {tuple(read[name])!r}; {expected!r} were expected"
            raise EncoderError(msg, hint=_TRAIN_AGAIN)
    passage = PassageHead(
        float(read["cosine"]),
        np.array(read["of_question"], dtype=np.float32),
        np.array(read["of_piece"], dtype=np.float32),
        np.array(list(read["passage"].values()), dtype=np.float64),
    )
    turn = TurnHead(
        np.array(list(read["turn"].values()), dtype=np.float64), np.array(read["of_vector"], dtype=np.float32)
    )
    slope, intercept = (float(value) for value in read["calibration"])
    return CitationHead(
        read["model_id"], passage, turn, (slope, intercept), float(read["cut"]), float(read["turn_cut"])
    )


@cache
def open_citation_head() -> CitationHead:
    """Read the head from the package.

    Raises:
        EncoderError: The file does not fit this version.
    """
    path = resources.files("agent.retrieve.heads").joinpath("citation.json")
    return head_from_json(path.read_text(encoding="utf-8"))


def _named(names: Sequence[str], values: Floats) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


def _rounded(values: Matrix, digits: int) -> str:
    return json.dumps([round(float(value), digits) for value in values], separators=(",", ":"))
