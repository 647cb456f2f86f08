"""Requests that make something: copy that answers a pain point, and maps."""

import re
from collections.abc import Mapping
from typing import Any, Final

from agent.chat.understand.parsing import Parsed, control_in
from agent.chat.understand.refining import n_before, number_of
from agent.chat.understand.slots import Slots, unknown_thing
from agent.chat.understand.things import Things, labels
from agent.chat.understand.vocabulary import Named, Vocabulary
from agent.chat.understand.words import words_in
from agent.schemas.chat import Choice

_MOST_OFFERED: Final = 3
_MOST_VARIANTS: Final = 10
_CHANNEL_WORDS: Final = {
    "email": "an e-mail",
    "landing_page": "a landing page text",
    "google_rsa": "a Google ad",
    "meta": "a Meta ad",
}
_N_ALONE: Final = re.compile(
    r"\b(?:make|do|write|give me|need|want|draft|produce|maybe|only|just)\s+(?:it\s+|me\s+)?(?P<n>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)(?:\s+(?:of (?:them|those|these)|please))?\s*$"
)
_SCOPE: Final = {
    part: re.compile(
        rf"\b{part}s?\b\s*(?:is|of|:|=|called|named|being|should be|will be)?\s*[\"“”«»']?(?P<value>[^\"“”«»',;.\n]+)"
    )
    for part in ("persona", "journey", "goal", "purpose")
}
_NOT_A_NAME: Final = re.compile(r"^(?:map|maps|and|for|this|that|with|please)?\s*$|^map\b|^maps\b")


def propose_variants(parsed: Parsed, vocabulary: Vocabulary, things: Things) -> Slots:
    """Return the arguments of a proposal; which pain point it answers is asked back where that is open."""
    creative = parsed.all("creative")
    channel = creative[0].value if creative else "email"
    words = parsed.subject.text if parsed.subject is not None else _answered(parsed)
    if words is None:
        return _which_pain(
            vocabulary.pain_points[:_MOST_OFFERED],
            channel,
            "Which pain point shall the copy answer?",
            _told_of_copy(parsed),
        )
    found = things.find(words, vocabulary.pain_points)
    more = _told_of_copy(parsed)
    if found.several:
        question = (
            f"Several pain points fit: {labels(found.several)}. Which one?"
            if len(found.several) > 1
            else f"Is the pain point {labels(found.several)} meant?"
        )
        return _which_pain(found.several, channel, question, more)
    if found.one is None:
        statement = f"No pain point is known for “{words}”, and copy has to answer one."
        return Slots(
            "propose_variants",
            missing=unknown_thing(statement, "Ask what the pain points are and name one of them."),
        )
    return Slots("propose_variants", {"pain_point": found.one.ref, "channel": channel, **more})


def _told_of_copy(parsed: Parsed) -> dict[str, Any]:
    """Return how many variants are wanted and the copy that they are set against, where a request says so."""
    found: dict[str, Any] = {}
    control = control_in(parsed.text)
    if control is not None:
        found["control"] = control
    text = parsed.text.replace(control, " ") if control is not None else parsed.text
    alone = _N_ALONE.search(text)
    n = n_before(text, words_in("copies")) or (number_of(alone["n"]) if alone is not None else None)
    if n is not None:
        found["n"] = max(1, min(n, _MOST_VARIANTS))
    return found


def _answered(parsed: Parsed) -> str | None:
    """Return what copy is to answer, where only the words before it, or a step, say so."""
    for pattern in (_ANSWERS, _ANSWERS_LOOSELY):
        match = pattern.search(parsed.text)
        if match is not None and match["what"].strip(" .,;:?!"):
            return match["what"].strip(" .,;:?!")[:200]
    copy = {at for one in parsed.all("creative") for at in range(one.start, one.end)}
    steps = (one for one in parsed.all("event") if not copy & set(range(one.start, one.end)))
    return next((parsed.words(one) for one in steps), None)


_WHOM: Final = r"\s+(?:(?:the|a|an|our|people|customers|those|who|that|have|had|problem|issue|pain point|with|of)\s+)*(?P<what>[^,;.:]{3,120})"
_ANSWERS: Final = re.compile(
    r"\b(?:tackl\w+|answer\w*|address\w*|respond\w* to|deal\w* with|worried about|target\w*|aimed at|sooth\w*|counter\w*|fix\w*|calm\w*|reassur\w*|speak\w* to)"
    + _WHOM
)
_ANSWERS_LOOSELY: Final = re.compile(
    r"(?<!come up )(?<!coming up )\b(?:about|for|on|against|around|regarding|with|over|of)" + _WHOM
)


