"""Makes the cells of a stage again and names what the map says otherwise.

What code alone makes (emotions, touchpoints, channels, steps, pain points, metrics, what is unknown) must come out the
same. What a writer worded must hold as it held when it was drafted: grounded in passages of that stage, without a number
of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from agent.analyse.quotes import choose_quotes
from agent.corpus import Corpus
from agent.draft import builder, cells
from agent.draft.told import TOLD_OP, passages_behind, told_claim
from agent.errors import EvidenceError
from agent.firewall import check_template, fill
from agent.lexical import Support
from agent.metrics import alike_positions
from agent.schemas.evidence import Claim, ClaimStatus, Evidence, Lane, Metric, Quantity
from agent.schemas.insight import Opportunity, PainPoint
from agent.schemas.journey import Stage
from agent.verify.differences import differences, same_number
from agent.verify.quotations import quotations, unborne


@dataclass(frozen=True)
class StageTruth:
    """What the data gives for one stage."""

    stage: str
    corpus: Corpus
    pain_points: tuple[PainPoint, ...]
    opportunities: tuple[Opportunity, ...]
    """Of the map, with the numbers of the data: their wording is a writer's, and is checked by itself."""

    @cached_property
    def offered(self) -> tuple[Evidence, ...]:
        """Quotes of the stage from which a writer words what customers do and think."""
        return builder.offered_quotes(self.facts(lambda at, limit: _chosen(self.corpus, at, limit)))

    def facts(self, pick_quotes: cells.PickQuotes | None = None) -> cells.StageFacts:
        """Return what the cells of the stage are made from, without quotes where none are to be picked."""
        return cells.StageFacts(self.stage, self.corpus, self.pain_points, pick_quotes or _no_quotes)


def _no_quotes(positions: Sequence[int], limit: int) -> tuple[Evidence, ...]:  # noqa: ARG001 - one signature
    return ()


def cell_faults(stage: Stage, lane: Lane, truth: StageTruth) -> Iterator[tuple[str, list[str]]]:
    """Yield the id of each claim of a cell with what is wrong with it, and of each claim the cell leaves out."""
    expected = {claim.claim_id: claim for claim in _expected(stage, lane, truth)}
    cell = stage.cells[lane]
    for claim in cell:
        known = expected.get(claim.claim_id)
        if claim.status is ClaimStatus.ASSUMPTION and claim.stated_by is not None:
            yield claim.claim_id, list(_opinion_faults(claim, known, lane, truth))
        elif known is None and lane in {Lane.ACTIONS, Lane.THOUGHTS}:
            yield claim.claim_id, list(_worded_faults(claim, lane, truth))
        elif known is None:
            yield claim.claim_id, ["the data does not give this claim"]
        else:
            yield claim.claim_id, [*_made_faults(claim, known), *_citing_faults(claim, truth)]
    listed = [claim.claim_id for claim in cell]
    for claim_id in expected.keys() - set(listed):
        yield claim_id, ["the data gives this claim and the map leaves it out"]
    for claim_id in {claim_id for claim_id in listed if listed.count(claim_id) > 1}:
        yield claim_id, ["the cell has this claim more than once"]
    kept = [claim_id for claim_id in dict.fromkeys(listed) if claim_id in expected]
    ordered = [claim_id for claim_id in expected if claim_id in kept]
    if kept != ordered:
        yield kept[0], ["the cell has its claims in another order than the data gives"]


def theme_quote_faults(
    evidence: Iterable[Evidence], opposing: Iterable[Evidence], theme_id: str, corpus: Corpus
) -> Iterator[str]:
    """Yield a reason for each quote for a theme that is of none of its members, or against it from a complaint."""
    yield from _stray(evidence, corpus.by_theme.get(theme_id, ()), corpus)
    glad = [
        position
        for position, reading in enumerate(corpus.readings)
        if not reading.complaint and reading.sentiment > 0
    ]
    yield from _stray(opposing, glad, corpus)


def _expected(stage: Stage, lane: Lane, truth: StageTruth) -> tuple[Claim, ...]:
    facts = truth.facts()
    if lane in {Lane.ACTIONS, Lane.THOUGHTS}:
        steps = cells.steps(facts) if lane is Lane.ACTIONS else ()
        said_nothing = {ClaimStatus.UNKNOWN, ClaimStatus.ASSUMPTION}
        # A person's words may quote customers; they fill no cell of which the data says nothing.
        worded = [claim for claim in stage.cells[lane] if claim.status not in said_nothing or claim.metrics]
        return steps if steps or worded else (builder.silent(facts, lane),)
    if lane is Lane.OPPORTUNITIES:
        return builder.opportunity_claims(facts, cells.pain_points(facts), truth.opportunities)
    made = {
        Lane.EMOTIONS: cells.emotions,
        Lane.TOUCHPOINTS: cells.touchpoints,
        Lane.CHANNELS: cells.channels,
        Lane.PAIN_POINTS: cells.pain_points,
        Lane.METRICS: cells.stage_metrics,
    }
    return made[lane](facts)


