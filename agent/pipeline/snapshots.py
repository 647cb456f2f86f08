"""The snapshots of a workspace: one is built when the stores have changed, while the one before is still given out."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace

import structlog

from agent.analyse.readings import READER_VERSION
from agent.analyse.themes import THEMES_VERSION
from agent.errors import ConfigError, ModelError
from agent.pipeline.analysis import ReadPassages, are_themes_named, current_themes
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.stock import Stock, load_stock
from agent.pipeline.warming import warm_everybody, warm_filters
from agent.pipeline.workspace import Workspace
from agent.ports import Progress

_log = structlog.get_logger(__name__)


def revision_of(workspace: Workspace) -> str:
    """Return a digest of all that results hang on: what was read, who was joined, what people decided, which stages.

    Equal revisions give equal results. Cheap: a few counts, no text.
    """
    store, home = workspace.store, workspace.store.home.path
    digest = hashlib.sha256(f"{READER_VERSION}\n{THEMES_VERSION}\n".encode())
    for source in store.sources.all():
        counts = (source.n_read, source.n_stored, source.n_held_out, source.n_rejected, source.n_parts)
        digest.update(f"{source.source_id} {counts} {source.complete}\n".encode())
    digest.update(f"{store.records.count()} {store.persons.count()}\n".encode())
    digest.update(f"{store.curation.length()} {store.persons.log.length()}\n".encode())
    for file in sorted(home.glob("*.toml")):
        digest.update(file.name.encode() + b"\n" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


class Snapshots:
    """The snapshots of a workspace, one revision at a time.

    Args:
        workspace: Stays open for as long as this is used.
        prepare: Called with a snapshot that was built, before anybody is given it, where things are computed ahead.
    """

    def __init__(
        self, workspace: Workspace, *, prepare: Callable[[Snapshot], object] = lambda _: None
    ) -> None:
        self._workspace = workspace
        self._prepare = prepare
        self._building = threading.Lock()
        self._latest: Snapshot | None = None
        self._stopping = threading.Event()
        self._named = ""
        """Revision whose themes a language model was asked to name."""

    def stop(self) -> None:
        """Have what is being computed come to its end soon; nothing is computed ahead of its being asked from now on."""
        self._stopping.set()

    def latest_ready(self) -> Snapshot | None:
        """Return the snapshot that was built last, of whatever revision; None before the first."""
        return self._latest

    def current(self) -> Snapshot:
        """Return the snapshot of the present revision, building it where it is not there.

        While another thread builds it, or a source is being read in, the one before is returned where there is one.
        """
        latest = self._latest
        if latest is not None and (self._is_reading() or latest.revision == revision_of(self._workspace)):
            return latest
        if latest is not None and self._building.locked():
            return latest
        return self._build(None)

    def refresh(self, *, on_progress: Progress | None = None) -> Snapshot:
        """Build the snapshot of the present revision where it is not there.

        Args:
            on_progress: Called with how many more passages are read.
        """
        return self._build(on_progress)

    def name_themes(self) -> None:
        """Have a language model, where one is set up, name the themes of the latest snapshot; takes as long as the model does.

        Until then the themes have their own phrases; where the model fails they keep them.
        """
        latest = self._latest
        if latest is None or not self._workspace.settings.has_model or latest.revision == self._named:
            return
        # A model that fails is not asked again for the same data.
        self._named = latest.revision
        stock = latest.stock
        read = ReadPassages(list(stock.passages), stock.vectors, list(stock.readings))
        try:
            if are_themes_named(self._workspace, read):
                return
            themes, theme_set = current_themes(self._workspace, read)
        except (ConfigError, ModelError) as error:
            _log.warning("themes_named_offline", reason=error.code)
            return
        named = replace(stock, themes=themes, theme_set=theme_set)
        with self._building:
            if self._latest is latest:
                self._latest = self._made(named, latest.revision)

    def warm_filters(self) -> None:
        """Compute what is asked most of the largest groups of customers, of the latest snapshot and for as long as it is that."""
        latest = self._latest
        if latest is not None:
            warm_filters(latest, is_stopped=lambda: self._stopping.is_set() or self._latest is not latest)

    def _is_reading(self) -> bool:
        return any(not source.complete for source in self._workspace.store.sources.all())

    def _build(self, on_progress: Progress | None) -> Snapshot:
        with self._building:
            revision = revision_of(self._workspace)
            if self._latest is None or self._latest.revision != revision:
                self._latest = self._made(self._load(on_progress), revision)
            return self._latest

    def _made(self, stock: Stock, revision: str) -> Snapshot:
        # A workspace of its own: stages and connections are as they are now.
        made = Snapshot(self._workspace.apart(), stock, revision=revision)
        if made.records:
            # A pain point that an answer names can be looked up by its id from then on.
            self._workspace.store.results.save_pain_points(made.pain_points, now=self._workspace.now)
        if self._workspace.settings.compute_ahead:
            warm_everybody(made, is_stopped=self._stopping.is_set)
            if not self._stopping.is_set():
                self._prepare(made)
        return made

    def _load(self, on_progress: Progress | None) -> Stock:
        """Read everything; themes that a language model does not name keep their own phrases, as reading needs no model."""
        try:
            return load_stock(self._workspace, on_progress=on_progress)
        except (ConfigError, ModelError) as error:
            if not self._workspace.settings.has_model:
                raise
            _log.warning("themes_named_offline", reason=error.code)
            return load_stock(self._workspace.offline(), on_progress=on_progress)
