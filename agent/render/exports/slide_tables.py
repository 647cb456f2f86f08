"""Tables of slides: their texts are measured before they are drawn, and go over to the next slide where they would not fit.

Measured in DejaVu Sans, which is wider than what a slide is shown in, so that what fits here fits there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from agent.render.letters import line_starts

SIZE, SMALL = 10.0, 8.5
"""Points of letters in a table."""
_LEADING = 1.22
_AFTER = 3.0
"""Points under a paragraph."""
PAD_X, PAD_Y = 5.0, 4.0
"""Points between a cell's edge and its text."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words of a cell with smaller ones under them, and what belongs into the notes of their slide."""

    text: str
    aside: str = ""
    bold: bool = False
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Row:
    """A row with its cells; its height is in points."""

    cells: list[list[Paragraph]]
    height: float = 0.0


@dataclass(slots=True)
class _Page:
    room: float
    rows: list[Row] = field(default_factory=list[Row])
    taken: float = 0.0

    @property
    def left(self) -> float:
        return self.room - self.taken

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self.taken += row.height


def height_of(paragraph: Paragraph, width: float) -> float:
    """Return how high a paragraph is in a column of a width, in points."""
    words = _n_lines(paragraph.text, width, bold=paragraph.bold) * SIZE
    under = _n_lines(paragraph.aside, width, size=SMALL) * SMALL if paragraph.aside else 0.0
    return (words + under) * _LEADING + _AFTER


def row_height(cells: Sequence[Sequence[Paragraph]], widths: Sequence[float]) -> float:
    """Return how high a row must be, in points."""
    highest = max(
        (sum(height_of(p, width) for p in cell) for cell, width in zip(cells, widths, strict=True)),
        default=0.0,
    )
    return highest + 2 * PAD_Y


def paged(
    rows: Sequence[Sequence[Sequence[Paragraph]]], widths: Sequence[float], room: float
) -> list[list[Row]]:
    """Return rows over pages; a cell that does not fit goes on in the same column of the next page.

    Args:
        rows: Cells of each row; the first cell names the row and stands again where the row goes on.
        widths: Of the columns, in points.
        room: Height of a page, in points.
    """
    pages = [_Page(room)]
    most = room - 2 * PAD_Y
    for cells in rows:
        head, *body = cells
        waiting = [
            [piece for paragraph in cell for piece in _split(paragraph, width, most)]
            for cell, width in zip(body, widths[1:], strict=True)
        ]
        heads = [piece for paragraph in head for piece in _split(paragraph, widths[0], most)]
        while heads or any(waiting):
            page = pages[-1]
            taken = [
                _take(cell, width, page.left) for cell, width in zip((heads, *waiting), widths, strict=True)
            ]
            named = taken[0] or [_again(head, widths[0])]
            is_over = not any(taken) or row_height([named, *taken[1:]], widths) > page.left
            if page.rows and (is_over or _is_torn(taken, (heads, *waiting), room, widths)):
                pages.append(_Page(room))
                continue
            heads = heads[len(taken[0]) :]
            waiting = [cell[len(got) :] for cell, got in zip(waiting, taken[1:], strict=True)]
            page.add(Row([named, *taken[1:]], row_height([named, *taken[1:]], widths)))
    return [page.rows for page in pages if page.rows]


def _is_torn(
    taken: Sequence[Sequence[Paragraph]],
    waiting: Sequence[Sequence[Paragraph]],
    room: float,
    widths: Sequence[float],
) -> bool:
    """Tell whether a row that would fit a page of its own would be parted here."""
    is_whole = all(len(got) == len(cell) for got, cell in zip(taken, waiting, strict=True))
    return not is_whole and row_height(waiting, widths) <= room


def _take(cell: Sequence[Paragraph], width: float, room: float) -> list[Paragraph]:
    taken, left = list[Paragraph](), room - 2 * PAD_Y
    for paragraph in cell:
        height = height_of(paragraph, width)
        if height > left:
            break
        taken.append(paragraph)
        left -= height
    return taken


def _again(head: Sequence[Paragraph], width: float) -> Paragraph:
    first = head[0] if head else Paragraph("")
    return first if _n_lines(first.text, width, bold=first.bold) <= 2 else Paragraph("…")  # noqa: PLR2004 - a name, not a text


def _split(paragraph: Paragraph, width: float, most: float) -> list[Paragraph]:
    """Return a paragraph in pieces so high at most; their texts in a row are its text, and the asides its aside."""
    if height_of(paragraph, width) <= most:
        return [paragraph]
    texts = _slices(paragraph.text, width, SIZE, most, bold=paragraph.bold)
    asides = _slices(paragraph.aside, width, SMALL, most, bold=False) if paragraph.aside else []
    pieces = [Paragraph(text, bold=paragraph.bold) for text in texts]
    pieces += [Paragraph("", aside) for aside in asides]
    last = pieces.pop()
    return [*pieces, Paragraph(last.text, last.aside, last.bold, paragraph.notes)]


def _slices(text: str, width: float, size: float, most: float, *, bold: bool) -> list[str]:
    """Return a text in slices that are so high at most."""
    # An aside stands under an empty line of words.
    per_slice = max(1, int((most - _AFTER - SIZE * _LEADING) / (size * _LEADING)))
    cuts = [*line_starts(text, size, width - 2 * PAD_X, bold=bold)[::per_slice], len(text)]
    return [text[start:end] for start, end in pairwise(cuts)]


def _n_lines(text: str, width: float, *, size: float = SIZE, bold: bool = False) -> int:
    return len(line_starts(text, size, width - 2 * PAD_X, bold=bold))