def _which_pain(pains: tuple[Named, ...], channel: str, question: str, more: Mapping[str, Any]) -> Slots:
    if not pains:
        missing = unknown_thing(
            "No pain point is known, and copy has to answer one.", "Read in what customers said."
        )
        return Slots("propose_variants", missing=missing)
    what = _CHANNEL_WORDS[channel]
    n = f", {more['n']} versions" if "n" in more else ""
    now = f", currently “{more['control']}”" if "control" in more else ""
    choices = tuple(
        Choice(label=pain.label, request=f"Write {what} that answers “{pain.label}”{n}{now}")
        for pain in pains
    )
    return Slots("propose_variants", choices=choices, question=question)


def which_set(parsed: Parsed, vocabulary: Vocabulary, things: Things) -> Slots:
    """Return the stored set of variants that is to be checked: the latest, or the one that answers what is named."""
    sets = vocabulary.variant_sets
    if not sets:
        missing = unknown_thing("No variants are stored.", "Ask for variants that answer a pain point first.")
        return Slots("check_variants", missing=missing)
    ref = next((one.ref for one in sets if one.ref.casefold() in parsed.text), None)
    if ref is not None:
        return Slots("check_variants", {"variant_set": ref})
    named = _SET_NAME.search(parsed.text)
    if named is not None:
        # A name that no stored set has is not another set.
        return _which_set(sets, named["name"], vocabulary)
    if parsed.subject is None:
        return Slots("check_variants", {"variant_set": sets[0].ref})
    words = parsed.subject.text.replace("_", " ")
    found = things.find(words, vocabulary.pain_points)
    pains = {one.ref for one in (found.several or (found.one,)) if one is not None}
    meant = [one for one in sets if one.about in pains]
    if len(meant) == 1:
        return Slots("check_variants", {"variant_set": meant[0].ref})
    return _which_set(tuple(meant) or sets, words, vocabulary)


_SET_NAME: Final = re.compile(r"\b(?P<name>vs[-_]?\w*\d\w*|set (?:no\.? |number |nr\.? )?\d{1,4})\b")
"""What a set of variants is called by; one of the data is found before."""


def _which_set(sets: tuple[Named, ...], words: str, vocabulary: Vocabulary) -> Slots:
    names = {one.ref: one.label for one in vocabulary.pain_points}
    choices = tuple(
        Choice(
            label=f"{one.ref}: {names.get(one.about, one.about)}",
            request=f"Check the variant set {one.ref} again",
        )
        for one in sets[:_MOST_OFFERED]
    )
    return Slots(
        "check_variants",
        choices=choices,
        question=f"No stored set of variants is called “{words}” alone. Which one?",
    )


def scope_in(text: str) -> dict[str, Any]:
    """Return the parts of a map's scope that a request names."""
    found: dict[str, Any] = {}
    for part, pattern in _SCOPE.items():
        for match in pattern.finditer(text):
            value = match["value"].strip()
            if value and not _NOT_A_NAME.match(value):
                found[part] = value[:200]
    return found


def names_whole_scope(text: str) -> bool:
    """Tell whether a request names all four parts of a map's scope, so that it can only be about drafting one."""
    return "map" in text and len(scope_in(text)) == len(_SCOPE)


def draft_anew(parsed: Parsed, vocabulary: Vocabulary) -> Slots:
    """Return the arguments of a new map; its four parts are asked for where one is not given.

    A group of customers that the request names stands in every choice, so that no choice loses it.
    """
    text = parsed.text
    named = [one.value.replace("_", " ") for one in parsed.all("where") if not one.negated]
    whom = f" for {' '.join(named)} customers" if named else ""
    found = scope_in(text)
    if len(found) == len(_SCOPE):
        return Slots("draft_map", found)
    personas = [one.label for one in vocabulary.personas[:2]] or ["all customers"]
    choices = tuple(
        Choice(
            label=f"{persona}: {journey}{whom}",
            request=f"Draft a new journey map{whom}, for persona “{persona}”, journey “{journey}”, goal “{goal}” and purpose “find what to mend first”",
        )
        for persona in personas
        for journey, goal in (
            ("first purchase", "get what they came for"),
            ("getting help", "have the problem solved"),
        )
    )
    question = "A map is of one persona, one journey, one goal and one purpose. Which?"
    return Slots("draft_map", choices=choices[:4], question=question)


def draft_again(map_id: str | None, vocabulary: Vocabulary) -> Slots:
    """Return the arguments of drafting a stored map again: the one that is named, else the only one there is."""
    maps = vocabulary.maps
    if map_id is None and len(maps) == 0:
        return Slots(
            "draft_map", missing=unknown_thing("No map is stored yet.", "Ask for a new journey map.")
        )
    if map_id is None and len(maps) > 1:
        choices = tuple(
            Choice(label=one.label, request=f"Draft the map again: {one.ref}") for one in maps[:4]
        )
        return Slots("draft_map", choices=choices, question="Which map?")
    again = map_id if map_id is not None else next(one.ref for one in maps)
    return Slots("draft_map", {"persona": "", "journey": "", "goal": "", "purpose": "", "again": again})
