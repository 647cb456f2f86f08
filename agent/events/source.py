"""What events are read from: the lake of a workspace, or a table in a warehouse."""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol

import ibis.expr.types as ir


class EventWindow(NamedTuple):
    """When the first and the last event happened, UTC; None where there is none."""

    first: datetime | None
    last: datetime | None


class EventSource(Protocol):
    """Events of the working customers as one Ibis table; held-out customers are not in it."""

    def is_empty(self) -> bool:
        """Tell whether there is no event at all."""
        ...

    def table(self, source_ids: Collection[str] | None = None) -> ir.Table:
        """Return events: `event_id, person_id, at, name, type, channel, properties, source_id, row`.

        Args:
            source_ids: Sources whose events count; None means all.
        """
        ...

    def window(self, source_ids: Collection[str] | None = None) -> EventWindow:
        """Return when the first and the last event happened, of some sources or all."""
        ...

    def kept(self, table: ir.Table, name: str) -> ir.Table:
        """Return a table to ask many questions of, written out under a name where that may be done."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """Turn what goes wrong inside because the events cannot be read into an error of ours."""
        ...
