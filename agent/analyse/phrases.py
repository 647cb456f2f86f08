"""Names groups of texts in the customers' own words, without a language model.

A label is cut verbatim out of what customers wrote, so it needs no translation back; it holds no digits, no names and
no placeholder, and no two groups share one. Of the phrases that set a group apart by its words, the one is taken that is
nearest to it in meaning and reads as a complaint by itself.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.ports import Vectors

Matrix = NDArray[np.float32]

_MIN_WORDS = 2
_MAX_WORDS = 7
_MAX_MEMBERS = 400
_LEAST_MEMBERS = 60
_ALL_MEMBERS = 16_000
_N_TERMS = 8
_NAME_SHARE = 0.6
_MAX_SHARED = 0.5
_MIN_PIECE = 3
_MAX_PHRASES = 60
_LEAST_PHRASES = 10
_ALL_PHRASES = 2_400
"""Phrases looked at over all groups, so that naming takes about as long for many groups as for few."""
_LEAST_LIKENESS = 0.05
_CALM_WEIGHT = 0.2
_TINY = 1e-9

_SIGNS = "".join(
    sign for sign in map(chr, range(0x300, 0x3100)) if unicodedata.category(sign) in {"Mn", "Mc"}
)
"""Vowel signs and accents that stand behind their letter, as in Thai and Hindi: parts of the word, though not `\\w`."""
_LETTERS = rf"[^\W\d_]+(?:[{_SIGNS}]+[^\W\d_]*)*"
_WORD = re.compile(rf"{_LETTERS}(?:'{_LETTERS})*")
_BREAK = re.compile(
    r"</?[A-Za-z][^<>]{0,200}>|&#?\w{2,8};|[Hh]ttps?://\S+|\S+@\S+|\[[A-Z_]+-\w+\]|\w*\d\w*(?:['’]\w+)?|[–—]|\n|_"
    rf"|[^\w\s'’{_SIGNS}-]"
)
"""What ends a phrase; markup and addresses are no words, and a name in an address must not become a label."""
_TOKEN = re.compile(rf"{_LETTERS}(?:['’]{_LETTERS})*")
_WORDLESS = "remarks without words"


def _word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_GLUE = _word_set(
    """
    a about after again all also am an and any are as at be because been before being both but by can could did do does doing
    done down each even ever every for from get gets getting go goes going got had has have having he her here him his how i
    i'd i'll i'm i've if in into is it it'd it'll it's its just let like made make makes may me might more most much must my
    myself no nor of off on once one only or other our out over own per quite rather really same she should so some still
    such than that that's the their them then there there's these they they're this those though through till to too two
    under until up upon us very was we we'd we're we've were what when where which while who whom whose why will with
    would yet you you'd you'll you're you've your am im ive id dont just lot lots thing things something anything way today
    please thanks thank hello hi hey sorry okay ok yes well day days now back first second third three four five six seven
    eight nine ten sure want wanted need needed know think thought say said says see saw tell told take took come came put
    yesterday tomorrow week weeks month months monday tuesday wednesday thursday friday saturday sunday january february
    march april june july august september october november december hour hours minute minutes bit
    """
)
_REFUSALS = _word_set(
    """
    not no never nothing nobody none without doesn't don't didn't isn't wasn't won't can't cannot couldn't wouldn't hasn't
    haven't aren't weren't nor unable missing late wrong failed fails broken damaged
    """
)
_AFTER_NOT = _word_set(
    """
    able acceptable accessible accurate allowed as available been being clear compatible correct easy enough fair fit
    friendly good great happy helpful honest in intuitive on possible reachable reliable responsive right safe sent shown
    so told true up usable useful user valid very well working worth
    """
)
_MODALS = _word_set("can could did do does is are was were will would has have had should")
_BAD_START = _word_set(
    """
    and but or nor so because than that which who whom whose if as of then though although while until to too also am is are
    was were be been has have had did does do would could should will can may might i'd i'll i've i'm you'd we'd we've they
    it's he she it there there's this these those here what where when why how just even still very really please hi hello
    thanks ok okay i we you your my our their his her its the a an at by for from in on with into about after before
    """
)
_BAD_END = _word_set(
    """
    and but or nor so because than that which who whom whose if as of then though although while until to too a an the my your
    our their his her its this these those some any every each no not i i'd i'll i've i'm we you he she they it is are was
    were be been being has have had do does did would could should will can may might must at by for from in into on onto
    with without about after before over under through during very really just even still also only more most much many
    such what where when why how there here am don't didn't doesn't isn't wasn't won't can't cannot couldn't wouldn't
    never ever again yet me them us him who's it's that's there's let make makes get gets got go goes going one two
    three four five six seven eight nine ten first second since like due anymore else either another
    """
)


@dataclass(frozen=True, slots=True)
class Naming:
    """How a group is called."""

    label: str
    definition: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    text: str
    stems: frozenset[str]
    score: float


class PhraseReader(Protocol):
    """Encodes and reads short texts; `PassageReader` is one."""

    def read_phrases(self, phrases: Sequence[str]) -> tuple[Vectors, Matrix]:
        """Return vectors, shape `(n, dim)`, and how likely each phrase is a complaint, shape `(n,)`."""
        ...


def name_groups(
    groups: Sequence[Sequence[int]], texts: Sequence[str], vectors: Vectors, *, reader: PhraseReader
) -> list[Naming]:
    """Name each group of texts.

    Args:
        groups: Rows of each group's texts, most typical first.
        texts: All texts, to know which words are common anyway.
        vectors: Unit rows, one a text.
        reader: Of the encoder that made `vectors`.

    Returns:
        One naming a group, in order; labels differ from each other.
    """
    common = _document_shares(texts)
    names = _proper_names(texts)
    n_groups = max(len(groups), 1)
    n_members = min(_MAX_MEMBERS, max(_LEAST_MEMBERS, _ALL_MEMBERS // n_groups))
    n_phrases = min(_MAX_PHRASES, max(_LEAST_PHRASES, _ALL_PHRASES // n_groups))
    members = [[texts[row] for row in rows[:n_members]] for rows in groups]
    candidates = [_phrases(inside, common, names)[:n_phrases] for inside in members]
    centre = vectors.mean(axis=0) if len(vectors) else np.zeros(0, dtype=np.float32)
    directions = [vectors[list(rows)].mean(axis=0) - centre for rows in groups]
    ranked = _ranked_by_meaning(candidates, directions, centre, reader)
    used: set[str] = set()
    namings: list[Naming] = []
    for inside, phrases in zip(members, ranked, strict=True):
        label = next((phrase for phrase in phrases if phrase.text not in used), None)
        word = _fallback(inside, used) if label is None else label.text
        used.add(word)
        terms = tuple(phrase.text for phrase in _varied(phrases))
        namings.append(Naming(_capital(word), _definition(word, terms), terms or (word,)))
    return namings


def _ranked_by_meaning(
    candidates: Sequence[Sequence["_Phrase"]],
    directions: Sequence[Matrix],
    centre: Matrix,
    reader: PhraseReader,
) -> list[list["_Phrase"]]:
    """Return each group's phrases by words, nearness to the group's direction from the centre, and complaint."""
    every = sorted({phrase.text for phrases in candidates for phrase in phrases})
    if not every:
        return [list(phrases) for phrases in candidates]
    vectors, chances = reader.read_phrases(every)
    place = {text: row for row, text in enumerate(every)}
    moved = vectors - centre
    lengths = np.maximum(np.linalg.norm(moved, axis=1), _TINY)
    ranked: list[list[_Phrase]] = []
    for phrases, direction in zip(candidates, directions, strict=True):
        rows = [place[phrase.text] for phrase in phrases]
        likeness = moved[rows] @ direction / (lengths[rows] * max(float(np.linalg.norm(direction)), _TINY))
        factor = np.maximum(likeness, _LEAST_LIKENESS) ** 2 * (_CALM_WEIGHT + chances[rows])
        scored = [
            replace(phrase, score=phrase.score * float(f)) for phrase, f in zip(phrases, factor, strict=True)
        ]
        ranked.append(sorted(scored, key=lambda phrase: (-phrase.score, phrase.text)))
    return ranked


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return a word without its commonest endings, so that "delayed" and "delays" count as one."""
    for ending in ("ing", "ied", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_PIECE and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending in ("ied", "ies") else "")
    return word


