"""Who may do what: accounts, their roles in workspaces, sessions, and the log of what was done.

No type in here carries a password's hash or a token; those never leave the store's own tables.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from agent.schemas.base import Frozen


class Role(StrEnum):
    """What a person may do in a workspace; each role may do all that the ones before it may."""

    VIEWER = "viewer"
    """Reads and asks."""
    EDITOR = "editor"
    """Also brings in data, drafts and edits."""
    APPROVER = "approver"
    """Also approves what others drafted."""
    ADMIN = "admin"
    """Also manages accounts; is of the account, not of one workspace, and sees all of them."""

    # A StrEnum would compare as text, where "viewer" is more than "editor".
    def __lt__(self, other: str) -> bool:
        return _rank(self) < _rank(other)

    def __le__(self, other: str) -> bool:
        return _rank(self) <= _rank(other)

    def __gt__(self, other: str) -> bool:
        return _rank(self) > _rank(other)

    def __ge__(self, other: str) -> bool:
        return _rank(self) >= _rank(other)


def _rank(role: str) -> int:
    if not isinstance(role, Role):
        msg = f"{role!r} is no role, so there is no more or less to it"
        raise TypeError(msg)
    return list(Role).index(role)


class LinkPurpose(StrEnum):
    """What a one-time link is for."""

    FIRST_ACCOUNT = "first_account"
    """Makes the home's first account, an admin."""
    INVITE = "invite"
    """Lets an invited person choose a password."""
    RESET = "reset"
    """Lets a person choose another password."""


class Account(Frozen):
    """A person who may sign in."""

    account_id: str
    login: str
    """E-mail address or name, in lower case; no two accounts have the same."""
    display_name: str
    is_admin: bool
    disabled: bool
    has_password: bool
    """False before an invitation is accepted, and for those who sign in through another server."""
    created_at: AwareDatetime


class Membership(Frozen):
    """An account's role in a workspace; never `Role.ADMIN`, which is of the account."""

    account_id: str
    workspace: str
    role: Role


class Session(Frozen):
    """One browser in which an account is signed in."""

    session_id: str
    """Names the session to its owner; signs nobody in."""
    account_id: str
    created_at: AwareDatetime
    last_seen_at: AwareDatetime
    """To within a minute."""
    expires_at: AwareDatetime
    """The latest end, however much it is used."""
    user_agent: str


class SignedIn(Frozen):
    """The person behind a request: the account, its session and its roles as they are now."""

    account: Account
    session: Session
    roles: Mapping[str, Role]
    """Workspace to role, without those an admin sees by being admin."""

    def role_in(self, workspace: str) -> Role | None:
        """Return the role in a workspace, or None where the workspace does not exist for this person."""
        return Role.ADMIN if self.account.is_admin else self.roles.get(workspace)


class OneTimeLink(Frozen):
    """What a link that still works is for."""

    purpose: LinkPurpose
    account: Account | None
    """None for the first account, which does not exist yet."""
    expires_at: AwareDatetime


Outcome = Literal["done", "refused"]


class Actor(Frozen):
    """Who did something, and from where."""

    who: str
    """Login of the account; `command line`, or `nobody` where nobody was signed in."""
    address: str = ""
    """Network address; empty where there is none."""


class AuditEntry(Frozen):
    """One thing that was done or refused."""

    number: int
    """Counted from 1 without gaps."""
    at: AwareDatetime
    who: str
    action: str
    """A stable name, such as `account.invite`."""
    what: str
    """What it was done to; never a password, a token or a customer's words."""
    workspace: str
    """Empty where it is of no workspace."""
    outcome: Outcome
    address: str
    sha256: str
    """Digest of this entry and of the digest before it, hexadecimal."""


class AuditFilter(Frozen):
    """Which entries are wanted; None keeps all."""

    who: str | None = None
    action: str | None = None
    """The name or the start of it up to a dot: `account` keeps `account.invite`."""
    workspace: str | None = None
    outcome: Outcome | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class AuditCheck(Frozen):
    """Whether the log is as it was written."""

    n_entries: int
    broken_at: int | None
    """Number of the first entry that was changed, or that is missing; None where all fit."""
    sha256: str
    """Digest of the last entry; kept elsewhere, it shows later whether entries were cut off the end."""
