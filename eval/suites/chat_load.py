"""Suite `chat_load`: forty people chat with one server for an hour, and a further file is read in meanwhile.

The server is a process of its own, reached over loopback. The questions are those of the first set, each person's in an order
of their own; the file is uploaded through the page by an editor, and read in by the job behind it.
"""

import asyncio
import random
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from agent.schemas.accounts import Role
from eval.simulator import simulate
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.suites.chat_brand import make_brand
from eval.suites.chat_people import THINKS_S, Exchange, Person
from eval.suites.chat_questions import load_questions
from eval.suites.chat_serving import BRAND, Served, csrf_in, served, sign_in_people

_N_PEOPLE = 40
_N_PERSONS, _N_QUICK_PERSONS = 9_300, 600
"""Customers of the brand; the first give ten thousand texts."""
_N_FURTHER, _N_QUICK_FURTHER = 2_000, 200
"""Customers whose transcripts are read in meanwhile."""
_MINUTES, _QUICK_MINUTES = 60.0, 2.0
_INGEST_AT = 1 / 3
"""Share of the time after which the further file is uploaded."""
_SAMPLES_S, _QUICK_SAMPLES_S = 60.0, 5.0
_MOST_SLOW = 8
_BUSY = 'id="job-step"'
_DONE = "<strong>Done.</strong>"


@dataclass(slots=True)
class Ingest:
    """When the further file was read in, in monotonic seconds, and how it ended."""

    begun_s: float | None = None
    over_s: float | None = None
    fault: str | None = None


@dataclass(slots=True)
class Load:
    """What was measured."""

    begun_s: float
    over_s: float = 0.0
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    memory: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """Monotonic seconds and MiB."""
    ingest: Ingest = field(default_factory=Ingest)
    n_requests: int = 0


def run(options: SuiteOptions) -> SuiteResult:
    """Serve a brand, let people chat, read a file in, and print what it cost."""
    n_persons = _N_QUICK_PERSONS if options.quick else _N_PERSONS
    n_further = _N_QUICK_FURTHER if options.quick else _N_FURTHER
    minutes = options.minutes or (_QUICK_MINUTES if options.quick else _MINUTES)
    home = make_brand(options.work / "brand", seed=options.seed, n_persons=n_persons)
    further = further_file(
        options.work, home.parent / "exports", seed=options.seed, n_persons=n_persons, n=n_further
    )
    load = load_brand(
        home, further, minutes=minutes, seed=options.seed, every_s=_QUICK_SAMPLES_S if options.quick else _SAMPLES_S
    )  # fmt: skip
    return SuiteResult("chat_load", tables_of(load), [_note(n_persons, further), *_faults(load)])


def load_brand(home: Path, further: Path, *, minutes: float, seed: int, every_s: float) -> Load:
    """Let people chat with a home that has no accounts yet.

    Args:
        home: Of a brand; served for as long as it takes.
        further: Read in after a third of the time.
        minutes: How long.
        seed: Of the order of questions and of the time to think.
        every_s: Seconds from one look at the memory to the next.
    """
    questions = [one.question for one in load_questions("first").answerable]
    with served(home) as on:
        cookies = list(sign_in_people(on, _N_PEOPLE, role=Role.EDITOR))
        people = [
            Person(on.url, cookie, _shuffled(questions, seed + number), seed + number)
            for number, cookie in enumerate(cookies)
        ]
        return asyncio.run(_chat(on, people, further, minutes=minutes, every_s=every_s))


def further_file(work: Path, exports: Path, *, seed: int, n_persons: int, n: int) -> Path:
    """Return transcripts of customers who come after a brand's, in the same form."""
    more = simulate(work / "more", n_persons=n_persons + n, seed=seed)
    known = (exports / more.transcripts.name).read_bytes().splitlines(keepends=True)
    lines = more.transcripts.read_bytes().splitlines(keepends=True)
    path = work / "further_transcripts.jsonl"
    path.write_bytes(b"".join(lines[len(known) :]))
    shutil.rmtree(more.out_dir)
    return path


