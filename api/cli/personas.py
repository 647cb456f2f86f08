"""`journey personas`: groups of customers who behave alike."""

from pathlib import Path

import click

from agent.analyse.persona_facts import Contrast
from agent.analyse.personas import Persona, Personas
from agent.pipeline.personas import current_personas
from agent.render.figures import interval_text, points_text, share_text
from api.cli.output import print_json, print_table, print_text, say
from api.cli.pictures import picture_options, save_picture
from api.cli.session import json_option, parse_where, where_option, workspace_of

_N_DIFFERENCES = 2
"""Differences from the others in the table of all groups; the picture and JSON have more."""


@click.command()
@where_option()
@picture_options()
@json_option()
@click.pass_context
def personas(
    ctx: click.Context, where: tuple[str, ...], svg: Path | None, png: Path | None, as_json: bool
) -> None:
    """Show groups of customers who behave alike; named only where stable, apart, and different in what they do later."""
    with workspace_of(ctx) as workspace:
        found = current_personas(workspace, where=parse_where(where))
    if svg or png:
        # Altair takes half a second to load; who prints a table need not wait for it.
        from agent.render.persona_chart import personas_picture

        save_picture(personas_picture(found), svg, png)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    _print_all(found)


def _print_all(found: Personas) -> None:
    if found.reason is not None:
        print_text(f"No personas: {found.reason}.")
    if not found.personas:
        return
    rows = [
        [
            number,
            one.name or "unnamed group",
            one.size.n,
            share_text(one.size.share),
            interval_text(one.size.low, one.size.high),
            one.stability,
            "\n".join(map(_difference, one.contrasts[:_N_DIFFERENCES])) or None,
            "; ".join(one.reasons),
        ]
        for number, one in enumerate(found.personas, start=1)
    ]
    columns = [
        "#",
        "group",
        "n",
        "share",
        "95 %",
        "stability",
        "differs most in (others)",
        "why it has no name",
    ]
    print_table(f"Groups of {found.n_persons:,} {found.population}", columns, rows)
    for number, one in enumerate(found.personas, start=1):
        if one.name is not None:
            _print_one(number, one)
    _say_how(found)


def _difference(each: Contrast) -> str:
    return f"{each.feature} ({each.what}): {share_text(each.inside.share)} ({share_text(each.outside.share)})"


def _print_one(number: int, one: Persona) -> None:
    print_text(f"\n{number}. {one.name}: {'; '.join(mark.words for mark in one.marks)}")
    rows = [
        [
            each.what,
            each.feature,
            share_text(each.inside.share),
            share_text(each.outside.share),
            _points(each),
        ]
        for each in one.contrasts
    ]
    print_table("What it does not share", ["what", "", "here", "others", "points (95 %)"], rows)
    if one.outcomes:
        rows = [
            [
                each.outcome,
                share_text(each.inside.share),
                share_text(each.outside.share),
                _points(each),
                each.p_value,
            ]
            for each in one.outcomes
        ]
        print_table(
            "What followed (held-back half)", ["outcome", "here", "others", "points (95 %)", "p"], rows
        )
    rows = [[" → ".join(each.stages), each.share.n, share_text(each.share.share)] for each in one.paths]
    print_table("Paths", ["stages", "n", "share"], rows)
    rows = [[each.measure, each.lower, each.median, each.upper] for each in one.spread]
    print_table("Spread inside", ["measure", "lower quartile", "median", "upper quartile"], rows)


def _points(each: object) -> str:
    difference, low, high = (getattr(each, name) for name in ("difference", "low", "high"))
    return f"{points_text(difference)} ({points_text(low)} to {points_text(high)})"


def _say_how(found: Personas) -> None:
    if found.as_of is not None and found.followed_s is not None:
        days = found.followed_s / 86_400
        say(
            f"Made from what happened until {found.as_of:%Y-%m-%d}; outcomes are of the {days:.0f} days after it, among "
            f"{found.n_held:,} customers that the groups were not found on."
        )
    say(
        "A group has a name where it is stable (mean Jaccard overlap with resamples 0.75), stands apart from the others, is "
        "marked off by something, and a later outcome is shown to differ where one can be tested."
    )
    if found.n_too_little:
        say(f"{found.n_too_little:,} customers did too little to be grouped.")
    if found.n_hidden:
        say(f"{found.n_hidden:,} customers are in groups of fewer than five, which are not shown.")
