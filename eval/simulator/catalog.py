"""The invented brand as read from the grammar files: personas, products, touchpoints, pain points, ways of speaking."""

from dataclasses import dataclass
from functools import cache
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any, Literal

import yaml

from agent.errors import SchemaError
from agent.schemas.base import Frozen
from agent.schemas.insight import Severity
from eval.simulator.grammar import Choice, Grammar, Phrase, lines
from eval.simulator.truth import Outcome

_FOLDER = Path(__file__).parent / "grammar"

Trait = Literal["sized", "assembled", "hard"]
Pool = Literal["anywhere", "support", "brief", "again"]
Trend = Literal["rising", "falling", "flat"]
TREND_SLOPE: dict[Trend, float] = {"rising": 0.6, "falling": -0.6, "flat": 0.0}


class Persona(Frozen):
    """One planted persona, as its file states it."""

    persona: str
    segment: str
    description: str
    share: float
    kinds: list[str]
    devices: dict[Literal["mobile", "desktop"], float]
    channels: dict[str, float]
    logs_in: float
    tilt: dict[str, float]


class ProductKind(Frozen):
    """What is measured on a kind of product, and where it has to go."""

    measure: list[str]
    place: list[str]


class BrandFile(Frozen):
    """`brand.yaml`."""

    brand: str
    share_said_something: float
    share_plain: float
    follow_up_days: int
    baselines: dict[Outcome, float]
    personas: list[Persona]
    kinds: dict[str, ProductKind]
    products: list[tuple[str, str, str, float, list[Trait]]]
    cities: list[str]
    carriers: list[str]
    first_names: list[str]
    last_names: list[str]
    streets: list[str]
    tiers: list[str]
    locales: list[str]
    review_sources: list[str]


class Touchpoint(Frozen):
    """One touchpoint with the event it leaves behind."""

    touchpoint: str
    channel: str
    kind: Literal["page", "track", "screen", "store", "call"]
    name: str
    stage: str = ""
    props: Literal["product", "search", "order", "reorder", "list", "none"] = "none"
    source: tuple[str, str] | None = None
    weight: float = 1.0


class PainFile(Frozen):
    """One file of `pains/`; the blocks hold one template per line.

    The `plain` blocks say the matter outright in the common words, the others in the many ways of the long tail.
    """

    pain_point_id: str
    label: str
    definition: str
    stage: str
    severity: Severity
    prevalence: float
    trend: Trend = "flat"
    topic: str
    needs: Trait | None = None
    effects: dict[Outcome, float]
    trace: list[str]
    plain: str
    plain_support: str
    plain_brief: str
    plain_again: str
    plain_titles: str
    phrasings: str
    support: str
    brief: str
    aftermath: str
    follow_up: str
    again: str
    acknowledge: str
    titles: str


@dataclass(frozen=True, slots=True)
class Product:
    """One thing the brand sells."""

    kind: str
    name: str
    short_name: str
    price: float
    traits: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pain:
    """One pain point with its phrasings compiled.

    `oblique` and `plain` say which of the phrasings suit what kind of text; the oblique ones come first.
    """

    file: PainFile
    phrasings: tuple[Phrase, ...]
    oblique: dict[Pool, range]
    plain: dict[Pool, range]
    aftermath: Choice
    follow_up: Choice
    acknowledge: Choice
    titles: Choice
    plain_titles: Choice

    @property
    def pain_point_id(self) -> str:
        """Stable id, never written into the data."""
        return self.file.pain_point_id


@dataclass(frozen=True, slots=True)
class Question:
    """A neutral question to support and what an agent answers."""

    ask: Choice
    answer: Choice


@dataclass(frozen=True, slots=True)
class Speech:
    """Everything said that is no pain point: rules by name, praise by topic, questions by topic."""

    rules: dict[str, Choice]
    praise: dict[str, Choice]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The whole brand.

    `chances[persona]` holds the prevalence of each pain point, in the order of `pains`, among the persona's customers
    who said something; weighted with the personas' shares they give each pain point's own prevalence.
    """

    file: BrandFile
    personas: tuple[Persona, ...]
    products: dict[str, tuple[Product, ...]]
    touchpoints: dict[str, tuple[Touchpoint, ...]]
    liking: dict[tuple[str, str], tuple[float, ...]]
    """Cumulated weights of a group's touchpoints for a persona, by (persona, group)."""
    traces: dict[str, Touchpoint]
    pains: tuple[Pain, ...]
    chances: dict[str, tuple[float, ...]]
    speech: Speech


