"""`journey tag`: tags of a given list for any table of texts."""

from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from agent.embed import open_encoder
from agent.errors import InputError
from agent.pipeline.tagging import tag_texts
from agent.read.taxonomies import read_labelled, read_taxonomy
from agent.read.texts import read_texts
from agent.schemas.evidence import Quantity
from agent.schemas.tags import TagCard
from api.cli.output import item_progress, print_json_line, print_table, say
from api.cli.session import settings_of


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
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
@click.pass_context
def tag(
    ctx: click.Context,
    path: Path,
    taxonomy: Path,
    labelled: Path | None,
    text_field: str | None,
    cards: Path | None,
) -> None:
    """Tag the texts in PATH with the tags of a list: one JSON line a row on stdout; nothing is stored."""
    settings = settings_of(ctx)
    tags = read_taxonomy(taxonomy)
    texts = None if labelled is None else read_labelled(labelled, tags, field=text_field)
    encoder = open_encoder(settings.cache_dir.expanduser(), threads=settings.threads)
    tagging = tag_texts(lambda: read_texts(path, field=text_field), tags, texts, encoder=encoder)
    for warning in tagging.warnings:
        say(warning)
    n_rows = n_bare = 0
    with item_progress("Tagging") as advance:
        for row in tagging.rows:
            print_json_line(row.model_dump(mode="json"))
            advance(1)
            n_rows += 1
            n_bare += not row.tags
    say(f"{n_rows:,} rows, {n_bare:,} of them without a tag.")
    if cards is not None:
        _write_cards(cards, tagging.cards)
    if tagging.cards:
        _show_cards(tagging.cards)


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
