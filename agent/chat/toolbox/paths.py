"""What customers did, step by step."""

from collections.abc import Callable, Mapping

from agent.analyse.flow import Transition
from agent.analyse.paths import Paths
from agent.chat.requests import ShowPaths
from agent.chat.toolbox.resolving import (
    customers,
    refuse,
    require_events,
    said_so,
    scope_of,
    step_of,
    where_of,
)
from agent.chat.toolbox.writing import Row, Writing, slug, worded
from agent.draft.claims import MIN_PERSONS
from agent.errors import JourneyError
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.render.durations import duration_text
from agent.render.figures import interval_text, share_text
from agent.schemas.chat import ToolResult
from agent.schemas.evidence import Quantity

SHARE_COLUMNS = ("Customers", "Share (95 %)")


def cells_of(quantity: Quantity) -> tuple[str, str]:
    """Return a share as two cells."""
    bounds = interval_text(quantity.low, quantity.high)
    return f"{quantity.n:,} of {quantity.total:,}", f"{share_text(quantity.share)} ({bounds})"


def show_paths(snapshot: Snapshot, request: ShowPaths) -> ToolResult:
    """Show one side of what customers did step by step."""
    if request.aspect == "skips":
        refuse(
            "not_measured",
            "Skips are told of stages.",
            "Ask which stages customers skip.",
            "Which stages do customers skip?",
        )
    where = where_of(snapshot, request.where)
    scope = require_events(scope_of(snapshot, where))
    steps = [
        None if name is None else step_of(scope, snapshot, name, request.level)
        for name in (request.from_step, request.to_step)
    ]
    writing = Writing(request, _understood(request, steps, customers(where)), snapshot)
    try:
        paths = scope.paths(request.level)
    except JourneyError as error:
        refuse("no_events", said_so(error), error.hint)
    first_step, last_step = steps
    if request.aspect == "durations" and first_step is not None and last_step is not None:
        _time_between(writing, scope, first_step, last_step)
    else:
        _PATHS[request.aspect](writing, paths, first_step, last_step)
    if request.aspect in {"transitions", "loops", "starts", "ends"}:
        writing.picture(
            "transitions",
            f"Steps of {customers(where)} and the share who go from one to the next",
            level=request.level,
        )
    if request.aspect == "variants":
        writing.picture("sankey", f"Flow of {customers(where)} over the stages, visit by visit")
    writing.target("journeys", "All paths")
    first = worded(next(iter(scope.events)))
    writing.ask_next(
        f"What do customers do after {first}?",
        "Where do journeys end?",
        "How many customers get from stage to stage?",
    )
    return writing.done()


def _understood(request: ShowPaths, steps: list[str | None], whom: str) -> str:
    said = "".join(
        f" {word} {worded(step)}"
        for word, step in zip(("from", "to"), steps, strict=True)
        if step is not None
    )
    return f"What {whom} do, by {request.level}: {request.aspect}{said}"


def _moves(writing: Writing, paths: Paths, source: str | None, target: str | None) -> None:
    _tell_moves(
        writing,
        [one for one in paths.transitions if source in {None, one.source} and target in {None, one.target}],
        source,
    )


def _tell_moves(writing: Writing, found: list[Transition], source: str | None, what: str = "step") -> None:
    shown = [one for one in found if one.persons >= MIN_PERSONS]
    if not shown:
        refuse(
            "too_few",
            f"No such {what} was taken by {MIN_PERSONS} customers or more.",
            "More events, or another step to start from.",
            "What are the most common steps?",
        )
    if source is not None:
        shown.sort(key=lambda one: (-one.share, one.target))
    ids = [_move(writing, one) for one in shown]
    first, name = shown[0], writing.name(shown[0].target)
    writing.finding(
        f"After {writing.name(first.source)}, {{{{m:{ids[0]}:counted}}}} customers who went on went to {name} next"
        f" ({{{{m:{ids[0]}:spread}}}})."
    )
    if len(shown) > 1:
        second = shown[1]
        writing.finding(
            f"Then comes {writing.name(second.source)} to {writing.name(second.target)}: {{{{m:{ids[1]}:counted}}}} customers"
            f" ({{{{m:{ids[1]}:spread}}}})."
        )
    limit = getattr(writing.request, "limit", len(shown))
    writing.table(
        "What directly followed what",
        ("From", "To", *SHARE_COLUMNS, "Median time"),
        [
            Row(
                (
                    worded(one.source),
                    worded(one.target),
                    *cells_of(_leaving(one)),
                    duration_text(one.median_s),
                ),
                (metric,),
            )
            for one, metric in list(zip(shown, ids, strict=True))[:limit]
        ],
    )


