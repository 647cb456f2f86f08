"""`journey moments`: which experiences go along with later outcomes."""

from pathlib import Path

import click

from agent.pipeline.drafting import current_moments
from agent.render.moment_words import ADJUSTED, bare_points
from agent.schemas.insight import Moment
from api.cli.output import item_progress, print_json, print_table, print_text, say
from api.cli.pictures import picture_options, save_picture
from api.cli.session import json_option, parse_where, where_option, workspace_of

_KINDS = {"pain_point": "told", "event": "event", "wait": "wait"}


@click.command()
@where_option()
@picture_options()
@json_option()
@click.pass_context
def moments(
    ctx: click.Context, where: tuple[str, ...], svg: Path | None, png: Path | None, as_json: bool
) -> None:
    """Show which experiences go along with later outcomes; associated with, not caused by."""
    with workspace_of(ctx) as workspace, item_progress("Reading passages") as advance:
        found = current_moments(workspace, where=parse_where(where), on_progress=advance)
    if svg or png:
        # Altair takes half a second to load; who prints a table need not wait for it.
        from agent.render.forest import forest_picture

        save_picture(forest_picture(found), svg, png)
    if as_json:
        print_json({"moments": [moment.model_dump(mode="json") for moment in found]})
        return
    if not found:
        print_text(
            "No moments: no experience goes along with another outcome than like customers have, "
            "or too few customers have events."
        )
        return
    columns = [
        "#",
        "kind",
        "experience",
        "associated with",
        "reach",
        "adjusted points (95 %)",
        "raw",
        "E-value",
    ]
    columns += ["compared", "left out"]
    rows = [_row(number, moment) for number, moment in enumerate(found, start=1)]
    print_table("Moments that matter (associated with, not caused by)", columns, rows)
    say(f"Ranked by reach x adjusted difference, what customers told of first. {ADJUSTED}")
    say(
        "E-value: how strongly something unmeasured would have to go along with both, as a ratio of risks, to explain the "
        "effect away; in brackets for the nearer limit of the interval."
    )
    say(
        "Left out: customers for whom nobody was in the same state, or whom the data does not follow for long enough."
    )


def _row(number: int, moment: Moment) -> list[object]:
    shown = moment.adjusted or moment
    return [
        number,
        _KINDS[moment.kind],
        moment.experience,
        moment.outcome.replace("_", " "),
        None if moment.reach is None else f"{moment.reach.n:,}/{moment.reach.total:,}",
        f"{bare_points(shown.risk_difference)} ({bare_points(shown.low)} to {bare_points(shown.high)})",
        bare_points(moment.risk_difference),
        _e_value(moment),
        moment.n_compared,
        (moment.n_left_out or 0) + (moment.n_cut_off or 0),
    ]


def _e_value(moment: Moment) -> str | None:
    if moment.adjusted is None or moment.adjusted.e_value is None or moment.adjusted.e_value_limit is None:
        return None
    return f"{moment.adjusted.e_value:.1f} ({moment.adjusted.e_value_limit:.1f})"
