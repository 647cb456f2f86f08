"""A picture of a plan's order beside the order in which customers came to its parts, with the share that follows each step.

It brings its own paper, so that it is read alike on a dark page and a light one, and styles nothing by rules: a page with a
strict policy may hold it. What it shows stands in its description too.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping

import vl_convert

from agent.analyse.conformance import Coverage
from agent.analyse.plan_order import KeptPair, ObservedPart, Order, customers_told
from agent.render.figures import interval_text, share_text
from agent.render.frame import BLUE, INK, ORANGE, PALE_INK, PAPER, SMALL_PX, WORDS_PX, short
from agent.render.letters import FAMILY, font_folder, spelled, wrapped

_SVG = "http://www.w3.org/2000/svg"
_FONT = f"{FAMILY}, Verdana, Arial, sans-serif"
_WIDTH, _MARGIN, _BOX, _HEIGHT, _STEP = 780.0, 18.0, 290.0, 34.0, 64.0
_RIGHT = _WIDTH - _MARGIN - _BOX
_HEAD = 96.0
_LONGEST = 34
MOST = 16
"""Parts of the plan that are drawn; a longer plan is told by its table."""
_READING = "Dashed lines: earlier or later than planned. In brackets: 95 % intervals."
_SCALE = 2.0


def order_svg(order: Order, level: str, *, name: str = "order") -> str:
    """Return the picture as SVG.

    Args:
        order: Planned and observed order.
        level: What the parts are, such as `stage`.
        name: Begins the ids inside, which are told apart by it where a page holds several pictures.
    """
    planned, pairs = order.planned[:MOST], {(one.source, one.target): one for one in order.pairs}
    drawn = set(planned)
    observed = [one for one in order.observed if not one.planned or one.name in drawn]
    height = _HEAD + _STEP * max(len(planned), len(observed)) + _MARGIN
    root = ET.Element(
        "svg",
        xmlns=_SVG,
        role="img",
        viewBox=f"0 0 {_n(_WIDTH)} {_n(height)}",
        attrib={"aria-labelledby": f"{name}-title {name}-desc", "font-family": _FONT},
        width=_n(_WIDTH),
        height=_n(height),
    )
    ET.SubElement(root, "title", id=f"{name}-title").text = _title(order)
    ET.SubElement(root, "desc", id=f"{name}-desc").text = described(order)
    ET.SubElement(root, "rect", width=_n(_WIDTH), height=_n(height), fill=PAPER, rx="8")
    _heading(root, order)
    _word(root, f"Planned {level}s", _MARGIN, _HEAD - 12, bold=True)
    _word(root, "What customers came to, first to last", _RIGHT, _HEAD - 12, bold=True)
    _lines(root, planned, observed)
    for at, part in enumerate(planned):
        _box(root, _MARGIN, at, part, color=BLUE)
        following = planned[at + 1] if at + 1 < len(planned) else None
        found = _pair_after(part, planned[at + 1 :], pairs)
        if following is not None and found is not None:
            _word(root, _kept(found), _MARGIN + 10, _top(at) + _HEIGHT + 20, size=SMALL_PX, color=PALE_INK)
    for at, part in enumerate(observed):
        color = BLUE if part.planned else ORANGE
        _box(root, _RIGHT, at, part.name, color=color, dashed=not part.planned)
        told = part.told + ("" if part.planned else ", not planned")
        _word(root, told, _RIGHT + 10, _top(at) + _HEIGHT + 15, size=SMALL_PX, color=PALE_INK)
    return ET.tostring(root, encoding="unicode")


def _heading(root: ET.Element, order: Order) -> None:
    title = wrapped(_title(order), 14, _WIDTH - 2 * _MARGIN, bold=True)[:2]
    for line, text in enumerate(title):
        _word(root, text, _MARGIN, 24 + 17 * line, size=14, bold=True)
    _word(root, _READING, _MARGIN, 26 + 17 * len(title), size=SMALL_PX, color=PALE_INK)


def order_png(order: Order, level: str) -> bytes:
    """Return the picture as PNG, two dots to the pixel; letters that the font lacks stand as code points."""
    said = spelled(order_svg(order, level))[0]
    vl_convert.register_font_directory(str(font_folder()))
    return vl_convert.svg_to_png(said, scale=_SCALE)


def order_of_coverages(coverages: tuple[Coverage, ...]) -> tuple[Order, str] | None:
    """Return the order that is drawn where several levels have one: of stages, as a map is read by them."""
    found = [(one.order, one.level) for one in reversed(coverages) if one.order is not None]
    return next(iter(found), None)


def described(order: Order) -> str:
    """Return what the picture shows, in words."""
    seen = " then ".join(
        f"{short(one.name)} ({one.told}{'' if one.planned else ', not planned'})" for one in order.observed
    )
    kept = "; ".join(f"{short(one.source)} before {short(one.target)}: {_kept(one)}" for one in order.pairs)
    return f"Planned: {' then '.join(map(short, order.planned))}. Customers came to: {seen}. {kept}."


def _title(order: Order) -> str:
    kept = order.kept
    bounds = f" ({interval_text(kept.low, kept.high)})" if kept.share is not None else ""
    whole = "keep the planned order in all that they came to"
    if kept.share is None:
        return f"How many customers {whole} is unknown: {customers_told(kept.total)} came to two parts of the plan or more"
    return f"{share_text(kept.share)}{bounds} of {kept.total:,} customers {whole}"


def _kept(pair: KeptPair) -> str:
    reach = pair.reach
    if reach.share is None:
        return f"unknown: {pair.told} were at both"
    return f"{share_text(reach.share)} in this order ({interval_text(reach.low, reach.high)}), {reach.n:,} of {reach.total:,}"


def _pair_after(
    part: str, later: tuple[str, ...], pairs: Mapping[tuple[str, str], KeptPair]
) -> KeptPair | None:
    return next((pairs[part, other] for other in later if (part, other) in pairs), None)


def _lines(root: ET.Element, planned: tuple[str, ...], observed: list[ObservedPart]) -> None:
    place = {one.name: at for at, one in enumerate(observed) if one.planned}
    kept = [name for name in (one.name for one in observed) if name in place]
    wanted = [name for name in planned if name in place]
    for at, name in enumerate(planned):
        if name not in place:
            continue
        moved = wanted.index(name) != kept.index(name)
        y_from, y_to = _top(at) + _HEIGHT / 2, _top(place[name]) + _HEIGHT / 2
        x_from, x_to = _MARGIN + _BOX, _RIGHT
        bend = (x_to - x_from) / 2
        path = f"M{_n(x_from)} {_n(y_from)}C{_n(x_from + bend)} {_n(y_from)} {_n(x_to - bend)} {_n(y_to)} {_n(x_to)} {_n(y_to)}"
        looks = {"stroke-width": "2.5" if moved else "2", **({"stroke-dasharray": "7 4"} if moved else {})}
        ET.SubElement(root, "path", d=path, fill="none", stroke=ORANGE if moved else BLUE, attrib=looks)


def _box(root: ET.Element, x: float, at: int, name: str, *, color: str, dashed: bool = False) -> None:
    looks = {"stroke-width": "1.5", **({"stroke-dasharray": "5 3"} if dashed else {})}
    place = {"x": _n(x), "y": _n(_top(at)), "width": _n(_BOX), "height": _n(_HEIGHT), "rx": "6"}
    ET.SubElement(root, "rect", attrib={**place, "fill": PAPER, "stroke": color, **looks})
    _word(root, short(name, _LONGEST), x + 10, _top(at) + 22)


def _top(at: int) -> float:
    return _HEAD + _STEP * at


def _word(
    root: ET.Element, text: str, x: float, y: float, *, size: float = WORDS_PX, color: str = INK, bold: bool = False
) -> None:  # fmt: skip
    looks = {"font-size": _n(size), "fill": color, "font-weight": "bold" if bold else "normal"}
    ET.SubElement(root, "text", x=_n(x), y=_n(y), attrib=looks).text = text


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
