"""The rows of a file in batches, bounded by number and by length, so that what works on them works on many at once."""

from collections.abc import Iterator
from dataclasses import dataclass

from agent.errors import InputError
from agent.read.columns import Batch, batch_of
from agent.schemas.records import RawEvent, RawItem, RawRecord

_CHARS_AT_ONCE = 4_000_000
EVENT_CHARS_AT_ONCE = 64_000_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a batch may be.

    Args:
        n_records: Rows of a batch that holds texts.
        n_events: Rows of a batch of events.
        ends_at: Number of rows, refused ones included, after which a batch ends in any case.
    """

    n_records: int
    n_events: int
    ends_at: int = 0


def batched(items: Iterator[RawItem], bounds: Bounds) -> Iterator[Batch]:
    """Yield rows in batches; those before a break come before its error.

    Raises:
        InputError: What the rows break off with.
    """
    rows: list[RawItem] = []
    n_before = n_chars = 0
    most, most_chars = bounds.n_records, _CHARS_AT_ONCE
    broken: InputError | None = None
    try:
        for item in items:
            if not rows:
                is_event = isinstance(item, RawEvent)
                most = bounds.n_events if is_event else bounds.n_records
                most_chars = EVENT_CHARS_AT_ONCE if is_event else _CHARS_AT_ONCE
            rows.append(item)
            n_chars += _n_chars(item)
            if len(rows) == most or n_chars >= most_chars or n_before + len(rows) == bounds.ends_at:
                yield batch_of(rows)
                n_before += len(rows)
                rows, n_chars = [], 0
    except InputError as error:
        broken = error
    if rows:
        yield batch_of(rows)
    if broken is not None:
        raise broken


def _n_chars(item: RawItem) -> int:
    if isinstance(item, RawEvent):
        # A batch's properties become one text each, and Arrow's texts are bounded.
        return sum([len(value) for value in item.properties.values() if isinstance(value, str)])
    if not isinstance(item, RawRecord):
        return 0
    return len(item.text or "") + sum(len(turn.text) for turn in item.turns)
