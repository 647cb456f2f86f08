"""Whether what a model says is borne out by what it cites: it may leave out and join, never add, turn round or swap.

A sentence is cut into clauses. Each clause has to be a selection out of one clause of something cited (a tool's own
sentence, a row of a table, a quote): the same content words in the same order, each under the same operators (denials,
wishes, doubts, failures), with the clause's subject; with a number in it, nothing of substance left out either.
Modest on purpose: a true sentence in other words is refused too, and the tool's own sentence stands in its place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from agent.lexical import content_stems

_UNIT = re.compile(r"\{\{m:[a-z0-9._]+(?::[a-z]+)?\}\}|[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[^\w\s]")
_LEANING = re.compile(
    r"\b(?:it|its|so|this|these|those|they|them|their|theirs|such|then|next|another|same|former|latter|there)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:then|next|another|also|this|these|those|it|they|in (?:their|the customers') words)\b", re.IGNORECASE
)
_BREAKS = frozenset(".;:!?,()–—")
_ENDS = frozenset(".;!?")
_JOIN_WORDS = "and but while whereas although though however yet"
_FREE_WORDS = """
    a an the this that these those its it is are was were be been being am do does did done has have had having of in
    on at to for with by about as into onto among which who whom whose or also they them their theirs i me my mine we
    us our ours he him his she her hers you your yours itself themselves myself there here overall addition moreover
    meanwhile example instance
    say says said saying state states stated report reports reported reporting mention mentions mentioned mentioning
    describe describes described describing write writes wrote written writing speak speaks spoke speaking
"""
_PERSON_WORDS = "customer customers people person persons shopper shoppers buyer buyers user users"
_DENIAL_WORDS = """
    no not never nobody none nothing nowhere neither nor without cannot cant dont didnt doesnt isnt wasnt arent werent
    wont couldnt wouldnt shouldnt hasnt havent hadnt hardly barely rarely seldom scarcely ain
"""
_OPERATOR_WORDS = """
    fail fails failed failing refuse refuses refused refusing lack lacks lacked lacking stop stops stopped stopping avoid
    avoids avoided avoiding prevent prevents prevented preventing unable impossible difficult hard struggle struggles
    struggled struggling deny denies denied doubt doubts doubted want wants wanted wish wishes wished hope hopes hoped
    expect expects expected expecting would should could might may must if unless instead rather promise promises
    promised claim claims claimed few fewer little less least low lower false wrong untrue only until need needs needed
    almost nearly supposed sometimes ask asks asked perhaps maybe likely unlikely
"""
_JOINS, _FREE, _PERSONS, _DENIALS, _OPERATORS = (
    frozenset(words.split())
    for words in (_JOIN_WORDS, _FREE_WORDS, _PERSON_WORDS, _DENIAL_WORDS, _OPERATOR_WORDS)
)
_PERSON = "<person>"
_DENY = "<not>"


@dataclass(frozen=True, slots=True)
class Token:
    """A content word with the operators it stands under, a person, or a number's name."""

    stem: str
    operators: frozenset[str] = frozenset()

    @property
    def is_number(self) -> bool:
        """True for a number's name."""
        return self.stem.startswith("{{")


@dataclass(frozen=True, slots=True)
class Clause:
    """Content words in order."""

    tokens: tuple[Token, ...]
    is_joined: bool
    """Whether it begins a text, or stands behind a word or mark that begins another statement."""

    @property
    def has_number(self) -> bool:
        """Tell whether it names a number."""
        return any(token.is_number for token in self.tokens)

    @property
    def substance(self) -> list[Token]:
        """The words without the persons."""
        return [token for token in self.tokens if token.stem != _PERSON]


@lru_cache(maxsize=4_000)
def clauses(text: str) -> tuple[Clause, ...]:
    """Return a text's clauses as content words in order; those that hold none are left out."""
    found: list[Clause] = []
    clause, is_joined = _Clause(), True
    for unit in [*_UNIT.findall(text), "."]:
        word = unit if unit.startswith("{{") else unit.lower().replace("’", "'")
        if word not in _BREAKS and word not in _JOINS:
            clause.add(word)
            continue
        if tokens := clause.tokens():
            found.append(Clause(tokens, is_joined))
            is_joined = False
        is_joined |= word in _JOINS or word in _ENDS
        clause = _Clause()
    return tuple(found)


