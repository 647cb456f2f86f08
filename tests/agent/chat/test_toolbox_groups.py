"""Groups that are too small to be told of, and counts of what was asked for."""

import re
from collections import Counter
from itertools import combinations

import pytest

from agent.chat import requests as asked
from agent.chat.context import RequestContext
from agent.chat.requests import CountCustomers, ToolRequest
from agent.chat.toolbox import Toolbox
from agent.draft.claims import MIN_PERSONS
from agent.errors import InputError
from agent.pipeline.snapshot import Snapshot
from agent.schemas.chat import ToolResult
from api.web.views.groups import told_groups


def small_group(snapshot: Snapshot) -> dict[str, str]:
    """Return a filter of two values of which each may be told and both together may not."""
    for one, other in combinations(snapshot.traits, 2):
        for left in snapshot.traits[one]:
            for right in snapshot.traits[other]:
                where = {one: left, other: right}
                if 0 < (snapshot.scope(where).n_persons or 0) < MIN_PERSONS:
                    return where
    pytest.fail("no two values are shared by few customers")


def test_group_of_few_is_told_by_no_tool_and_on_no_page(
    brand_snapshot: Snapshot, toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """Two values that each may be told may name somebody together."""
    where = small_group(brand_snapshot)
    requests: tuple[ToolRequest, ...] = (
        CountCustomers(where=where),
        CountCustomers(where=where, event="order completed"),
        asked.ListPainPoints(where=where),
        asked.ListThemes(where=where),
        asked.SearchEvidence(query="refund", where=where),
        asked.ShowPaths(where=where),
        asked.ShowStage(stage="retention", where=where),
        asked.CompareGroups(where=where, versus={"device_type": "mobile"}),
        asked.CompareGroups(where={"device_type": "mobile"}, versus=where),
    )
    for request in requests:
        result = toolbox.run(request, context=asked_by)
        assert result.missing is not None, request
        assert result.missing.reason == "too_few"
        assert not result.citations
    with pytest.raises(InputError, match="five customers"):
        told_groups(brand_snapshot, where)


def counted(result: ToolResult) -> dict[str, int]:
    """Return the first table of a result by its first column."""
    return {
        row.cells[0]: int(row.cells[1].partition(" of ")[0].replace(",", "")) for row in result.tables[0].rows
    }


def test_texts_by_field_add_up_to_the_texts(
    brand_snapshot: Snapshot, toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """Texts are counted as texts, not as the customers who wrote them."""
    result = toolbox.run(CountCustomers(of="texts", by="kind"), context=asked_by)
    records = brand_snapshot.everybody.corpus.records
    assert counted(result) == Counter(record.kind.value for record in records.values())


def test_events_by_name_and_of_one_name_are_counted_as_events(
    brand_snapshot: Snapshot, toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """Somebody who did a thing twice counts twice."""
    times = brand_snapshot.everybody.times_done
    assert sum(times.values()) == brand_snapshot.everybody.n_events
    by_name = toolbox.run(CountCustomers(of="events", by="event"), context=asked_by)
    assert all(n == times[name.replace(" ", "_")] for name, n in counted(by_name).items())
    one = toolbox.run(CountCustomers(of="events", event="order completed"), context=asked_by)
    assert [c.metric.value for c in one.citations if c.metric] == [times["order_completed"]]


def test_customers_who_did_something_are_counted_by_trait_among_themselves(
    brand_snapshot: Snapshot, toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """Both parts of the question are answered at once."""
    result = toolbox.run(CountCustomers(event="order completed", by="device_type"), context=asked_by)
    did = brand_snapshot.everybody.who_did("order_completed")
    persons = brand_snapshot.stock.persons_by("device_type")
    expected = {value: len(who & did) for value, who in persons.items()}
    assert counted(result) == {value: n for value, n in expected.items() if n >= MIN_PERSONS}


@pytest.mark.parametrize(
    "request_",
    [
        CountCustomers(of="texts", by="event"),
        CountCustomers(of="texts", by="stage"),
        CountCustomers(of="texts", event="order completed"),
        CountCustomers(of="events", by="device_type"),
        CountCustomers(of="events", by="event", event="order completed"),
        CountCustomers(event="order completed", by="stage"),
    ],
)
def test_count_that_is_not_kept_is_said_to_be_unknown(
    toolbox: Toolbox, asked_by: RequestContext, request_: CountCustomers
) -> None:
    """No part of a question is dropped in silence."""
    result = toolbox.run(request_, context=asked_by)
    assert result.missing is not None
    assert result.missing.reason == "not_measured"
    assert result.next_questions


def test_compared_groups_that_are_both_unknown_are_both_named(
    toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """Who asks again need not run into the second."""
    request = asked.CompareGroups(where={"city": "Atlantis"}, versus={"channel": "telegraph"})
    missing = toolbox.run(request, context=asked_by).missing
    assert missing is not None
    assert "Atlantis" in missing.statement
    assert "telegraph" in missing.statement


def test_compared_groups_that_do_not_differ_are_told_with_their_counts(
    toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """Names are words, no filters, and each side says of how many it is."""
    steps = ("product added", "order completed")
    request = asked.CompareGroups(
        where={"device_type": "mobile"}, versus={"device_type": "desktop"}, what="funnel", steps=steps
    )
    result = toolbox.run(request, context=asked_by)
    said = " ".join(one.text for one in result.sentences)
    assert "device type mobile" in said
    assert "device_type=" not in result.model_dump_json(exclude={"citations"})
    assert re.search(r"\d+ of \d+ customers", said)
    assert all(re.search(r"\(\d[\d,]* of \d[\d,]*\)", cell) for cell in result.tables[0].rows[0].cells[1:3])
