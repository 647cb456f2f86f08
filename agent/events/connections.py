"""Opens a warehouse by its URL, to be read and nothing else."""

# Ibis ships no types for its connections.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import re
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit

import ibis
from ibis.common.exceptions import IbisError

from agent.errors import ConfigError, StoreError

_CONNECT_TIMEOUT_S = 10
_CLIENTS = (
    "adbc_driver_manager", "clickhouse_connect", "databricks", "duckdb", "google", "grpc", "httpx", "ibis", "polars",
    "psycopg", "py4j", "pyspark", "requests", "snowflake", "sqlglot", "trino", "urllib3",
)  # fmt: skip
"""Packages whose exceptions mean that an engine could not do what it was asked."""
_MESSAGE_CHARS = 400
_HIDDEN = "***"
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_HINT = (
    "Check JOURNEY_WAREHOUSE_URL and JOURNEY_WAREHOUSE_TABLE, that the warehouse answers, and that its user may SELECT "
    "from the table."
)
_REFUSED = re.compile(
    r"authentication failed|access denied for user|incorrect username or password|role \S+ does not exist|no password supplied",
    re.IGNORECASE,
)
"""How engines say that they do not know a user, or not by this password."""
_REFUSED_HINT = (
    "Check the user and the password in JOURNEY_WAREHOUSE_URL; signs such as @ in them are written as %40."
)
_URL_HINT = "It starts with postgres://, duckdb://, spark://, polars://, clickhouse:// ..."
_PLAIN_WORD = re.compile(r"[a-z]{1,12}")
_NAMED_ENGINES = frozenset(
    {"postgres", "duckdb", "polars", "pyspark", "clickhouse", "bigquery", "snowflake", "trino"}
)
_EXTRAS = {"postgres": "postgres", "pyspark": "spark"}
_READERS = {".parquet": "read_parquet", ".csv": "read_csv", ".jsonl": "read_json", ".ndjson": "read_json"}


class Connection:
    """An engine that is asked questions; nothing is ever created there.

    Args:
        url: An Ibis URL: `postgres://`, `duckdb://`, `spark://`, `polars://` for a folder of files, `clickhouse://`,
            `bigquery://`, `snowflake://`, `trino://` ...

    Raises:
        ConfigError: The URL names no engine, or the engine's client is not installed.
        StoreError: The warehouse is away or denies access.
    """

    def __init__(self, url: str) -> None:
        self._secrets = _secrets_of(url)
        self.name = _shown(url)
        with self.asking("cannot be opened"):
            self._backend = _open(url)

    def table(self, name: str) -> Any:  # noqa: ANN401 - Ibis ships no types
        """Return a table by its name, which may lead with catalog and schema; for Polars a file of the folder.

        Raises:
            StoreError: There is no such table, or it may not be read.
        """
        *place, own = name.split(".")
        database = tuple(place) if len(place) > 1 else (place or [None])[0]
        with self.asking(f"has no table {name!r} that may be read"):
            if isinstance(self._backend, _Folder):
                return self._backend.table(name)
            return self._backend.table(own, database=database)

    @contextmanager
    def asking(self, failure: str = "could not answer") -> Generator[None]:
        """Turn what the engine raises inside into an error that names the warehouse and no password.

        Raises:
            StoreError: The engine failed.
        """
        with engine_errors(f"the warehouse {self.name} {failure}", secrets=self._secrets):
            yield

    def close(self) -> None:
        """Let go of the engine."""
        self._backend.disconnect()


@contextmanager
def engine_errors(failure: str, *, secrets: Sequence[str] = ()) -> Generator[None]:
    """Turn what an engine raises inside into an error of ours that shows no secret.

    Raises:
        StoreError: The engine failed.
    """
    try:
        yield
    except Exception as error:
        if not _is_engines(error):
            raise
        said = " ".join(str(error).split())
        refused = _REFUSED.search(said) is not None
        told = "the user or the password was refused" if refused else _without(said, secrets)
        # Engines say no more of a table that is not there than its name.
        msg = failure if told in failure else f"{failure}: {told}"
        # The cause could hold what was taken out of the message.
        raise StoreError(msg, hint=_REFUSED_HINT if refused else _HINT) from None


