"""How far customers get, how long they stay, who comes back, and what conversions are credited to."""

from collections.abc import Sequence
from datetime import timedelta

from agent.analyse.attribution import Attribution
from agent.analyse.funnels import Funnel
from agent.analyse.retention import RetentionPoint
from agent.analyse.waiting import StageTime
from agent.chat.requests import ShowAttribution, ShowFunnel, ShowRetention, ShowStageTimes
from agent.chat.toolbox.paths import SHARE_COLUMNS, cells_of, tell_shares
from agent.chat.toolbox.resolving import (
    customers,
    event_of,
    refuse,
    require_events,
    said_so,
    scope_of,
    stage_of,
    where_of,
)
from agent.chat.toolbox.writing import Row, Writing, one_line, slug, worded
from agent.draft.claims import MIN_PERSONS
from agent.errors import InputError, JourneyError, NotFoundError
from agent.pipeline.did import PERIODS
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.render.durations import duration_text
from agent.render.figures import interval_text, share_text
from agent.schemas.chat import ToolResult


def steps_asked(scope: Scoped, snapshot: Snapshot, steps: tuple[str, ...]) -> list[str]:
    """Return the steps of a funnel: those asked for, or the stages that customers reached.

    Raises:
        GapError: A step is neither an event nor a stage, or there are too few.
    """
    if not steps:
        with scope.events_lock:
            journeys = scope.require_journeys()
            found = [stage for stage in snapshot.stages if journeys.persons_in(stage)]
    else:
        stages = {stage.casefold(): stage for stage in snapshot.stages}
        found = [stages.get(step.casefold()) or event_of(scope, step) for step in steps]
    if len(found) < 2:  # noqa: PLR2004 - from one to another
        refuse(
            "too_few",
            "A funnel needs two steps or more.",
            "A second step.",
            "How many customers get from stage to stage?",
        )
    return found


def show_funnel(snapshot: Snapshot, request: ShowFunnel) -> ToolResult:
    """Show how many get from step to step."""
    where = where_of(snapshot, request.where)
    scope = require_events(scope_of(snapshot, where))
    steps = steps_asked(scope, snapshot, request.steps)
    named = ", ".join(worded(step) for step in steps)
    writing = Writing(request, f"Funnel of {customers(where)}: {named}", snapshot)
    within = None if request.within_days is None else timedelta(days=request.within_days)
    try:
        funnel = scope.funnel(steps, within)
    except (InputError, NotFoundError) as error:
        refuse("unknown_thing", said_so(error), error.hint)
    _tell_funnel(writing, funnel)
    writing.picture(
        "funnel",
        f"Share of customers who reach each step: {named}",
        steps=tuple(steps),
        within_days="" if request.within_days is None else f"{request.within_days:g}",
    )
    worst = min(range(1, len(funnel.steps)), key=lambda k: funnel.steps[k].of_previous.share or 0.0)
    writing.ask_next(
        f"What do customers do after {worded(funnel.steps[worst - 1].step)}?",
        "What hurts customers most?",
        "How long do customers stay in each stage?",
    )
    return writing.done()


def _tell_funnel(writing: Writing, funnel: Funnel) -> None:
    if funnel.conversion.total < MIN_PERSONS:
        refuse(
            "too_few",
            f"Fewer than {MIN_PERSONS} customers took the first step.",
            "More events, or another first step.",
        )
    ids = [
        writing.share(
            f"funnel.{number}.{slug(step.step)}",
            step.of_first if number == 0 else step.of_previous,
            label=f"Reach {worded(step.step)}",
            definition="Customers who got to this step in order, of those who got to the step before.",
        )
        for number, step in enumerate(funnel.steps)
    ]
    whole = writing.share(
        "funnel.conversion",
        funnel.conversion,
        label="Reach the last step",
        definition="Of those who took the first step, those who took the last.",
    )
    first, last = funnel.steps[0].step, funnel.steps[-1].step
    writing.finding(
        f"{{{{m:{whole}:counted}}}} customers who came to {writing.name(first)} got to {writing.name(last)} ({{{{m:{whole}:spread}}}})."
    )
    worst = min(range(1, len(funnel.steps)), key=lambda k: (funnel.steps[k].of_previous.share or 0.0, k))
    writing.finding(
        f"The largest loss is between {writing.name(funnel.steps[worst - 1].step)} and {writing.name(funnel.steps[worst].step)}:"
        f" {{{{m:{ids[worst]}:counted}}}} went on ({{{{m:{ids[worst]}:spread}}}})."
    )
    _funnel_table(writing, funnel, ids)


def _funnel_table(writing: Writing, funnel: Funnel, ids: Sequence[str]) -> None:
    writing.table(
        "Funnel",
        ("Step", "Customers", "Of the step before (95 %)", "Of the first", "Median time"),
        [
            Row(
                (worded(step.step), f"{step.n:,}", cells_of(step.of_previous)[1] if number else "",
                 share_text(step.of_first.share), duration_text(step.median_s) if number else ""),
                (ids[number],),
            )
            for number, step in enumerate(funnel.steps)
        ],
    )  # fmt: skip


