"""Signing in with a password, with the same answer at the same cost whatever is wrong."""

from datetime import datetime

from agent.errors import InputError, SignInFailedError
from agent.schemas.accounts import Account, Actor
from agent.store.accounts import Accounts, NewSession
from agent.store.accounts.people import login_of
from api.web.security.passwords import Passwords

_UNKNOWN = "an unknown account"
"""In the log; what was typed is not kept, because it may be a password."""


def sign_in_with_password(
    accounts: Accounts,
    passwords: Passwords,
    *,
    login: str,
    password: str,
    replaces: str | None,
    user_agent: str,
    address: str,
    now: datetime,
) -> NewSession:
    """Return a new session for who knows the password.

    Args:
        accounts: Of the home.
        passwords: Checks them.
        login: As typed.
        password: As typed.
        replaces: Token of the session the browser had, which ends.
        user_agent: What the browser calls itself.
        address: Network address the request comes from.
        now: Time of it.

    Raises:
        TooManyAttemptsError: It comes too soon after failures.
        SignInFailedError: The two do not belong together, or the account cannot sign in.
    """
    accounts.attempts.begin(login, address=address, now=now)
    account = _account(accounts, login)
    if account is None or not confirm(accounts, passwords, account, password):
        if account is None:
            passwords.matches(None, password)
        what = _UNKNOWN if account is None else account.login
        by = Actor(who="nobody", address=address)
        accounts.audit.append("session.start", what, by=by, outcome="refused", now=now)
        msg = "this name and this password do not belong together"
        raise SignInFailedError(
            msg, hint="Check both; an admin can make you a link to choose another password."
        )
    return accounts.sign_in(account, replaces=replaces, user_agent=user_agent, address=address, now=now)


def confirm(accounts: Accounts, passwords: Passwords, account: Account, password: str) -> bool:
    """Tell whether a password is an account's; its hash is renewed where the parameters were raised since."""
    encoded = None if account.disabled else accounts.people.password_hash(account.account_id)
    if not passwords.matches(encoded, password):
        return False
    renewed = None if encoded is None else passwords.renewed(encoded, password)
    if renewed is not None:
        accounts.people.set_password_hash(account.account_id, renewed)
    return True


def _account(accounts: Accounts, login: str) -> Account | None:
    try:
        return accounts.people.by_login(login_of(login))
    except InputError:
        return None
