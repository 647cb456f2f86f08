"""`journey pain-points`, `paths` and `moments`: what hurts customers and what they did."""

import click

from agent.analyse.paths import paths_of
from agent.analyse.stages import DEFAULT_PLAN
from agent.pipeline.drafting import Insight, current_insight
from agent.pipeline.scoping import open_journeys
from agent.render.figures import interval_text, points_text, share_text
from agent.render.page import copies_text, friction_text, places_text, score_text, trend_text
from agent.schemas.insight import SEVERITY_WEIGHT, RankTerms, Severity
from api.cli.output import item_progress, print_json, print_table, say
from api.cli.session import json_option, parse_where, where_option, workspace_of

_N_PATHS = 20


@click.command(name="pain-points")
@where_option()
@json_option()
@click.pass_context
def pain_points(ctx: click.Context, where: tuple[str, ...], as_json: bool) -> None:
    """List what hurts customers, worst first: reach x severity, with trend, quotes and what they did then."""
    found = _insight(ctx, where)
    if as_json:
        copies = {"n_copies": found.corpus.copies.n_copies, "n_texts": found.corpus.copies.n_texts}
        points = [pain.model_dump(mode="json") for pain in found.pain_points]
        print_json({"pain_points": points, "severity_weights": SEVERITY_WEIGHT, "copies": copies})
        return
    rows = [
        [
            number,
            pain.pain_point_id,
            pain.label,
            pain.stage,
            _spoken(pain.severity),
            friction_text(pain.friction_shares, most=1),
            f"{share_text(pain.reach.share)} ({interval_text(pain.reach.low, pain.reach.high)})",
            f"{pain.reach.n:,}/{pain.reach.total:,}",
            score_text(pain.rank),
            _place(pain.rank),
            trend_text(pain.trend, short=True).removeprefix("trend "),
            places_text(pain.concentration),
        ]
        for number, pain in enumerate(found.pain_points, start=1)
    ]
    columns = ["#", "id", "pain point", "stage", "severity", "friction", "reach (95 %)", "customers"]
    columns += ["score (95 %)", "place", "trend", "concentrated in"]
    print_table(f"Pain points of {found.corpus.population}", columns, rows)
    weights = ", ".join(f"{_spoken(severity)} {weight:g}" for severity, weight in SEVERITY_WEIGHT.items())
    say(
        f"Score = reach x mean severity x 100; severity weighs {weights}, each customer by the worst they say."
    )
    say("Place: stays there in nine of ten resamples of the customers, else unstable.")
    say(f"Copies: {copies_text(found.corpus.copies.n_copies, found.corpus.copies.n_texts)}.")


def _place(rank: RankTerms) -> str | None:
    if rank.stability is None:
        return None
    return f"top {rank.stability.top}" if rank.stability.stable else "unstable"


def _spoken(severity: Severity) -> str:
    return severity.value.replace("_", " ")


@click.command()
@where_option()
@json_option()
@click.pass_context
def moments(ctx: click.Context, where: tuple[str, ...], as_json: bool) -> None:
    """Show which experiences go along with later outcomes; associated with, not caused by."""
    found = _insight(ctx, where)
    if as_json:
        print_json({"moments": [moment.model_dump(mode="json") for moment in found.moments]})
        return
    rows = [
        [
            moment.experience,
            moment.outcome,
            share_text(moment.effect.share),
            share_text(moment.baseline.share),
            points_text(moment.risk_difference),
            f"{points_text(moment.low)} to {points_text(moment.high)}",
        ]
        for moment in found.moments
    ]
    columns = ["experience", "outcome", "with it", "without", "difference", "95 %"]
    print_table("Moments that matter (associated with, not caused by)", columns, rows)


@click.command()
@where_option()
@click.option("--limit", type=click.IntRange(1, 1000), default=_N_PATHS, show_default=True)
@json_option()
@click.pass_context
def paths(ctx: click.Context, where: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Show what customers did: what directly followed what, where journeys start and end, whole paths."""
    with workspace_of(ctx) as workspace:
        journeys = open_journeys(workspace, plan=DEFAULT_PLAN, where=parse_where(where), as_of=None)
        if journeys is None:
            say("There are no events of these customers; `journey ingest --kind events` reads them.")
            ctx.exit(1)
        found = paths_of(journeys, limit=limit)
    if as_json:
        print_json(found.model_dump(mode="json", by_alias=True))
        return
    rows = [
        [
            move.source,
            move.target,
            move.n,
            move.persons,
            share_text(move.share),
            interval_text(move.low, move.high),
        ]
        for move in found.transitions[:limit]
    ]
    columns = ["from", "to", "moves", "customers", "of those leaving", "95 %"]
    print_table("What directly followed what", columns, rows)


def _insight(ctx: click.Context, where: tuple[str, ...]) -> Insight:
    with workspace_of(ctx) as workspace, item_progress("Reading passages") as advance:
        return current_insight(workspace, where=parse_where(where), on_progress=advance)
