"""Maps as people see and work on them: list, new, grid, evidence, comments, approval, versions, files, plans."""

import re
from typing import Any

import pytest

from agent.schemas.accounts import Role
from agent.schemas.evidence import ClaimStatus, Lane
from tests.agent.maps import HOSTILE, journey_map
from tests.api.web.harmless import faults_of
from tests.api.web.map_site import MAPS, job_of, map_of
from tests.api.web.site import Site, Visitor, words_of


def _seen(page: str, action: str) -> str:
    """Return the version of the note that a form of the page was made from."""
    form = re.search(rf'action="[^"]*/{action}".*?</form>', page, flags=re.DOTALL)
    assert form is not None, f"the page has no form {action}"
    found = re.search(r'name="seen" value="(\d+)"', form[0])
    assert found is not None
    return found[1]


def test_list_shows_owner_review_approval_and_share_of_cells_with_evidence(read_site: Site) -> None:
    """A row says who looks after a map, until when, how far it is approved and how much of it rests on evidence."""
    shown = words_of(read_site.client_of(Role.VIEWER).get(MAPS).text)
    assert "draft" in shown
    assert re.search(r"\d+ of 40", shown)
    assert "nobody yet" in shown
    assert "New map" not in shown


def test_map_page_states_each_claim_with_its_status_and_a_way_to_its_evidence(read_site: Site) -> None:
    """Every claim of the grid is a link to what stands behind it, and says in a word what it rests on."""
    made = map_of(read_site)
    text = read_site.client_of(Role.VIEWER).get(f"{MAPS}/{made.map_id}").text
    claims = [claim for stage in made.stages for cell in stage.cells.values() for claim in cell]
    for claim in claims:
        assert f"/claims/{claim.claim_id}" in text
    shown = words_of(text)
    for status in {claim.status for claim in claims}:
        assert status.value in shown
    assert made.scope.population in shown
    assert "granularity" in shown
    assert faults_of(text) == []


def test_claim_shows_quotes_counts_interval_and_definition_as_page_and_as_part(read_site: Site) -> None:
    """One step leads from a cell to its evidence: beside the map for htmx, on a page of its own without script."""
    made = map_of(read_site)
    claim = next(
        claim for stage in made.stages for claim in stage.cells[Lane.PAIN_POINTS]
        if claim.status is ClaimStatus.OBSERVED
    )  # fmt: skip
    visitor = read_site.client_of(Role.VIEWER)
    address = f"{MAPS}/{made.map_id}/claims/{claim.claim_id}"
    whole, part = visitor.get(address).text, visitor.get(address, hx_request="true").text
    for text in (whole, part):
        shown = words_of(text)
        assert "95 % interval" in shown
        assert claim.metrics[0].definition in shown
        assert f"{claim.quantity.n:,} of {claim.quantity.total:,}" in shown if claim.quantity else True
        assert f"/evidence/{claim.evidence[0].record_id}?start={claim.evidence[0].start}" in text
    assert "<html" in whole
    assert "<html" not in part
    assert visitor.get(f"{MAPS}/{made.map_id}/claims/c_none").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [("persona", "families and students", "names several"), ("goal", "  ", "is empty"), ("trait", "x", "not of the form")],
)  # fmt: skip
def test_new_map_of_a_plural_or_empty_scope_is_refused_with_the_reason(
    read_site: Site, field: str, value: str, reason: str
) -> None:
    """The form comes back filled in, with what to do."""
    scope = {
        "persona": "Families",
        "journey": "First order",
        "goal": "gear that fits",
        "purpose": "mend",
        "trait": "",
    }
    answer = read_site.client_of().post(f"{MAPS}/new", {**scope, field: value})
    assert answer.status_code == 422
    shown = words_of(answer.text)
    assert reason in shown
    assert 'value="First order"' in answer.text


def test_new_map_drafts_in_a_job_that_leads_to_it(site: Site) -> None:
    """What was drafted stands in the list."""
    scope = {
        "persona": "Returning customers",
        "journey": "Second order",
        "goal": "gear that lasts",
        "purpose": "mend",
    }
    visitor = site.client_of()
    assert visitor.get(f"{MAPS}/new").status_code in {200, 503}
    site.brand.snapshots.current()
    job = job_of(site, visitor.post(f"{MAPS}/new", {**scope, "owner": "Ada"}))
    assert job.state == "done", job.error
    assert "Second order" in words_of(visitor.get(job.result_path).text)
    assert "Returning customers" in words_of(visitor.get(MAPS).text)


