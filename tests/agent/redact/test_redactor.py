"""Personal data goes, everything else stays as it was, and failures store nothing."""

from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import RedactionError
from agent.normalise import clean_text
from agent.redact import PLACEHOLDER, Redactor, redactor
from agent.schemas.records import Identifier, IdentifierKind

_REDACTOR = Redactor("salt")


def _kinds(text: str) -> list[str]:
    redacted = _REDACTOR.redact(text, person_id="p")
    return [match.group()[1:-5] for match in PLACEHOLDER.finditer(redacted)]


@pytest.mark.parametrize(
    ("text", "gone", "kind"),
    [
        ("mail me at ann.lee+x@mail.example.co.uk please", "ann.lee+x@mail.example.co.uk", "EMAIL"),
        ("write to ann at example dot com", "ann at example dot com", "EMAIL"),
        ("it is ann&#64;example.com", "ann&#64;example.com", "EMAIL"),
        ("my address is bob@gmail", "bob@gmail", "EMAIL"),
        ("ring +49 30 901820 now", "+49 30 901820", "PHONE"),
        ("my cell 555-010-4477 is on", "555-010-4477", "PHONE"),
        ("call (020) 7946 0958 x12", "(020) 7946 0958 x12", "PHONE"),
        ("call me on five five five oh one two three", "five five five oh one two three", "NUMBER"),
        ("card 4111 1111 1111 1111 was charged", "4111 1111 1111 1111", "CARD"),
        ("to DE89 3704 0044 0532 0130 00 please", "DE89 3704 0044 0532 0130 00", "IBAN"),
        ("ssn 078-05-1120", "078-05-1120", "ID"),
        ("my passport number is K1234567", "K1234567", "ID"),
        ("from 203.0.113.77 it fails", "203.0.113.77", "IP"),
        ("from 2001:db8::8a2e:370:7334 it fails", "2001:db8::8a2e:370:7334", "IP"),
        (
            "send to 0x52908400098527886E0F7030069857D2E4169EE7",
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "CRYPTO",
        ),
        ("see https://shop.example/o?token=abc123&lang=en", "abc123", "URL"),
        ("I am at instagram.com/ann_lee99", "ann_lee99", "URL"),
        ("tell @ann_lee99 about it", "@ann_lee99", "HANDLE"),
        ("order no. 48213377 is late", "48213377", "ORDER"),
        ("my booking code is QWERTZ", "QWERTZ", "ORDER"),
        ("account number: 0042-1177", "0042-1177", "ACCOUNT"),
        ("I was born on 3 May 1984", "3 May 1984", "DOB"),
        ("my pin is 8841.", "8841", "SECRET"),
        (
            "I live at 12 Marlowe Street, Springfield, IL 62704",
            "12 Marlowe Street, Springfield, IL 62704",
            "ADDRESS",
        ),
        ("ich wohne Lindenstraße 14", "Lindenstraße 14", "ADDRESS"),
        ("ship to 8 rue Descartes", "8 rue Descartes", "ADDRESS"),
        ("zip: 62704", "62704", "POSTCODE"),
        ("near SW1A 1AA", "SW1A 1AA", "POSTCODE"),
        ("my name is Zorblina Quux", "Zorblina Quux", "NAME"),
        ("thanks to Jessica it works", "Jessica", "NAME"),
        ("Mr. Featherstone was rude", "Featherstone", "NAME"),
        ("my name is anna", "anna", "NAME"),
        ("It works again.\nKind regards,\nOlivia Hart", "Olivia Hart", "NAME"),
    ],
)
def test_redact_personal_value_becomes_its_kind_and_nothing_else_changes(
    text: str, gone: str, kind: str
) -> None:
    """Each kind of personal data is found exactly, and all around it stays."""
    before, after = text.split(gone)
    redacted = _REDACTOR.redact(text, person_id="p")
    assert redacted.startswith(before)
    assert redacted.endswith(after)
    assert _kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "I paid $1,299.00 for 2 items on 12/05/2024 at 10:30:45, version 4.5.1.2",
        "Will you ever fix this? May I ask for a refund? Mark it as done.",
        "I ordered in April and again on 5 May, still nothing. Great app, Love It!",
        "5 star place, 10 minutes from the station in Paris, 3 times on the road",
        "The hotel in London is lovely, Amazon delivers, my ISA moved to John Lewis",
        "Room 204 at 7 pm, 24/7 support, 100 % off, a 2019-2021 plan, 4 of 5",
        "CAN I SPEAK TO A REAL PERSON?!?!",
        "He said it is fine. It was a joke. Hi, can you help? Okay, thanks",
        "see https://shop.example/products/blue-dress?page=2",
        "order 2 items and cancel 3 tickets, my account is closed, case closed",
    ],
)
def test_redact_ordinary_words_are_left_alone(text: str) -> None:
    """Prices, dates, places, brands and months are no personal data."""
    assert _REDACTOR.redact(text, person_id="p") == text


_PART = st.one_of(
    st.text(max_size=20),
    st.emails(),
    st.sampled_from(
        [
            "my name is ",
            "John Smith",
            "Hi ",
            "call 555-010-4477",
            " 12 High Street",
            "\n",
            "@",
            "[EMAIL-2bc]",
            "[NAME-aei]",
            " Mr ",
        ]
    ),
)
_TEXT = st.lists(_PART, max_size=6).map(" ".join).map(clean_text)


