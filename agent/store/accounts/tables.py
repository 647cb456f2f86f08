"""Tables of the people who sign in; secrets are in them only as hashes.

Migrations under `migrations/accounts` make them; a test holds the two equal.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

from agent.store.tables import UtcTime

metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", String, primary_key=True),
    Column("login", String, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("password_hash", Text),
    Column("is_admin", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)
"""`password_hash` is Argon2's own encoding, with its parameters and salt."""

memberships = Table(
    "memberships",
    metadata,
    Column("account_id", String, ForeignKey("accounts.account_id"), primary_key=True),
    Column("workspace", String, primary_key=True),
    Column("role", String, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("session_id", String, nullable=False, unique=True),
    Column("account_id", String, ForeignKey("accounts.account_id"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("user_agent", Text, nullable=False),
    Index("ix_sessions_account", "account_id"),
)

links = Table(
    "links",
    metadata,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("purpose", String, nullable=False),
    Column("account_id", String, ForeignKey("accounts.account_id")),
    Column("expires_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
)
"""`account_id` is null for the link that makes the first account."""

identities = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("account_id", String, ForeignKey("accounts.account_id"), nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("attempt_id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("login_sha256", LargeBinary, nullable=False),
    Column("network", String, nullable=False),
    Index("ix_attempts_login", "login_sha256", "at"),
    Index("ix_attempts_network", "network", "at"),
)
"""Sign-ins that failed or are under way. The login is a digest: people type passwords into the wrong field."""

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", String, nullable=False),
    Column("what", Text, nullable=False),
    Column("workspace", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("address", String, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Index("ix_audit_at", "at"),
)
"""Triggers refuse every change and deletion."""
