"""`journey events`: is what customers did tracked well, and what is each event."""

from pathlib import Path

import click

from agent.pipeline.event_names import EventEntry, event_dictionary, lint_files, lint_workspace
from api.cli.output import print_json, print_table, say
from api.cli.session import clock, json_option, workspace_of

_FILE = click.Path(path_type=Path)


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
    columns = ["event", "n", "customers", "first", "last", "channels", "properties", "called", "what it is"]
    print_table("Events", columns, [_cells(one) for one in entries])


def _cells(one: EventEntry) -> list[object]:
    properties = ", ".join(f"{key} ({'/'.join(kinds)})" for key, kinds in one.properties.items())
    return [
        one.name,
        one.n,
        one.n_persons,
        one.first.date().isoformat(),
        one.last.date().isoformat(),
        ", ".join(one.channels),
        properties,
        ", ".join(one.spellings),
        one.description or "",
    ]
