"""Turn a person's steps into Segment calls and rows of the offline file, with the identifiers trackers would know.

Events arrive as they do in life: some twice under one `messageId`, some late, a device anonymous until its login.
"""

from dataclasses import dataclass, field

from eval.simulator.catalog import Touchpoint
from eval.simulator.clock import DAY_S, iso
from eval.simulator.journey import Step
from eval.simulator.person import Person, choose, hash_email

_LATE_SHARE = 0.04
_DUPLICATE_SHARE = 0.03
_ALIAS_SHARE = 0.08
_PLAIN_EMAIL_SHARE = 0.7
_HOUSEHOLD_SHARE = 0.06
_LOGIN_AT = frozenset(
    {
        "checkout",
        "payment",
        "order",
        "app_home",
        "order_history",
        "referral",
        "review",
        "account_closed",
        "tracking_page",
    }
)
_SERVER_SIDE = frozenset({"email", "delivery"})

JsonObject = dict[str, object]
StoreRow = tuple[str, str, str, str, str, str, str, str, str, str, str]
STORE_COLUMNS = (
    "event_id", "customer_id", "event", "timestamp", "channel", "store", "city", "product", "order_id", "total", "duration_s",
)  # fmt: skip


@dataclass(slots=True)
class Traces:
    """What a person leaves in the files: Segment calls in the order received, offline rows, devices."""

    calls: list[JsonObject] = field(default_factory=list[JsonObject])
    rows: list[StoreRow] = field(default_factory=list[StoreRow])
    anonymous_ids: dict[str, str] = field(default_factory=dict[str, str])
    logged_in: set[str] = field(default_factory=set[str])
    n_events: int = 0


def leave_traces(person: Person, steps: list[Step], *, as_of: int) -> Traces:
    """Write the person's steps down as the brand's systems would.

    Args:
        person: Whose steps they are.
        steps: In order of time.
        as_of: Nothing is received later.
    """
    traces = Traces(n_events=len(steps))
    late: list[JsonObject] = []
    rnd = person.rng.random
    for step in steps:
        if step.touchpoint.kind in {"store", "call"}:
            traces.rows.append(_store_row(person, step))
            continue
        call = _call(person, step, traces)
        if rnd() < _LATE_SHARE and step.at + 3 * DAY_S < as_of:
            call["receivedAt"] = iso(step.at + int((1 + 2 * rnd()) * DAY_S))
            late.append(call)
        else:
            traces.calls.append(call)
        if rnd() < _DUPLICATE_SHARE:
            late.append(call)
    traces.calls.extend(late)
    return traces


def _call(person: Person, step: Step, traces: Traces) -> JsonObject:
    touchpoint = step.touchpoint
    context: JsonObject = {"channel": touchpoint.channel}
    call: JsonObject = {
        "type": touchpoint.kind,
        "messageId": _message_id(person),
        "channel": touchpoint.channel,
    }
    if touchpoint.channel in _SERVER_SIDE and person.logs_in:
        call["userId"] = person.customer_id
    else:
        device = _device(person, touchpoint)
        anonymous_id = _anonymous_id(person, device, traces)
        if person.logs_in and device not in traces.logged_in and touchpoint.touchpoint in _LOGIN_AT:
            _log_in(person, device, step.at - 3, traces)
        call["anonymousId"] = anonymous_id
        if device in traces.logged_in:
            call["userId"] = person.customer_id
        context["device"] = {"type": "desktop" if device == "desktop" else "mobile"}
    if touchpoint.source:
        context["campaign"] = {"source": touchpoint.source[0], "medium": touchpoint.source[1]}
    call["event" if touchpoint.kind == "track" else "name"] = touchpoint.name
    call["properties"] = _properties(person, touchpoint)
    call["context"] = context
    call["timestamp"] = iso(step.at)
    call["receivedAt"] = iso(step.at + 1)
    return call


