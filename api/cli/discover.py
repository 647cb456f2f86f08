"""`journey discover`: themes without a given list, of a file or of what is stored."""

from pathlib import Path

import click

from agent.analyse.readings import PassageReader
from agent.embed import open_encoder
from agent.pipeline.discovering import Discovery, discover_stored, discover_texts
from agent.pipeline.naming import UnkeptCalls
from agent.read.texts import read_texts
from agent.writer import make_writer
from api.cli.output import counted, item_progress, print_json, print_table, say
from api.cli.session import json_option, settings_of, workspace_of

_DOING = {
    "reading": "Reading the file",
    "encoding": "Encoding",
    "grouping": "Grouping",
    "assigning": "Assigning the rows",
    "naming": "Naming",
}


@click.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--text-field", help="Column or key of the text, where it is not a usual one.")
@json_option()
@click.pass_context
def discover(ctx: click.Context, path: Path | None, text_field: str | None, as_json: bool) -> None:
    """Find themes without a list: in PATH, of which nothing is stored, or in the workspace's complaints."""
    found = _of_workspace(ctx) if path is None else _of_file(ctx, path, text_field)
    if as_json:
        print_json(found.model_dump(mode="json") | {"assignments": _assignments(found)})
        return
    heading_of = {heading.parent_id: heading.label for heading in found.parents}
    rows = [
        [
            theme.n,
            heading_of.get(theme.parent_id or ""),
            theme.label,
            theme.quotes[0] if theme.quotes else None,
        ]
        for theme in found.themes
    ]
    columns = ["customers" if path is None else "rows", "under", "theme", "for instance"]
    if not found.parents:
        columns, rows = [columns[0], *columns[2:]], [[row[0], *row[2:]] for row in rows]
    if rows:
        print_table("Themes", columns, rows)
    themes = counted(len(rows), "theme") if rows else "No themes"
    say(f"{themes}; {100 * found.unassigned_share:.0f} % belong to none.")
    if found.note is not None:
        say(found.note)


def _assignments(found: Discovery) -> list[dict[str, str | int | None]]:
    """Return the assignments with their null themes, which say something."""
    place = "row" if any(one.row is not None for one in found.assignments) else "passage_id"
    return [{place: getattr(one, place), "theme_id": one.theme_id} for one in found.assignments]


def _of_file(ctx: click.Context, path: Path, text_field: str | None) -> Discovery:
    settings = settings_of(ctx)
    encoder = open_encoder(settings.cache_dir.expanduser(), threads=settings.threads)
    return discover_texts(
        read_texts(path, field=text_field),
        encoder=encoder,
        reader=PassageReader(encoder),
        writer=make_writer(settings, call_log=UnkeptCalls()) if settings.has_model else None,
        on_stage=lambda stage: say(f"{_DOING[stage]} ..."),
    )


def _of_workspace(ctx: click.Context) -> Discovery:
    with workspace_of(ctx) as workspace, item_progress("Reading passages") as advance:
        return discover_stored(workspace, on_progress=advance)
