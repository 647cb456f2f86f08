"""A made-up shop with what its customers will do planted in what they did: who fills baskets buys more, and reads the guide."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from tests.api.brand import journey

N_DAYS = 180
START = datetime(2026, 1, 1, tzinfo=UTC)
_NAMES = (
    "Product Viewed",
    "Product List Viewed",
    "Product Added",
    "Checkout Started",
    "Help Viewed",
    "Wishlist Viewed",
)
_KEEN, _CALM = (0.1, 0.1, 0.4, 0.3, 0.05, 0.05), (0.35, 0.25, 0.05, 0.05, 0.15, 0.15)


def write_shop(path: Path, *, n_persons: int = 300, seed: int = 5, sells: bool = True) -> Path:
    """Write the calls of a shop: four customers in ten are keen.

    Args:
        path: File of calls, one a line.
        n_persons: Customers, `u00000` on; those of a number below four tenths of it are the keen ones.
        seed: Of everything drawn.
        sells: Whether purchases say what they were worth.
    """
    rng = np.random.default_rng(seed)
    lines: list[bytes] = []
    for number in range(n_persons):
        user, keen = f"u{number:05}", number < 0.4 * n_persons
        lines.append(
            _line(
                "identify",
                user,
                START,
                traits={"ltv": str(900 - number), "plan": "gold" if keen else "basic"},
            )
        )
        channels = ("app", "web") if keen else ("web", "app")
        for day in rng.uniform(0, N_DAYS, 6 + rng.poisson(8)):
            name = str(rng.choice(_NAMES, p=_KEEN if keen else _CALM))
            lines.append(_track(user, float(day), name, channels[int(rng.random() < 0.2)], {}))
        if rng.random() < (0.75 if keen else 0.2):
            lines.append(_track(user, float(rng.uniform(0, N_DAYS)), "Setup Guide", "web", {}))
        for month in range(N_DAYS // 30):
            if rng.random() < (0.5 if keen else 0.12):
                paid = {"total": round(float(rng.lognormal(4, 0.3)), 2), "currency": "EUR"} if sells else {}
                order = {"order_id": f"o-{number}-{month}", **paid}
                day = float(30 * month + rng.uniform(0, 30))
                lines.append(_track(user, day, "Order Completed", "web", order))
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def open_shop(folder: Path, *, holdout: str = "0", **how: Any) -> Path:
    """Return a home with the events of a shop."""
    folder.mkdir(parents=True, exist_ok=True)
    calls = write_shop(folder / "calls.jsonl", **how)
    home = folder / "home"
    assert journey(home, "init", "--holdout", holdout, "--salt", "pepper").code == 0
    read = journey(home, "ingest", "--no-index", str(calls))
    assert read.code == 0, read.err
    return home


def _track(user: str, day: float, name: str, channel: str, properties: Mapping[str, object]) -> bytes:
    at = START + timedelta(days=day)
    return _line("track", user, at, event=name, channel=channel, properties=properties)


def _line(kind: str, user: str, at: datetime, **more: object) -> bytes:
    return orjson.dumps({"type": kind, "userId": user, "timestamp": at.isoformat(), **more})
