"""What the words of a passage show without a model: cues written by hand, and the words themselves with negation marked.

A passage is split once; cues are found by walking a tree of word sequences, so the cost hardly depends on their number.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import cast

import numpy as np
import yaml
from numpy.typing import NDArray

_TOKEN = re.compile(
    r"[^\W_]+(?:['’][^\W_]+)*|[!?]+|[:;]-?[()d/](?!\w)|<3|[\U0001f300-\U0001faff\u2600-\u27bf\u2b50]"
)
_CAPITALS = re.compile(r"\b[A-Z]{3,}\b")
_DIGIT = re.compile(r"\d")
_FIRST_PERSON = frozenset({"i", "my", "we"})
_NEGATION_REACH = 3
_MAX_COUNT = 3.0
_CLAUSE_ENDS = frozenset({"but", "however", "although", "though", "because"})
_SHAPES = ("exclaim", "ask", "capitals", "digits", "log_length", "short", "first_person", "ends_asking")


@dataclass(slots=True)
class _Node:
    """A place in the tree of word sequences: the groups whose sequence ends here, and the words that go on."""

    groups: tuple[int, ...] = ()
    following: dict[str, "_Node"] = field(default_factory=dict[str, "_Node"])


class PhraseTree:
    """Finds word sequences in a list of words, the longest at each place.

    Args:
        groups: Word sequences by group; a sequence may stand in several.
    """

    def __init__(self, groups: Mapping[str, Iterable[str]]) -> None:
        self.names = tuple(groups)
        self._first: dict[str, _Node] = {}
        for number, phrases in enumerate(groups.values()):
            for phrase in phrases:
                self._add(words_of(phrase), number)

    def _add(self, words: Sequence[str], number: int) -> None:
        node = self._first.setdefault(words[0], _Node())
        for word in words[1:]:
            node = node.following.setdefault(word, _Node())
        node.groups = tuple(sorted({*node.groups, number}))

    def find(self, words: Sequence[str]) -> list[tuple[int, int]]:
        """Return `(group number, index of the first word)` of every sequence found; found ones do not overlap."""
        first = self._first
        found: list[tuple[int, int]] = []
        end = 0
        for position in [index for index, word in enumerate(words) if word in first]:
            if position < end:
                continue
            node = first[words[position]]
            groups, end = node.groups, position + 1
            if node.following:
                groups, end = _longest(node, words, end)
            for group in groups:
                found.append((group, position))  # noqa: PERF401 - mostly one group: a comprehension costs more
        return found


def _longest(node: _Node, words: Sequence[str], position: int) -> tuple[tuple[int, ...], int]:
    groups, end = node.groups, position
    for index in range(position, len(words)):
        following = node.following.get(words[index])
        if following is None:
            break
        node = following
        if node.groups:
            groups, end = node.groups, index + 1
    return groups, end


@dataclass(frozen=True, slots=True)
class Lexical:
    """The lexical side of passages.

    `cues` has shape `(n, len(cue_names()))`. `words[i]` are the words and neighbouring pairs of passage `i`, each once,
    a word under negation with the prefix `not_`; `tokens[i]` is the plain sequence.
    """

    cues: NDArray[np.float32]
    words: list[list[str]]
    tokens: list[list[str]]


def words_of(text: str) -> list[str]:
    """Split a text into lower-case words, runs of ! and ?, and smileys."""
    return _TOKEN.findall(text.lower().replace("’", "'"))


@cache
def cue_names() -> tuple[str, ...]:
    """Return the names of the cue columns, in order."""
    lexicon = _lexicon()
    return (*lexicon.tree.names, "good_negated", "bad_negated", "smiley_good", "smiley_bad", *_SHAPES)


def lexical_of(texts: Sequence[str]) -> Lexical:
    """Read the cues and words of texts; a row depends on its own text only."""
    lexicon = _lexicon()
    n_cues, n_counted = len(cue_names()), len(cue_names()) - len(_SHAPES)
    cells: list[int] = []
    shapes: list[tuple[float, ...]] = []
    words: list[list[str]] = []
    tokens: list[list[str]] = []
    for row, text in enumerate(texts):
        split = words_of(text)
        negated = _negated(split, lexicon.negators)
        cells.extend([row * n_counted + column for column in _cue_columns(split, negated, lexicon)])
        shapes.append(_shape(text, split))
        tokens.append(split)
        words.append(_marked(split, negated))
    counts = np.bincount(np.array(cells, dtype=np.int64), minlength=len(texts) * n_counted)
    cues = np.empty((len(texts), n_cues), dtype=np.float32)
    cues[:, :n_counted] = counts.reshape(len(texts), n_counted)
    cues[:, n_counted:] = np.array(shapes, dtype=np.float32).reshape(len(texts), len(_SHAPES))
    np.minimum(cues, _MAX_COUNT, out=cues)
    return Lexical(cues=cues, words=words, tokens=tokens)


@dataclass(frozen=True, slots=True)
class _Lexicon:
    tree: PhraseTree
    negators: frozenset[str]
    good: int
    bad: int
    smileys: Mapping[str, int]


@cache
def _lexicon() -> _Lexicon:
    source = resources.files("agent.analyse").joinpath("cues.yaml").read_text(encoding="utf-8")
    data = cast("dict[str, dict[str, list[str]]]", yaml.safe_load(source))
    tree = PhraseTree({**data["tone"], **data["support"]})
    n_groups = len(tree.names)
    smileys = dict.fromkeys(data["smileys"]["good"], n_groups + 2)
    smileys |= dict.fromkeys(data["smileys"]["bad"], n_groups + 3)
    negators = cast("list[str]", data["negators"])
    return _Lexicon(tree, frozenset(negators), tree.names.index("good"), tree.names.index("bad"), smileys)


def _negated(words: Sequence[str], negators: frozenset[str]) -> list[bool]:
    """Say of every word whether a negation stands at most three words before it, in the same clause."""
    if negators.isdisjoint(words):
        return [False] * len(words)
    negated: list[bool] = []
    left = 0
    for word in words:
        if word in _CLAUSE_ENDS or word[0] in "!?":
            left = 0
        negated.append(left > 0)
        left = _NEGATION_REACH if word in negators else left - 1
    return negated


def _cue_columns(words: Sequence[str], negated: Sequence[bool], lexicon: _Lexicon) -> list[int]:
    n_groups = len(lexicon.tree.names)
    columns = [lexicon.smileys[word] for word in words if word in lexicon.smileys]
    for group, position in lexicon.tree.find(words):
        if negated[position] and group == lexicon.good:
            columns.append(n_groups)
        elif negated[position] and group == lexicon.bad:
            columns.append(n_groups + 1)
        else:
            columns.append(group)
    return columns


def _shape(text: str, words: Sequence[str]) -> tuple[float, ...]:
    return (
        text.count("!"),
        text.count("?"),
        0 if text.islower() else len(_CAPITALS.findall(text)),
        _DIGIT.search(text) is not None,
        math.log1p(len(words)) / 2,
        len(words) <= 4,  # noqa: PLR2004 - a bare answer
        not _FIRST_PERSON.isdisjoint(words),
        text.rstrip().endswith("?"),
    )


def _marked(words: Sequence[str], negated: Sequence[bool]) -> list[str]:
    if True in negated:
        marked = ["not_" + word if under else word for word, under in zip(words, negated, strict=True)]
    else:
        marked = list(words)
    marked.extend(map(" ".join, pairwise(words)))
    return list(dict.fromkeys(marked))
