"""Where a customer stands: stage from behaviour, what is held back and until when, what to say, and what is unknown."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.analyse.state import MIN_OTHERS, CustomerState, Others, state_of
from agent.analyse.state_rules import StateRules, load_state_rules, state_rules
from agent.errors import InputError
from agent.events.state import WHOLE, DoneEvent, Followed, Sample, came_next
from agent.events.steps import BOT_EVENTS_PER_DAY

_START = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
_NOBODY = Others({}, {})


def _did(*steps: tuple[float, str, str | None], properties: str = "{}") -> list[DoneEvent]:
    """Return events as `(day, name, channel)`."""
    return [
        DoneEvent(f"e{number}", _START + timedelta(days=day), name, channel, properties)
        for number, (day, name, channel) in enumerate(steps)
    ]


def _state(
    events: Sequence[DoneEvent], *, day: float, others: Others = _NOBODY, rules: StateRules | None = None
) -> CustomerState:
    as_of = _START + timedelta(days=day)
    done = [event for event in events if event.at <= as_of]
    return state_of("p_" + "0" * 24, done, others, rules=rules or state_rules(), as_of=as_of)


_LOOKED_THEN_RANG = _did(
    (0, "product_viewed", "web"),
    (2, "call_received", "phone"),
    (4, "cart_abandoned", "web"),
    (13, "order_completed", "store"),
)


def test_stage_is_the_last_told_and_since_its_run_began() -> None:
    """A call tells no stage; the run of decision began with the cart."""
    found = _state(_LOOKED_THEN_RANG, day=6)
    assert (found.stage, found.since) == ("decision", _START + timedelta(days=4))
    assert found.last_event is not None
    assert (found.last_event.event, found.touchpoint) == ("cart_abandoned", "checkout")
    assert (found.n_events, found.n_sessions) == (3, 3)
    assert "decision" not in found.allowed_next


@pytest.mark.parametrize("entry", ["web", "podcast", "store", "phone", None])
def test_stage_follows_behaviour_whatever_the_entry_channel(entry: str | None) -> None:
    """Who starts a checkout is deciding, wherever they came in."""
    found = _state(_did((0, "checkout_started", entry)), day=1)
    assert found.stage == "decision"
    assert "high_intent" in {each.rule_id for each in found.suppressions}


def test_purchase_in_a_store_holds_retargeting_back_until_its_end() -> None:
    """The rule names the event that caused it; before the purchase and after thirty days it does not hold."""
    [bought] = [each for each in _state(_LOOKED_THEN_RANG, day=20).suppressions if each.rule_id == "bought"]
    assert "retargeting" in bought.holds_back
    assert (bought.cause.event_id, bought.cause.channel) == ("e3", "store")
    assert bought.until == _START + timedelta(days=43)
    for day in (12, 43):
        assert "bought" not in {each.rule_id for each in _state(_LOOKED_THEN_RANG, day=day).suppressions}


def test_leaving_holds_back_without_end_until_a_purchase() -> None:
    """Who said goodbye is left alone, until they buy again."""
    gone = _did((0, "subscription_cancelled", "web"))
    [left] = [each for each in _state(gone, day=900).suppressions if each.rule_id == "left"]
    assert left.until is None
    back = [*gone, *_did((100, "order_completed", "web"))]
    assert "left" not in {each.rule_id for each in _state(back, day=120).suppressions}


def test_path_of_look_and_call_recommends_availability_and_no_discount() -> None:
    """The advice rests on both events, comes before the basket's, and ends with the purchase."""
    found = _state(_LOOKED_THEN_RANG, day=6)
    advice = found.content[0]
    assert found.recommend == advice.recommend == "availability"
    assert "discount" in advice.rather_than
    assert [step.event_id for step in advice.evidence] == ["e0", "e1"]
    after = _state(_LOOKED_THEN_RANG, day=14)
    assert after.recommend is None
    assert after.content[0].recommend == "availability"
    assert not after.content[0].holds
    assert after.content[0].ended_by is not None
    assert after.content[0].ended_by.event_id == "e3"


@pytest.mark.parametrize(
    "events",
    [
        _did((0, "call_received", "phone"), (1, "product_viewed", "web")),
        _did((0, "product_viewed", "web"), (20, "call_received", "phone")),
        _did((0, "product_viewed", "web"), (1, "order_completed", "web"), (2, "call_received", "phone")),
        _did((0, "home", "web")),
        [],
    ],
    ids=["other order", "too long between", "bought in between", "one look", "nothing"],
)
def test_another_path_recommends_nothing(events: list[DoneEvent]) -> None:
    """Nothing recommended is an answer."""
    found = _state(events, day=21)
    assert found.recommend is None
    assert "availability" not in {each.recommend for each in found.content}


def test_first_step_away_recommends_help_to_stay() -> None:
    """An early sign of leaving comes before offers."""
    found = _state(_did((0, "order_completed", "web"), (9, "subscription_paused", "web")), day=10)
    assert found.recommend == "help to stay"


