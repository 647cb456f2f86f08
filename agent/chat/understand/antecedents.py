"""What a request stands for with words that mean several groups, or a thing of the tool, which the message told of before."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Final

from agent.chat.understand.frames import is_frame
from agent.chat.understand.index import Mention
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.words import lexicon, tokens_of, words_in


def with_groups(text: str, told: Parsed) -> str:
    """Return a request with the groups that were told for "both tiers" and "the two cities", whether the data knows them or not."""
    groups = _told_groups(told)
    match = _two().search(text)
    if len(groups) < _BOTH or match is None:
        return text
    return f"{text[: match.start()]}{' and '.join(groups)} customers{text[match.end() :]}"


_BOTH: Final = 2


@cache
def _two() -> re.Pattern[str]:
    sorts = "|".join(sorted(_crowds(), key=len, reverse=True))
    return re.compile(
        rf"\b(?:both(?: of)?(?: the| these| those| our)?|(?:the|these|those|our) (?:two|2)|either of the(?: two)?|each of the two)(?: (?:\w+ )?(?:{sorts}))?\b(?! (?:and|halves|periods|maps|versions|stages|steps|months|weeks|sides)\b)"
        rf"|\b(?:these|those) (?:{sorts})\b"
    )


@cache
def _crowds() -> frozenset[str]:
    """Return what several groups are called together."""
    words = words_in("crowds") | frozenset(str(lexicon()["pointed_at"]["where"]).split())
    return frozenset(f"{word[:-1]}ies" if word.endswith("y") else f"{word}s" for word in words)


def _told_groups(told: Parsed) -> list[str]:
    """Return the values of one trait that were told, as they were written; else limits that nobody knows."""
    by_key: dict[str, dict[str, Mention]] = {}
    for one in told.all("where"):
        by_key.setdefault(one.key, {}).setdefault(one.value, one)
    found = next((list(values.values()) for values in by_key.values() if len(values) == _BOTH), None)
    if found is not None:
        return [told.words(one) for one in found]
    return list(told.limits) if len(told.limits) == _BOTH else []


def with_thing_told(text: str, said: str) -> str:
    """Return a request with the stage, or the map, for "it" where the last statement was on one: "what changed in it"."""
    last = said.rsplit(". ", maxsplit=1)[-1]
    return _with_map(_with_stage(text, last), last)


def _with_stage(text: str, last: str) -> str:
    """Return a request with "the upsell stage" for "in it", "there" and "upsell", whether the journey has that stage or not."""
    stage = None if _STAGE.search(text) else _stage_in(last)
    if stage is None:
        return text
    if _IN_IT.search(text):
        return _IN_IT.sub(f"in the {stage} stage", text, count=1)
    if stage in lexicon()["stages"]:
        return text
    return re.sub(rf"\b(?:the )?{re.escape(stage)}\b", f"the {stage} stage", text, count=1)


_STAGE: Final = re.compile(r"\b(?:stage|phase)\b")
_IN_IT: Final = re.compile(
    r"\b(?:(?:in|within|during|at) (?:it|this one|that one)|there)(?=\s*(?:$|[?.!,;]))"
)


def _stage_in(statement: str) -> str | None:
    """Return what a stage is called that a statement is on, None where no name stands before the word."""
    built_in = lexicon()["stages"]
    for name, sort in pairwise(tokens_of(statement)):
        if sort.text in {"stage", "phase"} and name.is_word and (name.text in built_in or not is_frame(name)):
            return name.text
    return None


def _with_map(text: str, last: str) -> str:
    things = [token.text for token in tokens_of(last) if token.text in words_in("artefacts")]
    match = _IT.search(text)
    names_one = any(token.text in words_in("artefacts") for token in tokens_of(text))
    if not things or match is None or names_one:
        return text
    return f"{text[: match.start()]}the {things[-1]}{text[match.end() :]}"


_IT: Final = re.compile(r"\b(?:it|this one|that one)\b(?! (?:is|was|take|takes|took)\b)")


def is_on_people(pointer: str, told: Parsed, own: Sequence[Mention]) -> bool:
    """Tell whether "them" means the customers that were told of, and no trouble of theirs."""
    means_several = pointer in {"them", "those", "these"}
    return means_several and not own and any(not one.negated for one in told.all("where"))
