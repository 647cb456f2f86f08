"""The server's end while something is still being computed."""

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.settings import Settings
from api.web.brands import Brand, Brands
from api.web.jobs import JobContext, Jobs

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_brand_that_computes_is_left_open_and_the_end_does_not_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stores something still finds its stores; once it is over they close."""
    go, done = threading.Event(), threading.Event()

    def compute(brand: Brand) -> None:
        go.wait(20)
        brand.workspace.store.records.count()
        done.set()

    monkeypatch.setattr(Brand, "refresh", compute)
    brands = Brands.open(Settings(home=tmp_path / "home", workspace="shop"), clock=lambda: NOW)
    brands.create("shop", holdout=0.1).snapshot()
    begun = time.monotonic()
    assert not brands.close(within_s=0.1)
    assert time.monotonic() - begun < 2
    assert brands.is_working
    go.set()
    assert done.wait(5)
    assert brands.close(within_s=5)
    assert not brands.is_working


def test_jobs_that_do_not_look_up_are_not_waited_for() -> None:
    """One that looks up is stopped in time."""
    jobs, go = Jobs(), threading.Event()

    def deaf(_context: JobContext) -> str:
        go.wait(20)
        return ""

    jobs.start(deaf, workspace="shop", account_id="a", title="Reading")
    assert not jobs.close(within_s=0.05)
    assert jobs.is_working
    go.set()
    assert jobs.close(within_s=5)
