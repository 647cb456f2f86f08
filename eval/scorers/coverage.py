"""Compares found pain points with planted ones, matched by the persons behind them and never by their labels."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize

from agent.errors import InputError
from agent.schemas.insight import SEVERITY_WEIGHT, PainPoint
from eval.simulator.truth import BrandTruth, PersonTruth

# SciPy ships no types.
_optimize: Any = optimize

LEAST_OVERLAP = 0.5
"""F1 of the persons from which a planted pain point counts as found."""


@dataclass(frozen=True, slots=True)
class PlantedScore:
    """How one planted pain point was found; everything after `planted_rank` is None where it was not."""

    pain_point_id: str
    prevalence: float
    n_voiced: int
    """Persons who voiced it, from the truth."""
    planted_rank: int
    """Place by prevalence x severity weight among the planted, from 1."""
    theme_id: str | None = None
    label: str | None = None
    found_rank: int | None = None
    """Place of the match among all found pain points, from 1."""
    precision: float | None = None
    """Share of the found persons who voiced it."""
    recall: float | None = None
    """Share of the persons who voiced it that were found."""
    share_error: float | None = None
    """Found share minus planted prevalence."""
    covers: bool | None = None
    """Whether the interval of reach holds the planted prevalence."""

    @property
    def found(self) -> bool:
        """Whether a pain point of its own was matched to it."""
        return self.theme_id is not None


@dataclass(frozen=True, slots=True)
class CoverageScore:
    """All planted pain points, most frequent first, and the found ones that match none."""

    planted: tuple[PlantedScore, ...]
    unmatched: tuple[str, ...]
    """Labels of found pain points that match no planted one: splits, or made up."""

    def found_share(self, *, least_prevalence: float = 0.0) -> float | None:
        """Return the share of planted pain points at least so frequent that were found; None where there are none."""
        meant = [row for row in self.planted if row.prevalence >= least_prevalence]
        return sum(row.found for row in meant) / len(meant) if meant else None

    def covered_share(self) -> float | None:
        """Return the share of the found ones whose interval holds the planted prevalence; None where none was found."""
        covers = [row.covers for row in self.planted if row.covers is not None]
        return sum(covers) / len(covers) if covers else None


def score_coverage(
    truth: BrandTruth,
    persons: Sequence[PersonTruth],
    points: Sequence[PainPoint],
    members: Mapping[str, Collection[str]],
) -> CoverageScore:
    """Match found pain points to planted ones and compare.

    Args:
        truth: What was planted.
        persons: Each person's truth.
        points: Found pain points, in the order of their rank.
        members: Customers, as the truth names them, by theme id of the found pain points.

    Raises:
        InputError: A found pain point has no members.
    """
    missing = [point.theme_id for point in points if point.theme_id not in members]
    if missing:
        msg = f"no members for the themes {missing!r}"
        raise InputError(msg, hint="Give the customers behind every found pain point.")
    voiced = {
        planted.pain_point_id: {p.customer_id for p in persons if planted.pain_point_id in p.voiced}
        for planted in truth.pain_points
    }
    found = [set(members[point.theme_id]) for point in points]
    overlaps = np.array([[_overlap(who, group) for group in found] for who in voiced.values()])
    matched: dict[int, int] = {}
    if overlaps.size:
        for i, j in zip(*_optimize.linear_sum_assignment(-overlaps), strict=True):
            if overlaps[i, j] >= LEAST_OVERLAP:
                matched[int(i)] = int(j)
    order = sorted(truth.pain_points, key=lambda p: -p.prevalence * SEVERITY_WEIGHT[p.severity])
    rank = {planted.pain_point_id: place for place, planted in enumerate(order, start=1)}
    rows: list[PlantedScore] = []
    for i, planted in enumerate(truth.pain_points):
        who = voiced[planted.pain_point_id]
        row = PlantedScore(planted.pain_point_id, planted.prevalence, len(who), rank[planted.pain_point_id])
        rows.append(
            _matched(row, points[matched[i]], matched[i], who, found[matched[i]]) if i in matched else row
        )
    rows.sort(key=lambda row: (-row.prevalence, row.pain_point_id))
    spare = set(range(len(points))) - set(matched.values())
    return CoverageScore(tuple(rows), tuple(points[j].label for j in sorted(spare)))


def _overlap(first: set[str], second: set[str]) -> float:
    return 2 * len(first & second) / (len(first) + len(second)) if first or second else 0.0


def _matched(row: PlantedScore, point: PainPoint, place: int, who: set[str], found: set[str]) -> PlantedScore:
    reach = point.reach
    share = reach.share if reach.share is not None else float("nan")
    low, high = reach.low if reach.low is not None else 1.0, reach.high if reach.high is not None else 0.0
    return PlantedScore(
        row.pain_point_id,
        row.prevalence,
        row.n_voiced,
        row.planted_rank,
        theme_id=point.theme_id,
        label=point.label,
        found_rank=place + 1,
        precision=len(who & found) / len(found),
        recall=len(who & found) / len(who),
        share_error=share - row.prevalence,
        covers=low <= row.prevalence <= high,
    )
