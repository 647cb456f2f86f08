"""Names groups of texts in the customers' own words, without a language model.

A label is cut verbatim out of what customers wrote, so it needs no translation back; it holds no digits, no names and
no placeholder, and no two groups share one. Of the phrases that set a group apart by its words, the one is taken that is
nearest to it in meaning and reads as a complaint by itself. A phrase whose words
one customer alone uses together names nothing, nor do
texts that give orders to a machine. A group that was named before keeps its name as long as it holds.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.analyse.commands import commands_machine
from agent.analyse.phrase_cuts import cuts_of, proper_names, words_of
from agent.analyse.phrase_words import GLUE, REFUSALS
from agent.analyse.voices import LEAST_VOICES, EarlierName, Said, needed_voices, still_holds, voices_of
from agent.ports import Vectors

Matrix = NDArray[np.float32]

_MIN_WORDS = 2
_MAX_MEMBERS = 400
_LEAST_MEMBERS = 60
_ALL_MEMBERS = 16_000
_N_TERMS = 8
_MAX_SHARED = 0.5
_MIN_PIECE = 3
_MAX_LOOKED_AT = 300
_MAX_PHRASES = 60
_LEAST_PHRASES = 10
_ALL_PHRASES = 2_400
"""Phrases looked at over all groups, so that naming takes about as long for many groups as for few."""
_LEAST_LIKENESS = 0.05
_LEAST_WHOLE = 0.5
"""Least share of a phrase's occurrences that part the sentence where it can be parted: below it is a torn-off piece."""
_TORN_WEIGHT = 0.1
"""Enough for a name where nothing whole is shared."""
_CALM_WEIGHT = 0.2
_TINY = 1e-9

_WORDLESS = "remarks without words"
_ORDERS = "orders to a program"
_DEFINITION = "Customers complain in words such as "
_WITHOUT_PHRASE = {
    _WORDLESS: "Texts of signs, digits or single words that no two customers share.",
    _ORDERS: "Texts that tell a program what to do and nothing of a customer's experience.",
}


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
    n_voices: int

    @property
    def order(self) -> tuple[float, str]:
        """Sorts the best first."""
        return -self.score, self.text


@dataclass(frozen=True, slots=True)
class _Seen:
    """In how many texts a phrase stands, and what it weighs by how it stands in them."""

    n_texts: int
    fit: float


class PhraseReader(Protocol):
    """Encodes and reads short texts; `PassageReader` is one."""

    def read_phrases(self, phrases: Sequence[str]) -> tuple[Vectors, Matrix]:
        """Return vectors, shape `(n, dim)`, and how likely each phrase is a complaint, shape `(n,)`."""
        ...


