"""The log of decisions about themes, and the themes as they were found kept apart from the themes as they are shown."""

import sqlalchemy as sa
from alembic import op

revision = "r0002_curation"
down_revision = "r0001_first"


def upgrade() -> None:
    """Make the log; what was found before there was one is what is shown."""
    op.create_table(
        "curations",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("theme_set", sa.Integer(), nullable=False),
        sa.Column("edit", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "number"),
    )
    op.execute(
        "INSERT INTO documents (ws, type, document_id, version, body, content_sha256, saved_at) "
        "SELECT ws, 'found_themes', document_id, version, body, content_sha256, saved_at "
        "FROM documents WHERE type = 'themes'"
    )
