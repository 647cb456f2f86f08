"""Everything the stages need of one workspace, opened together and closed together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from agent.analyse.copies import Copies, WrittenText, find_copies
from agent.analyse.stages import StagePlan, load_stage_rules, plan_of
from agent.errors import NotFoundError
from agent.events.lake import EventLake
from agent.events.lake_writer import LakeWriter
from agent.events.source import EventSource
from agent.events.warehouse import Warehouse
from agent.pipeline.indexing import IndexReport, update_index
from agent.pipeline.warehousing import open_warehouse
from agent.ports import Encoder, Progress, Writer
from agent.schemas.journey import StageRule
from agent.schemas.records import Record
from agent.settings import Settings
from agent.store import Store
from agent.store.presence import require_held_out
from agent.store.vault import VaultWriter
from agent.writer import make_writer

if TYPE_CHECKING:
    from agent.analyse.readings import PassageReader
    from agent.index import ChromaIndex


@dataclass
class Workspace:
    """One brand's stores and the parts that work on them; heavy parts are made when first used."""

    settings: Settings
    store: Store
    now: datetime
    _copies: dict[frozenset[WrittenText], Copies] = field(
        default_factory=dict[frozenset[WrittenText], Copies], repr=False
    )

    @cached_property
    def encoder(self) -> Encoder:
        """The bundled encoder, built on first use."""
        from agent.embed import open_encoder  # noqa: PLC0415 - its engine takes a fifth of a second to import

        return open_encoder(self.settings.cache_dir.expanduser(), threads=self.settings.threads)

    @cached_property
    def index(self) -> "ChromaIndex":
        """The vector index."""
        return self._open_index(self._index_folder)

    @cached_property
    def vault(self) -> VaultWriter:
        """The way into the vault.

        Raises:
            StoreError: Held-out data that was stored is gone; a new vault in its place would hide that.
        """
        require_held_out(self.store)
        return VaultWriter(self.store.home, self.store.workspace.name)

    @cached_property
    def lake_writer(self) -> LakeWriter:
        """Takes the working customers' events."""
        return LakeWriter(self.lake_folder)

    @property
    def lake_folder(self) -> Path:
        """Folder of the working customers' events."""
        return self.store.home.lake_events(self.store.workspace.name)

    @cached_property
    def lake(self) -> EventLake:
        """The working customers' events."""
        return EventLake(
            self.lake_folder, canonical=self.store.persons.aliases(), scratch=self.store.home.scratch
        )

    @cached_property
    def warehouse(self) -> Warehouse | None:
        """The working customers' events where they are in a warehouse, else None.

        Raises:
            ConfigError: The settings do not say where.
            StoreError: The warehouse is away or denies access, or the table does not fit.
        """
        return open_warehouse(self.settings, self.store)

    @property
    def events(self) -> EventSource:
        """What customers did: the warehouse where there is one, else the lake."""
        return self.warehouse or self.lake

    @cached_property
    def stage_rules(self) -> tuple[StageRule, ...]:
        """The user's own stages, of `stages.toml` in the home; empty without the file.

        Raises:
            InputError: The file cannot be used.
        """
        path = self.store.home.stages
        return load_stage_rules(path) if path.exists() else ()

    @property
    def plan(self) -> StagePlan:
        """The stages that journeys go through."""
        return plan_of(self.stage_rules)

    @cached_property
    def reader(self) -> "PassageReader":
        """Reads passages."""
        from agent.analyse.readings import PassageReader  # noqa: PLC0415 - as for the encoder

        return PassageReader(self.encoder)

    @cached_property
    def writer(self) -> Writer:
        """The language model where one is set up, else the offline analyst."""
        return make_writer(self.settings, call_log=self.store.model_calls)

    def copies_among(self, records: Iterable[Record]) -> Copies:
        """Return the copies among records; what was asked last is kept, as reading and counting ask about the same."""
        texts = frozenset(map(WrittenText.of, records))
        found = self._copies.get(texts)
        if found is None:
            found = find_copies(texts)
            self._copies.clear()
            self._copies[texts] = found
        return found

    def update_index(self, *, on_progress: Progress | None = None) -> IndexReport:
        """Make the index equal to the store."""
        return update_index(self.store, encoder=self.encoder, index=self.index, on_progress=on_progress)

    def rebuild_index(self, *, on_progress: Progress | None = None) -> IndexReport:
        """Make the index again from nothing, and put it in the old one's place when it is whole."""
        from agent.index import rebuilt_folder  # noqa: PLC0415 - half a second that most commands spare

        self._close_index()
        with rebuilt_folder(self._index_folder) as folder:
            index = self._open_index(folder)
            try:
                report = update_index(self.store, encoder=self.encoder, index=index, on_progress=on_progress)
            finally:
                index.close()
        return report

    def apart(self, now: datetime | None = None) -> "Workspace":
        """Return the same stores with a connection of its own to the events, and stages as they are in the home now.

        Such a connection is for one thread at a time; what it is good for may live on beside this one.

        Args:
            now: Time of whatever is done with it; this one's where None.
        """
        other = Workspace(settings=self.settings, store=self.store, now=now or self.now, _copies=self._copies)
        shared = ("encoder", "reader", "writer")
        other.__dict__.update({name: getattr(self, name) for name in shared})
        return other

    def offline(self) -> "Workspace":
        """Return the same stores with the offline analyst as their writer, whatever model is set up."""
        without = {"openai_api_key": None, "openai_base_url": None}
        other = Workspace(settings=self.settings.model_copy(update=without), store=self.store, now=self.now)
        other.__dict__.update({name: getattr(self, name) for name in ("encoder", "reader")})
        return other

    def close(self) -> None:
        """Close everything that was opened."""
        self._close_index()
        for part in ("lake", "vault", "warehouse"):
            if (opened := self.__dict__.pop(part, None)) is not None:
                opened.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _index_folder(self) -> Path:
        return self.store.home.index_of(self.store.workspace.name)

    def _open_index(self, folder: Path) -> "ChromaIndex":
        from agent.index import ChromaIndex  # noqa: PLC0415 - half a second that most commands spare

        name = self.store.workspace.name
        return ChromaIndex(folder, workspace=name, model_id=self.encoder.model_id, dim=self.encoder.dim)

    def _close_index(self) -> None:
        if "index" in self.__dict__:
            self.__dict__.pop("index").close()


def open_workspace(settings: Settings, *, now: datetime, create: bool = False) -> Workspace:
    """Open the workspace that the settings name.

    Args:
        settings: Home and workspace.
        now: Time of whatever is done with it.
        create: Make it where it is missing, with the default split.

    Raises:
        NotFoundError: It is not there and was not to be made.
        StoreError: The home cannot be used.
    """
    try:
        store = Store.open(settings.home, settings.workspace)
    except NotFoundError:
        if not create:
            raise
        store = Store.create(settings.home, settings.workspace, now=now)
    return Workspace(settings=settings, store=store, now=now)
