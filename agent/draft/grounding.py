"""Keeps of a drafted stage only the claims that what they cite bears out; code decides, whoever wrote them.

Four questions, in this order: was every cited id offered, does every quote stand character by character in the item
it is said to be from, does a cited passage say what the statement says, and does the statement state no quantity of its
own. Support is judged by words alone (`agent.lexical`), so a paraphrase that shares no word with its passage is dropped
too: a claim that cannot be checked is not shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from agent.errors import EvidenceError, UnknownCitationError
from agent.firewall import check_template
from agent.lexical import Support
from agent.schemas.evidence import Evidence
from agent.schemas.writing import DraftedClaim, StageBrief, StageDraft


class DropReason(StrEnum):
    """Why a claim is not kept."""

    UNCITED = "uncited"
    UNKNOWN_CITATION = "unknown_citation"
    """Cites an item or names a metric that was not offered."""
    NOT_VERBATIM = "not_verbatim"
    UNRESOLVED_NUMBER = "unresolved_number"
    UNSUPPORTED = "unsupported"
    """No cited item says it: the wrong one is cited, or it is invented."""


@dataclass(frozen=True, slots=True)
class DroppedClaim:
    """A claim that was not kept."""

    reason_code: DropReason
    statement: str


@dataclass(frozen=True, slots=True)
class GroundedClaims:
    """Claims that hold, and those that were dropped, both in the order of the draft."""

    kept: list[DraftedClaim]
    dropped: list[DroppedClaim]


def ground_claims(draft: StageDraft, brief: StageBrief, evidence: Mapping[str, Evidence]) -> GroundedClaims:
    """Sort the claims of a draft into those that hold and those that do not.

    Args:
        draft: What a writer returned.
        brief: What it was given.
        evidence: By the ids of the brief's items.

    Returns:
        Kept claims cite only the items that bear them out, each with its quote.
    """
    offered = {
        item.evidence_id: evidence[item.evidence_id].quote
        for item in brief.quotes
        if item.evidence_id in evidence
    }
    metric_ids = {metric.metric_id for metric in brief.metrics}
    support = Support(offered)
    kept: list[DraftedClaim] = []
    dropped: list[DroppedClaim] = []
    for claim in draft.claims:
        judged = _judge(claim, offered, support, metric_ids)
        if isinstance(judged, DropReason):
            dropped.append(DroppedClaim(judged, claim.statement))
        else:
            kept.append(judged)
    return GroundedClaims(kept, dropped)


def _judge(
    claim: DraftedClaim, offered: Mapping[str, str], support: Support, metric_ids: set[str]
) -> DraftedClaim | DropReason:
    if not claim.evidence_ids:
        return DropReason.UNCITED
    if not set(claim.evidence_ids) <= offered.keys():
        return DropReason.UNKNOWN_CITATION
    if not _verbatim(claim, offered):
        return DropReason.NOT_VERBATIM
    supporting = support.supporting(claim.statement, claim.evidence_ids)
    if not supporting:
        return DropReason.UNSUPPORTED
    fault = _number_fault(claim, metric_ids, [offered[evidence_id] for evidence_id in supporting])
    return fault or _citing(claim, supporting)


def _number_fault(claim: DraftedClaim, metric_ids: set[str], quotes: list[str]) -> DropReason | None:
    try:
        check_template(claim.statement, metric_ids, quotes=quotes)
    except UnknownCitationError:
        return DropReason.UNKNOWN_CITATION
    except EvidenceError:
        return DropReason.UNRESOLVED_NUMBER
    return None


def _verbatim(claim: DraftedClaim, offered: Mapping[str, str]) -> bool:
    """Tell whether each quote stands in the item at its place; there may be fewer quotes than items, not more."""
    if len(claim.quotes) > len(claim.evidence_ids):
        return False
    pairs = zip(claim.quotes, claim.evidence_ids, strict=False)
    return all(quote.strip() and quote in offered[evidence_id] for quote, evidence_id in pairs)


def _citing(claim: DraftedClaim, supporting: tuple[str, ...]) -> DraftedClaim:
    """Return a claim without the citations that do not bear it out."""
    kept = [
        n
        for n, evidence_id in enumerate(claim.evidence_ids)
        if evidence_id in supporting and evidence_id not in claim.evidence_ids[:n]
    ]
    return claim.model_copy(
        update={
            "evidence_ids": tuple(claim.evidence_ids[n] for n in kept),
            "quotes": tuple(claim.quotes[n] for n in kept if n < len(claim.quotes)),
        }
    )
