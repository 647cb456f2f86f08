"""Draws slides with python-pptx: places, colours and sizes are here, words come from the caller.

The file is packed again with fixed times, so that the same map gives the same bytes.
"""

# python-pptx is typed in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE_DASH_STYLE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Pt

from agent.render.exports.slide_tables import PAD_X, PAD_Y, SIZE, SMALL, Paragraph, Row, paged
from agent.render.letters import cut, line_starts, shown
from agent.schemas.journey import EmotionPoint

WIDTH, HEIGHT = 960.0, 540.0
"""Of a slide, in points: sixteen by nine."""
_LEFT, _TOP, _BOTTOM = 36.0, 84.0, 504.0
_FONT = "Arial"
_INK, _PALE, _BLUE, _LINE, _HEAD = "1B1F24", "57606A", "0072B2", "D0D7DE", "EEF3F8"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
"""The table style without fills and lines of its own."""
_HEAD_HEIGHT = 22.0
_BODY = 13.0
_COVER_SIZES, _COVER_LINES = (40, 32, 26, 20), 3
"""A long title is smaller, so that it takes so many lines."""
_TITLE_ONLY = 5
_STAMP = (1980, 1, 1, 0, 0, 0)
_TIMES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")
_LINK = re.compile(r"^\s*[A-Za-z][A-Za-z0-9+.-]*:")


class Deck:
    """A presentation that is being made.

    Args:
        footer: Stands under every slide.
        made_at: Time written into the file.
        title: Of the file.
    """

    def __init__(self, footer: str, *, made_at: datetime, title: str) -> None:
        self._made = Presentation()
        self._made.slide_width, self._made.slide_height = Pt(WIDTH), Pt(HEIGHT)
        self._footer, self._made_at = footer, made_at.astimezone(UTC)
        about = self._made.core_properties
        about.title, about.author = cut(shown(title), 250), "Journey Insight"
        about.created = about.modified = self._made_at.replace(tzinfo=None)
        about.last_modified_by, about.revision = "Journey Insight", 1

    def cover(self, *, title: str, lines: Sequence[str], facts: Sequence[tuple[str, str]]) -> None:
        """Add the first slide: a title, lines under it and figures in a row."""
        slide = self._made.slides.add_slide(self._made.slide_layouts[_TITLE_ONLY])
        _bar(slide, 0, 0, 14, HEIGHT)
        width = WIDTH - 3 * _LEFT
        fitting = (s for s in _COVER_SIZES if _lines(title, s, width, bold=True) <= _COVER_LINES)
        size = next(fitting, _COVER_SIZES[-1])
        named = _fitted(title, size, width, _COVER_LINES, bold=True)
        y, height = 84.0, size * 1.25 * _lines(named, size, width, bold=True)
        self._title(slide, named, top=y, height=height, size=size, width=width)
        y += height + 12
        for text, size_pt, most in zip(lines, (18.0, _BODY, _BODY), (2, 4, 1), strict=False):
            if text:
                words = _fitted(text, size_pt, width, most)
                height = size_pt * 1.3 * _lines(words, size_pt, width) + 8
                color = _INK if size_pt > _BODY else _PALE
                _box(slide, words, 2 * _LEFT, y, width, height, size=size_pt, color=color)
                y += height
        step = width / max(1, len(facts))
        for number, (name, value) in enumerate(facts):
            x = 2 * _LEFT + step * number
            _box(slide, value, x, 408, step - 8, 40, size=28, bold=True, color=_BLUE)
            _box(slide, name, x, 448, step - 8, 34, size=11, color=_PALE)
        self._foot(slide)

    def tables(
        self,
        title: str,
        heads: Sequence[str],
        rows: Sequence[Sequence[Sequence[Paragraph]]],
        widths: Sequence[float],
        notes: Sequence[str] = (),
    ) -> None:
        """Add a table over as many slides as it needs; what belongs to its texts goes into the notes of their slides."""
        top = _HEAD_HEIGHT if heads else 0.0
        pages = paged(rows, widths, _BOTTOM - _TOP - top)
        for number, page in enumerate(pages, start=1):
            named = title if len(pages) == 1 else f"{title} ({number} of {len(pages)})"
            slide = self._slide(named)
            _table(slide, heads, page, widths)
            own = [note for row in page for cell in row.cells for p in cell for note in p.notes]
            _note(slide, [*own, *notes])

    def curve(self, title: str, text: str, points: Sequence[EmotionPoint], *, notes: Sequence[str]) -> None:
        """Add the emotion curve as a chart whose numbers can be edited; unknown moods are gaps."""
        slide = self._slide(title)
        height = 16.0 * _lines(text, 12, WIDTH - 2 * _LEFT) + 6
        _box(slide, text, _LEFT, _TOP - 4, WIDTH - 2 * _LEFT, height, size=12, color=_PALE)
        data = CategoryChartData(number_format="0.00")
        data.categories = [_category(point.stage) for point in points]
        for name, values in (
            ("Mean mood", [point.valence for point in points]),
            ("Lower bound", [point.low for point in points]),
            ("Upper bound", [point.high for point in points]),
        ):
            data.add_series(name, values)
        top = _TOP + height
        frame = slide.shapes.add_chart(
            XL_CHART_TYPE.LINE_MARKERS, Pt(_LEFT), Pt(top), Pt(WIDTH - 2 * _LEFT), Pt(_BOTTOM - top), data
        )
        _style_chart(frame.chart, points)
        _note(slide, notes)

    def saved(self) -> bytes:
        """Return the file."""
        out = io.BytesIO()
        self._made.save(out)
        return _repacked(out.getvalue(), self._made_at)

    def _slide(self, title: str) -> Any:  # noqa: ANN401 - python-pptx's slide
        slide = self._made.slides.add_slide(self._made.slide_layouts[_TITLE_ONLY])
        self._title(
            slide,
            _fitted(title, 24, WIDTH - 2 * _LEFT, 1, bold=True),
            top=28,
            height=44,
            size=24,
            width=WIDTH - 2 * _LEFT,
            left=_LEFT,
        )
        self._foot(slide)
        return slide

    def _title(
        self, slide: Any, text: str, *, top: float, height: float, size: float, width: float, left: float = 2 * _LEFT  # noqa: ANN401
    ) -> None:  # fmt: skip
        title = slide.shapes.title
        title.left, title.top, title.width, title.height = Pt(left), Pt(top), Pt(width), Pt(height)
        frame = title.text_frame
        frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        paragraph = frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.LEFT
        _run(paragraph, text, size=size, bold=True, color=_INK)

    def _foot(self, slide: Any) -> None:  # noqa: ANN401
        number = len(self._made.slides)
        _box(slide, f"{self._footer} · {number}", _LEFT, 514, WIDTH - 2 * _LEFT, 16, size=9, color=_PALE)


