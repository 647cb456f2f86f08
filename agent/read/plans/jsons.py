"""A planned map as JSON: our own form, and journey maps that the product exported."""

from collections.abc import Sequence
from typing import Annotated, Any, cast

import orjson
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from agent.read.plans.building import PlanBuilder, PlanText
from agent.schemas.evidence import Claim, ClaimStatus, Lane
from agent.schemas.journey import JourneyMap
from agent.schemas.planned import PlannedMap

_MAX_LOCATED_CHARS = 200_000
"""Reading as YAML is slow; in a longer file a fault is named by its place alone."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


def _paired(value: object) -> object:
    """Read `["A", "B"]` as `{"from": "A", "to": "B"}`."""
    if not isinstance(value, list):
        return value
    pair = cast("list[object]", value)
    return {"from": pair[0], "to": pair[1]} if len(pair) == 2 else pair  # noqa: PLR2004 - a pair


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class _Touchpoint(_Part):
    name: str
    alias: Names = ()
    channel: str | None = None
    initiator: str | None = None
    receiver: str | None = None


class _Move(_Part):
    source: str = Field(alias="from")
    target: str = Field(alias="to")
    label: str | None = None


_Touchpoints = tuple[Annotated[_Touchpoint, BeforeValidator(_named)], ...]
_Moves = tuple[Annotated[_Move, BeforeValidator(_paired)], ...]


class _Stage(_Part):
    name: str
    alias: Names = ()
    touchpoints: _Touchpoints = ()


class _Map(_Part):
    name: str | None = None
    stages: tuple[Annotated[_Stage, BeforeValidator(_named)], ...] = ()
    touchpoints: _Touchpoints = ()
    transitions: _Moves = ()
    starts: Names = ()
    ends: Names = ()
    stage_transitions: _Moves = ()
    stage_starts: Names = ()
    stage_ends: Names = ()


def is_journey_map(body: str) -> bool:
    """Tell whether a JSON text is a journey map as the product exports one."""
    try:
        value = cast("object", orjson.loads(body))
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, dict) and "schema_version" in value and "map_id" in value


def read_json(source: PlanText) -> PlannedMap:
    """Read our own form: stages with touchpoints, and transitions where the plan states them."""
    try:
        value = cast("object", orjson.loads(source.text))
    except orjson.JSONDecodeError as exc:
        raise source.wrong(exc.lineno, f"it is no JSON ({exc.msg})", "an object with `stages`") from exc
    try:
        found = _Map.model_validate(value)
    except ValidationError as exc:
        raise _misfit(source, exc) from exc
    builder = PlanBuilder(source)
    builder.name = found.name
    for number, stage in enumerate(found.stages):
        name = builder.stage(stage.name, _line(source, ("stages", number)), aliases=stage.alias)
        for place, touchpoint in enumerate(stage.touchpoints):
            _add(builder, source, touchpoint, ("stages", number, "touchpoints", place), stage=name)
    for place, touchpoint in enumerate(found.touchpoints):
        _add(builder, source, touchpoint, ("touchpoints", place), stage=None)
    _add_flow(builder, source, found)
    return builder.build()


def _add(
    builder: PlanBuilder,
    source: PlanText,
    found: _Touchpoint,
    path: Sequence[str | int],
    *,
    stage: str | None,
) -> None:
    # Where there is a name, nothing can be wrong that would need a line; finding one reads the whole file again.
    line = None if found.name.strip() else _line(source, path)
    builder.touchpoint(
        found.name,
        line,
        stage=stage,
        aliases=found.alias,
        channel=found.channel,
        initiator=found.initiator,
        receiver=found.receiver,
    )


def _add_flow(builder: PlanBuilder, source: PlanText, found: _Map) -> None:
    for key, moves, stages in (
        ("transitions", found.transitions, not found_touchpoints(found)),
        ("stage_transitions", found.stage_transitions, True),
    ):
        for number, move in enumerate(moves):
            is_known = builder.is_stage if stages else builder.is_touchpoint
            fine = is_known(move.source) and is_known(move.target)
            line = None if fine else _line(source, (key, number))
            builder.move(move.source, move.target, line, label=move.label, stages=stages)
    for key, names, first, stages in (
        ("starts", found.starts, True, not found_touchpoints(found)),
        ("ends", found.ends, False, not found_touchpoints(found)),
        ("stage_starts", found.stage_starts, True, True),
        ("stage_ends", found.stage_ends, False, True),
    ):
        for name in names:
            is_known = builder.is_stage(name) if stages else builder.is_touchpoint(name)
            builder.edge(name, None if is_known else _line(source, (key,)), first=first, stages=stages)


def found_touchpoints(found: _Map) -> bool:
    """Tell whether a map has touchpoints at all; without any, its transitions are those of stages."""
    return bool(found.touchpoints) or any(stage.touchpoints for stage in found.stages)


def read_journey_map(source: PlanText) -> PlannedMap:
    """Read an exported journey map: its stages in order, with the touchpoints of their cells."""
    try:
        found = JourneyMap.model_validate_json(source.text)
    except ValidationError as exc:
        raise _misfit(source, exc) from exc
    builder = PlanBuilder(source)
    builder.name = found.scope.journey
    rules = {rule.name: rule.stages for rule in found.scope.stage_rules}
    for stage in found.stages:
        name = builder.stage(stage.name, aliases=rules.get(stage.name, ()))
        for claim in stage.cells[Lane.TOUCHPOINTS]:
            touchpoint = _touchpoint_of(claim)
            if touchpoint is not None:
                builder.touchpoint(touchpoint, stage=name)
    return builder.build()


def _touchpoint_of(claim: Claim) -> str | None:
    """Return the name a claim counts; a claim that counts none is taken by its words, an unknown one not at all."""
    if claim.status in {ClaimStatus.UNKNOWN, ClaimStatus.BROKEN}:
        return None
    counted = (metric.query.params.get("value") for metric in claim.metrics)
    return next((value for value in counted if isinstance(value, str)), claim.statement)


def _misfit(source: PlanText, error: ValidationError) -> Exception:
    first = error.errors()[0]
    path = first["loc"]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return source.wrong(
        _line(source, path),
        f"{where or 'the file'} does not fit ({first['msg']})",
        "a planned map as in the guide",
    )


def _line(source: PlanText, path: Sequence[str | int]) -> int | None:
    """Return the line of a place in the file, counted from 1: JSON read as YAML knows its lines."""
    if len(source.text) > _MAX_LOCATED_CHARS:
        return None
    try:
        node: Any = yaml.compose(source.text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return None
    for step in path:
        children: Any = node.value if isinstance(node, yaml.CollectionNode) else []
        if isinstance(node, yaml.MappingNode):
            found: Any = next((value for key, value in children if key.value == step), None)
        else:
            found = children[step] if isinstance(step, int) and step < len(children) else None
        if found is None:
            break
        node = found
    return int(node.start_mark.line) + 1
