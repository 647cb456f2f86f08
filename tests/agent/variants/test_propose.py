"""Variants change one factor, rest on what is there, and differ from each other, whatever the writer proposes."""

from collections.abc import Callable
from typing import cast

import pytest

from agent.errors import InputError, ModelUnavailableError
from agent.offline.analyst import OfflineAnalyst
from agent.ports import OutT, WritingTask
from agent.schemas.creative import Copy, CreativeChannel, Fact, Factor, VariantSet
from agent.schemas.writing import CopyBrief, CopyDraft
from agent.variants.channels import CHANNELS, control_copy
from agent.variants.factors import changed_factors
from agent.variants.lint import has_errors, lint_copy
from agent.variants.propose import MAX_VARIANTS, VariantRequest, facts_of, propose_variants
from tests.agent.maps import NOW, pain_point

_PAIN = pain_point()
_FACTS = facts_of(_PAIN, _PAIN.metrics[0])
_CONTROL = control_copy("email", None)
_BODY = _CONTROL.slots["body"]


class _Scripted:
    """A writer that proposes one thing for one factor, and the control's own words for all others."""

    model_id = "scripted"

    def __init__(self, factor: Factor, draft: Callable[[CopyBrief], CopyDraft]) -> None:
        self._factor = factor
        self._draft = draft
        self.briefs: list[CopyBrief] = []

    def write(self, task: WritingTask[OutT]) -> OutT:
        brief = cast("CopyBrief", task.inputs)
        self.briefs.append(brief)
        if brief.factor is self._factor:
            return cast("OutT", self._draft(brief))
        same = {slot.name: slot.text for slot in brief.change_slots}
        return cast("OutT", CopyDraft(slots=same, fact_ids=()))


def _proposed(writer: _Scripted | OfflineAnalyst, n: int = 1, control: Copy = _CONTROL) -> VariantSet:
    return propose_variants(VariantRequest(_PAIN, control, _FACTS, n, NOW), writer=writer)


def _from(factor: Factor, slots: dict[str, str], *fact_ids: str) -> VariantSet:
    return _proposed(_Scripted(factor, lambda _: CopyDraft(slots=slots, fact_ids=fact_ids)))


def _fact(start: str) -> Fact:
    return next(fact for fact in _FACTS if fact.template.startswith(start))


_QUOTED = _fact("A customer says")
_VOICED = _fact("Voiced by")


def test_facts_are_reach_and_words_for_and_against() -> None:
    """Each has its own id and carries its evidence or its metric; digits are still names in the template."""
    assert len({fact.fact_id for fact in _FACTS}) == len(_FACTS) == 4
    assert "{{m:" in _VOICED.template
    assert "33 %" in _VOICED.statement
    assert _QUOTED.evidence[0].quote in _QUOTED.statement


def test_variant_that_holds_is_in_the_set_with_what_it_rests_on() -> None:
    """Copy, factor, slots and facts are all there."""
    made = _from(Factor.HOOK, {"subject": "Still waiting for a parcel?"})
    variant = made.variants[0]
    assert (variant.changed_factor, variant.changed_slots) == (Factor.HOOK, ("subject",))
    assert variant.copy_text.slots == {**_CONTROL.slots, "subject": "Still waiting for a parcel?"}
    assert (variant.pain_point_id, variant.control_id) == (_PAIN.pain_point_id, made.control_id)
    assert (variant.facts, variant.evidence, variant.writer, variant.verdict) == ((), (), "scripted", None)


def test_variant_number_is_written_by_code() -> None:
    """A named metric becomes its figure, and the fact it belongs to is listed though the writer did not name it."""
    made = _from(Factor.PROOF, {"body": f"{_BODY} {_VOICED.template}."})
    assert "33 %" in made.variants[0].copy_text.slots["body"]
    assert made.variants[0].facts == (_VOICED,)


def test_variant_that_quotes_a_fact_lists_it_and_its_evidence() -> None:
    """A quote in a copy always leads back to its record."""
    quote = _QUOTED.evidence[0].quote
    made = _from(Factor.PROOF, {"body": f"{_BODY} One says: “{quote}”"})
    assert made.variants[0].facts == (_QUOTED,)
    assert made.variants[0].evidence == _QUOTED.evidence


