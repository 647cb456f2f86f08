"""Ways to change one part of a map and nothing else, so that a file tells whether it holds that part."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from agent.render.exports import MapPart
from agent.schemas.evidence import Claim, ClaimStatus, Evidence, Lane, Metric, Quantity
from agent.schemas.insight import Moment, PainPoint, Severity
from agent.schemas.journey import EmotionPoint, JourneyMap, StageRule
from tests.agent.maps import NOW

Change = Callable[[JourneyMap], JourneyMap]
_FURTHER = (Lane.THOUGHTS, Lane.EMOTIONS, Lane.CHANNELS, Lane.OPPORTUNITIES, Lane.METRICS)


def _same(fields: dict[str, Any]) -> Callable[[object], dict[str, Any]]:
    return lambda _: fields


def _of(**fields: Any) -> Change:
    return lambda found: found.model_copy(update=fields)


def _scope(**fields: Any) -> Change:
    return lambda found: found.model_copy(update={"scope": found.scope.model_copy(update=fields)})


def _made(**fields: Any) -> Change:
    return lambda found: found.model_copy(update={"provenance": found.provenance.model_copy(update=fields)})


def claims(change: Callable[[Claim], Claim]) -> Change:
    """Return what changes every claim."""

    def changed(found: JourneyMap) -> JourneyMap:
        stages = tuple(
            stage.model_copy(
                update={"cells": {lane: tuple(map(change, cell)) for lane, cell in stage.cells.items()}}
            )
            for stage in found.stages
        )
        return found.model_copy(update={"stages": stages})

    return changed


def _lane(*lanes: Lane) -> Change:
    return claims(
        lambda claim: (
            claim.model_copy(update={"statement": f"Zq {claim.statement}"})
            if claim.lane in lanes and claim.status is not ClaimStatus.UNKNOWN
            else claim
        )
    )


def _quantity(change: Callable[[Quantity], dict[str, Any]]) -> Change:
    return claims(
        lambda claim: (
            claim
            if claim.quantity is None
            else claim.model_copy(
                update={"quantity": claim.quantity.model_copy(update=change(claim.quantity))}
            )
        )
    )


def _evidence(name: str, change: Callable[[Evidence], dict[str, Any]]) -> Change:
    return claims(
        lambda claim: claim.model_copy(
            update={name: tuple(e.model_copy(update=change(e)) for e in getattr(claim, name))}
        )
    )


def _metrics(change: Callable[[Metric], dict[str, Any]]) -> Change:
    return claims(
        lambda claim: claim.model_copy(
            update={"metrics": tuple(metric.model_copy(update=change(metric)) for metric in claim.metrics)}
        )
    )


def _points(change: Callable[[EmotionPoint], dict[str, Any]]) -> Change:
    return lambda found: found.model_copy(
        update={
            "emotion_curve": tuple(
                point if point.valence is None else point.model_copy(update=change(point))
                for point in found.emotion_curve
            )
        }
    )


def _pains(change: Callable[[PainPoint], dict[str, Any]]) -> Change:
    return lambda found: found.model_copy(
        update={"pain_points": tuple(pain.model_copy(update=change(pain)) for pain in found.pain_points)}
    )


def _moments(change: Callable[[Moment], dict[str, Any]]) -> Change:
    return lambda found: found.model_copy(
        update={"moments": tuple(moment.model_copy(update=change(moment)) for moment in found.moments)}
    )


def _opinion(claim: Claim) -> Claim:
    if claim.status is not ClaimStatus.ASSUMPTION:
        return claim
    return claim.model_copy(update={"stated_by": "Zq", "expires_at": NOW + timedelta(days=9)})


CHANGES: Mapping[MapPart, tuple[Change, ...]] = {
    MapPart.IDENTITY: (_of(map_id="map_zq"), _of(version=77)),
    MapPart.SCOPE: (
        _scope(persona="Zq"), _scope(journey="Zq"), _scope(goal="Zq"), _scope(purpose="Zq"), _scope(population="Zq"),
    ),
    MapPart.FILTER: (_scope(where={"zq": "zq"}), _scope(stage_rules=(StageRule(name="Zq"),))),
    MapPart.ACTIONS: (_lane(Lane.ACTIONS),),
    MapPart.PAIN_LANE: (_lane(Lane.PAIN_POINTS),),
    MapPart.TOUCHPOINTS: (_lane(Lane.TOUCHPOINTS),),
    MapPart.FURTHER_LANES: tuple(map(_lane, _FURTHER)),
    MapPart.CLAIM_IDS: (claims(lambda claim: claim.model_copy(update={"claim_id": f"{claim.claim_id}zq"})),),
    MapPart.STATUSES: (
        claims(
            lambda claim: claim.model_copy(update={"status": ClaimStatus.INFERRED})
            if claim.status is ClaimStatus.OBSERVED and not claim.quantity
            else claim.model_copy(update={"status": ClaimStatus.BROKEN}) if claim.status is ClaimStatus.OBSERVED else claim
        ),
    ),
    MapPart.NEEDS: (claims(lambda claim: claim.model_copy(update={"missing": claim.missing and "Zq."})),),
    MapPart.COUNTS: (
        _quantity(lambda found: {"n": found.n + 1}), _quantity(lambda found: {"total": found.total + 1000}),
    ),
    MapPart.INTERVALS: (_quantity(_same({"low": 0.031})), _quantity(_same({"high": 0.973}))),
    MapPart.POPULATIONS: (_quantity(_same({"population": "Zq"})),),
    MapPart.QUOTES: (
        _evidence("evidence", lambda e: {"quote": f"Zq {e.quote}"}), _evidence("evidence", _same({"record_id": "r_zq"})),
    ),
    MapPart.OPPOSING: (_evidence("opposing", lambda e: {"quote": f"Zq {e.quote}"}),),
    MapPart.PLACES: (
        _evidence("evidence", lambda e: {"start": e.start + 7}), _evidence("evidence", lambda e: {"end": e.end + 7}),
    ),
    MapPart.DIGESTS: (_evidence("evidence", _same({"text_sha256": "zq"})),),
    MapPart.DEFINITIONS: (_metrics(lambda metric: {"definition": f"Zq {metric.definition}"}),),
    MapPart.COMPUTATION: (
        claims(lambda claim: claim.model_copy(update={"template": "Zq"})),
        _metrics(lambda metric: {"query": metric.query.model_copy(update={"params": {"zq": "zq"}})}),
    ),
    MapPart.LINKS: (claims(lambda claim: claim.model_copy(update={"rests_on": claim.rests_on and ("pp_zq",)})),),
    MapPart.OPINIONS: (claims(_opinion),),
    MapPart.MOOD: (_points(lambda point: {"valence": -(point.valence or 0.0) or 0.9}),),
    MapPart.MOOD_INTERVALS: (
        _points(_same({"low": -0.97})), _points(_same({"high": 0.97})), _points(_same({"n_persons": 777})),
    ),
    MapPart.PAIN_POINTS: (
        _pains(lambda pain: {"label": f"Zq {pain.label}"}),
        _pains(lambda pain: {"reach": pain.reach.model_copy(update={"n": 7})}),
    ),
    MapPart.PAIN_FIGURES: (
        _pains(_same({"severity": Severity.BLOCKED})),
        _pains(lambda pain: {"trend": pain.trend.model_copy(update={"direction": "falling"})}),
        _pains(lambda pain: {"rank": pain.rank.model_copy(update={"score": 0.77})}),
    ),
    MapPart.PAIN_QUOTES: (
        _pains(lambda pain: {"evidence": tuple(e.model_copy(update={"quote": "Zq"}) for e in pain.evidence)}),
        _pains(lambda pain: {"opposing": tuple(e.model_copy(update={"quote": "Zq"}) for e in pain.opposing)}),
    ),
    MapPart.PAIN_DEEDS: (
        _pains(lambda pain: {"behaviour": tuple(b.model_copy(update={"outcome": "zq"}) for b in pain.behaviour)}),
    ),
    MapPart.PAIN_TESTS: (
        _pains(_same({"owner": "Zq"})), _pains(_same({"initiative_url": "https://zq.example"})),
        _pains(lambda pain: {"trend": pain.trend.model_copy(update={"p_value": 0.9})}),
    ),
    MapPart.OPPORTUNITIES: (
        lambda found: found.model_copy(
            update={"opportunities": tuple(o.model_copy(update={"statement": "Zq"}) for o in found.opportunities)}
        ),
    ),
    MapPart.MOMENTS: (
        _moments(_same({"experience": "Zq"})), _moments(_same({"outcome": "zq"})),
        _moments(_same({"risk_difference": 0.77})),
    ),
    MapPart.MOMENT_TESTS: (_moments(_same({"p_value": 0.77})), _moments(_same({"n_cut_off": 77}))),
    MapPart.OWNER: (_of(owner="Zq"),),
    MapPart.REVIEW: (_of(review_by=NOW + timedelta(days=77)),),
    MapPart.ATTRIBUTES: (_of(attributes={"zq": "zq"}),),
    MapPart.PROVENANCE: (_made(input_sha256="zq"), _made(reader="zq"), _made(n_records=7777)),
    MapPart.SOURCES: (_made(source_ids=("s_zq",)), _made(seed=77)),
    MapPart.DRAFTED: (_of(drafted_at=NOW + timedelta(seconds=7)),),
}  # fmt: skip
"""For each part, changes of it alone; a format that holds the part shows every one of them."""
