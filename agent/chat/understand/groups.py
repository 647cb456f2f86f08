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
from agent.chat.understand.words import tokens_of, words_in
from agent.schemas.chat import Choice

_OTHERS: Final = re.compile(
    r"\b(?:than|with|to|from|against|versus|vs|v|or|and|unlike|among|of|next to|beside|for)\s+(?:all\s+|with\s+|that of\s+|those of\s+)?(?:the\s+|our\s+|any\s+)?"
    r"(?:rest|others?(?! (?:way|half|side|hand|one|two|reason|words))|everybody|everyone|anybody else|anyone else|all other\w*|remaining|remainder|average|average customers?|general (?:customer )?(?:base|population|public))\b"
    r"|\b(?:than|with|to|from|against|versus|vs|and) (?:\w+ ){0,2}?(?:elsewhere|anywhere else|everywhere else|somewhere else)\b"
    r"|\b(?:more than most|differ\w*|stands? out|sets? (?:\w+ ){1,4}apart|not shared by|else\b.*\bnot)\b"
)
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
    by_key = _by_key(parsed)
    twice = [found for found in by_key.values() if len(found) > 1]
    single = {key: found[0] for key, found in by_key.items() if len(found) == 1}
    if twice and (kind.tool == "count_customers" or _is_row(twice)):
        # What is counted for several values of a trait is counted by the trait.
        return _plain(list(single.values()), vocabulary)
    # Complaints "of mobile and desktop customers" may be asked for either way; what is compared by other kinds may not.
    comparing = is_comparing(parsed) or (kind.tool == "compare_groups" and kind.id != "groups_pains")
    if len(twice) > 1 or any(len(found) > _BOTH for found in twice):
        return _too_many(twice)
    if twice:
        return _two(
            twice[0],
            single,
            comparing=comparing or kind.tool not in _LISTING or not _is_one_list(parsed, twice[0]),
        )
    if kind.tool in _NEVER_BESIDE:
        return _plain(list(single.values()), vocabulary)
    if kind.tool == "compare_groups" or (single and comparing and against_others(parsed)):
        return _one_against_others(list(single.values()), vocabulary)
    return _plain(list(single.values()), vocabulary)


_LISTING: Final = frozenset({"list_pain_points", "list_themes", "search_evidence", "show_pain_point"})
"""Tools whose answer for two groups at once may be wanted of either alone."""
_NEVER_BESIDE: Final = frozenset({"show_value", "list_personas", "predict", "count_customers"})
"""Tools that tell customers apart by themselves, or that have nothing to set beside."""


def _by_key(parsed: Parsed) -> dict[str, list[Mention]]:
    """Return the values that are named, by trait; what is left out beside what is asked for says nothing more."""
    found: defaultdict[str, list[Mention]] = defaultdict(list)
    for mention in parsed.all("where"):
        if mention.value not in [other.value for other in found[mention.key]]:
            found[mention.key].append(mention)
    for key, mentions in found.items():
        kept = [one for one in mentions if not one.negated]
        if kept and len(kept) < len(mentions) and not is_comparing(parsed):
            found[key] = kept
    channels = {one.value for one in found.get("channel", ())}
    # Reviews on a review site and what was said on the phone: the channel says the kind.
    if channels and {one.value for one in found.get("kind", ())} in ({"review"}, {"transcript"}):
        del found["kind"]
    return found


def _is_row(twice: Sequence[Sequence[Mention]]) -> bool:
    """Tell whether the values of a trait are listed to say what is meant by it: "by chat, e-mail, phone and so on"."""
    return any(len(found) > _BOTH and len(found) > _MANY for found in twice)


_MANY: Final = 3


def _is_one_list(parsed: Parsed, found: Sequence[Mention]) -> bool:
    """Tell whether two values stand side by side as one group might: "mobile and desktop customers"."""
    first, second = found
    between = {token.text for token in parsed.tokens[first.end : second.start]}
    return bool(between & {"and", ",", "or", "plus"}) and len(between) <= _NEAR


_NEAR: Final = 3


def is_comparing(parsed: Parsed) -> bool:
    """Tell whether a request sets two things side by side."""
    if any(token.text in words_in("comparing") for token in tokens_of(_NOT_BESIDE.sub(" ", parsed.text))):
        return True
    if not two_of_one_trait(parsed):
        return False
    return bool(_BESIDE.search(parsed.text) or (_OR.search(parsed.text) and _WHICH.search(parsed.text)))


_NOT_BESIDE: Final = re.compile(
    r"\b(?:rather|other|more|less|fewer|later|no later) than(?= (?:\d|just|only|the whin|grumbl|complain|mere|half|one|two|three|a )|\b.{0,12}$)|\brather than\b"
)


def two_of_one_trait(parsed: Parsed) -> bool:
    """Tell whether two values of one trait are named, as two groups beside each other have to be."""
    keys = [key for key, _ in {(one.key, one.value) for one in parsed.all("where")}]
    return len(set(keys)) < len(keys)


_BESIDE: Final = re.compile(
    r"\b(?:same|alike|in common|common to|shared?|apart|equally|just as|as (?:much|bad|many|often|happy|long|fast|likely)|either|both|whereas|unlike|side by side|next to|the other|respectively|each other|separately|(?:but|that) .*\b(?:do|does|did|are|is|have) not)\b"
)
_OR: Final = re.compile(r"\bor\b")
_WHICH: Final = re.compile(
    r"\b(?:which|who|whose|do|does|is|are|what|more|less|fewer|better|worse|higher|lower|faster|slower|quicker|most|where)\b"
)


def sets_apart(parsed: Parsed) -> bool:
    """Tell whether a request speaks of a group beside another, or beside everybody else, in any words."""
    if (parsed.times or _TIMES.search(parsed.text)) and not (
        two_of_one_trait(parsed) or against_others(parsed)
    ):
        return False
    return two_of_one_trait(parsed) or is_comparing(parsed) or bool(_APART.search(parsed.text))


_APART: Final = re.compile(
    r"\b(?:groups|segments|others?|else|rest|more|less|fewer|better|worse|sooner|longer|quicker|faster|slower|same|alike|or|between|unlike|specific|particular|typical|special|than|side by side|stack up|apart|both|average)\b"
)


def against_others(parsed: Parsed) -> bool:
    """Tell whether a group is set beside everybody else."""
    match = _OTHERS.search(" ".join(token.text for token in parsed.tokens))
    if match is None:
        return False
    # What differs from one time to another is no matter of groups.
    return not (match[0].startswith("differ") and (parsed.times or _TIMES.search(parsed.text)))


def names_time(parsed: Parsed) -> bool:
    """Tell whether any word speaks of one time beside another, as two periods have to be."""
    return bool(_TIMES.search(parsed.text) or _TIME_WORDS.search(parsed.text))


_TIME_WORDS: Final = re.compile(
    r"\b(?:half|halves|periods?|times?|before|after|now|then|until|chang\w+|shift\w*|moved?|evol\w+|develop\w+|past|previous\w*|prior|first|last|late\w*|recent\w*|new|newer|old|older|begin\w*|began"
    r"|end|launch\w*|releas\w+|relaunch\w*|days?|weeks?|months?|quarters?|years?|spring|summer|autumn|winter|ago|once|still|yet|better|worse|improv\w+|drop\w*|gr[eo]w\w*|rise\w*|risen|fall\w*|became|become|got)\b"
)
_TIMES: Final = re.compile(
    r"\b(?:halves|half of|before and after|since|earlier|later|nowadays|now than|used to)\b"
)


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
