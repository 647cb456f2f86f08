"""`journey map diff`: what changed from one version of a map to another."""

import click

from agent.errors import InputError
from agent.pipeline.map_diff import ClaimChange, MapDiff, map_diff
from agent.render.figures import points_text, share_text, signed
from agent.schemas.evidence import Quantity
from api.cli.output import counted, print_json, print_table, say
from api.cli.session import json_option, workspace_of


@click.command()
@click.argument("map_id")
@click.option(
    "--earlier", type=click.IntRange(min=1), help="Version; the one before the later one where left out."
)
@click.option("--later", type=click.IntRange(min=1), help="Version; the latest where left out.")
@json_option()
@click.pass_context
def diff(ctx: click.Context, map_id: str, earlier: int | None, later: int | None, *, as_json: bool) -> None:
    """Compare two versions of a map, customer by customer."""
    with workspace_of(ctx) as workspace:
        versions = workspace.store.results.map(map_id) and workspace.store.results.map_versions(map_id)
        second = later or versions[-1]
        first = earlier or max((one for one in versions if one < second), default=None)
        if first is None:
            msg = f"map {map_id!r} has no version before version {second}"
            raise InputError(msg, hint="`journey map draft` with the same scope makes the next version.")
        found = map_diff(workspace, map_id, earlier=first, later=second)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print(found)


def _print(found: MapDiff) -> None:
    rows: list[list[object]] = [
        [one.label, one.shift.verdict, _side(one.before), _side(one.after), points_text(one.shift.difference), one.shift.needed]
        for one in found.pain_points
    ]  # fmt: skip
    print_table(
        "Customers who voice it", ["pain point", "verdict", "earlier", "later", "change", "needed"], rows
    )
    moods: list[list[object]] = [
        [one.stage, one.shift.verdict, signed(one.before), signed(one.after), signed(one.shift.difference), one.shift.needed]
        for one in found.moods
    ]  # fmt: skip
    print_table("Mood by stage", ["stage", "verdict", "earlier", "later", "change", "needed"], moods)
    for word, changes in (("added", found.added), ("gone", found.gone), ("otherwise", found.otherwise)):
        _print_claims(word, changes)
    say(
        f"{counted(found.n_before, 'customer')} behind version {found.earlier}, {found.n_after:,} behind version "
        f"{found.later}, {found.n_both:,} behind both; {found.n_tested} tested together."
    )
    for note in found.notes:
        say(note)


def _print_claims(word: str, changes: tuple[ClaimChange, ...]) -> None:
    rows: list[list[object]] = [[one.stage, one.lane.value, one.before, one.after] for one in changes]
    if rows:
        print_table(f"Claims {word}", ["stage", "lane", "earlier", "later"], rows)


def _side(share: Quantity | None) -> str:
    return "unknown" if share is None else f"{share_text(share.share)} ({share.n:,} of {share.total:,})"
