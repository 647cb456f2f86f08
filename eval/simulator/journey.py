"""Draw the steps of one person's journey: skips, loops, channel changes, entries half-way, what comes after trouble.

Steps are what happened; `events` turns them into the rows that trackers, tills and phones leave behind.
"""

from bisect import bisect
from dataclasses import dataclass

from eval.simulator.catalog import Catalog, Touchpoint
from eval.simulator.clock import DAY_S, day_time, drawn_before
from eval.simulator.person import Person, RecordPlan, Rnd, order_number

_TRACE_SHARE = 0.75
_DELIVERY = "delivery"


@dataclass(slots=True)
class Step:
    """One thing a person did; `at` in Unix seconds, in waking hours once the journey is drawn."""

    at: int
    touchpoint: Touchpoint
    stage: str


def draw_steps(person: Person, *, catalog: Catalog, as_of: int) -> list[Step]:
    """Draw the person's steps in order of time, none later than `as_of`; fills `person.order_ids`."""
    steps = _approach(person, catalog)
    if person.outcome["purchase"]:
        steps += _purchase(person, catalog)
        steps += _use(person, catalog)
    steps += [_record_step(person, record, catalog) for record in person.records]
    steps += _aftermath(person, catalog)
    latest = drawn_before(as_of)
    steps = [step for step in steps if step.at <= latest]
    steps.sort(key=lambda step: step.at)
    for step in steps:
        step.at = day_time(step.at)
    return steps


def _draw(person: Person, group: str, catalog: Catalog) -> Touchpoint:
    weights = catalog.liking[(person.persona.persona, group)]
    return catalog.touchpoints[group][bisect(weights, person.rng.random() * weights[-1])]


def _draw_times(rnd: Rnd, n: int, *, start: float, end: float) -> list[int]:
    return sorted(int(start + rnd() * (end - start)) for _ in range(n))


def _traces(person: Person, stages: tuple[str, ...], catalog: Catalog) -> list[Touchpoint]:
    rnd = person.rng.random
    return [
        catalog.traces[name]
        for pain in person.had
        if pain.file.stage in stages and rnd() < _TRACE_SHARE
        for name in pain.file.trace
    ]


def _approach(person: Person, catalog: Catalog) -> list[Step]:
    """Draw everything up to the purchase, or up to where a person who does not buy gives up."""
    rnd = person.rng.random
    end = (
        person.purchase_at
        if person.purchase_at < person.contact_at
        else person.contact_at - int(600 + 7200 * rnd())
    )
    troubled = {pain.file.stage for pain in person.had}
    early = _early_touchpoints(person, troubled, catalog)
    late = _late_touchpoints(person, troubled, catalog)
    lead_s = (0.3 + 20 * rnd() ** 2) * DAY_S
    times = _draw_times(rnd, len(early), start=end - lead_s, end=end - 3600)
    steps = [Step(at, touchpoint, touchpoint.stage) for at, touchpoint in zip(times, early, strict=True)]
    at = end
    for touchpoint in reversed(late):
        at -= 20 + int(240 * rnd())
        steps.append(Step(at, touchpoint, "decision"))
    for step in steps:
        if step.stage == "unlisted":
            step.stage = "consideration"
        elif step.stage == "abandoned":
            step.stage = "decision"
    return steps


def _early_touchpoints(person: Person, troubled: set[str], catalog: Catalog) -> list[Touchpoint]:
    rnd = person.rng.random
    groups: list[str] = []
    if "awareness" in troubled or person.chance(0.68):
        groups += ["awareness"] * (1 + int(2.6 * rnd() ** 2))
    elif person.chance(0.38):
        groups.append("unlisted")
    considered = "consideration" in troubled or person.chance(0.88) or not groups
    touchpoints = [_draw(person, group, catalog) for group in groups] + _traces(
        person, ("awareness",), catalog
    )
    if considered:
        touchpoints += _consideration(person, catalog) + _traces(person, ("consideration",), catalog)
    if person.chance(0.2):
        touchpoints += [_draw(person, group, catalog) for group in ("decision", "abandoned", "consideration")]
    return touchpoints


def _consideration(person: Person, catalog: Catalog) -> list[Touchpoint]:
    rnd = person.rng.random
    first = [_draw(person, "consideration", catalog) for _ in range(1 + int(3.4 * rnd() ** 1.5))]
    if person.chance(0.15):
        there, back = _draw(person, "consideration", catalog), _draw(person, "consideration", catalog)
        first += [there, back, there, back][: 3 + int(2 * rnd())]
    return first


