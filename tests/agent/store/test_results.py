"""Results, readings and caches: what was saved comes back, in versions."""

from datetime import timedelta
from typing import cast

import numpy as np
import pytest

from agent.errors import NotFoundError, SchemaError
from agent.ports import CallLog
from agent.schemas.creative import Copy, VariantSet
from agent.schemas.evidence import Claim, ClaimStatus, Lane, Metric, MetricQuery, Quantity
from agent.schemas.insight import PainPoint, RankTerms, Severity, Theme, Trend
from agent.schemas.journey import EmotionPoint, JourneyMap, Provenance, Scope, Stage, Window
from agent.store import Store
from agent.store.results import StoredThemes
from agent.store.tables import documents
from tests.agent.store.builders import NOW, add_persons, reading, record

_NOBODY = Quantity(n=0, total=0, share=None, low=None, high=None, population="customers")


def _theme(label: str = "Late parcels") -> Theme:
    return Theme(
        theme_id="t_1",
        label=label,
        definition="d",
        stage=None,
        terms=("late",),
        passage_ids=("a", "b"),
        core_passage_ids=("a",),
    )


def _pain_point(name: str, label: str = "Late parcels") -> PainPoint:
    return PainPoint(
        pain_point_id=f"pp_{name}",
        label=label,
        definition="d",
        stage="retention",
        severity=Severity.BLOCKED,
        severity_shares={Severity.BLOCKED: _NOBODY},
        reach=_NOBODY,
        trend=Trend(direction="unknown", change_per_month=None, reason="no times"),
        rank=RankTerms(reach=0.5, severity=1.0, score=0.5),
        evidence=(),
        theme_id="t_1",
    )


def _map(persona: str = "everybody") -> JourneyMap:
    metric = Metric(
        metric_id="m", label="l", definition="d", unit="score", value=None, query=MetricQuery(op="mean")
    )
    unknown = {
        lane: (
            Claim(claim_id=lane.value, lane=lane, status=ClaimStatus.UNKNOWN, statement="?", template="?"),
        )
        for lane in Lane
    }
    return JourneyMap(
        map_id="map_1",
        type="current",
        scope=Scope(persona=persona, journey="j", goal="g", purpose="u", population="customers"),
        stages=(Stage(name="retention", cells=unknown),),
        emotion_curve=(
            EmotionPoint(stage="retention", valence=None, low=None, high=None, n_persons=0, metric=metric),
        ),
        pain_points=(_pain_point("1"),),
        opportunities=(),
        moments=(),
        drafted_at=NOW,
        provenance=Provenance(
            window=Window(start=None, end=NOW),
            code_version="0",
            writer="w",
            encoder="e",
            reader="r-1",
            theme_set=1,
            source_ids=("s_1",),
            input_sha256="",
            sources=(),
            n_records=0,
            n_persons=0,
            n_persons_without_identity=0,
            seed=0,
        ),
    )


def test_map_gets_a_version_for_each_change_and_none_for_a_repetition(store: Store) -> None:
    """A map drafted again on the same data is the version that is there; a changed one is the next."""
    first = store.results.save_map(_map())
    again = store.results.save_map(_map().model_copy(update={"drafted_at": NOW + timedelta(days=1)}))
    second = store.results.save_map(_map("families"))
    assert (first.version, again, second.version) == (1, first, 2)
    assert store.results.map("map_1") == second
    assert store.results.map("map_1", 1) == first == _map()
    assert store.results.map_versions("map_1") == [1, 2]
    assert list(store.results.maps()) == [second]
    for version in (3, 0):
        with pytest.raises(NotFoundError, match="map_1"):
            store.results.map("map_1", version)
    assert store.results.map_versions("none") == []


def test_pain_points_of_the_last_run_are_current_and_older_ones_stay_findable(store: Store) -> None:
    """A variant may rest on a pain point that a later run does not have any more."""
    assert store.results.pain_points() == ()
    assert store.results.save_pain_points([_pain_point("b"), _pain_point("a")], now=NOW) == 1
    assert store.results.save_pain_points([_pain_point("b", "Lost parcels")], now=NOW) == 2
    assert [each.label for each in store.results.pain_points()] == ["Lost parcels"]
    assert [each.pain_point_id for each in store.results.pain_points(1)] == ["pp_b", "pp_a"]
    assert store.results.pain_point("pp_b").label == "Lost parcels"
    assert store.results.pain_point("pp_a") == _pain_point("a")
    with pytest.raises(NotFoundError, match="pp_c"):
        store.results.pain_point("pp_c")


