"""A map's files: what they lose, edited ones that come back, words that later drafts take over, plans beside the data."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from agent.errors import NotFoundError
from agent.pipeline.freshness import Freshness, own_rules_digest
from agent.pipeline.words_left import left_behind, put_back
from agent.render.exports import ExportFormat, export_map
from agent.schemas.accounts import AuditFilter, Role
from agent.schemas.evidence import Claim, Lane
from api.web.kept_files import KeptFiles
from api.web.uploads import Uploads, sweep_uploads
from api.web.views import map_files
from api.web.views.map_files import laid_beside
from tests.api.web.harmless import faults_of
from tests.api.web.map_site import MAPS, another_source, job_of, map_of
from tests.api.web.site import Site, words_of


def test_files_state_their_loss_and_an_edited_one_comes_back(site: Site) -> None:
    """JSON holds everything; an edited sentence comes back as an assumption, after it was shown what changes."""
    made, visitor = map_of(site), site.client_of()
    base = f"{MAPS}/{made.map_id}"
    page = visitor.get(f"{base}/files").text
    assert "holds everything" in words_of(page)
    assert "What it does not hold" in words_of(page)
    sent = visitor.get(f"{base}/files/json")
    assert re.fullmatch(r'attachment; filename="[a-z0-9-]+-v\d+\.json"', sent.headers["content-disposition"])
    body = json.loads(sent.content)
    cell = next(
        cell
        for stage in body["stages"]
        for cell in stage["cells"].values()
        if cell[0]["status"] == "observed"
    )
    cell[0]["statement"] = "They are at ease."
    # As large as real maps are: far above what a form may hold.
    data = json.dumps(body).encode() + b" " * (2 * 1024**2)
    looked = visitor.post(f"{base}/edits/uploads", files={"file": ("edited.json", data, "application/json")})
    assert looked.status_code == 200
    assert "They are at ease." in words_of(looked.text), words_of(looked.text)
    assert len(looked.content) < 200_000
    stored = visitor.post(_apply_of(looked.text))
    assert stored.status_code == 303, words_of(stored.text)
    assert map_of(site).version == made.version + 1
    assert "ASSUMPTION" in visitor.get(base).text.upper()
    done = [(one.action, one.what) for one in site.services.accounts.audit.entries(AuditFilter(action="map"))]
    assert done == [
        ("map.import", f"version 2 of {made.map_id}"),
        ("map.export", f"version 1 of {made.map_id} as json"),
    ]


def _apply_of(page: str) -> str:
    found = re.search(r'action="([^"]+/edits/[^"]+/apply)"', page)
    assert found is not None
    return found[1]


def _worded(site: Site, **words: str) -> bytes:
    """Return the latest map as an edited file: stage to what is added to its thoughts."""
    made = map_of(site)
    rows = csv.DictReader(io.StringIO(export_map(made, ExportFormat.CSV).data.decode("utf-8-sig")))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows.fieldnames or ()), restval="")
    writer.writeheader()
    writer.writerows(rows)
    writer.writerows({"stage": stage, "lane": "thoughts", "statement": said} for stage, said in words.items())
    return out.getvalue().encode()


def test_edited_file_is_applied_by_who_looked_at_it_as_it_was_shown_or_not_at_all(site: Site) -> None:
    """Somebody else's file is not there, one of another map neither; a map that moved on since is looked at again."""
    made, visitor, other = map_of(site), site.client_of(), site.client_of()
    base = f"{MAPS}/{made.map_id}"
    file = {"file": ("mine.csv", _worded(site, decision="They hesitate."))}
    theirs = {"file": ("theirs.csv", _worded(site, decision="They compare."))}
    mine = _apply_of(visitor.post(f"{base}/edits/uploads", files=file).text)
    assert other.post(mine).status_code == 404
    for strange in ("../../../etc", "x" * 16, "A" * 17):
        assert visitor.post(f"{base}/edits/{quote(strange, safe='')}/apply").status_code in {404, 405}
    assert visitor.post(mine.replace(made.map_id, "map_other")).status_code == 404
    assert other.post(_apply_of(other.post(f"{base}/edits/uploads", files=theirs).text)).status_code == 303
    stale = visitor.post(mine)
    assert stale.status_code == 409
    assert "changed since you looked" in words_of(stale.text)
    again = _apply_of(visitor.post(f"{base}/edits/uploads", files=file).text)
    assert visitor.post(again).status_code == 303
    assert visitor.post(again).status_code == 404
    assert "They hesitate." in words_of(visitor.get(base).text)
    assert "They compare." in words_of(visitor.get(base).text)


