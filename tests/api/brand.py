"""One simulated brand taken through the command line, made once for all tests that read it."""

import io
import os
import pickle
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import structlog
from filelock import FileLock

from agent.store import Store
from api.cli.main import main
from eval.simulator import SimulatedBrand, simulate

N_PERSONS = 200
"""Few, and enough for several pain points with more than one customer each."""
_SALT = "tests"
"""Fixed: who is held out, and with it what themes there are, would else differ from run to run."""
_SCOPE = ["--persona", "Fernway customers", "--journey", "First order", "--goal", "get gear that fits"]
_PURPOSE = ["--purpose", "find what to mend first"]


@dataclass(frozen=True)
class Ran:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Brand:
    """A home folder with a brand in it, and the exports it came from."""

    home: Path
    exports: SimulatedBrand
    map_id: str

    def journey(self, *words: str) -> Ran:
        """Run the command line on the brand."""
        return journey(self.home, *words)


def journey(home: Path, *words: str) -> Ran:
    """Run the command line in this process; what it does not turn into an exit code breaks the test."""
    out, err = io.StringIO(), io.StringIO()
    code: int | str | None = None
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(["--home", str(home), *words])
        except SystemExit as left:
            code = left.code
        finally:
            structlog.reset_defaults()
    assert isinstance(code, int)
    return Ran(code, out.getvalue(), err.getvalue())


def journey_process(home: Path, *words: str) -> Ran:
    """Run the command line in a process of its own, as a user does."""
    command = [sys.executable, "-m", "api.cli.main", "--home", str(home), *words]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=120)
    return Ran(done.returncode, done.stdout, done.stderr)


def shared_brand(factory: pytest.TempPathFactory) -> Brand:
    """Return a brand with a drafted map in a home of its own; it is made once, whichever process asks first."""
    own = factory.mktemp("brand")
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made-brand"
    folder.mkdir(exist_ok=True)
    kept = folder / "brand.pickle"
    with FileLock(folder / "lock"):
        if not kept.exists():
            kept.write_bytes(pickle.dumps(_made(folder)))
    made: Brand = pickle.loads(kept.read_bytes())  # noqa: S301 - written above
    home = own / "home"
    shutil.copytree(made.home, home, ignore=shutil.ignore_patterns("lock"))
    return replace(made, home=home)


def _made(folder: Path) -> Brand:
    """Simulate, ingest and draft."""
    exports = simulate(folder / "exports", n_persons=N_PERSONS, seed=3)
    home = folder / "home"
    Store.create(home, "default", salt=_SALT, now=exports.plan.as_of).close()
    files = (exports.transcripts, exports.reviews, exports.survey, exports.events, exports.store_visits)
    read = journey(home, "ingest", *map(str, files))
    assert read.code == 0, read.err
    drafted = journey(home, "map", "draft", *_SCOPE, *_PURPOSE)
    assert drafted.code == 0, drafted.err
    return Brand(home, exports, drafted.out.strip())
