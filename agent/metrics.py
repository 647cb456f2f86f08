"""Every number a reader may see: registered operations over a corpus, each computable again by its query.

A share is always of distinct persons, with a Wilson interval and a sentence for who the total is.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import JsonValue

from agent.analyse.statistics import mean_interval, quantity, reach_quantity
from agent.corpus import Corpus
from agent.errors import SchemaError
from agent.events.journeys import Journeys
from agent.lexical import content_stems, same_polarity
from agent.schemas.evidence import Metric, MetricQuery, Quantity

Params = Mapping[str, JsonValue]

FIVE_POINTS = (1, 5)
"""The scale of stars."""
_ALIKE_COSINE = 0.6
"""Nearness in meaning to a quoted passage from which on another may say the like."""
_ALIKE_WORDS = 0.75
"""Share of a statement's content words that a passage has to hold to say the like."""


@dataclass(frozen=True, slots=True)
class Computed:
    """What a query gives: a value with its interval, or None and the reason."""

    value: float | None
    low: float | None = None
    high: float | None = None
    quantity: Quantity | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric to compute: how it is named, what it means and how it is computed."""

    metric_id: str
    label: str
    definition: str
    unit: str
    query: MetricQuery


def make_metric(spec: MetricSpec, corpus: Corpus) -> Metric:
    """Compute a metric on a corpus."""
    computed = compute(spec.query, corpus)
    return Metric.model_validate(
        {
            "metric_id": spec.metric_id,
            "label": spec.label,
            "definition": spec.definition,
            "unit": spec.unit,
            "query": spec.query,
            "value": computed.value,
            "low": computed.low,
            "high": computed.high,
            "quantity": computed.quantity,
            "reason": computed.reason,
        }
    )


def compute(query: MetricQuery, corpus: Corpus) -> Computed:
    """Compute a query on a corpus.

    Raises:
        SchemaError: The operation is not registered; the map was written by another version.
    """
    operation = _OPERATIONS.get(query.op)
    if operation is None:
        msg = f"metric operation {query.op!r} is not known; known are {', '.join(sorted(_OPERATIONS))}"
        raise SchemaError(msg, hint="Verify the map with the version of the product that drafted it.")
    return operation(corpus, query.params)


def _share(n: int, total: int, population: str) -> Computed:
    return _counted(quantity(n, total, population))


def _counted(counted: Quantity) -> Computed:
    population = counted.population
    reason = None if counted.share is not None else f"there are no {population}"
    return Computed(counted.share, counted.low, counted.high, counted, reason)


def _text(params: Params, key: str) -> str:
    return str(params[key])


def _speakers(corpus: Corpus, params: Params) -> Computed:  # noqa: ARG001 - operations share one signature
    return Computed(float(len(corpus.speakers)))


def _stage_speakers(corpus: Corpus, params: Params) -> Computed:
    stage = _text(params, "stage")
    return _share(len(corpus.stage_speakers(stage)), len(corpus.speakers), corpus.population)


def _theme_reach(corpus: Corpus, params: Params) -> Computed:
    members = corpus.persons_at(corpus.by_theme.get(_text(params, "theme_id"), ()))
    return _counted(reach_quantity(len(members), len(corpus.speakers), corpus.population))


def _stage_reading_share(corpus: Corpus, params: Params) -> Computed:
    """Share of the persons who speak of a stage whose passages there were read as a given value."""
    stage, field, value = _text(params, "stage"), _text(params, "field"), _text(params, "value")
    values = reading_persons(corpus, stage, field)
    population = f"{corpus.population}, of whom those who speak of the {stage} stage"
    return _share(len(values.get(value, frozenset())), len(corpus.stage_speakers(stage)), population)


def reading_persons(corpus: Corpus, stage: str, field: str) -> Mapping[str, frozenset[str]]:
    """Return for each value of a field of the readings in a stage the distinct persons with it.

    `field` is `emotion`, `touchpoint` or `channel` (of the passage).
    """
    found: dict[str, set[str]] = defaultdict(set)
    for position in corpus.stage_positions(stage):
        passage = corpus.passages[position]
        value = passage.channel if field == "channel" else getattr(corpus.readings[position], field)
        if value is not None:
            found[str(value)].add(passage.person_id)
    return {value: frozenset(persons) for value, persons in found.items()}


def _stage_alike(corpus: Corpus, params: Params) -> Computed:
    """Share of the persons who speak of a stage who say the like of a statement made of some of its passages."""
    stage = _text(params, "stage")
    told = corpus.persons_at(
        alike_positions(corpus, stage, _text(params, "statement"), _texts(params, "passages"))
    )
    population = f"{corpus.population}, of whom those who speak of the {stage} stage"
    return _share(len(told), len(corpus.stage_speakers(stage)), population)


def _texts(params: Params, key: str) -> tuple[str, ...]:
    listed = params[key]
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


def alike_positions(
    corpus: Corpus, stage: str, statement: str, passage_ids: Collection[str]
) -> tuple[int, ...]:
    """Return positions of a stage's passages that say what a statement says, best first.

    A passage does where it is near in meaning to one of those that the statement was made of, holds most of the
    statement's content words and every name in it, and neither denies nor complains where the other does not.

    Args:
        corpus: Where to look.
        stage: Whose passages to look at.
        statement: A sentence about customers.
        passage_ids: Passages it was made of; those of other stages are passed over.
    """
    positions = corpus.stage_positions(stage)
    wanted = set(passage_ids)
    origin = [at for at in positions if corpus.passages[at].passage_id in wanted]
    stems = content_stems(statement)
    names = content_stems(" ".join(word for word in statement.split()[1:] if word[:1].isupper()))
    if not origin or not stems:
        return ()
    cosines = corpus.vectors[list(positions)] @ corpus.vectors[origin].T
    nearness = dict(zip(positions, cosines.max(axis=1).round(6).tolist(), strict=True))
    complains = {corpus.readings[at].complaint for at in origin}
    told = [
        at
        for at in positions
        if nearness[at] >= _ALIKE_COSINE
        and corpus.readings[at].complaint in complains
        and _says(corpus.passages[at].text, statement, stems, names)
    ]
    return tuple(sorted(told, key=lambda at: (-nearness[at], at)))


def _says(text: str, statement: str, stems: frozenset[str], names: frozenset[str]) -> bool:
    found = content_stems(text)
    if not names <= found or len(stems & found) < _ALIKE_WORDS * len(stems):
        return False
    return same_polarity(statement, text)


def _stage_sentiment(corpus: Corpus, params: Params) -> Computed:
    """Mean over persons of their mean sentiment in a stage, so that nobody counts twice."""
    sums: dict[str, list[float]] = defaultdict(list)
    for position in corpus.stage_positions(_text(params, "stage")):
        sums[corpus.passages[position].person_id].append(corpus.readings[position].sentiment)
    means = [float(np.mean(values)) for _, values in sorted(sums.items())]
    return _mean(means, f"nobody speaks of the {_text(params, 'stage')} stage")


def rating_scale(corpus: Corpus) -> tuple[int, int]:
    """Return the ends of the scale on which ratings are shown: five points where all texts are rated so, else 100."""
    rated = {record.rating for record in corpus.records.values() if record.rating is not None}
    lowest, highest = FIVE_POINTS
    steps = {step / (highest - lowest) for step in range(highest - lowest + 1)}
    # Both ends and the middle alone may be those of another scale, such as thumbs.
    return FIVE_POINTS if rated <= steps and rated & {0.25, 0.75} else (0, 100)


def _stage_rating(corpus: Corpus, params: Params) -> Computed:
    """Mean over persons of their mean rating in texts that speak of a stage."""
    rated: dict[str, dict[str, float]] = defaultdict(dict)
    for position in corpus.stage_positions(_text(params, "stage")):
        passage = corpus.passages[position]
        if passage.rating is not None:
            rated[passage.person_id][passage.record_id] = passage.rating
    lowest, highest = float(_text(params, "lowest")), float(_text(params, "highest"))
    means = [
        lowest + (highest - lowest) * float(np.mean(list(values.values())))
        for _, values in sorted(rated.items())
    ]
    return _mean(means, "no rated text speaks of this stage")


def _mean(means: Sequence[float], empty: str) -> Computed:
    estimate = mean_interval(means)
    if estimate is None:
        return Computed(None, reason=empty)
    return Computed(estimate.value, estimate.low, estimate.high)


_NO_EVENTS = Computed(None, reason="there are no events of these customers")


def _stage_population(corpus: Corpus, stage: str) -> str:
    return f"{corpus.event_population}, of whom those with events in the {stage} stage"


def _journey_share(corpus: Corpus, params: Params) -> Computed:
    """Share of the persons with events in a stage who did a step, used a channel or a touchpoint there."""
    journeys = corpus.journeys
    if journeys is None:
        return _NO_EVENTS
    stage, field, value = _text(params, "stage"), _text(params, "field"), _text(params, "value")
    n = journey_counts(journeys, stage, field).get(value, 0)
    return _share(n, journeys.persons_in(stage), _stage_population(corpus, stage))


def journey_counts(journeys: Journeys, stage: str, field: str) -> Counter[str]:
    """Return distinct persons by step, channel or touchpoint of a stage; `field` says which."""
    counts = {
        "step": journeys.step_counts,
        "channel": journeys.channel_counts,
        "touchpoint": journeys.touchpoint_counts,
    }[field](stage)
    return Counter(counts)


def _stage_reached(corpus: Corpus, params: Params) -> Computed:
    journeys = corpus.journeys
    if journeys is None:
        return _NO_EVENTS
    reached = journeys.persons_in(_text(params, "stage"))
    if not reached:
        # What happens in a stage may go untracked: no event of it does not say that nobody was there.
        return Computed(None, reason="no event of these customers is of this stage")
    return _share(reached, journeys.n_persons(), corpus.event_population)


def _stage_left(corpus: Corpus, params: Params) -> Computed:
    """Drop-off: of the persons who reached a stage and are not still in it, those who went no further."""
    journeys = corpus.journeys
    if journeys is None:
        return _NO_EVENTS
    stage = _text(params, "stage")
    if journeys.is_last(stage):
        return Computed(None, reason="no stage comes after it")
    left = journeys.exits(stage)
    population = f"{_stage_population(corpus, stage)}, without those still active"
    return _share(left.left, left.reached - left.censored, population)


def _stage_duration(corpus: Corpus, params: Params) -> Computed:
    journeys = corpus.journeys
    if journeys is None:
        return _NO_EVENTS
    duration = journeys.duration(_text(params, "stage"))
    if duration.median_s is None:
        return Computed(None, reason="nobody both entered and left this stage")
    return Computed(duration.median_s)


_OPERATIONS: dict[str, Callable[[Corpus, Params], Computed]] = {
    "speakers": _speakers,
    "stage_speakers": _stage_speakers,
    "theme_reach": _theme_reach,
    "stage_reading_share": _stage_reading_share,
    "stage_alike": _stage_alike,
    "stage_sentiment": _stage_sentiment,
    "stage_rating": _stage_rating,
    "journey_share": _journey_share,
    "stage_reached": _stage_reached,
    "stage_left": _stage_left,
    "stage_duration": _stage_duration,
}
