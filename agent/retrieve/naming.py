"""Tells which of several named things (places, products, apps) a conversation speaks of.

People shorten names, misspell them and say "the place" afterwards: names are met by their telling words, within a
spelling mistake or two, and what was named last is meant.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log1p

_WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_SEVERAL = re.compile(
    r"\b(?:either|both|any of|these|those|them|each|which|two|three|four|all of)\b", re.IGNORECASE
)
_LONG_WORD = 5
"""Shorter words have to be spelt right: too many everyday words are a letter away from them."""
_LONGER_WORD = 9
"""From here on two letters may be wrong."""
_TELLING_CHARS = 4
_ARTICLES = frozenset({"the", "a", "an"})
_SHARE = 0.3
"""Of a name's weight that has to be said, where its telling word is."""
_GENERIC_SHARE = 0.03
_LOOK_BACK = 3
"""Utterances further back that a question about several may take names from."""


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    weight: float
    share: float
    name: int


class Names:
    """The names of things that can be spoken of.

    Args:
        values: Names, none twice.
        is_everyday: Whether a word, in lower case, is used about many things, so that alone it names none.
    """

    def __init__(self, values: Sequence[str], *, is_everyday: Callable[[str], bool]) -> None:
        self._words = [_plain(value) for value in values]
        uses = Counter(word for words in self._words for word in dict.fromkeys(words))
        generic_from = max(2.0, _GENERIC_SHARE * len(values))
        self._generic = frozenset(word for word, n in uses.items() if n > generic_from)
        self._weight = {word: log1p(len(values) / n) for word, n in uses.items()}
        self._total = [sum(self._weight[word] for word in words) for words in self._words]
        self._is_everyday = is_everyday
        self._names_with: dict[str, list[int]] = defaultdict(list)
        for name, words in enumerate(self._words):
            for word in dict.fromkeys(words):
                self._names_with[word].append(name)
        self._spelt: dict[str, str] = {}

    def meant(self, utterances: Sequence[str]) -> tuple[int, ...]:
        """Return the positions of the names that the last of the utterances speaks of, or none.

        What it names itself, else what was named last before it: all of the last sentence that names some, or, where
        it asks about several, of the whole utterance and of those before it until there are two.
        """
        several = bool(utterances) and _SEVERAL.search(utterances[-1]) is not None
        found: dict[int, None] = {}
        first: int | None = None
        for back, utterance in enumerate(reversed(utterances)):
            sentences = [self.mentions(sentence) for sentence in _SENTENCE_END.split(utterance)]
            named = [name for sentence in sentences for name in sentence]
            if not named:
                continue
            last = [sentence for sentence in sentences if sentence][-1]
            first = back if first is None else first
            # "There are A and B, I recommend A": what is named again is what is proposed.
            said_again = back > 0 and 1 < len(set(last)) < len(last)
            found |= dict.fromkeys(named if several or not back else last[-1:] if said_again else last)
            if not several or not back or len(found) > 1 or back > first + _LOOK_BACK:
                break
        return tuple(found)

    def mentions(self, text: str) -> list[int]:
        """Return the names in a text, in the order they are said."""
        words = list(self._corrected(_plain(text)))
        candidates = [
            mention
            for start, word in enumerate(words)
            for name in self._names_with.get(word, ())
            if (mention := self._mention(words, start, name)) is not None
        ]
        taken: list[_Mention] = []
        for one in sorted(candidates, key=lambda m: (-m.weight, -m.share, m.start, m.name)):
            rivals = [other for other in taken if one.start < other.end and other.start < one.end]
            if not any(other.weight > one.weight or other.share > one.share for other in rivals):
                taken.append(one)
        return [mention.name for mention in sorted(taken, key=lambda m: (m.start, m.name))]

    def without(self, text: str, names: Sequence[int]) -> str:
        """Return a text where these names are said as "it": what is asked, whatever it is asked of."""
        for name in names:
            words = self._words[name]
            telling = self._telling(words) or words
            for said in (words, telling):
                pattern = r"(?:\bthe\s+)?\b" + r"\W+".join(map(re.escape, said)) + r"(?:['’]s)?\b"
                text = re.sub(pattern, "it", text, flags=re.IGNORECASE)
        return text

    def _mention(self, words: Sequence[str], start: int, name: int) -> _Mention | None:
        """Return the longest run of a name's words, in their order, that starts there, if it tells the name."""
        own = self._words[name]
        at = own.index(words[start])
        end = start
        while end < len(words) and words[end] in own[at:]:
            at = own.index(words[end], at) + 1
            end += 1
        said = words[start:end]
        weight = sum(self._weight[word] for word in said)
        share = weight / self._total[name]
        whole = len(said) == len(own)
        if whole and (len(own) > 1 or not self._is_everyday(own[0])):
            return _Mention(start, end, weight, share, name)
        # "32 Bridge Street" is an address.
        if share < _SHARE or not self._tells(own, said) or (start and words[start - 1].isdigit()):
            return None
        return _Mention(start, end, weight, share, name)

    def _tells(self, own: Sequence[str], said: Sequence[str]) -> bool:
        special = [word for word in own if word not in self._generic]
        # What leads a name is said even in short, but for an article: "Harbour" for "The Harbour Inn".
        lead = next((word for word in special if word not in _ARTICLES), own[0])
        telling = [word for word in said if word in special]
        if lead not in said or not telling:
            return False
        return len(telling) > 1 or any(len(word) >= _TELLING_CHARS for word in self._telling(said))

    def _telling(self, words: Sequence[str]) -> list[str]:
        """Return the words that few names have and customers use of little else."""
        return [word for word in words if word not in self._generic and not self._is_everyday(word)]

    def _corrected(self, words: Sequence[str]) -> Iterator[str]:
        for word in words:
            if word in self._weight:
                yield word
            elif (parts := self._parts(word)) is not None:
                yield from parts
            else:
                yield self._nearest(word)

    def _parts(self, word: str) -> tuple[str, str] | None:
        """Return the two words of names that a word is written of: "guesthouse" for "guest house"."""
        for cut in range(3, len(word) - 2):
            if word[:cut] in self._weight and word[cut:] in self._weight:
                return word[:cut], word[cut:]
        return None

    def _nearest(self, word: str) -> str:
        if word not in self._spelt:
            meant = word
            if len(word) >= _LONG_WORD and not self._is_everyday(word):
                near = [own for own in self._weight if own[0] == word[0] and _is_misspelt(word, own)]
                meant = min(near, key=lambda own: (abs(len(own) - len(word)), own), default=word)
            self._spelt[word] = meant
        return self._spelt[word]


def _plain(text: str) -> list[str]:
    """Return the words of a text without case; a possessive belongs to its word."""
    return _WORD.findall(text.lower().replace("'", "").replace("’", "").replace("&", " and "))


def _is_misspelt(word: str, meant: str) -> bool:
    """Say whether a word is another with a letter or two wrong, missing, too many or swapped."""
    shorter = min(len(word), len(meant))
    limit = 1 if shorter < _LONGER_WORD else 2
    if shorter < _LONG_WORD or abs(len(word) - len(meant)) > limit:
        return False
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for i, letter in enumerate(word, start=1):
        following = [i]
        for j, other in enumerate(meant, start=1):
            cost = min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == meant[j - 2] and word[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        before, row = row, following
    return row[-1] <= limit
