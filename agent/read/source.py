"""One file to read, and the sample of its head by which its format is recognised: content decides, never the name."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Final

from agent.errors import UnreadableSourceError
from agent.ports import Progress
from agent.read import jsons, parquet, streams, tables
from agent.read.jsons import Json, Row
from agent.schemas.records import Speaker

SAMPLE_CHARS: Final = 1 << 18
N_SAMPLE_ROWS: Final = 100
MAX_FIRST_RECORD_CHARS: Final = 1 << 22
"""How far a sample goes on where its first JSON line is longer than a sample."""

_WRAPPERS: Final = frozenset(
    ("batch", "comments", "conversations", "data", "events", "items", "messages", "records", "results", "reviews",
     "rows", "tickets", "users")
)  # fmt: skip
_RECORD_KEYS: Final = frozenset(
    ("id", "_id", "ticket_id", "messageId", "customer_id", "user_id", "userId", "anonymousId", "user_pseudo_id", "event",
     "event_name", "text", "subject", "timestamp")
)  # fmt: skip
"""Keys of a record: what has one is no page around a list of records."""
_TOP_KEY: Final = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*(\[\s*[{\]])?')
_BINARY_HINTS: Final = {
    b"PK\x03\x04": "It looks like a spreadsheet or ZIP archive: save it as CSV, or unpack it.",
    b"%PDF": "It is a PDF: save its text as .txt or .md.",
    b"\x89PNG": "It is an image.",
    b"SQLite": "It is a database: export the table as CSV, JSON lines or Parquet.",
}


class Shape(StrEnum):
    """How a file's content is laid out."""

    LINES = "JSON lines"
    DOCUMENT = "a JSON document"
    CSV = "CSV"
    PARQUET = "Parquet"
    XML = "XML"
    TEXT = "plain text"


@dataclass(frozen=True)
class Sample:
    """The head of a file, and what it says about the whole."""

    path: Path
    shape: Shape
    text: str
    """Up to `SAMPLE_CHARS` characters, or more where the first JSON line is longer; empty for Parquet."""
    complete: bool
    """Whether `text` is all there is."""
    wrapper: str | None = None
    """Key of the list that holds a JSON document's records."""
    delimiter: str = ","
    columns: tuple[str, ...] = ()
    """Of CSV and Parquet."""
    records: tuple[Row, ...] = ()
    """The first records of JSON, CSV and Parquet."""

    @cached_property
    def keys(self) -> frozenset[str]:
        """Columns, or the top-level keys of the first JSON records."""
        return frozenset(self.columns).union(*self.records)

    @property
    def is_json(self) -> bool:
        """Whether the file holds JSON."""
        return self.shape in (Shape.LINES, Shape.DOCUMENT)

    @property
    def is_table(self) -> bool:
        """Whether the file holds flat rows with named columns."""
        return self.shape in (Shape.CSV, Shape.PARQUET)


@dataclass(frozen=True)
class Source:
    """A file with what the caller said about it."""

    path: Path
    sample: Sample
    kind: str = "auto"
    on_bytes: Progress | None = None
    speakers: Mapping[str, Speaker] = field(default_factory=dict[str, Speaker])
    """Who is who, where a mapping file says so; keys casefolded."""


def take_sample(path: Path, *, wrapper: str | None = None, own_lists: Collection[str] = ()) -> Sample:
    """Look at the head of a file.

    Args:
        path: The file.
        wrapper: Key of a JSON document under which its records stand, where the caller knows it.
        own_lists: Keys of lists that are known to belong to a record, and so hold no records.

    Raises:
        UnreadableSourceError: The file is missing, empty, no regular file, or holds binary data of no known kind.
    """
    _check_readable(path)
    head = _head_bytes(path)
    if not head.strip():
        msg = f"{path.name!r} is empty"
        raise UnreadableSourceError(msg, hint="Export it again, or leave it out.")
    if head.startswith(parquet.PARQUET_MAGIC):
        columns, records = parquet.parquet_head(path, n_rows=N_SAMPLE_ROWS)
        return Sample(path, Shape.PARQUET, "", complete=False, columns=columns, records=records)
    _refuse_binary(path, head)
    text, complete = _head_text(path)
    shape = _shape_of(text)
    if shape in (Shape.LINES, Shape.DOCUMENT):
        wrapper = wrapper or _wrapper_of(text, own_lists)
        records = tuple(_json_head(text, shape, wrapper, complete=complete))
        return Sample(path, shape, text, complete, wrapper=wrapper, records=records)
    if shape is Shape.XML:
        return Sample(path, shape, text, complete)
    delimiter, columns, records = tables.csv_head(text, complete=complete, n_rows=N_SAMPLE_ROWS)
    shape = Shape.CSV if columns else Shape.TEXT
    return Sample(path, shape, text, complete, delimiter=delimiter, columns=columns, records=records)


def _check_readable(path: Path) -> None:
    if not path.exists():
        msg = f"there is no file {str(path)!r}"
        raise UnreadableSourceError(msg, hint="Check the path.")
    if path.is_dir():
        msg = f"{str(path)!r} is a folder, and one file was expected"
        raise UnreadableSourceError(msg, hint="Name the files in it, or give the folder to `journey ingest`.")
    if not path.is_file():
        msg = f"{str(path)!r} is no regular file"
        raise UnreadableSourceError(msg, hint="Write the data to a file first: it is read more than once.")