def _made_faults(claim: Claim, known: Claim) -> Iterator[str]:
    now = {metric.metric_id: metric for metric in known.metrics}
    for metric in claim.metrics:
        if metric.metric_id in now:
            yield from metric_faults(metric, now[metric.metric_id])
    missing = [
        metric_id for metric_id in now if metric_id not in {metric.metric_id for metric in claim.metrics}
    ]
    if missing or len(claim.metrics) != len(known.metrics):
        yield "the claim does not rest on the numbers that the data gives for it"
    if claim.statement != known.statement:
        yield f"statement: map says {claim.statement!r}, data says {known.statement!r}"
    if _shown(claim.quantity) != _shown(known.quantity):
        yield f"quantity: map counts {counted(claim.quantity)}, data {counted(known.quantity)}"
    bare = {"metrics": (), "quantity": None, "evidence": (), "opposing": (), "statement": ""}
    yield from differences(claim.model_copy(update=bare), known.model_copy(update=bare))


def metric_faults(before: Metric, after: Metric) -> Iterator[str]:
    """Yield what a number of a map says otherwise than the data."""
    for name in ("value", "low", "high"):
        left, right = getattr(before, name), getattr(after, name)
        if not same_number(left, right):
            yield f"number {before.metric_id} ({name}): map says {left}, data says {right}"
    if _shown(before.quantity) != _shown(after.quantity) and same_number(before.value, after.value):
        yield (
            f"number {before.metric_id}: map counts {counted(before.quantity)}, data {counted(after.quantity)}"
        )
    for reason in differences(before, after, without=("value", "low", "high", "quantity")):
        yield f"number {before.metric_id}: {reason}"


def _shown(quantity: Quantity | None) -> object:
    return None if quantity is None else quantity.model_dump()


def counted(quantity: Quantity | None) -> str:
    """Return a count as a reader says it."""
    return "nothing" if quantity is None else f"{quantity.n} of {quantity.total}, {quantity.population}"


def _opinion_faults(claim: Claim, known: Claim | None, lane: Lane, truth: StageTruth) -> Iterator[str]:
    """Yield what does not hold of a person's words: not the words, but the numbers and quotes that stand with them."""
    given = known or _told_again(claim, lane, truth)
    now = {} if given is None else {metric.metric_id: metric for metric in given.metrics}
    for metric in claim.metrics:
        if metric.metric_id in now:
            yield from metric_faults(metric, now[metric.metric_id])
        else:
            yield f"number {metric.metric_id}: the data does not give it for this claim"
    yield from _quoting_faults(claim, is_counted=given is not None)
    if claim.quantity is not None and (given is None or _shown(claim.quantity) != _shown(given.quantity)):
        yield "quantity: the data gives another for this claim"
    quotes = [item.quote for item in (*claim.evidence, *claim.opposing)]
    carried = () if given is None else (given.template,)
    numbers = {metric.metric_id: metric for metric in claim.metrics}
    try:
        check_template(claim.template, numbers, quotes=quotes, carried=carried)
    except EvidenceError as error:
        yield f"wording: {error.message}"
        return
    if claim.statement != fill(claim.template, numbers):
        yield "the statement is not its template filled with its numbers"


def _quoting_faults(claim: Claim, *, is_counted: bool) -> Iterator[str]:
    """Yield what a person's words quote and nobody is cited for, and what is cited and neither quoted nor counted."""
    quoted = [one.words for one in quotations(claim.statement)]
    strays = [item for item in claim.evidence if not any(words in item.quote for words in quoted)]
    if not is_counted and (strays or claim.opposing):
        yield "the data does not give the quotes of this claim"
    for words in unborne(claim.statement, [item.quote for item in (*claim.evidence, *claim.opposing)]):
        yield f"“{words}” stands between quotation marks and in none of the quotes of this claim"


def _told_again(claim: Claim, lane: Lane, truth: StageTruth) -> Claim | None:
    """Return the claim of a writer that a person worded in another way, as the data gives it now."""
    told = next((metric for metric in claim.metrics if metric.query.op == TOLD_OP), None)
    if told is None:
        return None
    params = told.query.params
    try:
        return told_claim(
            truth.facts(), lane, str(params.get("statement")), _ids(params.get("passages")), claim.evidence
        )
    except EvidenceError:
        return None


