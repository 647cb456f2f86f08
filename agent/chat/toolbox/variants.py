"""Creative variants, and what is made or changed after a person's approval: variants and maps."""

from collections.abc import Callable

from agent.chat.context import Proposed
from agent.chat.requests import CheckVariants, DraftMap, ListVariants, ProposeVariants
from agent.chat.toolbox.pain_points import reach_of
from agent.chat.toolbox.resolving import (
    map_of,
    pain_point_of,
    refuse,
    require_texts,
    said_so,
    where_of,
    where_text,
)
from agent.chat.toolbox.writing import Row, Writing, one_line, plain, worded
from agent.draft.scope import make_scope
from agent.errors import InputError, NotFoundError, ScopeError
from agent.pipeline.creating import propose
from agent.pipeline.drafting import DraftRequest, draft
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.workspace import Workspace
from agent.ports import VariantChecker
from agent.schemas.chat import ToolResult
from agent.schemas.creative import Variant, VariantSet, VerdictKind
from agent.schemas.insight import PainPoint
from agent.schemas.journey import JourneyMap
from agent.store.presence import require_held_out
from agent.variants.channels import control_copy

_VERDICTS = {
    VerdictKind.BETTER: "better",
    VerdictKind.WORSE: "worse",
    VerdictKind.NO_DIFFERENCE: "no difference",
    VerdictKind.CANNOT_TELL: "cannot tell",
    VerdictKind.INVALID: "not valid",
}

CheckerOf = Callable[[Workspace], VariantChecker]
"""Opens what checks variants on held-out customers; injected from outside the core."""


def list_variants(snapshot: Snapshot, request: ListVariants) -> ToolResult:
    """List variant sets and their verdicts, of all pain points or one."""
    sets = snapshot.variant_sets()
    writing = Writing(request, "Variants and what held-out customers' words say of them", snapshot)
    if request.pain_point is not None:
        scope = require_texts(snapshot.everybody)
        wanted = pain_point_of(scope, snapshot, request.pain_point).pain_point_id
        sets = [one for one in sets if one.pain_point_id == wanted]
    if not sets:
        points = snapshot.pain_points[:1]
        refuse(
            "unknown_thing", "There are no variants yet.", "Propose some: name the pain point they should answer.",
            *(f"Propose an e-mail about {plain(one.label)}" for one in points),
        )  # fmt: skip
    _tell_set(writing, sets[0], _label(snapshot, sets[0].pain_point_id))
    for one in sets[:8]:
        writing.target("variant_set", _label(snapshot, one.pain_point_id), one.variant_set_id)
    writing.ask_next(
        *(f"Show the pain point {_label(snapshot, one.pain_point_id)}" for one in sets[:1]),
        "What hurts customers most?",
    )
    return writing.done()


def _label(snapshot: Snapshot, pain_point_id: str) -> str:
    known = {one.pain_point_id: one.label for one in snapshot.pain_points}
    if pain_point_id not in known:
        try:
            known[pain_point_id] = snapshot.workspace.store.results.pain_point(pain_point_id).label
        except NotFoundError:
            return "a pain point that is no more"
    return plain(known[pain_point_id])


def _tell_set(writing: Writing, found: VariantSet, label: str) -> None:
    counts = [one for one in found.variants if one.verdict is not None]
    n = writing.number(
        "variants.n",
        len(found.variants),
        unit="count",
        label="Variants",
        definition="Copies that each change one thing of the control.",
    )
    better = writing.number(
        "variants.better", sum(one.verdict is not None and one.verdict.kind is VerdictKind.BETTER for one in counts), unit="count",
        label="Variants found better", definition="Variants whose effect on held-out customers' words is above nothing with its whole interval.",
    )  # fmt: skip
    writing.finding(
        f"For {writing.name(label)} there are {{{{m:{n}}}}} variants for {writing.words(worded(found.control.channel))};"
        f" {{{{m:{better}}}}} of them are found better than the control."
    )
    rows = [_row(writing, one, number) for number, one in enumerate(found.variants)]
    writing.table("Variants", ("Changes", "Text", "Verdict", "Effect (95 %)", "Customers"), rows)
    if found.certificate is None or not found.certificate.valid:
        writing.guidance("These variants carry no valid certificate yet; check them before they are used.")


