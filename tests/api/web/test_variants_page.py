"""Variants as people see, propose, approve and take them out."""

import csv
import io
import json
import re
import time
from typing import Any

import pytest

from agent.pipeline.snapshots import revision_of
from agent.schemas.accounts import AuditFilter, Role
from agent.schemas.creative import (
    Certificate,
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
from api.web.views.variant_steps import shown_digest
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


def _formed(page: str, action: str) -> tuple[str, dict[str, str]]:
    """Return the address of the first form of an action and its fields, with a reason where it takes one."""
    form = re.search(rf'action="([^"]*/{action})"(.*?)</form>', page, flags=re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'name="(seen|shown)" value="(\w+)"', form[2]))
    return form[1], fields | ({"despite": "For the trial"} if 'name="despite"' in form[2] else {})


def _certificate(site: Site) -> Certificate:
    return Certificate(
        certificate_id="cert_1", split_salt_sha256="ab" * 32, holdout_share=0.2, n_working=80, n_held_out=20,
        n_held_out_excluded=0, working_sha256="cd" * 32, held_out_sha256="ef" * 32, checks=(), valid=True,
        made_at=site.clock(), digest="12" * 32,
    )  # fmt: skip


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
    address, fields = _formed(approver.get(base).text, "approve")
    assert editor.post(address, fields).status_code == 403
    assert approver.post(address, fields).status_code == 303
    assert approver.post(address, fields).status_code == 409
    back, fields = _formed(approver.get(base).text, "send-back")
    assert approver.post(back, {**fields, "reason": "Too loud"}).status_code == 303
    assert "sent back" in words_of(editor.get(base).text)
    assert "Too loud" in words_of(editor.get(base).text)
    address, fields = _formed(approver.get(base).text, "approve")
    assert approver.post(address, fields).status_code == 303
    sent = editor.post(f"{base}/export", {"form": "csv"})
    rows = list(csv.DictReader(io.StringIO(sent.text)))
    assert [row["variant_id"] for row in rows] == [address.split("/")[-2]]
    assert "exported" in words_of(editor.get(base).text)
    done = [one.action for one in site.services.accounts.audit.entries(AuditFilter(action="variant"))]
    assert done == ["variant.export", "variant.approve", "variant.send_back", "variant.approve"]
    again = editor.post(f"{base}/export", {"form": "json"})
    assert [one["variant_id"] for one in json.loads(again.content)["variants"]] == [rows[0]["variant_id"]]
    shown = approver.get(base).text
    assert "It was exported: tell those who have the file." in words_of(shown)
    back, fields = _formed(shown, f"{rows[0]['variant_id']}/send-back")
    assert approver.post(back, {**fields, "reason": "Out of season"}).status_code == 303
    assert "Out of season" in words_of(editor.get(base).text)
    assert editor.post(f"{base}/export", {"form": "csv"}).status_code == 404


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
        certificate=_certificate(site),
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
    refused = approver.post(address, {"seen": "0", "shown": shown_digest(made, "v_earlier")})
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
    address, fields = _formed(page, "approve")
    refused = approver.post(address, {**fields, "despite": " "})
    assert refused.status_code == 409
    assert approver.post(address, {**fields, "despite": "The map waits for June"}).status_code == 303
    assert "The map waits for June" in words_of(approver.get(base).text)


def _stored(site: Site, kind: VerdictKind, effect: float = 0.1, *, proven: bool = True) -> str:
    """Store a set that was checked on the data as it is, with a verdict, and return its address."""
    made = _earlier_set(site)
    verdict = Verdict(
        kind=kind, n_persons=30, effect=effect, low=effect - 0.01, high=effect + 0.01, method="m", reason="r"
    )
    certificate = _certificate(site).model_copy(update={"valid": proven})
    update = {"verdict": verdict}
    checked = made.model_copy(
        update={
            "variants": tuple(one.model_copy(update=update) for one in made.variants),
            "checked_on": revision_of(site.brand.workspace),
            "certificate": certificate,
        }
    )
    site.brand.workspace.store.results.save_variant_set(checked)
    return f"{_VARIANTS}/{made.variant_set_id}"


