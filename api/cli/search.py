"""`journey search`, `journey cite` and `journey index`: finds what customers said; keeps the index whole."""

from collections.abc import Iterator

import click

from agent.pipeline.indexing import check_index
from agent.pipeline.searching import explained, open_citer, open_retriever
from agent.schemas.search import Citation, CitationResult, SearchHit, SearchResult
from api.cli.output import item_progress, print_json, print_text, say
from api.cli.session import json_option, parse_where, where_option, workspace_of

_REASONS = {
    "empty": "nothing is stored yet; `journey ingest` reads exports",
    "filter_matches_nothing": "no text matches the filter",
    "below_floor": "no customer's words are near enough to the question",
}
_CONTEXT_CHARS = 90
"""Of the sentences around a quote, so that a hit stays a few lines."""
_N_CITED = 10
"""Passages of an answer that are printed where nobody says how many."""


@click.command()
@click.argument("query")
@where_option()
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True)
@json_option()
@click.pass_context
def search(ctx: click.Context, query: str, where: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find what customers said about QUERY, word for word, or say that the data does not.

    A line "in:" gives the words around a quote, which stands where it says […].

    The number at a quote's end is its score: four parts nearness in meaning, one part the share of QUERY's words that
    it has. A score of 1 says the same in the same words.
    """
    _require_words(query, "QUERY")
    with workspace_of(ctx) as workspace:
        result = open_retriever(workspace).search(query, where=parse_where(where), limit=limit)
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        _show(result)


@click.command()
@click.argument("question")
@click.option(
    "--earlier",
    multiple=True,
    metavar="TEXT",
    help="What was said before, oldest first; repeatable. QUESTION is then a turn, which may ask for nothing.",
)
@click.option(
    "--about", metavar="FIELD", help="Field of what is spoken of, such as product; it has to be named."
)
@where_option()
@click.option(
    "--limit",
    type=click.IntRange(1),
    help=f"Print so many, the most probable first; {_N_CITED} where left out, and all with --json.",
)
@json_option()
@click.pass_context
def cite(
    ctx: click.Context,
    question: str,
    earlier: tuple[str, ...],
    about: str | None,
    where: tuple[str, ...],
    limit: int | None,
    as_json: bool,
) -> None:
    """Answer QUESTION with every passage that answers it, or say why there is none and what would be needed.

    The number at a quote's end is the probability that it answers. A line "in:" gives the words around a quote, which
    stands where it says […].
    """
    _require_words(question, "QUESTION")
    with workspace_of(ctx) as workspace:
        result = open_citer(workspace).cite(
            question, earlier=earlier or None, where=parse_where(where), subject=about
        )
    result = explained(question, result)
    if as_json:
        shown = result.model_copy(update={"citations": result.citations[:limit]})
        print_json(shown.model_dump(mode="json"))
    else:
        _show_citations(result, _N_CITED if limit is None else limit)


def _require_words(asked: str, name: str) -> None:
    if not asked.strip():
        msg = f"{name} is empty; words were expected."
        raise click.UsageError(msg)


def _show_citations(result: CitationResult, limit: int) -> None:
    if result.subjects:
        print_text(f"About: {', '.join(result.subjects)}")
    if not result.found:
        print_text(f"The data does not say. {result.needed}")
    for number, citation in enumerate(result.citations[:limit], start=1):
        print_text(f"{number}. “{citation.quote}”")
        for line in _around(citation):
            print_text(line)
        print_text(f"   {_source(citation)} · {citation.probability:.2f}")
    n_more = len(result.citations) - limit
    if n_more > 0:
        answers = "passage answers" if n_more == 1 else "passages answer"
        say(f"{n_more:,} more {answers} it less probably; --limit {len(result.citations)} prints all.")


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
    yield from _around(hit)
    for span in hit.also:
        yield f"   also: “{span.quote}”"
    yield f"   {_source(hit)} · {hit.score:.2f}"


def _around(found: SearchHit | Citation) -> Iterator[str]:
    if found.before or found.after:
        yield "   in: " + " ".join(filter(None, (_end_of(found.before), "[…]", _start_of(found.after))))


def _source(found: SearchHit | Citation) -> str:
    when = f"{found.at:%Y-%m-%d}" if found.at else "no date"
    return f"{found.kind.value} {found.external_id}, {when} · {found.record_id}:{found.start}-{found.end}"


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
