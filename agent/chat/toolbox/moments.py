"""What goes along with later outcomes, and what becomes more or less frequent."""

from collections.abc import Mapping, Sequence

from agent.analyse.outcomes import outcomes_among
from agent.chat.requests import ListMoments, ShowTrend
from agent.chat.toolbox.pain_points import reach_of, tell_trend
from agent.chat.toolbox.resolving import (
    GapError,
    customers,
    listed,
    pain_point_of,
    refuse,
    require_events,
    require_texts,
    scope_of,
    where_of,
)
from agent.chat.toolbox.writing import Row, Writing, plain, slug, worded
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.render.figures import interval_text, month_text, points_text, share_text
from agent.render.moment_words import bare_points
from agent.schemas.chat import ToolResult
from agent.schemas.insight import Moment


def list_moments(snapshot: Snapshot, request: ListMoments) -> ToolResult:
    """List experiences that go along with later outcomes."""
    where = where_of(snapshot, request.where)
    scope = require_events(scope_of(snapshot, where))
    outcome = None if request.outcome is None else _outcome_of(scope, request.outcome)
    said = f" with {worded(outcome)}" if outcome else ""
    writing = Writing(
        request, f"What goes along{said or ' with later outcomes'}, among {customers(where)}", snapshot
    )
    found = [
        one for one in scope.moments if outcome in {None, one.outcome} and request.kind in {None, one.kind}
    ][: request.limit]
    if not found:
        refuse(
            "too_few",
            f"No experience of {customers(where)} is shown to go along{said or ' with a later outcome'}.",
            "More customers with both texts and events, followed for longer.",
            "What hurts customers most?",
            "What do customers do before they leave?",
        )
    ids = [_moment(writing, one, number) for number, one in enumerate(found)]
    for one, metrics in list(zip(found, ids, strict=True))[:2]:
        writing.finding(_moment_text(writing, one, metrics))
    _moments_table(writing, found, ids)
    writing.picture("moments", "Adjusted effects of experiences on later outcomes, with intervals")
    writing.ask_next(
        *[f"Show the pain point {plain(one.experience)}" for one in found if one.kind == "pain_point"][:1],
        "What hurts customers most?",
        "What could we do next for customers?",
    )
    return writing.done()


def _moments_table(writing: Writing, found: Sequence[Moment], ids: Sequence[tuple[str, ...]]) -> None:
    writing.table(
        "Experiences and later outcomes (associated with, not caused by)",
        ("Experience", "Outcome", "With it", "Without it", "Adjusted (95 %)"),
        [
            Row(
                (
                    worded(one.experience), worded(one.outcome), share_text(one.effect.share), share_text(one.baseline.share),
                    f"{points_text(_shown(one)[0])} ({bare_points(_shown(one)[1])} to {bare_points(_shown(one)[2])})",
                ),
                metrics,
            )
            for one, metrics in zip(found, ids, strict=True)
        ],
    )  # fmt: skip


def _outcome_of(scope: Scoped, name: str) -> str:
    """Return an outcome by its name, or the one that an event means.

    Raises:
        GapError: There is no such outcome in the data.
    """
    known = outcomes_among(scope.events)
    wanted = worded(name).casefold()
    found = [
        outcome
        for outcome, events in known.items()
        if wanted in {worded(outcome).casefold(), *(worded(event).casefold() for event in events)}
    ]
    if not found:
        _refuse_outcome(scope, name, known)
    return found[0]


def _refuse_outcome(scope: Scoped, name: str, known: Mapping[str, Sequence[str]]) -> None:
    refuse(
        "unknown_thing",
        f"‘{plain(name)}’ is no outcome in the data of {customers(scope.where)}.",
        f"Events that mean it. Outcomes in the data are: {listed(known)}.",
        *(f"Which experiences go along with {worded(one)}?" for one in list(known)[:2]),
    )


def _shown(one: Moment) -> tuple[float, float, float]:
    used = one.adjusted or one
    return used.risk_difference, used.low, used.high


def _moment(writing: Writing, one: Moment, number: int) -> tuple[str, str, str]:
    sides = [
        writing.share(f"moment.{number}.{side}", counted, label=f"{worded(one.outcome)}, {side} {worded(one.experience)}", definition="Customers who had the outcome afterwards.")
        for side, counted in (("with", one.effect), ("without", one.baseline))
    ]  # fmt: skip
    value, low, high = _shown(one)
    effect = writing.number(
        f"moment.{number}.effect", value, unit="share", label=f"{worded(one.experience)}: {worded(one.outcome)}",
        definition="Difference of the shares beside customers in the same state at a comparable time; associated, not caused.",
        bounds=(low, high),
    )  # fmt: skip
    return sides[0], sides[1], effect


def _moment_text(writing: Writing, one: Moment, metrics: tuple[str, str, str]) -> str:
    more = "more" if _shown(one)[0] > 0 else "less"
    return (
        f"After {writing.name(one.experience)}, {writing.name(one.outcome)} is {more} frequent: {{{{m:{metrics[0]}:counted}}}} customers with it"
        f" ({{{{m:{metrics[0]}}}}}), {{{{m:{metrics[1]}:counted}}}} without ({{{{m:{metrics[1]}}}}}); adjusted {{{{m:{metrics[2]}:points}}}}."
        " They go together; a cause is not shown."
    )


def show_trend(snapshot: Snapshot, request: ShowTrend) -> ToolResult:
    """Show whether something becomes more or less frequent."""
    where = where_of(snapshot, request.where)
    scope = require_texts(scope_of(snapshot, where))
    writing = Writing(
        request,
        f"Whether ‘{plain(request.topic)}’ becomes more or less frequent, among {customers(where)}",
        snapshot,
    )
    try:
        point = pain_point_of(scope, snapshot, request.topic)
    except GapError as error:
        refuse(
            "not_measured",
            f"No pain point is called ‘{plain(request.topic)}’, so its course over time is not counted.",
            error.missing.needed,
            *error.instead,
        )
    tell_trend(writing, point, point.label)
    used = [one for one in point.trend.months if one.share.total]
    months = [
        writing.share(f"month.{slug(one.month)}", one.share, label=f"{point.label}, {one.month}", definition="Customers who say it, of those who said something that month.")
        for one in used
    ]  # fmt: skip
    rows = [
        Row((month_text(one.month), f"{one.share.n:,} of {one.share.total:,}", f"{share_text(one.share.share)} ({interval_text(one.share.low, one.share.high)})"), (metric,))
        for one, metric in zip(used, months, strict=True)
    ]  # fmt: skip
    writing.table("Month by month", ("Month", "Customers", "Share (95 %)"), rows[-8:])
    reach_of(writing, point)
    writing.picture(
        "trend", f"Share of customers who say {plain(point.label)}, month by month", topic=point.pain_point_id
    )
    writing.ask_next(f"Why do customers say {plain(point.label)}?", "Which pain points are rising?")
    return writing.done()