def name_groups(
    groups: Sequence[Sequence[int]],
    texts: Sequence[str],
    vectors: Vectors,
    *,
    reader: PhraseReader,
    persons: Sequence[str] | None = None,
    earlier: Sequence[EarlierName | None] = (),
) -> list[Naming]:
    """Name each group of texts.

    Args:
        groups: Rows of each group's texts, most typical first.
        texts: All texts, to know which words are common anyway.
        vectors: Unit rows, one a text.
        reader: Of the encoder that made `vectors`.
        persons: Whose each text is; each of a person of its own where None.
        earlier: How each group was called before, None where it was not; empty where none was.

    Returns:
        One naming a group, in order; labels differ from each other.
    """
    authors = [str(row) for row in range(len(texts))] if persons is None else persons
    said = [Said(" ".join(words_of(text)), author) for text, author in zip(texts, authors, strict=True)]
    common = _document_shares(said)
    names = proper_names(texts)
    n_groups = max(len(groups), 1)
    n_members = min(_MAX_MEMBERS, max(_LEAST_MEMBERS, _ALL_MEMBERS // n_groups))
    n_phrases = min(_MAX_PHRASES, max(_LEAST_PHRASES, _ALL_PHRASES // n_groups))
    members = [_members(rows, texts, said, limit=n_members) for rows in groups]
    candidates = [
        _phrases([texts[row] for row in inside], [said[row] for row in inside], common, names)[:n_phrases]
        for inside in members
    ]
    centre = vectors.mean(axis=0) if len(vectors) else np.zeros(0, dtype=np.float32)
    directions = [vectors[list(rows)].mean(axis=0) - centre for rows in groups]
    ranked = _ranked_by_meaning(candidates, directions, centre, reader)
    used: set[str] = set()
    kept = [
        None if was is None else _kept(was, [said[row] for row in rows], phrases, used)
        for was, rows, phrases in zip(earlier or [None] * len(groups), groups, ranked, strict=True)
    ]
    return [
        _named([said[row] for row in inside], phrases, used) if naming is None else naming
        for naming, inside, phrases in zip(kept, members, ranked, strict=True)
    ]


def is_own_wording(definition: str) -> bool:
    """Tell whether a definition was made here, of a group's own phrases, and by no writer."""
    return definition.startswith(_DEFINITION) or definition in _WITHOUT_PHRASE.values()


def _members(rows: Sequence[int], texts: Sequence[str], said: Sequence[Said], *, limit: int) -> list[int]:
    """Return the first rows to name a group by: no orders to a machine, and what a person repeats once."""
    kept: dict[Said, int] = {}
    for row in rows:
        if len(kept) == limit:
            break
        if said[row] not in kept and not commands_machine(texts[row]):
            kept[said[row]] = row
    return list(kept.values())


def _kept(
    was: EarlierName, said: Sequence[Said], phrases: Sequence["_Phrase"], used: set[str]
) -> Naming | None:
    """Return a group's earlier name where it holds and no other group kept it, with what marks the group now."""
    phrase = " ".join(words_of(was.label))
    if was.label.casefold() in used or commands_machine(was.label):
        return None
    stems = _telling(phrase.split())
    sharing = [one for one in said if stems <= {stem(word) for word in one.words.split()}]
    is_said = _is_said(phrase, sharing) and voices_of(sharing) >= min(LEAST_VOICES, voices_of(said))
    if not still_holds(was, phrase, is_said=is_said, is_mark=any(one.text == phrase for one in phrases)):
        return None
    used.add(was.label.casefold())
    terms = tuple(one.text for one in _varied(phrases)) or was.terms
    named = [term for term in was.terms if f'"{term}"' in was.definition]
    is_true = all(_is_said(term, said) for term in named)
    return Naming(was.label, was.definition if is_true else _definition(phrase, terms), terms)


def _is_said(phrase: str, said: Iterable[Said]) -> bool:
    return any(f" {phrase} " in f" {one.words} " for one in said)


def _named(said: Sequence[Said], phrases: Sequence["_Phrase"], used: set[str]) -> Naming:
    label = next((phrase for phrase in phrases if phrase.text not in used), None)
    word = _fallback(said, used) if label is None else label.text
    used.add(word)
    terms = tuple(phrase.text for phrase in _varied(phrases))
    return Naming(_capital(word), _definition(word, terms), terms or (word,))


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
        ranked.append(sorted(scored, key=lambda phrase: phrase.order))
    return ranked


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return a word without its commonest endings, so that "delayed" and "delays" count as one."""
    for ending in ("ing", "ied", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_PIECE and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending in ("ied", "ies") else "")
    return word


def _document_shares(said: Sequence[Said]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for text in said:
        counts.update({stem(word) for word in text.words.split()})
    return {word: count / max(len(said), 1) for word, count in counts.items()}


def _phrases(
    texts: Sequence[str], said: Sequence[Said], common: dict[str, float], names: frozenset[str]
) -> list[_Phrase]:
    """Return candidate phrases, best first; where several customers speak, those whose words several of them use."""
    inside = _document_shares(said)
    floor = 1 / max(len(common), 1) ** 0.5 / 100
    weight = {
        word: share * math.log(share / (common.get(word, 0.0) + floor))
        for word, share in inside.items()
        if share > common.get(word, 0.0) and word not in GLUE
    }
    bags = [frozenset(stem(word) for word in text.words.split()) for text in said]
    seen = _seen_cuts(texts, names)
    best = sorted(seen, key=lambda words: (-_promise(words, weight, seen[words]), words))[:_MAX_LOOKED_AT]
    needed = needed_voices(voices_of(said))
    scored = [_score(words, weight, list(zip(bags, said, strict=True)), seen[words]) for words in best]
    phrases = [phrase for phrase in scored if phrase.n_voices >= needed]
    return sorted(phrases, key=lambda phrase: phrase.order)[:_MAX_PHRASES]


def _seen_cuts(texts: Sequence[str], names: frozenset[str]) -> dict[tuple[str, ...], _Seen]:
    """Return in how many texts each phrase stands, and what a phrase loses that is torn off in most of them."""
    count: Counter[tuple[str, ...]] = Counter()
    whole: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        cuts = dict(cuts_of(text, names))
        count.update(list(cuts))
        whole.update(words for words, is_whole in cuts.items() if is_whole)
    return {
        words: _Seen(n, 1.0 if whole[words] >= _LEAST_WHOLE * n else _TORN_WEIGHT)
        for words, n in count.items()
    }


def _promise(words: tuple[str, ...], weight: dict[str, float], seen: _Seen) -> float:
    gain = sum(weight.get(word, 0.0) for word in {stem(word) for word in words})
    return gain * seen.fit * (1 + 0.5 * math.log(seen.n_texts))


def _score(
    words: tuple[str, ...],
    weight: dict[str, float],
    bags: Sequence[tuple[frozenset[str], Said]],
    seen: _Seen,
) -> _Phrase:
    """Score a phrase by what its words tell, how many texts share them, how often it is said, and how it reads."""
    stems = _telling(words)
    gain = sum(weight.get(word, 0.0) for word in stems)
    idle = sum(word in GLUE and word not in REFUSALS for word in words)
    sharing = [text for bag, text in bags if stems <= bag]
    covered = len(sharing) / max(len(bags), 1)
    telling = 1.25 if any(word in REFUSALS for word in words) else 1.0
    lone = 0.5 if len(stems) < 2 else 1.0  # noqa: PLR2004 - one telling word is a word, not a statement
    often = 1 + 0.25 * math.log(seen.n_texts)
    score = gain * (covered + 0.02) ** 0.6 * often * seen.fit * telling * lone / (1 + 0.15 * idle)
    return _Phrase(" ".join(words), stems, score, voices_of(sharing))


def telling_stems(text: str) -> frozenset[str]:
    """Return the stems of a text's words that say something by themselves."""
    return _telling(words_of(text))


def _telling(words: Iterable[str]) -> frozenset[str]:
    """Return the stems of the words that say something by themselves."""
    return frozenset(stem(word) for word in words if word not in GLUE)


def _varied(phrases: Sequence[_Phrase]) -> list[_Phrase]:
    """Return the best phrases that do not say the same again."""
    kept: list[_Phrase] = []
    for phrase in phrases:
        if len(kept) == _N_TERMS or phrase.score <= 0:
            break
        if all(len(phrase.stems & other.stems) <= _MAX_SHARED * len(phrase.stems) for other in kept):
            kept.append(phrase)
    return kept


def _fallback(said: Sequence[Said], used: set[str]) -> str:
    """Return the words that most texts share, where no phrase can be cut out."""
    counts: Counter[str] = Counter()
    for text in said:
        counts.update({word for word in text.words.split() if word not in GLUE})
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    for size in range(_MIN_WORDS, len(ranked) + 1):
        label = " and ".join([", ".join(ranked[: size - 1]), ranked[size - 1]])
        if label not in used:
            return label
    shared = [word for word in ranked if counts[word] > 1 and word not in used]
    if shared:
        return shared[0]
    # Whoever's texts were all left out as orders has none here.
    base = _WORDLESS if said else _ORDERS
    return next(label for label in _labels_without_phrase(base, len(used) + 1) if label not in used)


def _labels_without_phrase(base: str, n: int) -> list[str]:
    return [base, *(f"more {base} ({letters})" for letters in _letters(n))]


def _letters(n: int) -> list[str]:
    """Return `n` different marks without a digit: a to z, aa to zz and so on."""
    return ["abcdefghijklmnopqrstuvwxyz"[i % 26] * (1 + i // 26) for i in range(n)]


def _definition(label: str, terms: Sequence[str]) -> str:
    for base, told in _WITHOUT_PHRASE.items():
        if label == base or label.startswith(f"more {base} ("):
            return told
    others = [term for term in terms if term != label][:2]
    quoted = [f'"{term}"' for term in (label, *others)]
    listed = quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + f" or {quoted[-1]}"
    return f"{_DEFINITION}{listed}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
