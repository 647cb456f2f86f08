"""Whether what a model says is borne out by what the tools said: it may leave clauses out and join them, nothing else.

A sentence is cut into clauses at marks and at words that join. Each clause has to be a clause of a tool's own sentence,
word for word, but for articles and the number of a verb; a name out of the data is one word, so that nothing is cut out
of it. What customers wrote bears out no statement at all: their words can be quoted, in whole sentences, and nothing
else can be made of them. For what surrounds a word may turn it round ("far from broken", "used to be broken", "I feared
that it was broken"), and no list of such words has an end. Strict on purpose: the tool's own sentence, or the quote,
stands in the place of a true sentence in other words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from agent.chat.cutting import is_abbreviated

_UNIT = re.compile(
    r"\{\{m:[a-z0-9._]+(?::[a-z]+)?\}\}|‘[^‘’]*’|[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[^\w\s]",
)
_LEANING = re.compile(
    r"\b(?:it|its|so|this|these|those|they|them|their|theirs|such|then|next|another|same|former|latter|there)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:then|next|another|also|this|these|those|it|they|in (?:their|the customers') words)\b", re.IGNORECASE
)
_DISCOURSE = re.compile(r"^(?:overall|moreover|meanwhile|in addition|in all)\b,?\s*", re.IGNORECASE)
_BREAKS = frozenset(".;:!?,()–—")
_ENDS = frozenset(".;!?")
_JOINS = frozenset(("and", "but", "while", "whereas", "although", "though", "however", "yet"))
_FREE = frozenset(("a", "an", "the"))
_ALIKE = {"are": "is"}
_HEDGE_WORDS = """
    no not never nobody none nothing nowhere neither nor without cannot hardly barely rarely seldom scarcely if unless
    except only until would should could might may whether perhaps maybe likely unlikely almost nearly supposed apart
    than or rather instead false wrong provided although though least
"""
_HEDGES = frozenset(_HEDGE_WORDS.split())
"""What may take back or narrow what stands beside it in a sentence: a clause with such a word is never left out."""
_LONGEST_QUOTE = 240
_UNQUOTABLE = re.compile(r"[{}“”\n\r]")
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?](?=\s+[\"“]?[^\W_a-z])")
_TURNING = re.compile(
    r"^\W*(?:but|however|yet|though|although|not|no|nope|never|none|except|unless|until|only|or|just|joke|joking|kidding|"
    r"wrong|false|untrue|that|this|these|those|it|they|so|at least|at first|actually|in fact|turns|then|now|today|since|"
    r"later|luckily|fortunately|thankfully|wait|sorry|edit|update|instead|rather|otherwise|still|he|she|there|yeah|as if|"
    r"said|says)\b",
    re.IGNORECASE,
)
_TELLING_OF = re.compile(
    r"\b(?:if|imagin\w*|suppos\w*|claim\w*|rumou?r\w*|hear|heard|dream\w*|jok\w*|lies?|lied|myths?|pretend\w*|say|says|said|"
    r"tell|tells|told|thought|think|expect\w*|fear\w*|worr\w*|believ\w*|wish\w*|hop\w+|guess\w*|assum\w*|wrote|writes|"
    r"read|reads|quote\w*|following|this|used to|once)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """Words in order."""

    words: tuple[str, ...]
    is_joined: bool
    """Whether it begins a text, or stands behind a word or mark that begins another statement."""
    sentence: int
    """Which sentence of the text it is of."""
    is_hedged: bool
    """Whether it may take back or narrow what stands beside it."""

    @property
    def has_number(self) -> bool:
        """Tell whether it names a number."""
        return any(word.startswith("{{") for word in self.words)


@lru_cache(maxsize=4_000)
def clauses(text: str) -> tuple[Clause, ...]:
    """Return a text's clauses; those that hold no word are left out."""
    found: list[Clause] = []
    words: list[str] = []
    is_joined, is_hedged, sentence = True, False, 0
    for unit in [*_UNIT.findall(text), "."]:
        word = unit if unit.startswith("{{") else unit.casefold().replace("’", "'")
        if word not in _BREAKS and word not in _JOINS:
            is_hedged |= word in _HEDGES or word.endswith("n't")
            if word not in _FREE and (word[-1:].isalnum() or word[0] in "{‘"):
                words.append(_ALIKE.get(word, word))
            continue
        if words:
            found.append(Clause(tuple(words), is_joined, sentence, is_hedged))
            words, is_joined, is_hedged = [], False, False
        is_joined |= word in _JOINS or word in _ENDS
        is_hedged |= word in _HEDGES
        sentence += word in _ENDS
    return tuple(found)


def leans(text: str) -> bool:
    """Tell whether a sentence cannot be understood without the one before it."""
    return _OPENING.match(text) is not None or ("‘" not in text and _LEANING.search(text) is not None)


