"""Words that limit a request to somebody or something that the data does not know.

Three questions decide: is the word of a sort that tells customers apart (a place, an age, a platform), or else one that neither
everyday English nor the customers themselves use; and does it stand where a request is limited. A word that customers write is
what they speak of, and everyday words are no names of places.
"""

from collections.abc import Collection, Sequence
from typing import Final

from agent.chat.understand.frames import is_asking, is_frame, is_limit_word
from agent.chat.understand.listed_limits import is_listed, sorts_of_limits, stems_of_life
from agent.chat.understand.spans import Subject
from agent.chat.understand.words import Token, stems_in, thing_stems, words_in


def unknown_limits(
    tokens: Sequence[Token],
    covered: Collection[int],
    subject: Subject | None,
    *,
    names: Collection[str],
    said: frozenset[str],
    groups: Collection[int] = (),
    valued: Collection[int] = (),
) -> tuple[str, ...]:
    """Return words that limit a request and name nothing of the data, in order.

    Args:
        tokens: Of the request.
        covered: Places that name something of the data.
        subject: What the request is about; where a word leads to it, its own words limit nothing.
        names: Words of names in the data; customers "with" one of these are no unknown group.
        said: Stems of the words that customers write.
        groups: Places that name groups of customers, which others are set beside.
        valued: Places where the value of a trait stands, right behind its name.
    """
    beside = _beside_group(tokens, groups, covered, said)
    inside = set(range(subject.start, subject.end)) if subject is not None and subject.led else set[int]()
    own = set(subject.text.split()) if subject is not None and subject.led else set[str]()
    skip = inside | set(covered) | {at for at, token in enumerate(tokens) if token.text in own}
    is_compared = any(token.text in words_in("comparing") | {"or"} for token in tokens)
    found: list[str] = []
    for at, token in enumerate(tokens):
        if at in beside:
            found.append(token.text)
        if at in skip | beside or not token.is_word:
            continue
        if (
            (is_compared and token.text in words_in("tiers"))
            or (_is_unknown_group(tokens, at, skip) and not _is_bought(tokens, at, said))
            or is_listed(tokens, at)
            or _is_place_or_means(tokens, at, said)
            or _is_owned(tokens, at, names)
            or _is_whose(tokens, at)
            or _is_beside(tokens, at, said)
            or (at in valued and _is_value(token, said))
            or _is_counted(tokens, at, said)
        ):
            found.append(token.text)
    return tuple(dict.fromkeys(found))


def _is_counted(tokens: Sequence[Token], at: int, said: frozenset[str]) -> bool:
    """Tell whether a word that nobody knows is counted for what it does: "how many wishlisters end up ordering"."""
    if at + 1 >= len(tokens) or not at or tokens[at - 1].text != "many" or not tokens[at].text.endswith("s"):
        return False
    does = tokens[at + 1].text in words_in("deeds_of_people")
    return does and not is_known(tokens[at], said)


def _is_bought(tokens: Sequence[Token], at: int, said: frozenset[str]) -> bool:
    """Tell whether a word before "buyers" is a thing that customers speak of: what tent buyers say is said of tents."""
    return tokens[at + 1].text in _BUYERS and tokens[at].stem in said | thing_stems()


_BUYERS: Final = frozenset({"buyer", "buyers", "purchaser", "purchasers"})


def _is_value(token: Token, said: frozenset[str]) -> bool:
    """Tell whether a word behind the name of a trait can be a value of it that the data does not know."""
    return is_limit_word(token.text) or token.stem in stems_of_life() or not is_known(token, said)


def _beside_group(
    tokens: Sequence[Token], groups: Collection[int], covered: Collection[int], said: frozenset[str]
) -> set[int]:
    """Return the places of words that are set beside a named group as another one: "canopy against gold", "mobile vs tablet".

    Whatever a word is elsewhere, beside a group it can only be one, unless something is complained of.
    """
    found: set[int] = set()
    for at, token in enumerate(tokens):
        if token.text in _AGAINST:
            before, behind = _side_before(tokens, at), _side_behind(tokens, at)
            for group, other in ((before, behind), (behind, before)):
                if group in groups and other is not None and _is_side(tokens, other, covered):
                    # "App or stores": what everybody knows may be listed beside a group.
                    is_listed = token.text == "or" and is_known(tokens[other], said)
                    found |= set[int]() if is_listed and not is_limit_word(tokens[other].text) else {other}
    return found


