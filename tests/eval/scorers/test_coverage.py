"""Coverage: planted and found pain points are matched by persons, never by labels."""

from datetime import UTC, datetime

import pytest

from agent.analyse.statistics import quantity
from agent.errors import InputError
from agent.schemas.insight import PainPoint, RankTerms, Severity, Trend
from eval.scorers.coverage import score_coverage
from eval.simulator import BrandTruth, PainTruth, PersonTruth

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def _truth(**prevalence: float) -> BrandTruth:
    pains = [
        PainTruth.model_construct(pain_point_id=name, prevalence=share, severity=Severity.ANNOYS)
        for name, share in prevalence.items()
    ]
    return BrandTruth.model_construct(pain_points=pains)


def _persons(voiced: dict[str, list[str]]) -> list[PersonTruth]:
    return [PersonTruth.model_construct(customer_id=name, voiced=pains) for name, pains in voiced.items()]


def _point(theme_id: str, label: str, n: int, total: int) -> PainPoint:
    reach = quantity(n, total, "customers")
    return PainPoint(
        pain_point_id="pp_" + theme_id,
        label=label,
        definition="",
        stage=None,
        severity=Severity.ANNOYS,
        severity_shares={},
        reach=reach,
        trend=Trend(direction="unknown", change_per_month=None),
        rank=RankTerms(reach=0, severity=0, score=0),
        evidence=(),
        theme_id=theme_id,
    )


def test_score_matches_by_members_and_ignores_labels() -> None:
    """Labels are swapped on purpose; the members decide."""
    persons = _persons({f"a{i}": ["late"] for i in range(10)} | {f"b{i}": ["code"] for i in range(5)})
    points = [_point("t1", "code", 10, 100), _point("t2", "late", 5, 100)]
    members = {"t1": {f"a{i}" for i in range(10)}, "t2": {f"b{i}" for i in range(5)}}
    score = score_coverage(_truth(late=0.1, code=0.05), persons, points, members)
    assert [(row.pain_point_id, row.theme_id, row.precision, row.recall) for row in score.planted] == [
        ("late", "t1", 1.0, 1.0),
        ("code", "t2", 1.0, 1.0),
    ]
    assert score.covered_share() == 1.0
    assert score.unmatched == ()


def test_score_of_a_merged_theme_leaves_the_smaller_one_unfound() -> None:
    """Two planted pain points in one theme: one is found with the share too high, the other is not."""
    persons = _persons({f"a{i}": ["late"] for i in range(60)} | {f"b{i}": ["code"] for i in range(20)})
    both = {person.customer_id for person in persons}
    score = score_coverage(_truth(late=0.06, code=0.02), persons, [_point("t1", "x", 80, 1000)], {"t1": both})
    late, code = score.planted
    assert late.precision == 0.75
    assert late.share_error == pytest.approx(0.02)
    assert late.covers is False
    assert not code.found
    assert score.found_share() == 0.5
    assert score.found_share(least_prevalence=0.05) == 1.0


def test_score_of_nothing_found_is_nothing() -> None:
    """No found pain points: none found, no covered share; missing members are an error."""
    score = score_coverage(_truth(late=0.1), _persons({"a": ["late"]}), [], {})
    assert score.found_share() == 0.0
    assert score.covered_share() is None
    with pytest.raises(InputError):
        score_coverage(_truth(late=0.1), _persons({"a": ["late"]}), [_point("t1", "x", 1, 2)], {})
