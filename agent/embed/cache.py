"""A folder of built models and of what they gave: each file is written whole or not at all, and is checked before it is used."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from agent.errors import EncoderError

_DIGEST_BYTES = hashlib.sha256().digest_size


def load_or_build(path: Path, build: Callable[[], bytes], *, is_needed: bool = True) -> bytes:
    """Return the content kept at `path`, building and keeping it first where it is missing or damaged.

    Processes may do this at the same time: each writes a file of its own and renames it into place, and what they
    write is the same. A file is the SHA-256 of the content, then the content.

    Args:
        path: Of the file.
        build: Gives the content.
        is_needed: Whether the folder has to be writable; content that cannot be kept is built again next time where not.

    Raises:
        EncoderError: The folder cannot be written.
    """
    content = _read(path)
    if content is None:
        content = build()
        with contextlib.suppress(*() if is_needed else (EncoderError,)):
            _write(path, content)
    return content


def _read(path: Path) -> bytes | None:
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    content = stored[_DIGEST_BYTES:]
    return content if hashlib.sha256(content).digest() == stored[:_DIGEST_BYTES] else None


def _write(path: Path, content: bytes) -> None:
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(hashlib.sha256(content).digest())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as exc:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
        msg = f"The encoder cannot be kept at {str(path)!r}: {exc.strerror}."
        hint = "Make the cache folder writable, free some space, or name another folder."
        raise EncoderError(msg, hint=hint) from exc
