"""Writes a map as a state machine, in JSON and as a Mermaid state diagram; both read back to the same map.

The diagram holds names, stages, transitions with their labels, starts and ends, and no aliases, channels or actors.
"""

import json
import re
from collections.abc import Mapping

import orjson

from agent.schemas.planned import Flow, PlannedMap, PlannedMove, PlannedTouchpoint

_PLAIN = re.compile(r"[^\w \-.,/()'?!+]")
"""What could be syntax; written by its number, which no label can break out of."""


def machine_json(plan: PlannedMap) -> str:
    """Return a map in our own JSON form."""
    stages = [
        {
            "name": stage.name,
            **_alias(stage.aliases),
            "touchpoints": [_touchpoint(one) for one in plan.touchpoints if stage.name in one.stages],
        }
        for stage in plan.stages
    ]
    content = {
        **({"name": plan.name} if plan.name else {}),
        "stages": stages,
        "touchpoints": [_touchpoint(one) for one in plan.touchpoints if not one.stages],
        "transitions": _moves(plan.touchpoint_flow),
        "starts": plan.touchpoint_flow.starts,
        "ends": plan.touchpoint_flow.ends,
        "stage_transitions": _moves(plan.stage_flow),
        "stage_starts": plan.stage_flow.starts,
        "stage_ends": plan.stage_flow.ends,
    }
    kept = {key: value for key, value in content.items() if value}
    return orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _touchpoint(one: PlannedTouchpoint) -> dict[str, object]:
    told = {"channel": one.channel, "initiator": one.initiator, "receiver": one.receiver}
    return {"name": one.name, **_alias(one.aliases), **{key: value for key, value in told.items() if value}}


def _alias(aliases: tuple[str, ...]) -> dict[str, object]:
    return {"alias": list(aliases)} if aliases else {}


def _moves(flow: Flow) -> list[dict[str, str]]:
    return [
        {"from": move.source, "to": move.target, **({"label": move.label} if move.label else {})}
        for move in flow.moves
    ]


def machine_mermaid(plan: PlannedMap) -> str:
    """Return a map as a Mermaid state diagram; names cannot break it."""
    stages = {name: f"s{number}" for number, name in enumerate(plan.stage_names, start=1)}
    touchpoints = {one.name: f"t{number}" for number, one in enumerate(plan.touchpoints, start=1)}
    lines = ["---", f"title: {json.dumps(plan.name, ensure_ascii=False)}", "---"] if plan.name else []
    lines.append("stateDiagram-v2")
    for ids in (stages, touchpoints):
        lines += [f'  state "{_escaped(name)}" as {key}' for name, key in ids.items()]
    lines += [*_arrows(plan.stage_flow, stages), *_arrows(plan.touchpoint_flow, touchpoints)]
    if stages:
        lines += ["  classDef stage font-weight:bold", f"  class {','.join(stages.values())} stage"]
    for name, key in stages.items():
        members = [touchpoints[one.name] for one in plan.touchpoints if name in one.stages]
        if members:
            lines.append(f"  class {','.join(members)} in_{key}")
    return "\n".join(lines) + "\n"


def _arrows(flow: Flow, ids: Mapping[str, str]) -> list[str]:
    return [
        *(f"  [*] --> {ids[name]}" for name in flow.starts),
        *(_arrow(move, ids) for move in flow.moves),
        *(f"  {ids[name]} --> [*]" for name in flow.ends),
    ]


def _arrow(move: PlannedMove, ids: Mapping[str, str]) -> str:
    label = f" : {_escaped(move.label)}" if move.label else ""
    return f"  {ids[move.source]} --> {ids[move.target]}{label}"


def _escaped(text: str) -> str:
    return _PLAIN.sub(lambda match: f"#{ord(match[0])};", text)