def _row(writing: Writing, one: Variant, number: int) -> Row:
    text = one_line(
        next((one.copy_text.slots[slot] for slot in one.changed_slots if slot in one.copy_text.slots), "")
    )
    verdict = one.verdict
    if verdict is None:
        return Row((one.changed_factor.value, text, "not checked", "", ""))
    metric = writing.number(
        f"variant.{number}", verdict.effect, unit="score", label=f"Effect of changing the {one.changed_factor.value}", definition=one_line(verdict.reason),
        bounds=(verdict.low, verdict.high),
    )  # fmt: skip
    effect = (
        "unknown"
        if verdict.effect is None
        else f"{verdict.effect:+.3f} ({verdict.low or 0.0:+.3f} to {verdict.high or 0.0:+.3f})".replace(
            "-", "−"
        )
    )
    return Row(
        (one.changed_factor.value, text, _VERDICTS[verdict.kind], effect, f"{verdict.n_persons:,}"), (metric,)
    )


def set_of(snapshot: Snapshot, name: str) -> VariantSet:
    """Return a variant set by its id or by words of its pain point's label.

    Raises:
        GapError: There is none.
    """
    sets = snapshot.variant_sets()
    found = next((one for one in sets if one.variant_set_id == name), None)
    if found is None and sets:
        wanted = name.casefold().strip()
        found = next(
            (one for one in sets if wanted and wanted in _label(snapshot, one.pain_point_id).casefold()), None
        )
    if found is None:
        refuse(
            "unknown_thing",
            f"There is no set of variants ‘{plain(name)}’.",
            "Propose variants first: name the pain point they should answer.",
            "What hurts customers most?",
        )
    return found


def _point(snapshot: Snapshot, name: str) -> PainPoint:
    return pain_point_of(require_texts(snapshot.everybody), snapshot, name)


def preview_propose(snapshot: Snapshot, request: ProposeVariants) -> Proposed:
    """Return what proposing would make, its names checked and fixed."""
    point = _point(snapshot, request.pain_point)
    try:
        control_copy(request.channel, request.control)
    except InputError as error:
        refuse("unknown_value", said_so(error), error.hint)
    against = "the product's plain control" if request.control is None else "the control that was given"
    summary = (
        f"Propose {request.n} variants for {worded(request.channel)} that answer ‘{plain(point.label)}’, each changing one thing of {against},"
        " and check them on held-out customers."
    )
    return Proposed(request.model_copy(update={"pain_point": point.pain_point_id}), summary)


def preview_check(snapshot: Snapshot, request: CheckVariants) -> Proposed:
    """Return what checking would do, its names checked and fixed."""
    found = set_of(snapshot, request.variant_set)
    label = _label(snapshot, found.pain_point_id)
    summary = f"Check the {len(found.variants)} variants for ‘{label}’ again on held-out customers; their verdicts and certificate are replaced."
    return Proposed(request.model_copy(update={"variant_set": found.variant_set_id}), summary)


def preview_draft(snapshot: Snapshot, request: DraftMap) -> Proposed:
    """Return what drafting would make, its scope checked and fixed."""
    asked = draft_of(snapshot, request)
    require_texts(snapshot.scope(asked.where))
    try:
        make_scope(
            persona=asked.persona,
            journey=asked.journey,
            goal=asked.goal,
            purpose=asked.purpose,
            where=asked.where,
            population="",
        )
    except ScopeError as error:
        refuse("unknown_value", said_so(error), error.hint)
    whom = f", of customers with {where_text(asked.where)}" if asked.where else ", of all customers"
    kind = "the next version of the map" if request.again else "a journey map"
    summary = f"Draft {kind}: ‘{plain(asked.persona)}’ on ‘{plain(asked.journey)}’, who want to ‘{plain(asked.goal)}’{whom}. Purpose: ‘{plain(asked.purpose)}’."
    if request.again is None:
        fixed: dict[str, object] = {"where": asked.where}
    else:
        fixed = {"again": map_of(snapshot, request.again).map_id}
    return Proposed(request.model_copy(update=fixed), summary)


