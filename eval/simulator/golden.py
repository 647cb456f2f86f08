"""The golden customer: one fixed journey that no funnel would show, in every simulation.

A podcast makes her browse on the phone; she rings the store about stock, leaves a cart on the laptop, comes back through
Instagram and then a search, and buys in the store. After that, retargeting her is a waste.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from eval.simulator.clock import iso
from eval.simulator.events import JsonObject, StoreRow
from eval.simulator.plan import SimulationPlan
from eval.simulator.truth import GoldenCustomer, GoldenStep, PersonOutcome, PersonTruth

CUSTOMER_ID = "cus_a0000000001"
_EMAIL = "astrid.holm@example.com"
_PHONE_DEVICE, _LAPTOP = "anon-a000000000000001", "anon-a000000000000002"
_PRODUCT = "Heron family tent"
_PRICE = 389.0
_CITY = "Leeds"
_ORDER_ID = "FW-000000001"
_STAGES = ["awareness", "consideration", "decision", "consideration", "decision"]


@dataclass(frozen=True, slots=True)
class Golden:
    """The golden customer's rows and truth."""

    customer: GoldenCustomer
    truth: PersonTruth
    transcript: JsonObject
    calls: list[JsonObject] = field(default_factory=list[JsonObject])
    rows: list[StoreRow] = field(default_factory=list[StoreRow])


def golden_customer(plan: SimulationPlan, *, follow_up_days: int) -> Golden:
    """Build the golden customer, whose purchase lies eight days before `plan.as_of`."""
    steps = _steps(plan.as_of.replace(hour=12, minute=0, second=0, microsecond=0))
    podcast, call, cart, instagram, search, till = steps
    product: JsonObject = {"product": _PRODUCT, "category": "camp", "price": _PRICE}
    order: JsonObject = {**product, "cart_value": _PRICE}
    calls = [
        _call(podcast, "page", _PHONE_DEVICE, product, ("trailhead_podcast", "podcast")),
        _identify(cart, _LAPTOP),
        _call(cart, "track", _LAPTOP, order, None),
        _identify(instagram, _PHONE_DEVICE),
        _call(instagram, "page", _PHONE_DEVICE, product, ("instagram", "paid_social")),
        _call(search, "page", _LAPTOP, product, ("google", "organic")),
    ]
    rows = [
        _row(call, duration_s="214", order_id="", total=""),
        _row(till, duration_s="", order_id=_ORDER_ID, total=f"{_PRICE}"),
    ]
    return Golden(
        customer=GoldenCustomer(
            customer_id=CUSTOMER_ID, anonymous_ids=[_PHONE_DEVICE, _LAPTOP], product=_PRODUCT, steps=steps
        ),
        truth=_truth(steps, plan, follow_up_days=follow_up_days),
        transcript=_transcript(call),
        calls=calls,
        rows=rows,
    )


_STEPS: tuple[tuple[float, str, str, str, str, str], ...] = (
    (21.0, "awareness", "web", "mobile", "podcast", "Product Page"),
    (18.9, "consideration", "phone", "phone", "stock_call", "Call Received"),
    (16.7, "decision", "web", "desktop", "cart_abandoned", "Cart Abandoned"),
    (13.2, "consideration", "web", "mobile", "paid_social", "Landing Page"),
    (10.8, "consideration", "web", "desktop", "organic_search", "Store Page"),
    (8.0, "decision", "store", "till", "till", "Order Completed"),
)


def _steps(day: datetime) -> list[GoldenStep]:
    return [
        GoldenStep(
            touchpoint=touchpoint,
            stage=stage,
            channel=channel,
            device=device,
            event=event,
            event_id=f"a{number:019d}",
            at=day - timedelta(days=days_ago),
        )
        for number, (days_ago, stage, channel, device, touchpoint, event) in enumerate(_STEPS, start=1)
    ]


def _at(step: GoldenStep, offset_s: int = 0) -> str:
    return iso(int(step.at.timestamp()) + offset_s)


def _call(
    step: GoldenStep, kind: str, anonymous_id: str, properties: JsonObject, source: tuple[str, str] | None
) -> JsonObject:
    context: JsonObject = {"channel": step.channel, "device": {"type": step.device}}
    if source:
        context["campaign"] = {"source": source[0], "medium": source[1]}
    call: JsonObject = {
        "type": kind,
        "messageId": step.event_id,
        "channel": step.channel,
        "anonymousId": anonymous_id,
    }
    if step.touchpoint != "podcast":
        call["userId"] = CUSTOMER_ID
    call["event" if kind == "track" else "name"] = step.event
    return {
        **call,
        "properties": properties,
        "context": context,
        "timestamp": _at(step),
        "receivedAt": _at(step, 1),
    }


def _identify(step: GoldenStep, anonymous_id: str) -> JsonObject:
    return {
        "type": "identify",
        "messageId": f"b{step.event_id[1:]}",
        "anonymousId": anonymous_id,
        "userId": CUSTOMER_ID,
        "traits": {
            "segment": "family",
            "loyalty_tier": "sapling",
            "device_type": "mobile",
            "city": _CITY,
            "email": _EMAIL,
        },
        "context": {"channel": step.channel, "device": {"type": step.device}},
        "timestamp": _at(step, -30),
        "receivedAt": _at(step, -29),
    }


def _row(step: GoldenStep, *, duration_s: str, order_id: str, total: str) -> StoreRow:
    store = f"Fernway {_CITY}" if step.channel == "store" else ""
    product = _PRODUCT
    event = step.event
    return (
        step.event_id,
        CUSTOMER_ID,
        event,
        _at(step),
        step.channel,
        store,
        _CITY,
        product,
        order_id,
        total,
        duration_s,
    )


def _transcript(call: GoldenStep) -> JsonObject:
    lines = [
        ("agent", "Fernway Leeds, good morning, how can I help?"),
        (
            "customer",
            "Morning. I heard about the Heron family tent on a podcast. Is there one in Leeds I could come and see?",
        ),
        ("agent", "Let me look. Yes, there are three here, and one is pitched on the first floor."),
        ("customer", "Lovely, so I could take one home the same day?"),
        ("agent", "You could. Shall I put one aside until the weekend?"),
        ("customer", "Not yet, I want to talk it over at home first. Thanks for checking."),
    ]
    turns = [{"speaker": who, "text": text, "at": _at(call, 20 * i)} for i, (who, text) in enumerate(lines)]
    return {"id": "ta0000000001", "customer_id": CUSTOMER_ID, "channel": "phone", "turns": turns}


def _truth(steps: list[GoldenStep], plan: SimulationPlan, *, follow_up_days: int) -> PersonTruth:
    return PersonTruth(
        index=-1,
        customer_id=CUSTOMER_ID,
        persona="family_camper",
        segment="family",
        said_something=True,
        contact_at=steps[1].at,
        had=[],
        voiced=[],
        mentions=[],
        details=[],
        stages=_STAGES,
        n_events=len(steps),
        user_id=CUSTOMER_ID,
        anonymous_ids=[_PHONE_DEVICE, _LAPTOP],
        email=_EMAIL,
        order_ids=[_ORDER_ID],
        outcome=PersonOutcome(
            purchased=True,
            repurchased=False,
            contacted_again=False,
            left=False,
            observed=(plan.as_of - steps[-1].at).days >= follow_up_days,
        ),
        canary=None,
        attack=None,
    )
