"""What the pages of journeys show: for each tab a picture and the same figures as tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import Field

from agent.analyse.flow import Transition
from agent.analyse.funnels import MOST_STEPS
from agent.analyse.waiting import DropOff
from agent.errors import JourneyError
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.render.durations import duration_text
from agent.render.figures import interval_text, points_text, share_text
from agent.render.moment_words import bare_points
from agent.schemas.base import Frozen
from agent.schemas.chat import Picture
from agent.schemas.evidence import Quantity
from api.web.views.groups import told_groups, trait_filter

Tab = Literal["paths", "flow", "funnel", "stages", "retention", "moments", "personas", "attribution"]
TABS: tuple[tuple[Tab, str], ...] = (
    ("paths", "Paths"),
    ("flow", "Flow"),
    ("funnel", "Funnel"),
    ("stages", "Time in stage"),
    ("retention", "Retention"),
    ("moments", "Moments"),
    ("personas", "Personas"),
    ("attribution", "Attribution"),
)
_MOST_ROWS = 15
_UNKNOWN = "unknown"
_RULES = {
    "first": "First touch",
    "last": "Last touch",
    "linear": "Linear",
    "position": "40/20/40",
    "time_decay": "Time decay",
    "markov": "Markov removal",
}
"""Names of the rules that share out credit, as the picture has them."""


class JourneyQuery(Frozen):
    """What a page of journeys is asked for."""

    trait: Annotated[str, Field(max_length=300)] = ""
    """`key=value`."""
    level: Literal["event", "stage"] = "event"
    step: tuple[Annotated[str, Field(max_length=200)], ...] = ()
    within_days: float | None = Field(default=None, gt=0, le=3_650)
    by: Literal["day", "week", "month"] = "week"

    def where(self) -> dict[str, str]:
        """Return the filter.

        Raises:
            InputError: It is not of the form `key=value`.
        """
        return trait_filter(self.trait)

    def steps(self) -> tuple[str, ...]:
        """Return the funnel's steps that were named, in order."""
        return tuple(step for step in self.step if step)[:MOST_STEPS]


@dataclass(frozen=True, slots=True)
class FigureTable:
    """Figures as text; columns from `first_number` on are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_number: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True)
class JourneyView:
    """A tab."""

    tab: Tab
    query: JourneyQuery
    lead: str
    picture: Picture | None
    tables: tuple[FigureTable, ...]
    traits: tuple[str, ...]
    step_names: tuple[str, ...]
    facts: tuple[str, ...]
    problem: str = ""
    hint: str = ""


def journey_view(snapshot: Snapshot, tab: Tab, query: JourneyQuery) -> JourneyView:
    """Return a tab; what the data cannot tell is told in its place."""
    own = {"kind", "channel", "locale"}
    traits = tuple(
        f"{key}={value}" for key, values in snapshot.traits.items() if key not in own for value in values
    )
    names = (*snapshot.stages, *snapshot.events)
    try:
        told = _TELLERS[tab](snapshot.scope(told_groups(snapshot, query.where())), query)
    except JourneyError as error:
        return JourneyView(tab, query, "", None, (), traits, names, (), error.message, error.hint)
    return JourneyView(tab, query, told.lead, told.picture, told.tables, traits, names, told.facts)


def picture_query(picture: Picture) -> str:
    """Return a picture's parameters as they stand in its address."""
    return urlencode(picture.params, doseq=True)


@dataclass(frozen=True, slots=True)
class _Told:
    lead: str
    picture: Picture | None
    tables: tuple[FigureTable, ...]
    facts: tuple[str, ...] = ()


def _params(query: JourneyQuery, **more: str | tuple[str, ...]) -> dict[str, str | tuple[str, ...]]:
    where = {f"where.{key}": value for key, value in query.where().items()}
    return {**where, **more}


