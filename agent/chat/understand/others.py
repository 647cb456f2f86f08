"""Other companies: this brand set beside one, or what only their own customers could tell.

A company that nobody listed is told by where its name stands: it owns a measure or a complaint ("Globex's weekly retention"),
or this brand is set beside it ("vs ours"). Everyday words and names of the data own such things too and are no companies.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from agent.chat.understand.frames import is_frame
from agent.chat.understand.index import index_of
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import TIME_MARK, Token, lexicon, thing_stems, tokens_of, words_in

_OWNER: Final = re.compile(
    r"(?P<before>[\w']+[ ]+)?\b(?P<owner>\w[\w&-]*?)(?:'s|(?<=s)')(?=[\s?.!,;:)]|$)", re.IGNORECASE
)
_BESIDE_WORDS: Final = r"(?:than|compare[sd]?(?: us)? (?:to|with)|vs|versus|against|stack up (?:to|against|with|next to)|measure up to|up against|next to|beside|alongside)"
_BESIDE: Final = re.compile(
    rf"\b(?:we|us|our|ours)\b.*?\b{_BESIDE_WORDS}\s+(?:the\s+|those of\s+|that of\s+)?(?P<name>[\w&-]+(?: [\w&-]+)?)"
    r"|\bcompare[sd]? us (?:with|to|against)\s+(?P<with>[\w&-]+(?: [\w&-]+)?)"
)
_CALENDAR: Final = frozenset(
    {"last", "previous", "this", "earlier", "year", "month", "quarter", "week", TIME_MARK, "then", "now"}
)
_BESIDE_US: Final = re.compile(rf"^(?P<name>.*?)\b(?:{_BESIDE_WORDS}|and)\s+(?:ours|us|our own)\b")
_THEIRS: Final = re.compile(r"\b(?:their|theirs|they|them)\b")


@dataclass(frozen=True, slots=True)
class Written:
    """What plain text no longer tells of how a message was written.

    Attributes:
        owners: Words that had an apostrophe as who owns something, as they stand in the plain text.
        names: Words that had a capital within a sentence.
    """

    owners: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


def written_in(utterance: str) -> Written:
    """Return the owners and the names of a message, by its apostrophes and capitals."""
    utterance = utterance.replace("’", "'")
    owners: set[str] = set()
    for match in _OWNER.finditer(utterance):
        # "Our courier's delays": a name has no article.
        if (match["before"] or "").strip().casefold() not in words_in("determiners"):
            word = match["owner"].casefold()
            owners.add(word if match[0].endswith("'") else f"{word}s")
    # Where every word has a capital none of them says anything.
    is_title = sum(word[:1].isupper() for word in utterance.split()) * 2 > len(utterance.split())
    names = [] if is_title else [match[0].casefold() for match in _CAPITAL.finditer(utterance)]
    return Written(frozenset(owners), frozenset((*names, *(f"{name}s" for name in names))))


_CAPITAL: Final = re.compile(r"(?<=[a-z0-9,;] )[A-Z][\w&-]+")
_NOBODY: Final = Written()


def names_other(
    parsed: Parsed, vocabulary: Vocabulary, *, written: Written = _NOBODY, said: Parsed | None = None
) -> bool:
    """Tell whether what is asked is another company's, or this brand is set beside one.

    Args:
        parsed: The request.
        vocabulary: Names in it belong to this brand.
        written: Its apostrophes and capitals, by `written_in`.
        said: What the message told before: "their" may mean a company in it.
    """
    names = _Names(vocabulary, written)
    if names.beside(parsed) or names.owning(parsed):
        return True
    return said is not None and bool(_THEIRS.search(parsed.text)) and names.rivals(said)


@dataclass(frozen=True, slots=True)
class _Names:
    """Tells names of other companies from words that the data or everyday English knows."""

    vocabulary: Vocabulary
    written: Written

    def rivals(self, said: Parsed) -> bool:
        """Tell whether what was told is of a rival: words for rivalry, and a name that nobody knows."""
        words = {token.text for token in said.tokens}
        return bool(words & words_in("rivalry")) and any(
            self._is_company(token.text) for token in self._unnamed(said)
        )

    def beside(self, parsed: Parsed) -> bool:
        """Tell whether this brand is set beside a name that nobody knows."""
        match = _BESIDE.search(parsed.text)
        if match is not None:
            named = (match["name"] or match["with"]).split()
            if set(named) & _CALENDAR:
                return False
            # The second word behind "than" may be any, unless it has a capital.
            if self._holds(named[:1], parsed) or self.written.names & set(named[1:]):
                return self._holds(named, parsed)
        match = _BESIDE_US.search(parsed.text)
        is_about = parsed.subject is not None and parsed.subject.led
        return match is not None and not is_about and self._holds(match["name"].split(), parsed)

    def owning(self, parsed: Parsed) -> bool:
        """Tell whether a name that nobody knows owns a measure, or stands alone behind "than" and the like."""
        spelt = {token.text for token in parsed.tokens}
        return any(
            (word in self.written.owners or (word in spelt and measure)) and self._owns(word, measure)
            for word, measure in _words_owned(parsed.text)
        )

    def _holds(self, words: Collection[str], parsed: Parsed) -> bool:
        return any(token.text in words and self._is_company(token.text) for token in self._unnamed(parsed))

    @staticmethod
    def _unnamed(parsed: Parsed) -> Iterator[Token]:
        """Yield the words that are no names of the data."""
        named = {at for one in parsed.mentions for at in range(one.start, one.end)}
        return (token for at, token in enumerate(parsed.tokens) if token.is_word and at not in named)

    def _owns(self, word: str, measure: str) -> bool:
        """Tell whether a company owns a measure; what is said of a thing that customers write of is this brand's."""
        if word in _companies():
            return True
        if measure in words_in("words_of_customers") and not {word, word.removesuffix("s")} & _platforms():
            # Reviews of a name that nobody knows are looked for, and there are none.
            return False
        is_spoken_of = measure in words_in("voiced") and any(
            token.stem in self.vocabulary.said
            for form in (word, word.removesuffix("s"))
            for token in tokens_of(form)
        )
        return not is_spoken_of and self._is_company(word)

    def _is_company(self, word: str) -> bool:
        forms = {word, word.removesuffix("s")}
        known = index_of(self.vocabulary).words
        if forms & (_not_companies() | known):
            return False
        if "&" in word or forms & _platforms():
            return True
        if any(is_frame(token) for form in forms for token in tokens_of(form)):
            return False
        spoken_of = self.vocabulary.said | thing_stems()
        return word in self.written.names or not any(
            token.stem in spoken_of for form in forms for token in tokens_of(form)
        )