def _stored(themes: list[Theme], assignments: dict[str, str], *, unassigned_share: float) -> StoredThemes:
    return StoredThemes(
        themes=tuple(themes), assignments=assignments, unassigned_share=unassigned_share, input_sha256="0"
    )


def test_themes_come_back_with_assignments_by_version(store: Store) -> None:
    """The last theme set is the one new runs take labels over from."""
    assert store.results.save_themes(_stored([_theme()], {"a": "t_1"}, unassigned_share=0.5), now=NOW) == 1
    assert (
        store.results.save_themes(
            _stored([_theme()], {"a": "t_1"}, unassigned_share=0.5), now=NOW + timedelta(1)
        )
        == 1
    )
    assert store.results.save_themes(_stored([_theme("Lost")], {}, unassigned_share=1.0), now=NOW) == 2
    first, latest = store.results.themes(1), store.results.themes()
    assert first is not None
    assert latest is not None
    assert (first.themes, first.assignments, first.unassigned_share) == ((_theme(),), {"a": "t_1"}, 0.5)
    assert latest.themes[0].label == "Lost"


def test_variant_set_saved_again_after_a_check_is_the_current_one(store: Store) -> None:
    """The verdicts come later than the drafts, under the same id."""
    drafted = VariantSet(
        variant_set_id="v_1",
        pain_point_id="pp_1",
        control=Copy(channel="email", slots={"subject": "Hello"}),
        control_id="c_1",
        variants=(),
        drafted_at=NOW,
    )
    checked = drafted.model_copy(update={"control_id": "c_2"})
    assert [store.results.save_variant_set(each) for each in (drafted, checked, checked)] == [1, 2, 2]
    assert store.results.variant_set("v_1") == checked
    assert list(store.results.variant_sets()) == [checked]
    for missing in (store.results.variant_set, store.results.certificate):
        with pytest.raises(NotFoundError, match="v_0"):
            missing("v_0")


def test_document_of_another_shape_is_a_schema_error(store: Store) -> None:
    """A stored document that does not fit says so instead of failing somewhere later."""
    store.results.save_map(_map())
    with store.transaction():
        store.results._db.execute(store.results._db.update(documents).values(body='{"map_id": 3}'))  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(SchemaError, match="map_1"):
        store.results.map("map_1")


def test_readings_of_versions_are_apart_and_replaced_within_one(store: Store) -> None:
    """A new version of the reader reads everything again; the same version replaces."""
    add_persons(store, "p_a")
    store.records.add([record("1"), record("2")])
    store.readings.add("v1", [reading("2"), reading("1")])
    store.readings.add("v1", [reading("1", sentiment=0.9)])
    store.readings.add("v2", [reading("1")])
    assert list(store.readings.iter("v1")) == [reading("1", sentiment=0.9), reading("2")]
    assert [each.record_id for each in store.readings.iter("v1", record_ids=["r_2", "r_3"])] == ["r_2"]
    assert (store.readings.count("v1"), store.readings.count("v2"), store.readings.count("v3")) == (2, 1, 0)
    store.readings.drop("v1", ["r_1"])
    assert store.readings.passage_ids("v1") == {"r_2:0-5"}
    assert store.readings.count("v2") == 1


def test_vectors_come_back_bit_by_bit_and_models_are_apart(store: Store) -> None:
    """A vector that was computed once is the same later; another model's is another."""
    digests = [f"{number:064x}" for number in range(2000)]
    vectors = np.random.default_rng(0).standard_normal((2000, 8)).astype(np.float32)
    store.vectors.add("m1", digests, vectors)
    store.vectors.add("m1", digests[:1], vectors[1:2])
    store.vectors.add("m2", digests[:1], vectors[1:2])
    found = store.vectors.get("m1", [*digests, "ff" * 32])
    assert set(found) == set(digests)
    assert all(np.array_equal(found[digest], vector) for digest, vector in zip(digests, vectors, strict=True))
    assert np.array_equal(store.vectors.get("m2", digests)[digests[0]], vectors[1])
    assert store.vectors.count("m1") == 2000
    with pytest.raises(ValueError, match="zip"):
        store.vectors.add("m1", digests[:2], vectors[:1])


def test_model_calls_answer_identical_requests_and_log_failed_ones(store: Store) -> None:
    """A failed call is in the log and answers nothing; its success replaces it."""
    log = cast("CallLog", store.model_calls)
    log.put("k", "asked", "", 5, 0)
    assert log.get("k") is None
    assert [call.request for call in store.model_calls.iter()] == ["asked"]
    log.put("k", "asked", "said", 5, 2)
    assert log.get("k") == "said"
    assert log.get("other") is None
    assert store.model_calls.count() == 1
