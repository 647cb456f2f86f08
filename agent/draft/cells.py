"""Fills the cells of one stage from counts: emotions, touchpoints, channels, actions, pain points and metrics.

A cell states a share only where at least `MIN_PERSONS` distinct customers stand behind it; otherwise it is unknown
and says what data would fill it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.analyse.feelings import plainly_felt
from agent.corpus import Corpus
from agent.draft.claims import MIN_PERSONS, observed, unknown
from agent.metrics import FIVE_POINTS, MetricSpec, journey_counts, make_metric, rating_scale, reading_persons
from agent.schemas.evidence import Claim, Evidence, Lane, Metric, MetricQuery
from agent.schemas.insight import Emotion, PainPoint

MAX_CLAIMS = 4
"""Claims a cell shows at most; more are noise on a map."""

QUOTES_PER_CLAIM = 3

PickQuotes = Callable[[Sequence[int], int], tuple[Evidence, ...]]
"""Chooses at most so many of the most telling quotes among passages given by their positions in the corpus."""


_NO_CHANNELS = frozenset(
    {"api", "backend", "billing", "courier", "delivery", "fulfilment", "logistics", "order", "payment", "server", "shipping",
     "system", "warehouse"}
)  # fmt: skip
"""What trackers write into an event's channel where the brand's own works did something: no way customers went."""


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What the cells of a stage are drafted from."""

    stage: str
    corpus: Corpus
    pain_points: tuple[PainPoint, ...]
    pick_quotes: PickQuotes


def emotions(facts: StageFacts) -> tuple[Claim, ...]:
    """Return the feelings of those who speak of the stage, most frequent first."""
    found = reading_persons(facts.corpus, facts.stage, "emotion")
    claims = [
        _reading_claim(facts, Lane.EMOTIONS, "emotion", value)
        for value in _most_frequent({value: len(persons) for value, persons in found.items()})
    ]
    return tuple(claims) or (_too_few_speakers(facts, Lane.EMOTIONS),)


def touchpoints(facts: StageFacts) -> tuple[Claim, ...]:
    """Return where customers meet the brand in the stage, by what they did and else by what they said."""
    return _met(facts, Lane.TOUCHPOINTS, "touchpoint")


def channels(facts: StageFacts) -> tuple[Claim, ...]:
    """Return through which channels customers go in the stage."""
    return _met(facts, Lane.CHANNELS, "channel")


def _met(facts: StageFacts, lane: Lane, field: str) -> tuple[Claim, ...]:
    corpus = facts.corpus
    if corpus.journeys is not None:
        counts = journey_counts(corpus.journeys, facts.stage, field)
        if lane is Lane.CHANNELS:
            counts = {value: n for value, n in counts.items() if value not in _NO_CHANNELS}
        done = tuple(_journey_claim(facts, lane, field, value) for value in _most_frequent(counts))
        if done:
            return done
    found = reading_persons(corpus, facts.stage, field)
    counts_said = {value: len(persons) for value, persons in found.items()}
    said = tuple(_reading_claim(facts, lane, field, value) for value in _most_frequent(counts_said))
    return said or (_too_few_speakers(facts, lane),)


def steps(facts: StageFacts) -> tuple[Claim, ...]:
    """Return what customers did in the stage, most frequent first; empty where there are no events of it."""
    if facts.corpus.journeys is None:
        return ()
    counts = journey_counts(facts.corpus.journeys, facts.stage, "step")
    return tuple(_journey_claim(facts, Lane.ACTIONS, "step", value) for value in _most_frequent(counts))


def pain_points(facts: StageFacts) -> tuple[Claim, ...]:
    """Return the pain points of the stage in the order of their rank."""
    claims = [_pain_claim(facts, pain_point) for pain_point in facts.pain_points[:MAX_CLAIMS]]
    return tuple(claims) or (
        unknown(
            stage=facts.stage,
            lane=Lane.PAIN_POINTS,
            missing=f"A complaint about the {facts.stage} stage that at least {MIN_PERSONS} customers share.",
        ),
    )


