"""Part `moments` of the suite `events`: the planted moment, chance, intervals, words against deeds, attribution.

Whether a pain point was had is taken from the plan of the simulated brand and not read out of texts, so that fifty brands
are followed in minutes; what reading adds is measured where the texts are read.
"""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from agent.analyse.adjustment import adjusted_effect
from agent.analyse.attribution import attributed
from agent.analyse.behaviour import Experience, FirstTimes, Speakers
from agent.analyse.landmarks import FollowUp
from agent.analyse.moments import MomentScope, find_moments
from agent.analyse.stages import DEFAULT_PLAN
from agent.analyse.statistics import odds_ratio, wilson
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.events.lake_writer import LakeWriter
from agent.events.steps import JourneyScope
from agent.events.touches import touches_of_paths
from agent.normalise import event_name
from agent.schemas.insight import Moment
from agent.schemas.records import Event
from eval.simulator.catalog import Catalog, load_catalog
from eval.simulator.clock import day_time
from eval.simulator.journey import draw_steps
from eval.simulator.person import Person, draw_person
from eval.simulator.plan import SimulationPlan
from eval.suites.base import Cell, SuiteOptions, Table

_N_SEEDS, _N_QUICK_SEEDS = 50, 2
_N_PERSONS, _N_QUICK_PERSONS = 4_000, 1_000
_N_LABELS, _N_QUICK_LABELS = 400, 20
_N_DRAWS, _N_QUICK_DRAWS = 4_000, 300
_PATHS = "events/attribution_paths.csv.gz"
_POPULATION = "simulated customers"
_OUTCOME_OF = {
    "purchase": "purchase",
    "repurchase": "purchase",
    "contact_again": "support_contact",
    "leave": "leaving",
}
"""What a planted outcome is called among the outcomes that events tell."""

_NOTES = [
    (
        "Moments: who voiced which pain point when is taken from the plan of the simulation and not read out of texts. "
        "The strongest planted moment is the one with the largest prevalence x planted change of the probability."
    ),
    "Adjusted odds ratios are Mantel and Haenszel's with the variance of Robins, Breslow and Greenland.",
]


@dataclass(frozen=True, slots=True)
class _Brand:
    """A simulated brand's events, and who said what when."""

    follow_up: FollowUp
    speakers: Speakers
    experiences: list[Experience]

    def moments(self, experiences: Sequence[Experience]) -> tuple[Moment, ...]:
        """Return the moments among experiences, events and waits."""
        scope = MomentScope(self.speakers, self.follow_up, self.follow_up, _POPULATION, _POPULATION)
        return find_moments(experiences, scope)


def moments_tables(options: SuiteOptions) -> tuple[list[Table], list[str]]:
    """Measure moments, intervals and attribution."""
    tables = [_planted_table(options), _chance_table(options), _coverage_table(options)]
    paths = options.data / _PATHS
    if not paths.is_file():
        return tables, [*_NOTES, f"no channel paths at {paths}: attribution not compared"]
    return [*tables, paths_table(paths)], _NOTES


def strongest_planted(catalog: Catalog) -> tuple[str, str]:
    """Return pain point and outcome of the planted moment with the largest reach x effect."""
    weights = {
        (pain.pain_point_id, outcome): pain.file.prevalence * abs(chance - catalog.file.baselines[outcome])
        for pain in catalog.pains
        for outcome, chance in pain.file.effects.items()
    }
    pain_point_id, outcome = max(sorted(weights), key=weights.__getitem__)
    return pain_point_id, _OUTCOME_OF[outcome]


def _planted_table(options: SuiteOptions) -> Table:
    n_seeds = _N_QUICK_SEEDS if options.quick else _N_SEEDS
    n_persons = _N_QUICK_PERSONS if options.quick else _N_PERSONS
    planted = strongest_planted(load_catalog())
    firsts = Counter[str]()
    n_first = n_found = 0
    differences: list[float] = []
    for seed in range(options.seed, options.seed + n_seeds):
        with _simulated(options.work / f"moments-{seed}", n_persons=n_persons, seed=seed) as brand:
            found = brand.moments(brand.experiences)
        first = (found[0].experience, found[0].outcome) if found else ("none", "")
        firsts[" → ".join(first)] += 1
        n_first += first == planted
        here = [moment for moment in found if (moment.experience, moment.outcome) == planted]
        n_found += bool(here)
        differences += [one.adjusted.risk_difference for one in here if one.adjusted is not None]
    rows: list[list[Cell]] = [
        ["planted moment, strongest by reach x effect", " → ".join(planted), None, None],
        ["it stands first", n_first, n_seeds, _bounds(n_first, n_seeds)],
        ["it is among the moments", n_found, n_seeds, _bounds(n_found, n_seeds)],
        [
            "mean adjusted difference",
            round(float(np.mean(differences)), 3) if differences else None,
            None,
            None,
        ],
    ]
    for name, n in firsts.most_common(4):
        rows.append([f"first: {name}", n, n_seeds, None])
    return Table(f"Planted moment, {n_persons:,} persons a brand", ["figure", "value", "of", "95 %"], rows)


