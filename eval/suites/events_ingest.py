"""Part of suite `events`: events a second from a file to the lake, beside DuckDB reading the same file into sorted Parquet.

Ours joins persons, splits them, removes personal data, hashes ids, looks for what is stored already, and commits; DuckDB
does nothing but read and sort, so it is the floor. Processor time is told beside the clock's, for it does not depend on
what else the machine does.
"""

# PyArrow and DuckDB ship no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import csv
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import orjson
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from agent.events.lake_writer import LakeWriter
from agent.pipeline.ingest import ingest
from agent.store import Store, VaultWriter
from eval.suites.base import Cell, SuiteOptions, Table

_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_N = 1_000_000
_N_QUICK = 20_000
_EVENTS_A_PERSON = 20
_NAMES = (
    "Product Viewed", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed", "Support Contacted",
    "Email Opened", "Products Searched",
)  # fmt: skip
_COLUMNS = ("event_id", "event", "timestamp", "customer_id", "channel", "product", "price", "country")
_READ = {
    "Parquet": "read_parquet('{path}')",
    "CSV": "read_csv('{path}')",
    "Segment JSON lines": "read_json('{path}', format='newline_delimited')",
}


_NOTE = (
    "Ingesting: the floor is DuckDB reading the same file into one Parquet file sorted by person and time."
)


def ingest_tables(options: SuiteOptions) -> tuple[list[Table], list[str]]:
    """Return the table of rates; each form holds the same events."""
    n = _N_QUICK if options.quick else _N
    folder = options.work / "events-ingest"
    folder.mkdir(parents=True)
    files = _write(folder, n, random.Random(options.seed))
    _ours(folder / "warm-up", _small(folder))
    rows: list[list[Cell]] = []
    for form, path in files.items():
        wall, cpu = _timed(lambda path=path, form=form: _ours(folder / f"home-{form}", path))
        floor, floor_cpu = _timed(lambda path=path, form=form: _floor(folder, form, path))
        rows.append(
            [
                form,
                n,
                round(n / wall),
                round(n / cpu),
                round(n / floor),
                round(wall / floor, 1),
                round(cpu / floor_cpu, 1),
            ]
        )
    columns = [
        "form",
        "events",
        "events/s",
        "events/processor s",
        "DuckDB, events/s",
        "times the floor",
        "in processor s",
    ]
    title = f"Ingesting events, {_EVENTS_A_PERSON} a person"
    return [Table(title, columns, rows)], [_NOTE]


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _ours(home: Path, path: Path) -> None:
    with Store.create(home, "suite", holdout=0.2, now=_NOW) as store:
        vault = VaultWriter(store.home, "suite")
        try:
            lake = LakeWriter(store.home.lake_events("suite"))
            ingest([path], store=store, vault=vault, lake=lake, now=_NOW)
        finally:
            vault.close()


def _floor(folder: Path, form: str, path: Path) -> None:
    person = "userId" if form.startswith("Segment") else "customer_id"
    source = _READ[form].format(path=path)
    query = f"COPY (SELECT * FROM {source} ORDER BY {person}, timestamp) TO '{folder / 'floor.parquet'}'"  # noqa: S608 - our own names
    with duckdb.connect() as connection:
        connection.execute(f"{query} (FORMAT parquet, COMPRESSION zstd)")


def _small(folder: Path) -> Path:
    path = folder / "warm-up.csv"
    path.write_text("event,timestamp,customer_id\nProduct Viewed,2026-01-01T00:00:00Z,u1\n")
    return path


def _write(folder: Path, n: int, dice: random.Random) -> dict[str, Path]:
    table, calls, parquet = folder / "e.csv", folder / "e.jsonl", folder / "e.parquet"
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with table.open("w", newline="") as cells, calls.open("wb") as lines:
        writer = csv.writer(cells)
        writer.writerow(_COLUMNS)
        for _ in range(n):
            at = start + timedelta(seconds=dice.randrange(15_000_000), milliseconds=dice.randrange(1000))
            row = (
                f"message-{dice.getrandbits(96):024x}", dice.choice(_NAMES),
                at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                f"user-{dice.randrange(max(1, n // _EVENTS_A_PERSON))}", dice.choice(("web", "app", "store", "email")),
                f"Product {dice.randrange(500)}", round(dice.random() * 200, 2), dice.choice(("DE", "FR", "US", "GB")),
            )  # fmt: skip
            writer.writerow(row)
            lines.write(orjson.dumps(_call(row)) + b"\n")
    pq.write_table(pa_csv.read_csv(table), parquet)
    return {"Parquet": parquet, "CSV": table, "Segment JSON lines": calls}


def _call(row: tuple[str, str, str, str, str, str, float, str]) -> dict[str, object]:
    message_id, name, at, user, channel, product, price, country = row
    return {
        "type": "track", "messageId": message_id, "userId": user, "anonymousId": f"device-{user}", "event": name,
        "timestamp": at, "channel": channel, "context": {"locale": "en-US"},
        "properties": {"product": product, "price": price, "country": country},
    }  # fmt: skip
