"""How commands print: data on stdout as JSON or tables, talk and progress on stderr."""

import hashlib
import logging
import sys
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from threading import Event, Thread

import click
import orjson
import structlog
from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text
from structlog.typing import EventDict

from agent.ports import Progress as Advance

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of the words after them, up to the end of a line."""
_WIDTH_UNWATCHED = 120
"""Columns of a table that goes into a file or a pipe, where nobody's window bounds it."""
_WIDTH_WIDE = 260
"""Columns of a table whose reader asked for all of it."""
_MOST_REMEMBERED = 1_000
"""Warnings that are not given twice."""
_MOST_NAMED = 5
"""Persons named in a sentence, however many there are."""
_SAYS_EVERY_S = 10.0
"""Seconds between lines about work that goes on, where no bar can be drawn."""


def log_to_stderr() -> None:
    """Send warnings of the core to stderr, each once; structlog's own default is stdout, where only data belongs."""
    structlog.reset_defaults()
    structlog.configure(
        # Tracebacks without the values in them: those may be customers' words.
        processors=[
            _Once(),
            *structlog.get_config()["processors"][:-1],
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )


class _Once:
    """Drops a warning that was given before: a file is opened several times, and says the same each time.

    Of a process that serves for months only the latest are remembered, so that one from long ago is given again.
    """

    def __init__(self) -> None:
        self._given: OrderedDict[bytes, None] = OrderedDict()

    def __call__(self, logger: object, method: str, event: EventDict) -> EventDict:  # noqa: ARG002 - structlog's
        said = hashlib.sha256(repr(sorted(event.items(), key=str)).encode()).digest()
        if said in self._given:
            self._given.move_to_end(said)
            raise structlog.DropEvent
        self._given[said] = None
        if len(self._given) > _MOST_REMEMBERED:
            self._given.popitem(last=False)
        return event


def visible(text: str) -> str:
    """Return a text that a terminal only shows: what would steer it, such as an escape, is written out.

    Names of files, events and personas come from elsewhere, as customers' words do.
    """
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char in "\n\t" or (unicodedata.category(char) not in {"Cc", "Cs"} and char not in _DIRECTIONS):
        return char
    return f"\\u{ord(char):04x}"


def counted(n: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def say(text: str) -> None:
    """Talk to the person at the terminal, on stderr."""
    click.echo(visible(text), err=True)


def say_bots(bots: Sequence[str]) -> None:
    """Say which persons are left out because nobody does so much on one day; nothing where there are none."""
    if bots:
        named = ", ".join(bots[:_MOST_NAMED])
        more = f" and {len(bots) - _MOST_NAMED:,} more" if len(bots) > _MOST_NAMED else ""
        say(
            f"Left out as a bot, for more events on one day than any person has: "
            f"{counted(len(bots), 'customer')} ({named}{more})."
        )


def print_text(text: str) -> None:
    """Print words on stdout."""
    click.echo(visible(text))


def print_json(value: object) -> None:
    """Print one JSON object on stdout."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())


def print_json_line(value: object) -> None:
    """Print one JSON object as one line on stdout."""
    click.echo(orjson.dumps(value).decode())


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    aside: bool = False,
    most: int | None = None,
    wide: bool = False,
) -> None:
    """Print a table on stdout; cells are plain text, never markup, because customers wrote some of them.

    Args:
        title: Stands above it; with no rows it stands alone.
        columns: Their names; one that is called `id` is kept on one line, so that it can be copied.
        rows: One cell a column.
        aside: Print it on stderr, beside data that goes to stdout in another form.
        most: Columns of the terminal that it takes at most.
        wide: Let lines be as long as the cells need, whatever the window.
    """
    stream = sys.stderr if aside else sys.stdout
    if not rows:
        click.echo(visible(f"{title}: none"), file=stream)
        return
    window = Console(file=stream).width if stream.isatty() else _WIDTH_UNWATCHED
    width = _WIDTH_WIDE if wide else min(window, most or window)
    heads = [visible(column) for column in columns]
    cells = [[_cell(value) for value in row] for row in rows]
    lines = list(zip(heads, *cells, strict=True))
    widths = _widths(
        [_needs(line, whole=head == "id") for head, line in zip(heads, lines, strict=True)], width
    )
    table = Table(title=Text(visible(title)), title_justify="left", header_style="bold")
    for head, own in zip(heads, widths, strict=True):
        table.add_column(Text(head), no_wrap=head == "id", overflow="fold", width=own)
    for row in cells:
        table.add_row(*map(Text, row))
    Console(file=stream, width=width).print(table)


def _needs(texts: Sequence[str], *, whole: bool) -> tuple[int, int]:
    """Return how wide a column must be to keep its words whole, and how wide to keep its lines whole."""
    longest = max(cell_len(line) for text in texts for line in text.split("\n"))
    word = max((cell_len(word) for text in texts for word in text.split()), default=0)
    return (longest if whole else word), longest


def _widths(needs: Sequence[tuple[int, int]], width: int) -> list[int]:
    """Return how wide columns are within a table: the widest give way first, and no word is cut where all have room.

    Args:
        needs: Of each column the width of its longest word and of its longest line.
        width: Of the table, frame included.
    """
    room = max(width - 3 * len(needs) - 1, len(needs))
    if sum(line for _, line in needs) <= room:
        return [line for _, line in needs]
    if sum(word for word, _ in needs) > room:
        needs = [(1, word) for word, _ in needs]
    level = max(
        level
        for level in range(1, room + 1)
        if sum(_at(level, *each) for each in needs) <= room or level == 1
    )
    widths = [_at(level, *each) for each in needs]
    for k, (_, line) in enumerate(needs):
        widths[k] += 1 if widths[k] < line and sum(widths) < room else 0
    return widths


def _at(level: int, least: int, most: int) -> int:
    return max(least, min(level, most))


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"  # noqa: PLR2004 - readable width
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return visible(str(value))


@contextmanager
def byte_progress(title: str, total: int) -> Generator[Advance]:
    """Show a bar over bytes with rate and time left; yields the function that moves it."""
    with _progress(DownloadColumn(), TransferSpeedColumn()) as progress:
        task = progress.add_task(title, total=total)
        yield lambda n: progress.advance(task, n)


@contextmanager
def item_progress(title: str, total: int | None = None) -> Generator[Advance]:
    """Show a bar over items with time left; yields the function that moves it.

    Where stderr is no terminal a line every ten seconds says that work goes on, whether items are done or not.
    """
    if not sys.stderr.isatty():
        with _said_progress(title, total) as advance:
            yield advance
        return
    with _progress(MofNCompleteColumn(), _RateColumn()) as progress:
        task = progress.add_task(title, total=total)
        yield lambda n: progress.advance(task, n)


@contextmanager
def _said_progress(title: str, total: int | None) -> Generator[Advance]:
    done, over, since = [0], Event(), time.monotonic()

    def go_on() -> None:
        while not over.wait(_SAYS_EVERY_S):
            of = "" if total is None else f" of {total:,}"
            items = f"{done[0]:,}{of} done, " if done[0] else ""
            say(f"{title}: {items}{time.monotonic() - since:.0f} seconds so far ...")

    def advance(n: int) -> None:
        done[0] += n

    teller = Thread(target=go_on, daemon=True)
    teller.start()
    try:
        yield advance
    finally:
        over.set()
        teller.join()


class _RateColumn(ProgressColumn):
    """Items a second."""

    def render(self, task: object) -> Text:
        speed = getattr(task, "speed", None)
        return Text(f"{speed:,.0f}/s" if speed else "")


def _progress(*columns: ProgressColumn) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *columns,
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        # Else rich would print what a command writes on stdout, where only data belongs, on the bar's own stream.
        redirect_stdout=False,
    )
