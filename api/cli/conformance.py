"""`journey conformance`: a planned map beside what customers did."""

from collections.abc import Iterable
from pathlib import Path

import click

from agent.analyse.conformance import Conformance, Coverage, Deviation
from agent.analyse.high_value import HighValue, HighValueRule
from agent.errors import InputError
from agent.pipeline.conforming import conform, observe
from agent.read.plans import ReadPlan, read_plan
from agent.render.figures import interval_text, share_text
from agent.render.machines import machine_json, machine_mermaid
from agent.schemas.evidence import Quantity
from agent.schemas.planned import PlannedMap
from api.cli.output import counted, print_json, print_table, print_text, say, say_bots
from api.cli.pictures import picture_options, save_picture
from api.cli.session import json_option, parse_where, where_option, workspace_of

_NO_EVENTS = "There are no events of these customers; `journey ingest --kind events` reads them."
_NAME_CHARS = 34
_PATH_CHARS = 78
_N_ROWS = 12
_DIAGRAMS = (".mmd", ".mermaid")

Row = list[object]


@click.command()
@click.argument("plan", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@where_option()
@click.option(
    "--high-value",
    metavar="PROPERTY[>=NUMBER]",
    help="Who is of high value: by the sum of a numeric event property; without a number the top fifth. By default what purchases add up to.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=_N_ROWS,
    show_default=True,
    help="Rows of a table; whole paths in JSON.",
)
@click.option(
    "--observed-as",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the stages customers went through as a map of its own: .mmd or .json.",
)
@picture_options()
@json_option()
@click.pass_context
def conformance(
    ctx: click.Context,
    plan: Path | None,
    where: tuple[str, ...],
    high_value: str | None,
    limit: int,
    observed_as: Path | None,
    svg: Path | None,
    png: Path | None,
    as_json: bool,
) -> None:
    """Lay a planned map beside what customers did.

    PLAN is JSON, CSV, CJML or Mermaid, or a journey map that was exported; docs/planned-maps.md shows each.
    """
    if plan is None and observed_as is None:
        msg = "Give a PLAN, or --observed-as FILE to write down what was observed."
        raise click.UsageError(msg)
    rule = None if high_value is None else parse_high_value(high_value)
    read = None if plan is None else read_plan(plan)
    filters = parse_where(where)
    with workspace_of(ctx) as workspace:
        observed = None if observed_as is None else observe(workspace, where=filters)
        found = (
            None
            if read is None
            else conform(workspace, read.plan, where=filters, high_value=rule, limit=limit)
        )
    if (observed_as is not None and observed is None) or (read is not None and found is None):
        say(_NO_EVENTS)
        ctx.exit(1)
    if observed_as is not None and observed is not None:
        _write_observed(observed_as, observed)
    if read is None or found is None:
        return
    if svg or png:
        # Altair takes half a second to load; who prints a table need not wait for it.
        from agent.render.conformance_chart import conformance_picture

        save_picture(conformance_picture(found), svg, png)
    if as_json:
        print_json({"form": read.form, **found.model_dump(mode="json", by_alias=True)})
    else:
        _print(read, found, limit)


def parse_high_value(text: str) -> HighValueRule:
    """Return what `--high-value` says.

    Raises:
        InputError: There is no property, or what follows `>=` is no number.
    """
    name, bound, number = text.partition(">=")
    try:
        return HighValueRule(name=name.strip(), at_least=float(number) if bound else None)
    except ValueError:
        msg = f"--high-value {text!r} says nobody; PROPERTY or PROPERTY>=NUMBER was expected"
        raise InputError(msg, hint="For example --high-value 'total>=200'.") from None


def _write_observed(path: Path, plan: PlannedMap) -> None:
    text = machine_mermaid(plan) if path.suffix.lower() in _DIAGRAMS else machine_json(plan)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"{str(path)!r} cannot be written: {error.strerror}"
        raise InputError(msg, hint="Choose a file in a folder that exists.") from error
    say(f"Wrote {counted(len(plan.stages), 'stage')} with their transitions to {str(path)!r}.")


def _print(read: ReadPlan, found: Conformance, limit: int) -> None:
    plan = read.plan
    named = f" {found.name!r}" if found.name else ""
    parts = [
        counted(len(plan.stages), "stage"),
        counted(len(plan.touchpoints), "touchpoint"),
        counted(len(plan.touchpoint_flow.moves or plan.stage_flow.moves), "stated transition"),
    ]
    say(
        f"Planned map{named} ({read.form}): {', '.join(parts)}; {counted(found.n_persons, 'customer')} with events."
    )
    say_bots(found.bots)
    if found.touchpoints is None and found.stages is None:
        print_text("No name of this plan is in your data, so fit is unknown.")
    else:
        _print_coverage(found)
    _print_never_used(found, limit)
    for coverage in (found.touchpoints, found.stages):
        if coverage is not None:
            _print_level(coverage, limit)
    if found.redundancies:
        names = ", ".join(map(_short, found.redundancies[:limit]))
        say(f"Superfluous in the map, as nobody is there or another name means the same: {names}.")


def _print_coverage(found: Conformance) -> None:
    rows: list[Row] = []
    for coverage in (found.stages, found.touchpoints):
        if coverage is None:
            continue
        rows.append([f"by {coverage.level}", "all", *_cells(coverage.all)])
        if coverage.complete is not None:
            rows.append([f"by {coverage.level}", "all, to a planned end", *_cells(coverage.complete)])
        if coverage.high_value is not None:
            rows.append([f"by {coverage.level}", _worth_text(found.high_value), *_cells(coverage.high_value)])
    print_table(
        "Customers whose path fits the plan", ["level", "customers", "n", "of", "share", "95 %"], rows
    )
    if found.high_value.reason is not None:
        say(f"Of high value: unknown; {found.high_value.reason}. Name a property with --high-value.")


def _worth_text(high_value: HighValue) -> str:
    return f"{high_value.by} >= {high_value.at_least:,.10g}"


def _print_never_used(found: Conformance, limit: int) -> None:
    rows: list[Row] = [
        [_short(one.name), one.level, one.reason, ", ".join(map(_short, one.nearest)) or None]
        for one in found.never_used
    ]
    title = "Planned, but never seen in the data (an alias in the map settles a name)"
    _table(title, ["of the plan", "what", "why", "nearest in the data"], rows, limit)


def _print_level(coverage: Coverage, limit: int) -> None:
    level = coverage.level
    used: list[Row] = [[_short(one.name), *_cells(one.reach)] for one in coverage.usage if one.planned]
    extra: list[Row] = [[_short(one.name), *_cells(one.reach)] for one in coverage.usage if not one.planned]
    columns = [level, "n", "of", "share", "95 %"]
    _table(f"Planned {level}s", columns, used, limit=max(limit, len(used)))
    _table(f"Not planned, but used: {level}s", columns, extra, limit)
    moves = {
        planned: [
            [_short(one.source), _short(one.target), *_cells(one.reach)]
            for one in coverage.transitions
            if one.planned is planned
        ]
        for planned in (True, False)
    }
    columns = ["from", "to", "n", "of those going on", "share", "95 %"]
    _table(f"Planned transitions of {level}s", columns, moves[True], limit)
    _table(f"Not planned, but made: transitions of {level}s", columns, moves[False], limit)
    unseen: list[Row] = [[_short(move.source), _short(move.target)] for move in coverage.unseen]
    _table(f"Planned transitions of {level}s that the data cannot show", ["from", "to"], unseen, limit)
    left: list[Row] = [
        [_short(one.before or "(start)"), _short(one.step), _deviation_text(one), *_cells(one.reach)]
        for one in coverage.deviations
    ]
    _table(
        f"Where customers first leave the plan ({level}s)",
        ["after", "came", "which", "n", "of those leaving", "share", "95 %"],
        left,
        limit,
    )
    paths: list[Row] = [[_path_text(one.path), *_cells(one.reach)] for one in coverage.paths]
    _table(f"Whole paths nobody planned ({level}s)", ["path", "n", "of", "share", "95 %"], paths, limit)
    if coverage.n_left_out:
        say(
            f"{counted(coverage.n_left_out, 'customer')} took no step that the {level}s of the plan say anything of."
        )


def _table(title: str, columns: list[str], rows: list[Row], limit: int) -> None:
    if rows:
        print_table(title, columns, rows[:limit])
        _say_more(rows, limit)


def _say_more(rows: Iterable[Row], limit: int) -> None:
    more = len(list(rows)) - limit
    if more > 0:
        say(f"{more:,} more; --limit or --json shows them.")


def _cells(reach: Quantity) -> Row:
    return [reach.n, reach.total, share_text(reach.share), interval_text(reach.low, reach.high)]


def _deviation_text(one: Deviation) -> str:
    return {
        "start": "is no planned start",
        "step": "is not planned",
        "transition": "is not planned to follow",
    }[one.kind]


def _path_text(path: tuple[str, ...]) -> str:
    shown = ""
    for number, name in enumerate(path):
        longer = f"{shown} > {_short(name)}" if shown else _short(name)
        if len(longer) > _PATH_CHARS:
            return f"{shown} > … ({len(path) - number} more)"
        shown = longer
    return shown


def _short(name: str) -> str:
    return name if len(name) <= _NAME_CHARS else f"{name[: _NAME_CHARS - 1]}…"
