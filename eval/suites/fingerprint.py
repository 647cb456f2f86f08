"""What the stores of a home hold, as one digest a part: two homes with equal fingerprints hold the same.

Only the times of making and reading are left out; everything else that is stored counts, the vault included.
"""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from agent.store import Home

_TIMES = frozenset({"created_at", "read_at", "saved_at"})
_LEFT_OUT = frozenset({"alembic_version"})


def fingerprint(path: Path) -> dict[str, str]:
    """Return part name to SHA-256 of what the home's part holds: each table and each Parquet part is one.

    The home must not be in use.
    """
    home = Home(path)
    found: dict[str, str] = {}
    for name, database in (("journey", home.database), ("vault", home.vault_database)):
        if database.exists():
            found.update((f"{name}.{table}", digest) for table, digest in _tables(database))
    for name, folder in (("lake", home.lake), ("vault", home.vault_events)):
        for part in sorted(folder.rglob("*.parquet")):
            found[f"{name}/{part.relative_to(folder)}"] = _digest(map(repr, pq.read_table(part).to_pylist()))
    return found


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Return the parts that are not the same in both, in order."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _tables(database: Path) -> Iterator[tuple[str, str]]:
    connection = sqlite3.connect(database)
    try:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).fetchall()
        for (name,) in names:
            if name not in _LEFT_OUT:
                columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{name}")')]
                kept = ", ".join(f'"{column}"' for column in sorted(columns) if column not in _TIMES)
                # Names come from the database's own catalogue.
                rows = connection.execute(f'SELECT {kept} FROM "{name}"').fetchall()  # noqa: S608
                yield name, _digest(sorted(map(repr, rows)))
    finally:
        connection.close()


def _digest(rows: Iterator[str] | list[str]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row.encode())
        digest.update(b"\n")
    return digest.hexdigest()
