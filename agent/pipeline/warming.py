"""Computes of a snapshot what the first who ask would wait for."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from agent.errors import JourneyError
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot

_MOST_WARM: Final = 24
"""Filters whose results are computed ahead; the others that may be kept are left to what is asked."""
_MOST_WARM_ROWS: Final = 90_000
"""Passages that these may hold together."""
_MOST_WARM_VALUES: Final = 8
"""Values of a key that is likely to be asked by: customers of one of sixteen cities are few, and few ask for them."""
_FEWEST_WARM_ROWS: Final = 4_000
"""Passages below which a filter takes no time anyway."""


def warm_everybody(snapshot: Snapshot, *, is_stopped: Callable[[], bool] = lambda: False) -> None:
    """Compute what most questions need of everybody.

    Args:
        snapshot: That nobody may have asked yet.
        is_stopped: Asked between one part and the next; True leaves the rest to whoever asks for it.
    """
    scope = snapshot.everybody
    if snapshot.records:
        snapshot.searching.warm()
    parts: list[Callable[[], object]] = [
        lambda: snapshot.traits,
        lambda: snapshot.status,
        lambda: scope.events,
        scope.paths,
        lambda: scope.paths("stage"),
        lambda: scope.stage_times,
        lambda: scope.funnel(scope.stages),
        scope.retention,
        lambda: scope.moments,
        scope.attribution,
        lambda: scope.value,
        lambda: scope.personas,
    ]
    for part in parts:
        if is_stopped():
            return
        # What cannot be told of this data is told so to whoever asks.
        with suppress(JourneyError):
            part()


def warm_filters(snapshot: Snapshot, *, is_stopped: Callable[[], bool] = lambda: False) -> None:
    """Compute what is asked most of the largest groups of customers.

    Args:
        snapshot: Of little data nothing is computed ahead, as nobody waits.
        is_stopped: Asked between one part and the next; True leaves the rest to whoever asks for it.
    """
    if len(snapshot.stock.passages) < _FEWEST_WARM_ROWS:
        return
    warmed: list[Scoped] = []
    for where in _likely_filters(snapshot):
        if is_stopped() or snapshot.n_kept_rows > _MOST_WARM_ROWS:
            break
        with suppress(JourneyError):
            warmed.append(snapshot.scope(where))
            warmed[-1].insight  # noqa: B018 - computed here, read later
    parts: tuple[Callable[[Scoped], object], ...] = (
        lambda scope: scope.stage_times,
        lambda scope: scope.funnel(scope.stages),
        lambda scope: scope.paths(),
    )
    for part in parts:
        for scope in warmed:
            if is_stopped():
                return
            with suppress(JourneyError):
                part(scope)


def _likely_filters(snapshot: Snapshot) -> list[dict[str, str]]:
    """Return the filters by one value of a key with few of them, those that keep most customers first."""
    found = [
        (n, {key: value})
        for key, values in snapshot.traits.items()
        if len(values) <= _MOST_WARM_VALUES
        for value, n in values.items()
    ]
    return [where for _, where in sorted(found, key=lambda one: -one[0])[:_MOST_WARM]]
