"""JSON as exports hold it: one value a line, one array, pages that wrap a list, or values one after another.

A document is cut into its records by brackets alone, so an array of any size is read in constant memory, and a record
that is no valid JSON costs that record only.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

import orjson

from agent.read import streams

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Row: TypeAlias = dict[str, Json]

_PLAIN: Final = re.compile(rb'(?:[^"{}\[\]]+|"[^"\\]*(?:\\.[^"\\]*)*")*+', re.DOTALL)
_TO_BRACKET: Final = re.compile(_PLAIN.pattern + rb"[{}\[\]]", re.DOTALL)
_NOWHERE: Final = 1 << 30


def parse(data: bytes) -> Json:
    """Return the value of one JSON text.

    What the standard forbids but exports hold is read too: `NaN` and `Infinity` as null, half a surrogate pair as
    U+FFFD. Of two equal keys the last one counts.

    Raises:
        ValueError: The text is no JSON, or is nested deeper than any export; the message holds no customer text.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as exc:
        reason = f"{exc.msg} at character {exc.pos}"
    try:
        value = json.loads(data, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as exc:
        raise ValueError(reason) from exc
    text = json.dumps(value, ensure_ascii=False)
    return orjson.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def split_values(chunks: Iterable[bytes], *, wrapper: str | None = None) -> Iterator[bytes | None]:
    """Cut a JSON document into its records, unparsed.

    Args:
        chunks: UTF-8.
        wrapper: Key of the top-level object whose list holds the records; None where the records stand at the top
            or in a top-level list.

    Yields:
        Each record's bytes; None for one longer than `streams.MAX_LINE_BYTES`. What follows the last complete record
        is yielded too when it is cut off, for the parser to refuse.
    """
    splitter = _Splitter(wrapper)
    for chunk in chunks:
        yield from splitter.feed(chunk)
    yield from splitter.rest()


class _Splitter:
    """Follows the nesting of a document; a record is an object or list that opens at the records' depth."""

    def __init__(self, wrapper: str | None) -> None:
        self._wrapper = None if wrapper is None else orjson.dumps(wrapper)
        self._buffer = b""
        self._scanned = 0
        self._depth = 0
        self._record_depth = self._outer_depth
        self._start: int | None = None
        self._skipping = False

    @property
    def _outer_depth(self) -> int:
        return 0 if self._wrapper is None else _NOWHERE

    def feed(self, chunk: bytes) -> Iterator[bytes | None]:
        """Take more bytes and yield the records they complete."""
        self._buffer += chunk
        while match := _TO_BRACKET.match(self._buffer, self._scanned):
            end = match.end()
            bracket = self._buffer[end - 1 : end]
            if bracket in b"{[":
                self._open(bracket, end - 1)
            elif self._close():
                yield None if self._skipping else self._buffer[self._start : end]
                self._start, self._skipping = None, False
            self._scanned = end
        self._trim()

    def _open(self, bracket: bytes, start: int) -> None:
        depth = self._depth
        self._depth += 1
        if bracket == b"[" and depth == 0 and self._wrapper is None:
            self._record_depth = 1
        elif bracket == b"[" and depth == 1 and self._is_wrapped(start):
            self._record_depth = 2
        elif depth == self._record_depth and not self._skipping:
            self._start = start

    def _is_wrapped(self, start: int) -> bool:
        before = self._buffer[self._scanned : start].rstrip()
        return self._wrapper is not None and before.removesuffix(b":").rstrip().endswith(self._wrapper)

    def _close(self) -> bool:
        self._depth = max(0, self._depth - 1)
        if self._depth < self._record_depth:
            self._record_depth = self._outer_depth
            return False
        return self._depth == self._record_depth and (self._start is not None or self._skipping)

    def _trim(self) -> None:
        if self._start is not None and len(self._buffer) - self._start > streams.MAX_LINE_BYTES:
            self._start, self._skipping = None, True
        keep = self._scanned if self._start is None else self._start
        self._buffer = self._buffer[keep:]
        self._scanned -= keep
        if self._start is not None:
            self._start = 0
        elif len(self._buffer) > streams.MAX_LINE_BYTES:
            self._forget()

    def _forget(self) -> None:
        # All that matters of an endless run is whether it stopped inside a string, and whether after a backslash.
        plain = _PLAIN.match(self._buffer)
        in_string = plain is not None and plain.end() < len(self._buffer)
        n_backslashes = len(self._buffer) - len(self._buffer.rstrip(b"\\"))
        self._buffer = b'"' + b"\\" * (n_backslashes % 2) if in_string else b""

    def rest(self) -> Iterator[bytes | None]:
        """Yield what stands after the last complete record of a document that is cut off."""
        if self._skipping:
            yield None
        elif self._start is not None:
            yield self._buffer[self._start :]
        elif self._depth:
            yield b""
