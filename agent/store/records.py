"""Working records: what customers said, redacted; held-out ones are known here by id and content key alone."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.errors import NotFoundError
from agent.schemas.base import Scalar
from agent.schemas.records import Kind, Record, Turn
from agent.store.engine import Scoped, as_dict
from agent.store.filters import RECORD_FIELDS, Where, matches, parse_where
from agent.store.persons import TRAIT_SCOPE, Persons
from agent.store.tables import attribute_keys, held_out_records, persons, records

_ATTRIBUTE_SCOPE = "attribute"
_PAGE = 500


class Records:
    """The workspace's working records. Whatever is read names the canonical person."""

    def __init__(self, scoped: Scoped, persons_of: Persons) -> None:
        self._db = scoped
        self._persons = persons_of

    def add(self, new: Sequence[Record]) -> int:
        """Store records that are not there yet, and return how many were new; one already there stays as it is."""
        keys = sorted({key for record in new for key in record.attributes})
        with self._db.database.begin():
            self._db.add_new(attribute_keys, [{"scope": _ATTRIBUTE_SCOPE, "key": key} for key in keys])
            return self._db.add_new(records, [_row(record) for record in new])

    def add_held_out(self, content_keys: Mapping[str, str]) -> None:
        """Remember held-out records, record id to content key, so that a changed row is noticed without the vault."""
        rows = [{"record_id": record_id, "content_key": key} for record_id, key in content_keys.items()]
        self._db.add_new(held_out_records, rows)

    def n_held_out(self) -> int:
        """Return how many held-out records were stored in the vault."""
        return int(self._db.scalar(self._db.select(held_out_records, sa.func.count())))

    def content_keys(self, record_ids: Iterable[str]) -> dict[str, str]:
        """Return record id to content key for those that are stored, on either side."""
        wanted = set(record_ids)
        found: dict[str, str] = {}
        for table in (records, held_out_records):
            query = self._db.select(table, table.c.record_id, table.c.content_key)
            found.update(
                (row.record_id, row.content_key) for row in self._db.rows_in(query, table.c.record_id, wanted)
            )
        return found

    def get(self, record_id: str) -> Record:
        """Return a record.

        Raises:
            NotFoundError: No such working record is in the workspace.
        """
        found = self.get_many([record_id])
        if not found:
            msg = f"record {record_id!r} is not in the workspace"
            raise NotFoundError(msg, hint="Record ids start with 'r_' and come from `journey search`.")
        return found[record_id]

    def get_many(self, record_ids: Iterable[str]) -> dict[str, Record]:
        """Return the records that are there, by id."""
        rows = self._db.rows_in(self._canonical(), records.c.record_id, record_ids)
        return {row.record_id: _record(row) for row in rows}

    def iter(
        self, where: Mapping[str, str] | None = None, *, kinds: Iterable[Kind] | None = None
    ) -> Iterator[Record]:
        """Yield records in the order of their ids, one page in memory.

        Args:
            where: Key to value; a key is a field (kind, channel, locale, source_format), a record attribute or a person
                trait. Values are compared as text without case.
            kinds: Kinds to yield; all where None.

        Raises:
            ScopeError: A key of `where` is not in the data.
        """
        plan = self._plan(where)
        return self._iter(plan, kinds)

    def count(self, where: Mapping[str, str] | None = None, *, kinds: Iterable[Kind] | None = None) -> int:
        """Return how many records match.

        Raises:
            ScopeError: A key of `where` is not in the data.
        """
        plan = self._plan(where)
        if plan.empty:
            return int(self._db.scalar(_of_kinds(self._db.select(records, sa.func.count()), kinds)))
        return sum(1 for _ in self._matching_ids(plan, kinds))

    def ids(
        self, where: Mapping[str, str] | None = None, *, kinds: Iterable[Kind] | None = None
    ) -> Iterator[str]:
        """Yield the ids of matching records, in order, without reading texts.

        Raises:
            ScopeError: A key of `where` is not in the data.
        """
        return self._matching_ids(self._plan(where), kinds)

    def keys(self) -> list[str]:
        """Return the keys a filter may use, in order."""
        return sorted({*RECORD_FIELDS, *self._known(_ATTRIBUTE_SCOPE), *self._known(TRAIT_SCOPE)})

    def n_persons(self) -> int:
        """Return how many distinct persons said something."""
        inner = self._with_person(self._db.select(records, persons.c.canonical_id)).distinct().subquery()
        return int(self._db.scalar(sa.select(sa.func.count()).select_from(inner)))

    def persons_matching(
        self, where: Mapping[str, str] | None, *, source_ids: Collection[str] | None = None
    ) -> frozenset[str] | None:
        """Return the working persons whose traits or records match a filter, or None where it leaves nobody out.

        Args:
            where: As for `iter`.
            source_ids: Sources whose records count, all where None; traits are the persons' and have no source.

        Raises:
            ScopeError: A key of `where` is not in the data.
        """
        plan = self._plan(where)
        if plan.empty:
            return None
        found = {
            row.canonical_id
            for row in self._matching_rows(plan, None)
            if source_ids is None or row.source_id in source_ids
        }
        if not plan.fields and set(plan.attributes) <= set(plan.traits):
            found.update(
                person.person_id
                for person in self._persons.with_traits()
                if matches(person.traits, plan.traits)
            )
        return frozenset(found)

    def _plan(self, where: Mapping[str, str] | None) -> Where:
        if not where:
            return parse_where(None, attributes=(), traits=())
        return parse_where(where, attributes=self._known(_ATTRIBUTE_SCOPE), traits=self._known(TRAIT_SCOPE))

    def _known(self, scope: str) -> frozenset[str]:
        query = self._db.select(attribute_keys, attribute_keys.c.key).where(attribute_keys.c.scope == scope)
        return frozenset(row.key for row in self._db.rows(query))

    def _iter(self, plan: Where, kinds: Iterable[Kind] | None) -> Iterator[Record]:
        if plan.empty:
            query = _of_kinds(self._canonical(), kinds)
            yield from (_record(row) for row in self._db.pages(query, records.c.record_id))
            return
        page: list[str] = []
        for record_id in self._matching_ids(plan, kinds):
            page.append(record_id)
            if len(page) == _PAGE:
                yield from self._in_order(page)
                page = []
        yield from self._in_order(page)

    def _in_order(self, record_ids: Sequence[str]) -> Iterator[Record]:
        found = self.get_many(record_ids)
        return (found[record_id] for record_id in record_ids)

    def _matching_ids(self, plan: Where, kinds: Iterable[Kind] | None) -> Iterator[str]:
        return (row.record_id for row in self._matching_rows(plan, kinds))

    def _matching_rows(self, plan: Where, kinds: Iterable[Kind] | None) -> Iterator[sa.Row[Any]]:
        named = [records.c[field] for field in RECORD_FIELDS]
        light = self._db.select(
            records,
            records.c.record_id,
            records.c.source_id,
            persons.c.canonical_id,
            records.c.attributes,
            *named,
        )
        query = _of_kinds(self._with_person(light), kinds)
        traits = self._traits(plan)
        for row in self._db.pages(query, records.c.record_id):
            if matches(as_dict(row), plan.fields) and _matches_rest(
                row, plan, traits.get(row.canonical_id, {})
            ):
                yield row

    def _traits(self, plan: Where) -> dict[str, Mapping[str, Scalar]]:
        if not plan.traits:
            return {}
        return {person.person_id: person.traits for person in self._persons.with_traits()}

    def _with_person(self, query: sa.Select[Any]) -> sa.Select[Any]:
        same = (persons.c.ws == records.c.ws) & (persons.c.person_id == records.c.person_id)
        return query.join(persons, same)

    def _canonical(self) -> sa.Select[Any]:
        stored = [column for column in records.c if column.name not in {"ws", "person_id"}]
        return self._with_person(self._db.select(records, *stored, persons.c.canonical_id.label("person_id")))