def draft_of(snapshot: Snapshot, request: DraftMap) -> DraftRequest:
    """Return what to draft: as asked, or the scope of a stored map.

    Raises:
        GapError: The map to draft again is not there, or the filter is not in the data.
    """
    if request.again is not None:
        found = map_of(snapshot, request.again)
        scope = found.scope
        return DraftRequest(
            persona=scope.persona, journey=scope.journey, goal=scope.goal, purpose=scope.purpose, where=scope.where,
            stage_rules=scope.stage_rules, type=found.type, owner=found.owner,
        )  # fmt: skip
    return DraftRequest(
        persona=request.persona,
        journey=request.journey,
        goal=request.goal,
        purpose=request.purpose,
        where=where_of(snapshot, request.where),
    )


def make_draft(snapshot: Snapshot, workspace: Workspace, request: DraftMap) -> ToolResult:
    """Draft a map and tell what is in it."""
    made = draft(workspace, draft_of(snapshot, request))
    title = f"{made.scope.persona}: {made.scope.journey}"
    writing = Writing(request, f"Drafted the map ‘{plain(title)}’", snapshot)
    writing.guidance(f"Drafted version {made.version} of the map ‘{plain(title)}’.")
    _tell_map(writing, made)
    writing.target("map", title, made.map_id)
    writing.ask_next("Show the latest map", "What could be done about the pain points?")
    return writing.done()


def _tell_map(writing: Writing, made: JourneyMap) -> None:
    if made.pain_points:
        point = made.pain_points[0]
        metric = reach_of(writing, point)
        writing.finding(
            f"What hurts most on it is {writing.name(point.label)}: {{{{m:{metric}:counted}}}} customers ({{{{m:{metric}:spread}}}})."
        )


def make_variants(
    snapshot: Snapshot, workspace: Workspace, request: ProposeVariants, checker_of: CheckerOf
) -> ToolResult:
    """Propose variants, have them checked, store them and tell the verdicts."""
    require_held_out(workspace.store)
    point = _point(snapshot, request.pain_point)
    scope = snapshot.everybody
    corpus = scope.corpus
    with scope.events_lock:
        made = propose(
            workspace, point, corpus, channel=request.channel, control=request.control, n=request.n
        )
    return _told(snapshot, request, _checked(workspace, made, checker_of, point), point)


def check_again(
    snapshot: Snapshot, workspace: Workspace, request: CheckVariants, checker_of: CheckerOf
) -> ToolResult:
    """Check a set again and tell the verdicts."""
    require_held_out(workspace.store)
    found = set_of(snapshot, request.variant_set)
    point = workspace.store.results.pain_point(found.pain_point_id)
    return _told(snapshot, request, _checked(workspace, found, checker_of, point), point)


def _checked(
    workspace: Workspace, variants: VariantSet, checker_of: CheckerOf, point: PainPoint
) -> VariantSet:
    """Return a set with fresh verdicts and a fresh certificate, stored."""
    checked = checker_of(workspace).check(variants, pain_point=point)
    workspace.store.results.save_variant_set(checked)
    if checked.certificate is not None:
        workspace.store.results.save_certificate(checked.certificate)
    return checked


def _told(
    snapshot: Snapshot, request: ProposeVariants | CheckVariants, checked: VariantSet, point: PainPoint
) -> ToolResult:
    writing = Writing(
        request, f"Variants for ‘{plain(point.label)}’, checked on held-out customers", snapshot
    )
    _tell_set(writing, checked, plain(point.label))
    writing.target("variant_set", point.label, checked.variant_set_id)
    writing.ask_next("List the variants", f"Show the pain point {plain(point.label)}")
    return writing.done()
