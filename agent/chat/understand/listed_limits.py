"""Words of the lists of what tells customers apart (places, devices, ages, kinds of people), where they stand so that they limit."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from agent.chat.understand.frames import is_frame
from agent.chat.understand.words import Token, lexicon, stem, words_in


def is_listed(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word of the lists of limits stands where it limits."""
    word = tokens[at].text
    sort = sorts_of_limits().get(word) or sorts_of_limits().get(word.removesuffix("s"), "")
    if not sort or word in words_in("adjectives"):
        return False
    before = tokens[at - 1].text if at else ""
    if sort == "life" or sort in _KINDS_OF_PEOPLE:
        return (sort != "life" and before in _PICKING) or _is_population(tokens, at)
    if sort == "outside":
        return _is_outside(tokens, at)
    if sort == "demonym":
        # "In English" is a language, "English customers" and "the English shops" are a group and a place.
        return before not in _TONGUE or _speaks(tokens, at)
    return sort == "place" or _is_means(tokens, at, sort)


def _speaks(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether customers are picked by their language: "people who speak Polish"."""
    before = [token.text for token in tokens[max(0, at - 3) : at]]
    return before[-1:] in (["speak"], ["speaking"], ["speaks"]) and bool(
        {"who", "that", *words_in("people")} & set(before)
    )


def _is_outside(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a share of more people than the customers is asked for; to be set beside, "the public" is all the others."""
    before = tokens[at - 1].text if at else ""
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    is_own = before in words_in("people") | {"our", "your", "my"}
    is_first = (
        following is not None and following.is_word and (following.text == "of" or not is_frame(following))
    )
    return not (is_own or is_first or any(token.text in words_in("comparing") for token in tokens))


def _is_means(tokens: Sequence[Token], at: int, sort: str) -> bool:
    """Tell whether a device, a platform or a sort of customer stands where it limits."""
    word, before = tokens[at].text, tokens[at - 1].text if at else ""
    free = words_in("generic") | words_in("phrasings_free")
    if sort == "means" and at + 1 < len(tokens) and tokens[at + 1].text in words_in("copies"):
        # "Variants for social ads".
        return False
    lead = tokens[at - 2].text if at > 1 and before in words_in("determiners") else before
    if lead == "for" and lead != before:
        # What the answer is wanted for: "quotes for the billboard".
        return False
    is_led = lead in words_in("prepositions") | {"by", "through", "for", "with"}
    following = tokens[at + 1].text if at + 1 < len(tokens) else ""
    is_sort = sort == "device" or word in words_in("tiers")
    if is_sort and following in words_in("complaint_words") | words_in("computed") | words_in("trouble") | {
        "pain"
    }:
        return True
    # "How do tablets compare with mobiles": one of two sides.
    compares = any(token.text in words_in("comparing") for token in tokens)
    is_led |= sort == "device" and compares and word.endswith("s") and lead in _SIDES
    return (is_led or sort == "platform") and word not in free


_SIDES: Final = frozenset(
    {
        "",
        "do",
        "does",
        "are",
        "is",
        "and",
        "or",
        "than",
        "vs",
        "versus",
        "against",
        "compare",
        "to",
        "between",
    }
)


_KINDS_OF_PEOPLE: Final = frozenset({"age", "gender", "business", "area"})


_TONGUE: Final = frozenset({"plain", "simple", "proper", "good", "speak", "speaking", "in", "into", "to"})


_PICKING: Final = frozenset({"over", "under", "aged", "are", "were", "being"})


@cache
def sorts_of_limits() -> dict[str, str]:
    """Return the sort of limit that each listed word is."""
    return {word: name for name, words in lexicon()["limits"].items() for word in str(words).split()}


@cache
def stems_of_life() -> frozenset[str]:
    """Return the stems of words for how people live: parents, students."""
    return frozenset(stem(word) for word, name in sorts_of_limits().items() if name == "life")


def _is_population(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a noun for people says whose data is asked for: "complaints of students", "do women complain"."""
    if not tokens[at].text.endswith("s") and tokens[at].text not in {
        "women",
        "men",
        "elderly",
        "children",
        "grandchildren",
    }:
        return False
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    # "Childrens birthdays": a thing that belongs to them.
    if following is not None and following.is_word and not is_frame(following):
        return False
    before = tokens[at - 1].text if at else ""
    if before == "for" and at > 1:
        # "Safe for children", "toys for kids": what is said of a thing.
        return tokens[at - 2].text in words_in("generic") and tokens[at - 2].stem not in _suiting()
    return (
        before in words_in("prepositions") | _WHOM or not before or not tokens[at - 1].is_word
    )  # fmt: skip


_WHOM: Final = frozenset(
    {
        "of", "by", "among", "amongst", "with", "between", "do", "does", "did", "are", "is", "were", "have", "can", "will", "our", "the",
        "many", "what", "which", "than", "versus", "against", "and", "or", "only", "just", "all", "most", "where", "how", "like", "as",
    }
)  # fmt: skip


@cache
def _suiting() -> frozenset[str]:
    return frozenset(
        map(
            stem,
            (
                "safe",
                "unsafe",
                "suitable",
                "dangerous",
                "good",
                "bad",
                "gift",
                "present",
                "toy",
                "fit",
                "right",
            ),
        )
    )
