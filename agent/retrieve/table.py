"""Passages with their vectors and filterable scalars, in columns: what an exact, filtered scan runs over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agent.errors import InputError
from agent.ports import Vectors
from agent.schemas.base import Scalar
from agent.schemas.records import Passage

Mask = NDArray[np.bool_]

_SELECTED_ROWS = 100_000
"""Vectors that kept selections may hold together: 150 MB at 384 dimensions."""
_SELECTIONS = 256
"""Selections kept at most, since those that match nothing hold no vectors."""


@dataclass(frozen=True, slots=True)
class _Column:
    codes: NDArray[np.int32]
    """One a passage; -1 where it has no value."""
    code_of: Mapping[str, int]


@dataclass(frozen=True)
class PassageTable:
    """Passages in the order of `vectors`' rows, shape `(n_passages, dim)`."""

    passages: tuple[Passage, ...]
    vectors: Vectors
    columns: Mapping[str, _Column]
    position_of: Mapping[str, int]

    @classmethod
    def of(
        cls, passages: Sequence[Passage], vectors: Vectors, scalars: Sequence[Mapping[str, Scalar]]
    ) -> "PassageTable":
        """Return a table.

        Args:
            passages: Passages in reading order of their records.
            vectors: Their unit vectors, shape `(n_passages, dim)`.
            scalars: What each may be filtered by: fields and attributes of its record, traits of its person.
        """
        names = sorted({name for row in scalars for name in row})
        columns = {name: _column([row.get(name) for row in scalars]) for name in names}
        positions = {passage.passage_id: position for position, passage in enumerate(passages)}
        return cls(tuple(passages), np.ascontiguousarray(vectors), columns, positions)

    def mask(self, where: Mapping[str, str]) -> Mask:
        """Return which passages match all conditions, compared as text and without case.

        Raises:
            InputError: A key is in no record and no person.
        """
        mask = np.ones(len(self.passages), dtype=np.bool_)
        for key, value in where.items():
            column = self._column(key)
            mask &= column.codes == column.code_of.get(_folded(value), -2)
        return mask

    def values(self, key: str) -> list[str | None]:
        """Return each passage's value of a field, without case, or None where it has none.

        Raises:
            InputError: The field is in no record and no person.
        """
        column = self._column(key)
        names: list[str | None] = [*column.code_of, None]  # a code of -1 is the last
        return [names[code] for code in column.codes.tolist()]

    def beside(self, position: int) -> tuple[str, str]:
        """Return the texts just before and just after a passage in its record, or nothing."""
        own = self.passages[position].record_id
        near = [
            self.passages[other].text
            if 0 <= other < len(self.passages) and self.passages[other].record_id == own
            else ""
            for other in (position - 1, position + 1)
        ]
        return near[0], near[1]

    def _column(self, key: str) -> _Column:
        column = self.columns.get(key)
        if column is None:
            msg = f"nothing has a field {key!r}; there are {', '.join(self.columns) or 'none'}"
            raise InputError(msg, hint="Use one of these fields with --where KEY=VALUE.")
        return column

    def select(self, where: Mapping[str, str]) -> "Selection":
        """Return the passages that match all conditions, with their vectors side by side.

        The last few selections are kept, because one filter is asked many questions: a persona, a channel.

        Raises:
            InputError: A key is in no record and no person.
        """
        key = tuple(sorted((name, _folded(value)) for name, value in where.items()))
        selection = self._selections.pop(key, None)
        if selection is None:
            positions = np.flatnonzero(self.mask(where))
            selection = Selection(positions, np.take(self.vectors, positions, axis=0))
        self._selections[key] = selection
        while self._holds_too_much():
            self._selections.pop(next(iter(self._selections)))
        return selection

    def _holds_too_much(self) -> bool:
        kept = self._selections.values()
        return len(kept) > _SELECTIONS or sum(len(one.positions) for one in kept) > _SELECTED_ROWS

    @cached_property
    def everything(self) -> "Selection":
        """All passages."""
        return Selection(np.arange(len(self.passages)), self.vectors)

    @cached_property
    def _selections(self) -> dict[tuple[tuple[str, str], ...], "Selection"]:
        return {}


@dataclass(frozen=True, slots=True)
class Selection:
    """Some passages: their positions in the table, and their vectors, shape `(n_positions, dim)`."""

    positions: NDArray[np.intp]
    vectors: Vectors

    def nearest(self, vector: NDArray[np.float32], limit: int) -> NDArray[np.intp]:
        """Return the `limit` positions whose vectors are nearest to a unit vector, in no order; a full scan."""
        if len(self.positions) <= limit:
            return self.positions
        cosines = self.vectors @ vector
        return self.positions[np.argpartition(-cosines, limit)[:limit]]


def _column(values: Sequence[Scalar | None]) -> _Column:
    code_of: dict[str, int] = {}
    codes = np.full(len(values), -1, dtype=np.int32)
    for position, value in enumerate(values):
        if value is not None:
            codes[position] = code_of.setdefault(_folded(str(value)), len(code_of))
    return _Column(codes, code_of)


def _folded(value: str) -> str:
    return value.strip().casefold()
