"""Numbers that tools give again: two versions of a map, pain points after an event, credit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.chat.context import RequestContext
from agent.chat.requests import CompareMaps, ListPainPoints, ShowAttribution
from agent.chat.toolbox import Toolbox
from agent.metrics import compute
from agent.pipeline.map_diff import map_diff
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.snapshots import Snapshots
from agent.pipeline.workspace import Workspace
from tests.agent.chat.conftest import opened
from tests.api.brand import Brand


@pytest.fixture
def two_versions(simulated: Brand, tmp_path: Path) -> Iterator[Workspace]:
    """The brand with an earlier version of its map, of fewer sources and without its first pain point."""
    with opened(simulated, tmp_path) as workspace:
        results = workspace.store.results
        made = results.map(simulated.map_id)
        few = made.provenance.model_copy(
            update={"source_ids": made.provenance.source_ids[:2], "input_sha256": "few"}
        )
        results.save_map(made.model_copy(update={"provenance": few, "pain_points": made.pain_points[1:]}))
        results.save_map(made)
        yield workspace


def test_versions_of_a_map_are_compared_as_the_page_compares_them(
    two_versions: Workspace, simulated: Brand, asked_by: RequestContext
) -> None:
    """One rule: the figures and the verdicts are those of the comparison that the page and the command line show."""
    snapshot = Snapshots(two_versions).refresh()
    result = Toolbox(lambda: snapshot).run(CompareMaps(), context=asked_by)
    versions = two_versions.store.results.map_versions(simulated.map_id)
    found = map_diff(two_versions, simulated.map_id, earlier=versions[-2], later=versions[-1])
    metrics = {one.metric.metric_id: one.metric for one in result.citations if one.metric is not None}
    assert metrics["version.customers.both"].value == found.n_both
    for row, one in zip(result.tables[0].rows, found.pain_points, strict=False):
        assert row.cells[4] == one.shift.verdict
        if one.after is not None:
            assert metrics[f"version.later.{one.pain_point_id}"].quantity == one.after
        if one.shift.difference is not None:
            assert metrics[f"version.change.{one.pain_point_id}"].value == one.shift.difference
    told = " ".join(sentence.text for sentence in result.sentences)
    changed = [one for one in (*found.pain_points, *found.moods) if one.shift.verdict == "changed"]
    assert ("proven to have changed" in told) == (not changed)


def test_pain_points_after_an_event_state_how_they_are_counted(
    brand_snapshot: Snapshot, toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """Their numbers are no reach among everybody, so they do not say that they are one."""
    result = toolbox.run(ListPainPoints(after_event="order completed"), context=asked_by)
    metrics = [one.metric for one in result.citations if one.metric is not None]
    assert metrics
    points = {one.pain_point_id: one for one in brand_snapshot.everybody.pain_points_after("order_completed")}
    for metric in metrics:
        assert metric.query.op == "tool"
        assert metric.quantity == points[metric.metric_id.split(".")[1]].reach
    for metric in (one.metric for one in toolbox.run(ListPainPoints(), context=asked_by).citations):
        if metric is not None and metric.query.op == "theme_reach":
            assert compute(metric.query, brand_snapshot.everybody.corpus).quantity == metric.quantity


def test_attribution_states_how_many_conversions_are_credited(
    brand_snapshot: Snapshot, toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """A share of conversions is told with the number that it is of."""
    result = toolbox.run(ShowAttribution(), context=asked_by)
    found = brand_snapshot.everybody.attribution()
    values = {one.metric.metric_id: one.metric.value for one in result.citations if one.metric is not None}
    assert values["conversions"] == found.n_conversions
    assert values["converting"] == found.n_converting
    assert f"{found.n_conversions:,}" in result.sentences[0].text
