"""How many customers get through a funnel, where they stop and what they do then; shares with intervals."""

import difflib
from collections.abc import Collection, Sequence
from datetime import timedelta

from agent.analyse.statistics import quantity
from agent.errors import InputError, NotFoundError
from agent.events.funnels import FunnelMode, FunnelPlan, FunnelStep, StepCount, count_funnel, count_leavers
from agent.events.journeys import Journeys
from agent.normalise.faults import RowFault
from agent.normalise.vocabulary import EventVocabulary, built_in_vocabulary
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
    journeys: Journeys,
    steps: Sequence[str],
    *,
    mode: FunnelMode,
    within: timedelta | None,
    vocabulary: EventVocabulary | None = None,
) -> FunnelPlan:
    """Return the plan that names of events and stages make; a name that is both is the event.

    Args:
        journeys: Whose events and stages there are.
        steps: Names, of events in any spelling that is read as theirs.
        mode: Whether other events may come between.
        within: Time for the whole funnel.
        vocabulary: Names of events that their spellings are read as; the product's own where None.

    Raises:
        InputError: There are too few or too many steps, or the window is no time at all.
        NotFoundError: A step is neither an event of these customers nor a stage.
    """
    if not 2 <= len(steps) <= MOST_STEPS:  # noqa: PLR2004 - from one to another
        n_steps = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
        msg = f"a funnel of {n_steps} was asked for; 2 to {MOST_STEPS} were expected"
        raise InputError(msg, hint="Give --step once a step, in order.")
    if within is not None and within < timedelta(seconds=1):
        msg = f"a window of {within.total_seconds():g} seconds lets nobody through; at least a second was expected"
        raise InputError(msg, hint="For example --within 7d.")
    names, stages = journeys.names(), journeys.scope.stages
    found = {step: _step(step, names, stages, vocabulary) for step in steps}
    wrong = [step for step, known in found.items() if known is None]
    if wrong:
        raise _unknown(wrong, [*names], stages)
    return FunnelPlan(tuple(known for step in steps if (known := found[step]) is not None), mode, within)


def event_named(
    journeys: Journeys, name: str | None, *, vocabulary: EventVocabulary | None = None
) -> str | None:
    """Return the name of an event that there is, whatever its spelling; None for None.

    Raises:
        NotFoundError: There is no event of that name.
    """
    if name is None:
        return None
    names = journeys.names()
    found = _event(name, names, vocabulary)
    if found is None:
        raise _unknown([name], [*names], ())
    return found


def _step(
    step: str, names: Collection[str], stages: Sequence[str], vocabulary: EventVocabulary | None
) -> FunnelStep | None:
    if step in stages and step not in names:
        return FunnelStep("stage", step)
    event = _event(step, names, vocabulary)
    if event is not None:
        return FunnelStep("name", event)
    plain = step.strip().casefold()
    stage = next((stage for stage in stages if stage.casefold() == plain), None)
    return None if stage is None else FunnelStep("stage", stage)


def _event(spelling: str, names: Collection[str], vocabulary: EventVocabulary | None) -> str | None:
    """Return the event that a spelling is read as, as the reader of event logs does; None where there is none."""
    if spelling in names:
        return spelling
    try:
        name = (vocabulary or built_in_vocabulary()).canonical(spelling)
    except RowFault:
        return None
    return name if name in names else None


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


def _unknown(wrong: Sequence[str], names: Sequence[str], stages: Sequence[str]) -> NotFoundError:
    what = "event and no stage" if stages else "event"
    called = " or ".join(repr(step) for step in wrong)
    said = [_near(step, [*names, *stages]) for step in wrong]
    if not all(said):
        shown = ", ".join(names[:_MOST_NAMED])
        said.append(f"There are {len(names):,} events, such as {shown}; `journey paths` lists them.")
    if stages:
        said.append(f"Stages are {', '.join(stages)}.")
    return NotFoundError(
        f"no {what} of these customers is called {called}", hint=" ".join(part for part in said if part)
    )


def _near(step: str, known: Sequence[str]) -> str:
    by_spelling = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(step.casefold(), by_spelling, n=_MOST_NAMED, cutoff=0.5)
    return f"Near {step!r}: {', '.join(by_spelling[name] for name in near)}." if near else ""
