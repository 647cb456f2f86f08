"""Every tool on a simulated brand: what it returns is cited, checked, bounded and computed again."""

import hashlib
import typing
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.chat import requests as asked
from agent.chat.context import RequestContext
from agent.chat.pictures import draw
from agent.chat.requests import CHANGES, ToolRequest
from agent.chat.toolbox import Toolbox
from agent.errors import InputError
from agent.firewall import fill
from agent.metrics import compute
from agent.pipeline.snapshot import Snapshot
from agent.schemas.chat import PictureKind, SentenceKind, ToolResult
from agent.schemas.insight import Emotion

MOBILE = {"device_type": "mobile"}
MOST_ROWS, MOST_COLUMNS, MOST_QUESTIONS = 8, 5, 3

REQUESTS: tuple[ToolRequest, ...] = (
    asked.SearchEvidence(query="late delivery"),
    asked.SearchEvidence(query="refund", where=MOBILE),
    asked.SearchEvidence(query="submarine licence"),
    asked.ListPainPoints(),
    asked.ListPainPoints(where=MOBILE, after_event="order completed"),
    asked.ListPainPoints(stage="retention", order="reach", limit=20),
    asked.ListPainPoints(trend="falling"),
    asked.ShowPainPoint(name="shipping slow"),
    asked.ShowPainPoint(name="shipping slow", aspect="trend"),
    asked.ListThemes(),
    asked.ListThemes(sentiment="praise"),
    asked.ListThemes(sentiment="complaint", where=MOBILE),
    asked.ShowEmotions(),
    asked.ShowEmotions(stage="retention"),
    asked.ShowEmotions(emotion=Emotion.FRUSTRATED),
    asked.ShowMap(),
    asked.ShowMap(stage="retention"),
    asked.ShowMap(lane="emotions"),
    asked.CompareMaps(),
    *(asked.ShowStage(stage=stage) for stage in ("awareness", "decision", "retention")),
    asked.ListPersonas(),
    *(
        asked.ShowPaths(aspect=aspect)
        for aspect in typing.get_args(asked.ShowPaths.model_fields["aspect"].annotation)
    ),
    asked.ShowPaths(level="stage"),
    asked.ShowPaths(from_step="order completed", where=MOBILE),
    asked.ShowFunnel(),
    asked.ShowFunnel(steps=("product added", "order completed"), within_days=7),
    asked.ShowStageTimes(),
    asked.ShowStageTimes(aspect="skips"),
    asked.ShowRetention(),
    asked.ListMoments(),
    asked.ListMoments(outcome="purchase"),
    asked.ShowTrend(topic="shipping slow"),
    *(asked.ComparePeriods(what=what) for what in ("pain_points", "paths", "stages", "retention", "funnel")),
    *(
        asked.CompareGroups(where=MOBILE, versus={"device_type": "desktop"}, what=what)
        for what in ("pain_points", "paths", "stages", "retention", "funnel")
    ),
    asked.CompareGroups(versus={"device_type": "desktop"}),
    asked.ShowAttribution(),
    asked.ShowValue(),
    asked.Predict(),
    asked.SuggestActions(),
    asked.ListOpportunities(),
    *(asked.CountCustomers(of=of) for of in ("customers", "texts", "events")),
    *(asked.CountCustomers(by=by) for by in ("device type", "channel", "event", "stage")),
    asked.CountCustomers(event="order completed", where=MOBILE),
    asked.DataStatus(),
    asked.ExplainTerm(term="confidence intervals"),
    asked.ShowHelp(),
    *(asked.StateLimit(about=about) for about in typing.get_args(asked.Limit)),
    asked.ListVariants(),
)

Run = typing.Callable[[ToolRequest], ToolResult]


