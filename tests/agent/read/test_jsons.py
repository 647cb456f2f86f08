"""Laws of cutting JSON and lines."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.read import jsons, streams

SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab"\\{}[],: \n', max_size=6)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner)
)
RECORDS = st.lists(st.dictionaries(st.sampled_from(["a", "rows", "b"]), VALUES, max_size=3), max_size=5)


def cut(data: bytes, size: int) -> list[bytes]:
    """Return the data in pieces."""
    return [data[start : start + size] for start in range(0, len(data), size)]


@settings(max_examples=60)
@given(RECORDS, st.integers(1, 40), st.sampled_from([None, 1]), st.booleans())
def test_split_values_any_layout_and_chunking_gives_the_records(
    records: list[object], size: int, indent: int | None, wrapped: bool
) -> None:
    """An array of records, bare or wrapped beside other keys, is cut into exactly its records."""
    document: object = {"x": [{"rows": [1]}], "rows": records, "y": {"rows": ["z"]}} if wrapped else records
    data = json.dumps(document, indent=indent, ensure_ascii=False).encode()
    parts = jsons.split_values(cut(data, size), wrapper="rows" if wrapped else None)
    assert [jsons.parse(part) for part in parts if part is not None] == records


@given(st.lists(st.binary(max_size=9).map(lambda b: b.replace(b"\n", b"")), max_size=6), st.integers(1, 12))
def test_lines_any_chunking_gives_the_lines(lines: list[bytes], size: int) -> None:
    """Where the chunks end changes nothing."""
    data = b"".join(line + b"\n" for line in lines)
    assert list(streams.lines(cut(data, size))) == lines


@given(st.text(max_size=30))
def test_parse_reads_what_json_writes(text: str) -> None:
    """Escaped or not, a text comes back."""
    assert jsons.parse(json.dumps({"a": text}).encode()) == {"a": text}


@pytest.mark.parametrize("data", [b"", b"{", b"{]", b'{"a": 01}', b"nul"])
def test_parse_broken_json_is_a_value_error(data: bytes) -> None:
    """No JSON is no value."""
    with pytest.raises(ValueError, match="at character"):
        jsons.parse(data)