def _worded_faults(claim: Claim, lane: Lane, truth: StageTruth) -> Iterator[str]:
    """Yield why wording does not hold: it is no claim of a writer, has a number of its own, or too few say it."""
    if claim.status is ClaimStatus.UNKNOWN:
        yield "the cell has claims and says that the data does not say"
        return
    params = claim.metrics[0].query.params if claim.metrics else {}
    if not claim.metrics or claim.metrics[0].query.op != TOLD_OP:
        yield "the data does not give this claim"
        return
    statement, origin = str(params.get("statement")), _ids(params.get("passages"))
    try:
        made = told_claim(truth.facts(), lane, statement, origin, ())
    except EvidenceError as error:
        yield f"wording: {error.message}"
        return
    if made is None:
        yield "fewer customers say the like than the evidence floor asks"
        return
    yield from _made_faults(claim, made)
    told = alike_positions(truth.corpus, truth.stage, statement, origin)
    yield from _stray(claim.evidence, told, truth.corpus)
    yield from _wording_faults(claim, statement, origin, truth)


def _ids(value: object) -> tuple[str, ...]:
    return tuple(map(str, cast("list[object]", value))) if isinstance(value, list) else ()


def _wording_faults(claim: Claim, statement: str, origin: Sequence[str], truth: StageTruth) -> Iterator[str]:
    """Yield why the quotes of the passages that a statement was made of do not bear it out."""
    quotes = {(item.record_id, item.start): item.quote for item in (*truth.offered, *claim.evidence)}
    support = Support({f"{record_id}:{start}": quote for (record_id, start), quote in quotes.items()})
    made_of = [
        item
        for item in claim.evidence
        if set(passages_behind(truth.corpus, truth.stage, (item,))) & set(origin)
    ]
    cited = [f"{item.record_id}:{item.start}" for item in made_of]
    if not cited or len(support.supporting(statement, cited)) < len(cited):
        yield "wording: the quotes do not bear it out"


def _chosen(corpus: Corpus, positions: Sequence[int], limit: int) -> tuple[Evidence, ...]:
    passages = [corpus.passages[position] for position in positions]
    return choose_quotes(passages, corpus.vectors[list(positions)], limit=limit)


def _citing_faults(claim: Claim, truth: StageTruth) -> Iterator[str]:
    """Yield a reason for each quote that does not show what its claim counts."""
    if not claim.metrics or not (claim.evidence or claim.opposing):
        return
    params = claim.metrics[0].query.params
    if "theme_id" in params:
        yield from theme_quote_faults(claim.evidence, claim.opposing, str(params["theme_id"]), truth.corpus)
        return
    field, value = str(params.get("field")), str(params.get("value"))
    facts = truth.facts()
    told = cells.positions_with(facts, field, value) if field in {"emotion", "touchpoint", "channel"} else ()
    yield from _stray(claim.evidence, told, truth.corpus)
    yield from _stray(claim.opposing, (), truth.corpus)


def _stray(evidence: Iterable[Evidence], positions: Iterable[int], corpus: Corpus) -> Iterator[str]:
    """Yield a reason for each quote that stands in none of the passages at some positions."""
    cited = tuple(evidence)
    if not cited:
        return
    wanted = {item.record_id for item in cited}
    passages = [corpus.passages[position] for position in positions]
    spans = [(p.record_id, p.start, p.start + len(p.text)) for p in passages if p.record_id in wanted]
    for item in cited:
        if not any(
            record_id == item.record_id and start <= item.start and item.end <= end
            for record_id, start, end in spans
        ):
            yield f"quote {item.record_id}:{item.start}-{item.end}: it is of no passage that says this"


def sound_opportunities(
    opportunities: Iterable[Opportunity], pain_points: Mapping[str, PainPoint], corpus: Corpus
) -> tuple[Opportunity, ...]:
    """Return the suggestions that can be made from their wording, with the numbers of the data."""
    made: list[Opportunity] = []
    for opportunity in opportunities:
        pain = pain_points.get(opportunity.pain_point_id)
        if pain is None:
            continue
        metric = cells.pain_metric(pain, corpus)
        try:
            builder.check_opportunity(opportunity.template, pain, metric)
        except EvidenceError:
            continue
        made.append(builder.opportunity_of(opportunity.template, pain, metric))
    return tuple(made)


def opportunity_faults(
    opportunity: Opportunity, pain_points: Mapping[str, PainPoint], corpus: Corpus
) -> Iterator[str]:
    """Yield why a suggestion does not hold: no such pain point, other numbers, or a number of its own."""
    pain = pain_points.get(opportunity.pain_point_id)
    if pain is None:
        yield "the pain point it answers is not in the data"
        return
    metric = cells.pain_metric(pain, corpus)
    for shown in opportunity.metrics:
        yield from metric_faults(shown, metric)
    try:
        builder.check_opportunity(opportunity.template, pain, metric)
    except EvidenceError as error:
        yield f"wording: {error.message}"
        return
    made = builder.opportunity_of(opportunity.template, pain, metric)
    if opportunity.statement != made.statement:
        yield "the statement is not its template filled with its numbers"
    yield from differences(
        opportunity.model_copy(update={"metrics": (), "statement": ""}),
        made.model_copy(update={"metrics": (), "statement": ""}),
    )
