"""Tables of the working side; every one but `workspaces` is keyed by workspace first.

Migrations under `migrations/versions/journey` make them; a test holds the two equal.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()
_JSON = sa.JSON(none_as_null=True)


class UtcTime(sa.TypeDecorator[datetime]):
    """A time in UTC, stored without a zone, the same way in every database."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Turn an aware time into UTC without a zone."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Give a stored time its zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


def _scoped(name: str, *items: Any, rowid: bool = True) -> Table:  # noqa: ANN401 - SQLAlchemy's own argument type
    workspace = Column("ws", Integer, ForeignKey("workspaces.ws"), primary_key=True, autoincrement=False)
    return Table(name, metadata, workspace, *items, sqlite_with_rowid=rowid)


def _key(name: str, kind: Any = Text) -> Column[Any]:  # noqa: ANN401 - SQLAlchemy's own argument type
    return Column(name, kind, primary_key=True, autoincrement=False)


def _int(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, default=0, server_default="0")


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


workspaces = Table(
    "workspaces",
    metadata,
    Column("ws", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    _text("salt"),
    Column("holdout", Float, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

sources = _scoped(
    "sources",
    _key("source_id"),
    _text("name"),
    _text("format"),
    _text("kind"),
    _text("mapping_sha256"),
    _int("n_items"),
    _int("n_parts"),
    _int("n_read"),
    _int("n_stored"),
    _int("n_held_out"),
    _int("n_unchanged"),
    _int("n_identity"),
    _int("n_conflicts"),
    _int("n_rejected"),
    Column("complete", Boolean, nullable=False),
    Column("read_at", UtcTime, nullable=False),
)

source_persons = _scoped("source_persons", _key("source_id"), _key("person_id"), rowid=False)

rejects = _scoped(
    "rejects", _key("source_id"), _key("row", Integer), _key("code"), _text("message"), rowid=False
)

attribute_keys = _scoped("attribute_keys", _key("scope"), _key("key"), rowid=False)

persons = _scoped(
    "persons",
    _key("person_id"),
    _text("canonical_id"),
    Column("side", Text),
    Column("identified", Boolean, nullable=False),
    Column("traits", _JSON),
    Index("ix_persons_canonical", "ws", "canonical_id"),
    rowid=False,
)

identifiers = _scoped(
    "identifiers",
    _key("identifier_key"),
    _text("person_id"),
    Column("source_id", Text),
    Column("row", Integer),
    Index("ix_identifiers_person", "ws", "person_id"),
    rowid=False,
)

merges = _scoped(
    "merges",
    _key("merge_id"),
    _text("left_id"),
    _text("right_id"),
    _text("kept"),
    _text("absorbed"),
    _text("source_id"),
    Column("row", Integer, nullable=False),
    Column("undone", Boolean, nullable=False),
    Column("left_key", Text),
    Column("right_key", Text),
    Column("refused", Boolean, nullable=False, default=False, server_default=sa.false()),
    Index("ix_merges_left", "ws", "left_id"),
)

identity_decisions = _scoped(
    "identity_decisions",
    _key("number", Integer),
    Column("at", UtcTime, nullable=False),
    _text("action"),
    _text("merge_id"),
    _text("by"),
    _text("reason"),
)

records = _scoped(
    "records",
    _key("record_id"),
    Column("kind", String(16), nullable=False),
    _text("source_format"),
    _text("external_id"),
    _text("person_id"),
    Column("at", UtcTime),
    Column("channel", Text),
    _text("text"),
    Column("turns", _JSON),
    Column("rating", Float),
    Column("locale", Text),
    Column("attributes", _JSON),
    Column("consent", _JSON),
    _text("source_id"),
    Column("row", Integer, nullable=False),
    _text("content_key"),
    Index("ix_records_person", "ws", "person_id"),
    Index("ix_records_source", "ws", "source_id"),
)

held_out_records = _scoped("held_out_records", _key("record_id"), _text("content_key"), rowid=False)

seen_blocks = _scoped(
    "seen_blocks",
    _key("block", Integer),
    _text("scheme"),
    Column("event_keys", LargeBinary, nullable=False),
)

event_spellings = _scoped(
    "event_spellings",
    _key("name"),
    _key("spelling"),
    _key("source_id"),
    Column("n", Integer, nullable=False),
    rowid=False,
)

signatures = _scoped(
    "signatures",
    _key("record_id"),
    _text("side"),
    Column("signature_key", LargeBinary, nullable=False),
    Index("ix_signatures_key", "ws", "signature_key", "side"),
    rowid=False,
)

signature_values = _scoped(
    "signature_values",
    _key("signature_key", LargeBinary),
    Column("value", LargeBinary, nullable=False),
    Column("working", Boolean, nullable=False),
    rowid=False,
)

signature_bands = _scoped(
    "signature_bands",
    _key("band", BigInteger),
    _key("signature_key", LargeBinary),
    rowid=False,
)

vectors = _scoped(
    "vectors",
    _key("model_id"),
    _key("text_sha256", LargeBinary),
    Column("vector", LargeBinary, nullable=False),
)

readings = _scoped(
    "readings",
    _key("version"),
    _key("passage_id"),
    _text("record_id"),
    _text("person_id"),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    _text("text_sha256"),
    Column("sentiment", Float, nullable=False),
    Column("emotion", Text),
    Column("stage", Text),
    Column("touchpoint", Text),
    Column("complaint", Boolean, nullable=False),
    Column("severity", Text),
    Column("at", UtcTime),
    Column("friction", Text),
    Column("readable", Boolean, nullable=False),
)

documents = _scoped(
    "documents",
    _key("type"),
    _key("document_id"),
    _key("version", Integer),
    _text("body"),
    _text("content_sha256"),
    Column("saved_at", UtcTime, nullable=False),
)

curations = _scoped(
    "curations",
    _key("number", Integer),
    Column("at", UtcTime, nullable=False),
    _text("by"),
    _text("reason"),
    Column("theme_set", Integer, nullable=False),
    _text("edit"),
)

model_calls = _scoped(
    "model_calls",
    _key("key"),
    _text("request"),
    _text("response"),
    _int("tokens_in"),
    _int("tokens_out"),
)

conversations = _scoped(
    "conversations",
    _key("conversation_id"),
    _text("owner"),
    _text("title"),
    _text("title_words"),
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("head", Text),
    Index("ix_conversations_owner", "ws", "owner", "changed_at"),
)

turns = _scoped(
    "turns",
    _key("turn_id"),
    _text("conversation_id"),
    Column("parent_id", Text),
    Column("number", Integer, nullable=False),
    _text("question"),
    Column("asked_at", UtcTime, nullable=False),
    _text("run"),
    Column("answer", Text),
    Column("answer_version", Text),
    Column("answered_at", UtcTime),
    _text("words"),
    Index("ix_turns_conversation", "ws", "conversation_id", "number"),
)
"""`run` names the opening of the home in which it was asked; after another one nobody works on it any more.

`words` is what a search looks at: question and answer, folded. It is no full-text index, because SQLite's keeps deleted words.
"""

turn_records = _scoped(
    "turn_records",
    _key("record_id"),
    _key("turn_id"),
    Index("ix_turn_records_turn", "ws", "turn_id"),
    rowid=False,
)

corrections = _scoped(
    "corrections",
    _key("correction_id"),
    _text("record_id"),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    _text("text_sha256"),
    _text("theme_id"),
    Column("about", Boolean, nullable=False),
    _text("by"),
    Column("at", UtcTime, nullable=False),
    Column("entry", Integer),
    Column("undone_by", Text),
    Column("undone_at", UtcTime),
    Index("ix_corrections_theme", "ws", "theme_id"),
    Index("ix_corrections_record", "ws", "record_id"),
)

comments = _scoped(
    "comments",
    _key("comment_id"),
    _text("map_id"),
    Column("thread_id", Text),
    Column("number", Integer, nullable=False),
    Column("stage", Text),
    Column("lane", Text),
    Column("claim_id", Text),
    _text("author"),
    Column("at", UtcTime, nullable=False),
    _text("text"),
    Column("version", Integer, nullable=False),
    _text("changed_by"),
    Column("changed_at", UtcTime, nullable=False),
    Column("resolved_by", Text),
    Column("resolved_at", UtcTime),
    Index("ix_comments_map", "ws", "map_id", "number"),
)

notes = _scoped(
    "notes",
    _key("kind"),
    _key("subject_id"),
    Column("version", Integer, nullable=False),
    _text("changed_by"),
    Column("changed_at", UtcTime, nullable=False),
    _text("body"),
)

state_changes = _scoped(
    "state_changes",
    _key("kind"),
    _key("subject_id"),
    _key("number", Integer),
    Column("subject_version", Integer),
    _text("before"),
    _text("after"),
    _text("by"),
    Column("at", UtcTime, nullable=False),
    _text("reason"),
)
