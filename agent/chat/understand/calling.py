"""What people call the groups of customers that a trait makes: "bargain hunters", "the phones", "those who rang us"."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import product
from typing import Any, Final, cast

import yaml

from agent.chat.understand.vocabulary import Trait
from agent.chat.understand.words import Token, lexicon, stems_of, words_in

_MOST_WORDS: Final = 3
"""Words of a value that is said in other ones; longer ones are titles."""


def called(trait: Trait) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield the words, as stems, that people call the values of a trait by beside their names; with the value of each.

    Third comes the word as it has to stand, where another form of it means another thing: "phoned", not "phones".
    """
    parts = set(trait.key.casefold().replace("-", "_").split("_"))
    for part, values in cast("Mapping[str, Mapping[str, Sequence[str]]]", _lists()["values"]).items():
        for value in trait.values if part in parts else ():
            for wording in values.get(value.casefold(), ()):
                yield stems_of(wording), value, wording if wording.split()[0].endswith(("ed", "ing")) else ""
    for value in trait.values:
        yield from ((stems, value, "") for stems in _in_other_words(value))


def _in_other_words(value: str) -> Iterable[tuple[str, ...]]:
    stems = stems_of(value)
    if len(stems) > _MOST_WORDS:
        return ()
    choices = [tuple(sorted(_alike().get(one, frozenset()) | {one})) for one in stems]
    return [said for said in product(*choices) if said != stems]


@cache
def _alike() -> dict[str, frozenset[str]]:
    classes = [
        frozenset(one for word in str(words).split() for one in stems_of(word)) for words in _lists()["alike"]
    ]
    return {one: held for held in classes for one in held}


@cache
def calling_words() -> frozenset[str]:
    """Return every word that groups are called by, which others may be misspelt forms of."""
    values = cast("Mapping[str, Mapping[str, Sequence[str]]]", _lists()["values"])
    wordings = [wording for held in values.values() for told in held.values() for wording in told]
    wordings += [str(words) for name in ("devices", "kinds") for words in lexicon()[name].values()]
    words = {
        word
        for wording in (*wordings, *map(str, _lists()["alike"]))
        for word in wording.split()
        if word.isalpha()
    }
    return frozenset(words | {f"{word}s" for word in words})


def is_crowd(word: str) -> bool:
    """Tell whether a word stands for a number of customers, as in "the home crowd"."""
    return word in _words("crowds") | words_in("people") | words_in("groups")


def contact_group(event: str, known: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
    """Return the trait and value of those who got in touch by a step, None where it is no contact or no such trait."""
    for key, value in cast("Mapping[str, Mapping[str, str]]", _lists()["contacts"]).get(event, {}).items():
        if value in known.get(key, ()):
            return key, value
    return None


def picks_people(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether a deed only says which customers are meant: "according to those who rang us"."""
    if any(token.text in _words("stepping") for token in tokens):
        return False
    near = [token.text for token in tokens[max(0, start - 3) : start]]
    return bool({"who", "that", "which"} & set(near)) and not {"do", "does", "did"} & set(near)


def _words(name: str) -> frozenset[str]:
    return frozenset(str(_lists()[name]).split())


@cache
def _lists() -> dict[str, Any]:
    text = resources.files("agent.chat.understand").joinpath("groups.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.safe_load(text))
