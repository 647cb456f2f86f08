"""Bytes of an export as they come off the disk: unpacked, decoded, cut into lines, in constant memory.

Encodings: a byte order mark decides; without one, UTF-16 is recognised by its pattern of NUL bytes, and everything else
is UTF-8. A byte that is no valid UTF-8 is read as Windows-1252, byte by byte, and one warning a file says so: exports
from older Windows programs then read correctly, and one bad byte costs no row.
"""

import codecs
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import structlog

from agent.errors import UnreadableSourceError
from agent.ports import Progress

CHUNK_BYTES = 1 << 18
MAX_LINE_BYTES = 1 << 24
"""A line or JSON value beyond this is skipped and reported, never held in memory."""

_GZIP_MAGIC = b"\x1f\x8b"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CP1252_ERRORS = "journey.cp1252"


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_CP1252_ERRORS, _as_cp1252)


def raw_chunks(path: Path, *, on_bytes: Progress | None = None) -> Iterator[bytes]:
    """Yield a file's content, unpacked where it is gzipped (by content, never by name).

    Args:
        path: A regular file.
        on_bytes: Called with how many bytes of the file itself were read since the last call.

    Raises:
        UnreadableSourceError: The file cannot be opened, or its gzip data is broken or ends early; everything before
            the break has been yielded by then.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP_MAGIC
            file.seek(0)
            chunks = _counted(iter(lambda: file.read(CHUNK_BYTES), b""), on_bytes)
            yield from _gunzipped(chunks, path) if packed else chunks
    except OSError as exc:
        msg = f"{path.name!r} cannot be read: {exc.strerror or exc}"
        raise UnreadableSourceError(msg, hint="Check that the file exists and that you may read it.") from exc


def is_gzipped(path: Path) -> bool:
    """Return whether a file's content is gzipped, whatever its name says."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP_MAGIC


def _counted(chunks: Iterator[bytes], on_bytes: Progress | None) -> Iterator[bytes]:
    for chunk in chunks:
        if on_bytes is not None:
            on_bytes(len(chunk))
        yield chunk


def _gunzipped(chunks: Iterable[bytes], path: Path) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=31)
    started = False
    for chunk in chunks:
        data = chunk
        while data:
            if member.eof:
                data = data.lstrip(b"\0")
                member = zlib.decompressobj(wbits=31)
                started = False
                continue
            started = True
            try:
                out = member.decompress(data, CHUNK_BYTES)
            except zlib.error as exc:
                raise _broken_gzip(path, "holds broken gzip data") from exc
            if out:
                yield out
            data = member.unused_data if member.eof else member.unconsumed_tail
    if started and not member.eof:
        raise _broken_gzip(path, "ends in the middle of its gzip data")


def _broken_gzip(path: Path, what: str) -> UnreadableSourceError:
    msg = f"{path.name!r} {what}; everything before that point was read"
    return UnreadableSourceError(
        msg, hint="Fetch the export again: the file was probably cut off on its way."
    )


def encoding_of(head: bytes) -> str:
    """Return the encoding that the first bytes of a content speak for: UTF-8 unless a mark or NUL pattern says UTF-16."""
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    even, odd = head[:4096:2], head[1:4096:2]
    if odd and odd.count(0) > 0.6 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even and even.count(0) > 0.6 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return "utf-8"


def text_chunks(path: Path, *, on_bytes: Progress | None = None) -> Iterator[str]:
    """Yield a file's text; see the module for how bytes become characters. Line ends of one CR become LF."""
    chunks = raw_chunks(path, on_bytes=on_bytes)
    first = next(chunks, b"")
    encoding = encoding_of(first)
    only_cr = b"\r" in first and b"\n" not in first
    for number, text in enumerate(_decoded(first, chunks, encoding, path)):
        clean = text.removeprefix("\ufeff") if number == 0 else text
        yield clean.replace("\r", "\n") if only_cr else clean


def _decoded(first: bytes, chunks: Iterator[bytes], encoding: str, path: Path) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("strict" if encoding == "utf-8" else "replace")
    chunk = first
    while True:
        state = decoder.getstate()
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            structlog.get_logger(__name__).warning(
                "encoding_fallback", file=path.name, read_as="windows-1252"
            )
            decoder = codecs.getincrementaldecoder("utf-8")(_CP1252_ERRORS)
            decoder.setstate(state)
            text = decoder.decode(chunk, final=not chunk)
        if text:
            yield text
        if not chunk:
            return
        chunk = next(chunks, b"")


def utf8_chunks(path: Path, *, on_bytes: Progress | None = None) -> Iterator[bytes]:
    """Yield a file's text as valid UTF-8 without a byte order mark, whatever its encoding."""
    for text in text_chunks(path, on_bytes=on_bytes):
        yield text.encode("utf-8", "replace")


def lines(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    """Cut chunks at LF; yields lines without it, and None for a line longer than `MAX_LINE_BYTES`."""
    parts: list[bytes] = []
    n_held = 0
    for chunk in chunks:
        pieces = chunk.split(b"\n")
        if len(pieces) > 1:
            yield b"".join([*parts, pieces[0]]) if n_held + len(pieces[0]) <= MAX_LINE_BYTES else None
            yield from pieces[1:-1]
            parts, n_held = [], 0
        last = pieces[-1]
        n_held += len(last)
        if n_held > MAX_LINE_BYTES:
            parts = []
        elif last:
            parts.append(last)
    if n_held:
        yield b"".join(parts) if n_held <= MAX_LINE_BYTES else None
