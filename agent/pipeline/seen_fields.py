"""What the head of a file shows of its fields: their names, their values, and what those can be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.normalise import RowFault, parse_time
from agent.read import fields
from agent.read.jsons import Row

_BARE_ID = re.compile(r"id|_id|ref|key|nr|no|number|uuid|guid|code")
LEAST = 0.9
"""Share of a field's values that have a form, from which the field has it."""


@dataclass(frozen=True, slots=True)
class Field:
    """What the head of a file shows of one field."""

    name: str
    """Path into a row; a point leads into an object."""
    values: tuple[str, ...]
    """As text, empty ones left out."""
    n_rows: int

    @property
    def n_distinct(self) -> int:
        """How many different values."""
        return len(set(self.values))

    @property
    def mean_words(self) -> float:
        """Words a value."""
        return sum(len(value.split()) for value in self.values) / max(1, len(self.values))

    def share(self, pattern: re.Pattern[str]) -> float:
        """Return the share of values that have a form."""
        return sum(1 for value in self.values if pattern.fullmatch(value)) / max(1, len(self.values))

    def share_of_times(self, now: datetime) -> float:
        """Return the share of values that can be read as a time up to `now`."""
        return sum(1 for value in self.values if _is_time(value, now)) / max(1, len(self.values))

    def numbers(self) -> tuple[float, ...]:
        """Return the values that are numbers."""
        found = (fields.number_of(value) for value in self.values)
        return tuple(value for value in found if value is not None)

    def is_named(self, pattern: str) -> bool:
        """Tell whether its own name holds a form; of a bare id the object that it lies in is its name too."""
        own = self.name.rsplit(".", 1)[-1]
        name = self.name.replace(".", "_") if _BARE_ID.fullmatch(fields.column_key(own)) else own
        return re.search(pattern, fields.column_key(name)) is not None


def fields_of(rows: Sequence[Row]) -> tuple[Field, ...]:
    """Return the fields of rows in the order in which they come, objects followed one level down."""
    values: dict[str, list[str]] = {}
    for row in rows:
        for name, value in fields.flatten(row).items():
            kept = values.setdefault(name, [])
            text = fields.text_of(value)
            if text:
                kept.append(text)
    return tuple(Field(name, tuple(found), len(rows)) for name, found in values.items())


def _is_time(value: str, now: datetime) -> bool:
    try:
        return parse_time(fields.time_of(value), now=now) is not None
    except RowFault:
        return False