def test_kept_files_are_swept_and_do_not_grow_without_bound(site: Site) -> None:
    """The oldest of a person give way, and what lies about for days is deleted."""
    workspace, now = site.brand.workspace, site.clock()
    kept = KeptFiles(workspace, "edits")
    ids = [kept.keep(b"x", name="x", account_id="a", subject="m", now=now) for _ in range(7)]
    there = list((workspace.store.home.uploads).glob("edits.*/*"))
    assert len(there) == 5
    assert Uploads(workspace).waiting() == []
    assert kept.get(ids[-1], account_id="a", subject="m").data == b"x"
    sweep_uploads(workspace.store.home.path, datetime.now(UTC) + timedelta(days=3))
    with pytest.raises(NotFoundError):
        kept.get(ids[-1], account_id="a", subject="m")


def _opinion(site: Site) -> Claim:
    cells = (stage.cells[Lane.THOUGHTS] for stage in map_of(site).stages)
    return next(claim for cell in cells for claim in cell if claim.stated_by)


def test_words_are_kept_as_an_accounts_and_come_back_with_their_date(site: Site) -> None:
    """The account stands in the store, its name on the page and in files; putting words back makes them no younger."""
    made, visitor = map_of(site), site.client_of()
    base, account = f"{MAPS}/{made.map_id}", visitor.account
    file = {"file": ("mine.csv", _worded(site, awareness="They look around."))}
    assert visitor.post(_apply_of(visitor.post(f"{base}/edits/uploads", files=file).text)).status_code == 303
    assert _opinion(site).stated_by == account.account_id
    assert f"Worded by {account.display_name}" in words_of(
        visitor.get(f"{base}/claims/{_opinion(site).claim_id}").text
    )
    for form in ("csv", "markdown", "json"):
        sent = visitor.get(f"{base}/files/{form}").content.decode()
        assert account.display_name in sent
        assert account.account_id not in sent
    until = site.clock() + timedelta(days=3)
    results = site.brand.workspace.store.results
    worded = map_of(site)
    stages = tuple(
        stage.model_copy(
            update={
                "cells": {
                    lane: tuple(
                        claim.model_copy(update={"expires_at": until}) if claim.stated_by else claim
                        for claim in cell
                    )
                    for lane, cell in stage.cells.items()
                }
            }
        )
        for stage in worded.stages
    )
    results.save_map(worded.model_copy(update={"stages": stages}))
    results.save_map(made.model_copy(update={"drafted_at": made.drafted_at + timedelta(days=1)}))
    assert account.account_id not in words_of(visitor.get(f"{base}/versions").text)
    with site.brand.writing() as workspace:
        put_back(
            workspace, made.map_id, next(one.claim.claim_id for one in left_behind(workspace, made.map_id))
        )
    assert (_opinion(site).stated_by, _opinion(site).expires_at) == (account.account_id, until)