def pain_metric(pain_point: PainPoint, corpus: Corpus) -> Metric:
    """Return how many customers voice a pain point."""
    return make_metric(
        MetricSpec(
            metric_id=f"reach.{pain_point.pain_point_id}",
            label=f"Customers who voice: {pain_point.label}",
            definition="Distinct customers with at least one passage on this pain point, of all who said something.",
            unit="share",
            query=MetricQuery(op="theme_reach", params={"theme_id": pain_point.theme_id}),
        ),
        corpus,
    )


def stage_metrics(facts: StageFacts) -> tuple[Claim, ...]:
    """Return how many reach the stage, how many go no further, how long it takes and how it is rated.

    Nobody can go further than the last stage, so it has no such share.
    """
    found = [make_metric(spec, facts.corpus) for spec in _stage_specs(facts)]
    claims = [
        observed(
            stage=facts.stage,
            lane=Lane.METRICS,
            template=_named(metric.label, metric),
            metrics=[metric],
            label=metric.label,
        )
        for metric in found
        if _stands(metric)
    ]
    return tuple(claims) or (
        unknown(
            stage=facts.stage,
            lane=Lane.METRICS,
            missing=f"Events or rated texts of at least {MIN_PERSONS} customers in the {facts.stage} stage.",
        ),
    )


@dataclass(frozen=True, slots=True)
class _StageMetric:
    name: str
    op: str
    unit: str
    label: str
    definition: str


_STAGE_METRICS = (
    _StageMetric(
        name="reached",
        op="stage_reached",
        unit="share",
        label="Reach this stage, by their events",
        definition=(
            "Distinct customers with an event in the stage, of all with events; those who only speak of the stage in a "
            "text are not in it."
        ),
    ),
    _StageMetric(
        name="left",
        op="stage_left",
        unit="share",
        label="Go no further, by their events",
        definition="Of the customers who reached the stage and are not still in it, those who went to no later one.",
    ),
    _StageMetric(
        name="duration",
        op="stage_duration",
        unit="seconds",
        label="Median time in this stage",
        definition="Median time from entering the stage to entering the next, over completed visits.",
    ),
    _StageMetric(
        name="speakers",
        op="stage_speakers",
        unit="share",
        label="Speak of this stage, in their texts",
        definition=(
            "Distinct customers with a passage on the stage, of all who said something; whether they have events in it "
            "is counted by itself."
        ),
    ),
)


def _stage_specs(facts: StageFacts) -> list[MetricSpec]:
    specs = [
        MetricSpec(
            metric_id=f"{_slug(facts.stage)}.{kind.name}",
            label=kind.label,
            definition=kind.definition,
            unit=kind.unit,
            query=MetricQuery(op=kind.op, params={"stage": facts.stage}),
        )
        for kind in _STAGE_METRICS
    ]
    return [*specs, _rating_spec(facts)]


def _rating_spec(facts: StageFacts) -> MetricSpec:
    lowest, highest = rating_scale(facts.corpus)
    return MetricSpec(
        metric_id=f"{_slug(facts.stage)}.rating",
        label=f"Mean rating of texts on it, from {lowest} to {highest}",
        definition=(
            "Mean over customers of the ratings of their texts that speak of the stage, on the scale of the source where "
            "all sources share a five-point one, else from the lowest to the highest rating that each source allows."
        ),
        unit="score" if highest == FIVE_POINTS[1] else "count",
        query=MetricQuery(
            op="stage_rating", params={"stage": facts.stage, "lowest": lowest, "highest": highest}
        ),
    )


def _stands(metric: Metric) -> bool:
    if metric.value is None:
        return False
    return metric.quantity is None or metric.quantity.total >= MIN_PERSONS


