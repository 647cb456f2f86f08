"""Who decided is an account's id from here on; names that were given before are marked as such.

A display name is whatever somebody calls themself, so none of them is taken for an account afterwards.
"""

import sqlalchemy as sa
from alembic import op

revision = "r0007_who"
down_revision = "r0006_conversations"

_WHO = (
    ("comments", ("author", "changed_by", "resolved_by")),
    ("corrections", ("by", "undone_by")),
    ("notes", ("changed_by",)),
    ("state_changes", ("by",)),
)


def upgrade() -> None:
    """Mark the names; the machine's own is none."""
    for name, columns in _WHO:
        for column in columns:
            who = sa.column(column, sa.Text())
            table = sa.table(name, who)
            is_person = who.is_not(None) & (who != "held-out check")
            op.execute(sa.update(table).where(is_person).values({column: "name:" + who}))
    op.execute(
        "UPDATE notes SET body = json_set(body, '$.feasibility.by', 'name:' || json_extract(body, '$.feasibility.by')) "
        "WHERE json_extract(body, '$.feasibility.by') IS NOT NULL"
    )
