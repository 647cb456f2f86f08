"""A map as a PDF to read and print: the curve, the cells with their counts, pain points, moments, and every quote by number."""

from collections.abc import Iterable, Iterator, Mapping

from agent.figures import day_text
from agent.render.exports.parts import loss_line
from agent.render.exports.picture import curve_png
from agent.render.exports.rows import LANE_NAMES, citation, claim_rows, standing, worded
from agent.render.figures import quantity_text, signed
from agent.render.moment_words import ADJUSTED, counted_text, effect_text
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
from agent.render.pdf import PdfDocument
from agent.schemas.evidence import Claim, Evidence
from agent.schemas.insight import PainPoint
from agent.schemas.journey import EmotionPoint, JourneyMap, Stage


def pdf_of(journey_map: JourneyMap, loss: tuple[str, ...]) -> bytes:
    """Return the map as a document."""
    made = f"Map {journey_map.map_id}, version {journey_map.version}"
    mark = watermark(journey_map)
    document = PdfDocument(
        journey_map.scope.journey,
        made_at=journey_map.drafted_at,
        footer=f"ASSUMPTION MAP: {mark} {made}" if mark else made,
    )
    _head(document, journey_map)
    document.heading("How they feel", 2)
    moods = [(point.stage, *_mood(point)) for point in journey_map.emotion_curve]
    document.picture(curve_png(journey_map), told="; ".join(f"{stage}: {mood}" for stage, mood, *_ in moods))
    document.table(("Stage", "Mean mood", "95 % interval", "Customers"), moods, (3, 2, 3, 2))
    groups = _groups(journey_map)
    for stage in journey_map.stages:
        _stage(document, stage, groups)
    _pains(document, journey_map)
    _rest(document, journey_map)
    if groups:
        document.heading("Whom the counts of claims are of", 2)
        document.table((), [(name, population) for population, name in groups.items()], (1, 7))
    document.citations("Quotes")
    document.heading("How this map was made", 2)
    document.table((), provenance_rows(journey_map), (2, 7))
    document.heading("Not in this file", 3)
    document.paragraph(loss_line(loss).partition(": ")[2], small=True)
    return document.finished()


def _head(document: PdfDocument, journey_map: JourneyMap) -> None:
    scope = journey_map.scope
    document.heading(scope.journey)
    document.paragraph(
        f"{TYPE_NAMES[journey_map.type]} journey map of {scope.persona}, who want to {scope.goal}. "
        f"About {scope.population}. Purpose: {scope.purpose}."
    )
    where = (
        ", ".join(f"{key} is {value}" for key, value in scope.where.items()) or "every customer in the data"
    )
    review = "no date" if journey_map.review_by is None else day_text(journey_map.review_by)
    rows = [
        ("Customers with", where),
        ("Owner", journey_map.owner or "nobody yet"),
        ("To be reviewed", review),
        *headline(journey_map),
    ]
    if scope.stage_rules:
        rows.insert(1, ("Stages by own rules", ", ".join(rule.name for rule in scope.stage_rules)))
    document.table((), rows, (2, 7))


def _mood(point: EmotionPoint) -> tuple[str, str, str]:
    if point.valence is None:
        return "unknown", "", f"{point.n_persons:,}"
    bounds = "" if point.low is None or point.high is None else f"{signed(point.low)} to {signed(point.high)}"
    return signed(point.valence), bounds, f"{point.n_persons:,}"


def _groups(journey_map: JourneyMap) -> dict[str, str]:
    """Return a short name for each population, which would be said again with every claim otherwise."""
    found = [
        row.claim.quantity.population for row in claim_rows(journey_map) if row.claim.quantity is not None
    ]
    return {population: f"group {number}" for number, population in enumerate(dict.fromkeys(found), start=1)}


def _stage(document: PdfDocument, stage: Stage, groups: Mapping[str, str]) -> None:
    document.heading(stage.name[:1].upper() + stage.name[1:], 2)
    for lane, _, _ in LANES:
        document.heading(LANE_NAMES[lane], 3)
        for claim in stage.cells[lane]:
            cites = _cited(document, claim.evidence, claim.opposing)
            document.item(worded(claim), _aside(claim, groups), cites=cites)


def _aside(claim: Claim, groups: Mapping[str, str]) -> str:
    of = f" of {groups[claim.quantity.population]}" if claim.quantity is not None else ""
    follows = f"; follows from {', '.join(claim.rests_on)}" if claim.rests_on else ""
    return f"{standing(claim)}{of}{follows} ({claim.claim_id})"


def _cited(document: PdfDocument, evidence: Iterable[Evidence], opposing: Iterable[Evidence]) -> list[int]:
    pairs = [("", item) for item in evidence] + [("Speaks against it: ", item) for item in opposing]
    return [
        document.cite(f"{mark}{citation(item)}{item.quote}", f"{mark}“{item.quote}” {citation(item)}")
        for mark, item in pairs
    ]


def _pains(document: PdfDocument, journey_map: JourneyMap) -> None:
    if not journey_map.pain_points:
        return
    document.heading("What hurts, by rank", 2)
    told = f"Counted of {journey_map.scope.population}, unless a line says otherwise."
    document.paragraph(
        f"{told} What followed is associated with the pain point, not caused by it.", small=True
    )
    for number, pain in enumerate(journey_map.pain_points, start=1):
        cites = _cited(document, pain.evidence, pain.opposing)
        aside = "\n".join(_pain_lines(pain, journey_map.scope.population))
        document.item(f"{number}. {pain.label}", aside, cites=cites)


def _pain_lines(pain: PainPoint, population: str) -> Iterator[str]:
    reach = quantity_text(pain.reach)
    yield reach.removesuffix(f" of {pain.reach.population}") if pain.reach.population == population else reach
    place = f"{pain.stage} stage" if pain.stage else "no one stage"
    severity = pain.severity.value.replace("_", " ")
    yield f"{severity}, {place}, {trend_text(pain.trend)}, score {score_text(pain.rank)}"
    for found in followed(pain):
        yield f"{as_words(found.outcome)} afterwards: {behaviour_text(found)}"


def _rest(document: PdfDocument, journey_map: JourneyMap) -> None:
    labels = {pain.pain_point_id: pain.label for pain in journey_map.pain_points}
    if journey_map.opportunities:
        document.heading("Opportunities", 2)
        document.paragraph("Suggestions that follow from pain points; they are not findings.", small=True)
        for item in journey_map.opportunities:
            document.item(item.statement, f"answers {labels.get(item.pain_point_id, item.pain_point_id)}")
    if journey_map.moments:
        document.heading("Moments that matter", 2)
        document.paragraph(f"{ADJUSTED} Associated with, not caused by.", small=True)
        for moment in journey_map.moments:
            head = f"{as_words(moment.experience)} → {as_words(moment.outcome)}" + (
                f" ({moment.stage})" if moment.stage else ""
            )
            document.item(head, f"{effect_text(moment)}; as counted {counted_text(moment)}")