def test_nobody_without_events_has_a_stage() -> None:
    """No event: unknown, and any stage may come."""
    found = _state([], day=1)
    assert (found.stage, found.since, found.last_event, found.path) == (None, None, None, ())
    assert len(found.allowed_next) == 5
    assert found.likely_next_event.unknown is not None


def test_bot_is_told_as_such_and_nothing_else() -> None:
    """More events on one day than any person's."""
    events = [
        DoneEvent(f"e{n}", _START + timedelta(seconds=n), "product_viewed", "web", "{}")
        for n in range(BOT_EVENTS_PER_DAY + 1)
    ]
    found = _state(events, day=1)
    assert found.is_bot
    assert (found.stage, found.path, found.suppressions, found.content) == (None, (), (), ())


def _others(n: int, *, among: Sample = WHOLE) -> Others:
    followed = Followed({"order_completed": n}, n_nothing=10, n_open=4)
    return Others({"cart_abandoned": followed}, {}, among)


def test_likely_next_counts_others_only_with_interval() -> None:
    """The customer's own first time is taken out of the counts."""
    found = _state(_LOOKED_THEN_RANG, day=6, others=_others(60)).likely_next_event
    assert (found.n, found.n_open) == (70, 3)
    first, second = found.next
    assert (first.name, first.n, second.name, second.n) == ("order_completed", 60, "nothing more", 10)
    assert first.low < first.share < first.high
    gone_on = [*_LOOKED_THEN_RANG, *_did((14, "cart_abandoned", "web"))]
    found = _state(gone_on, day=15, others=_others(60)).likely_next_event
    assert (found.n, found.n_open) == (69, 4)


def test_likely_next_among_a_part_without_the_customer_takes_nothing_out() -> None:
    """Who is not in the part that was counted is not taken out of it."""
    sample = Sample(128)
    own = state_of(
        "p_" + "f" * 24,
        _LOOKED_THEN_RANG[:3],
        _others(60, among=sample),
        rules=state_rules(),
        as_of=_START + timedelta(days=6),
    )
    assert (own.likely_next_event.n_open, own.likely_next_event.counted_among) == (4, 0.5)


def test_likely_next_below_the_least_number_is_unknown() -> None:
    """Too few others: the reason says how many there were and how many are needed."""
    found = _state(_LOOKED_THEN_RANG, day=6, others=_others(MIN_OTHERS - 11)).likely_next_event
    assert found.next == ()
    assert found.unknown is not None
    assert str(MIN_OTHERS) in found.unknown


def test_came_next_takes_first_times_and_later_moments() -> None:
    """What happened at the same moment did not follow; of several at the next moment the first by name counts."""
    events = _did(
        (0, "b", None), (0, "a", None), (1, "d", None), (1, "c", None), (2, "a", None), (3, "e", None)
    )
    found = came_next(events, {"a": "x", "c": "y", "d": "x"}.get)
    assert found.event == {"a": "c", "b": "c", "c": "a", "d": "a", "e": None}
    assert found.stage == {"x": "y", "y": "x"}


_OWN = """
version: ours-1
content:
  - rule_id: looked_twice
    path: [{stages: [consideration]}, {stages: [consideration]}]
    within_days: 7
    for_days: 7
    ended_by: {outcomes: [purchase]}
    recommend: comparison
    reason: looks again
  - rule_id: looked_then_rang
    path: [{channels: [phone]}]
    within_days: 0
    for_days: 1
    ended_by: {outcomes: [purchase]}
    recommend: call back
    reason: ours
"""


def test_own_rules_come_first_and_replace_those_of_the_same_id(tmp_path: Path) -> None:
    """A file adds to the built-in table and says so in the version."""
    path = tmp_path / "rules.yaml"
    path.write_text(_OWN, encoding="utf-8")
    rules = load_state_rules(path)
    assert rules.version.endswith("+ours-1")
    assert [rule.rule_id for rule in rules.content][:2] == ["looked_twice", "looked_then_rang"]
    assert len(rules.content) == len(state_rules().content) + 1
    assert rules.suppress == state_rules().suppress
    events = _did((0, "product_viewed", "web"), (1, "product_viewed", "web"))
    assert _state(events, day=2, rules=rules).recommend == "comparison"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("version: v\ncontent: [{rule_id: a}]", "content.0"),
        ("- a", "dictionary"),
        ("version: v\nallowed: {browsing: [decision]}", "browsing"),
        ("a: [", "while parsing"),
        (_OWN.replace("{stages: [consideration]}, ", "{}, "), "at least one list"),
        (_OWN.replace("looked_twice", "looked_then_rang"), "stands twice"),
    ],
)
def test_rules_that_cannot_be_used_say_why(tmp_path: Path, text: str, why: str) -> None:
    """The file and the fault are named."""
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.yaml") as error:
        load_state_rules(path)
    assert why in error.value.message
