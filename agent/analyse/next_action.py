"""Suggests what to do next for a customer: the eligible action that is not held back and has the highest score.

The score is propensity x value x context weight. The propensity is how likely the customer does it anyway, told only where
predictions are shown; what an action changes is not known without customers whom chance kept from it. All of it are
suggestions for people to decide on: nothing is sent, and nothing is stored as a finding.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime

from agent.analyse.action_rules import ActionRule, ActionRules, ValueOf
from agent.analyse.examples import Target
from agent.analyse.prediction import Prediction, Verdict
from agent.analyse.state import CustomerState, Step
from agent.analyse.state_rules import Condition
from agent.analyse.worth import ValueFigure
from agent.schemas.base import Frozen

FORMULA = "score = propensity × value × context weight"
_AIMS: Mapping[str, Target] = {"buy": "buy", "stay": "leave", "step": "next"}
_ANSWERS = {"buy": "buys", "stay": "leaves"}

_N_NAMED = 2
"""Names of a condition that are told."""

Status = Literal["suggested", "outscored", "unknown", "held back", "not eligible"]
_ORDER: tuple[Status, ...] = ("suggested", "outscored", "unknown", "held back", "not eligible")


class ContextWeight(Frozen):
    """One thing that makes an action fit better or worse."""

    weight: float
    reason: str
    cause: Step | None
    """The event it rests on; None where it rests on a path."""


class Weighed(Frozen):
    """An action for a customer, and why it is suggested or not."""

    action_id: str
    action: str
    say: str
    status: Status
    reason: str
    because: Step | None
    """The event that makes the customer eligible."""
    aims_at: str
    propensity: float | None
    """Probability that the customer does what is aimed at, or leaves where staying is; None where it is unknown."""
    value: float | None
    """In the currency of the orders; None where it is unknown."""
    context_weight: float
    """The product of the weights."""
    context: tuple[ContextWeight, ...]
    score: float | None
    held_until: AwareDatetime | None
    """Until when it is held back; None where it is not, or without end."""


class NextAction(Frozen):
    """What is suggested for one customer, and what lost."""

    person_id: str
    stage: str | None
    verdict: Literal["suggested", "none", "unknown"]
    """`none` where no action is eligible and free, `unknown` where no score of one can be told."""
    reason: str | None
    """Why nothing is suggested."""
    suggestion: Weighed | None
    losing: tuple[Weighed, ...]
    """Every other action, those nearest to being suggested first."""


class Propensity(Frozen):
    """What is known of how likely customers do something."""

    target: Target
    verdict: Verdict
    reason: str | None
    """Why it is not used."""
    question: str


class NextActions(Frozen):
    """What is suggested for customers; suggestions, not findings."""

    label: Literal["suggestions, not findings; nothing is sent"] = (
        "suggestions, not findings; nothing is sent"
    )
    formula: str = FORMULA
    as_of: AwareDatetime | None
    rules: str
    """Version of the actions."""
    state_rules: str
    """Version of the rules that hold actions back."""
    propensities: tuple[Propensity, ...]
    values: tuple[ValueFigure, ...]
    customers: tuple[NextAction, ...]


@dataclass(frozen=True, slots=True)
class Odds:
    """What scores are made of."""

    predictions: Mapping[Target, Prediction]
    values: Mapping[ValueOf, ValueFigure]

    def scores(self) -> Mapping[Target, Mapping[str, Mapping[str, float]]]:
        """Return the probabilities of each customer by what is predicted."""
        return {
            target: {score.person_id: score.probabilities for score in found.scores}
            for target, found in self.predictions.items()
        }


@dataclass(frozen=True, slots=True)
class _Judged:
    """An action before its score is looked at."""

    rule: ActionRule
    status: Literal["free", "held back", "not eligible"]
    reason: str
    because: Step | None = None
    until: AwareDatetime | None = None
    weights: tuple[ContextWeight, ...] = ()


def targets_of(states: Iterable[CustomerState], rules: ActionRules) -> frozenset[Target]:
    """Return what has to be predicted for the actions that some customers could be suggested."""
    return frozenset(
        _AIMS[one.rule.aims_at] for state in states for one in _judged(state, rules) if one.status == "free"
    )


def suggest(states: Sequence[CustomerState], odds: Odds, *, rules: ActionRules) -> tuple[NextAction, ...]:
    """Suggest an action for each of some customers, in their order.

    Args:
        states: Where the customers stand.
        odds: What scores are made of.
        rules: What may be suggested.
    """
    scores = odds.scores()
    return tuple(_next_action(state, _judged(state, rules), odds, scores) for state in states)


def _next_action(
    state: CustomerState,
    judged: Sequence[_Judged],
    odds: Odds,
    scores: Mapping[Target, Mapping[str, Mapping[str, float]]],
) -> NextAction:
    weighed = [_weighed(one, state, odds, scores) for one in judged]
    known = [one for one in weighed if one.score is not None]
    best = max(known, key=lambda one: one.score or 0.0, default=None)
    placed = [_placed(one, best) for one in weighed]
    losing = [one for one in placed if one.status != "suggested"]
    free = [one for one in placed if one.status in {"suggested", "outscored", "unknown"}]
    verdict, reason = "suggested", None
    if best is None:
        verdict = "unknown" if free else "none"
        reason = "; ".join(dict.fromkeys(one.reason for one in free)) or _why_none(state)
    return NextAction(
        person_id=state.person_id,
        stage=state.stage,
        verdict=verdict,
        reason=reason,
        suggestion=next((one for one in placed if one.status == "suggested"), None),
        losing=tuple(sorted(losing, key=lambda one: (_ORDER.index(one.status), -(one.score or 0.0)))),
    )


def _why_none(state: CustomerState) -> str:
    if state.is_bot:
        return "more events on one day than any person's"
    return "no action is eligible and not held back"


def _placed(one: Weighed, best: Weighed | None) -> Weighed:
    if best is None or one.score is None:
        return one
    if one is best:
        return one.model_copy(update={"status": "suggested"})
    if one.score == best.score:
        reason = f"the same score as {best.action!r}, which stands before it in the table"
    else:
        reason = f"its score is {one.score:,.2f}, that of {best.action!r} {best.score or 0.0:,.2f}"
    return one.model_copy(update={"status": "outscored", "reason": reason})


def _weighed(
    one: _Judged,
    state: CustomerState,
    odds: Odds,
    scores: Mapping[Target, Mapping[str, Mapping[str, float]]],
) -> Weighed:
    rule = one.rule
    propensity: float | None = None
    value: float | None = None
    reason, status = one.reason, "unknown" if one.status == "free" else one.status
    weight = 1.0
    for each in one.weights:
        weight *= each.weight
    if one.status == "free":
        propensity, value, unknown = _factors(rule, state.person_id, odds, scores)
        reason = unknown or reason
    score = None if propensity is None or value is None else propensity * value * weight
    return Weighed(
        action_id=rule.action_id,
        action=rule.action,
        say=rule.say,
        status=status,
        reason=reason,
        because=one.because,
        aims_at=rule.step or rule.aims_at,
        propensity=propensity,
        value=value,
        context_weight=round(weight, 6),
        context=one.weights,
        score=None if score is None else round(score, 6),
        held_until=one.until,
    )


def _factors(
    rule: ActionRule,
    person_id: str,
    odds: Odds,
    scores: Mapping[Target, Mapping[str, Mapping[str, float]]],
) -> tuple[float | None, float | None, str | None]:
    """Return propensity and value of an action, and which of them is unknown and why."""
    target = _AIMS[rule.aims_at]
    predicted = odds.predictions[target]
    told = scores[target].get(person_id)
    propensity = None if told is None else told.get(rule.step or _ANSWERS[rule.aims_at])
    unknown: list[str] = []
    if propensity is None:
        unknown.append(f"propensity unknown: {_why_untold(predicted, rule, is_scored=told is not None)}")
    value = rule.value.number
    if rule.value.of is not None:
        figure = odds.values[rule.value.of]
        value = figure.median
        if value is None:
            unknown.append(f"value unknown: {figure.reason}")
    return (
        propensity,
        None if value is None else round(value * rule.value.times, 6),
        "; ".join(unknown) or None,
    )


def _why_untold(predicted: Prediction, rule: ActionRule, *, is_scored: bool) -> str:
    if predicted.verdict != "shown":
        return f"{_WHETHER[predicted.target]} is not predicted ({predicted.reason})"
    if is_scored:
        return f"{rule.step!r} is none of the next steps that are predicted"
    return "the customer was not active lately, or has left"


_WHETHER: Mapping[Target, str] = {"buy": "buying", "leave": "leaving", "next": "the next step"}


def _judged(state: CustomerState, rules: ActionRules) -> list[_Judged]:
    path = () if state.is_bot else state.path
    return [_judge(rule, state, path, rules) for rule in rules.actions]


def _judge(rule: ActionRule, state: CustomerState, path: Sequence[Step], rules: ActionRules) -> _Judged:
    because, why_not = _eligible(rule, state, path)
    if why_not is not None:
        return _Judged(rule, "not eligible", why_not)
    for held in state.suppressions:
        if rule.action in held.holds_back:
            until = "" if held.until is None else f" until {held.until:%Y-%m-%d}"
            reason = f"held back by {held.rule_id!r}{until}: {held.reason}"
            return _Judged(rule, "held back", reason, because, held.until)
    for advice in state.content:
        if advice.holds and rule.action in advice.rather_than:
            reason = f"{advice.rule_id!r} recommends {advice.recommend!r} rather than it: {advice.reason}"
            return _Judged(rule, "held back", reason, because, advice.until)
    return _Judged(rule, "free", rule.reason, because, weights=_weights(rule, state, path, rules))


def _eligible(rule: ActionRule, state: CustomerState, path: Sequence[Step]) -> tuple[Step | None, str | None]:
    """Return the event that makes a customer eligible, and why they are not."""
    asked = rule.eligible
    if asked.stages and state.stage not in asked.stages:
        return None, f"stands in {state.stage or 'no known stage'}, not in {' or '.join(asked.stages)}"
    lately = _lately(path, state, asked.within_days)
    begin = 0
    cause: Step | None = None
    if asked.after is not None:
        places = [place for place, step in enumerate(lately) if _fits(asked.after, step)]
        if not places:
            return None, f"no {_asked_text(asked.after)} in the last {asked.within_days:g} days"
        begin, cause = places[-1], lately[places[-1]]
    if asked.unless is not None:
        ended = next((step for step in lately[begin:] if _fits(asked.unless, step)), None)
        if ended is not None:
            return None, f"{ended.event} on {ended.at:%Y-%m-%d} ended it"
    return cause, None


def _asked_text(condition: Condition) -> str:
    """Return what a condition asks for, as a sentence part; of many names the first ones."""
    parts = [
        " or ".join(names[:_N_NAMED]) + (" or the like" if len(names) > _N_NAMED else "")
        for names in (condition.events, condition.outcomes, condition.touchpoints)
        if names
    ]
    if condition.stages:
        parts.append(f"step in {' or '.join(condition.stages)}")
    if condition.channels:
        parts.append(f"step by {' or '.join(condition.channels)}")
    return " that is a ".join(parts).replace("_", " ")


def _weights(
    rule: ActionRule, state: CustomerState, path: Sequence[Step], rules: ActionRules
) -> tuple[ContextWeight, ...]:
    found: list[ContextWeight] = []
    for context in rule.context:
        lately = _lately(path, state, context.within_days)
        cause = next((step for step in reversed(lately) if _fits(context.when, step)), None)
        if cause is not None:
            found.append(ContextWeight(weight=context.weight, reason=context.reason, cause=cause))
    if state.recommend == rule.action:
        reason = "the state rules recommend it on this path"
        found.append(ContextWeight(weight=rules.recommended, reason=reason, cause=None))
    return tuple(found)


def _lately(path: Sequence[Step], state: CustomerState, days: float) -> list[Step]:
    since = state.as_of - timedelta(days=days)
    return [step for step in path if step.at >= since]


def _fits(condition: Condition, step: Step) -> bool:
    return condition.fits(name=step.event, stage=step.stage, touchpoint=step.touchpoint, channel=step.channel)


def propensities_of(predictions: Mapping[Target, Prediction]) -> tuple[Propensity, ...]:
    """Return what is said of the predictions that scores are made of."""
    return tuple(
        Propensity(target=target, verdict=found.verdict, reason=found.reason, question=found.question)
        for target, found in sorted(predictions.items())
    )
