"""What single customers did, in order, and what came next for others in the same situation; asked of the events each time.

Nothing is kept between two questions, so an answer depends on the stored events and the time asked about alone.
"""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportUnknownParameterType=false

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from agent.events.source import EventSource
from agent.events.steps import StageOf

QUIET = timedelta(days=14)
"""A customer without an event for longer than this has gone quiet: nothing followed."""
N_SAMPLED = 10_000
"""Customers among whom it is counted what came next, so that the answer takes as long with any number of them."""
N_CLASSES = 256

_ORDER = ["at", "row", "source_id", "name"]
_COLUMNS = ["person_id", *_ORDER, "event_id", "channel", "properties"]
_RETURNED = ("person_id", "event_id", "at", "name", "channel", "properties")


@dataclass(frozen=True, slots=True)
class DoneEvent:
    """One event of a customer, as stored."""

    event_id: str
    at: datetime
    name: str
    channel: str | None
    properties: str
    """A JSON object."""


@dataclass(slots=True)
class Followed:
    """What came next for the persons who were in one situation, each by their first time in it."""

    persons_by_next: dict[str, int] = field(default_factory=dict[str, int])
    n_nothing: int = 0
    """Nothing came, and they have been quiet for longer than `QUIET`."""
    n_open: int = 0
    """Nothing came yet, but they were active lately."""

    @property
    def n(self) -> int:
        """Persons for whom it is known what came next, nothing included."""
        return sum(self.persons_by_next.values()) + self.n_nothing

    def add(self, then: str | None, n: int, *, is_quiet: bool) -> None:
        """Count persons for whom something came next, or nothing."""
        if then is not None:
            self.persons_by_next[then] = self.persons_by_next.get(then, 0) + n
        elif is_quiet:
            self.n_nothing += n
        else:
            self.n_open += n


@dataclass(frozen=True, slots=True)
class Sample:
    """A part of the customers: those whose id ends in one of the first so many of 256 pairs of digits.

    Ids are hashes, and the id a customer is read under is the least of several: its last digits know nothing of that.
    """

    n_classes: int = N_CLASSES

    @property
    def is_whole(self) -> bool:
        """True where everybody is in it."""
        return self.n_classes >= N_CLASSES

    @property
    def share(self) -> float:
        """Share of the customers, 0 to 1."""
        return min(self.n_classes / N_CLASSES, 1.0)

    @property
    def below(self) -> str:
        """The first pair of digits that is not in it."""
        return f"{self.n_classes:02x}"

    def has(self, person_id: str) -> bool:
        """Tell whether a customer is in it."""
        return self.is_whole or person_id[-2:] < self.below


WHOLE = Sample()


