"""`journey attribution`: which touchpoints or channels conversions are credited to, by six rules side by side."""

from datetime import timedelta
from pathlib import Path

import click

from agent.analyse.attribution import LOOKBACK, Attribution, attribute
from agent.events.touches import By
from agent.pipeline.scoping import open_journeys
from api.cli.output import counted, print_json, print_table, print_text, say
from api.cli.pictures import picture_options, save_picture
from api.cli.session import json_option, parse_where, where_option, workspace_of


@click.command()
@where_option()
@click.option(
    "--conversion",
    metavar="EVENT",
    help="Event that is the conversion; all that mean a purchase if left out.",
)
@click.option(
    "--by",
    type=click.Choice(["touchpoint", "channel"]),
    default="touchpoint",
    show_default=True,
    help="What is credited.",
)
@click.option(
    "--lookback-days",
    type=click.IntRange(min=1),
    default=LOOKBACK.days,
    show_default=True,
    help="How long before a conversion a touch still counts.",
)
@click.option("--fold", is_flag=True, help="Count touches of one place in a row as one.")
@picture_options()
@json_option()
@click.pass_context
def attribution(
    ctx: click.Context,
    where: tuple[str, ...],
    conversion: str | None,
    by: By,
    lookback_days: int,
    fold: bool,
    svg: Path | None,
    png: Path | None,
    as_json: bool,
) -> None:
    """Credit conversions to what was touched before, by six rules; not causal: credit by rule."""
    with workspace_of(ctx) as workspace:
        journeys = open_journeys(workspace, plan=workspace.plan, where=parse_where(where), as_of=None)
        if journeys is None:
            say("There are no events of these customers; `journey ingest --kind events` reads them.")
            ctx.exit(1)
        found = attribute(
            journeys, conversion=conversion, by=by, lookback=timedelta(days=lookback_days), fold=fold
        )
    if svg or png:
        # Altair takes half a second to load; who prints a table need not wait for it.
        from agent.render.credit_chart import credit_picture

        save_picture(credit_picture(found), svg, png)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    if found.reason is not None:
        print_text(f"Nothing is credited: {found.reason}.")
        return
    _show(found)


def _show(found: Attribution) -> None:
    columns = [found.by, "first", "last", "linear", "40/20/40", "time decay", "Markov", "removal effect"]
    columns += ["customers who convert", "who do not"]
    rows: list[list[object]] = [
        [
            credit.key,
            *(None if value is None else f"{value:,.1f}" for value in _shares(credit.model_dump())),
            f"{100 * credit.removal_effect:.1f} %",
            credit.n_converting,
            credit.n_not_converting,
        ]
        for credit in found.credits
    ]
    print_table(f"Conversions credited by rule ({found.label})", columns, rows)
    names = ", ".join(found.conversion)
    say(
        f"{counted(found.n_conversions, 'conversion')} ({names}) of {counted(found.n_converting, 'customer')}; "
        f"{found.n_not_converting:,} without one. {found.n_untouched:,} had no {found.by} before and are credited to none."
    )
    say(
        f"Touches up to {found.lookback_days:g} days before count; time decay halves every {found.half_life_days:g} days."
    )


def _shares(credit: dict[str, float | None]) -> list[float | None]:
    return [credit[rule] for rule in ("first", "last", "linear", "position", "time_decay", "markov")]
