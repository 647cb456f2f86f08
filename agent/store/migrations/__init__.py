"""Alembic migrations: one folder a database, one file a revision, named after it."""