def _late_touchpoints(person: Person, troubled: set[str], catalog: Catalog) -> list[Touchpoint]:
    buys_now = person.outcome["purchase"] and person.purchase_at < person.contact_at
    if not (buys_now or "decision" in troubled or person.chance(0.4)):
        return []
    touchpoints = [_draw(person, "decision", catalog)]
    if buys_now or "decision" in troubled or person.chance(0.6):
        touchpoints.append(_draw(person, "checkout", catalog))
        touchpoints += _traces(person, ("decision",), catalog)
        if person.chance(0.7):
            touchpoints.append(_draw(person, "payment", catalog))
    return touchpoints


def _purchase(person: Person, catalog: Catalog) -> list[Step]:
    touchpoint = _draw(person, "purchase", catalog)
    if touchpoint.channel in {"store", "phone"} and any(pain.file.topic == _DELIVERY for pain in person.had):
        touchpoint = catalog.touchpoints["purchase"][0]
    person.order_ids.append(person.order_id)
    steps = [Step(person.purchase_at, touchpoint, "decision")]
    if person.purchase_at > person.contact_at and touchpoint.channel in {"web", "app"}:
        checkout = _draw(person, "checkout", catalog)
        steps.append(Step(person.purchase_at - 90, checkout, "decision"))
    if touchpoint.channel not in {"store"}:
        steps += _delivery(person, catalog)
    return steps


def _delivery(person: Person, catalog: Catalog) -> list[Step]:
    rnd = person.rng.random
    bought = person.purchase_at
    arrives = bought + int((2 + 1.8 * rnd()) * DAY_S)
    if any(pain.pain_point_id == "late_delivery" for pain in person.had):
        arrives = max(arrives, person.contact_at + int((0.5 + 3 * rnd()) * DAY_S))
    shipped = bought + int((0.3 + 0.7 * rnd()) * DAY_S)
    steps = [Step(arrives, catalog.touchpoints["arrival"][0], "retention")]
    if person.chance(0.7):
        steps.append(Step(shipped, catalog.touchpoints["delivery"][0], "retention"))
    return steps


def _use(person: Person, catalog: Catalog) -> list[Step]:
    rnd = person.rng.random
    start = person.purchase_at + 0.8 * DAY_S
    end = max(person.contact_at - 300, start + DAY_S)
    touchpoints = [_draw(person, "retention", catalog) for _ in range(int(2.6 * rnd()))]
    touchpoints += _traces(person, ("retention", "advocacy"), catalog)
    times = _draw_times(rnd, len(touchpoints), start=start, end=end)
    steps = [
        Step(at, touchpoint, touchpoint.stage) for at, touchpoint in zip(times, touchpoints, strict=True)
    ]
    if person.chance(0.1 if person.had else 0.3):
        at = max(person.contact_at, person.purchase_at) + int((1 + 12 * rnd()) * DAY_S)
        steps.append(Step(at, _draw(person, "advocacy", catalog), "advocacy"))
    return steps


def _record_step(person: Person, record: RecordPlan, catalog: Catalog) -> Step:
    """Return the event that goes with a text: the chat, the call, the review."""
    chat, mail, call = catalog.touchpoints["contact"]
    review, survey = catalog.touchpoints["feedback"]
    if record.kind == "review":
        return Step(record.at + 5, review, "advocacy")
    after_purchase = person.outcome["purchase"] and person.purchase_at < record.at
    stage = "retention" if after_purchase else record.pains[0].file.stage if record.pains else "consideration"
    if record.kind == "survey":
        return Step(record.at + 5, survey, stage)
    return Step(record.at - 5, {"chat": chat, "email": mail, "phone": call}[record.channel], stage)


def _aftermath(person: Person, catalog: Catalog) -> list[Step]:
    rnd = person.rng.random
    steps: list[Step] = []
    if person.outcome["repurchase"]:
        person.order_ids.append(order_number(person.index, 1))
        at = max(person.contact_at, person.purchase_at) + int((2 + 24 * rnd()) * DAY_S)
        steps.append(Step(at, _draw(person, "after", catalog), "retention"))
    if person.outcome["leave"]:
        at = person.contact_at + int((5 + 24 * rnd()) * DAY_S)
        steps.append(Step(at, _draw(person, "leaving", catalog), "retention"))
    return steps
