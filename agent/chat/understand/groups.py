"""Which customers a request is about, and which it compares them with."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.chat.understand.index import Mention
from agent.chat.understand.kinds import Kind
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import words_in
from agent.schemas.chat import Choice

_OTHERS: Final = (
    "than other", "than the other", "than others", "than the rest", "than everybody", "than everyone", "from the others", "from other", "from others",
    "from everybody", "from everyone", "from the rest", "with the rest", "with everybody", "with everyone", "with other",
    "with the others", "against the rest", "against everybody", "against everyone", "versus the rest", "vs the rest", "versus everybody", "versus everyone", "vs everyone",
    "vs everybody", "vs others", "versus others", "to the rest", "to everybody", "to everyone", "to other", "against other", "against all other", "than average",
    "than the average", "more than most", "vs the others", "versus all other", "differ",
)  # fmt: skip
_BOTH: Final = 2


@dataclass(frozen=True, slots=True)
class Groups:
    """Whom a request is about.

    Attributes:
        where: Their traits; empty for everybody, or everybody else where `versus` stands.
        versus: Whom they are compared with.
        choices: What may be meant, where that is open.
        question: What to ask back.
        notes: How the words were taken.
    """

    where: dict[str, str] = field(default_factory=dict[str, str])
    versus: dict[str, str] = field(default_factory=dict[str, str])
    choices: tuple[Choice, ...] = ()
    question: str = ""
    notes: tuple[str, ...] = ()


def groups_of(parsed: Parsed, kind: Kind, vocabulary: Vocabulary) -> Groups:
    """Return whom a request is about."""
    by_key: defaultdict[str, list[Mention]] = defaultdict(list)
    for mention in parsed.all("where"):
        if mention.value not in [other.value for other in by_key[mention.key]]:
            by_key[mention.key].append(mention)
    twice = [found for found in by_key.values() if len(found) > 1]
    single = {key: found[0] for key, found in by_key.items() if len(found) == 1}
    # Complaints "of mobile and desktop customers" may be asked for either way; what is compared by other kinds may not.
    comparing = is_comparing(parsed) or (kind.tool == "compare_groups" and kind.id != "groups_pains")
    if len(twice) > 1 or any(len(found) > _BOTH for found in twice):
        return _too_many(twice)
    if twice:
        return _two(twice[0], single, comparing=comparing)
    if kind.tool == "compare_groups" or (single and comparing and against_others(parsed)):
        return _one_against_others(list(single.values()), vocabulary)
    return _plain(list(single.values()), vocabulary)


def is_comparing(parsed: Parsed) -> bool:
    """Tell whether a request sets two things side by side."""
    if any(token.text in words_in("comparing") for token in parsed.tokens):
        return True
    return len(parsed.all("where")) > 1 and bool(_OR.search(parsed.text) and _WHICH.search(parsed.text))


_OR: Final = re.compile(r"\bor\b")
_WHICH: Final = re.compile(
    r"\b(?:which|who|more|less|fewer|better|worse|higher|lower|faster|slower|quicker|most|where)\b"
)


def sets_apart(parsed: Parsed) -> bool:
    """Tell whether a request speaks of a group beside another, or beside everybody else, in any words."""
    return len(parsed.all("where")) > 1 or is_comparing(parsed) or bool(_APART.search(parsed.text))


_APART: Final = re.compile(
    r"\b(?:groups|segments|others?|else|rest|more|less|fewer|better|worse|sooner|longer|quicker|faster|slower|same|alike|or|between|unlike|specific|particular|typical|special|than|side by side|stack up|apart|both|average)\b"
)


def against_others(parsed: Parsed) -> bool:
    """Tell whether a group is set beside everybody else."""
    text = " ".join(token.text for token in parsed.tokens)
    return any(words in text for words in _OTHERS)


def _two(found: Sequence[Mention], single: dict[str, Mention], *, comparing: bool) -> Groups:
    first, second = found
    shared = {key: mention.value for key, mention in single.items() if not mention.negated}
    if comparing or second.negated:
        where = {**shared, first.key: first.value}
        return Groups(where=where, versus={**shared, second.key: second.value})
    asked = f"Compare the pain points of {first.value} customers and {second.value} customers"
    choices = (
        Choice(
            label=f"Only {first.value}",
            request=f"What are the biggest pain points of {first.value} customers?",
        ),
        Choice(
            label=f"Only {second.value}",
            request=f"What are the biggest pain points of {second.value} customers?",
        ),
        Choice(label=f"{first.value} against {second.value}", request=asked),
    )
    return Groups(choices=choices, question="One group at a time, or one against the other?")


def _too_many(twice: Sequence[Sequence[Mention]]) -> Groups:
    first, second = twice[0][:2]
    asked = f"Compare the pain points of {first.value} customers and {second.value} customers"
    choices = (
        Choice(label=f"{first.value} against {second.value}", request=asked),
        Choice(
            label=f"{first.value} against everybody else",
            request=f"How do the pain points of {first.value} customers differ from everybody else?",
        ),
    )
    return Groups(choices=choices, question="Two groups can be put side by side. Which?")


def _one_against_others(mentions: Sequence[Mention], vocabulary: Vocabulary) -> Groups:
    if mentions:
        return Groups(versus={mention.key: mention.value for mention in mentions})
    pairs = [
        (trait.key, trait.values[:_BOTH])
        for trait in vocabulary.traits
        if len(trait.values) >= _BOTH and trait.key not in {"kind", "channel"}
    ]
    choices = tuple(
        Choice(
            label=f"{key.replace('_', ' ')}: {first} against {second}",
            request=f"Compare the pain points of {first} customers and {second} customers",
        )
        for key, (first, second) in pairs[:3]
    )
    return Groups(choices=choices, question="Which groups?") if len(choices) > 1 else Groups()


def _plain(mentions: Sequence[Mention], vocabulary: Vocabulary) -> Groups:
    where: dict[str, str] = {}
    notes: list[str] = []
    for mention in mentions:
        if not mention.negated:
            where[mention.key] = mention.value
            continue
        others = [value for value in vocabulary.values_of(mention.key) if value != mention.value]
        if len(others) != 1:
            return _all_but(mention, others)
        where[mention.key] = others[0]
        notes.append(
            f"Not {mention.value} was taken as {others[0]}, the only other {mention.key.replace('_', ' ')} known."
        )
    return Groups(where=where, notes=tuple(notes))


def _all_but(mention: Mention, others: Sequence[str]) -> Groups:
    choices = [
        Choice(
            label=f"{mention.value} against everybody else",
            request=f"How do the pain points of {mention.value} customers differ from everybody else?",
        )
    ]
    choices.extend(
        Choice(label=f"Only {value}", request=f"What are the biggest pain points of {value} customers?")
        for value in others[:2]
    )
    return Groups(
        choices=tuple(choices), question=f"Everybody but {mention.value} cannot be picked as one group."
    )
