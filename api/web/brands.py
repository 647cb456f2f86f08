"""The workspaces of the home, as a server holds them: each opened once, read by many, written by one at a time."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from functools import cached_property
from typing import Self

import structlog

from agent.chat.agent import Analyst
from agent.chat.opening import first_questions, open_analyst, warm_tools
from agent.chat.toolbox import Toolbox
from agent.errors import JourneyError, NotFoundError, TooBusyError
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.snapshots import Snapshots, revision_of
from agent.pipeline.workspace import Workspace
from agent.settings import Settings
from agent.store import OpenHome
from api.web.background import give_way
from eval.checking import open_checker

Clock = Callable[[], datetime]

_PATIENCE_S = 0.5
_LOOK_AGAIN_S = 0.05
_CLOSING_S = 2.0


class NotReadyError(Exception):
    """A workspace is being made ready: what pages show is computed for the first time since the server started."""


class Errand:
    """Work that nobody waits for, in a thread of its own; one at a time, and a failure is told to the log.

    Args:
        name: Of the thread, and in the log.
        work: What is done.
    """

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._name = name
        self._work = work
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin, where it is not going on."""
        with self._starting:
            if not self.is_going_on:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        give_way()
        try:
            self._work()
        except JourneyError as error:
            structlog.get_logger().error(
                "work in the background failed", work=self._name, error=error.message
            )

    @property
    def is_going_on(self) -> bool:
        """Whether it has begun and not ended."""
        return self._thread is not None and self._thread.is_alive()

    def wait(self, within_s: float) -> None:
        """Wait until it has ended, for some seconds at most."""
        if self._thread is not None:
            self._thread.join(within_s)