def _head_bytes(path: Path) -> bytes:
    chunks = streams.raw_chunks(path)
    head = b""
    try:
        while len(head) < streams.CHUNK_BYTES:
            head += next(chunks)
    except (StopIteration, UnreadableSourceError):
        # A broken end is reported when the rows are read, after the good ones.
        if not head:
            _raise_if_broken(path)
    return head


def _raise_if_broken(path: Path) -> None:
    """Read a file's first chunk for the error it raises, if any."""
    for _ in islice(streams.raw_chunks(path), 1):
        return


def _refuse_binary(path: Path, head: bytes) -> None:
    hint = next((hint for magic, hint in _BINARY_HINTS.items() if head.startswith(magic)), None)
    if hint is None and streams.encoding_of(head) == "utf-8":
        counts = Counter(head[:65536])
        n_control = sum(counts[byte] for byte in range(32) if byte not in (9, 10, 12, 13, 27))
        if n_control > 0.05 * sum(counts.values()) and n_control > len(_BINARY_HINTS):
            hint = "Export it as CSV, JSON, JSON lines, Parquet, XES, WebVTT, SRT or plain text."
    if hint is not None:
        msg = f"{path.name!r} holds binary data of no kind that can be read here"
        raise UnreadableSourceError(msg, hint=hint)


def _head_text(path: Path) -> tuple[str, bool]:
    text = ""
    try:
        for chunk in streams.text_chunks(path):
            text += chunk
            if len(text) > SAMPLE_CHARS:
                end = _end_of_first_line(text)
                if end is not None:
                    return text[: max(SAMPLE_CHARS, end)], False
    except UnreadableSourceError:
        return text, False
    return text, True


def _end_of_first_line(text: str) -> int | None:
    """Return where a sample may end at the earliest; None where its first JSON line is not whole yet."""
    start = len(text) - len(text.lstrip())
    if not text.startswith("{", start) or len(text) > MAX_FIRST_RECORD_CHARS:
        return 0
    end = text.find("\n", start)
    return None if end < 0 else end + 1


def _shape_of(text: str) -> Shape:
    start = text.lstrip()
    if re.match(r'\[\s*[{\["\]]', start):
        return Shape.DOCUMENT
    if start.startswith("{"):
        return Shape.LINES if _are_lines(start) else Shape.DOCUMENT
    return Shape.XML if re.match(r"<\?xml|<!--|<log[\s>]", start) else Shape.TEXT


def _are_lines(text: str) -> bool:
    # Several lines must open a value each: a document printed over lines opens one on its first line only, and one
    # broken line says nothing about the others.
    candidates = [line for line in text.split("\n", 20)[:20] if line.strip()]
    n_whole = sum(1 for line in candidates if _is_object(line))
    return n_whole > 0 and n_whole * 2 >= len(candidates) - 1


def _is_object(line: str) -> bool:
    try:
        return isinstance(jsons.parse(line.encode("utf-8", "replace")), dict)
    except ValueError:
        return False


def _wrapper_of(text: str, own_lists: Collection[str]) -> str | None:
    if not text.lstrip().startswith("{"):
        return None
    keys: list[str] = []
    lists: list[str] = []
    for key, opens_list in top_keys(text):
        keys.append(key)
        if opens_list and key in _WRAPPERS and key not in own_lists:
            lists.append(key)
    return lists[0] if lists and not _RECORD_KEYS.intersection(keys) else None


def top_keys(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the keys of a JSON document's outermost object, and for each whether a list of objects or lists begins under it."""
    depth = 0
    position = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', text):
        if token.start() < position:
            continue
        mark = token.group()
        if len(mark) == 1:
            depth += 1 if mark in "{[" else -1
            if depth == 0:
                return
        elif depth == 1 and (key := _TOP_KEY.match(text, token.start())):
            yield key.group(1), key.group(2) is not None
            # The list's bracket is still to be counted; only the key itself is passed over.
            position = token.end()


def _json_head(text: str, shape: Shape, wrapper: str | None, *, complete: bool) -> Iterator[Row]:
    data = text.encode("utf-8", "replace")
    if shape is Shape.LINES:
        pieces = data.split(b"\n")
        parts: list[bytes | None] = list(pieces if complete else pieces[:-1] or pieces)
    else:
        parts = list(islice(jsons.split_values([data], wrapper=wrapper), N_SAMPLE_ROWS))
    n_found = 0
    for part in parts:
        for record in unwrapped(_parsed(part), wrapper if shape is Shape.LINES else None):
            if n_found < N_SAMPLE_ROWS and isinstance(record, dict):
                n_found += 1
                yield record


def _parsed(part: bytes | None) -> Json:
    try:
        return jsons.parse(part) if part else None
    except ValueError:
        return None


def unwrapped(value: Json, wrapper: str | None) -> list[Json]:
    """Return the records that one line of JSON holds: itself, its items if it is a list, or those of its wrapped list."""
    if isinstance(value, list):
        return value
    if wrapper is not None and isinstance(value, dict):
        inner = value.get(wrapper)
        if isinstance(inner, list):
            return inner
    return [value]