@given(_TEXT)
def test_redact_any_text_keeps_the_rest_byte_for_byte_and_is_idempotent(text: str) -> None:
    """Outside placeholders the text is a run of pieces of the original, and a second run changes nothing."""
    redacted = _REDACTOR.redact(text, person_id="p")
    at = 0
    for piece in PLACEHOLDER.split(redacted):
        found = text.find(piece, at)
        assert found >= 0
        at = found + len(piece)
    assert _REDACTOR.redact(redacted, person_id="p") == redacted


@given(st.text(max_size=30), st.emails(), st.text(max_size=30))
def test_redact_any_surroundings_leave_no_email(before: str, email: str, after: str) -> None:
    """Whatever stands around it, an e-mail address goes."""
    assert email not in _REDACTOR.redact(clean_text(f"{before} {email} {after}"), person_id="p")


def test_redact_same_value_same_person_gets_the_same_placeholder() -> None:
    """Placeholders follow the value and the person, and nothing outside the salt."""
    one = _REDACTOR.redact("I am ann@example.com", person_id="p1")
    assert one == Redactor("salt").redact("I am ANN@example.com", person_id="p1")
    assert one != _REDACTOR.redact("I am ann@example.com", person_id="p2")
    assert one != Redactor("other").redact("I am ann@example.com", person_id="p1")


def test_redact_turns_name_asked_for_is_found_in_the_answer() -> None:
    """An answer is a name because the turn before asked for one, and stays one later on."""
    turns = ["Could I have your name please?", "zorblina quux", "Thank you. Anything else?"]
    introduced = ["My name is Zorblina.", "Hello!", "it is zorblina again"]
    assert PLACEHOLDER.search(
        _REDACTOR.redact_turns(["What is your name?", "Zorblina Quux"], person_id="p")[1]
    )
    assert _REDACTOR.redact_turns(introduced, person_id="p")[2].startswith("it is [NAME-")
    assert len(_REDACTOR.redact_turns(turns, person_id="p")) == len(turns)


def test_redact_known_identifiers_are_taken_out_wherever_they_stand() -> None:
    """What identified the row does not stay in its words."""
    known = [Identifier(IdentifierKind.USER_ID, "frog-lover")]
    assert "frog-lover" not in _REDACTOR.redact("I log in as frog-lover always", person_id="p", known=known)


def test_redact_properties_judges_by_key_and_by_value() -> None:
    """Personal keys lose their value, personal values go under any key, the rest keeps its type."""
    found = _REDACTOR.redact_properties(
        {"email": "x", "First Name": "Ann", "note": "ring +49 30 901820", "q": "tel 555 010 4477", "r": "at 12 high street", "day": "2024-05-01T10:00:00Z", "sku": "SKU-99812733", "ean": "4006381333931", "session": "case-10011", "iban": "DE89370400440532013000", "tel2": "555-010-4477", "price": 19.9, "paid": True, "phone": 49301234567,
         "path": "/products/blue-dress", "$ip": "10.0.0.1", "card": 4111111111111111, "name": "Blue dress"},
        person_id="p",
    )  # fmt: skip
    assert found["price"] == 19.9
    assert found["paid"] is True
    assert found["path"] == "/products/blue-dress"
    assert found["name"] == "Blue dress"
    assert (found["sku"], found["ean"], found["session"]) == ("SKU-99812733", "4006381333931", "case-10011")
    assert found["day"] == "2024-05-01T10:00:00Z"
    for key in ("email", "First Name", "note", "q", "r", "iban", "tel2", "phone", "$ip", "card"):
        assert PLACEHOLDER.search(str(found[key])), key
    assert _REDACTOR.redact_properties(found, person_id="p") == found


def test_redact_id_only_personal_ids_are_hashed() -> None:
    """An id that is an e-mail address is hashed, any other can be looked up at its source."""
    assert _REDACTOR.redact_id("ticket-99812733", person_id="p") == "ticket-99812733"
    assert _REDACTOR.redact_id("ann@example.com", person_id="p").startswith("x_")


def test_redact_internal_fault_fails_closed_without_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any fault becomes an error that carries nothing of the text."""

    def broken(text: str) -> NoReturn:
        raise ValueError(text)

    monkeypatch.setattr(redactor, "find_names", broken)
    with pytest.raises(RedactionError) as caught:
        _REDACTOR.redact("a secret thing", person_id="p")
    assert "secret" not in f"{caught.value!r} {caught.value.context} {caught.value.__cause__!r}"
    with pytest.raises(RedactionError):
        _REDACTOR.redact_properties({"note": "a Secret thing"}, person_id="p")


@pytest.mark.parametrize(
    "text",
    [
        "John " * 2000,
        "1-" * 20_000,
        "@" * 20_000,
        "a" * 200_000,
        "A1-" * 10_000,
        "\n1 " * 10_000,
        "12 High " * 3000,
    ],
)
def test_redact_hostile_repetition_ends_in_time(text: str) -> None:
    """No input makes a recogniser run away; the limit is the test's own time."""
    assert _REDACTOR.redact(clean_text(text), person_id="p")
