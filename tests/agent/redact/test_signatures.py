"""Names under letters are taken out, whether or not a list knows them; what else closes a line stays."""

import pytest

from agent.redact.redactor import Redactor


def _clean(text: str) -> str:
    return Redactor("salt").redact(text, person_id="p_1")


@pytest.mark.parametrize(
    ("letter", "name"),
    [
        ("The parcel came late.\nKind regards, Ben Okafor", "Ben Okafor"),
        ("Please refund me. Kind regards, Ben", "Ben"),
        ("Please refund me.\n\nBest wishes,\nBen Ashcroft", "Ben Ashcroft"),
        ("Where is it? Regards\nB. Tremlett", "Tremlett"),
        ("Not happy. Yours faithfully\nMrs J Quillfeather", "Quillfeather"),
        ("I wait.\nWith kind regards and thanks,\nJ. van der Berg\n01632 960123", "van der Berg"),
        ("Best\nMo", "Mo"),
        ("Where is my order? Ta!\nWren", "Wren"),
        ("Where is it? Cheers Ben", "Ben"),
        ("It was late. - Ben", "Ben"),
        ("Thank you\nOyelaran\nSent from my phone", "Oyelaran"),
    ],
)
def test_name_that_a_letter_is_signed_with_is_taken_out(letter: str, name: str) -> None:
    """Nothing of it is left."""
    clean = _clean(letter)
    assert "[NAME-" in clean
    assert not set(name.split()) & set(clean.replace(".", " ").split())


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, Customer Support Team",
        "Best regards, The Support Team",
        "Kind regards, disappointed customer",
        "Thanks, Great service",
        "Best tent ever. Love London",
        "Sizes: S - Large",
        "The colour is blue - Amazing",
        "I asked for Yours Truly candles",
        "Arrived quickly. Cheers",
    ],
)
def test_what_else_closes_a_line_stays(text: str) -> None:
    """Teams, places and praise are nobody's name."""
    assert _clean(text) == text
