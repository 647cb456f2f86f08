"""Requests that make something: copy that answers a pain point, and maps."""

import re
from typing import Any, Final

from agent.chat.understand.parsing import Parsed, control_in
from agent.chat.understand.slots import Slots, unknown_thing
from agent.chat.understand.things import Things, labels
from agent.chat.understand.vocabulary import Named, Vocabulary
from agent.schemas.chat import Choice

_MOST_OFFERED: Final = 3
_MOST_VARIANTS: Final = 10
_CHANNEL_WORDS: Final = {
    "email": "an e-mail",
    "landing_page": "a landing page text",
    "google_rsa": "a Google ad",
    "meta": "a Meta ad",
}
_N: Final = re.compile(
    r"\b(?P<n>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)\s+(?:\w+\s+){0,2}(?:variants?|versions?|headlines?|ads?|adverts?|e-?mails?|mails?|copies|messages|texts|alternatives?|options|ideas|takes|drafts|lines|subject lines|pages?|creatives)\b"
)
_N_ALONE: Final = re.compile(
    r"\b(?:make|do|write|give me|need|want|draft|produce|maybe|only|just)\s+(?:it\s+|me\s+)?(?P<n>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)(?:\s+(?:of (?:them|those|these)|please))?\s*$"
)
_NUMBERS: Final = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
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
            vocabulary.pain_points[:_MOST_OFFERED], channel, "Which pain point shall the copy answer?"
        )
    found = things.find(words, vocabulary.pain_points)
    if found.several:
        return _which_pain(
            found.several, channel, f"Several pain points fit: {labels(found.several)}. Which one?"
        )
    if found.one is None:
        statement = f"No pain point is known for “{words}”, and copy has to answer one."
        return Slots(
            "propose_variants",
            missing=unknown_thing(statement, "Ask what the pain points are and name one of them."),
        )
    arguments: dict[str, Any] = {"pain_point": found.one.ref, "channel": channel}
    control = control_in(parsed.text)
    if control is not None:
        arguments["control"] = control
    match = _N.search(parsed.text) or _N_ALONE.search(parsed.text)
    if match is not None:
        n = int(match["n"]) if match["n"].isdigit() else _NUMBERS[match["n"]]
        arguments["n"] = max(1, min(n, _MOST_VARIANTS))
    return Slots("propose_variants", arguments)


def _answered(parsed: Parsed) -> str | None:
    """Return what copy is to answer, where only the words before it, or a step, say so."""
    match = _ANSWERS.search(parsed.text)
    if match is not None and match["what"].strip(" .,;:?!"):
        return match["what"].strip(" .,;:?!")[:200]
    copy = {at for one in parsed.all("creative") for at in range(one.start, one.end)}
    steps = (one for one in parsed.all("event") if not copy & set(range(one.start, one.end)))
    return next((parsed.words(one) for one in steps), None)


_ANSWERS: Final = re.compile(
    r"\b(?:tackl\w+|answer\w*|address\w*|about|for|on|against|around|regarding|respond\w* to|deal\w* with|worried about|with|target\w*|aimed at|sooth\w*|counter\w*|fix\w*|over|of)\s+(?:(?:the|a|an|our|people|customers|those|who|that|have|had|problem|issue|pain point|with|of)\s+)*(?P<what>[^,;.:]{3,120})"
)


def _which_pain(pains: tuple[Named, ...], channel: str, question: str) -> Slots:
    if not pains:
        missing = unknown_thing(
            "No pain point is known, and copy has to answer one.", "Read in what customers said."
        )
        return Slots("propose_variants", missing=missing)
    what = _CHANNEL_WORDS[channel]
    choices = tuple(
        Choice(label=pain.label, request=f"Write {what} that answers “{pain.label}”") for pain in pains
    )
    return Slots("propose_variants", choices=choices, question=question)


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