def _without(said: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        said = said.replace(secret, _HIDDEN)
    return _CREDENTIALS.sub(_HIDDEN, said)[:_MESSAGE_CHARS]


def keep_quiet(backend: Any) -> None:  # noqa: ANN401 - Ibis ships no types
    """Keep DuckDB from drawing its progress on stdout, where answers are printed."""
    backend.raw_sql("SET enable_progress_bar = false")


def _is_engines(error: Exception) -> bool:
    package = type(error).__module__.split(".")[0].removeprefix("_")
    return isinstance(error, IbisError | OSError) or package in _CLIENTS


def _secrets_of(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    spoken = {parts.password or "", unquote(parts.password or ""), unquote_plus(parts.password or "")}
    user = unquote(parts.username or "")
    # A user's name may be any word, so only where an engine quotes it is it known to be the user's.
    users = (f'"{user}"', f"'{user}'") if user else ()
    return (url, *sorted(spoken - {""}, key=len, reverse=True), *users, *filter(None, [parts.query]))


def _shown(url: str) -> str:
    """Return a URL without user, password and parameters."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _open(url: str) -> Any:  # noqa: ANN401 - Ibis ships no types
    if "://" not in url:
        # What stands there may be a password that was put into the wrong setting.
        given = repr(url) if _PLAIN_WORD.fullmatch(url) else f"{len(url)} characters without '://'"
        msg = f"JOURNEY_WAREHOUSE_URL names no engine: it is {given}, which is no URL"
        raise ConfigError(msg, hint=_URL_HINT)
    parts = urlsplit(url)
    scheme = {"postgresql": "postgres", "spark": "pyspark"}.get(parts.scheme, parts.scheme)
    opening = _OPENERS.get(scheme, _open_any)
    try:
        return opening(parts._replace(scheme=scheme))
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        wanted = f"journey-insight-agent[{extra}]" if extra else f"ibis-framework[{scheme}]"
        missing = f": {error.name}" if error.name else ""
        msg = f"the engine {scheme!r} needs a client of its own, which is not installed{missing}"
        hint = f"pip install {wanted!r}"
        if scheme not in _NAMED_ENGINES:
            hint += "; docs/warehouse.md lists the engines that are known to work, and this is none of them"
        raise ConfigError(msg, hint=f"{hint}.") from None


def _open_any(parts: SplitResult, **settings: object) -> Any:  # noqa: ANN401 - Ibis ships no types
    if parts.scheme not in _engines():
        msg = f"JOURNEY_WAREHOUSE_URL names no engine: {parts.scheme!r}"
        raise ConfigError(msg, hint=_URL_HINT)
    return ibis.connect(parts.geturl(), **settings)


def _engines() -> frozenset[str]:
    return frozenset(point.name for point in entry_points(group="ibis.backends"))


def _open_postgres(parts: SplitResult) -> Any:  # noqa: ANN401 - Ibis ships no types
    # The server itself refuses to write, whatever the role may do.
    read_only = "-c default_transaction_read_only=on"
    return _open_any(parts, options=read_only, connect_timeout=_CONNECT_TIMEOUT_S)


def _open_duckdb(parts: SplitResult) -> Any:  # noqa: ANN401 - Ibis ships no types
    # Others write an absolute path with four slashes, and mean the same.
    path = f"/{parts.path.lstrip('/')}" if parts.path.startswith("//") else parts.path
    backend = _open_any(parts._replace(path=path), read_only=True)
    keep_quiet(backend)
    return backend


def _open_snowflake(parts: SplitResult) -> Any:  # noqa: ANN401 - Ibis ships no types
    # Ibis would create functions of its own there.
    return _open_any(parts, create_object_udfs=False)


class _Folder:
    """Files of a folder as tables of Polars.

    Args:
        parts: `polars:///folder`.
    """

    def __init__(self, parts: SplitResult) -> None:
        from agent.events.polars_windows import teach_windows  # noqa: PLC0415 - Polars is an extra

        teach_windows()
        self._path = Path(unquote(parts.netloc + parts.path))
        self._backend = ibis.polars.connect()

    def table(self, name: str) -> Any:  # noqa: ANN401 - Ibis ships no types
        """Return a file's rows."""
        path = self._path / name
        reader = _READERS.get(path.suffix)
        if reader is None:
            msg = f"a file of {', '.join(_READERS)} was expected"
            raise OSError(msg)
        if not path.is_file():
            msg = f"there is no file {str(path)!r}"
            raise FileNotFoundError(msg)
        return getattr(self._backend, reader)(path)

    def disconnect(self) -> None:
        """Let go of nothing; files are read when they are asked."""


_OPENERS: dict[str, Callable[[SplitResult], Any]] = {
    "duckdb": _open_duckdb,
    "polars": _Folder,
    "postgres": _open_postgres,
    "snowflake": _open_snowflake,
}
