"""Parts of the steps of a scope that are put beside each other: two periods, or two groups of persons."""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false, reportOperatorIssue=false

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from agent.events.flow import window_of
from agent.events.journeys import Journeys
from agent.figures import day_text


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the steps, and until when they are known."""

    steps: ir.Table
    as_of: datetime
    stages: Sequence[str]
    name: str
    """What the persons of it are, as a sentence part."""
    kind: Literal["period", "group"] = "period"
    n_unknown: int = 0
    """Persons of whom it is not known whether they are of this group; they are not in it."""


def slice_of(journeys: Journeys, name: str) -> Slice:
    """Return all steps of a scope."""
    return Slice(journeys.steps, journeys.scope.as_of, journeys.scope.stages, name, "group")


def periods_around(journeys: Journeys, at: datetime) -> tuple[Slice, Slice] | None:
    """Return the steps before and from a time on, in two equally long periods.

    Journeys are cut at both ends of both periods alike: neither had more time to go on, and as the earlier one begins no
    sooner than its own length after the data does, in both there are people who came before. None where a side has no event.
    """
    window = window_of(journeys.steps)
    if window is None or not window[0] < at <= window[1]:
        return None
    length = min((at - window[0]) / 2, window[1] - at)
    stages = journeys.scope.stages
    before = Slice(between(journeys.steps, at - length, at), at, stages, f"before {day_text(at)}")
    after = Slice(between(journeys.steps, at, at + length), at + length, stages, f"from {day_text(at)} on")
    return before, after


def between(steps: ir.Table, start: datetime, end: datetime) -> ir.Table:
    """Return the steps from a time on, up to and without another."""
    return steps.filter((_.at >= ibis.literal(start)) & (_.at < ibis.literal(end)))
