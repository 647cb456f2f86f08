"""Variants as people see, propose, approve and take them out."""

import csv
import io
import json
import re
import time
from typing import Any

from agent.pipeline.snapshot import revision_of
from agent.schemas.accounts import AuditFilter, Role
from agent.schemas.creative import (
    Copy,
    Fact,
    Factor,
    LintFinding,
    Variant,
    VariantSet,
    Verdict,
    VerdictKind,
)
from agent.variants.channels import CHANNELS, control_copy
from tests.agent.maps import HOSTILE, evidence
from tests.api.web.harmless import faults_of
from tests.api.web.map_site import another_source
from tests.api.web.site import WORKSPACE, Site, Visitor, words_of

_VARIANTS = f"/w/{WORKSPACE}/variants"


def _proposed(site: Site, visitor: Visitor, **form: str) -> Any:
    """Propose variants for the first pain point and return the job."""
    point = site.brand.snapshots.current().pain_points[0]
    shown = visitor.get(f"{_VARIANTS}/new?pain_point={point.pain_point_id}").text
    slots = dict(re.findall(r'name="(slot_subject|slot_preheader|slot_button)" value="([^"]*)"', shown))
    body = re.search(r'name="slot_body"[^>]*>([^<]*)<', shown)
    assert body is not None
    fields = {
        "pain_point": point.pain_point_id,
        "channel": "email",
        "n": "3",
        **slots,
        "slot_body": body[1],
        **form,
    }
    return visitor.post(f"{_VARIANTS}/new", fields)


def _made(site: Site, answer: Any) -> VariantSet:
    return site.brand.workspace.store.results.variant_set(_job_of(site, answer).rsplit("/", 1)[1])


def _formed(page: str, action: str) -> tuple[str, str]:
    """Return the address of the first form of an action and the version it was made from."""
    form = re.search(rf'action="([^"]*/{action})".*?name="seen" value="(\d+)"', page, flags=re.DOTALL)
    assert form is not None
    return form[1], form[2]


def test_proposed_set_is_checked_approved_and_taken_out(site: Site) -> None:
    """The whole way: form, job, side by side, approval by an approver, a file with what was approved and nothing else."""
    editor, approver = site.client_of(), site.client_of(Role.APPROVER)
    site.brand.snapshots.current()
    assert "No variants yet" in words_of(editor.get(_VARIANTS).text)
    made = _made(site, _proposed(site, editor))
    base = f"{_VARIANTS}/{made.variant_set_id}"
    text = editor.get(base).text
    shown = words_of(text)
    assert "no forecast of clicks" in shown
    assert "The certificate" in shown
    assert "changed" in shown
    assert re.search(r"\d+ of 50", shown)
    assert "waits for somebody who may approve" in shown
    assert faults_of(text) == []
    nothing = editor.post(f"{base}/export", {"form": "csv"})
    assert nothing.status_code == 404
    address, seen = _formed(approver.get(base).text, "approve")
    assert editor.post(address, {"seen": seen}).status_code == 403
    assert approver.post(address, {"seen": seen}).status_code == 303
    assert approver.post(address, {"seen": seen}).status_code == 409
    back, seen = _formed(approver.get(base).text, "send-back")
    assert approver.post(back, {"seen": seen, "reason": "Too loud"}).status_code == 303
    assert "sent back" in words_of(editor.get(base).text)
    assert "Too loud" in words_of(editor.get(base).text)
    address, seen = _formed(approver.get(base).text, "approve")
    assert approver.post(address, {"seen": seen}).status_code == 303
    sent = editor.post(f"{base}/export", {"form": "csv"})
    rows = list(csv.DictReader(io.StringIO(sent.text)))
    assert [row["variant_id"] for row in rows] == [address.split("/")[-2]]
    assert "exported" in words_of(editor.get(base).text)
    done = [one.action for one in site.services.accounts.audit.entries(AuditFilter(action="variant"))]
    assert done == ["variant.export", "variant.approve", "variant.send_back", "variant.approve"]
    again = editor.post(f"{base}/export", {"form": "json"})
    assert [one["variant_id"] for one in json.loads(again.content)["variants"]] == [rows[0]["variant_id"]]


def _earlier_set(site: Site) -> VariantSet:
    """Store a set for the first pain point that was checked on other data than there is now."""
    point = site.brand.snapshots.current().pain_points[0]
    control = control_copy("email", None)
    changed = control.model_copy(update={"slots": {**control.slots, "button": "See it"}})
    verdict = Verdict(
        kind=VerdictKind.BETTER, n_persons=30, effect=0.1, low=0.05, high=0.15, method="paired", reason="Nearer."
    )  # fmt: skip
    variant = Variant(
        variant_id="v_earlier",
        copy_text=changed,
        control_id="ctl_1",
        changed_factor=Factor.CTA,
        changed_slots=("button",),
        pain_point_id=point.pain_point_id,
        facts=(),
        evidence=(),
        writer="test",
        verdict=verdict,
    )
    made = VariantSet(
        variant_set_id="vs_earlier",
        pain_point_id=point.pain_point_id,
        control=control,
        control_id="ctl_1",
        variants=(variant,),
        drafted_at=site.clock(),
        checked_on="another revision",
    )
    site.brand.workspace.store.results.save_variant_set(made)
    return made


