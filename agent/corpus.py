"""The working customers' texts and journeys in one scope, with everything read out of them.

A corpus is what a map is drafted from and what it is verified against: the same builder makes both, so that a claim
which was true of the data stays computable from it. It never holds anything of a held-out customer.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from agent.analyse.copies import Copies
from agent.events.journeys import Journeys
from agent.ports import Vectors
from agent.schemas.insight import Reading, Theme
from agent.schemas.records import Passage, Record


@dataclass(frozen=True)
class Corpus:
    """Texts, readings, themes and journeys of the persons in scope.

    `passages[i]` was read as `readings[i]`. Where a record changed after it was read, the builder counts its customer
    as having spoken and nothing as read, so that no count rests on words that are no longer there.
    """

    records: Mapping[str, Record]
    """A copy of somebody's text stands under the person of its earliest posting."""
    passages: tuple[Passage, ...]
    readings: tuple[Reading, ...]
    vectors: Vectors
    """One unit row a passage, shape `(n_passages, dim)`."""
    themes: tuple[Theme, ...]
    journeys: Journeys | None
    """None where the scope has no events."""
    population: str
    """Who said something, as a sentence part, with the window."""
    event_population: str
    """Who did something, as a sentence part, with the window of the events: not only those who said something."""
    unidentified: frozenset[str]
    """Speakers who named no identifier."""
    start: datetime | None
    end: datetime | None
    copies: Copies = field(default_factory=Copies)
    """Which records count for another person than they name, as copies."""

    @cached_property
    def speakers(self) -> frozenset[str]:
        """Persons who said something."""
        return frozenset(record.person_id for record in self.records.values())

    @cached_property
    def by_stage(self) -> Mapping[str, tuple[int, ...]]:
        """Stage to positions of the passages that speak of it."""
        found: dict[str, list[int]] = defaultdict(list)
        for position, reading in enumerate(self.readings):
            if reading.stage is not None:
                found[reading.stage].append(position)
        return {stage: tuple(positions) for stage, positions in found.items()}

    @cached_property
    def by_theme(self) -> Mapping[str, tuple[int, ...]]:
        """Theme id to positions of its members in scope; a passage may say two things and count for both."""
        position_of = {passage.passage_id: position for position, passage in enumerate(self.passages)}
        return {
            theme.theme_id: tuple(position_of[key] for key in theme.passage_ids if key in position_of)
            for theme in self.themes
        }

    def stage_positions(self, stage: str) -> tuple[int, ...]:
        """Return positions of the passages that speak of a stage; empty where none does."""
        return self.by_stage.get(stage, ())

    def stage_speakers(self, stage: str) -> frozenset[str]:
        """Return the persons who speak of a stage."""
        return self.persons_at(self.stage_positions(stage))

    def persons_at(self, positions: Iterable[int]) -> frozenset[str]:
        """Return the distinct persons behind passages."""
        return frozenset(self.passages[position].person_id for position in positions)

    @cached_property
    def input_sha256(self) -> str:
        """Digest over record ids and texts, in id order: equal digests mean the same input."""
        digest = hashlib.sha256()
        for record_id in sorted(self.records):
            digest.update(record_id.encode())
            digest.update(hashlib.sha256(self.records[record_id].text.encode()).digest())
        return digest.hexdigest()
