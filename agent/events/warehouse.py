"""Events of a table in the user's own warehouse, asked where they are; nothing is ever written there.

What has to be known in Python is small: persons, names and channels are asked for once, distinct. Names are put into our
vocabulary, and persons who are held out or nobody's are left out, by `CASE` and `IN` lists inside each question. So a
question grows with the number of held-out persons.
"""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportOperatorIssue=false, reportUnknownParameterType=false

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from agent.errors import StoreError
from agent.events.connections import Connection
from agent.events.source import EventKind, EventWindow, Steps
from agent.events.steps import ordered_by_windows
from agent.schemas.records import Identifier, IdentifierKind

SOURCE_ID = "warehouse"
"""Source of every event that is read here."""

PersonIdsOf = Callable[[Sequence[Identifier]], list[str | None]]
"""Who identifiers lead to, in order: a person id; None for held-out persons and for values that name nobody."""
NameOf = Callable[[str], str | None]
"""A name of the table in our vocabulary; None where nothing is left of it."""

_PERSON: Final = {
    "personid": IdentifierKind.USER_ID,
    "userid": IdentifierKind.USER_ID,
    "customerid": IdentifierKind.USER_ID,
    "email": IdentifierKind.EMAIL,
    "anonymousid": IdentifierKind.ANONYMOUS_ID,
    "userpseudoid": IdentifierKind.ANONYMOUS_ID,
}
_COLUMNS: Final = {
    "at": ("at", "timestamp", "eventtime", "eventtimestamp", "occurredat", "time", "ts"),
    "name": ("name", "eventname", "event"),
    "event_id": ("eventid", "messageid", "id"),
    "channel": ("channel",),
    "type": ("type", "eventtype"),
    "properties": ("properties",),
    "row": ("row", "rownumber", "sequence"),
}
"""Columns by the names they may have, first found first; without regard to capitals and underscores."""
_OPTIONAL = ("event_id", "channel", "type", "properties")
_NO_STEPS = ("identify", "group", "alias")


@dataclass(frozen=True, slots=True)
class _People:
    """The persons of the table."""

    ids: Mapping[str, str]
    """Value of the person's column to person id; one value a person."""
    left_out: tuple[str, ...]
    """Values of held-out persons, and values that name nobody."""
    folded: Mapping[str, str]
    """Further values of a person to the one in `ids`."""
    last: datetime | None
    n_unlinked: int


@dataclass(frozen=True, slots=True)
class _Words:
    """Names and channels of the table, each with ours."""

    names: Mapping[str, str | None]
    channels: Mapping[str, str | None]
    n_nameless: int
    """Events whose name is nothing in our vocabulary."""


