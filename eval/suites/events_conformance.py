"""Part of suite `events`: planned maps beside observed journeys, and beside PM4Py's fitness where both apply.

Ours asks whether every pair of steps is planned, with a planned start and end, staying at one touchpoint allowed. PM4Py's
fitness of traces asks the same where the model is a directly-follows graph with start and end activities and every
activity may repeat; without that the two differ by the cases in which an activity repeats.
"""

# PM4Py and pandas ship no types here, and PM4Py is optional.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import csv
import gzip
import importlib
import importlib.util
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from agent.analyse.conformance import Conformance, conformance_of
from agent.analyse.high_value import HighValueRule
from agent.analyse.taxonomy import stage_of_event, touchpoint_of_event
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.events.lake_writer import LakeWriter
from agent.events.steps import JourneyScope
from agent.normalise import event_name
from agent.pipeline.conforming import conform
from agent.pipeline.ingest import ingest
from agent.pipeline.workspace import Workspace
from agent.schemas.journey import DEFAULT_STAGES
from agent.schemas.planned import Flow, PlannedMap, PlannedMove, PlannedStage, PlannedTouchpoint
from agent.schemas.records import Event
from agent.settings import Settings
from agent.store import Store
from eval.simulator import load_truth, simulate
from eval.suites.base import Cell, SuiteOptions, Table

_LOGS = ("running-example", "receipt")
_CASE, _NAME, _TIME = "case:concept:name", "concept:name", "time:timestamp"
_START = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
_AS_OF = datetime(2026, 12, 1, tzinfo=UTC)
_UNMAPPED = 0.23
_N_DRAWS, _N_QUICK_DRAWS = 200, 20
_N_DRAWN_PERSONS = 400
_N_BRAND, _N_QUICK_BRAND = 600, 200

Trace = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Model:
    """A directly-follows graph with start and end activities."""

    name: str
    moves: frozenset[tuple[str, str]]
    starts: frozenset[str]
    ends: frozenset[str]


def conformance_tables(options: SuiteOptions) -> tuple[list[Table], list[str]]:
    """Return the tables of this part, and the notes that go with them."""
    notes = [
        (
            "Fitness is claimed to be PM4Py's where the plan is a directly-follows graph with start and end whose activities may "
            "repeat: of alignment on the graph in every case, of token replay for cases of planned activities alone, as replay "
            "skips all others. The last column forbids repeats, which ours allows by definition."
        ),
        (
            "A customer of the planted log takes one of three mapped paths, or with probability 0.23 one of three others; "
            "customers are drawn anew each time."
        ),
        "The golden customer's path is looked for as her events name it; no funnel goes that way.",
    ]
    tables = [_planted_table(options), _brand_table(options)]
    if importlib.util.find_spec("pm4py") is None:
        return tables, [*notes, "PM4Py is not installed: no comparison of fitness"]
    return [_fitness_table(options), *tables], notes


def _fitness_table(options: SuiteOptions) -> Table:
    rows: list[list[Cell]] = []
    for log in _LOGS:
        path = options.data / "events" / f"{log}.csv.gz"
        if not path.is_file():
            rows.append([log, "no such file", *[None] * 7])
            continue
        cases = _cases(path)
        for model in _models(cases):
            ours = _our_fit(cases, model, options.work / f"{log}-{model.name.replace(' ', '-')}")
            peer, drawn = _peer_fit(path, _repeatable(model)), _peer_fit(path, model)
            equal = "yes" if ours == peer.aligned == peer.replayed_planned else "no"
            found = [ours, peer.aligned, peer.replayed_planned, equal, peer.replayed, drawn.aligned]
            rows.append([log, model.name, len(cases), *found])
    columns = [
        "log",
        "plan",
        "cases",
        "ours fit",
        "PM4Py alignment",
        "PM4Py replay, planned activities only",
        "equal",
    ]
    columns += ["PM4Py replay, others skipped", "PM4Py alignment, no repeats"]
    return Table("Cases that fit a plan, start to end: ours beside PM4Py", columns, rows)


def _cases(path: Path) -> dict[str, list[tuple[datetime, str]]]:
    cases: dict[str, list[tuple[datetime, str]]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row[_TIME]).astimezone(UTC)
            cases.setdefault(row[_CASE], []).append((at, row[_NAME]))
    for steps in cases.values():
        steps.sort(key=lambda step: step[0])
    return cases


