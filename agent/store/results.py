"""What analysis and drafting made: theme sets, pain points, maps, variant sets, certificates, as versioned documents.

Every document is the JSON of its type. Saving what is already the latest version makes no new one.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from pydantic import ValidationError

from agent.errors import NotFoundError, SchemaError
from agent.schemas.base import Frozen
from agent.schemas.creative import Certificate, VariantSet
from agent.schemas.curation import EditNote, ThemeFate
from agent.schemas.insight import PainPoint, Theme
from agent.schemas.journey import JourneyMap
from agent.store.engine import Scoped
from agent.store.tables import documents

DocumentT = TypeVar("DocumentT", bound=Frozen)

_CURRENT = "current"
_MOST_READ = 8
"""Maps that are kept as they were read; a large one takes some ten megabytes."""
_MAP, _THEMES, _FOUND_THEMES, _PAIN_POINTS, _VARIANTS, _CERTIFICATE = (
    "map",
    "themes",
    "found_themes",
    "pain_points",
    "variant_set",
    "certificate",
)


class StoredThemes(Frozen):
    """Themes and which passages belong to them: as they were found, or with people's decisions applied to that."""

    themes: tuple[Theme, ...]
    assignments: dict[str, str]
    """Passage id to theme id."""
    unassigned_share: float
    input_sha256: str
    """Of all that the themes were found from; equal digests give equal themes."""
    curation: int = 0
    """Entries of the log of decisions that were there when it was made."""
    notes: tuple[EditNote, ...] = ()
    """Decisions that could not be applied as they were meant."""
    lineage: tuple[ThemeFate, ...] = ()
    """What became of each theme of the version before."""


class _PainPoints(Frozen):
    pain_points: tuple[PainPoint, ...]


