"""Computes every claim of a map again from the stores and names each that does not hold any more."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.corpus import Corpus
from agent.draft.builder import emotion_curve
from agent.firewall import fill
from agent.metrics import compute
from agent.schemas.base import Frozen
from agent.schemas.evidence import Claim, Evidence, Metric, Quantity
from agent.schemas.insight import Moment, PainPoint, Trend
from agent.schemas.journey import JourneyMap
from agent.verify.quotes import QuoteChecker

_TOLERANCE = 1e-9


class BrokenPart(Frozen):
    """One part of a map that does not hold."""

    part: str
    """`claim`, `pain_point`, `opportunity`, `moment` or `emotion_curve`."""
    part_id: str
    where: str
    """Stage and lane, or the label, for the reader."""
    reasons: tuple[str, ...]


class MapVerification(Frozen):
    """What verifying a map found."""

    map_id: str
    version: int
    n_claims: int
    n_quotes: int
    n_numbers: int
    broken: tuple[BrokenPart, ...]

    @property
    def holds(self) -> bool:
        """True where nothing is broken."""
        return not self.broken


@dataclass(frozen=True, slots=True)
class _Found:
    part: str
    part_id: str
    where: str
    reasons: list[str]


def verify_map(
    journey_map: JourneyMap,
    *,
    corpus: Corpus,
    pain_points: Sequence[PainPoint],
    moments: Sequence[Moment],
    checker: QuoteChecker,
) -> MapVerification:
    """Verify a map.

    Args:
        journey_map: The map as stored.
        corpus: The same scope and sources, as the stores hold them now.
        pain_points: Pain points ranked again from that corpus.
        moments: Moments found again from that corpus.
        checker: Checks quotes against the records as stored now.
    """
    found = [
        *_claims(journey_map, corpus, checker),
        *_pain_points(journey_map, pain_points, checker),
        *_opportunities(journey_map, corpus),
        *_moments(journey_map, moments),
        *_curve(journey_map, corpus),
    ]
    claims = [claim for stage in journey_map.stages for cell in stage.cells.values() for claim in cell]
    return MapVerification(
        map_id=journey_map.map_id,
        version=journey_map.version,
        n_claims=len(claims),
        n_quotes=sum(len(claim.evidence) + len(claim.opposing) for claim in claims)
        + sum(len(pain.evidence) + len(pain.opposing) for pain in journey_map.pain_points),
        n_numbers=sum(len(claim.metrics) for claim in claims) + len(journey_map.emotion_curve),
        broken=tuple(
            BrokenPart(part=item.part, part_id=item.part_id, where=item.where, reasons=tuple(item.reasons))
            for item in found
            if item.reasons
        ),
    )


def _claims(journey_map: JourneyMap, corpus: Corpus, checker: QuoteChecker) -> Iterator[_Found]:
    for stage in journey_map.stages:
        for lane, cell in stage.cells.items():
            for claim in cell:
                reasons = [
                    *_quote_faults((*claim.evidence, *claim.opposing), checker),
                    *_metric_faults(claim.metrics, corpus),
                    *_wording_faults(claim),
                ]
                yield _Found("claim", claim.claim_id, f"{stage.name} / {lane.value}", reasons)


def _quote_faults(evidence: Iterable[Evidence], checker: QuoteChecker) -> Iterator[str]:
    for item in evidence:
        fault = checker.fault(item)
        if fault is not None:
            yield f"quote {item.record_id}:{item.start}-{item.end}: {fault.value}"


def _metric_faults(metrics: Iterable[Metric], corpus: Corpus) -> Iterator[str]:
    for metric in metrics:
        now = compute(metric.query, corpus)
        for name in ("value", "low", "high"):
            before, after = getattr(metric, name), getattr(now, name)
            if not _same(before, after):
                yield f"number {metric.metric_id} ({name}): map says {before}, data says {after}"
        if metric.quantity != now.quantity and _same(metric.value, now.value):
            yield f"number {metric.metric_id}: map counts {_counted(metric.quantity)}, data {_counted(now.quantity)}"


def _wording_faults(claim: Claim) -> Iterator[str]:
    if claim.statement != fill(claim.template, {metric.metric_id: metric for metric in claim.metrics}):
        yield "the statement is not its template filled with its numbers"


def _pain_points(
    journey_map: JourneyMap, pain_points: Sequence[PainPoint], checker: QuoteChecker
) -> Iterator[_Found]:
    now = {pain.theme_id: pain for pain in pain_points}
    for pain in journey_map.pain_points:
        reasons = list(_quote_faults((*pain.evidence, *pain.opposing), checker))
        current = now.get(pain.theme_id)
        if current is None:
            reasons.append("fewer customers voice it than the evidence floor asks")
        else:
            reasons.extend(_pain_faults(pain, current))
        yield _Found("pain_point", pain.pain_point_id, pain.label, reasons)


def _pain_faults(pain: PainPoint, current: PainPoint) -> Iterator[str]:
    if pain.reach != current.reach:
        yield f"reach: map counts {_counted(pain.reach)}, data {_counted(current.reach)}"
    if pain.severity_shares != current.severity_shares or pain.severity != current.severity:
        yield "severity: the data gives other shares"
    if not _same(pain.rank.score, current.rank.score):
        yield f"rank: map says {pain.rank.score}, data says {current.rank.score}"
    if not _same_trend(pain.trend, current.trend):
        yield "trend: the data gives another one"
    if pain.behaviour != current.behaviour:
        yield "behaviour: the data gives other counts"


def _same_trend(before: Trend, after: Trend) -> bool:
    """Compare trends without their adjusted p-value, which depends on every other pain point."""
    pairs = (
        (before.change_per_month, after.change_per_month),
        (before.low, after.low),
        (before.high, after.high),
    )
    return all(_same(left, right) for left, right in pairs)


def _opportunities(journey_map: JourneyMap, corpus: Corpus) -> Iterator[_Found]:
    for opportunity in journey_map.opportunities:
        reasons = list(_metric_faults(opportunity.metrics, corpus))
        by_id = {metric.metric_id: metric for metric in opportunity.metrics}
        if opportunity.statement != fill(opportunity.template, by_id):
            reasons.append("the statement is not its template filled with its numbers")
        yield _Found("opportunity", opportunity.opportunity_id, opportunity.pain_point_id, reasons)


def _moments(journey_map: JourneyMap, moments: Sequence[Moment]) -> Iterator[_Found]:
    now: Mapping[str, Moment] = {moment.moment_id: moment for moment in moments}
    for moment in journey_map.moments:
        found = now.get(moment.moment_id)
        same = found is not None and found.model_copy(update={"p_value": moment.p_value}) == moment
        reasons = [] if same else ["the data gives another effect"]
        yield _Found("moment", moment.moment_id, moment.experience, reasons)


def _curve(journey_map: JourneyMap, corpus: Corpus) -> Iterator[_Found]:
    stages = [point.stage for point in journey_map.emotion_curve]
    for point, now in zip(journey_map.emotion_curve, emotion_curve(corpus, stages), strict=True):
        same = _same(point.valence, now.valence) and point.n_persons == now.n_persons
        bounds = _same(point.low, now.low) and _same(point.high, now.high)
        reasons = [] if same and bounds else [f"map says {point.valence}, data says {now.valence}"]
        yield _Found("emotion_curve", point.stage, point.stage, reasons)


def _same(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is after
    return math.isclose(before, after, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)


def _counted(quantity: Quantity | None) -> str:
    return "nothing" if quantity is None else f"{quantity.n} of {quantity.total}"