def _leaving(one: Transition) -> Quantity:
    return Quantity(
        n=one.persons,
        total=one.leaving,
        share=one.share,
        low=one.low,
        high=one.high,
        population=f"customers for whom anything followed {worded(one.source)}",
    )


def _move(writing: Writing, one: Transition) -> str:
    return writing.share(
        f"move.{slug(one.source)}.{slug(one.target)}",
        _leaving(one),
        label=f"{worded(one.source)} to {worded(one.target)}",
        definition="Distinct customers who made the move, of those for whom anything followed the first.",
    )


def tell_shares(
    writing: Writing,
    found: list[tuple[str, Quantity]],
    *,
    key: str,
    first: str,
    column: str,
    title: str,
    definition: str,
) -> None:
    """Tell shares of customers, largest first; `first` is the sentence about the first, with `{name}` in it."""
    shown = [(name, one) for name, one in found if one.n >= MIN_PERSONS]
    if not shown:
        refuse(
            "too_few",
            f"Nothing of the kind was done by {MIN_PERSONS} customers or more.",
            "More events.",
            "What are the most common steps?",
        )
    ids = [
        writing.share(f"{key}.{slug(name)}", one, label=f"{title}: {worded(name)}", definition=definition)
        for name, one in shown
    ]
    name, metric = writing.name(shown[0][0]), ids[0]
    writing.finding(
        f"{first.format(name=name)}: {{{{m:{metric}:counted}}}} customers ({{{{m:{metric}:spread}}}})."
    )
    others = [
        f"{writing.name(name)} ({{{{m:{one}:counted}}}})"
        for (name, _), one in list(zip(shown, ids, strict=True))[1:3]
    ]
    if others:
        writing.finding(f"Then: {' and '.join(others)}.")
    rows = [
        Row((worded(name), *cells_of(one)), (metric,)) for (name, one), metric in zip(shown, ids, strict=True)
    ]
    writing.table(title, (column, *SHARE_COLUMNS), rows[: getattr(writing.request, "limit", len(rows))])


def _starts(writing: Writing, paths: Paths, _source: str | None, _target: str | None) -> None:
    tell_shares(
        writing, [(one.event, one.share) for one in paths.starts], key="start", first="The usual first step is {name}",
        column="First step", title="Where journeys begin", definition="Customers whose first step it is, of all with a journey.",
    )  # fmt: skip


def _ends(writing: Writing, paths: Paths, _source: str | None, _target: str | None) -> None:
    stops = sorted(paths.stops, key=lambda one: (-one.left.n, one.node))
    tell_shares(
        writing, [(one.node, one.left) for one in stops], key="stop", first="Journeys stop above all at {name}",
        column="Last step", title="Where journeys stop",
        definition="Customers for whom nothing followed, of those who reached it and are not still active there.",
    )  # fmt: skip


def _variants(writing: Writing, paths: Paths, _source: str | None, _target: str | None) -> None:
    tell_shares(
        writing, [(" → ".join(one.path), one.share) for one in paths.variants], key="path",
        first="The most frequent whole path is {name}", column="Path", title="Whole paths",
        definition="Customers whose whole journey is this, of all with a journey.",
    )  # fmt: skip