@pytest.mark.parametrize(
    ("factor", "slots"),
    [
        (Factor.HOOK, {"subject": "“It came to the wrong door.”"}),
        (Factor.PROOF, {"body": f"{_BODY} One says: “It came, to the wrong door.”"}),
        (Factor.PROOF, {"body": f"{_BODY} One says: “It came to the Wrong door.”"}),
        (Factor.PROOF, {"body": f"{_BODY} “It came to the wrong door.” “Came to the wrong door.”"}),
    ],
    ids=["quote in an opening", "a comma more", "a capital more", "two quotes"],
)
def test_variant_quotes_once_word_for_word_and_only_as_proof(factor: Factor, slots: dict[str, str]) -> None:
    """A proof carries one exact quote; anything else carries none."""
    assert _from(factor, slots, _QUOTED.fact_id, *(fact.fact_id for fact in _FACTS)).variants == ()


def test_label_that_is_no_complaint_makes_no_opening() -> None:
    """The offline analyst leaves the opening to the control; other factors are still proposed."""
    pain = pain_point(label="Sizes and colours")
    request = VariantRequest(pain, _CONTROL, facts_of(pain, pain.metrics[0]), 8, NOW)
    made = propose_variants(request, writer=OfflineAnalyst())
    assert made.variants
    assert not [variant for variant in made.variants if variant.changed_factor is Factor.HOOK]


def test_variant_may_quote_part_of_a_fact() -> None:
    """An excerpt in marks stands in the quote, with its own capital and full stop."""
    assert _from(Factor.PROOF, {"body": f"{_BODY} One says: “Came to the wrong door!”"}).variants


@pytest.mark.parametrize(
    ("factor", "slots", "fact_ids"),
    [
        (Factor.HOOK, {"subject": "Late parcels?", "button": "Go"}, ()),
        (Factor.HOOK, {"headline": "Late parcels?"}, ()),
        (Factor.HOOK, {"subject": "Late parcels?"}, ("f_unknown",)),
        (Factor.HOOK, {"subject": "Seen by 9 of us"}, ()),
        (Factor.HOOK, {"subject": "Half of all parcels"}, ()),
        (Factor.HOOK, {"subject": "{{m:unknown.metric}} wait"}, ()),
        (Factor.HOOK, {"subject": "{{ 7 * 7 }} parcels"}, ()),
        (Factor.HOOK, {"subject": "Late parcels " * 5}, ()),
        (Factor.HOOK, {"subject": "日" * 26}, ()),
        (Factor.HOOK, {"subject": "We noticed you left"}, ()),
        (Factor.HOOK, {"subject": " "}, ()),
        (Factor.HOOK, dict[str, str](), ()),
        (Factor.HOOK, {"subject": "“The best shop I ever saw”"}, ()),
        (Factor.HOOK, {"subject": "Free delivery on parcels"}, ()),
        (Factor.TONE, {"body": f"{_BODY} Your parcel arrives on the day you chose."}, ()),
        (Factor.BENEFIT, {"body": f"{_BODY} A customer says: “{_QUOTED.evidence[0].quote}” You know the day."}, ()),
        (Factor.PROOF, {"body": f"{_BODY} A customer says: “They saved my holiday, every time.”"}, (_QUOTED.fact_id,)),
        (Factor.PROOF, {"body": f"{_BODY} Customers say that we are a wonderful shop."}, ()),
        (Factor.OFFER, {"body": f"{_BODY} Returns are free."}, ()),
        (Factor.OFFER, {"body": f"{_BODY} Get a voucher."}, tuple(fact.fact_id for fact in _FACTS)),
    ],
    ids=[
        "slot of another role", "unknown slot", "unknown fact", "digit", "number word", "unknown metric", "template",
        "too long", "too wide", "one person's behaviour", "empty", "nothing", "invented quote in the opening",
        "invented promise in the opening", "another factor", "two factors", "invented quote with a fact's name",
        "hearsay without a fact", "invented offer", "invented offer with facts' names",
    ],
)  # fmt: skip
def test_draft_that_breaks_a_rule_is_never_in_the_set(
    factor: Factor, slots: dict[str, str], fact_ids: tuple[str, ...]
) -> None:
    """Whatever a writer proposes, what does not hold is dropped."""
    assert _from(factor, slots, *fact_ids).variants == ()


def test_promise_of_the_control_may_be_used_again() -> None:
    """What the brand says itself is its own to repeat."""
    control = control_copy("email", "Have a look at our range. Returns are free.")
    writer = _Scripted(
        Factor.HOOK, lambda _: CopyDraft(slots={"subject": "Free returns, as ever"}, fact_ids=())
    )
    assert _proposed(writer, control=control).variants


