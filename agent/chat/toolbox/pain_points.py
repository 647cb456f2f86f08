"""What hurts customers, and what they speak about."""

from collections.abc import Callable, Mapping, Sequence

from agent.analyse.plaints import is_complained_of
from agent.analyse.statistics import reach_quantity
from agent.chat.requests import ListPainPoints, ListThemes, ShowPainPoint
from agent.chat.toolbox.resolving import (
    customers,
    event_of,
    pain_point_of,
    refuse,
    require_texts,
    scope_of,
    stage_of,
    where_of,
)
from agent.chat.toolbox.writing import Row, Writing, plain, slug, worded
from agent.draft.claims import MIN_PERSONS
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.render.figures import interval_text, share_text
from agent.render.page import trend_text
from agent.schemas.chat import ToolResult
from agent.schemas.evidence import MetricQuery
from agent.schemas.insight import PainPoint, Severity, Theme

SEVERITY_WORDS: Mapping[Severity, str] = {
    Severity.BLOCKED: "stops them",
    Severity.COSTS_EFFORT: "costs them effort",
    Severity.ANNOYS: "annoys them",
}
_TREND_WORDS = {"rising": "rising", "falling": "falling", "flat": "steady", "unknown": "trend not known"}
_ORDER: Mapping[str, Callable[[PainPoint], float]] = {
    "rank": lambda point: -point.rank.score,
    "reach": lambda point: -(point.reach.share or 0.0),
    "severity": lambda point: -point.rank.severity,
    "trend": lambda point: -(point.trend.change_per_month or 0.0),
}
_COLUMNS = ("Pain point", "Customers", "Share (95 %)", "How bad", "Trend")


def reach_of(writing: Writing, point: PainPoint, *, after: str | None = None) -> str:
    """Take in how many customers voice a pain point, and return the metric's id.

    Args:
        writing: The result in the making.
        point: The pain point.
        after: Event that those counted did before they said it; the point was counted among them.
    """
    if after is not None:
        return writing.share(
            f"reach.{point.pain_point_id}.after.{slug(after)}",
            point.reach,
            label=f"Customers who voice it after {worded(after)}: {point.label}",
            definition="Distinct customers with at least one passage on this pain point after they first did this, of all who said something after it.",
        )
    return writing.share(
        f"reach.{point.pain_point_id}",
        point.reach,
        label=f"Customers who voice: {point.label}",
        definition="Distinct customers with at least one passage on this pain point, of all who said something.",
        query=MetricQuery(op="theme_reach", params={"theme_id": point.theme_id}),
    )


def row_of(writing: Writing, point: PainPoint, *, after: str | None = None) -> Row:
    """Return a pain point as a row."""
    metric_id = reach_of(writing, point, after=after)
    return Row(
        (
            plain(point.label),
            f"{point.reach.n:,} of {point.reach.total:,}",
            f"{share_text(point.reach.share)} ({interval_text(point.reach.low, point.reach.high)})",
            SEVERITY_WORDS[point.severity],
            trend_text(point.trend, short=True).removeprefix("trend "),
        ),
        rests_on=(metric_id,),
        target=writing.target("pain_point", point.label, point.pain_point_id),
    )


def list_pain_points(snapshot: Snapshot, request: ListPainPoints) -> ToolResult:
    """List what hurts, worst first."""
    where = where_of(snapshot, request.where)
    scope = require_texts(scope_of(snapshot, where))
    stage = None if request.stage is None else stage_of(snapshot, request.stage)
    event = None if request.after_event is None else event_of(scope, request.after_event)
    said = _asked(request, stage, event)
    writing = Writing(request, f"Pain points of {customers(where)}{said}", snapshot)
    points = scope.pain_points if event is None else scope.pain_points_after(event)
    points = [
        point
        for point in points
        if stage in {None, point.stage}
        and request.severity in {None, point.severity}
        and request.trend in {None, point.trend.direction}
    ]
    points.sort(key=lambda point: (_ORDER[request.order](point), point.pain_point_id))
    if not points:
        _refuse_points(scope, said)
    _tell_points(writing, points[: request.limit], event)
    if request.limit > 1:
        writing.table(
            "Pain points, worst first",
            _COLUMNS,
            [row_of(writing, one, after=event) for one in points[: request.limit]],
        )
    writing.target("pain_points", "All pain points")
    worst = plain(points[0].label)
    writing.ask_next(f"Why do customers say {worst}?", f"What should we say to customers about {worst}?")
    if len(points) > 1:
        writing.ask_next(f"Show the pain point {plain(points[1].label)}")
    return writing.done()


def _asked(request: ListPainPoints, stage: str | None, event: str | None) -> str:
    parts = [
        f" in {stage}" if stage else "",
        f" after {worded(event)}" if event else "",
        f" that {SEVERITY_WORDS[request.severity]}" if request.severity else "",
        f" that are {request.trend}" if request.trend else "",
    ]
    return "".join(parts)