def _document_shares(texts: Sequence[str]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({stem(word) for word in _words(text)})
    return {word: count / max(len(texts), 1) for word, count in counts.items()}


def _words(text: str) -> list[str]:
    return _WORD.findall(_BREAK.sub(" ", text).lower().replace("’", "'"))


def _proper_names(texts: Iterable[str]) -> frozenset[str]:
    """Return words that mostly stand with a capital inside a sentence: names of people, places and products."""
    capital: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    for text in texts:
        if text.isupper():
            continue
        for clause in re.split(r"[.!?:\n]+\s*", text):
            for token in _TOKEN.findall(clause)[1:]:
                word = token.lower().replace("’", "'")
                inside[word] += 1
                capital[word] += token[0].isupper() and not token.isupper()
    return frozenset(word for word, count in inside.items() if capital[word] > _NAME_SHARE * count)


def _phrases(texts: Sequence[str], common: dict[str, float], names: frozenset[str]) -> list[_Phrase]:
    """Return candidate phrases, best first."""
    inside = _document_shares(texts)
    floor = 1 / max(len(common), 1) ** 0.5 / 100
    weight = {
        word: share * math.log(share / (common.get(word, 0.0) + floor))
        for word, share in inside.items()
        if share > common.get(word, 0.0) and word not in _GLUE
    }
    bags = [frozenset(stem(word) for word in _words(text)) for text in texts]
    seen: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        seen.update(set(_candidates(text, names)))
    best = sorted(seen, key=lambda words: (-_promise(words, weight, seen[words]), words))[:300]
    phrases = [_score(words, weight, bags, seen[words]) for words in best]
    return sorted(phrases, key=lambda phrase: (-phrase.score, phrase.text))[:_MAX_PHRASES]


def _candidates(text: str, names: frozenset[str]) -> Iterable[tuple[str, ...]]:
    for clause in _BREAK.split(text):
        words = _WORD.findall(clause.lower().replace("’", "'"))
        for start in range(len(words)):
            if not _may_start(words[start], words[start + 1 : start + 2]):
                continue
            for end in range(start + _MIN_WORDS, min(start + _MAX_WORDS, len(words)) + 1):
                if words[end - 1] in names:
                    break
                if words[end - 1] not in _BAD_END and words[start] not in names:
                    yield tuple(words[start:end])


def _may_start(word: str, following: list[str]) -> bool:
    """Tell whether a phrase reads well from here; "not" needs its verb ("could not pay") or something that is not so."""
    after = following[0] if following else ""
    if word == "not":
        return after.endswith("ed") or after in _AFTER_NOT
    return word not in _BAD_START or (word in _MODALS and after == "not")


def _promise(words: tuple[str, ...], weight: dict[str, float], count: int) -> float:
    gain = sum(weight.get(word, 0.0) for word in {stem(word) for word in words})
    return gain * (1 + 0.5 * math.log(count))


def _score(
    words: tuple[str, ...], weight: dict[str, float], bags: list[frozenset[str]], count: int
) -> _Phrase:
    """Score a phrase by what its words tell, how many texts share them, how often it is said, and how it reads."""
    stems = frozenset(stem(word) for word in words if word not in _GLUE)
    gain = sum(weight.get(word, 0.0) for word in stems)
    idle = sum(word in _GLUE and word not in _REFUSALS for word in words)
    covered = sum(1 for bag in bags if stems <= bag) / max(len(bags), 1)
    telling = 1.25 if any(word in _REFUSALS for word in words) else 1.0
    lone = 0.5 if len(stems) < 2 else 1.0  # noqa: PLR2004 - one telling word is a word, not a statement
    score = gain * (covered + 0.02) ** 0.6 * (1 + 0.25 * math.log(count)) * telling * lone / (1 + 0.15 * idle)
    return _Phrase(" ".join(words), stems, score)


def _varied(phrases: list[_Phrase]) -> list[_Phrase]:
    """Return the best phrases that do not say the same again."""
    kept: list[_Phrase] = []
    for phrase in phrases:
        if len(kept) == _N_TERMS or phrase.score <= 0:
            break
        if all(len(phrase.stems & other.stems) <= _MAX_SHARED * len(phrase.stems) for other in kept):
            kept.append(phrase)
    return kept


def _fallback(texts: Sequence[str], used: set[str]) -> str:
    """Return the words that most texts share, where no phrase can be cut out."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({word for word in _words(text) if word not in _GLUE})
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    for size in range(_MIN_WORDS, len(ranked) + 1):
        label = " and ".join([", ".join(ranked[: size - 1]), ranked[size - 1]])
        if label not in used:
            return label
    shared = [word for word in ranked if counts[word] > 1 and word not in used]
    if shared:
        return shared[0]
    return next(label for label in _wordless_labels(len(used) + 1) if label not in used)


def _wordless_labels(n: int) -> list[str]:
    return [_WORDLESS, *(f"more {_WORDLESS} ({letters})" for letters in _letters(n))]


def _letters(n: int) -> list[str]:
    """Return `n` different marks without a digit: a to z, aa to zz and so on."""
    return ["abcdefghijklmnopqrstuvwxyz"[i % 26] * (1 + i // 26) for i in range(n)]


def _definition(label: str, terms: Sequence[str]) -> str:
    if label.endswith(_WORDLESS) or f"{_WORDLESS} (" in label:
        return "Texts of signs, digits or single words that no two customers share."
    others = [term for term in terms if term != label][:2]
    quoted = [f'"{term}"' for term in (label, *others)]
    listed = quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + f" or {quoted[-1]}"
    return f"Customers complain in words such as {listed}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
