"""How many customers get through a funnel, where they stop and what they do then; shares with intervals."""

import difflib
from collections.abc import Sequence
from datetime import timedelta

from agent.analyse.statistics import quantity
from agent.errors import InputError, NotFoundError
from agent.events.funnels import FunnelMode, FunnelPlan, FunnelStep, StepCount, count_funnel, count_leavers
from agent.events.journeys import Journeys
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity

MOST_STEPS = 12
_MOST_NEXT = 5
_MOST_NAMED = 5


class NextStep(Frozen):
    """What customers who got no further did next; None where nothing followed."""

    event: str | None
    persons: int


class FunnelStage(Frozen):
    """One step of a funnel."""

    step: str
    n: int
    """Customers who got here."""
    of_previous: Quantity
    of_first: Quantity
    stopped: int
    """Got here and no further."""
    still_open: int
    """Of those, whose time is not over yet; they count as not converted so far."""
    median_s: float | None
    """From the step before."""
    p90_s: float | None
    total_median_s: float | None
    """From the first step."""
    next: tuple[NextStep, ...]
    """The most frequent next steps of those who stopped here."""


class Funnel(Frozen):
    """A funnel over the persons of a scope."""

    mode: FunnelMode
    within_s: int | None
    n_persons: int
    """Customers with events, in the funnel or not."""
    steps: tuple[FunnelStage, ...]
    conversion: Quantity
    """Of those who took the first step, those who took the last."""


def plan_of(
    journeys: Journeys, steps: Sequence[str], *, mode: FunnelMode, within: timedelta | None
) -> FunnelPlan:
    """Return the plan that names of events and stages make; a name that is both is the event.

    Raises:
        InputError: There are too few or too many steps, or the window is no time at all.
        NotFoundError: A step is neither an event of these customers nor a stage.
    """
    if not 2 <= len(steps) <= MOST_STEPS:  # noqa: PLR2004 - from one to another
        msg = f"a funnel of {len(steps)} steps was asked for; 2 to {MOST_STEPS} were expected"
        raise InputError(msg, hint="Give --step once a step, in order.")
    if within is not None and within < timedelta(seconds=1):
        msg = f"a window of {within.total_seconds():g} seconds lets nobody through; at least a second was expected"
        raise InputError(msg, hint="For example --within 7d.")
    names, stages = journeys.names(), journeys.scope.stages
    found: list[FunnelStep] = []
    for step in steps:
        if step in names:
            found.append(FunnelStep("name", step))
        elif step in stages:
            found.append(FunnelStep("stage", step))
        else:
            raise _unknown(step, [*names, *stages])
    return FunnelPlan(tuple(found), mode, within)


def unknown_event(name: str, journeys: Journeys) -> NotFoundError:
    """Return the error that there is no event of a name, with the nearest ones."""
    return _unknown(name, list(journeys.names()))


def funnel_of(journeys: Journeys, plan: FunnelPlan) -> Funnel:
    """Return how the persons of a scope get through a funnel."""
    counts = count_funnel(journeys.steps, plan, as_of=journeys.scope.as_of)
    leavers = count_leavers(journeys.steps, plan)
    first = counts[0].reached
    return Funnel(
        mode=plan.mode,
        within_s=None if plan.within is None else int(plan.within.total_seconds()),
        n_persons=journeys.n_persons(),
        steps=tuple(_stage(plan, counts, k, leavers[k]) for k in range(len(counts))),
        conversion=quantity(counts[-1].reached, first, f"customers who took {plan.steps[0].value!r}"),
    )


def _stage(
    plan: FunnelPlan, counts: Sequence[StepCount], k: int, leavers: dict[str | None, int]
) -> FunnelStage:
    here, before = counts[k], counts[max(k - 1, 0)]
    after = counts[k + 1].reached if k + 1 < len(counts) else here.reached
    first = plan.steps[0].value
    return FunnelStage(
        step=plan.steps[k].value,
        n=here.reached,
        of_previous=quantity(
            here.reached, before.reached, f"customers who got to {plan.steps[max(k - 1, 0)].value!r}"
        ),
        of_first=quantity(here.reached, counts[0].reached, f"customers who took {first!r}"),
        stopped=here.reached - after,
        still_open=here.n_open,
        median_s=here.median_s,
        p90_s=here.p90_s,
        total_median_s=here.total_median_s,
        next=tuple(NextStep(event=event, persons=n) for event, n in list(leavers.items())[:_MOST_NEXT]),
    )


def _unknown(step: str, known: Sequence[str]) -> NotFoundError:
    by_spelling = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(step.casefold(), by_spelling, n=_MOST_NAMED, cutoff=0.5)
    msg = f"no event and no stage of these customers is called {step!r}"
    if near:
        return NotFoundError(msg, hint="Near it: " + ", ".join(by_spelling[name] for name in near) + ".")
    shown = ", ".join(known[:_MOST_NAMED])
    return NotFoundError(msg, hint=f"There are {len(known)}, such as {shown}; `journey paths` lists them.")
