"""Everything computed of one revision of a workspace's stores, kept and shared by all who ask.

Numbers are those that the command line prints for the same question. Nothing here reads the vault.
"""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Final

import structlog

from agent.analyse.persona_facts import MIN_GROUP
from agent.analyse.readings import READER_VERSION
from agent.analyse.themes import THEMES_VERSION
from agent.errors import ConfigError, JourneyError, ModelError
from agent.events.source import EventWindow
from agent.normalise.vocabulary import vocabulary_of
from agent.pipeline.analysis import ReadPassages, are_themes_named, current_themes
from agent.pipeline.drafting import Insight
from agent.pipeline.parts import Parts, ResultT
from agent.pipeline.scoped import Scoped
from agent.pipeline.searching import Searching, searching_of
from agent.pipeline.status import Status, known_status
from agent.pipeline.stock import Stock, load_stock
from agent.pipeline.workspace import Workspace
from agent.ports import Progress
from agent.schemas.creative import VariantSet
from agent.schemas.insight import PainPoint, Theme
from agent.schemas.journey import JourneyMap
from agent.schemas.records import Record
from agent.store.filters import fold

_log = structlog.get_logger(__name__)

_MOST_SCOPES: Final = 40
"""Filters whose results are kept beside everybody's; each holds its texts' vectors and a connection to the events."""
_MOST_SCOPE_ROWS: Final = 120_000
"""Passages that kept filters may hold together: 180 MB of vectors."""
_MOST_WARM: Final = 24
"""Filters whose results are computed ahead; the others that may be kept are left to what is asked."""
_MOST_WARM_ROWS: Final = 90_000
"""Passages that these may hold together."""
_MOST_WARM_VALUES: Final = 8
"""Values of a key that is likely to be asked by: customers of one of sixteen cities are few, and few ask for them."""
_FEWEST_WARM_ROWS: Final = 4_000
"""Passages below which a filter takes no time anyway."""

_LEAST_TOLD: Final = 0.5
"""Share of the customers with a key whose value may be shown; of a key with less, nothing is."""

_TECHNICAL: Final = frozenset({"source_format"})
"""Fields that say how a text was read in, not whose it is."""


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


