"""Which files a path on the command line means, and what identifies a file's content."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from agent.errors import UnreadableSourceError


def expand_paths(paths: Iterable[Path]) -> list[Path]:
    """Return the files that paths mean: a file itself, a folder all files below it, sorted; hidden ones are left out.

    Raises:
        UnreadableSourceError: A path does not exist or is a pipe or device, or a folder holds no files.
    """
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.is_file() and not _is_hidden(file, path))
            if not found:
                msg = f"the folder {str(path)!r} holds no files"
                raise UnreadableSourceError(msg, hint="Name a folder with exports in it.")
            files.update(dict.fromkeys(found))
        elif path.is_file():
            files[path] = None
        elif path.exists():
            msg = f"{str(path)!r} is no regular file"
            raise UnreadableSourceError(
                msg, hint="Write the data to a file first: it is read more than once."
            )
        else:
            msg = f"there is no file or folder {str(path)!r}"
            raise UnreadableSourceError(msg, hint="Check the path.")
    return list(files)


def _is_hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def source_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as they stand on the disk, in hexadecimal.

    Raises:
        UnreadableSourceError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        msg = f"{str(path)!r} cannot be read: {exc.strerror or exc}"
        raise UnreadableSourceError(msg, hint="Check that the file exists and that you may read it.") from exc
