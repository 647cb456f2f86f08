"""Steps by what people did, in any words: the deed and the thing that a step's name holds, by class and in any order.

A name such as "order_completed" is a deed and a thing. Whoever asks for it says one of many words for each, in the order
that a sentence asks for: "placed an order", "an order was finished", "the finished order".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, cast

import yaml

from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import TIME_MARK, Token, stem, stems_of, words_in

_MOST_BETWEEN: Final = 5
_LEAST: Final = 2
"""Words of a recipe that is found anywhere; a single one is found where the place asks for a step."""
_PASSIVE: Final = frozenset({"was", "were", "been", "is", "being", "got", "gets", "are", "get"})
_TOO_GENERAL: Final = frozenset({"a", "the", "of", "to", "in", "and", "for"})

Recipe = tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Deeds:
    """Wordings of the steps of one vocabulary.

    Attributes:
        recipes: By a stem that a wording may begin with: what it needs, and the step it tells of.
        alone: Names that tell of a step where the place says that one is meant.
    """

    recipes: Mapping[str, tuple[tuple[Recipe, str], ...]]
    alone: Mapping[tuple[str, ...], str]


@lru_cache(maxsize=8)
def deeds_of(vocabulary: Vocabulary) -> Deeds:
    """Return the wordings of the steps that a brand has."""
    events = vocabulary.events
    found: dict[str, list[tuple[Recipe, str]]] = {}
    alone: dict[tuple[str, ...], str] = {}
    lists = _lists()
    for event in events:
        usual = _BUYING if event == vocabulary.purchase() else usual_name(event, events)
        recipes = {_recipe(stems_of(event), spread=True)}
        recipes |= {
            _recipe(tuple(wording.split()), spread=False) for wording in lists["recipes"].get(usual, ())
        }
        for recipe in sorted(recipes, key=str):
            if len(recipe) >= _LEAST:
                for first in {one for part in recipe for one in part}:
                    found.setdefault(first, []).append((recipe, event))
        for wording in lists["alone"].get(usual, ()):
            alone.setdefault(stems_of(wording), event)
    return Deeds({first: tuple(held) for first, held in found.items()}, alone)


@lru_cache(maxsize=256)
def usual_name(event: str, events: tuple[str, ...]) -> str:
    """Return the name that a step has in most shops, its own where it has none: "add_to_cart" is "product_added"."""
    own = "_".join(event.casefold().replace("-", " ").replace("_", " ").split())
    named = frozenset(one.casefold() for one in events)
    lists = _lists()
    if own in lists["recipes"] or own in lists["alone"]:
        return own
    stems = [one for one in stems_of(event) if one not in _TOO_GENERAL]
    for usual, wordings in lists["recipes"].items():
        if usual in named:
            continue
        for recipe in (_recipe(tuple(wording.split()), spread=False) for wording in wordings):
            if len(recipe) == len(stems) and _fills(recipe, stems):
                return usual
    return own


def _fills(recipe: Recipe, stems: Sequence[str]) -> bool:
    left = list(recipe)
    for one in stems:
        held = next((part for part in left if one in part), None)
        if held is None:
            return False
        left.remove(held)
    return not left


def _recipe(parts: tuple[str, ...], *, spread: bool) -> Recipe:
    """Return what a wording needs: a class by its name, or with `spread` every class that a word of a name is in."""
    classes = _classes()
    needed: list[frozenset[str]] = []
    for part in parts:
        if part in _TOO_GENERAL:
            continue
        if part in classes:
            needed.append(classes[part])
        elif spread:
            needed.append(_alike(stem(part)))
        else:
            needed.append(frozenset({stem(part)}))
    return tuple(needed)


@cache
def _alike(one: str) -> frozenset[str]:
    """Return the words of the class that a word gives its name to, and the word itself."""
    named = [held for name, held in _classes().items() if stem(name.casefold()) == one]
    deeds = _OWN_CLASS.get(one)
    return frozenset({one}).union(*named, _classes()[deeds] if deeds else ())


_OWN_CLASS: Final = {
    "complet": "DONE",
    "view": "VIEW",
    "attend": "ATTEND",
    "request": "REQUEST",
    "enter": "ENTER",
}


def deed_at(tokens: Sequence[Token], start: int, deeds: Deeds) -> tuple[str, int] | None:
    """Return the step that is told of from a place on, and where its words end; None where none is."""
    best: tuple[tuple[int, int, int], str] | None = None
    for recipe, event in deeds.recipes.get(tokens[start].stem, ()):
        end = _end(tokens, start, recipe)
        if end is None:
            continue
        # Of two names that are told alike, the one whose own words were said.
        n_own = len(set(stems_of(event)) & {token.stem for token in tokens[start:end]})
        if best is None or (len(recipe), end, n_own) > best[0]:
            best = ((len(recipe), end, n_own), event)
    return None if best is None else (best[1], best[0][1])


def _end(tokens: Sequence[Token], start: int, recipe: Recipe) -> int | None:
    left = list(recipe)
    n_between = 0
    weak_last = False
    for at in range(start, len(tokens)):
        token = tokens[at]
        # The rarer part first: what fits a thing alone is the thing.
        held = min((part for part in left if token.stem in part), key=len, default=None)
        if held is not None and not (at > start and token.text in _SMALL) and not _is_helper(tokens, at):
            left.remove(held)
            weak_last = token.stem in _weak() and at > start and not _is_done_to(tokens, at, n_between)
            if not left:
                return None if weak_last else at + 1
        elif token.text in deed_words("links") and n_between < _MOST_BETWEEN:
            n_between += 1
        else:
            return None
    return None


def _is_helper(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether "do" only helps another verb, as in "do survey takers come back"."""
    if tokens[at].text not in {"do", "does", "did"}:
        return False
    before = tokens[at - 1].text if at else ""
    return before not in words_in("people") | {"who", "they", "to", "that"}