_AGAINST: Final = frozenset({"against", "versus", "vs", "or"})


def _side_before(tokens: Sequence[Token], at: int) -> int | None:
    """Return the place of what stands before a word that sets side by side, whatever its people are called."""
    back = at - 1
    while back >= 0 and tokens[back].text in words_in("people") | words_in("groups") | _MEMBERSHIPS:
        back -= 1
    return back if back >= 0 and tokens[back].is_word else None


def _side_behind(tokens: Sequence[Token], at: int) -> int | None:
    following = at + 1
    while following < len(tokens) and tokens[following].text in words_in("determiners") | {
        "those",
        "of",
        "in",
        "from",
    }:
        following += 1
    return following if following < len(tokens) and tokens[following].is_word else None


def _is_side(tokens: Sequence[Token], at: int, covered: Collection[int]) -> bool:
    """Tell whether a word names a group: by what it is, by the people behind it, or because nothing stands behind it."""
    word = tokens[at].text
    if at in covered or word in words_in("adjectives"):
        return False
    if is_limit_word(word) or word in words_in("tiers") or _is_unknown_group(tokens, at, covered):
        return True
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    is_last = (
        following is None
        or not following.is_word
        or following.text in words_in("prepositions") | {"for", "by"}
    )
    return is_last and not is_frame(tokens[at])


def _is_unknown_group(tokens: Sequence[Token], at: int, skip: Collection[int]) -> bool:
    """Tell whether a word stands before "customers" as a name of which ones: "German customers", "tablet users"."""
    if (
        at + 1 < len(tokens)
        and tokens[at + 1].text in _PLANS
        and sorts_of_limits().get(tokens[at].text) == "business"
    ):
        return True
    after = at + 1
    if after < len(tokens) and tokens[after].text in _MEMBERSHIPS:
        # "Platinum loyalty members": what they are members of stands between.
        after += 1
    who = (words_in("people") | words_in("groups") | _ACCOUNTS) - {"those", "ones"}
    if after >= len(tokens) or after in skip or tokens[after].text not in who:
        return False
    word = tokens[at].text
    if word in words_in("adjectives") or word in words_in("people") or word[0].isdigit():
        return False
    # "What confuses customers": a verb, whatever it says.
    if at and tokens[at - 1].text in {"what", "that", "which", "who"} and word.endswith("s"):
        return False
    is_thing = tokens[at + 1].text in {"owner", "owners"} and word not in words_in("stop")
    # Words put together tell customers apart, whatever each of them says: "left-handed people".
    is_thing |= "-" in word and not all(part in words_in("adjectives") for part in word.split("-"))
    is_thing |= word in words_in("analytics")
    return is_thing or not is_frame(tokens[at]) or is_limit_word(word) or tokens[at].stem in stems_of_life()


_MEMBERSHIPS: Final = frozenset({"loyalty", "membership", "club", "rewards"})


_PLANS: Final = frozenset({"plan", "plans", "membership", "package", "status", "level", "club", "scheme"})


_ACCOUNTS: Final = frozenset({"accounts", "partners", "merchants", "resellers", "dealers", "contacts"})