def _table(slide: Any, heads: Sequence[str], rows: Sequence[Row], widths: Sequence[float]) -> None:  # noqa: ANN401
    n_heads = 1 if heads else 0
    height = sum(row.height for row in rows) + _HEAD_HEIGHT * n_heads
    frame = slide.shapes.add_table(
        len(rows) + n_heads, len(widths), Pt(_LEFT), Pt(_TOP), Pt(sum(widths)), Pt(height)
    )
    table = frame.table
    table.first_row, table.horz_banding = bool(heads), False
    frame._element.graphic.graphicData.tbl.tblPr.find(f"{{{_A}}}tableStyleId").text = _NO_STYLE  # noqa: SLF001
    for number, width in enumerate(widths):
        table.columns[number].width = Pt(width)
    if heads:
        table.rows[0].height = Pt(_HEAD_HEIGHT)
        for number, head in enumerate(heads):
            _cell(table.cell(0, number), [Paragraph(head, bold=True)], fill=_HEAD)
    for number, row in enumerate(rows, start=n_heads):
        table.rows[number].height = Pt(row.height)
        for column, cell in enumerate(row.cells):
            _cell(table.cell(number, column), cell)


def _cell(cell: Any, paragraphs: Sequence[Paragraph], *, fill: str | None = None) -> None:  # noqa: ANN401
    cell.margin_left = cell.margin_right = Pt(PAD_X)
    cell.margin_top = cell.margin_bottom = Pt(PAD_Y)
    cell.vertical_anchor = MSO_ANCHOR.TOP
    if fill:
        cell.fill.solid()
        cell.fill.fore_color.rgb = RGBColor.from_string(fill)
    frame = cell.text_frame
    frame.word_wrap = True
    for number, words in enumerate(paragraphs or [Paragraph("")]):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.space_after = Pt(3)
        _run(paragraph, words.text, size=SIZE, bold=words.bold, color=_INK)
        if words.aside:
            _break(paragraph, SIZE)
            _run(paragraph, words.aside, size=SMALL, color=_PALE)
        paragraph._p.append(_sized("a:endParaRPr", SIZE))  # noqa: SLF001
    _underlined(cell._tc.get_or_add_tcPr())  # noqa: SLF001


def _underlined(properties: Any) -> None:  # noqa: ANN401
    """Draw a thin line under a cell; lines have to stand before a fill."""
    line = OxmlElement("a:lnB")
    line.set("w", "6350")
    solid, color = OxmlElement("a:solidFill"), OxmlElement("a:srgbClr")
    color.set("val", _LINE)
    solid.append(color)
    line.append(solid)
    properties.insert(0, line)


