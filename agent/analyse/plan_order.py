"""The order of a plan beside the order in which customers came to its parts.

Order is of first visits. A part stands before another in the observed order where customers came to it earlier: by the mean,
over the customers who were there and somewhere else too, of its rank among all that they came to (0 first, 1 last). Beside it
stands, for each part of the plan and the next, how many of the customers who were at both came to them in the planned order.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

from agent.analyse.plan_machines import Level
from agent.events.conformance import FirstTime, Replay
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity

_MOST_UNPLANNED = 4
"""Parts that nobody planned and that stand in the observed order, those with most customers."""
_LEAST = 2
_FEWEST = 5
"""Customers that are told by their number; of fewer it is told that they are few."""
Share = Callable[[int, int, str], Quantity]


class ObservedPart(Frozen):
    """A part of the journey in the order in which customers came to it."""

    name: str
    planned: bool
    n_persons: int

    @property
    def told(self) -> str:
        """How many customers came to it, as anybody may know."""
        return customers_told(self.n_persons)


class KeptPair(Frozen):
    """Two neighbours of the plan, and how many came to them in that order."""

    source: str
    target: str
    reach: Quantity
    """Of the customers who were at both."""

    @property
    def told(self) -> str:
        """How many customers were at both, as anybody may know."""
        return customers_told(self.reach.total)


class Order(Frozen):
    """Planned order beside observed order."""

    planned: tuple[str, ...]
    """Parts of the plan that the data could show."""
    observed: tuple[ObservedPart, ...]
    """Those that customers came to, with the most frequent of those that nobody planned."""
    pairs: tuple[KeptPair, ...]
    kept: Quantity
    """Customers all of whose first visits keep the planned order, of those who came to two parts of it or more."""


def customers_told(n: int) -> str:
    """Return how many customers there are; fewer than five are not told by their number."""
    return f"fewer than {_FEWEST} customers" if n < _FEWEST else f"{n:,} customers"


def order_of(replay: Replay, level: Level, *, share: Share) -> Order | None:
    """Return the order of a level of a plan beside the data; None where fewer than two parts of the plan were seen.

    Args:
        replay: The steps on the plan.
        level: Which level.
        share: Makes a share of customers, unknown where they are too few.
    """
    visits = replay.visits()
    seen = [label for label in level.planned if visits.get(label)]
    if len(seen) < _LEAST:
        return None
    others = sorted(
        (label for label in visits if label not in level.planned), key=lambda one: (-visits[one], one)
    )
    pairs = list(pairwise(seen))
    in_order = replay.in_order(pairs)
    n_kept, n_total = replay.keeping(level.planned)
    observed = _ordered([*seen, *others[:_MOST_UNPLANNED]], replay.first_times())
    return Order(
        planned=tuple(level.name_of[label] for label in level.planned),
        observed=tuple(
            ObservedPart(name=level.name_of[label], planned=label in level.planned, n_persons=visits[label])
            for label in observed
        ),
        pairs=tuple(
            KeptPair(
                source=level.name_of[source],
                target=level.name_of[target],
                reach=share(*in_order[source, target], "customers who were at both"),
            )
            for source, target in pairs
        ),
        kept=share(n_kept, n_total, "customers who came to two parts of the plan or more"),
    )


def _ordered(labels: Sequence[str], found: Sequence[FirstTime]) -> list[str]:
    sums: defaultdict[str, Fraction] = defaultdict(Fraction)
    counts: defaultdict[str, int] = defaultdict(int)
    for one in found:
        if one.n_labels > 1:
            sums[one.label] += Fraction(one.rank * one.n, one.n_labels - 1)
            counts[one.label] += one.n
    # Who was nowhere else says nothing of an order: the middle.
    mean = {label: sums[label] / counts[label] if counts[label] else Fraction(1, 2) for label in labels}
    return sorted(labels, key=lambda label: (mean[label], labels.index(label)))