def _shuffled(questions: Sequence[str], seed: int) -> list[str]:
    return random.Random(seed).sample(questions, len(questions))


async def _chat(
    on: Served, people: Sequence[Person], further: Path, *, minutes: float, every_s: float
) -> Load:
    load = Load(begun_s=time.monotonic())
    until = load.begun_s + minutes * 60
    watching = asyncio.create_task(_watch(on, load, every_s))
    reading = asyncio.create_task(
        _read_in(on, load.ingest, further, at_s=load.begun_s + minutes * 60 * _INGEST_AT)
    )
    await asyncio.gather(*(person.live(until, load.exchanges.append) for person in people))
    await reading
    load.over_s = time.monotonic()
    watching.cancel()
    load.memory.append((load.over_s, on.rss_mib()))
    load.n_requests = sum(person.n_requests for person in people)
    return load


async def _watch(on: Served, load: Load, every_s: float) -> None:
    while True:
        load.memory.append((time.monotonic(), await asyncio.to_thread(on.rss_mib)))
        await asyncio.sleep(every_s)


async def _read_in(on: Served, ingest: Ingest, further: Path, *, at_s: float) -> None:
    """Upload a file through the page and read it in, when its time has come."""
    await asyncio.sleep(max(0.0, at_s - time.monotonic()))
    ingest.begun_s = time.monotonic()
    ingest.fault = await asyncio.to_thread(read_in, on.admin, further)
    ingest.over_s = time.monotonic()


def read_in(client: httpx.Client, path: Path, *, name: str | None = None) -> str | None:
    """Upload a file through the page, under another name or its own, read it in and wait; return what went wrong."""
    sources = client.get(f"{BRAND}/sources")
    form = {"csrf": csrf_in(sources.text)}
    shown = client.post(
        f"{BRAND}/sources/uploads", data=form, files={"files": (name or path.name, path.read_bytes())}
    )
    if shown.is_error:
        return f"upload: status {shown.status_code}"
    job = client.post(f"{shown.url.path}/read", data=form)
    while not job.is_error and _BUSY in job.text:
        time.sleep(1)
        job = _looked_at(client, job.url.path)
    return None if _DONE in job.text else f"job ended otherwise, status {job.status_code}"


def _looked_at(client: httpx.Client, path: str) -> httpx.Response:
    """Get a page as a browser does, which asks again where a connection that was kept open was closed meanwhile."""
    try:
        return client.get(path)
    except httpx.TransportError:
        return client.get(path)


def phase_of(exchange: Exchange, ingest: Ingest) -> str:
    """Return whether a question came before, while or after the file was read in."""
    asked = exchange.asked_s
    if ingest.begun_s is None or asked < ingest.begun_s:
        return "before"
    return "while the file is read in" if ingest.over_s is None or asked <= ingest.over_s else "after"


def slope(memory: Sequence[tuple[float, float]]) -> float | None:
    """Return MiB an hour by least squares; None of fewer than three looks."""
    if len(memory) < 3:  # noqa: PLR2004 - through two points goes any line
        return None
    hours = [seconds / 3600 for seconds, _ in memory]
    return statistics.linear_regression(hours, [mib for _, mib in memory]).slope


def tables_of(load: Load) -> list[Table]:
    """Return the tables of a run."""
    phases = ("before", "while the file is read in", "after")
    by_phase = {
        name: [one for one in load.exchanges if phase_of(one, load.ingest) == name] for name in phases
    }
    people = [
        _times("the whole time", load.exchanges),
        *(_times(name, each) for name, each in by_phase.items()),
    ]
    return [
        Table(f"{_N_PEOPLE} people at once", _PEOPLE_COLUMNS, people),
        Table("Memory of the server's process", _MEMORY_COLUMNS, _memory_rows(load)),
        Table("How it was asked", ["what", "value"], _facts(load)),
        Table(
            "The slowest to first words",
            ["question", "asked", "median s", "longest s"],
            _slowest(load.exchanges),
        ),
    ]


