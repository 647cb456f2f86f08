"""Journey maps as they are stored, one stage of the journey, and how customers feel along it."""

import re
from collections.abc import Sequence

from agent.chat.requests import ShowMap, ShowStage
from agent.chat.toolbox.feelings import tell_cell
from agent.chat.toolbox.journeys import stage_times, tell_drop_off, tell_times
from agent.chat.toolbox.pain_points import SEVERITY_WORDS, reach_of, row_of
from agent.chat.toolbox.resolving import (
    GapError,
    customers,
    map_of,
    refuse,
    scope_of,
    stage_of,
    where_of,
)
from agent.chat.toolbox.writing import Row, Writing, one_line, plain, slug, worded
from agent.draft.claims import MIN_PERSONS
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.render.figures import signed
from agent.schemas.chat import ToolResult
from agent.schemas.evidence import Claim, ClaimStatus, Lane, Metric
from agent.schemas.journey import JourneyMap

_PLACED = re.compile(r"\{\{m:([a-z0-9._]+)\}\}")
_LANES = {lane.value: lane for lane in Lane}
_LANE_ALIASES = {"steps": Lane.ACTIONS, "feelings": Lane.EMOTIONS, "moods": Lane.EMOTIONS, "complaints": Lane.PAIN_POINTS, "ideas": Lane.OPPORTUNITIES, "numbers": Lane.METRICS}  # fmt: skip


def show_map(snapshot: Snapshot, request: ShowMap) -> ToolResult:
    """Show a stored map, one stage or one lane of it."""
    journey_map = map_of(snapshot, request.map_name)
    names = tuple(stage.name for stage in journey_map.stages)
    stage = None if request.stage is None else _named(request.stage, names, "stage of the map")
    lane = None if request.lane is None else _lane(request.lane)
    title = f"{journey_map.scope.persona}: {journey_map.scope.journey}"
    part = "".join((f", {stage}" if stage else "", f", {worded(lane.value)}" if lane else ""))
    writing = Writing(request, f"Map ‘{plain(title)}’, version {journey_map.version}{part}", snapshot)
    claims = [
        (one.name, claim)
        for one in journey_map.stages
        if stage in {None, one.name}
        for kind in _lanes_shown(lane, whole=stage is None)
        for claim in one.cells[kind]
        if claim.status is not ClaimStatus.UNKNOWN
    ]
    shown = claims[:6] if stage or lane else _first_of_each(claims)
    told = [_tell_claim(writing, where, claim) for where, claim in shown]
    if not any(told):
        refuse(
            "too_few",
            f"This part of the map ‘{plain(title)}’ is unknown.",
            "More texts or events on it.",
            "What hurts customers most?",
        )
    if stage is None and lane is None:
        _curve_table(writing, journey_map)
        writing.picture("emotion", f"Mood along the map {plain(title)}", map_id=journey_map.map_id)
    writing.target("map", title, journey_map.map_id)
    writing.ask_next(
        f"What happens in {names[0]}?",
        "What changed since the last version of the map?",
        "What could be done about the pain points?",
    )
    return writing.done()


def _named(name: str, names: Sequence[str], what: str) -> str:
    found = next((one for one in names if one.casefold() == name.casefold().strip()), None)
    if found is None:
        refuse(
            "unknown_thing",
            f"‘{plain(name)}’ is no {what}.",
            f"There are: {', '.join(names)}.",
            f"What happens in {names[0]}?",
        )
    return found


def _lane(name: str) -> Lane:
    key = name.casefold().strip().replace(" ", "_")
    found = _LANES.get(key) or _LANE_ALIASES.get(key) or _LANES.get(f"{key}s")
    return found or _LANES[_named(name, [worded(one) for one in _LANES], "lane of a map").replace(" ", "_")]


def _lanes_shown(lane: Lane | None, *, whole: bool) -> tuple[Lane, ...]:
    if lane is not None:
        return (lane,)
    return (Lane.PAIN_POINTS,) if whole else (Lane.ACTIONS, Lane.EMOTIONS, Lane.PAIN_POINTS, Lane.TOUCHPOINTS, Lane.OPPORTUNITIES, Lane.METRICS)  # fmt: skip


def _first_of_each(claims: Sequence[tuple[str, Claim]]) -> list[tuple[str, Claim]]:
    found: dict[str, Claim] = {}
    for stage, claim in claims:
        found.setdefault(stage, claim)
    return list(found.items())


