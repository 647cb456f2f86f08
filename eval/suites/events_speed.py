"""Part of suite `events`: from an unsorted Parquet file to transitions, paths, a funnel and sessions, beside PM4Py."""

# PyArrow and PM4Py ship no types; PM4Py is an optional peer.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false

import importlib
import importlib.util
import multiprocessing
import os
import resource
import shutil
import time
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from agent.events.funnels import FunnelPlan, FunnelStep, count_funnel
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.store.parts import EVENT_SCHEMA
from eval.suites.base import Cell, SuiteOptions, Table
from eval.suites.events_pm4py import whole_scope

_SIZES = (1_000_000, 10_000_000, 100_000_000)
_QUICK_SIZES = (2_000, 20_000)
_BESIDE_PEER = 10_000_000
"""Above this PM4Py needs more memory than the machine has."""
_EVENTS_PER_PERSON = 20
_N_NAMES = 30
_CHUNK = 1_000_000
_DAYS_MS = 90 * 86_400_000
_FIRST_US = 1_767_225_600_000_000
_ROOM_BYTES = 60
"""Free disk an event needs: the file, the steps and what a sort spills."""
_N_PATHS = 20
_UNITS_PER_GIB = 1024 * 1024
_WARM_UP = "warm-up"
_WARM_UP_EVENTS = 2_000
_FUNNEL = ("name_00", "name_10", "name_20")


class _Run(NamedTuple):
    took_s: float
    processor_s: float
    peak_gib: float
    n_moves: int
    n_persons: int


def speed_tables(options: SuiteOptions) -> tuple[list[Table], list[str]]:
    """Return the tables of this part, and the notes that go with them."""
    rows: list[list[Cell]] = []
    notes = [
        f"{os.cpu_count()} processors; each run in a process of its own, from the file to the figures, after one on {_WARM_UP_EVENTS:,} events.",
        "Ours: moves with distinct customers, median and 90th percentile of their time, the most frequent paths, sessions, a funnel of three steps.",
        "PM4Py: reads three columns, format_dataframe, discover_dfg, get_variants, start and end activities; no sessions, no funnel.",
    ]
    has_peer = importlib.util.find_spec("pm4py") is not None
    for size in _QUICK_SIZES if options.quick else _SIZES:
        if shutil.disk_usage(options.work).free < size * _ROOM_BYTES:
            notes.append(f"{size:,} events: not run, the disk has no room for them")
            continue
        folder = options.work / f"speed-{size}" / "events"
        write_events(folder / "part.parquet", size, seed=options.seed)
        write_events(folder.with_name(_WARM_UP) / "part.parquet", _WARM_UP_EVENTS, seed=options.seed)
        ours = _in_own_process(_measure_ours, folder)
        theirs = _in_own_process(_measure_pm4py, folder) if has_peer and size <= _BESIDE_PEER else None
        rows.append(_row(size, ours, theirs))
        shutil.rmtree(folder.parent)
    columns = [
        "events",
        "customers",
        "ours, s",
        "processor, s",
        "peak, GiB",
        "PM4Py, s",
        "peak, GiB",
        "times faster",
    ]
    return [
        Table("Unsorted Parquet to transitions, paths, funnel and sessions", [*columns, "same moves"], rows)
    ], notes


def _row(size: int, ours: _Run, theirs: _Run | None) -> list[Cell]:
    row: list[Cell] = [
        size,
        ours.n_persons,
        round(ours.took_s, 2),
        round(ours.processor_s, 2),
        round(ours.peak_gib, 2),
    ]
    if theirs is None:
        return [*row, None, None, None, None]
    same = "yes" if (ours.n_moves, ours.n_persons) == (theirs.n_moves, theirs.n_persons) else "no"
    return [
        *row,
        round(theirs.took_s, 2),
        round(theirs.peak_gib, 2),
        round(theirs.took_s / ours.took_s, 1),
        same,
    ]