@pytest.fixture(scope="session")
def run(toolbox: Toolbox, asked_by: RequestContext) -> Run:
    """Run a request once, however many tests look at it."""
    kept: dict[str, ToolResult] = {}

    def answer(request: ToolRequest) -> ToolResult:
        key = request.model_dump_json()
        if key not in kept:
            kept[key] = toolbox.run(request, context=asked_by)
        return kept[key]

    return answer


def test_requests_of_every_tool_are_tried() -> None:
    """A tool that is added is tried here too."""
    tools = {
        typing.get_args(kind.model_fields["tool"].annotation)[0]
        for kind in typing.get_args(typing.get_args(ToolRequest)[0])
    }
    assert {request.tool for request in REQUESTS} == tools - CHANGES


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_result_is_cited_bounded_and_filled_by_code(
    run: Run, brand_snapshot: Snapshot, request_: ToolRequest
) -> None:
    """Sentences refill to what they say, names of citations exist, quotes stand in their texts, and sizes are bounded."""
    result = run(request_)
    known = {one.citation_id: one for one in result.citations}
    named = set(
        chain.from_iterable(
            [
                *(one.citations for one in result.sentences),
                *(row.citations for table in result.tables for row in table.rows),
            ]
        )
    )
    assert named == set(known)
    assert list(known) == [f"c{number}" for number in range(1, len(known) + 1)]
    metrics = {one.metric.metric_id: one.metric for one in result.citations if one.metric is not None}
    for sentence in result.sentences:
        if sentence.kind is not SentenceKind.GUIDANCE:
            assert fill(sentence.template, metrics) == sentence.text
        assert "{{" not in sentence.text
    for one in result.citations:
        if one.evidence is not None:
            text = brand_snapshot.records[one.evidence.record_id].text
            assert text[one.evidence.start : one.evidence.end] == one.evidence.quote
            assert hashlib.sha256(text.encode()).hexdigest() == one.evidence.text_sha256
    for table in result.tables:
        assert len(table.rows) <= MOST_ROWS
        assert len(table.columns) <= MOST_COLUMNS
        assert all(len(row.cells) == len(table.columns) for row in table.rows)
    assert len(result.next_questions) <= MOST_QUESTIONS
    if result.missing is not None:
        told = (*result.sentences, *result.citations, *result.tables, *result.pictures)
        assert not told
    else:
        assert result.sentences


@pytest.mark.parametrize(
    "request_",
    [one for one in REQUESTS if one.tool in {"list_pain_points", "list_themes", "show_emotions"}],
    ids=str,
)
def test_metrics_of_registered_operations_are_computed_again(
    run: Run, brand_snapshot: Snapshot, request_: ToolRequest
) -> None:
    """A citation's query gives the number that it shows, on the corpus of its filter."""
    if getattr(request_, "after_event", None) is not None:
        return
    corpus = brand_snapshot.scope(getattr(request_, "where", {})).corpus
    for one in run(request_).citations:
        if one.metric is not None and one.metric.query.op in {
            "theme_reach",
            "stage_sentiment",
            "stage_reading_share",
        }:
            again = compute(one.metric.query, corpus)
            assert (again.value, again.low, again.high) == (one.metric.value, one.metric.low, one.metric.high)


_DRAWN: dict[PictureKind, ToolRequest] = {
    "transitions": asked.ShowPaths(),
    "sankey": asked.ShowPaths(aspect="variants"),
    "funnel": asked.ShowFunnel(),
    "retention": asked.ShowRetention(),
    "stages": asked.ShowStageTimes(),
    "moments": asked.ListMoments(),
    "trend": asked.ShowTrend(topic="shipping slow"),
    "emotion": asked.ShowEmotions(),
    "comparison": asked.CompareGroups(where=MOBILE, versus={"device_type": "desktop"}, what="stages"),
    "attribution": asked.ShowAttribution(),
    "opportunities": asked.ListOpportunities(),
}


