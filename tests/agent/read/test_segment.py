"""Segment's six calls and batches."""

from pathlib import Path

from agent.read import identify_format
from agent.schemas.records import Identifier, IdentifierKind, RowReject
from tests.agent.read.builders import events_in, lines_of, read_text, write

USER = IdentifierKind.USER_ID
ANONYMOUS = IdentifierKind.ANONYMOUS_ID


def test_segment_six_calls_become_events_of_their_type(tmp_path: Path) -> None:
    """Every call of the spec is taken, with the name it goes by."""
    items = read_text(
        tmp_path,
        lines_of(
            {"type": "identify", "userId": "u", "traits": {"plan": "pro"}},
            {"type": "track", "userId": "u", "event": "Order Completed"},
            {"type": "page", "anonymousId": "a", "name": "Home", "category": "Docs"},
            {"type": "screen", "anonymousId": "a"},
            {"type": "group", "userId": "u", "groupId": "g", "traits": {"size": 3}},
            {"type": "alias", "userId": "u", "previousId": "a"},
        ),
    )
    names = [(event.type, event.name) for event in events_in(items)]
    assert names == [
        ("identify", "identify"),
        ("track", "Order Completed"),
        ("page", "Home"),
        ("screen", "screen"),
        ("group", "group"),
        ("alias", "alias"),
    ]
    assert events_in(items)[2].properties == {"category": "Docs"}
    assert events_in(items)[4].properties == {"size": 3, "groupId": "g"}


def test_segment_identify_carries_all_identifiers_and_no_personal_trait(tmp_path: Path) -> None:
    """E-mail and phone identify and are therefore no properties."""
    call = {
        "type": "identify",
        "userId": 7,
        "anonymousId": "a",
        "messageId": "m1",
        "traits": {
            "email": "a@b.example",
            "phone": "+1",
            "address": {"city": "Rome", "geo": {"x": 1}},
            "tags": ["x", "y"],
        },
    }
    [event] = events_in(read_text(tmp_path, lines_of(call)))
    assert event.identifiers == (
        Identifier(USER, "7"),
        Identifier(ANONYMOUS, "a"),
        Identifier(IdentifierKind.EMAIL, "a@b.example"),
        Identifier(IdentifierKind.PHONE, "+1"),
    )
    assert event.properties == {"address.city": "Rome", "tags": "x; y"}
    assert event.event_id == "m1"


def test_segment_alias_previous_id_counts_as_user_and_anonymous(tmp_path: Path) -> None:
    """The spec lets `previousId` be either."""
    [event] = events_in(read_text(tmp_path, lines_of({"type": "alias", "userId": "u", "previousId": "p"})))
    assert set(event.identifiers) == {
        Identifier(USER, "u"),
        Identifier(USER, "p"),
        Identifier(ANONYMOUS, "p"),
    }


def test_segment_track_context_keeps_campaign_and_page_only(tmp_path: Path) -> None:
    """What describes the device, such as the address it called from, is not taken."""
    call = {
        "type": "track",
        "userId": "u",
        "event": "Paid",
        "timestamp": "2024-05-01T10:00:00Z",
        "channel": "browser",
        "properties": {"total": 9.5, "order_id": "o1", "coupon": None, "products": [{"sku": 1}]},
        "context": {
            "ip": "192.0.2.1",
            "campaign": {"source": "mail"},
            "page": {"path": "/pay"},
            "locale": "fr",
        },
    }
    [event] = events_in(read_text(tmp_path, lines_of(call)))
    assert event.properties == {
        "total": 9.5,
        "order_id": "o1",
        "campaign.source": "mail",
        "page.path": "/pay",
        "locale": "fr",
    }
    assert (event.at, event.channel) == ("2024-05-01T10:00:00Z", "browser")
    assert Identifier(IdentifierKind.ORDER_ID, "o1") in event.identifiers


def test_segment_faulty_calls_are_rejected_by_row_and_cause(tmp_path: Path) -> None:
    """One bad call costs itself."""
    items = read_text(
        tmp_path,
        lines_of(
            {"type": "track", "userId": "u", "event": "A"},
            {"type": "track", "event": "B"},
            {"type": "track", "userId": "u"},
            {"type": "video", "userId": "u"},
        ),
    )
    faults = [(item.row, item.code) for item in items if isinstance(item, RowReject)]
    assert faults == [(1, "no_person"), (2, "no_name"), (3, "unknown_type")]
    assert len(events_in(items)) == 1


def test_segment_batches_count_their_calls_as_rows(tmp_path: Path) -> None:
    """Batches in lines and one batch document give the same events."""
    calls = [{"type": "track", "userId": "u", "event": name} for name in "ABC"]
    in_lines = read_text(tmp_path, lines_of({"batch": calls[:2]}, {"batch": calls[2:]}))
    document = read_text(
        tmp_path,
        '{"sentAt": "2024-05-01",\n "batch": [' + lines_of(*calls).replace("}\n", "},\n")[:-2] + "]}",
    )
    assert [(event.row, event.name) for event in events_in(in_lines)] == [(0, "A"), (1, "B"), (2, "C")]
    assert events_in(document) == events_in(in_lines)


def test_segment_is_recognised_by_content(tmp_path: Path) -> None:
    """The file's name says nothing."""
    path = write(tmp_path / "reviews.csv", lines_of({"type": "page", "anonymousId": "a"}), packed=True)
    assert identify_format(path) == "segment"
