"""Bringing a database to this version's tables, in one transaction, with the migrations shipped in the package."""

from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from agent.errors import StoreVersionError
from agent.store.engine import Database

_MIGRATIONS = Path(__file__).parent / "migrations"

Family = Literal["journey", "vault", "accounts"]


def revisions(family: Family) -> list[str]:
    """Return the known revisions of a database, oldest first: names of the migration files."""
    return sorted(path.stem for path in (_MIGRATIONS / family).glob("r[0-9]*.py"))


def migrate(database: Database, *, family: Family) -> None:
    """Make or upgrade the tables; a database that is up to date is only looked at.

    Raises:
        StoreVersionError: A newer version of the product wrote the database.
    """
    known = revisions(family)
    with database.begin() as connection:
        found = _revision_of(connection)
        if found == known[-1]:
            return
        if found is not None and found not in known:
            msg = (
                f"{str(database.path)!r} is of version {found!r}, this program knows {known[-1]!r} and older"
            )
            raise StoreVersionError(msg, hint="Use the newer version of the product that wrote it.")
        _upgrade(connection, family)


def _revision_of(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: sa.Connection, family: Family) -> None:
    # Imported here: only a new or an old database needs Alembic, and importing it takes a tenth of a second.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("version_locations", str(_MIGRATIONS / family).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
