"""Part `prediction` of the suite `events`: predictions and personas, where something is planted and where nothing is."""

import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from agent.analyse.calibration import CalibrationBin
from agent.analyse.examples import Asked, Target, asked_of
from agent.analyse.outcomes import outcomes_among
from agent.analyse.personas import Personas, personas_of
from agent.analyse.prediction import N_LANDMARKS, predict, skill_of
from agent.analyse.stages import DEFAULT_PLAN
from agent.analyse.statistics import wilson
from agent.events.features import history_of
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.events.lake_writer import LakeWriter
from agent.events.steps import JourneyScope
from agent.normalise import event_name
from agent.schemas.records import Event
from eval.simulator.catalog import load_catalog
from eval.simulator.journey import draw_steps
from eval.simulator.person import draw_person
from eval.simulator.plan import SimulationPlan
from eval.simulator.ways import N_DAYS, Did, alike, foretold, in_groups
from eval.suites.base import Cell, SuiteOptions, Table

_N_LABELS, _N_QUICK_LABELS = 100, 10
_N_PLANTED, _N_QUICK_PLANTED = 10, 2
_N_BRANDS, _N_QUICK_BRANDS = 3, 1
_N_GROUPED, _N_QUICK_GROUPED = 20, 2
_N_PERSONS = 300
_N_SIMULATED, _N_QUICK_SIMULATED = 2_000, 600
_START = datetime(2026, 1, 1, tzinfo=UTC)
_DAY_S = 86_400
_TARGETS: tuple[Target, ...] = ("buy", "leave", "next")
_SHARES, _BUYING = (0.4, 0.35, 0.25), (0.05, 0.3, 0.8)

_NOTES = [
    (
        "Predictions: random answers are those of a brand given to other customers, so that nothing can foretell them. "
        "Losses are of customers the model was not fitted on."
    ),
    (
        "Personas: planted groups differ in names, channels and buying; customers without groups do all things alike, or "
        "each in a way of their own (`uneven`)."
    ),
]


def prediction_tables(options: SuiteOptions) -> tuple[list[Table], list[str]]:
    """Measure predictions and personas."""
    return [_chance_table(options), _brands_table(options), _personas_table(options)], _NOTES


def _chance_table(options: SuiteOptions) -> Table:
    n_labels = _N_QUICK_LABELS if options.quick else _N_LABELS
    n_planted = _N_QUICK_PLANTED if options.quick else _N_PLANTED
    rng = np.random.default_rng(options.seed)
    with _made(options.work / "foretold", foretold(_N_PERSONS, rng, strength=0.3)) as journeys:
        asked = _asked(journeys)
        n_chance = sum(
            skill_of(_shuffled(asked, rng), "customers", seed=seed).is_better for seed in range(n_labels)
        )
    rows: list[list[Cell]] = [
        ["answers given to others at random", n_chance, n_labels, _bounds(n_chance, n_labels)]
    ]
    for strength in (0.0, 0.15, 0.3):
        n_shown = 0
        for seed in range(n_planted):
            drawn = foretold(_N_PERSONS, np.random.default_rng([options.seed, seed]), strength=strength)
            with _made(options.work / "foretold", drawn) as journeys:
                n_shown += predict(journeys, "buy", population="customers").verdict == "shown"
        named = f"keen customers buy likelier by {strength:.2f} a month"
        rows.append([named, n_shown, n_planted, _bounds(n_shown, n_planted)])
    return Table(
        f"Buying predicted, {_N_PERSONS} customers a brand", ["planted", "shown", "of", "95 %"], rows
    )


