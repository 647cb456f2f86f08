"""The factors that are computed from control and variant, against labelled pairs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.schemas.creative import Copy, CreativeChannel, Factor
from agent.variants.channels import CHANNELS, control_copy, slots_of
from agent.variants.factors import DEFINITIONS, changed_factors, changed_slots
from tests.agent.variants.pairs import PAIRS, Pair


def _copies(pair: Pair) -> tuple[Copy, Copy]:
    control = control_copy(pair.channel, pair.before or None)
    return control, Copy(channel=pair.channel, slots={**control.slots, **pair.after})


def test_factors_agree_with_the_labels() -> None:
    """At least nine of ten pairs get exactly the factors a person would name."""
    assert len(PAIRS) >= 60
    right = sum(changed_factors(*_copies(pair)) == pair.factors for pair in PAIRS)
    assert right / len(PAIRS) >= 0.9


@pytest.mark.parametrize("factor", list(Factor))
def test_every_factor_is_defined_and_labelled(factor: Factor) -> None:
    """A factor that no pair changes would be measured by nobody."""
    assert DEFINITIONS[factor]
    assert sum(factor in pair.factors for pair in PAIRS) >= 5


@pytest.mark.parametrize("n_factors", [0, 1, 2])
def test_pairs_cover_changes_of_no_one_and_more_factors(n_factors: int) -> None:
    """The labels hold pairs of every kind that a check has to tell apart."""
    assert sum(min(len(pair.factors), 2) == n_factors for pair in PAIRS) >= 2


@settings(deadline=None)
@given(st.sampled_from(sorted(CHANNELS)), st.text(max_size=60), st.text(max_size=60))
def test_factors_are_empty_exactly_where_nothing_changed(
    channel: CreativeChannel, before: str, after: str
) -> None:
    """The law over any text: a change has a factor, no change has none."""
    for name in slots_of(channel):
        control = Copy(channel=channel, slots={name: before})
        variant = Copy(channel=channel, slots={name: after})
        assert bool(changed_factors(control, variant)) == (before != after)
        assert changed_slots(control, variant) == ((name,) if before != after else ())


def test_promise_inside_a_quotation_is_the_customers() -> None:
    """Words of a customer promise nothing."""
    control = control_copy("email", None)
    body = f"{control.slots['body']} A customer says: “They gave me a voucher and a refund.”"
    variant = Copy(channel="email", slots={**control.slots, "body": body})
    assert changed_factors(control, variant) == {Factor.PROOF}