def stage_times(scope: Scoped) -> tuple[StageTime, ...]:
    """Return time in stage of a scope.

    Raises:
        GapError: No event is in a stage.
    """
    require_events(scope)
    try:
        return scope.stage_times
    except JourneyError as error:
        refuse("no_events", said_so(error), error.hint)


def show_stage_times(snapshot: Snapshot, request: ShowStageTimes) -> ToolResult:
    """Show time in stage, drop-off and skips."""
    where = where_of(snapshot, request.where)
    scope = require_events(scope_of(snapshot, where))
    stage = None if request.stage is None else stage_of(snapshot, request.stage)
    writing = Writing(request, f"Time and drop-off by stage of {customers(where)}", snapshot)
    found = [one for one in stage_times(scope) if stage in {None, one.stage} and one.n >= MIN_PERSONS]
    if not found:
        refuse(
            "too_few",
            f"Fewer than {MIN_PERSONS} {customers(where)} were in {stage or 'any stage'}.",
            "More events.",
        )
    if request.aspect in {"all", "time"}:
        tell_times(writing, found)
    if request.aspect in {"all", "drop_off"}:
        tell_drop_off(writing, found)
    if request.aspect in {"all", "skips"}:
        _tell_skips(writing, found)
    writing.picture("stages", f"Share of {customers(where)} still in each stage over time")
    writing.ask_next(
        *(f"What hurts customers in {one.stage}?" for one in found[:2]),
        "How many customers get from stage to stage?",
    )
    return writing.done()


def tell_times(writing: Writing, found: list[StageTime]) -> None:
    """Say how long customers stay."""
    timed = [one for one in found if one.median.value_s is not None]
    if not timed:
        refuse(
            "too_few",
            "Too few customers left a stage to tell how long they stay.",
            "Events over a longer time.",
        )
    ids = [
        writing.number(
            f"stay.{slug(one.stage)}", one.median.value_s, unit="seconds", label=f"Median time in {one.stage}",
            definition="Time until another stage is entered, half of the customers; who is still there is censored.",
            bounds=(one.median.low_s, one.median.high_s),
        )
        for one in timed
    ]  # fmt: skip
    longest = max(range(len(timed)), key=lambda k: (timed[k].median.value_s or 0.0, k))
    lead = "Customers stay longest in" if len(timed) > 1 else "Customers stay in"
    writing.finding(
        f"{lead} {writing.name(timed[longest].stage)}: in the median {{{{m:{ids[longest]}:spread}}}}."
    )
    writing.table(
        "Time in each stage",
        ("Stage", "Customers", "Median time", "Still there"),
        [
            Row(
                (one.stage, f"{one.n:,}", duration_text(one.median.value_s), f"{one.n_censored:,}"), (metric,)
            )
            for one, metric in zip(timed, ids, strict=True)
        ],
    )


def tell_drop_off(writing: Writing, found: list[StageTime]) -> None:
    """Say how many leave for good."""
    rows: list[tuple[float, str, str, Row]] = []
    for one in found:
        drop = one.drop_off
        if drop is None or drop.share is None:
            continue
        metric = writing.number(
            f"left.{slug(one.stage)}", drop.share, unit="share", label=f"Leave after {one.stage}",
            definition="Of the customers who reach the stage, those who never go on and are gone; who may still go on is censored.",
            bounds=(drop.low, drop.high),
        )  # fmt: skip
        cells = (
            one.stage,
            f"{drop.left:,} of {drop.reached:,}",
            f"{share_text(drop.share)} ({interval_text(drop.low, drop.high)})",
        )
        rows.append((drop.share, one.stage, metric, Row(cells, (metric,))))
    if not rows:
        return
    share = max(rows, key=lambda row: (row[0], row[1]))
    writing.finding(
        f"Customers leave for good above all at {writing.name(share[1])}: {{{{m:{share[2]}:spread}}}}, of those who reach it."
    )
    writing.table("Who leaves for good", ("Stage", "Left", "Share (95 %)"), [row[3] for row in rows])


def _tell_skips(writing: Writing, found: list[StageTime]) -> None:
    skipped = [
        (one.stage, one.skipped) for one in found if one.skipped is not None and one.skipped.n >= MIN_PERSONS
    ]
    if not skipped:
        return
    skipped.sort(key=lambda pair: (-(pair[1].share or 0.0), pair[0]))
    tell_shares(
        writing, skipped, key="skip", first="The stage that is skipped above all is {name}", column="Stage", title="Stages that are skipped",
        definition="Of the customers who reached a later stage, those who were never in this one.",
    )  # fmt: skip


