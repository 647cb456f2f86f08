"""`journey pain-points`: what hurts customers, and what the same people did."""

from pathlib import Path

import click

from agent.pipeline.drafting import Insight, current_insight
from agent.render.figures import interval_text, share_text
from agent.render.joined import disagreement_text, join_text
from agent.render.page import copies_text, friction_text, places_text, score_text, trend_text
from agent.schemas.insight import SEVERITY_WEIGHT, PainPoint, RankTerms, Severity
from api.cli.output import item_progress, print_json, print_table, print_text, say
from api.cli.pictures import picture_options, save_picture
from api.cli.session import json_option, parse_where, where_option, workspace_of

_MOST_COLUMNS = 120
"""Of a table that is not asked to be wide."""
_JOIN_TITLE = "What those who voice it then did, beside those who do not (associated with, not caused by)"


@click.command(name="pain-points")
@where_option()
@click.option("--wide", is_flag=True, help="Show all columns, in lines as long as they need.")
@picture_options()
@json_option()
@click.pass_context
def pain_points(
    ctx: click.Context,
    where: tuple[str, ...],
    wide: bool,
    svg: Path | None,
    png: Path | None,
    as_json: bool,
) -> None:
    """List what hurts customers, worst first: reach x severity, with trend; --wide and --json tell more."""
    found = _insight(ctx, where)
    if svg or png:
        # Altair takes half a second to load; who prints a table need not wait for it.
        from agent.render.join_chart import join_picture

        save_picture(join_picture(found.pain_points, population=found.corpus.population), svg, png)
    if as_json:
        copies = {"n_copies": found.corpus.copies.n_copies, "n_texts": found.corpus.copies.n_texts}
        points = [pain.model_dump(mode="json") for pain in found.pain_points]
        print_json({"pain_points": points, "severity_weights": SEVERITY_WEIGHT, "copies": copies})
        return
    if not found.pain_points:
        print_text(
            f"No pain points among {found.corpus.population}: too few customers complain of the same thing."
        )
        return
    _show_pain_points(found, wide=wide)
    _show_join(found, wide=wide)
    weights = ", ".join(f"{_spoken(severity)} {weight:g}" for severity, weight in SEVERITY_WEIGHT.items())
    say(
        f"Score = reach x mean severity x 100; severity weighs {weights}, each customer by the worst they say."
    )
    if wide:
        say("Place: stays there in nine of ten resamples of the customers, else unstable.")
    else:
        say(
            "--wide adds score, place, stage, friction and where it is concentrated; --json adds quotes and behaviour."
        )
    say(f"Copies: {copies_text(found.corpus.copies.n_copies, found.corpus.copies.n_texts)}.")


def _show_pain_points(found: Insight, *, wide: bool) -> None:
    columns = ["#", "id", "pain point", "severity", "reach (95 %)", "customers", "trend"]
    rows = [_row(number, pain) for number, pain in enumerate(found.pain_points, start=1)]
    if wide:
        columns += ["score (95 %)", "place", "stage", "friction", "concentrated in"]
        rows = [row + _rest(pain) for row, pain in zip(rows, found.pain_points, strict=True)]
    print_table(f"Pain points of {found.corpus.population}", columns, rows, most=_MOST_COLUMNS, wide=wide)


def _show_join(found: Insight, *, wide: bool) -> None:
    if not any(pain.behaviour for pain in found.pain_points):
        reasons = {pain.linkage.reason for pain in found.pain_points if pain.linkage and pain.linkage.reason}
        say(
            f"What these customers did then is unknown: {'; '.join(sorted(reasons)) or 'too few have events'}."
        )
        return
    print_table(
        _JOIN_TITLE,
        ["#", "pain point", "then", "words and deeds"],
        [
            [number, pain.label, join_text(pain), disagreement_text(pain) or ""]
            for number, pain in enumerate(found.pain_points, start=1)
        ],
        most=_MOST_COLUMNS,
        wide=wide,
    )


def _row(number: int, pain: PainPoint) -> list[object]:
    """Return what somebody needs to choose a pain point."""
    return [
        number,
        pain.pain_point_id,
        pain.label,
        _spoken(pain.severity),
        f"{share_text(pain.reach.share)} ({interval_text(pain.reach.low, pain.reach.high)})",
        f"{pain.reach.n:,}/{pain.reach.total:,}",
        trend_text(pain.trend, short=True).removeprefix("trend "),
    ]


def _rest(pain: PainPoint) -> list[object]:
    return [
        score_text(pain.rank),
        _place(pain.rank),
        pain.stage,
        friction_text(pain.friction_shares, most=1),
        places_text(pain.concentration),
    ]


def _place(rank: RankTerms) -> str | None:
    if rank.stability is None:
        return None
    return f"top {rank.stability.top}" if rank.stability.stable else "unstable"


def _spoken(severity: Severity) -> str:
    return severity.value.replace("_", " ")


def _insight(ctx: click.Context, where: tuple[str, ...]) -> Insight:
    with workspace_of(ctx) as workspace, item_progress("Reading passages") as advance:
        return current_insight(workspace, where=parse_where(where), on_progress=advance)
