"""Part of suite `events`: our counts on public event logs beside PM4Py's, which has to find the same."""

# PyArrow and PM4Py ship no types; PM4Py is an optional peer.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import importlib
import importlib.util
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
from ibis import _

from agent.events.flow import firsts_of, stops_of, walk_of
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.events.lake_writer import LakeWriter
from agent.events.steps import JourneyScope, milliseconds, rows_of
from agent.normalise import event_name
from agent.pipeline.ingest import ingest
from agent.store import Store, VaultWriter
from eval.suites.base import Cell, SuiteOptions, Table

_LOGS = ("running-example.csv.gz", "receipt.csv.gz", "02_teleclaims.xes.gz", "bpic2012.xes.gz")
_NOW = datetime(2026, 7, 1, tzinfo=UTC)
_CASE, _ACTIVITY, _TIME = "case:concept:name", "concept:name", "time:timestamp"
_ALL = 10_000_000

Counts = Mapping[Any, int]


@dataclass(frozen=True, slots=True)
class LogCounts:
    """What a log says, in normalised names."""

    n_events: int
    follows: Counts
    """Pairs of names to how often the second directly followed the first."""
    variants: Counts
    starts: Counts
    ends: Counts
    durations_ms: Counts
    """Whole milliseconds from first to last event to the number of cases."""
    took_s: float


def pm4py_tables(options: SuiteOptions) -> tuple[list[Table], list[str]]:
    """Return the tables of this part, and the notes that go with them."""
    if importlib.util.find_spec("pm4py") is None:
        return [], ["PM4Py is not installed: counts beside it not run"]
    rows: list[list[Cell]] = []
    notes = [
        "PM4Py's names are brought into our vocabulary before they are compared; ours count from real ingest, nobody held out."
    ]
    for name in _LOGS[:1] if options.quick else _LOGS:
        path = options.data / "events" / name
        if not path.is_file():
            notes.append(f"no log at {path}: not compared")
            continue
        frame = read_log(path)
        notes.extend(collapsed_names(name, frame[_ACTIVITY].unique()))
        ours, theirs = counts_of_ours(path, options.work / name), counts_of_pm4py(frame)
        rows.extend(compared(name, ours, theirs))
    columns = ["log", "figure", "ours", "PM4Py", "kinds that differ", "identical", "first difference"]
    return [Table("The same log read by PM4Py", columns, rows)], notes


def compared(name: str, ours: LogCounts, theirs: LogCounts) -> list[list[Cell]]:
    """Return one row a figure: totals of both, and which kinds differ."""
    rows: list[list[Cell]] = [
        [name, "events", ours.n_events, theirs.n_events, None, _told(ours.n_events == theirs.n_events), None]
    ]
    figures: dict[str, Callable[[LogCounts], Counts]] = {
        "directly-follows": lambda of: of.follows,
        "variants": lambda of: of.variants,
        "start activities": lambda of: of.starts,
        "end activities": lambda of: of.ends,
        "case durations": lambda of: of.durations_ms,
    }
    for figure, of in figures.items():
        mine, other = of(ours), of(theirs)
        apart = sorted((kind for kind in {*mine, *other} if mine.get(kind, 0) != other.get(kind, 0)), key=str)
        first = f"{apart[0]}: {mine.get(apart[0], 0)} and {other.get(apart[0], 0)}"[:120] if apart else None
        rows.append(
            [name, figure, sum(mine.values()), sum(other.values()), len(apart), _told(not apart), first]
        )
    return rows


def _told(same: object) -> str:
    return "yes" if same else "no"


def collapsed_names(log: str, names: Any) -> list[str]:  # noqa: ANN401 - an array of Pandas
    """Return which raw names of a log are one name in our vocabulary."""
    raw: dict[str, list[str]] = {}
    for name in sorted(names):
        raw.setdefault(event_name(name), []).append(name)
    return [
        f"{log}: {', '.join(map(repr, spelt))} are one event, {ours!r}"
        for ours, spelt in raw.items()
        if len(spelt) > 1
    ]


def read_log(path: Path) -> pd.DataFrame:
    """Return a log as PM4Py reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pm4py: Any = importlib.import_module("pm4py")
        if ".csv" in path.suffixes:
            frame = pd.read_csv(path)
            frame[_TIME] = pd.to_datetime(frame[_TIME], utc=True, format="mixed")
            frame[_CASE] = frame[_CASE].astype(str)
            return pm4py.format_dataframe(frame)
        return pm4py.convert_to_dataframe(pm4py.read_xes(str(path)))


def counts_of_pm4py(frame: pd.DataFrame) -> LogCounts:
    """Return PM4Py's counts of a log, names in our vocabulary."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pm4py: Any = importlib.import_module("pm4py")
        started = time.perf_counter()
        follows, starts, ends = pm4py.discover_dfg(frame)
        variants = pm4py.get_variants(frame)
        durations = pm4py.get_all_case_durations(frame)
        took_s = time.perf_counter() - started
    return LogCounts(
        n_events=len(frame),
        follows=_renamed(follows, lambda pair: (event_name(pair[0]), event_name(pair[1]))),
        variants=_renamed(variants, lambda path: tuple(map(event_name, path))),
        starts=_renamed(starts, event_name),
        ends=_renamed(ends, event_name),
        durations_ms=Counter(round(seconds * 1000) for seconds in durations),
        took_s=took_s,
    )


def _renamed(counts: Mapping[Any, Any], rename: Callable[[Any], Any]) -> Counts:
    found = Counter[Any]()
    for kind, n in counts.items():
        found[rename(kind)] += n if isinstance(n, int) else len(n)
    return found


def counts_of_ours(path: Path, home: Path) -> LogCounts:
    """Return our counts of a log, through ingest into a workspace that holds nobody out."""
    with Store.create(home, "log", salt="events", holdout=0.0, now=_NOW) as store:
        folder = store.home.lake_events("log")
        vault = VaultWriter(store.home, "log")
        ingest([path], store=store, vault=vault, lake=LakeWriter(folder), kind="events", now=_NOW)
        vault.close()
        lake = EventLake(folder, canonical=store.persons.aliases(), scratch=home)
        try:
            started = time.perf_counter()
            found = _counted(Journeys(lake, whole_scope()))
            n_events = lake.count()
            took_s = time.perf_counter() - started
        finally:
            lake.close()
    return LogCounts(n_events=n_events, took_s=took_s, **found)


def whole_scope() -> JourneyScope:
    """Return everybody's journeys, without stages."""
    return JourneyScope(
        stages=(),
        stage_of=lambda _name: None,
        touchpoint_of=lambda _name, _channel: None,
        as_of=_NOW + timedelta(days=1),
    )


def _counted(journeys: Journeys) -> dict[str, Counts]:
    spans = journeys.steps.group_by("person_id").agg(first=_.at.min(), last=_.at.max())
    lasting = spans.select(ms=milliseconds(_.last) - milliseconds(_.first))
    walk = walk_of(journeys.steps, "event")
    stops = stops_of(walk, journeys.steps, quiet_since=journeys.scope.as_of)
    durations = rows_of(lasting.group_by("ms").agg(n=ibis._.count()))
    return {
        "follows": {(move.source, move.target): move.n for move in journeys.moves()},
        "variants": {found.path: found.n for found in journeys.variants(_ALL)},
        "starts": firsts_of(walk),
        "ends": {stop.node: stop.left + stop.n_open for stop in stops if stop.left + stop.n_open},
        "durations_ms": {row["ms"]: row["n"] for row in durations},
    }
