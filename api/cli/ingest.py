"""`journey init`, `ingest` and `status`: makes a workspace, fills it and shows what is in it."""

from pathlib import Path

import click

from agent.pipeline.ingest import N_PASSES, IngestReport, SourceReport
from agent.pipeline.ingest import ingest as ingest_files
from agent.pipeline.status import Status, status_of
from agent.read import expand_paths
from agent.store import Store
from agent.store.presence import MISSING_HINT
from api.cli.output import byte_progress, counted, item_progress, print_json, print_table, say
from api.cli.session import clock, json_option, settings_of, workspace_of

_KINDS = ("auto", "transcripts", "reviews", "events", "surveys", "interviews")


@click.command()
@click.option("--holdout", type=float, help="Share of customers kept unseen, 0 to below 1 (default 0.2).")
@click.option("--salt", help="Secret that keys pseudonyms and the split (default: a random one).")
@click.pass_context
def init(ctx: click.Context, holdout: float | None, salt: str | None) -> None:
    """Make a workspace and fix its split for good."""
    settings = settings_of(ctx)
    with Store.create(settings.home, settings.workspace, holdout=holdout, salt=salt, now=clock()) as store:
        kept = store.workspace.holdout
    say(f"Workspace {settings.workspace!r} is in {settings.home}; {kept:.0%} of customers are kept unseen.")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(_KINDS), default="auto", show_default=True)
@click.option("--format", "format_name", default="auto", show_default=True, help="Name of a format.")
@click.option(
    "--mapping", type=click.Path(path_type=Path), help="TOML file that maps any CSV, JSONL or Parquet."
)
@click.option(
    "--no-index", is_flag=True, help="Store only; `journey index rebuild` makes it searchable later."
)
@json_option()
@click.pass_context
def ingest(
    ctx: click.Context,
    paths: tuple[Path, ...],
    kind: str,
    format_name: str,
    mapping: Path | None,
    no_index: bool,
    as_json: bool,
) -> None:
    """Read exports into the workspace and make them searchable.

    PATHS are files or folders. A file that was read before changes nothing.
    """
    files = expand_paths(paths)
    with workspace_of(ctx, create=True) as workspace:
        total = N_PASSES * sum(path.stat().st_size for path in files)
        with byte_progress("Reading", total) as advance:
            report = ingest_files(
                files,
                store=workspace.store,
                vault=workspace.vault,
                lake=workspace.lake_writer,
                kind=kind,
                format=format_name,
                mapping=mapping,
                now=workspace.now,
                on_progress=advance,
            )
        if not no_index and workspace.store.records.count():
            with item_progress("Making searchable") as advance:
                workspace.update_index(on_progress=advance)
    _show(report, as_json=as_json)
    if report.failed:
        ctx.exit(1)


def _show(report: IngestReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        columns = [
            "file",
            "format",
            "kind",
            "read",
            "stored",
            "held out",
            "unchanged",
            "identity",
            "rejected",
            "persons",
        ]
        print_table("Read", columns, [_row(source) for source in report.sources])
    for source in report.sources:
        _tell(source)


def _row(source: SourceReport) -> list[object]:
    return [
        source.name,
        source.format or None,
        source.kind,
        source.n_read,
        source.n_stored,
        source.n_held_out,
        source.n_unchanged,
        source.n_identity,
        source.n_rejected,
        source.n_persons,
    ]


def _tell(source: SourceReport) -> None:
    """Say what the reader of the table must know of one file."""
    if source.already_read:
        say(f"{source.name}: in the stores already; nothing changed.")
    if source.error is not None:
        say(f"Error: {source.name}: {source.error}")
        if source.hint:
            say(f"Hint: {source.hint}")
    for refusal in source.reasons[:5]:
        say(f"{source.name} row {refusal.row}: {refusal.message} ({refusal.code})")
    if source.n_rejected > len(source.reasons[:5]):
        say(
            f"{source.name}: {source.n_rejected} rows rejected in all; `journey status` counts them by reason."
        )
    if source.n_conflicts:
        say(
            f"{source.name}: {counted(source.n_conflicts, 'row')} with an id that is stored with other content; what is "
            "stored was kept. To read a file anew, say with another mapping, read it into another --workspace."
        )


@click.command()
@json_option()
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Show what is in the stores and what was rejected, and why; exits 1 where something stored is gone."""
    with workspace_of(ctx) as workspace:
        found = status_of(workspace.store, workspace.lake)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _show_status(found)
    if found.missing is not None:
        say(f"Error: {found.missing}")
        say(f"Hint: {MISSING_HINT}")
        ctx.exit(1)


def _show_status(found: Status) -> None:
    print_table(
        f"Workspace {found.workspace}", ["what", "how many"], [[name, n] for name, n in found.counts.items()]
    )
    print_table(
        "Sources",
        ["file", "format", "kind", "read", "stored", "held out", "rejected", "who only", "again", ""],
        [
            [
                item.name,
                item.format,
                item.kind,
                item.n_read,
                item.n_stored,
                item.n_held_out,
                item.n_rejected,
                item.n_identity,
                item.n_unchanged,
                "" if item.complete else "cut short",
            ]
            for item in found.sources
        ],
    )
    if found.rejected:
        print_table("Rejected rows", ["reason", "rows"], [[code, n] for code, n in found.rejected.items()])
