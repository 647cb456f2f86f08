"""Part of suite `events`: coverage of the intervals of journeys drawn from a known Markov chain.

Persons walk through four states until they end; what is planted is what a person does, so every true share follows from the
chain. Some walks are cut off by the end of the data, as in life.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.analyse.flow import transition_of
from agent.analyse.funnels import funnel_of
from agent.analyse.statistics import wilson
from agent.analyse.waiting import drop_off_of, stage_times_of
from agent.events.flow import TimedMove, moves_of, walk_of
from agent.events.funnels import FunnelPlan, FunnelStep
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.events.lake_writer import LakeWriter
from agent.events.steps import JourneyScope
from agent.events.waiting import Spell
from agent.schemas.records import Event
from eval.suites.base import Cell, SuiteOptions, Table

_STAGES = ("look", "compare", "buy", "keep")
_CHAIN = np.array(
    [[0.00, 0.55, 0.15, 0.00, 0.30],
     [0.20, 0.00, 0.45, 0.00, 0.35],
     [0.05, 0.15, 0.00, 0.60, 0.20],
     [0.00, 0.00, 0.25, 0.00, 0.75]]
)  # fmt: skip
"""From each stage to each stage, last column: the walk ends."""
_BEGIN = np.array([0.6, 0.25, 0.1, 0.05])
_START = datetime(2026, 1, 1, tzinfo=UTC)
_WINDOW = timedelta(days=120)
_PAUSE_S = 2 * 86_400
"""Mean wait between two stages, exponential."""
_QUIET = timedelta(days=14)
_N_TRUTH = 400_000
_SIZES = (60, 300)

_Walk = list[tuple[str, float]]
"""Stages with seconds since the start of the data."""


@dataclass(frozen=True, slots=True)
class _Truth:
    moves: dict[tuple[str, str], float]
    drop_offs: dict[str, float]
    funnel: float


_NOTE = "Coverage: customers enter at any time of the window and are cut off by its end; a few draws go through lake and queries."


def coverage_tables(options: SuiteOptions) -> tuple[list[Table], list[str]]:
    """Return how often the 95 % intervals of transition shares, drop-off and conversion hold the truth."""
    rng = np.random.default_rng(options.seed)
    truth = _truth_of([_walk(rng, 0.0) for _ in range(_N_TRUTH // (20 if options.quick else 1))])
    n_draws = 60 if options.quick else 400
    rows: list[list[Cell]] = []
    for n_persons in _SIZES:
        rows += _rows(n_persons, n_draws, truth, rng, options.work)
    columns = [
        "customers",
        "figure",
        "intervals",
        "coverage of 95 %",
        "95 % of it",
        "peer: Wald, or censored as lost",
    ]
    title = f"Journeys from a known chain: coverage of intervals, {n_draws} draws"
    return [Table(title, columns, rows)], [_NOTE]


def _rows(
    n_persons: int, n_draws: int, truth: _Truth, rng: np.random.Generator, work: Path
) -> list[list[Cell]]:
    inside: Counter[str] = Counter()
    total: Counter[str] = Counter()
    peer: Counter[str] = Counter()
    for draw in range(n_draws):
        walks = [_walk(rng, float(rng.uniform(0, _WINDOW.total_seconds()))) for _ in range(n_persons)]
        seen = [[(s, at) for s, at in walk if at <= _WINDOW.total_seconds()] for walk in walks]
        # Some draws go through the lake and the queries; they have to give what the plain loops do.
        if draw % (n_draws // 6) == 0:
            _check_queries(seen, work / f"draw-{n_persons}-{draw}")
        for name, true, found, plain in _figures(seen, walks, truth):
            total[name] += 1
            inside[name] += found[0] <= true <= found[1]
            peer[name] += plain[0] <= true <= plain[1]
    return [
        [n_persons, name, total[name], round(inside[name] / total[name], 3), _bounds(inside[name], total[name]),
         round(peer[name] / total[name], 3)]
        for name in sorted(total)
    ]  # fmt: skip


_Figure = tuple[str, float, tuple[float, float], tuple[float, float]]


def _figures(seen: Sequence[_Walk], walks: Sequence[_Walk], truth: _Truth) -> Iterator[_Figure]:
    """Yield name, truth, our interval and the peer's for everything that is measured on one draw."""
    moves = _counted_moves([[stage for stage, _ in walk] for walk in walks])
    for pair, true in truth.moves.items():
        n, leaving = moves.get(pair, (0, 0))
        if leaving:
            made = transition_of(TimedMove(*pair, n, n, leaving, None, None))
            yield "transition share", true, (made.low, made.high), _wald(n, leaving)
    for rank, stage in enumerate(_STAGES[:-1]):
        fates = _fates(seen, stage, rank)
        found = drop_off_of(fates)
        if found.low is not None and found.high is not None:
            lost = found.left + found.still_there
            yield (
                "drop-off, censored",
                truth.drop_offs[stage],
                (found.low, found.high),
                _wald(lost, found.reached),
            )
    took, went = _funnel([[stage for stage, _ in walk] for walk in walks])
    if took:
        bounds = wilson(went, took)
        yield "funnel conversion", truth.funnel, (bounds.low, bounds.high), _wald(went, took)


