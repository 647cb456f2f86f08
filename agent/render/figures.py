"""How figures are written for readers: shares, counts, durations and the marks that go with them."""

from agent.schemas.evidence import Quantity

_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S
_DAY_S = 24 * _HOUR_S


def share_text(share: float | None) -> str:
    """Return a share as per cent; one decimal under ten per cent, where it matters."""
    if share is None:
        return "unknown"
    per_cent = 100 * share
    return f"{per_cent:.1f} %" if 0 < per_cent < 10 else f"{per_cent:.0f} %"  # noqa: PLR2004 - as documented


def interval_text(low: float | None, high: float | None) -> str:
    """Return a 95 % interval of shares, or nothing where there is none."""
    if low is None or high is None:
        return ""
    return f"{_bare(low)}–{_bare(high)} %"


def _bare(share: float) -> str:
    return share_text(share).removesuffix(" %")


def quantity_text(quantity: Quantity) -> str:
    """Return counts, share and interval of a quantity with who the total is."""
    interval = interval_text(quantity.low, quantity.high)
    counted = f"{quantity.n:,} of {quantity.total:,}"
    spread = f", 95 % interval {interval}" if interval else ""
    return f"{share_text(quantity.share)} ({counted}{spread}) of {quantity.population}"


def signed(value: float | None) -> str:
    """Return a score between minus one and one with its sign."""
    return "unknown" if value is None else f"{value:+.2f}".replace("-", "−")


def points_text(value: float | None) -> str:
    """Return a difference of shares in percentage points with its sign."""
    return "unknown" if value is None else f"{100 * value:+.0f} points".replace("-", "−")


def duration_text(seconds: float | None) -> str:
    """Return a duration in the largest unit that keeps it readable."""
    if seconds is None:
        return "unknown"
    for size, name in ((_DAY_S, "days"), (_HOUR_S, "hours"), (_MINUTE_S, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} seconds"
