"""How times are written for readers: one unit, two significant figures."""

_UNITS = ((365.25 * 86_400, "years"), (86_400.0, "days"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))
_FEW = 10
_TIE = "\u00a0"


def duration_text(seconds: float | None) -> str:
    """Return a time in the largest unit of which there are two or more, or a dash where there is none."""
    if seconds is None:
        return "-"
    scale, unit = unit_of(seconds)
    return f"{_number(seconds / scale)}{_TIE}{unit}"


def shift_text(seconds: float | None) -> str:
    """Return a difference of times with its sign, or a dash where there is none."""
    if seconds is None:
        return "-"
    sign = "−" if seconds < 0 else "+" if seconds > 0 else ""
    return f"{sign}{duration_text(abs(seconds))}"


def span_text(seconds: float, low: float | None, high: float | None) -> str:
    """Return a time with its interval in one unit; an open end is written as unknown."""
    scale, unit = unit_of(seconds)
    ends = [("?" if end is None else _number(end / scale)) for end in (low, high)]
    return f"{_number(seconds / scale)}{_TIE}{unit} ({ends[0]}–{ends[1]})"


def unit_of(seconds: float) -> tuple[float, str]:
    """Return the largest unit of which there are two or more, in seconds, with its name."""
    return next(((scale, unit) for scale, unit in _UNITS if seconds >= 2 * scale), _UNITS[-1])


def _number(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0") if value < _FEW else f"{value:,.0f}"
