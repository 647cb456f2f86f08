"""Who did something, as people read it: records keep account ids, and names are looked up when they are shown."""

import re
from collections.abc import Callable, Mapping
from functools import partial

from agent.schemas.evidence import Claim
from agent.schemas.journey import JourneyMap
from agent.schemas.notes import GIVEN_NAME
from agent.store.accounts import Accounts
from agent.store.home import Home

_ACCOUNT_ID = re.compile(r"a_[0-9a-f]{24}")

Who = Callable[[str], str]


def who_is(accounts: Accounts) -> Who:
    """Return what tells an account's name by its id, as it is now.

    Where two people are called the same their logins stand beside the names. A name that was kept in place of an account is told
    to be one, and words of ours stay as they are. The accounts are read once, at the first name.
    """
    names: dict[str, str] = {}

    def name_of(by: str) -> str:
        if not names and _ACCOUNT_ID.fullmatch(by):
            names.update(_names(accounts))
        return _told(by, names)

    return name_of


def who_in(home: Home) -> Who:
    """Return the same of a home whose accounts are not open; of one without accounts every name is as it was kept."""
    names: dict[str, str] = {}
    if home.accounts_database.exists():
        with Accounts.open(home.path) as accounts:
            names = _names(accounts)
    return partial(_told, names=names)


def with_names(journey_map: JourneyMap, who: Who) -> JourneyMap:
    """Return a map for people outside: whoever worded something on it stands there by name."""

    def named(claim: Claim) -> Claim:
        by = claim.stated_by
        return claim if by is None else claim.model_copy(update={"stated_by": who(by)})

    stages = tuple(
        stage.model_copy(
            update={"cells": {lane: tuple(map(named, cell)) for lane, cell in stage.cells.items()}}
        )
        for stage in journey_map.stages
    )
    return journey_map.model_copy(update={"stages": stages})


def _told(by: str, names: Mapping[str, str]) -> str:
    if by.startswith(GIVEN_NAME):
        return f"{by.removeprefix(GIVEN_NAME)} (the name given then)"
    return names.get(by, "somebody without an account") if _ACCOUNT_ID.fullmatch(by) else by


def _names(accounts: Accounts) -> dict[str, str]:
    found = accounts.people.all()
    called = [account.display_name.casefold() for account in found]
    return {
        account.account_id: account.display_name
        if called.count(account.display_name.casefold()) == 1
        else f"{account.display_name} ({account.login})"
        for account in found
    }
