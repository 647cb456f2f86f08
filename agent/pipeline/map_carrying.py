"""Takes people's words over to a new draft of a map.

A new draft starts from the data. What people worded stays theirs: an added assumption stands in its cell again, and a
reworded claim is worded so again as long as the data still gives that claim with the numbers the words name, which are then
those of today. What finds no place stays in the version before (`agent.pipeline.words_left`).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from agent.firewall import fill, metric_ids
from agent.pipeline.workspace import Workspace
from agent.schemas.evidence import Claim, ClaimStatus, Evidence, Lane
from agent.schemas.journey import JourneyMap, Stage
from agent.verify.quotations import quotations
from agent.verify.quotes import QuoteChecker


def carried_over(workspace: Workspace, after: JourneyMap) -> JourneyMap:
    """Return a new draft with owner and wordings that people gave the version before, as far as it has a place for them.

    Args:
        workspace: Where the map is.
        after: The new draft, not stored yet.
    """
    versions = workspace.store.results.map_versions(after.map_id)
    if not versions:
        return after
    before = workspace.store.results.map(after.map_id, versions[-1])
    cited = {item.record_id for _, claim in opinions(before) for item in claim.evidence}
    checker = QuoteChecker.over(workspace.store.records.get_many(cited).values())
    said = {
        (stage.name, lane): [c for c in cell if _is_opinion(c) and _stands(_quoted(c), checker)]
        for stage in before.stages
        for lane, cell in stage.cells.items()
    }
    stages = tuple(_with_words(stage, said) for stage in after.stages)
    owner = before.owner if after.owner is None else after.owner
    return after.model_copy(update={"stages": stages, "owner": owner})


def opinions(journey_map: JourneyMap) -> Iterator[tuple[str, Claim]]:
    """Yield what people worded on a map, with its stage."""
    for stage in journey_map.stages:
        for cell in stage.cells.values():
            for claim in cell:
                if _is_opinion(claim):
                    yield stage.name, claim


def _is_opinion(claim: Claim) -> bool:
    return claim.status is ClaimStatus.ASSUMPTION and claim.stated_by is not None


def _with_words(stage: Stage, said: Mapping[tuple[str, Lane], list[Claim]]) -> Stage:
    cells: dict[Lane, tuple[Claim, ...]] = {}
    for lane, cell in stage.cells.items():
        words = {claim.claim_id: claim for claim in said.get((stage.name, lane), ())}
        worded = [_worded_again(claim, words.get(claim.claim_id)) for claim in cell]
        ids = {claim.claim_id for claim in cell}
        added = [claim for claim in words.values() if claim.claim_id not in ids and not claim.metrics]
        cells[lane] = (*worded, *added)
    return stage.model_copy(update={"cells": cells})


def _worded_again(claim: Claim, words: Claim | None) -> Claim:
    if words is None or words.stated_by is None:
        return claim
    known = {metric.metric_id for metric in claim.metrics}
    if not set(metric_ids(words.template)) <= known:
        return claim
    return reworded(claim, words.template, _quoted(words), by=words.stated_by, expires_at=words.expires_at)


def _quoted(claim: Claim) -> tuple[Evidence, ...]:
    """Return what is cited of a claim because its words quote it."""
    words = [one.words for one in quotations(claim.statement)]
    return tuple(item for item in claim.evidence if any(each in item.quote for each in words))


def _stands(evidence: Iterable[Evidence], checker: QuoteChecker) -> bool:
    return all(checker.fault(item) is None for item in evidence)


def reworded(
    claim: Claim, template: str, quoted: tuple[Evidence, ...], *, by: str, expires_at: datetime | None
) -> Claim:
    """Return a claim in a person's words, which makes it an assumption.

    Args:
        claim: As it is.
        template: The words, computed numbers by name.
        quoted: Where customers said what the words quote.
        by: Whose words they are.
        expires_at: When they have to be looked at again.
    """
    # Quotes show what the numbers count: they stay beside words that keep all numbers, and beside no others.
    kept = tuple(metric for metric in claim.metrics if f"{{{{m:{metric.metric_id}}}}}" in template)
    is_counted = bool(kept) and kept == claim.metrics
    own = claim.evidence if is_counted else ()
    return claim.model_copy(
        update={
            "status": ClaimStatus.ASSUMPTION,
            "statement": fill(template, {metric.metric_id: metric for metric in kept}),
            "template": template,
            "metrics": kept,
            "quantity": claim.quantity if is_counted else None,
            "evidence": tuple(dict.fromkeys((*own, *quoted))),
            "opposing": claim.opposing if is_counted else (),
            "rests_on": (),
            "missing": None,
            "stated_by": by,
            "expires_at": expires_at,
        }
    )
