"""Suite `counting`: false alarms, power, coverage and copies of the counting, beside a naive peer.

Most of it draws what customers said without words, so that what was planted is what is counted; the last part goes from
files to ranked pain points. The peer counts messages, drops equal texts, and tests each share by itself.
"""

# SciPy ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from agent.analyse.statistics import persons_needed, quantity, severity_weighted, wilson
from agent.analyse.trends import SIGNIFICANT, Period, compare_periods
from agent.schemas.insight import SEVERITY_WEIGHT
from eval.simulator.voices import CHANNELS, Voices, VoicesPlan, draw_voices
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.suites.counted_once import brand_table, copies_table, hundred_table, loud_table
from eval.suites.texts import REVIEWS
from eval.suites.voiced import POPULATION, figures_of, peer_trend, times_of

_N_MAPS, _N_QUICK_MAPS = 50, 10
_N_POWER_MAPS, _N_QUICK_POWER_MAPS = 40, 8
_N_SPLITS, _N_QUICK_SPLITS = 400, 40
_N_DRAWS, _N_QUICK_DRAWS = 3_000, 400
_SHARES = tuple(float(share) for share in np.geomspace(0.01, 0.2, 20))
_PEER_LEVEL = 0.05
_DELTA = 0.08

_stats: Any = stats

_STEADY = {
    "1,500 persons, steady volume": VoicesPlan(1_500, _SHARES),
    "1,500 persons, volume x 6": VoicesPlan(1_500, _SHARES, growth=6.0),
    "400 persons, most in several months": VoicesPlan(400, _SHARES, several=0.8),
    "2,500 persons, 12 months, volume / 4": VoicesPlan(2_500, _SHARES, n_months=12, growth=0.25),
}
_CHANGED = VoicesPlan(1_500, _SHARES, shift=(12, 0.1), place=15)


def run(options: SuiteOptions) -> SuiteResult:
    """Measure the counting."""
    quick = options.quick
    rng = np.random.default_rng(options.seed)
    tables = [
        _alarm_table(rng, _N_QUICK_MAPS if quick else _N_MAPS),
        _split_table(rng, _N_QUICK_SPLITS if quick else _N_SPLITS),
        _power_table(rng, _N_QUICK_POWER_MAPS if quick else _N_POWER_MAPS),
        _coverage_table(rng, _N_QUICK_DRAWS if quick else _N_DRAWS),
        loud_table(rng),
        hundred_table(rng),
    ]
    notes = [
        f"A change is called proven at an adjusted p below {SIGNIFICANT}; the peer tests each theme at {_PEER_LEVEL}.",
        "Peer: a line through the shares of messages (ordinary t-test), chi-square for places, equal texts dropped but for the first.",
        "Severity weights "
        + ", ".join(f"{level.value} {weight:g}" for level, weight in SEVERITY_WEIGHT.items())
        + ", each person by the worst they say.",
    ]
    reviews = options.data / REVIEWS
    if reviews.is_file():
        tables.append(copies_table(reviews, seed=options.seed, n=100 if quick else 400))
    else:
        notes.append(f"no reviews at {reviews}: copies among real texts not run")
    tables.append(brand_table(options, n_persons=500 if quick else 2_000))
    return SuiteResult("counting", tables, notes)


def shuffled(voices: Voices, rng: np.random.Generator) -> Voices:
    """Return the same with the times of the texts dealt out anew: whatever changed over time does so no more."""
    order = rng.permutation(len(voices.passages))
    moved = [
        replace(passage, at=voices.passages[other].at)
        for passage, other in zip(voices.passages, order, strict=True)
    ]
    return replace(voices, passages=moved)


