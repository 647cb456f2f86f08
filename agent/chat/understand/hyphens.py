"""Names as they are written in files and with hyphens, taken apart: "deal_seeker", "loyaltyTier", "canopy-tier", "basket-to-order"."""

import re
from typing import Final

from agent.chat.understand.index import Index
from agent.chat.understand.words import stem, words_in

_TOGETHER: Final = re.compile(r"(?<![\w@.+-])[a-z]+(?:-[a-z]+)+(?![\w@+-])")
_BESIDE: Final = frozenset(
    {
        "based", "using", "only", "owning", "side", "channel", "device", "level", "type", "value", "shopping", "buying", "dwelling", "living", "preferring",
        "stage", "phase", "loving", "borne", "written", "sourced", "kind", "city", "area", "user", "users", "buyer", "buyers", "alone", "status", "made",
    }
)  # fmt: skip
"""Words that are put to a name to say that it is meant as one."""
_TRAITS: Final = frozenset(
    {"channel", "tier", "segment", "device", "level", "type", "kind", "city", "status"}
)
"""Words that say of which trait a value is, and nothing else."""
_MOST_PARTS: Final = 8
_TIME: Final = {"post": "after", "pre": "before"}
_DONE_BEFORE: Final = frozenset({"order", "book", "register", "pay"})
_WRITTEN: Final = re.compile(r"(?<![\w@.+-])[a-z][a-z0-9]*(?:_[a-z0-9]+)*(?![\w1042-])")


def apart(text: str, index: Index) -> str:
    """Return a text in which words that name a group, a stage or steps stand by themselves."""
    text = _WRITTEN.sub(lambda match: _as_words(match[0], index), text)
    return _TOGETHER.sub(lambda match: _taken_apart(match[0], index), text)


def _as_words(word: str, index: Index) -> str:
    """Return a name of the data that is written in one, "deal_seekers", as its words; a step by its very name stays it."""
    if word in index.vocabulary.events:
        return word
    bare = word.replace("_", "")
    found = index.together.get(bare)
    if found is None and bare.endswith("s"):
        found = index.together.get(bare.removesuffix("s"))
        found = None if found is None else f"{found}s"
    return found or word


def _taken_apart(word: str, index: Index) -> str:
    parts = word.split("-")
    if len(parts) > _MOST_PARTS:
        return word
    if "to" in parts[1:-1] and parts[0] != parts[-1]:
        return " ".join(parts)
    if parts[0] == "pre" and stem(parts[1]) in _DONE_BEFORE:
        # "Pre-ordered" is a deed of its own.
        return word
    if parts[0] in _TIME and len(parts) > 1 and _starts_step(parts[1], index) and not _is_name(word, index):
        return " ".join((_TIME[parts[0]], *parts[1:]))
    stems = tuple(map(stem, parts))
    for start in range(len(parts)):
        for end in range(len(parts), start, -1):
            rest = (*parts[:start], *parts[end:])
            if _names(stems[start:end], index) and all(_is_beside(one) for one in rest):
                kept = [one for one in rest if one not in _TRAITS]
                return " ".join((*parts[start:end], *kept) if start == 0 else (*kept, *parts[start:end]))
    return word


def _is_beside(word: str) -> bool:
    return word in _BESIDE | words_in("groups") | words_in("people") | words_in("prepositions")


def _names(stems: tuple[str, ...], index: Index) -> bool:
    held = index.entries.get(stems[0], ())
    is_step = len(stems) > 1 and any(frozenset(stems) == named for _, named in index.event_stems)
    return is_step or any(entry.stems == stems and entry.slot in {"where", "stage"} for entry in held)


def _is_name(word: str, index: Index) -> bool:
    return any(entry.text == word for entry in index.entries.get(stem(word), ()))


def _starts_step(word: str, index: Index) -> bool:
    found = stem(word)
    return found in index.told or any(found in stems for _, stems in index.event_stems)
