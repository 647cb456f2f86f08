"""What people do with variants: approve, send back, take out as a file; each step is logged."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import orjson

from agent.errors import ConflictError, NotFoundError
from agent.pipeline.freshness import Freshness
from agent.pipeline.snapshots import revision_of
from agent.pipeline.workspace import Workspace
from agent.render.csv_cells import csv_text
from agent.schemas.creative import Variant, VariantSet, VerdictKind
from agent.schemas.journey import JourneyMap
from agent.schemas.notes import VariantNote, VariantState
from agent.variants.channels import slots_of
from agent.verify.quotes import QuoteChecker

OUT = frozenset({VariantState.APPROVED, VariantState.EXPORTED})
"""States of a variant that may leave."""
_NOT_BETTER = frozenset({VerdictKind.NO_DIFFERENCE, VerdictKind.CANNOT_TELL})
"""Verdicts that are neither for a variant nor against it."""


class ChangedSinceShownError(ConflictError):
    """A variant is something else than what the person who decides was shown."""


def approve(
    workspace: Workspace,
    variant_set_id: str,
    variant_id: str,
    *,
    seen: int,
    shown: str,
    by: str,
    now: datetime,
    despite: str = "",
) -> None:
    """Approve a variant as it was shown, whose verdict is proven on the data as it is now; being checked is part of it.

    Args:
        workspace: Where it is.
        variant_set_id: Its set.
        variant_id: Which.
        seen: Version of its note that was seen.
        by: Account of who approves.
        now: Time.
        shown: Digest of what was shown of it (`shown_digest`).
        despite: Why it is approved although it is not found better or a map of its pain point is stale; kept in its log.

    Raises:
        NotFoundError: There is no such variant.
        ChangedSinceShownError: It is something else by now.
        ConflictError: Its verdict is unproven or against it, data came since it was checked, a quote it rests on is gone, a
            reason is needed and not given, or it cannot be approved any more.
    """
    notes = workspace.store.notes
    with workspace.store.transaction():
        note = notes.variant(variant_set_id, variant_id)
        made = workspace.store.results.variant_set(variant_set_id)
        if shown_digest(made, variant_id) != shown or note.version != seen:
            msg = "this variant was checked again, or decided about, since you looked; nothing is approved"
            raise ChangedSinceShownError(msg, hint="Look at it as it is now.")
        _check_verdict(made, variant_id, despite=despite)
        _recheck(workspace, variant_set_id, variant_id, despite=despite)
        if note.state in {VariantState.DRAFT, VariantState.SENT_BACK}:
            seen = _checked(workspace, note, seen=seen, by=by, now=now).version
        notes.move_variant(
            variant_set_id, variant_id, VariantState.APPROVED, version=seen, by=by, now=now, reason=despite
        )


def send_back(
    workspace: Workspace,
    variant_set_id: str,
    variant_id: str,
    *,
    seen: int,
    by: str,
    now: datetime,
    reason: str,
) -> None:
    """Send a variant back, approved, exported or neither; a file that left before stays with who took it.

    Raises:
        NotFoundError: There is no such variant.
        ConflictError: Somebody changed it since, or it was sent back already.
    """
    notes = workspace.store.notes
    with workspace.store.transaction():
        note = notes.variant(variant_set_id, variant_id)
        if note.state is VariantState.DRAFT:
            seen = _checked(workspace, note, seen=seen, by=by, now=now).version
        notes.move_variant(
            variant_set_id,
            variant_id,
            VariantState.SENT_BACK,
            version=seen,
            by=by,
            now=now,
            reason=reason,
        )


def _checked(workspace: Workspace, note: VariantNote, *, seen: int, by: str, now: datetime) -> VariantNote:
    return workspace.store.notes.move_variant(
        note.variant_set_id, note.variant_id, VariantState.CHECKED, version=seen, by=by, now=now
    )


def is_current(workspace: Workspace, made: VariantSet) -> bool:
    """Tell whether a set was checked on the data as it is now."""
    return made.checked_on == revision_of(workspace)


def stale_maps(workspace: Workspace, pain_point_id: str) -> list[tuple[JourneyMap, tuple[str, ...]]]:
    """Return the maps that hold a pain point and are stale, each with what moved since it was drafted."""
    freshness = Freshness(workspace)
    found = [
        one
        for one in workspace.store.results.maps()
        if any(pain.pain_point_id == pain_point_id for pain in one.pain_points)
    ]
    return [(one, moved) for one in found if (moved := freshness.moved(one))]


def _check_current(workspace: Workspace, made: VariantSet) -> None:
    if not is_current(workspace, made):
        msg = "data came in, or was decided about, since these variants were checked, so their verdicts may not hold"
        raise ConflictError(msg, hint="Check the set again, and go on with what holds then.")


def _recheck(workspace: Workspace, variant_set_id: str, variant_id: str, *, despite: str) -> None:
    """Look again at what a variant rests on.

    Raises:
        ConflictError: It does not rest on the data as it is now.
    """
    made = workspace.store.results.variant_set(variant_set_id)
    _check_current(workspace, made)
    variant = next(one for one in made.variants if one.variant_id == variant_id)
    cited = [*variant.evidence, *(item for fact in variant.facts for item in fact.evidence)]
    records = workspace.store.records.get_many({item.record_id for item in cited})
    checker = QuoteChecker.over(records.values())
    if any(checker.fault(item) is not None for item in cited):
        msg = "a quote that this variant rests on is not in the data as it was, so it cannot be approved"
        raise ConflictError(msg, hint="Propose variants anew.")
    if not despite.strip() and stale_maps(workspace, made.pain_point_id):
        msg = "a map of the pain point that this variant answers is stale"
        raise ConflictError(msg, hint="Draft the map again, or say why the variant is approved all the same.")


def _check_verdict(made: VariantSet, variant_id: str, *, despite: str) -> None:
    """Look at what a variant's check found.

    Raises:
        ConflictError: It does not speak for the variant, and nobody says why it is approved all the same, or nobody may.
    """
    if not is_approvable(made, variant_id):
        msg = (
            "this variant has no verdict that is proven, or one that is against it, so it cannot be approved"
        )
        raise ConflictError(msg, hint="Check the set again, and approve what holds then.")
    if needs_reason(made, variant_id) and not despite.strip():
        msg = "this variant was not found to be better than the control"
        raise ConflictError(msg, hint="Say why it is approved all the same.")


def shown_digest(made: VariantSet, variant_id: str) -> str:
    """Return a digest of all that a page shows of a variant: its copy and the control's, verdict, certificate, data."""
    shown = {
        "control": made.control.model_dump(mode="json"),
        "variants": [one.model_dump(mode="json") for one in made.variants if one.variant_id == variant_id],
        "certificate": None if made.certificate is None else made.certificate.digest,
        "checked_on": made.checked_on,
    }
    return hashlib.sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()