class Brand:
    """One workspace, open for as long as the server runs.

    Reading needs no lock: a snapshot never changes. Whatever stores something goes through `writing`.
    """

    def __init__(self, workspace: Workspace, *, clock: Clock) -> None:
        self._workspace = workspace
        self._clock = clock
        self._one_writer = threading.Lock()
        self._stopping = threading.Event()
        self._refreshing = Errand(f"refresh {self.name}", self.refresh)
        self._naming = Errand(f"name themes {self.name}", self._name_themes)
        self._warming = Errand(f"compute ahead {self.name}", self._compute_ahead)
        self._first: dict[str, tuple[str, ...]] = {}
        """Questions to begin with by revision: of the one that is shown, and of the one that is prepared."""
        self.snapshots = Snapshots(workspace, prepare=self._prepare)

    def snapshot(self) -> Snapshot | None:
        """Return what pages and answers show; None while it is computed for the first time, which begins with this."""
        found = self.snapshots.latest_ready()
        if found is not None and not self._is_stale(found):
            return found
        self._refreshing.begin()
        # What is there is shown while it is computed again, but a start that takes no time need not show a page of its own.
        if found is None:
            self._refreshing.wait(_PATIENCE_S)
        return found or self.snapshots.latest_ready()

    def _ready_snapshot(self) -> Snapshot:
        """Return what answers are made from: the latest, or the first as soon as it is there."""
        return self.snapshot() or self.snapshots.current()

    def _is_stale(self, found: Snapshot) -> bool:
        return not self._one_writer.locked() and found.revision != revision_of(self._workspace)

    def first_questions(self) -> tuple[str, ...] | None:
        """Return questions to begin with; None while the data is made ready for the first time, which begins with this."""
        found = self.snapshot()
        if found is None:
            return None
        return self._first_of(found)

    def known_first_questions(self) -> tuple[str, ...] | None:
        """Return questions to begin with where they are known; None where they would have to be found first."""
        found = self.snapshots.latest_ready()
        return None if found is None else self._first.get(found.revision)

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
        """Give the workspace to one writer, at the time it is now; others wait, as work in the background may."""
        with self._one_writer:
            self._workspace.now = self._clock()
            yield self._workspace

    @contextmanager
    def writing_soon(self) -> Generator[Workspace]:
        """Give the workspace to who answers a page, which does not hold up other pages by waiting for a long work.

        Raises:
            TooBusyError: Another writer has it, and goes on having it.
        """
        if not self._one_writer.acquire(timeout=_PATIENCE_S):
            msg = "other data is being stored in this workspace right now, so nothing of this was changed"
            raise TooBusyError(
                msg, hint="Go back and send it again in a minute.", context={"retry_after_s": 30}
            )
        try:
            self._workspace.now = self._clock()
            yield self._workspace
        finally:
            self._one_writer.release()

    @property
    def is_being_written(self) -> bool:
        """Whether a writer has the workspace, so that another one would wait."""
        return self._one_writer.locked()

    @asynccontextmanager
    async def writing_in_turn(self) -> AsyncGenerator[Workspace]:
        """Give the workspace to one writer, however long that takes; no thread is held by waiting."""
        while not self._one_writer.acquire(blocking=False):  # noqa: ASYNC110 - a lock of threads tells no event loop
            await asyncio.sleep(_LOOK_AGAIN_S)
        try:
            self._workspace.now = self._clock()
            yield self._workspace
        finally:
            self._one_writer.release()

    def _prepare(self, made: Snapshot) -> None:
        """Compute of a snapshot what everybody who asks would wait for at once, while the one before is still shown.

        The first one is shown as soon as it is there: nobody asks yet.
        """
        shown = self.snapshots.latest_ready()
        if shown is None:
            return
        self._first_of(made, beside=shown)
        # What cannot be computed is told to whoever asks.
        with suppress(JourneyError):
            warm_tools(self._workspace, Toolbox(lambda: made))

    def _first_of(self, found: Snapshot, *, beside: Snapshot | None = None) -> tuple[str, ...]:
        if found.revision not in self._first:
            kept = {key: asked for key, asked in self._first.items() if beside and key == beside.revision}
            self._first = {**kept, found.revision: first_questions(self._workspace, found)}
        return self._first[found.revision]

    def refresh(self) -> None:
        """Compute again what answers and pages show, after something was read in."""
        found, computes_ahead = self.snapshots.refresh(), self._workspace.settings.compute_ahead
        if computes_ahead:
            # It also takes in the phrasings by which questions are understood, which nobody who asks should wait for.
            self._first_of(found)
        if not self._stopping.is_set():
            self._naming.begin()
            if computes_ahead:
                self._warming.begin()

    def _name_themes(self) -> None:
        """Have the themes named by the language model, where there is one."""
        if self._workspace.settings.has_model:
            self.snapshots.name_themes()

    def _compute_ahead(self) -> None:
        """Compute what the first to ask would have to wait for, again when there is another snapshot meanwhile."""
        done: Snapshot | None = None
        while not self._stopping.is_set() and (latest := self.snapshots.latest_ready()) is not done:
            warm_tools(self._workspace, self.toolbox)
            self.snapshots.warm_filters()
            done = latest

    @property
    def is_working(self) -> bool:
        """Whether something is being computed that nobody waits for."""
        return any(errand.is_going_on for errand in self._errands)

    @property
    def _errands(self) -> tuple["Errand", ...]:
        return (self._refreshing, self._naming, self._warming)

    def close(self, *, within_s: float = _CLOSING_S) -> bool:
        """Close what was opened, and tell whether it could be.

        What is still being computed after this time goes on with the stores open to it, until the process ends: what it
        stores is stored whole or not at all, and computed again at the next start.
        """
        self._stopping.set()
        self.snapshots.stop()
        until = time.monotonic() + within_s
        for errand in self._errands:
            errand.wait(max(0.0, until - time.monotonic()))
        if self.is_working:
            return False
        self._workspace.close()
        return True


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

    @property
    def is_working(self) -> bool:
        """Whether something is being computed that nobody waits for."""
        return any(brand.is_working for brand in self._open.values())

    def close(self, *, within_s: float = _CLOSING_S) -> bool:
        """Close all of them and give up the home; False where something is still being computed, see `Brand.close`."""
        until = time.monotonic() + within_s
        closed = [brand.close(within_s=max(0.0, until - time.monotonic())) for brand in self._open.values()]
        if not all(closed):
            return False
        self._home.close()
        return True

    def _opened(self, name: str) -> Brand:
        settings = self._settings.model_copy(update={"workspace": name})
        workspace = Workspace(settings=settings, store=self._home.store(name), now=self._clock())
        return Brand(workspace, clock=self._clock)
