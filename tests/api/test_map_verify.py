"""Verifying a map whose stored form was altered: every number, quote and name that code made is found out."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.draft.builder import opportunity_claims, opportunity_of
from agent.draft.cells import MAX_CLAIMS, StageFacts, pain_metric, pain_points
from agent.pipeline.drafting import Insight, insight_of
from agent.pipeline.workspace import open_workspace
from agent.schemas.evidence import Metric
from agent.schemas.journey import JourneyMap
from agent.settings import Settings
from agent.verify.claims import MapVerification, verify_map
from agent.verify.quotes import QuoteChecker
from tests.agent.maps import moment
from tests.api.brand import Brand

Body = dict[str, Any]


def _claims(body: Body, lane: str) -> list[Body]:
    """Return a stage's counted claims of a lane."""
    for stage in body["stages"]:
        if stage["cells"][lane][0]["status"] != "unknown" and len(stage["cells"][lane]) > 1:
            return stage["cells"][lane]
    pytest.fail(f"the map has no stage with two claims of {lane}")


def _opportunity_that_counts(body: Body) -> Body:
    """Return a suggestion with an invented number, whether or not the draft suggested anything."""
    pain = JourneyMap.model_validate(body).pain_points[0]
    suggested = opportunity_of(
        "Mend it for 40 % more sales.",
        pain,
        Metric.model_validate(_claims(body, "emotions")[0]["metrics"][0]),
    )
    return suggested.model_dump(mode="json")


ALTERATIONS: dict[str, Callable[[Body], object]] = {
    "count_shown": lambda body: _claims(body, "emotions")[0]["quantity"].update(n=1),
    "interval_shown": lambda body: _claims(body, "emotions")[0]["quantity"].update(low=0.99),
    "claim_of_another_name": lambda body: _claims(body, "emotions")[0]["metrics"][0].update(label="Joy"),
    "claim_left_out": lambda body: _claims(body, "emotions").pop(),
    "claims_turned_round": lambda body: _claims(body, "emotions").reverse(),
    "metric_of_no_operation": lambda body: _claims(body, "emotions")[0]["metrics"][0]["query"].update(op="x"),
    "metric_of_no_field": lambda body: _claims(body, "emotions")[0]["metrics"][0]["query"]["params"].update(
        field="x"
    ),
    "metric_renamed": lambda body: _claims(body, "emotions")[0]["metrics"][0].update(metric_id="x"),
    "pain_point_left_out": lambda body: body["pain_points"].pop(),
    "pain_points_turned_round": lambda body: body["pain_points"].reverse(),
    "pain_point_of_another_name": lambda body: body["pain_points"][0].update(label="Everything is free"),
    "pain_point_of_another_stage": lambda body: body["pain_points"][0].update(stage="advocacy", theme_id="x"),
    "quotes_of_another_pain_point": lambda body: body["pain_points"][0].update(
        evidence=body["pain_points"][-1]["evidence"]
    ),
    "rank_term": lambda body: body["pain_points"][0]["rank"].update(severity=0.01),
    "rank_bound": lambda body: body["pain_points"][0]["rank"].update(low=0.0),
    "rank_stability": lambda body: body["pain_points"][0]["rank"]["stability"].update(share=0.123),
    "trend_month": lambda body: body["pain_points"][0]["trend"]["months"][0]["share"].update(total=9_999),
    "trend_needed": lambda body: body["pain_points"][0]["trend"].update(needed_per_month=7),
    "concentration_verdict": lambda body: body["pain_points"][0]["concentration"][0].update(value="the moon"),
    "concentration_left_out": lambda body: body["pain_points"][0]["concentration"].pop(),
    "friction_share": lambda body: body["pain_points"][0]["friction_shares"]["technical"].update(total=9_999),
    "friction_left_out": lambda body: body["pain_points"][0].pop("friction_shares"),
    "linkage_count": lambda body: body["pain_points"][0]["linkage"].update(n_unlinked=9_999),
    "linkage_left_out": lambda body: body["pain_points"][0].pop("linkage"),
    "agreement_verdict": lambda body: body["pain_points"][0]["linkage"]["agreement"].update(
        verdict="disagree"
    ),
    "agreement_exits": lambda body: body["pain_points"][0]["linkage"]["agreement"].update(exits=[]),
    "moment_invented": lambda body: body["moments"].append(moment().model_dump(mode="json")),
    "copies": lambda body: body["provenance"].update(n_copies=12),
    "curve_without_a_point": lambda body: body["emotion_curve"].pop(),
    "curve_metric": lambda body: body["emotion_curve"][0]["metric"].update(value=0.77),
    "thought_of_nobody": lambda body: body["stages"][0]["cells"].update(
        thoughts=[_claims(body, "emotions")[0] | {"lane": "thoughts", "claim_id": "c_0"}]
    ),
    "opportunity_with_a_number": lambda body: body["opportunities"].append(_opportunity_that_counts(body)),
    "population": lambda body: body["scope"].update(population="all people on earth"),
    "number_of_customers": lambda body: body["provenance"].update(n_persons=1_000_000),
    "number_without_identity": lambda body: body["provenance"].update(n_persons_without_identity=99_999),
    "attribute": lambda body: body["attributes"].update(channels="carrier pigeon"),
    "attribute_left_out": lambda body: body["attributes"].pop("source"),
    "attribute_added": lambda body: body["attributes"].update(accuracy="all of it"),
    "map_id": lambda body: body.update(map_id="map_0123456789ab"),
    "version": lambda body: body.update(version=7),
    "persona": lambda body: body["scope"].update(persona="Everybody"),
    "purpose": lambda body: body["scope"].update(purpose="please the board"),
    "event_population": lambda body: next(
        claim for claim in _claims(body, "metrics") if "events" in claim["quantity"]["population"]
    )["quantity"].update(population="customers who contacted support"),
    "window": lambda body: body["provenance"]["window"].update(start="1999-01-01T00:00:00Z"),
}


