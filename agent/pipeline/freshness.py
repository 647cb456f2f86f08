"""What came into a workspace since a map was drafted: another draft would count it too."""

import hashlib
from functools import cached_property

from agent.analyse.readings import READER_VERSION
from agent.pipeline.workspace import Workspace
from agent.schemas.journey import JourneyMap
from agent.store.sources import Source

_MOST_NAMED = 3


class Freshness:
    """Tells maps that are stale; looks at the ledger of sources once.

    Args:
        workspace: Whose maps.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._store = workspace, workspace.store

    def moved(self, journey_map: JourneyMap) -> tuple[str, ...]:
        """Return what moved since a map was drafted, a sentence part each; nothing where it is as fresh as can be."""
        made = journey_map.provenance
        known = set(made.source_ids)
        new = [one.name for one in self._sources if one.source_id not in known and _adds(one)]
        gone = len(known - {one.source_id for one in self._sources})
        told: list[str] = []
        if new:
            more = f" and {len(new) - _MOST_NAMED:,} more" if len(new) > _MOST_NAMED else ""
            told.append(f"{', '.join(new[:_MOST_NAMED])}{more} came in since")
        if gone:
            told.append(f"{gone:,} of its sources {'is' if gone == 1 else 'are'} not stored any more")
        if n_decided := self._decided_since(made.theme_set):
            told.append(f"{n_decided:,} decision{'' if n_decided == 1 else 's'} about themes {'was' if n_decided == 1 else 'were'} made since")  # fmt: skip
        if made.n_person_links not in {None, self._n_links}:
            told.append("who is one person with whom was changed since")
        if made.own_rules_sha256 not in {None, self._own_rules}:
            told.append("your own stages or names of events were changed since")
        if made.reader != READER_VERSION:
            told.append("texts are read in another way since")
        return tuple(told)

    @cached_property
    def _sources(self) -> list[Source]:
        return self._store.sources.all()

    @cached_property
    def _n_decisions(self) -> int:
        return self._store.curation.length()

    @cached_property
    def _n_links(self) -> int:
        return self._store.persons.log.length()

    @cached_property
    def _own_rules(self) -> str:
        return own_rules_digest(self._workspace)

    def _decided_since(self, theme_set: int) -> int:
        if not self._n_decisions:
            return 0
        themes = self._store.results.themes(theme_set)
        return 0 if themes is None else max(0, self._n_decisions - themes.curation)


def _adds(source: Source) -> bool:
    return bool(source.n_stored or source.n_identity)


def own_rules_digest(workspace: Workspace) -> str:
    """Return a digest of the home's own stages and names of events."""
    digest = hashlib.sha256()
    for file in sorted(workspace.store.home.path.glob("*.toml")):
        digest.update(file.name.encode() + b"\n" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
