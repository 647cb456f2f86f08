"""`journey paths`, `funnel`, `retention` and `stages`: what customers did, in figures and in pictures."""

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from agent.analyse.flow import Transition, require_stages
from agent.analyse.funnels import MOST_STEPS, Funnel, event_named, funnel_of, plan_of
from agent.analyse.graph import graph_of
from agent.analyse.paths import Paths, paths_of
from agent.analyse.period_compare import compare_funnels, compare_paths, compare_retention, compare_stages
from agent.analyse.retention import Retention, retention_of
from agent.analyse.waiting import DropOff, StageTime, TimeEstimate, stage_times_of
from agent.events.counted import Level
from agent.events.funnels import FunnelMode
from agent.events.journeys import Journeys
from agent.normalise.vocabulary import EventVocabulary, vocabulary_of
from agent.pipeline.known_values import nobody_matches
from agent.pipeline.scoping import open_journeys
from agent.pipeline.workspace import Workspace
from agent.render.durations import duration_text, span_text
from agent.render.figures import interval_text, share_text
from agent.schemas.evidence import Quantity
from api.cli.comparing import compare_options, show_comparison, sides_of
from api.cli.output import counted, print_json, print_table, say, say_bots
from api.cli.pictures import picture_options, save_picture
from api.cli.session import json_option, parse_where, where_option, workspace_of

_N_PATHS = 20
_LEVELS = ("event", "stage")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_PERIODS = {"day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=30)}


class Duration(click.ParamType[timedelta]):
    """A time such as `7d`, `12h`, `30m`, `45s` or `2w`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:  # noqa: ANN401
        """Return the time, or say how one is written."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", str(value).strip())
        if found is None:
            self.fail(
                f"{value!r} is no time; a number with s, m, h, d or w was expected, as in 7d", param, ctx
            )
        seconds = float(found[1]) * _UNITS[found[2]]
        if seconds > timedelta(days=36_500).total_seconds():
            self.fail(f"{value!r} is longer than a hundred years", param, ctx)
        return timedelta(seconds=seconds)