def test_pain_point_about_a_promise_may_be_named() -> None:
    """A trouble with vouchers can be spoken of without promising any."""
    pain = pain_point(label="Voucher codes are refused")
    writer = _Scripted(Factor.HOOK, lambda _: CopyDraft(slots={"subject": "Voucher refused?"}, fact_ids=()))
    request = VariantRequest(pain, _CONTROL, facts_of(pain, pain.metrics[0]), 1, NOW)
    assert propose_variants(request, writer=writer).variants


def test_duplicates_are_dropped_and_further_attempts_asked_for() -> None:
    """Equal and nearly equal proposals count once; attempts grow so that a writer can do better."""
    answers = ["Late parcels?", "Late parcels!", "Nobody home, no parcel?"]
    writer = _Scripted(
        Factor.HOOK,
        lambda brief: CopyDraft(slots={"subject": answers[min(brief.attempt, 2)]}, fact_ids=()),
    )
    made = _proposed(writer, n=4)
    assert [variant.copy_text.slots["subject"] for variant in made.variants] == [
        "Late parcels?",
        "Nobody home, no parcel?",
    ]
    assert max(brief.attempt for brief in writer.briefs) == 2


def test_brief_withholds_figures_and_gives_only_the_factors_slots() -> None:
    """A writer sees no number it could copy, and which slots stay."""
    writer = _Scripted(Factor.HOOK, lambda _: CopyDraft(slots={}, fact_ids=()))
    _proposed(writer)
    brief = next(brief for brief in writer.briefs if brief.factor is Factor.CTA)
    assert [slot.name for slot in brief.change_slots] == ["button"]
    assert {slot.name for slot in brief.keep_slots} == {"subject", "preheader", "body"}
    assert all("33" not in fact.statement for fact in brief.facts)


@pytest.mark.parametrize("channel", list(CHANNELS))
@pytest.mark.parametrize("label", ["Parcels come late", "Refunds take weeks", "Free returns are refused"])
def test_offline_analyst_proposes_distinct_variants_of_one_factor(
    channel: CreativeChannel, label: str
) -> None:
    """Without a model there are as many as asked for, each another copy, each one computed factor, none in breach."""
    pain, control = pain_point(label=label), control_copy(channel, None)
    request = VariantRequest(pain, control, facts_of(pain, pain.metrics[0]), 8, NOW)
    made = propose_variants(request, writer=OfflineAnalyst())
    assert len(made.variants) == 8
    assert len({tuple(variant.copy_text.slots.items()) for variant in made.variants}) == 8
    assert len({variant.variant_id for variant in made.variants}) == 8
    assert len({variant.changed_factor for variant in made.variants}) >= 3
    for variant in made.variants:
        assert changed_factors(control, variant.copy_text) == {variant.changed_factor}
        assert variant.lint == lint_copy(variant.copy_text)
        assert not has_errors(variant.lint)
    assert made == propose_variants(request, writer=OfflineAnalyst())


def test_as_many_as_hold_and_no_more() -> None:
    """Asking for very many ends, with fewer, all distinct."""
    made = _proposed(OfflineAnalyst(), n=MAX_VARIANTS)
    assert 8 < len(made.variants) < MAX_VARIANTS
    assert len({variant.variant_id for variant in made.variants}) == len(made.variants)


@pytest.mark.parametrize("n", [0, -1, MAX_VARIANTS + 1])
def test_number_out_of_range_is_refused(n: int) -> None:
    """The bound is named."""
    with pytest.raises(InputError, match="1 to 100"):
        _proposed(OfflineAnalyst(), n=n)


@pytest.mark.parametrize(
    "slots", [{"subject": "x" * 51}, {"subject": ""}, {"body": "Dear [NAME-a1b]"}, {"other": "x"}]
)
def test_control_that_does_not_hold_is_refused(slots: dict[str, str]) -> None:
    """A variant of a broken control would be broken too."""
    control = Copy(channel="email", slots={**_CONTROL.slots, **slots})
    with pytest.raises(InputError, match="the control does not hold"):
        _proposed(OfflineAnalyst(), control=control)


def test_writer_that_cannot_answer_is_not_replaced() -> None:
    """Nothing is made up in the place of a model that is away."""

    def fail(_: CopyBrief) -> CopyDraft:
        msg = "away"
        raise ModelUnavailableError(msg)

    with pytest.raises(ModelUnavailableError):
        _proposed(_Scripted(Factor.HOOK, fail))
