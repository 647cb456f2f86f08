"""Who is named in JSON lines of Segment's calls: of many lines at once, only the few fields that say so are read.

Arrow reads them and leaves the interpreter to others meanwhile. Lines that it would not read as the reader of single
calls does, such as an id that is a number, are left to that one, a block of lines at a time.
"""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pa_json
from numpy.typing import NDArray

from agent.errors import InputError
from agent.read import fields
from agent.read.columns import merged_codes

_TEXT: Final = pa.string()
_SCHEMA: Final = pa.schema(
    [
        ("type", _TEXT),
        ("event", _TEXT),
        ("userId", _TEXT),
        ("anonymousId", _TEXT),
        ("previousId", _TEXT),
        ("batch", _TEXT),
        ("properties", pa.struct([("order_id", _TEXT), ("orderId", _TEXT)])),
        ("context", pa.struct([("traits", pa.struct([("email", _TEXT)]))])),
    ]
)
_BLOCK_BYTES: Final = 4_000_000
_IDS: Final = ("userId", "anonymousId")
_STEPS: Final = pa.array(["track", "page", "screen"])
_OTHER_IDS: Final = (
    ("previousId",),
    ("batch",),
    ("properties", "order_id"),
    ("properties", "orderId"),
    ("context", "traits"),
)
"""Fields whose calls are read one by one."""

Lines = list[bytes | None]
"""Lines of a file; None for one that is too long."""
Pair = tuple[str | None, str | None]
"""User id and anonymous id."""


def line_blocks(lines: Iterable[bytes | None], n_lines: int) -> Iterator[Lines]:
    """Yield lines in blocks bounded by number and by length; those before a break come before its error.

    Raises:
        InputError: What the lines break off with.
    """
    block: Lines = []
    n_bytes = 0
    broken: InputError | None = None
    try:
        for line in lines:
            block.append(line)
            n_bytes += 0 if line is None else len(line)
            if len(block) == n_lines or n_bytes >= _BLOCK_BYTES:
                whole, block, n_bytes = block, [], 0
                yield whole
                del whole  # not held while the next one is read
    except InputError as error:
        broken = error
    if block:
        yield block
    if broken is not None:
        raise broken


@dataclass(frozen=True, slots=True)
class Named:
    """Who the calls of a block name."""

    pairs: list[tuple[int, Pair]]
    """Of calls that name nobody but a user and an anonymous one, each pair with the first line that has it, in order."""
    others: list[int]
    """Lines that have to be read one by one."""


def named_in(block: Lines) -> Named | None:
    """Return who the calls of a block name, lines counted from 0; None where all have to be read one by one."""
    calls = _calls(block)
    if calls is None:
        return None
    is_other = _is_other(calls)
    places = np.flatnonzero(_has_name(calls) & ~is_other)
    ids = [calls.column(name).take(pa.array(places)).dictionary_encode("encode") for name in _IDS]
    _, first = merged_codes([column.indices.to_numpy() for column in ids], len(places))
    users, anonymous = (column.take(pa.array(first)).to_pylist() for column in ids)
    pairs = zip(places[first].tolist(), zip(users, anonymous, strict=True), strict=True)
    return Named(list(pairs), np.flatnonzero(is_other).tolist())


def _calls(block: Lines) -> Any | None:  # noqa: ANN401 - a batch of PyArrow
    """Return the fields of a block's calls, one row a line; None where Arrow cannot read each line as one call."""
    lines = [line for line in block if line is not None and line[:1] == b"{"]
    if len(lines) < len(block):
        return None
    text = b"\n".join(lines)
    try:
        table = pa_json.read_json(
            pa.BufferReader(text),
            read_options=pa_json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=pa_json.ParseOptions(explicit_schema=_SCHEMA, unexpected_field_behavior="ignore"),
        )
    except pa.ArrowInvalid:
        return None
    # A line of two calls is two rows here, and is refused elsewhere.
    return table.combine_chunks().to_batches()[0] if table.num_rows == len(block) else None


def _is_other(calls: Any) -> NDArray[np.bool_]:  # noqa: ANN401 - as above
    """Tell which calls are no plain steps, or say who somebody is in other places too."""
    found = ~_flags(pc.is_in(calls.column("type"), value_set=_STEPS))
    for path in _OTHER_IDS:
        name, *inner = path
        column = calls.column(name)
        found |= _flags(pc.is_valid(pc.struct_field(column, inner) if inner else column))
    return found


def _has_name(calls: Any) -> NDArray[np.bool_]:  # noqa: ANN401 - as above
    """Tell which steps have a name; only tracked ones need one of their own."""
    events = calls.column("event").dictionary_encode("encode")
    says = np.array([fields.text_of(name) is not None for name in events.dictionary.to_pylist()], dtype=bool)
    return says[events.indices.to_numpy()] | ~_flags(pc.equal(calls.column("type"), "track"))


def _flags(values: Any) -> NDArray[np.bool_]:  # noqa: ANN401 - as above
    return pc.fill_null(values, False).to_numpy(zero_copy_only=False)  # noqa: FBT003
