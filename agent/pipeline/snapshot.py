"""Everything computed of one revision of a workspace's stores, kept and shared by all who ask.

Numbers are those that the command line prints for the same question. Nothing here reads the vault.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final

from agent.analyse.persona_facts import MIN_GROUP
from agent.events.source import EventWindow
from agent.normalise.vocabulary import vocabulary_of
from agent.pipeline.drafting import Insight
from agent.pipeline.parts import Parts, ResultT
from agent.pipeline.scoped import Scoped
from agent.pipeline.searching import Searching, searching_of
from agent.pipeline.status import Status, known_status
from agent.pipeline.stock import Stock
from agent.pipeline.workspace import Workspace
from agent.schemas.creative import VariantSet
from agent.schemas.insight import PainPoint, Theme
from agent.schemas.journey import JourneyMap
from agent.schemas.records import Record
from agent.store.filters import fold

_MOST_SCOPES: Final = 40
"""Filters whose results are kept beside everybody's; each holds its texts' vectors and a connection to the events."""
_MOST_SCOPE_ROWS: Final = 120_000
"""Passages that kept filters may hold together: 180 MB of vectors."""

_LEAST_TOLD: Final = 0.5
"""Share of the customers with a key whose value may be shown; of a key with less, nothing is."""

_TECHNICAL: Final = frozenset({"source_format"})
"""Fields that say how a text was read in, not whose it is."""


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
        while len(self._kept) > _MOST_SCOPES or (len(self._kept) > 1 and self.n_kept_rows > _MOST_SCOPE_ROWS):
            self._kept.pop(next(iter(self._kept)))

    @property
    def n_kept_rows(self) -> int:
        """Passages that the kept filters hold together."""
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