@dataclass(frozen=True)
class _Drafted:
    """A map as it is stored, and what the stores say now."""

    body: str
    stored_as: tuple[str, int]
    insight: Insight

    def verify(self, alter: Callable[[Body], object] | None = None) -> MapVerification:
        """Verify the map after an alteration."""
        body = json.loads(self.body)
        if alter is not None:
            alter(body)
        return verify_map(
            JourneyMap.model_validate(body),
            corpus=self.insight.corpus,
            pain_points=self.insight.pain_points,
            moments=self.insight.moments,
            checker=QuoteChecker.over(self.insight.corpus.records.values()),
            stored_as=self.stored_as,
        )


@pytest.fixture(scope="module")
def drafted(brand: Brand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Drafted]:
    """The brand's map and everything to verify it with, read once."""
    home = tmp_path_factory.mktemp("verified") / "home"
    shutil.copytree(brand.home, home, ignore=shutil.ignore_patterns("lock"))
    settings = Settings().model_copy(update={"home": home})
    with open_workspace(settings, now=datetime(2026, 7, 1, tzinfo=UTC), create=False) as workspace:
        stored = workspace.store.results.map(brand.map_id)
        themes = workspace.store.results.themes(stored.provenance.theme_set)
        assert themes is not None
        sources = stored.provenance.source_ids
        insight = insight_of(workspace, themes, where={}, source_ids=sources, plan=workspace.plan)
        yield _Drafted(stored.model_dump_json(), (brand.map_id, 1), insight)


def test_verify_unaltered_map_holds(drafted: _Drafted) -> None:
    """What was drafted comes out the same."""
    assert drafted.verify().holds


@pytest.mark.parametrize("alteration", ALTERATIONS, ids=str)
def test_verify_altered_map_names_a_broken_part(drafted: _Drafted, alteration: str) -> None:
    """Whoever changes the stored map cannot change what a reader sees without verifying finding it."""
    assert drafted.verify(ALTERATIONS[alteration]).broken


def test_opportunity_claims_pain_points_with_one_answer_share_a_claim(drafted: _Drafted) -> None:
    """A suggestion that answers several pain points stands in its cell once and rests on all of them."""
    first = drafted.insight.pain_points[0]
    stage = first.stage or "retention"
    pains = tuple(
        pain.model_copy(update={"stage": stage}) for pain in drafted.insight.pain_points[:MAX_CLAIMS]
    )
    facts = StageFacts(stage, drafted.insight.corpus, pains, lambda _positions, _limit: ())
    metric = pain_metric(first, drafted.insight.corpus)
    opportunities = [opportunity_of("Say it before they ask.", pain, metric) for pain in pains]
    (claim,) = opportunity_claims(facts, pain_points(facts), opportunities)
    assert len(pains) > 1
    assert claim.rests_on == tuple(pain.claim_id for pain in pain_points(facts))
