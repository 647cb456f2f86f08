"""What events are read from: the lake of a workspace, or a table in a warehouse."""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

import ibis.expr.types as ir

from agent.events.counted import Tally


class EventWindow(NamedTuple):
    """When the first and the last event happened, UTC; None where there is none."""

    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class EventKind:
    """Events of one name and channel, and what they mean in a scope."""

    name: str
    channel: str | None
    stage: str | None
    touchpoint: str | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a scope."""

    table: ir.Table
    """`person_id, at, place, session, name, channel, touchpoint, stage, rank`.

    `place` counts a person's steps from 0; `session` counts their sessions from 0; `stage` and
    `touchpoint` are null where a name means none; `rank` is the place of the stage in the scope's order.
    """
    bots: frozenset[str]
    """Values of `person_id` left out because nobody does so much on one day."""
    tally: Tally | None = None
    """What was counted on the way, where the source counts; the table gives the same when it is asked."""


class EventSource(Protocol):
    """Events of the working customers as one Ibis table; held-out customers are not in it.

    Its `person_id` is a key of the source's own, one a person: the person id in a lake, the user's own id in a warehouse,
    where no other can be written. `person_ids` and `person_keys` lead from one to the other.
    """

    def is_empty(self) -> bool:
        """Tell whether there is no event at all."""
        ...

    def table(
        self, source_ids: Collection[str] | None = None, *, persons: Collection[str] | None = None
    ) -> ir.Table:
        """Return events: `event_id, person_id, at, name, type, channel, properties, source_id, row`.

        Args:
            source_ids: Sources whose events count; None means all.
            persons: Ids of the persons whose events count; None means everyone.
        """
        ...

    def window(self, source_ids: Collection[str] | None = None) -> EventWindow:
        """Return when the first and the last event happened, of some sources or all."""
        ...

    def ordered(self, rows: ir.Table, kinds: Sequence[EventKind]) -> Steps:
        """Put rows of `table` in order, and add what their names and channels mean.

        Args:
            rows: Some rows of `table`, all of a person or none.
            kinds: Every name with every channel in the rows; a channel without letters is null.
        """
        ...

    def kept(self, table: ir.Table, name: str) -> ir.Table:
        """Return a table to ask many questions of, written out under a name where that may be done."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """Turn what goes wrong inside because the events cannot be read into an error of ours."""
        ...

    def person_ids(self, keys: Iterable[str]) -> list[str]:
        """Return the ids of the persons that values of the table's `person_id` stand for, in order."""
        ...

    def person_keys(self, person_ids: Iterable[str]) -> dict[str, str]:
        """Return the table's `person_id` of each person who has one."""
        ...
