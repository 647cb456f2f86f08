"""How a day and the value of a metric are written for readers, and each of its sides: counts, interval, population."""

from datetime import date

from agent.schemas.evidence import Metric

_EXTREME = 0.01
_ONE_DECIMAL_UNDER = 10
"""Per cent under which bounds and differences are written with a decimal, because there it matters."""


def day_text(at: date) -> str:
    """Return a day, or the day of a time in its zone, such as `3 May 2026`."""
    return f"{at.day} {at:%B %Y}"


def format_metric(metric: Metric) -> str:
    """Return a metric's value as a reader sees it: "23 %", "312 customers", "4.5 hours"; "unknown" without one."""
    value = metric.value
    if value is None:
        return "unknown"
    if metric.unit == "share":
        return percent_text(value)
    if metric.unit == "persons":
        return f"{value:,.0f} {'customer' if round(value) == 1 else 'customers'}"
    if metric.unit == "seconds":
        return _duration(value)
    return f"{value:.2f}" if metric.unit == "score" else f"{value:,.0f}"


def side_text(metric: Metric, side: str) -> str:
    """Return one side of a metric as a reader sees it; one that it does not have is "unknown".

    Args:
        metric: Any.
        side: `n`, `total` or `counted` ("38 of 412") of who is counted, `population` for who the total is; `spread` for
            the value with its interval ("9 %, 95 % interval 7 to 12 %"), `basis` for counts with it, `points` for a
            difference of shares with its own.
    """
    counted, bounds = metric.quantity, _interval(metric, points=side == "points")
    if side == "spread":
        return f"{format_metric(metric)}{bounds}"
    if side == "points":
        return "unknown" if metric.value is None else f"{_signed_points(metric.value)} points{bounds}"
    if counted is None:
        return "unknown"
    if side == "population":
        return counted.population
    of = f"{counted.n:,} of {counted.total:,}"
    return {"n": f"{counted.n:,}", "total": f"{counted.total:,}", "basis": f"{of}{bounds}"}.get(side, of)


def _interval(metric: Metric, *, points: bool) -> str:
    low, high = metric.low, metric.high
    if low is None or high is None or metric.value is None:
        return ""
    if points:
        ends = f"{_signed_points(low)} to {_signed_points(high)}"
    elif metric.unit == "share":
        ends = f"{_bare_percent(low)} to {_bare_percent(high)} %"
    else:
        ends = f"{_bound(metric, low)} to {_bound(metric, high)}"
    return f", 95 % interval {ends}"


def _bound(metric: Metric, value: float) -> str:
    return format_metric(metric.model_copy(update={"value": value}))


def _bare_percent(share: float) -> str:
    return f"{100 * share:.1f}" if 100 * share < _ONE_DECIMAL_UNDER else f"{100 * share:.0f}"


def _signed_points(difference: float) -> str:
    points = 100 * difference
    written = f"{points:+.1f}" if abs(points) < _ONE_DECIMAL_UNDER else f"{points:+.0f}"
    return written.replace("-", "\N{MINUS SIGN}")


def percent_text(share: float) -> str:
    """Return a share as per cent; a share that is not nothing or everything never rounds to it."""
    if 0 < share < _EXTREME or 1 - _EXTREME < share < 1:
        return f"{min(max(share * 100, 0.1), 99.9):.1f} %"
    return f"{share * 100:.0f} %"


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return _counted(seconds / size, unit)
    return _counted(seconds, "second")


def _counted(amount: float, unit: str) -> str:
    written = f"{amount:.1f}".removesuffix(".0")
    return f"{written} {unit}" if written == "1" else f"{written} {unit}s"
