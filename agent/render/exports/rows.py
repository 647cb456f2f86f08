"""A claim of a map as one row: the words and figures that tables, boards and slides share."""

from collections.abc import Iterator
from dataclasses import dataclass

from agent.figures import day_text
from agent.render.figures import interval_text, share_text
from agent.render.page import LANES
from agent.schemas.evidence import Claim, ClaimStatus, Evidence, Lane
from agent.schemas.journey import JourneyMap, Stage

LANE_NAMES = {lane: name for lane, name, _ in LANES}


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim with its place on the map."""

    stage: str
    lane: Lane
    claim: Claim


def claim_rows(journey_map: JourneyMap) -> Iterator[ClaimRow]:
    """Yield the claims of a map by stage, and in a stage by lane, in the order of the page."""
    for stage in journey_map.stages:
        yield from stage_rows(stage)


def stage_rows(stage: Stage) -> Iterator[ClaimRow]:
    """Yield the claims of a stage by lane, in the order of the page."""
    for lane, _, _ in LANES:
        for claim in stage.cells[lane]:
            yield ClaimRow(stage.name, lane, claim)


def worded(claim: Claim) -> str:
    """Return what a claim says; of an unknown one also what it needs."""
    if claim.status is ClaimStatus.UNKNOWN and claim.missing:
        return f"{claim.statement} Needed: {claim.missing}"
    return claim.statement


def standing(claim: Claim, *, short: bool = False) -> str:
    """Return what a claim rests on in words: its status, who holds an assumption, its counts.

    Args:
        claim: The claim.
        short: Of the counts, leave out the share, which the statement has, and what the bounds are.
    """
    parts = [claim.status.value]
    if claim.stated_by is not None:
        parts.append(f"worded by {claim.stated_by}")
    if claim.expires_at is not None:
        parts.append(f"to be reviewed by {day_text(claim.expires_at)}")
    if counts := counts_of(claim, short=short):
        parts.append(counts)
    return ", ".join(parts)


def counts_of(claim: Claim, *, short: bool = False) -> str:
    """Return counts and interval of a claim; nothing where it has none."""
    quantity = claim.quantity
    if quantity is None:
        return ""
    interval = interval_text(quantity.low, quantity.high)
    if short:
        return f"{quantity.n:,} of {quantity.total:,}" + (f" ({interval})" if interval else "")
    spread = f", 95 % interval {interval}" if interval else ""
    return f"{quantity.n:,} of {quantity.total:,} ({share_text(quantity.share)}{spread})"


def citation(evidence: Evidence) -> str:
    """Return where a quote stands."""
    return f"{evidence.record_id}:{evidence.start}–{evidence.end}"


def quoted(evidence: Evidence) -> str:
    """Return a quote with where it stands."""
    return f"“{evidence.quote}” ({citation(evidence)})"


def quote_lines(claim: Claim) -> list[str]:
    """Return the quotes of a claim and those against it, a line each."""
    against = [f"Speaks against it: {quoted(item)}" for item in claim.opposing]
    return [*map(quoted, claim.evidence), *against]


def reference(journey_map: JourneyMap, claim: Claim) -> str:
    """Return how a claim is found again from a board: map, version and claim."""
    return f"{journey_map.map_id}/{journey_map.version}/{claim.claim_id}"
