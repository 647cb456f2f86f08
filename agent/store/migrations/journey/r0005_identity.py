"""Where identifiers were first read, what a merge rests on, merges that a rule refuses, and what people decided about them."""

import sqlalchemy as sa
from alembic import op

revision = "r0005_identity"
down_revision = "r0004_seen_blocks"


def upgrade() -> None:
    """Add the columns and the log; what was read before has no first row."""
    with op.batch_alter_table("identifiers") as identifiers:
        identifiers.add_column(sa.Column("source_id", sa.Text(), nullable=True))
        identifiers.add_column(sa.Column("row", sa.Integer(), nullable=True))
    op.create_index("ix_identifiers_person", "identifiers", ["ws", "person_id"])
    with op.batch_alter_table("merges") as merges:
        merges.add_column(sa.Column("left_key", sa.Text(), nullable=True))
        merges.add_column(sa.Column("right_key", sa.Text(), nullable=True))
        merges.add_column(sa.Column("refused", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_merges_left", "merges", ["ws", "left_id"])
    op.create_table(
        "identity_decisions",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("merge_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ws"], ["workspaces.ws"]),
        sa.PrimaryKeyConstraint("ws", "number"),
    )