def _asked(journeys: Journeys) -> Asked:
    """Return what buying is learnt from, as `predict` asks it."""
    _, last = journeys.window
    window = timedelta(days=N_DAYS // (N_LANDMARKS + 2) - 1)
    cuts = [(last or _START) - place * window for place in range(N_LANDMARKS + 1, 0, -1)]
    names = outcomes_among(journeys.names())
    found = asked_of("buy", history_of(journeys, cuts, kept=names["purchase"]), names, window)
    if isinstance(found, str):
        raise TypeError(found)
    return found


def _shuffled(asked: Asked, rng: np.random.Generator) -> Asked:
    label = rng.permutation(asked.examples.label)
    return replace(asked, examples=replace(asked.examples, label=label))


def _brands_table(options: SuiteOptions) -> Table:
    n_brands = _N_QUICK_BRANDS if options.quick else _N_BRANDS
    n_persons = _N_QUICK_SIMULATED if options.quick else _N_SIMULATED
    rows: list[list[Cell]] = []
    for seed in range(options.seed, options.seed + n_brands):
        with _simulated(options.work / "brand", n_persons=n_persons, seed=seed) as journeys:
            for target in _TARGETS:
                found = predict(journeys, target, population="customers")
                row: list[Cell] = [seed, target, found.n_persons, found.verdict]
                if found.skill is None:
                    rows.append([*row, *([None] * 5), found.reason])
                    continue
                loss, brier = found.skill.log_loss, found.skill.brier
                row += [round(loss.model, 4), round(loss.baseline, 4), f"{loss.low:.4f} to {loss.high:.4f}"]
                gap = _calibration_gap(found.skill.calibration)
                rows.append([*row, f"{brier.low:.4f} to {brier.high:.4f}", gap, found.reason])
    columns = ["seed", "what", "customers", "verdict", "log-loss", "base rate", "better by (95 %)"]
    columns += ["Brier better by (95 %)", "calibration gap", "reason"]
    return Table(f"Simulated brands, {n_persons:,} persons", columns, rows)


def _calibration_gap(bins: Sequence[CalibrationBin]) -> float | None:
    """Return the mean difference between what customers were told and what they did, over the bins."""
    gaps = [abs(one.predicted - (one.observed.share or 0.0)) for one in bins]
    return round(float(np.mean(gaps)), 3) if gaps else None


def _personas_table(options: SuiteOptions) -> Table:
    n_runs = _N_QUICK_GROUPED if options.quick else _N_GROUPED
    rows = [
        _personas_row(options, "three groups", n_runs, shares=_SHARES, buying=_BUYING),
        _personas_row(options, "two groups", n_runs, shares=(0.6, 0.4), buying=(0.1, 0.5)),
    ]
    for uneven in (0.0, 0.5, 1.0):
        n_named = 0
        for seed in range(n_runs):
            drawn = alike(_N_PERSONS, np.random.default_rng([options.seed, seed]), uneven=uneven)
            with _made(options.work / "alike", drawn) as journeys:
                n_named += personas_of(journeys, population="customers").verdict == "found"
        rows.append(
            [f"no groups, uneven {uneven:.1f}", n_runs, n_named, None, None, _bounds(n_named, n_runs)]
        )
    columns = ["planted", "brands", "brands with a named group", "all named", "right size", "95 % of named"]
    return Table(f"Personas, {_N_PERSONS} customers a brand", columns, rows)


def _personas_row(
    options: SuiteOptions, name: str, n_runs: int, *, shares: Sequence[float], buying: Sequence[float]
) -> list[Cell]:
    n_found = n_all = n_right = 0
    for seed in range(n_runs):
        rng = np.random.default_rng([options.seed, seed])
        did, groups = in_groups(_N_PERSONS, rng, shares=shares, buying=buying)
        with _made(options.work / "groups", did) as journeys:
            found = personas_of(journeys, population="customers")
        n_found += found.verdict == "found"
        n_all += [bool(one.name) for one in found.personas] == [True] * len(shares)
        n_right += _is_right_size(found, groups)
    return [name, n_runs, n_found, n_all, n_right, _bounds(n_found, n_runs)]


def _is_right_size(found: Personas, groups: Sequence[int]) -> bool:
    """Tell whether there are as many groups as planted, none off by more than one customer in twenty."""
    planted = sorted(np.bincount(groups).tolist(), reverse=True)
    sizes = [one.size.n for one in found.personas]
    near = len(groups) / 20
    return len(sizes) == len(planted) and all(
        abs(n - size) <= near for n, size in zip(planted, sizes, strict=True)
    )


@contextmanager
def _made(folder: Path, did: Sequence[Did]) -> Generator[Journeys]:
    events = [
        _event(person, name, channel, int(_START.timestamp() + day * _DAY_S), row)
        for row, (person, day, name, channel) in enumerate(did)
    ]
    scope = JourneyScope(
        stages=("look", "buy", "keep"),
        stage_of=lambda name: name.split("_")[0],
        touchpoint_of=lambda _name, channel: channel,
        as_of=_START + timedelta(days=N_DAYS + 1),
    )
    with _opened(folder, events, scope) as journeys:
        yield journeys


@contextmanager
def _simulated(folder: Path, *, n_persons: int, seed: int) -> Generator[Journeys]:
    """Give a brand's journeys without its texts."""
    plan, catalog = SimulationPlan(n_persons=n_persons, seed=seed), load_catalog()
    events: list[Event] = []
    for index in range(n_persons):
        person = draw_person(index, plan=plan, catalog=catalog)
        for step in draw_steps(person, catalog=catalog, as_of=int(plan.as_of.timestamp())):
            name = event_name(step.touchpoint.name)
            events.append(_event(person.customer_id, name, step.touchpoint.channel, step.at, len(events)))
    scope = JourneyScope(
        stages=DEFAULT_PLAN.names,
        stage_of=DEFAULT_PLAN.stage_of_event,
        touchpoint_of=lambda _name, channel: channel,
        as_of=plan.as_of,
    )
    with _opened(folder, events, scope) as journeys:
        yield journeys


@contextmanager
def _opened(folder: Path, events: Sequence[Event], scope: JourneyScope) -> Generator[Journeys]:
    shutil.rmtree(folder, ignore_errors=True)
    ordered = sorted(events, key=lambda one: (one.person_id, one.at))
    LakeWriter(folder / "events").append("a.parquet", ordered)
    lake = EventLake(folder / "events", canonical={}, scratch=folder)
    try:
        yield Journeys(lake, scope)
    finally:
        lake.close()


def _event(person: str, name: str, channel: str | None, at_s: int, row: int) -> Event:
    return Event(
        event_id=f"e-{row}",
        person_id=person,
        at=datetime.fromtimestamp(at_s, UTC),
        name=name,
        type="track",
        channel=channel,
        properties={},
        source_id="s_1",
        row=row,
    )


def _bounds(n: int, total: int) -> str:
    interval = wilson(n, total)
    return f"{100 * interval.low:.1f}-{100 * interval.high:.1f} %"
