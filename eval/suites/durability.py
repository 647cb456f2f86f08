"""Suite `durability`: a run of ingest and index is killed at random moments and done again.

Killed means SIGKILL: nothing of the product gets to tidy up. Afterwards the stores have to equal those of a run that
nobody disturbed: every table, every Parquet part, the vault, every vector of the index. There is no peer: the law
is equality, and the figure is the number of times it was broken, which has to be none.
"""

import hashlib
import multiprocessing
import random
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext
from pathlib import Path

from agent.events.lake_writer import LakeWriter
from agent.index import ChromaIndex
from agent.pipeline.indexing import check_index, update_index
from agent.pipeline.ingest import ingest
from agent.store import Store, VaultWriter
from agent.testing import HashEncoder
from eval.simulator.run import SimulatedBrand, simulate
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.suites.fingerprint import differences, fingerprint

_NOW = datetime(2026, 7, 1, tzinfo=UTC)
_WORKSPACE = "brand"
_SALT = "durability"
_DONE = "done"


def run(options: SuiteOptions) -> SuiteResult:
    """Kill runs and count the stores that end otherwise than an undisturbed run's."""
    n_persons, n_kills = (300, 5) if options.quick else (1_200, 50)
    brand = simulate(options.work / "brand", n_persons=n_persons, seed=options.seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    runs = _Runs(context, options.work, _files(brand))
    killed_in, broken = runs.kill(n_kills, random.Random(options.seed))
    outcome: list[Cell] = [n_kills, n_kills - len(broken), len(broken)]
    kills: list[list[Cell]] = [[phase, n] for phase, n in sorted(killed_in.items())]
    n_texts = brand.n_transcripts + brand.n_reviews + brand.n_survey_answers
    amount = f"{brand.n_events} events and {n_texts} texts of {brand.n_persons} simulated customers"
    return SuiteResult(
        suite="durability",
        tables=[
            Table("Stores after a kill and a second run", ["kills", "equal", "different"], [outcome]),
            Table("Where the kills fell", ["during", "kills"], kills),
            Table("Different stores", ["kill", "after, s", "parts"], broken),
        ],
        notes=[
            f"{amount}; an undisturbed run takes {runs.took_s:.1f} s.",
            "Vectors come from a hashing encoder: the suite is about stores, not about meaning.",
        ],
    )


class _Runs:
    """Runs on the same files, each in a process and on a home of its own; the first one is left alone."""

    def __init__(self, context: ForkServerContext, work: Path, files: Sequence[Path]) -> None:
        self._context = context
        self._work = work
        self._files = files
        _go(context, work / "warm-up", files, kill_after_s=None)
        self.took_s = _go(context, work / "undisturbed", files, kill_after_s=None)
        self._expected = _state(work / "undisturbed")

    def kill(self, n_kills: int, rng: random.Random) -> tuple[Counter[str], list[list[Cell]]]:
        """Return how many kills fell into which phase, and those after which the stores were different."""
        killed_in: Counter[str] = Counter()
        broken: list[list[Cell]] = []
        while killed_in.total() < n_kills:
            home = self._work / f"killed-{killed_in.total()}"
            moment_s = rng.uniform(0, self.took_s)
            _go(self._context, home, self._files, kill_after_s=moment_s)
            phase = _phase(home)
            if phase != _DONE:
                killed_in[phase] += 1
                _go(self._context, home, self._files, kill_after_s=None)
                if found := differences(self._expected, _state(home)):
                    broken.append([killed_in.total(), round(moment_s, 3), ", ".join(found)])
            shutil.rmtree(home, ignore_errors=True)
            _mark_file(home).unlink(missing_ok=True)
        return killed_in, broken


def _files(brand: SimulatedBrand) -> list[Path]:
    return [brand.transcripts, brand.events, brand.reviews, brand.survey, brand.store_visits]


def _go(
    context: ForkServerContext, home: Path, files: Sequence[Path], *, kill_after_s: float | None
) -> float:
    """Run in a process of its own, killing it after a while or not at all, and return how long it lived."""
    process = context.Process(target=_ingest_and_index, args=(home, list(files)))
    started = time.perf_counter()
    process.start()
    process.join(kill_after_s)
    if kill_after_s is not None:
        process.kill()
        process.join()
    elif process.exitcode != 0:
        msg = f"the run on {home.name!r} ended with {process.exitcode}"
        raise RuntimeError(msg)
    took_s = time.perf_counter() - started
    process.close()
    return took_s


def _ingest_and_index(home: Path, files: list[Path]) -> None:
    with Store.create(home, _WORKSPACE, salt=_SALT, now=_NOW) as store:
        _mark(home, "ingest")
        vault = VaultWriter(store.home, _WORKSPACE)
        lake = LakeWriter(store.home.lake_events(_WORKSPACE))
        ingest(files, store=store, vault=vault, lake=lake, now=_NOW)
        vault.close()
        _mark(home, "index")
        encoder = HashEncoder()
        index = ChromaIndex(
            store.home.index, workspace=_WORKSPACE, model_id=encoder.model_id, dim=encoder.dim
        )
        update_index(store, encoder=encoder, index=index)
        index.close()
    _mark(home, _DONE)


def _mark(home: Path, phase: str) -> None:
    _mark_file(home).write_text(phase)


def _mark_file(home: Path) -> Path:
    return home.with_name(f"{home.name}.phase")


def _phase(home: Path) -> str:
    """Return what a killed run was doing."""
    return _mark_file(home).read_text() if _mark_file(home).exists() else "start"


def _state(home: Path) -> dict[str, str]:
    """Return the fingerprint of a home with that of its index, which has to hold the store's own vectors."""
    found = fingerprint(home)
    encoder = HashEncoder()
    with Store.open(home, _WORKSPACE) as store:
        index = ChromaIndex(
            store.home.index, workspace=_WORKSPACE, model_id=encoder.model_id, dim=encoder.dim
        )
        held = sorted(index.vectors(sorted(index.ids())).items())
        found["index"] = hashlib.sha256(
            b"".join(name.encode() + vector.tobytes() for name, vector in held)
        ).hexdigest()
        found["index holds"] = str(check_index(store, encoder=encoder, index=index).holds)
        index.close()
    return found
