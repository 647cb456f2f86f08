"""The home folder: where each store lives, and the lock that lets one process at a time use them."""

import errno
import fcntl
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.errors import StoreError, StoreFullError, StoreLockedError

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_TWO_DIGITS = 0xFF
_FULL_HINT = "Free some space, or choose another folder with --home."


def store_error_of(error: OSError, *, path: Path) -> StoreError:
    """Return the product's error for an operating system error at `path`."""
    reason = error.strerror or str(error)
    if error.errno in _NO_SPACE:
        msg = f"{str(path)!r} cannot be written: {reason}; nothing unfinished was kept"
        return StoreFullError(msg, hint=_FULL_HINT, context={"path": str(path)})
    msg = f"{str(path)!r} cannot be used: {reason}; a folder that can be read and written was expected"
    return StoreError(msg, hint="Choose another folder with --home.", context={"path": str(path)})


class Home:
    """Paths of all stores under one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()

    @property
    def database(self) -> Path:
        """SQL database of the working side."""
        return self.path / "journey.db"

    @property
    def accounts_database(self) -> Path:
        """SQL database of the people who sign in; it is of the home, not of one workspace."""
        return self.path / "accounts.db"

    @property
    def stages(self) -> Path:
        """File of the user's own stages; it need not be there."""
        return self.path / "stages.toml"

    @property
    def vault_database(self) -> Path:
        """SQL database of the held-out side; the core only writes it."""
        return self.path / "vault" / "vault.db"

    @property
    def vault_events(self) -> Path:
        """Folder of the held-out events' Parquet parts, one folder a workspace."""
        return self.path / "vault" / "events"

    @property
    def lake(self) -> Path:
        """Folder of the working events, one folder a workspace."""
        return self.path / "lake"

    @property
    def index(self) -> Path:
        """Folder of the vector indexes, one folder a workspace."""
        return self.path / "index"

    def index_of(self, workspace: str) -> Path:
        """Return the folder of a workspace's vector index; it is rebuilt without touching another's."""
        return self.index / folder_name(workspace)

    @property
    def lock(self) -> Path:
        """File whose lock says that a process uses the home; holds that process's id."""
        return self.path / "lock"

    @property
    def uploads(self) -> Path:
        """Folder of uploads that are not read in yet, one folder a workspace."""
        return self.path / "uploads"

    def uploads_of(self, workspace: str) -> Path:
        """Return the folder of a workspace's uploads that are not read in yet."""
        return self.uploads / folder_name(workspace)

    def lake_events(self, workspace: str) -> Path:
        """Return the folder of a workspace's Parquet parts in the lake."""
        return self.lake / "events" / folder_name(workspace)

    def vault_events_of(self, workspace: str) -> Path:
        """Return the folder of a workspace's Parquet parts in the vault."""
        return self.vault_events / folder_name(workspace)

    @property
    def scratch(self) -> Path:
        """Folder for what a process needs while it runs; whoever opens the home next finds it empty."""
        return self.path / "scratch"

    def clear_scratch(self) -> None:
        """Delete what a process that was killed left, customers' values among it; only for who holds the lock.

        Raises:
            StoreError: The folder cannot be made.
        """
        # Earlier versions kept theirs beside the stores.
        for left in (self.scratch, *self.path.glob("journey-*/")):
            shutil.rmtree(left, ignore_errors=True)
        try:
            self.scratch.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise store_error_of(error, path=self.scratch) from error

    def adopt(self, workspaces: Sequence[str]) -> None:
        """Give folders that an earlier version named otherwise their names of now; what has one is left alone.

        Args:
            workspaces: All of the home, by name. A folder that stands for another one of them stays that one's.

        Raises:
            StoreError: A folder cannot be renamed.
        """
        taken = {folder_name(name) for name in workspaces}
        for name in workspaces:
            former, own = former_folder_name(name), folder_name(name)
            if former in taken:
                continue
            for parent in (self.index, self.uploads, self.lake / "events", self.vault_events):
                if (parent / former).is_dir() and not (parent / own).exists():
                    try:
                        (parent / former).rename(parent / own)
                    except OSError as error:
                        raise store_error_of(error, path=parent / former) from error

    def prepare(self) -> None:
        """Make the folders that are missing, readable by their owner alone.

        Raises:
            StoreError: The path is no folder, or cannot be written.
            StoreFullError: No space is left on the device.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.vault_events, self.lake, self.index):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.vault_events.parent.chmod(0o700)
        except OSError as error:
            raise store_error_of(error, path=self.path) from error


def folder_name(workspace: str) -> str:
    """Return a workspace's name as one folder name: other signs than letters, digits, `-`, `_` as hexadecimal.

    Different names give different folders: two digits stand for a sign up to U+00FF, and more than two end in `+`.
    """
    return "".join(map(_spelt, workspace))


def former_folder_name(workspace: str) -> str:
    """Return the folder name that earlier versions used; it is another one where a name has signs beyond U+00FF."""
    return "".join(c if _is_plain(c) else f"%{ord(c):x}" for c in workspace)


def _spelt(sign: str) -> str:
    if _is_plain(sign):
        return sign
    return f"%{ord(sign):02x}" if ord(sign) <= _TWO_DIGITS else f"%{ord(sign):x}+"


def _is_plain(sign: str) -> bool:
    return sign.isascii() and (sign.isalnum() or sign in "-_")


class HomeLock:
    """The exclusive right to use a home; the operating system drops it when its process ends, however it ends."""

    def __init__(self, home: Home) -> None:
        """Take the lock.

        Raises:
            StoreLockedError: Another process, or another store of this one, holds it.
            StoreError: The lock file cannot be opened.
        """
        self._path = home.lock
        try:
            self._fd: int | None = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise store_error_of(error, path=home.path) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, str(os.getpid()).encode(), 0)
        except BlockingIOError as error:
            owner = os.pread(self._fd, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._fd)
            msg = f"{str(home.path)!r} is in use by process {owner} (lock {str(self._path)!r})"
            hint = "Wait until that process ends, or use another folder with --home."
            raise StoreLockedError(msg, hint=hint, context={"path": str(home.path), "pid": owner}) from error
        except OSError as error:
            os.close(self._fd)
            raise store_error_of(error, path=home.path) from error

    def release(self) -> None:
        """Give the lock up; doing so twice changes nothing. The file stays, so that no two files are ever locked."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