def _models(cases: dict[str, list[tuple[datetime, str]]]) -> list[_Model]:
    variants = Counter(tuple(name for _, name in steps) for steps in cases.values())
    ranked = [trace for trace, _ in sorted(variants.items(), key=lambda item: (-item[1], item[0]))]
    return [
        _model_of("the most frequent path", ranked[:1]),
        _model_of("the three most frequent paths", ranked[:3]),
        _model_of("all paths but the rarest half", ranked[: (len(ranked) + 1) // 2]),
    ]


def _model_of(name: str, traces: Sequence[Trace]) -> _Model:
    return _Model(
        name,
        frozenset(pair for trace in traces for pair in pairwise(trace)),
        frozenset(trace[0] for trace in traces),
        frozenset(trace[-1] for trace in traces),
    )


def _repeatable(model: _Model) -> _Model:
    names = {name for pair in model.moves for name in pair} | model.starts | model.ends
    return _Model(model.name, model.moves | {(name, name) for name in names}, model.starts, model.ends)


def _plan_of(model: _Model) -> PlannedMap:
    names = sorted({name for pair in model.moves for name in pair} | model.starts | model.ends)
    return PlannedMap(
        touchpoints=tuple(PlannedTouchpoint(name=name) for name in names),
        touchpoint_flow=Flow(
            moves=tuple(PlannedMove(source=a, target=b) for a, b in sorted(model.moves)),
            starts=tuple(sorted(model.starts)),
            ends=tuple(sorted(model.ends)),
        ),
    )


def _our_fit(cases: dict[str, list[tuple[datetime, str]]], model: _Model, folder: Path) -> int:
    events = (
        _event(case, at, name, row)
        for number, (case, steps) in enumerate(cases.items())
        for row, (at, name) in enumerate(steps, start=number * 1_000)
    )
    found = _laid_beside(_plan_of(model), list(events), folder)
    complete = None if found.touchpoints is None else found.touchpoints.complete
    return 0 if complete is None else complete.n


@dataclass(frozen=True, slots=True)
class _PeerFit:
    """How many cases PM4Py finds to fit."""

    aligned: int
    """By alignment with the graph."""
    replayed: int
    """By token replay on its net, which skips activities that the net does not have."""
    replayed_planned: int
    """The same, of cases whose activities the net all has."""


def _peer_fit(path: Path, model: _Model) -> _PeerFit:
    pm4py: Any = importlib.import_module("pm4py")
    pandas: Any = importlib.import_module("pandas")
    aligning: Any = importlib.import_module("pm4py.algo.conformance.alignments.dfg.algorithm")
    dfg = dict.fromkeys(sorted(model.moves), 1)
    starts, ends = dict.fromkeys(sorted(model.starts), 1), dict.fromkeys(sorted(model.ends), 1)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        frame = pandas.read_csv(path)
        frame[_TIME] = pandas.to_datetime(frame[_TIME], utc=True, format="ISO8601")
        frame[_CASE] = frame[_CASE].astype(str)
        frame = pm4py.format_dataframe(frame, case_id=_CASE, activity_key=_NAME, timestamp_key=_TIME)
        net, initial, final = pm4py.convert_to_petri_net(dfg, starts, ends)
        log = pm4py.convert_to_event_log(frame)
        replayed = pm4py.conformance_diagnostics_token_based_replay(log, net, initial, final)
        aligned = aligning.apply(log, dfg, starts, ends)
    names = {name for pair in model.moves for name in pair} | model.starts | model.ends
    is_planned = [all(event[_NAME] in names for event in trace) for trace in log]
    fits = [bool(one["trace_is_fit"]) for one in replayed]
    return _PeerFit(
        aligned=sum(one is not None and one["fitness"] == 1.0 for one in aligned),
        replayed=sum(fits),
        replayed_planned=sum(fit and planned for fit, planned in zip(fits, is_planned, strict=True)),
    )


_MAPPED: tuple[Trace, ...] = (
    ("ad_clicked", "product_viewed", "cart_viewed", "order_completed"),
    ("ad_clicked", "product_viewed"),
    ("product_viewed", "product_viewed", "cart_viewed"),
)
_OFF: tuple[Trace, ...] = (
    ("store_visited", "order_completed"),
    ("ad_clicked", "cart_viewed", "product_viewed", "order_completed"),
    ("product_viewed", "support_contacted", "cart_viewed"),
)
_OFF_SHARES = (0.6, 0.25, 0.15)


def _planted_table(options: SuiteOptions) -> Table:
    rng = np.random.default_rng(options.seed)
    n_draws = _N_QUICK_DRAWS if options.quick else _N_DRAWS
    plan = _plan_of(_model_of("", _MAPPED))
    covered = named = high_covered = 0
    for draw in range(n_draws):
        events = _drawn(rng)
        found = _laid_beside(
            plan, events, options.work / f"draw-{draw}", HighValueRule(name="total", at_least=50)
        )
        level = found.touchpoints
        if level is None or level.all.low is None or level.all.high is None or level.high_value is None:
            continue
        covered += level.all.low <= 1 - _UNMAPPED <= level.all.high
        worth = level.high_value
        high_covered += (worth.low or 0.0) <= 1 - _UNMAPPED <= (worth.high or 1.0)
        named += level.paths[0].path == _OFF[0]
    rows: list[list[Cell]] = [
        ["interval of all holds the planted share", covered, n_draws, round(covered / n_draws, 3)],
        [
            "interval of high-value customers holds it",
            high_covered,
            n_draws,
            round(high_covered / n_draws, 3),
        ],
        ["top unmapped path is the planted one", named, n_draws, round(named / n_draws, 3)],
    ]
    title = f"{_UNMAPPED:.0%} of {_N_DRAWN_PERSONS} customers on unmapped paths"
    return Table(title, ["figure", "draws", "of", "share"], rows)


def _drawn(rng: np.random.Generator) -> list[Event]:
    events: list[Event] = []
    for person in range(_N_DRAWN_PERSONS):
        if rng.random() < _UNMAPPED:
            trace = _OFF[int(rng.choice(len(_OFF), p=_OFF_SHARES))]
        else:
            trace = _MAPPED[int(rng.integers(len(_MAPPED)))]
        worth = {"total": float(rng.integers(10, 100))}
        for place, name in enumerate(trace):
            at = _START + timedelta(days=person % 30, minutes=place)
            row = person * 10 + place
            events.append(_event(f"p{person}", at, name, row, worth if place == 0 else None))
    return events


def _event(
    person: str, at: datetime, name: str, row: int, properties: dict[str, float] | None = None
) -> Event:
    return Event(
        event_id=f"e{person}-{row}",
        person_id=person,
        at=at,
        name=name,
        type="track",
        channel=None,
        properties=dict(properties or {}),
        source_id="s_1",
        row=row,
    )


def _laid_beside(
    plan: PlannedMap, events: Iterable[Event], folder: Path, high_value: HighValueRule | None = None
) -> Conformance:
    LakeWriter(folder / "events").append("a.parquet", list(events))
    lake = EventLake(folder / "events", canonical={}, scratch=folder)
    try:
        scope = JourneyScope(
            stages=DEFAULT_STAGES,
            stage_of=stage_of_event,
            touchpoint_of=lambda name, channel: touchpoint_of_event(name, {}, channel),
            as_of=_AS_OF,
        )
        return conformance_of(plan, Journeys(lake, scope), lake, high_value=high_value)
    finally:
        lake.close()


_FUNNEL = PlannedMap(
    name="the textbook funnel",
    stages=tuple(PlannedStage(name=name) for name in DEFAULT_STAGES),
    touchpoints=tuple(
        PlannedTouchpoint(name=name, stages=(stage,))
        for name, stage in (
            ("Ad clicked", "awareness"),
            ("Product page", "consideration"),
            ("Product viewed", "consideration"),
            ("Product added", "decision"),
            ("Checkout started", "decision"),
            ("Order completed", "decision"),
            ("Order delivered", "retention"),
            ("Review submitted", "advocacy"),
        )
    ),
)


def _brand_table(options: SuiteOptions) -> Table:
    """Lay the textbook funnel beside a simulated brand; its golden customer goes a way that no funnel shows."""
    n_persons = _N_QUICK_BRAND if options.quick else _N_BRAND
    folder = options.work / "conformance-brand"
    brand = simulate(folder, n_persons=n_persons, seed=options.seed)
    settings = Settings(home=options.work / "conformance-home", workspace="brand")
    store = Store.create(settings.home, settings.workspace, now=_AS_OF, holdout=0.0)
    with Workspace(settings=settings, store=store, now=_AS_OF) as workspace:
        for path in (brand.events, brand.store_visits):
            ingest(
                [path],
                store=store,
                vault=workspace.vault,
                lake=workspace.lake_writer,
                kind="events",
                now=_AS_OF,
            )
        found = conform(workspace, _FUNNEL, where={}, limit=10_000)
    title = f"The textbook funnel beside a simulated brand of {n_persons} persons"
    if found is None or found.stages is None or found.touchpoints is None:
        return Table(title, ["figure", "value"], [["nothing of it is in the data", None]])
    events = tuple(event_name(step.event) for step in load_truth(folder).golden.steps)
    stages = tuple(stage for stage, _ in groupby(filter(None, map(stage_of_event, events))))
    by_event = [tuple(map(event_name, one.path)) for one in found.touchpoints.paths]
    by_stage = [one.path for one in found.stages.paths]
    level, worth = found.stages.all, found.stages.high_value
    rows: list[list[Cell]] = [
        ["customers with events in a stage", level.total],
        ["share that fits the funnel, stage by stage", level.share],
        ["95 % interval", f"{level.low:.3f} to {level.high:.3f}"],
        ["share of high-value customers that fits", None if worth is None else worth.share],
        ["share that fits, touchpoint by touchpoint", found.touchpoints.all.share],
        ["unmapped paths of stages listed", len(by_stage)],
        ["the golden customer's among them", "yes" if stages in by_stage else "no"],
        ["its rank by customers", by_stage.index(stages) + 1 if stages in by_stage else None],
        ["unmapped paths of touchpoints listed", len(by_event)],
        ["the golden customer's among them", "yes" if events in by_event else "no"],
    ]
    return Table(title, ["figure", "value"], rows)
