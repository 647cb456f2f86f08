"""The order of a plan beside the order in which customers came: counts by hand, places, and what is drawn of it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from defusedxml import ElementTree

from agent.analyse.conformance import conformance_of
from agent.analyse.plan_order import Order
from agent.analyse.taxonomy import stage_of_event, touchpoint_of_event
from agent.events.journeys import Journeys
from agent.events.steps import JourneyScope
from agent.render.order_picture import described, order_svg
from agent.schemas.journey import DEFAULT_STAGES
from agent.schemas.planned import PlannedMap, PlannedTouchpoint
from tests.agent.events.builders import SCOPE, event, lake_of

_SCOPE = JourneyScope(
    stages=DEFAULT_STAGES,
    stage_of=stage_of_event,
    touchpoint_of=lambda name, channel: touchpoint_of_event(name, {}, channel),
    as_of=SCOPE.as_of,
)
_PLAN = PlannedMap(
    touchpoints=tuple(
        PlannedTouchpoint(name=name)
        for name in ("ad_clicked", "product_viewed", "cart_viewed", "order_completed")
    )
)


def _order(folder: Path, log: Sequence[tuple[int, str]]) -> Order | None:
    steps = [
        (f"p{number}_{one}", place, name)
        for number, (n, path) in enumerate(log)
        for one in range(n)
        for place, name in enumerate(path.split())
    ]
    events = [replace(event(who, at * 60, name, row)) for row, (who, at, name) in enumerate(steps)]
    lake = lake_of(folder / "events", events)
    try:
        found = conformance_of(_PLAN, Journeys(lake, _SCOPE), lake)
    finally:
        lake.close()
    assert found.touchpoints is not None
    return found.touchpoints.order


_LOG = (
    (12, "ad_clicked cart_viewed product_viewed cart_viewed order_completed"),
    (8, "ad_clicked product_viewed weird_thing cart_viewed"),
    (3, "product_viewed"),
)


def test_order_counts_first_visits_of_customers_who_were_at_both(tmp_path: Path) -> None:
    """Twelve look into the cart before a product, eight after; coming back changes nothing."""
    order = _order(tmp_path, _LOG)
    assert order is not None
    kept = [(one.source, one.target, one.reach.n, one.reach.total) for one in order.pairs]
    assert kept == [
        ("ad_clicked", "product_viewed", 20, 20),
        ("product_viewed", "cart_viewed", 8, 20),
        ("cart_viewed", "order_completed", 12, 12),
    ]
    assert (order.kept.n, order.kept.total) == (8, 20)
    assert order.pairs[1].reach.low is not None
    assert order.pairs[1].reach.low < 8 / 20


def test_observed_order_is_that_of_first_visits_with_what_nobody_planned(tmp_path: Path) -> None:
    """By the mean rank of the first visit among all that a customer came to."""
    order = _order(tmp_path, _LOG)
    assert order is not None
    names = [(one.name, one.planned, one.n_persons) for one in order.observed]
    assert names == [
        ("ad_clicked", True, 20),
        ("product_viewed", True, 23),
        ("cart_viewed", True, 20),
        ("weird_thing", False, 8),
        ("order_completed", True, 12),
    ]


def test_share_of_few_customers_is_unknown_and_one_part_has_no_order(tmp_path: Path) -> None:
    """Below ten customers no share is stated; a single part stands in no order."""
    few = _order(tmp_path / "few", [(4, "ad_clicked product_viewed")])
    assert few is not None
    assert few.pairs[0].reach.share is None
    assert "unknown: fewer than 5 customers were at both" in described(few)
    assert _order(tmp_path / "one", [(20, "ad_clicked")]) is None


def test_few_customers_are_not_told_by_their_number(tmp_path: Path) -> None:
    """Neither by the picture nor by its description nor by its heading; five are."""
    few = _order(tmp_path / "few", [(4, "ad_clicked product_viewed"), (1, "ad_clicked rare_thing")])
    assert few is not None
    told = described(few) + order_svg(few, "touchpoint")
    assert "rare thing (fewer than 5 customers, not planned)" in told
    assert "fewer than 5 customers, not planned" in order_svg(few, "touchpoint")
    assert "ad clicked (5 customers)" in told
    assert not re.search(r"\b[0-4] (?:customers?|came|were)\b", told)


def test_picture_holds_every_name_escaped_and_says_in_words_what_it_shows(tmp_path: Path) -> None:
    """A title, a description, and shares; no style, script or link, whatever parts are called."""
    order = _order(tmp_path, _LOG)
    assert order is not None
    hostile = '<script>alert(1)</script>" onload="x'
    named = tuple(one.model_copy(update={"name": hostile}) for one in order.observed if not one.planned)
    svg = order_svg(order.model_copy(update={"observed": (*order.observed, *named)}), "touchpoint")
    root = ElementTree.fromstring(svg)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags == {"svg", "title", "desc", "rect", "path", "text"}
    assert not [
        name for element in root.iter() for name in element.attrib if name.startswith("on") or name == "style"
    ]
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("text")]
    assert any("40 % in this order" in text.replace("\u00a0", " ") for text in texts)
    assert any("8 customers, not planned" in text for text in texts)
    assert root.attrib["role"] == "img"
    assert "Planned: ad clicked then product viewed" in described(order)
