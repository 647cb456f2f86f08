"""Ways from one step to another of which one end is no step that the data has: said so, never answered for the other end."""

import re
from collections.abc import Sequence
from typing import Final

from agent.chat.understand.parsing import Parsed
from agent.chat.understand.slots import unknown_thing
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import TIME_MARK, Token, words_in
from agent.schemas.chat import Missing

_LINKS: Final = {
    "from": frozenset({"to", "till", "until", "into", "then"}),
    "between": frozenset({"and"}),
}
_HOW_LONG: Final = re.compile(
    r"\b(?:how long|how much time|how (?:many|soon|fast|quick\w*)|(?:days|weeks|hours|time) (?:go|goes|pass|passes))\b"
)
"""Between two things that are both unknown, only a time or a number is asked for of steps."""
_FARTHEST: Final = 9
_MOST_WORDS: Final = 6
_ENDS: Final = frozenset({"how", "what", "which", "who", "where", "when", "is", "are", "do", "does", "did", "for", "in", "on", "among", "by", "within", "per", "that", "if", "with"})  # fmt: skip


def unknown_end(parsed: Parsed, vocabulary: Vocabulary) -> Missing | None:
    """Return that one end of a way is unknown where the other is a step of the data, or None."""
    for at, token in enumerate(parsed.tokens):
        links = _LINKS.get(token.text)
        link = None if links is None else _link(parsed.tokens, at, links)
        if link is None:
            continue
        ends = ((at + 1, link), (link + 1, _behind(parsed.tokens, link + 1)))
        known = [_is_known(parsed, *end) for end in ends]
        if all(known) or not (any(known) or _HOW_LONG.search(parsed.text)):
            continue
        words = _words(parsed, *ends[known.index(False)])
        if words:
            names = ", ".join((vocabulary.events or vocabulary.stages)[:8])
            return unknown_thing(
                f"No step in the data is called “{words}”.", f"Ask by a name that is there, such as {names}."
            )
    return None


def _link(tokens: Sequence[Token], start: int, links: frozenset[str]) -> int | None:
    for at in range(start + 2, min(len(tokens), start + _FARTHEST)):
        if tokens[at].text in links:
            return at
        if not tokens[at].is_word and tokens[at].text != ",":
            return None
    return None


def _behind(tokens: Sequence[Token], start: int) -> int:
    """Return where the second end of a way ends."""
    for at in range(start, min(len(tokens), start + _MOST_WORDS)):
        if not tokens[at].is_word or tokens[at].text in _ENDS:
            return at
    return min(len(tokens), start + _MOST_WORDS)


def _is_known(parsed: Parsed, start: int, end: int) -> bool:
    return any(
        one.slot in {"event", "stage", "after"} and one.start < end and start < one.end
        for one in parsed.mentions
    )


def _words(parsed: Parsed, start: int, end: int) -> str:
    """Return the words of an end that could name a step; empty where it is a time, a group or nothing of its own."""
    held = {at for one in parsed.mentions for at in range(one.start, one.end)}
    tokens = [(at, parsed.tokens[at]) for at in range(start, end) if parsed.tokens[at].is_word]
    if not tokens or any(at in held or token.text == TIME_MARK for at, token in tokens):
        return ""
    own = [
        token.text
        for _, token in tokens
        if token.text not in words_in("stop") | words_in("people") | words_in("generic")
        and not token.text.isdigit()
    ]
    return " ".join(token.text for _, token in tokens if token.text not in {"a", "the", "an"}) if own else ""
