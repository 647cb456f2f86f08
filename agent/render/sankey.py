"""Geometry of the flow over stages: one column a visit, bars by stage, bands between them by persons."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from agent.analyse.flow import FlowStep
from agent.analyse.statistics import wilson
from agent.render.diagrams import LINE_PX, N_POINTS, Diagram, Name
from agent.render.figures import interval_text, share_text

_INK, _PALE_INK = "#1b1f24", "#57606a"
_TALL, _GAP, _WIDE = 460.0, 34.0, 210.0
"""Height of all persons in the flow over stages, gap between its bars, width of a visit."""
_BAR = 14.0


def sankey_diagram(
    steps: Sequence[FlowStep], stages: Sequence[str], *, name: Name, palette: Sequence[str]
) -> Diagram:
    """Return the flow over stages; bars are told by how many there are, their share of all, and who go no further."""
    bars: dict[tuple[int, str], int] = defaultdict(int)
    ends: dict[tuple[int, str], int] = defaultdict(int)
    for step in steps:
        bars[step.visit, step.source] += step.persons
        ends[step.visit, step.source] += step.persons if step.target is None else 0
    n_columns = 1 + max((visit for visit, _ in bars), default=0)
    n_persons = sum(n for (visit, _), n in bars.items() if visit == 0)
    scale = _TALL / max(n_persons, 1)
    colors = {stage: palette[k % len(palette)] for k, stage in enumerate(stages)}
    diagram = Diagram(width=_WIDE * n_columns, height=0.0)
    tops: dict[tuple[int, str], float] = {}
    for visit in range(n_columns):
        y = 34.0
        at = {"x": _WIDE * visit + 4, "y": 12}
        diagram.words.append({**at, "text": f"visit {visit + 1}", "align": "left", "color": _PALE_INK})
        for stage in stages:
            if n := bars.get((visit, stage), 0):
                tops[visit, stage] = y
                texts = _texts(name(stage), n, ends[visit, stage], n_persons)
                _add_bar(diagram, (_WIDE * visit + 4, y, scale * n), texts, colors[stage])
                y += scale * n + _GAP
        diagram.height = max(diagram.height, y)
    _add_bands(diagram, steps, tops, colors, scale=scale)
    return diagram


def _texts(stage: str, n: int, n_ended: int, n_persons: int) -> tuple[str, ...]:
    bounds = wilson(n, n_persons)
    share = f"{share_text(n / n_persons)} ({interval_text(bounds.low, bounds.high)})"
    return f"{stage}, n={n:,}", share, f"{n_ended:,} go no further"


def _add_bar(diagram: Diagram, place: tuple[float, float, float], texts: Sequence[str], color: str) -> None:
    x, y, height = place
    diagram.boxes.append({"x": x, "y": y, "x2": x + _BAR, "y2": y + max(height, 1.5), "color": color})
    room = max(height, 1.5) + _GAP - 4
    lines = texts[: max(1, min(len(texts), int(room // LINE_PX)))]
    top = max(y + max(height, 1.5) / 2 - LINE_PX * (len(lines) - 1) / 2, y + 3)
    for k, text in enumerate(lines):
        ink = _PALE_INK if k else _INK
        at = {"x": x + _BAR + 5, "y": top + LINE_PX * k}
        diagram.words.append({**at, "text": text, "align": "left", "color": ink})


def _add_bands(
    diagram: Diagram,
    steps: Sequence[FlowStep],
    tops: Mapping[tuple[int, str], float],
    colors: Mapping[str, str],
    *,
    scale: float,
) -> None:
    out, into = dict(tops), dict(tops)
    rank = {stage: k for k, stage in enumerate(colors)}
    going = [
        (step.visit, rank[step.source], rank[step.target], step.source, step.target, scale * step.persons)
        for step in steps
        if step.target is not None and (step.visit + 1, step.target) in tops
    ]
    for visit, _, _, source, target, thick in sorted(going):
        y0, y1 = out[visit, source], into[visit + 1, target]
        out[visit, source] += thick
        into[visit + 1, target] += thick
        x0, x1 = _WIDE * visit + 4 + _BAR, _WIDE * (visit + 1) + 4
        for k in range(N_POINTS + 1):
            t = k / N_POINTS
            y = y0 + (y1 - y0) * t * t * (3 - 2 * t)
            at = {"x": x0 + (x1 - x0) * t, "y": y, "y2": y + thick}
            diagram.areas.append(
                {**at, "key": f"{visit} {rank[source]} {rank[target]}", "color": colors[source]}
            )
