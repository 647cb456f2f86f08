"""Variants as pages show them: sets by pain point, the form for a new one, control and variants side by side."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from agent.errors import NotFoundError
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.workspace import Workspace
from agent.schemas.creative import (
    Certificate,
    Copy,
    CreativeChannel,
    Factor,
    Variant,
    VariantSet,
    Verdict,
    VerdictKind,
)
from agent.schemas.insight import PainPoint
from agent.schemas.journey import JourneyMap
from agent.schemas.notes import VariantNote, VariantState
from agent.schemas.records import Record
from agent.store.notes import VARIANT_STEPS
from agent.variants.channels import CHANNELS, Slot, control_copy, width
from agent.variants.factors import DEFINITIONS
from agent.variants.lint import lint_copy
from api.web.views.variant_steps import OUT, is_approvable, is_current, needs_reason, shown_digest, stale_maps

CHANNEL_NAMES: Mapping[CreativeChannel, str] = {
    "email": "E-mail",
    "google_rsa": "Google responsive search ad",
    "meta": "Meta advert",
    "landing_page": "Landing page",
}
MOST_AT_ONCE = 20
_STATES: Mapping[VariantState, tuple[str, str]] = {
    VariantState.DRAFT: ("draft", ""),
    VariantState.CHECKED: ("checked", "info"),
    VariantState.APPROVED: ("approved", "good"),
    VariantState.EXPORTED: ("exported", "good"),
    VariantState.SENT_BACK: ("sent back", "warn"),
}
_OPEN = frozenset({VariantState.DRAFT, VariantState.CHECKED, VariantState.SENT_BACK})
"""States in which nobody has approved a variant yet."""
_VERDICTS: Mapping[VerdictKind, tuple[str, str]] = {
    VerdictKind.BETTER: ("Nearer to what unseen customers say than the control", "good"),
    VerdictKind.WORSE: ("Farther from what unseen customers say than the control", "bad"),
    VerdictKind.NO_DIFFERENCE: ("As near to what unseen customers say as the control", ""),
    VerdictKind.CANNOT_TELL: ("Cannot be told: too few unseen customers speak of it", "info"),
    VerdictKind.INVALID: ("Nothing is said, as the certificate does not hold", "bad"),
}
_FACTORS: Mapping[Factor, str] = {Factor.CTA: "call to action"}
_SMALL = 3
"""Characters of a word that does not stand for anything by itself."""
_WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class SetRow:
    """A set in the list."""

    found: VariantSet
    label: str
    """Of its pain point."""
    n_better: int
    states: tuple[tuple[str, str, int], ...]
    """Words, look and how many variants are in each state."""

    @property
    def channel(self) -> str:
        """Where the copy goes."""
        return CHANNEL_NAMES[self.found.control.channel]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a slot."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Filled:
    """A slot with its words."""

    slot: Slot
    pieces: tuple[Piece, ...]
    size: int
    """Characters as the channel counts them."""
    is_changed: bool

    @property
    def name(self) -> str:
        """What the slot is called."""
        return self.slot.name.replace("_", " ")

    @property
    def count(self) -> str:
        """How long it is, beside how long it may be."""
        limit = "of" if self.slot.strict else "visible of"
        return f"{self.size} {limit} {self.slot.max_chars}"

    @property
    def is_over(self) -> bool:
        """Whether it is longer than that."""
        return self.size > self.slot.max_chars


@dataclass(frozen=True, slots=True)
class VariantCard:
    """A variant beside its control."""

    number: int
    variant: Variant
    slots: tuple[Filled, ...]
    note: VariantNote
    verdict: tuple[str, str]
    """In words, and the look of it."""
    numbers: str
    """Effect, interval and customers of the verdict; empty where there is none."""
    digest: str
    """Of all that is shown of it."""
    is_approvable: bool
    """Whether its verdict is proven and not against it."""
    needs_reason: bool
    """Whether approving it takes a reason, as it was not found better."""

    @property
    def factor_name(self) -> str:
        """What the one thing is called."""
        factor = self.variant.changed_factor
        return _FACTORS.get(factor, factor.value)

    @property
    def factor(self) -> str:
        """What the one thing is that it changes."""
        return DEFINITIONS[self.variant.changed_factor]

    @property
    def state(self) -> tuple[str, str]:
        """How far it is, as words and look."""
        return _STATES[_state(self.note, self.variant)]

    @property
    def may_approve(self) -> bool:
        """Whether it can be approved as it is: its verdict is proven, and nobody has approved it yet."""
        return self.is_approvable and self.note.state in _OPEN

    @property
    def may_be_sent_back(self) -> bool:
        """Whether it can be sent back."""
        can = VariantState.SENT_BACK in VARIANT_STEPS[self.note.state]
        verdict = self.variant.verdict
        holds = verdict is not None and verdict.kind is not VerdictKind.INVALID
        return can or (holds and self.note.state is VariantState.DRAFT)


@dataclass(frozen=True, slots=True)
class SetView:
    """A control with its variants side by side."""

    found: VariantSet
    label: str
    is_known: bool
    """Whether the pain point has a page."""
    control: tuple[Filled, ...]
    cards: tuple[VariantCard, ...]
    sources: Mapping[str, Record]
    n_out: int
    """Variants that may leave: approved, or exported before."""
    is_current: bool
    """Whether they were checked on the data as it is now."""
    stale: tuple[tuple[JourneyMap, tuple[str, ...]], ...]
    """Maps of the pain point that are stale, each with what moved since."""

    @property
    def channel(self) -> str:
        """Where the copy goes."""
        return CHANNEL_NAMES[self.found.control.channel]

    @property
    def certificate(self) -> Certificate | None:
        """What proves that those the variants were checked against were unseen."""
        return self.found.certificate


@dataclass(frozen=True, slots=True)
class Proposal:
    """The form for a new set."""

    pain_point_id: str
    channel: CreativeChannel
    n: int
    control: Copy
    faults: tuple[str, ...] = ()

    most = MOST_AT_ONCE
    channels = CHANNEL_NAMES

    @property
    def slots(self) -> tuple[tuple[Slot, str], ...]:
        """The channel's slots with the control's words."""
        return tuple((slot, self.control.slots.get(slot.name, "")) for slot in CHANNELS[self.channel])


def set_rows(snapshot: Snapshot) -> list[tuple[str, list[SetRow]]]:
    """Return the sets by the label of their pain points, those drafted last first."""
    grouped: dict[str, list[SetRow]] = {}
    for found in snapshot.variant_sets():
        label, _ = _label(snapshot, found.pain_point_id)
        grouped.setdefault(label, []).append(_set_row(snapshot.workspace, found, label))
    return list(grouped.items())


def set_view(snapshot: Snapshot, variant_set_id: str) -> SetView:
    """Return a set side by side.

    Raises:
        NotFoundError: There is no such set.
    """
    workspace = snapshot.workspace
    found = workspace.store.results.variant_set(variant_set_id)
    label, is_known = _label(snapshot, found.pain_point_id)
    cards = tuple(_card(workspace, found, variant, at) for at, variant in enumerate(found.variants, start=1))
    current = is_current(workspace, found)
    quoted = {item.record_id for one in found.variants for item in one.evidence}
    return SetView(
        found=found,
        label=label,
        is_known=is_known,
        control=_filled(found.control, None),
        cards=cards,
        sources=workspace.store.records.get_many(quoted),
        n_out=sum(card.note.state in OUT and card.is_approvable for card in cards) if current else 0,
        is_current=current,
        stale=tuple(stale_maps(workspace, found.pain_point_id)),
    )


def proposal(
    pain_point_id: str, channel: CreativeChannel, n: int, given: Mapping[str, str] | None
) -> Proposal:
    """Return the form, with what keeps its control from being used.

    Raises:
        InputError: A slot is not one of the channel's.
    """
    control = control_copy(channel, given)
    faults = tuple(one.message for one in lint_copy(control) if one.level == "error")
    return Proposal(pain_point_id, channel, n, control, faults)


def _set_row(workspace: Workspace, found: VariantSet, label: str) -> SetRow:
    notes = [workspace.store.notes.variant(found.variant_set_id, one.variant_id) for one in found.variants]
    states = [_state(note, one) for note, one in zip(notes, found.variants, strict=True)]
    counted = [(*_STATES[state], states.count(state)) for state in VariantState]
    better = sum(one.verdict is not None and one.verdict.kind is VerdictKind.BETTER for one in found.variants)
    return SetRow(found, label, better, tuple(one for one in counted if one[2]))


def _card(workspace: Workspace, found: VariantSet, variant: Variant, number: int) -> VariantCard:
    return VariantCard(
        number=number,
        variant=variant,
        slots=_filled(variant.copy_text, found.control),
        note=workspace.store.notes.variant(found.variant_set_id, variant.variant_id),
        verdict=("Not checked yet", "") if variant.verdict is None else _VERDICTS[variant.verdict.kind],
        numbers=_numbers(variant.verdict),
        digest=shown_digest(found, variant.variant_id),
        is_approvable=is_approvable(found, variant.variant_id),
        needs_reason=needs_reason(found, variant.variant_id),
    )


def _state(note: VariantNote, variant: Variant) -> VariantState:
    """Return how far a variant is; one whose check holds is checked, also where nobody has noted it since."""
    verdict = variant.verdict
    holds = verdict is not None and verdict.kind is not VerdictKind.INVALID
    return VariantState.CHECKED if note.state is VariantState.DRAFT and holds else note.state


def _numbers(verdict: Verdict | None) -> str:
    if verdict is None:
        return ""
    people = f"{verdict.n_persons:,} unseen customers"
    if verdict.effect is None or verdict.low is None or verdict.high is None:
        return people
    effect, low, high = (_effect(one) for one in (verdict.effect, verdict.low, verdict.high))
    return f"effect {effect} ({low} to {high}) over {people}"


def _effect(value: float) -> str:
    """Return a difference in nearness with its sign; one that rounds to nothing has none."""
    written = f"{value:+.3f}".replace("-", "−")
    return written if written.strip("+−0.") else written[1:]


def _filled(copy: Copy, control: Copy | None) -> tuple[Filled, ...]:
    made: list[Filled] = []
    for slot in CHANNELS[copy.channel]:
        words = copy.slots.get(slot.name, "")
        before = words if control is None else control.slots.get(slot.name, "")
        made.append(Filled(slot, _pieces(before, words), width(words), before != words))
    return tuple(made)


def _pieces(before: str, after: str) -> tuple[Piece, ...]:
    """Return the words of a slot, those that are not in the control marked."""
    if before == after:
        return (Piece(after, is_changed=False),)
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    found = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    pieces = [("".join(new[start:end]), kind != "equal") for kind, _, _, start, end in found if end > start]
    merged: list[Piece] = []
    for at, (text, is_changed) in enumerate(pieces):
        # A blank or a small word that happens to be the same does not part what is said anew.
        inside = 0 < at < len(pieces) - 1 and len(text.strip()) <= _SMALL
        marked = is_changed or inside
        if merged and merged[-1].is_changed is marked:
            merged[-1] = Piece(merged[-1].text + text, marked)
        else:
            merged.append(Piece(text, marked))
    return tuple(merged)


def _label(snapshot: Snapshot, pain_point_id: str) -> tuple[str, bool]:
    point = _point(snapshot, pain_point_id)
    return ("a pain point that is not stored any more", False) if point is None else (point.label, True)


def _point(snapshot: Snapshot, pain_point_id: str) -> PainPoint | None:
    for point in snapshot.pain_points:
        if point.pain_point_id == pain_point_id:
            return point
    try:
        return snapshot.workspace.store.results.pain_point(pain_point_id)
    except NotFoundError:
        return None
