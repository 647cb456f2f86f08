"""Puts a journey map together: stages across, lanes down, curve, pain points, opportunities and moments.

The order is fixed: lay out stages, fill cells from counts, let the writer word what customers do and think, check
each wording against what it cites, then add what follows from it. The writer sees quotes and names of numbers,
never the numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from agent.corpus import Corpus
from agent.draft import cells
from agent.draft.claims import MIN_PERSONS, inferred, unknown
from agent.draft.grounding import ground_claims
from agent.draft.told import passages_behind, shown, told_claim
from agent.errors import EvidenceError
from agent.firewall import check_template, fill
from agent.metrics import MetricSpec, make_metric
from agent.ports import Writer, WritingTask
from agent.schemas.base import Scalar
from agent.schemas.evidence import Claim, Evidence, Lane, Metric, MetricQuery
from agent.schemas.insight import Moment, Opportunity, PainPoint
from agent.schemas.journey import EmotionPoint, JourneyMap, MapType, Provenance, Scope, Stage
from agent.schemas.notes import REVIEW_AFTER
from agent.schemas.writing import (
    MetricItem,
    OpportunityBrief,
    OpportunityDraft,
    QuotedItem,
    StageBrief,
    StageDraft,
)

_log = structlog.get_logger(__name__)

MAX_OPPORTUNITIES = 10
"""Pain points for which an opportunity is looked for, by rank, beside the first of each stage; bounds what a draft costs."""
_QUOTES_PER_STAGE = 60
"""Enough that what many say is among them; what only one says is not counted and left out."""


@dataclass(frozen=True, slots=True)
class DraftInputs:
    """Everything a map is drafted from."""

    corpus: Corpus
    scope: Scope
    type: MapType
    stages: tuple[str, ...]
    pain_points: tuple[PainPoint, ...]
    moments: tuple[Moment, ...]
    pick_quotes: cells.PickQuotes
    writer: Writer
    provenance: Provenance
    map_id: str
    version: int
    now: datetime
    owner: str | None = None
    attributes: Mapping[str, Scalar] | None = None


def draft_map(inputs: DraftInputs) -> JourneyMap:
    """Draft a journey map.

    Raises:
        ModelError: The writer could not answer; no map is made.
    """
    opportunities = _opportunities(inputs)
    return JourneyMap(
        map_id=inputs.map_id,
        version=inputs.version,
        type=inputs.type,
        scope=inputs.scope,
        stages=tuple(_stage(inputs, name, opportunities) for name in inputs.stages),
        emotion_curve=emotion_curve(inputs.corpus, inputs.stages),
        pain_points=inputs.pain_points,
        opportunities=opportunities,
        moments=inputs.moments,
        owner=inputs.owner,
        review_by=inputs.now + REVIEW_AFTER,
        drafted_at=inputs.now,
        attributes=dict(inputs.attributes or {}),
        provenance=inputs.provenance,
    )


def emotion_curve(corpus: Corpus, stages: Sequence[str]) -> tuple[EmotionPoint, ...]:
    """Return mean sentiment by stage, over persons; unknown where fewer than the evidence floor speak of it."""
    return tuple(_curve_point(corpus, stage) for stage in stages)


def _curve_point(corpus: Corpus, stage: str) -> EmotionPoint:
    spec = MetricSpec(
        metric_id=f"{stage}.sentiment",
        label=f"Mood in the {stage} stage",
        definition="Mean over customers of the sentiment of their passages on the stage, from minus one to one.",
        unit="score",
        query=MetricQuery(op="stage_sentiment", params={"stage": stage}),
    )
    metric = make_metric(spec, corpus)
    n_persons = len(corpus.stage_speakers(stage))
    shown = metric.value is not None and n_persons >= MIN_PERSONS
    return EmotionPoint(
        stage=stage,
        valence=metric.value if shown else None,
        low=metric.low if shown else None,
        high=metric.high if shown else None,
        n_persons=n_persons,
        metric=metric,
    )


def _stage(inputs: DraftInputs, name: str, opportunities: Sequence[Opportunity]) -> Stage:
    facts = cells.StageFacts(
        stage=name,
        corpus=inputs.corpus,
        pain_points=tuple(pain for pain in inputs.pain_points if pain.stage == name),
        pick_quotes=inputs.pick_quotes,
    )
    worded = _worded_claims(inputs, facts)
    pains = cells.pain_points(facts)
    return Stage(
        name=name,
        cells={
            Lane.ACTIONS: cells.steps(facts) + worded[Lane.ACTIONS] or (silent(facts, Lane.ACTIONS),),
            Lane.THOUGHTS: worded[Lane.THOUGHTS] or (silent(facts, Lane.THOUGHTS),),
            Lane.EMOTIONS: cells.emotions(facts),
            Lane.TOUCHPOINTS: cells.touchpoints(facts),
            Lane.CHANNELS: cells.channels(facts),
            Lane.PAIN_POINTS: pains,
            Lane.OPPORTUNITIES: opportunity_claims(facts, pains, opportunities),
            Lane.METRICS: cells.stage_metrics(facts),
        },
    )


def _worded_claims(inputs: DraftInputs, facts: cells.StageFacts) -> dict[Lane, tuple[Claim, ...]]:
    """Let the writer word what customers do and think in a stage, and keep what enough of them say."""
    nothing: dict[Lane, tuple[Claim, ...]] = {Lane.ACTIONS: (), Lane.THOUGHTS: ()}
    if len(inputs.corpus.stage_speakers(facts.stage)) < MIN_PERSONS:
        return nothing
    offered = {f"e{number}": evidence for number, evidence in enumerate(offered_quotes(facts), start=1)}
    if not offered:
        return nothing
    brief = StageBrief(
        stage=facts.stage,
        persona=inputs.scope.persona,
        goal=inputs.scope.goal,
        quotes=_items(offered),
        metrics=(),
    )
    draft = inputs.writer.write(WritingTask("draft_stage", brief, StageDraft))
    grounded = ground_claims(draft, brief, offered)
    for dropped in grounded.dropped:
        _log.warning("claim_dropped", stage=facts.stage, reason=dropped.reason_code)
    made: dict[Lane, list[Claim]] = {Lane.ACTIONS: [], Lane.THOUGHTS: []}
    for claim in grounded.kept:
        evidence = tuple(offered[evidence_id] for evidence_id in claim.evidence_ids)[: cells.QUOTES_PER_CLAIM]
        origin = passages_behind(facts.corpus, facts.stage, evidence)
        told = told_claim(facts, Lane(claim.lane), claim.statement, origin, evidence)
        if told is not None:
            made[told.lane].append(told)
    return {lane: shown(claims) for lane, claims in made.items()}


def offered_quotes(facts: cells.StageFacts) -> tuple[Evidence, ...]:
    """Return the quotes of a stage from which a writer words what customers do and think."""
    return facts.pick_quotes(facts.corpus.stage_positions(facts.stage), _QUOTES_PER_STAGE)


def _items(offered: Mapping[str, Evidence]) -> tuple[QuotedItem, ...]:
    return tuple(QuotedItem(evidence_id=key, text=evidence.quote) for key, evidence in offered.items())


def silent(facts: cells.StageFacts, lane: Lane) -> Claim:
    """Return what an empty cell of what customers do or think says: unknown, and what would fill it."""
    stage = facts.stage
    if len(facts.corpus.stage_speakers(stage)) < MIN_PERSONS:
        missing = f"At least {MIN_PERSONS} customers who speak of the {stage} stage."
    elif lane is Lane.ACTIONS:
        missing = f"Events in the {stage} stage, or at least {MIN_PERSONS} customers who tell alike what they did there."
    else:
        missing = (
            f"At least {MIN_PERSONS} customers who tell alike what they think or ask in the {stage} stage."
        )
    return unknown(stage=stage, lane=lane, missing=missing)


def _opportunities(inputs: DraftInputs) -> tuple[Opportunity, ...]:
    first_of = {pain.stage: pain.pain_point_id for pain in reversed(inputs.pain_points)}
    made = [
        _opportunity(inputs, pain)
        for rank, pain in enumerate(inputs.pain_points)
        if rank < MAX_OPPORTUNITIES or (pain.stage and first_of[pain.stage] == pain.pain_point_id)
    ]
    return tuple(opportunity for opportunity in made if opportunity is not None)


def _opportunity(inputs: DraftInputs, pain: PainPoint) -> Opportunity | None:
    """Return what could be done about a pain point, or None where nothing fits or the wording does not hold."""
    metric = cells.pain_metric(pain, inputs.corpus)
    offered: dict[str, Metric] = {metric.metric_id: metric}
    quotes = {f"e{number}": evidence for number, evidence in enumerate(pain.evidence, start=1)}
    brief = OpportunityBrief(
        pain_point=pain.label,
        definition=pain.definition,
        stage=pain.stage,
        quotes=_items(quotes),
        metrics=tuple(
            MetricItem(metric_id=item.metric_id, label=item.label, definition=item.definition)
            for item in offered.values()
        ),
    )
    draft = inputs.writer.write(WritingTask("word_opportunity", brief, OpportunityDraft))
    if draft.statement is None:
        return None
    try:
        check_opportunity(draft.statement, pain, metric)
    except EvidenceError as error:
        _log.warning("opportunity_dropped", pain_point=pain.pain_point_id, reason=error.code)
        return None
    return opportunity_of(draft.statement, pain, metric)


def check_opportunity(template: str, pain: PainPoint, metric: Metric) -> None:
    """Check that the wording of an opportunity states no number but its pain point's reach.

    Raises:
        EvidenceError: It names another metric or states a quantity by itself.
    """
    quotes = [item.quote for item in pain.evidence]
    check_template(template, offered={metric.metric_id}, quotes=quotes, carried=[pain.label])


def opportunity_of(template: str, pain: PainPoint, metric: Metric) -> Opportunity:
    """Return a suggestion that answers a pain point, from wording that was checked."""
    return Opportunity(
        opportunity_id=f"o_{pain.pain_point_id.removeprefix('pp_')}",
        pain_point_id=pain.pain_point_id,
        statement=fill(template, {metric.metric_id: metric}),
        template=template,
        metrics=(metric,) if metric.metric_id in template else (),
    )


def opportunity_claims(
    facts: cells.StageFacts, pains: Sequence[Claim], opportunities: Sequence[Opportunity]
) -> tuple[Claim, ...]:
    """Return the opportunities of the stage as claims that name the pain points' claims they rest on.

    Pain points that are answered by the same words share one claim: a cell says nothing twice.
    """
    by_pain = {opportunity.pain_point_id: opportunity for opportunity in opportunities}
    answered: dict[str, list[str]] = {}
    metrics: dict[str, tuple[Metric, ...]] = {}
    for pain, claim in zip(facts.pain_points, pains, strict=False):
        opportunity = by_pain.get(pain.pain_point_id)
        if opportunity is not None:
            answered.setdefault(opportunity.template, []).append(claim.claim_id)
            metrics.setdefault(opportunity.template, opportunity.metrics)
    claims = [
        inferred(
            stage=facts.stage,
            lane=Lane.OPPORTUNITIES,
            template=template,
            metrics=metrics[template],
            rests_on=rests_on,
        )
        for template, rests_on in answered.items()
    ]
    return tuple(claims) or (
        unknown(
            stage=facts.stage,
            lane=Lane.OPPORTUNITIES,
            missing=_unanswered(facts),
        ),
    )


def _unanswered(facts: cells.StageFacts) -> str:
    if facts.pain_points:
        return "A suggestion that fits a pain point above; none was found for those of highest rank."
    return f"A pain point of the {facts.stage} stage to answer."
