"""Which events there are: by name how many, of how many persons, since when, through which channels, with which properties."""

# Ibis ships no types for its expressions, and PyArrow none at all.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import ibis
import orjson
from ibis import _

from agent.events.source import EventSource
from agent.events.steps import BOT_EVENTS_PER_DAY, rows_of

_KINDS: Final = {bool: "boolean", int: "number", float: "number", str: "text"}


@dataclass(slots=True)
class EventFacts:
    """What is known of the events of one name."""

    name: str
    n: int
    n_persons: int
    first: datetime
    last: datetime
    channels: dict[str, int] = field(default_factory=dict[str, int])
    """Channel to events; those without one are left out."""
    properties: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Property to the types its values have."""


def event_facts(events: EventSource) -> list[EventFacts]:
    """Return what events there are, most frequent first.

    Raises:
        StoreError: The events cannot be read.
    """
    if events.is_empty():
        return []
    with events.reading():
        table = events.table()
        counted = table.group_by("name").agg(
            n=_.count(), n_persons=_.person_id.nunique(), first=_.at.min(), last=_.at.max()
        )
        found = {
            row["name"]: EventFacts(**row) for row in rows_of(counted.order_by([ibis.desc("n"), "name"]))
        }
        by_channel = table.filter(_.channel.notnull()).group_by(["name", "channel"]).agg(n=_.count())
        for row in rows_of(by_channel.order_by(["name", ibis.desc("n"), "channel"])):
            found[row["name"]].channels[row["channel"]] = row["n"]
        for name, facts in found.items():
            said = table.filter(_.name == name).select("properties").distinct().to_pyarrow()
            facts.properties = _kinds_of(said.column("properties").to_pylist())
    return list(found.values())


def _kinds_of(properties: Iterable[str]) -> dict[str, tuple[str, ...]]:
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for text in properties:
        for key, value in orjson.loads(text).items():
            kinds[key].add(_KINDS.get(type(value), "other"))
    return {key: tuple(sorted(kinds[key])) for key in sorted(kinds)}


def busy_persons(events: EventSource) -> frozenset[str]:
    """Return the persons who do more on one day than anybody does, and are left out of journeys.

    Raises:
        StoreError: The events cannot be read.
    """
    if events.is_empty():
        return frozenset()
    with events.reading():
        daily = events.table().group_by(["person_id", _.at.date().name("day")]).agg(n=_.count())
        busy = daily.filter(_.n > BOT_EVENTS_PER_DAY).select("person_id").distinct()
        return frozenset(busy.to_pyarrow().column("person_id").to_pylist())
