"""Asks the steps of some persons a question that others are asked as well: its words are made once for all of them.

Making SQL of an expression takes ten times as long as a lake takes to answer it.
"""

# Ibis ships no types for its expressions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from ibis.backends.duckdb.converter import DuckDBPyArrowData

from agent.events.connections import engine_errors
from agent.events.steps import NOT_ANSWERED

_STEPS = "\x1fsteps\x1f"
"""Stands in no event name and no channel, so that in SQL it names the table and nothing else."""
_MOST_QUESTIONS = 512

Question = Callable[..., ir.Table]
"""Makes an expression of steps and of what else it is about."""


def answers_of(steps: ir.Table, question: Question, *about: Hashable) -> list[dict[str, Any]]:
    """Return the rows of a small result; else as `table_of`."""
    with engine_errors(NOT_ANSWERED):
        return table_of(steps, question, *about).to_pylist()


def table_of(steps: ir.Table, question: Question, *about: Hashable) -> Any:  # noqa: ANN401 - PyArrow ships no types
    """Return what a question about the steps gives.

    Args:
        steps: `Journeys.steps`, or some of its rows.
        question: A function of a module; it uses nothing but what it is given.
        about: What it is given beside the steps.

    Raises:
        StoreError: The engine failed.
    """
    table = steps.op()
    with engine_errors(NOT_ANSWERED):
        if not (isinstance(table, ops.DatabaseTable) and isinstance(table.source, Backend)) or any(
            table.namespace.args
        ):
            return question(steps, *about).to_pyarrow()
        expression, sql = _worded(question, about, steps.schema())  # pyright: ignore[reportArgumentType] - a schema has a hash
        found = table.source.con.sql(sql.replace(_STEPS, table.name)).to_arrow_table()
        return expression.__pyarrow_result__(found, data_mapper=DuckDBPyArrowData)


@lru_cache(maxsize=_MOST_QUESTIONS)
def _worded(question: Question, about: tuple[Hashable, ...], schema: ibis.Schema) -> tuple[ir.Table, str]:
    # Of a table that is nowhere: what is kept holds no connection.
    expression = question(ibis.table(schema, name=_STEPS), *about)
    return expression, str(ibis.to_sql(expression, dialect="duckdb", pretty=False))