def show_retention(snapshot: Snapshot, request: ShowRetention) -> ToolResult:
    """Show who comes back in each period."""
    where = where_of(snapshot, request.where)
    scope = require_events(scope_of(snapshot, where))
    since = None if request.since is None else event_of(scope, request.since)
    start = "their first event" if since is None else f"their first {worded(since)}"
    writing = Writing(
        request,
        f"Which {customers(where)} are active again, {request.by} by {request.by} since {start}",
        snapshot,
    )
    found = scope.retention(request.by, since)
    if all(one.period <= 0 for one in found.points):
        refuse(
            "too_few",
            f"No {request.by} is over for enough customers.",
            f"Events over more than one {request.by}.",
        )
    _tell_retention(writing, found.points, request.by, start)
    writing.picture(
        "retention", f"Share of {customers(where)} active by {request.by}", by=request.by, since=since or ""
    )
    others = [by for by in PERIODS if by != request.by]
    writing.ask_next(f"Show retention by {others[-1]}", "Where do customers leave for good?")
    return writing.done()


def _tell_retention(writing: Writing, points: Sequence[RetentionPoint], by: str, start: str) -> None:
    ids = {
        one.period: writing.share(
            f"retention.{one.period}", one.active, label=f"Active in {by} {one.period}",
            definition=f"Customers active in that {by}, of those for whom it is over.",
        )
        for one in points
    }  # fmt: skip
    later = [one for one in points if one.period > 0]
    first, last = later[0], later[-1]
    writing.finding(
        f"In the first {by} after {writing.words(start)} that follows, {{{{m:{ids[first.period]}:counted}}}} customers are active again"
        f" ({{{{m:{ids[first.period]}:spread}}}})."
    )
    if last is not first:
        writing.finding(
            f"In the last {by} that can be told it is {{{{m:{ids[last.period]}:counted}}}} ({{{{m:{ids[last.period]}:spread}}}})."
        )
    writing.table(
        "Active again",
        (by.capitalize(), *SHARE_COLUMNS),
        [Row((f"{one.period}", *cells_of(one.active)), (ids[one.period],)) for one in points],
    )


def show_attribution(snapshot: Snapshot, request: ShowAttribution) -> ToolResult:
    """Credit conversions to touchpoints, by rule."""
    where = where_of(snapshot, request.where)
    scope = require_events(scope_of(snapshot, where))
    conversion = None if request.conversion is None else event_of(scope, request.conversion)
    what = "purchases" if conversion is None else worded(conversion)
    writing = Writing(request, f"What {what} of {customers(where)} are credited to", snapshot)
    try:
        found = scope.attribution(conversion)
    except JourneyError as error:
        refuse("unknown_thing", said_so(error), error.hint)
    if found.reason is not None or not found.credits:
        refuse(
            "too_few",
            f"Nothing can be credited: {found.reason or 'nothing was touched before'}.",
            "More conversions with touchpoints before them.",
        )
    _tell_credit(writing, found, what)
    writing.picture(
        "attribution", f"Conversions credited to touchpoints: {one_line(what)}", conversion=conversion or ""
    )
    writing.ask_next("What goes along with buying?", "What do customers do before buying?")
    return writing.done()


def _tell_credit(writing: Writing, found: Attribution, what: str) -> None:
    shown = found.credits[:8]
    ids = [
        writing.number(
            f"credit.{slug(one.key)}", one.removal_effect, unit="share", label=f"Conversions lost without {one.key}",
            definition="Share of the conversions that the chain of touches loses without it (removal effect); a rule, not a cause.",
        )
        for one in shown
    ]  # fmt: skip
    conversions = writing.number(
        "conversions", found.n_conversions, unit="count", label=f"Conversions: {what}",
        definition="Conversions that are credited, each to what the customer touched before it; those with no touch before them are among them.",
    )  # fmt: skip
    converting = writing.number(
        "converting", found.n_converting, unit="persons", label=f"Customers with a conversion: {what}",
        definition="Distinct customers with at least one conversion.",
    )  # fmt: skip
    writing.finding(f"There are {{{{m:{conversions}}}}} {writing.words(what)}, of {{{{m:{converting}}}}}.")
    writing.finding(
        f"By the removal rule, {writing.name(shown[0].key)} matters most for {writing.words(what)}: without it the chain of touches would lose"
        f" {{{{m:{ids[0]}}}}} of them. This is credit by a rule, not proof of a cause."
    )
    writing.table(
        "Conversions credited, by rule (not causal)",
        ("Touchpoint", "First touch", "Last touch", "Linear", "Removal effect"),
        [
            Row(
                (
                    worded(one.key),
                    f"{one.first:,.1f}",
                    f"{one.last:,.1f}",
                    f"{one.linear:,.1f}",
                    share_text(one.removal_effect),
                ),
                (metric,),
            )
            for one, metric in zip(shown, ids, strict=True)
        ],
    )
