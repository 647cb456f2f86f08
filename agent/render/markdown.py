"""Renders a map as Markdown, for repositories, wikis and mail."""

import re

from agent.render.figures import interval_text, quantity_text, share_text, signed
from agent.render.page import LANES, TYPE_NAMES, headline, provenance_rows, trend_text
from agent.schemas.evidence import Claim, ClaimStatus
from agent.schemas.insight import PainPoint
from agent.schemas.journey import JourneyMap

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")


def render_markdown(journey_map: JourneyMap) -> str:
    """Return the map as Markdown; texts of customers cannot form markup."""
    scope = journey_map.scope
    lines = [
        f"# {_plain(scope.journey)}",
        f"{TYPE_NAMES[journey_map.type]} journey map of **{_plain(scope.persona)}**, who want to {_plain(scope.goal)}. "
        f"About {_plain(scope.population)}. Purpose: {_plain(scope.purpose)}.",
        " · ".join(f"{name}: {value}" for name, value in headline(journey_map)),
        "## Stages",
        *[line for stage in journey_map.stages for line in _stage(journey_map, stage.name)],
        "## Pain points",
        *[_pain(number, pain) for number, pain in enumerate(journey_map.pain_points, start=1)],
        "## Opportunities",
        *[f"- {_plain(opportunity.statement)}" for opportunity in journey_map.opportunities],
        "## Moments that matter",
        *[
            f"- {_plain(moment.experience)} → {_plain(moment.outcome)}: {share_text(moment.effect.share)} with it, "
            f"{share_text(moment.baseline.share)} without (associated with, not caused by)"
            for moment in journey_map.moments
        ],
        "## How this map was made",
        *[f"- {name}: {_plain(value)}" for name, value in provenance_rows(journey_map)],
    ]
    return "\n\n".join(_joined(lines)) + "\n"


def _joined(lines: list[str]) -> list[str]:
    """Keep list items together, everything else apart."""
    blocks: list[str] = []
    for line in lines:
        if line.startswith(("- ", "  ")) and blocks and blocks[-1].startswith("- "):
            blocks[-1] += f"\n{line}"
        else:
            blocks.append(line)
    return blocks


def _stage(journey_map: JourneyMap, name: str) -> list[str]:
    stage = next(stage for stage in journey_map.stages if stage.name == name)
    point = next(point for point in journey_map.emotion_curve if point.stage == name)
    mood = f"Mood {signed(point.valence)}" if point.valence is not None else "Mood unknown"
    if point.low is not None and point.high is not None:
        mood += f" (95 % interval {signed(point.low)} to {signed(point.high)})"
    lines = [f"### {_plain(name.capitalize())}", f"{mood}; {point.n_persons} customers speak of it."]
    for lane, lane_name, _ in LANES:
        lines.append(f"**{lane_name}**")
        lines.extend(line for claim in stage.cells[lane] for line in _claim(claim))
    return lines


def _claim(claim: Claim) -> list[str]:
    if claim.status is ClaimStatus.UNKNOWN:
        return [f"- unknown. Needed: {_plain(claim.missing or '')}"]
    mark = "" if claim.status is ClaimStatus.OBSERVED else f"({claim.status.value}) "
    counted = f" — {_counts(claim)}" if claim.quantity else ""
    quotes = [
        f"  - “{_plain(item.quote)}” ({item.record_id}:{item.start}–{item.end})" for item in claim.evidence
    ]
    return [f"- {mark}{_plain(claim.statement)}{counted}", *quotes]


def _counts(claim: Claim) -> str:
    quantity = claim.quantity
    if quantity is None:
        return ""
    return f"{quantity.n:,} of {quantity.total:,} customers, {interval_text(quantity.low, quantity.high)}"


def _pain(number: int, pain: PainPoint) -> str:
    place = f", {pain.stage} stage" if pain.stage else ""
    return (
        f"- **{number}. {_plain(pain.label)}** ({pain.severity.value.replace('_', ' ')}{place}, "
        f"{trend_text(pain.trend)}): {_plain(quantity_text(pain.reach))}. "
        f"Rank {100 * pain.rank.score:.1f} = reach {share_text(pain.rank.reach)} × severity {pain.rank.severity:.2f} × 100."
    )


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
