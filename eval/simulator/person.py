"""Draw one person: who they are, what troubles them, what they will say and do.

Person `k` of a seed is the same whatever the number of persons; planting canaries or attacks changes no other draw.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, TypeVar

from eval.simulator.catalog import TREND_SLOPE, Catalog, Pain, Persona, Product
from eval.simulator.clock import DAY_S, drawn_before
from eval.simulator.plan import SimulationPlan
from eval.simulator.truth import Outcome, RecordKind

Rnd = Callable[[], float]
T = TypeVar("T")

_CONTACT_ENDS_S = 4 * DAY_S
_SILENT_PAIN_FACTOR = 0.5
_UNVOICED_SHARE = 0.04
_WRITES_BY_EMAIL_SHARE = 0.18
# Of the mean number of pain points S: shares of persons with three and two, the rest has one or none.
_THREE, _TWO, _ONE = 0.04, 0.22, 0.44
_SCRAMBLE_BITS = 44
_SCRAMBLE = 0x5DEECE66D1B
_SERIAL_FACTOR, _SERIAL_OFFSET, _SERIAL_PRIME = 387_420_489, 271_828_183, 999_999_937


@dataclass(frozen=True, slots=True)
class Style:
    """How a person types."""

    lower_case: bool = False
    typos: int = 0
    unpunctuated: bool = False
    emphatic: bool = False


_STYLES: tuple[tuple[float, Style], ...] = (
    (0.50, Style()),
    (0.62, Style(lower_case=True)),
    (0.72, Style(typos=1)),
    (0.80, Style(lower_case=True, typos=2, unpunctuated=True)),
    (0.86, Style(unpunctuated=True)),
    (1.01, Style(emphatic=True)),
)


@dataclass(slots=True)
class RecordPlan:
    """A text the person will write or speak, before it has words."""

    kind: RecordKind
    at: int
    record_id: str
    channel: str = ""
    pains: list[Pain] = field(default_factory=list[Pain])
    again: bool = False


@dataclass(slots=True)
class Person:
    """One person; times are Unix seconds."""

    index: int
    rng: random.Random
    persona: Persona
    product: Product
    style: Style
    first_name: str
    last_name: str
    city: str
    carrier: str
    tier: str
    locale: str
    device: Literal["mobile", "desktop"]
    has_second_device: bool
    customer_id: str
    email: str
    phone: str
    address: str
    order_id: str
    logs_in: bool
    contact_by_email: bool
    says_something: bool
    contact_at: int
    purchase_at: int
    had: tuple[Pain, ...] = ()
    voiced: tuple[Pain, ...] = ()
    outcome: dict[Outcome, bool] = field(default_factory=dict[Outcome, bool])
    records: list[RecordPlan] = field(default_factory=list[RecordPlan])
    order_ids: list[str] = field(default_factory=list[str])

    def chance(self, share: float) -> bool:
        """Draw whether something happens that happens to this share of persons."""
        return self.rng.random() < share

    @property
    def contact_id(self) -> str:
        """The identifier under which the person's texts are filed: customer id or e-mail address."""
        return self.email if self.contact_by_email else self.customer_id


def scramble(number: int) -> int:
    """Map a number below 2**44 to another one, one to one, so that ids do not tell the order they were made in."""
    mask = (1 << _SCRAMBLE_BITS) - 1
    number = (number * _SCRAMBLE) & mask
    number ^= number >> 21
    return (number * _SCRAMBLE) & mask


def serial(number: int) -> int:
    """Map a number below a thousand million to another one, one to one."""
    return (number * _SERIAL_FACTOR + _SERIAL_OFFSET) % _SERIAL_PRIME


def order_number(index: int, position: int) -> str:
    """Return the person's order number, unlike any other of the brand."""
    return f"FW-{serial(index * 4 + position):09d}"


def choose(rnd: Rnd, values: Sequence[T]) -> T:
    """Return one of the values, all equally likely."""
    return values[int(rnd() * len(values))]


def second_half_from(plan: SimulationPlan) -> float:
    """Return the position in [0, 1) of contact times at which the window's second half begins."""
    window_s = plan.window_days * DAY_S
    return window_s / 2 / (window_s - _CONTACT_ENDS_S)


