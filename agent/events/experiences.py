"""The steps of many persons as columns, to ask what was so at a moment and what came after it.

One query fetches them; every question about a moment is then answered for all persons at once. Of more than
`MAX_PERSONS` persons the first ones by id are taken: ids say nothing about a person, so that they are a fair sample.
"""

# Ibis ships no types for its expressions, and PyArrow none at all.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportArgumentType=false

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import pyarrow as pa
from ibis import _
from numpy.typing import NDArray

from agent.events.journeys import Journeys
from agent.events.steps import milliseconds, rows_of

MAX_PERSONS = 200_000
"""Persons whose steps are held at once; more of them would narrow no interval that anybody reads."""
NO_STAGE = -1

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
_AT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class StepColumns:
    """Steps in the order of person and place; one row a step, shape `(n_steps,)` but where stated."""

    persons: tuple[str, ...]
    """In the order of their steps."""
    starts: Ints
    """Row of each person's first step and, last, the number of rows, shape `(n_persons + 1,)`."""
    person: Ints
    """Position in `persons`."""
    at: Ints
    """Milliseconds since 1970, UTC."""
    name: Ints
    """Position in `names`."""
    names: tuple[str, ...]
    rank: Ints
    """Place of the step's stage in the scope's order; `NO_STAGE` where it has none."""

    @property
    def n_persons(self) -> int:
        """How many persons there are."""
        return len(self.persons)

    @cached_property
    def code_of(self) -> Mapping[str, int]:
        """Person to position."""
        return {person: code for code, person in enumerate(self.persons)}

    def places(self, person: Ints, rows: Ints) -> Ints:
        """Return how many steps persons took before some of their rows; the row after their last one may be asked for."""
        return rows - self.starts[person]

    def stages_before(self, person: Ints, rows: Ints) -> Ints:
        """Return the rank of the last stage that persons were in before some of their rows, or `NO_STAGE`."""
        before = np.append(NO_STAGE, self._last_staged)[rows]
        return np.where(before >= self.starts[person], self.rank[before], NO_STAGE)

    @cached_property
    def _last_staged(self) -> Ints:
        rows = np.arange(len(self.at))
        return np.maximum.accumulate(np.where(self.rank != NO_STAGE, rows, NO_STAGE))

    def is_one_of(self, names: Collection[str]) -> Bools:
        """Return which steps have one of some names."""
        wanted = np.array([name in names for name in self.names], dtype=bool)
        return wanted[self.name]

    def first_rows(self, is_it: Bools) -> Ints:
        """Return each person's first row among some, the number of rows where there is none, shape `(n_persons,)`."""
        rows = np.flatnonzero(is_it)
        found = np.searchsorted(rows, self.starts[:-1])
        first = np.append(rows, len(self.at))[found]
        return np.where(first < self.starts[1:], first, len(self.at))

    def rows_at(self, person: Ints, at: Ints, *, after: bool = False) -> Ints:
        """Return where times stand among persons' steps: the row of the first step that is not earlier.

        Args:
            person: Positions of persons, shape `(n,)`.
            at: Times, shape `(n,)`.
            after: Whether a step at the very time lies before the place.
        """
        n = len(self.at)
        is_query = np.arange(n + len(person)) >= n
        tie = is_query if after else ~is_query
        order = np.lexsort((tie, np.concatenate([self.at, at]), np.concatenate([self.person, person])))
        n_before = np.cumsum(~is_query[order])
        asked = is_query[order]
        rows = np.empty(len(person), dtype=np.int64)
        rows[order[asked] - n] = n_before[asked]
        return rows


def step_columns(journeys: Journeys, *, persons: Collection[str] | None = None) -> StepColumns:
    """Return the steps of a scope as columns.

    Args:
        journeys: Whose steps.
        persons: Of whom; of everyone, or of the first `MAX_PERSONS` by id where they are more, if None.
    """
    steps = journeys.steps
    if persons is not None or journeys.n_persons() > MAX_PERSONS:
        steps = steps.filter(_.person_id.isin(_keys(journeys, persons)))
    columns = steps.select("person_id", "place", "name", "rank", at=milliseconds(_.at))
    rows = columns.order_by(["person_id", "place"]).to_pyarrow()
    person, keys = _encoded(rows.column("person_id"))
    name, names = _encoded(rows.column("name"))
    ranks = rows.column("rank").combine_chunks().fill_null(NO_STAGE)
    return StepColumns(
        persons=tuple(journeys.person_ids(keys)),
        starts=np.searchsorted(person, np.arange(len(keys) + 1)).astype(np.int64),
        person=person,
        at=np.asarray(rows.column("at").combine_chunks(), dtype=np.int64),
        name=name,
        names=names,
        rank=np.asarray(ranks, dtype=np.int64),
    )


def milliseconds_of(times: Collection[datetime]) -> Ints:
    """Return times as milliseconds since 1970, UTC."""
    return np.asarray(pa.array(list(times), type=_AT).cast(pa.int64()), dtype=np.int64) // 1000


def _keys(journeys: Journeys, persons: Collection[str] | None) -> list[str]:
    """Return the values of `person_id` in the steps that stand for some persons."""
    keys = sorted(row["person_id"] for row in rows_of(journeys.steps.select("person_id").distinct()))
    if persons is None:
        return keys[:MAX_PERSONS]
    wanted = frozenset(persons)
    return [key for key, person in zip(keys, journeys.person_ids(keys), strict=True) if person in wanted]


def _encoded(column: pa.ChunkedArray) -> tuple[Ints, tuple[str, ...]]:
    encoded = column.combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices, dtype=np.int64), tuple(encoded.dictionary.to_pylist())
