"""Which share of customers comes back in each period after their first event."""

from datetime import timedelta

from agent.analyse.funnels import event_named
from agent.analyse.statistics import quantity
from agent.errors import InputError
from agent.events.journeys import Journeys
from agent.events.retention import count_retention
from agent.normalise.vocabulary import EventVocabulary
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity

MIN_PERSONS = 20
"""A period for fewer customers than this is not shown: its interval spans too much."""


class RetentionPoint(Frozen):
    """One period."""

    period: int
    """0 is the period that begins with the first event, in which everybody is active."""
    active: Quantity
    """Of the customers for whom the period is over."""


class Retention(Frozen):
    """Share active by period since the first event."""

    period_s: int
    since: str | None
    """The event that time runs from; None for a customer's first event of any name."""
    n_persons: int
    points: tuple[RetentionPoint, ...]
    n_left_out: int
    """Later periods that were over for fewer than twenty customers."""


def retention_of(
    journeys: Journeys,
    *,
    period: timedelta,
    since: str | None = None,
    vocabulary: EventVocabulary | None = None,
) -> Retention:
    """Return the retention curve of the persons of a scope.

    Args:
        journeys: Of the persons.
        period: Length of a period.
        since: Event that a customer's time runs from, in any spelling; their first one where None.
        vocabulary: Names of events that spellings are read as; the product's own where None.

    Raises:
        InputError: The period is no time at all.
        NotFoundError: There is no event of that name.
    """
    if period < timedelta(seconds=1):
        msg = f"a period of {period.total_seconds():g} seconds was asked for; at least a second was expected"
        raise InputError(msg, hint="For example --by week.")
    since = event_named(journeys, since, vocabulary=vocabulary)
    counts = count_retention(journeys.steps, period=period, as_of=journeys.scope.as_of, since=since)
    shown = [count for count in counts if count.persons >= min(MIN_PERSONS, counts[0].persons)]
    return Retention(
        period_s=int(period.total_seconds()),
        since=since,
        n_persons=journeys.n_persons() if since is None else journeys.names()[since],
        points=tuple(
            RetentionPoint(
                period=count.period,
                active=quantity(count.active, count.persons, "customers for whom the period is over"),
            )
            for count in shown
        ),
        n_left_out=len(counts) - len(shown),
    )
