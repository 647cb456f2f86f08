"""`journey identity`: who is one customer and why; wrong links are taken back here."""

import getpass
from collections.abc import Callable, Sequence
from typing import Any

import click

from agent.pipeline.identities import (
    Held,
    Identity,
    IdentityCheck,
    KnownLink,
    Split,
    check_identities,
    show_identity,
    split_identity,
    undo_split,
)
from api.cli.output import counted, print_json, print_table, print_text, say
from api.cli.session import json_option, workspace_of

_KEY_CHARS = 10
HELD_OUT = "This customer is held out; nothing else is told."


@click.group()
def identity() -> None:
    """Show what makes customers one, take wrong links back, find suspicious ones.

    PERSON is a person id, or an identifier as KIND=VALUE, such as user_id=c-1042.
    """


def _decision(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every decision takes."""
    for option in (
        click.option("--by", metavar="NAME", help="Who decides; the user of this machine where left out."),
        click.option("--reason", default="", help="Why; kept in the log."),
        json_option(),
        click.pass_context,
    ):
        command = option(command)
    return command


@identity.command()
@click.argument("person")
@json_option()
@click.pass_context
def show(ctx: click.Context, person: str, as_json: bool) -> None:
    """Show a customer's identifiers, as pseudonyms, and the rows that link them."""
    with workspace_of(ctx) as workspace:
        found = show_identity(workspace.store, person)
    if as_json:
        print_json(found.model_dump(mode="json"))
    elif isinstance(found, Held):
        print_text(HELD_OUT)
    else:
        _print_identity(found)


def _print_identity(found: Identity) -> None:
    print_text(found.person_id)
    rows = [[each.kind, each.key, each.own_id, each.source, each.row] for each in found.identifiers]
    print_table("Identifiers", ["kind", "pseudonym", "person by itself", "file", "row"], rows)
    _print_links("Links", found.links)
    if found.n_links_held_out:
        say(f"{counted(found.n_links_held_out, 'link')} to held-out customers not shown.")


def _print_links(title: str, links: Sequence[KnownLink]) -> None:
    rows = [
        [
            link.merge_id,
            link.state,
            _named(link.left_kind, link.left_key),
            _named(link.right_kind, link.right_key),
            link.source,
            link.row,
            None if link.read_at is None else f"{link.read_at:%Y-%m-%d %H:%M}",
        ]
        for link in links
    ]
    print_table(title, ["id", "state", "identifier", "met", "file", "row", "read"], rows)


def _named(kind: str | None, key: str | None) -> str | None:
    return None if key is None else f"{kind or 'identifier'} {key[:_KEY_CHARS]}"


@identity.command()
@click.argument("person")
@click.option("--merge", "merge_id", required=True, metavar="ID", help="Link to take back.")
@_decision
def split(ctx: click.Context, person: str, merge_id: str, by: str | None, reason: str, as_json: bool) -> None:
    """Take a wrong link back: all is as if it had not been there, also when its file is read again."""
    with workspace_of(ctx) as workspace:
        found = split_identity(workspace, person, merge_id, by=by or _user(), reason=reason)
    _tell(found, as_json=as_json)


@identity.command()
@_decision
def undo(ctx: click.Context, by: str | None, reason: str, as_json: bool) -> None:
    """Follow the link again that was taken back last."""
    with workspace_of(ctx) as workspace:
        found = undo_split(workspace, by=by or _user(), reason=reason)
    _tell(found, as_json=as_json)


def _tell(found: Split, *, as_json: bool) -> None:
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    for person_id in found.persons:
        print_text(person_id)
    if found.still_joined_by:
        say(f"One customer by {', '.join(found.still_joined_by)}.")


@identity.command()
@json_option()
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """List suspicious links, and count customers whom nothing links to another identifier."""
    with workspace_of(ctx) as workspace:
        found = check_identities(workspace.store)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print_check(found)


def _print_check(found: IdentityCheck) -> None:
    rows: list[list[object]] = [
        [f"customers, {side.value.replace('_', ' ')}", n] for side, n in found.n_persons.items()
    ]
    rows.append(["working, with several identifiers", found.n_linked])
    rows.extend([f"working, with one {kind} and no link", n] for kind, n in found.n_single.items())
    rows.append(["rows kept that name nobody, each a customer of its own", found.n_unidentified])
    print_table("Customers", ["what", "how many"], rows)
    if found.shared:
        print_table(
            "Used by several accounts, so they join nobody",
            ["kind", "pseudonym", "person by itself", "accounts"],
            [[each.kind, each.key, each.own_id, each.n_accounts] for each in found.shared],
        )
    else:
        print_text("No device, phone or order number was used by several accounts.")
    if found.crowds:
        print_table(
            "Customers with several user ids",
            ["id", "user ids", ""],
            [
                [
                    each.person_id,
                    each.n_user_ids,
                    "likely several people" if each.n_user_ids >= found.many_users else "",
                ]
                for each in found.crowds
            ],
        )
    else:
        print_text("No customer has several user ids.")
    if found.n_held_out:
        say(f"{counted(found.n_held_out, 'further finding')} among held-out customers, not shown.")
    say("`journey identity show PERSON` shows the rows behind them; `split` takes a link back.")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"