def _paths(scope: Scoped, query: JourneyQuery) -> _Told:
    found = scope.paths(query.level)
    moves = FigureTable(
        "What directly followed what",
        ("From", "To", "Customers", "Of those leaving", "95 %", "Median", "90th percentile"),
        tuple(_move(move) for move in found.transitions[:_MOST_ROWS]),
        first_number=2,
    )
    whole = FigureTable(
        "Whole paths",
        ("Path", "Customers", "Share", "95 %"),
        tuple(
            (" → ".join(_spoken(step) for step in one.path), f"{one.n:,}", *_of(one.share))
            for one in found.variants[:10]
        ),
    )
    ends = FigureTable(
        "Where journeys stop",
        ("Step", "Reached it", "Went no further", "95 %", "Still active there"),
        tuple(
            (_spoken(one.node), f"{one.reached:,}", *_of(one.left), f"{one.n_open:,}")
            for one in found.stops[:_MOST_ROWS]
        ),
    )
    facts = [f"{found.n_persons:,} customers, {found.n_sessions:,} visits"]
    if found.bots:
        facts.append(f"{len(found.bots):,} left out as bots: nobody does so much on one day")
    return _Told(
        "What customers did, one step after another.",
        Picture(
            kind="transitions",
            params=_params(query, level=query.level),
            alt="Graph of what directly followed what; the table below has the same figures",
        ),
        (moves, whole, ends),
        tuple(facts),
    )


def _flow(scope: Scoped, query: JourneyQuery) -> _Told:
    found = scope.paths("event").flow
    entries = FigureTable(
        "Where journeys begin",
        ("First event", "Channel", "Customers", "Share", "95 %"),
        tuple(
            (_spoken(one.event), one.channel or _UNKNOWN, f"{one.share.n:,}", *_of(one.share))
            for one in found.entries[:_MOST_ROWS]
        ),
        first_number=2,
    )
    loops = FigureTable(
        "Coming back to a step",
        ("Step", "Times", "Customers", "Share", "95 %"),
        tuple(
            (_spoken(one.node), f"{one.n:,}", f"{one.share.n:,}", *_of(one.share))
            for one in found.loops[:_MOST_ROWS]
        ),
    )
    handoffs = FigureTable(
        "Contact again on another channel",
        ("From", "To", "Customers", "Share", "95 %"),
        tuple(
            (_spoken(one.source), _spoken(one.target), f"{one.share.n:,}", *_of(one.share))
            for one in found.handoffs[:_MOST_ROWS]
        ),
        first_number=2,
    )
    return _Told(
        "How customers move between stages, visit by visit, where they come in and where they go back.",
        Picture(kind="sankey", params=_params(query), alt="Flow between stages, visit by visit"),
        (entries, loops, handoffs),
    )


def _funnel(scope: Scoped, query: JourneyQuery) -> _Told:
    steps = query.steps() or tuple(one.stage for one in scope.stage_times if one.n)
    within = None if query.within_days is None else timedelta(days=query.within_days)
    found = scope.funnel(steps, within)
    table = FigureTable(
        "From step to step",
        ("Step", "Customers", "Of the step before", "95 %", "Of the first", "95 %", "Median time", "Went no further"),
        tuple(
            (
                _spoken(one.step), f"{one.n:,}", *_of(one.of_previous), *_of(one.of_first),
                _time(one.median_s), f"{one.stopped:,}",
            )
            for one in found.steps
        ),
    )  # fmt: skip
    then = FigureTable(
        "What those who went no further did next",
        ("Step", "They did next", "Customers"),
        tuple(
            (_spoken(one.step), _spoken(one.next[0].event or "nothing"), f"{one.next[0].persons:,}")
            for one in found.steps
            if one.next
        ),
        first_number=2,
    )
    last = found.conversion
    return _Told(
        f"{share_text(last.share)} of those who took the first step took the last ({last.n:,} of {last.total:,}, 95 %: {interval_text(last.low, last.high)}).",
        Picture(
            kind="funnel",
            params=_params(query, steps=tuple(steps)),
            alt="Funnel with 95 % intervals; the table below has the same figures",
        ),
        (table, then),
    )


def _stages(scope: Scoped, query: JourneyQuery) -> _Told:
    rows = tuple(
        (
            _spoken(one.stage), f"{one.n:,}", _time(one.median.value_s),
            *(_share(one.drop_off) if one.drop_off else (_UNKNOWN, "")),
            *(_of(one.skipped) if one.skipped else (_UNKNOWN, "")),
        )
        for one in scope.stage_times
    )  # fmt: skip
    table = FigureTable(
        "Stage by stage",
        ("Stage", "Customers", "Median stay", "Leave for good", "95 %", "Skip it", "95 %"),
        rows,
    )
    return _Told(
        "How long customers stay in a stage, how many leave it for good and how many skip it.",
        Picture(
            kind="stages",
            params=_params(query),
            alt="Share still in each stage by time since they entered it",
        ),
        (table,),
    )