@dataclass(frozen=True, slots=True, order=True)
class _At:
    """Where in a source a text has got to."""

    source: int
    clause: int
    is_whole: bool
    """Whether nothing of the source was left out up to here."""


_Taken = frozenset[tuple[int, int]]
"""Source and clause of each clause of a text so far."""
_Ways = dict[_At, _Taken]


def bearers(text: str, sources: Sequence[str]) -> frozenset[int] | None:
    """Return which sources bear a text out, by position; None where they do not, or where it says nothing.

    Clauses lean on those before them ("and it stops them"), so a source is taken up at its first clause and followed in
    order; where a number is taken, all that stands before it is. A text may begin at a later clause that leans on
    nothing. Another source is taken up only where a new statement begins, and there with its first clause, so that
    nothing is hung on what stands before it. A clause of a sentence that narrows the others is never left out.
    """
    text = _DISCOURSE.sub("", text)
    said = clauses(text)
    if not said or _OPENING.match(text):
        return None
    begins_anywhere = _LEANING.search(text) is None and len(said[0].words) > 1
    ways = _begun(said[0], sources, anywhere=begins_anywhere)
    for clause in said[1:]:
        ways = _continued(clause, sources, ways)
    whole = [taken for _, taken in sorted(ways.items()) if _is_unnarrowed(taken, sources)]
    return frozenset(source for source, _ in whole[0]) if whole else None


def _begun(said: Clause, sources: Sequence[str], *, anywhere: bool) -> _Ways:
    ways: _Ways = {}
    for number, source in enumerate(sources):
        for at, whole in enumerate(clauses(source)):
            if (at == 0 or (anywhere and not said.has_number)) and said.words == whole.words:
                ways[_At(number, at, is_whole=at == 0)] = frozenset([(number, at)])
    return ways


def _continued(said: Clause, sources: Sequence[str], ways: _Ways) -> _Ways:
    found: _Ways = {}
    for before, taken in sorted(ways.items()):
        for at, whole in enumerate(clauses(sources[before.source])):
            if at <= before.clause or said.words != whole.words:
                continue
            follows_whole = before.is_whole and at == before.clause + 1
            if follows_whole or not said.has_number:
                found.setdefault(_At(before.source, at, follows_whole), taken | {(before.source, at)})
    if said.is_joined and ways:
        taken = ways[min(ways)]
        for number, source in enumerate(sources):
            first = clauses(source)[:1]
            if first and said.words == first[0].words:
                found.setdefault(_At(number, 0, is_whole=True), taken | {(number, 0)})
    return found


def _is_unnarrowed(taken: _Taken, sources: Sequence[str]) -> bool:
    """Tell whether nothing was left out that narrows what was taken of the same sentence."""
    sentences = {(source, clauses(sources[source])[at].sentence) for source, at in taken}
    return not any(
        clause.is_hedged and clause.sentence == sentence and (source, at) not in taken
        for source, sentence in sentences
        for at, clause in enumerate(clauses(sources[source]))
    )


def is_quotable(quote: str) -> bool:
    """Tell whether a quote may stand in a sentence: short, on one line, and without what a template would trip over."""
    return len(quote) <= _LONGEST_QUOTE and _UNQUOTABLE.search(quote.strip()) is None


def is_excerpt(text: str, quote: str) -> bool:
    """Tell whether an excerpt is a quote, or whole sentences of it which those beside them do not turn round.

    Only a full stop or an exclamation mark before something that starts like a sentence ends one; a question is never
    cut out, for its answer stands behind it.
    """
    text, said = text.strip(), _sentences(quote.strip())
    if _is_all_of(text, quote.strip()):
        return True
    runs = ((first, last) for first in range(len(said)) for last in range(first, len(said)))
    return any(
        _is_all_of(text, " ".join(said[first : last + 1])) and _stands_alone(said, first, last)
        for first, last in runs
        if "?" not in text
    )


def _sentences(quote: str) -> list[str]:
    ends = [at.end() for at in _SENTENCE_END.finditer(quote) if not is_abbreviated(quote[: at.end()])]
    return [quote[start:end].strip() for start, end in pairwise([0, *ends, len(quote)])]


def _is_all_of(text: str, sentence: str) -> bool:
    """Tell whether a text is a sentence, with or without the mark at its end."""
    return bool(text) and text in {sentence, sentence.rstrip(".!")}


def _stands_alone(said: Sequence[str], first: int, last: int) -> bool:
    """Tell whether the sentences around some leave them as they are."""
    if first and (
        _TURNING.match(said[first]) or said[first - 1].endswith("?") or _TELLING_OF.search(said[first - 1])
    ):
        return False
    return last + 1 == len(said) or _TURNING.match(said[last + 1]) is None
