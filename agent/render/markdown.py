"""Renders a map as Markdown, for repositories, wikis and mail."""

from collections.abc import Sequence

from agent.figures import day_text
from agent.render.figures import interval_text, quantity_text, share_text, signed
from agent.render.markdown_text import plain_markdown
from agent.render.moment_words import ADJUSTED, counted_text, effect_text
from agent.render.page import (
    LANES,
    TYPE_NAMES,
    friction_text,
    headline,
    places_text,
    provenance_rows,
    score_text,
    stability_text,
    trend_text,
)
from agent.schemas.evidence import Claim, ClaimStatus, Evidence
from agent.schemas.insight import PainPoint
from agent.schemas.journey import JourneyMap


def render_markdown(journey_map: JourneyMap) -> str:
    """Return the map as Markdown; texts of customers cannot form markup."""
    lines = [
        f"# {plain_markdown(journey_map.scope.journey)}",
        _lede(journey_map),
        " · ".join(f"{name}: {value}" for name, value in headline(journey_map)),
        "## Stages",
        *[line for stage in journey_map.stages for line in _stage(journey_map, stage.name)],
        "## Pain points",
        *[
            line
            for number, pain in enumerate(journey_map.pain_points, start=1)
            for line in _pain(number, pain)
        ],
        "## Opportunities",
        *[f"- {plain_markdown(opportunity.statement)}" for opportunity in journey_map.opportunities],
        "## Moments that matter",
        *([ADJUSTED] if any(moment.adjusted for moment in journey_map.moments) else []),
        *[
            f"- {plain_markdown(moment.experience)} → {plain_markdown(moment.outcome)}: {effect_text(moment)}; as counted {counted_text(moment)} "
            "(associated with, not caused by)"
            for moment in journey_map.moments
        ],
        "## How this map was made",
        *[
            f"- {plain_markdown(name)}: {plain_markdown(value)}"
            for name, value in provenance_rows(journey_map)
        ],
    ]
    return "\n\n".join(_joined(lines)) + "\n"


def _lede(journey_map: JourneyMap) -> str:
    scope = journey_map.scope
    return (
        f"{TYPE_NAMES[journey_map.type]} journey map of **{plain_markdown(scope.persona)}**, who want to {plain_markdown(scope.goal)}. "
        f"About {plain_markdown(scope.population)}. Purpose: {plain_markdown(scope.purpose)}."
    )


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
    lines = [f"### {plain_markdown(name.capitalize())}", f"{mood}; {_speakers(point.n_persons)} of it."]
    for lane, lane_name, _ in LANES:
        lines.append(f"**{lane_name}**")
        lines.extend(line for claim in stage.cells[lane] for line in _claim(claim))
    return lines


def _speakers(n: int) -> str:
    return "1 customer speaks" if n == 1 else f"{n:,} customers speak"


def _claim(claim: Claim) -> list[str]:
    if claim.status is ClaimStatus.UNKNOWN:
        return [f"- unknown. Needed: {plain_markdown(claim.missing or '')}"]
    by = f", worded by {plain_markdown(claim.stated_by)}" if claim.stated_by else ""
    until = f", to be looked at again by {day_text(claim.expires_at)}" if claim.expires_at else ""
    mark = "" if claim.status is ClaimStatus.OBSERVED else f"({claim.status.value}{by}{until}) "
    counted = f" — {_counts(claim)}" if claim.quantity else ""
    quotes = _quotes(claim.evidence, claim.opposing)
    return [f"- {mark}{plain_markdown(claim.statement)}{counted}", *quotes]


def _quotes(evidence: Sequence[Evidence], opposing: Sequence[Evidence]) -> list[str]:
    marked = [("", item) for item in evidence] + [("Speaks against it: ", item) for item in opposing]
    return [
        f"  - {mark}“{plain_markdown(item.quote)}” ({plain_markdown(item.record_id)}:{item.start}–{item.end})"
        for mark, item in marked
    ]


def _counts(claim: Claim) -> str:
    quantity = claim.quantity
    if quantity is None:
        return ""
    interval = interval_text(quantity.low, quantity.high)
    return f"{quantity.n:,} of {quantity.total:,} customers{f', {interval}' if interval else ''}"


def _pain(number: int, pain: PainPoint) -> list[str]:
    place = f", {plain_markdown(pain.stage)} stage" if pain.stage else ""
    head = (
        f"- **{number}. {plain_markdown(pain.label)}** ({pain.severity.value.replace('_', ' ')}{place}, "
        f"{trend_text(pain.trend)}): {plain_markdown(quantity_text(pain.reach))}. "
        f"Rank {score_text(pain.rank)} = reach {share_text(pain.rank.reach)} × severity {pain.rank.severity:.2f} × 100"
        f"{'; ' + stability_text(pain.rank) if pain.rank.stability else ''}."
    )
    friction = friction_text(pain.friction_shares)
    if friction:
        head += f" Friction: {plain_markdown(friction)}."
    places = places_text(pain.concentration)
    if places:
        head += f" Concentrated in: {plain_markdown(places)}."
    return [head, *_quotes(pain.evidence, pain.opposing)]
