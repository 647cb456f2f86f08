"""Two periods or two groups of customers side by side on the command line: the options, the sides, the table."""

from datetime import UTC, datetime
from typing import Any

import click

from agent.analyse.period_compare import Comparison, Difference, TimeDifference, split_at
from agent.errors import InputError
from agent.events.journeys import Journeys
from agent.events.slices import Slice
from agent.pipeline.comparing import personas_of
from agent.pipeline.workspace import Workspace
from agent.render.durations import duration_text, shift_text
from agent.render.figures import points_text, share_text
from api.cli.output import counted, print_json, print_table, say
from api.cli.session import Option, parse_where


def compare_options() -> Option:
    """Return the options `--compare-at` and `--versus`, the same everywhere."""

    def add(command: Any) -> Any:  # noqa: ANN401 - click's decorators
        versus = click.option(
            "--versus", multiple=True, metavar="KEY=VALUE",
            help="Compare with the customers of this filter; without --where everybody else is the first side.",
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


def print_comparison(found: Comparison, limit: int, *, as_json: bool) -> None:
    """Print what differs; the proven differences are all shown, of the others as many as fit the limit."""
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    shown = [one for one in found.differences if one.verdict == "changed"]
    shown += [one for one in found.differences if one.verdict != "changed"][: max(limit - len(shown), 0)]
    columns = ["what", "name", found.before, found.after, "difference", "95 %", "verdict"]
    print_table(f"{found.before} against {found.after}", columns, [_difference_cells(one) for one in shown])
    _print_times(found)
    n_changed = sum(one.verdict == "changed" for one in (*found.differences, *found.times))
    of = (
        f"{found.n_tested:,} tested shares and times"
        if found.times
        else counted(found.n_tested, "tested share")
    )
    say(f"{n_changed} of {of} changed; all were tested together.")


def _print_times(found: Comparison) -> None:
    if not found.times:
        return
    columns = ["stage", "up to", found.before, found.after, "difference", "95 %", "verdict"]
    print_table("Mean time in a stage, up to a time", columns, [_time_cells(one) for one in found.times])
    say(
        "Until another stage is entered; who is still there when a side ends counts for as long as they were followed."
    )


def _time_cells(one: TimeDifference) -> list[object]:
    sides = [
        f"{duration_text(mean)} of {n:,}"
        for mean, n in ((one.before_s, one.n_before), (one.after_s, one.n_after))
    ]
    bounds = "" if one.low_s is None else f"{shift_text(one.low_s)} to {shift_text(one.high_s)}"
    return [
        one.name,
        duration_text(one.horizon_s),
        *sides,
        shift_text(one.difference_s),
        bounds,
        _verdict(one),
    ]


def _difference_cells(one: Difference) -> list[object]:
    sides = [f"{share_text(side.share)} of {side.total:,}" for side in (one.before, one.after)]
    bounds = "" if one.low is None else f"{points_text(one.low)} to {points_text(one.high)}"
    return [one.kind, one.name, *sides, points_text(one.difference), bounds, _verdict(one)]


def _verdict(one: Difference | TimeDifference) -> str:
    return one.verdict if one.needed is None else f"{one.verdict} (needs n={one.needed:,})"