class Warehouse:
    """The working customers' events in a table of a warehouse; an `EventSource`.

    Args:
        connection: The warehouse.
        table: Name of the table, which may lead with catalog and schema.
        person_ids_of: Who is behind identifiers, without those held out.
        event_name_of: Names of events in our vocabulary.
        channel_name_of: Names of channels in our vocabulary.

    Raises:
        StoreError: The table is not there, may not be read or lacks a column.
    """

    def __init__(
        self,
        connection: Connection,
        table: str,
        *,
        person_ids_of: PersonIdsOf,
        event_name_of: NameOf,
        channel_name_of: NameOf,
    ) -> None:
        self.connection = connection
        self.name = table
        self._person_ids_of = person_ids_of
        self._event_name_of = event_name_of
        self._channel_name_of = channel_name_of
        self._rows, self._kind = self._mapped(connection.table(table))

    def is_empty(self) -> bool:
        """Tell whether there is no event of a working customer at all."""
        return not self._people.ids

    @property
    def n_unlinked(self) -> int:
        """How many events have no person, no time or no name, and so are in no journey."""
        return self._people.n_unlinked + self._words.n_nameless

    def table(
        self, source_ids: Collection[str] | None = None, *, persons: Collection[str] | None = None
    ) -> ir.Table:
        """Return events: `event_id, person_id, at, name, type, channel, properties, source_id, row`.

        Args:
            source_ids: Not of this place: the warehouse is one source, which always counts.
            persons: Ids of the persons whose events count; None means everyone.
        """
        del source_ids
        return self._table if persons is None else self._of_persons(persons)

    def window(self, source_ids: Collection[str] | None = None) -> EventWindow:
        """Return when the first and the last event happened."""
        with self.reading():
            times = self.table(source_ids).aggregate(first=_.at.min(), last=_.at.max())
            row = times.to_pyarrow().to_pylist()[0]
        return EventWindow(row["first"], row["last"])

    def ordered(self, rows: ir.Table, kinds: Sequence[EventKind]) -> Steps:
        """Put rows in order inside each question; see `EventSource.ordered`."""
        return ordered_by_windows(rows, kinds)

    def kept(self, table: ir.Table, name: str) -> ir.Table:
        """Return the same table: a warehouse works each question out anew."""
        del name
        return table

    def reading(self) -> AbstractContextManager[None]:
        """Turn what the engine raises inside into an error that names the warehouse.

        Raises:
            StoreError: The engine failed.
        """
        return self.connection.asking()

    def person_ids(self, keys: Iterable[str]) -> list[str]:
        """Return the ids of the persons that values of the table's `person_id` stand for, in order."""
        return [self._people.ids[key] for key in keys]

    def person_keys(self, person_ids: Iterable[str]) -> dict[str, str]:
        """Return the table's `person_id` of each person who has one."""
        return {person: self._keys[person] for person in person_ids if person in self._keys}

    def try_reading(self) -> None:
        """Read one row and forget it.

        Raises:
            StoreError: The table may not be read.
        """
        with self.reading():
            self._rows.limit(1).to_pyarrow()

    def close(self) -> None:
        """Let go of the engine."""
        self.connection.close()

    def _mapped(self, table: ir.Table) -> tuple[ir.Table, IdentifierKind]:
        """Return the table with our columns, and what its persons are identified by."""
        found = {name.replace("_", "").lower(): name for name in table.columns}
        person = next((plain for plain in _PERSON if plain in found), None)
        columns = {
            ours: found[plain]
            for ours, names in _COLUMNS.items()
            if (plain := _first(names, found)) is not None
        }
        missing = [name for name in ("at", "name") if name not in columns]
        if person is None or missing:
            wanted = [*([] if person else ["person_id"]), *missing]
            lacking = f"it has no column for {' and '.join(map(repr, wanted))}"
            raise self._unfit(lacking, table)
        if not table[columns["at"]].type().is_timestamp():
            untimely = f"its column {columns['at']!r} is no timestamp"
            raise self._unfit(untimely, table)
        optional = {
            name: _text(table[column]) for name, column in columns.items() if name not in {"at", "row"}
        }
        row: Any = table[columns["row"]].cast("int64") if "row" in columns else ibis.literal(0, "int64")
        at: Any = table[columns["at"]]
        rows = table.select(
            person_id=_text(table[found[person]]),
            at=at.cast(dt.Timestamp(timezone="UTC")),
            row=row.fill_null(0),
            **{name: optional.get(name, ibis.null("string")) for name in ("name", *_OPTIONAL)},
        )
        return rows, _PERSON[person]

    def _unfit(self, reason: str, table: ir.Table) -> StoreError:
        msg = f"the table {self.name!r} of {self.connection.name} cannot be read as events: {reason}"
        hint = f"It has {', '.join(table.columns)}; make a view with person_id, at (a timestamp) and name."
        return StoreError(msg, hint=hint, context={"table": self.name})

    @cached_property
    def _table(self) -> ir.Table:
        """The working customers' events in our vocabulary."""
        people = self._people
        rows = self._linked()
        if people.last is not None:
            # Who is new since the persons were looked up is on neither side yet.
            rows = rows.filter(_.at <= people.last)
        if people.left_out:
            rows = rows.filter(~_.person_id.isin(people.left_out))
        rows = rows.mutate(person_id=_renamed(_.person_id, people.folded)).filter(_.at.notnull())
        return self._put_into_words(_once(rows))

    def _of_persons(self, persons: Collection[str]) -> ir.Table:
        keys = sorted(self.person_keys(persons).values())
        return self._table.filter(_.person_id.isin(keys) if keys else ibis.literal(False))  # noqa: FBT003 - an SQL literal

    def _linked(self) -> ir.Table:
        steps = self._rows.filter(_.person_id.notnull() & _.at.notnull() & _.name.notnull())
        return steps.filter(_.type.isnull() | ~_.type.isin(_NO_STEPS))

    @cached_property
    def _people(self) -> _People:
        with self.reading():
            told = self._linked().group_by("person_id").agg(n=_.count(), last=_.at.max()).to_pyarrow()
            n_all = int(
                self._rows.filter(_.type.isnull() | ~_.type.isin(_NO_STEPS)).count().to_pyarrow().as_py()
            )
        order = told.sort_by("person_id").to_pydict()
        found = self._person_ids_of([Identifier(self._kind, value) for value in order["person_id"]])
        ids: dict[str, str] = {}
        keys: dict[str, str] = {}
        folded: dict[str, str] = {}
        left_out: list[str] = []
        for value, person in zip(order["person_id"], found, strict=True):
            if person is None:
                left_out.append(value)
            elif person in keys:
                folded[value] = keys[person]
            else:
                ids[value], keys[person] = person, value
        last = max((at for at in order["last"] if at is not None), default=None)
        return _People(ids, tuple(left_out), folded, last, n_all - sum(order["n"]))

    @cached_property
    def _keys(self) -> Mapping[str, str]:
        return {person: key for key, person in self._people.ids.items()}

    @cached_property
    def _words(self) -> _Words:
        # Names are few, so Python reads each once.
        with self.reading():
            kinds = self._linked().group_by(["name", "channel"]).agg(n=_.count()).to_pyarrow().to_pydict()
        names = {name: self._event_name_of(name) for name in sorted(set(kinds["name"]))}
        channels = {name: self._channel_name_of(name) for name in sorted(set(kinds["channel"]) - {None})}
        nameless = sum(n for name, n in zip(kinds["name"], kinds["n"], strict=True) if names[name] is None)
        return _Words(names, channels, nameless)

    def _put_into_words(self, rows: ir.Table) -> ir.Table:
        words = self._words
        nameless = [name for name, ours in words.names.items() if ours is None]
        if nameless:
            rows = rows.filter(~_.name.isin(nameless))
        # Events of one moment go by name, not by id: engines sort letters each in its own way.
        number = _numbered(_.name, words.names) * (len(words.channels) + 1) + _numbered(
            _.channel, words.channels
        )
        return rows.select(
            "event_id",
            "person_id",
            "at",
            name=_renamed(_.name, words.names),
            type=_.type.fill_null("track"),
            channel=_renamed(_.channel, words.channels),
            properties=_.properties.fill_null("{}"),
            source_id=ibis.literal(SOURCE_ID),
            row=_.row * (len(words.names) * (len(words.channels) + 1)) + number,
        )