def is_approvable(made: VariantSet, variant_id: str) -> bool:
    """Tell whether a variant's verdict is proven by a certificate that holds, and is not against it."""
    proven = made.certificate is not None and made.certificate.valid
    return proven and _verdict(made, variant_id) in {VerdictKind.BETTER, *_NOT_BETTER}


def needs_reason(made: VariantSet, variant_id: str) -> bool:
    """Tell whether approving a variant takes a reason, as it was not found better."""
    return _verdict(made, variant_id) in _NOT_BETTER


def _verdict(made: VariantSet, variant_id: str) -> VerdictKind | None:
    verdicts = (one.verdict for one in made.variants if one.variant_id == variant_id)
    return next((verdict.kind for verdict in verdicts if verdict is not None), None)


def mark_checked(
    workspace: Workspace, made: VariantSet, *, by: str, before: VariantSet | None = None
) -> None:
    """Note that the variants of a set were checked, where their verdicts hold.

    Args:
        workspace: Where the set is.
        made: The set as it was checked.
        by: Who had it checked.
        before: The set before; what was approved or exported and has another verdict now goes back.
    """
    notes = workspace.store.notes
    for variant in made.variants:
        note = notes.variant(made.variant_set_id, variant.variant_id)
        verdict = _verdict(made, variant.variant_id)
        if note.state is VariantState.DRAFT and verdict not in {None, VerdictKind.INVALID}:
            _checked(workspace, note, seen=note.version, by=by, now=workspace.now)
        changed = before is not None and _verdict(before, variant.variant_id) is not verdict
        if note.state in OUT and changed:
            notes.move_variant(
                made.variant_set_id, variant.variant_id, VariantState.SENT_BACK, version=note.version, by=by,
                now=workspace.now, reason="Another check gave another verdict than the one that was approved",
            )  # fmt: skip


def taken_out(workspace: Workspace, variant_set_id: str, form: str, *, by: str, now: datetime) -> bytes:
    """Return the approved variants of a set as a file, and note that they were exported.

    Args:
        workspace: Where the set is.
        variant_set_id: Which.
        form: `csv` or `json`.
        by: Who takes them.
        now: Time.

    Raises:
        NotFoundError: There is no such set, or nothing of it is approved.
        ConflictError: Data came since it was checked.
    """
    notes = workspace.store.notes
    found = workspace.store.results.variant_set(variant_set_id)
    states = {one.variant_id: notes.variant(variant_set_id, one.variant_id) for one in found.variants}
    kept = [
        one
        for one in found.variants
        if states[one.variant_id].state in OUT and is_approvable(found, one.variant_id)
    ]
    if not kept:
        msg = "no variant of this set is approved with a verdict that holds"
        raise NotFoundError(msg, hint="Somebody who may approve has to approve one first.")
    _check_current(workspace, found)
    for one in kept:
        note = states[one.variant_id]
        if note.state is VariantState.APPROVED:
            notes.move_variant(
                variant_set_id, one.variant_id, VariantState.EXPORTED, version=note.version, by=by, now=now
            )  # fmt: skip
    return _csv(found, kept) if form == "csv" else _json(found, kept)


def _csv(found: VariantSet, kept: Sequence[Variant]) -> bytes:
    slots = list(slots_of(found.control.channel))
    columns = [
        "variant_id",
        "channel",
        "changed_factor",
        *slots,
        "verdict",
        "effect",
        "low",
        "high",
        "n_persons",
        "pain_point_id",
        "certificate_id",
    ]
    certificate = found.certificate.certificate_id if found.certificate else None
    rows: list[list[object]] = []
    for one in kept:
        verdict = one.verdict
        shown = (
            [verdict.kind.value, verdict.effect, verdict.low, verdict.high, verdict.n_persons]
            if verdict
            else [None] * 5
        )
        words = [one.copy_text.slots.get(name, "") for name in slots]
        rows.append(
            [
                one.variant_id,
                one.copy_text.channel,
                one.changed_factor.value,
                *words,
                *shown,
                one.pain_point_id,
                certificate,
            ]
        )
    return csv_text(columns, rows).encode()  # fmt: skip


def _json(found: VariantSet, kept: Sequence[Variant]) -> bytes:
    body = found.model_copy(update={"variants": tuple(kept)}).model_dump(mode="json")
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)
