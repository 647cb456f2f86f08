"""What Alembic runs around the migrations: the caller's connection and transaction, nothing of its own."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
