"""How pages write times, numbers and shares; the same words as the command line uses."""

from collections.abc import Callable
from datetime import datetime

from agent.figures import day_text
from agent.render.figures import (
    interval_text,
    month_text,
    points_text,
    share_text,
    signed,
    step_text,
    tenths_text,
    tied,
)
from agent.render.page import as_words
from agent.schemas.accounts import Role
from agent.schemas.evidence import Quantity


def day(at: datetime | None) -> str:
    """Return a date such as `3 May 2026`, in UTC; nothing where there is none."""
    return "" if at is None else day_text(at)


def month(name: str) -> str:
    """Return a month such as `2026-05` as `May 2026`."""
    return month_text(name)


def moment(at: datetime | None) -> str:
    """Return a date and a time, with its zone."""
    return "" if at is None else f"{day_text(at)}, {at:%H:%M} UTC"


def iso(at: datetime | None) -> str:
    """Return a time for a `datetime` attribute."""
    return "" if at is None else at.isoformat()


def number(value: float) -> str:
    """Return a whole number with separators."""
    return f"{value:,.0f}"


def share(value: float | None) -> str:
    """Return a share as a percentage; the word for unknown where there is none."""
    return share_text(value)


def interval(quantity: Quantity) -> str:
    """Return the bounds of a share."""
    return interval_text(quantity.low, quantity.high)


def spoken(name: str) -> str:
    """Return a name of ours as words."""
    return name.replace("_", " ")


def role(name: str) -> Role:
    """Return a role by its name, to compare with."""
    return Role(name)


FILTERS: dict[str, Callable[..., object]] = {
    "day": day,
    "interval": interval,
    "iso": iso,
    "moment": moment,
    "month": month,
    "number": number,
    "points": points_text,
    "role": role,
    "share": share,
    "signed": signed,
    "spoken": spoken,
    "step": step_text,
    "tenths": tenths_text,
    "tied": tied,
    "words": as_words,
}
