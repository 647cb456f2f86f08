"""The people who sign in to a home: accounts, roles, sessions, one-time links, and the log of what they did.

`Accounts` is opened on a home folder and needs no lock, so that the command line can help while the server runs.
"""

from agent.store.accounts.accounts import Accounts, Invited
from agent.store.accounts.links import LIFETIMES
from agent.store.accounts.sessions import NewSession

__all__ = ["LIFETIMES", "Accounts", "Invited", "NewSession"]