def write_events(path: Path, n: int, *, seed: int) -> None:
    """Write made-up events in no order: few customers do much, few names are frequent."""
    rng = np.random.default_rng(seed)
    n_persons = max(n // _EVENTS_PER_PERSON, 1)
    persons = pa.array([f"p_{number:024x}" for number in rng.permutation(n_persons)])
    names = pa.array([f"name_{number:02d}" for number in range(_N_NAMES)])
    channels = pa.array(["web", "app", "store", None])
    weights = 1 / np.arange(1, _N_NAMES + 1)
    path.parent.mkdir(parents=True)
    with pq.ParquetWriter(path, EVENT_SCHEMA, compression="zstd") as file:
        for low in range(0, n, _CHUNK):
            size = min(_CHUNK, n - low)
            row = pa.array(np.arange(low, low + size))
            who = (n_persons * rng.random(size) ** 1.5).astype(np.int64)
            at = _FIRST_US + rng.integers(0, _DAYS_MS, size) * 1_000
            what = rng.choice(_N_NAMES, size, p=weights / weights.sum())
            columns = {
                "event_id": row.cast(pa.string()),
                "person_id": persons.take(pa.array(who)),
                "at": pa.array(at).cast(pa.timestamp("us", tz="UTC")),
                "name": names.take(pa.array(what)),
                "type": _all("track", size),
                "channel": channels.take(pa.array(rng.integers(0, 4, size))),
                "properties": _all("{}", size),
                "source_id": _all("s_1", size),
                "row": row,
            }
            file.write_table(pa.table(columns, schema=EVENT_SCHEMA))


def _all(value: str, n: int) -> pa.Array:
    return pa.array([value]).take(pa.array(np.zeros(n, dtype=np.int64)))


def _in_own_process(measure: Callable[[Path, "Connection[_Run, None]"], None], folder: Path) -> _Run:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=measure, args=(folder, sender))
    process.start()
    sender.close()
    measured = receiver.recv()
    process.join()
    return measured


def _measure_ours(folder: Path, sender: "Connection[_Run, None]") -> None:
    _ask(folder.with_name(_WARM_UP))
    started, used = time.perf_counter(), time.process_time()
    n_moves, n_persons = _ask(folder)
    took_s, processor_s = time.perf_counter() - started, time.process_time() - used
    sender.send(_Run(took_s, processor_s, _peak_gib(), n_moves, n_persons))
    sender.close()


def _ask(folder: Path) -> tuple[int, int]:
    lake = EventLake(folder, canonical={}, scratch=folder.parent)
    scope = whole_scope()
    journeys = Journeys(lake, scope)
    moves = journeys.moves()
    journeys.variants(_N_PATHS)
    journeys.n_sessions()
    plan = FunnelPlan(tuple(FunnelStep("name", name) for name in _FUNNEL))
    count_funnel(journeys.steps, plan, as_of=scope.as_of)
    n_persons = journeys.n_persons()
    lake.close()
    return sum(move.n for move in moves), n_persons


def _measure_pm4py(folder: Path, sender: "Connection[_Run, None]") -> None:
    warnings.simplefilter("ignore")
    pm4py: Any = importlib.import_module("pm4py")
    _ask_pm4py(pm4py, folder.with_name(_WARM_UP))
    started, used = time.perf_counter(), time.process_time()
    n_moves, n_persons = _ask_pm4py(pm4py, folder)
    took_s, processor_s = time.perf_counter() - started, time.process_time() - used
    sender.send(_Run(took_s, processor_s, _peak_gib(), n_moves, n_persons))
    sender.close()


def _ask_pm4py(pm4py: Any, folder: Path) -> tuple[int, int]:  # noqa: ANN401 - an optional peer
    frame = pd.read_parquet(folder / "part.parquet", columns=["person_id", "name", "at"])
    frame = pm4py.format_dataframe(frame, case_id="person_id", activity_key="name", timestamp_key="at")
    follows, _starts, _ends = pm4py.discover_dfg(frame)
    variants = pm4py.get_variants(frame)
    pm4py.get_start_activities(frame)
    pm4py.get_end_activities(frame)
    return _total(follows.values()), _total(variants.values())


def _total(counts: Sequence[Any]) -> int:
    return sum(n if isinstance(n, int) else len(n) for n in counts)


def _peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNITS_PER_GIB