def test_comment_on_a_claim_is_answered_and_resolved(site: Site) -> None:
    """A thread stands at its claim, is counted on the cell, and is closed by an editor."""
    made, visitor = map_of(site), site.client_of()
    stage = made.stages[0]
    claim = stage.cells[Lane.EMOTIONS][0]
    base = f"{MAPS}/{made.map_id}"
    place = {"stage": stage.name, "lane": "emotions", "claim_id": claim.claim_id}
    said = visitor.post(f"{base}/comments", {"text": "Is that <b>so</b>?", **place})
    assert said.headers["location"] == f"{base}/claims/{claim.claim_id}"
    page = visitor.get(said.headers["location"]).text
    assert "Is that &lt;b&gt;so&lt;/b&gt;?" in page
    assert "1 open comment" in words_of(visitor.get(base).text)
    comment_id = re.search(r"/comments/([^/\"]+)/replies", page)
    assert comment_id is not None
    visitor.post(f"{base}/comments/{comment_id[1]}/replies", {"text": "It is."})
    visitor.post(f"{base}/comments/{comment_id[1]}/resolve", {"seen": _seen(page, "resolve")})
    assert "resolved" in words_of(visitor.get(said.headers["location"]).text)
    assert "1 open comment" not in words_of(visitor.get(base).text)
    assert site.client_of(Role.VIEWER).post(f"{base}/comments", {"text": "x"}).status_code == 403


def test_map_is_approved_by_an_approver_and_only_with_an_owner(site: Site) -> None:
    """Draft, review, approval: each step by whoever may, and logged."""
    made = map_of(site)
    base, editor, approver = f"{MAPS}/{made.map_id}", site.client_of(), site.client_of(Role.APPROVER)

    def step(visitor: Visitor, to: str, **form: str) -> Any:
        seen = _seen(visitor.get(base).text, "owner")
        return visitor.post(f"{base}/state", {"to": to, "seen": seen, "version": str(made.version), **form})

    assert step(editor, "in_review").status_code == 303
    assert step(editor, "approved").status_code == 403
    refused = step(approver, "approved")
    assert refused.status_code == 422
    assert "no owner" in words_of(refused.text)
    seen = _seen(editor.get(base).text, "owner")
    assert editor.post(f"{base}/owner", {"owner": "Ada Byron", "seen": seen}).status_code == 303
    stale = editor.post(f"{base}/owner", {"owner": "Somebody", "seen": seen})
    assert stale.status_code == 409
    assert step(approver, "approved", reason="Fits").status_code == 303
    shown = words_of(editor.get(base).text)
    assert "Owner: Ada Byron" in shown
    assert "approved · version 1" in shown
    assert "Fits" in shown


def test_review_date_that_is_past_is_overdue(site: Site) -> None:
    """The date is set by an editor and compared with the clock."""
    made, visitor = map_of(site), site.client_of()
    base = f"{MAPS}/{made.map_id}"
    for day, told, is_over in (
        ("2026-01-31", "31 January 2026", True),
        ("2030-01-31", "31 January 2030", False),
    ):
        seen = _seen(visitor.get(base).text, "review")
        assert visitor.post(f"{base}/review", {"day": day, "seen": seen}).status_code == 303
        for address in (base, MAPS):
            shown = words_of(visitor.get(address).text)
            assert told in shown
            assert ("overdue" in shown) is is_over


def test_versions_are_compared_customer_by_customer(site: Site) -> None:
    """Of an earlier version of fewer sources and the present one, each difference has a verdict, and claims are matched."""
    results, made = site.brand.workspace.store.results, map_of(site)
    few = made.provenance.model_copy(
        update={"source_ids": made.provenance.source_ids[:2], "input_sha256": "other"}
    )
    first = made.stages[0].model_copy(
        update={"cells": {**made.stages[0].cells, Lane.EMOTIONS: made.stages[1].cells[Lane.EMOTIONS]}}
    )
    results.save_map(made.model_copy(update={"provenance": few, "stages": (first, *made.stages[1:])}))
    results.save_map(made)
    visitor = site.client_of(Role.VIEWER)
    listed = visitor.get(f"{MAPS}/{made.map_id}/versions")
    assert "/diff?earlier=2&amp;later=3" in listed.text
    shown = words_of(visitor.get(f"{MAPS}/{made.map_id}/diff?earlier=2&later=3").text)
    assert "tested together" in shown
    assert re.search(r"changed|not proven|cannot tell", shown)
    assert "Added (" in shown
    assert "Gone (" in shown
    wrong = visitor.get(f"{MAPS}/{made.map_id}/diff?earlier=3&later=2")
    assert wrong.status_code == 422


def test_map_whose_every_word_is_hostile_shows_it_as_words(site: Site) -> None:
    """Nothing of labels, quotes, personas, owners or file names becomes markup, a link or a script."""
    results = site.brand.workspace.store.results
    results.save_map(journey_map(HOSTILE).model_copy(update={"map_id": "map_hostile", "version": 1}))
    made = results.map("map_hostile")
    visitor = site.client_of(Role.ADMIN)
    base = f"{MAPS}/map_hostile"
    claims = [claim for stage in made.stages for cell in stage.cells.values() for claim in cell][::7]
    addresses = [MAPS, base, f"{base}/versions", f"{base}/files", f"{base}/planned"]
    for address in [*addresses, *(f"{base}/claims/{claim.claim_id}" for claim in claims)]:
        answer = visitor.get(address)
        assert answer.status_code == 200, address
        assert faults_of(answer.text) == [], address
    assert "&lt;script&gt;alert(1)" in visitor.get(base).text
    file = {"file": ("<img src=x onerror=alert(1)>.json", b"[]")}
    assert faults_of(visitor.post(f"{base}/planned/uploads", files=file).text) == []