class Snapshot:
    """One revision of a workspace; good for many threads.

    What maps, variant sets and pain points people stored is always read anew, since storing one changes no count.
    """

    def __init__(self, workspace: Workspace, stock: Stock, *, revision: str) -> None:
        self.revision = revision
        self.workspace = workspace
        self.stock = stock
        self._vocabulary = vocabulary_of(workspace.store.home.path)
        self._kept: dict[tuple[tuple[str, str], ...], Scoped] = {}
        self._lock = threading.Lock()
        self._users = Parts()
        self.everybody = self._scope({})
        """Without a filter."""

    def scope(self, where: Mapping[str, str] | None = None) -> Scoped:
        """Return what the data says of the customers that a filter keeps.

        Raises:
            ScopeError: A key of the filter is not in the data.
        """
        if not where:
            return self.everybody
        key = tuple(sorted((name, fold(value)) for name, value in where.items()))
        with self._lock:
            found = self._kept.pop(key, None) or self._scope(where)
            self._kept[key] = found
            self._drop_oldest()
        return found

    def once(self, key: str, make: Callable[[], ResultT]) -> ResultT:
        """Return what a user of the snapshot makes of it, kept for as long as the snapshot is; others wait while it is made."""
        return self._users.get(key, make)

    def _scope(self, where: Mapping[str, str]) -> Scoped:
        return Scoped(self.workspace.apart(), self.stock, where, self._vocabulary)

    def _drop_oldest(self) -> None:
        while len(self._kept) > _MOST_SCOPES or (
            len(self._kept) > 1 and self._n_kept_rows() > _MOST_SCOPE_ROWS
        ):
            self._kept.pop(next(iter(self._kept)))

    def _n_kept_rows(self) -> int:
        return sum(one.n_rows for one in self._kept.values())

    @property
    def n_kept(self) -> int:
        """Filters whose results are held beside everybody's."""
        return len(self._kept)

    def insight(self, where: Mapping[str, str] | None = None) -> Insight:
        """Return corpus, pain points and moments of a filter.

        Raises:
            ScopeError: Nobody matches, or a key is not in the data.
        """
        return self.scope(where).insight

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages, in order."""
        return self.everybody.stages

    @cached_property
    def status(self) -> Status:
        """What is in the stores, and of the held-out customers how many."""
        scope = self.everybody
        with scope.events_lock:
            return known_status(self.workspace.store, scope.lake)

    @property
    def records(self) -> Mapping[str, Record]:
        """The working customers' texts, by id."""
        return self.stock.records

    @property
    def themes(self) -> tuple[Theme, ...]:
        """What customers speak about, as people curated it."""
        return self.stock.themes.themes

    @property
    def pain_points(self) -> tuple[PainPoint, ...]:
        """What hurts customers, by rank; empty where nobody said anything."""
        return self.everybody.insight.pain_points if self.records else ()

    @cached_property
    def window(self) -> EventWindow:
        """When the first and the last thing was said or done; None where nothing has a date."""
        scope = self.everybody
        times = [record.at for record in self.records.values() if record.at is not None]
        if scope.has_events:
            with scope.events_lock:
                times += [at for at in scope.require_journeys().window if at is not None]
        return EventWindow(min(times, default=None), max(times, default=None))

    @cached_property
    def kinds(self) -> Mapping[str, int]:
        """Kinds of texts with how many there are."""
        return dict(Counter(record.kind.value for record in self.records.values()).most_common())

    @cached_property
    def traits(self) -> Mapping[str, Mapping[str, int]]:
        """What customers may be filtered by: key to value to customers who have it, most first.

        Values that fewer customers share than may be shown are left out, and keys most of whose customers have such a value:
        they name customers, or are free text.
        """
        found: dict[str, dict[str, int]] = {}
        for key in self.stock.keys:
            by_value = self.stock.persons_by(key)
            shown = {value: persons for value, persons in by_value.items() if len(persons) >= MIN_GROUP}
            n_shown, n_known = (len(frozenset[str]().union(*values.values())) for values in (shown, by_value))
            if shown and n_shown >= _LEAST_TOLD * n_known and key not in _TECHNICAL:
                found[key] = {value: len(persons) for value, persons in shown.items()}
        return found

    def known_persons(self, key: str) -> frozenset[str]:
        """Return the customers of whom a trait, an attribute or a field of texts is known."""
        return frozenset[str]().union(*self.stock.persons_by(key).values())

    @cached_property
    def channels(self) -> Mapping[str, int]:
        """Channels of texts with the customers who wrote there."""
        return self.traits.get("channel", {})

    @property
    def events(self) -> Mapping[str, int]:
        """Event names with the customers who did them, most first."""
        return self.everybody.events

    @cached_property
    def searching(self) -> Searching:
        """Finds and cites passages."""
        return searching_of(self.workspace, self.stock)

    def maps(self) -> list[JourneyMap]:
        """Return the stored maps as they are now, each in its latest version, the one drafted last first."""
        return sorted(
            self.workspace.store.results.maps(), key=lambda one: (one.drafted_at, one.map_id), reverse=True
        )

    def variant_sets(self) -> list[VariantSet]:
        """Return the stored variant sets as they are now, the one drafted last first."""
        return sorted(
            self.workspace.store.results.variant_sets(),
            key=lambda one: (one.drafted_at, one.variant_set_id),
            reverse=True,
        )

    def warm(self, *, is_stopped: Callable[[], bool] = lambda: False) -> None:
        """Compute what most questions need of everybody, so that the first who ask need not wait.

        Args:
            is_stopped: Asked between one part and the next; True leaves the rest to whoever asks for it.
        """
        scope = self.everybody
        if self.records:
            self.workspace.store.results.save_pain_points(scope.insight.pain_points, now=self.workspace.now)
            self.searching.warm()
        parts: list[Callable[[], object]] = [
            lambda: self.traits,
            lambda: self.status,
            lambda: scope.events,
            scope.paths,
            lambda: scope.paths("stage"),
            lambda: scope.stage_times,
            lambda: scope.funnel(scope.stages),
            scope.retention,
            lambda: scope.moments,
            scope.attribution,
            lambda: scope.value,
            lambda: scope.personas,
        ]
        for part in parts:
            if is_stopped():
                return
            # What cannot be told of this data is told so to whoever asks.
            with suppress(JourneyError):
                part()

    def warm_filters(self, *, is_stopped: Callable[[], bool] = lambda: False) -> None:
        """Compute what is asked most of the largest groups of customers, so that the first to ask of one need not wait.

        Args:
            is_stopped: Asked between one part and the next; True leaves the rest to whoever asks for it.
        """
        if len(self.stock.passages) < _FEWEST_WARM_ROWS:
            return
        warmed: list[Scoped] = []
        for where in self._likely_filters():
            if is_stopped() or self._n_kept_rows() > _MOST_WARM_ROWS:
                break
            with suppress(JourneyError):
                warmed.append(self.scope(where))
                warmed[-1].insight  # noqa: B018 - computed here, read later
        parts: tuple[Callable[[Scoped], object], ...] = (
            lambda scope: scope.stage_times,
            lambda scope: scope.funnel(scope.stages),
            lambda scope: scope.paths(),
        )
        for part in parts:
            for scope in warmed:
                if is_stopped():
                    return
                with suppress(JourneyError):
                    part(scope)

    def _likely_filters(self) -> list[dict[str, str]]:
        """Return the filters by one value of a key with few of them, those that keep most customers first."""
        found = [
            (n, {key: value})
            for key, values in self.traits.items()
            if len(values) <= _MOST_WARM_VALUES
            for value, n in values.items()
        ]
        return [where for _, where in sorted(found, key=lambda one: -one[0])[:_MOST_WARM]]


class Snapshots:
    """The snapshots of a workspace, one revision at a time.

    Args:
        workspace: Stays open for as long as this is used.
        prepare: Called with a snapshot that was built, before anybody is given it.
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
        return self._build(None, warm=True)

    def refresh(self, *, on_progress: Progress | None = None, warm: bool = True) -> Snapshot:
        """Build the snapshot of the present revision where it is not there.

        Args:
            on_progress: Called with how many more passages are read.
            warm: Compute all that most questions need; without, each is computed when it is asked for.
        """
        return self._build(on_progress, warm=warm)

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
                self._latest = self._made(named, latest.revision, warm=True)

    def warm_filters(self) -> None:
        """Compute what is asked most of the largest groups of customers, of the latest snapshot and for as long as it is that."""
        latest = self._latest
        if latest is not None:
            latest.warm_filters(is_stopped=lambda: self._stopping.is_set() or self._latest is not latest)

    def _is_reading(self) -> bool:
        return any(not source.complete for source in self._workspace.store.sources.all())

    def _build(self, on_progress: Progress | None, *, warm: bool) -> Snapshot:
        with self._building:
            revision = revision_of(self._workspace)
            if self._latest is None or self._latest.revision != revision:
                self._latest = self._made(self._load(on_progress), revision, warm=warm)
            return self._latest

    def _made(self, stock: Stock, revision: str, *, warm: bool) -> Snapshot:
        # A workspace of its own: stages and connections are as they are now.
        made = Snapshot(self._workspace.apart(), stock, revision=revision)
        if warm:
            made.warm(is_stopped=self._stopping.is_set)
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