@click.command()
@where_option()
@click.option(
    "--level", type=click.Choice(_LEVELS), default="event", show_default=True, help="Between what to count."
)
@click.option("--limit", type=click.IntRange(1, 1000), default=_N_PATHS, show_default=True)
@click.option(
    "--picture", type=click.Choice(["graph", "sankey"]), default="graph", show_default=True,
    help="What --svg and --png show: transitions, or the flow over stages visit by visit.",
)  # fmt: skip
@picture_options()
@compare_options()
@json_option()
@click.pass_context
def paths(
    ctx: click.Context,
    where: tuple[str, ...],
    level: Level,
    limit: int,
    picture: str,
    svg: Path | None,
    png: Path | None,
    compare_at: datetime | None,
    versus: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what customers did: what directly followed what, where journeys start and end, whole paths."""
    with _opened(ctx, where) as (workspace, journeys):
        sides = sides_of(workspace, journeys, where, compare_at, versus)
        if sides is not None:
            if picture == "sankey":
                msg = "--picture sankey does not go with a comparison, which has a picture of its own"
                raise click.UsageError(msg)
            show_comparison(compare_paths(*sides, level), limit, svg, png, as_json=as_json)
            return
        found = paths_of(journeys, limit=limit, level=level)
        if svg or png:
            from agent.render.charts import sankey_picture, transition_picture

            made = (
                sankey_picture(found.flow.stages, journeys.scope.stages)
                if picture == "sankey"
                else transition_picture(graph_of(journeys, level))
            )
            save_picture(made, svg, png)
    if as_json:
        print_json(found.model_dump(mode="json", by_alias=True))
    else:
        _print_paths(found, limit)


@click.command()
@where_option()
@click.option(
    "--step", "steps", multiple=True, required=True, help="An event or a stage; once a step, in order."
)
@click.option(
    "--mode", type=click.Choice(["strict", "loose"]), default="loose", show_default=True,
    help="strict: each step directly after the one before it; loose: other events may come between.",
)  # fmt: skip
@click.option(
    "--within", type=Duration(), help="Time for the whole funnel, from its first step on, such as 7d."
)
@picture_options()
@compare_options()
@json_option()
@click.pass_context
def funnel(
    ctx: click.Context,
    where: tuple[str, ...],
    steps: tuple[str, ...],
    mode: FunnelMode,
    within: timedelta | None,
    svg: Path | None,
    png: Path | None,
    compare_at: datetime | None,
    versus: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show how many customers get from step to step, how long it takes and what the others do instead."""
    if not 2 <= len(steps) <= MOST_STEPS:  # noqa: PLR2004 - from one to another
        msg = f"{counted(len(steps), 'step')} given; --step is expected 2 to {MOST_STEPS} times, in order"
        raise click.UsageError(msg)
    with _opened(ctx, where) as (workspace, journeys):
        plan = plan_of(journeys, steps, mode=mode, within=within, vocabulary=_vocabulary(workspace))
        sides = sides_of(workspace, journeys, where, compare_at, versus)
        if sides is not None:
            show_comparison(compare_funnels(*sides, plan), len(steps), svg, png, as_json=as_json)
            return
        found = funnel_of(journeys, plan)
    if svg or png:
        from agent.render.charts import funnel_picture

        save_picture(funnel_picture(found), svg, png)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print_funnel(found)


@click.command()
@where_option()
@click.option(
    "--by", type=click.Choice(list(_PERIODS)), default="week", show_default=True, help="Length of a period."
)
@click.option("--since", help="Event that a customer's time runs from; by default their first one.")
@picture_options()
@compare_options()
@json_option()
@click.pass_context
def retention(
    ctx: click.Context,
    where: tuple[str, ...],
    by: str,
    since: str | None,
    svg: Path | None,
    png: Path | None,
    compare_at: datetime | None,
    versus: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show which share of customers is active in each period after their first event."""
    with _opened(ctx, where) as (workspace, journeys):
        sides = sides_of(workspace, journeys, where, compare_at, versus)
        if sides is not None:
            event = event_named(journeys, since, vocabulary=_vocabulary(workspace))
            compared = compare_retention(*sides, period=_PERIODS[by], unit=by, since=event)
            show_comparison(compared, len(compared.differences), svg, png, as_json=as_json)
            return
        found = retention_of(journeys, period=_PERIODS[by], since=since, vocabulary=_vocabulary(workspace))
    if svg or png:
        from agent.render.charts import retention_picture

        save_picture(retention_picture(found, unit=by), svg, png)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print_retention(found, by)


@click.command()
@where_option()
@picture_options()
@compare_options()
@json_option()
@click.pass_context
def stages(
    ctx: click.Context,
    where: tuple[str, ...],
    svg: Path | None,
    png: Path | None,
    compare_at: datetime | None,
    versus: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show how long customers stay in each stage, how many leave it for good and how many skip it."""
    with _opened(ctx, where) as (workspace, journeys):
        require_stages(journeys)
        sides = sides_of(workspace, journeys, where, compare_at, versus)
        if sides is not None:
            compared = compare_stages(*sides)
            show_comparison(compared, len(compared.differences), svg, png, as_json=as_json)
            return
        found = stage_times_of(journeys)
    if svg or png:
        from agent.render.charts import stay_picture

        save_picture(stay_picture(found), svg, png)
    if as_json:
        print_json({"stages": [stage.model_dump(mode="json") for stage in found]})
    else:
        _print_stages(found)


@contextmanager
def _opened(ctx: click.Context, where: tuple[str, ...]) -> Generator[tuple[Workspace, Journeys]]:
    with workspace_of(ctx) as workspace:
        journeys = open_journeys(workspace, plan=workspace.plan, where=parse_where(where), as_of=None)
        if journeys is None and where and not workspace.events.is_empty():
            raise nobody_matches(workspace, parse_where(where), "--where")
        if journeys is None:
            say("There are no events of these customers; `journey ingest --kind events` reads them.")
            ctx.exit(1)
        yield workspace, journeys


def _vocabulary(workspace: Workspace) -> EventVocabulary:
    return vocabulary_of(workspace.store.home.path)


def _print_paths(found: Paths, limit: int) -> None:
    of = "stages" if found.level == "stage" else "events"
    say_bots(found.bots)
    print_table(
        f"What directly followed what ({of})",
        ["from", "to", "moves", "customers", "of those leaving", "95 %", "median", "p90"],
        [_move_cells(move) for move in found.transitions[:limit]],
    )
    entries = [
        [entry.event, entry.channel, _LISTED[entry.listed], *_cells(entry.share)]
        for entry in found.flow.entries[:limit]
    ]
    print_table("Where journeys begin", ["event", "channel", "in the list", *_SHARE], entries)
    variants = [[" → ".join(variant.path), *_cells(variant.share)] for variant in found.variants[:limit]]
    print_table("Whole paths", ["path", *_SHARE], variants)
    _print_turns(found, limit)
    spread = found.spread
    say(
        f"{counted(spread.n_variants, 'different path')}; {share_text(spread.alone.share)} of customers took one that"
        f" nobody else took. {_paces_text(found)}"
    )


_SHARE = ["customers", "share", "95 %"]
_LISTED = {True: "yes", False: "no: unlisted", None: None}


def _print_turns(found: Paths, limit: int) -> None:
    """Print what is not a straight way: returns, moves back, bouncing, hand-offs, changed pace."""
    flow = found.flow
    turns = [[f"comes back to {loop.node}", loop.n, *_cells(loop.share)] for loop in flow.loops]
    turns += [
        [f"goes back from {move.source} to {move.target}", move.n, move.persons, share_text(move.share),
         interval_text(move.low, move.high)]
        for move in flow.back_edges
    ]  # fmt: skip
    turns += [
        [f"bounces between {' and '.join(found.pair)}", found.n, *_cells(found.share)]
        for found in flow.bounces
    ]
    turns += [
        [
            f"contact by {found.source}, then {found.target}, then another contact",
            found.n,
            *_cells(found.share),
        ]
        for found in flow.handoffs
    ]
    print_table("Loops, steps back, bouncing, hand-offs", ["what", "times", *_SHARE], turns[:limit])
    paces = [
        [pace.source, pace.target, pace.verdict, duration_text(pace.median_before_s),
         duration_text(pace.median_after_s), pace.ratio, f"{pace.low:.2f} to {pace.high:.2f}"]
        for pace in found.paces
        if pace.verdict in {"stalled", "accelerated"} and pace.low is not None and pace.high is not None
    ]  # fmt: skip
    if paces:
        columns = ["from", "to", "pace", "median before", "median after", "ratio", "95 %"]
        print_table("Stalls and accelerations, later half against earlier", columns, paces[:limit])


def _paces_text(found: Paths) -> str:
    by_verdict = [pace.verdict for pace in found.paces]
    n_told = len(by_verdict) - by_verdict.count("cannot tell")
    n_changed = n_told - by_verdict.count("not proven")
    return f"Of {counted(n_told, 'transition')} with enough customers, {n_changed} changed pace."


def _move_cells(move: Transition) -> list[object]:
    return [
        move.source, move.target, move.n, move.persons, share_text(move.share), interval_text(move.low, move.high),
        duration_text(move.median_s), duration_text(move.p90_s),
    ]  # fmt: skip


def _cells(share: Quantity) -> list[object]:
    return [f"{share.n:,}/{share.total:,}", share_text(share.share), interval_text(share.low, share.high)]


def _print_funnel(found: Funnel) -> None:
    rows = [
        [
            number,
            step.step,
            step.n,
            share_text(step.of_previous.share) if number > 1 else None,
            interval_text(step.of_previous.low, step.of_previous.high) if number > 1 else None,
            share_text(step.of_first.share),
            duration_text(step.median_s),
            ", ".join(f"{later.event or 'nothing'} {later.persons:,}" for later in step.next),
        ]
        for number, step in enumerate(found.steps, start=1)
    ]
    columns = ["#", "step", "customers", "of the step before", "95 %", "of the first", "median time"]
    print_table("Funnel", [*columns, "those who stopped did next"], rows)
    n_open = sum(step.still_open for step in found.steps)
    if n_open:
        say(
            f"{counted(n_open, 'customer')} may still convert: their time is not over; they count as not converted."
        )


def _print_retention(found: Retention, by: str) -> None:
    rows = [[f"{by} {point.period}", *_cells(point.active)] for point in found.points]
    since = "the first event" if found.since is None else f"the first {found.since}"
    print_table(f"Active by period since {since}", ["period", *_SHARE], rows)
    if not rows:
        say(f"No {by} is over yet for any of the {counted(found.n_persons, 'customer')}; try --by day.")
        return
    say(
        f"A {by} counts the customers for whom it is over: of {counted(found.n_persons, 'customer')}, later ones are fewer."
    )
    if found.n_left_out:
        say(f"{counted(found.n_left_out, f'later {by}')} for fewer than twenty customers left out.")


def _print_stages(found: Sequence[StageTime]) -> None:
    rows = [
        [
            stage.stage,
            stage.n,
            stage.n_censored,
            _time_text(stage.q25),
            _time_text(stage.median),
            _time_text(stage.q75),
            *_drop_off_cells(stage.drop_off),
            *([None, None] if stage.skipped is None else _cells(stage.skipped)[1:]),
        ]
        for stage in found
    ]
    columns = ["stage", "customers", "still there", "quarter moved on after", "half", "three quarters"]
    print_table("Stages", [*columns, "leave for good", "95 %", "skipped by", "95 %"], rows)
    say("Customers still in a stage are censored, not lost; - means that fewer than so many have moved on.")


def _drop_off_cells(found: DropOff | None) -> list[object]:
    return [None, None] if found is None else [share_text(found.share), interval_text(found.low, found.high)]


def _time_text(estimate: TimeEstimate) -> str:
    return "-" if estimate.value_s is None else span_text(estimate.value_s, estimate.low_s, estimate.high_s)
