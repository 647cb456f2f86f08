"""A map as slides: native boxes, tables and a native chart that can be edited, with the evidence in the notes."""

from collections.abc import Iterator, Sequence

from agent.figures import day_text
from agent.render.exports.deck import Deck
from agent.render.exports.parts import loss_line
from agent.render.exports.rows import LANE_NAMES, counts_of, quote_lines, quoted, standing, worded
from agent.render.exports.slide_tables import Paragraph
from agent.render.figures import quantity_text, signed, tied
from agent.render.letters import cut, shown
from agent.render.moment_words import counted_text, effect_text
from agent.render.page import (
    LANES,
    TYPE_NAMES,
    as_words,
    behaviour_text,
    followed,
    headline,
    provenance_rows,
    score_text,
    trend_text,
    watermark,
)
from agent.schemas.evidence import Claim, Lane
from agent.schemas.insight import Moment, PainPoint
from agent.schemas.journey import EmotionPoint, JourneyMap, Stage

STAGES_A_SLIDE = 5
_LABEL, _WIDE = 84.0, 888.0
_TITLE = 120
_Cells = list[list[Paragraph]]


def pptx_of(journey_map: JourneyMap, loss: tuple[str, ...]) -> bytes:
    """Return the map as a presentation."""
    deck = Deck(_footer(journey_map), made_at=journey_map.drafted_at, title=journey_map.scope.journey)
    _cover(deck, journey_map)
    _scope(deck, journey_map)
    for at in range(0, len(journey_map.stages), STAGES_A_SLIDE):
        _grid(deck, journey_map.stages[at : at + STAGES_A_SLIDE])
    _mood(deck, journey_map)
    _pains(deck, journey_map)
    _opportunities(deck, journey_map)
    _moments(deck, journey_map)
    _about(deck, journey_map, loss)
    return deck.saved()


def _footer(journey_map: JourneyMap) -> str:
    mark = watermark(journey_map)
    made = f"Map {journey_map.map_id}, version {journey_map.version}"
    return cut(shown(f"ASSUMPTION MAP: {mark} {made}" if mark else made), _TITLE)


def _cover(deck: Deck, journey_map: JourneyMap) -> None:
    scope = journey_map.scope
    lede = f"{TYPE_NAMES[journey_map.type]} journey map of {scope.persona}, who want to {scope.goal}"
    about = f"About {scope.population}. Purpose: {scope.purpose}."
    owner = f"Owner: {journey_map.owner}" if journey_map.owner else ""
    deck.cover(
        title=cut(shown(scope.journey), _TITLE),
        lines=[cut(shown(lede), 2 * _TITLE), cut(shown(about), 3 * _TITLE), cut(shown(owner), _TITLE)],
        facts=headline(journey_map),
    )


def _scope(deck: Deck, journey_map: JourneyMap) -> None:
    scope = journey_map.scope
    where = (
        ", ".join(f"{key} is {value}" for key, value in scope.where.items()) or "every customer in the data"
    )
    rules = "; ".join(rule.name for rule in scope.stage_rules)
    review = "" if journey_map.review_by is None else day_text(journey_map.review_by)
    rows = [
        ("Journey", scope.journey),
        ("Persona", scope.persona),
        ("Goal", scope.goal),
        ("Purpose", scope.purpose),
        ("Who it is about", scope.population),
        ("Customers with", where),
        ("Stages", rules or ", ".join(stage.name for stage in journey_map.stages)),
        ("Owner", journey_map.owner or "nobody yet"),
        ("To be reviewed", review or "no date"),
    ]
    deck.tables("Who and what this map is about", (), _named(rows), (144.0, _WIDE - 144.0))


