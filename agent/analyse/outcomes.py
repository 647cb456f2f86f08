"""Which events are outcomes that a pain point may go along with, by name.

The names are those of Segment's e-commerce and B2B specifications and of Google Analytics 4, normalised to
`object_action`; a name that is none of them is no outcome.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

OUTCOME_WINDOW = timedelta(days=60)
"""How long after an experience an outcome still counts as following it."""

OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "purchase": (
        "checkout_completed", "order_completed", "order_placed", "payment_completed", "purchase", "purchase_completed",
        "store_purchase", "store_purchase_completed", "subscription_started", "transaction_completed",
    ),
    "support_contact": (
        "call_received", "call_started", "chat_started", "conversation_started", "phone_call", "support_call",
        "support_chat_started", "support_contacted", "support_requested", "support_ticket_opened", "ticket_created", "ticket_opened",
    ),
    "return": ("order_refunded", "order_returned", "refund", "refund_requested", "return_requested", "return_started"),
    "leaving": (
        "account_closed", "account_deleted", "app_uninstalled", "application_uninstalled", "contract_cancelled",
        "membership_cancelled", "newsletter_unsubscribed", "plan_cancelled", "subscription_cancelled",
        "subscription_canceled", "unsubscribed",
    ),
}  # fmt: skip
"""Outcome to the event names that mean it."""


def outcomes_among(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the outcomes that event names can tell, each with the names present."""
    present = set(names)
    found = {outcome: tuple(name for name in known if name in present) for outcome, known in OUTCOMES.items()}
    return {outcome: known for outcome, known in found.items() if known}
