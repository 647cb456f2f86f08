"""Credits conversions to what was touched before, by six rules side by side.

None of them is causal: each shares out the conversions there were, by a rule, and says nothing of what would have been
without a touch. They stand side by side so that nobody takes one of them for the truth.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Literal

import numpy as np

from agent.analyse.outcomes import outcomes_among
from agent.errors import InputError
from agent.events.journeys import Journeys
from agent.events.touches import HALF_LIFE, By, Touches, TouchMove, credits_of, moves_of, n_paths, touches_of
from agent.schemas.base import Frozen

LOOKBACK = timedelta(days=90)
"""How long before a conversion a touch still counts, unless another time is asked for."""
MIN_CONVERSIONS = 10
"""Fewer conversions than this are not credited: one person more or less would turn the order round."""


class Attributed(Frozen):
    """What one touchpoint or channel is credited with, in conversions."""

    key: str
    first: float
    last: float
    linear: float
    position: float
    """40 % for the first touch, 40 % for the last, the rest for those between."""
    time_decay: float | None
    """Half as much for every seven days before the conversion."""
    markov: float
    """In the share of its removal effect among all."""
    removal_effect: float
    """Share of the conversions that the chain of touches loses without it."""
    n_converting: int
    """Customers who touched it before a conversion."""
    n_not_converting: int
    """Customers who touched it on a path without a conversion."""


class Attribution(Frozen):
    """Credit by rule."""

    label: Literal["not causal: credit by rule"] = "not causal: credit by rule"
    by: By
    conversion: tuple[str, ...]
    """Event names that are the conversion."""
    lookback_days: float | None
    half_life_days: float
    folded: bool
    """Whether touches of one place in a row count as one."""
    n_persons: int
    n_converting: int
    n_not_converting: int
    n_conversions: int
    n_untouched: int
    """Conversions with no touch before them within the time: credited to nothing, by every rule."""
    n_paths_without: int
    """Paths that ended in no conversion."""
    credits: tuple[Attributed, ...]
    """Most credit by the removal effect first."""
    reason: str | None = None
    """Why nothing is credited."""


def attribute(
    journeys: Journeys,
    *,
    conversion: str | None = None,
    by: By = "touchpoint",
    lookback: timedelta | None = LOOKBACK,
    fold: bool = False,
) -> Attribution:
    """Credit the conversions of a scope.

    Args:
        journeys: Whose touches and conversions.
        conversion: Event name that is the conversion; every event that means a purchase where None.
        by: What is credited.
        lookback: How long before a conversion a touch still counts; None means for ever.
        fold: Whether touches of one place in a row count as one.

    Raises:
        InputError: There is no such event.
    """
    names = _conversions(journeys, conversion)
    touches = touches_of(journeys.steps, names, by=by, lookback=lookback, fold=fold)
    n_touched, n_without = n_paths(touches.table)
    is_enough = n_touched >= MIN_CONVERSIONS
    reason = f"fewer than {MIN_CONVERSIONS} conversions have a {by} before them"
    return Attribution(
        by=by,
        conversion=names,
        lookback_days=None if lookback is None else lookback / timedelta(days=1),
        half_life_days=HALF_LIFE / timedelta(days=1),
        folded=fold,
        n_persons=touches.n_persons,
        n_converting=touches.n_converting,
        n_not_converting=touches.n_persons - touches.n_converting,
        n_conversions=touches.n_conversions,
        n_untouched=touches.n_conversions - n_touched,
        n_paths_without=n_without,
        credits=attributed(touches) if is_enough else (),
        reason=None if is_enough else reason,
    )


def attributed(touches: Touches) -> tuple[Attributed, ...]:
    """Return the credit of each place by every rule, most by the removal effect first."""
    effects = removal_effects(moves_of(touches.table))
    whole = sum(effects.values())
    n_touched, _ = n_paths(touches.table)
    found = [
        Attributed(
            key=credit.key,
            first=credit.first,
            last=credit.last,
            linear=credit.linear,
            position=credit.position,
            time_decay=credit.decay,
            markov=n_touched * effects[credit.key] / whole if whole else 0.0,
            removal_effect=effects[credit.key],
            n_converting=credit.n_converting,
            n_not_converting=credit.n_not_converting,
        )
        for credit in credits_of(touches.table)
    ]
    return tuple(sorted(found, key=lambda one: (-one.markov, one.key)))


def removal_effects(moves: Sequence[TouchMove]) -> dict[str, float]:
    """Return by what share fewer walks of the chain end in a conversion where a place leads to none.

    The chain is of first order: start, the places, conversion, none. What is lost without a place are the walks that come
    to it and would have converted from it, which the fundamental matrix gives for all places at once.

    Args:
        moves: How often each place followed another.

    Source:
        Anderl, Becker, von Wangenheim and Schumann (2016), Int. J. Res. Mark. 33, 457-474; matrix as in Kemeny and Snell
        (1960), Finite Markov Chains, theorem 3.5.7.
    """
    keys = sorted({move.source for move in moves if move.source is not None})
    place = {key: number for number, key in enumerate(keys, start=1)}
    size = len(keys) + 1
    inner, converts, leaving = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    for move in moves:
        source = 0 if move.source is None else place[move.source]
        leaving[source] += move.n
        if move.target is None:
            converts[source] += move.conversions
        else:
            inner[source, place[move.target]] += move.n
    leaving[leaving == 0] = 1.0
    visits = np.linalg.inv(np.eye(size) - inner / leaving[:, None])
    converting = visits @ (converts / leaving)
    if converting[0] == 0:
        return dict.fromkeys(keys, 0.0)
    reached = visits[0] / np.diag(visits)
    lost = reached * converting / converting[0]
    return {key: float(lost[number]) for key, number in place.items()}


def _conversions(journeys: Journeys, conversion: str | None) -> tuple[str, ...]:
    names: Collection[str] = journeys.names()
    if conversion is None:
        found = outcomes_among(names).get("purchase", ())
        if not found:
            msg = "no event of these customers means a purchase; the name of the event that is the conversion was expected"
            raise InputError(msg, hint=f"Give --conversion one of: {', '.join(sorted(names)[:12])}.")
        return found
    if conversion not in names:
        msg = f"there is no event {conversion!r} of these customers; the name of one of their events was expected"
        raise InputError(msg, hint=f"There are: {', '.join(sorted(names)[:12])}.")
    return (conversion,)
