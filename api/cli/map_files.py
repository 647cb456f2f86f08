"""`journey map export` and `journey map import`: maps as files for other tools, and back."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.errors import InputError
from api.cli.output import counted, print_json, print_table, print_text, say
from api.cli.session import json_option, workspace_of

if TYPE_CHECKING:
    from agent.pipeline.map_importing import MapEdit

FORMATS = (
    "json", "csv", "mermaid", "markdown", "html", "pptx", "pdf", "png", "svg", "cjml", "miro-csv", "miro-json", "lucid",
)  # fmt: skip
"""Names of `agent.render.exports.ExportFormat`, which takes a second to load."""


@click.command(name="export")
@click.argument("map_id")
@click.option("--format", "format_name", type=click.Choice(FORMATS), required=True, help="Kind of file.")
@click.option("--version", type=int, help="Version; the latest where left out.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File, or a folder to put it in; the current folder where left out.",
)
@json_option()
@click.pass_context
def export_command(
    ctx: click.Context, map_id: str, format_name: str, version: int | None, out: Path | None, as_json: bool
) -> None:
    """Write a map as a file and say what the format cannot hold."""
    from agent.render.exports import ExportFormat, export_map
    from api.who import who_in, with_names

    with workspace_of(ctx) as workspace:
        found = with_names(workspace.store.results.map(map_id, version), who_in(workspace.store.home))
    exported = export_map(found, ExportFormat(format_name))
    path = (out or Path()) / exported.file_name if out is None or out.is_dir() else out
    try:
        path.write_bytes(exported.data)
    except OSError as error:
        msg = f"{str(path)!r} cannot be written: {error.strerror}"
        raise InputError(msg, hint="Choose a file in a folder that exists.") from error
    if as_json:
        print_json({"file": str(path), "media_type": exported.media_type, "loss": list(exported.loss)})
        return
    print_text(str(path))
    say("Nothing of the map is lost." if not exported.loss else "Not in this file:")
    for sentence in exported.loss:
        say(f"  {sentence}")


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--apply", "apply_it", is_flag=True, help="Store the changes as the map's next version.")
@click.option("--by", help="Whose words they are; the user of this machine where left out.")
@json_option()
@click.pass_context
def import_command(ctx: click.Context, file: Path, apply_it: bool, by: str | None, as_json: bool) -> None:
    """Show what an edited export changes, and with --apply store it as assumptions in the next version."""
    from agent.pipeline.map_importing import apply_edit, read_edited

    try:
        data = file.read_bytes()
    except OSError as error:
        msg = f"{str(file)!r} cannot be read: {error.strerror}"
        raise InputError(msg, hint="Check the file's permissions.") from error
    with workspace_of(ctx) as workspace:
        edit = read_edited(workspace, data, name=file.name)
        stored = apply_edit(workspace, edit, by=by or _user()) if apply_it else None
    if as_json:
        version = None if stored is None else stored.version
        print_json({**edit.model_dump(mode="json"), "stored_version": version})
        return
    _show(edit)
    if stored is None and edit.has_changes:
        say("Nothing is stored yet; --apply stores it as the next version.")
    elif stored is not None and edit.has_changes:
        say(f"Stored as version {stored.version}; reworded and added statements are assumptions.")
    elif stored is not None:
        say(f"Nothing to store: the map stays at version {stored.version}.")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"


def _show(edit: "MapEdit") -> None:
    changes = [("changed", f"{c.stage} / {c.lane.value}", c.before, c.after) for c in edit.changed]
    changes += [("added", f"{a.stage} / {a.lane.value}", "", a.statement) for a in edit.added]
    changes += [("removed", f"{r.stage} / {r.lane.value}", r.statement, "") for r in edit.removed]
    if edit.owner is not None:
        changes.append(("changed", "owner", edit.owner.before or "", edit.owner.after or ""))
    title = f"Map {edit.map_id}, version {edit.current_version}"
    print_table(title, ("what", "where", "before", "after"), changes)
    if edit.base_version != edit.current_version:
        say(f"The file was made from version {edit.base_version}; the map is at {edit.current_version}.")
    if edit.conflicts:
        rows = [(c.claim_id, c.in_file, c.in_map or "") for c in edit.conflicts]
        print_table(
            "Changed in the file and in the map since: left as the map has it", ("id", "file", "map"), rows
        )
    if edit.refused:
        rows = [(r.row or "", r.claim_id or "", r.reason) for r in edit.refused]
        print_table("Refused", ("row", "id", "why"), rows)
    say(f"{counted(edit.n_unchanged, 'row')} unchanged.")