@cache
def _words_owned_pattern() -> re.Pattern[str]:
    measures = "|".join(sorted(words_in("measures"), key=len, reverse=True))
    between = r"(?:(?!(?:is|are|was|were|has|have|do|does|did|about|of)\b)[\w-]+ ){0,3}?"
    return re.compile(
        rf"\b(?P<owner>[\w&-]+s) (?={between}(?P<measure>{measures})\b)"
        rf"|\b(?:than|vs|versus|against|to|with|like|as) (?P<last>[\w&-]+s)(?=\s*(?:$|[?.!,;:]|(?:on|in|for|when)\b))"
    )


def _words_owned(text: str) -> Iterator[tuple[str, str]]:
    """Yield the words before a measure, with it, and those at the end of what this brand is set beside, with none."""
    for match in _words_owned_pattern().finditer(text):
        yield match["owner"] or match["last"], match["measure"] or ""


@cache
def _companies() -> frozenset[str]:
    return frozenset(form for name in words_in("companies") for form in (name, f"{name}s"))


@cache
def _platforms() -> frozenset[str]:
    return frozenset(str(lexicon()["limits"]["platform"]).split())


@cache
def _not_companies() -> frozenset[str]:
    """Return names of places, people, times and programs, which are told by their own sort."""
    limits = lexicon()["limits"]
    kept = (str(words) for name, words in limits.items() if name != "platform")
    return (
        frozenset(word for words in kept for word in words.split())
        | words_in("calendar")
        | words_in("programs")
    )