def _loops(writing: Writing, paths: Paths, _source: str | None, _target: str | None) -> None:
    loops = sorted(paths.flow.loops, key=lambda one: (-one.share.n, one.node))
    tell_shares(
        writing, [(one.node, one.share) for one in loops], key="loop", first="Customers come back above all to {name}",
        column="Step", title="Where customers come back to", definition="Customers who came back, of those who were ever there.",
    )  # fmt: skip


def _handoffs(writing: Writing, paths: Paths, _source: str | None, _target: str | None) -> None:
    handoffs = sorted(paths.flow.handoffs, key=lambda one: (-one.share.n, one.source, one.target))
    tell_shares(
        writing, [(f"{one.source} to {one.target}", one.share) for one in handoffs], key="handoff",
        first="Customers are handed on above all from {name}", column="From, to", title="Contacts that were handed on",
        definition="Customers with a contact, then another channel, then another contact, of those with a contact on the first.",
    )  # fmt: skip


def _channels(writing: Writing, paths: Paths, _source: str | None, _target: str | None) -> None:
    moves = [one for one in paths.flow.channels if one.source != one.target]
    _tell_moves(
        writing,
        sorted(moves, key=lambda one: (-one.persons, one.source, one.target)),
        None,
        "change of channel",
    )


def _durations(writing: Writing, paths: Paths, _source: str | None, _target: str | None) -> None:
    found = paths.durations
    if found.median_s is None or found.n < MIN_PERSONS:
        refuse("too_few", f"Fewer than {MIN_PERSONS} customers have a journey.", "More events.")
    ids = [
        writing.number(
            f"journey.{name}",
            value,
            unit="seconds",
            label=label,
            definition="Time from first to last event of a customer.",
        )
        for name, label, value in (
            ("median", "Median length of a journey", found.median_s),
            ("p90", "Length that nine of ten journeys stay under", found.p90_s),
        )
    ]
    counted = writing.number(
        "journey.n",
        found.n,
        unit="persons",
        label="Customers with a journey",
        definition="Customers with events.",
    )
    writing.finding(
        f"Journeys of {{{{m:{counted}}}}} take {{{{m:{ids[0]}}}}} from first to last step in the median; the long ones take"
        f" {{{{m:{ids[1]}}}}} or more."
    )


def _time_between(writing: Writing, scope: Scoped, source: str, target: str) -> None:
    """Tell the time from one step to another of those who got there, whatever they did between."""
    if source == target:
        refuse("too_few", "A time between two steps needs two of them.", "Another step to end with.")
    reached = scope.funnel((source, target)).steps[1]
    if reached.n < MIN_PERSONS or reached.median_s is None:
        refuse(
            "too_few",
            f"Fewer than {MIN_PERSONS} customers got from {worded(source)} to {worded(target)}.",
            "More events, or other steps.",
            "How many customers get from stage to stage?",
        )
    key, way = f"between.{slug(source)}.{slug(target)}", f"from {worded(source)} to {worded(target)}"
    ids = [
        writing.number(
            f"{key}.{name}",
            value,
            unit="seconds",
            label=label,
            definition="Time from the first step of the two to the next of the second, of those who got there.",
        )
        for name, label, value in (
            ("median", f"Median time {way}", reached.median_s),
            ("p90", f"Time that nine of ten stay under {way}", reached.p90_s),
        )
    ]
    whole = writing.share(
        f"{key}.reached",
        reached.of_previous,
        label=f"Got {way}",
        definition="Of those who took the first step, those who took the second later.",
    )
    writing.finding(
        f"From {writing.name(source)} to {writing.name(target)} it takes {{{{m:{ids[0]}}}}} in the median; the slow ones take"
        f" {{{{m:{ids[1]}}}}} or more."
    )
    writing.finding(f"{{{{m:{whole}:counted}}}} customers got there ({{{{m:{whole}:spread}}}}).")


_PATHS: Mapping[str, Callable[[Writing, Paths, str | None, str | None], None]] = {
    "transitions": _moves,
    "variants": _variants,
    "starts": _starts,
    "ends": _ends,
    "durations": _durations,
    "loops": _loops,
    "handoffs": _handoffs,
    "channels": _channels,
}
