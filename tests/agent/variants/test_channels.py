"""Slots, widths, controls and what is wrong with a copy."""

import pytest

from agent.errors import InputError
from agent.schemas.creative import Copy, CreativeChannel
from agent.variants.channels import CHANNELS, control_copy, slots_of, width
from agent.variants.lint import has_errors, lint_copy


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0), ("abc", 3), ("日本語", 6), ("ｶﾅ", 2), ("ＡＢ", 4), ("한국", 4), ("a日b", 4), ("cafe\N{COMBINING ACUTE ACCENT}", 4),
        ("naïve", 5), ("שלום", 4),
    ],
)  # fmt: skip
def test_width_counts_east_asian_wide_characters_twice(text: str, count: int) -> None:
    """As Google Ads counts; marks that combine count for nothing."""
    assert width(text) == count


@pytest.mark.parametrize("channel", list(CHANNELS))
def test_default_controls_hold_their_own_limits(channel: CreativeChannel) -> None:
    """Plain copy fills every slot, in order, without a finding."""
    control = control_copy(channel, None)
    assert list(control.slots) == list(slots_of(channel))
    assert lint_copy(control) == ()


@pytest.mark.parametrize("channel", list(CHANNELS))
def test_every_channel_has_each_role(channel: CreativeChannel) -> None:
    """Without a slot for it, a factor could never be tried."""
    assert {slot.role for slot in CHANNELS[channel]} == {"hook", "body", "cta"}


@pytest.mark.parametrize(
    ("channel", "slot"),
    [("email", "body"), ("google_rsa", "description_1"), ("meta", "primary_text"), ("landing_page", "body")],
)
def test_control_given_as_a_bare_text_is_the_main_slot(channel: CreativeChannel, slot: str) -> None:
    """The longest body slot takes it, the opening says it too, and nothing of the plain copy stands beside it."""
    control = control_copy(channel, "  Fast delivery for all. ")
    assert control.slots[slot] == "Fast delivery for all."
    opening = next(one.name for one in CHANNELS[channel] if one.role == "hook")
    assert control.slots[opening] == "Fast delivery for all"
    assert not set(control.slots.values()) & set(control_copy(channel, None).slots.values())
    assert lint_copy(control) == ()


def test_control_opening_is_cut_between_words_where_it_has_no_room() -> None:
    """An opening has fewer characters than the text it is made of."""
    control = control_copy("google_rsa", "Every order leaves our house on the day you place it.")
    assert control.slots["headline_1"] == "Every order leaves our house"


def test_control_given_by_slots_fills_those() -> None:
    """What is given is trimmed; beside it stand words that fit any brand's."""
    control = control_copy("email", {"subject": " Hello ", "button": "Go"})
    assert (control.slots["subject"], control.slots["button"]) == ("Hello", "Go")
    assert "shop" not in " ".join(control.slots.values())
    assert lint_copy(control) == ()


def test_control_with_unknown_slots_names_them_and_those_there_are() -> None:
    """A slot of another channel is an error."""
    with pytest.raises(
        InputError, match=r"email has no slot 'headline', 'text'; it has subject, preheader"
    ) as caught:
        control_copy("email", {"text": "x", "headline": "y", "subject": "z"})
    assert caught.value.hint


def _found(channel: CreativeChannel, **slots: str) -> set[tuple[str, str, str | None]]:
    copy = Copy(channel=channel, slots={**control_copy(channel, None).slots, **slots})
    return {(finding.code, finding.level, finding.slot) for finding in lint_copy(copy)}


def test_lint_length_is_strict_where_the_channel_is() -> None:
    """Google refuses; Meta cuts what is shown."""
    assert _found("google_rsa", headline_1="x" * 31) == {("slot.too_long", "error", "headline_1")}
    assert _found("google_rsa", headline_1="日" * 16) == {("slot.too_long", "error", "headline_1")}
    assert _found("google_rsa", headline_1="x" * 30) == set()
    assert _found("meta", headline="x" * 41) == {("slot.too_long", "warning", "headline")}


@pytest.mark.parametrize(
    ("text", "code", "level"),
    [
        ("Dear [NAME-a1b], have a look.", "copy.personal_data", "error"),
        ("We noticed that you left.", "copy.individual_behaviour", "error"),
        ("About your recent complaint.", "copy.individual_behaviour", "error"),
        ("Made for people with mental health needs.", "copy.sensitive", "error"),
        ("It never fails.", "copy.unsourced_claim", "error"),
        ("BUY SHOES TODAY HERE", "copy.shouting", "warning"),
    ],
)
def test_lint_wording_rules(text: str, code: str, level: str) -> None:
    """Each rule finds its case, and only it."""
    assert _found("email", body=text) == {(code, level, "body")}


@pytest.mark.parametrize("text", ["Your [size] here.", "NASA and us.", "We know shoes.", "You looked great."])
def test_lint_leaves_ordinary_words_alone(text: str) -> None:
    """What only looks like a breach is none."""
    assert _found("email", body=text) == set()


def test_lint_missing_and_unknown_slots_are_errors() -> None:
    """A copy from elsewhere is checked too, whatever its slots."""
    copy = Copy(channel="email", slots={"subject": "Hello", "body": " ", "headline": "x"})
    found = lint_copy(copy)
    assert {(finding.code, finding.slot) for finding in found} == {
        ("slot.unknown", "headline"), ("slot.missing", "body"), ("slot.missing", "preheader"), ("slot.missing", "button"),
    }  # fmt: skip
    assert has_errors(found)
    assert not has_errors(())
