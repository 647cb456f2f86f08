"""What persons touched before they converted, and the credit that rules give to each place.

A path is what a person touched between two conversions, or after the last one; a conversion ends it. All of it is summed
where the events are, so that nothing but one row a place, and one a move between two, leaves the engine.
"""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportOperatorIssue=false, reportUnknownParameterType=false, reportAttributeAccessIssue=false

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from agent.events.steps import milliseconds, rows_of

HALF_LIFE = timedelta(days=7)
"""A touch so long before the conversion counts half as much in the time-decay rule, the default of web analytics."""
EDGE_PERCENT = 40
"""Per cent for the first touch and of the last in the position-based rule; the ones between share the rest."""

By = Literal["touchpoint", "channel"]

_PATH = ("person_id", "block")
_SCHEMA = ibis.schema(
    {
        "person_id": "string",
        "block": "int64",
        "place": "int64",
        "key": "string",
        "ago_ms": "int64",
        "conversions": "int64",
        "nulls": "int64",
    }
)
_RULES = ("first", "last", "linear", "position", "decay")
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Touches:
    """Touches in paths, and conversions before which nothing was touched."""

    table: ir.Table
    """`person_id, block, place, key, ago_ms, conversions, nulls`: one row a touch.

    Paths are told apart by person and block; `ago_ms` is how long before the conversion, null where it is not known;
    `conversions` and `nulls` say how often the path ended in one, or in none.
    """
    n_conversions: int
    """Of all persons, whatever was touched before."""
    n_converting: int
    """Persons with a conversion."""
    n_persons: int


@dataclass(frozen=True, slots=True)
class Credit:
    """What one place is credited with, in conversions, by each rule."""

    key: str
    first: float
    last: float
    linear: float
    position: float
    decay: float | None
    """None where times are not known."""
    n_converting: int
    """Persons who touched it before a conversion."""
    n_not_converting: int
    """Persons who touched it on a path that ended in none."""


@dataclass(frozen=True, slots=True)
class TouchMove:
    """How often one place directly followed another; `source` is None at the start, `target` at the end of a path."""

    source: str | None
    target: str | None
    conversions: float
    nulls: float

    @property
    def n(self) -> float:
        """How often, whatever the path ended in."""
        return self.conversions + self.nulls


