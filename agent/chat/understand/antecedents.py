"""What a request stands for with words that mean several groups, or a thing of the tool, which the message told of before."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Final

from agent.chat.understand.frames import is_frame
from agent.chat.understand.index import Mention, index_of
from agent.chat.understand.mentions import mentions_in
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.telling import claimed
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import Token, lexicon, tokens_of, words_in


def with_groups(text: str, told: Parsed, vocabulary: Vocabulary) -> str:
    """Return a request with the groups that were told for "both tiers" and "the two cities", whether the data knows them or not."""
    groups = _told_groups(told, vocabulary)
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


def _told_groups(told: Parsed, vocabulary: Vocabulary) -> list[str]:
    """Return the values of one trait that were told; else the words for groups that nobody knows."""
    by_key: dict[str, dict[str, Mention]] = {}
    # "We argue about families and enthusiasts": what is talked of are groups all the same.
    tokens = tuple(_COMMA if token.text in {"about", "over"} else token for token in told.tokens)
    for one in mentions_in(tokens, index_of(vocabulary)):
        if one.slot != "where":
            continue
        by_key.setdefault(one.key, {}).setdefault(one.value, one)
    found = next((list(values.values()) for values in by_key.values() if len(values) == _BOTH), None)
    if found is not None:
        return [one.value.replace("_", " ").casefold() for one in found]
    return list(told.limits) if len(told.limits) == _BOTH else []


_COMMA: Final = Token(",", ",", is_word=False)


def with_thing_told(text: str, said: str) -> str:
    """Return a request with what the last statement was on, where it means that: a stage, the map, a trait, another company."""
    last = said.rsplit(". ", maxsplit=1)[-1]
    text = _with_map(_with_stage(_with_term(text, last), last), last)
    return _with_owner(_with_trait(text, last), last)


def _with_term(text: str, last: str) -> str:
    """Return the question for the meaning of a word that somebody was told to say: "the analyst says reach. What is that?"."""
    claim = claimed(last).split()
    is_word = claim != last.split() and 0 < len(claim) <= _SHORT
    return f"what does {' '.join(claim)} mean" if is_word and _WHAT_IS.match(text) else text


_WHAT_IS: Final = re.compile(
    r"^(?:and |so |but )?what (?:is|are) (?:it|that|this|they)(?:,? (?:\w+ly|even|then|again))?$"
)


def _with_trait(text: str, last: str) -> str:
    """Return a request for numbers with the trait that was told for "each" and "them": "how are customers spread over them"."""
    match = _EACH.search(text)
    if match is None or not _NUMBERS.search(text):
        return text
    told = [one for name in _traits() for one in re.finditer(rf"\b{name}\b", last)]
    return text if not told else f"{text[: match.start()]}per {max(told, key=lambda one: one.end())[0]}"


_EACH: Final = re.compile(
    r"\b(?:in|across|among|amongst|over|between|by|per|for|into|of) (?:each(?: one| of (?:them|those|these))?|them|those|these|every one)\s*$"
)
_NUMBERS: Final = re.compile(r"\b(?:how many|number|count|spread|distributed?|split|share|divided?)\b")


@cache
def _traits() -> tuple[str, ...]:
    """Return what traits are called, in the plural too, the longest first."""
    names = {name for names in lexicon()["trait_names"].values() for name in names if len(name) > _SHORT}
    return tuple(sorted(names, key=len, reverse=True))


_SHORT: Final = 3


def _with_owner(text: str, last: str) -> str:
    """Return a request with the company that was told for "their" customers, who are none of this brand's."""
    match = _THEIR.search(text)
    companies = [token.text for token in tokens_of(last) if token.text in words_in("companies")]
    named = [one for one in companies if not is_frame(tokens_of(one)[0]) and one not in _THINGS]
    if match is None or not named:
        return text
    return f"{text[: match.start()]}{named[-1].removesuffix('s')}s{text[match.start() + len('their') :]}"


_THEIR: Final = re.compile(
    r"\btheir (?=(?:own )?(?:customers?|shoppers|buyers|clients|users|visitors|members|reviews|complaints?|pain points?|retention|journeys?|funnel|nps|prices?)\b)"
)
_THINGS: Final = frozenset({"boots", "apple", "lush", "gap", "target", "next", "puma", "amazon"})
"""Companies that are things too."""


def _with_stage(text: str, last: str) -> str:
    """Return a request with "the upsell stage" for "in it", "there" and "upsell", whether the journey has that stage or not."""
    stage = None if _STAGE.search(text) else _stage_in(last)
    if stage is None:
        return text
    if _ON_IT.search(text):
        return _ON_IT.sub(f"the {stage} stage", text, count=1)
    if _IN_IT.search(text):
        return _IN_IT.sub(f"in the {stage} stage", text, count=1)
    if stage in lexicon()["stages"]:
        return text
    return re.sub(rf"\b(?:the )?{re.escape(stage)}\b", f"the {stage} stage", text, count=1)


_STAGE: Final = re.compile(r"\b(?:stage|phase)\b")
_ON_IT: Final = re.compile(
    r"(?:(?<=\bon )|(?<=\babout )|(?<=\bof )|(?<=\bthrough ))(?:it|that|this one|that one)(?=\s*$)"
)
_IN_IT: Final = re.compile(
    r"\b(?:(?:in|within|during|at) (?:it|this one|that one|each(?: one| of them)?)|there)(?=\s*(?:$|[?.!,;]))"
)


def _stage_in(statement: str) -> str | None:
    """Return what a stage is called that a statement is on, None where no name stands before the word."""
    built_in = lexicon()["stages"]
    for name, sort in pairwise(tokens_of(statement)):
        if sort.text not in {"stage", "phase"} or not name.is_word:
            continue
        if name.text in built_in or name.text == "each" or not is_frame(name):
            return name.text
    return None


def _with_map(text: str, last: str) -> str:
    things = [token.text for token in tokens_of(last) if token.text in words_in("artefacts")]
    if things and _CHANGES.search(text):
        return f"{text} in the {things[-1]}"
    match = _IT.search(text)
    names_one = any(token.text in words_in("artefacts") for token in tokens_of(text))
    if not things or match is None or names_one:
        return text
    return f"{text[: match.start()]}the {things[-1]}{text[match.end() :]}"


_CHANGES: Final = re.compile(
    r"\b(?:the|any|its|all) (?:changes|differences|news|novelties|edits|updates)\s*$"
)
_IT: Final = re.compile(r"\b(?:it|this one|that one)\b(?! (?:is|was|take|takes|took)\b)")


def is_on_people(pointer: str, told: Parsed, own: Sequence[Mention]) -> bool:
    """Tell whether "them" means the customers that were told of, and no trouble of theirs."""
    means_several = pointer in {"them", "those", "these"}
    return means_several and not own and any(not one.negated for one in told.all("where"))
