"""`journey value`: customers of high value beside the rest."""

from pathlib import Path

import click

from agent.analyse.value import ValueContrast, ValueDifference, ValueRule
from agent.pipeline.valuing import current_value_contrast
from agent.render.figures import share_text
from agent.schemas.evidence import Quantity
from api.cli.output import counted, print_json, print_table, print_text, say
from api.cli.pictures import picture_options, save_picture
from api.cli.session import json_option, parse_where, where_option, workspace_of

_MOST_COLUMNS = 120
_N_ROWS = 15
_LEADS = {"unknown": "Unknown", "nothing differs": "No difference"}


@click.command()
@where_option()
@click.option(
    "--column",
    metavar="PROPERTY",
    help="Attribute of customers, or property of events to add up, that is the value; left out, what they bought for.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=_N_ROWS, show_default=True, help="Rows shown.")
@picture_options()
@json_option()
@click.pass_context
def value(
    ctx: click.Context,
    where: tuple[str, ...],
    column: str | None,
    limit: int,
    svg: Path | None,
    png: Path | None,
    as_json: bool,
) -> None:
    """Show what the quarter of the customers with the highest value did that the rest did not."""
    with workspace_of(ctx) as workspace:
        found = current_value_contrast(workspace, where=parse_where(where), column=column)
    if svg or png:
        _draw(found, svg, png)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print(found, limit)


def _draw(found: ValueContrast, svg: Path | None, png: Path | None) -> None:
    if not found.differences:
        say(f"No picture: {found.reason}.")
        return
    from agent.render.contrast import contrast_picture

    save_picture(contrast_picture(found), svg, png)


def _print(found: ValueContrast, limit: int) -> None:
    if found.rule is not None:
        print_text(_rule_text(found.rule))
    if found.reason is not None:
        print_text(f"{_LEADS[found.verdict]}: {found.reason}.")
    if found.at_least is None:
        return
    n_rest = found.n_valued - found.n_top
    print_text(
        f"High value: {found.n_top:,} customers with {_amount(found.at_least, found.rule)} or more "
        f"(median {_amount(found.top_median, found.rule)}); the rest: {n_rest:,} (median "
        f"{_amount(found.rest_median, found.rule)})."
    )
    if found.top_share_of_value is not None:
        print_text(f"High value brings {share_text(found.top_share_of_value)} of all value.")
    print_table(
        "High value beside the rest (associated with, not caused by)",
        ["", "did at least once", "high value", "the rest", "points (95 %)", "equally active", "verdict"],
        [_row(one) for one in found.differences[:limit]],
        most=_MOST_COLUMNS,
    )
    _say_how(found, limit)


def _rule_text(rule: ValueRule) -> str:
    if rule.basis != "purchases":
        summed = "sum of the event property" if rule.basis == "event property" else "customer attribute"
        return f"Value: {summed} {rule.names[0]!r}."
    read = ", ".join(f"{n:,} by {name!r}" for name, n in rule.n_by_property.items()) or "none with an amount"
    without = f"; {counted(rule.n_without, 'order')} without an amount" if rule.n_without else ""
    return f"Value: what customers bought for ({', '.join(rule.names)}); orders: {read}{without}. Returns are not taken off."


def _amount(amount: float | None, rule: ValueRule | None) -> str:
    currency = rule.currency if rule is not None and rule.currency else ""
    return "unknown" if amount is None else f"{amount:,.2f} {currency}".strip()


def _row(one: ValueDifference) -> list[object]:
    return [
        one.what,
        one.name,
        _share(one.top),
        _share(one.rest),
        _points(one.difference, one.low, one.high),
        _points(one.equal_difference, one.equal_low, one.equal_high),
        one.verdict,
    ]


def _share(side: Quantity) -> str:
    return f"{share_text(side.share)} ({side.n:,}/{side.total:,})"


def _points(difference: float | None, low: float | None, high: float | None) -> str:
    if difference is None or low is None or high is None:
        return "unknown"
    return f"{100 * difference:+.0f} ({100 * low:+.0f} to {100 * high:+.0f})".replace("-", "−")


def _say_how(found: ValueContrast, limit: int) -> None:
    n_more = len(found.differences) - limit
    if n_more > 0:
        say(f"{counted(n_more, 'further row')} with --json, or a higher --limit.")
    n_without = found.n_persons - found.n_valued
    say(
        f"All {found.n_tested:,} shares were tested together (false discoveries 5 % at most). Equally active: points "
        "among customers with about as many steps beside purchases, as who comes more often does more of everything."
    )
    if n_without:
        say(f"{counted(n_without, 'customer')} whose value is not known are on neither side.")
    if found.n_hidden:
        say(f"{counted(found.n_hidden, 'row')} about fewer than five customers are not shown.")