class Results:
    """The workspace's results."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped
        self._read: OrderedDict[str, JourneyMap] = OrderedDict()
        self._lock = threading.Lock()

    def save_found_themes(self, themes: StoredThemes, *, now: datetime) -> int:
        """Store the themes as a run found them, before any decision of a person, and return their version."""
        return self._save(_FOUND_THEMES, _CURRENT, themes, now=now)

    def found_themes(self) -> StoredThemes | None:
        """Return the themes as the latest run found them; None where there was none yet."""
        return self._load(StoredThemes, _FOUND_THEMES, _CURRENT, None)

    def save_themes(self, themes: StoredThemes, *, now: datetime) -> int:
        """Store a theme set and return its version, counted from 1."""
        return self._save(_THEMES, _CURRENT, themes, now=now)

    def themes_version(self) -> int:
        """Return the version of the latest theme set; 0 where there is none yet."""
        return max(self.theme_versions(), default=0)

    def theme_versions(self) -> list[int]:
        """Return the versions of the theme set, oldest first."""
        return self._versions(_THEMES, _CURRENT)

    def themes(self, version: int | None = None) -> StoredThemes | None:
        """Return a version of the theme set, the latest where None; None where there is none yet."""
        return self._load(StoredThemes, _THEMES, _CURRENT, version)

    def save_pain_points(self, pain_points: Sequence[PainPoint], *, now: datetime) -> int:
        """Store the pain points of a run, which become the current ones, and return their version."""
        return self._save(_PAIN_POINTS, _CURRENT, _PainPoints(pain_points=tuple(pain_points)), now=now)

    def pain_points(self, version: int | None = None) -> tuple[PainPoint, ...]:
        """Return the pain points of a version, the latest where None, in the order they were saved."""
        found = self._load(_PainPoints, _PAIN_POINTS, _CURRENT, version)
        return () if found is None else found.pain_points

    def pain_point(self, pain_point_id: str) -> PainPoint:
        """Return a pain point of the latest version that has it.

        Raises:
            NotFoundError: No version has it.
        """
        for version in reversed(self._versions(_PAIN_POINTS, _CURRENT)):
            for point in self.pain_points(version):
                if point.pain_point_id == pain_point_id:
                    return point
        what = f"pain point {pain_point_id!r}"
        raise _not_found(what, hint="`journey pain-points` lists them.")

    def save_map(self, journey_map: JourneyMap) -> JourneyMap:
        """Store a map as the next version of its id and return it with that version.

        A map that differs from the latest version in nothing but version, time of drafting and the review date that
        follows from it is that version.
        """
        map_id, at = journey_map.map_id, journey_map.drafted_at
        with self._db.database.begin():
            latest = self._load(JourneyMap, _MAP, map_id, None)
            if latest is not None:
                same = journey_map.model_copy(
                    update={
                        "version": latest.version,
                        "drafted_at": latest.drafted_at,
                        "review_by": latest.review_by,
                    }
                )
                if same == latest:
                    return latest
            stored = journey_map.model_copy(update={"version": 1 if latest is None else latest.version + 1})
            self._save(_MAP, map_id, stored, now=at)
            return stored

    def map(self, map_id: str, version: int | None = None) -> JourneyMap:
        """Return a version of a map, the latest where None.

        Raises:
            NotFoundError: No such map or version.
        """
        found = self._map(map_id, version)
        if found is None:
            name = map_id if version is None else f"{map_id} version {version}"
            what = f"map {name!r}"
            raise _not_found(what, hint="`journey map list` lists them.")
        return found

    def map_versions(self, map_id: str) -> list[int]:
        """Return the versions of a map, oldest first; empty where there is no such map."""
        return self._versions(_MAP, map_id)

    def maps(self) -> Iterator[JourneyMap]:
        """Yield the latest version of every map, in the order of their ids."""
        query = self._db.select(documents, documents.c.document_id).where(documents.c.type == _MAP)
        for row in self._db.rows(query.distinct().order_by(documents.c.document_id)):
            found = self._map(row.document_id, None)
            if found is not None:
                yield found

    def save_variant_set(self, variant_set: VariantSet) -> int:
        """Store a variant set as the next version of its id, such as after a check, and return the version."""
        return self._save(_VARIANTS, variant_set.variant_set_id, variant_set, now=variant_set.drafted_at)

    def variant_set(self, variant_set_id: str) -> VariantSet:
        """Return the latest version of a variant set.

        Raises:
            NotFoundError: No such variant set.
        """
        found = self._load(VariantSet, _VARIANTS, variant_set_id, None)
        if found is None:
            what = f"variant set {variant_set_id!r}"
            raise _not_found(what, hint="`journey variants propose` makes one.")
        return found

    def variant_sets(self) -> Iterator[VariantSet]:
        """Yield the latest version of every variant set, in the order of their ids."""
        return self._latest(VariantSet, _VARIANTS)

    def save_certificate(self, certificate: Certificate) -> None:
        """Store a certificate."""
        self._save(_CERTIFICATE, certificate.certificate_id, certificate, now=certificate.made_at)

    def certificate(self, certificate_id: str) -> Certificate:
        """Return a certificate.

        Raises:
            NotFoundError: No such certificate.
        """
        found = self._load(Certificate, _CERTIFICATE, certificate_id, None)
        if found is None:
            what = f"certificate {certificate_id!r}"
            raise _not_found(what, hint="`journey variants check` makes one.")
        return found

    def certificates(self) -> Iterator[Certificate]:
        """Yield all certificates, in the order of their ids."""
        return self._latest(Certificate, _CERTIFICATE)

    def changed(self) -> int:
        """Return how many documents were ever stored; it grows whenever one is."""
        return int(self._db.scalar(self._db.select(documents, sa.func.count())))

    def _save(self, kind: str, document_id: str, body: Frozen, *, now: datetime) -> int:
        text = body.model_dump_json()
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self._db.database.begin():
            query = self._db.select(documents, documents.c.version, documents.c.content_sha256).where(
                documents.c.type == kind, documents.c.document_id == document_id
            )
            latest = self._db.rows(query.order_by(documents.c.version.desc()).limit(1))
            if latest and latest[0].content_sha256 == digest:
                return int(latest[0].version)
            version = int(latest[0].version) + 1 if latest else 1
            row = {"type": kind, "document_id": document_id, "version": version, "body": text}
            self._db.put(documents, [{**row, "content_sha256": digest, "saved_at": now}])
            return version

    def _load(
        self, model: type[DocumentT], kind: str, document_id: str, version: int | None
    ) -> DocumentT | None:
        query = self._db.select(documents, documents.c.body).where(
            documents.c.type == kind, documents.c.document_id == document_id
        )
        if version is not None:
            query = query.where(documents.c.version == version)
        body = self._db.scalar(query.order_by(documents.c.version.desc()).limit(1))
        return None if body is None else _parsed(model, body, document_id)

    def _map(self, map_id: str, version: int | None) -> JourneyMap | None:
        """Load a map, or return it as it was loaded last: reading a large one takes longer than all else a page does."""
        query = self._db.select(documents, documents.c.content_sha256).where(
            documents.c.type == _MAP, documents.c.document_id == map_id
        )
        if version is not None:
            query = query.where(documents.c.version == version)
        digest = self._db.scalar(query.order_by(documents.c.version.desc()).limit(1))
        with self._lock:
            found = self._read.pop(digest, None)
        if found is None and (found := self._load(JourneyMap, _MAP, map_id, version)) is None:
            return None
        with self._lock:
            self._read[digest] = found
            while len(self._read) > _MOST_READ:
                self._read.popitem(last=False)
        return found

    def _versions(self, kind: str, document_id: str) -> list[int]:
        query = self._db.select(documents, documents.c.version).where(
            documents.c.type == kind, documents.c.document_id == document_id
        )
        return [row.version for row in self._db.rows(query.order_by(documents.c.version))]

    def _latest(self, model: type[DocumentT], kind: str) -> Iterator[DocumentT]:
        query = self._db.select(documents, documents.c.document_id).where(documents.c.type == kind)
        for row in self._db.rows(query.distinct().order_by(documents.c.document_id)):
            found = self._load(model, kind, row.document_id, None)
            if found is not None:
                yield found


def _parsed(model: type[DocumentT], body: str, document_id: str) -> DocumentT:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        msg = (
            f"stored document {document_id!r} does not fit this version: {error.error_count()} fields are off"
        )
        raise SchemaError(msg, hint="Make it again with the command that made it.") from error


def _not_found(what: str, *, hint: str) -> NotFoundError:
    return NotFoundError(f"{what} is not in the workspace", hint=hint)
