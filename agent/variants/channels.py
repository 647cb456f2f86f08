"""What a channel's copy consists of: slots, what each is for, and how long it may be.

Limits: Google Ads responsive search ads (30 and 90 characters, an East Asian wide character counts as two); e-mail
subjects read whole up to about 50 characters, preheaders up to 100; Meta's 125, 40 and 30 characters are what is
visible, so going over them warns and does not fail.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from agent.errors import InputError
from agent.lexical import sentences
from agent.schemas.creative import Copy, CreativeChannel

Role = Literal["hook", "body", "cta"]


@dataclass(frozen=True, slots=True)
class Slot:
    """One text field of a channel."""

    name: str
    role: Role
    max_chars: int
    strict: bool = True
    """False where the limit is what is visible and not what is accepted."""


CHANNELS: Mapping[CreativeChannel, tuple[Slot, ...]] = {
    "email": (
        Slot("subject", "hook", 50),
        Slot("preheader", "hook", 100),
        Slot("body", "body", 700),
        Slot("button", "cta", 30),
    ),
    "google_rsa": (
        Slot("headline_1", "hook", 30),
        Slot("headline_2", "body", 30),
        Slot("headline_3", "cta", 30),
        Slot("description_1", "body", 90),
        Slot("description_2", "body", 90),
    ),
    "meta": (
        Slot("headline", "hook", 40, strict=False),
        Slot("primary_text", "body", 125, strict=False),
        Slot("description", "cta", 30, strict=False),
    ),
    "landing_page": (
        Slot("headline", "hook", 70),
        Slot("subheadline", "body", 140),
        Slot("body", "body", 700),
        Slot("button", "cta", 30),
    ),
}

_DEFAULTS: Mapping[CreativeChannel, Mapping[str, str]] = {
    "email": {
        "subject": "News from our shop",
        "preheader": "See what is new this season.",
        "body": "Have a look at our range. We are happy to help you choose.",
        "button": "Visit the shop",
    },
    "google_rsa": {
        "headline_1": "Visit our shop",
        "headline_2": "A wide range",
        "headline_3": "Order online",
        "description_1": "Have a look at our range.",
        "description_2": "We are happy to help you choose.",
    },
    "meta": {
        "headline": "Visit our shop",
        "primary_text": "Have a look at our range. We are happy to help you choose.",
        "description": "Order online",
    },
    "landing_page": {
        "headline": "Welcome to our shop",
        "subheadline": "A wide range for every season.",
        "body": "Have a look at our range. We are happy to help you choose.",
        "button": "Visit the shop",
    },
}
"""A control for those who have none yet: plain copy that says nothing in particular."""


_INVITATION = "Take a look, and ask us whatever you would like to know."
_BESIDE: Mapping[CreativeChannel, Mapping[str, str]] = {
    "email": {"preheader": "Read on for the details.", "body": _INVITATION, "button": "Find out more"},
    "google_rsa": {
        "headline_2": "See the details",
        "headline_3": "Find out more",
        "description_1": "Read on for the details.",
        "description_2": _INVITATION,
    },
    "meta": {"primary_text": _INVITATION, "description": "Find out more"},
    "landing_page": {
        "subheadline": "Read on for the details.",
        "body": _INVITATION,
        "button": "Find out more",
    },
}
"""What stands beside a control that was given without these slots: words that fit any brand's."""


def slots_of(channel: CreativeChannel) -> dict[str, Slot]:
    """Return a channel's slots by name, in their order."""
    return {slot.name: slot for slot in CHANNELS[channel]}


def width(text: str) -> int:
    """Return how many characters a text counts for: wide characters count as two, combining marks as none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def control_copy(channel: CreativeChannel, given: Mapping[str, str] | str | None) -> Copy:
    """Return the control: slots as given, a bare text as the main slot, or plain copy where there is none.

    Slots that are not given are made from those that are: the opening is the first sentence, as far as it has room.

    Raises:
        InputError: A slot is not one of the channel's.
    """
    if given is None or given == {}:
        return Copy(channel=channel, slots=dict(_DEFAULTS[channel]))
    main = max((slot for slot in CHANNELS[channel] if slot.role == "body"), key=lambda slot: slot.max_chars)
    own = {main.name: given} if isinstance(given, str) else given
    unknown = sorted(set(own) - set(slots_of(channel)))
    if unknown:
        msg = f"{channel} has no slot {', '.join(map(repr, unknown))}; it has {', '.join(slots_of(channel))}"
        raise InputError(msg, hint="Name the control's texts by these slots.")
    text = next((words for words in (own.get(main.name, ""), *own.values()) if words.strip()), "")
    slots = {slot.name: own.get(slot.name, _beside(channel, slot, text)) for slot in CHANNELS[channel]}
    return Copy(channel=channel, slots={name: words.strip() for name, words in slots.items()})


def _beside(channel: CreativeChannel, slot: Slot, text: str) -> str:
    """Return what stands in a slot that was not given."""
    return _BESIDE[channel].get(slot.name) or _opening(text, slot.max_chars)


def _opening(text: str, most: int) -> str:
    """Return the first sentence without its full stop, cut between words where it is too wide."""
    first = next(iter(sentences(text)), "").strip().rstrip(".")
    if width(first) <= most:
        return first
    words = first.split()
    while words and width(" ".join(words)) > most:
        words.pop()
    return " ".join(words).rstrip(",;:–-")