def test_draft_takes_over_what_people_worded_and_names_what_found_no_place(site: Site) -> None:
    """Words and owner come along; what a newer draft was made without stands under Versions and is put back from there."""
    made, visitor = map_of(site), site.client_of()
    base = f"{MAPS}/{made.map_id}"
    file = {"file": ("mine.csv", _worded(site, decision="They hesitate.", awareness="They look around."))}
    assert visitor.post(_apply_of(visitor.post(f"{base}/edits/uploads", files=file).text)).status_code == 303
    opinion = _opinion(site)
    place = {"stage": "awareness", "lane": "thoughts", "claim_id": opinion.claim_id}
    assert visitor.post(f"{base}/comments", {"text": "Who saw that?", **place}).status_code == 303
    another_source(site)
    page = words_of(visitor.get(base).text)
    assert "This map is stale: june.csv came in since" in page
    assert "stale" in words_of(visitor.get(MAPS).text)
    job = job_of(site, visitor.post(f"{base}/draft"))
    assert job.state == "done", job.error
    assert "2 wordings of people were taken over." in " ".join(job.told)
    after = map_of(site)
    assert after.version == 3
    shown = words_of(visitor.get(base).text)
    assert "They hesitate." in shown
    assert "This map is stale" not in shown
    assert "Left behind" not in words_of(visitor.get(f"{base}/versions").text)
    # A draft of an older release of the product, which took nothing over.
    bare = made.model_copy(update={"drafted_at": after.drafted_at + timedelta(days=1)})
    site.brand.workspace.store.results.save_map(bare)
    left = visitor.get(f"{base}/versions").text
    assert "Left behind by newer drafts" in words_of(left)
    assert "They look around." in words_of(left)
    assert "Who saw that?" in words_of(left)
    assert visitor.post(f"{base}/words/{opinion.claim_id}/restore").status_code == 303
    assert "They look around." in words_of(visitor.get(base).text)
    assert "They hesitate." not in words_of(visitor.get(base).text)
    assert visitor.post(f"{base}/words/{opinion.claim_id}/restore").status_code == 404
    assert site.client_of(Role.VIEWER).post(f"{base}/words/{opinion.claim_id}/restore").status_code == 403


def test_preview_says_how_many_wordings_and_notes_are_left_behind(site: Site) -> None:
    """A file without the words of people takes them out, and says so before."""
    made, visitor = map_of(site), site.client_of()
    base = f"{MAPS}/{made.map_id}"
    file = {"file": ("mine.csv", _worded(site, decision="They hesitate."))}
    visitor.post(_apply_of(visitor.post(f"{base}/edits/uploads", files=file).text))
    opinion = next(c for stage in map_of(site).stages for c in stage.cells[Lane.THOUGHTS] if c.stated_by)
    place = {"stage": "decision", "lane": "thoughts", "claim_id": opinion.claim_id}
    visitor.post(f"{base}/comments", {"text": "Why?", **place})
    rows = [line for line in _worded(site).decode().splitlines(keepends=True) if "They hesitate." not in line]
    looked = visitor.post(f"{base}/edits/uploads", files={"file": ("less.csv", "".join(rows).encode())})
    assert "1 wording of people and 1 open thread of comments" in words_of(looked.text)


def test_planned_map_is_laid_beside_what_customers_did(read_site: Site) -> None:
    """A plan with one stage that is used and one name nobody knows is read, and a file that is none is refused."""
    made, visitor = map_of(read_site), read_site.client_of(Role.VIEWER)
    plan = {"name": "Workshop", "stages": [{"name": "decision"}, {"name": "Moon landing"}]}
    base = f"{MAPS}/{made.map_id}/planned"
    assert "Planned map" in words_of(visitor.get(base).text)
    laid = visitor.post(f"{base}/uploads", files={"file": ("plan.json", json.dumps(plan).encode())})
    assert laid.status_code == 200, words_of(laid.text)
    assert "Moon landing" in words_of(laid.text)
    assert "never seen" in words_of(laid.text)
    assert "fewer than two parts" not in words_of(visitor.get(f"{base}/order").text)
    bad = visitor.post(f"{base}/uploads", files={"file": ("x.bin", bytes(range(256)))})
    assert bad.status_code == 422


