"""`journey map`: drafts, shows, verifies and exports journey maps."""

from pathlib import Path

import click
import orjson

from agent.analyse.stages import load_stage_rules
from agent.pipeline.drafting import DraftRequest, draft, verify
from agent.render.markdown import render_markdown
from agent.render.mermaid import render_mermaid
from agent.render.page import render_page
from agent.schemas.journey import JourneyMap
from agent.verify.claims import MapVerification, Outcome
from api.cli.map_diff import diff
from api.cli.map_files import export_command, import_command
from api.cli.output import counted, item_progress, print_json, print_text, say
from api.cli.session import json_option, parse_where, where_option, workspace_of

_FORMATS = ("markdown", "mermaid", "html", "json")


@click.group(name="map")
def journey_map() -> None:
    """Draft, show and verify journey maps; write them as files and read them back."""


journey_map.add_command(export_command)
journey_map.add_command(import_command)
journey_map.add_command(diff)


@journey_map.command(name="draft")
@click.option("--persona", required=True, help="Whom the map is about; one persona.")
@click.option("--journey", "journey_name", required=True, help="Which journey; one.")
@click.option("--goal", required=True, help="What the persona wants; one goal.")
@click.option("--purpose", required=True, help="What the map is for.")
@click.option(
    "--type",
    "map_type",
    type=click.Choice(["current", "future", "day", "blueprint"]),
    default="current",
    show_default=True,
)
@click.option(
    "--stages",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File of stages that replace the five default ones; see docs/stages.md.",
)
@click.option("--owner", help="Who owns the map.")
@where_option()
@click.option("--out", type=click.Path(path_type=Path), help="Write the map as JSON.")
@click.option("--html", type=click.Path(path_type=Path), help="Write the map as one self-contained page.")
@json_option()
@click.pass_context
def draft_command(
    ctx: click.Context,
    persona: str,
    journey_name: str,
    goal: str,
    purpose: str,
    map_type: str,
    stages: Path | None,
    owner: str | None,
    where: tuple[str, ...],
    out: Path | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Draft a map from what is stored; every cell a checked claim, or unknown."""
    request = DraftRequest.model_validate(
        {
            "persona": persona,
            "journey": journey_name,
            "goal": goal,
            "purpose": purpose,
            "type": map_type,
            "stage_rules": () if stages is None else load_stage_rules(stages),
            "owner": owner,
            "where": parse_where(where),
        }
    )
    with workspace_of(ctx) as workspace, item_progress("Reading passages") as advance:
        made = draft(workspace, request, on_progress=advance)
    if out is not None:
        out.write_text(_json(made), encoding="utf-8")
    if html is not None:
        html.write_text(render_page(made), encoding="utf-8")
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        click.echo(made.map_id)
        pains, moments = counted(len(made.pain_points), "pain point"), counted(len(made.moments), "moment")
        say(f"Drafted version {made.version}: {pains}, {moments}.")
        say(
            f"Look at it with `journey map show {made.map_id}`; check it with `journey map verify {made.map_id}`."
        )


@journey_map.command()
@click.argument("map_id")
@click.option("--version", type=int, help="Version; the latest where left out.")
@click.option("--format", "format_name", type=click.Choice(_FORMATS), default="markdown", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write into a file instead of printing.")
@json_option()
@click.pass_context
def show(
    ctx: click.Context, map_id: str, version: int | None, format_name: str, out: Path | None, as_json: bool
) -> None:
    """Show a stored map."""
    with workspace_of(ctx) as workspace:
        found = workspace.store.results.map(map_id, version)
    text = _rendered(found, "json" if as_json else format_name)
    if out is None:
        print_text(text.removesuffix("\n"))
    else:
        out.write_text(text, encoding="utf-8")
        say(f"Written into {out}.")


@journey_map.command(name="verify")
@click.argument("map_id")
@click.option("--version", type=int, help="Version; the latest where left out.")
@json_option()
@click.pass_context
def verify_command(ctx: click.Context, map_id: str, version: int | None, as_json: bool) -> None:
    """Compute every claim of a map again; exits 1 naming each that does not hold."""
    with workspace_of(ctx) as workspace:
        found = verify(workspace, map_id, version=version)
    if as_json:
        print_json({**found.model_dump(mode="json"), "holds": found.holds})
    else:
        for part in found.broken:
            print_text(f"broken {part.part} {part.part_id} ({part.where}): {'; '.join(part.reasons)}")
        _tell(found)
    if not found.holds:
        ctx.exit(1)


def _tell(found: MapVerification) -> None:
    """Say what was looked at and what it came to."""
    head = f"Map {found.map_id} version {found.version}"
    quotes = counted(found.n_quotes, "quote")
    parts = counted(len(found.broken), "part")
    if found.outcome is Outcome.OTHER_READER:
        other = "cuts" if found.reader == found.current_reader else "cuts and reads"
        say(
            f"{head}: drafted by reader {found.reader}, this is reader {found.current_reader}, which {other} "
            f"texts in another way; only {quotes} looked at; {parts} broken."
        )
        say("Hint: `journey map draft` with the same scope makes the next version, which can be verified.")
        return
    claims, numbers = counted(found.n_claims, "claim"), counted(found.n_numbers, "number")
    say(f"{head}: {claims}, {quotes} and {numbers} looked at; {parts} broken.")
    if found.decisions_since:
        made = counted(len(found.decisions_since), "decision")
        say(f"It stands on its themes as they were drafted; {made} about themes made since are not in it.")
        say(
            "Hint: `journey themes history` lists them; `journey map draft` with the same scope takes them in."
        )


@journey_map.command(name="list")
@json_option()
@click.pass_context
def list_maps(ctx: click.Context, as_json: bool) -> None:
    """List the stored maps, latest version each."""
    with workspace_of(ctx) as workspace:
        found = list(workspace.store.results.maps())
    if as_json:
        print_json(
            {
                "maps": [
                    {"map_id": item.map_id, "version": item.version, "journey": item.scope.journey}
                    for item in found
                ]
            }
        )
    else:
        if not found:
            print_text("There are no maps yet; `journey map draft` makes one.")
        for item in found:
            print_text(f"{item.map_id}  version {item.version}  {item.scope.persona}: {item.scope.journey}")


@journey_map.command()
def schema() -> None:
    """Print the published JSON Schema of a map."""
    print_json(JourneyMap.model_json_schema())


def _rendered(found: JourneyMap, format_name: str) -> str:
    if format_name == "json":
        return _json(found)
    renderers = {"markdown": render_markdown, "mermaid": render_mermaid, "html": render_page}
    return renderers[format_name](found)


def _json(found: JourneyMap) -> str:
    return orjson.dumps(found.model_dump(mode="json"), option=orjson.OPT_INDENT_2).decode() + "\n"
