"""Cuts a model's text into sentences as it arrives, each with the marks that stand in or behind it.

A sentence ends at a line's end; behind a mark like [c1] or a full stop, question or exclamation mark, where the next
thing starts like a sentence. It never ends inside a quotation, behind an abbreviation or an initial.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

MARKS = re.compile(r"\[c[1-9]\d{0,3}(?:\s*[,;]\s*c[1-9]\d{0,3})*\]")
_MARK = re.compile(r"c[1-9]\d{0,3}")
_END = re.compile(rf"(?:[.!?…]+[”\"’»)]*(?:\s*{MARKS.pattern})*|(?:{MARKS.pattern}\s*)+)(?=\s+(\S))")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|incl|excl|no|nos|mr|mrs|ms|dr|st|jr|sr|fig|dept|min|max)|\b[A-Z])\.$",
    re.IGNORECASE,
)
_BEHIND_WHOLE = re.compile(rf"(?:(?:\s*{MARKS.pattern})+\s*\.?)?(?:[ \t]*\n|[ \t]+(?=[^\s\[])|(?=[^\s\[]))")
_MARKED_END = re.compile(rf"(?:\s*{MARKS.pattern})+\s*\.(?=\s)[ \t]*\n?")
_CLOSERS = frozenset('.!?…”’»")')
_PAIRS = (("“", "”"), ("«", "»"), ("‘", "’"))
MAX_SENTENCE_CHARS = 1_200
"""A piece without an end in sight is cut off here; nothing that long verifies."""


class Piece(NamedTuple):
    """A sentence as a model wrote it."""

    text: str
    """Without marks, spaces collapsed."""
    marks: tuple[str, ...]
    """Each once, in order."""


class Cutter:
    """Takes text as it comes and gives sentences as soon as they are complete.

    Args:
        wholes: Returns texts that stay whole where the model repeats them, whatever full stops are in them.
    """

    def __init__(self, wholes: Callable[[], Iterable[str]] = tuple) -> None:
        self._rest = ""
        self._wholes = wholes

    def feed(self, text: str) -> list[Piece]:
        """Return the sentences that this text completes."""
        self._rest += text
        pieces: list[Piece] = []
        while (end := self._first_end()) is not None:
            pieces.append(as_piece(self._rest[:end]))
            self._rest = self._rest[end:].lstrip(" \t")
        return [piece for piece in pieces if any(map(str.isalnum, piece.text)) or piece.marks]

    def finish(self) -> list[Piece]:
        """Return what is left; the text is over."""
        pieces = self.feed("\n")
        self._rest = ""
        return pieces

    def _first_end(self) -> int | None:
        """Return where the first sentence ends, or None where that cannot be told yet."""
        for whole in sorted(self._wholes(), key=len, reverse=True):
            if self._rest and whole.startswith(self._rest):
                return None
            if self._rest.startswith(whole) and whole[-1:] in _CLOSERS:
                behind = _BEHIND_WHOLE.match(self._rest, len(whole))
                if behind is None:
                    return None
                if behind.end() > len(whole):
                    return behind.end()
            # "... [c1]." is as good as ". [c1]"
            bare = whole.removesuffix(".")
            if self._rest.startswith(bare) and (marked := _MARKED_END.match(self._rest, len(bare))):
                return marked.end()
        return _first_end(self._rest)


def as_piece(text: str) -> Piece:
    """Return a sentence apart from its marks."""
    marks = tuple(dict.fromkeys(mark for group in MARKS.findall(text) for mark in _MARK.findall(group)))
    bare = " ".join(MARKS.sub(" ", text).split())
    # A full stop on each side of the marks is one.
    return Piece(re.sub(r"\.{2,}$", ".", re.sub(r"\s+([.,;:!?…])", r"\1", bare)), marks)


def _first_end(text: str) -> int | None:
    """Return where the first sentence ends, or None where that cannot be told yet."""
    line_end = text.find("\n")
    line = text if line_end < 0 else text[:line_end]
    for found in _END.finditer(line):
        if _ends(line[: found.end()], found[1]):
            return found.end()
    if line_end >= 0:
        return line_end + 1
    return MAX_SENTENCE_CHARS if len(text) > MAX_SENTENCE_CHARS else None


def _ends(sentence: str, following: str) -> bool:
    """Tell whether a sentence ends here, seen from what follows it."""
    if following in "[,;:" or following.islower():
        return False
    if any(sentence.count(left) > sentence.count(right) for left, right in _PAIRS):
        return False
    if sentence.count('"') % 2:
        return False
    return not is_abbreviated(MARKS.sub("", sentence).rstrip())


def is_abbreviated(text: str) -> bool:
    """Tell whether a text ends in the full stop of an abbreviation or an initial, which ends no sentence."""
    return _ABBREVIATION.search(text) is not None
