"""Draws a customer's path as a timeline: bands of stages, events by channel, where they stand now and what is held back."""

# Altair is typed only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

import altair as alt

from agent.analyse.state import CustomerState, Step, Suppression
from agent.figures import day_text
from agent.render.frame import (
    BLUE,
    INK,
    ORANGE,
    PALE_INK,
    PALETTE,
    SMALL_PX,
    WORDS_PX,
    Picture,
    framed,
    haloed,
    rows_chart,
    short,
)
from agent.schemas.journey import DEFAULT_STAGES

_WIDTH, _ROW_PX = 760, 46
_NO_STAGE = "no stage"
_SHAPES = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "cross",
    "triangle-down",
    "triangle-left",
    "triangle-right",
)
_AHEAD = 0.12
"""Part of the time axis after the time asked about, for what is held back from then on."""
_LONGEST_AHEAD = 0.5
"""What is held back for longer than this part of the axis runs out of the picture, with its end in words."""

_Row = dict[str, Any]


def timeline_picture(found: CustomerState) -> Picture:
    """Return a customer's latest steps in time, in rows by stage, and what is held back from when until when."""
    span = _Span.of(found)
    stages = _stages(found.path)
    held = [short(f"held back: {', '.join(one.holds_back)}", 44) for one in found.suppressions]
    order = [*stages, *dict.fromkeys(held)]
    y = alt.Y(
        "row:N", title=None, sort=order, scale=alt.Scale(domain=order, padding=0.3),
        axis=alt.Axis(ticks=False, domain=False, grid=True, labelLimit=330),
    )  # fmt: skip
    x = alt.X(
        "at:T", title="UTC", scale=alt.Scale(domain=[_js(span.first), _js(span.last)], type="utc", nice=False),
        axis=alt.Axis(grid=False, tickCount=7, labelOverlap=True, labelFlush=False),
    )  # fmt: skip
    layers = [*_stage_layers(found, x, y), *_now_layers(found, x), *_held_layers(found, held, span, x, y)]
    return framed(
        alt.layer(*layers),
        _title(found),
        _reading(found),
        width=_WIDTH,
        height=_ROW_PX * max(len(order), 1),
        told=_told(found),
    )


class _Span:
    """The time that is drawn."""

    def __init__(self, first: datetime, as_of: datetime, until: datetime | None) -> None:
        whole = max(as_of - first, timedelta(hours=1))
        ahead = max(whole * _AHEAD, min((until or as_of) - as_of, whole * _LONGEST_AHEAD))
        self.first, self.last = first - whole * 0.03, as_of + ahead * 1.05

    @classmethod
    def of(cls, found: CustomerState) -> "_Span":
        ends = [one.until for one in found.suppressions if one.until is not None]
        first = min(
            [found.as_of, *(step.at for step in found.path), *(s.cause.at for s in found.suppressions)]
        )
        return cls(first, found.as_of, max(ends, default=None))


def _stages(path: Sequence[Step]) -> list[str]:
    seen = {step.stage for step in path}
    known = [stage for stage in DEFAULT_STAGES if stage in seen]
    others = sorted({stage for stage in seen if stage is not None} - set(DEFAULT_STAGES))
    return [*known, *others, *([_NO_STAGE] if None in seen else [])]


