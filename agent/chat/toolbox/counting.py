"""How many customers, texts and events there are, in all and by what is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

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
from agent.pipeline.groups import are_doers_told, are_speakers_told
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.schemas.chat import ToolResult


def count_customers(snapshot: Snapshot, request: CountCustomers) -> ToolResult:
    """Count customers, texts or events."""
    where = where_of(snapshot, request.where)
    scope = scope_of(snapshot, where)
    event = None if request.event is None else event_of(scope, request.event)
    by = f" by {worded(request.by)}" if request.by else ""
    did = (
        ""
        if event is None
        else f" named {worded(event)}"
        if request.of == "events"
        else f" who did {worded(event)}"
    )
    whom = customers(where)
    asked = whom if request.of == "customers" else f"{request.of} of {whom}"
    writing = Writing(request, f"How many {asked}{did}{by}", snapshot)
    _COUNTED[request.of](writing, snapshot, scope, event, request.by)
    traits = [worded(key) for key in snapshot.traits][:2]
    writing.ask_next(
        *(f"How many customers are there by {one}?" for one in traits), "What hurts customers most?"
    )
    return writing.done()


def _count_persons(
    writing: Writing, snapshot: Snapshot, scope: Scoped, event: str | None, by: str | None
) -> None:
    if event is not None:
        _count_event(writing, scope, event)
    if by is not None:
        _tell_groups(writing, _persons_by(snapshot, scope, event, by))
    elif event is None:
        _count_all(writing, snapshot, scope)


def _count_event(writing: Writing, scope: Scoped, event: str) -> None:
    n = scope.events[event]
    if n < MIN_PERSONS:
        _refuse_few(f"customers who did {worded(event)}")
    metric = writing.share(
        f"did.{slug(event)}", quantity(n, scope.n_event_persons, f"{customers(scope.where)} with events"), label=f"Customers who did {event}",
        definition="Distinct customers who did it at least once, of all with events.",
    )  # fmt: skip
    writing.finding(
        f"{{{{m:{metric}:counted}}}} customers with events did {writing.name(event)} ({{{{m:{metric}:spread}}}})."
    )


def _refuse_few(whom: str) -> NoReturn:
    refuse(
        "too_few", f"There are fewer than {MIN_PERSONS} {whom}, so they are not counted.",
        f"{MIN_PERSONS} customers or more, so that no figure tells of one of them.",
    )  # fmt: skip


def _count_texts(
    writing: Writing, snapshot: Snapshot, scope: Scoped, event: str | None, by: str | None
) -> None:
    require_texts(scope)
    if event is not None or (by is not None and _flat(by) in _OF_EVENTS):
        refuse(
            "not_measured", "Texts are counted in all and by what is known of them or of who wrote them, not by what customers did.",
            "A question about customers: how many of them did it.", *_instead(event),
        )  # fmt: skip
    if by is None:
        metric = writing.number(
            "n.texts", len(scope.corpus.records), unit="count", label="Texts",
            definition="Reviews, conversations and survey answers.",
        )  # fmt: skip
        writing.finding(f"There are {{{{m:{metric}}}}} texts.")
        return
    key = _key_of(snapshot, by)
    # A value that too few customers have may name one of them, however many texts they wrote.
    persons = scope.counts_by(key)
    counts = {value: n for value, n in scope.texts_by(key).items() if persons.get(value, 0) >= MIN_PERSONS}
    _tell_amounts(writing, counts, by=by, what="Texts", definition="Texts of customers in this group.")


def _count_events(
    writing: Writing,
    snapshot: Snapshot,  # noqa: ARG001 - one signature
    scope: Scoped,
    event: str | None,
    by: str | None,
) -> None:
    require_events(scope)
    if by is not None and (_flat(by) not in {"event", "events"} or event is not None):
        refuse(
            "not_measured", f"Events are counted in all and by their name, not by ‘{worded(by)}’.",
            "A question about customers: how many of them did something.", *_instead(event),
        )  # fmt: skip
    if by is not None:
        counts = {name: n for name, n in scope.times_done.items() if scope.events.get(name, 0) >= MIN_PERSONS}
        _tell_amounts(writing, counts, by="event", what="Events", definition="Events of this name.")
        return
    if event is not None and scope.events[event] < MIN_PERSONS:
        _refuse_few(f"customers who did {worded(event)}")
    metric = writing.number(
        "n.events" if event is None else f"n.events.{slug(event)}",
        scope.n_events if event is None else scope.times_done[event],
        unit="count", label="Events" if event is None else f"Events: {worded(event)}",
        definition="Events of the customers counted.",
    )  # fmt: skip
    named = "" if event is None else f" named {writing.name(event)}"
    writing.finding(f"There are {{{{m:{metric}}}}} events{named}.")


_COUNTED = {"customers": _count_persons, "texts": _count_texts, "events": _count_events}
_OF_EVENTS = {"event", "events", "stage", "stages"}


def _flat(name: str) -> str:
    return name.casefold().strip()


def _instead(event: str | None) -> tuple[str, ...]:
    return (
        ("How many customers are there by event?",)
        if event is None
        else (f"How many customers did {worded(event)}?",)
    )


def _count_all(writing: Writing, snapshot: Snapshot, scope: Scoped) -> None:
    parts: list[str] = []
    if scope.has_texts and are_speakers_told(scope):
        said = writing.number(
            "n.speakers", len(scope.corpus.speakers), unit="persons", label="Customers who said something",
            definition="Distinct customers with a text.",
        )  # fmt: skip
        parts.append(f"{{{{m:{said}}}}} said something")
    if scope.has_events and are_doers_told(scope):
        did = writing.number(
            "n.doers", scope.n_event_persons, unit="persons", label="Customers with events",
            definition="Distinct customers with an event.",
        )  # fmt: skip
        parts.append(f"{{{{m:{did}}}}} have events")
    if not parts:
        _refuse_few(f"{customers(scope.where)} with texts or events")
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


@dataclass(frozen=True, slots=True)
class _Groups:
    """Customers by something."""

    by: str
    counts: Mapping[str, int]
    total: int
    who: str
    """Of whom the shares are."""


def _persons_by(snapshot: Snapshot, scope: Scoped, event: str | None, by: str) -> _Groups:
    if _flat(by) in _OF_EVENTS:
        if event is not None:
            refuse(
                "not_measured", f"Customers who did {worded(event)} are counted by what is known of them, not by ‘{worded(by)}’.",
                "A trait of customers to count them by.", *_instead(event),
            )  # fmt: skip
        if _flat(by) in {"stage", "stages"}:
            return _Groups(by, *_by_stage(snapshot, scope))
        require_events(scope)
        return _Groups(by, scope.events, scope.n_event_persons, "customers with events")
    key = _key_of(snapshot, by)
    among = None if event is None else scope.who_did(event)
    did = "" if event is None else f" who did {worded(event)} and"
    who = f"customers{did} whose {worded(key)} is known"
    return _Groups(by, scope.counts_by(key, among=among), scope.n_known(key, among=among), who)


def _key_of(snapshot: Snapshot, by: str) -> str:
    key = key_of(snapshot, by)
    if key is None:
        refuse(
            "unknown_thing", f"The data does not tell customers apart by ‘{worded(by)}’.",
            f"A column with it in what is read in. Known are: {listed(snapshot.traits)}.",
            *(f"How many customers are there by {worded(one)}?" for one in list(snapshot.traits)[:2]),
        )  # fmt: skip
    return key


def _tell_groups(writing: Writing, found: _Groups) -> None:
    by, total, who = found.by, found.total, found.who
    shown = {name: n for name, n in found.counts.items() if n >= MIN_PERSONS}
    if not shown:
        refuse("too_few", f"No group by {worded(by)} has {MIN_PERSONS} customers or more.", "More customers.")
    ids = {
        name: writing.share(
            f"by.{slug(by)}.{slug(name)}", quantity(n, total, who), label=f"{worded(by)}: {worded(name)}",
            definition=f"Distinct customers, of {who}.",
        )
        for name, n in shown.items()
    }  # fmt: skip
    first = next(iter(shown))
    writing.finding(
        f"The largest group by {writing.words(worded(by))} is {writing.name(first)}: {{{{m:{ids[first]}:counted}}}} customers ({{{{m:{ids[first]}:spread}}}})."
    )
    writing.table(
        f"Customers by {worded(by)}",
        (worded(by).capitalize(), "Customers", "Share (95 %)"),
        [Row((worded(name), *cells_of(quantity(n, total, who))), (ids[name],)) for name, n in shown.items()],
    )


def _tell_amounts(
    writing: Writing, counts: Mapping[str, int], *, by: str, what: str, definition: str
) -> None:
    """Tell of amounts that are no customers, by group."""
    if not counts:
        refuse("too_few", f"No group by {worded(by)} has {MIN_PERSONS} customers or more.", "More customers.")
    ids = {
        name: writing.number(
            f"{slug(what)}.{slug(by)}.{slug(name)}", n, unit="count", label=f"{what}, {worded(by)}: {worded(name)}",
            definition=definition,
        )
        for name, n in counts.items()
    }  # fmt: skip
    first = next(iter(counts))
    writing.finding(
        f"{what} by {writing.words(worded(by))}: above all {writing.name(first)}, with {{{{m:{ids[first]}}}}}."
    )
    writing.table(
        f"{what} by {worded(by)}",
        (worded(by).capitalize(), what),
        [Row((worded(name), f"{n:,}"), (ids[name],)) for name, n in counts.items()],
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
