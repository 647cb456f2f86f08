"""Writes a PDF of headings, paragraphs, quotes, tables, pictures and numbered citations, in the font that is shipped.

Texts are only ever texts: nothing in them becomes a link, a style or a bookmark. A character that the font has no letter
for is written as its code point, and the last page says which ones were. Words of scripts that run from right to left
stand in that order, line by line; Arabic letters stand in their isolated forms.
"""

# fpdf2 is typed in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import io
from collections.abc import Sequence
from datetime import UTC, datetime

from fpdf import FPDF
from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection

from agent.render.letters import FAMILY, font_file, shown, spelled, width_of, wrapped

_WIDTH, _HEIGHT = 595.0, 842.0
"""Of a page, in points: A4."""
_MARGIN, _FOOT = 54.0, 60.0
_TEXT, _SMALL = 10.0, 8.5
_HEADINGS = {1: 20.0, 2: 14.0, 3: 11.0}
_LEADING = 1.38
_INK, _PALE, _BLUE, _LINE = (27, 31, 36), (87, 96, 106), (0, 114, 178), (208, 215, 222)
_INDENT = 14.0
_PAD = 4.0
_MOST_NAMED = 60
"""Characters without a letter that are named one by one."""
_MIRRORED = dict(zip("()[]{}<>«»", ")(][}{><»«", strict=True))
"""Signs that open to the other side in words that run leftwards."""
Color = tuple[int, int, int]


