"""Every spelling of an event, and the names other trackers give it, become one."""

import pytest

from agent.normalise.vocabulary import built_in_vocabulary

SPELLINGS = (
    "Order Completed", "order completed", "ORDER COMPLETED", "Order completed", "orderCompleted", "OrderCompleted",
    "order_completed", "ORDER_COMPLETED", "Order_Completed", "order-completed", "Order-Completed", "ORDER-COMPLETED",
    "order.completed", "Order.Completed", "order:completed", "order/completed", "order  completed", " Order Completed ",
    "__order_completed__", "order\tcompleted", "Order\u00a0Completed", "order\u200b completed", "Completed Order",
    "completed order", "completedOrder", "CompletedOrder", "completed_order", "COMPLETED-ORDER", "Order Complete",
    "orderComplete", "complete_order", "Complete Order", "purchase", "Purchase", "PURCHASE", "Purchased",
    "Purchase Completed", "purchaseCompleted", "in_app_purchase", "Ecommerce Purchase", "order success", "checkout_success",
    "oRDER cOMPLETED", "Ordercompleted", "orders completed",
)  # fmt: skip


def test_canonical_forty_spellings_of_one_event_are_one() -> None:
    """Case, spaces, dashes, order of words and the names of other trackers do not make another event."""
    assert len(set(SPELLINGS)) >= 40
    assert {built_in_vocabulary().canonical(name) for name in SPELLINGS} == {"order_completed"}


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("view_item", "product_viewed"),
        ("add_to_cart", "product_added"),
        ("begin_checkout", "checkout_started"),
        ("Signed Up", "signed_up"),
        ("login", "signed_in"),
        ("Product view", "product_viewed"),
        ("page views", "page_views"),
        ("Placed Order", "order_placed"),
        ("Confirmation of receipt", "confirmation_of_receipt"),
        ("Kasse geöffnet", "kasse_geöffnet"),
    ],
)
def test_canonical_knows_other_trackers_and_leaves_strange_names(raw: str, canonical: str) -> None:
    """A name nobody listed keeps its own words in snake case."""
    assert built_in_vocabulary().canonical(raw) == canonical


def test_built_in_names_are_canonical_described_and_distinct() -> None:
    """No canonical name is another one's spelling, no spelling belongs to two, and each says what it means."""
    vocabulary = built_in_vocabulary()
    spellings = [spelling for said in vocabulary.named.values() for spelling in said.like]
    assert len(spellings) == len(set(spellings))
    assert not set(spellings) & set(vocabulary.named)
    for name in vocabulary.named:
        assert vocabulary.canonical(name) == name
        assert vocabulary.meaning(name)
