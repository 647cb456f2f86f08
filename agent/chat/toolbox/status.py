"""What is in the data, and what can be asked of it."""

import re
from collections.abc import Callable, Mapping
from typing import NoReturn

from agent.chat.requests import DataStatus, ShowHelp, StateLimit
from agent.chat.toolbox.resolving import listed, refuse
from agent.chat.toolbox.writing import Row, Writing, plain, slug, worded
from agent.chat.understand.kinds import load_kinds
from agent.figures import day_text
from agent.pipeline.snapshot import Snapshot
from agent.schemas.chat import ToolResult
from agent.store.filters import RECORD_FIELDS

_HALVES = re.compile(r"; |\. ")
"""Between what is not here and what can be had instead."""


def data_status(snapshot: Snapshot, request: DataStatus) -> ToolResult:
    """Say what is in the data, or one side of it."""
    writing = Writing(
        request,
        f"What is in the data{'' if request.aspect == 'all' else f': {worded(request.aspect)}'}",
        snapshot,
    )
    status = snapshot.status
    if not status.sources and not snapshot.records and not snapshot.everybody.has_events:
        refuse(
            "empty",
            "Nothing has been read in yet.",
            "Reviews, conversations, surveys or events: add them under Sources.",
        )
    wanted = list(_ASPECTS) if request.aspect == "all" else [request.aspect]
    for aspect in wanted:
        _ASPECTS[aspect](writing, snapshot)
    writing.target("sources", "Sources")
    writing.ask_next(
        "What hurts customers most?",
        *(f"How many customers are there by {worded(key)}?" for key in list(snapshot.traits)[:1]),
        "What can I ask?",
    )
    return writing.done()


def _count(writing: Writing, key: str, n: int, label: str, *, unit: str = "count") -> str:
    return writing.number(
        f"stored.{slug(key)}", n, unit=unit, label=label, definition="As counted in the stores."
    )


def _sources(writing: Writing, snapshot: Snapshot) -> None:
    status = snapshot.status
    texts = _count(writing, "texts", len(snapshot.records), "Texts")
    n_sources = _count(writing, "sources", len(status.sources), "Sources")
    events = _count(writing, "events", status.counts["events"], "Events")
    writing.finding(
        f"The data holds {{{{m:{texts}}}}} texts and {{{{m:{events}}}}} events from {{{{m:{n_sources}}}}} sources."
    )
    parts = [
        f"{{{{m:{_count(writing, f'kind.{kind}', n, kind)}}}}} of the kind {writing.name(kind)}"
        for kind, n in snapshot.kinds.items()
    ]
    if parts:
        writing.finding(f"The texts are {', '.join(parts)}.")
    rows = [
        Row(
            (
                plain(one.name),
                one.kind,
                f"{one.n_read:,}",
                f"{one.n_rejected:,}",
                "yes" if one.complete else "no",
            ),
            (n_sources,),
        )
        for one in status.sources
    ]
    writing.table("Sources", ("File", "Kind", "Rows", "Rejected", "Complete"), rows)


def _window(writing: Writing, snapshot: Snapshot) -> None:
    first, last = snapshot.window
    texts = _count(writing, "texts", len(snapshot.records), "Texts")
    if first is None or last is None:
        writing.finding("The data carries no dates.", rests_on=[texts])
        return
    writing.finding(
        f"The data covers {writing.words(f'{day_text(first)} to {day_text(last)}')}.", rests_on=[texts]
    )


def _rejects(writing: Writing, snapshot: Snapshot) -> None:
    rejected = snapshot.status.rejected
    total = _count(writing, "rejected", sum(rejected.values()), "Rows that were rejected")
    if not rejected:
        writing.finding("No row was rejected.", rests_on=[total])
        return
    writing.finding(f"{{{{m:{total}}}}} rows were rejected; each is listed with its reason under Sources.")
    writing.table(
        "Rejected rows",
        ("Reason", "Rows"),
        [Row((worded(code), f"{n:,}"), (total,)) for code, n in rejected.items()],
    )


