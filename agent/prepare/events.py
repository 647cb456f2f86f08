"""Turn columns of events as read into columns fit to be stored: each distinct name, value and moment is worked on once."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agent.errors import RedactionError
from agent.identify import keyed_digests, keyed_hash
from agent.normalise import RejectCode, RowFault, clean_text
from agent.normalise.time_columns import read_times
from agent.prepare.context import PrepareContext, channel_of, is_weak, raw_time
from agent.prepare.properties import Fault, offset_column, written_properties
from agent.read.columns import Coded, Codes, Column, EventColumns, listed, taken
from agent.schemas.records import RowReject, source_row

EVENT_KEY_BYTES: Final = 12
_ID_CHARS: Final = 2 + 2 * EVENT_KEY_BYTES
_MAX_SPELLING_CHARS: Final = 120
_NO_TIME: Final = Fault(str(RejectCode.EVENT_NO_TIME), "event has no time, so it has no place in a journey")

ValueT = TypeVar("ValueT", bound=str | None)


@dataclass(slots=True)
class PreparedEvents:
    """Steps fit to be stored; position `i` of every column is one of them."""

    places: NDArray[np.int64]
    """Of the steps among the columns they were made of."""
    keys: NDArray[np.uint8]
    """Shape `(n, 12)`: the bytes that an event id writes in hexadecimal digits after `e_`."""
    at_us: NDArray[np.int64]
    columns: dict[str, Any]
    """Arrays of PyArrow by column of the lake, without the person."""
    spellings: Coded[str | None]
    """What the source called each; None where that holds something personal, or is what it is called now."""
    rejects: list[RowReject]


def lone_event_key(row: int, *, context: PrepareContext) -> str:
    """Return the person key of an event without usable identifiers: it stands for its row."""
    return keyed_hash("lone", context.workspace, context.source_id, str(row), salt=context.salt)[:32]


def prepare_events(
    events: EventColumns, *, who: Codes, person_ids: Sequence[str], context: PrepareContext
) -> PreparedEvents:
    """Return the steps of a batch, redacted, and those that cannot be taken with the reason.

    Args:
        events: As read.
        who: Of each step, the place of its person in `person_ids`.
        person_ids: The rows' own persons.
        context: Of the source.
    """
    faults: dict[int, Fault] = {}
    times = read_times(events.times, now=context.now)
    for position in times.missing.tolist():
        faults[position] = _NO_TIME
    for position, fault in times.faults.items():
        faults[position] = Fault(fault.reject_code, fault.message)
    words = _Words(who, person_ids, context, faults)
    names = words.read(events.names, _event_name)
    channels = words.read(events.channels, channel_of)
    properties = written_properties(
        events.properties,
        offset_column(times.offsets),
        len(events),
        who=who,
        person_ids=person_ids,
        context=context,
        faults=faults,
    )
    kept = np.ones(len(events), dtype=bool)
    kept[list(faults)] = False
    places = np.flatnonzero(kept)
    keys = _keys(events, places, who, person_ids, context)
    columns = {
        "event_id": ids_of(keys),
        "at": pa.array(times.at_us[places], type=pa.timestamp("us", tz="UTC")),
        "name": _taken(names, places),
        "type": _taken(events.types, places),
        "channel": _taken(channels, places),
        "properties": properties.take(pa.array(places)) if faults else properties,
        "source_id": pa.repeat(pa.scalar(context.source_id, pa.string()), len(places)),
        "row": pa.array(events.rows[places]),
    }
    rejects = [
        RowReject(source_row(int(events.rows[position])), fault.code, fault.message)
        for position, fault in sorted(faults.items())
    ]
    spellings = Coded(events.names.codes[places], [words.spelling(raw) for raw in events.names.values])
    return PreparedEvents(places, keys, times.at_us[places], columns, spellings, rejects)


def ids_of(keys: NDArray[np.uint8]) -> Any:  # noqa: ANN401 - an array of PyArrow
    """Return the event ids of keys, shape `(n, 12)`."""
    n = len(keys)
    digits = np.frombuffer(keys.tobytes().hex().encode(), dtype=np.uint8).reshape(n, 2 * EVENT_KEY_BYTES)
    text = np.empty((n, _ID_CHARS), dtype=np.uint8)
    text[:, 0], text[:, 1] = ord("e"), ord("_")
    text[:, 2:] = digits
    offsets = np.arange(0, (n + 1) * _ID_CHARS, _ID_CHARS, dtype=np.int32)
    return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(text))


def _event_name(raw: str, person_id: str, context: PrepareContext) -> str:
    return context.vocabulary.canonical(context.redactor.redact_name(raw, person_id=person_id))


class _Words:
    """Reads columns of names: one that holds nothing personal once, another one once a person."""

    def __init__(
        self, who: Codes, person_ids: Sequence[str], context: PrepareContext, faults: dict[int, Fault]
    ) -> None:
        self._who, self._person_ids, self._context = who, person_ids, context
        self._faults = faults
        self._personal: set[str | None] = set()

    def read(
        self, column: Coded[ValueT], read: Callable[[ValueT, str, PrepareContext], str | None]
    ) -> Coded[str | None]:
        """Return what the names mean; a name that cannot be read is a fault of its events."""
        codes = column.codes.copy()
        values: list[str | None] = []
        broken: dict[int, Fault] = {}

        def add(raw: ValueT, person_id: str) -> int:
            try:
                values.append(read(raw, person_id, self._context))
            except (RowFault, RedactionError) as fault:
                broken[len(values)] = Fault.of(fault)
                values.append(None)
            return len(values) - 1

        for code, raw in enumerate(column.values):
            if self._is_plain(raw):
                new = add(raw, "")
                if new != code:
                    codes[column.codes == code] = new
                continue
            self._personal.add(raw)
            at = np.flatnonzero(column.codes == code)
            for place in map(int, np.unique(self._who[at])):
                codes[at[self._who[at] == place]] = add(raw, self._person_ids[place])
        if broken:
            for position in np.flatnonzero(np.isin(codes, list(broken))).tolist():
                self._faults.setdefault(position, broken[int(codes[position])])
        return Coded(codes, values)

    def spelling(self, raw: str) -> str | None:
        """Return a name as its source wrote it, None where it is personal or like ours."""
        said = clean_text(raw[:_MAX_SPELLING_CHARS])
        if raw in self._personal:
            return None
        try:
            return said if self._context.vocabulary.canonical(raw) != said else None
        except RowFault:
            return None

    def _is_plain(self, raw: str | None) -> bool:
        if raw is None:
            return True
        try:
            return self._context.redactor.redact_name(raw, person_id="") == raw
        except RedactionError:
            return True


def _taken(column: Coded[Any], places: NDArray[np.int64]) -> Any:  # noqa: ANN401 - an array of PyArrow
    return pa.array(column.values, type=pa.string()).take(pa.array(column.codes[places]))


def _keys(
    events: EventColumns,
    places: NDArray[np.int64],
    who: Codes,
    person_ids: Sequence[str],
    context: PrepareContext,
) -> NDArray[np.uint8]:
    fixed = ("event", context.workspace)
    rows = events.rows
    if events.event_ids is None:
        numbers = map(str, rows[places].tolist())
        return _digests((*fixed, context.source_id), numbers, len(places), context)
    ids: list[str | None] = listed(taken(events.event_ids, places))
    weak = [position for position, one in enumerate(ids) if is_weak(one)]
    keys = _digests(fixed, [one or "" for one in ids], len(ids), context)
    for position in weak:
        place, own = int(places[position]), ids[position]
        if own is None:
            parts = (*fixed, context.source_id, str(rows[place]))
        else:
            name = events.names.values[events.names.codes[place]]
            parts = (*fixed, own, person_ids[int(who[place])], raw_time(_value(events.times, place)), name)
        digest = bytes.fromhex(keyed_hash(*parts, salt=context.salt)[: 2 * EVENT_KEY_BYTES])
        keys[position] = np.frombuffer(digest, dtype=np.uint8)
    return keys


def _value(column: Column, place: int) -> Any:  # noqa: ANN401 - whatever the source wrote
    found = column[place]
    return found.as_py() if isinstance(found, pa.Scalar) else found


def _digests(fixed: tuple[str, ...], last: Any, n: int, context: PrepareContext) -> NDArray[np.uint8]:  # noqa: ANN401 - an iterable of texts
    digests = keyed_digests(fixed, last, salt=context.salt)
    whole = (
        np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(n, -1) if n else np.empty((0, 32), np.uint8)
    )
    return whole[:, :EVENT_KEY_BYTES].copy()
