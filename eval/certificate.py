"""The leakage certificate: what was looked at to prove that held-out customers stayed unseen, and what was found.

It verifies offline in two ways: its digest covers every field, and the checks can be made again on the stores.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import orjson

from agent.schemas.creative import Certificate, CertificateCheck
from agent.schemas.records import Record
from agent.split import NEAR_DUPLICATE, bands, similar
from agent.store.signatures import Signed

_CANARY_WORDS = 8
"""Length of the word sequences that stand for a held-out text in the scan of what was sent and made."""
_WORD = re.compile(r"\w+")
_JSON_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[nrtbf])")
"""How JSON writes what is no plain character; outputs are scanned as they were sent, which is often as JSON."""
CHECKS = (
    "persons_disjoint",
    "records_disjoint",
    "index_unseen",
    "events_unseen",
    "near_duplicates",
    "canaries",
)
"""Everything that is looked at; a certificate that lacks one of them proves nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the certificate is made from; the caller gathers it from the stores."""

    salt: str
    holdout_share: float
    working_person_ids: frozenset[str]
    held_out_person_ids: frozenset[str]
    working_record_ids: frozenset[str]
    held_out: tuple[Record, ...]
    """Fit for checking."""
    n_excluded: int
    indexed_record_ids: frozenset[str]
    lake_person_ids: frozenset[str]
    working_signatures: tuple[Signed, ...]
    held_out_signatures: tuple[Signed, ...]
    working_texts: tuple[str, ...]
    outputs: tuple[str, ...]
    """Everything sent to a model, answered by it, or made from it: prompts, answers, labels, copy."""


def make_certificate(evidence: Evidence, *, now: datetime) -> Certificate:
    """Make the certificate; it is valid only where every check passed."""
    checks = tuple(_checks(evidence))
    body: dict[str, object] = {
        "split_salt_sha256": _sha256(evidence.salt),
        "holdout_share": evidence.holdout_share,
        "n_working": len(evidence.working_person_ids),
        "n_held_out": len(evidence.held_out_person_ids),
        "n_held_out_excluded": evidence.n_excluded,
        "working_sha256": _sha256("\n".join(sorted(evidence.working_person_ids))),
        "held_out_sha256": _sha256("\n".join(sorted(evidence.held_out_person_ids))),
        "checks": [check.model_dump(mode="json") for check in checks],
        "valid": all(check.passed for check in checks),
        "made_at": now.isoformat(),
    }
    certificate_id = f"cert_{_sha256(_canonical(body))[:16]}"
    draft = Certificate.model_validate({**body, "certificate_id": certificate_id, "digest": ""})
    return draft.model_copy(update={"digest": digest_of(draft)})


def digest_of(certificate: Certificate) -> str:
    """Return the SHA-256 over the canonical JSON of all fields but the digest."""
    return _sha256(_canonical(certificate.model_dump(mode="json", exclude={"digest"})))


def verify_certificate(certificate: Certificate) -> bool:
    """Tell whether a certificate is whole and says what its checks say; needs no store."""
    complete = tuple(check.name for check in certificate.checks) == CHECKS
    consistent = certificate.valid == all(check.passed for check in certificate.checks)
    counted = all(check.passed == (check.found == 0) for check in certificate.checks)
    return complete and consistent and counted and certificate.digest == digest_of(certificate)


def _checks(evidence: Evidence) -> Iterator[CertificateCheck]:
    working, held_out = evidence.working_person_ids, evidence.held_out_person_ids
    yield _check("persons_disjoint", working & held_out, held_out, "persons on both sides of the split")
    ids = frozenset(record.record_id for record in evidence.held_out)
    yield _check("records_disjoint", evidence.working_record_ids & ids, ids, "records in store and vault")
    yield _check(
        "index_unseen", evidence.indexed_record_ids & ids, ids, "held-out records in the vector index"
    )
    yield _check(
        "events_unseen", evidence.lake_person_ids & held_out, held_out, "held-out persons in the lake"
    )
    near = _near_duplicates(evidence)
    detail = (
        f"held-out texts with an estimated Jaccard similarity of {NEAR_DUPLICATE} or more to a working text"
    )
    yield _check("near_duplicates", near, ids, detail)
    canaries = _canaries(evidence)
    seen = frozenset(canaries[phrase] for phrase in _phrases_of_all(evidence.outputs) if phrase in canaries)
    detail = (
        f"held-out records with {_CANARY_WORDS} words in a row that no working text has, found in an output"
    )
    yield _check("canaries", seen, frozenset(canaries.values()), detail)


def _check(name: str, found: Iterable[str], looked_at: frozenset[str], detail: str) -> CertificateCheck:
    n = len(set(found))
    return CertificateCheck(name=name, passed=n == 0, found=n, looked_at=len(looked_at), detail=detail)


def _near_duplicates(evidence: Evidence) -> set[str]:
    """Recount near-duplicates across the split from the signatures, apart from the code that excluded them."""
    fit = {record.record_id for record in evidence.held_out}
    by_band: dict[int, list[Signed]] = {}
    for signed in evidence.working_signatures:
        for band in bands(signed.signature):
            by_band.setdefault(band, []).append(signed)
    return {
        signed.record_id
        for signed in evidence.held_out_signatures
        if signed.record_id in fit
        and any(
            similar(signed.signature, other.signature) >= NEAR_DUPLICATE
            for band in bands(signed.signature)
            for other in by_band.get(band, ())
        )
    }


def _canaries(evidence: Evidence) -> dict[str, str]:
    """Return word sequences that only held-out texts have, each with a record that has it."""
    common = set(_phrases_of_all(evidence.working_texts))
    return {
        phrase: record.record_id
        for record in evidence.held_out
        for start, end in record.customer_spans()
        for phrase in _phrases(record.text[start:end])
        if phrase not in common
    }


def _phrases_of_all(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _phrases(text)


def _phrases(text: str) -> Iterator[str]:
    words = _WORD.findall(_JSON_ESCAPE.sub(_unescaped, text).lower())
    for start in range(len(words) - _CANARY_WORDS + 1):
        yield " ".join(words[start : start + _CANARY_WORDS])


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else " "


def _canonical(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
