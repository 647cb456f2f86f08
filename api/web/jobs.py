"""Long work behind a page: reading files, drafting, the demo; one thing at a time in a workspace, with progress.

A job lives in this process. What it stores is stored by steps that can be run again, so a job that is cut off by a
restart is started again by whoever wants it, and nothing is read twice.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Literal

import structlog

from agent.errors import JourneyError, NotFoundError, TooBusyError
from api.web.background import give_way

JobState = Literal["waiting", "running", "done", "failed", "stopped"]
_KEPT = 200
_AT_ONCE = 2
_CLOSING_S = 2.0
MOST_OF_ONE = 5
"""Jobs that a person may have running or waiting."""
MOST_TOGETHER = 50
"""Jobs running or waiting, of everybody."""


@dataclass(frozen=True, slots=True)
class Job:
    """How a piece of long work stands."""

    job_id: str
    workspace: str
    account_id: str
    title: str
    place: str = "sources"
    """Entry of the navigation that it belongs to; those who leave its page go back there."""
    state: JobState = "waiting"
    step: str = ""
    """What is being done, for people."""
    done: int = 0
    total: int | None = None
    """Of the step; None where it is not known."""
    result_path: str = ""
    """Page that shows what it made."""
    told: tuple[str, ...] = ()
    """What came of it, in sentences."""
    error: str = ""
    hint: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it will not change any more."""
        return self.state in {"done", "failed", "stopped"}


class StoppedError(Exception):
    """The person who started a job stopped it."""


@dataclass(slots=True)
class JobContext:
    """What a piece of work uses to say how far it is."""

    jobs: "Jobs"
    job_id: str
    stopping: threading.Event = field(default_factory=threading.Event)

    def step(self, text: str, *, total: int | None = None) -> None:
        """Begin another step.

        Raises:
            StoppedError: The job was stopped.
        """
        self.check()
        self.jobs.update(self.job_id, step=text, done=0, total=total)

    def advance(self, n: int) -> None:
        """Say that some more items of the step are done; see `step` for what it raises."""
        self.check()
        self.jobs.update(self.job_id, done=self.jobs.get(self.job_id).done + n)

    def tell(self, text: str) -> None:
        """Add a sentence to what came of the job."""
        self.jobs.update(self.job_id, told=(*self.jobs.get(self.job_id).told, text))

    def check(self) -> None:
        """Raise `StoppedError` where the job was stopped."""
        if self.stopping.is_set():
            raise StoppedError


Work = Callable[[JobContext], str]
"""Does the work and returns the path of the page that shows what it made."""


class Jobs:
    """All long work of the server, newest kept."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="job", initializer=give_way)
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._contexts: dict[str, JobContext] = {}
        self._running: set[Future[None]] = set()

    def start(
        self, work: Work, *, workspace: str, account_id: str, title: str, place: str = "sources"
    ) -> Job:
        """Begin a piece of work and return how it stands.

        Args:
            work: Does it.
            workspace: Of whose data.
            account_id: Who started it.
            title: What it is, for people.
            place: Entry of the navigation that it belongs to.

        Raises:
            TooBusyError: The person, or everybody together, has as much under way as there may be.
        """
        job = Job(secrets.token_urlsafe(12), workspace, account_id, title, place)
        context = JobContext(self, job.job_id)
        with self._lock:
            self._check_room(account_id)
            self._jobs[job.job_id] = job
            self._contexts[job.job_id] = context
            self._forget_oldest()
        running = self._pool.submit(self._run, work, context)
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return job

    def get(self, job_id: str, *, workspace: str | None = None) -> Job:
        """Return a job.

        Raises:
            NotFoundError: There is none of that id, or it is of another workspace.
        """
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None or workspace not in {None, job.workspace}:
            msg = f"job {job_id!r} is not here any more"
            raise NotFoundError(msg, hint="What it stored is kept; start it again where it was cut off.")
        return job

    def of_workspace(self, workspace: str) -> list[Job]:
        """Return the jobs of a workspace, newest first."""
        with self._lock:
            return [job for job in reversed(self._jobs.values()) if job.workspace == workspace]

    def stop(self, job_id: str) -> None:
        """Ask a job to stop; what it has stored stays."""
        with self._lock:
            context = self._contexts.get(job_id)
        if context is not None:
            context.stopping.set()

    def update(self, job_id: str, **changes: object) -> None:
        """Replace fields of a job."""
        with self._lock:
            self._jobs[job_id] = replace(self._jobs[job_id], **changes)

    @property
    def is_working(self) -> bool:
        """Whether a job is under way."""
        return bool(self._running)

    def close(self, *, within_s: float = _CLOSING_S) -> bool:
        """Stop all, and tell whether they have ended by then; what goes on ends with the process, its steps can run again."""
        with self._lock:
            contexts = list(self._contexts.values())
        for context in contexts:
            context.stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        return not wait(tuple(self._running), timeout=within_s).not_done

    def _run(self, work: Work, context: JobContext) -> None:
        job_id = context.job_id
        self.update(job_id, state="running")
        try:
            path = work(context)
        except StoppedError:
            self.update(job_id, state="stopped", step="", total=None)
        except JourneyError as error:
            self.update(job_id, state="failed", error=error.message, hint=error.hint)
        except Exception:  # noqa: BLE001 - the thread's last guard; the person is told, the log has the rest
            structlog.get_logger().exception("job failed", job_id=job_id)
            self.update(
                job_id,
                state="failed",
                error="the work failed unexpectedly",
                hint="The server's log says why.",
            )
        else:
            self.update(job_id, state="done", step="", total=None, result_path=path)
        finally:
            with self._lock:
                self._contexts.pop(job_id, None)

    def _check_room(self, account_id: str) -> None:
        under_way = [job.account_id for job in self._jobs.values() if not job.is_over]
        if under_way.count(account_id) >= MOST_OF_ONE:
            msg = f"{MOST_OF_ONE} pieces of work of yours are running or waiting already"
            raise TooBusyError(msg, hint="Wait for one of them, or stop it; then start this again.")
        if len(under_way) >= MOST_TOGETHER:
            msg = (
                f"{MOST_TOGETHER} pieces of work are running or waiting, which is all that this server takes"
            )
            raise TooBusyError(msg, hint="Start this again when some of them are done.")

    def _forget_oldest(self) -> None:
        over = [job_id for job_id, job in self._jobs.items() if job.is_over]
        for job_id in over[: max(0, len(self._jobs) - _KEPT)]:
            del self._jobs[job_id]
