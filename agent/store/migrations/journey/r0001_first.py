"""The first tables of the working side."""

import sqlalchemy as sa
from alembic import op

revision = "r0001_first"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "workspaces",
        sa.Column("ws", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("holdout", sa.Float(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ws"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "attribute_keys",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scope", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "scope", "key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "documents",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("document_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "type", "document_id", "version"),
    )
    op.create_table(
        "held_out_records",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("content_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "record_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "identifiers",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("identifier_key", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "identifier_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "merges",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("merge_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("left_id", sa.Text(), nullable=False),
        sa.Column("right_id", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("absorbed", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "merge_id"),
    )
    op.create_table(
        "model_calls",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("tokens_in", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tokens_out", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "key"),
    )
    op.create_table(
        "persons",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("canonical_id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("identified", sa.Boolean(), nullable=False),
        sa.Column("traits", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "person_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_persons_canonical", "persons", ["ws", "canonical_id"], unique=False)
    op.create_table(
        "readings",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("passage_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("sentiment", sa.Float(), nullable=False),
        sa.Column("emotion", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("touchpoint", sa.Text(), nullable=True),
        sa.Column("complaint", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "version", "passage_id"),
    )
    op.create_table(
        "records",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source_format", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("turns", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("attributes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("consent", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("content_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "record_id"),
    )
    op.create_index("ix_records_person", "records", ["ws", "person_id"], unique=False)
    op.create_index("ix_records_source", "records", ["ws", "source_id"], unique=False)
    op.create_table(
        "rejects",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "source_id", "row", "code"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "seen_events",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_key", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "event_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "signature_bands",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signature_key", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "band", "signature_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "signature_values",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("signature_key", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "signature_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "signatures",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("signature_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "record_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_signatures_key", "signatures", ["ws", "signature_key", "side"], unique=False)
    op.create_table(
        "source_persons",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Text(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "source_id", "person_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sources",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mapping_sha256", sa.Text(), nullable=False),
        sa.Column("n_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_parts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_stored", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_held_out", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_identity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_rejected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "source_id"),
    )
    op.create_table(
        "vectors",
        sa.Column("ws", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("model_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ws"],
            ["workspaces.ws"],
        ),
        sa.PrimaryKeyConstraint("ws", "model_id", "text_sha256"),
    )