def test_planned_and_observed_order_is_drawn_with_words_and_a_table(read_site: Site) -> None:
    """The picture stands in the page, says what it shows, and can be taken out; a plan's is for who sent it alone."""
    made, visitor = map_of(read_site), read_site.client_of(Role.VIEWER)
    base = f"{MAPS}/{made.map_id}/planned"
    assert f'hx-get="{base}/order"' in visitor.get(f"{MAPS}/{made.map_id}").text
    whole, part = visitor.get(f"{base}/order").text, visitor.get(f"{base}/order", hx_request="true").text
    assert "<html" in whole
    assert "<html" not in part
    for text in (whole, part):
        assert faults_of(text) == []
        assert 'role="img"' in text
        assert "keep the planned order" in words_of(text)
        assert re.search(
            r"[\d.]+ % in this order \([\d.]+–[\d.]+ %\), [\d,]+ of [\d,]+",
            words_of(text).replace("\u00a0", " "),
        )
        assert "Neighbours of the plan" in words_of(text)
    svg = visitor.get(f"{base}/order.svg")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in svg.headers["content-security-policy"]
    assert visitor.get(f"{base}/order.png").content.startswith(b"\x89PNG")
    names = ["decision", "awareness", "<script>alert(1)</script>"]
    plan = {"stages": [{"name": name} for name in names]}
    laid = visitor.post(f"{base}/uploads", files={"file": ("plan.json", json.dumps(plan).encode())}).text
    assert faults_of(laid) == []
    address = re.search(r'href="([^"]+/order\.svg)\?download=true"', laid)
    assert address is not None
    assert visitor.get(address[1]).status_code == 200
    assert read_site.client_of(Role.VIEWER).get(address[1]).status_code == 404


def test_picture_that_a_page_shows_is_computed_once_and_only_a_download_is_logged(
    read_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kept plan is laid beside the data once for all its pictures, and ids are told apart on the page of the map."""
    made, visitor = map_of(read_site), read_site.client_of(Role.VIEWER)
    base = f"{MAPS}/{made.map_id}/planned"

    def n_logged() -> int:
        return len(read_site.services.accounts.audit.entries(AuditFilter(action="map.export")))

    page = visitor.get(f"{MAPS}/{made.map_id}").text + visitor.get(f"{base}/order", hx_request="true").text
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))

    plan = {"stages": [{"name": name} for name in ("decision", "awareness")]}
    laid = visitor.post(f"{base}/uploads", files={"file": ("plan.json", json.dumps(plan).encode())}).text
    address = re.search(r'href="([^"]+/order\.svg)\?download=true"', laid)
    assert address is not None
    laid_again: list[str] = []

    def counted(*args: Any, **named: Any) -> Any:
        laid_again.append(named["name"])
        return laid_beside(*args, **named)

    monkeypatch.setattr(map_files, "laid_beside", counted)
    before = n_logged()
    for path in (address[1], address[1].replace(".svg", ".png"), address[1], f"{base}/order.svg"):
        shown = visitor.get(path)
        assert shown.status_code == 200
        assert "content-disposition" not in shown.headers
    assert len(laid_again) <= 1
    assert n_logged() == before
    assert "attachment" in visitor.get(f"{address[1]}?download=true").headers["content-disposition"]
    assert n_logged() == before + 1


def test_page_that_stores_is_told_soon_that_others_store(site: Site) -> None:
    """It does not wait for a long work, of which pages would wait too; what was looked at is kept, to be sent again."""
    made, visitor = map_of(site), site.client_of()
    with site.brand.writing():
        refused = visitor.post(f"{MAPS}/{made.map_id}/words/c_x/restore")
    assert refused.status_code == 429
    assert "nothing of this was changed" in words_of(refused.text)
    assert visitor.post(f"{MAPS}/{made.map_id}/words/c_x/restore").status_code != 429


def test_links_between_persons_and_own_stages_make_a_map_stale(site: Site) -> None:
    """A draft of now would count other persons, or other stages; a map that noted neither is not called stale."""
    workspace, made = site.brand.workspace, map_of(site)
    provenance = made.provenance
    assert Freshness(workspace).moved(made) == ()
    other = provenance.model_copy(update={"n_person_links": (provenance.n_person_links or 0) + 1})
    told = Freshness(workspace).moved(made.model_copy(update={"provenance": other}))
    assert told == ("who is one person with whom was changed since",)
    noted = provenance.model_copy(update={"own_rules_sha256": own_rules_digest(workspace)})
    noted_map = made.model_copy(update={"provenance": noted})
    assert Freshness(workspace).moved(noted_map) == ()
    workspace.store.home.stages.write_text("# mine\n", encoding="utf-8")
    assert Freshness(workspace).moved(noted_map) == ("your own stages or names of events were changed since",)
