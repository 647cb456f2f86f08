"""The seams: what a stage needs from outside, as protocols; adapters live in their own modules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from agent.schemas.base import Frozen
from agent.schemas.creative import VariantSet
from agent.schemas.insight import PainPoint
from agent.schemas.records import Event, Record

Vectors = NDArray[np.float32]
"""Shape `(n, dim)`, unit L2 norm."""

Progress = Callable[[int], None]
"""Called with how many more items are done."""

OutT = TypeVar("OutT", bound=Frozen)


class Encoder(Protocol):
    """Turns texts into vectors; a text's vector never depends on the texts beside it."""

    @property
    def model_id(self) -> str:
        """Name and version; stored with every vector."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str], *, on_progress: Progress | None = None) -> Vectors:
        """Return one unit vector a text, in order, shape `(len(texts), dim)`."""
        ...

    def kept(self, name: str, build: Callable[[], bytes]) -> bytes:
        """Return what was once worked out from vectors of this encoder, building it where it is not kept.

        Args:
            name: Tells everything apart, beside the encoder, that sets the content; a digest of it.
            build: Gives the content.
        """
        ...


class HeldOutSink(Protocol):
    """Write-only way into the vault: the core can put held-out data there and never read it back."""

    def write_records(self, records: Sequence[Record]) -> None:
        """Store held-out records; writing one twice changes nothing."""
        ...

    def write_events(self, part: str, events: Sequence[Event] | Any) -> None:  # noqa: ANN401 - PyArrow has no types
        """Store held-out events, or a table of them in a part's columns, as the part named `part`, replacing it."""
        ...

    def sweep(self, n_parts: Mapping[str, int]) -> None:
        """Remove the parts of events beyond those committed, by source id."""
        ...

    def exclude_records(self, record_ids: Sequence[str], *, reason: str) -> None:
        """Mark held-out records as unfit for checking, such as near-duplicates of working texts."""
        ...

    def exclude_persons(self, person_ids: Sequence[str], *, reason: str) -> None:
        """Mark persons as unfit for checking, such as those who turned out to be a working person."""
        ...


@dataclass(frozen=True, slots=True)
class WritingTask(Generic[OutT]):
    """One single-shot piece of wording: which prompt, with what inputs, into which type."""

    prompt_id: str
    inputs: Frozen
    output: type[OutT]


class Writer(Protocol):
    """Names, words and proposes; never counts, selects, orders or checks. Offline analyst or language model."""

    @property
    def model_id(self) -> str:
        """Name and version; stored with everything written."""
        ...

    def write(self, task: WritingTask[OutT]) -> OutT:
        """Return the wording.

        Raises:
            ModelError: The writer could not answer; nothing may be made up in its place.
        """
        ...


class VariantChecker(Protocol):
    """Checks variants against customers the generator never saw; injected from outside the core."""

    def check(self, variants: VariantSet, *, pain_point: PainPoint) -> VariantSet:
        """Return the set with a verdict on each variant and the certificate."""
        ...


class CallLog(Protocol):
    """Everything that was sent to a language model, by content: a log that is also the cache.

    `key` is a digest of all that decides the answer. A call that failed is logged too, with an empty response, since
    its request left the machine.
    """

    def get(self, key: str) -> str | None:
        """Return the logged response of an identical call, or None."""
        ...

    def put(self, key: str, request: str, response: str, tokens_in: int, tokens_out: int) -> None:
        """Log a call; logging a key again replaces it."""
        ...
