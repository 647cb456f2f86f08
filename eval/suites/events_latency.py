"""Part of suite `events`: how soon a new event is in the customer's state, beside how many events are stored."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar

import numpy as np
import orjson

from agent.analyse.state import CustomerState
from agent.analyse.state_rules import state_rules
from agent.pipeline.ingest import ingest
from agent.pipeline.state import customer_state
from agent.pipeline.workspace import Workspace
from agent.settings import Settings
from agent.store import Store
from eval.suites.base import Cell, SuiteOptions, Table

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SIZES, _QUICK_SIZES = (20_000, 200_000, 1_000_000), (2_000, 5_000)
_N_TRIES = 20
_EVENTS_A_CUSTOMER = 10
_NAMES = ("Product Viewed", "Cart Viewed", "Order Completed", "Product Searched", "Support Chat Started")
_NEW = {"Product Reviewed": "product_reviewed", "Order Completed": "order_completed"}
"""As sent, and as stored: one that nobody did before, and one that a fifth of all events is."""
_COMMAND = ("-c", "from api.cli.main import main; main()")


ItemT = TypeVar("ItemT")


class _Seen(NamedTuple):
    """One new event."""

    read_s: float
    state_s: float
    is_visible: bool

    @property
    def together_s(self) -> float:
        return self.read_s + self.state_s


class _Asked(NamedTuple):
    export: Path
    user: str
    event: str
    """As stored."""


def latency_tables(options: SuiteOptions) -> tuple[list[Table], list[str]]:
    """Measure from a file of one event to the state that shows it, in a service and by the command line."""
    rows: list[list[Cell]] = []
    for n_events in _QUICK_SIZES if options.quick else _SIZES:
        home = options.work / f"latency-{n_events}"
        store = Store.create(home, "brand", holdout=0.0, salt="latency", now=_NOW)
        with Workspace(settings=Settings(), store=store, now=_NOW) as workspace:
            export = options.work / "many.jsonl"
            with export.open("wb") as file:
                file.writelines(_calls(n_events, Random(options.seed)))
            _ingest(export, workspace)
            # The first loads what a service has loaded.
            _in_service(_asked(0, n_events, options.work), workspace)
            begun = time.process_time()
            served = [
                _in_service(_asked(number, n_events, options.work), workspace)
                for number in range(1, _N_TRIES + 1)
            ]
            processor_s = (time.process_time() - begun) / _N_TRIES
        rows.append([n_events, "service", *_row(served), round(processor_s, 3)])
        begun = _commands_s()
        by_hand = _by_command(_asked(_N_TRIES + 1, n_events, options.work), home)
        rows.append([n_events, "command line", *_row([by_hand]), round(_commands_s() - begun, 3)])
    columns = ["events", "by", "new events", "visible", "read, p50 s", "state, p50 s"]
    columns += ["together, p50 s", "together, p95 s", "processor, mean s"]
    note = (
        f"A new event until the state shows it: {_EVENTS_A_CUSTOMER} events a customer, each new one in a file of its own. "
        "Service: one process that has answered before. Command line: `journey ingest` and `journey state`, each a new "
        "process with its imports, once."
    )
    return [Table("A new event until the state shows it", columns, rows)], [note]


def _row(seen: list[_Seen]) -> list[Cell]:
    together = [each.together_s for each in seen]
    median = [
        float(np.median(each)) for each in ([one.read_s for one in seen], [one.state_s for one in seen])
    ]
    last = float(np.percentile(together, 95))
    times = (*median, float(np.median(together)), last)
    return [len(seen), sum(each.is_visible for each in seen), *(round(each, 3) for each in times)]


def _calls(n_events: int, rng: Random) -> Iterator[bytes]:
    start = _NOW - timedelta(days=180)
    for number in range(n_events):
        user = rng.randrange(n_events // _EVENTS_A_CUSTOMER)
        at = start + timedelta(seconds=rng.random() * 179 * 86_400)
        call = {
            "type": "track",
            "messageId": f"message-{number:09d}",
            "userId": f"user-{user:07d}",
            "anonymousId": f"device-{user:07d}-{rng.randrange(2)}",
            "event": rng.choice(_NAMES),
            "channel": "web",
            "timestamp": at.isoformat(),
        }
        yield orjson.dumps(call, option=orjson.OPT_APPEND_NEWLINE)


def _asked(number: int, n_events: int, work: Path) -> _Asked:
    user = f"user-{number * 17 % (n_events // _EVENTS_A_CUSTOMER):07d}"
    event = list(_NEW)[number % len(_NEW)]
    at = _NOW - timedelta(minutes=2 * _N_TRIES - number)
    call = {"type": "track", "messageId": f"new-{number}", "userId": user, "event": event}
    export = work / f"new-{number}.jsonl"
    export.write_bytes(orjson.dumps({**call, "channel": "web", "timestamp": at.isoformat()}))
    return _Asked(export, f"user_id={user}", _NEW[event])


def _in_service(asked: _Asked, workspace: Workspace) -> _Seen:
    read_s, _ = _timed(lambda: _ingest(asked.export, workspace))
    state_s, state = _timed(lambda: customer_state(workspace, asked.user, rules=state_rules()))
    last = state.last_event if isinstance(state, CustomerState) else None
    return _Seen(read_s, state_s, last is not None and last.event == asked.event)


def _by_command(asked: _Asked, home: Path) -> _Seen:
    ours = [sys.executable, *_COMMAND, "--home", str(home), "--workspace", "brand"]
    reading = [*ours, "ingest", str(asked.export), "--kind", "events"]
    read_s, _ = _timed(lambda: subprocess.run(reading, check=True, capture_output=True))  # noqa: S603
    asking = [*ours, "state", asked.user, "--json"]
    state_s, found = _timed(lambda: subprocess.run(asking, check=True, capture_output=True))  # noqa: S603
    last = orjson.loads(found.stdout)["last_event"]
    return _Seen(read_s, state_s, last is not None and last["event"] == asked.event)


def _commands_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _timed(work: Callable[[], ItemT]) -> tuple[float, ItemT]:
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


def _ingest(export: Path, workspace: Workspace) -> None:
    ingest(
        [export],
        store=workspace.store,
        vault=workspace.vault,
        lake=workspace.lake_writer,
        kind="events",
        now=workspace.now,
    )