def _tell_claim(writing: Writing, stage: str, claim: Claim) -> bool:
    """Tell a claim of a map in its own checked words; one whose quotes are gone from the texts is left out."""
    if any(one.record_id not in writing.snapshot.records for one in claim.evidence):
        return False
    keys = [writing.quote(one) for one in claim.evidence[:2]]
    metrics = [
        writing.metric(one.model_copy(update={"metric_id": f"map.{slug(stage)}.{one.metric_id}"}))
        for one in claim.metrics[:2]
    ]
    if not keys and not metrics:
        return False
    text = claim.template
    for one in claim.metrics:
        text = text.replace(f"{{{{m:{one.metric_id}}}}}", "\0")
    pieces = [writing.words(one_line(piece)) if piece.strip() else "" for piece in text.split("\0")]
    names = [_placed(f"map.{slug(stage)}.{one.metric_id}", one) for one in _in_order(claim)]
    body = " ".join(part for pair in zip(pieces, [*names, ""], strict=False) for part in pair if part)
    for one in claim.metrics:
        writing.metric(one.model_copy(update={"metric_id": f"map.{slug(stage)}.{one.metric_id}"}))
    say = writing.suggestion if claim.lane is Lane.OPPORTUNITIES else writing.finding
    say(f"In {writing.name(stage)}: {body.rstrip('.')}.", rests_on=[*metrics, *keys])
    return True


def _placed(metric_id: str, metric: Metric) -> str:
    if metric.quantity is None:
        return f"{{{{m:{metric_id}:spread}}}}"
    return f"{{{{m:{metric_id}:counted}}}} customers ({{{{m:{metric_id}:spread}}}})"


def _in_order(claim: Claim) -> list[Metric]:
    by_id = {one.metric_id: one for one in claim.metrics}
    return [by_id[name] for name in _PLACED.findall(claim.template) if name in by_id]


def _curve_table(writing: Writing, journey_map: JourneyMap) -> None:
    rows: list[Row] = []
    for point in journey_map.emotion_curve:
        if point.valence is None:
            continue
        metric = writing.metric(
            point.metric.model_copy(update={"metric_id": f"map.mood.{slug(point.stage)}"})
        )
        cells = (
            point.stage,
            signed(point.valence),
            f"{signed(point.low)} to {signed(point.high)}",
            f"{point.n_persons:,}",
        )
        rows.append(Row(cells, (metric,)))
    writing.table("Mood by stage, from −1 to +1", ("Stage", "Mood", "95 %", "Customers"), rows)


def show_stage(snapshot: Snapshot, request: ShowStage) -> ToolResult:
    """Show one stage of the journey: deeds, feelings, pain points, time and drop-off."""
    where = where_of(snapshot, request.where)
    scope = scope_of(snapshot, where)
    stage = stage_of(snapshot, request.stage)
    writing = Writing(request, f"The stage {stage} of {customers(where)}", snapshot)
    if scope.has_texts:
        _tell_said(writing, scope, stage)
    if scope.has_events:
        _tell_done(writing, scope, stage)
    if not writing.has_said:
        refuse(
            "too_few",
            f"Fewer than {MIN_PERSONS} {customers(where)} speak of {stage} or have events in it.",
            "More texts or events.",
        )
    writing.target("journeys", f"The stage {stage}")
    writing.ask_next(
        f"What hurts customers in {stage}?",
        f"How do customers feel in {stage}?",
        "How many customers get from stage to stage?",
    )
    return writing.done()


def _tell_said(writing: Writing, scope: Scoped, stage: str) -> None:
    points = [one for one in scope.pain_points if one.stage == stage]
    if points:
        metric = reach_of(writing, points[0])
        writing.finding(
            f"The worst pain point in {writing.name(stage)} is {writing.name(points[0].label)}: {{{{m:{metric}:counted}}}} customers"
            f" ({{{{m:{metric}:spread}}}}); it {SEVERITY_WORDS[points[0].severity]}."
        )
        writing.quoted("In a customer's words:", points[0].evidence, most=1)
        writing.table(
            f"Pain points in {stage}",
            ("Pain point", "Customers", "Share (95 %)", "How bad", "Trend"),
            [row_of(writing, one) for one in points[:5]],
        )
    tell_cell(writing, scope, stage, "emotions", "how they feel")


def _tell_done(writing: Writing, scope: Scoped, stage: str) -> None:
    if scope.has_texts:
        tell_cell(writing, scope, stage, "steps", "what they do")
    try:
        found = [one for one in stage_times(scope) if one.stage == stage and one.n >= MIN_PERSONS]
    except GapError:
        return
    if any(one.median.value_s is not None for one in found):
        tell_times(writing, found)
    if found:
        tell_drop_off(writing, found)
