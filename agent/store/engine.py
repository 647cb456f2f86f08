"""A database opened for one workspace: transactions, upserts and vendors' errors, in one place.

Every statement the store runs is built by `Scoped`, which adds the workspace; so no query can leave it out.
"""

import secrets
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from agent.errors import StoreError, StoreFullError

_BUSY_TIMEOUT_S = 10
_FOLD_TIMEOUT_MS = 200
_CACHE_KIB = 16 * 1024
"""Of pages; the driver's 2 MiB make inserts of hashed keys read pages again and again."""
_CHUNK = 900
"""Values in one `IN`; SQLite's oldest limit is 999 parameters."""
_PRIMARY = 0xFF
"""Of an error code of SQLite: what it is, without its details."""
_FULL_CODES = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})

Row = Mapping[str, Any]
ItemT = TypeVar("ItemT")


def open_engine(path: Path) -> sa.Engine:
    """Return an engine on a SQLite file: write-ahead log, foreign keys, explicit transactions."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": _BUSY_TIMEOUT_S, "isolation_level": None, "check_same_thread": False},
        json_serializer=dump_json,
        json_deserializer=orjson.loads,
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def as_dict(row: sa.Row[Any]) -> dict[str, Any]:
    """Return a row as column name to value."""
    # The underscore only keeps the name apart from columns; it is SQLAlchemy's public way.
    return dict(row._mapping)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def dump_json(value: object) -> str:
    """Return JSON text with sorted keys, so that equal values have equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_S * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    # The driver would begin only at the first write and then fail instead of waiting for another writer.
    connection.exec_driver_sql(
        "BEGIN" if connection.get_execution_options().get("reads") else "BEGIN IMMEDIATE"
    )


@contextmanager
def store_errors(path: Path) -> Generator[None]:
    """Turn a database driver's errors into the product's.

    Raises:
        StoreFullError: No space is left for the database.
        StoreError: Anything else the database refuses.
    """
    try:
        yield
    except DBAPIError as error:
        cause = error.orig
        reason = str(cause)
        code = getattr(cause, "sqlite_errorcode", None)
        if isinstance(code, int) and code & _PRIMARY == sqlite3.SQLITE_READONLY:
            msg = f"{str(path)!r} cannot be written, as it or its folder is read-only; nothing was stored"
            hint = "Let whoever runs this give it the right to write there, then do it again."
            raise StoreError(msg, hint=hint, context={"path": str(path)}) from error
        if isinstance(cause, sqlite3.Error) and code in _FULL_CODES:
            msg = f"{str(path)!r} cannot be written: {reason}; nothing of the unfinished step was kept"
            hint = (
                "Free some space or raise the limit, then run the command again; it goes on where it stopped."
            )
            raise StoreFullError(msg, hint=hint, context={"path": str(path)}) from error
        msg = f"{str(path)!r} cannot be used: {reason}; a database of this product was expected"
        hint = "Check the folder given with --home and its permissions."
        raise StoreError(msg, hint=hint, context={"path": str(path)}) from error


