"""Text in which names stand before what they say: `Agent: ...`, `**Participant:** ...`, `[00:01:02] Anna: ...`."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from agent.read.speakers import speaker_of
from agent.schemas.records import Speaker

_MAX_NAME_WORDS: Final = 4
_LABEL: Final = re.compile(
    r"^\s*(?:[-–>]+\s*)?(?:[\[(]?\d{1,2}(?::\d{2}){1,2}(?:[.,]\d+)?[\])]?\s*)?"
    r"(?:\*\*|__)?(?P<name>[^\W\d_][^:*<>\[\]\n]{0,40}?)\s*(?:[\[(][\d:.,\s]+[\])])?\s*(?:\*\*|__)?\s*:\s*(?:\*\*|__)?\s*"
    r"(?P<said>.*)$"
)


def label_of(line: str) -> tuple[str, str] | None:
    """Return `(name, words)` of a line that begins with what may be a name and a colon, None for any other line."""
    match = _LABEL.match(line)
    if match is None:
        return None
    name = match["name"].strip()
    looks_like_name = all(word[0].isupper() or not word[0].isalpha() for word in name.split())
    if len(name.split()) > _MAX_NAME_WORDS or match["said"].startswith("//"):
        return None
    return (name, match["said"].strip()) if looks_like_name or speaker_of(name) is not None else None


def names_in(lines: Iterable[str], said: Mapping[str, Speaker] | None = None) -> frozenset[str]:
    """Return the names that speak in a text: known roles, and names that begin at least two lines.

    A word before a colon that comes once, such as `Note:`, is part of what is said.
    """
    counts = Counter(found[0] for found in map(label_of, lines) if found is not None)
    return frozenset(name for name, n in counts.items() if n > 1 or speaker_of(name, said) is not None)


def turns_in(lines: Iterable[str], names: frozenset[str]) -> list[tuple[str, str]]:
    """Return `(name, words)` of each turn; lines without a name go on with the turn before.

    What stands before the first name, a title or a date, is nobody's words.
    """
    turns: list[tuple[str, list[str]]] = []
    for line in lines:
        found = label_of(line)
        if found is not None and found[0] in names:
            turns.append((found[0], [found[1]] if found[1] else []))
        elif turns and line.strip() and not line.startswith("#"):
            turns[-1][1].append(line.strip())
    return [(name, "\n".join(words)) for name, words in turns if words]