def sample_of(n_persons: int) -> Sample:
    """Return about `N_SAMPLED` of so many customers, everybody where there are no more."""
    return WHOLE if n_persons <= N_SAMPLED else Sample(max(1, N_CLASSES * N_SAMPLED // n_persons))


class AfterBoth(NamedTuple):
    """What came next after an event, and after a stage."""

    event: Followed
    stage: Followed


class CameNext(NamedTuple):
    """What came next for one person, by event name and by stage; None where nothing did."""

    event: dict[str, str | None]
    stage: dict[str, str | None]


class StateSource:
    """Reads what a state needs from events.

    Args:
        events: The lake or a warehouse.
        as_of: Later events do not count.
    """

    def __init__(self, events: EventSource, *, as_of: datetime) -> None:
        self._events = events
        self._as_of = as_of

    def of_person(self, keys: Collection[str]) -> list[DoneEvent]:
        """Return one person's events in order.

        Args:
            keys: Every value of `person_id` under which the events may stand.

        Raises:
            StoreError: The events cannot be read.
        """
        with self._events.reading():
            table = self._until().filter(_.person_id.isin(sorted(keys)))
            rows = table.select(*_COLUMNS).order_by(_ORDER).to_pyarrow()
        return [DoneEvent(*values) for _, *values in _tuples(rows)]

    def of_everyone(self) -> Iterator[tuple[str, list[DoneEvent]]]:
        """Yield all persons who have events with those, in order.

        Raises:
            StoreError: The events cannot be read.
        """
        with self._events.reading():
            rows = self._until().select(*_COLUMNS).order_by(["person_id", *_ORDER]).to_pyarrow()
        for key, found in groupby(_tuples(rows), key=itemgetter(0)):
            yield self._events.person_ids([key])[0], [DoneEvent(*values) for _, *values in found]

    def after(self, event: str, stage: str | None, stage_of: StageOf, *, among: Sample) -> AfterBoth:
        """Return what came next after people's first event of a name, and after their first one of a stage.

        What came next is what stood at the first later moment: what happened at once did not follow. Of several things at
        that moment the first by name counts, so that the answer is the same everywhere.

        Args:
            event: Name of the event.
            stage: Name of the stage; None where no stage is asked about.
            stage_of: Stage of an event by its name.
            among: Whose events are counted.

        Raises:
            StoreError: The events cannot be read.
        """
        with self._events.reading():
            rows = self._until().select("person_id", "at", "name")
            if not among.is_whole:
                rows = rows.filter(_.person_id.right(2) < among.below)
            # Asked again and again in one question; a lake's joins and times are worked out once.
            rows = self._events.kept(rows, "sampled")
            names = rows.select("name").distinct().to_pyarrow().column("name").to_pylist()
            stages = {name: stage_of(name) for name in sorted(names)}
            inside = [name for name, its in stages.items() if stage is not None and its == stage]
            other = [name for name, its in stages.items() if its not in {None, stage}]
            counted = self._counted(rows, event, inside, other)
        after_event, after_stage = Followed(), Followed()
        for row in counted:
            if row["had_event"]:
                after_event.add(row["then"], row["n"], is_quiet=row["is_quiet"])
            if row["had_stage"]:
                then = row["then_stage"]
                after_stage.add(then and stages[then], row["n"], is_quiet=row["is_quiet"])
        return AfterBoth(after_event, after_stage)

    def _counted(
        self, rows: ir.Table, event: str, inside: Collection[str], other: Collection[str]
    ) -> list[dict[str, Any]]:
        asked = rows.filter(_named({event, *inside}))
        first = asked.group_by("person_id").agg(
            event_at=_.at.min(where=_.name == event), stage_at=_.at.min(where=_named(inside))
        )
        beside = rows.inner_join(first, "person_id")
        following = beside.group_by("person_id").agg(
            event_then=_.at.min(where=_.at > _.event_at),
            stage_then=_.at.min(where=(_.at > _.stage_at) & _named(other)),
            last=_.at.max(),
        )
        then = (
            beside.inner_join(following, "person_id")
            .group_by(["person_id", "event_at", "stage_at", "last"])
            .agg(
                then=_.name.min(where=_.at == _.event_then),
                then_stage=_.name.min(where=(_.at == _.stage_then) & _named(other)),
            )
        )
        told = then.select(
            "then",
            "then_stage",
            had_event=_.event_at.notnull(),
            had_stage=_.stage_at.notnull(),
            is_quiet=_.last < ibis.literal(self._as_of - QUIET),
        )
        counted = told.group_by(told.columns).agg(n=_.count())
        return counted.order_by(told.columns).to_pyarrow().to_pylist()

    def _until(self) -> ir.Table:
        return self._events.table().filter(_.at <= ibis.literal(self._as_of))


def came_next(events: Sequence[DoneEvent], stage_of: StageOf) -> CameNext:
    """Return what came next after one person's first event of each name and each stage, counted as `StateSource.after` does."""
    after_event, after_stage = dict[str, str | None](), dict[str, str | None]()
    moments = [
        (at, sorted({each.name for each in found})) for at, found in groupby(events, key=attrgetter("at"))
    ]
    for place, (_at, names) in enumerate(moments):
        later = moments[place + 1 :]
        for name in names:
            if name not in after_event:
                after_event[name] = later[0][1][0] if later else None
        for stage in {stage_of(name) for name in names} - {None} - after_stage.keys():
            after_stage[stage] = _next_stage(later, stage, stage_of)
    return CameNext(after_event, after_stage)


def _next_stage(moments: Sequence[tuple[datetime, list[str]]], stage: str, stage_of: StageOf) -> str | None:
    for _at, names in moments:
        for name in names:
            other = stage_of(name)
            if other not in {None, stage}:
                return other
    return None


def _tuples(rows: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in rows.to_batches(max_chunksize=10_000):
        yield from zip(*(batch.column(name).to_pylist() for name in _RETURNED), strict=True)


def _named(names: Collection[str]) -> Any:  # noqa: ANN401 - Ibis values
    return _.name.isin(sorted(names)) if names else ibis.literal(False)  # noqa: FBT003 - an SQL literal