def _chance_table(options: SuiteOptions) -> Table:
    """Give the pain points to other speakers at random, each from their own first words on."""
    n_runs = _N_QUICK_LABELS if options.quick else _N_LABELS
    rng = np.random.default_rng(options.seed)
    n_told = 0
    with _simulated(options.work / "moments-chance", n_persons=1_500, seed=options.seed) as brand:
        first = brand.speakers.persons
        persons = np.array(sorted(first))
        for _ in range(n_runs):
            drawn = [
                Experience(
                    one.experience_id, one.name, one.stage, _from_first_words(first, persons, one, rng)
                )
                for one in brand.experiences
            ]
            n_told += any(moment.kind == "pain_point" for moment in brand.moments(drawn))
    n_alarms = sum(_random_tables(rng) for _ in range(n_runs))
    rows: list[list[Cell]] = [
        ["16 pain points given to speakers at random", n_told, n_runs, _bounds(n_told, n_runs)],
        ["40 strata, nothing planted: test at 0.05", n_alarms, n_runs, _bounds(n_alarms, n_runs)],
    ]
    return Table(
        "A/A: runs with a moment where there is none", ["what is random", "runs", "of", "95 %"], rows
    )


def _from_first_words(
    first: FirstTimes,
    persons: np.ndarray[tuple[int], np.dtype[np.str_]],
    one: Experience,
    rng: np.random.Generator,
) -> FirstTimes:
    drawn = rng.choice(persons, len(one.persons), replace=False)
    return {str(person): first[str(person)] for person in sorted(drawn)}


def _random_tables(rng: np.random.Generator) -> bool:
    strata = rng.integers(0, 40, 500)
    exposed = rng.random(500) < 0.1 + 0.3 * (strata % 2)
    outcome = rng.random(500) < 0.1 + 0.4 * (strata % 2)
    found = adjusted_effect(strata, exposed, outcome)
    return found is not None and found.p_value is not None and found.p_value < 0.05  # noqa: PLR2004 - the level


def _coverage_table(options: SuiteOptions) -> Table:
    n_draws = _N_QUICK_DRAWS if options.quick else _N_DRAWS
    rng = np.random.default_rng(options.seed)
    rows: list[list[Cell]] = []
    sums = np.zeros(3)
    for n, other_n, share, ratio in (
        (60, 300, 0.3, 1.0),
        (60, 300, 0.2, 2.0),
        (150, 700, 0.1, 3.0),
        (150, 700, 0.4, 0.4),
        (400, 2_000, 0.05, 2.0),
    ):
        inside = np.array([_covered(rng, n, other_n, share, ratio) for _ in range(n_draws)])
        shares = inside.mean(axis=0)
        sums += shares
        rows.append([f"{n} and {other_n:,}", share, ratio, *(round(float(value), 3) for value in shares)])
    rows.append(["mean", None, None, *(round(float(value) / 5, 3) for value in sums)])
    columns = ["persons", "share without", "odds ratio", "raw", "adjusted, confounded", "raw, confounded"]
    return Table(f"Coverage of 95 % intervals of odds ratios, {n_draws:,} draws", columns, rows)


def _covered(
    rng: np.random.Generator, n: int, other_n: int, share: float, ratio: float
) -> tuple[bool, bool, bool]:
    """Return whether intervals hold a planted ratio: raw, and adjusted and raw where eight states confound it."""

    def chance(odds: float) -> float:
        return odds / (1 + odds)

    odds = share / (1 - share)
    alone = odds_ratio(
        int(rng.binomial(n, chance(odds * ratio))), n, int(rng.binomial(other_n, share)), other_n
    )
    exposed = np.arange(n + other_n) < n
    state = np.where(exposed, rng.binomial(7, 0.6, n + other_n), rng.binomial(7, 0.4, n + other_n))
    own = odds * np.exp(0.3 * (state - 3.5)) * np.where(exposed, ratio, 1.0)
    had_it = rng.random(n + other_n) < own / (1 + own)
    found = adjusted_effect(state.astype(np.int64), exposed, had_it)
    confounded = odds_ratio(int(had_it[exposed].sum()), n, int(had_it[~exposed].sum()), other_n)
    within = [
        estimate is not None and (estimate.low or 0.0) <= ratio <= (estimate.high or 0.0)
        for estimate in (alone, None if found is None else found.odds_ratio, confounded)
    ]
    return within[0], within[1], within[2]


