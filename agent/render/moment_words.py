"""How moments are written for readers, the same on a map and in a table: the adjusted effect first, what was counted beside it."""

from agent.render.figures import points_text, share_text
from agent.schemas.insight import Moment

ADJUSTED = (
    "Adjusted: beside customers in the same state at a comparable time (stage, steps before, 30 days of the calendar, "
    "outcome and purchase before)."
)


def effect_text(moment: Moment) -> str:
    """Return the effect in percentage points with its interval, and whether it is adjusted."""
    shown = moment.adjusted or moment
    how = "adjusted" if moment.adjusted is not None else "as counted, not adjusted"
    bounds = f"95 % interval {points_text(shown.low)} to {points_text(shown.high)}"
    return f"{points_text(shown.risk_difference)}, {how} ({bounds})"


def counted_text(moment: Moment) -> str:
    """Return what was counted: the share with the experience and without it, and how far they are apart."""
    effect, baseline = moment.effect, moment.baseline
    shares = f"{share_text(effect.share)} with it, {share_text(baseline.share)} without"
    persons = f"{effect.n:,} of {effect.total:,} against {baseline.n:,} of {baseline.total:,} customers"
    return f"{shares} ({points_text(moment.risk_difference)}); {persons}"


def bare_points(difference: float | None) -> str:
    """Return percentage points with their sign and without the word."""
    return points_text(difference).partition("\N{NO-BREAK SPACE}")[0]
