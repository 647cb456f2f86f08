"""Words that limit a request to somebody or something that the data does not know."""

from collections.abc import Collection, Sequence
from typing import Final

from agent.chat.understand.subjects import Subject, is_frame, is_limit_word
from agent.chat.understand.words import Token, lexicon, words_in


def unknown_limits(
    tokens: Sequence[Token], covered: Collection[int], subject: Subject | None, *, names: Collection[str]
) -> tuple[str, ...]:
    """Return words that limit a request and name nothing of the data, in order.

    Args:
        tokens: Of the request.
        covered: Places that name something of the data.
        subject: What the request is about; where a word leads to it, its own words limit nothing.
        names: Words of names in the data; customers "with" one of these are no unknown group.
    """
    inside = set(range(subject.start, subject.end)) if subject is not None and subject.led else set[int]()
    own = set(subject.text.split()) if subject is not None and subject.led else set[str]()
    skip = inside | set(covered) | {at for at, token in enumerate(tokens) if token.text in own}
    found: list[str] = []
    for at, token in enumerate(tokens):
        if at in skip or not token.is_word:
            continue
        if (
            _is_unknown_group(tokens, at, skip)
            or _is_listed(tokens, at)
            or _is_place_or_means(tokens, at)
            or _is_owned(tokens, at, names)
            or _is_whose(tokens, at)
        ):
            found.append(token.text)
    return tuple(dict.fromkeys(found))


def _is_unknown_group(tokens: Sequence[Token], at: int, skip: Collection[int]) -> bool:
    """Tell whether a word stands before "customers" as a name of which ones: "German customers", "tablet users"."""
    if (
        at + 1 >= len(tokens)
        or at + 1 in skip
        or tokens[at + 1].text not in (words_in("people") | words_in("groups")) - {"those", "ones"}
    ):
        return False
    word = tokens[at].text
    if word in words_in("adjectives") or word in words_in("people") or tokens[at].text.isdigit():
        return False
    is_thing = tokens[at + 1].text in {"owner", "owners"} and word not in words_in("stop")
    return is_thing or not is_frame(tokens[at]) or is_limit_word(word)


def _is_owned(tokens: Sequence[Token], at: int, names: Collection[str]) -> bool:
    """Tell whether customers are picked by what they have: "customers with a dog", "people who own a boat"."""
    back = at - 1
    while back >= 0 and tokens[back].text in words_in("determiners"):
        back -= 1
    led = back > 0 and (
        (tokens[back].text == "with" and tokens[back - 1].text in words_in("people"))
        or (tokens[back].text in {"have", "own", "has"} and tokens[back - 1].text == "who")
    )
    if not led or is_frame(tokens[at]) or tokens[at].text in names:
        return False
    return not any(token.text in words_in("trouble") for token in tokens[at + 1 : at + 4])


def _is_whose(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word is the value that customers are picked by: "people whose locale is de-DE"."""
    before = [token.text for token in tokens[max(0, at - _WHOSE) : at]]
    if "whose" not in before or not before or before[-1] not in {"is", "are", "equals", "was"}:
        return False
    return not is_frame(tokens[at]) or is_limit_word(tokens[at].text)


_WHOSE: Final = 5


def _is_listed(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word of the lists of limits stands where it limits."""
    word = tokens[at].text
    if not is_limit_word(word) or word in words_in("adjectives"):
        return False
    before = tokens[at - 1].text if at else ""
    far = tokens[at - 2].text if at > 1 else ""
    if _of(word) in {"place", "age", "gender", "business"}:
        weak = word in words_in("generic") or word in {
            "kids",
            "children",
            "single",
            "trade",
            "discount",
            "city",
            "cities",
            "country",
            "region",
            "state",
            "county",
            "rich",
            "poor",
            "gold",
            "students",
            "parents",
        }
        return not weak or before in words_in("prepositions") | {
            "over",
            "under",
            "aged",
            "do",
            "did",
            "are",
            "of",
            "by",
            "for",
        }
    if _of(word) == "platform" and word not in words_in("generic") | words_in("phrasings_free"):
        return True
    lead = far if before in words_in("determiners") else before
    return lead in words_in("prepositions") | {"by", "through", "for", "with"} and word not in words_in(
        "generic"
    ) | words_in("phrasings_free")


def _of(word: str) -> str:
    return next(name for name, words in lexicon()["limits"].items() if word in str(words).split())


def _is_place_or_means(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word of no list stands after "in", "from", "on" and the like."""
    back = at - 1
    while back >= 0 and tokens[back].text in words_in("determiners"):
        back -= 1
    if back < 0 or tokens[back].text not in words_in("prepositions"):
        return tokens[at].text.isdigit() and back >= 0 and tokens[back].text in {"aged", "over", "under"}
    # "From desk to desk" is no place.
    if at + 2 < len(tokens) and tokens[at + 1].text == "to" and tokens[at + 2].stem == tokens[at].stem:
        return False
    return (
        not is_frame(tokens[at])
        and tokens[at].text not in words_in("free")
        and not tokens[at].text.endswith("ing")
    )
