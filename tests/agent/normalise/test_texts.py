"""Texts end in one form in which everything can be seen."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.normalise import MAX_TEXT_CHARS, RowFault, channel_name, clean_text, event_name


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("pay\u200bment\u202e", "payment"),
        ("\ud800 lone \udfff", "lone"),
        ("cafe\u0301", "café"),
        ("a\u00a0b", "a b"),
        ("hi\x00\x07 there", "hi there"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("<b>bold</b> &amp; so", "<b>bold</b> &amp; so"),
    ],
)
def test_clean_text_hostile_input_is_made_visible(raw: str, expected: str) -> None:
    """What cannot be seen goes, what can be seen stays."""
    assert clean_text(raw) == expected


@given(st.text(st.characters()))
def test_clean_text_any_text_is_idempotent_nfc_and_encodable(raw: str) -> None:
    """Cleaning twice is cleaning once, and the result can always be stored."""
    once = clean_text(raw)
    assert clean_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once.encode().decode() == once
    assert not set(once) & set("\u200b\u202e\x00\r\ufeff")


def test_clean_text_over_the_limit_is_a_row_fault() -> None:
    """A whole file in one cell costs that row only."""
    with pytest.raises(RowFault) as caught:
        clean_text("x" * (MAX_TEXT_CHARS + 1))
    assert caught.value.reject_code == "text.too_long"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Product Viewed", "product_viewed"),
        ("productViewed", "product_viewed"),
        ("Viewed Product", "product_viewed"),
        ("Signed Up", "signed_up"),
        ("HTTPError Shown", "http_error_shown"),
        ("Größe gewählt", "größe_gewählt"),
    ],
)
def test_event_name_spellings_of_one_step_are_one_name(raw: str, expected: str) -> None:
    """Names come out as object and action in snake case."""
    assert event_name(raw) == expected


def test_event_name_without_words_is_a_row_fault() -> None:
    """An event that says nothing costs its row."""
    with pytest.raises(RowFault):
        event_name(" -- ")


def test_channel_name_maps_aliases_and_passes_the_unknown() -> None:
    """Known channels join, unknown ones keep their name, none stays none."""
    assert {channel_name(raw) for raw in ("E-Mail", "mail", "EMAIL")} == {"email"}
    assert channel_name("Google Play") == "app"
    assert channel_name("Kiosk Nord") == "kiosk_nord"
    assert channel_name("n/a") is None
    assert channel_name(None) is None
