"""`journey events`: is what customers did tracked well, and what is each event."""

from collections.abc import Mapping
from pathlib import Path

import click

from agent.pipeline.event_names import EventEntry, event_dictionary, lint_files, lint_workspace
from agent.pipeline.stage_suggesting import StageSuggestion, suggested_stages, write_stages
from api.cli.output import counted, print_json, print_table, say
from api.cli.session import clock, json_option, workspace_of

_FILE = click.Path(path_type=Path)
_N_SIDE = 2


@click.group()
def events() -> None:
    """Check how events are tracked, and say what each of them is."""


@events.command()
@click.argument("paths", nargs=-1, type=_FILE)
@click.option("--mapping", type=_FILE, help="Mapping file for tables and JSON of any other form.")
@click.option("--strict", is_flag=True, help="Exit with 1 where anything is found.")
@json_option()
@click.pass_context
def lint(
    ctx: click.Context, paths: tuple[Path, ...], mapping: Path | None, strict: bool, as_json: bool
) -> None:
    """Say which rules of good tracking files of events break, or the names of the stored events."""
    if paths:
        findings = lint_files(paths, mapping=mapping, now=clock())
    else:
        with workspace_of(ctx) as workspace:
            findings = lint_workspace(workspace)
    if as_json:
        print_json({"findings": [one.model_dump(mode="json") for one in findings]})
    elif findings:
        cells = [[one.rule.value, one.what, one.n, one.example or "", one.todo] for one in findings]
        print_table("Findings", ["rule", "what", "n", "for example", "what to do"], cells)
    else:
        say("Nothing found.")
    if strict and findings:
        ctx.exit(1)


@events.command()
@click.option("--describe", type=_FILE, help="YAML file that says what events mean; see docs/events.md.")
@json_option()
@click.pass_context
def dictionary(ctx: click.Context, describe: Path | None, as_json: bool) -> None:
    """List every event: how many, of how many customers, since when, where, with which properties, meaning what."""
    with workspace_of(ctx) as workspace:
        entries = event_dictionary(workspace, describe=describe)
    if as_json:
        print_json({"events": [one.model_dump(mode="json") for one in entries]})
        return
    columns = ["event", "n", "customers", "first, last", "channels", "properties", "called and what it is"]
    print_table("Events", columns, [_cells(one) for one in entries])


@events.command()
@click.option(
    "--write", type=_FILE, help="Write a file of stages with the suggestions, to edit and give to --stages."
)
@json_option()
@click.pass_context
def stages(ctx: click.Context, write: Path | None, as_json: bool) -> None:
    """Suggest stages for events that no rule assigns to one, and name rules that look doubtful; nothing is applied."""
    with workspace_of(ctx) as workspace:
        found = suggested_stages(workspace)
    unassigned = [one for one in found if one.stage is None]
    doubtful = [one for one in found if one.stage is not None and one.suggestion not in {None, one.stage}]
    if as_json:
        told = {"unassigned": unassigned, "doubtful": doubtful}
        print_json({key: [one.model_dump(mode="json") for one in value] for key, value in told.items()})
    else:
        columns = ["event", "customers", "suggestion", "confidence", "like", "before", "after"]
        print_table("Events that no rule assigns", columns, [_stage_cells(one) for one in unassigned])
        if doubtful:
            print_table("Rules that look doubtful", columns, [_stage_cells(one) for one in doubtful])
        if found:
            say(f"Before, after: the {_N_SIDE} commonest stages there; --json has all.")
    if write is not None:
        say(f"{counted(write_stages(write, unassigned), 'suggestion')} written into {write}.")


def _stage_cells(one: StageSuggestion) -> list[object]:
    like = ", ".join(f"{near.name} ({near.stage})" for near in one.nearest)
    told = one.suggestion or f"unknown: {one.unknown}"
    if one.stage is not None:
        told = f"{told}, not {one.stage}"
    return [one.name, one.n_persons, told, one.confidence, like, _side(one.before), _side(one.after)]


def _side(shares: Mapping[str, float]) -> str:
    first = sorted(shares.items(), key=lambda item: -item[1])[:_N_SIDE]
    return ", ".join(f"{stage} {share:.0%}" for stage, share in first)


def _cells(one: EventEntry) -> list[object]:
    properties = ", ".join(f"{key} ({'/'.join(kinds)})" for key, kinds in one.properties.items())
    return [
        one.name,
        one.n,
        one.n_persons,
        f"{one.first:%Y-%m-%d}\n{one.last:%Y-%m-%d}",
        ", ".join(one.channels),
        properties,
        "\n".join(filter(None, (", ".join(one.spellings), one.description))),
    ]
