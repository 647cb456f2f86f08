"""What people do with variants: approve, send back, take out as a file; each step is logged."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from agent.errors import ConflictError, NotFoundError
from agent.pipeline.workspace import Workspace
from agent.render.csv_cells import csv_text
from agent.schemas.creative import Variant, VariantSet, VerdictKind
from agent.schemas.notes import VariantNote, VariantState
from agent.variants.channels import slots_of

OUT = frozenset({VariantState.APPROVED, VariantState.EXPORTED})
"""States of a variant that may leave."""


def approve(
    workspace: Workspace, variant_set_id: str, variant_id: str, *, seen: int, by: str, now: datetime
) -> None:
    """Approve a variant whose verdict holds; being checked before is part of it.

    Raises:
        NotFoundError: There is no such variant.
        ConflictError: Somebody changed it since, it has no verdict that holds, or it cannot be approved any more.
    """
    notes = workspace.store.notes
    with workspace.store.transaction():
        note = notes.variant(variant_set_id, variant_id)
        if not _holds(workspace.store.results.variant_set(variant_set_id), variant_id):
            msg = "this variant has no verdict that holds, so it cannot be approved"
            raise ConflictError(msg, hint="Check the set again, and approve what holds then.")
        if note.state in {VariantState.DRAFT, VariantState.SENT_BACK}:
            seen = _checked(workspace, note, seen=seen, by=by, now=now).version
        notes.move_variant(variant_set_id, variant_id, VariantState.APPROVED, version=seen, by=by, now=now)


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
    """Send a variant back, approved or not.

    Raises:
        NotFoundError: There is no such variant.
        ConflictError: Somebody changed it since, or it was exported already.
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


def _holds(made: VariantSet, variant_id: str) -> bool:
    """Tell whether a variant has a verdict that holds as it was checked last."""
    verdicts = (one.verdict for one in made.variants if one.variant_id == variant_id)
    return any(verdict is not None and verdict.kind is not VerdictKind.INVALID for verdict in verdicts)


def mark_checked(workspace: Workspace, made: VariantSet, *, by: str) -> None:
    """Note that the variants of a set were checked, where their verdicts hold."""
    notes = workspace.store.notes
    for variant in made.variants:
        note = notes.variant(made.variant_set_id, variant.variant_id)
        if _holds(made, variant.variant_id) and note.state is VariantState.DRAFT:
            _checked(workspace, note, seen=note.version, by=by, now=workspace.now)


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
    """
    notes = workspace.store.notes
    found = workspace.store.results.variant_set(variant_set_id)
    states = {one.variant_id: notes.variant(variant_set_id, one.variant_id) for one in found.variants}
    kept = [
        one for one in found.variants if states[one.variant_id].state in OUT and _holds(found, one.variant_id)
    ]
    if not kept:
        msg = "no variant of this set is approved with a verdict that holds"
        raise NotFoundError(msg, hint="Somebody who may approve has to approve one first.")
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