def _refuse_points(scope: Scoped, said: str) -> None:
    whom = customers(scope.where)
    instead = [f"Show the pain point {plain(one.label)}" for one in scope.pain_points[:2]]
    refuse(
        "too_few",
        f"No complaint{said} is shared by {MIN_PERSONS} {whom} or more.",
        f"More texts of {whom}, or a wider question.",
        *instead,
    )


def _tell_points(writing: Writing, points: Sequence[PainPoint], event: str | None) -> None:
    first = points[0]
    metric_id, label = reach_of(writing, first, after=event), writing.name(first.label)
    after = f" after {writing.name(event)}" if event else ""
    writing.finding(
        f"The worst pain point{after} is {label}: {{{{m:{metric_id}:counted}}}} customers say so ({{{{m:{metric_id}:spread}}}}), and it"
        f" {SEVERITY_WORDS[first.severity]}."
    )
    if len(points) > 1:
        others = [(writing.name(one.label), reach_of(writing, one, after=event)) for one in points[1:3]]
        told = " and ".join(f"{name} ({{{{m:{metric}:counted}}}} customers)" for name, metric in others)
        writing.finding(f"Next come {told}." if len(others) > 1 else f"Next comes {told}.")
    writing.quoted(f"On {label}, in a customer's words:", first.evidence, most=1)


def show_pain_point(snapshot: Snapshot, request: ShowPainPoint) -> ToolResult:
    """Show one pain point, or one side of it."""
    where = where_of(snapshot, request.where)
    scope = require_texts(scope_of(snapshot, where))
    point = pain_point_of(scope, snapshot, request.name)
    if request.aspect in {"all", "behaviour"}:
        point = next(one for one in scope.insight.pain_points if one.pain_point_id == point.pain_point_id)
    writing = Writing(request, f"The pain point ‘{plain(point.label)}’ of {customers(where)}", snapshot)
    wanted = [request.aspect] if request.aspect != "all" else list(_ASPECTS)
    for aspect in wanted:
        _ASPECTS[aspect](writing, point)
    writing.target("pain_point", point.label, point.pain_point_id)
    if request.aspect in {"all", "trend"} and point.trend.months:
        writing.picture(
            "trend",
            f"Share of customers who say {plain(point.label)}, month by month",
            topic=point.pain_point_id,
        )
    label = plain(point.label)
    writing.ask_next(
        f"What do customers do after they say {label}?",
        f"What could we do about {label}?",
        f"Is {label} becoming more frequent?",
    )
    return writing.done()


def _tell_reach(writing: Writing, point: PainPoint) -> None:
    metric_id = reach_of(writing, point)
    stage = f" It is about {writing.name(point.stage)}." if point.stage else ""
    writing.finding(
        f"{{{{m:{metric_id}:counted}}}} customers say {writing.name(point.label)} ({{{{m:{metric_id}:spread}}}}).{stage}"
    )


def _tell_severity(writing: Writing, point: PainPoint) -> None:
    counted = point.severity_shares[point.severity]
    metric_id = writing.share(
        f"severity.{point.pain_point_id}",
        counted,
        label=f"How bad: {point.severity.value.replace('_', ' ')}",
        definition="Of the customers with this pain point whose words tell how bad it is, those for whom it is so bad.",
    )
    writing.finding(
        f"For {{{{m:{metric_id}:counted}}}} customers whose words tell how bad it is, it {SEVERITY_WORDS[point.severity]}"
        f" ({{{{m:{metric_id}:spread}}}})."
    )


def _tell_trend(writing: Writing, point: PainPoint) -> None:
    tell_trend(writing, point, point.label)


def tell_trend(writing: Writing, point: PainPoint, label: str) -> None:
    """Say whether a pain point becomes more or less frequent."""
    trend, metric_id = point.trend, reach_of(writing, point)
    if trend.direction == "unknown":
        writing.finding(
            f"Whether {writing.name(label)} is rising or falling cannot be told yet: {writing.words(trend.reason or 'too few months')}.",
            rests_on=[metric_id],
        )
        return
    change = writing.number(
        f"trend.{point.pain_point_id}",
        None if trend.change_per_month is None else trend.change_per_month / 100,
        unit="share",
        label=f"Change a month: {label}",
        definition="Slope of the share of customers who say it, over the months that the data covers, in percentage points.",
        bounds=tuple(None if bound is None else bound / 100 for bound in (trend.low, trend.high)),  # pyright: ignore[reportArgumentType]
    )
    writing.finding(
        f"{writing.name(label)} is {_TREND_WORDS[trend.direction]}: {{{{m:{change}:points}}}} a month.",
        rests_on=[metric_id],
    )


def _tell_quotes(writing: Writing, point: PainPoint) -> None:
    writing.quoted("In customers' own words:", point.evidence)
    writing.quoted("Others see it otherwise:", point.opposing, most=1)