def _matches_rest(row: sa.Row[Any], plan: Where, traits: Mapping[str, Scalar]) -> bool:
    attributes: Mapping[str, object] = row.attributes or {}
    return all(
        matches(attributes, {key: value}) or matches(traits, {key: value})
        for key, value in {**plan.attributes, **plan.traits}.items()
    )


def _of_kinds(query: sa.Select[Any], kinds: Iterable[Kind] | None) -> sa.Select[Any]:
    return query if kinds is None else query.where(records.c.kind.in_([kind.value for kind in kinds]))


def _row(record: Record) -> dict[str, object]:
    return {
        "record_id": record.record_id,
        "kind": record.kind.value,
        "source_format": record.source_format,
        "external_id": record.external_id,
        "person_id": record.person_id,
        "at": record.at,
        "channel": record.channel,
        "text": record.text,
        "turns": [
            [turn.speaker.value, turn.start, turn.end, None if turn.at is None else turn.at.isoformat()]
            for turn in record.turns
        ]
        or None,
        "rating": record.rating,
        "locale": record.locale,
        "attributes": record.attributes or None,
        "consent": None if record.consent is None else list(record.consent),
        "source_id": record.source_id,
        "row": record.row,
        "content_key": record.content_key,
    }


def _record(row: sa.Row[Any]) -> Record:
    turns = tuple(
        Turn(speaker=speaker, start=start, end=end, at=None if at is None else datetime.fromisoformat(at))
        for speaker, start, end, at in row.turns or ()
    )
    values = {
        name: value for name, value in as_dict(row).items() if name not in {"turns", "attributes", "consent"}
    }
    return Record(
        **values,
        turns=turns,
        attributes=row.attributes or {},
        consent=None if row.consent is None else tuple(row.consent),
    )
