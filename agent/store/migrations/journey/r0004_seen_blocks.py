"""Keys of stored events in sorted blocks, no longer a row each; what sources called the events."""

from collections.abc import Iterator
from itertools import islice

import sqlalchemy as sa
from alembic import op

revision = "r0004_seen_blocks"
down_revision = "r0003_friction"

_BLOCK_KEYS = 100_000


def upgrade() -> None:
    """Make the blocks and put the keys that are there into them; they stay digests of event ids."""
    blocks = op.create_table(
        "seen_blocks",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("event_keys", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["ws"], ["workspaces.ws"]),
        sa.PrimaryKeyConstraint("ws", "block"),
    )
    op.create_table(
        "event_spellings",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("spelling", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ws"], ["workspaces.ws"]),
        sa.PrimaryKeyConstraint("ws", "name", "spelling", "source_id"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    for (ws,) in connection.execute(sa.text("SELECT DISTINCT ws FROM seen_events ORDER BY ws")).all():
        for number, keys in enumerate(_blocks(connection, ws), 1):
            row = {"ws": ws, "block": number, "scheme": "digest", "event_keys": keys}
            connection.execute(sa.insert(blocks), row)
    op.drop_table("seen_events")


def _blocks(connection: sa.Connection, ws: int) -> Iterator[bytes]:
    query = sa.text("SELECT event_key FROM seen_events WHERE ws = :ws ORDER BY event_key")
    keys = (bytes(row[0]) for row in connection.execute(query, {"ws": ws}))
    while block := b"".join(islice(keys, _BLOCK_KEYS)):
        yield block
