"""`journey search` and `journey index`: finds what customers said; keeps the index whole."""

from collections.abc import Iterator

import click

from agent.pipeline.indexing import check_index
from agent.pipeline.searching import open_retriever
from agent.schemas.search import SearchHit, SearchResult
from api.cli.output import item_progress, print_json, print_text, say
from api.cli.session import json_option, parse_where, where_option, workspace_of

_REASONS = {
    "empty": "nothing is stored yet; `journey ingest` reads exports",
    "filter_matches_nothing": "no text matches the filter",
    "below_floor": "no customer's words are near enough to the question",
}
_CONTEXT_CHARS = 90
"""Of the sentences around a quote, so that a hit stays a few lines."""


@click.command()
@click.argument("query")
@where_option()
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True)
@json_option()
@click.pass_context
def search(ctx: click.Context, query: str, where: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find what customers said about QUERY, word for word, or say that the data does not.

    The number at a quote's end is its score: four parts nearness in meaning, one part the share of QUERY's words that
    it has. A score of 1 says the same in the same words.
    """
    with workspace_of(ctx) as workspace:
        result = open_retriever(workspace).search(query, where=parse_where(where), limit=limit)
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        _show(result)


def _show(result: SearchResult) -> None:
    if not result.found:
        print_text(f"The data does not say: {_REASONS[result.reason or 'below_floor']}.")
        return
    for number, hit in enumerate(result.results, start=1):
        for line in _lines(number, hit):
            print_text(line)


def _lines(number: int, hit: SearchHit) -> Iterator[str]:
    others = f"  ({hit.n_alike:,} more say nearly the same)" if hit.n_alike else ""
    yield f"{number}. “{hit.quote}”{others}"
    if hit.before or hit.after:
        yield "   in: " + " ".join(filter(None, (_end_of(hit.before), f"[{number}]", _start_of(hit.after))))
    for span in hit.also:
        yield f"   also: “{span.quote}”"
    when = f"{hit.at:%Y-%m-%d}" if hit.at else "no date"
    yield f"   {hit.kind.value} {hit.external_id}, {when} · {hit.record_id}:{hit.start}-{hit.end} · {hit.score:.2f}"


def _start_of(text: str) -> str:
    return text if len(text) <= _CONTEXT_CHARS else f"{text[:_CONTEXT_CHARS].rsplit(' ', 1)[0]} …"


def _end_of(text: str) -> str:
    return text if len(text) <= _CONTEXT_CHARS else f"… {text[-_CONTEXT_CHARS:].split(' ', 1)[-1]}"


@click.group()
def index() -> None:
    """Check or rebuild the vector index."""


@index.command()
@json_option()
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Compare the index with the store, vector by vector; exits 1 where they differ."""
    with workspace_of(ctx) as workspace:
        found = check_index(workspace.store, encoder=workspace.encoder, index=workspace.index)
    if as_json:
        print_json({**found.model_dump(mode="json"), "holds": found.holds})
    else:
        say(
            f"{found.n_passages:,} passages, {found.n_indexed:,} in the index; "
            f"{found.missing:,} missing, {found.extra:,} extra, {found.different:,} different."
        )
    if not found.holds:
        say("Hint: `journey index rebuild` makes the index again from the store.")
        ctx.exit(1)


@index.command()
@click.pass_context
def rebuild(ctx: click.Context) -> None:
    """Make the index again from the store, in a new folder that then takes the old one's place."""
    with workspace_of(ctx) as workspace, item_progress("Making searchable") as advance:
        report = workspace.rebuild_index(on_progress=advance)
    say(f"{report.n_passages:,} passages in the index; {report.n_encoded:,} texts encoded now.")