def _message_id(person: Person) -> str:
    return f"{person.rng.getrandbits(80):020x}"


def _device(person: Person, touchpoint: Touchpoint) -> str:
    if touchpoint.channel == "app":
        return "app"
    if person.has_second_device and person.chance(0.35):
        return "desktop" if person.device == "mobile" else "mobile"
    return person.device


def _anonymous_id(person: Person, device: str, traces: Traces) -> str:
    known = traces.anonymous_ids.get(device)
    if known is None:
        known = traces.anonymous_ids[device] = f"anon-{person.rng.getrandbits(64):016x}"
    return known


def _log_in(person: Person, device: str, at: int, traces: Traces) -> None:
    """Write the call that ties the device to the customer."""
    first = not traces.logged_in
    traces.logged_in.add(device)
    anonymous_id = traces.anonymous_ids[device]
    common: JsonObject = {"messageId": _message_id(person), "userId": person.customer_id}
    times: JsonObject = {"timestamp": iso(at), "receivedAt": iso(at + 1)}
    if not first and person.chance(_ALIAS_SHARE):
        traces.calls.append({"type": "alias", **common, "previousId": anonymous_id, **times})
        return
    context: JsonObject = {
        "channel": "app" if device == "app" else "web",
        "device": {"type": "desktop" if device == "desktop" else "mobile"},
    }
    traces.calls.append(
        {
            "type": "identify",
            **common,
            "anonymousId": anonymous_id,
            "traits": _traits(person),
            "context": context,
            **times,
        }
    )
    if first and person.chance(_HOUSEHOLD_SHARE):
        group: JsonObject = {"type": "group", "messageId": _message_id(person), "userId": person.customer_id}
        traces.calls.append(
            {
                **group,
                "groupId": f"hh_{person.rng.getrandbits(40):010x}",
                "traits": {"kind": "household"},
                **times,
            }
        )


def _traits(person: Person) -> JsonObject:
    traits: JsonObject = {
        "segment": person.persona.segment,
        "loyalty_tier": person.tier,
        "device_type": person.device,
        "city": person.city,
    }
    if person.chance(_PLAIN_EMAIL_SHARE):
        traits["email"] = person.email
    else:
        traits["email_sha256"] = hash_email(person.email)
    if person.chance(0.5):
        traits["firstName"], traits["lastName"] = person.first_name, person.last_name
    return traits


def _properties(person: Person, touchpoint: Touchpoint) -> JsonObject:
    product = person.product
    if touchpoint.props == "product":
        return {"product": product.name, "category": product.kind, "price": product.price}
    if touchpoint.props == "search":
        return {"query": choose(person.rng.random, (product.short_name, product.kind, product.name.lower()))}
    if touchpoint.props == "order":
        return {
            "order_id": person.order_id,
            "product": product.name,
            "total": product.price,
            "currency": "GBP",
        }
    if touchpoint.props == "reorder":
        total = round(product.price * (0.3 + person.rng.random()), 2)
        return {"order_id": person.order_ids[-1], "total": total, "currency": "GBP"}
    if touchpoint.props == "list":
        return {
            "list": choose(
                person.rng.random, ("spring_edit", "new_in", "bestsellers", "back_in_stock", "members")
            )
        }
    return {}


def _store_row(person: Person, step: Step) -> StoreRow:
    rnd = person.rng.random
    touchpoint = step.touchpoint
    properties = _properties(person, touchpoint)
    in_store = touchpoint.kind == "store"
    return (
        f"pos-{person.rng.getrandbits(64):016x}" if in_store else f"call-{person.rng.getrandbits(64):016x}",
        person.contact_id,
        touchpoint.name,
        iso(step.at),
        touchpoint.channel,
        f"Fernway {person.city}" if in_store else "",
        person.city,
        str(properties.get("product", "")),
        str(properties.get("order_id", "")),
        str(properties.get("total", "")),
        "" if in_store else str(40 + int(900 * rnd() ** 2)),
    )
