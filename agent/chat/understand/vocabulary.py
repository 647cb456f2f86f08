"""The names that stand in the data, which are the only ones a request may be limited to."""

import weakref
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agent.analyse.taxonomy import stage_of_event


@dataclass(frozen=True, slots=True)
class Named:
    """A thing in the stores with its id and what people call it."""

    ref: str
    label: str
    about: str = ""
    """Further words that tell what it is, such as its definition and terms."""


@dataclass(frozen=True, slots=True)
class Trait:
    """Something customers are told apart by, with the values it takes."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """Sentences of customers with the pain point each belongs to, which tell what other words for it mean.

    Attributes:
        held: One unit row a sentence, of the encoder that questions are read with. They belong to the snapshot: whoever
            remembers a vocabulary longer does not hold them.
        pains: Place of each sentence's pain point among the vocabulary's; -1 where it belongs to none.
        words: Stems of the words in the sentences of each pain point.
    """

    held: weakref.ref[NDArray[np.float32]]
    pains: NDArray[np.intp]
    words: tuple[frozenset[str], ...]

    def likeness(self, asked: NDArray[np.float64]) -> NDArray[np.float32] | None:
        """Return how like each sentence is to a unit vector; None where the snapshot was given up meanwhile."""
        vectors = self.held()
        return None if vectors is None else vectors @ asked.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every name that may be asked for.

    Attributes:
        stages: Of the journey, in order.
        traits: Traits and attributes that a filter takes, `channel` and `kind` among them.
        events: Event names, most frequent first.
        pain_points: By rank.
        themes: What customers speak about.
        personas: Groups that behave alike.
        maps: Latest first.
        variant_sets: Latest first.
        terms: What the glossary explains.
        first: First day the data covers; None where nothing is dated.
        last: Last day.
        said: Stems of the words that customers wrote, each by more than one of them.
        voices: What customers wrote of each pain point; None where nothing is known but labels.
    """

    stages: tuple[str, ...] = ()
    traits: tuple[Trait, ...] = ()
    events: tuple[str, ...] = ()
    pain_points: tuple[Named, ...] = ()
    themes: tuple[Named, ...] = ()
    personas: tuple[Named, ...] = ()
    maps: tuple[Named, ...] = ()
    variant_sets: tuple[Named, ...] = ()
    terms: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    said: frozenset[str] = frozenset()
    voices: Voices | None = None

    def values_of(self, key: str) -> tuple[str, ...]:
        """Return the values of a trait; empty where there is no such trait."""
        return next((trait.values for trait in self.traits if trait.key == key), ())

    def purchase(self) -> str | None:
        """Return the event that says that somebody bought, None where no name says it."""
        return _named_by(self.events, _PURCHASES)

    def leaving(self) -> str | None:
        """Return the event that says that somebody left, None where no name says it."""
        return _named_by(self.events, _EXITS)

    def after_purchase(self) -> str | None:
        """Return the stage that begins with having bought, None where the stages are others than the built-in ones."""
        return "retention" if "retention" in self.stages else None

    def stage_of(self, event: str) -> str | None:
        """Return the stage an event belongs to, None where the stages are others or the name does not say."""
        stage = stage_of_event(event)
        return stage if stage in self.stages else None


_PURCHASES = (
    ("order", "completed"),
    ("order", "placed"),
    ("purchase", "completed"),
    ("purchase",),
    ("order", "submitted"),
    ("booking", "completed"),
    ("contract", "signed"),
    ("subscription", "started"),
    ("bought",),
)
_EXITS = (
    ("account", "closed"),
    ("subscription", "cancel"),
    ("contract", "cancel"),
    ("contract", "terminated"),
    ("churn",),
    ("unsubscribed",),
)


@lru_cache(maxsize=16)
def _named_by(events: tuple[str, ...], names: tuple[tuple[str, ...], ...]) -> str | None:
    """Return the first event whose name holds all words of the first of several names that any event holds."""
    holding = (event for words in names for event in events if all(word in event.lower() for word in words))
    return next(holding, None)
