"""Conversations with their turns, readers' corrections, and what people note on maps, pain points and variants."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "r0006_conversations"
down_revision = "r0005_identity"


def upgrade() -> None:
    """Make the tables; there was nothing of the kind before."""
    _conversations()
    _corrections()
    _notes()


def _conversations() -> None:
    _create(
        "conversations",
        [_key("conversation_id")],
        [_text("owner"), _text("title"), _text("title_words"), _time("created_at"), _time("changed_at")],
        [_text("head", nullable=True)],
    )
    op.create_index("ix_conversations_owner", "conversations", ["ws", "owner", "changed_at"])
    _create(
        "turns",
        [_key("turn_id")],
        [_text("conversation_id"), _text("parent_id", nullable=True), _int("number")],
        [_text("question"), _time("asked_at"), _text("run"), _text("answer", nullable=True)],
        [_text("answer_version", nullable=True), _time("answered_at", nullable=True), _text("words")],
    )
    op.create_index("ix_turns_conversation", "turns", ["ws", "conversation_id", "number"])
    _create("turn_records", [_key("record_id"), _key("turn_id")], rowid=False)
    op.create_index("ix_turn_records_turn", "turn_records", ["ws", "turn_id"])


def _corrections() -> None:
    _create(
        "corrections",
        [_key("correction_id")],
        [_text("record_id"), _int("start"), _int("end"), _text("text_sha256"), _text("theme_id")],
        [sa.Column("about", sa.Boolean(), nullable=False), _text("by"), _time("at")],
        [_int("entry", nullable=True), _text("undone_by", nullable=True), _time("undone_at", nullable=True)],
    )
    op.create_index("ix_corrections_theme", "corrections", ["ws", "theme_id"])
    op.create_index("ix_corrections_record", "corrections", ["ws", "record_id"])


def _notes() -> None:
    _create(
        "comments",
        [_key("comment_id")],
        [_text("map_id"), _text("thread_id", nullable=True), _int("number"), _text("stage", nullable=True)],
        [_text("lane", nullable=True), _text("claim_id", nullable=True), _text("author"), _time("at")],
        [_text("text"), _int("version"), _text("changed_by"), _time("changed_at")],
        [_text("resolved_by", nullable=True), _time("resolved_at", nullable=True)],
    )
    op.create_index("ix_comments_map", "comments", ["ws", "map_id", "number"])
    _create(
        "notes",
        [_key("kind"), _key("subject_id")],
        [_int("version"), _text("changed_by"), _time("changed_at"), _text("body")],
    )
    _create(
        "state_changes",
        [_key("kind"), _key("subject_id"), _key("number", sa.Integer())],
        [_int("subject_version", nullable=True), _text("before"), _text("after"), _text("by"), _time("at")],
        [_text("reason")],
    )


def _create(
    name: str, keys: Sequence[sa.Column[object]], *columns: Sequence[sa.Column[object]], rowid: bool = True
) -> None:
    op.create_table(
        name,
        _key("ws", sa.Integer()),
        *keys,
        *[column for group in columns for column in group],
        sa.ForeignKeyConstraint(["ws"], ["workspaces.ws"]),
        sa.PrimaryKeyConstraint("ws", *[column.name for column in keys]),
        sqlite_with_rowid=rowid,
    )


def _key(name: str, kind: sa.Integer | None = None) -> sa.Column[object]:
    return sa.Column(name, kind or sa.Text(), autoincrement=False, nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _int(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(), nullable=nullable)
