"""Two periods or two groups of customers side by side on the command line: the options, the sides, the table."""

from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import click

from agent.analyse.period_compare import Comparison, Difference, TimeDifference, split_at
from agent.errors import InputError
from agent.events.journeys import Journeys
from agent.events.slices import Slice
from agent.pipeline.comparing import personas_of
from agent.pipeline.workspace import Workspace
from agent.render.durations import unit_of
from agent.render.figures import points_text, share_text
from agent.render.moment_words import bare_points
from api.cli.output import counted, print_json, print_table, say
from api.cli.pictures import save_picture
from api.cli.session import Option, parse_where

_TOLD = ("difference", "95 %", "verdict", "customers a side needed to tell")
_FEW = 10
"""Of a unit of time: fewer are written with a decimal."""


def compare_options() -> Option:
    """Return the options `--compare-at` and `--versus`, the same everywhere."""

    def add(command: Any) -> Any:  # noqa: ANN401 - click's decorators
        versus = click.option(
            "--versus", multiple=True, metavar="KEY=VALUE",
            help="Compare with the customers of this filter; without --where the first side is everybody else who has the trait.",
        )  # fmt: skip
        day = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
        at = click.option(
            "--compare-at", type=day, help="Compare equally long periods before and after this day."
        )
        return versus(at(command))

    return add


def sides_of(
    workspace: Workspace,
    journeys: Journeys,
    where: tuple[str, ...],
    compare_at: datetime | None,
    versus: tuple[str, ...],
) -> tuple[Slice, Slice] | None:
    """Return the two sides that were asked for; None where none were.

    Raises:
        InputError: Both kinds of comparison were asked for, or a period has no event.
        ScopeError: A group has nobody with events.
    """
    if compare_at is not None and versus:
        msg = "--compare-at and --versus were both given; one of them was expected"
        raise InputError(
            msg, hint="Compare periods or groups; a period of a group is --where with --compare-at."
        )
    if compare_at is not None:
        return split_at(journeys, compare_at.replace(tzinfo=UTC))
    if versus:
        return personas_of(workspace, journeys, where=parse_where(where), versus=parse_where(versus))
    return None


def show_comparison(
    found: Comparison, limit: int, svg: Path | None, png: Path | None, *, as_json: bool
) -> None:
    """Print what differs, and draw it where a picture was asked for.

    The proven differences are all shown, of the others as many as fit the limit.
    """
    if svg or png:
        # Altair takes half a second to load; who prints a table need not wait for it.
        from agent.render.comparison_forest import comparison_picture

        save_picture(comparison_picture(found), svg, png)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print_comparison(found, limit)


def _print_comparison(found: Comparison, limit: int) -> None:
    seen = [one for one in found.differences if one.before.n or one.after.n]
    shown = [one for one in seen if one.verdict == "changed"]
    shown += [one for one in seen if one.verdict != "changed"][: max(limit - len(shown), 0)]
    columns = ["what", "name", found.before, found.after, *_TOLD]
    rows = [_difference_cells(one, found) for one in shown]
    print_table(f"{found.before} against {found.after}", columns, rows)
    n_idle = len(found.differences) - len(seen)
    if n_idle:
        say(f"{counted(n_idle, 'row')} left out where both sides are 0.")
    _print_times(found)
    if found.n_unknown:
        say(
            f"On neither side: {counted(found.n_unknown, 'customer')} of whom the trait of {found.after} is not known;"
            f" {found.before} are those with another value."
        )
    n_changed = sum(one.verdict == "changed" for one in (*found.differences, *found.times))
    of = "tested shares and times" if found.times else "tested shares"
    if found.n_tested == 1:
        of = of.removesuffix("s")
    done = "changed" if found.between == "period" else "differs" if found.n_tested == 1 else "differ"
    say(f"{n_changed:,} of {found.n_tested:,} {of} {done}; all were tested together.")


def _print_times(found: Comparison) -> None:
    if not found.times:
        return
    columns = ["stage", "up to", found.before, found.after, *_TOLD]
    horizons = [one.horizon_s for one in found.times if one.horizon_s is not None]
    means = [s for one in found.times for s in (one.before_s, one.after_s) if s is not None]
    far, near = (unit_of(median(times) if times else 0.0) for times in (horizons, means))
    rows = [_time_cells(one, found, far, near) for one in found.times]
    print_table("Mean time in a stage, up to a time", columns, rows)
    say(
        "Until another stage is entered; who is still there when a side ends counts for as long as they were followed."
    )


_Unit = tuple[float, str]
"""Seconds of a unit and its name: one for all times of a column, so that they are seen beside each other."""


def _time_cells(one: TimeDifference, found: Comparison, far: _Unit, near: _Unit) -> list[object]:
    sides = [
        f"{_time(mean, near)} {near[1]} of {n:,}" if mean is not None else f"- of {n:,}"
        for mean, n in ((one.before_s, one.n_before), (one.after_s, one.n_after))
    ]
    bounds = ""
    if one.low_s is not None and one.high_s is not None:
        bounds = f"{_shift(one.low_s, near)} to {_shift(one.high_s, near)} {near[1]}"
    return [
        one.name,
        None if one.horizon_s is None else f"{_time(one.horizon_s, far)} {far[1]}",
        *sides,
        None if one.difference_s is None else f"{_shift(one.difference_s, near)} {near[1]}",
        bounds,
        *_verdict(one, found),
    ]


def _time(seconds: float, unit: _Unit) -> str:
    value = seconds / unit[0]
    return f"{value:,.1f}" if value < _FEW else f"{value:,.0f}"


def _shift(seconds: float, unit: _Unit) -> str:
    sign = "−" if seconds < 0 else "+"
    return f"{sign}{_time(abs(seconds), unit)}"


def _difference_cells(one: Difference, found: Comparison) -> list[object]:
    sides = [f"{share_text(side.share)} of {side.total:,}" for side in (one.before, one.after)]
    bounds = ""
    if one.low is not None:
        bounds = f"{bare_points(one.low)} to {points_text(one.high)}"
    return [one.kind, one.name, *sides, points_text(one.difference), bounds, *_verdict(one, found)]


def _verdict(one: Difference | TimeDifference, found: Comparison) -> list[object]:
    """Return the verdict in words and what it needs; two groups differ, only what has a before can change."""
    differs = one.verdict == "changed" and found.between == "group"
    return ["differs" if differs else one.verdict, one.needed]
