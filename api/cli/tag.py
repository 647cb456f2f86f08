"""`journey tag`: tags of a given list for any table of texts."""

from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from agent.embed import open_encoder
from agent.errors import InputError
from agent.pipeline.tag_reach import tag_customers
from agent.pipeline.tagging import tag_texts
from agent.read.taxonomies import LabelledFile, read_labelled, read_taxonomy
from agent.read.texts import read_texts
from agent.render.figures import interval_text, share_text
from agent.render.page import trend_text
from agent.schemas.evidence import Quantity
from agent.schemas.tags import TagCard, Taxonomy
from api.cli.output import counted, item_progress, print_json, print_json_line, print_table, say
from api.cli.session import json_option, parse_where, settings_of, where_option, workspace_of

_DOUBTFUL = 0.5
"""Confidence of a row's surest tag under which the row is counted as doubtful."""


@click.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option(
    "--taxonomy", type=click.Path(path_type=Path), required=True, help="YAML: tags, definitions, examples."
)
@click.option(
    "--labelled", type=click.Path(path_type=Path), help="Texts with a column `labels`; the more the better."
)
@click.option("--text-field", help="Column or key of the text, where it is not a usual one.")
@click.option(
    "--cards", type=click.Path(path_type=Path), help="Write how well each tag is told to this JSON file."
)
@where_option()
@json_option()
@click.pass_context
def tag(
    ctx: click.Context,
    path: Path | None,
    taxonomy: Path,
    labelled: Path | None,
    text_field: str | None,
    cards: Path | None,
    where: tuple[str, ...],
    as_json: bool,
) -> None:
    """Give texts the tags of a list; nothing is stored.

    The rows of PATH: one JSON line each on stdout. Without PATH everything the workspace's customers said: for each tag
    the customers who speak of it, and a trend where its labels show that it is told reliably.
    """
    tags = read_taxonomy(taxonomy)
    texts = None if labelled is None else read_labelled(labelled, tags, field=text_field)
    if path is None:
        _tag_workspace(ctx, tags, texts, cards=cards, where=where, as_json=as_json)
        return
    if where:
        msg = f"--where {where[0]!r} filters customers, and the rows of {path.name!r} have none"
        raise InputError(msg, hint="Leave PATH out to tag what the workspace's customers said.")
    _tag_file(ctx, path, tags, texts, field=text_field, cards=cards)


def _tag_file(
    ctx: click.Context,
    path: Path,
    tags: Taxonomy,
    texts: LabelledFile | None,
    *,
    field: str | None,
    cards: Path | None,
) -> None:
    settings = settings_of(ctx)
    encoder = open_encoder(settings.cache_dir.expanduser(), threads=settings.threads)
    n_rows = n_bare = n_doubtful = 0
    with item_progress("Tagging") as advance:
        tagging = tag_texts(lambda: read_texts(path, field=field), tags, texts, encoder=encoder)
        for warning in tagging.warnings:
            say(_note(warning))
        for row in tagging.rows:
            print_json_line(row.model_dump(mode="json"))
            advance(1)
            n_rows += 1
            n_bare += not row.tags
            n_doubtful += bool(row.tags) and row.tags[0].confidence < _DOUBTFUL
    say(_summary(n_rows, n_bare, n_doubtful))
    _tell_cards(tagging.cards, cards)


def _summary(n_rows: int, n_bare: int, n_doubtful: int) -> str:
    if not n_rows:
        return "The file has no rows, so nothing was tagged."
    said = f"{counted(n_rows, 'row')}: {n_rows - n_bare:,} with a tag, {n_bare:,} without."
    if not n_doubtful:
        return said
    return (
        f"{said} In {n_doubtful:,} the surest tag has a confidence under {_DOUBTFUL}: a tag is given where leaving it out "
        "would lose more right ones than it spares wrong ones. Keep those from a higher `confidence` on to have fewer and surer."
    )


def _note(warning: str) -> str:
    return f"Note: {warning}."


def _tag_workspace(
    ctx: click.Context,
    tags: Taxonomy,
    texts: LabelledFile | None,
    *,
    cards: Path | None,
    where: tuple[str, ...],
    as_json: bool,
) -> None:
    with workspace_of(ctx) as workspace, item_progress("Tagging"):
        found = tag_customers(workspace, tags, texts, where=parse_where(where))
    for warning in found.warnings:
        say(_note(warning))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        rows = [
            [
                one.tag,
                share_text(one.reach.share),
                interval_text(one.reach.low, one.reach.high),
                f"{one.reach.n:,}/{one.reach.total:,}",
                one.negative.n,
                trend_text(one.trend),
                one.evidence[0].quote if one.evidence else None,
            ]
            for one in found.tags
        ]
        columns = ["tag", "reach", "95 %", "customers", "against it", "trend", "for instance"]
        print_table(f"Tags of {found.population}", columns, rows)
        say(f"{100 * found.none:.0f} % of the passages carry none of the tags.")
        say("Counted is what was given a tag, right or wrong; the intervals cover chance alone.")
    _tell_cards([one.card for one in found.tags if one.card is not None], cards)


def _tell_cards(cards: Sequence[TagCard], path: Path | None) -> None:
    if path is not None:
        _write_cards(path, cards)
    if cards:
        _show_cards(cards)


def _write_cards(path: Path, cards: Sequence[TagCard]) -> None:
    body = orjson.dumps([card.model_dump(mode="json") for card in cards], option=orjson.OPT_INDENT_2)
    try:
        path.write_bytes(body + b"\n")
    except OSError as exc:
        msg = f"the tag cards cannot be written to {str(path)!r}: {exc.strerror}"
        raise InputError(msg, hint="Name a file in a folder that is there and can be written.") from exc


def _show_cards(cards: Sequence[TagCard]) -> None:
    rows = [
        [
            card.tag,
            card.n,
            _share(card.precision),
            _share(card.recall),
            _share(card.polarity_right),
            "yes" if card.reliable else f"no: {card.reason}",
        ]
        for card in cards
    ]
    columns = ["tag", "labelled", "precision", "recall", "polarity right", "good enough for a trend"]
    print_table("How well each tag is told", columns, rows, aside=True)


def _share(share: Quantity) -> str | None:
    """Write a share with its interval, in per cent."""
    if share.share is None or share.low is None or share.high is None:
        return None
    return f"{100 * share.share:.0f} % ({100 * share.low:.0f}-{100 * share.high:.0f})"
