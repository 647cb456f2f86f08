"""`journey similar`: customers who behave like one, and what makes them similar."""

import click

from agent.analyse.similar import Similar
from agent.pipeline.identities import Held
from agent.pipeline.similar import similar_customers
from agent.render.figures import interval_text, share_text
from api.cli.identity import HELD_OUT
from api.cli.output import counted, print_json, print_table, print_text, say
from api.cli.session import json_option, parse_where, where_option, workspace_of

_MOST_COLUMNS = 120


@click.command()
@click.argument("person")
@click.option("--n", "most", type=click.IntRange(1, 100), default=10, show_default=True, help="How many.")
@where_option()
@json_option()
@click.pass_context
def similar(ctx: click.Context, person: str, most: int, where: tuple[str, ...], as_json: bool) -> None:
    """Show customers who behave like one, and what makes them similar.

    PERSON is a person id, or an identifier as KIND=VALUE, such as user_id=c-1042. --where says among whom to look.
    """
    with workspace_of(ctx) as workspace:
        found = similar_customers(workspace, person, where=parse_where(where), n=most)
    if as_json:
        print_json(found.model_dump(mode="json"))
    elif isinstance(found, Held):
        print_text(HELD_OUT)
    else:
        _print(found)


def _print(found: Similar) -> None:
    if found.reason is not None:
        print_text(f"No similar customers: {found.reason}.")
        return
    rows = [
        [each.what, each.words, _share(each.neighbours.n, each.neighbours.total), share_text(each.everyone.share),
         interval_text(each.everyone.low, each.everyone.high), each.everyone.n]
        for each in found.features
    ]  # fmt: skip
    print_table(
        f"What makes them similar to {found.person_id}",
        ["", "more than the average", "of these", "of all others", "95 %", "n"],
        rows,
        most=_MOST_COLUMNS,
    )
    rows = [
        [each.person_id, share_text(each.likeness), "; ".join(each.because) or "how much they do"]
        for each in found.neighbours
    ]
    print_table(
        f"Customers who behave alike, of {found.n_persons:,} looked at",
        ["id", "closer than of pairs", "what they have in common"],
        rows,
        most=_MOST_COLUMNS,
    )
    say("Closer than of pairs: share of all pairs of customers that are further apart than these two.")
    if found.n_kept_back:
        say(
            f"{counted(found.n_kept_back, 'feature')} that fewer than {found.min_sharing} other customers share "
            "are kept back."
        )


def _share(n: int, total: int) -> str:
    return f"{n} of {total}"