def _first(names: Iterable[str], found: Collection[str]) -> str | None:
    return next((name for name in names if name in found), None)


def _text(column: Any) -> Any:  # noqa: ANN401 - Ibis values
    return column if column.type().is_string() else column.cast("string")


def _once(rows: ir.Table) -> ir.Table:
    """Return each event once where events have ids, and give those without one what tells them apart."""
    same = ibis.window(group_by=["person_id", "event_id"], order_by=["at", "row", "name"])
    marked = rows.mutate(copy=ibis.row_number().over(same))
    told = _.event_id.fill_null(_.name + ":" + _.channel.fill_null(""))
    return marked.filter(_.event_id.isnull() | (_.copy == 0)).mutate(event_id=told).drop("copy")


def _renamed(column: Any, names: Mapping[str, str | None]) -> Any:  # noqa: ANN401 - Ibis values
    """Return a column with other names for some of its values; null for those that mean nothing."""
    values_of: dict[str | None, list[str]] = {}
    for value, name in sorted(names.items()):
        if value != name:
            values_of.setdefault(name, []).append(value)
    branches = [
        (column.isin(values), ibis.null("string") if name is None else ibis.literal(name))
        for name, values in values_of.items()
    ]
    return ibis.cases(*branches, else_=column) if branches else column


def _numbered(column: Any, names: Mapping[str, str | None]) -> Any:  # noqa: ANN401 - Ibis values
    """Return the place of a value among ours, in the order of their letters; 0 for null."""
    places = {name: place for place, name in enumerate(sorted(set(names.values()) - {None}, key=str))}
    branches = [(column == value, places[name]) for value, name in names.items() if name is not None]
    return ibis.cases(*branches, else_=0) if branches else ibis.literal(0)