def batched(items: Iterable[ItemT], size: int) -> Iterator[list[ItemT]]:
    """Yield items in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


class Database:
    """An engine whose nested transactions of one thread become one, so that several writes commit together."""

    def __init__(self, engine: sa.Engine, *, path: Path) -> None:
        self.engine = engine
        self.path = path
        self.run = secrets.token_hex(8)
        """Names this opening of the database; another process, or a later one, has another."""
        self._reader = engine.execution_options(reads=True)
        self._open = threading.local()

    @contextmanager
    def begin(self) -> Generator[sa.Connection]:
        """Write in a transaction; inside another one of the same thread, take part in that one."""
        current: sa.Connection | None = getattr(self._open, "connection", None)
        if current is not None:
            yield current
            return
        with store_errors(self.path), self.engine.begin() as connection:
            self._open.connection = connection
            try:
                yield connection
            finally:
                self._open.connection = None

    @contextmanager
    def read(self) -> Generator[sa.Connection]:
        """Read; inside a transaction of the same thread, see what it wrote."""
        current: sa.Connection | None = getattr(self._open, "connection", None)
        if current is not None:
            yield current
            return
        with store_errors(self.path), self._reader.connect() as connection:
            yield connection

    def fold_log(self) -> None:
        """Fold the write-ahead log into the file and empty it, so that what was deleted is in neither.

        Where another thread reads or writes at this moment, the log is left to the next call or to closing.
        """
        if self.engine.dialect.name != "sqlite" or getattr(self._open, "connection", None) is not None:
            return
        with store_errors(self.path), self.engine.connect() as connection:
            driver = connection.connection.driver_connection
            # SQLAlchemy would begin a transaction, inside of which SQLite folds nothing.
            if isinstance(driver, sqlite3.Connection):
                driver.execute(f"PRAGMA busy_timeout = {_FOLD_TIMEOUT_MS}")
                with suppress(sqlite3.Error):
                    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                driver.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_S * 1000}")

    def close(self) -> None:
        """Close all connections; the write-ahead log is folded into the file."""
        self.engine.dispose()


class Scoped:
    """A database as one workspace sees it."""

    def __init__(self, database: Database, *, ws: int) -> None:
        self.database = database
        self.ws = ws

    def select(self, table: sa.Table, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
        """Return a query of the workspace's rows; all columns but the workspace's where none are named."""
        named = columns or tuple(column for column in table.c if column.name != "ws")
        return sa.select(*named).where(table.c.ws == self.ws)

    def update(self, table: sa.Table) -> sa.Update:
        """Return an update of the workspace's rows."""
        return sa.update(table).where(table.c.ws == self.ws)

    def delete(self, table: sa.Table) -> sa.Delete:
        """Return a deletion of the workspace's rows."""
        return sa.delete(table).where(table.c.ws == self.ws)

    def rows(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        """Run a query and return all its rows."""
        with self.database.read() as connection:
            return list(connection.execute(query).all())

    def scalar(self, query: sa.Select[Any]) -> Any:  # noqa: ANN401 - the type is the query's column's
        """Run a query and return the first column of its first row, or None."""
        with self.database.read() as connection:
            return connection.execute(query).scalar()

    def pages(
        self, query: sa.Select[Any], key: sa.ColumnElement[Any], *, size: int = 2000
    ) -> Iterator[sa.Row[Any]]:
        """Yield a query's rows in the order of a unique column, holding one page and no open connection."""
        ordered = query.order_by(key).limit(size)
        last: Any = None
        while True:
            page = self.rows(ordered if last is None else ordered.where(key > last))
            yield from page
            if len(page) < size:
                return
            last = getattr(page[-1], key.key or "")

    def rows_in(
        self, query: sa.Select[Any], column: sa.ColumnElement[Any], values: Iterable[Any]
    ) -> Iterator[sa.Row[Any]]:
        """Yield the rows of a query whose column is one of many values, which may exceed a statement's limit."""
        wanted = sorted(set(values))
        with self.database.read() as connection:
            for start in range(0, len(wanted), _CHUNK):
                yield from connection.execute(query.where(column.in_(wanted[start : start + _CHUNK])))

    def execute(self, statement: sa.Update | sa.Delete, rows: Sequence[Row] | None = None) -> None:
        """Run an update or a deletion, once or for each of some parameter rows."""
        if rows is not None and not rows:
            return
        with self.database.begin() as connection:
            connection.execute(statement, rows)

    def execute_in(
        self, statement: sa.Update | sa.Delete, column: sa.ColumnElement[Any], values: Sequence[Any]
    ) -> None:
        """Run an update or a deletion of the rows whose column is one of many values."""
        with self.database.begin() as connection:
            for start in range(0, len(values), _CHUNK):
                connection.execute(statement.where(column.in_(values[start : start + _CHUNK])))

    def add_new(self, table: sa.Table, rows: Iterable[Row]) -> int:
        """Insert rows whose key is not there yet, and return how many were."""
        scoped = [{**row, "ws": self.ws} for row in rows]
        if not scoped:
            return 0
        with self.database.begin() as connection:
            return _run_many(connection, _insert(connection, table).on_conflict_do_nothing(), scoped)

    def put(self, table: sa.Table, rows: Iterable[Row]) -> None:
        """Insert rows, replacing those with the same key."""
        scoped = [{**row, "ws": self.ws} for row in rows]
        if not scoped:
            return
        keys = [column.name for column in table.primary_key]
        with self.database.begin() as connection:
            statement = _insert(connection, table)
            values = {name: statement.excluded[name] for name in scoped[0] if name not in keys}
            _run_many(connection, statement.on_conflict_do_update(index_elements=keys, set_=values), scoped)


def _run_many(
    connection: sa.Connection, statement: sqlite.Insert | postgresql.Insert, rows: Sequence[Row]
) -> int:
    """Run an insert for each of some rows with the same keys, and return how many rows it wrote."""
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    names = compiled.positiontup
    if names is None or set(names) != set(rows[0]):
        return connection.execute(statement, rows).rowcount
    # SQLAlchemy would look at every value of every row, and most columns take values as they are.
    columns = [
        [row[name] for row in rows] if convert is None else [convert(row[name]) for row in rows]
        for name, convert in ((name, _converter(connection, statement.table.c[name])) for name in names)
    ]
    return connection.exec_driver_sql(str(compiled), list(zip(*columns, strict=True))).rowcount


def _converter(connection: sa.Connection, column: sa.ColumnElement[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, sa.LargeBinary):
        return None  # drivers take bytes
    return column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)


def _insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
