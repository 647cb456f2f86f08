"""Suite `memory`: peak memory of ingest, which has to stay flat while the number of events grows a hundredfold."""

import multiprocessing
import os
import resource
import shutil
import sys
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from agent.events.lake_writer import LakeWriter
from agent.pipeline.ingest import ingest
from agent.store import Store, VaultWriter
from eval.simulator.run import simulate
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table

_NOW = datetime(2026, 7, 1, tzinfo=UTC)
_EVENTS_PER_PERSON = 11.2
_SIZES = (10_000, 100_000, 1_000_000)
_QUICK_SIZES = (2_000, 20_000)
_MIB = 1024 * 1024
_UNITS_PER_MIB = _MIB if sys.platform == "darwin" else 1024
"""`ru_maxrss` counts bytes on macOS and KiB elsewhere."""


class _Measured(NamedTuple):
    before_mib: float
    peak_mib: float
    took_s: float
    processor_s: float
    n_read: int


def run(options: SuiteOptions) -> SuiteResult:
    """Ingest simulated events of growing number, each in a process of its own."""
    rows: list[list[Cell]] = []
    peaks: list[float] = []
    for size in _QUICK_SIZES if options.quick else _SIZES:
        folder = options.work / str(size)
        brand = simulate(folder / "brand", n_persons=round(size / _EVENTS_PER_PERSON), seed=options.seed)
        input_mib = brand.events.stat().st_size / _MIB
        measured = _in_own_process(folder / "home", brand.events)
        peaks.append(measured.peak_mib)
        rows.append(
            [
                measured.n_read,
                brand.n_persons,
                round(input_mib, 1),
                round(measured.before_mib),
                round(measured.peak_mib),
                round(measured.n_read / measured.took_s),
                round(measured.n_read / measured.processor_s),
            ]
        )
        shutil.rmtree(folder)
    columns = [
        "events",
        "customers",
        "input, MiB",
        "before, MiB",
        "peak, MiB",
        "events a second",
        "a processor second",
    ]
    growth = peaks[-1] / peaks[0]
    return SuiteResult(
        suite="memory",
        tables=[Table("Peak resident memory of ingest", columns, rows)],
        notes=[
            f"The peak grows by a factor of {growth:.2f} from the smallest to the largest input.",
            f"Rates on {os.cpu_count()} processors, both passes, redaction and the split included; ingest uses one of them.",
        ],
    )


def _in_own_process(home: Path, events: Path) -> _Measured:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(home, events, sender))
    process.start()
    sender.close()
    measured = receiver.recv()
    process.join()
    return measured


def _measure(home: Path, events: Path, sender: "Connection[_Measured, None]") -> None:
    before_mib = _peak_mib()
    started, used = time.perf_counter(), time.process_time()
    with Store.create(home, "brand", salt="memory", now=_NOW) as store:
        vault = VaultWriter(store.home, "brand")
        lake = LakeWriter(store.home.lake_events("brand"))
        report = ingest([events], store=store, vault=vault, lake=lake, kind="events", now=_NOW)
        vault.close()
    took_s, processor_s = time.perf_counter() - started, time.process_time() - used
    sender.send(_Measured(before_mib, _peak_mib(), took_s, processor_s, report.sources[0].n_read))
    sender.close()


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNITS_PER_MIB
