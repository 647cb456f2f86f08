"""The names of a vocabulary, ready to be found in a request."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from agent.chat.understand.calling import called
from agent.chat.understand.deeds import Deeds, deeds_of
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import common_stems, lexicon, stem, stems_in, stems_of, thing_stems, words_in

Slot = Literal[
    "where",
    "by",
    "stage",
    "after",
    "event",
    "emotion",
    "severity",
    "lane",
    "persona",
    "map",
    "variant_set",
    "creative",
]


@dataclass(frozen=True, slots=True)
class Mention:
    """Words that name something of the data.

    Attributes:
        slot: What sort of thing.
        value: Its name in the data.
        start: First token.
        end: First token behind it.
        key: Of a trait.
        rough: True where the words are only part of the name.
        negated: True where it is excluded.
        plain: True where the words themselves say what is asked, as "leave" does.
    """

    slot: Slot
    value: str
    start: int
    end: int
    key: str = ""
    rough: bool = False
    negated: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to say a name."""

    stems: tuple[str, ...]
    slot: Slot
    value: str
    key: str = ""
    text: str = ""
    """The words as they have to stand, where no other form of them will do."""
    called: bool = False
    """True of what people call a value beside its name."""


@dataclass(frozen=True, slots=True)
class Index:
    """Names of a vocabulary by the stem they begin with."""

    vocabulary: Vocabulary
    entries: Mapping[str, tuple[Entry, ...]]
    event_stems: tuple[tuple[str, frozenset[str]], ...]
    told: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    """Phrases that tell of a step, by the stem they begin with."""
    names: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]
    """Names of steps that say what was done, as an analytics tool has them, by their first word."""
    deeds: Deeds
    """What steps are told by beside those."""
    words: frozenset[str]
    """Every word of a name, for spelling."""
    together: Mapping[str, str]
    """Names of several words, by those words written in one."""


@lru_cache(maxsize=8)
def index_of(vocabulary: Vocabulary) -> Index:
    """Return the index of a vocabulary, made once."""
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in _entries(vocabulary):
        if entry.stems:
            entries[entry.stems[0]].append(entry)
    ordered = {
        first: tuple(sorted(found, key=lambda one: -len(one.stems))) for first, found in entries.items()
    }
    names = (
        *vocabulary.stages, *vocabulary.events, *(value for trait in vocabulary.traits for value in trait.values),
        *(trait.key for trait in vocabulary.traits),
        *(named.label for named in (*vocabulary.pain_points, *vocabulary.themes, *vocabulary.personas)),
    )  # fmt: skip
    words = {word for name in names for word in name.casefold().replace("_", " ").split() if word.isalpha()}
    events = tuple((event, frozenset(stems_of(event)) - {"a", "the", "of"}) for event in vocabulary.events)
    return Index(
        vocabulary,
        ordered,
        events,
        _told(vocabulary.events),
        _done_names(vocabulary.events),
        deeds_of(vocabulary),
        frozenset(words),
        _together(names),
    )


def _together(names: Sequence[str]) -> dict[str, str]:
    """Return names of a few words by the word they make together, but for everyday words such as "checkout"."""
    parted = (name.casefold().replace("_", " ").split() for name in names)
    held = {"".join(words): " ".join(words) for words in parted if 1 < len(words) <= _MOST_PARTS}
    # "en_IE" for "en-IE": a value that is written with another mark.
    held |= {name.casefold().replace("-", ""): name.casefold() for name in names if _HYPHENATED.match(name)}
    return {word: apart for word, apart in held.items() if word.isalnum() and not _is_everyday(word)}


_MOST_PARTS = 4
_HYPHENATED = re.compile(r"\w+(?:-\w+)+$")


def _is_everyday(word: str) -> bool:
    return stem(word) in common_stems() | thing_stems() or word in words_in("generic") | words_in("stop")


def _done_names(events: Iterable[str]) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Return names of two words and more that hold what was done; a page's name is as often something else."""
    found: defaultdict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    for event in events:
        named = tuple(event.casefold().replace("_", " ").replace("-", " ").split())
        if len(named) > 1 and any(word.endswith("ed") for word in named):
            found[named[0]].append((event, named))
    return {first: tuple(held) for first, held in found.items()}


def _told(events: Iterable[str]) -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    found: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    phrases = lexicon()["event_phrases"]
    known = {event.casefold().replace(" ", "_").replace("-", "_"): event for event in events}
    for name, told in phrases.items():
        for phrase in _varied(told) if name in known else ():
            said = stems_of(phrase)
            stems = tuple(one for one in said if one not in stems_in("between"))
            # "Sign up" is told by both its words.
            stems = said if len(stems) == 1 and said[-1] in {"up", "out", "off"} else stems
            if "be" in stems and len(stems) <= _LEAST_PASSIVE:
                continue
            found[stems[0]].append((stems, known[name]))
    return {first: tuple(dict.fromkeys(held)) for first, held in found.items()}


