"""`journey themes`: what was found among complaints, and what people make of it."""

import getpass
from collections.abc import Callable, Iterable
from typing import Any

import click

from agent.errors import NotFoundError
from agent.pipeline.curating import Curator, Decided, undone_by
from agent.pipeline.theme_views import view_theme
from agent.schemas.curation import CurationEntry, Merge, Move, Rename, Split, ThemeFate, Undo
from agent.schemas.evidence import Evidence
from agent.store.results import StoredThemes
from api.cli.output import counted, item_progress, print_json, print_table, print_text, say
from api.cli.session import json_option, workspace_of
from api.who import who_in

_NONE = "none"
_REPORTED_FROM = 5
"""Customers below which a theme is no pain point."""

Decide = Callable[[Curator], Decided]


@click.group()
def themes() -> None:
    """List, show and curate the themes of what customers complain about."""


def _decision(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every decision takes."""
    for option in (
        click.option("--by", metavar="NAME", help="Who decides; the user of this machine where left out."),
        click.option("--reason", default="", help="Why; kept in the history."),
        json_option(),
        click.pass_context,
    ):
        command = option(command)
    return command


@themes.command(name="list")
@json_option()
@click.pass_context
def list_themes(ctx: click.Context, as_json: bool) -> None:
    """List the themes, largest first."""
    with workspace_of(ctx) as workspace, item_progress("Reading passages") as advance:
        curator = Curator.of(workspace, on_progress=advance)
        person_of = {passage.passage_id: passage.person_id for passage in curator.read.passages}
        pins = curator.pins
    rows = [
        {
            "theme_id": theme.theme_id,
            "label": theme.label,
            "definition": theme.definition,
            "stage": theme.stage,
            "n_customers": len({person_of[key] for key in theme.passage_ids}),
            "n_passages": len(theme.passage_ids),
            "pinned": theme.theme_id in pins,
        }
        for theme in curator.themes.themes
    ]
    if as_json:
        print_json({"themes": rows, **_state(curator.themes, curator.version)})
        return
    columns = ["theme_id", "label", "stage", "n_customers", "n_passages"]
    cells = [[*(row[name] for name in columns), "pinned" if row["pinned"] else ""] for row in rows]
    print_table(
        f"Themes, version {curator.version}", ["id", "theme", "stage", "customers", "passages", ""], cells
    )
    _tell(curator.themes)


@themes.command()
@click.argument("theme")
@json_option()
@click.pass_context
def show(ctx: click.Context, theme: str, as_json: bool) -> None:
    """Show a theme, by id or label: its summary, quotes for it and against it."""
    with workspace_of(ctx) as workspace, item_progress("Reading passages") as advance:
        curator = Curator.of(workspace, on_progress=advance)
        view = view_theme(curator.theme(theme), curator.read)
        text_of = {passage.passage_id: passage.text for passage in curator.read.passages}
    if as_json:
        passages = [{"passage_id": key, "text": text_of[key]} for key in view.theme.passage_ids]
        pinned = view.theme.theme_id in curator.pins
        print_json({**view.model_dump(mode="json"), "passages": passages, "pinned": pinned})
        return
    print_text(f"{view.theme.label}  ({view.theme.theme_id})\n{view.theme.definition}")
    print_text(f"{counted(view.n_customers, 'customer')}, {counted(len(view.theme.passage_ids), 'passage')}")
    close = f"{view.summary.n_close:,} of {view.summary.n_customers:,} customers say something close to this"
    _print_quotes(f"Summary ({close}):", view.summary.sentences)
    _print_quotes("For:", view.evidence)
    _print_quotes("Against:", view.opposing)


@themes.command()
@click.argument("theme")
@click.argument("label")
@click.option("--definition", default="", help="New definition; the old one where left out.")
@_decision
def rename(ctx: click.Context, theme: str, label: str, definition: str, **said: Any) -> None:  # noqa: ANN401 - of `_decision`
    """Call a theme otherwise."""
    _decide(ctx, lambda curator: curator.rename(theme, label, definition), **said)


@themes.command()
@click.argument("into")
@click.argument("others", nargs=-1, required=True)
@_decision
def merge(ctx: click.Context, into: str, others: tuple[str, ...], **said: Any) -> None:  # noqa: ANN401 - of `_decision`
    """Make other themes part of the first one."""
    _decide(ctx, lambda curator: curator.merge(into, others), **said)


@themes.command()
@click.argument("theme")
@click.argument("label")
@click.option("--passage", "passages", multiple=True, required=True, metavar="ID", help="Member; repeatable.")
@_decision
def split(ctx: click.Context, theme: str, label: str, passages: tuple[str, ...], **said: Any) -> None:  # noqa: ANN401 - of `_decision`
    """Make some members of a theme a theme of their own, called LABEL."""
    _decide(ctx, lambda curator: curator.split(theme, label, passages), **said)


@themes.command()
@click.argument("passages", nargs=-1, required=True)
@click.option(
    "--to", "target", required=True, metavar="THEME", help=f"Theme they belong to, or `{_NONE}` for no theme."
)
@_decision
def move(ctx: click.Context, passages: tuple[str, ...], target: str, **said: Any) -> None:  # noqa: ANN401 - of `_decision`
    """Put passages into another theme, or into none."""
    _decide(ctx, lambda curator: curator.move(passages, None if target == _NONE else target), **said)


@themes.command()
@click.argument("theme")
@_decision
def pin(ctx: click.Context, theme: str, **said: Any) -> None:  # noqa: ANN401 - of `_decision`
    """Keep a theme, whatever is found later."""
    _decide(ctx, lambda curator: curator.pin(theme), **said)


@themes.command()
@click.argument("theme")
@_decision
def unpin(ctx: click.Context, theme: str, **said: Any) -> None:  # noqa: ANN401 - of `_decision`
    """Let a pinned theme go its way again."""
    _decide(ctx, lambda curator: curator.unpin(theme), **said)


@themes.command()
@click.argument("number", type=int, required=False)
@_decision
def undo(ctx: click.Context, number: int | None, **said: Any) -> None:  # noqa: ANN401 - of `_decision`
    """Take a decision back, the latest where no NUMBER is given; the history keeps both."""
    _decide(ctx, lambda curator: curator.undo(number), **said)


@themes.command()
@json_option()
@click.pass_context
def history(ctx: click.Context, as_json: bool) -> None:
    """List all decisions about themes: who, when, what and why."""
    with workspace_of(ctx) as workspace:
        entries = list(workspace.store.curation.entries())
        name_of = who_in(workspace.store.home)
    undone = undone_by(entries)
    if as_json:
        listed = [
            {**entry.model_dump(mode="json"), "undone_by": undone.get(entry.number)} for entry in entries
        ]
        print_json({"entries": listed})
        return
    rows = [
        [
            entry.number,
            f"{entry.at:%Y-%m-%d %H:%M}",
            name_of(entry.by),
            entry.edit.action,
            _what(entry),
            entry.reason,
            f"undone by {undone[entry.number]}" if entry.number in undone else "",
        ]
        for entry in entries
    ]
    print_table("Decisions about themes", ["#", "when (UTC)", "who", "action", "what", "why", ""], rows)


@themes.command()
@click.option("--version", type=int, help="Version of the themes; the latest where left out.")
@json_option()
@click.pass_context
def lineage(ctx: click.Context, version: int | None, as_json: bool) -> None:
    """Show what became of each theme since the version before."""
    with workspace_of(ctx) as workspace:
        results = workspace.store.results
        latest = results.themes_version()
        number = latest if version is None else version
        stored = results.themes(number)
    if stored is None:
        msg = f"there is no version {number} of the themes"
        first = "`journey themes list` finds the themes and makes the first version."
        raise NotFoundError(msg, hint=f"The latest is {latest}." if latest else first)
    if as_json:
        fates = [fate.model_dump(mode="json") for fate in stored.lineage]
        print_json({"lineage": fates, **_state(stored, number)})
        return
    rows = [_fate_row(fate) for fate in stored.lineage]
    columns = ["theme", "fate", "was called", "is called", "members kept", "its members: now in, or from"]
    print_table(f"Themes of version {number} and of the one before", columns, rows)


def _decide(ctx: click.Context, decide: Decide, *, by: str | None, reason: str, as_json: bool) -> None:
    """Store a decision and say what it led to."""
    with workspace_of(ctx) as workspace, item_progress("Reading passages") as advance:
        who = _user() if by is None else by
        curator = Curator.of(workspace, by=who, reason=reason, on_progress=advance)
        decided = decide(curator)
        person_of = {passage.passage_id: passage.person_id for passage in curator.read.passages}
    if as_json:
        entry = decided.entry.model_dump(mode="json")
        print_json({"entry": entry, **_state(decided.themes, decided.version)})
        return
    entry = decided.entry
    print_text(f"{entry.number}  {entry.edit.action}  {_what(entry)}")
    say(f"Themes are at version {decided.version}; `journey themes undo {entry.number}` takes this back.")
    if isinstance(entry.edit, Split):
        n = len({person_of[key] for key in entry.edit.theme.passage_ids})
        if n < _REPORTED_FROM:
            say(f"{counted(n, 'customer')} in it: below {_REPORTED_FROM} a theme is no pain point.")
    _tell(decided.themes)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"


def _tell(stored: StoredThemes) -> None:
    for note in stored.notes:
        say(f"Note on decision {note.number}: {note.message}.")


def _state(stored: StoredThemes, version: int) -> dict[str, Any]:
    notes = [note.model_dump(mode="json") for note in stored.notes]
    return {"version": version, "unassigned_share": stored.unassigned_share, "notes": notes}


def _what(entry: CurationEntry) -> str:
    """Return what a decision did, in a line."""
    edit = entry.edit
    if isinstance(edit, Undo):
        return f"decision {edit.number}"
    if isinstance(edit, Rename):
        return f"{edit.theme.label!r} to {edit.label!r} ({edit.theme.theme_id})"
    if isinstance(edit, Merge):
        others = ", ".join(f"{theme.label!r} ({theme.theme_id})" for theme in edit.others)
        return f"{others} into {edit.into.label!r} ({edit.into.theme_id})"
    if isinstance(edit, Split):
        n = counted(len(edit.theme.passage_ids), "passage")
        return f"{n} of {edit.source.label!r} as {edit.theme.label!r} ({edit.theme.theme_id})"
    if isinstance(edit, Move):
        goal = "no theme" if edit.target is None else f"{edit.target.label!r} ({edit.target.theme_id})"
        return f"{counted(len(edit.passage_ids), 'passage')} to {goal}"
    return f"{edit.theme.label!r} ({edit.theme.theme_id})"


def _fate_row(fate: ThemeFate) -> list[object]:
    kept = "" if fate.fate == "new" else f"{fate.n_kept:,} of {fate.n_before:,}"
    return [fate.theme_id, fate.fate, fate.label_before, fate.label, kept, ", ".join(fate.into)]


def _print_quotes(title: str, quotes: Iterable[Evidence]) -> None:
    print_text(title)
    shown = [f"  “{item.quote}”  [{item.record_id}]" for item in quotes]
    print_text("\n".join(shown) if shown else "  nobody")
