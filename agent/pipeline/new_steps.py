"""The events of a batch that are not stored yet: found by their keys, then sorted into one part for each side."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from agent.pipeline.people import Who
from agent.prepare import PreparedEvents
from agent.read.columns import Codes
from agent.schemas.records import Side
from agent.store.parts import EVENT_SCHEMA
from agent.store.seen import Keys, SeenEvents, order_of

_MOST_SPELLINGS = 1_000
_MOST = 2**63


@dataclass(frozen=True, slots=True)
class NewSteps:
    """The steps of a batch that are stored with it."""

    prepared: PreparedEvents
    chosen: NDArray[np.int64]
    """Places of the new ones among the prepared ones, in the order of their ids."""
    persons: Sequence[Who]
    who: Codes
    """Of each new one, the place of its person."""
    held_out: NDArray[np.bool_]
    """Of each new one, whether it is held out."""

    @classmethod
    def of(
        cls, prepared: PreparedEvents, persons: Sequence[Who], who: Codes, *, seen: SeenEvents
    ) -> "NewSteps":
        """Return the steps of which none with the same key is stored, and of those in the batch the first.

        Args:
            prepared: Steps fit to be stored.
            persons: Of the batch.
            who: Of each prepared step, the place of its person.
            seen: The keys of what is stored.
        """
        chosen = _without_repeats(prepared.keys)
        chosen = chosen[~seen.among(prepared.keys[chosen])]
        sides = np.array([one.side is Side.HELD_OUT for one in persons], dtype=bool)
        return cls(prepared, chosen, persons, who[chosen], sides[who[chosen]])

    def __len__(self) -> int:
        """Return how many they are."""
        return len(self.chosen)

    @property
    def keys(self) -> Keys:
        """Keys, in order."""
        return self.prepared.keys[self.chosen]

    def part(self, side: Side) -> Any:  # noqa: ANN401 - a table of PyArrow
        """Return the steps of one side as a part of the lake holds them: by person, time and event id."""
        of_side = np.flatnonzero(self.held_out == (side is Side.HELD_OUT))
        # The vault holds canonical persons: whoever reads it has no merge log beside it.
        ids = pa.array(
            [one.canonical_id if side is Side.HELD_OUT else one.person_id for one in self.persons],
            type=pa.string(),
        )
        rank = pc.rank(ids, tiebreaker="dense").to_numpy().astype(np.int64)
        who, places = self.who[of_side], self.chosen[of_side]
        order = _by_person_and_time(rank[who], self.prepared.at_us[places])
        columns = {
            name: column.take(pa.array(places[order])) for name, column in self.prepared.columns.items()
        }
        columns["person_id"] = ids.take(pa.array(who[order]))
        return pa.table([columns[name] for name in EVENT_SCHEMA.names], schema=EVENT_SCHEMA)

    def spellings(self) -> dict[tuple[str, str], int]:
        """Count what the source called the working customers' steps, most frequent first where names are made up."""
        coded = self.prepared.spellings
        working = self.chosen[~self.held_out]
        n_each = np.bincount(coded.codes[working], minlength=len(coded.values))
        first = np.zeros(len(coded.values), dtype=np.int64)
        # Of several steps with one spelling the one that is written last is the first.
        first[coded.codes[::-1]] = np.arange(len(coded.codes) - 1, -1, -1)
        names = self.prepared.columns["name"]
        counted: list[tuple[int, str, str]] = [
            (int(n_each[code]), names[int(first[code])].as_py(), spelling)
            for code in np.flatnonzero(n_each).tolist()
            if (spelling := coded.values[code]) is not None
        ]
        counted.sort(key=_most_first)
        return {(name, spelling): n for n, name, spelling in counted[:_MOST_SPELLINGS]}


def _without_repeats(keys: Keys) -> NDArray[np.int64]:
    """Return the places of the first event of each key, in the order of the keys."""
    order = order_of(keys)
    is_first = np.ones(len(keys), dtype=bool)
    is_first[1:] = (keys[order[1:]] != keys[order[:-1]]).any(axis=1)
    return order[is_first]


def _by_person_and_time(rank: NDArray[np.int64], at_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the order of events by person and time; those of one moment, which come by their ids, stay as they are."""
    if not len(rank):
        return rank
    since = at_us - at_us.min()
    span = int(since.max()) + 1
    if span * (int(rank.max()) + 1) < _MOST:
        # As one number they sort twice as fast.
        return np.argsort(rank * span + since, kind="stable")
    return np.lexsort((at_us, rank))


def _most_first(counted: tuple[int, str, str]) -> tuple[int, str]:
    return -counted[0], counted[2]