def _held_out(writing: Writing, snapshot: Snapshot) -> None:
    counts = snapshot.status.counts
    working = _count(
        writing,
        "working",
        counts["customers, working"],
        "Customers that answers are made from",
        unit="persons",
    )
    held_out = _count(
        writing, "held_out", counts["customers, held out"], "Customers held out", unit="persons"
    )
    writing.finding(
        f"{{{{m:{working}}}}} are used for answers; {{{{m:{held_out}}}}} are held out, unseen, to check variants on."
    )


def _traits(writing: Writing, snapshot: Snapshot) -> None:
    traits = snapshot.traits
    n_traits = _count(writing, "traits", len(traits), "Traits to filter by")
    if not traits:
        writing.finding("The data tells customers apart by nothing.", rests_on=[n_traits])
        return
    writing.finding(
        f"Customers can be told apart by {writing.words(listed(traits, most=8))}.", rests_on=[n_traits]
    )
    writing.table(
        "Traits", ("Trait", "Values, most frequent first", "Customers"),
        [Row((worded(key), listed(values), f"{sum(values.values()):,}"), (n_traits,)) for key, values in traits.items()],
    )  # fmt: skip


def _events(writing: Writing, snapshot: Snapshot) -> None:
    events = snapshot.events
    n_events = _count(writing, "event_names", len(events), "Kinds of events")
    if not events:
        writing.finding("There are no events in the data.", rests_on=[n_events])
        return
    writing.finding(
        f"Customers did {{{{m:{n_events}}}}} kinds of things; above all {writing.words(listed(events, most=3))}."
    )
    writing.table(
        "Events",
        ("Event", "Customers"),
        [Row((worded(name), f"{n:,}"), (n_events,)) for name, n in events.items()],
    )


_ASPECTS: Mapping[str, Callable[[Writing, Snapshot], None]] = {
    "sources": _sources,
    "window": _window,
    "held_out": _held_out,
    "rejects": _rejects,
    "traits": _traits,
    "events": _events,
}


def show_help(snapshot: Snapshot, request: ShowHelp) -> ToolResult:
    """Say what can be asked, with names out of the data."""
    writing = Writing(request, "What can be asked", snapshot)
    own = {key: values for key, values in snapshot.traits.items() if key not in RECORD_FIELDS}
    key, values = next(iter(own.items()), ("", dict[str, int]()))
    group = f" with {worded(key)} {plain(next(iter(values)))}" if values else ""
    point = plain(snapshot.pain_points[0].label) if snapshot.pain_points else "delivery"
    event = worded(next(iter(snapshot.events), "order completed"))
    stage = snapshot.stages[0]
    lines = [
        f"Ask what hurts customers{group}, how badly, where, and whether it is rising.",
        f"Ask what customers say about something, such as “What do customers say about {point}?”.",
        f"Ask what customers do: paths after {event}, funnels, time in {stage}, who comes back.",
        "Ask to compare two groups or two periods, or which experiences go along with buying or leaving.",
        "Ask for a journey map, for copy that answers a pain point, or how a number is computed.",
        "Where the data does not say, the answer says so, and what would be needed.",
    ]
    for line in lines:
        writing.guidance(line)
    writing.ask_next(
        f"What hurts customers{group} most?",
        f"What do customers do after {event}?",
        f"What happens in {stage}?",
    )
    return writing.done()


def state_limit(snapshot: Snapshot, request: StateLimit) -> NoReturn:  # noqa: ARG001 - tools share one signature
    """Say what nothing here answers, and what can be asked instead.

    Raises:
        GapError: Always.
    """
    said = next(kind.say for kind in load_kinds() if kind.id == request.about)
    statement, instead = _HALVES.split(said, maxsplit=1)
    refuse("not_measured", f"{statement.rstrip('.')}.", f"{instead[:1].upper()}{instead[1:]}")