class _Clause:
    """A clause that is being read."""

    def __init__(self) -> None:
        self._tokens: list[Token] = []
        self._operators: set[str] = set()
        self._denies_nothing = False

    def add(self, word: str) -> None:
        """Take in a word, and note the operator that it is for the words behind it."""
        if word.startswith("{{"):
            self._tokens.append(Token(word))
        elif word in _DENIALS or word.endswith("n't"):
            # Counted: a second denial takes the first one back.
            self._operators.add(_DENY * (1 + sum(one.startswith(_DENY) for one in self._operators)))
            self._denies_nothing = True
        elif word in _PERSONS:
            self._tokens.append(Token(_PERSON))
        elif word not in _FREE and word[:1].isalnum():
            self._add_content(word.partition("'")[0])

    def _add_content(self, word: str) -> None:
        stem = next(iter(content_stems(word)), word)
        self._tokens.append(Token(stem, frozenset(self._operators)))
        self._denies_nothing = False
        if word in _OPERATORS:
            self._operators.add(stem)

    def tokens(self) -> tuple[Token, ...]:
        """Return what it holds, nothing where it names persons alone; a denial of nothing that follows is content too."""
        if self._denies_nothing:
            self._tokens.append(Token(_DENY))
        return tuple(self._tokens) if any(token.stem != _PERSON for token in self._tokens) else ()


def leans(text: str) -> bool:
    """Tell whether a sentence cannot be understood without the one before it."""
    return _OPENING.match(text) is not None or ("‘" not in text and is_leaning(text))


def is_leaning(text: str) -> bool:
    """Tell whether a text has a word that stands for something said elsewhere."""
    return _LEANING.search(text) is not None


@dataclass(frozen=True, slots=True, order=True)
class _At:
    """Where in a source a text has got to."""

    source: int
    clause: int
    is_whole: bool
    """Whether nothing of the source was left out up to here."""


_Ways = dict[_At, frozenset[int]]


def bearers(text: str, sources: Sequence[str]) -> frozenset[int] | None:
    """Return which sources bear a text out, by position; None where they do not, or where it has no content.

    Clauses lean on those before them ("and it stops them"), so a source is taken up at its first clause and followed in
    order; where a number is taken, all that stands before it is. A text may begin at a later clause that leans on
    nothing. Another source is taken up only where a new statement begins, and there with its whole first clause, so that
    nothing is hung on what stands before it.
    """
    said = clauses(text)
    if not said or _OPENING.match(text):
        return None
    begins_anywhere = _LEANING.search(text) is None and len(said[0].substance) > 1
    ways = _begun(said[0], sources, anywhere=begins_anywhere)
    for clause in said[1:]:
        ways = _continued(clause, sources, ways)
    return ways[min(ways)] if ways else None


def _begun(said: Clause, sources: Sequence[str], *, anywhere: bool) -> _Ways:
    ways: _Ways = {}
    for number, source in enumerate(sources):
        for at, whole in enumerate(clauses(source)):
            if (at == 0 or (anywhere and not said.has_number)) and _selected(said, whole):
                ways[_At(number, at, at == 0 and said.substance == whole.substance)] = frozenset([number])
    return ways


def _continued(said: Clause, sources: Sequence[str], ways: _Ways) -> _Ways:
    found: _Ways = {}
    for before, used in sorted(ways.items()):
        for at, whole in enumerate(clauses(sources[before.source])):
            if at <= before.clause or not _selected(said, whole):
                continue
            follows_whole = before.is_whole and at == before.clause + 1
            if follows_whole or not said.has_number:
                is_whole = follows_whole and said.substance == whole.substance
                found.setdefault(_At(before.source, at, is_whole), used)
    if said.is_joined and ways:
        used = ways[min(ways)]
        for number, source in enumerate(sources):
            first = clauses(source)[:1]
            if first and said.substance == first[0].substance and _selected(said, first[0]):
                found.setdefault(_At(number, 0, is_whole=True), used | {number})
    return found


def is_excerpt(text: str, quote: str) -> bool:
    """Tell whether each clause of an excerpt stands in a quote under the same denials."""
    said = clauses(text)
    return bool(said) and all(
        any(_in_order(clause.tokens, whole.tokens) for whole in clauses(quote)) for clause in said
    )


def _selected(said: Clause, source: Clause) -> bool:
    """Tell whether a clause is a selection out of another that has its subject; with a number, out of all its words."""
    tokens = said.tokens
    if all(token.stem != _PERSON for token in source.tokens):
        tokens = tuple(said.substance)
    if said.has_number:
        return said.substance == source.substance and _in_order(tokens, source.tokens)
    subject = next((token for token in source.substance if not token.is_number), None)
    return subject in tokens and _in_order(tokens, source.tokens)


def _in_order(said: Sequence[Token], source: Sequence[Token]) -> bool:
    rest = iter(source)
    return all(token in rest for token in said)
