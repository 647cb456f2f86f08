"""How figures are written for readers: shares, counts, durations and the marks that go with them.

Units are tied to their numbers by no-break spaces, so that no line ends between them.
"""

from datetime import UTC, datetime

from agent.figures import percent_text
from agent.schemas.evidence import Quantity

_TIE = "\u00a0"
_ONE_DECIMAL_UNDER = 10
"""Per cent under which bounds are written with a decimal, because there it matters."""
_ONE_DECIMAL_OVER = 99
"""Per cent over which they are too, so that 99.6 is not called all."""


def share_text(share: float | None) -> str:
    """Return a share as per cent, as the firewall writes it."""
    return "unknown" if share is None else tied(percent_text(share))


def interval_text(low: float | None, high: float | None) -> str:
    """Return a 95 % interval of shares, or nothing where there is none."""
    if low is None or high is None:
        return ""
    return f"{_bare(low)}–{_bare(high)}{_TIE}%"


def _bare(share: float) -> str:
    if share >= 1:
        return "100"
    percent = 100 * share
    if percent < _ONE_DECIMAL_UNDER or percent > _ONE_DECIMAL_OVER:
        return f"{min(percent, 99.9):.1f}"
    return f"{percent:.0f}"


def tied(text: str) -> str:
    """Return a text whose per cent signs cannot be parted from their numbers."""
    return text.replace(" %", f"{_TIE}%")


def quantity_text(quantity: Quantity) -> str:
    """Return counts, share and interval of a quantity with who the total is."""
    interval = interval_text(quantity.low, quantity.high)
    counted = f"{quantity.n:,} of {quantity.total:,}"
    spread = f", 95 % interval {interval}" if interval else ""
    return f"{share_text(quantity.share)} ({counted}{spread}) of {quantity.population}"


def month_text(name: str, *, short: bool = False) -> str:
    """Return a month that is counted by, such as `2026-05`, as `May 2026`; what is none stays as it is."""
    try:
        at = datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        return name
    return f"{at:%b %Y}" if short else f"{at:%B %Y}"


def signed(value: float | None) -> str:
    """Return a score between minus one and one with its sign."""
    return "unknown" if value is None else _with_sign(f"{value:+.2f}")


def step_text(value: float) -> str:
    """Return an end of the scale of moods with its sign."""
    return f"{value:+.1f}".replace("-", "−")


def tenths_text(difference: float) -> str:
    """Return a difference of shares in percentage points with a decimal and its sign, without the word."""
    return _with_sign(f"{100 * difference:+.1f}")


def _with_sign(written: str) -> str:
    """Return a signed number as it is printed; what is rounded to nothing has no sign."""
    return written.replace("-", "−") if written.strip("+-0.") else written[1:]


def points_text(value: float | None) -> str:
    """Return a difference of shares in percentage points with its sign."""
    if value is None:
        return "unknown"
    written = _with_sign(f"{100 * value:+.0f}")
    return f"{written}{_TIE}{'point' if written[1:] == '1' else 'points'}"
