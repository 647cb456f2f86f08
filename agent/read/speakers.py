"""Who says a turn: from the name or role a source gives to customer, agent or bot.

A mapping file's `[speakers]` decides first. Else a word of the name does: `Support`, `Agent (Tom)`, `chatbot`,
`Participant 3`. A name of no such word is a customer's only where another speaker of the same conversation is known
to be the agent or the bot; where nobody is known, nobody is guessed, and the conversation is rejected.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from agent.schemas.records import Speaker

_WORDS: Final[Mapping[str, Speaker]] = {
    **dict.fromkeys(
        ("customer", "client", "user", "visitor", "caller", "requester", "contact", "lead", "guest", "shopper",
         "buyer", "consumer", "member", "participant", "interviewee", "respondent", "enduser", "subscriber"),
        Speaker.CUSTOMER,
    ),
    **dict.fromkeys(
        ("agent", "support", "operator", "representative", "rep", "admin", "staff", "advisor", "adviser", "team",
         "interviewer", "moderator", "researcher", "facilitator", "host", "helpdesk", "teammate", "specialist",
         "associate", "manager", "employee", "wizard", "consultant"),
        Speaker.AGENT,
    ),
    **dict.fromkeys(("bot", "chatbot", "assistant", "system", "ai", "ivr", "automation", "autoresponder"), Speaker.BOT),
}  # fmt: skip


OTHERS: Final = "*"
"""Stands in `[speakers]` for every name that is neither listed nor says it itself."""


def is_role(name: str) -> bool:
    """Return whether a name is made of roles alone, such as `Support Team` or `Participant 3`, and so names nobody."""
    words = _words_in(name)
    return bool(words) and all(word in _WORDS for word in words)


def _words_in(name: str) -> list[str]:
    key = name.strip().casefold().replace("end-user", "enduser").replace("end user", "enduser")
    return re.findall(r"[^\W\d_]+", key)


def speaker_of(name: str, said: Mapping[str, Speaker] | None = None) -> Speaker | None:
    """Return who a name or role stands for, None where no word of it says.

    Args:
        name: As the source wrote it.
        said: What a mapping file says, by casefolded name.
    """
    key = name.strip().casefold()
    if said and key in said:
        return said[key]
    found = {_WORDS[word] for word in _words_in(name) if word in _WORDS}
    # "Customer Support" is no customer: of two words the one of the answering side counts.
    for speaker in (Speaker.BOT, Speaker.AGENT, Speaker.CUSTOMER):
        if speaker in found:
            return speaker
    return said.get(OTHERS) if said else None


def side_of_others(known: Iterable[Speaker | None]) -> Speaker | None:
    """Return who the names are that say nothing, beside those that do; None where none does."""
    found = set(known)
    if Speaker.CUSTOMER in found:
        # A further name may be a second agent, whose words must never be quoted as a customer's.
        return Speaker.AGENT
    return Speaker.CUSTOMER if found & {Speaker.AGENT, Speaker.BOT} else None


def speakers_of(names: Iterable[str], said: Mapping[str, Speaker] | None = None) -> dict[str, Speaker] | None:
    """Return who each of a conversation's names is; None where that cannot be told."""
    found = {name: speaker_of(name, said) for name in dict.fromkeys(names)}
    known = set(found.values()) - {None}
    if None in found.values() and not known & {Speaker.AGENT, Speaker.BOT}:
        return None
    # Beside a known customer a further name may be a second agent, whose words must never be quoted as a customer's.
    other = Speaker.AGENT if Speaker.CUSTOMER in known else Speaker.CUSTOMER
    return {name: speaker or other for name, speaker in found.items()}


_INTERVIEW_WORDS: Final = frozenset(
    ("interviewer", "moderator", "researcher", "facilitator", "participant", "interviewee", "respondent")
)


def is_interview(names: Iterable[str]) -> bool:
    """Return whether one of the names is a role in an interview."""
    return any(
        word in _INTERVIEW_WORDS for name in names for word in re.findall(r"[^\W\d_]+", name.casefold())
    )