def _times(name: str, some: Sequence[Exchange]) -> list[Cell]:
    first = [one.first_s for one in some if one.first_s is not None]
    whole = [one.whole_s for one in some if one.whole_s is not None]
    errors = sum(one.fault is not None for one in some)
    times = (
        round(float(np.percentile(each, at)), 3) if each else None
        for each in (first, whole)
        for at in (50, 95)
    )
    return [name, len(some), errors, *times, round(max(first), 3) if first else None]


def _memory_rows(load: Load) -> list[list[Cell]]:
    begun, over = load.ingest.begun_s, load.ingest.over_s
    spans = {
        "the whole time": load.memory,
        "before": [one for one in load.memory if begun is None or one[0] < begun],
        "after": [one for one in load.memory if over is not None and one[0] > over],
    }
    return [_memory_row(name, each) for name, each in spans.items() if each]


def _memory_row(name: str, memory: Sequence[tuple[float, float]]) -> list[Cell]:
    held = [mib for _, mib in memory]
    steep = slope(memory)
    minutes = (memory[-1][0] - memory[0][0]) / 60
    return [
        name, round(minutes, 1), len(memory), round(held[0]), round(float(np.percentile(held, 50))), round(max(held)),
        round(held[-1]), None if steep is None else round(steep, 1),
    ]  # fmt: skip


def _facts(load: Load) -> list[list[Cell]]:
    ingest = load.ingest
    took = (
        None if ingest.begun_s is None or ingest.over_s is None else round(ingest.over_s - ingest.begun_s, 1)
    )
    return [
        ["minutes", round((load.over_s - load.begun_s) / 60, 1)],
        ["people", _N_PEOPLE],
        ["seconds to think between questions, shortest to longest", f"{THINKS_S[0]:g} to {THINKS_S[1]:g}"],
        ["requests of theirs", load.n_requests],
        ["questions", len(load.exchanges)],
        ["errors", sum(one.fault is not None for one in load.exchanges)],
        ["seconds to upload, read in and compute again", took],
        [
            "the file was read in",
            "yes" if took is not None and ingest.fault is None else ingest.fault or "no",
        ],
    ]


def _slowest(exchanges: Sequence[Exchange]) -> list[list[Cell]]:
    by_question: dict[str, list[float]] = {}
    for one in exchanges:
        if one.first_s is not None:
            by_question.setdefault(one.question, []).append(one.first_s)
    rows: list[list[Cell]] = [
        [question, len(each), round(statistics.median(each), 3), round(max(each), 3)]
        for question, each in by_question.items()
    ]
    return sorted(rows, key=lambda row: -float(row[3] or 0))[:_MOST_SLOW]


def _faults(load: Load) -> list[str]:
    found = Counter(one.fault for one in load.exchanges if one.fault is not None)
    return [f"Errors: {', '.join(f'{name} ({n})' for name, n in found.most_common())}."] if found else []


def _note(n_persons: int, further: Path) -> str:
    n_lines = len(further.read_bytes().splitlines())
    return (
        f"Simulated brand of {n_persons:,} customers; a further file of {n_lines:,} transcripts is read in. Offline analyst, "
        "over the event stream that the page reads; those who ask run on the same processors."
    )


_PEOPLE_COLUMNS = [
    "asked", "questions", "errors", "first words, p50 s", "p95 s", "answer, p50 s", "p95 s", "longest to first words, s",
]  # fmt: skip
_MEMORY_COLUMNS = [
    "when", "minutes", "looks", "at first, MiB", "p50, MiB", "most, MiB", "at the end, MiB", "slope, MiB an hour",
]  # fmt: skip