def test_variant_is_approved_as_it_was_shown_or_not_at_all(site: Site) -> None:
    """A check between looking and approving counts: the page comes back with what is there now."""
    approver = site.client_of(Role.APPROVER)
    base = _stored(site, VerdictKind.BETTER)
    address, fields = _formed(approver.get(base).text, "approve")
    _stored(site, VerdictKind.BETTER, 0.02)
    refused = approver.post(address, fields)
    assert refused.status_code == 409
    assert "nothing is approved" in words_of(refused.text)
    assert "effect +0.020" in words_of(refused.text)
    assert approver.post(address, {"seen": fields["seen"]}).status_code == 409
    address, fields = _formed(refused.text, "approve")
    assert approver.post(address, fields).status_code == 303


@pytest.mark.parametrize(
    ("kind", "proven"), [(VerdictKind.WORSE, True), (VerdictKind.INVALID, True), (VerdictKind.BETTER, False)]
)
def test_variant_with_a_verdict_against_it_or_none_that_is_proven_is_not_approved(
    read_site: Site, kind: VerdictKind, *, proven: bool
) -> None:
    """No form offers it, and no reason helps."""
    approver = read_site.client_of(Role.APPROVER)
    base = _stored(read_site, kind, proven=proven)
    assert "/approve" not in approver.get(base).text
    made = read_site.brand.workspace.store.results.variant_set("vs_earlier")
    fields = {"seen": "0", "shown": shown_digest(made, "v_earlier"), "despite": "All the same"}
    refused = approver.post(f"{base}/v_earlier/approve", fields)
    assert refused.status_code == 409
    assert "cannot be approved" in words_of(refused.text)


def test_variant_that_is_not_better_takes_a_reason_that_is_kept(site: Site) -> None:
    """A variant that is as good as the control is nobody's finding."""
    approver = site.client_of(Role.APPROVER)
    base = _stored(site, VerdictKind.NO_DIFFERENCE, 0.0)
    address, fields = _formed(approver.get(base).text, "approve")
    refused = approver.post(address, {**fields, "despite": ""})
    assert refused.status_code == 409
    assert "Say why" in words_of(refused.text)
    assert approver.post(address, {**fields, "despite": "Legal asked for it"}).status_code == 303
    assert "Legal asked for it" in words_of(approver.get(base).text)


def test_approved_variant_stays_where_data_came_since_its_check(site: Site) -> None:
    """Exporting looks at the data as it is, as approving does."""
    editor, approver = site.client_of(), site.client_of(Role.APPROVER)
    base = _stored(site, VerdictKind.BETTER)
    assert approver.post(*_formed(approver.get(base).text, "approve")).status_code == 303
    another_source(site)
    refused = editor.post(f"{base}/export", {"form": "csv"})
    assert refused.status_code == 409
    assert "since these variants were checked" in words_of(refused.text)


def test_another_verdict_sends_back_what_was_approved_on_the_one_before(site: Site) -> None:
    """The check that is computed again finds another verdict than the one that was stored."""
    editor, approver = site.client_of(), site.client_of(Role.APPROVER)
    base = _stored(site, VerdictKind.BETTER, 0.9)
    assert approver.post(*_formed(approver.get(base).text, "approve")).status_code == 303
    assert _job_of(site, editor.post(f"{base}/check")) == base
    now = site.brand.workspace.store.results.variant_set("vs_earlier").variants[0].verdict
    assert now is not None
    went_back = "Another check gave another verdict" in words_of(editor.get(base).text)
    assert went_back is (now.kind is not VerdictKind.BETTER)


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
        certificate=_certificate(site),
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
    address, fields = _formed(page, "approve")
    assert approver.post(address, fields).status_code == 303
    shown = shown_digest(read_site.brand.workspace.store.results.variant_set("vs_hostile"), "v_hostile")
    invented = approver.post(address.replace("v_bare", "v_hostile"), {"seen": "0", "shown": shown})
    assert invented.status_code == 409
    assert "quote that this variant rests on is not in the data" in words_of(invented.text)
    rows = list(csv.DictReader(io.StringIO(visitor.post(f"{base}/export", {"form": "csv"}).text)))
    assert [row["subject"][:11] for row in rows] == ["'=HYPERLINK"]
