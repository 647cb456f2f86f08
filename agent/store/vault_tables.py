"""Tables of the vault: held-out records as JSON, and what is unfit for checking."""

from sqlalchemy import Column, Index, MetaData, Table, Text

metadata = MetaData()

records = Table(
    "records",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_records_person", "workspace", "person_id"),
)
"""`body` is the JSON of `agent.schemas.records.Record`."""

excluded_records = Table(
    "excluded_records",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("reason", Text, nullable=False),
)

excluded_persons = Table(
    "excluded_persons",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("person_id", Text, primary_key=True),
    Column("reason", Text, nullable=False),
)