def _tell_behaviour(writing: Writing, point: PainPoint) -> None:
    found = [
        one for one in point.behaviour if min(one.with_pain.total, one.without_pain.total) >= MIN_PERSONS
    ]
    if not found:
        reason = "" if point.linkage is None else point.linkage.reason or ""
        told = writing.words(reason) or "not enough of them have events"
        writing.finding(
            f"What these customers then did cannot be told: {told}.", rests_on=[reach_of(writing, point)]
        )
        return
    one = max(
        found, key=lambda one: (abs((one.with_pain.share or 0) - (one.without_pain.share or 0)), one.outcome)
    )
    ids = [
        writing.share(
            f"then.{point.pain_point_id}.{side}",
            counted,
            label=f"{one.outcome} afterwards, {side} it",
            definition="Of the customers with events whose time is over, those who did this afterwards.",
        )
        for side, counted in (("with", one.with_pain), ("without", one.without_pain))
    ]
    writing.finding(
        f"Of those who say it, {{{{m:{ids[0]}:counted}}}} went on to {writing.name(one.outcome)} ({{{{m:{ids[0]}:spread}}}});"
        f" of the others {{{{m:{ids[1]}:counted}}}} ({{{{m:{ids[1]}:spread}}}}). They go together; neither is shown to cause the other."
    )


def _tell_concentration(writing: Writing, point: PainPoint) -> None:
    proven = [
        one for one in point.concentration if one.verdict == "concentrated" and one.here and one.elsewhere
    ]
    for number, one in enumerate(proven[:2]):
        assert one.here is not None and one.elsewhere is not None  # noqa: PT018, S101 - for the type checker
        kind = one.attribute if one.dimension == "segment" else one.dimension
        ids = [
            writing.share(
                f"place.{point.pain_point_id}.{number}.{side}",
                counted,
                label=f"{worded(kind or '')} {one.value}",
                definition="Customers who voice a complaint there, of those who voice it, and of those who voice others.",
            )
            for side, counted in (("here", one.here), ("elsewhere", one.elsewhere))
        ]
        writing.finding(
            f"It is concentrated in {writing.words(worded(kind or ''))} {writing.name(one.value or '')}: {{{{m:{ids[0]}}}}} of those who say it"
            f" ({{{{m:{ids[0]}:basis}}}}), {{{{m:{ids[1]}}}}} of those with other complaints ({{{{m:{ids[1]}:basis}}}})."
        )
    if not proven:
        writing.finding(
            "It is not shown to be voiced in one place more than other complaints are.",
            rests_on=[reach_of(writing, point)],
        )


_ASPECTS: Mapping[str, Callable[[Writing, PainPoint], None]] = {
    "reach": _tell_reach,
    "severity": _tell_severity,
    "trend": _tell_trend,
    "behaviour": _tell_behaviour,
    "concentration": _tell_concentration,
    "quotes": _tell_quotes,
}


def list_themes(snapshot: Snapshot, request: ListThemes) -> ToolResult:
    """List what customers speak about, most spoken of first."""
    where = where_of(snapshot, request.where)
    scope = require_texts(scope_of(snapshot, where))
    corpus = scope.corpus
    writing = Writing(request, f"What {customers(where)} speak about", snapshot)
    found: list[tuple[int, Theme]] = []
    for theme in corpus.themes:
        rows = corpus.by_theme.get(theme.theme_id, ())
        n = len(corpus.persons_at(rows))
        if n >= MIN_PERSONS and request.sentiment in {"all", _sentiment(scope, rows)}:
            found.append((n, theme))
    found.sort(key=lambda pair: (-pair[0], pair[1].theme_id))
    if not found:
        kind = "" if request.sentiment == "all" else f" of {request.sentiment}"
        refuse(
            "too_few", f"No topic{kind} is shared by {MIN_PERSONS} {customers(where)} or more.", "More texts."
        )
    rows_ = [
        Row(
            (plain(theme.label), f"{n:,} of {len(corpus.speakers):,}", theme.stage or "not tied to a stage"),
            rests_on=(_theme_reach(writing, scope, theme, n),),
        )
        for n, theme in found[: request.limit]
    ]
    told = [
        f"{writing.name(theme.label)} ({{{{m:{_theme_reach(writing, scope, theme, n)}:counted}}}} customers)"
        for n, theme in found[:3]
    ]
    what = {
        "all": "Customers speak above all of",
        "praise": "Customers praise above all",
        "complaint": "Customers complain above all of",
    }[request.sentiment]
    writing.finding(f"{what} {', '.join(told)}.")
    writing.table("What customers speak about", ("Topic", "Customers", "Stage"), rows_)
    writing.ask_next(*(f"What do customers say about {plain(theme.label)}?" for _, theme in found[:3]))
    return writing.done()


def _sentiment(scope: Scoped, rows: Sequence[int]) -> str:
    corpus = scope.corpus
    passages, readings = [corpus.passages[row] for row in rows], [corpus.readings[row] for row in rows]
    return "complaint" if is_complained_of(passages, readings, corpus.vectors[list(rows)]) else "praise"


def _theme_reach(writing: Writing, scope: Scoped, theme: Theme, n: int) -> str:
    return writing.share(
        f"reach.{theme.theme_id}",
        reach_quantity(n, len(scope.corpus.speakers), scope.corpus.population),
        label=f"Customers who speak of: {theme.label}",
        definition="Distinct customers with at least one passage on this topic, of all who said something.",
        query=MetricQuery(op="theme_reach", params={"theme_id": theme.theme_id}),
    )
