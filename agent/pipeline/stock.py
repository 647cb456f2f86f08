"""Everything that was said in a workspace, read once and held in memory; a filter's texts are taken out of it.

What is taken out is what the stores would give for the same filter: same records, same copies, same readings.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from agent.analyse.copies import Copies, WrittenText, find_copies
from agent.pipeline.analysis import are_themes_named, current_themes, read_everything
from agent.pipeline.parts import Parts
from agent.pipeline.scoping import Said, counted_once, no_text
from agent.pipeline.workspace import Workspace
from agent.ports import Progress, Vectors
from agent.schemas.base import Scalar
from agent.schemas.insight import Reading
from agent.schemas.records import Passage, Record
from agent.store.filters import RECORD_FIELDS, Where, fold, matches, parse_where
from agent.store.results import StoredThemes

Traits = Mapping[str, Mapping[str, Scalar]]
"""Person to their traits."""
_NOBODY: Final = frozenset[str]()


@dataclass(frozen=True)
class Stock:
    """The working customers' texts with what was read out of them, and what is known of who wrote them."""

    records: Mapping[str, Record]
    """Each under the person it names, in the order of their ids."""
    passages: Sequence[Passage]
    readings: Sequence[Reading]
    vectors: Vectors
    """One unit row a passage, shape `(n_passages, dim)`."""
    themes: StoredThemes
    theme_set: int
    traits: Traits
    unidentified: frozenset[str]
    known_keys: frozenset[str]
    """Keys that a filter may use, beside the fields of records."""
    copies: Copies
    """Among all texts."""

    @cached_property
    def rows_of(self) -> Mapping[str, range]:
        """Record to the rows of its passages."""
        found: dict[str, range] = {}
        for row, passage in enumerate(self.passages):
            start = found[passage.record_id].start if passage.record_id in found else row
            found[passage.record_id] = range(start, row + 1)
        return found

    @cached_property
    def attribute_keys(self) -> frozenset[str]:
        """Keys of the records' own attributes."""
        return frozenset(key for record in self.records.values() for key in record.attributes)

    def digest_of(self, record_id: str) -> str:
        """Return the digest of a record's whole text."""
        return self.passages[self.rows_of[record_id].start].text_sha256

    def filter_of(self, where: Mapping[str, str]) -> Where:
        """Return a filter with its keys sorted by where they stand.

        Raises:
            ScopeError: A key is not in the data.
        """
        attributes = self.attribute_keys
        return parse_where(
            where, attributes=attributes, traits=self._trait_keys | (self.known_keys - attributes)
        )

    @cached_property
    def _trait_keys(self) -> frozenset[str]:
        return frozenset(key for traits in self.traits.values() for key in traits)

    def persons_matching(self, where: Mapping[str, str]) -> frozenset[str] | None:
        """Return the persons whose traits or texts match a filter, or None where it leaves nobody out.

        Raises:
            ScopeError: A key is not in the data.
        """
        if not where:
            return None
        plan = self.filter_of(where)
        found = frozenset(self.records[record_id].person_id for record_id in self._texts_of(plan))
        if not plan.fields and set(plan.attributes) <= set(plan.traits):
            named = (self._persons_with(key).get(value, _NOBODY) for key, value in plan.traits.items())
            found |= frozenset[str].intersection(*named)
        return found

    def texts_matching(self, where: Mapping[str, str]) -> frozenset[str]:
        """Return the ids of the records that a filter keeps.

        Raises:
            ScopeError: A key is not in the data.
        """
        return self._texts_of(self.filter_of(where)) if where else frozenset(self.records)

    def _texts_of(self, plan: Where) -> frozenset[str]:
        wanted = {**plan.fields, **plan.attributes, **plan.traits}
        return frozenset[str].intersection(
            *(self._texts_with(key).get(value, _NOBODY) for key, value in wanted.items())
        )

    @cached_property
    def _by_value(self) -> Parts:
        """Keys by which somebody filtered to their folded values with what has each."""
        return Parts()

    def _texts_with(self, key: str) -> Mapping[str, frozenset[str]]:
        return self._by_value.get(("texts", key), lambda: _grouped(self._texts_and_values(key)))

    def _persons_with(self, key: str) -> Mapping[str, frozenset[str]]:
        traits = self.traits.items()
        return self._by_value.get(
            ("persons", key), lambda: _grouped((person_id, found.get(key)) for person_id, found in traits)
        )

    def _texts_and_values(self, key: str) -> Iterator[tuple[str, Scalar | None]]:
        for record_id, record in self.records.items():
            if key in RECORD_FIELDS:
                yield record_id, getattr(record, key)
            else:
                yield record_id, record.attributes.get(key)
                yield record_id, self.traits.get(record.person_id, {}).get(key)

    def persons_by(self, key: str, *, among: frozenset[str] | None = None) -> dict[str, frozenset[str]]:
        """Return the values of a trait, an attribute or a field of texts with who has each, most first.

        Args:
            key: As a filter names it.
            among: Persons who count; everybody where None.
        """
        persons: dict[str, set[str]] = defaultdict(set)
        spelling: dict[str, Counter[str]] = defaultdict(Counter)
        for person_id, values in self._values_of(key):
            for value in values:
                if value is not None and (among is None or person_id in among):
                    persons[fold(value)].add(person_id)
                    spelling[fold(value)][str(value)] += 1
        return {
            min(spelling[value], key=lambda said: (-spelling[value][said], said)): frozenset(persons[value])
            for value in sorted(persons, key=lambda value: (-len(persons[value]), value))
        }

    def texts_by(self, key: str, records: Mapping[str, Record]) -> dict[str, int]:
        """Return the values of a trait, an attribute or a field of texts with how many of some texts have each, most first."""
        spelling: dict[str, Counter[str]] = defaultdict(Counter)
        for record in records.values():
            own = getattr(record, key) if key in RECORD_FIELDS else record.attributes.get(key)
            if own is None and key not in RECORD_FIELDS:
                own = self.traits.get(record.person_id, {}).get(key)
            if own is not None:
                spelling[fold(own)][str(own)] += 1
        counts = {min(said, key=lambda one: (-said[one], one)): said.total() for said in spelling.values()}
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def _values_of(self, key: str) -> Iterator[tuple[str, tuple[Scalar | None, ...]]]:
        """Yield persons and values of a key, as a filter would find them: a field of texts is no trait."""
        for record in self.records.values():
            own = getattr(record, key) if key in RECORD_FIELDS else record.attributes.get(key)
            yield record.person_id, (own,)
        if key not in RECORD_FIELDS:
            for person_id, traits in self.traits.items():
                yield person_id, (traits.get(key),)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Keys of traits, attributes and fields that somebody has a value of, in order."""
        return tuple(sorted({*RECORD_FIELDS, *self.attribute_keys, *self._trait_keys}))

    def said(self, where: Mapping[str, str]) -> Said:
        """Return the texts of a filter.

        Raises:
            ScopeError: A key is not in the data, or no text matches.
        """
        named = self._named(where)
        if not named:
            raise no_text(where)
        copies = find_copies(frozenset(map(WrittenText.of, named.values()))) if where else self.copies
        records = counted_once(named, copies)
        rows = [row for record_id in records for row in self.rows_of.get(record_id, ())]
        return Said(
            records=records,
            copies=copies,
            read=tuple(self._read(row, records) for row in rows),
            vectors=self.vectors[rows] if where else self.vectors,
            unidentified=self.unidentified,
        )

    def _named(self, where: Mapping[str, str]) -> dict[str, Record]:
        if not where:
            return dict(self.records)
        kept = self.texts_matching(where)
        return {key: record for key, record in self.records.items() if key in kept}

    def matches(self, record: Record, plan: Where) -> bool:
        """Tell whether a filter keeps a record."""
        fields = {field: getattr(record, field) for field in RECORD_FIELDS}
        traits = self.traits.get(record.person_id, {})
        return matches(fields, plan.fields) and all(
            matches(record.attributes, {key: value}) or matches(traits, {key: value})
            for key, value in {**plan.attributes, **plan.traits}.items()
        )

    def _read(self, row: int, records: Mapping[str, Record]) -> tuple[Passage, Reading]:
        """Return a passage and its reading under the person for whom they count."""
        passage, reading = self.passages[row], self.readings[row]
        person_id = records[passage.record_id].person_id
        if passage.person_id != person_id:
            passage = replace(passage, person_id=person_id)
        return passage, reading


def _grouped(pairs: Iterable[tuple[str, Scalar | None]]) -> Mapping[str, frozenset[str]]:
    """Return values, folded as a filter compares them, with the ids that have each."""
    found: dict[str, set[str]] = defaultdict(set)
    for one, value in pairs:
        if value is not None:
            found[fold(value)].add(one)
    return {value: frozenset(ids) for value, ids in found.items()}


def load_stock(workspace: Workspace, *, on_progress: Progress | None = None) -> Stock:
    """Return everything that was said, reading what is new and finding its themes.

    Themes that no language model has named yet have their own phrases: a slow one keeps nobody from reading.

    Args:
        workspace: Whose stores are read; new readings and themes are stored.
        on_progress: Called with how many more passages are done.
    """
    store = workspace.store
    records = {record.record_id: record for record in store.records.iter()}
    read = read_everything(workspace, on_progress=on_progress)
    named = workspace if are_themes_named(workspace, read) else workspace.offline()
    themes, theme_set = current_themes(named, read)
    return Stock(
        records=records,
        passages=read.passages,
        readings=read.readings,
        vectors=np.ascontiguousarray(read.vectors),
        themes=themes,
        theme_set=theme_set,
        traits={person.person_id: person.traits for person in store.persons.with_traits()},
        unidentified=store.persons.unidentified_ids(),
        known_keys=frozenset(store.records.keys()) - frozenset(RECORD_FIELDS),
        copies=workspace.copies_among(records.values()),
    )
