"""A map in CJML 2.0, the XML of the Customer Journey Modelling Language (cjml.no).

Actions become actions of the customer and touchpoints become communication points with the brand; stages are phases.
An actual journey of CJML is one person's, and experience in it is what that person reported. A map is of many, and its
moods are read out of what they wrote: the file says so, gives no experience and no rating to anything, and tells the moods
in a comment. Which channel a touchpoint went by is not known of a map, so it is "Unknown".

Source: SINTEF, CJML 2.0, the example and the guiding principles at https://www.cjml.no; a schema is not published there.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from agent.render.exports.parts import loss_line
from agent.render.exports.rows import ClaimRow, quote_lines, stage_rows, standing, worded
from agent.render.figures import signed
from agent.render.letters import shown
from agent.schemas.evidence import Lane
from agent.schemas.journey import EmotionPoint, JourneyMap

_CUSTOMER, _BRAND = "A1", "A2"
_STATUS = {"current": "actual", "day": "actual", "future": "planned", "blueprint": "planned"}


def cjml_of(journey_map: JourneyMap, loss: tuple[str, ...]) -> bytes:
    """Return the map as a CJML document: an actual journey where it was observed, a planned one otherwise."""
    kind = _STATUS[journey_map.type]
    root = ET.Element("CJML", version="2.0")
    journey = ET.SubElement(root, f"{kind}Journey")
    _child(journey, "journeyID", f"{journey_map.map_id}-v{journey_map.version}")
    _child(journey, "journeyTitle", journey_map.scope.journey)
    phases = ET.SubElement(journey, "journeyPhases")
    for number, stage in enumerate(journey_map.stages, start=1):
        phase = ET.SubElement(phases, "journeyPhase", phaseID=f"P{number}")
        _child(phase, "phaseName", stage.name)
    _child(journey, "journeyShortSummary", journey_map.scope.goal)
    _child(journey, "journeyLongSummary", _summary(journey_map))
    _actors(journey, journey_map)
    touchpoints = ET.SubElement(journey, "touchpoints")
    for number, (phase_id, row) in enumerate(_placed(journey_map), start=1):
        _touchpoint(touchpoints, kind, f"T{number}", phase_id, row)
    _child(journey, "comment", "\n".join(filter(None, [_moods(journey_map), loss_line(loss)])))
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _placed(journey_map: JourneyMap) -> Iterator[tuple[str, ClaimRow]]:
    for number, stage in enumerate(journey_map.stages, start=1):
        for row in stage_rows(stage):
            if row.lane in {Lane.ACTIONS, Lane.TOUCHPOINTS}:
                yield f"P{number}", row


def _summary(journey_map: JourneyMap) -> str:
    scope = journey_map.scope
    of_many = "This is a summary of many customers' journeys, not the journey of one."
    return f"About {scope.population}. Purpose: {scope.purpose}. {of_many}"


def _actors(journey: ET.Element, journey_map: JourneyMap) -> None:
    actors = ET.SubElement(journey, "actors")
    customer = ET.SubElement(actors, "endUser", actorID=_CUSTOMER)
    _child(customer, "actorName", journey_map.scope.persona)
    brand = ET.SubElement(actors, "serviceProvider", actorID=_BRAND)
    _child(brand, "companyName", "The brand")


def _touchpoint(touchpoints: ET.Element, kind: str, number: str, phase_id: str, row: ClaimRow) -> None:
    is_action = row.lane is Lane.ACTIONS
    made = ET.SubElement(touchpoints, f"{kind}{'Action' if is_action else 'CommunicationPoint'}")
    _child(made, "touchpointID", number)
    ET.SubElement(made, "belongsTo", phaseIDref=phase_id)
    initiator = ET.SubElement(made, "initiator")
    ET.SubElement(initiator, "refersTo", actorIDref=_CUSTOMER)
    _child(initiator, "initiatorLabel", worded(row.claim))
    if not is_action:
        receiver = ET.SubElement(made, "receiver")
        ET.SubElement(receiver, "refersTo", actorIDref=_BRAND)
        _child(receiver, "receiverLabel", "Unknown")
        _child(ET.SubElement(made, "channel"), "channelName", "Unknown")
    _child(made, "comment", "\n".join([row.claim.claim_id, standing(row.claim), *quote_lines(row.claim)]))


def _moods(journey_map: JourneyMap) -> str:
    moods = [f"{point.stage} {_mood(point)}" for point in journey_map.emotion_curve]
    return "Mean mood by stage, read out of what customers wrote, from −1 to +1: " + "; ".join(moods)


def _mood(point: EmotionPoint) -> str:
    if point.valence is None:
        return f"unknown ({point.n_persons:,} customers)"
    bounds = f"95 % interval {signed(point.low)} to {signed(point.high)}"
    return f"{signed(point.valence)} ({bounds}, {point.n_persons:,} customers)"


def _child(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = shown(text)