class PdfDocument:
    """A document that is being written, from top to bottom.

    Args:
        title: Of the file; the document's own first heading is the caller's.
        made_at: Time written into the file.
        footer: Stands at the foot of every page, beside its number.
    """

    def __init__(self, title: str, *, made_at: datetime, footer: str = "") -> None:
        self._missing: dict[str, None] = {}
        self._citations: dict[str, tuple[int, str]] = {}
        self._pdf = FPDF(unit="pt", format=(_WIDTH, _HEIGHT))
        self._pdf.set_auto_page_break(auto=False)
        for bold in (False, True):
            self._pdf.add_font(FAMILY, style="B" if bold else "", fname=font_file(bold=bold))
        self._pdf.set_title(shown(title))
        self._pdf.set_producer("Journey Insight")
        self._pdf.set_lang("en")
        self._pdf.set_creation_date(made_at.astimezone(UTC))
        self._footer = " ".join(self._plain(footer).split())
        self._y = 0.0
        self._page()

    @property
    def n_pages(self) -> int:
        """Return how many pages there are so far."""
        return self._pdf.page

    def heading(self, text: str, level: int = 1) -> None:
        """Write a heading of level 1 to 3; it never stands alone at the foot of a page."""
        size = _HEADINGS[level]
        self._y += 0 if self._y <= _MARGIN else 26 - 5 * level
        self._need(size * _LEADING + 3 * _TEXT * _LEADING)
        self._lines(text, size, bold=True, color=_BLUE if level == 2 else _INK)  # noqa: PLR2004 - of three
        self._y += 4

    def paragraph(self, text: str, *, small: bool = False, cites: Sequence[int] = ()) -> None:
        """Write a paragraph, with the numbers of what it cites after it."""
        marks = f" [{', '.join(map(str, cites))}]" if cites else ""
        self._lines(f"{text}{marks}", _SMALL if small else _TEXT, color=_PALE if small else _INK)
        self._y += 4

    def item(self, text: str, aside: str = "", *, cites: Sequence[int] = ()) -> None:
        """Write an item of a list, with what belongs to it in small letters under it."""
        self._need(2 * _TEXT * _LEADING)
        self._at("•", _MARGIN + 3, _TEXT, color=_BLUE)
        marks = f" [{', '.join(map(str, cites))}]" if cites else ""
        self._lines(f"{text}{marks}", _TEXT, left=_INDENT)
        if aside:
            self._lines(aside, _SMALL, left=_INDENT, color=_PALE)
        self._y += 3

    def quote(self, text: str, source: str) -> None:
        """Write words of a customer with where they stand, behind a bar."""
        self._need(3 * _TEXT * _LEADING)
        self._lines(f"“{text}”", _TEXT, left=_INDENT, bar=True)
        self._lines(source, _SMALL, left=_INDENT, color=_PALE, bar=True)
        self._y += 6

    def cite(self, key: str, text: str) -> int:
        """Return the number of a citation, the same for the same key; `citations` writes them out."""
        number, _ = self._citations.setdefault(key, (len(self._citations) + 1, text))
        return number

    def citations(self, title: str) -> None:
        """Write out what was cited, by number."""
        if not self._citations:
            return
        self.heading(title, 2)
        for number, text in self._citations.values():
            self._need(_SMALL * _LEADING)
            self._at(f"[{number}]", _MARGIN, _SMALL, color=_BLUE)
            self._lines(text, _SMALL, left=2.4 * _INDENT)
            self._y += 3

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[float]) -> None:
        """Write a table; a row goes on over the page, and the heads stand again.

        Args:
            heads: Names of the columns; empty for none.
            rows: One text a column.
            shares: Of the width, one a column.
        """
        total = sum(shares)
        widths = [(_WIDTH - 2 * _MARGIN) * share / total for share in shares]
        if heads:
            self._row(heads, widths, bold=True, heads=())
        for row in rows:
            self._row(row, widths, bold=False, heads=heads)
        self._y += 8

    def picture(self, png: bytes, *, told: str) -> None:
        """Put a picture over the width of the page, with what it says in words.

        Args:
            png: The picture.
            told: Its text for those who cannot see it.
        """
        width = _WIDTH - 2 * _MARGIN
        size = self._pdf.image(io.BytesIO(png), x=_MARGIN, y=_HEIGHT * 2, w=width, alt_text=self._plain(told))
        height = size.rendered_height
        self._need(min(height, _HEIGHT - _MARGIN - _FOOT))
        self._pdf.image(io.BytesIO(png), x=_MARGIN, y=self._y, w=width, alt_text=self._plain(told))
        self._y += height + 8

    def finished(self) -> bytes:
        """Return the file, after saying which characters are written as code points."""
        if self._missing:
            codes = [f"U+{ord(char):04X}" for char in list(self._missing)[:_MOST_NAMED]]
            more = len(self._missing) - len(codes)
            named = ", ".join(codes) + (f" and {more:,} more" if more > 0 else "")
            self.heading("Characters written as their code points", 3)
            self.paragraph(f"The font of this file has no letter for {named}.", small=True)
        total = self._pdf.page
        for number in range(1, total + 1):
            self._pdf.page = number
            self._foot(number, total)
        self._pdf.page = total
        return bytes(self._pdf.output())

    def _foot(self, number: int, total: int) -> None:
        self._y = _HEIGHT - _FOOT + 26
        label = f"{number} / {total}"
        room = _WIDTH - 2 * _MARGIN - 60
        self._at(wrapped(self._footer, _SMALL, room)[0], _MARGIN, _SMALL, color=_PALE)
        self._at(label, _WIDTH - _MARGIN - width_of(label, _SMALL), _SMALL, color=_PALE)

    def _page(self) -> None:
        self._pdf.add_page()
        self._y = _MARGIN

    def _need(self, height: float) -> None:
        if self._y + height > _HEIGHT - _FOOT:
            self._page()

    def _plain(self, text: str) -> str:
        """Return a text of which every character can be seen, and remember which were not."""
        plain, missing = spelled(shown(text))
        self._missing.update(dict.fromkeys(sorted(missing)))
        return plain

    def _lines(
        self, text: str, size: float, *, left: float = 0.0, bold: bool = False, color: Color = _INK, bar: bool = False
    ) -> None:  # fmt: skip
        room = _WIDTH - 2 * _MARGIN - left
        for line in wrapped(self._plain(text), size, room, bold=bold):
            self._need(size * _LEADING)
            if bar:
                self._pdf.set_fill_color(*_LINE)
                self._pdf.rect(_MARGIN + 3, self._y, 2.5, size * _LEADING, style="F")
            self._at(line, _MARGIN + left, size, bold=bold, color=color)
            self._y += size * _LEADING

    def _row(
        self, cells: Sequence[str], widths: Sequence[float], *, bold: bool, heads: Sequence[str]
    ) -> None:
        lines = [
            wrapped(self._plain(cell), _SMALL, width - 2 * _PAD, bold=bold)
            for cell, width in zip(cells, widths, strict=True)
        ]
        step = _SMALL * _LEADING
        most = max(map(len, lines))
        self._need(step * min(most, 4) + 2 * _PAD)
        self._y += _PAD
        for number in range(most):
            if self._y + step > _HEIGHT - _FOOT:
                self._page()
                if heads:
                    self._row(heads, widths, bold=True, heads=())
            x = _MARGIN
            for cell, width in zip(lines, widths, strict=True):
                if number < len(cell):
                    self._at(cell[number], x + _PAD, _SMALL, bold=bold, color=_PALE if bold else _INK)
                x += width
            self._y += step
        self._y += _PAD
        self._pdf.set_draw_color(*_LINE)
        self._pdf.line(_MARGIN, self._y, _WIDTH - _MARGIN, self._y)

    def _at(self, line: str, x: float, size: float, *, bold: bool = False, color: Color = _INK) -> None:
        self._pdf.set_font(FAMILY, "B" if bold else "", size)
        self._pdf.set_text_color(*color)
        self._pdf.text(x, self._y + size, _visual(line))


def _visual(line: str) -> str:
    """Return a line in the order in which it is seen from left to right."""
    if all(ord(char) < 0x590 for char in line):  # noqa: PLR2004 - Hebrew is the first script that runs leftwards
        return line
    placed = BidiParagraph(line, base_direction=TextDirection.LTR).reorder_resolved_levels()
    return "".join(
        _MIRRORED.get(char.character, char.character) if char.embedding_level % 2 else char.character
        for char in placed
    )
