"""A home that one process has to itself, and the store of each of its workspaces: the working side's source of truth."""

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
from agent.store.conversations import Conversations
from agent.store.corrections import Corrections
from agent.store.curation import CurationLog
from agent.store.engine import Database, Scoped, open_engine
from agent.store.home import Home, HomeLock
from agent.store.migrate import migrate
from agent.store.notes import Notes
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
_MAKES_ONE = "`journey ingest` or `journey init` makes it; check --home and --workspace."


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

    def __init__(self, opened: "OpenHome", *, ws: int, workspace: Workspace, alone: bool) -> None:
        """Wrap what `open`, `create` and `OpenHome` found; call one of those."""
        scoped = Scoped(opened.database, ws=ws)
        self.home = opened.home
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
        self.corrections = Corrections(scoped)
        self.conversations = Conversations(scoped)
        self.notes = Notes(scoped, self.results)
        self.model_calls = ModelCalls(scoped)
        self._opened = opened
        self._alone = alone

    @staticmethod
    def open(home: Path, workspace: str) -> "Store":
        """Open a workspace that is there.

        Raises:
            NotFoundError: No such workspace is in the home.
            StoreLockedError: Another process uses the home.
            StoreVersionError: A newer version of the product wrote it.
            StoreError: The home cannot be read or written.
        """
        opened = OpenHome.open(home)
        with _given_up_on_error(opened):
            return opened.store(workspace, alone=True)

    @staticmethod
    def create(
        home: Path,
        workspace: str,
        *,
        holdout: float | None = None,
        salt: str | None = None,
        now: datetime,
    ) -> "Store":
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
        opened = OpenHome.open(home, create=True)
        with _given_up_on_error(opened):
            return opened.create_store(workspace, holdout=holdout, salt=salt, now=now, alone=True)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Commit everything written inside together, or nothing of it."""
        with self._opened.database.begin():
            yield

    def close(self) -> None:
        """Give up the home where the store was opened alone; doing so twice changes nothing."""
        if self._alone:
            self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class OpenHome:
    """A home that this process has to itself: its lock and its database, for any number of its workspaces."""

    def __init__(self, home: Home, lock: HomeLock, database: Database) -> None:
        """Wrap what `open` made; call that."""
        self.home = home
        self.database = database
        self._lock = lock

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Self:
        """Lock a home and open its database.

        Raises:
            NotFoundError: There is no home and none was to be made.
            StoreLockedError: Another process uses the home.
            StoreVersionError: A newer version of the product wrote it.
            StoreError: The home cannot be read or written.
        """
        home = Home(path)
        if create:
            home.prepare()
        elif not home.database.exists():
            msg = f"there are no workspaces in {str(home.path)!r}"
            raise NotFoundError(msg, hint=_MAKES_ONE)
        lock = HomeLock(home)
        database = Database(open_engine(home.database), path=home.database)
        try:
            migrate(database, family="journey")
        except BaseException:
            database.close()
            lock.release()
            raise
        opened = cls(home, lock, database)
        with _given_up_on_error(opened):
            home.clear_scratch()
            home.adopt(opened.workspaces())
        return opened

    def workspaces(self) -> list[str]:
        """Return the names of all workspaces, in alphabetical order."""
        with self.database.read() as connection:
            return list(
                connection.execute(sa.select(workspaces.c.name).order_by(workspaces.c.name)).scalars()
            )

    def store(self, workspace: str, *, alone: bool = False) -> "Store":
        """Return the store of a workspace that is there.

        Args:
            workspace: Its name.
            alone: Whether closing the store gives up the home.

        Raises:
            NotFoundError: No such workspace is in the home.
        """
        found = _find(self.database, workspace)
        if found is None:
            msg = f"workspace {workspace!r} is not in {str(self.home.path)!r}"
            raise NotFoundError(msg, hint=_MAKES_ONE)
        return Store(self, ws=found[0], workspace=found[1], alone=alone)

    def create_store(
        self,
        workspace: str,
        *,
        holdout: float | None = None,
        salt: str | None = None,
        now: datetime,
        alone: bool = False,
    ) -> "Store":
        """Return the store of a workspace, making it where it is missing; see `Store.create`.

        Raises:
            SplitFixedError: The workspace is there and has another share or salt.
            InputError: The name is empty or the share is out of range.
        """
        _check_arguments(workspace, holdout)
        found = _find(self.database, workspace)
        if found is None:
            share = DEFAULT_HOLDOUT if holdout is None else holdout
            made = Workspace(workspace, salt or secrets.token_hex(_SALT_BYTES), share, now)
            found = _make(self.database, made)
        _check_split(found[1], holdout=holdout, salt=salt)
        return Store(self, ws=found[0], workspace=found[1], alone=alone)

    def close(self) -> None:
        """Close the database and give up the lock; doing so twice changes nothing."""
        self.database.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _given_up_on_error(opened: OpenHome) -> Generator[None]:
    """Give a home up again if anything goes wrong before a store of it is handed over."""
    try:
        yield
    except BaseException:
        opened.close()
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
