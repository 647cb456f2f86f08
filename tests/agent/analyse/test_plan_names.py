"""Names of a plan beside names of the data: matched by stated rules, or listed as unmatched."""

from agent.analyse.plan_names import match_names
from agent.events.conformance import Kind
from agent.schemas.journey import DEFAULT_STAGES
from agent.schemas.planned import PlannedMap, PlannedStage, PlannedTouchpoint

_KINDS = [
    Kind("product_viewed", "website", "consideration", 90),
    Kind("page_viewed", "website", None, 80),
    Kind("cart_viewed", None, "decision", 40),
    Kind("order_completed", "store", "decision", 20),
    Kind("warehouse_tour_booked", None, None, 12),
]


def _plan(*names: str, aliases: dict[str, tuple[str, ...]] | None = None) -> PlannedMap:
    given = aliases or {}
    return PlannedMap(
        touchpoints=tuple(PlannedTouchpoint(name=name, aliases=given.get(name, ())) for name in names)
    )


def _found(plan: PlannedMap) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    names = match_names(plan, _KINDS, DEFAULT_STAGES)
    return {match.touchpoint: (match.rule, match.events) for match in names.matches}


def test_match_names_goes_from_event_to_touchpoint_to_words() -> None:
    """The most exact rule wins, and an event is one touchpoint's only."""
    assert _found(_plan("Website", "Product Viewed", "Booking a warehouse tour", "SEO")) == {
        "Website": ("touchpoint", ("page_viewed",)),
        "Product Viewed": ("event", ("product_viewed",)),
        "Booking a warehouse tour": ("words", ("warehouse_tour_booked",)),
        "SEO": (None, ()),
    }


def test_match_names_lists_what_fits_nothing_with_the_nearest() -> None:
    """Near is not the same: nothing is matched by likeness."""
    (match,) = match_names(_plan("Carts view"), _KINDS[3:], DEFAULT_STAGES).matches
    assert (match.rule, match.events) == (None, ())
    (near,) = match_names(_plan("Cart"), _KINDS, DEFAULT_STAGES).matches
    assert (near.rule, near.reason, near.nearest[0]) == (None, "no event by this name", "cart_viewed")


def test_match_names_alias_settles_a_name_and_replaces_it() -> None:
    """An alias names events, also several; the touchpoint's own name is not looked for then."""
    aliases = {"Website": ("cart_viewed", "Order completed"), "Cart": ("nothing_like_it",)}
    assert _found(_plan("Website", "Cart", aliases=aliases)) == {
        "Website": ("event", ("cart_viewed", "order_completed")),
        "Cart": (None, ()),
    }


def test_match_names_alias_is_exact() -> None:
    """An alias that is an event takes that event alone; none takes one that only shares its words."""
    kinds = [
        Kind(name, None, None, 9) for name in ("order_completed", "order_completing", "completing_order")
    ]
    aliases = {"Till": ("order_completed",), "Desk": ("orders completes",)}
    matches = match_names(_plan("Till", "Desk", aliases=aliases), kinds, DEFAULT_STAGES).matches
    assert [match.events for match in matches] == [("order_completed",), ()]
    assert "order_completing" in matches[1].nearest
    by_name = match_names(_plan("Orders completes"), kinds[1:], DEFAULT_STAGES).matches
    assert by_name[0].events == ("completing_order", "order_completing")


def test_match_names_two_names_of_one_event_are_told() -> None:
    """The second does not take what the first has, and says whose it is."""
    names = match_names(_plan("View product", "Products viewed"), _KINDS, DEFAULT_STAGES)
    assert [match.same_as for match in names.matches] == [None, "View product"]


def test_match_names_of_stages_is_by_name_or_alias_alone() -> None:
    """A stage of one's own words is not guessed to be one of the data."""
    plan = PlannedMap(
        stages=(
            PlannedStage(name="AWARENESS"),
            PlannedStage(name="Purchase", aliases=("Decision",)),
            PlannedStage(name="Delight"),
        )
    )
    names = match_names(plan, _KINDS, DEFAULT_STAGES)
    assert names.stage_of == {"awareness": "AWARENESS", "decision": "Purchase"}
