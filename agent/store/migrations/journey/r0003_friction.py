"""What kind of friction a complaint is about, whether a passage could be read at all, and no emotion where none is likely."""

import sqlalchemy as sa
from alembic import op

revision = "r0003_friction"
down_revision = "r0002_curation"


def upgrade() -> None:
    """Add the columns; passages read before are read again by the next version of the reader."""
    with op.batch_alter_table("readings") as readings:
        readings.add_column(sa.Column("friction", sa.Text(), nullable=True))
        readings.add_column(sa.Column("readable", sa.Boolean(), nullable=False, server_default=sa.true()))
        readings.alter_column("emotion", existing_type=sa.Text(), nullable=True)
