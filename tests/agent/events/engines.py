"""Asks one question of the same events on every engine: DuckDB, Polars, PostgreSQL and Spark."""

# Neither PyArrow, Spark nor Ibis ship types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false

import gc
import os
import shutil
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agent.events.connections import Connection
from agent.events.journeys import Journeys
from agent.events.steps import JourneyScope
from agent.events.warehouse import Warehouse
from agent.schemas.records import Event, Identifier
from tests.agent.events.builders import SCOPE, lake_of

T = TypeVar("T")
Row = Mapping[str, object]

ENGINES = ("duckdb", "polars", "postgres", "spark")
_SCHEMA = pa.schema(
    [
        ("message_id", pa.string()),
        ("user_id", pa.string()),
        ("timestamp", pa.timestamp("us", tz="UTC")),
        ("event", pa.string()),
        ("channel", pa.string()),
        ("row", pa.int64()),
    ]
)
_OWNER, _READER = "owner", "reader"
_PASSWORD = "open%sesame"  # noqa: S105 - of a cluster that lives as long as the tests
_started: list[Callable[[], object]] = []


def on_every_engine(
    events: Sequence[Event], question: Callable[[Journeys], T], *, scope: JourneyScope = SCOPE
) -> T:
    """Return the answer that the lake and every engine give alike.

    Args:
        events: Without one event twice.
        question: Answers in values that can be compared; the order of a list counts.
        scope: Of the journeys.
    """
    answer = _in_a_lake(events, question, scope)
    for engine in ENGINES:
        with warehouse_on(engine, rows_of_events(events)) as warehouse:
            assert question(Journeys(warehouse, scope)) == answer, engine
    return answer


def _in_a_lake(events: Sequence[Event], question: Callable[[Journeys], T], scope: JourneyScope) -> T:
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(Path(folder) / "events", events)
        try:
            return question(Journeys(lake, scope))
        finally:
            lake.close()


def rows_of_events(events: Sequence[Event]) -> list[Row]:
    """Return events as rows of a warehouse's table, whose `row` says what goes first at one moment, as in a lake."""
    in_order = sorted(events, key=lambda one: (one.row, one.source_id, one.event_id))
    return [
        {
            "message_id": f"{one.source_id}-{one.event_id}",
            "user_id": one.person_id,
            "timestamp": one.at,
            "event": one.name,
            "channel": one.channel,
            "row": row,
        }
        for row, one in enumerate(in_order)
    ]


def as_they_are(identifiers: Sequence[Identifier]) -> list[str | None]:
    """Return who identifiers lead to where everybody is called by their own id and nobody is held out."""
    return [identifier.value for identifier in identifiers]


@contextmanager
def warehouse_on(
    engine: str,
    rows: Sequence[Row],
    *,
    person_ids_of: Callable[[Sequence[Identifier]], list[str | None]] = as_they_are,
    name_of: Callable[[str], str | None] = str,
) -> Generator[Warehouse]:
    """Open a table of rows on an engine as a user of ours would: by URL, allowed to read and nothing else."""
    with tempfile.TemporaryDirectory() as folder, _as_spark_is(engine):
        # The server's own user has to get in.
        Path(folder).chmod(0o755)
        url, table = url_of(engine, pa.Table.from_pylist(list(rows), schema=_SCHEMA), Path(folder))
        connection = Connection(url)
        try:
            yield Warehouse(
                connection, table, person_ids_of=person_ids_of, event_name_of=name_of, channel_name_of=name_of
            )
        finally:
            if engine != "spark":  # its session serves all tests
                connection.close()


@contextmanager
def _as_spark_is(engine: str) -> Generator[None]:
    """Take no offence at how Spark calls Pandas and leaves its sockets to the garbage collector."""
    with warnings.catch_warnings():
        if engine == "spark":
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", ResourceWarning)
        yield
        if engine == "spark":
            gc.collect()


def url_of(engine: str, table: pa.Table, folder: Path) -> tuple[str, str]:
    """Put a table on an engine and return where it is: URL and name."""
    path = folder / "events.parquet"
    pq.write_table(table, path)
    if engine == "polars":
        return f"polars://{folder}", path.name
    if engine == "duckdb":
        file = folder / "events.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.execute(f"CREATE TABLE events AS FROM '{path}'")
        return f"duckdb://{file}", "events"
    if engine == "spark":
        spark().read.parquet(str(path)).createOrReplaceTempView("events")
        return "spark://", "events"
    fill_postgres(table)
    return f"postgres://{_READER}:open%25sesame@127.0.0.1:{postgres_port()}/shop", "events"


def fill_postgres(table: pa.Table) -> None:
    """Replace the events of the cluster."""
    with owner_of_postgres() as connection:
        connection.execute("DROP TABLE IF EXISTS events")
        connection.execute(
            "CREATE TABLE events (message_id text, user_id text, timestamp timestamptz, event text, channel text, row bigint)"
        )
        with connection.cursor() as cursor, cursor.copy("COPY events FROM STDIN") as copy:
            for row in table.to_pylist():
                copy.write_row(list(row.values()))
        connection.execute(f"GRANT SELECT ON events TO {_READER}")


def owner_of_postgres() -> "psycopg.Connection[Any]":
    """Return a connection that may do everything."""
    return psycopg.connect(
        host="127.0.0.1",
        port=postgres_port(),
        user=_OWNER,
        password=_PASSWORD,
        dbname="shop",
        autocommit=True,
    )


@cache
def postgres_port() -> int:
    """Start a cluster of our own, once, and return its port; skips where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [
        Path(path) for path in [shutil.which("initdb")] if path
    ]
    if not found:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    programs = found[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="journey-postgres-"))
    port = _free_port()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    (folder / "password").write_text(_PASSWORD)
    (folder / "password").chmod(0o644)
    # Letters in the order of a language, as most warehouses have them: nothing may hang on it.
    access = ["-U", _OWNER, "--pwfile", folder / "password", "-A", "md5"]
    language = ["-E", "UTF8", "--locale", "C.UTF-8", "--locale-provider", "icu", "--icu-locale", "en-US"]
    _as_postgres([programs / "initdb", "-D", folder / "data", *access, *language, "--no-sync"])
    control = [programs / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log"]
    settings = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c jit=off"
    _as_postgres([*control, "-o", settings, "start"])
    _started.append(lambda: (_as_postgres([*control, "-m", "immediate", "stop"]), shutil.rmtree(folder)))
    with psycopg.connect(
        host="127.0.0.1", port=port, user=_OWNER, password=_PASSWORD, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("CREATE DATABASE shop")
        connection.execute(f"CREATE ROLE {_READER} LOGIN PASSWORD '{_PASSWORD}'")
    return port


def _as_postgres(command: Sequence[str | Path]) -> None:
    # The server refuses to run as root.
    by = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*by, *map(str, command)], check=False, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@cache
def spark() -> Any:
    """Start a local session, once; skips where there is no Java."""
    if shutil.which("java") is None:
        pytest.skip("there is no Java, which Spark runs on: apt-get install default-jre-headless")
    from pyspark.sql import SparkSession  # noqa: PLC0415 - starts nothing where there is no Java

    # Read by the virtual machine as it starts: quick to start, since these runs are short.
    os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "1")
        # Compiling costs more than it saves where rows are few.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    _started.append(session.stop)
    return session


def stop_engines() -> None:
    """Stop what was started."""
    with _as_spark_is("spark"):
        while _started:
            _started.pop()()
