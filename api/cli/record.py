"""`journey record`: shows a single text with a summary in its own words."""

import click

from agent.pipeline.searching import record_named
from agent.pipeline.theme_views import view_conversation
from api.cli.output import print_json, print_text
from api.cli.session import json_option, workspace_of


@click.group()
def record() -> None:
    """Show single texts."""


@record.command(name="show")
@click.argument("name", metavar="ID")
@json_option()
@click.pass_context
def show_record(ctx: click.Context, name: str, as_json: bool) -> None:
    """Show a text and the sentences that tell its problem, its turn of events and its outcome.

    ID is the record's id (r_...), or the id its source gave it, as `journey search` prints both.
    """
    with workspace_of(ctx) as workspace:
        text, summary = view_conversation(workspace, record_named(workspace, name))
    if as_json:
        print_json({**summary.model_dump(mode="json"), "text": text})
        return
    for part, sentence in (
        ("Problem", summary.problem),
        ("Turn of events", summary.turn),
        ("Outcome", summary.outcome),
    ):
        told = "no sentence tells" if sentence is None else f"“{sentence.text}” ({sentence.speaker.value})"
        print_text(f"{part}: {told}")
    print_text(f"\n{text}")