def named_limits(
    tokens: Sequence[Token],
    taken: Collection[int],
    *,
    capitals: Collection[str],
    names: Collection[str],
    said: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """Return words written as names that limit a request to people or a place, whatever else they mean in lower case.

    Args:
        tokens: Of the request.
        taken: Places of names of the data, and of what the request is plainly about.
        capitals: Words that were written with a capital within a sentence.
        names: Words of names in the data.
        said: Stems of the words that customers write.
    """
    found: list[str] = []
    for at, token in enumerate(tokens):
        if (
            at in taken
            or token.text not in capitals
            or token.text in words_in("adjectives")
            or token.text in names
        ):
            continue
        following = tokens[at + 1].text if at + 1 < len(tokens) else ""
        before = tokens[at - 1].text if at else ""
        whose = tokens[at - 2].text if at > 1 else ""
        is_whose = following in words_in("people") | words_in("groups") | words_in(
            "places"
        ) and not token.text.endswith("ing")
        is_where = before in {"in", "from", "near"} and whose in words_in("people") and not is_frame(token)
        # "Conversations with us over Alexa": what something is said through.
        is_means = before in {"over", "through"} and whose not in words_in("spoken_on")
        is_means &= token.text not in words_in("calendar")
        if is_whose or is_where or (is_means and not is_known(token, said)):
            found.append(token.text)
    return tuple(found)


def _is_owned(tokens: Sequence[Token], at: int, names: Collection[str]) -> bool:
    """Tell whether customers are picked by what they have: "customers with a dog", "people who own a boat"."""
    back = at - 1
    while back >= 0 and tokens[back].text in words_in("determiners"):
        back -= 1
    led = back > 0 and (
        (tokens[back].text in {"with", "without"} and tokens[back - 1].text in words_in("people"))
        or (tokens[back].text in {"have", "own", "has"} and tokens[back - 1].text in {"who", "not"})
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


def _is_beside(tokens: Sequence[Token], at: int, said: frozenset[str]) -> bool:
    """Tell whether a word that nobody knows names what is compared with: "compared with Zalando", "worse than Zalando's"."""
    back = at - 1
    while back >= 0 and tokens[back].text in words_in("determiners"):
        back -= 1
    led = back >= 0 and (
        tokens[back].text in {"versus", "vs", "than"}
        or (tokens[back].text in {"with", "to"} and back > 0 and tokens[back - 1].text in _COMPARED)
    )
    return led and not is_known(tokens[at], said) and not tokens[at].text[0].isdigit()


_COMPARED: Final = frozenset({"compared", "compare", "compares", "comparing", "relative", "comparison"})


def _is_place_or_means(tokens: Sequence[Token], at: int, said: frozenset[str]) -> bool:
    """Tell whether a word that nobody knows stands after "in", "from", "on" and the like."""
    back = at - 1
    while back >= 0 and tokens[back].text in words_in("determiners"):
        back -= 1
    if back >= 0 and tokens[at].text.isdigit() and tokens[back].text in {"aged", "over", "under"}:
        return tokens[back].text == "aged" or _is_age(tokens, at)
    if back < 0 or tokens[back].text not in words_in("prepositions"):
        return False
    if tokens[back].text == "via":
        own = words_in("free") | words_in("any_shop") | words_in("doers") | words_in("stop")
        return tokens[at].text not in own and not is_asking(tokens[at])
    # "From desk to desk" is no place.
    if at + 2 < len(tokens) and tokens[at + 1].text == "to" and tokens[at + 2].stem == tokens[at].stem:
        return False
    # "The word on Klarna", "opinions on drones": what is spoken of.
    if tokens[back].text == "on" and back and tokens[back - 1].text in words_in("spoken_on"):
        return False
    return not (
        is_known(tokens[at], said)
        or tokens[at].text in words_in("free")
        or tokens[at].text.endswith("ing")
        or _is_before_thing(tokens, at, said)
    )


def _is_age(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a number behind "over" or "under" is of years: "customers over 60", not "in under 3 days"."""
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    years = words_in("people") | words_in("stop") | {"year", "years", "yo"}
    return following is None or not following.is_word or following.text in years


def _is_before_thing(tokens: Sequence[Token], at: int, said: frozenset[str]) -> bool:
    """Tell whether a word only says which thing is meant: "on the bistro set", "in a jute bag"."""
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    return (
        following is not None
        and following.stem in said | thing_stems()
        and following.text not in words_in("people") | words_in("groups") | words_in("stop")
        and following.stem not in stems_in("generic")
    )


def is_known(token: Token, said: frozenset[str]) -> bool:
    """Tell whether everyday English has a word or customers use it, so that it is no name of a place or a channel."""
    return is_frame(token) or token.stem in said or token.stem in thing_stems()
