"""The letters of pictures and documents: the font that every machine has them in, how wide words are in it, and what it cannot show.

The font is DejaVu Sans: Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic and many signs. matplotlib carries it. It is wider than the
fonts that offices put in its place, so words that fit in it fit in theirs.
"""

# fontTools' tables have no types of their own.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

from agent.errors import ConfigError

FAMILY = "DejaVu Sans"
_FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}
"""Regular and bold."""
DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of what stands after them, our own numbers too."""
_WORD = re.compile(r"\n|[^ \t\n]+")
"""A no-break space is part of a word: nothing is parted there."""
_UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn"})


@dataclass(frozen=True, slots=True)
class _Metrics:
    advances: dict[int, int]
    units: int


@cache
def font_folder() -> Path:
    """Return the folder of the font, in the package that carries it; nothing of that package is run."""
    package = find_spec("matplotlib")
    if package is None or package.origin is None:
        msg = "the package matplotlib, which carries the font of pictures and documents, is not installed"
        raise ConfigError(msg, hint="Install the product again.")
    return Path(package.origin).parent / "mpl-data" / "fonts" / "ttf"


def font_file(*, bold: bool) -> Path:
    """Return the file of the regular or the bold face."""
    return font_folder() / _FILES[bold]


@cache
def _metrics(bold: bool) -> _Metrics:  # noqa: FBT001 - one of two faces
    with TTFont(font_file(bold=bold), lazy=True) as font:
        widths: dict[str, tuple[int, int]] = font["hmtx"].metrics
        names: dict[int, str] = font.getBestCmap() or {}
        head: Any = font["head"]
        return _Metrics({code: widths[name][0] for code, name in names.items()}, head.unitsPerEm)


def has_letter(char: str) -> bool:
    """Tell whether the font can show a character."""
    return ord(char) in _metrics(bold=False).advances


def shown(text: str) -> str:
    r"""Return a text as it may stand in a document: what steers instead of saying is written out, such as `\u202e`.

    Ends of lines stay; whatever cannot stand in XML goes too.
    """
    return "".join(
        char if char in "\n\t" or not _steers(char) else f"\\u{ord(char):04x}"
        for char in text.replace("\r\n", "\n").replace("\r", "\n")
    )


def spelled(text: str) -> tuple[str, Collection[str]]:
    """Return a text with every character that the font has no letter for as its code point, and those characters."""
    missing = {char for char in text if not char.isspace() and not has_letter(char)}
    blank = "".join(char if char == "\n" or has_letter(char) or char in missing else " " for char in text)
    return "".join(f"[U+{ord(char):04X}]" if char in missing else char for char in blank), missing


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a line of text is, in the unit of the size."""
    metrics = _metrics(bold)
    middle = metrics.units  # what is not in the font is drawn by another, as wide as a square at most
    units = sum(
        0 if unicodedata.category(char) in {"Cf", "Mn"} else metrics.advances.get(ord(char), middle)
        for char in text
    )
    return units * size / metrics.units


def line_starts(text: str, size: float, width: float, *, bold: bool = False) -> list[int]:
    """Return where each line of a text begins that is to fit a width; words longer than that are cut."""
    starts, taken = [0], 0.0
    for word in _WORD.finditer(text):
        if word.group() == "\n":
            starts.append(word.end())
            taken = 0.0
            continue
        blank = width_of(text[max(starts[-1], _before(text, word.start())) : word.start()], size, bold=bold)
        wide = width_of(word.group(), size, bold=bold)
        if taken and taken + blank + wide > width:
            starts.append(word.start())
            taken = blank = 0.0
        if wide <= width:
            taken += blank + wide
        else:
            *inner, taken = _cuts(word.group(), size, width, bold=bold)
            starts.extend(word.start() + int(at) for at in inner)
    return starts


def wrapped(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Return the lines of a text that fit a width."""
    starts = line_starts(text, size, width, bold=bold)
    return [
        text[start:end].strip(" \t\n") for start, end in zip(starts, [*starts[1:], len(text)], strict=True)
    ]


def cut(text: str, longest: int) -> str:
    """Return a text of one line, with an ellipsis where it is longer than that."""
    words = " ".join(re.split(r"[ \t\n]+", text.strip()))
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


def _before(text: str, at: int) -> int:
    """Return where the blanks before a place begin."""
    while at and text[at - 1] in " \t":
        at -= 1
    return at


def _cuts(word: str, size: float, width: float, *, bold: bool) -> list[float]:
    """Return where a word goes on in the next line, and how much of the last one it takes."""
    cuts: list[float] = []
    taken = 0.0
    for at, char in enumerate(word):
        wide = width_of(char, size, bold=bold)
        if taken and taken + wide > width:
            cuts.append(at)
            taken = 0.0
        taken += wide
    return [*cuts, taken]


def _steers(char: str) -> bool:
    return char in DIRECTIONS or unicodedata.category(char) in _UNSEEN or char in "\u2028\u2029\ufffe\uffff"
