"""Which names of events come shortly before which, for how many persons."""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false

from collections import Counter
from dataclasses import dataclass, field

import ibis
from ibis import _

from agent.events.dictionary import busy_persons
from agent.events.source import EventSource
from agent.events.steps import rows_of

STEPS_APART = 3
"""How many steps later a name may come."""
_MOST_NAMES = 500
"""Names that are looked at, the most frequent first: some trackers make names up as they go."""


@dataclass(slots=True)
class Neighbours:
    """Names with what comes shortly before and after them; bots are left out."""

    n_persons: dict[str, int] = field(default_factory=dict[str, int])
    """Persons by name, most of them first."""
    follows: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """Persons by a name and one within the next `STEPS_APART` steps, each distance counted by itself."""


def neighbours_of(events: EventSource) -> Neighbours:
    """Return which names of events come shortly before which.

    Raises:
        StoreError: The events cannot be read.
    """
    if events.is_empty():
        return Neighbours()
    bots = busy_persons(events)
    with events.reading():
        rows = events.table()
        if bots:
            rows = rows.filter(~_.person_id.isin(sorted(bots)))
        counted = rows.group_by("name").agg(n=_.person_id.nunique()).order_by([ibis.desc("n"), "name"])
        found = Neighbours({row["name"]: row["n"] for row in rows_of(counted.limit(_MOST_NAMES))})
        in_order = ibis.window(group_by="person_id", order_by=["at", "row", "source_id", "event_id"])
        earlier = {f"before_{steps}": _.name.lag(steps).over(in_order) for steps in _distances()}
        placed = events.kept(rows.select("person_id", "name", **earlier), "neighbours")
        for steps in _distances():
            before = placed[f"before_{steps}"]
            pairs = placed.filter(before.notnull() & (before != placed["name"]))
            pairs = pairs.group_by(before=f"before_{steps}", name="name").agg(n=_.person_id.nunique())
            for row in rows_of(pairs):
                if row["before"] in found.n_persons and row["name"] in found.n_persons:
                    found.follows[row["before"], row["name"]] += row["n"]
    return found


def _distances() -> range:
    return range(1, STEPS_APART + 1)