def draw_person(index: int, *, plan: SimulationPlan, catalog: Catalog) -> Person:
    """Draw person `index`, from identity to what they will say; `rng` is left for events and words."""
    rng = random.Random((plan.seed << 32) | index)
    rnd = rng.random
    persona = _draw_persona(rnd, catalog)
    window_s = plan.window_days * DAY_S
    position = rnd()
    contact_at = int(plan.starts_at.timestamp() + position * (window_s - _CONTACT_ENDS_S))
    person = _identity(index, rng=rng, persona=persona, contact_at=contact_at, catalog=catalog)
    person.says_something = rnd() < catalog.file.share_said_something or index in plan.canary_persons
    chances = _chances_at(position, persona=persona, plan=plan, catalog=catalog)
    factor = 1.0 if person.says_something else _SILENT_PAIN_FACTOR
    pains = _draw_pains(rng, [chance * factor for chance in chances], catalog.pains)
    person.had = pains
    if person.says_something:
        person.voiced = pains
        if rnd() < _UNVOICED_SHARE:
            extra = choose(rnd, catalog.pains)
            person.had = pains if extra in pains else (*pains, extra)
    person.product = _draw_product(rnd, person, catalog)
    _draw_outcome(rnd, person, catalog)
    _plan_times(rnd, person)
    if person.says_something:
        _plan_records(rng, person, as_of=drawn_before(int(plan.as_of.timestamp())))
    return person


def _draw_persona(rnd: Rnd, catalog: Catalog) -> Persona:
    level = rnd()
    for persona in catalog.personas:
        level -= persona.share
        if level < 0:
            return persona
    return catalog.personas[-1]


def _identity(
    index: int, *, rng: random.Random, persona: Persona, contact_at: int, catalog: Catalog
) -> Person:
    rnd, brand = rng.random, catalog.file
    number = scramble(index + 1)
    first, last = choose(rnd, brand.first_names), choose(rnd, brand.last_names)
    city = choose(rnd, brand.cities)
    level = rnd()
    logs_in = rnd() < persona.logs_in
    return Person(
        index=index,
        rng=rng,
        persona=persona,
        product=catalog.products[persona.kinds[0]][0],
        style=next(style for limit, style in _STYLES if level < limit),
        first_name=first,
        last_name=last,
        city=city,
        carrier=choose(rnd, brand.carriers),
        tier=choose(rnd, brand.tiers),
        locale=choose(rnd, brand.locales),
        device="mobile" if rnd() * sum(persona.devices.values()) < persona.devices["mobile"] else "desktop",
        has_second_device=rnd() < min(persona.devices.values()),
        customer_id=f"cus_{number:011x}",
        email=f"{first}.{last}{serial(index)}@example.com".lower(),
        phone=f"07700 900{int(rnd() * 1000):03d}",
        address=f"{1 + int(rnd() * 180)} {choose(rnd, brand.streets)}, {city}",
        order_id=order_number(index, 0),
        logs_in=logs_in,
        contact_by_email=not logs_in or rnd() < _WRITES_BY_EMAIL_SHARE,
        says_something=False,
        contact_at=contact_at,
        purchase_at=contact_at,
    )


def _chances_at(position: float, *, persona: Persona, plan: SimulationPlan, catalog: Catalog) -> list[float]:
    chances = [
        chance * (1 + slope_of(pain, plan) * (2 * position - 1))
        for chance, pain in zip(catalog.chances[persona.persona], catalog.pains, strict=True)
    ]
    if plan.shift and position >= second_half_from(plan):
        for i, pain in enumerate(catalog.pains):
            if pain.pain_point_id == plan.shift.pain_point_id:
                chances[i] += plan.shift.delta
    return chances


def slope_of(pain: Pain, plan: SimulationPlan) -> float:
    """Return by how much a pain point's prevalence rises from the middle of the window to its end, relative to it."""
    return 0.0 if plan.steady else TREND_SLOPE[pain.file.trend]


def _draw_pains(rng: random.Random, chances: list[float], pains: tuple[Pain, ...]) -> tuple[Pain, ...]:
    """Draw none to three pain points, each with exactly its own chance.

    Source:
        Systematic sampling with unequal probabilities (Madow 1949), mixed over the sample size.
    """
    total = sum(chances)
    level = rng.random() / total
    size = 3 if level < _THREE else 2 if level < _THREE + _TWO else 1 if level < _THREE + _TWO + _ONE else 0
    if not size:
        return ()
    order = list(range(len(pains)))
    if size > 1:
        rng.shuffle(order)
    drawn: list[Pain] = []
    threshold = rng.random()
    reached = 0.0
    for i in order:
        reached += size * chances[i] / total
        if reached > threshold and len(drawn) < size:
            drawn.append(pains[i])
            threshold += 1
    return tuple(drawn)


