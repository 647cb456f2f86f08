"""`journey account`: the people who sign in, also while the server runs, so that a locked-out admin can help themselves."""

import click

from agent.errors import NotFoundError
from agent.schemas.accounts import Account, Actor, Membership, Role
from agent.store.accounts import Accounts
from agent.store.accounts.people import login_of
from api.cli.output import print_json, print_table, print_text, say
from api.cli.session import Option, clock, json_option, settings_of
from api.web.security.links import link_address

_BY = Actor(who="command line")
_URL = "http://127.0.0.1:8000"


@click.group()
def account() -> None:
    """List, invite and disable the people who sign in."""


@account.command(name="list")
@json_option()
@click.pass_context
def list_accounts(ctx: click.Context, as_json: bool) -> None:
    """List all accounts with their roles."""
    with _accounts(ctx) as accounts:
        found, memberships = accounts.people.all(), accounts.people.memberships()
    roles = {one.account_id: [m for m in memberships if m.account_id == one.account_id] for one in found}
    if as_json:
        print_json({"accounts": [_as_json(one, roles[one.account_id]) for one in found]})
        return
    rows = [
        [one.login, one.display_name, _roles_text(one, roles[one.account_id]), _state(one)] for one in found
    ]
    print_table("Accounts", ["signs in as", "name", "roles", "state"], rows)


def _url_option() -> Option:
    return click.option(
        "--url", default=_URL, show_default=True, help="Address of the server as its users reach it."
    )


@account.command()
@click.argument("login")
@click.option("--name", default="", help="Name that others see; the login where it is not given.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    help="Role in the workspace given with `journey --workspace`; admin is of all of them.",
)
@_url_option()
@click.pass_context
def invite(ctx: click.Context, login: str, name: str, role: str | None, url: str) -> None:
    """Make an account and print the link, which works once, under which its owner chooses a password."""
    given = None if role is None else Role(role)
    workspace = settings_of(ctx).workspace if given not in {None, Role.ADMIN} else ""
    with _accounts(ctx) as accounts:
        invited = accounts.invite(
            login, display_name=name, workspace=workspace, role=given, by=_BY, now=clock()
        )
    say(f"{invited.account.login} is invited; the link works once, within a week:")
    print_text(link_address(url, invited.token))


@account.command()
@click.argument("login")
@_url_option()
@click.pass_context
def reset(ctx: click.Context, login: str, url: str) -> None:
    """Print a link, which works once, under which an account gets another password."""
    with _accounts(ctx) as accounts:
        found = _named(accounts, login)
        token = accounts.reset(found.account_id, by=_BY, now=clock())
    say(f"{found.login} can choose another password; the link works once, within a day:")
    print_text(link_address(url, token))


@account.command()
@click.argument("login")
@click.pass_context
def disable(ctx: click.Context, login: str) -> None:
    """Keep an account from signing in and sign it out everywhere."""
    with _accounts(ctx) as accounts:
        found = _named(accounts, login)
        accounts.disable(found.account_id, by=_BY, now=clock())
    say(f"{found.login} is disabled and signed out; an admin can enable it again on its page.")


def _accounts(ctx: click.Context) -> Accounts:
    return Accounts.open(settings_of(ctx).home)


def _named(accounts: Accounts, login: str) -> Account:
    found = accounts.people.by_login(login_of(login))
    if found is None:
        msg = f"there is no account {login!r}"
        raise NotFoundError(msg, hint="`journey account list` lists them.")
    return found


def _roles_text(one: Account, memberships: list[Membership]) -> str:
    named = [f"{membership.role.value} in {membership.workspace}" for membership in memberships]
    return ", ".join((["admin"] if one.is_admin else []) + named) or "none"


def _state(one: Account) -> str:
    if one.disabled:
        return "disabled"
    return "active" if one.has_password else "no password"


def _as_json(one: Account, memberships: list[Membership]) -> dict[str, object]:
    roles = {membership.workspace: membership.role.value for membership in memberships}
    return {**one.model_dump(mode="json"), "roles": roles}
