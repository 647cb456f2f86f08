"""Files that were uploaded and are not read in yet: looked at, mapped, read in by a job, then deleted.

An upload is a folder in the home. Its name is random and the files' names are made harmless, so that nothing that was
sent can say where it is put.
"""

import asyncio
import re
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple

from anyio import to_thread

from agent.errors import ConflictError, InputError, JourneyError, NotFoundError, UnknownFormatError
from agent.pipeline.ingest import N_PASSES, IngestReport, SourceReport, ingest
from agent.pipeline.previewing import Preview, preview
from agent.pipeline.proposing import Proposal, propose_file
from agent.pipeline.workspace import Workspace
from agent.read import identify_format
from agent.store.home import Home, store_error_of
from api.web.brands import Brand, Clock
from api.web.jobs import JobContext
from api.web.pages import brand_path

_UPLOAD_ID = re.compile(r"[A-Za-z0-9_-]{16}")
_UNSAFE = re.compile(r"[^\w.()+-]+")
_MAX_NAME_CHARS = 100
_MAX_ENDING_CHARS = 20
MAX_FILES = 20
"""In one upload."""
_MAPPING = ".mapping.toml"
KEPT = timedelta(days=2)
"""How long an upload waits to be read in."""
SWEPT_EVERY_S = 3_600.0
MOST_WAITING = 20
"""Uploads of a workspace that may wait."""


class Sent(NamedTuple):
    """A file as it arrives."""

    name: str
    stream: BinaryIO


@dataclass(frozen=True, slots=True)
class Upload:
    """A folder of uploaded files."""

    upload_id: str
    folder: Path

    @property
    def files(self) -> list[Path]:
        """The files, by name."""
        return sorted(path for path in self.folder.iterdir() if not path.name.endswith(_MAPPING))

    def file(self, number: int) -> Path:
        """Return a file by its place.

        Raises:
            NotFoundError: There is none at that place.
        """
        files = self.files
        if not 0 <= number < len(files):
            msg = f"file {number + 1} is not in the upload"
            raise NotFoundError(msg, hint="Upload it again.")
        return files[number]

    def mapping_of(self, path: Path) -> Path | None:
        """Return the mapping that somebody chose for a file, or None."""
        mapping = self._mapping(path)
        return mapping if mapping.exists() else None

    def map(self, path: Path, toml: str | None) -> None:
        """Keep a mapping for a file, or forget it."""
        if toml is None:
            self._mapping(path).unlink(missing_ok=True)
        else:
            self._mapping(path).write_text(toml, encoding="utf-8")

    def forget(self, path: Path) -> None:
        """Remove one of the files, as it is read in."""
        self.map(path, None)
        path.unlink(missing_ok=True)

    def delete(self) -> None:
        """Remove the files."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _mapping(self, path: Path) -> Path:
        return path.with_name(path.name + _MAPPING)


@dataclass(frozen=True, slots=True)
class Look:
    """What a file of an upload is, before it is read in."""

    number: int
    name: str
    size: int
    preview: Preview | None
    is_mapped: bool
    proposal: Proposal | None
    """Of a file in no known form."""
    error: str = ""
    hint: str = ""

    @property
    def can_be_read(self) -> bool:
        """Whether not all rows that may be shown would be rejected."""
        return self.preview is not None and (bool(self.preview.rows) or not self.preview.n_refused)


class Uploads:
    """The uploads of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._folder = workspace.store.home.uploads_of(workspace.store.workspace.name)

    def receive(self, sent: Sequence[Sent], *, now: datetime) -> Upload:
        """Keep files as a new upload, and delete those that were left lying.

        Raises:
            InputError: There is none, or there are too many.
            ConflictError: As many uploads wait as may.
            StoreError: They cannot be written; nothing of them is kept.
        """
        named = [one for one in sent if one.name]
        if not 1 <= len(named) <= MAX_FILES:
            msg = f"{len(named)} files were sent; 1 to {MAX_FILES} were expected"
            raise InputError(msg, hint="Choose the files, then upload them.")
        sweep_uploads(self._workspace.store.home.path, now)
        if len(self.waiting()) >= MOST_WAITING:
            msg = f"{MOST_WAITING} uploads wait to be read in already"
            raise ConflictError(
                msg, hint="Read some of them in, or delete them, on the page of sources; then upload again."
            )
        upload = Upload(made := secrets.token_urlsafe(12), self._folder / made)
        try:
            upload.folder.mkdir(mode=0o700, parents=True)
            for one in named:
                with _free(upload.folder, safe_name(one.name)).open("xb") as file:
                    shutil.copyfileobj(one.stream, file, 1 << 20)
        except OSError as error:
            upload.delete()
            raise store_error_of(error, path=upload.folder) from error
        return upload

    def get(self, upload_id: str) -> Upload:
        """Return an upload.

        Raises:
            NotFoundError: It was read in or deleted, or never was.
        """
        folder = self._folder / upload_id
        if not _UPLOAD_ID.fullmatch(upload_id) or not folder.is_dir():
            msg = "these files are not here any more: they were read in, or deleted"
            raise NotFoundError(
                msg, hint="Upload them again; what was read in is kept and is not counted twice."
            )
        return Upload(upload_id, folder)

    def waiting(self) -> list[Upload]:
        """Return the uploads that wait to be read in."""
        if not self._folder.is_dir():
            return []
        return [Upload(folder.name, folder) for folder in sorted(self._folder.iterdir()) if folder.is_dir()]

    def look(self, upload: Upload, number: int, *, now: datetime) -> Look:
        """Return how a file would be read, or how it could be mapped."""
        path = upload.file(number)
        mapping = upload.mapping_of(path)
        look = Look(number, path.name, path.stat().st_size, None, mapping is not None, None)
        try:
            if mapping is None:
                identify_format(path, kind="auto")
        except UnknownFormatError as error:
            return _replaced(look, error=error, proposal=_proposal(path, now))
        except JourneyError as error:
            return _replaced(look, error=error)
        try:
            shown = preview(path, store=self._workspace.store, mapping=mapping, now=now)
        except JourneyError as error:
            return _replaced(look, error=error, proposal=_proposal(path, now))
        return Look(number, path.name, look.size, shown, look.is_mapped, _proposal(path, now))


