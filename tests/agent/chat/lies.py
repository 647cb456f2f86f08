"""Findings of an invented brand, and what a lying model makes of them: real marks under false statements."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agent.chat.offers import Offers
from agent.schemas.chat import Sentence, ToolResult
from tests.agent.chat.turns import number, quote, said

THEMES = (
    "parcel left in the rain", "refund takes weeks", "chat agent was friendly", "app logs me out", "sizes run small",
    "voucher is not accepted", "staff explained everything", "invoice shows the wrong address", "no reply to e-mails",
    "packaging is beautiful",
)  # fmt: skip
GROUPS = ("on mobile", "on desktop", "who bought twice", "in the loyalty club")
STAGES = ("checkout", "delivery", "returns", "onboarding")


@dataclass(frozen=True)
class Lie:
    """A false sentence under real marks."""

    kind: str
    text: str


def findings(seed: int) -> Offers:
    """Return what tools found, in the forms in which they say it."""
    rng = random.Random(seed)  # noqa: S311
    offers = Offers()
    first, second, third = rng.sample(THEMES, 3)
    group, other = rng.sample(GROUPS, 2)
    stage, later = rng.sample(STAGES, 2)
    up, down = ("rising", "falling") if rng.random() < 0.5 else ("falling", "rising")
    citations = (
        number("c1", "reach.a", 0.23, first),
        number("c2", "reach.b", 0.12, second),
        number("c3", "reach.c", 0.31, third),
        quote("c4", f"honestly, {first} and nobody did anything about it"),
        quote("c5", "I would not have minded if somebody had told me"),
    )
    forms: tuple[tuple[str, tuple[str, ...]], ...] = (
        (f"{{{{m:reach.a}}}} of customers {group} say ‘{first}’.", ("c1", "c4")),
        (f"{{{{m:reach.b}}}} of customers {other} say ‘{second}’.", ("c2",)),
        (f"Of those who wrote about {stage}, {{{{m:reach.c}}}} say ‘{third}’.", ("c3",)),
        (f"‘{first}’ is {up}, while ‘{second}’ is {down}.", ("c1", "c2")),
        (f"Customers {group} meet ‘{third}’ more often than customers {other}.", ("c3",)),
        (f"Few customers go from {stage} to {later} without asking for help.", ("c1", "c5")),
        (f"{{{{m:reach.a}}}} {group} against {{{{m:reach.b}}}} {other} leave in {later}.", ("c1", "c2")),
    )
    sentences: tuple[Sentence, ...] = tuple(said(text, marks, citations) for text, marks in forms)
    offers.add(
        ToolResult(tool="list_pain_points", understood="all", sentences=sentences, citations=citations)
    )
    return offers


def honest(offers: Offers) -> Iterator[str]:
    """Yield sentences that a truthful model may make of the findings by copying, leaving out and joining."""
    for one in offers.sentences:
        marks = "".join(f"[{mark}]" for mark in one.citations)
        yield f"{one.template} {marks}"
        yield f"{one.template.rstrip('.')} {marks}."
        if ", while " in one.template:
            left, right = one.template.rstrip(".").split(", while ")
            yield f"{left}. {marks}"
            yield f"{right}. {marks}"
            yield f"{right}, and {left}. {marks}"
            yield f"Overall, {left}. {marks}"


def lies(offers: Offers, rng: random.Random) -> Iterator[Lie]:
    """Yield false sentences under marks that exist; most keep all but one thing."""
    labels = [re.sub(r"[‘’]", "", found) for found in re.findall(r"‘[^’]+’", _all(offers))]
    for one in offers.sentences:
        marks = "".join(f"[{mark}]" for mark in one.citations)
        for kind, tell in _TELLERS.items():
            told = tell(one, rng, labels)
            if told is not None and told != one.template:
                yield Lie(kind, f"{told} {marks}")
        yield Lie("all marks, other theme", _other_theme(one, rng, labels) + " " + _every_mark(offers))
        yield Lie(
            "all marks, other number", (_other_number(one, rng, labels) or "x") + " " + _every_mark(offers)
        )


def _all(offers: Offers) -> str:
    return " ".join(one.template for one in offers.sentences)


def _every_mark(offers: Offers) -> str:
    return "".join(f"[{mark}]" for mark in offers.citations)


def _other_number(one: Sentence, rng: random.Random, labels: list[str]) -> str | None:
    used = re.findall(r"\{\{m:([a-z.]+)\}\}", one.template)
    rest = [name for name in ("reach.a", "reach.b", "reach.c") if name not in used]
    return one.template.replace(used[0], rng.choice(rest)) if used and rest else None


def _swapped_numbers(one: Sentence, rng: random.Random, labels: list[str]) -> str | None:
    used = re.findall(r"\{\{m:[a-z.]+\}\}", one.template)
    if len(used) < 2:
        return None
    return one.template.replace(used[0], "@").replace(used[1], used[0]).replace("@", used[1])


def _written_number(one: Sentence, rng: random.Random, labels: list[str]) -> str | None:
    said_so = rng.choice(["41 %", "Two thirds", "Most", "half", "a third", "forty per cent"])
    return re.sub(r"\{\{m:[a-z.]+\}\}", said_so, one.template)


def _other_theme(one: Sentence, rng: random.Random, labels: list[str]) -> str:
    own = re.findall(r"‘([^’]+)’", one.template)
    rest = [label for label in (*labels, *THEMES) if label not in own]
    return one.template.replace(own[0], rng.choice(rest)) if own else f"{rng.choice(rest)} annoys customers."


def _denied(one: Sentence, rng: random.Random, labels: list[str]) -> str | None:
    verb = rng.choice([" say ", " is ", " meet ", " go ", " leave "])
    denial = rng.choice([" do not say ", " never say "]) if verb == " say " else f"{verb}not "
    return one.template.replace(verb, denial) if verb in one.template else f"It is not so that {one.template}"


def _turned(one: Sentence, rng: random.Random, labels: list[str]) -> str | None:
    text = one.template
    for left, right in (
        ("rising", "falling"),
        ("more", "less"),
        ("Few", "Many"),
        ("without", "after"),
        ("not ", ""),
        ("no ", ""),
        ("say", "no longer say"),
    ):
        if re.search(rf"\b{left}", text):
            found = text.replace(left, "@")
            return (found.replace(right, left) if right else found).replace("@", right)
    return None


def _praised(one: Sentence, rng: random.Random, labels: list[str]) -> str | None:
    praise = rng.choice(["are delighted by", "do not mind", "love"])
    return one.template.replace(" say ", f" {praise} ") if " say " in one.template else None


def _all_customers(one: Sentence, rng: random.Random, labels: list[str]) -> str | None:
    text = one.template
    for group in GROUPS:
        text = text.replace(f" {group}", "")
    return text if "{{" in text else None


def _swapped_sides(one: Sentence, rng: random.Random, labels: list[str]) -> str | None:
    there = [name for name in (*GROUPS, *STAGES) if re.search(rf"\b{name}\b", one.template)]
    if len(there) < 2:
        return None
    return one.template.replace(there[0], "@").replace(there[1], there[0]).replace("@", there[1])


def _caused(one: Sentence, rng: random.Random, labels: list[str]) -> str:
    return f"{one.template.rstrip('.')} {rng.choice(['because of', 'due to', 'and therefore'])} ‘{rng.choice(labels)}’."


def _misquoted(one: Sentence, rng: random.Random, labels: list[str]) -> str:
    return rng.choice(
        [
            "A customer says: “somebody did something about it”.",
            "A customer says: “have minded if somebody had told me”.",
            "A customer says: “honestly, it was great and I am happy”.",
            "Customers say: “I would have minded if somebody had told me”.",
        ]
    )


def _added(one: Sentence, rng: random.Random, labels: list[str]) -> str:
    extra = rng.choice(
        ["and will leave", ", which costs millions", "and tell their friends", "in every city"]
    )
    return f"{one.template.rstrip('.')} {extra}."


_TELLERS: dict[str, Callable[[Sentence, random.Random, list[str]], str | None]] = {
    "other number": _other_number,
    "numbers swapped": _swapped_numbers,
    "number written": _written_number,
    "other theme": _other_theme,
    "denied": _denied,
    "turned round": _turned,
    "praised": _praised,
    "group left out": _all_customers,
    "sides swapped": _swapped_sides,
    "cause added": _caused,
    "misquoted": _misquoted,
    "something added": _added,
}
