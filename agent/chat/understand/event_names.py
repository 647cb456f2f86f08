"""Names of events as analytics tools write them, "Payment Failed" and "fired Coupon Applied", whether or not anybody recorded one.

Capitals are lost once a message is plain, so these are read from it as it was sent.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from agent.chat.understand.index import Slot
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import plain, stems_in, stems_of, words_in
from agent.schemas.chat import Missing

_SMALL: Final = r"(?:to|from|of|a|an|the|in|on|for|with|and|via)"
_NAME: Final = re.compile(rf"\b[A-Z][\w-]*(?:\s+(?:{_SMALL}\s+)*[A-Z][\w-]*)+")
_DONE: Final = re.compile(
    r"(?:\w{2,}ed|sent|paid|left|made|bought|sold|read|seen|won|lost|begun|begin|given|taken|chosen|written)$"
)
_NOT_DONE: Final = frozenset(
    {"united", "limited", "unlimited", "advanced", "extended", "dedicated", "combined", "red", "med"}
)
"""Words that end as deeds do and stand in names of places, plans and goods."""
_FIRED: Final = re.compile(
    rf"\b(?:who|that|people|they|users|customers|everybody|everyone|have|has|had)\s+fired\s+(?:(?:the|an?|our|their|event)\s+)*(?P<name>[\w-]+(?:\s+{_SMALL})?(?:\s+[\w-]+)?)"
)
_MOST: Final = 5
_SHARE_LOWER: Final = 0.25
"""Words of a message that have to be in lower case for capitals to say anything."""


def event_names(utterance: str) -> tuple[str, ...]:
    """Return names of what was done that stand in a message with capitals, as plain words, longest first."""
    words = re.findall(r"[A-Za-z][\w-]*", utterance)
    # Who begins in lower case writes capitals where they belong.
    is_title = words[:1] and words[0][0].isupper() and _share_lower(words) < _SHARE_LOWER
    if not words or is_title:
        return ()
    found = {name for match in _NAME.finditer(utterance) if (name := _name(match[0]))}
    return tuple(sorted(found, key=lambda name: (-len(name), name)))


def _share_lower(words: Sequence[str]) -> float:
    return sum(word[0].islower() for word in words) / len(words)


def _name(words: str) -> str:
    """Return a name without the capital that only begins a sentence; empty where it tells of nothing that was done."""
    parts = plain(words).split()
    while len(parts) > 1 and parts[0] in words_in("stop"):
        parts = parts[1:]
    is_name = 1 < len(parts) <= _MOST and any(_DONE.match(part) and part not in _NOT_DONE for part in parts)
    return " ".join(parts) if is_name else ""


def joined(text: str, names: Iterable[str]) -> str:
    """Return a plain text with names put together, so that no word of one is read as a word of the sentence."""
    for name in names:
        text = re.sub(rf"\b{re.escape(name)}\b", name.replace(" ", "_"), text)
    return text


def apart_again(text: str, names: Iterable[str]) -> str:
    """Return a text with the names that were put together as they stood."""
    for name in names:
        text = text.replace(name.replace(" ", "_"), name)
    return text


def unknown_event(names: Collection[str], parsed: Parsed, vocabulary: Vocabulary) -> Missing | None:
    """Return that an event is asked for by a name that nobody recorded, or None.

    Args:
        names: As they stand in the message.
        parsed: What was asked.
        vocabulary: Has what was recorded, and the names of everything else.
    """
    asked = [name for name in names if name in parsed.text] + [
        match["name"] for match in _FIRED.finditer(parsed.text)
    ]
    strange = next((name for name in asked if not _is_known(name, parsed, vocabulary)), None)
    if strange is None:
        return None
    known = ", ".join((vocabulary.events or vocabulary.stages)[:8])
    return Missing(
        reason="unknown_thing",
        statement=f"No step in the data is called “{strange}”.",
        needed=f"Ask by a name that is there, such as {known}.",
    )


_NAMED: Final[tuple[Slot, ...]] = ("event", "after", "stage", "where", "persona", "map")


def _is_known(name: str, parsed: Parsed, vocabulary: Vocabulary) -> bool:
    """Tell whether a name was taken for something of the data, or is what is spoken of."""
    stems = set(stems_of(name)) - stems_in("stop")
    named = (one for slot in _NAMED for one in parsed.all(slot))
    if any(stems & set(stems_of(parsed.words(one))) for one in named):
        return True
    subject = parsed.subject
    if subject is not None and subject.led and stems <= set(stems_of(subject.text)):
        return True
    things = (*vocabulary.pain_points, *vocabulary.themes, *vocabulary.personas, *vocabulary.maps)
    return any(stems <= set(stems_of(one.label)) for one in things)
