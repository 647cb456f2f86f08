"""Part of the suites on chat: a simulated brand made and printed by the command line, and its analyst, offline."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import JsonValue, SecretStr

from agent.chat.agent import Analyst
from agent.chat.context import RequestContext
from agent.chat.opening import first_questions, open_analyst
from agent.chat.toolbox import Toolbox
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.snapshots import Snapshots
from agent.pipeline.workspace import Workspace
from agent.schemas.accounts import Role
from agent.schemas.chat import Answer, AnswerEvent, SentenceEvent
from agent.settings import Settings
from agent.store import Store
from eval.checking import open_checker
from eval.simulator import DEFAULT_AS_OF
from eval.suites.chat_questions import Command

WORKSPACE = "demo"
COMMAND = ("-c", "from api.cli.main import main; main()")
"""Of Python, to run the command line as a process of its own."""
_PRINTER = """
import contextlib, io, json, sys
from api.cli.main import main
printed = []
for words in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main([*sys.argv[1:], *words, "--json"])
    printed.append(out.getvalue())
json.dump(printed, sys.stdout)
"""
"""Runs many commands in one process: each alone would take its imports again."""


@dataclass(frozen=True, slots=True)
class Timed:
    """An answer and how long it took."""

    answer: Answer
    first_s: float
    """Until the first sentence, or until the answer where it has none."""
    whole_s: float


@dataclass(frozen=True, slots=True)
class OpenBrand:
    """A brand that is open, everything that most questions need computed."""

    workspace: Workspace
    snapshots: Snapshots
    tools: Toolbox
    analyst: Analyst

    def snapshot(self) -> Snapshot:
        """Return the present snapshot."""
        return self.snapshots.current()

    def context(self) -> RequestContext:
        """Return the context of a question of an editor."""
        return RequestContext(WORKSPACE, "examiner", Role.EDITOR, self.workspace.now)


def make_brand(out: Path, *, seed: int, n_persons: int) -> Path:
    """Simulate a brand, run the main job on it by the command line, and return the home of its stores."""
    words = ["demo", "--out", str(out), "--persons", str(n_persons), "--seed", str(seed)]
    subprocess.run([sys.executable, *COMMAND, *words], check=True, capture_output=True)  # noqa: S603 - our own words
    return out / "home"


def print_all(home: Path, commands: Iterable[Command]) -> dict[Command, JsonValue]:
    """Return the JSON that the command line prints, by command; None where a command says that it cannot."""
    asked = sorted(commands)
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", _PRINTER, "--home", str(home), "--workspace", WORKSPACE],
        input=json.dumps(asked),
        text=True,
        check=True,
        capture_output=True,
    )
    texts: list[str] = json.loads(done.stdout)
    return {words: json.loads(text) if text else None for words, text in zip(asked, texts, strict=True)}


@contextmanager
def open_brand(
    home: Path, *, now: datetime | None = None, base_url: str | None = None
) -> Generator[OpenBrand]:
    """Open a brand as the server does, and make it ready for questions.

    Args:
        home: Of its stores; owned by this process until it is closed.
        now: The time it is; a day after the simulation's end where left out.
        base_url: Of a model server; without one the offline analyst answers.
    """
    settings = Settings(home=home, workspace=WORKSPACE, openai_api_key=None, openai_base_url=None)
    store = Store.open(home, WORKSPACE)
    with Workspace(settings=settings, store=store, now=now or DEFAULT_AS_OF + timedelta(days=1)) as workspace:
        snapshots = Snapshots(workspace)
        first_questions(workspace, snapshots.refresh())
        if base_url is not None:
            # After the data is ready: a model server answers questions here and names no themes.
            served = {"openai_api_key": SecretStr("none"), "openai_base_url": base_url}
            workspace.settings = settings.model_copy(update=served)
        tools = Toolbox(snapshots.current, checker_of=open_checker)
        analyst = open_analyst(workspace, tools, snapshot_of=snapshots.current)
        yield OpenBrand(workspace, snapshots, tools, analyst)


async def ask(analyst: Analyst, question: str, context: RequestContext) -> Timed:
    """Ask in a conversation of its own.

    Raises:
        RuntimeError: There was no answer.
    """
    begun = time.perf_counter()
    first: float | None = None
    async for event in analyst.answer(question, context=context):
        if isinstance(event, SentenceEvent) and first is None:
            first = time.perf_counter() - begun
        if isinstance(event, AnswerEvent):
            whole = time.perf_counter() - begun
            return Timed(event.answer, whole if first is None else first, whole)
    msg = f"there was no answer to {question!r}"
    raise RuntimeError(msg)


def ask_all(analyst: Analyst, questions: Iterable[str], context: RequestContext) -> dict[str, Timed]:
    """Ask one question after another, and return the answers by question."""

    async def each() -> dict[str, Timed]:
        return {question: await ask(analyst, question, context) for question in questions}

    return asyncio.run(each())