def _most_frequent(counts: dict[str, int]) -> list[str]:
    enough = [(n, value) for value, n in counts.items() if n >= MIN_PERSONS]
    return [value for _, value in sorted(enough, key=lambda pair: (-pair[0], pair[1]))[:MAX_CLAIMS]]


def _reading_claim(facts: StageFacts, lane: Lane, field: str, value: str) -> Claim:
    definition = (
        f"Distinct customers with a passage on the {facts.stage} stage read as {field} {value!r}, "
        "of those who speak of the stage."
    )
    metric = _cell_metric(facts, "stage_reading_share", field, value, definition=definition)
    quotes = facts.pick_quotes(_telling(facts, field, value), QUOTES_PER_CLAIM)
    return observed(
        stage=facts.stage,
        lane=lane,
        template=_named(_words(value), metric),
        metrics=[metric],
        evidence=quotes,
        label=_words(value),
    )


def _journey_claim(facts: StageFacts, lane: Lane, field: str, value: str) -> Claim:
    definition = (
        f"Distinct customers with an event of {field} {value!r} in the {facts.stage} stage, "
        "of those with events in the stage."
    )
    metric = _cell_metric(facts, "journey_share", field, value, definition=definition)
    said = positions_with(facts, field, value) if field != "step" else []
    return observed(
        stage=facts.stage,
        lane=lane,
        template=_named(_words(value), metric),
        metrics=[metric],
        evidence=facts.pick_quotes(said, QUOTES_PER_CLAIM),
        label=_words(value),
    )


def _cell_metric(facts: StageFacts, op: str, field: str, value: str, *, definition: str) -> Metric:
    spec = MetricSpec(
        metric_id=f"{_slug(facts.stage)}.{'did' if op == 'journey_share' else 'said'}.{field}.{_slug(value)}",
        label=_words(value),
        definition=definition,
        unit="share",
        query=MetricQuery(op=op, params={"stage": facts.stage, "field": field, "value": value}),
    )
    return make_metric(spec, facts.corpus)


def _pain_claim(facts: StageFacts, pain_point: PainPoint) -> Claim:
    metric = pain_metric(pain_point, facts.corpus)
    return observed(
        stage=facts.stage,
        lane=Lane.PAIN_POINTS,
        template=_named(pain_point.label, metric),
        metrics=[metric],
        evidence=pain_point.evidence,
        opposing=pain_point.opposing,
        label=pain_point.label,
    )


def positions_with(facts: StageFacts, field: str, value: str) -> list[int]:
    """Return positions of the stage's passages with a value of `emotion`, `touchpoint` or `channel`."""
    corpus = facts.corpus
    return [
        position
        for position in corpus.stage_positions(facts.stage)
        if (
            corpus.passages[position].channel
            if field == "channel"
            else getattr(corpus.readings[position], field)
        )
        == value
    ]


def _telling(facts: StageFacts, field: str, value: str) -> list[int]:
    """Return the passages to quote for a value: those with it, and of an emotion those that show it plainly."""
    positions = positions_with(facts, field, value)
    if field != "emotion":
        return positions
    corpus = facts.corpus
    plain = plainly_felt(
        Emotion(value), [corpus.passages[at] for at in positions], [corpus.readings[at] for at in positions]
    )
    return [positions[row] for row in plain]


def _too_few_speakers(facts: StageFacts, lane: Lane) -> Claim:
    return unknown(
        stage=facts.stage,
        lane=lane,
        missing=f"At least {MIN_PERSONS} customers who speak of, or have events in, the {facts.stage} stage.",
    )


def _named(label: str, metric: Metric) -> str:
    return f"{label}: {{{{m:{metric.metric_id}}}}}"


def _words(value: str) -> str:
    text = value.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def _slug(value: str) -> str:
    return (
        "".join(char if char.isascii() and char.isalnum() else "_" for char in value.lower()).strip("_")
        or "x"
    )