def touches_of(
    steps: ir.Table, conversions: Collection[str], *, by: By, lookback: timedelta | None, fold: bool
) -> Touches:
    """Return the touches of a scope.

    Args:
        steps: `Journeys.steps`.
        conversions: Event names that are the conversion; they are no touches themselves.
        by: What is credited.
        lookback: How long before the conversion, or before the last touch of a path without one, a touch still counts;
            None means for ever.
        fold: Whether touches of one place in a row count as one.
    """
    converts = ibis.ifelse(_.name.isin(sorted(conversions)), 1, 0)
    running = ibis.window(group_by="person_id", order_by="place", preceding=None, following=0)
    marked = steps.mutate(converts=converts, key=steps[by])
    marked = marked.mutate(block=_.converts.sum().over(running) - _.converts)
    ends = marked.filter(_.converts == 1).select("person_id", "block", ended_at=_.at)
    touched = marked.filter((_.converts == 0) & _.key.notnull())
    paths = touched.left_join(ends, list(_PATH)).select(
        "person_id", "block", "place", "key", "at", "ended_at"
    )
    last = paths.at.max().over(ibis.window(group_by=list(_PATH)))
    paths = paths.mutate(ago_ms=milliseconds(ibis.coalesce(_.ended_at, last)) - milliseconds(_.at))
    if lookback is not None:
        paths = paths.filter(_.ago_ms <= lookback // timedelta(milliseconds=1))
    table = paths.select(
        "person_id",
        "block",
        "place",
        "key",
        "ago_ms",
        conversions=ibis.ifelse(_.ended_at.notnull(), 1, 0),
        nulls=ibis.ifelse(_.ended_at.isnull(), 1, 0),
    )
    counted = rows_of(
        marked.aggregate(
            n=_.converts.sum(),
            converting=_.person_id.nunique(where=_.converts == 1),
            persons=_.person_id.nunique(),
        )
    )[0]
    return Touches(
        folded(table) if fold else table, int(counted["n"] or 0), counted["converting"], counted["persons"]
    )


def touches_of_paths(paths: Sequence[tuple[Sequence[str], int, int]]) -> Touches:
    """Return the touches of paths that were counted elsewhere, without times.

    Args:
        paths: Places in order, how often the path ended in a conversion, how often in none.
    """
    rows = [
        (str(number), 0, place, key, None, conversions, nulls)
        for number, (path, conversions, nulls) in enumerate(paths)
        for place, key in enumerate(path)
    ]
    table = ibis.memtable(rows, schema=_SCHEMA)
    n = sum(conversions for _, conversions, _ in paths)
    return Touches(table, n, n, sum(nulls for *_, nulls in paths) + n)


def folded(table: ir.Table) -> ir.Table:
    """Return touches of which each has another key than the one before it on its path."""
    before = _.key.lag().over(_along())
    return table.mutate(before=before).filter(_.before.isnull() | (_.before != _.key)).drop("before")


def credits_of(table: ir.Table) -> list[Credit]:
    """Return what the rules credit each place with, in the order of the places.

    Args:
        table: As `Touches.table`.
    """
    whole = ibis.window(group_by=list(_PATH))
    half_lives = -math.log(2) / (HALF_LIFE / timedelta(milliseconds=1))
    placed = table.mutate(
        nth=ibis.row_number().over(_along()),
        length=_.key.count().over(whole),
        decay=(_.ago_ms.cast("float64") * half_lives).exp(),
    )
    is_edge = (_.nth == 0) | (_.nth == _.length - 1)
    # Whole numbers that are then cast: a decimal point alone makes another type on every engine.
    percent = ibis.cases(
        (_.length == 1, 100),
        (_.length == 2, 50),  # noqa: PLR2004 - nothing stands between two touches
        (is_edge, EDGE_PERCENT),
        else_=100 - 2 * EDGE_PERCENT,
    )
    sharing = ibis.cases((is_edge, 1), else_=_.length - 2)
    weighed = placed.mutate(
        first=ibis.ifelse(_.nth == 0, 1, 0).cast("float64"),
        last=ibis.ifelse(_.nth == _.length - 1, 1, 0).cast("float64"),
        linear=1.0 / _.length.cast("float64"),
        position=percent.cast("float64") / (100 * sharing).cast("float64"),
        decay=_.decay / _.decay.sum().over(whole),
    )
    summed = weighed.group_by("key").agg(
        **{rule: (weighed[rule] * weighed.conversions).sum() for rule in _RULES},
        converting=_.person_id.nunique(where=_.conversions > 0),
        not_converting=_.person_id.nunique(where=_.nulls > 0),
    )
    return [_credit(row) for row in rows_of(summed.order_by("key"))]


def _credit(row: Mapping[str, Any]) -> Credit:
    # Engines add up in any order; what that leaves in the last digits is no credit.
    first, last, linear, position, decay = (
        None if row[rule] is None else round(float(row[rule]), _DIGITS) for rule in _RULES
    )
    return Credit(
        key=row["key"],
        first=first or 0.0,
        last=last or 0.0,
        linear=linear or 0.0,
        position=position or 0.0,
        decay=decay,
        n_converting=row["converting"],
        n_not_converting=row["not_converting"],
    )


def moves_of(table: ir.Table) -> list[TouchMove]:
    """Return what directly followed what on the paths, start and end included.

    Args:
        table: As `Touches.table`.
    """
    along = _along()
    stepped = table.mutate(before=_.key.lag().over(along), after=_.key.lead().over(along))
    starts = stepped.filter(_.before.isnull()).select(
        "conversions", "nulls", source=ibis.null("string"), target=_.key
    )
    onward = stepped.select("conversions", "nulls", source=_.key, target=_.after)
    moves = starts.union(onward).group_by(["source", "target"])
    counted = moves.agg(conversions=_.conversions.sum(), nulls=_.nulls.sum())
    return [
        TouchMove(row["source"], row["target"], float(row["conversions"]), float(row["nulls"]))
        for row in rows_of(counted)
    ]


def n_paths(table: ir.Table) -> tuple[int, int]:
    """Return conversions and nulls of all paths with a touch.

    Args:
        table: As `Touches.table`.
    """
    once = table.mutate(nth=ibis.row_number().over(_along())).filter(_.nth == 0)
    row = rows_of(once.aggregate(conversions=_.conversions.sum(), nulls=_.nulls.sum()))[0]
    return int(row["conversions"] or 0), int(row["nulls"] or 0)


def _along() -> Any:  # noqa: ANN401 - Ibis has no public name for it
    return ibis.window(group_by=list(_PATH), order_by="place")
