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
_PHASES = {"ingest": "index", "index": _DONE}
"""Each phase and what comes after it; kills fall into them in turn."""
_POLL_S = 0.002


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
            Table("Different stores", ["during", "after, s", "parts"], broken),
        ],
        notes=[
            f"{amount}; undisturbed, ingest takes {runs.took_s['ingest']:.1f} s and index {runs.took_s['index']:.1f} s.",
            "Vectors come from a hashing encoder: the suite is about stores, not about meaning.",
        ],
    )


class _Runs:
    """Runs on the same files, each in a process and on a home of its own; the first ones are left alone."""

    def __init__(self, context: ForkServerContext, work: Path, files: Sequence[Path]) -> None:
        self._context = context
        self._work = work
        self._files = files
        whole = work / "undisturbed"
        for home in (work / "warm-up", whole):
            self._finish(home)
        self.took_s = {
            phase: _marked_at(whole, after) - _marked_at(whole, phase) for phase, after in _PHASES.items()
        }
        self._expected = _state(whole)

    def kill(self, n_kills: int, rng: random.Random) -> tuple[Counter[str], list[list[Cell]]]:
        """Return how many kills fell into which phase, and those after which the stores were different."""
        killed_in: Counter[str] = Counter()
        broken: list[list[Cell]] = []
        while killed_in.total() < n_kills:
            phase = min(_PHASES, key=lambda each: killed_in[each])
            home = self._work / f"killed-{killed_in.total()}"
            moment_s = rng.uniform(0, self.took_s[phase])
            # A run that got beyond the phase before the kill is drawn again.
            if self._start_and_kill(home, phase, moment_s):
                killed_in[phase] += 1
                self._finish(home)
                if found := differences(self._expected, _state(home)):
                    broken.append([phase, round(moment_s, 3), ", ".join(found)])
            for left in self._work.glob(f"{home.name}*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        return killed_in, broken

    def _start_and_kill(self, home: Path, phase: str, moment_s: float) -> bool:
        process = self._context.Process(target=_ingest_and_index, args=(home, list(self._files)))
        process.start()
        while not _mark_file(home, phase).exists() and process.is_alive():
            time.sleep(_POLL_S)
        time.sleep(moment_s)
        process.kill()
        process.join()
        process.close()
        return not _mark_file(home, _PHASES[phase]).exists()

    def _finish(self, home: Path) -> None:
        process = self._context.Process(target=_ingest_and_index, args=(home, list(self._files)))
        process.start()
        process.join()
        if process.exitcode != 0:
            msg = f"the run on {home.name!r} ended with {process.exitcode}"
            raise RuntimeError(msg)
        process.close()


def _files(brand: SimulatedBrand) -> list[Path]:
    return [brand.transcripts, brand.events, brand.reviews, brand.survey, brand.store_visits]


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
            store.home.index_of(_WORKSPACE), workspace=_WORKSPACE, model_id=encoder.model_id, dim=encoder.dim
        )
        update_index(store, encoder=encoder, index=index)
        index.close()
    _mark(home, _DONE)


def _mark(home: Path, phase: str) -> None:
    _mark_file(home, phase).touch()


def _mark_file(home: Path, phase: str) -> Path:
    return home.with_name(f"{home.name}.{phase}")


def _marked_at(home: Path, phase: str) -> float:
    return _mark_file(home, phase).stat().st_mtime


def _state(home: Path) -> dict[str, str]:
    """Return the fingerprint of a home with that of its index, which has to hold the store's own vectors."""
    found = fingerprint(home)
    encoder = HashEncoder()
    with Store.open(home, _WORKSPACE) as store:
        index = ChromaIndex(
            store.home.index_of(_WORKSPACE), workspace=_WORKSPACE, model_id=encoder.model_id, dim=encoder.dim
        )
        held = sorted(index.vectors(sorted(index.ids())).items())
        found["index"] = hashlib.sha256(
            b"".join(name.encode() + vector.tobytes() for name, vector in held)
        ).hexdigest()
        found["index holds"] = str(check_index(store, encoder=encoder, index=index).holds)
        index.close()
    return found
