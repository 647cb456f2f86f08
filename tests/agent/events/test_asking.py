"""Questions about steps whose SQL is made once."""

# Ibis and PyArrow ship no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false, reportPrivateUsage=false

from datetime import UTC, datetime

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from agent.events import asking
from agent.events.asking import answers_of

SCHEMA = pa.schema([("person_id", pa.string()), ("name", pa.string()), ("at", pa.timestamp("us", tz="UTC"))])


def _named(steps: ir.Table, name: str) -> ir.Table:
    rows = steps.filter(steps["name"] == name)
    return rows.aggregate(n=rows.count())


def _lake(rows: list[tuple[str, str]], name: str) -> ir.Table:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    made = pa.Table.from_pylist(
        [{"person_id": who, "name": what, "at": at} for who, what in rows], schema=SCHEMA
    )
    connection = ibis.duckdb.connect()
    connection.con.register(name, made)
    return connection.table(name)


def test_answers_are_those_of_the_table_that_is_asked_and_sql_is_made_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another connection, another name of the table: the same words, its own answer."""
    asking._worded.cache_clear()
    one, other = (
        _lake([("p", "buy"), ("q", "buy")], "steps-1"),
        _lake([("p", "buy"), ("q", "look")], "steps-9"),
    )
    made: list[object] = []
    to_sql = ibis.to_sql
    monkeypatch.setattr(
        asking.ibis, "to_sql", lambda *given, **named: made.append(given) or to_sql(*given, **named)
    )
    assert answers_of(one, _named, "buy") == [{"n": 2}]
    assert answers_of(other, _named, "buy") == [{"n": 1}]
    assert answers_of(other, _named, 'steps" look') == [{"n": 0}]
    assert len(made) == 2


def test_some_rows_of_a_table_are_asked_as_they_are() -> None:
    """What is no table of its own is answered without anything kept."""
    steps = _lake([("p", "buy"), ("q", "buy")], "steps-1")
    assert answers_of(steps.filter(steps["person_id"] == "q"), _named, "buy") == [{"n": 1}]
