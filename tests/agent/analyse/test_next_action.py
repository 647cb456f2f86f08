"""The next best action: the formula decides, what is held back never wins, and what is unknown is said to be."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.analyse.action_rules import ActionRules, action_rules, load_action_rules
from agent.analyse.examples import Target
from agent.analyse.next_action import NextAction, Odds, suggest, targets_of
from agent.analyse.prediction import Prediction, Score
from agent.analyse.state import CustomerState, Others, state_of
from agent.analyse.state_rules import state_rules
from agent.analyse.worth import ValueFigure
from agent.errors import InputError
from agent.events.state import DoneEvent

_NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
_BUYS = {"buys": 0.4}


def _state(*did: tuple[float, str, str]) -> CustomerState:
    """Return the state after events some days ago: days, name, channel."""
    events = [
        DoneEvent(f"e-{place}", _NOW - timedelta(days=days), name, channel, "{}")
        for place, (days, name, channel) in enumerate(did)
    ]
    return state_of("p_1", events, Others({}, {}), rules=state_rules(), as_of=_NOW)


def _prediction(target: Target, probabilities: Mapping[str, float] | None, reason: str | None) -> Prediction:
    scores = () if probabilities is None else (Score(person_id="p_1", probabilities=dict(probabilities)),)
    return Prediction(
        target=target,
        verdict="shown" if reason is None else "no_better",
        reason=reason,
        question=target,
        window_s=1.0,
        landmarks=(),
        as_of=_NOW,
        n_persons=300,
        n_rows=300,
        persons_by_answer={},
        scores=scores,
        population="customers",
    )


def _odds(
    buy: Mapping[str, float] | None = _BUYS,
    *,
    leave: Mapping[str, float] | None = None,
    following: Mapping[str, float] | None = None,
    reason: str | None = None,
    order: float | None = 100.0,
) -> Odds:
    why = None if order is not None else "no event is a purchase"
    return Odds(
        predictions={
            "buy": _prediction("buy", buy, reason),
            "leave": _prediction("leave", leave, reason),
            "next": _prediction("next", following, reason),
        },
        values={
            "order": ValueFigure(of="order", median=order, n=40, currency="EUR", reason=why),
            "customer": ValueFigure(of="customer", median=250.0, n=40, currency="EUR", reason=None),
        },
    )


def _suggested(state: CustomerState, odds: Odds, rules: ActionRules | None = None) -> NextAction:
    [found] = suggest([state], odds, rules=rules or action_rules())
    return found


def _lost(found: NextAction) -> dict[str, str]:
    return {each.action: each.status for each in found.losing}


def test_highest_score_is_suggested_and_every_other_action_says_why_it_lost() -> None:
    """The basket's help weighs more on this path; the reminder is outscored, the discount held back by the path's rule."""
    found = _suggested(
        _state((3, "product_viewed", "web"), (2, "product_added", "web"), (1, "checkout_started", "web")),
        _odds(),
    )
    best = found.suggestion
    assert best is not None
    assert (best.action, best.propensity, best.value, best.context_weight) == (
        "help to finish",
        0.4,
        100.0,
        1.5,
    )
    assert best.score == pytest.approx(0.4 * 100 * 1.5)
    assert best.because is not None
    assert best.because.event == "checkout_started"
    lost = _lost(found)
    assert lost["basket reminder"] == lost["availability"] == "outscored"
    assert lost["discount"] == "held back"
    assert lost["nurture"] == lost["help to stay"] == "not eligible"
    reasons = {each.action: each.reason for each in found.losing}
    assert "40.00" in reasons["availability"]
    assert "60.00" in reasons["availability"]
    assert "left_the_basket" in reasons["discount"]
    assert len(found.losing) + 1 == len(action_rules().actions)


def test_buyer_is_not_sold_to_and_is_helped_where_leaving_is_told() -> None:
    """A purchase ends what aims at buying; help with first use is worth the chance of leaving times a customer's value."""
    state = _state((3, "checkout_started", "web"), (1, "order_completed", "store"))
    found = _suggested(state, _odds(leave={"leaves": 0.2}))
    assert found.suggestion is not None
    assert found.suggestion.action == "help with first use"
    assert found.suggestion.score == pytest.approx(0.2 * 250)
    assert {each.status for each in found.losing} <= {"not eligible", "held back"}


@pytest.mark.parametrize(
    ("odds", "said"),
    [
        (
            _odds(None, reason="no better than the base rate"),
            "buying is not predicted (no better than the base rate)",
        ),
        (_odds(None), "not active lately"),
        (_odds(order=None), "value unknown: no event is a purchase"),
    ],
)
def test_unknown_propensity_or_value_suggests_nothing(odds: Odds, said: str) -> None:
    """Where no score can be told nothing is suggested, and why is."""
    found = _suggested(_state((2, "product_viewed", "web")), odds)
    assert (found.verdict, found.suggestion) == ("unknown", None)
    assert said in str(found.reason)
    assert {each.status for each in found.losing} <= {"unknown", "held back", "not eligible"}