def _alarm_table(rng: np.random.Generator, n_maps: int) -> Table:
    rows: list[list[Cell]] = []
    total = np.zeros(4, dtype=np.int64)
    n_total = 0
    for name, plan in _STEADY.items():
        alarms = sum((_alarms(draw_voices(plan, rng)) for _ in range(n_maps)), np.zeros(4, dtype=np.int64))
        rows.append([name, n_maps, *_alarm_cells(alarms, n_maps)])
        total += alarms
        n_total += n_maps
    changed = draw_voices(_CHANGED, rng)
    alarms = sum((_alarms(shuffled(changed, rng)) for _ in range(n_maps)), np.zeros(4, dtype=np.int64))
    rows.append(
        ["a brand with a change, its dates shuffled", n_maps, *_alarm_cells(alarms, n_maps, places=False)]
    )
    total[[0, 2]] += alarms[[0, 2]]
    rows.append(["all", n_total + n_maps, *_alarm_cells(total, n_total + n_maps, n_places=n_total)])
    columns = [
        "no real change",
        "maps",
        "ours: any trend",
        "95 %",
        "ours: any place",
        "95 %",
        "peer: any trend",
    ]
    return Table("A/A: share of maps with a false alarm", [*columns, "peer: any place"], rows)


def _alarm_cells(
    alarms: NDArray[np.int64], n_maps: int, *, places: bool = True, n_places: int | None = None
) -> list[Cell]:
    trend, place, peer_trend, peer_place = (int(n) for n in alarms)
    n_places = n_places or n_maps
    return [
        round(trend / n_maps, 3),
        _bounds(trend, n_maps),
        round(place / n_places, 3) if places else None,
        _bounds(place, n_places) if places else None,
        round(peer_trend / n_maps, 3),
        round(peer_place / n_places, 3) if places else None,
    ]


def _bounds(n: int, total: int) -> str:
    found = wilson(n, total)
    return f"{found.low:.3f} to {found.high:.3f}"


def _alarms(voices: Voices) -> NDArray[np.int64]:
    found = figures_of(voices)
    trend = any(of.direction in {"rising", "falling"} for of, _ in found)
    place = any(of.verdict == "concentrated" for _, places in found for of in places)
    themes = np.array(voices.theme_of)
    named = [theme for theme in range(len(voices.themes)) if (themes == theme).sum() >= 20]  # noqa: PLR2004
    at = times_of(voices)
    peer_sees = any(peer_trend(at, themes == theme) < _PEER_LEVEL for theme in named)
    channels = np.array([passage.channel for passage in voices.passages])
    peer_place = any(_peer_place(channels, themes == theme) < _PEER_LEVEL for theme in named)
    return np.array([trend, place, peer_sees, peer_place], dtype=np.int64)


def _peer_place(channels: NDArray[np.str_], said: NDArray[np.bool_]) -> float:
    table = [
        [int(((channels == name) & (said == told)).sum()) for name in CHANNELS] for told in (True, False)
    ]
    return float(_stats.chi2_contingency(table).pvalue)


