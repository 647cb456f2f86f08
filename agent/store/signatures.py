"""Near-duplicates across the split: MinHash signatures of the texts of both sides, without any text.

Equal signatures are stored once; records point to them. The answer does not depend on which text came first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import sqlalchemy as sa

from agent.schemas.records import Side
from agent.split import NEAR_DUPLICATE, Signature, bands
from agent.store.engine import Scoped
from agent.store.tables import signature_bands, signature_values, signatures

_KEY_BYTES = 12


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature of one record's text and the side its person is on."""

    record_id: str
    side: Side
    signature: Signature


class Signatures:
    """The workspace's signatures."""

    def __init__(self, scoped: Scoped) -> None:
        self._db = scoped

    def near_duplicates(self, new: Sequence[Signed]) -> set[str]:
        """Return the held-out records, new or stored, that nearly duplicate a working one and were not known to.

        A working text that is stored already was compared with all held-out ones when it or they came; so the work
        does not grow with how often a text was repeated.
        """
        fresh = _Fresh.of(new)
        stored = self._stored_near(fresh.values)
        candidates = _Candidates({**stored.values, **fresh.values})
        excluded: set[str] = set()
        wanted: set[bytes] = set()
        for key in fresh.values:
            for other in candidates.similar_to(key):
                for held, working in ((key, other), (other, key)):
                    if working in fresh.working or working in stored.working:
                        excluded.update(fresh.held_out.get(held, ()))
                    if working in fresh.working and working not in stored.working:
                        wanted.add(held)
        query = self._db.select(signatures, signatures.c.record_id).where(
            signatures.c.side == Side.HELD_OUT.value
        )
        excluded.update(row.record_id for row in self._db.rows_in(query, signatures.c.signature_key, wanted))
        return excluded

    def add(self, new: Sequence[Signed]) -> None:
        """Store signatures; one of a record that is already there stays."""
        fresh = _Fresh.of(new)
        with self._db.database.begin():
            self._db.add_new(
                signature_values,
                [
                    {"signature_key": key, "value": value.astype("<u4").tobytes(), "working": False}
                    for key, value in fresh.values.items()
                ],
            )
            of_key = signature_values.c.signature_key == sa.bindparam("key")
            seen = self._db.update(signature_values).where(of_key).values(working=True)
            self._db.execute(seen, [{"key": key} for key in sorted(fresh.working)])
            self._db.add_new(
                signature_bands,
                [
                    {"band": band, "signature_key": key}
                    for key, value in fresh.values.items()
                    for band in bands(value)
                ],
            )
            rows = [
                {
                    "record_id": signed.record_id,
                    "side": signed.side.value,
                    "signature_key": _key(signed.signature),
                }
                for signed in new
            ]
            self._db.add_new(signatures, rows)

    def all(self, side: Side) -> Iterator[Signed]:
        """Yield the signatures of a side in the order of record ids, to recount what was excluded."""
        same = (signature_values.c.ws == signatures.c.ws) & (
            signature_values.c.signature_key == signatures.c.signature_key
        )
        query = (
            self._db.select(signatures, signatures.c.record_id, signature_values.c.value)
            .join(signature_values, same)
            .where(signatures.c.side == side.value)
        )
        for row in self._db.pages(query, signatures.c.record_id):
            yield Signed(row.record_id, side, _value(row.value))

    def count(self, side: Side) -> int:
        """Return how many texts of a side are long enough to have a signature."""
        query = self._db.select(signatures, sa.func.count()).where(signatures.c.side == side.value)
        return int(self._db.scalar(query))

    def _stored_near(self, values: Mapping[bytes, Signature]) -> "_Stored":
        wanted = {band for value in values.values() for band in bands(value)}
        found = self._db.select(signature_bands, signature_bands.c.signature_key)
        near = {row.signature_key for row in self._db.rows_in(found, signature_bands.c.band, wanted)}
        stored = _Stored({}, set())
        for row in self._db.rows_in(
            self._db.select(signature_values), signature_values.c.signature_key, near
        ):
            stored.values[row.signature_key] = _value(row.value)
            if row.working:
                stored.working.add(row.signature_key)
        return stored


@dataclass(frozen=True, slots=True)
class _Stored:
    """Stored signatures that share a band with a new one, and which of them a working record has."""

    values: dict[bytes, Signature]
    working: set[bytes]


@dataclass(frozen=True, slots=True)
class _Fresh:
    """New signatures by key, which of them a working record has, and the held-out records of each."""

    values: dict[bytes, Signature]
    working: set[bytes]
    held_out: dict[bytes, list[str]]

    @classmethod
    def of(cls, new: Iterable[Signed]) -> "_Fresh":
        made = cls({}, set(), {})
        for signed in new:
            key = _key(signed.signature)
            made.values[key] = signed.signature
            if signed.side is Side.WORKING:
                made.working.add(key)
            else:
                made.held_out.setdefault(key, []).append(signed.record_id)
        return made


class _Candidates:
    """Signatures laid out to compare one with all that share a band with it."""

    def __init__(self, values: Mapping[bytes, Signature]) -> None:
        self._keys = list(values)
        self._row = {key: row for row, key in enumerate(self._keys)}
        self._matrix = np.stack(list(values.values())) if values else np.zeros((0, 1), dtype=np.uint32)
        self._rows_of: dict[int, list[int]] = {}
        for row, value in enumerate(values.values()):
            for band in bands(value):
                self._rows_of.setdefault(band, []).append(row)

    def similar_to(self, key: bytes) -> Iterator[bytes]:
        """Yield the keys of near-duplicates, the key itself included."""
        own = self._matrix[self._row[key]]
        rows = sorted({row for band in bands(own) for row in self._rows_of[band]})
        if len(rows) == 1:
            return iter((key,))
        alike = (self._matrix[rows] == own).mean(axis=1) >= NEAR_DUPLICATE
        return (self._keys[row] for row, is_alike in zip(rows, alike, strict=True) if is_alike)


def _key(signature: Signature) -> bytes:
    return blake2b(signature.astype("<u4").tobytes(), digest_size=_KEY_BYTES).digest()


def _value(data: bytes) -> Signature:
    return np.frombuffer(data, dtype="<u4").astype(np.uint32)
