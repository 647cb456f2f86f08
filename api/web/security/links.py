"""Addresses of one-time links."""

from datetime import datetime

from agent.store.accounts import Accounts

WELCOME = "/welcome"


def link_address(base_url: str, token: str) -> str:
    """Return the address that a one-time link opens at.

    Args:
        base_url: Of the server as its users reach it, such as `http://127.0.0.1:8000`.
        token: Of the link.
    """
    return f"{base_url.rstrip('/')}{WELCOME}/{token}"


def first_account_link(accounts: Accounts, *, now: datetime, base_url: str) -> str | None:
    """Return the address that makes the first admin, to be printed at start; None where there is an account.

    Each call makes a new link, and those made before work no longer.
    """
    token = accounts.first_account_token(now=now)
    return None if token is None else link_address(base_url, token)