def _split_table(rng: np.random.Generator, n_splits: int) -> Table:
    """Compare random halves of the same customers, and halves with a planted change at the stated number of customers."""
    voices = draw_voices(VoicesPlan(2_000, _SHARES, n_months=2), rng)
    persons = sorted({passage.person_id for passage in voices.passages})
    said = _persons_by_theme(voices)
    false = peer_false = 0
    for _ in range(n_splits):
        is_first = rng.random(len(persons)) < 0.5  # noqa: PLR2004
        halves = [
            _period({p for p, first in zip(persons, is_first, strict=True) if first is half}, said)
            for half in (np.True_, np.False_)
        ]
        false += any(change.verdict == "changed" for change in compare_periods(*halves).values())
        peer_false += any(_peer_split(halves, theme) < _PEER_LEVEL for theme in said)
    needed = persons_needed(0.05, _DELTA, n_places=2, n_tests=len(_SHARES), level=SIGNIFICANT)
    n_power = max(n_splits // 2, 1)
    found = sum(_finds_change(rng, needed) for _ in range(n_power))
    rows: list[list[Cell]] = [
        ["random halves of the same customers", n_splits, "any changed", round(false / n_splits, 3), _bounds(false, n_splits),
         round(peer_false / n_splits, 3)],
        [f"+8 points on 5 %, {needed} customers a period as stated", n_power, "found", round(found / n_power, 3),
         _bounds(found, n_power), None],
    ]  # fmt: skip
    return Table("Two periods", ["data", "comparisons", "figure", "ours", "95 %", "peer"], rows)


def _persons_by_theme(voices: Voices) -> dict[str, frozenset[str]]:
    person_of = {passage.passage_id: passage.person_id for passage in voices.passages}
    return {theme.theme_id: frozenset(person_of[key] for key in theme.passage_ids) for theme in voices.themes}


def _period(speakers: set[str], said: dict[str, frozenset[str]]) -> Period:
    return Period(
        frozenset(speakers),
        {theme: persons & speakers for theme, persons in said.items() if persons & speakers},
        POPULATION,
    )


def _peer_split(halves: Sequence[Period], theme: str) -> float:
    table = [
        [len(half.said.get(theme, ())), len(half.speakers) - len(half.said.get(theme, ()))] for half in halves
    ]
    return float(_stats.chi2_contingency(table, correction=False).pvalue) if np.sum(table, axis=0)[0] else 1.0


def _finds_change(rng: np.random.Generator, n: int) -> bool:
    shares = np.array((*_SHARES[:-1], 0.05))
    periods: list[Period] = []
    for number in range(2):
        has = rng.random((n, len(shares))) < shares + number * _DELTA * (
            np.arange(len(shares)) == len(shares) - 1
        )
        said = {
            f"t_{theme}": frozenset(f"{number}-{i}" for i in np.flatnonzero(has[:, theme]))
            for theme in range(len(shares))
        }
        periods.append(Period(frozenset(f"{number}-{i}" for i in range(n)), said, POPULATION))
    return compare_periods(*periods)[f"t_{len(shares) - 1}"].verdict == "changed"


def _power_table(rng: np.random.Generator, n_maps: int) -> Table:
    rows: list[list[Cell]] = []
    for share in (0.05, 0.15):
        shares = (*_SHARES[:-1], share)
        stated = persons_needed(share, _DELTA, n_places=6, n_tests=len(shares), level=SIGNIFICANT)
        for n_month in sorted({60, 150, 300, stated}):
            # Persons come once here: with several months each, fewer are needed.
            plan = VoicesPlan(6 * n_month, shares, several=0.0, shift=(len(shares) - 1, _DELTA))
            found = peer = 0
            for _ in range(n_maps):
                voices = draw_voices(plan, rng)
                found += figures_of(voices)[-1][0].direction == "rising"
                is_said = np.array(voices.theme_of) == len(shares) - 1
                peer += peer_trend(times_of(voices), is_said) < _PEER_LEVEL
            rows.append(
                [
                    share,
                    n_month,
                    n_month == stated,
                    round(found / n_maps, 3),
                    _bounds(found, n_maps),
                    round(peer / n_maps, 3),
                ]
            )
    columns = [
        "share before",
        "customers a month",
        "stated as needed",
        "ours: found rising",
        "95 %",
        "peer, alone at 0.05",
    ]
    return Table("+8 points between the halves of six months, 20 themes: power", columns, rows)


def _coverage_table(rng: np.random.Generator, n_draws: int) -> Table:
    rows: list[list[Cell]] = []
    weights = np.array(list(SEVERITY_WEIGHT.values()))
    for n, share, chances in (
        (200, 0.05, (0.2, 0.5, 0.3)),
        (1_000, 0.02, (0.2, 0.5, 0.3)),
        (1_000, 0.10, (0.1, 0.1, 0.8)),
        (5_000, 0.05, (0.6, 0.3, 0.1)),
    ):
        mean = float(weights @ np.array(chances))
        inside = Counter[str]()
        for _ in range(n_draws):
            k = int(rng.binomial(n, share))
            drawn = rng.choice(weights, size=k, p=chances)
            reach = quantity(k, n, POPULATION)
            inside["wilson"] += (reach.low or 0.0) <= share <= (reach.high or 0.0)
            half = 1.96 * np.sqrt(k / n * (1 - k / n) / n)
            inside["wald"] += abs(k / n - share) <= half
            score = severity_weighted(reach, drawn)
            inside["score"] += score is not None and (score.low or 0.0) <= share * mean <= (score.high or 0.0)
            each = np.concatenate([drawn, np.zeros(n - k)])
            inside["normal"] += abs(each.mean() - share * mean) <= 1.96 * each.std() / np.sqrt(n)
        rows.append(
            [n, share, *(round(inside[key] / n_draws, 3) for key in ("wilson", "wald", "score", "normal"))]
        )
    columns = ["persons", "share", "Wilson", "peer: Wald", "severity-weighted reach", "peer: normal"]
    return Table(f"Coverage of 95 % intervals, {n_draws:,} draws", columns, rows)
