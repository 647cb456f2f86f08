"""A planned journey in CJML, the Customer Journey Modelling Language, version 2: an XML of communication points.

The points stand in the order they are planned in. Entities and document types are refused: a journey needs none.

Source:
    SINTEF, CJML 2.0, https://www.cjml.no
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from agent.read.plans.building import PlanBuilder, PlanText
from agent.schemas.planned import PlannedMap

_POINTS: Final = ("plannedcommunicationpoint", "plannedaction")
_POINT_LABELS: Final = ("initiatorlabel", "receiverlabel", "actionlabel", "label")
_EXPECTED: Final = "a `<plannedJourney>` with `<plannedCommunicationPoint>`s"


def read_cjml(source: PlanText) -> PlannedMap:
    """Read the planned journey of a CJML file; phases are stages, the first and the last point begin and end it."""
    root = _root(source)
    journeys = [one for one in root.iter() if _tag(one) == "plannedjourney"]
    if len(journeys) != 1:
        found = "no planned journey" if not journeys else f"{len(journeys)} planned journeys"
        raise source.wrong(None, f"there is {found} in it", _EXPECTED)
    builder = PlanBuilder(source)
    builder.name = _text(journeys[0], "journeyname") or _text(journeys[0], "journeyid")
    actors, phases = _names_by_id(root, "actorid"), _names_by_id(root, "phaseid")
    for phase in phases.values():
        builder.stage(phase)
    points = [one for one in journeys[0].iter() if _tag(one) in _POINTS]
    if not points:
        raise source.wrong(None, "the planned journey has no touchpoint", _EXPECTED)
    names = [
        _add(builder, source, point, number, actors=actors, phases=phases)
        for number, point in enumerate(points, start=1)
    ]
    for before, after in pairwise(names):
        builder.move(before, after)
    builder.edge(names[0], first=True)
    builder.edge(names[-1], first=False)
    return builder.build()


def _root(source: PlanText) -> Element:
    try:
        return fromstring(source.text.lstrip(), forbid_dtd=True)
    except ParseError as exc:
        raise source.wrong(exc.position[0], f"it is broken XML ({exc.msg})", _EXPECTED) from exc
    except DefusedXmlException as exc:
        raise source.wrong(None, "it declares XML entities or a document type", "CJML without them") from exc
    except ValueError as exc:
        raise source.wrong(1, f"its encoding cannot be read ({exc})", "UTF-8") from exc


def _add(
    builder: PlanBuilder,
    source: PlanText,
    point: Element,
    number: int,
    *,
    actors: dict[str, str],
    phases: dict[str, str],
) -> str:
    name = next((label for tag in _POINT_LABELS if (label := _text(point, tag))), None)
    if name is None:
        point_id = _text(point, "touchpointid") or f"number {number}"
        raise source.wrong(None, f"the touchpoint {point_id!r} has no label", "an `<initiatorLabel>`")
    phase_id = next((value for one in point.iter() if (value := _attribute(one, "phaseidref"))), None)
    stage = None if phase_id is None else builder.stage(phases.get(phase_id, phase_id))
    return builder.touchpoint(
        name,
        stage=stage,
        channel=_text(point, "channelname"),
        initiator=_actor(point, "initiator", actors),
        receiver=_actor(point, "receiver", actors),
    )


def _actor(point: Element, role: str, actors: dict[str, str]) -> str | None:
    part = next((one for one in point if _tag(one) == role), None)
    ids = (
        (value for one in part.iter() if (value := _attribute(one, "actoridref")))
        if part is not None
        else iter(())
    )
    found = next(ids, None)
    return None if found is None else actors.get(found, found)


def _names_by_id(root: Element, key: str) -> dict[str, str]:
    """Return what actors, or phases, are called by their ids, in the order of the file."""
    found: dict[str, str] = {}
    for one in root.iter():
        own_id = _attribute(one, key)
        if own_id:
            found.setdefault(own_id, next(_names_in(one), own_id))
    return found


def _names_in(element: Element) -> Iterator[str]:
    for one in element.iter():
        if _tag(one).endswith("name") and (one.text or "").strip():
            yield (one.text or "").strip()


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower()


def _attribute(element: Element, name: str) -> str | None:
    found = (value for key, value in element.attrib.items() if key.rpartition("}")[2].lower() == name)
    return next(found, "").strip() or None


def _text(element: Element, tag: str) -> str | None:
    found = ((one.text or "").strip() for one in element.iter() if _tag(one) == tag)
    return next((text for text in found if text), None)