@pytest.mark.parametrize("kind", _DRAWN)
def test_pictures_are_drawn_as_svg_with_words(run: Run, brand_snapshot: Snapshot, kind: PictureKind) -> None:
    """Whatever a result names can be drawn, has a title, and holds no script."""
    asked_for = _DRAWN[kind]
    if isinstance(asked_for, asked.ShowTrend):
        asked_for = asked.ShowTrend(topic=brand_snapshot.pain_points[0].label)
    result = run(asked_for)
    if result.missing is not None:
        assert kind in {"moments", "opportunities"}, "this small brand may have none of these alone"
        return
    picture = next(one for one in result.pictures if one.kind == kind)
    svg = draw(brand_snapshot, picture)
    assert svg.startswith("<svg")
    assert "<title" in svg
    assert "<script" not in svg
    assert picture.alt


@pytest.mark.parametrize(
    "request_",
    [
        asked.ListPainPoints(where={"planet": "Mars"}),
        asked.ListPainPoints(where={"device_type": "toaster"}),
        asked.ListPainPoints(stage="nirvana"),
        asked.ListPainPoints(after_event="moon landing"),
        asked.ShowPainPoint(name="unicorn stampede"),
        asked.ShowStage(stage="nirvana"),
        asked.ShowPaths(from_step="moon landing"),
        asked.ShowFunnel(steps=("moon landing", "order completed")),
        asked.ShowRetention(since="moon landing"),
        asked.CountCustomers(by="planet"),
        asked.CountCustomers(event="moon landing"),
        asked.CompareGroups(versus={"planet": "Mars"}),
        asked.ShowTrend(topic="unicorn stampede"),
        asked.ShowMap(map_name="unicorn stampede"),
        asked.ShowMap(lane="ballet"),
        asked.ListMoments(outcome="moon landing"),
        asked.ExplainTerm(term="quux"),
        asked.ListPersonas(name="unicorns"),
        asked.SearchEvidence(query="drone delivery by astronauts"),
        asked.ComparePeriods(at="2026-13-77"),
        asked.ComparePeriods(at="1999-01-01"),
    ],
    ids=str,
)
def test_what_is_not_in_the_data_is_missing_with_what_is_needed(run: Run, request_: ToolRequest) -> None:
    """No guess, no citation, and a way on."""
    result = run(request_)
    assert result.missing is not None
    assert result.missing.statement
    assert result.missing.needed
    assert not result.citations


def test_pain_points_are_found_by_their_label_and_by_their_id(run: Run, brand_snapshot: Snapshot) -> None:
    """Both lead to the same one, with quotes and numbers."""
    point = brand_snapshot.pain_points[0]
    by_label, by_id = (run(asked.ShowPainPoint(name=name)) for name in (point.label, point.pain_point_id))
    assert by_label.missing is None
    assert by_label.sentences == by_id.sentences
    assert point.pain_point_id in {target.ref for target in by_label.targets}
    assert any(one.evidence is not None for one in by_label.citations)


def test_changes_are_refused_by_run(toolbox: Toolbox, asked_by: RequestContext) -> None:
    """Only an approved change changes anything."""
    with pytest.raises(InputError, match="approval"):
        toolbox.run(asked.CheckVariants(variant_set="v"), context=asked_by)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.text(min_size=1, max_size=80),
    key=st.sampled_from(["device_type", "Device Type", "planet", "{{m:x}}", "kind"]),
    value=st.text(max_size=20),
)
def test_any_words_give_a_result_or_what_is_missing(
    toolbox: Toolbox, asked_by: RequestContext, query: str, key: str, value: str
) -> None:
    """Hostile names never break a template and never become a number."""
    for request in (
        asked.SearchEvidence(query=query),
        asked.ShowPainPoint(name=query),
        asked.ShowTrend(topic=query),
        asked.ExplainTerm(term=query),
        asked.ListPainPoints(where={key: value}),
        asked.CountCustomers(by=query),
    ):
        result = toolbox.run(request, context=asked_by)
        assert result.missing is not None or result.sentences
