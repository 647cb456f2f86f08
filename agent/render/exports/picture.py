"""The grid and the emotion curve of a map as one picture, SVG and PNG: built as XML, in the font that is shipped."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import vl_convert

from agent.render.curve import HEIGHT, Curve, CurvePoint, curve_of
from agent.render.exports.parts import loss_line
from agent.render.exports.rows import standing, worded
from agent.render.figures import signed, step_text, tied
from agent.render.frame import BLUE, GRID, INK, ORANGE, PALE_INK, PAPER
from agent.render.letters import FAMILY, cut, font_folder, shown, spelled, wrapped
from agent.render.page import LANES, TYPE_NAMES, watermark
from agent.schemas.evidence import Claim, ClaimStatus
from agent.schemas.journey import JourneyMap, Stage

MAX_STATEMENT = 240
"""Characters of a claim that a cell shows; what is longer is cut."""
_SVG = "http://www.w3.org/2000/svg"
_FONT = f"{FAMILY}, Verdana, Arial, sans-serif"
_SIZE, _SMALL, _LINE = 12.0, 10.5, 16.0
_MARGIN, _LABELS, _COLUMN, _PAD = 28.0, 128.0, 232.0, 10.0
_NARROW = 132.0
"""Width of a stage where the curve stands alone."""
_HEAD = 34.0
_CLAIM_GAP = 7.0
_MAX_NAME = 60
_PIXELS = 12_000.0
"""Longest side of a PNG; a larger picture is drawn with fewer dots."""
_SCALE = 2.0
_BAND_OPACITY = "0.16"
_BAR = {
    ClaimStatus.OBSERVED: BLUE,
    ClaimStatus.INFERRED: "#56b4e9",
    ClaimStatus.ASSUMPTION: ORANGE,
    ClaimStatus.UNKNOWN: "#8c959f",
    ClaimStatus.BROKEN: "#a40e26",
}


@dataclass(frozen=True, slots=True)
class _Block:
    """A claim in a cell: its words in lines, and what it rests on."""

    lines: list[str]
    small: list[str]
    color: str

    @property
    def height(self) -> float:
        return len(self.lines) * _LINE + len(self.small) * (_LINE - 2) + _CLAIM_GAP


def svg_of_map(journey_map: JourneyMap, loss: tuple[str, ...]) -> bytes:
    """Return the picture as SVG, with a title and a description for screen readers."""
    width = 2 * _MARGIN + _LABELS + _COLUMN * max(1, len(journey_map.stages))
    root = ET.Element(
        "svg", xmlns=_SVG, role="img", attrib={"aria-labelledby": "map-title map-desc", "font-family": _FONT}
    )
    ET.SubElement(root, "title", id="map-title").text = shown(journey_map.scope.journey)
    ET.SubElement(root, "desc", id="map-desc").text = shown(_described(journey_map))
    paper = ET.SubElement(root, "rect", fill=PAPER)
    y = _heading(root, journey_map, width)
    y = _curve(root, journey_map, y)
    for lane, name, hint in LANES:
        cells = [[_block(claim) for claim in stage.cells[lane]] for stage in journey_map.stages]
        y = _lane(root, (name, hint), cells, y, width)
    y = _foot(root, journey_map, loss, y, width)
    for element in (root, paper):
        element.set("width", _n(width))
        element.set("height", _n(y))
    root.set("viewBox", f"0 0 {_n(width)} {_n(y)}")
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def png_of_map(journey_map: JourneyMap, loss: tuple[str, ...]) -> bytes:
    """Return the picture as PNG, two dots to the pixel unless it is very large.

    A character that the font has no letter for is written as its code point: another machine's fonts decide nothing.
    """
    svg = svg_of_map(_spelled_map(journey_map), loss).decode()
    root = ET.fromstring(svg)  # noqa: S314 - made here
    side = max(float(root.get("width", "1")), float(root.get("height", "1")))
    _register_font()
    return vl_convert.svg_to_png(svg, scale=min(_SCALE, _PIXELS / side))


def curve_png(journey_map: JourneyMap) -> bytes:
    """Return the emotion curve alone as PNG, for documents: narrow, so that its letters can be read on paper."""
    spelled_map = _spelled_map(journey_map)
    width = 2 * _MARGIN + _LABELS + _NARROW * max(1, len(journey_map.stages))
    root = ET.Element("svg", xmlns=_SVG, attrib={"font-family": _FONT})
    paper = ET.SubElement(root, "rect", fill=PAPER)
    height = _curve(root, spelled_map, 0, column=_NARROW)
    for element in (root, paper):
        element.set("width", _n(width))
        element.set("height", _n(height))
    _register_font()
    return vl_convert.svg_to_png(ET.tostring(root, encoding="unicode"), scale=min(_SCALE, _PIXELS / width))


def _spelled_map(journey_map: JourneyMap) -> JourneyMap:
    """Return a map whose every letter is in the font."""
    scope = journey_map.scope
    words = {
        name: _spelled(getattr(scope, name))
        for name in ("persona", "journey", "goal", "purpose", "population")
    }
    stages = tuple(
        Stage.model_validate(_spelled(stage.model_dump(mode="json"))) for stage in journey_map.stages
    )
    owner = _spelled(journey_map.owner)
    return journey_map.model_copy(
        update={"scope": scope.model_copy(update=words), "stages": stages, "owner": owner}
    )


def _spelled(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return spelled(shown(value))[0]
    if isinstance(value, list):
        return [_spelled(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _spelled(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


@cache
def _register_font() -> None:
    vl_convert.register_font_directory(str(font_folder()))


def _heading(root: ET.Element, journey_map: JourneyMap, width: float) -> float:
    scope, room = journey_map.scope, width - 2 * _MARGIN
    y = _MARGIN
    for line in wrapped(cut(shown(scope.journey), MAX_STATEMENT), 22.0, room, bold=True):
        y += 28
        _word(root, line, _MARGIN, y, size=22, weight="bold")
    lede = (
        f"{TYPE_NAMES[journey_map.type]} journey map of {scope.persona}, who want to {scope.goal}. "
        f"Purpose: {scope.purpose}. About {scope.population}."
    )
    lines = wrapped(cut(shown(lede), 3 * MAX_STATEMENT), _SIZE, room)
    if mark := watermark(journey_map):
        lines.append(f"ASSUMPTION MAP: {mark}")
    y += 8
    for line in lines:
        y += _LINE
        _word(root, line, _MARGIN, y, color=PALE_INK)
    return y + 18


def _curve(root: ET.Element, journey_map: JourneyMap, top: float, *, column: float = _COLUMN) -> float:
    """Draw names of stages and the curve under them; return where it ends."""
    curve = curve_of(journey_map.emotion_curve, column=column)
    left = _MARGIN + _LABELS
    for number, stage in enumerate(journey_map.stages):
        name = cut(shown(stage.name), _MAX_NAME)
        first, *more = wrapped(name[:1].upper() + name[1:], 13.0, column - 2 * _PAD, bold=True)
        _word(
            root,
            f"{first}…" if more else first,
            left + column * number + _PAD,
            top + 20,
            size=13,
            weight="bold",
        )
    drawn = ET.SubElement(root, "g", transform=f"translate({_n(left)},{_n(top + _HEAD)})")
    _word(root, "Mood", _MARGIN, top + _HEAD + 20, weight="bold")
    for line, text in enumerate(("from −1 to +1,", "with 95 % interval")):
        _word(root, text, _MARGIN, top + _HEAD + 36 + 14 * line, size=_SMALL, color=PALE_INK)
    for y, value in ((curve.y_top, curve.top), (curve.y_zero, 0.0), (curve.y_bottom, curve.bottom)):
        ET.SubElement(drawn, "line", x1="0", x2=_n(curve.width), y1=_n(y), y2=_n(y), stroke=GRID)
        label = "0" if value == 0 else step_text(value)
        _word(drawn, label, -8, y + 4, size=_SMALL, color=PALE_INK, anchor="end")
    for band in curve.bands:
        ET.SubElement(drawn, "path", d=band, fill=BLUE, attrib={"fill-opacity": _BAND_OPACITY})
    for line in curve.lines:
        ET.SubElement(drawn, "path", d=line, fill="none", stroke=BLUE, attrib={"stroke-width": "2.5"})
    for point in curve.points:
        _point(drawn, point, curve, with_spread=column == _COLUMN)
    return top + _HEAD + HEIGHT + 6


def _point(drawn: ET.Element, point: CurvePoint, curve: Curve, *, with_spread: bool) -> None:
    people = f"{point.n_persons:,} customer{'' if point.n_persons == 1 else 's'}"
    if point.y is None:
        _word(drawn, "mood unknown", point.x, curve.y_zero - 8, size=_SMALL, color=PALE_INK, anchor="middle")
        if with_spread:
            _word(drawn, people, point.x, HEIGHT - 8, size=_SMALL, color=PALE_INK, anchor="middle")
        return
    if point.y_low is not None and point.y_high is not None:
        x = _n(point.x)
        ET.SubElement(drawn, "line", x1=x, x2=x, y1=_n(point.y_high), y2=_n(point.y_low), stroke=BLUE)
    ET.SubElement(
        drawn,
        "circle",
        cx=_n(point.x),
        cy=_n(point.y),
        r="5",
        fill=PAPER,
        stroke=BLUE,
        attrib={"stroke-width": "2.5"},
    )
    _word(drawn, signed(point.valence), point.x + 10, point.y - 8, weight="bold")
    if not with_spread:
        return
    spread = f"{signed(point.low)} to {signed(point.high)}, {people}"
    _word(drawn, spread, point.x, HEIGHT - 8, size=_SMALL, color=PALE_INK, anchor="middle")


def _block(claim: Claim) -> _Block:
    room = _COLUMN - 2 * _PAD - 8
    return _Block(
        wrapped(cut(shown(tied(worded(claim))), MAX_STATEMENT), _SIZE, room),
        wrapped(cut(shown(standing(claim, short=True)), MAX_STATEMENT), _SMALL, room),
        _BAR[claim.status],
    )


def _lane(
    root: ET.Element, names: tuple[str, str], cells: Sequence[Sequence[_Block]], top: float, width: float
) -> float:
    height = max((sum(block.height for block in cell) for cell in cells), default=_LINE) + 2 * _PAD
    line = {"x1": _n(_MARGIN), "x2": _n(width - _MARGIN), "y1": _n(top), "y2": _n(top), "stroke": GRID}
    ET.SubElement(root, "line", attrib=line)
    _word(root, names[0], _MARGIN, top + _PAD + _LINE - 3, weight="bold")
    for number, hint in enumerate(wrapped(names[1], _SMALL, _LABELS - _PAD)):
        _word(root, hint, _MARGIN, top + _PAD + 2 * _LINE - 4 + 14 * number, size=_SMALL, color=PALE_INK)
    for number, cell in enumerate(cells):
        x, y = _MARGIN + _LABELS + _COLUMN * number + _PAD, top + _PAD
        for block in cell:
            _draw_block(root, block, x, y)
            y += block.height
    return top + height


def _draw_block(root: ET.Element, block: _Block, x: float, y: float) -> None:
    bar = {
        "x": _n(x),
        "y": _n(y + 1),
        "width": "3",
        "height": _n(block.height - _CLAIM_GAP),
        "fill": block.color,
    }
    ET.SubElement(root, "rect", attrib=bar)
    at = y - 3
    for line in block.lines:
        at += _LINE
        _word(root, line, x + 10, at)
    for line in block.small:
        at += _LINE - 2
        _word(root, line, x + 10, at, size=_SMALL, color=PALE_INK)


def _foot(root: ET.Element, journey_map: JourneyMap, loss: Iterable[str], top: float, width: float) -> float:
    owner = f" Owner: {journey_map.owner}." if journey_map.owner else ""
    made = f"Map {journey_map.map_id}, version {journey_map.version}.{owner} In brackets: 95 % intervals."
    lines = [
        *wrapped(cut(shown(made), MAX_STATEMENT), _SMALL, width - 2 * _MARGIN),
        *wrapped(loss_line(tuple(loss)), _SMALL, width - 2 * _MARGIN),
    ]
    y = top + 8
    for line in lines:
        y += 15
        _word(root, line, _MARGIN, y, size=_SMALL, color=PALE_INK)
    return y + _MARGIN


def _described(journey_map: JourneyMap) -> str:
    moods = "; ".join(f"{point.stage}: mood {signed(point.valence)}" for point in journey_map.emotion_curve)
    return f"Journey map of {journey_map.scope.persona}, {len(journey_map.stages)} stages. {moods}."


def _word(
    parent: ET.Element, text: str, x: float, y: float, *, size: float = _SIZE, color: str = INK,
    weight: str = "normal", anchor: str = "start",
) -> None:  # fmt: skip
    looks = {"font-size": _n(size), "fill": color, "font-weight": weight, "text-anchor": anchor}
    ET.SubElement(parent, "text", x=_n(x), y=_n(y), attrib=looks).text = text


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