@cache
def load_catalog() -> Catalog:
    """Read and compile the grammar files; the same object for the life of the process.

    Raises:
        SchemaError: A file refers to what does not exist.
    """
    file = BrandFile.model_validate(_read(_FOLDER / "brand.yaml"))
    touchpoints = {
        group: tuple(Touchpoint.model_validate({"stage": group, **entry}) for entry in entries)
        for group, entries in _read(_FOLDER / "touchpoints.yaml").items()
    }
    grammar = Grammar(_read(_FOLDER / "shared.yaml"))
    pains = tuple(_compile_pain(_read(path), grammar) for path in sorted((_FOLDER / "pains").glob("*.yaml")))
    traces = {entry.touchpoint: entry for entry in touchpoints["traces"]}
    _check_traces(pains, traces)
    products = [
        Product(kind, name, short, price, frozenset(traits))
        for kind, name, short, price, traits in file.products
    ]
    return Catalog(
        file=file,
        personas=tuple(file.personas),
        products={
            kind: tuple(p for p in products if p.kind == kind) for kind in sorted({p.kind for p in products})
        },
        touchpoints=touchpoints,
        liking={
            (persona.persona, group): tuple(
                accumulate(t.weight * persona.channels.get(t.channel, 1.0) for t in entries)
            )
            for persona in file.personas
            for group, entries in touchpoints.items()
        },
        traces=traces,
        pains=pains,
        chances=_chances(file.personas, pains),
        speech=_compile_speech(_read(_FOLDER / "speech.yaml"), grammar),
    )


def _check_traces(pains: tuple[Pain, ...], traces: dict[str, Touchpoint]) -> None:
    for pain in pains:
        unknown = set(pain.file.trace) - set(traces)
        if unknown:
            msg = f"pain point {pain.pain_point_id!r} has traces {sorted(unknown)!r} that are no touchpoints"
            raise SchemaError(msg, hint="Correct the grammar file.")


def _read(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


def _chances(personas: list[Persona], pains: tuple[Pain, ...]) -> dict[str, tuple[float, ...]]:
    """Tilt each pain point by persona so that its overall prevalence stays what its file states."""
    scale = {
        pain.pain_point_id: pain.file.prevalence
        / sum(p.share * p.tilt.get(pain.pain_point_id, 1.0) for p in personas)
        for pain in pains
    }
    return {
        p.persona: tuple(scale[pain.pain_point_id] * p.tilt.get(pain.pain_point_id, 1.0) for pain in pains)
        for p in personas
    }


def _compile_pain(raw: dict[str, Any], grammar: Grammar) -> Pain:
    file = PainFile.model_validate(raw)

    def block(text: str) -> tuple[Phrase, ...]:
        return tuple(grammar.compile(line) for line in lines(text))

    oblique: dict[Pool, tuple[Phrase, ...]] = {
        "anywhere": block(file.phrasings),
        "support": block(file.support),
        "brief": block(file.brief),
        "again": block(file.again),
    }
    plain: dict[Pool, tuple[Phrase, ...]] = {
        "anywhere": block(file.plain),
        "support": block(file.plain_support),
        "brief": block(file.plain_brief),
        "again": block(file.plain_again),
    }
    return Pain(
        file=file,
        phrasings=tuple(chain(*oblique.values(), *plain.values())),
        oblique=_ranges(oblique, start=0),
        plain=_ranges(plain, start=sum(map(len, oblique.values()))),
        aftermath=Choice(block(file.aftermath)),
        follow_up=Choice(block(file.follow_up)),
        acknowledge=Choice(block(file.acknowledge)),
        titles=Choice(block(file.titles)),
        plain_titles=Choice(block(file.plain_titles)),
    )


def _ranges(blocks: dict[Pool, tuple[Phrase, ...]], *, start: int) -> dict[Pool, range]:
    """Number the phrases of all blocks through, from `start`."""
    ends = accumulate((len(phrases) for phrases in blocks.values()), initial=start)
    return {pool: range(first, last) for pool, (first, last) in zip(blocks, pairwise(ends), strict=True)}


def _compile_speech(raw: dict[str, Any], grammar: Grammar) -> Speech:
    def block(text: str) -> Choice:
        return Choice(tuple(grammar.compile(line) for line in lines(text)))

    return Speech(
        rules={name: block(text) for name, text in raw["rules"].items()},
        praise={topic: block(text) for topic, text in raw["praise"].items()},
        questions=tuple(Question(block(q["ask"]), block(q["answer"])) for q in raw["questions"].values()),
    )
