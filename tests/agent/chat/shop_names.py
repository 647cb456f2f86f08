"""The vocabulary of a small shop, for tests of understanding."""

from datetime import date
from functools import cache

from agent.chat.understand import Named, Previous, Trait, Understood, Vocabulary, understand
from agent.embed import MiniLMEncoder, open_encoder
from agent.settings import Settings

SHOP = Vocabulary(
    stages=("awareness", "consideration", "decision", "retention", "advocacy"),
    traits=(
        Trait("channel", ("chat", "email", "phone", "app")),
        Trait("city", ("Leeds", "York", "Bath", "Cardiff")),
        Trait("device_type", ("mobile", "desktop")),
        Trait("kind", ("transcript", "review", "survey")),
        Trait("loyalty_tier", ("canopy", "none", "sapling", "seedling")),
        Trait("segment", ("family", "home", "enthusiast", "deal_seeker", "classic")),
    ),
    events=(
        "product_added", "checkout_started", "order_completed", "product_viewed", "order_delivered", "email_opened",
        "store_visited", "support_chat_started", "support_ticket_opened", "home", "size_guide", "payment_failed",
        "return_requested", "account_closed", "unsubscribed", "survey_completed",
    ),
    pain_points=(
        Named("pp_tracking", "Tracking has not been updated"),
        Named("pp_payment", "Payment failed"),
        Named("pp_refund", "Slow refund"),
        Named("pp_transfer", "Customer service keeps transferring"),
        Named("pp_late", "Late delivery"),
        Named("pp_instructions", "No assembly instructions"),
        Named("pp_fee", "Delivery fee only shown at the end"),
        Named("pp_damaged", "Arrived damaged"),
    ),
    themes=(
        Named("th_staff", "Friendly staff"), Named("th_late", "Late delivery"), Named("th_quality", "Great quality"),
        Named("th_payment", "Payment failed"),
    ),
    personas=(Named("Quick returners", "Quick returners"), Named("Slow browsers", "Slow browsers")),
    maps=(Named("map_1", "Shop customers: first order", "get gear that fits"),),
    variant_sets=(Named("vs_1", "vs_1", "pp_payment"),),
    terms=("reach", "severity", "odds ratio", "retention"),
    first=date(2025, 12, 1),
    last=date(2026, 6, 30),
)  # fmt: skip


@cache
def bundled_encoder() -> MiniLMEncoder:
    """The encoder as users get it, opened once."""
    return open_encoder(Settings().cache_dir.expanduser(), threads=1)


def asked(utterance: str, *, vocabulary: Vocabulary = SHOP, previous: Previous | None = None) -> Understood:
    """Return what an utterance is understood as in the shop."""
    return understand(utterance, vocabulary=vocabulary, encoder=bundled_encoder(), previous=previous)
