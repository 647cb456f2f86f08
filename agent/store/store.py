"""The store of one workspace: the working side's source of truth, opened by one process at a time."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from agent.errors import InputError, NotFoundError, SplitFixedError
from agent.store.caches import ModelCalls, VectorCache
from agent.store.curation import CurationLog
from agent.store.engine import Database, Scoped, open_engine
from agent.store.home import Home, HomeLock
from agent.store.migrate import migrate
from agent.store.persons import Persons
from agent.store.readings import Readings
from agent.store.records import Records
from agent.store.results import Results
from agent.store.seen import SeenEvents
from agent.store.signatures import Signatures
from agent.store.sources import Sources
from agent.store.tables import workspaces

DEFAULT_HOLDOUT = 0.2
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Workspace:
    """A brand's fixed facts."""

    name: str
    salt: str = field(repr=False)
    """Secret that keys pseudonyms and the split."""
    holdout: float
    """Share of persons who are kept unseen."""
    created_at: datetime


class Store:
    """One workspace's store; it has no way to another's rows. Use it as a context manager or close it."""

    def __init__(
        self, *, home: Home, lock: HomeLock, database: Database, ws: int, workspace: Workspace
    ) -> None:
        """Wrap what `open` and `create` made; call one of those."""
        scoped = Scoped(database, ws=ws)
        self.home = home
        self.workspace = workspace
        self.persons = Persons(scoped)
        self.records = Records(scoped, self.persons)
        self.sources = Sources(scoped)
        self.seen_events = SeenEvents(scoped)
        self.signatures = Signatures(scoped)
        self.vectors = VectorCache(scoped)
        self.readings = Readings(scoped)
        self.results = Results(scoped)
        self.curation = CurationLog(scoped)
        self.model_calls = ModelCalls(scoped)
        self._lock = lock
        self._database = database

    @classmethod
    def open(cls, home: Path, workspace: str) -> Self:
        """Open a workspace that is there.

        Raises:
            NotFoundError: No such workspace is in the home.
            StoreLockedError: Another process uses the home.
            StoreVersionError: A newer version of the product wrote it.
            StoreError: The home cannot be read or written.
        """
        place = Home(home)
        if not place.database.exists():
            raise _no_workspace(workspace, place)
        with _opened(place) as (lock, database):
            found = _find(database, workspace)
            if found is None:
                raise _no_workspace(workspace, place)
            return cls(home=place, lock=lock, database=database, ws=found[0], workspace=found[1])

    @classmethod
    def create(
        cls,
        home: Path,
        workspace: str,
        *,
        holdout: float | None = None,
        salt: str | None = None,
        now: datetime,
    ) -> Self:
        """Open a workspace, making it where it is missing; its split is fixed from then on.

        Args:
            home: Folder of all stores; made where it is missing.
            workspace: Name of the brand.
            holdout: Share of persons kept unseen, 0 to below 1; `DEFAULT_HOLDOUT` where None.
            salt: Secret of the split and the pseudonyms; a random one where None.
            now: Time of making it.

        Raises:
            SplitFixedError: The workspace is there and has another share or salt.
            InputError: The name is empty or the share is out of range.
            StoreLockedError: Another process uses the home.
            StoreError: The home cannot be read or written.
        """
        _check_arguments(workspace, holdout)
        place = Home(home)
        place.prepare()
        with _opened(place) as (lock, database):
            found = _find(database, workspace)
            if found is None:
                share = DEFAULT_HOLDOUT if holdout is None else holdout
                made = Workspace(workspace, salt or secrets.token_hex(_SALT_BYTES), share, now)
                found = _make(database, made)
            _check_split(found[1], holdout=holdout, salt=salt)
            return cls(home=place, lock=lock, database=database, ws=found[0], workspace=found[1])

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Commit everything written inside together, or nothing of it."""
        with self._database.begin():
            yield

    def close(self) -> None:
        """Close the database and give up the lock; doing so twice changes nothing."""
        self._database.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _opened(home: Home) -> Generator[tuple[HomeLock, Database]]:
    """Lock the home and open its database, giving both up again if anything goes wrong before they are handed over."""
    lock = HomeLock(home)
    database = Database(open_engine(home.database), path=home.database)
    try:
        migrate(database, family="journey")
        yield lock, database
    except BaseException:
        database.close()
        lock.release()
        raise


def _find(database: Database, name: str) -> tuple[int, Workspace] | None:
    with database.read() as connection:
        row = connection.execute(sa.select(workspaces).where(workspaces.c.name == name)).first()
    return None if row is None else (row.ws, Workspace(row.name, row.salt, row.holdout, row.created_at))


def _make(database: Database, workspace: Workspace) -> tuple[int, Workspace]:
    values = {"name": workspace.name, "salt": workspace.salt, "holdout": workspace.holdout}
    with database.begin() as connection:
        made = (
            sa.insert(workspaces).values(**values, created_at=workspace.created_at).returning(workspaces.c.ws)
        )
        return connection.execute(made).scalar_one(), workspace


def _check_arguments(workspace: str, holdout: float | None) -> None:
    if not workspace.strip():
        msg = "the workspace's name is empty; a name was expected"
        raise InputError(msg, hint="Name the brand with --workspace.")
    if holdout is not None and not 0 <= holdout < 1:
        msg = f"holdout {holdout!r} is out of range; a share from 0 to below 1 was expected"
        raise InputError(msg, hint="0.2 keeps a fifth of the customers unseen.")


def _check_split(workspace: Workspace, *, holdout: float | None, salt: str | None) -> None:
    if holdout is not None and holdout != workspace.holdout:
        msg = f"the split of workspace {workspace.name!r} is fixed at {workspace.holdout:g}, not {holdout:g}"
        raise SplitFixedError(msg, hint="Leave the share out, or make another workspace.")
    if salt is not None and salt != workspace.salt:
        msg = f"the salt of workspace {workspace.name!r} is fixed and is another one"
        raise SplitFixedError(msg, hint="Leave the salt out, or make another workspace.")


def _no_workspace(workspace: str, home: Home) -> NotFoundError:
    msg = f"workspace {workspace!r} is not in {str(home.path)!r}"
    return NotFoundError(
        msg, hint="`journey ingest` or `journey init` makes it; check --home and --workspace."
    )
