"""The first tables of the vault."""

import sqlalchemy as sa
from alembic import op

revision = "r0001_first"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "excluded_persons",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "person_id"),
    )
    op.create_table(
        "excluded_records",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "record_id"),
    )
    op.create_table(
        "records",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "record_id"),
    )
    op.create_index("ix_records_person", "records", ["workspace", "person_id"], unique=False)
