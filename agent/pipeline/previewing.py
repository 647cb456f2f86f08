"""Shows how a file would be read before it is: the first rows as they would be stored, and what would be refused.

Nothing is stored. What is shown is redacted as it would be in the stores, and rows of customers who are or would be kept
unseen are only counted.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path

from agent.errors import InputError
from agent.identify import identifier_keys, person_id_of
from agent.normalise import RowFault, clean_text, parse_time
from agent.normalise.vocabulary import vocabulary_of
from agent.pipeline.ingest import Refusal, source_id_of
from agent.prepare import PrepareContext
from agent.prepare.events import lone_event_key
from agent.prepare.records import lone_key, prepare_record
from agent.read import identify_format, read_file
from agent.redact import Redactor
from agent.schemas.base import Frozen, Scalar
from agent.schemas.records import RawEvent, RawItem, RawRecord, RowReject, Side
from agent.split import side_of
from agent.store import Store

N_SHOWN = 20
_N_LOOKED_AT = 500
_N_REFUSALS = 20
_MAX_CHARS = 240


class PreviewRow(Frozen):
    """One row as it would be stored."""

    row: int
    kind: str
    at: datetime | None
    who: str
    """Kinds of identifiers the row has; never their values."""
    words: str
    """Redacted text, cut, or the event's name."""
    facts: dict[str, str]
    """Channel, rating, locale and attributes or properties."""


class Preview(Frozen):
    """How a file would be read."""

    format: str
    rows: tuple[PreviewRow, ...]
    refusals: tuple[Refusal, ...]
    n_looked_at: int
    n_hidden: int
    """Rows of customers who are kept unseen."""
    n_refused: int
    n_without_person: int


def preview(
    path: Path,
    *,
    store: Store,
    kind: str = "auto",
    format: str = "auto",  # noqa: A002 - the command line's word
    mapping: Path | None = None,
    now: datetime,
) -> Preview:
    """Return how the head of a file would be read; see `ingest` for the arguments.

    Raises:
        InputError: The file cannot be read that way.
    """
    name = mapping.stem if mapping else identify_format(path, kind=kind) if format == "auto" else format
    items = list(islice(read_file(path, format=format, kind=kind, mapping=mapping), _N_LOOKED_AT))
    if not items:
        msg = f"{path.name!r} has no rows"
        raise InputError(msg, hint="Export it again.")
    looking = _Looking(store, now, source_id=source_id_of(path))
    rows = list(looking.rows(items))
    return Preview(
        format=name,
        rows=tuple(rows[:N_SHOWN]),
        refusals=tuple(looking.refusals[:_N_REFUSALS]),
        n_looked_at=len(items),
        n_hidden=looking.n_hidden,
        n_refused=len(looking.refusals),
        n_without_person=looking.n_without_person,
    )


class _Looking:
    """Goes through the head of a file as ingest would."""

    def __init__(self, store: Store, now: datetime, *, source_id: str) -> None:
        facts = store.workspace
        self._store = store
        self._facts = facts
        self._context = PrepareContext(
            workspace=facts.name,
            salt=facts.salt,
            source_id=source_id,
            now=now,
            redactor=Redactor(facts.salt),
            vocabulary=vocabulary_of(store.home.path),
        )
        self.refusals: list[Refusal] = []
        self.n_hidden = 0
        self.n_without_person = 0

    def rows(self, items: list[RawItem]) -> Iterator[PreviewRow]:
        for item in items:
            if isinstance(item, RowReject):
                self._refuse(item)
                continue
            person_id, keys = self._person(item)
            if self._is_hidden(person_id, keys):
                self.n_hidden += 1
                continue
            row = (
                self._record(item, person_id) if isinstance(item, RawRecord) else self._event(item, person_id)
            )
            if row is not None:
                yield row

    def _person(self, item: RawRecord | RawEvent) -> tuple[str, tuple[str, ...]]:
        keys = identifier_keys(item.identifiers, salt=self._facts.salt)
        if keys:
            return person_id_of(keys[0]), keys
        self.n_without_person += 1
        if isinstance(item, RawRecord):
            return person_id_of(lone_key(item, context=self._context)), ()
        key = lone_event_key(item.row, context=self._context)
        return person_id_of(key), ()

    def _is_hidden(self, person_id: str, keys: tuple[str, ...]) -> bool:
        """Tell whether somebody is or may be kept unseen; in doubt they are, since joining comes later."""
        known = self._store.persons.find(set(keys))
        if any(member.side is Side.HELD_OUT for member in known.values()):
            return True
        new = [person_id_of(key) for key in keys if key not in known] if keys else [person_id]
        sides = (side_of(one, salt=self._facts.salt, holdout=self._facts.holdout) for one in new)
        return any(side is Side.HELD_OUT for side in sides)

    def _record(self, raw: RawRecord, person_id: str) -> PreviewRow | None:
        made = prepare_record(raw, person_id=person_id, context=self._context)
        if isinstance(made, RowReject):
            self._refuse(made)
            return None
        facts: dict[str, Scalar | None] = {"channel": made.channel, "locale": made.locale, **made.attributes}
        if made.rating is not None:
            facts["rating (0 to 1)"] = round(made.rating, 2)
        return PreviewRow(
            row=raw.row,
            kind=made.kind.value,
            at=made.at,
            who=_who(raw),
            words=_cut(made.text),
            facts=_texts(facts),
        )

    def _event(self, raw: RawEvent, person_id: str) -> PreviewRow | None:
        try:
            at = parse_time(raw.at, now=self._context.now)
        except RowFault as fault:
            self._refuse(RowReject(raw.row, fault.reject_code, fault.message))
            return None
        redactor = self._context.redactor
        facts = redactor.redact_properties(raw.properties, person_id=person_id)
        name = redactor.redact_name(clean_text(raw.name), person_id=person_id)
        return PreviewRow(
            row=raw.row, kind="event", at=at, who=_who(raw), words=_cut(name), facts=_texts(facts)
        )

    def _refuse(self, reject: RowReject) -> None:
        self.refusals.append(Refusal(row=reject.row, code=reject.code, message=reject.message))


def _who(item: RawRecord | RawEvent) -> str:
    return ", ".join(dict.fromkeys(one.kind.value.replace("_", " ") for one in item.identifiers))


def _texts(values: Mapping[str, Scalar | None]) -> dict[str, str]:
    return {key: _cut(str(value)) for key, value in values.items() if value is not None}


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_CHARS else text[: _MAX_CHARS - 1].rstrip() + "…"