def _retention(scope: Scoped, query: JourneyQuery) -> _Told:
    found = scope.retention(query.by)
    table = FigureTable(
        f"Active again, {query.by} by {query.by}",
        (query.by.capitalize(), "Active", "Customers", "95 %"),
        tuple(
            (
                str(one.period),
                share_text(one.active.share),
                f"{one.active.n:,} of {one.active.total:,}",
                interval_text(one.active.low, one.active.high),
            )
            for one in found.points[:_MOST_ROWS]
        ),
    )
    return _Told(
        "Which share of customers is active again in each period after their first event.",
        Picture(kind="retention", params=_params(query, by=query.by), alt="Retention curve with its band"),
        (table,),
    )


def _moments(scope: Scoped, query: JourneyQuery) -> _Told:
    rows = tuple(
        (
            _spoken(one.experience),
            _spoken(one.outcome),
            share_text(one.effect.share),
            share_text(one.baseline.share),
            points_text(one.risk_difference),
            f"{bare_points(one.low)} to {bare_points(one.high)}",
        )
        for one in scope.moments[:_MOST_ROWS]
    )
    table = FigureTable(
        "Experiences and what came after", ("Experience", "Then", "With it", "Without it", "Difference as counted", "95 %"), rows, first_number=2,
        note="Associated with, not caused by. The filled marks of the picture compare with customers in the same state; this table counts everybody.",
    )  # fmt: skip
    return _Told(
        "Experiences that go along with what customers do later, the strongest first."
        if rows
        else "No experience is shown to go along with what customers do later: more customers, followed for longer, would be needed.",
        Picture(kind="moments", params=_params(query), alt="Effects with their 95 % intervals")
        if rows
        else None,
        (table,),
    )


def _personas(scope: Scoped, query: JourneyQuery) -> _Told:
    found = scope.personas
    named = [one for one in found.personas if one.name is not None]
    if not named:
        return _Told(
            f"No groups to show: {found.reason or 'none would be found again when customers are drawn anew'}.",
            None,
            (),
        )
    rows = tuple(
        (one.name or "", f"{one.size.n:,}", *_of(one.size), "; ".join(mark.words for mark in one.marks[:3]))
        for one in named
    )
    table = FigureTable(
        "Groups who behave alike", ("Group", "Customers", "Share", "95 %", "What sets them apart"), rows
    )
    return _Told(
        "Groups of customers who behave alike, found in what they did; none is named that would not be found again.",
        Picture(kind="personas", params=_params(query), alt="What sets the groups apart"),
        (table,),
    )


def _attribution(scope: Scoped, query: JourneyQuery) -> _Told:
    found = scope.attribution()
    if not found.credits:
        return _Told(f"Nothing is credited: {found.reason or 'there are no conversions'}.", None, ())
    rows = tuple(
        (_spoken(one.key), *(_credit(getattr(one, rule)) for rule in _RULES), f"{one.n_converting:,}")
        for one in found.credits[:_MOST_ROWS]
    )
    table = FigureTable(
        "Conversions credited, by rule",
        ("Touchpoint", *_RULES.values(), "Customers"), rows,
        note=f"Not causal: rules of thumb over {found.n_conversions:,} conversions, of which {found.n_untouched:,} had no touch before them.",
    )  # fmt: skip
    return _Told(
        "Which touchpoints conversions are credited to, by six rules side by side.",
        Picture(kind="attribution", params=_params(query), alt="Credit of each touchpoint by rule"),
        (table,),
    )


_TELLERS: Mapping[Tab, Callable[[Scoped, JourneyQuery], _Told]] = {
    "paths": _paths,
    "flow": _flow,
    "funnel": _funnel,
    "stages": _stages,
    "retention": _retention,
    "moments": _moments,
    "personas": _personas,
    "attribution": _attribution,
}


def _move(move: Transition) -> tuple[str, ...]:
    return (
        _spoken(move.source), _spoken(move.target), f"{move.persons:,}", share_text(move.share),
        interval_text(move.low, move.high), _time(move.median_s), _time(move.p90_s),
    )  # fmt: skip


def _of(share: Quantity) -> tuple[str, str]:
    return share_text(share.share), interval_text(share.low, share.high)


def _share(found: DropOff) -> tuple[str, str]:
    return share_text(found.share), interval_text(found.low, found.high)


def _credit(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:,.1f}"


def _time(seconds: float | None) -> str:
    return _UNKNOWN if seconds is None else duration_text(seconds)


def _spoken(name: str) -> str:
    return name.replace("_", " ")
