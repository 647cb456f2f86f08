"""Stages that are described by what people do there: "the phase where they compare the products"."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, cast

from agent.chat.understand.index import Index, Mention
from agent.chat.understand.words import Token, lexicon, stem, words_in

_STAGES: Final = frozenset({"stage", "phase"})
_PLACES: Final = frozenset({"point", "moment", "part", "period", "time"})
"""Words that may stand for a stage where what is done there says which."""
_CLAUSES: Final = frozenset({"where", "when", "which", "while", "that"})
_SHOWING: Final = frozenset({"show", "describe", "see", "open", "summarise", "summarize", "explain"})
_ENDS: Final = frozenset({"what", "how", "why", "who", "show", "list", "tell", "give"})
_MOST: Final = 14


def described_stage(tokens: Sequence[Token], index: Index) -> Mention | None:
    """Return the stage that a clause behind "stage" or "phase" describes; None where it says none, or says two."""
    found = stage_clause(tokens, _STAGES | _PLACES)
    if found is None:
        return None
    start, end = found
    stems = {token.stem for token in tokens[start:end]}
    named = [stage for stage in index.vocabulary.stages if stems & _deeds().get(stage, frozenset())]
    if len(named) != 1:
        return None
    # "Where York customers pay": who does it limits the request, and is read as elsewhere.
    return Mention("stage", named[0], start, start + 2 if _names_group(tokens[start:end], index) else end)


def _names_group(tokens: Sequence[Token], index: Index) -> bool:
    """Tell whether a clause says which customers, by a value of the data or by a word before "customers"."""
    leads = words_in("determiners") | _CLAUSES
    free = leads | words_in("stop") | words_in("adjectives")
    entries = (entry for token in tokens for entry in index.entries.get(token.stem, ()))
    return any(one.slot == "where" and not one.called and len(one.stems) == 1 for one in entries) or any(
        token.text in words_in("people") and before.text not in free and lead.text in leads
        for lead, before, token in zip(tokens, tokens[1:], tokens[2:], strict=False)
    )


def stage_clause(tokens: Sequence[Token], heads: frozenset[str] = _STAGES) -> tuple[int, int] | None:
    """Return the place of a clause that says which stage is meant, with the word for the stage; None where none does."""
    for at, token in enumerate(tokens[:-2]):
        if token.text not in heads or not at or _leads(tokens, at) not in words_in("before_stage") | _SHOWING:
            continue
        clause = at + 1
        while clause < len(tokens) - 1 and tokens[clause].text in {",", "in", "during", "at"}:
            clause += 1
        if tokens[clause].text not in _CLAUSES:
            continue
        end = clause + 1
        while end < min(len(tokens), clause + _MOST) and not _ends(tokens, end):
            end += 1
        return at, end
    return None


def _ends(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a clause ends: at a mark, or where a question or an order begins that is not what people do."""
    if not tokens[at].is_word:
        return True
    return tokens[at].text in _ENDS and tokens[at - 1].text not in words_in("people") | {"they", "who"}


def _leads(tokens: Sequence[Token], at: int) -> str:
    """Return the word that a stage stands behind: "in" of "in the very phase"."""
    back = at - 1
    while back >= 0 and tokens[back].text in words_in("determiners") | {
        "very",
        "exact",
        "first",
        "last",
        "point",
        "in",
    }:
        if tokens[back].text == "in":
            return "in"
        back -= 1
    return tokens[back].text if back >= 0 else ""


@cache
def _deeds() -> dict[str, frozenset[str]]:
    lists = cast("dict[str, Any]", lexicon()["stage_deeds"])
    return {stage: frozenset(map(stem, str(words).split())) for stage, words in lists.items()}
