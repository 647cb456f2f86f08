"""Renders a map as a Mermaid user journey.

Loses quotes, intervals and every lane but pain points and actions; a stage's score is its mood on Mermaid's scale
from 1 to 5, and a stage whose mood is unknown has no tasks, because Mermaid cannot leave a score out.
"""

import re

from agent.schemas.evidence import ClaimStatus, Lane
from agent.schemas.journey import EmotionPoint, JourneyMap, Stage

_MAX_CHARS = 60
_TASKS_PER_STAGE = 3
_SYNTAX = re.compile(r"[:;#%{}\[\]<>\"`|\\]")
_KEYWORDS = re.compile(r"^(journey|title|section|acctitle|accdescr)\b", re.IGNORECASE)


def render_mermaid(journey_map: JourneyMap) -> str:
    """Return the map in Mermaid's `journey` syntax; labels cannot break it."""
    actor = _label(journey_map.scope.persona.replace(",", " "))  # a comma would part two actors
    lines = ["journey", f"  title {_label(journey_map.scope.journey)}"]
    for stage, point in zip(journey_map.stages, journey_map.emotion_curve, strict=True):
        lines.append(f"  section {_label(stage.name)}")
        lines.extend(f"    {task}: {score}: {actor}" for task, score in _tasks(stage, point))
    return "\n".join(lines) + "\n"


def _tasks(stage: Stage, point: EmotionPoint) -> list[tuple[str, int]]:
    if point.valence is None:
        return []
    score = round(3 + 2 * point.valence)
    claims = [
        claim
        for lane in (Lane.ACTIONS, Lane.PAIN_POINTS)
        for claim in stage.cells[lane]
        if claim.status is ClaimStatus.OBSERVED
    ]
    return [(_label(claim.statement), score) for claim in claims[:_TASKS_PER_STAGE]]


def _label(text: str) -> str:
    plain = " ".join(_SYNTAX.sub(" ", text.replace("%", " percent")).split())
    if len(plain) > _MAX_CHARS:
        plain = plain[: _MAX_CHARS - 1].rsplit(" ", 1)[0] + "…"
    return f"“{plain}”" if _KEYWORDS.match(plain) else plain or "unnamed"