def _is_done_to(tokens: Sequence[Token], at: int, n_between: int) -> bool:
    """Tell whether a deed follows its thing as it may: "the ticket was opened", "a stock check"."""
    return tokens[at - 1].text in _PASSIVE or (n_between == 0 and tokens[at].text in _NOUNS)


_NOUNS: Final = frozenset({"check", "checks", "visit", "visits", "view", "views", "call", "calls", "start", "starts", "open", "opening", "opened", "opener", "openers"})  # fmt: skip
_SMALL: Final = frozenset({"get", "gets", "got", "have", "has", "had"})


def alone_at(
    tokens: Sequence[Token], start: int, deeds: Deeds, *, end: int | None = None
) -> tuple[str, int] | None:
    """Return the step that the words from a place on name where the place asks for one; the longest name wins.

    With `end`, all the words up to it have to be the name.
    """
    for at in range(min(len(tokens), start + _LONGEST), start, -1) if end is None else (end,):
        stems = tuple(token.stem for token in tokens[start:at])
        if stems in deeds.alone and (end is not None or not _goes_on(tokens, at)):
            return deeds.alone[stems], at
    return None


_LONGEST: Final = 4
_BUYING: Final = "order_completed"


def _goes_on(tokens: Sequence[Token], end: int) -> bool:
    """Tell whether a word is the first of a longer name: "delivery fee" is no step."""
    following = tokens[end] if end < len(tokens) else None
    return (
        following is not None
        and following.is_word
        and following.text
        not in words_in("stop") | words_in("people") | words_in("order_words") | {TIME_MARK}
    )


@cache
def deed_words(name: str) -> frozenset[str]:
    """Return a list of words of `deeds.yaml`."""
    return frozenset(str(_lists()[name]).split())


@cache
def deed_stems(name: str) -> frozenset[str]:
    """Return the stems of a list of words of `deeds.yaml`."""
    return frozenset(map(stem, deed_words(name)))


@cache
def _weak() -> frozenset[str]:
    return frozenset(stem(word) for word in str(_lists()["weak"]).split())


@cache
def _classes() -> dict[str, frozenset[str]]:
    return {
        name: frozenset(stem(word) for word in str(words).split())
        for name, words in cast("dict[str, str]", _lists()["classes"]).items()
    }


@cache
def _lists() -> dict[str, Any]:
    text = resources.files("agent.chat.understand").joinpath("deeds.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.safe_load(text))
