"""Customers with known ways and nothing else: groups that differ, none that do, and signs that foretell buying or none.

Smaller than a simulated brand, for what is asked of many of them; as rows `person, day, event name, channel`.
"""

from collections.abc import Sequence

import numpy as np

N_DAYS = 180
"""Days the events cover."""
Did = tuple[str, float, str, str]
"""Person, day, event name, channel."""
_NAMES = ("look_page", "look_list", "buy_cart", "buy_form", "keep_help", "keep_note")
_CHANNELS = ("web", "app", "phone")
_BOUGHT = "order_completed"
_WAYS = (
    ((0.45, 0.35, 0.05, 0.05, 0.05, 0.05), (0.9, 0.05, 0.05)),
    ((0.05, 0.05, 0.45, 0.35, 0.05, 0.05), (0.05, 0.9, 0.05)),
    ((0.05, 0.05, 0.05, 0.05, 0.45, 0.35), (0.05, 0.05, 0.9)),
)
"""Shares of names and of channels by group."""
_MONTHLY = 0.12


def alike(n_persons: int, rng: np.random.Generator, *, uneven: float = 0.0) -> list[Did]:
    """Return persons without groups: anything at any time, and a purchase by chance.

    Args:
        n_persons: How many.
        rng: What they are drawn with.
        uneven: How much persons differ without falling into groups: 0 not at all, 1 much (a Dirichlet of their own).
    """
    did: list[Did] = []
    for number in range(n_persons):
        person = f"p_{number:05}"
        ways = rng.dirichlet(np.full(len(_NAMES), 2 / uneven)) if uneven else None
        did += [
            (person, float(day), str(rng.choice(_NAMES, p=ways)), str(rng.choice(_CHANNELS)))
            for day in np.sort(rng.uniform(0, N_DAYS, 3 + rng.poisson(8)))
        ]
        if rng.random() < 0.3:  # noqa: PLR2004 - the share of buyers
            did.append((person, float(rng.uniform(0, N_DAYS)), _BOUGHT, "web"))
    return did


def in_groups(
    n_persons: int, rng: np.random.Generator, *, shares: Sequence[float], buying: Sequence[float]
) -> tuple[list[Did], list[int]]:
    """Return persons of up to three planted groups, each with ways and buying of its own, and the group of each."""
    did: list[Did] = []
    groups: list[int] = []
    for number in range(n_persons):
        person, group = f"p_{number:05}", int(rng.choice(len(shares), p=shares))
        groups.append(group)
        names, channels = _WAYS[group]
        did += [
            (person, float(day), str(rng.choice(_NAMES, p=names)), str(rng.choice(_CHANNELS, p=channels)))
            for day in np.sort(rng.uniform(0, N_DAYS, 6 + rng.poisson(10)))
        ]
        if rng.random() < buying[group]:
            did.append((person, float(rng.uniform(N_DAYS - 50, N_DAYS)), _BOUGHT, "web"))
    return did, groups


def foretold(n_persons: int, rng: np.random.Generator, *, strength: float) -> list[Did]:
    """Return persons who buy month by month; four in ten fill carts more often and buy likelier by a share `strength`."""
    did: list[Did] = []
    for number in range(n_persons):
        person, keen = f"p_{number:05}", strength > 0 and rng.random() < 0.4  # noqa: PLR2004 - see above
        likely = (0.1, 0.1, 0.4, 0.3, 0.05, 0.05) if keen else (0.3, 0.2, 0.1, 0.1, 0.2, 0.1)
        did += [
            (person, float(day), str(rng.choice(_NAMES, p=likely)), str(rng.choice(_CHANNELS)))
            for day in np.sort(rng.uniform(0, N_DAYS, 6 + rng.poisson(8)))
        ]
        did += [
            (person, float(30 * month + rng.uniform(0, 30)), _BOUGHT, "web")
            for month in range(N_DAYS // 30)
            if rng.random() < _MONTHLY + strength * keen
        ]
    return did