def sweep_uploads(home: Path, now: datetime) -> None:
    """Delete what was left lying in any workspace: exports hold personal data that the stores do not."""
    with suppress(OSError):
        _sweep(list(Home(home).uploads.glob("*/*")), now)


def _sweep(folders: Sequence[Path], now: datetime) -> None:
    for folder in folders:
        with suppress(OSError):
            if now.timestamp() - folder.stat().st_mtime > KEPT.total_seconds():
                shutil.rmtree(folder, ignore_errors=True)


async def sweeping(home: Path, clock: Clock) -> None:
    """Sweep the uploads now and every hour, until it is cancelled."""
    while True:
        await to_thread.run_sync(sweep_uploads, home, clock())
        await asyncio.sleep(SWEPT_EVERY_S)


def read_in(brand: Brand, upload: Upload, context: JobContext) -> str:
    """Read an upload into the stores, make it searchable and compute what pages show; return the page to go on to."""
    with brand.writing() as workspace:
        _read_files(workspace, upload, context)
        if workspace.store.records.count():
            context.step("Making every passage searchable ...", total=workspace.store.records.count())
            workspace.update_index(on_progress=context.advance)
    context.step("Preparing answers ...")
    brand.refresh()
    return brand_path(brand.name, "sources")


def _read_files(workspace: Workspace, upload: Upload, context: JobContext) -> None:
    """Read what can be read and delete it; what cannot goes on waiting, so that one file holds up no other.

    Raises:
        InputError: None of the files could be read; the first one's reason.
    """
    failed: list[InputError] = []
    files = upload.files
    for path in files:
        context.step(f"Reading {path.name} ...", total=N_PASSES * path.stat().st_size)
        try:
            report = _ingested(workspace, path, upload.mapping_of(path), context)
        except InputError as error:
            failed.append(error)
            context.tell(f"{path.name} was not read in: {_reason(error)} It waits under Sources.")
            continue
        for source in report.sources:
            for line in told(source):
                context.tell(line)
        upload.forget(path)
    if failed and len(failed) == len(files):
        raise failed[0]
    if not failed:
        upload.delete()


def _ingested(workspace: Workspace, path: Path, mapping: Path | None, context: JobContext) -> IngestReport:
    return ingest(
        [path],
        store=workspace.store,
        vault=workspace.vault,
        lake=workspace.lake_writer,
        mapping=mapping,
        now=workspace.now,
        on_progress=context.advance,
    )


def _reason(error: InputError) -> str:
    """Return why a file was not read, for who can say on a page which of its fields is what."""
    if isinstance(error, UnknownFormatError):
        return "it is in no form that is known. Say which of its fields is what."
    return f"{error.message}. {error.hint}".strip()


def told(source: SourceReport) -> list[str]:
    """Return what became of a file, in sentences."""
    if source.already_read:
        return [f"{source.name} was read before; nothing changed."]
    read = (
        f"{source.name}: {source.n_read:,} rows read as {source.kind}; {source.n_stored:,} stored, "
        f"{source.n_held_out:,} kept unseen, {source.n_unchanged:,} known before, {source.n_rejected:,} rejected."
    )
    lines = [read]
    if source.error is not None:
        lines.append(f"{source.name} was not read to its end: {source.error}. {source.hint or ''}".strip())
    return lines


def safe_name(name: str) -> str:
    """Return a file's name that is nothing but a name: no folder, no markup, no leading dot; its endings stay."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).lstrip(".")
    if len(plain) <= _MAX_NAME_CHARS:
        return plain or "file"
    ending = "".join(Path(plain).suffixes[-2:])[-_MAX_ENDING_CHARS:]
    return plain[: _MAX_NAME_CHARS - len(ending)] + ending


def _free(folder: Path, name: str) -> Path:
    """Return a path that is not taken."""
    path, number = folder / name, 2
    while path.exists():
        path, number = folder / f"{number}_{name}", number + 1
    return path


def _proposal(path: Path, now: datetime) -> Proposal | None:
    try:
        return propose_file(path, now=now)
    except InputError:
        return None


def _replaced(look: Look, *, error: JourneyError, proposal: Proposal | None = None) -> Look:
    return Look(look.number, look.name, look.size, None, look.is_mapped, proposal, error.message, error.hint)
