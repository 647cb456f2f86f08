"""What a browser calls itself, in a few words that its owner knows it by."""

from typing import NamedTuple


class _Sign(NamedTuple):
    """A part of what browsers send, and what it means."""

    part: str
    name: str


# Each product also names those it descends from, so the first that is found counts.
_PRODUCTS = (
    _Sign("Edg", "Edge"),
    _Sign("OPR/", "Opera"),
    _Sign("SamsungBrowser/", "Samsung Internet"),
    _Sign("Firefox/", "Firefox"),
    _Sign("FxiOS/", "Firefox"),
    _Sign("CriOS/", "Chrome"),
    _Sign("Chrome/", "Chrome"),
    _Sign("Safari/", "Safari"),
)
_SYSTEMS = (
    _Sign("Android", "Android"),
    _Sign("iPhone", "iPhone"),
    _Sign("iPad", "iPad"),
    _Sign("Windows", "Windows"),
    _Sign("Mac OS X", "Mac"),
    _Sign("CrOS", "ChromeOS"),
    _Sign("Linux", "Linux"),
)
_MAX_CHARS = 60


def browser_name(user_agent: str) -> str:
    """Return a name such as `Firefox on Windows`; the beginning of what was sent where it is none that is known."""
    product = next((sign.name for sign in _PRODUCTS if sign.part in user_agent), None)
    system = next((sign.name for sign in _SYSTEMS if sign.part in user_agent), None)
    if product is None:
        return user_agent[:_MAX_CHARS].strip() or "an unknown browser"
    return f"{product} on {system}" if system else product
