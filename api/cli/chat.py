"""`journey chat`: the agent of the page, in the terminal."""

import asyncio
import readline
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import click

from agent.errors import InputError, JourneyError
from agent.schemas.chat import Answer, Message, Outcome
from api.cli.output import item_progress, print_json, print_table, say
from api.cli.session import clock, json_option, workspace_of
from api.cli.talk_output import Screen
from api.cli.talking import Talk
from api.web.brands import Brand

_HELP = (
    "Type a question. /sources lists what the last answer rests on, /open N shows source N in its text, /approve makes a "
    "change that waits, /new begins a conversation, /list shows the latest ones, /go N goes on with one, /quit leaves. "
    "Ctrl-C stops an answer."
)
_LEAVING = frozenset({"/quit", "/exit", "quit", "exit"})


@click.command()
@click.argument("question", required=False)
@json_option()
@click.pass_context
def chat(ctx: click.Context, question: str | None, as_json: bool) -> None:
    """Ask about your customers; without QUESTION, ask on and on.

    Every statement names its sources as [1], which are listed below it. Ctrl-C stops an answer, not the program. /help lists
    the commands. Questions may come from a pipe, one a line.
    """
    if as_json and question is None:
        msg = "--json prints one answer, so it takes one QUESTION"
        raise InputError(msg, hint='For example: journey chat "What hurts customers most?" --json')
    workspace = workspace_of(ctx)
    if question is not None:
        # One question needs little of what a conversation does.
        workspace.settings = workspace.settings.model_copy(update={"compute_ahead": False})
    brand = Brand(workspace, clock=clock)
    try:
        with item_progress("Getting the data ready") as advance:
            brand.snapshots.refresh(on_progress=advance)
        with asyncio.Runner() as runner:
            talk, screen = Talk(brand, clock=clock), Screen(brand, silent=as_json)
            if question is None:
                _Session(runner, talk, screen).run()
                return
            message = runner.run(talk.ask(question, screen))
        if as_json:
            print_json({"conversation_id": talk.conversation_id, **message.model_dump(mode="json")})
        if message.answer is None or message.answer.outcome is Outcome.FAILED:
            ctx.exit(1)
    finally:
        brand.close()


class _Session:
    """Questions and commands, line by line, until the end."""

    def __init__(self, runner: asyncio.Runner, talk: Talk, screen: Screen) -> None:
        self._runner = runner
        self._talk = talk
        self._screen = screen
        self._listed: list[str] = []
        self._commands: dict[str, Callable[[str], None]] = {
            "/sources": lambda _: self._screen.sources(self._answer()),
            "/open": self._open,
            "/approve": lambda _: self._work(self._talk.approve(self._screen)),
            "/new": lambda _: self._talk.begin_anew(),
            "/list": lambda _: self._list(),
            "/go": self._go,
            "/help": lambda _: say(_HELP),
        }

    def run(self) -> None:
        """Take lines until there are no more."""
        is_watched = sys.stdin.isatty()
        if is_watched:
            say(_HELP)
            # Loaded, it gives the prompt its editing keys; the questions of this session are at hand by the arrows.
            readline.set_auto_history(True)
        while (line := self._line(is_watched=is_watched)) is not None:
            word, _, rest = line.strip().partition(" ")
            if line.strip().casefold() in _LEAVING:
                return
            try:
                self._take(word, rest.strip(), line.strip())
            except JourneyError as error:
                say(f"{error.message[:1].upper()}{error.message[1:]}. {error.hint}")

    def _take(self, word: str, rest: str, line: str) -> None:
        if word in self._commands:
            self._commands[word](rest)
        elif word.startswith("/"):
            say(f"There is no {word}. {_HELP}")
        elif line:
            self._work(self._talk.ask(line, self._screen))

    @staticmethod
    def _line(*, is_watched: bool) -> str | None:
        if not is_watched:
            return sys.stdin.readline() or None
        try:
            return input("> ")
        except EOFError:
            return None
        except KeyboardInterrupt:
            say("\n/quit leaves.")
            return ""

    def _work(self, work: Coroutine[Any, Any, Message]) -> None:
        self._runner.run(work)

    def _answer(self) -> Answer:
        if self._talk.last is None or self._talk.last.answer is None:
            msg = "nothing was answered yet"
            raise InputError(msg, hint="Ask a question first.")
        return self._talk.last.answer

    def _open(self, name: str) -> None:
        wanted = f"c{name.strip('[] ')}"
        found = next((one for one in self._answer().citations if one.citation_id == wanted), None)
        if found is None:
            msg = f"the last answer has no source {name!r}"
            raise InputError(msg, hint="/sources lists those it has; /open takes the number of one.")
        self._screen.open(found)

    def _list(self) -> None:
        found = self._talk.recent()
        self._listed = [one.conversation_id for one in found]
        rows = [
            [number, one.title, f"{one.changed_at:%Y-%m-%d %H:%M}"]
            for number, one in enumerate(found, start=1)
        ]
        print_table("Conversations", ["#", "title", "last changed (UTC)"], rows)

    def _go(self, name: str) -> None:
        if not (name.isascii() and name.isdigit() and 1 <= int(name) <= len(self._listed)):
            msg = f"{name!r} is no conversation of the list"
            raise InputError(msg, hint="/list shows them; /go takes the number of one.")
        self._screen.conversation(self._talk.go_to(self._listed[int(name) - 1]))