def _box(  # noqa: PLR0917 - a place has four numbers
    slide: Any,  # noqa: ANN401
    text: str,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    size: float,
    color: str = _INK,
    bold: bool = False,
) -> None:
    frame = slide.shapes.add_textbox(Pt(x), Pt(y), Pt(width), Pt(height)).text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    _run(frame.paragraphs[0], text, size=size, bold=bold, color=color)


def _bar(slide: Any, x: float, y: float, width: float, height: float) -> None:  # noqa: ANN401
    shape = slide.shapes.add_shape(1, Pt(x), Pt(y), Pt(width), Pt(height))
    shape.fill.solid()
    shape.fill.fore_color.rgb = RGBColor.from_string(_BLUE)
    shape.line.fill.background()
    shape.shadow.inherit = False


def _run(paragraph: Any, text: str, *, size: float, color: str, bold: bool = False) -> None:  # noqa: ANN401
    for number, line in enumerate(text.split("\n")):
        if number:
            _break(paragraph, size)
        run = paragraph.add_run()
        run.text = line
        font = run.font
        font.size, font.bold, font.name = Pt(size), bold, _FONT
        font.color.rgb = RGBColor.from_string(color)


def _break(paragraph: Any, size: float) -> None:  # noqa: ANN401
    """End a line; without a size of its own the end would be as high as the letters of the master."""
    paragraph._p.append(_sized("a:br", size))  # noqa: SLF001


def _sized(name: str, size: float) -> Any:  # noqa: ANN401 - an element of XML
    element = OxmlElement(name)
    holder = element if name == "a:endParaRPr" else OxmlElement("a:rPr")
    holder.set("sz", str(round(size * 100)))
    if holder is not element:
        element.append(holder)
    return element


def _note(slide: Any, lines: Sequence[str]) -> None:  # noqa: ANN401
    if lines:
        slide.notes_slide.notes_text_frame.text = "\n".join(lines)


def _category(name: str) -> str:
    """Return a name for the chart's table, whose writer takes formulas and addresses for what they look like."""
    plain = shown(name)
    return f"'{plain}" if plain.lstrip().startswith(("=", "{=")) or _LINK.match(plain) else plain


def _style_chart(chart: Any, points: Sequence[EmotionPoint]) -> None:  # noqa: ANN401
    chart.has_title, chart.has_legend = False, True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    chart.font.size, chart.font.name = Pt(12), _FONT
    axis = chart.value_axis
    reach = max([0.2, *(abs(bound) for p in points for bound in (p.low, p.high) if bound is not None)])
    axis.maximum_scale = min(1.0, round(reach + 0.1, 1))
    axis.minimum_scale = -axis.maximum_scale
    axis.major_gridlines.format.line.color.rgb = RGBColor.from_string("E4E8EC")
    axis.format.line.fill.background()
    axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = "+0.0;-0.0;0", False
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    for series, color, is_mean in zip(
        chart.plots[0].series, (_BLUE, "8C959F", "8C959F"), (True, False, False), strict=True
    ):
        _style_series(series, color, is_mean=is_mean)


def _style_series(series: Any, color: str, *, is_mean: bool) -> None:  # noqa: ANN401
    series.smooth = False
    series.format.line.color.rgb = RGBColor.from_string(color)
    series.format.line.width = Pt(2.5 if is_mean else 1)
    series.marker.size = 8 if is_mean else 4
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = RGBColor.from_string(color)
    series.marker.format.line.color.rgb = RGBColor.from_string(color)
    if is_mean:
        labels = series.data_labels
        labels.show_value, labels.position = True, XL_LABEL_POSITION.ABOVE
        labels.number_format, labels.number_format_is_linked = "+0.00;-0.00;0", False
        labels.font.bold = True
    else:
        series.format.line.dash_style = MSO_LINE_DASH_STYLE.DASH


def _fitted(text: str, size: float, width: float, most: int, *, bold: bool = False) -> str:
    """Return a text, cut with an ellipsis where it has more lines than there is room for."""
    starts = line_starts(text, size, width, bold=bold)
    if len(starts) <= most:
        return text
    line = text[starts[most - 1] : starts[most]].rstrip()
    return text[: starts[most - 1]] + line[: max(1, len(line) - 2)].rstrip() + "…"


def _lines(text: str, size: float, width: float, *, bold: bool = False) -> int:
    return len(line_starts(text, size, width, bold=bold))


def _repacked(data: bytes, made_at: datetime) -> bytes:
    """Return a zip with fixed times, and those inside that name the moment of saving set to one that is given."""
    out = io.BytesIO()
    stamp = made_at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            body = source.read(name)
            if name.endswith(".xlsx"):
                body = _repacked(body, made_at)
            elif name == "docProps/core.xml":
                body = _TIMES.sub(rb"\g<1>" + stamp + rb"\g<3>", body)
            target.writestr(zipfile.ZipInfo(name, _STAMP), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()
