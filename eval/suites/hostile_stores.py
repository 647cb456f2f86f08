"""Part of suite `chat_hostile`: what stands in the stores, row by row and file by file, so that a change is seen."""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from eval.suites.base import Cell
from eval.suites.hostile_texts import marks_in

_DATABASES = ("journey.db", "accounts.db", "vault/vault.db")
_FILES = ("lake/**/*.parquet", "vault/**/*.parquet", "*.toml")
OF_WHO_ASKS = frozenset(
    {
        "journey.db/conversations", "journey.db/turns", "journey.db/turn_records", "journey.db/model_calls",
        "accounts.db/sessions", "accounts.db/audit", "accounts.db/attempts", "accounts.db/links",
    }
)  # fmt: skip
"""What asking, looking and signing in write: of the person who does it."""
_BOOKS = frozenset({"journey.db/seen_blocks", "journey.db/event_spellings", "journey.db/signature_values"})
"""Counts and marks over all that was read, not of a customer."""
_NOT_COMPUTED = " WHERE type NOT IN ('found_themes', 'themes', 'pain_points')"
"""Of the documents: those that the server does not make anew of the data when it starts and when a model has named themes."""

Dump = Mapping[str, frozenset[str]]
"""Table, or pattern of files, to digests of its rows."""


def dump(home: Path) -> Dump:
    """Return digests of everything that the stores of a home hold."""
    found: dict[str, frozenset[str]] = {}
    for name in _DATABASES:
        if (home / name).exists():
            found |= {f"{name}/{table}": frozenset(rows) for table, rows in _tables(home / name)}
    for pattern in _FILES:
        found[pattern] = frozenset(
            f"{path.relative_to(home)} {hashlib.sha256(path.read_bytes()).hexdigest()}"
            for path in home.glob(pattern)
        )
    return found


def _tables(path: Path) -> Iterator[tuple[str, set[str]]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        names = [
            str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for name in names:
            own = _NOT_COMPUTED if name == "documents" else ""
            rows = connection.execute(f'SELECT * FROM "{name}"{own}')  # noqa: S608 - names come from the database itself
            yield name, {hashlib.sha256(repr(row).encode()).hexdigest() for row in rows}


def changes(before: Dump, after: Dump, *, reading: bool) -> list[list[Cell]]:
    """Return the tables of which rows are gone, changed or unduly new.

    Args:
        before: What stood there.
        after: What stands there.
        reading: Whether something was read in, so that rows may be new; otherwise none may, but of who asks.

    Returns:
        Table, rows before, rows of these that are gone or changed, new rows.
    """
    rows: list[list[Cell]] = []
    for name in sorted({*before, *after}):
        if name in OF_WHO_ASKS or (reading and name in _BOOKS):
            continue
        old, new = before.get(name, frozenset()), after.get(name, frozenset())
        if old - new or (not reading and new - old):
            rows.append([name, len(old), len(old - new), len(new - old)])
    return rows


def strays(home: Path) -> list[str]:
    """Return the names of files at a home and beside it that were taken from the name of an uploaded file."""
    return sorted(path.name for path in home.parent.rglob("*") if marks_in(path.name))


def n_rows(one: Dump) -> int:
    """Return how many rows and files could have been changed."""
    return sum(len(rows) for name, rows in one.items() if name not in OF_WHO_ASKS)
