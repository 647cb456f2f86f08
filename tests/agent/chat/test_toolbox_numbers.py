"""The numbers that tools tell are those of the pipeline, which the command line prints."""

import pytest

from agent.analyse.funnels import funnel_of, plan_of
from agent.analyse.paths import paths_of
from agent.chat.context import RequestContext
from agent.chat.requests import (
    CountCustomers,
    DraftMap,
    ExplainTerm,
    ListPainPoints,
    ProposeVariants,
    SearchEvidence,
    ShowFunnel,
    ShowPaths,
)
from agent.chat.toolbox import Toolbox
from agent.chat.toolbox.glossary import glossary
from agent.errors import InputError
from agent.pipeline.drafting import current_insight
from agent.pipeline.scoping import open_journeys
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.workspace import Workspace
from agent.schemas.chat import ToolResult

_LEAST_TERMS = 40


def _quantity(result: ToolResult, metric_id: str) -> tuple[int, int]:
    found = next(one.metric for one in result.citations if one.metric and one.metric.metric_id == metric_id)
    assert found.quantity is not None
    return found.quantity.n, found.quantity.total


@pytest.mark.parametrize("where", [{}, {"device_type": "mobile"}])
def test_pain_points_are_those_of_the_command_line(
    brand_workspace: Workspace, toolbox: Toolbox, asked_by: RequestContext, where: dict[str, str]
) -> None:
    """Same order, same reach, also under a filter."""
    expected = current_insight(brand_workspace, where=where).pain_points
    result = toolbox.run(ListPainPoints(where=where, limit=20), context=asked_by)
    told = [row.target.ref for row in result.tables[0].rows if row.target is not None]
    assert told == [one.pain_point_id for one in expected][:8]
    for one in expected[:8]:
        assert _quantity(result, f"reach.{one.pain_point_id}") == (one.reach.n, one.reach.total)


def test_funnel_is_that_of_the_command_line(
    brand_workspace: Workspace, toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """Customers by step are the same."""
    journeys = open_journeys(brand_workspace, plan=brand_workspace.plan, where={}, as_of=None)
    assert journeys is not None
    steps = ("product_added", "order_completed")
    expected = funnel_of(journeys, plan_of(journeys, steps, mode="loose", within=None))
    result = toolbox.run(ShowFunnel(steps=("Product Added", "order completed")), context=asked_by)
    assert [row.cells[1] for row in result.tables[0].rows] == [f"{step.n:,}" for step in expected.steps]
    assert _quantity(result, "funnel.conversion") == (expected.conversion.n, expected.conversion.total)


def test_transitions_are_those_of_the_command_line(
    brand_workspace: Workspace, toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """The most frequent move comes first, with the same counts."""
    journeys = open_journeys(brand_workspace, plan=brand_workspace.plan, where={}, as_of=None)
    assert journeys is not None
    first = paths_of(journeys, limit=5).transitions[0]
    row = toolbox.run(ShowPaths(), context=asked_by).tables[0].rows[0]
    assert row.cells[:3] == (
        first.source.replace("_", " "),
        first.target.replace("_", " "),
        f"{first.persons:,} of {first.leaving:,}",
    )


def test_customers_by_trait_add_up(
    brand_snapshot: Snapshot, toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """Every customer whose device is known is in one row."""
    result = toolbox.run(CountCustomers(by="device_type"), context=asked_by)
    counted = {
        row.cells[0]: int(row.cells[1].split(" of ")[0].replace(",", "")) for row in result.tables[0].rows
    }
    assert counted == dict(brand_snapshot.traits["device_type"])


def test_search_speaks_of_planted_complaints_and_of_nothing_else(
    toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """What customers say is found; what they do not is refused, also where half of its words are said."""
    for said in ("slow shipping", "refund for a return", "emails"):
        assert toolbox.run(SearchEvidence(query=said), context=asked_by).missing is None, said
    for unsaid in (
        "drone delivery",
        "vegan menu",
        "refund in bitcoin",
        "boarding pass",
        "sauna opening hours",
    ):
        missing = toolbox.run(SearchEvidence(query=unsaid), context=asked_by).missing
        assert missing is not None, unsaid
        assert missing.reason == "not_mentioned"


def test_glossary_explains_each_of_its_names(toolbox: Toolbox, asked_by: RequestContext) -> None:
    """Term and synonyms lead to the entry, and there are enough of them."""
    assert len(glossary()) >= _LEAST_TERMS
    for term in glossary():
        result = toolbox.run(ExplainTerm(term=f"What does {term.term} mean?"), context=asked_by)
        assert result.missing is None, term.term
        assert term.definition in result.sentences[0].text


def test_previews_name_what_will_be_made_and_check_it(brand_snapshot: Snapshot) -> None:
    """Names resolve and the scope is one thing, before anybody approves."""
    toolbox = Toolbox(
        lambda: brand_snapshot, checker_of=lambda _workspace: pytest.fail("nothing is checked yet")
    )
    drafted = DraftMap(persona="Mobile customers", journey="First order", goal="buy a tent", purpose="mend")
    proposed = toolbox.preview(drafted.model_copy(update={"where": {"Device type": "MOBILE"}}))
    assert "device type mobile" in proposed.summary
    assert proposed.request == drafted.model_copy(update={"where": {"device_type": "mobile"}})
    with pytest.raises(InputError, match="several"):
        toolbox.preview(drafted.model_copy(update={"persona": "Men and women"}))
    with pytest.raises(InputError, match="planet"):
        toolbox.preview(drafted.model_copy(update={"where": {"planet": "Mars"}}))
    point = brand_snapshot.pain_points[0]
    proposed = toolbox.preview(ProposeVariants(pain_point=point.label))
    assert point.label in proposed.summary
    assert proposed.request == ProposeVariants(pain_point=point.pain_point_id)
    assert toolbox.preview(proposed.request) == proposed
    with pytest.raises(InputError, match="unicorn"):
        toolbox.preview(ProposeVariants(pain_point="unicorn"))


def test_time_between_two_steps_is_that_of_the_funnel_of_both(
    brand_workspace: Workspace, toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """Not the length of whole journeys, whatever was done between."""
    journeys = open_journeys(brand_workspace, plan=brand_workspace.plan, where={}, as_of=None)
    assert journeys is not None
    steps = ("product_added", "checkout_started")
    expected = funnel_of(journeys, plan_of(journeys, steps, mode="loose", within=None)).steps[1]
    request = ShowPaths(aspect="durations", from_step=steps[0], to_step=steps[1])
    result = toolbox.run(request, context=asked_by)
    told = {one.metric.metric_id: one.metric for one in result.citations if one.metric}
    assert told["between.product_added.checkout_started.median"].value == expected.median_s
    assert _quantity(result, "between.product_added.checkout_started.reached") == (
        expected.of_previous.n,
        expected.of_previous.total,
    )
