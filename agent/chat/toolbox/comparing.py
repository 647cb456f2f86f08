"""How two periods or two groups of customers differ."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from agent.analyse.funnels import plan_of
from agent.analyse.period_compare import (
    Comparison,
    Difference,
    compare_funnels,
    compare_paths,
    compare_retention,
    compare_stages,
    compare_topics,
    split_at,
)
from agent.analyse.statistics import quantity
from agent.chat.requests import CompareGroups, ComparePeriods
from agent.chat.toolbox.journeys import steps_asked
from agent.chat.toolbox.resolving import (
    GapError,
    customers,
    refuse,
    require_events,
    require_texts,
    said_so,
    scope_of,
    where_of,
    where_text,
)
from agent.chat.toolbox.writing import Row, Writing, worded
from agent.draft.claims import MIN_PERSONS
from agent.errors import JourneyError
from agent.events.slices import Slice
from agent.figures import day_text
from agent.pipeline.comparing import personas_of
from agent.pipeline.did import PERIODS
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.render.figures import points_text, share_text
from agent.render.moment_words import bare_points
from agent.schemas.chat import ToolResult
from agent.schemas.evidence import Quantity

What = str


def _halves(first: datetime, last: datetime) -> datetime:
    middle = first + (last - first) / 2
    return middle.replace(hour=0, minute=0, second=0, microsecond=0)


def compare_periods(snapshot: Snapshot, request: ComparePeriods) -> ToolResult:
    """Compare the time before a date with the time from it on."""
    where = where_of(snapshot, request.where)
    scope = scope_of(snapshot, where)
    at = None if request.at is None else _day(request.at)
    if request.what == "pain_points":
        require_texts(scope)
        found, at = said_before_and_after(scope, at)
    else:
        require_events(scope)
        found, at = done_before_and_after(snapshot, scope, request, at)
    understood = f"{_WHAT[request.what]} of {customers(where)}: before {day_text(at)} against from then on, equally long"
    writing = Writing(request, understood, snapshot)
    _tell(writing, found, request.what)
    writing.picture(
        "comparison",
        f"{_WHAT[request.what]}: before {day_text(at)} and after",
        what=request.what,
        at=f"{at:%Y-%m-%d}",
        steps=request.steps,
    )
    others = [what for what in _WHAT if what not in {request.what, "funnel"}]
    writing.ask_next(*(f"What changed in {_WHAT[what].lower()}?" for what in others[:2]))
    return writing.done()


_WHAT: Mapping[str, str] = {
    "pain_points": "Pain points",
    "paths": "Paths",
    "stages": "Stages",
    "retention": "Retention",
    "funnel": "The funnel",
}


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        refuse("unknown_value", f"{text} is no day.", "A day as year, month and day, such as 2026-05-01.")


def said_before_and_after(scope: Scoped, at: datetime | None) -> tuple[Comparison, datetime]:
    """Compare what customers spoke of in two equally long periods.

    Raises:
        GapError: A side has no text.
    """
    corpus = scope.corpus
    start, end = corpus.start, corpus.end
    if start is None or end is None:
        refuse(
            "not_measured", "The texts carry no dates, so periods cannot be compared.", "Texts with a date."
        )
    cut = at or _halves(start, end)
    if not start < cut <= end:
        refuse(
            "unknown_value",
            f"There are no texts on both sides of {day_text(cut)}.",
            f"A day between {day_text(start)} and {day_text(end)}.",
        )
    length = min(cut - start, end - cut)
    sides = [
        [
            row
            for row, passage in enumerate(corpus.passages)
            if passage.at is not None and low <= passage.at < high
        ]
        for low, high in ((cut - length, cut), (cut, cut + length))
    ]
    names = (f"before {day_text(cut)}", f"from {day_text(cut)} on")
    return compare_topics(_topics(scope, sides, names), names=names, between="period"), cut


def _topics(
    scope: Scoped, sides: Sequence[Sequence[int]], names: Sequence[str]
) -> dict[str, tuple[Quantity, Quantity]]:
    """Return who voiced each pain point of a scope on both sides, by its label."""
    corpus = scope.corpus
    theme_ids = {point.theme_id for point in scope.pain_points}
    everybody = [corpus.persons_at(rows) for rows in sides]
    found: dict[str, tuple[Quantity, Quantity]] = {}
    for theme in (one for one in corpus.themes if one.theme_id in theme_ids):
        members = set(corpus.by_theme.get(theme.theme_id, ()))
        first, second = (
            quantity(
                len(corpus.persons_at(members.intersection(rows))),
                len(spoke),
                f"customers who said something {name}",
            )
            for rows, spoke, name in zip(sides, everybody, names, strict=True)
        )
        if max(first.n, second.n) >= MIN_PERSONS:
            found[theme.label] = (first, second)
    return found


def done_before_and_after(
    snapshot: Snapshot, scope: Scoped, request: ComparePeriods, at: datetime | None
) -> tuple[Comparison, datetime]:
    """Compare what customers did in two equally long periods.

    Raises:
        GapError: A side has no event.
    """
    with scope.events_lock:
        first, last = scope.require_journeys().window
    if first is None or last is None:
        refuse("no_events", "There are no events.", "Events of what customers did.")
    cut = at or _halves(first, last)
    steps = tuple(steps_asked(scope, snapshot, request.steps)) if request.what == "funnel" else ()

    def make() -> Comparison:
        sides = split_at(scope.require_journeys(), cut)
        return compared(scope, sides, request.what, steps)

    try:
        return scope.asked(("periods", cut, request.what, steps), make), cut
    except JourneyError as error:
        refuse("unknown_value", said_so(error), error.hint)


def compared(scope: Scoped, sides: tuple[Slice, Slice], what: What, steps: Sequence[str]) -> Comparison:
    """Compare two slices in one respect."""
    if what == "stages":
        return compare_stages(*sides)
    if what == "retention":
        return compare_retention(*sides, period=PERIODS["week"], unit="week")
    if what == "funnel":
        plan = plan_of(
            scope.require_journeys(), steps, mode="loose", within=None, vocabulary=scope.vocabulary
        )
        return compare_funnels(*sides, plan)
    return compare_paths(*sides, "event")


def compare_groups(snapshot: Snapshot, request: CompareGroups) -> ToolResult:
    """Compare two groups of customers."""
    where, versus = _groups_of(snapshot, request)
    if not versus:
        refuse(
            "unknown_thing",
            "Two groups are needed to compare.",
            "A second group, such as device type desktop.",
        )
    scope, other = scope_of(snapshot, where), scope_of(snapshot, versus)
    first = customers(where) if where else "everybody else"
    understood = f"{_WHAT[request.what]}: {first} against {customers(versus)}"
    writing = Writing(request, understood, snapshot)
    if request.what == "pain_points":
        found = said_by_groups(snapshot, where, versus)
    else:
        require_events(scope)
        require_events(other)
        found = done_by_groups(snapshot, scope, request, where, versus)
    # Comparisons of what was done are named as the command line writes a filter.
    names = {"before": where_text(where) or "everybody else", "after": where_text(versus)}
    _tell(writing, found.model_copy(update=names), request.what)
    writing.picture(
        "comparison", f"{understood}, with intervals", what=request.what, steps=request.steps,
        **{f"versus.{key}": value for key, value in versus.items()},
    )  # fmt: skip
    writing.ask_next(
        f"What hurts {customers(versus)} most?",
        f"How many customers are there by {worded(next(iter(versus)))}?",
    )
    return writing.done()


def _groups_of(snapshot: Snapshot, request: CompareGroups) -> tuple[dict[str, str], dict[str, str]]:
    """Return both groups as the data spells them.

    Raises:
        GapError: One is not in the data, or neither, which is said of both.
    """
    try:
        where = where_of(snapshot, request.where)
    except GapError as first:
        try:
            where_of(snapshot, request.versus)
        except GapError as second:
            gaps = (first.missing, second.missing)
            statement, needed = (
                " ".join(each) for each in zip(*((one.statement, one.needed) for one in gaps), strict=True)
            )
            refuse(first.missing.reason, statement, needed, *first.instead[:1], *second.instead[:1])
        raise
    return where, where_of(snapshot, request.versus)


def said_by_groups(snapshot: Snapshot, where: Mapping[str, str], versus: Mapping[str, str]) -> Comparison:
    """Compare what two groups of customers spoke of; who is in both counts for the second.

    Raises:
        GapError: A group said nothing.
    """
    theirs = require_texts(snapshot.scope(versus)).corpus.speakers
    base = require_texts(snapshot.scope(where)).corpus
    mine = base.speakers - theirs
    if not where:
        mine &= frozenset[str]().union(*(snapshot.known_persons(key) for key in versus))
    if min(len(mine), len(theirs)) < MIN_PERSONS:
        refuse(
            "too_few",
            f"One of the two groups has fewer than {MIN_PERSONS} customers who said something.",
            "More texts of both groups.",
        )
    corpus = snapshot.everybody.corpus
    names = (where_text(where) or "everybody else", where_text(versus))
    rows = [
        [row for row, one in enumerate(corpus.passages) if one.person_id in persons]
        for persons in (mine, theirs)
    ]
    return compare_topics(
        _topics(snapshot.everybody, rows, [f"with {name}" for name in names]), names=names, between="group"
    )


def done_by_groups(
    snapshot: Snapshot,
    scope: Scoped,
    request: CompareGroups,
    where: Mapping[str, str],
    versus: Mapping[str, str],
) -> Comparison:
    """Compare what two groups of customers did.

    Raises:
        GapError: A group did nothing.
    """
    steps = tuple(steps_asked(scope, snapshot, request.steps)) if request.what == "funnel" else ()

    def make() -> Comparison:
        sides = personas_of(scope.workspace, scope.require_journeys(), where=where, versus=versus)
        return compared(scope, sides, request.what, steps)

    try:
        return scope.asked(("groups", tuple(sorted(versus.items())), request.what, steps), make)
    except JourneyError as error:
        refuse("too_few", said_so(error), error.hint)


def _tell(writing: Writing, found: Comparison, what: What) -> None:
    shown = [
        one
        for one in found.differences
        if one.difference is not None and max(one.before.n, one.after.n) >= MIN_PERSONS
    ]
    if not shown:
        refuse(
            "too_few",
            f"One of the two sides has too few customers to compare {_WHAT[what].lower()}.",
            "More customers on both sides.",
        )
    proven = [one for one in shown if one.verdict == "changed"]
    ids = [_difference(writing, one, number) for number, one in enumerate(shown[:8])]
    for number, one in enumerate(proven[:3]):
        writing.finding(_difference_text(writing, one, found, ids[number]))
    if not proven:
        lead = "the time " if found.between == "period" else ""
        sides = f"{lead}{writing.words(found.before)} and {lead}{writing.words(found.after)}"
        told = any(one.verdict == "not proven" for one in shown)
        why = "a large difference is ruled out for some" if told else "there is not enough data to tell"
        writing.finding(f"No difference is proven between {sides}; {why}.", rests_on=ids[0])
        writing.finding(_sides_text(writing, shown[0], found, ids[0]))
    writing.table(
        f"{_WHAT[what]} beside each other",
        ("What", found.before, found.after, "Second minus first (95 %)", "Verdict"),
        [
            Row(
                (worded(one.name), _counted(one.before), _counted(one.after),
                 f"{points_text(one.difference)} ({bare_points(one.low)} to {bare_points(one.high)})",
                 {"changed": "differs" if found.between == "group" else "changed"}.get(one.verdict, one.verdict)),
                metrics,
            )
            for one, metrics in zip(shown[:8], ids, strict=True)
        ],
    )  # fmt: skip


def _counted(side: Quantity) -> str:
    return f"{share_text(side.share)} ({side.n:,} of {side.total:,})"


def _difference(writing: Writing, one: Difference, number: int) -> tuple[str, str, str]:
    sides = [
        writing.share(
            f"side.{number}.{side}",
            counted,
            label=f"{worded(one.name)}, {side}",
            definition=f"Distinct customers: {one.kind}.",
        )
        for side, counted in (("first", one.before), ("second", one.after))
    ]
    change = writing.number(
        f"side.{number}.difference", one.difference, unit="share", label=f"{worded(one.name)}: second minus first",
        definition="Difference of the two shares; all shares of the comparison are tested together.", bounds=(one.low, one.high),
    )  # fmt: skip
    return sides[0], sides[1], change


def _difference_text(
    writing: Writing, one: Difference, found: Comparison, metrics: tuple[str, str, str]
) -> str:
    more = "more" if (one.difference or 0.0) > 0 else "less"
    before, after = _named_sides(writing, found)
    return (
        f"{_subject(writing, one)} is {more} frequent {after}:"
        f" {{{{m:{metrics[1]}:counted}}}} customers ({{{{m:{metrics[1]}}}}}), against {{{{m:{metrics[0]}:counted}}}} ({{{{m:{metrics[0]}}}}})"
        f" {before}; {{{{m:{metrics[2]}:points}}}}."
    )


def _sides_text(writing: Writing, one: Difference, found: Comparison, metrics: tuple[str, str, str]) -> str:
    before, after = _named_sides(writing, found)
    return (
        f"{_subject(writing, one)}: {{{{m:{metrics[0]}:counted}}}} customers ({{{{m:{metrics[0]}}}}}) {before},"
        f" {{{{m:{metrics[1]}:counted}}}} ({{{{m:{metrics[1]}}}}}) {after}."
    )


def _named_sides(writing: Writing, found: Comparison) -> tuple[str, str]:
    lead = "among" if found.between == "group" else "in the time"
    return f"{lead} {writing.words(found.before)}", f"{lead} {writing.words(found.after)}"


def _subject(writing: Writing, one: Difference) -> str:
    return f"{writing.name(one.name)}{'' if one.kind == 'topic' else f' ({writing.words(one.kind)})'}"
