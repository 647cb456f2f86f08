"""What all pictures share: paper, letters, colours, title and text for those who cannot see them; drawn to SVG and PNG.

Nothing is fetched and no browser is needed. Names in pictures come from customers' data: they are data values, never
expressions, and cut to a length that fits.
"""

# Altair's builders take what Vega-Lite's schema takes, which its types do not say in full.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from xml.sax.saxutils import escape

import altair as alt
import vl_convert

Picture = alt.LayerChart | alt.FacetChart | alt.VConcatChart
"""A picture that `svg_of` and `png_of` draw."""

INK, PALE_INK, PAPER, GRID = "#1b1f24", "#57606a", "#ffffff", "#e4e8ec"
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d00", "#444444")
"""Told apart by readers with any kind of colour vision (Okabe and Ito 2008), on the paper that every picture brings."""
BLUE, ORANGE, GREEN = PALETTE[0], PALETTE[1], PALETTE[2]
WORDS_PX, SMALL_PX = 12.0, 11.0
"""Sizes of letters in pictures; nothing is smaller."""
_FONT = "DejaVu Sans, Verdana, Arial, sans-serif"
_PNG_SCALE = 2.0
_LONGEST_NAME = 32
_JOINED = re.compile(r"(?<=[^\W_])_+(?=[^\W_])")
"""What holds the words of a name together in exports."""
_EMPTY_WIDTH = 420
_VEGA_LITE = "v" + ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


def svg_of(picture: Picture) -> bytes:
    """Return a picture as SVG with its title and a description for screen readers; letters stay letters."""
    spec: dict[str, Any] = picture.to_dict()
    svg = vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE)
    heading = spec["title"]
    told = (
        f'<title id="picture-title">{escape(_line(heading["text"]))}</title>'
        f'<desc id="picture-desc">{escape(_line(spec["description"]))}</desc>'
    )
    opened = '<svg role="img" aria-labelledby="picture-title picture-desc"'
    return re.sub(r"<svg\b([^>]*)>", lambda found: f"{opened}{found[1]}>{told}", svg, count=1).encode()


def png_of(picture: Picture) -> bytes:
    """Return a picture as PNG, two dots to the pixel."""
    return vl_convert.vegalite_to_png(picture.to_dict(), vl_version=_VEGA_LITE, scale=_PNG_SCALE)


def short(name: str, longest: int = _LONGEST_NAME) -> str:
    """Return a name as words: `order_placed` as `order placed`, one line of visible characters, cut where it is longer than fits."""
    seen = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in name)
    words = " ".join(_JOINED.sub(" ", seen).split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


def framed(
    chart: Picture,
    title: str,
    subtitle: str | Sequence[str],
    *,
    width: float | None = None,
    height: float | None = None,
    told: Sequence[str] = (),
) -> Picture:
    """Return a picture with its title, on its own paper.

    Args:
        chart: What is drawn.
        title: What it shows, and of whom.
        subtitle: How to read it, a line each.
        width: Of the plot in pixels; None where the parts have their own.
        height: The same.
        told: What the picture says, in words, for those who cannot see it.
    """
    lines = [subtitle] if isinstance(subtitle, str) else list(subtitle)
    size: dict[str, float] = {} if width is None or height is None else {"width": width, "height": height}
    made = chart.properties(
        title=_heading(title, lines), background=PAPER, padding=18, description=_line([*lines, *told]), **size
    )
    return (
        made.configure(font=_FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=WORDS_PX, titleFontSize=WORDS_PX, titleFontWeight="normal", labelColor=INK,
            titleColor=PALE_INK, gridColor=GRID, domainColor=GRID, tickColor=GRID, labelLimit=330,
        )
        .configure_legend(
            labelFontSize=WORDS_PX, titleFontSize=WORDS_PX, titleFontWeight="normal", labelColor=INK,
            titleColor=PALE_INK, labelLimit=380, titleLimit=380,
        )
    )  # fmt: skip


def without_rows(title: str, subtitle: Sequence[str], *, words: str) -> Picture:
    """Return a picture that says why there is nothing to draw."""
    base = rows_chart([{"text": words}]).mark_text(align="left", fontSize=WORDS_PX, color=INK)
    drawn = alt.layer(base.encode(x=alt.value(0), y=alt.value(12), text="text:N"))
    return framed(drawn, title, subtitle, width=_EMPTY_WIDTH, height=24, told=[words])


def _heading(title: str, lines: Sequence[str]) -> alt.TitleParams:
    return alt.TitleParams(
        text=title, subtitle=list(lines), anchor="start", frame="bounds", fontSize=17, subtitleFontSize=12,
        color=INK, subtitleColor=PALE_INK, offset=16, font=_FONT, subtitleFont=_FONT, subtitlePadding=5,
        subtitleLineHeight=16,
    )  # fmt: skip


def rows_chart(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Return a chart of rows that are in the picture itself."""
    return alt.Chart(alt.InlineData([dict(row) for row in rows]))


def haloed(
    base: alt.Chart,
    encoding: Mapping[str, Any],
    *,
    color: Any = INK,  # noqa: ANN401 - a colour, or a field of colours
    align: Literal["left", "center", "right"] = "center",
    **mark: Any,  # noqa: ANN401 - what Vega-Lite's text takes
) -> list[alt.Chart]:
    """Return words over a halo of paper, so that they are read wherever they stand."""
    looks: dict[str, Any] = {"align": align, "baseline": "middle", "fontSize": WORDS_PX, **mark}
    halo = base.mark_text(stroke=PAPER, strokeWidth=4, strokeJoin="round", color=PAPER, **looks)
    if isinstance(color, str):
        return [halo.encode(**encoding), base.mark_text(color=color, **looks).encode(**encoding)]
    return [halo.encode(**encoding), base.mark_text(**looks).encode(**encoding, color=color)]


def literal(field: str) -> alt.Color:
    """Return a field whose values are colours."""
    return alt.Color(f"{field}:N", scale=None, legend=None)


def _line(text: str | Sequence[str]) -> str:
    whole = text if isinstance(text, str) else ". ".join(part.rstrip(".") for part in text if part)
    return short(whole, 2_000)