def _walk(rng: np.random.Generator, start_s: float) -> _Walk:
    state = int(rng.choice(len(_STAGES), p=_BEGIN))
    at, walk = start_s, [(_STAGES[state], start_s)]
    while (after := int(np.searchsorted(_CUMULATIVE[state], rng.random(), side="right"))) < len(_STAGES):
        state, at = after, at + float(np.ceil(rng.exponential(_PAUSE_S)))
        walk.append((_STAGES[state], at))
    return walk


_CUMULATIVE: NDArray[np.float64] = np.cumsum(_CHAIN, axis=1)


def _truth_of(walks: Sequence[_Walk]) -> _Truth:
    paths = [[stage for stage, _ in walk] for walk in walks]
    moves = {pair: n / leaving for pair, (n, leaving) in _counted_moves(paths).items()}
    drop_offs: dict[str, float] = {}
    for rank, stage in enumerate(_STAGES[:-1]):
        reached = [path[path.index(stage) :] for path in paths if stage in path]
        stayed = sum(not set(rest) & set(_STAGES[rank + 1 :]) for rest in reached)
        drop_offs[stage] = stayed / len(reached)
    took, went = _funnel(paths)
    return _Truth(moves, drop_offs, went / took)


def _counted_moves(paths: Sequence[Sequence[str]]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return by move the persons who made it and those who left its source."""
    made: Counter[tuple[str, str]] = Counter()
    left: Counter[str] = Counter()
    for path in paths:
        made.update(set(pairwise(path)))
        left.update(set(path[:-1]))
    return {pair: (n, left[pair[0]]) for pair, n in made.items()}


def _funnel(paths: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return how many looked, and how many of them bought and then kept at any later time."""
    took = went = 0
    for path in paths:
        steps = iter(path)
        if "look" in steps:
            took += 1
            went += all(step in steps for step in ("buy", "keep"))
    return took, went


def _fates(seen: Sequence[_Walk], stage: str, rank: int) -> list[Spell]:
    """Return what a plain reading finds about who reached a stage, by the seconds until it was known."""
    end, quiet = _WINDOW.total_seconds(), _QUIET.total_seconds()
    found: Counter[tuple[float, bool, bool]] = Counter()
    for walk in seen:
        entered = next((k for k, (name, _) in enumerate(walk) if name == stage), None)
        if entered is None:
            continue
        at = walk[entered][1]
        went = [then for name, then in walk[entered + 1 :] if _STAGES.index(name) > rank]
        gone = not went and walk[-1][1] < end - quiet
        known = went[0] if went else walk[-1][1] + quiet if gone else end
        found[known - at, bool(went), gone] += 1
    return [Spell(seconds, n, went=went, left=left) for (seconds, went, left), n in sorted(found.items())]


def _wald(n: int, total: int) -> tuple[float, float]:
    share = n / total
    half = 1.96 * float(np.sqrt(share * (1 - share) / total))
    return share - half, share + half


def _bounds(n: int, total: int) -> str:
    found = wilson(n, total)
    return f"{found.low:.3f} to {found.high:.3f}"


@contextmanager
def _opened(walks: Sequence[_Walk], folder: Path) -> Generator[Journeys]:
    writer = LakeWriter(folder / "events")
    events = [
        Event(
            event_id=f"{person}-{k}", person_id=f"p_{person:05d}", at=_START + timedelta(seconds=int(at)), name=stage,
            type="track", channel=None, properties={}, source_id="s", row=k,
        )
        for person, walk in enumerate(walks)
        for k, (stage, at) in enumerate(walk)
    ]  # fmt: skip
    writer.append("walks.parquet", events)
    lake = EventLake(folder / "events", canonical={}, scratch=folder)
    scope = JourneyScope(
        stages=_STAGES, stage_of=_itself, touchpoint_of=_no_touchpoint, as_of=_START + _WINDOW
    )
    try:
        yield Journeys(lake, scope)
    finally:
        lake.close()


def _itself(name: str) -> str:
    return name


def _no_touchpoint(name: str, channel: str | None) -> None:  # noqa: ARG001 - what a scope calls
    return None


def _check_queries(seen: Sequence[_Walk], folder: Path) -> None:
    """Stop where the product's own queries count something else than the plain readings that the coverage rests on.

    Raises:
        ValueError: They do.
    """
    paths = [[stage for stage, _ in walk] for walk in seen]
    with _opened(seen, folder) as journeys:
        counted = {
            (m.source, m.target): (m.persons, m.leaving) for m in moves_of(walk_of(journeys.steps, "stage"))
        }
        plan = FunnelPlan(tuple(FunnelStep("stage", stage) for stage in ("look", "buy", "keep")))
        funnel = funnel_of(journeys, plan).conversion
        drops = [stage.drop_off for stage in stage_times_of(journeys)[:-1]]
    plain = [drop_off_of(_fates(seen, stage, rank)) for rank, stage in enumerate(_STAGES[:-1])]
    same: Sequence[Callable[[], bool]] = (
        lambda: counted == _counted_moves(paths),
        lambda: (funnel.total, funnel.n) == _funnel(paths),
        lambda: (
            [drop and (drop.went_on, drop.left) for drop in drops] == [(d.went_on, d.left) for d in plain]
        ),
    )
    if not all(check() for check in same):
        msg = f"the queries disagree with a plain reading of {len(seen)} walks"
        raise ValueError(msg)
