"""Joins what persons said to what the same persons did afterwards.

Nobody is dropped in silence: persons who said something and have no events are counted as unlinked. The comparison is
with persons who said something else, from their own first words on, so that both groups are of the same kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.analyse.outcomes import OUTCOME_WINDOW, outcomes_among
from agent.analyse.statistics import (
    benjamini_hochberg,
    odds_ratio,
    quantity,
    risk_difference,
    two_proportion_test,
)
from agent.events.journeys import Journeys
from agent.schemas.evidence import Quantity
from agent.schemas.insight import Behaviour, Moment

MIN_LINKED = 10
"""Fewer linked persons than this on either side are not compared: the interval would span nearly everything."""
_ALPHA = 0.05

FirstTimes = Mapping[str, datetime]
"""Person to the time they first said something."""


@dataclass(frozen=True, slots=True)
class Experience:
    """Something persons went through, as far as their words tell."""

    experience_id: str
    name: str
    stage: str | None
    persons: FirstTimes
    """Those who told of it, with when they first did."""


def behaviour_of(
    experience: Experience, everyone: FirstTimes, journeys: Journeys, *, population: str
) -> tuple[Behaviour, ...]:
    """Return what those who told of an experience did afterwards, beside those who did not, one an outcome.

    Args:
        experience: Whom to follow from when on.
        everyone: All who said something, with when they first did.
        journeys: The same persons' events.
        population: Who they are, as a sentence part.
    """
    others = {person: at for person, at in everyone.items() if person not in experience.persons}
    linked = {person: at for person, at in experience.persons.items() if person in journeys.persons}
    linked_others = {person: at for person, at in others.items() if person in journeys.persons}
    if min(len(linked), len(linked_others)) < MIN_LINKED:
        return ()
    within = f"within {OUTCOME_WINDOW.days} days"
    found: list[Behaviour] = []
    for outcome, names in outcomes_among(journeys.names()).items():
        n = len(journeys.outcome_after(names, linked, within=OUTCOME_WINDOW))
        other_n = len(journeys.outcome_after(names, linked_others, within=OUTCOME_WINDOW))
        ratio = odds_ratio(n, len(linked), other_n, len(linked_others))
        found.append(
            Behaviour(
                outcome=outcome,
                with_pain=quantity(n, len(linked), f"{population} who voice it and have events, {within}"),
                without_pain=quantity(
                    other_n, len(linked_others), f"{population} who do not voice it and have events, {within}"
                ),
                odds_ratio=None if ratio is None else ratio.value,
                low=None if ratio is None else ratio.low,
                high=None if ratio is None else ratio.high,
                linked=len(linked),
                unlinked=len(experience.persons) - len(linked),
            )
        )
    return tuple(found)


def moments_of(followed: Sequence[tuple[Experience, Sequence[Behaviour]]]) -> tuple[Moment, ...]:
    """Return the experiences that go along with another outcome than elsewhere, largest reach times effect first.

    All pairs of experience and outcome are tested together (Benjamini-Hochberg), so that looking at many finds none
    by chance alone.
    """
    pairs = [(experience, behaviour) for experience, behaviours in followed for behaviour in behaviours]
    if not pairs:
        return ()
    raw = [
        two_proportion_test(
            pair.with_pain.n, pair.with_pain.total, pair.without_pain.n, pair.without_pain.total
        )
        for _, pair in pairs
    ]
    adjusted = benjamini_hochberg(raw)
    moments = [
        _moment(experience, behaviour, float(p_value))
        for (experience, behaviour), p_value in zip(pairs, adjusted, strict=True)
        if p_value < _ALPHA
    ]
    ranked = [moment for moment in moments if moment is not None]
    return tuple(sorted(ranked, key=lambda moment: (-_weight(moment), moment.moment_id)))


def _moment(experience: Experience, behaviour: Behaviour, p_value: float) -> Moment | None:
    effect, baseline = behaviour.with_pain, behaviour.without_pain
    difference = risk_difference(effect.n, effect.total, baseline.n, baseline.total)
    if difference.low is None or difference.high is None:
        return None
    return Moment(
        moment_id=f"m_{experience.experience_id}_{behaviour.outcome}",
        experience=experience.name,
        outcome=behaviour.outcome,
        stage=experience.stage,
        effect=effect,
        baseline=baseline,
        risk_difference=difference.value,
        low=difference.low,
        high=difference.high,
        p_value=p_value,
    )


def _weight(moment: Moment) -> float:
    reach: Quantity = moment.effect
    return reach.total * abs(moment.risk_difference)