def test_variants_checked_on_other_data_are_approved_only_after_another_check(site: Site) -> None:
    """Data that came since is looked at before anybody approves; a stale map takes a reason that is kept."""
    editor, approver = site.client_of(), site.client_of(Role.APPROVER)
    another_source(site)
    made = _earlier_set(site)
    base = f"{_VARIANTS}/{made.variant_set_id}"
    address = f"{base}/v_earlier/approve"
    page = approver.get(base).text
    assert "Checked on other data" in words_of(page)
    assert address not in page
    refused = approver.post(address, {"seen": "0"})
    assert refused.status_code == 409
    assert "since these variants were checked" in words_of(refused.text)
    assert site.client_of(Role.VIEWER).post(f"{base}/check").status_code == 403
    assert _job_of(site, editor.post(f"{base}/check")) == base
    page = approver.get(base).text
    assert "Checked on other data" not in words_of(page)
    assert (
        "Stale map: Fernway customers: First order holds this pain point, and june.csv came in since"
        in words_of(page)
    )
    address, seen = _formed(page, "approve")
    refused = approver.post(address, {"seen": seen})
    assert refused.status_code == 409
    assert "is stale" in words_of(refused.text)
    assert approver.post(address, {"seen": seen, "despite": "The map waits for June"}).status_code == 303
    assert "The map waits for June" in words_of(approver.get(base).text)


def _job_of(site: Site, answer: Any) -> str:
    """Wait for the job that an answer leads to, and return where it leads."""
    assert answer.status_code == 303, words_of(answer.text)
    jobs, job_id = site.services.jobs, answer.headers["location"].rsplit("/", 1)[1]
    while not jobs.get(job_id).is_over:
        time.sleep(0.02)
    assert jobs.get(job_id).state == "done", jobs.get(job_id).error
    return jobs.get(job_id).result_path


def test_control_that_breaks_its_channels_limits_is_told_before_anything_runs(read_site: Site) -> None:
    """The form comes back with what is wrong; a pain point that is none is refused."""
    visitor = read_site.client_of()
    long = _proposed(read_site, visitor, slot_subject="long " * 30)
    assert long.status_code == 422
    assert "50 are accepted" in words_of(long.text)
    assert _proposed(read_site, visitor, pain_point="pp_none").status_code == 404
    assert _proposed(read_site, visitor, n="5000").status_code == 422
    assert read_site.client_of(Role.VIEWER).get(f"{_VARIANTS}/new").status_code == 403
    assert visitor.get(f"{_VARIANTS}/vs_none").status_code == 404


def _hostile_set(site: Site) -> VariantSet:
    """Store a set whose every word attacks; one variant can be approved, the other quotes what nobody said."""
    slots = {
        slot.name: f"=HYPERLINK(1) {words}" for slot, words in zip(CHANNELS["email"], HOSTILE, strict=False)
    }
    copy = Copy(channel="email", slots=slots)
    verdict = Verdict(
        kind=VerdictKind.BETTER, n_persons=30, effect=0.1, low=0.05, high=0.15, method="paired", reason=HOSTILE[0]
    )  # fmt: skip
    fact = Fact(fact_id="f_1", statement=HOSTILE[4], template="", evidence=(evidence(HOSTILE[1]),))
    variant = Variant(
        variant_id="v_hostile",
        copy_text=copy.model_copy(update={"slots": {**slots, "button": HOSTILE[2]}}),
        control_id="ctl_1",
        changed_factor=Factor.CTA,
        changed_slots=("button",),
        pain_point_id="pp_gone",
        facts=(fact,),
        evidence=fact.evidence,
        lint=(LintFinding(code="x", level="warning", slot="button", message=HOSTILE[3]),),
        writer="test",
        verdict=verdict,
    )
    bare = variant.model_copy(update={"variant_id": "v_bare", "facts": (), "evidence": ()})
    made = VariantSet(
        variant_set_id="vs_hostile",
        pain_point_id="pp_gone",
        control=copy,
        control_id="ctl_1",
        variants=(bare, variant),
        drafted_at=site.clock(),
        checked_on=revision_of(site.brand.workspace),
    )
    site.brand.workspace.store.results.save_variant_set(made)
    return made


def test_hostile_copy_is_shown_as_words_and_is_no_formula(read_site: Site) -> None:
    """Whatever a control, a variant or a quote says, nothing runs, nothing leads elsewhere, nothing is worked out."""
    visitor, approver = read_site.client_of(), read_site.client_of(Role.APPROVER)
    base = f"{_VARIANTS}/{_hostile_set(read_site).variant_set_id}"
    page = approver.get(base).text
    assert faults_of(page) == []
    assert faults_of(visitor.get(_VARIANTS).text) == []
    assert "&lt;script&gt;" in page
    address, seen = _formed(page, "approve")
    assert approver.post(address, {"seen": seen}).status_code == 303
    invented = approver.post(address.replace("v_bare", "v_hostile"), {"seen": "0"})
    assert invented.status_code == 409
    assert "quote that this variant rests on is not in the data" in words_of(invented.text)
    rows = list(csv.DictReader(io.StringIO(visitor.post(f"{base}/export", {"form": "csv"}).text)))
    assert [row["subject"][:11] for row in rows] == ["'=HYPERLINK"]