def _varied(told: Iterable[str]) -> Iterable[str]:
    """Yield phrases, those about a basket with every word for one, and what was done to a thing told from the thing on."""
    for phrase in told:
        words = phrase.split()
        yield phrase
        if 1 < len(words) <= _SHORT and words[-1] not in _NOT_DONE_TO and words[0] != "read":
            done_to = " ".join(words[1:])
            yield from (f"{done_to} {was} {words[0]}" for was in _WAS)
            yield from (f"{was} {done_to} {words[0]}" for was in _WAS)
        if "basket" in words:
            yield from (phrase.replace("basket", other) for other in _BASKETS)


_SHORT = 3
_LEAST_PASSIVE = 2
"""Stems of "the search was used" and one less: fewer say nothing of what was done."""
_WAS = ("was", "were")
_BASKETS = ("cart", "bag", "trolley", "shopping cart")
_NOT_DONE_TO = frozenset({"us", "in", "out", "up", "on"})


def _entries(vocabulary: Vocabulary) -> Iterable[Entry]:
    yield from _stage_entries(vocabulary)
    yield from _trait_entries(vocabulary)
    for slot, things in (
        ("persona", vocabulary.personas),
        ("map", vocabulary.maps),
        ("variant_set", vocabulary.variant_sets),
    ):
        for named in things:
            yield Entry(stems_of(named.label), slot, named.ref)  # pyright: ignore[reportArgumentType]
            # A map is called by its journey or its persona alone, too.
            parts = named.label.split(": ") if slot == "map" else []
            yield from (Entry(stems, slot, named.ref) for part in parts if len(stems := stems_of(part)) > 1)  # pyright: ignore[reportArgumentType]
            yield Entry(stems_of(named.ref), slot, named.ref)  # pyright: ignore[reportArgumentType]
    lists = lexicon()
    for emotion, words in lists["emotions"].items():
        yield from (Entry(stems_of(word), "emotion", emotion) for word in str(words).split())
    for slot, name in (("severity", "severities"), ("lane", "lanes"), ("creative", "creative")):
        for value, phrases in lists[name].items():
            yield from (Entry(stems_of(phrase), slot, value, text=phrase) for phrase in phrases)  # pyright: ignore[reportArgumentType]


def _stage_entries(vocabulary: Vocabulary) -> Iterable[Entry]:
    for stage in vocabulary.stages:
        yield Entry(stems_of(stage), "stage", stage)
        for phrase in lexicon()["stages"].get(stage, ()):
            yield Entry(stems_of(phrase), "stage", stage, text=phrase)
    for phrase in lexicon()["after_purchase"]:
        yield Entry(stems_of(phrase), "after", "purchase")


def _trait_entries(vocabulary: Vocabulary) -> Iterable[Entry]:
    lists = lexicon()
    for trait in vocabulary.traits:
        yield Entry(stems_of(trait.key), "by", trait.key)
        for part, names in lists["trait_names"].items():
            if part in trait.key.casefold().split("_"):
                yield from (Entry(stems_of(name), "by", trait.key) for name in names)
        short = _short_key(trait.key)
        if short:
            yield Entry(short, "by", trait.key)
        for value in trait.values:
            if value.casefold() == "none":
                yield from _without(trait.key, value)
            exact = value if value in {"phone", "none"} else ""
            yield Entry(stems_of(value), "where", value, trait.key, text=exact)
            synonyms = lists["kinds"] if trait.key == "kind" else lists["devices"]
            if value in synonyms:
                yield from (
                    Entry(
                        stems_of(word),
                        "where",
                        value,
                        trait.key,
                        text=word,
                    )
                    for word in str(synonyms[value]).split()
                )
        for stems, value, exact in called(trait):
            yield Entry(stems, "where", value, trait.key, text=exact, called=True)


def _without(key: str, value: str) -> Iterable[Entry]:
    """Yield how people say that somebody has none of a trait: "no loyalty tier", "without a tier"."""
    names = {stems_of(key), *((part,) for part in stems_of(key))}
    for name in names:
        yield from (
            Entry((*lead, *name), "where", value, key)
            for lead in (("no",), ("without",), ("without", "a"), ("without", "any"), ("not", "in", "any"))
        )


def _short_key(key: str) -> tuple[str, ...]:
    """Return what people call a trait by: "device" for device_type, "tier" for loyalty_tier."""
    stems = stems_of(key)
    rest = tuple(part for part in stems if part not in stems_in("empty_keys"))
    return rest if rest and rest != stems else ()