@contextmanager
def _simulated(folder: Path, *, n_persons: int, seed: int) -> Generator[_Brand]:
    """Give a brand's journeys without its texts: nothing is worded, and nobody's identity is in doubt."""
    plan, catalog = SimulationPlan(n_persons=n_persons, seed=seed), load_catalog()
    as_of = int(plan.as_of.timestamp())
    events: list[Event] = []
    first: dict[str, datetime] = {}
    told: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    for index in range(n_persons):
        person = draw_person(index, plan=plan, catalog=catalog)
        for step in draw_steps(person, catalog=catalog, as_of=as_of):
            events.append(_event(person, step.touchpoint.name, step.touchpoint.channel, step.at, len(events)))
        if person.says_something:
            _speak(person, first, told, as_of)
    LakeWriter(folder / "events").append("a.parquet", sorted(events, key=lambda one: (one.person_id, one.at)))
    lake = EventLake(folder / "events", canonical={}, scratch=folder)
    scope = JourneyScope(
        stages=DEFAULT_PLAN.names,
        stage_of=DEFAULT_PLAN.stage_of_event,
        touchpoint_of=lambda _name, channel: channel,
        as_of=plan.as_of,
    )
    stages = {pain.pain_point_id: pain.file.stage for pain in catalog.pains}
    experiences = [Experience(name, name, stages[name], persons) for name, persons in sorted(told.items())]
    try:
        yield _Brand(FollowUp(Journeys(lake, scope)), Speakers(first), experiences)
    finally:
        lake.close()


def _event(person: Person, name: str, channel: str, at: int, row: int) -> Event:
    return Event(
        event_id=f"e-{row}",
        person_id=person.customer_id,
        at=datetime.fromtimestamp(at, UTC),
        name=event_name(name),
        type="track",
        channel=channel,
        properties={},
        source_id="s_simulated",
        row=row,
    )


def _speak(
    person: Person, first: dict[str, datetime], told: defaultdict[str, dict[str, datetime]], as_of: int
) -> None:
    who = person.customer_id
    for record in person.records:
        if record.at > as_of:
            continue
        at = datetime.fromtimestamp(day_time(record.at), UTC)
        first[who] = min(at, first.get(who, at))
        for pain in record.pains:
            mine = told[pain.pain_point_id]
            mine[who] = min(at, mine.get(who, at))


def paths_table(file: Path) -> Table:
    """Credit the conversions of a file of channel paths by our rules and by plain loops over its rows."""
    paths = _read_paths(file)
    ours = {one.key: one for one in attributed(touches_of_paths(paths))}
    plain = _plain_credits(paths)
    total = sum(conversions for _, conversions, _ in paths)
    rows: list[list[Cell]] = []
    for rule in ("first", "last", "linear", "markov"):
        given = {key: getattr(one, rule) for key, one in ours.items()}
        gap = max(abs(given[key] - plain[rule][key]) for key in plain[rule])
        top = max(sorted(given), key=given.__getitem__)
        rows.append(
            [rule, round(sum(given.values()), 6), total, float(f"{gap:.2g}"), top, round(given[top], 1)]
        )
    columns = [
        "rule",
        "credited",
        "conversions",
        "largest gap to the plain loop",
        "most credit",
        "conversions of it",
    ]
    return Table(f"Attribution of {len(paths):,} channel paths, {len(ours)} channels", columns, rows)


_Path = tuple[tuple[str, ...], int, int]
"""Channels in order, conversions, paths without one."""


def _read_paths(file: Path) -> list[_Path]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        return [
            (tuple(row["path"].split(" > ")), int(row["total_conversions"]), int(row["total_null"]))
            for row in csv.DictReader(lines, delimiter=";")
        ]


def _plain_credits(paths: Sequence[_Path]) -> dict[str, dict[str, float]]:
    given: dict[str, defaultdict[str, float]] = {
        rule: defaultdict(float) for rule in ("first", "last", "linear")
    }
    for path, conversions, _ in paths:
        given["first"][path[0]] += conversions
        given["last"][path[-1]] += conversions
        for key in path:
            given["linear"][key] += conversions / len(path)
    keys = {key for path, _, _ in paths for key in path}
    whole = _plain_conversion(paths, without=None)
    lost = {key: 1 - _plain_conversion(paths, without=key) / whole for key in sorted(keys)}
    total = sum(conversions for _, conversions, _ in paths)
    markov = {key: total * lost[key] / sum(lost.values()) for key in lost}
    return {**{rule: {key: found[key] for key in keys} for rule, found in given.items()}, "markov": markov}


def _plain_conversion(paths: Sequence[_Path], *, without: str | None) -> float:
    """Return how likely a walk of the chain converts, by going along it until hardly anybody is left on it."""
    moves: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path, conversions, nulls in paths:
        for source, target in pairwise(("(start)", *path)):
            moves[source][target] += conversions + nulls
        moves[path[-1]]["(conversion)"] += conversions
        moves[path[-1]]["(null)"] += nulls
    there, converted = {"(start)": 1.0}, 0.0
    while sum(there.values()) > 1e-14:  # noqa: PLR2004 - the rounding of numbers
        coming: defaultdict[str, float] = defaultdict(float)
        for source, mass in there.items():
            leaving = sum(moves[source].values())
            for target, n in moves[source].items():
                coming[target] += mass * n / leaving
        converted += coming.pop("(conversion)", 0.0)
        coming.pop("(null)", None)
        if without is not None:
            coming.pop(without, None)
        there = dict(coming)
    return converted


def _bounds(n: int, total: int) -> str:
    interval = wilson(n, total)
    return f"{100 * interval.low:.1f}-{100 * interval.high:.1f} %"
