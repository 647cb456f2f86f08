"""The workspaces of the home, as a server holds them: each opened once, read by many, written by one at a time."""

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Self

import structlog

from agent.chat.agent import Analyst
from agent.chat.opening import first_questions, open_analyst, warm_tools
from agent.chat.toolbox import Toolbox
from agent.errors import JourneyError, NotFoundError
from agent.pipeline.snapshot import Snapshot, Snapshots, revision_of
from agent.pipeline.workspace import Workspace
from agent.settings import Settings
from agent.store import OpenHome
from eval.checking import open_checker

Clock = Callable[[], datetime]

_PATIENCE_S = 0.5


class NotReadyError(Exception):
    """A workspace is being made ready: what pages show is computed for the first time since the server started."""


class Brand:
    """One workspace, open for as long as the server runs.

    Reading needs no lock: a snapshot never changes. Whatever stores something goes through `writing`.
    """

    def __init__(self, workspace: Workspace, *, clock: Clock) -> None:
        self._workspace = workspace
        self._clock = clock
        self._one_writer = threading.Lock()
        self._starting = threading.Lock()
        self._refreshing: threading.Thread | None = None
        self._first: tuple[str, tuple[str, ...]] | None = None
        """Revision, and the questions to begin with that it gives."""
        self.snapshots = Snapshots(workspace)

    def snapshot(self) -> Snapshot | None:
        """Return what pages and answers show; None while it is computed for the first time, which begins with this."""
        found = self.snapshots.latest_ready()
        if found is not None and not self._is_stale(found):
            return found
        with self._starting:
            if self._refreshing is None or not self._refreshing.is_alive():
                self._refreshing = threading.Thread(
                    target=self._refresh_quietly, name=f"refresh {self.name}", daemon=True
                )
                self._refreshing.start()
        # What is there is shown while it is computed again, but a start that takes no time need not show a page of its own.
        if found is None:
            self._refreshing.join(_PATIENCE_S)
        return found or self.snapshots.latest_ready()

    def _ready_snapshot(self) -> Snapshot:
        """Return what answers are made from: the latest, or the first as soon as it is there."""
        return self.snapshot() or self.snapshots.current()

    def _is_stale(self, found: Snapshot) -> bool:
        return not self._one_writer.locked() and found.revision != revision_of(self._workspace)

    def _refresh_quietly(self) -> None:
        try:
            self.refresh()
            warm_tools(self._workspace, self.toolbox)
        except JourneyError as error:
            structlog.get_logger().error("snapshot failed", workspace=self.name, error=error.message)

    def first_questions(self) -> tuple[str, ...] | None:
        """Return questions to begin with; None while the data is made ready for the first time, which begins with this."""
        found = self.snapshot()
        if found is None:
            return None
        if self._first is None or self._first[0] != found.revision:
            self._first = (found.revision, first_questions(self._workspace, found))
        return self._first[1]

    def known_first_questions(self) -> tuple[str, ...] | None:
        """Return questions to begin with where they are known; None where they would have to be found first."""
        return None if self._first is None else self._first[1]

    @property
    def name(self) -> str:
        """Name of the workspace."""
        return self._workspace.store.workspace.name

    @property
    def workspace(self) -> Workspace:
        """The workspace, for reading its stores and for small writes of people's notes."""
        return self._workspace

    @cached_property
    def toolbox(self) -> Toolbox:
        """What the agent can do here."""
        return Toolbox(self._ready_snapshot, checker_of=open_checker)

    @cached_property
    def analyst(self) -> Analyst:
        """The agent that answers here."""
        return open_analyst(self._workspace, self.toolbox, snapshot_of=self._ready_snapshot)

    @contextmanager
    def writing(self) -> Generator[Workspace]:
        """Give the workspace to one writer, at the time it is now; others wait."""
        with self._one_writer:
            self._workspace.now = self._clock()
            yield self._workspace

    def refresh(self) -> None:
        """Compute again what answers and pages show, after something was read in."""
        found = self.snapshots.refresh()
        # It also takes in the phrasings by which questions are understood, which nobody who asks should wait for.
        self._first = (found.revision, first_questions(self._workspace, found))

    def close(self) -> None:
        """Close what was opened, once what is being computed has come to its end."""
        if self._refreshing is not None:
            self._refreshing.join()
        self._workspace.close()


class Brands:
    """All workspaces of one home."""

    def __init__(self, settings: Settings, home: OpenHome, *, clock: Clock) -> None:
        self._settings = settings
        self._home = home
        self._clock = clock
        self._open: dict[str, Brand] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, settings: Settings, *, clock: Clock) -> Self:
        """Take the home for this process, making it where it is missing.

        Raises:
            StoreLockedError: Another process uses the home.
            StoreError: It cannot be read or written.
        """
        return cls(settings, OpenHome.open(settings.home, create=True), clock=clock)

    def names(self) -> list[str]:
        """Return the names of all workspaces."""
        return self._home.workspaces()

    def get(self, name: str) -> Brand:
        """Return a workspace, opening it at its first use.

        Raises:
            NotFoundError: There is no such workspace.
        """
        with self._lock:
            if name not in self._open:
                if name not in self._home.workspaces():
                    msg = f"workspace {name!r} is not here"
                    raise NotFoundError(msg, hint="Choose one of your workspaces, or make one.")
                self._open[name] = self._opened(name)
            return self._open[name]

    def create(self, name: str, *, holdout: float, salt: str | None = None) -> Brand:
        """Make a workspace whose split is fixed from then on, and return it.

        Raises:
            InputError: The name is empty or the share is out of range.
            SplitFixedError: It is there with another split.
        """
        self._home.create_store(name, holdout=holdout, salt=salt, now=self._clock())
        return self.get(name)

    def opened(self) -> Mapping[str, Brand]:
        """Return those that were used since the server started."""
        return dict(self._open)

    def close(self) -> None:
        """Close all of them and give up the home."""
        for brand in self._open.values():
            brand.close()
        self._home.close()

    def _opened(self, name: str) -> Brand:
        settings = self._settings.model_copy(update={"workspace": name})
        workspace = Workspace(settings=settings, store=self._home.store(name), now=self._clock())
        return Brand(workspace, clock=self._clock)
