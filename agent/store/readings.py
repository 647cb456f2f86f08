"""What passages were read as, by version of the reader."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from agent.errors import StoreError
from agent.schemas.insight import Emotion, Friction, Reading, Severity
from agent.store.engine import Scoped
from agent.store.tables import persons, readings


class Readings:
    """The workspace's readings. Whatever is read names the canonical person."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped

    def add(self, version: str, new: Sequence[Reading]) -> None:
        """Store readings made by a version of the reader; a passage read again by it is replaced."""
        self._db.put(readings, [_row(version, reading) for reading in new])

    def iter(self, version: str, *, record_ids: Iterable[str] | None = None) -> Iterator[Reading]:
        """Yield a version's readings in the order of their passage ids, of all records or of some."""
        query = self._canonical().where(readings.c.version == version)
        if record_ids is None:
            return (_reading(row) for row in self._db.pages(query, readings.c.passage_id))
        return (_reading(row) for row in self._db.rows_in(query, readings.c.record_id, record_ids))

    def count(self, version: str) -> int:
        """Return how many passages a version has read."""
        return int(
            self._db.scalar(self._db.select(readings, sa.func.count()).where(readings.c.version == version))
        )

    def passage_ids(self, version: str) -> frozenset[str]:
        """Return the passages that a version has read."""
        query = self._db.select(readings, readings.c.passage_id).where(readings.c.version == version)
        return frozenset(row.passage_id for row in self._db.rows(query))

    def drop(self, version: str, record_ids: Iterable[str]) -> None:
        """Forget a version's readings of some records, as when their texts changed."""
        statement = self._db.delete(readings).where(
            readings.c.version == version, readings.c.record_id == sa.bindparam("which")
        )
        self._db.execute(statement, [{"which": record_id} for record_id in record_ids])

    def _canonical(self) -> sa.Select[Any]:
        same = (persons.c.ws == readings.c.ws) & (persons.c.person_id == readings.c.person_id)
        stored = [column for column in readings.c if column.name not in {"ws", "version", "person_id"}]
        person = sa.func.coalesce(persons.c.canonical_id, readings.c.person_id).label("person_id")
        return self._db.select(readings, *stored, person).outerjoin(persons, same)


def _row(version: str, reading: Reading) -> dict[str, object]:
    return {
        "version": version,
        "passage_id": reading.passage_id,
        "record_id": reading.record_id,
        "person_id": reading.person_id,
        "start": reading.start,
        "end": reading.end,
        "text_sha256": reading.text_sha256,
        "sentiment": reading.sentiment,
        "emotion": None if reading.emotion is None else reading.emotion.value,
        "stage": reading.stage,
        "touchpoint": reading.touchpoint,
        "complaint": reading.complaint,
        "severity": None if reading.severity is None else reading.severity.value,
        "at": reading.at,
        "friction": None if reading.friction is None else reading.friction.value,
        "readable": reading.readable,
    }


def _reading(row: sa.Row[Any]) -> Reading:
    try:
        emotion = None if row.emotion is None else Emotion(row.emotion)
        severity = None if row.severity is None else Severity(row.severity)
        friction = None if row.friction is None else Friction(row.friction)
    except ValueError as exc:
        msg = f"the stored reading of passage {row.passage_id!r} is damaged: {exc}"
        raise StoreError(
            msg, hint="Restore the database from a backup; nothing else reads like this."
        ) from exc
    return Reading(
        passage_id=row.passage_id,
        record_id=row.record_id,
        person_id=row.person_id,
        start=row.start,
        end=row.end,
        text_sha256=row.text_sha256,
        sentiment=row.sentiment,
        emotion=emotion,
        stage=row.stage,
        touchpoint=row.touchpoint,
        complaint=row.complaint,
        severity=severity,
        at=row.at,
        friction=friction,
        readable=row.readable,
    )