def _stage_layers(found: CustomerState, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Return bands from entering a stage until entering another one, the way between them, and the events."""
    visits = _visits(found)
    bands = rows_chart(visits).mark_bar(height=24, cornerRadius=4, opacity=0.55)
    looks = alt.Color(
        "now:N", legend=None, scale=alt.Scale(domain=["now", "before"], range=[BLUE, "#cfe6f5"])
    )
    moves = [
        {"at": _iso(late["at"]), "row": early["row"], "to": late["row"]} for early, late in pairwise(visits)
    ]
    channels = sorted({step.channel or "no channel" for step in found.path})
    colours = [PALETTE[k % len(PALETTE)] for k in range(len(channels))]
    legend = alt.Legend(title="events by channel", orient="bottom", symbolSize=90, columns=6)
    events = [
        {"at": _iso(step.at), "row": step.stage or _NO_STAGE, "channel": step.channel or "no channel"}
        for step in found.path
    ]
    return [
        bands.encode(x=x, x2="until:T", y=y, color=looks),
        rows_chart(moves).mark_rule(color=PALE_INK, strokeWidth=1).encode(x="at:T", y=y, y2="to:N"),
        rows_chart(events).mark_point(filled=True, size=80, opacity=0.95, stroke="#ffffff", strokeWidth=0.8).encode(
            x=x,
            y=y,
            fill=alt.Fill("channel:N", legend=legend, scale=alt.Scale(domain=channels, range=colours)),
            shape=alt.Shape(
                "channel:N",
                legend=legend,
                scale=alt.Scale(domain=channels, range=[_SHAPES[k % len(_SHAPES)] for k in range(len(channels))]),
            ),
        ),
    ]  # fmt: skip


def _visits(found: CustomerState) -> list[_Row]:
    staged = [step for step in found.path if step.stage is not None]
    runs = [(stage, list(run)) for stage, run in groupby(staged, key=lambda step: step.stage)]
    starts = [run[0].at for _, run in runs] + [found.as_of]
    return [
        {
            "row": stage,
            "at": _iso(begun),
            "until": _iso(ended),
            "now": "now" if k == len(runs) - 1 else "before",
        }
        for k, ((stage, _), (begun, ended)) in enumerate(zip(runs, pairwise(starts), strict=True))
    ]


def _held_layers(
    found: CustomerState, held: Sequence[str], span: _Span, x: alt.X, y: alt.Y
) -> list[alt.Chart]:
    rows = [
        {
            "row": name,
            "at": _iso(one.cause.at),
            "until": _iso(min(one.until or span.last, span.last)),
            "text": _held_text(one),
        }
        for name, one in zip(held, found.suppressions, strict=True)
    ]
    if not rows:
        return []
    base = rows_chart(rows)
    bars = base.mark_bar(height=14, color=ORANGE, opacity=0.5, cornerRadius=3)
    words = haloed(base, {"x": x, "y": y, "text": "text:N"}, align="left", dy=-15, fontSize=SMALL_PX)
    return [bars.encode(x=x, x2="until:T", y=y), *words]


def _held_text(one: Suppression) -> str:
    until = "without end" if one.until is None else f"until {day_text(one.until)}"
    return f"{until}, because of {short(one.cause.event)} on {day_text(one.cause.at)}"


def _now_layers(found: CustomerState, x: alt.X) -> list[alt.Chart]:
    now = rows_chart([{"at": _iso(found.as_of), "text": "as of"}])
    rule = now.mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.4)
    words = now.mark_text(align="center", baseline="bottom", dy=-4, fontSize=WORDS_PX, color=INK)
    return [rule.encode(x=x), words.encode(x=x, y=alt.value(0), text="text:N")]


def _title(found: CustomerState) -> str:
    since = "" if found.since is None else f" since {day_text(found.since)}"
    return f"{short(found.person_id)}: {found.stage or 'stage unknown'}{since}"


def _reading(found: CustomerState) -> list[str]:
    shown = len(found.path)
    if found.is_bot:
        return ["More events on one day than any person's; nothing else is told."]
    which = (
        f"{shown:,} events"
        if shown == found.n_events
        else f"The latest {shown:,} of {found.n_events:,} events"
    )
    lines = [
        f"{which} as of {found.as_of:%Y-%m-%d %H:%M} UTC. Bands: from entering a stage until entering another one; dark: now."
    ]
    if found.recommend:
        lines.append(f"Recommended: {short(found.recommend, 90)}.")
    return lines


def _told(found: CustomerState) -> list[str]:
    steps = [
        f"{step.at:%Y-%m-%d %H:%M} {short(step.event)} ({step.stage or _NO_STAGE})" for step in found.path
    ]
    return [
        *steps,
        *(f"{', '.join(one.holds_back)} held back {_held_text(one)}" for one in found.suppressions),
    ]


def _iso(at: datetime | str) -> str:
    return at if isinstance(at, str) else at.astimezone(UTC).isoformat()


def _js(at: datetime) -> float:
    """Return a time as milliseconds, which a scale in UTC takes as they are."""
    return at.timestamp() * 1000