def _grid(deck: Deck, stages: Sequence[Stage]) -> None:
    width = (_WIDE - _LABEL) / len(stages)
    heads = ["", *(cut(shown(stage.name[:1].upper() + stage.name[1:]), _TITLE // 2) for stage in stages)]
    rows = [_lane(lane, stages) for lane, _, _ in LANES]
    title = "What customers do, think and feel, stage by stage"
    deck.tables(title, heads, rows, (_LABEL, *[width] * len(stages)))


def _lane(lane: Lane, stages: Sequence[Stage]) -> _Cells:
    cells = [[_claim(claim, stage.name) for claim in stage.cells[lane]] for stage in stages]
    return [[Paragraph(LANE_NAMES[lane], bold=True)], *cells]


def _claim(claim: Claim, stage: str) -> Paragraph:
    aside = shown(standing(claim, short=True))
    return Paragraph(shown(worded(claim)), tied(aside), notes=tuple(map(shown, _notes(claim, stage))))


def _notes(claim: Claim, stage: str) -> Iterator[str]:
    population = f" of {claim.quantity.population}" if claim.quantity is not None else ""
    counts = counts_of(claim)
    counted = f" {counts}{population}." if counts else ""
    follows = f" Follows from {', '.join(claim.rests_on)}." if claim.rests_on else ""
    yield f"{stage} / {LANE_NAMES[claim.lane]} / {claim.claim_id}: {worded(claim)} [{claim.status.value}]{counted}{follows}"
    yield from (f"    {line}" for line in quote_lines(claim))


def _mood(deck: Deck, journey_map: JourneyMap) -> None:
    points = journey_map.emotion_curve
    silent = [point.stage for point in points if point.valence is None]
    known = "Mean mood of customers by stage, from −1 to +1, with the bounds of its 95 % interval."
    missing = f" Unknown, because too few customers speak of it: {', '.join(silent)}." if silent else ""
    deck.curve(
        "How they feel",
        shown(known + missing),
        points,
        notes=[shown(_mood_note(point)) for point in points],
    )


def _mood_note(point: EmotionPoint) -> str:
    if point.valence is None:
        return f"{point.stage}: unknown, {point.n_persons:,} customers"
    bounds = f"95 % interval {signed(point.low)} to {signed(point.high)}"
    return f"{point.stage}: {signed(point.valence)}, {bounds}, {point.n_persons:,} customers"


def _pains(deck: Deck, journey_map: JourneyMap) -> None:
    rows = [_pain(number, pain) for number, pain in enumerate(journey_map.pain_points, start=1)]
    heads = ("Rank", "Pain point", "Stage", "Severity", "Reach, with 95 % interval", "Trend", "Score")
    if rows:
        deck.tables("What hurts, by rank", heads, rows, (48.0, 300.0, 100.0, 90.0, 170.0, 100.0, 80.0))


def _pain(number: int, pain: PainPoint) -> _Cells:
    reach = pain.reach
    against = [f"    Speaks against it: {quoted(item)}" for item in pain.opposing]
    deeds = [f"    {as_words(found.outcome)} afterwards: {behaviour_text(found)}" for found in followed(pain)]
    notes = [
        f"{number}. {pain.label}: {quantity_text(reach)}",
        *(f"    {quoted(item)}" for item in pain.evidence),
        *against,
        *deeds,
    ]
    words = (
        pain.stage or "no one stage",
        pain.severity.value.replace("_", " "),
        quantity_text(reach).removesuffix(f" of {reach.population}"),
        trend_text(pain.trend, short=True),
        score_text(pain.rank),
    )
    label = Paragraph(shown(pain.label), bold=True, notes=tuple(map(shown, notes)))
    return [[Paragraph(str(number))], [label], *([Paragraph(tied(shown(word)))] for word in words)]


def _opportunities(deck: Deck, journey_map: JourneyMap) -> None:
    pains = {pain.pain_point_id: pain for pain in journey_map.pain_points}
    rows: list[_Cells] = []
    for item in journey_map.opportunities:
        pain = pains.get(item.pain_point_id)
        label = item.pain_point_id if pain is None else pain.label
        notes = () if pain is None else (f"{label}: {quantity_text(pain.reach)}", *map(quoted, pain.evidence))
        head = Paragraph(shown(label), bold=True, notes=tuple(map(shown, notes)))
        rows.append([[head], [Paragraph(shown(item.statement))]])
    if rows:
        heads = ("Pain point", "What could be done: a suggestion, never a finding")
        deck.tables("Opportunities", heads, rows, (288.0, _WIDE - 288.0))


def _moments(deck: Deck, journey_map: JourneyMap) -> None:
    rows = [_moment(moment) for moment in journey_map.moments]
    heads = ("Experience", "Later outcome", "Stage", "Effect", "As counted")
    if rows:
        title = "Moments that matter: associated with, not caused by"
        deck.tables(title, heads, rows, (216.0, 120.0, 96.0, 228.0, 228.0))


def _moment(moment: Moment) -> _Cells:
    words = (
        as_words(moment.outcome),
        moment.stage or "no one stage",
        effect_text(moment),
        counted_text(moment),
    )
    told = f"{moment.experience} → {moment.outcome}: with it {quantity_text(moment.effect)}"
    notes = (f"{told}; without it {quantity_text(moment.baseline)}",)
    label = Paragraph(shown(as_words(moment.experience)), bold=True, notes=tuple(map(shown, notes)))
    return [[label], *([Paragraph(tied(shown(word)))] for word in words)]


def _about(deck: Deck, journey_map: JourneyMap, loss: tuple[str, ...]) -> None:
    rows = [*provenance_rows(journey_map), ("Not in this file", loss_line(loss).partition(": ")[2])]
    notes = [f"{item.kind}: {item.n_records:,} texts" for item in journey_map.provenance.sources]
    deck.tables(
        "How this map was made, and what this file leaves out",
        (),
        _named(rows),
        (144.0, _WIDE - 144.0),
        notes,
    )


def _named(rows: Sequence[tuple[str, str]]) -> list[_Cells]:
    return [[[Paragraph(shown(name), bold=True)], [Paragraph(shown(value))]] for name, value in rows]
