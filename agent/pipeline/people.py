"""Who a row is about: identifier keys, the person behind them, and the side that person is on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agent.errors import UnreadableSourceError
from agent.identify import identifier_keys, person_id_of
from agent.pipeline.cycles import search_young
from agent.ports import HeldOutSink
from agent.prepare import PrepareContext, lone_event_key, lone_key
from agent.read.columns import Batch, Codes, EventColumns, Mark, mark_of
from agent.schemas.records import Identifier, RawRecord, Side, source_row
from agent.split import side_of
from agent.store import Store
from agent.store.identity import Link
from agent.store.recent import Recent

_LINKS_AT_ONCE = 50_000
_NOBODY: tuple[str, ...] = ()
_N_RECENT = 50_000

FirstKeys = Recent[Mark, str]
"""The key of the surest of a row's identifiers, by their mark; empty where they name nobody."""


@dataclass(frozen=True, slots=True)
class Who:
    """The person a row is about."""

    person_id: str
    """The row's own person: stays the same however persons are joined later, and so do ids made with it."""
    canonical_id: str
    side: Side
    lone: bool
    """True where the row named nobody and so stands for a person of its own."""


class Joining:
    """The first pass: joins persons over all rows before anything is stored about them.

    Args:
        store: Where the persons are.
        held_out: Told of held-out persons who turn out to be working ones.

    Raises:
        StoreError: The persons there cannot be compared with new ones.
    """

    def __init__(self, store: Store, held_out: HeldOutSink) -> None:
        store.persons.require_marked_keys()
        self._store = store
        self._held_out = held_out
        self._links: list[Link] = []
        self.first_keys: FirstKeys = Recent(_N_RECENT)
        """Of what was taken in lately."""

    def add_batch(self, batch: Batch, *, source_id: str) -> None:
        """Take the identifiers of a batch of rows in, in the order of the rows."""
        for record in batch.records:
            mark = mark_of(record.identifiers)
            if self.first_keys.get(mark) is None:
                self._add(mark, record.identifiers, row=record.row, source_id=source_id)
        events = batch.events
        if events is not None:
            known = self.first_keys.get_all(events.marks)
            for place in [place for place, key in enumerate(known) if key is None]:
                row = source_row(events.people_rows[place])
                self._add(events.marks[place], events.people[place], row=row, source_id=source_id)

    def _add(self, mark: Mark, identifiers: tuple[Identifier, ...], *, row: int, source_id: str) -> None:
        keys = identifier_keys(identifiers, salt=self._store.workspace.salt)
        self.first_keys.put(mark, keys[0] if keys else "")
        if keys:
            self._links.append(Link(row, keys))
        if len(self._links) >= _LINKS_AT_ONCE:
            self.flush(source_id=source_id)

    def flush(self, *, source_id: str) -> None:
        """Join what was taken in."""
        self._store.persons.resolve(self._links, source_id=source_id, held_out=self._held_out)
        self._links = []
        search_young()

    def settle(self) -> None:
        """Fix the side of everybody who is new."""
        facts = self._store.workspace
        self._store.persons.settle(
            lambda person_id: side_of(person_id, salt=facts.salt, holdout=facts.holdout)
        )


class People:
    """The second pass: says who rows are about, a batch at a time.

    Args:
        store: Where the persons are.
        first_keys: What the first pass found out.
    """

    def __init__(self, store: Store, first_keys: FirstKeys) -> None:
        self._store = store
        self._first_keys = first_keys
        self._recent: Recent[Mark, Who] = Recent(_N_RECENT)

    def of(self, rows: Sequence[RawRecord], *, context: PrepareContext) -> list[Who]:
        """Return one person a row, in order; to be called once for every row of a source, in its order."""
        people = [row.identifiers for row in rows]
        known = self._known([mark_of(identifiers) for identifiers in people], people)
        return [
            who or self._lone(lone_key(row, context=context)) for who, row in zip(known, rows, strict=True)
        ]

    def of_events(
        self, events: EventColumns, *, context: PrepareContext
    ) -> tuple[list[Who], Codes, list[Who]]:
        """Return the persons of a batch, for each step the place of its person among them, and one an identity call."""
        known = self._known(events.marks, events.people)
        persons = [who for who in known if who is not None]
        is_known = np.array([who is not None for who in known], dtype=bool)
        places = np.where(is_known, np.cumsum(is_known) - 1, -1).astype(np.int32)
        codes = places[events.who]
        for position in np.flatnonzero(codes < 0).tolist():
            codes[position] = len(persons)
            persons.append(self._lone(lone_event_key(int(events.rows[position]), context=context)))
        calls = [
            known[place] or self._lone(lone_event_key(call.row, context=context))
            for call, place in events.identity
        ]
        return persons, codes, calls

    def pass_over(self, rows: Sequence[RawRecord], *, context: PrepareContext) -> None:
        """Count rows that an interrupted run has stored, so that persons without identity keep their keys."""
        for row in rows:
            if not self._keys(row.identifiers):
                lone_key(row, context=context)

    def _known(self, marks: Sequence[Mark], people: Sequence[tuple[Identifier, ...]]) -> list[Who | None]:
        """Return the persons that identifiers lead to, None for identifiers that lead to nobody."""
        known = self._recent.get_all(marks)
        missing = [place for place, who in enumerate(known) if who is None]
        first = {marks[place]: self._first_key(marks[place], people, place) for place in missing}
        found = dict(self._look_up({mark: key for mark, key in first.items() if key}))
        for place in missing:
            known[place] = found.get(marks[place])
        return known

    def _first_key(self, mark: Mark, people: Sequence[tuple[Identifier, ...]], place: int) -> str:
        known = self._first_keys.get(mark)
        return next(iter(self._keys(people[place])), "") if known is None else known

    def _look_up(self, first: dict[Mark, str]) -> Iterator[tuple[Mark, Who]]:
        members = self._store.persons.find(set(first.values()))
        for mark, key in first.items():
            member = members.get(key)
            if member is None or member.side is None:
                raise changed_meanwhile()
            who = Who(member.person_id, member.canonical_id, member.side, lone=False)
            self._recent.put(mark, who)
            yield mark, who

    def _keys(self, identifiers: tuple[Identifier, ...]) -> tuple[str, ...]:
        return identifier_keys(identifiers, salt=self._store.workspace.salt) if identifiers else _NOBODY

    def _lone(self, key: str) -> Who:
        facts = self._store.workspace
        person_id = person_id_of(key)
        side = side_of(person_id, salt=facts.salt, holdout=facts.holdout)
        return Who(person_id, person_id, side, lone=True)


def changed_meanwhile() -> UnreadableSourceError:
    """Return what it means that a file is no longer the one that was begun."""
    msg = "the file changed while it was read"
    return UnreadableSourceError(msg, hint="Run the command again when nothing writes to the file any more.")