def _draw_product(rnd: Rnd, person: Person, catalog: Catalog) -> Product:
    needs = {pain.file.needs for pain in person.had if pain.file.needs}
    kinds = person.persona.kinds
    fitting = [p for kind in kinds for p in catalog.products[kind] if needs <= p.traits]
    if not fitting:
        fitting = [p for products in catalog.products.values() for p in products if needs <= p.traits]
    return choose(rnd, fitting)


def _draw_outcome(rnd: Rnd, person: Person, catalog: Catalog) -> None:
    chances: dict[Outcome, float] = dict(catalog.file.baselines)
    effects = [pain.file.effects for pain in person.had]
    for outcome in ("purchase", "repurchase"):
        chances[outcome] = min([chances[outcome], *(e[outcome] for e in effects if outcome in e)])
    for outcome in ("contact_again", "leave"):
        chances[outcome] = max([chances[outcome], *(e[outcome] for e in effects if outcome in e)])
    needs_purchase = any(pain.file.stage in {"retention", "advocacy"} for pain in person.had)
    drawn: dict[Outcome, bool] = {outcome: rnd() < chance for outcome, chance in chances.items()}
    drawn["purchase"] = drawn["purchase"] or needs_purchase
    drawn["repurchase"] = drawn["repurchase"] and drawn["purchase"]
    drawn["contact_again"] = drawn["contact_again"] and person.says_something
    drawn["leave"] = drawn["leave"] and person.logs_in
    person.outcome = drawn


def _plan_times(rnd: Rnd, person: Person) -> None:
    """Set the purchase before the contact where the contact is about what came after it."""
    about_later = any(pain.file.stage in {"retention", "advocacy"} for pain in person.had)
    if person.outcome["purchase"] and (about_later or person.chance(0.6)):
        person.purchase_at = person.contact_at - int((4 + 11 * rnd()) * DAY_S)
    else:
        person.purchase_at = person.contact_at + int((0.1 + 1.9 * rnd()) * DAY_S)


def _plan_records(rng: random.Random, person: Person, *, as_of: int) -> None:
    rnd = rng.random
    kinds = _draw_kinds(person)
    latest = as_of - 60
    for position, kind in enumerate(kinds):
        later = max(person.contact_at, person.purchase_at) + int((1 + 10 * rnd()) * DAY_S)
        at = person.contact_at if position == 0 else min(later, latest - int(rnd() * 6 * 3600))
        person.records.append(RecordPlan(kind, at, _record_id(person, kind, position)))
    for pain in person.voiced:
        home = choose(rnd, person.records)
        home.pains.append(pain)
        other = choose(rnd, person.records)
        if other is not home and person.chance(0.5):
            other.pains.append(pain)
    again_at = person.contact_at + int((2 + 8 * rnd()) * DAY_S)
    if person.outcome["contact_again"] and again_at < latest:
        cause = sorted(person.voiced, key=lambda pain: pain.file.effects.get("contact_again", 0.0))[-1:]
        record_id = _record_id(person, "transcript", len(kinds))
        person.records.append(RecordPlan("transcript", again_at, record_id, pains=cause, again=bool(cause)))
    for record in person.records:
        record.channel = _draw_channel(rnd, person) if record.kind == "transcript" else "email"


def _draw_kinds(person: Person) -> list[RecordKind]:
    bought_before = person.purchase_at < person.contact_at
    kinds: list[RecordKind] = []
    if person.chance(0.52):
        kinds.append("transcript")
    if person.chance(0.35):
        kinds.append("survey")
    if bought_before and person.chance(0.5):
        kinds.append("review")
    if not kinds:
        writes = person.voiced or person.chance(0.5)
        kinds.append("review" if bought_before else "transcript" if writes else "survey")
    elif person.outcome["purchase"] and "review" not in kinds and person.chance(0.15):
        kinds.append("review")
    return kinds


def _draw_channel(rnd: Rnd, person: Person) -> str:
    liking = person.persona.channels
    weights = (
        ("chat", liking["web"] + liking["app"]),
        ("email", liking["email"]),
        ("phone", 1.4 * liking["phone"]),
    )
    level = rnd() * sum(weight for _, weight in weights)
    for channel, weight in weights:
        level -= weight
        if level < 0:
            return channel
    return "chat"


def _record_id(person: Person, kind: RecordKind, position: int) -> str:
    return f"{kind[0]}{scramble(person.index * 8 + position + 1):011x}"


def hash_email(email: str) -> str:
    """Return the SHA-256 of an address as advertising tools compute it, in hexadecimal digits."""
    return sha256(email.strip().lower().encode()).hexdigest()
