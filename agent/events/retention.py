"""Who comes back in which period after their first event; a period that is not over yet for a person does not count."""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportOperatorIssue=false, reportAttributeAccessIssue=false
# pyright: reportUnknownLambdaType=false

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis.expr.types as ir
from ibis import _

from agent.events.steps import milliseconds, rows_of


@dataclass(frozen=True, slots=True)
class PeriodCount:
    """Persons active in a period after their own beginning, of those for whom it is over."""

    period: int
    """0 is the period that begins with the first event, in which everybody is active."""
    active: int
    persons: int


def count_retention(
    steps: ir.Table, *, period: timedelta, as_of: datetime, since: str | None = None
) -> list[PeriodCount]:
    """Return how many were active in each period that is over for anybody.

    Args:
        steps: `Journeys.steps`, or some of its rows.
        period: Length of a period, whole milliseconds.
        as_of: Until when events are known.
        since: Event name; a person's time begins with their first event of this name. None: with their first event.
    """
    length_ms = period // timedelta(milliseconds=1)
    origins = steps if since is None else steps.filter(_.name == since)
    began = origins.group_by("person_id").agg(first=_.at.min()).mutate(began=milliseconds(_.first))
    # The division of whole numbers rounds down on every engine only where it is written as a remainder taken off.
    had = int(as_of.timestamp() * 1000) - _.began
    began = began.mutate(n_over=((had - had % length_ms) / length_ms).cast("int64"))
    over = {int(row["n_over"]): int(row["n"]) for row in rows_of(began.group_by("n_over").agg(n=_.count()))}
    own = steps.select("person_id", ms=milliseconds(_.at)).inner_join(began, "person_id")
    since_began = own.filter(_.ms >= _.began).mutate(after=_.ms - _.began)
    periods = since_began.mutate(period=((_.after - _.after % length_ms) / length_ms).cast("int64"))
    active = periods.filter(_.period < _.n_over).group_by("period").agg(n=_.person_id.nunique())
    n_active = {int(row["period"]): int(row["n"]) for row in rows_of(active)}
    return [
        PeriodCount(k, n_active.get(k, 0), sum(n for n_over, n in over.items() if n_over > k))
        for k in range(max(over, default=0))
    ]