def test_nobody_eligible_is_none_and_nothing_is_predicted_for_them() -> None:
    """Who did nothing for long is eligible for nothing; what would be predicted is not asked."""
    state = _state((200, "order_completed", "web"))
    found = _suggested(state, _odds())
    assert (found.verdict, found.reason) == ("none", "no action is eligible and not held back")
    assert targets_of([state], action_rules()) == frozenset()
    assert targets_of([_state((1, "product_viewed", "web"))], action_rules()) == {"buy"}


def test_rules_of_ones_own_come_first_and_replace_ours(tmp_path: Path) -> None:
    """A step of one's own with a value of one's own wins where its score is higher; a built-in action may be left out."""
    file = tmp_path / "ours.yaml"
    file.write_text(
        "version: ours-1\nrecommended: 3\nwithout: [introduce]\nactions:\n"
        "  - {action_id: ask_review, action: review request, say: ask for a review, aims_at: step, step: review_submitted,\n"
        "     eligible: {after: {channels: [web]}, within_days: 30}, value: {number: 500, times: 0.5},\n"
        "     context: [{when: {channels: [web]}, within_days: 3, weight: 2, reason: here lately}], reason: may write}\n"
    )
    rules = load_action_rules(file)
    assert (rules.version, rules.recommended) == ("action-rules-1+ours-1", 3)
    assert "introduce" not in {rule.action_id for rule in rules.actions}
    found = _suggested(
        _state((2, "product_viewed", "web")), _odds(following={"review_submitted": 0.1}), rules
    )
    assert found.suggestion is not None
    assert found.suggestion.action_id == "ask_review"
    assert found.suggestion.score == pytest.approx(0.1 * 250 * 2)
    unpredicted = _suggested(_state((2, "product_viewed", "web")), _odds(following={"nothing": 1.0}), rules)
    assert unpredicted.suggestion is not None
    assert unpredicted.suggestion.action_id == "tell_availability"
    [untold] = [each.reason for each in unpredicted.losing if each.action_id == "ask_review"]
    assert "'review_submitted' is none of the next steps" in untold


_ACTION = "version: a\nactions:\n  - {{action_id: x, action: x, say: x, aims_at: {}, eligible: {}, value: {}, reason: x}}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: a\nactions: [{action_id: x}]", "actions.0"),
        ("- nothing", "the table"),
        (_ACTION.format("buy", "{}", "{of: order}"), "stages or after is needed"),
        (_ACTION.format("step", "{stages: [decision]}", "{of: order}"), "step names an event"),
        (_ACTION.format("buy", "{stages: [decision]}", "{times: 2}"), "either of or number"),
        (_ACTION.format("buy", "{stages: [buying]}", "{of: order}"), "there is no stage 'buying'"),
    ],
)
def test_rules_that_cannot_be_used_say_where(tmp_path: Path, text: str, said: str) -> None:
    """The error names the file and the place."""
    file = tmp_path / "ours.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"ours\.yaml") as raised:
        load_action_rules(file)
    assert said in raised.value.message


@given(
    buys=st.floats(0.01, 0.99),
    leaves=st.floats(0.01, 0.99),
    days=st.lists(st.floats(0, 40), min_size=1, max_size=6),
    names=st.lists(
        st.sampled_from(
            [
                "product_viewed",
                "checkout_started",
                "order_completed",
                "return_requested",
                "support_contacted",
                "unsubscribed",
            ]
        ),
        min_size=6,
        max_size=6,
    ),
)
def test_suggested_has_the_highest_score_and_is_never_held_back(
    buys: float, leaves: float, days: list[float], names: list[str]
) -> None:
    """Whatever was done: every action is told once, the best score wins, and it is its factors' product."""
    did = [(day, name, "web") for day, name in zip(sorted(days, reverse=True), names, strict=False)]
    state = _state(*did)
    found = _suggested(state, _odds({"buys": buys}, leave={"leaves": leaves}))
    told = [*found.losing, *([] if found.suggestion is None else [found.suggestion])]
    assert sorted(each.action_id for each in told) == sorted(
        rule.action_id for rule in action_rules().actions
    )
    held = {what for each in state.suppressions for what in each.holds_back}
    if found.suggestion is None:
        assert all(each.score is None for each in told)
        return
    best = found.suggestion
    assert best.action not in held
    assert best.score == max(each.score for each in told if each.score is not None)
    assert best.propensity is not None
    assert best.value is not None
    assert best.score == pytest.approx(best.propensity * best.value * best.context_weight, abs=1e-5)
