"""Pain points: persons are counted, not messages; every term of the rank is shown."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyse.copies import WrittenText, find_copies
from agent.analyse.pain_points import rank_pain_points
from agent.analyse.statistics import reach_quantity
from agent.analyse.themes import ThemeSet
from agent.errors import InputError
from agent.schemas.insight import Friction, PainPoint, Reading, Severity, Theme
from agent.schemas.records import Passage
from agent.testing import HashEncoder
from tests.agent.analyse.theme_corpus import START, passage, reading

POPULATION = "customers who wrote a review"


def _theme(theme_id: str, passages: list[Passage]) -> Theme:
    ids = tuple(p.passage_id for p in passages)
    return Theme(
        theme_id=theme_id,
        label="Late",
        definition="Late.",
        stage=None,
        terms=("late",),
        passage_ids=ids,
        core_passage_ids=ids[:1],
    )


def _rank(
    themes: list[Theme], passages: list[Passage], readings: list[Reading], *, n_scope: int
) -> list[PainPoint]:
    persons = {p.person_id for p in passages}
    persons |= {f"silent{i}" for i in range(n_scope - len(persons))}
    vectors = HashEncoder(64).encode([p.text for p in passages])
    return rank_pain_points(
        ThemeSet(tuple(themes), {}, 0.0),
        passages,
        readings,
        vectors,
        persons_in_scope=persons,
        population=POPULATION,
    )


def _late(n_persons: int, prefix: str = "p") -> list[Passage]:
    return [
        passage(
            f"{prefix}r{i}", f"{prefix}{i}", f"The parcel number {i} came late", START + timedelta(days=i)
        )
        for i in range(n_persons)
    ]


def test_reach_counts_a_person_with_fifty_messages_once() -> None:
    """Eight persons, one of them very loud, are eight of forty."""
    passages = [*_late(8), *(passage(f"loud{i}", "p0", f"Late again, {i}!") for i in range(50))]
    point = _rank(
        [_theme("t_1", passages)], passages, [reading(p, complaint=True) for p in passages], n_scope=40
    )[0]
    assert (point.reach.n, point.reach.total, point.reach.population) == (8, 40, POPULATION)
    assert point.reach == reach_quantity(8, 40, POPULATION)
    assert point.behaviour == ()


def test_severity_is_the_worst_a_person_says_and_rank_is_reach_times_severity() -> None:
    """Three blocked, five annoyed: mostly annoying, mean weight (3 x 1.0 + 5 x 0.3) / 8."""
    passages = [*_late(8), passage("again", "p0", "I cannot use it at all")]
    levels = [Severity.BLOCKED] * 3 + [Severity.ANNOYS] * 5 + [Severity.ANNOYS]
    readings = [reading(p, complaint=True, severity=level) for p, level in zip(passages, levels, strict=True)]
    point = _rank([_theme("t_1", passages)], passages, readings, n_scope=16)[0]
    assert point.severity is Severity.ANNOYS
    assert {level: share.n for level, share in point.severity_shares.items()} == {
        Severity.BLOCKED: 3,
        Severity.COSTS_EFFORT: 0,
        Severity.ANNOYS: 5,
    }
    assert point.rank.severity == pytest.approx(4.5 / 8)
    assert point.rank.score == pytest.approx(0.5 * 4.5 / 8)


def test_friction_shares_count_each_customer_once_a_kind() -> None:
    """Eight persons: one says two kinds, one says one kind twice, one no kind at all."""
    passages = [*_late(8), passage("r0b", "p0", "I do not get it"), passage("r1b", "p1", "It broke again")]
    kinds = [Friction.TECHNICAL] * 7 + [None, Friction.COMPREHENSION, Friction.TECHNICAL]
    readings = [
        replace(reading(p, complaint=True), friction=kind) for p, kind in zip(passages, kinds, strict=True)
    ]
    point = _rank([_theme("t_1", passages)], passages, readings, n_scope=16)[0]
    assert {kind: (share.n, share.total) for kind, share in point.friction_shares.items()} == {
        Friction.TECHNICAL: (7, 8),
        Friction.COMPREHENSION: (1, 8),
        Friction.HANDOFF: (0, 8),
    }


def test_below_five_persons_nothing_is_reported() -> None:
    """Four persons are no pain point, five are."""
    passages = _late(9)
    themes = [_theme("t_four", passages[:4]), _theme("t_five", passages[4:])]
    points = _rank(themes, passages, [reading(p, complaint=True) for p in passages], n_scope=9)
    assert [point.theme_id for point in points] == ["t_five"]


def test_points_are_ranked_by_score_and_scope_is_kept() -> None:
    """The larger one comes first; passages of persons outside the scope do not count."""
    small, large = _late(6, "s"), _late(12, "l")
    passages = [*small, *large]
    vectors = HashEncoder(64).encode([p.text for p in passages])
    points = rank_pain_points(
        ThemeSet((_theme("t_small", small), _theme("t_large", large)), {}, 0.0),
        passages,
        [reading(p, complaint=True) for p in passages],
        vectors,
        persons_in_scope={p.person_id for p in passages} - {"l0"},
        population=POPULATION,
    )
    assert [(point.theme_id, point.reach.n, point.reach.total) for point in points] == [
        ("t_large", 11, 17),
        ("t_small", 6, 17),
    ]


def test_trend_of_a_rising_complaint_is_rising_and_of_few_persons_unknown() -> None:
    """A share that climbs from a tenth to a half over six months is rising; eight persons tell nothing."""
    rng = np.random.default_rng(2)
    everybody = [
        passage(
            f"r{i}", f"p{i}", f"Something about parcel {i}", START + timedelta(days=int(rng.integers(0, 175)))
        )
        for i in range(600)
    ]
    risen = [
        p for p in everybody if p.at is not None and rng.random() < 0.1 + 0.4 * (p.at - START).days / 175
    ]
    themes = [_theme("t_up", risen), _theme("t_few", everybody[:8])]
    points = {
        p.theme_id: p
        for p in _rank(themes, everybody, [reading(p, complaint=True) for p in everybody], n_scope=600)
    }
    up = points["t_up"].trend
    assert up.direction == "rising"
    assert up.change_per_month is not None
    assert 3 < up.change_per_month < 11
    assert points["t_few"].trend.direction == "unknown"
    assert points["t_few"].trend.reason


def test_uneven_input_refuses() -> None:
    """One reading a passage."""
    passages = _late(6)
    with pytest.raises(InputError):
        _rank([_theme("t_1", passages)], passages, [], n_scope=6)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 50))
def test_further_messages_of_one_person_change_no_count(n_more: int) -> None:
    """Fifty messages more: reach, severity, rank, trend and places stay as they were."""
    quiet = _late(30)
    loud = [*quiet, *(replace(quiet[0], passage_id=f"{quiet[0].passage_id}~{i}") for i in range(n_more))]
    levels = (Severity.BLOCKED, Severity.ANNOYS)

    def ranked(passages: list[Passage]) -> PainPoint:
        readings = [reading(p, complaint=True, severity=levels[int(p.person_id[1:]) % 2]) for p in passages]
        return _rank([_theme("t_1", passages)], passages, readings, n_scope=60)[0]

    before, after = ranked(quiet), ranked(loud)
    for name in ("reach", "severity_shares", "friction_shares", "rank", "trend", "concentration"):
        assert getattr(after, name) == getattr(before, name), name


def test_copies_of_one_text_do_not_make_a_pain_point() -> None:
    """A hundred postings of one text, folded, are one customer: under the floor, and no other count moves."""
    real = _late(12)
    same = "The zinc watering can leaked from its seam on the first morning and nobody took it back."
    posted = [passage(f"c{i}", f"bot{i}", same, START + timedelta(days=i)) for i in range(100)]
    everyone = [*real, *posted]
    copies = find_copies(WrittenText(p.record_id, p.person_id, p.at, p.text) for p in everyone)
    counted = [replace(p, person_id=copies.person_of.get(p.record_id, p.person_id)) for p in everyone]
    assert copies.n_copies == 99
    themes = [_theme("t_real", real), _theme("t_posted", posted)]
    points = _rank(themes, counted, [reading(p, complaint=True) for p in counted], n_scope=40)
    assert [(point.theme_id, point.reach.n) for point in points] == [("t_real", 12)]
