"""How many customers, texts and events there are, in all and by what is known of them."""

from agent.analyse.statistics import quantity
from agent.chat.requests import CountCustomers
from agent.chat.toolbox.paths import cells_of
from agent.chat.toolbox.resolving import (
    customers,
    event_of,
    key_of,
    listed,
    refuse,
    require_events,
    require_texts,
    scope_of,
    where_of,
)
from agent.chat.toolbox.writing import Row, Writing, slug, worded
from agent.draft.claims import MIN_PERSONS
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.schemas.chat import ToolResult


def count_customers(snapshot: Snapshot, request: CountCustomers) -> ToolResult:
    """Count customers, texts or events."""
    where = where_of(snapshot, request.where)
    scope = scope_of(snapshot, where)
    event = None if request.event is None else event_of(scope, request.event)
    whom = customers(where)
    by = f" by {worded(request.by)}" if request.by else ""
    did = f" who did {worded(event)}" if event else ""
    writing = Writing(
        request,
        f"How many {request.of} of {whom}{did}{by}"
        if request.of != "customers"
        else f"How many {whom}{did}{by}",
        snapshot,
    )
    if event is not None:
        _count_event(writing, scope, event, whom)
    if request.by is not None:
        _count_by(writing, snapshot, scope, request)
    elif event is None:
        _count_all(writing, snapshot, scope, request.of)
    traits = [worded(key) for key in snapshot.traits][:2]
    writing.ask_next(
        *(f"How many customers are there by {one}?" for one in traits), "What hurts customers most?"
    )
    return writing.done()


def _count_event(writing: Writing, scope: Scoped, event: str, whom: str) -> None:
    metric = writing.share(
        f"did.{slug(event)}", quantity(scope.events[event], scope.n_event_persons, f"{whom} with events"), label=f"Customers who did {event}",
        definition="Distinct customers who did it at least once, of all with events.",
    )  # fmt: skip
    writing.finding(
        f"{{{{m:{metric}:counted}}}} customers with events did {writing.name(event)} ({{{{m:{metric}:spread}}}})."
    )


def _count_all(writing: Writing, snapshot: Snapshot, scope: Scoped, of: str) -> None:
    if of == "events":
        require_events(scope)
        n, unit = scope.n_events, "count"
        metric = writing.number(
            "n.events", n, unit=unit, label="Events", definition="Events of the customers counted."
        )
        writing.finding(f"There are {{{{m:{metric}}}}} events.")
        return
    spoke = scope.corpus if scope.has_texts else None
    if of == "texts":
        require_texts(scope)
        n = 0 if spoke is None else len(spoke.records)
        metric = writing.number(
            "n.texts", n, unit="count", label="Texts", definition="Reviews, conversations and survey answers."
        )
        writing.finding(f"There are {{{{m:{metric}}}}} texts.")
        return
    parts: list[str] = []
    if spoke is not None:
        said = writing.number(
            "n.speakers",
            len(spoke.speakers),
            unit="persons",
            label="Customers who said something",
            definition="Distinct customers with a text.",
        )
        parts.append(f"{{{{m:{said}}}}} said something")
    if scope.has_events:
        did = writing.number(
            "n.doers",
            scope.n_event_persons,
            unit="persons",
            label="Customers with events",
            definition="Distinct customers with an event.",
        )
        parts.append(f"{{{{m:{did}}}}} have events")
    if not parts:
        refuse("empty", f"There are no {customers(scope.where)}.", "Texts or events of them.")
    writing.finding(f"{' and '.join(parts)}; customers held out for checking are not counted.")
    if not scope.where:
        _count_working(writing, snapshot)


def _count_working(writing: Writing, snapshot: Snapshot) -> None:
    """Say how many customers there are in all, as the status of the stores counts them."""
    metric = writing.number(
        "n.working",
        snapshot.status.counts["customers, working"],
        unit="persons",
        label="Customers in all",
        definition="Distinct customers that answers are made from, as counted in the stores.",
    )
    writing.finding(f"In all there are {{{{m:{metric}}}}} customers that answers are made from.")


def _count_by(writing: Writing, snapshot: Snapshot, scope: Scoped, request: CountCustomers) -> None:
    by = (request.by or "").casefold().strip()
    if by in {"event", "events"}:
        require_events(scope)
        counts, total, who = dict(scope.events), scope.n_event_persons, "customers with events"
    elif by in {"stage", "stages"}:
        counts, total, who = _by_stage(snapshot, scope)
    else:
        key = key_of(snapshot, by)
        if key is None:
            refuse(
                "unknown_thing", f"The data does not tell customers apart by ‘{worded(request.by or '')}’.",
                f"A column with it in what is read in. Known are: {listed(snapshot.traits)}.",
                *(f"How many customers are there by {worded(one)}?" for one in list(snapshot.traits)[:2]),
            )  # fmt: skip
        counts = scope.counts_by(key)
        total, who = scope.n_known(key), f"customers whose {worded(key)} is known"
    shown = {name: n for name, n in counts.items() if n >= MIN_PERSONS}
    if not shown:
        refuse("too_few", f"No group by {worded(by)} has {MIN_PERSONS} customers or more.", "More customers.")
    ids = {
        name: writing.share(
            f"by.{slug(by)}.{slug(name)}",
            quantity(n, total, who),
            label=f"{worded(by)}: {worded(name)}",
            definition=f"Distinct customers, of {who}.",
        )
        for name, n in shown.items()
    }
    first = next(iter(shown))
    writing.finding(
        f"The largest group by {writing.words(worded(by))} is {writing.name(first)}: {{{{m:{ids[first]}:counted}}}} customers ({{{{m:{ids[first]}:spread}}}})."
    )
    writing.table(
        f"Customers by {worded(by)}",
        (worded(by).capitalize(), "Customers", "Share (95 %)"),
        [Row((worded(name), *cells_of(quantity(n, total, who))), (ids[name],)) for name, n in shown.items()],
    )


def _by_stage(snapshot: Snapshot, scope: Scoped) -> tuple[dict[str, int], int, str]:
    if scope.has_events:
        with scope.events_lock:
            journeys = scope.require_journeys()
            found = {stage: journeys.persons_in(stage) for stage in snapshot.stages}
        return (
            dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))),
            scope.n_event_persons,
            "customers with events",
        )
    corpus = require_texts(scope).corpus
    said = {stage: len(corpus.stage_speakers(stage)) for stage in snapshot.stages}
    return (
        dict(sorted(said.items(), key=lambda item: (-item[1], item[0]))),
        len(corpus.speakers),
        corpus.population,
    )
