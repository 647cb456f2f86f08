"""Files that somebody looks at before they decide: kept in the home under a random id, for that person and thing alone.

They lie beside the uploads of sources and are swept with them. A form carries the id, never the file.
"""

import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson

from agent.errors import NotFoundError
from agent.pipeline.workspace import Workspace
from agent.store.home import folder_name, store_error_of
from api.web.uploads import sweep_uploads

_FILE_ID = re.compile(r"[A-Za-z0-9_-]{16}")
_DATA, _ABOUT = "data", "about.json"
_MOST = 5
"""Files of one person in one workspace; the oldest give way."""


@dataclass(frozen=True, slots=True)
class _About:
    account_id: str
    subject: str
    name: str
    shown: str
    kept_at: float


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that somebody looked at."""

    file_id: str
    name: str
    """As it was called when it was sent."""
    data: bytes
    shown: str
    """Digest of what the person was shown of it; empty where nothing hangs on that."""


class KeptFiles:
    """The files of one kind in a workspace.

    Args:
        workspace: Whose.
        kind: Letters alone; what the files are.
    """

    def __init__(self, workspace: Workspace, kind: str) -> None:
        store = workspace.store
        self._home = store.home.path
        # A workspace's own uploads never have a full stop in the name of their folder.
        self._folder = store.home.uploads / f"{kind}.{folder_name(store.workspace.name)}"

    def keep(
        self, data: bytes, *, name: str, account_id: str, subject: str, now: datetime, shown: str = ""
    ) -> str:
        """Keep a file and return its id.

        Args:
            data: The file.
            name: What it is called.
            account_id: Who may have it back.
            subject: What it is about; it comes back for that alone.
            now: Time.
            shown: Digest of what the person is shown of it.

        Raises:
            StoreError: It cannot be written; nothing of it is kept.
        """
        sweep_uploads(self._home, now)
        self._make_room(account_id)
        folder = self._folder / (file_id := secrets.token_urlsafe(12))
        about = _About(account_id, subject, name, shown, now.timestamp())
        try:
            folder.mkdir(mode=0o700, parents=True)
            (folder / _DATA).write_bytes(data)
            (folder / _ABOUT).write_bytes(orjson.dumps(asdict(about)))
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise store_error_of(error, path=folder) from error
        return file_id

    def get(self, file_id: str, *, account_id: str, subject: str) -> KeptFile:
        """Return a file.

        Raises:
            NotFoundError: It is not there any more, somebody else's, or of something else; which is not told.
        """
        folder = self._folder / file_id
        about = _about(folder) if _FILE_ID.fullmatch(file_id) else None
        if about is not None and (about.account_id, about.subject) == (account_id, subject):
            with suppress(FileNotFoundError):
                return KeptFile(file_id, about.name, (folder / _DATA).read_bytes(), about.shown)
        msg = (
            "the file is not here any more: what was looked at is kept for two days, and until it is applied"
        )
        raise NotFoundError(msg, hint="Upload it again.")

    def drop(self, file_id: str) -> None:
        """Forget a file; one that is not there is no fault."""
        if _FILE_ID.fullmatch(file_id):
            shutil.rmtree(self._folder / file_id, ignore_errors=True)

    def _make_room(self, account_id: str) -> None:
        folders = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        own = [
            (about.kept_at, one)
            for one in folders
            if (about := _about(one)) and about.account_id == account_id
        ]
        for _, folder in sorted(own)[: max(0, len(own) - _MOST + 1)]:
            shutil.rmtree(folder, ignore_errors=True)


def _about(folder: Path) -> _About | None:
    try:
        return _About(**orjson.loads((folder / _ABOUT).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
