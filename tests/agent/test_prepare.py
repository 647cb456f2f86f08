"""Rows become records and events with stable ids and no personal data, or a reject that says why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import RedactionError
from agent.prepare import PrepareContext, lone_event_key, lone_key, prepare_record, scaled_rating
from agent.redact import PLACEHOLDER, Redactor
from agent.schemas.records import (
    Event,
    Identifier,
    IdentifierKind,
    Kind,
    RawEvent,
    RawRecord,
    RawTurn,
    Record,
    RowReject,
    Speaker,
)
from tests.agent.plain_events import plain_event, prepared, rows_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def _context(source_id: str = "src1") -> PrepareContext:
    return PrepareContext("shop", "salt", source_id, NOW, Redactor("salt"))


def _review(**changes: object) -> RawRecord:
    fields: dict[str, object] = {
        "kind": Kind.REVIEW,
        "source_format": "native",
        "row": 0,
        "text": "It broke after a day.",
    }
    return RawRecord(**(fields | changes))  # type: ignore[arg-type]


def _event(**changes: object) -> RawEvent:
    fields: dict[str, object] = {
        "row": 0, "source_format": "segment", "type": "track", "name": "Product Viewed", "identifiers": (), "at": "2024-05-01T10:00:00Z",
    }  # fmt: skip
    return RawEvent(**(fields | changes))  # type: ignore[arg-type]


def _record(raw: RawRecord, person_id: str = "p_1", source_id: str = "src1") -> Record:
    record = prepare_record(raw, person_id=person_id, context=_context(source_id))
    assert isinstance(record, Record)
    return record


def test_prepare_record_conversation_spans_are_exact_after_redaction() -> None:
    """Turns point at their redacted words; empty turns leave no trace; the record takes the first turn's time."""
    raw = _review(
        kind=Kind.TRANSCRIPT, text=None, external_id="c-100",
        turns=(
            RawTurn(Speaker.AGENT, "What is your name?", "2024-05-01T10:00:00Z"),
            RawTurn(Speaker.CUSTOMER, "Zorblina Quux, ann@example.com"),
            RawTurn(Speaker.BOT, " \u200b "),
            RawTurn(Speaker.CUSTOMER, "my order\r\nis late", "not a time"),
        ),
    )  # fmt: skip
    record = _record(raw)
    said = [record.text[turn.start : turn.end] for turn in record.turns]
    assert said[0] == "What is your name?"
    assert len(PLACEHOLDER.findall(said[1])) == 2
    assert said[2] == "my order\nis late"
    assert record.text == "\n".join(said)
    assert record.at == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert "Zorblina" not in record.model_dump_json()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": " \u200b "}, "text.empty"),
        ({"text": "x" * 200_001}, "text.too_long"),
        ({"at": "2099-01-01"}, "time.future"),
        ({"at": "1970-01-01"}, "time.before_1990"),
        ({"at": "whenever"}, "time.unreadable"),
        ({"text": None, "turns": (RawTurn(Speaker.AGENT, "Hello"),)}, "text.no_customer"),
        (
            {"text": None, "turns": tuple(RawTurn(Speaker.CUSTOMER, "y" * 150_000) for _ in range(2))},
            "text.too_long",
        ),
    ],
)
def test_prepare_record_unusable_row_is_rejected_with_its_code(changes: dict[str, object], code: str) -> None:
    """A row that cannot be taken says why."""
    reject = prepare_record(_review(row=7, **changes), person_id="p_1", context=_context())
    assert isinstance(reject, RowReject)
    assert (reject.row, reject.code) == (7, code)


def test_prepare_record_redaction_failure_rejects_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where personal data cannot be removed nothing is stored."""

    def fail(*_: object, **__: object) -> str:
        raise RedactionError("no")

    monkeypatch.setattr(Redactor, "redact", fail)
    reject = prepare_record(_review(), person_id="p_1", context=_context())
    assert isinstance(reject, RowReject)
    assert reject.code == "redaction.failed"


def test_prepare_record_id_follows_the_source_not_the_file() -> None:
    """One conversation exported twice is one record; an edit keeps its id and changes its content key."""
    first = _record(_review(external_id="conv-1234567", row=3))
    again = _record(
        _review(external_id="conv-1234567", row=9, text="It broke after two days."), source_id="src2"
    )
    assert first.record_id == again.record_id
    assert first.content_key != again.content_key
    assert first.content_key == _record(_review(external_id="conv-1234567", row=3)).content_key
    assert first.record_id != _record(_review(external_id="conv-1234567", kind=Kind.SURVEY)).record_id


def test_prepare_record_row_numbers_as_ids_do_not_join_two_customers() -> None:
    """Two files that count their rows from 1 hold different records."""
    assert (
        _record(_review(external_id="1"), "p_1").record_id
        != _record(_review(external_id="1"), "p_2").record_id
    )
    assert (
        _record(_review(external_id="1"), "p_1").record_id
        == _record(_review(external_id="1"), "p_1", "src2").record_id
    )


def test_lone_key_equal_rows_are_different_persons_and_stay_so() -> None:
    """Two people who wrote the same are two, also when the file is read again with more rows after them."""
    raws = [_review(row=i, text="Great app") for i in range(3)]
    first = [lone_key(raw, context=context) for context in [_context()] for raw in raws]
    again = [
        lone_key(raw, context=context) for context in [_context("src2")] for raw in [*raws, _review(row=9)]
    ]
    assert len(set(first)) == 3
    assert again[:3] == first
    assert lone_event_key(1, context=_context()) != lone_event_key(2, context=_context())


def test_prepare_record_carries_facts_and_drops_personal_ones() -> None:
    """Rating, channel, locale and attributes come in one form; an e-mail as external id is hashed."""
    record = _record(
        _review(
            external_id="ann@example.com", rating=4, rating_max=5, channel="Google Play", locale="en_GB", at="2024-05-01",
            attributes={"email": "ann@example.com", "city": "Leeds", "score": float("nan")}, consent=("analytics",),
            identifiers=(Identifier(IdentifierKind.USER_ID, "frog-lover"),), text="frog-lover here, it broke",
        )
    )  # fmt: skip
    assert (record.rating, record.channel, record.locale, record.consent) == (
        0.75,
        "app",
        "en-GB",
        ("analytics",),
    )
    assert record.external_id.startswith("x_")
    assert set(record.attributes) == {"email", "city", "time_zone"}
    assert "ann@" not in record.model_dump_json()
    assert "frog-lover" not in record.model_dump_json()
    assert _record(_review()).external_id == _record(_review()).record_id


@pytest.mark.parametrize(
    ("rating", "top", "expected"),
    [(1, 5, 0.0), (5, 5, 1.0), (0, 10, 0.0), (9, 10, 0.9), (55, 100, 0.55), (0.5, 1, 0.5), (6, 5, None), (3, None, None), (None, 5, None),
     (float("nan"), 5, None), (3, 0, None)],
)  # fmt: skip
def test_scaled_rating_stands_on_its_scale_or_is_unknown(
    rating: float | None, top: float | None, expected: float | None
) -> None:
    """A rating without its scale, or off it, is unknown."""
    assert scaled_rating(rating, top) == expected


def test_prepare_events_are_named_timed_and_redacted() -> None:
    """An event keeps what a journey needs and loses what names a person."""
    raw = _event(
        event_id="m-0001112223",
        channel="Web",
        properties={"email": "ann@example.com", "price": 5, "q": "for ann@example.com"},
    )
    [event] = rows_of(prepared([raw], context=_context())[0])
    assert (event["name"], event["channel"], event["at"]) == (
        "product_viewed",
        "web",
        datetime(2024, 5, 1, 10, tzinfo=UTC),
    )
    assert event["properties"]["price"] == 5
    assert "ann@" not in str(event)
    [moved] = rows_of(prepared([replace(raw, row=8)], context=_context("src2"))[0])
    assert moved["event_id"] == event["event_id"]


def test_prepare_events_without_id_are_their_places_in_the_source() -> None:
    """Without an id of its own an event is told by source and row."""
    ids = {
        event["event_id"]
        for source, row in (("src1", 0), ("src1", 1), ("src2", 0), ("src1", 0))
        for event in rows_of(prepared([_event(row=row)], context=_context(source))[0])
    }
    assert len(ids) == 3


def test_prepare_events_without_time_or_name_are_rejected() -> None:
    """Identify, group and alias are no events; an event without a time or a name is rejected."""
    assert rows_of(prepared([_event(type="identify")], context=_context())[0]) == []
    for changes, code in (
        ({"at": None}, "event.no_time"),
        ({"name": "--"}, "event.no_name"),
        ({"at": "2099-01-01"}, "time.future"),
        ({"properties": {"x": "y" * 200_001}}, "text.too_long"),
    ):
        found, [reject] = prepared([_event(**changes)], context=_context())
        assert rows_of(found) == []
        assert reject.code == code


@pytest.mark.parametrize(
    ("at", "offset"),
    [
        ("2024-05-01T10:00:00+02:00", "+02:00"),
        ("2024-05-01 10:00:00-0530", "-05:30"),
        (datetime(2024, 5, 1, tzinfo=timezone(timedelta(hours=2))), "+02:00"),
        ("2024-05-01T10:00:00Z", None),
        ("2024-05-01T10:00:00+00:00", None),
        ("2024-05-01", None),
        (1_714_557_600, None),
    ],
)
def test_prepare_events_keep_the_offset_of_the_source_clock(at: object, offset: str | None) -> None:
    """The local hour can be told from the time in UTC and the offset, beside other times and on its own."""
    for raws in ([_event(at=at)], [_event(row=1, at="2024-05-01T10:00:00+00:00"), _event(row=2, at=at)]):
        event = rows_of(prepared(raws, context=_context())[0])[-1]
        assert event["properties"].get("utc_offset") == offset
    [own] = rows_of(prepared([_event(at=at, properties={"utc_offset": "mine"})], context=_context())[0])
    assert own["properties"]["utc_offset"] == "mine"


def _done_by(who: str, **fields: object) -> RawEvent:
    return _event(identifiers=(Identifier(IdentifierKind.USER_ID, who),), **fields)


_KEYS = st.sampled_from(["price", "price ", "note", "email", "order_id", "q", "deep.city", "né"])
_SAID = st.sampled_from(
    [
        "",
        " ",
        "red",
        "ann@example.com",
        "call +44 20 7946 0958",
        "[EMAIL-x7f]",
        "4111 1111 1111 1111",
        "été\u200b",
    ]
)
_VALUES = st.one_of(
    _SAID,
    st.integers(-(10**16), 10**16),
    st.floats(),
    st.booleans(),
    st.sampled_from([0, 1, 1.0, True, False, 4111111111111111]),
    st.text(max_size=8),
)
_TIMES = st.one_of(
    st.datetimes(min_value=datetime(1985, 1, 1), max_value=datetime(2030, 1, 1)).map(str),  # noqa: DTZ001 - texts without a zone
    st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001
        max_value=datetime(2026, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    st.sampled_from(
        [
            None,
            "",
            "soon",
            "2024-05-01",
            "2024-05-01T10:00:00Z",
            "2024-05-01T10:00:00.123456789Z",
            "1 May 2024",
            17,
            1_714_557_600,
            1_714_557_600_123,
            1_714_557_600.5,
            "1714557600",
            20240501,
            "2099-01-01",
            float("nan"),
            "2024-13-01",
        ]
    ),
)
_RAWS = st.lists(
    st.builds(
        _done_by,
        who=st.sampled_from(["u1", "u2"]),
        name=st.sampled_from(
            ["Product Viewed", "viewed product", "for ann@example.com", "--", "purchase", "x\ud800y"]
        ),
        type=st.sampled_from(["track", "page", "screen"]),
        at=_TIMES,
        event_id=st.sampled_from([None, "", "1", "12", "123456", "1234567", "a-long-id", "ann@example.com"]),
        channel=st.sampled_from([None, "", "Web", "ann@example.com", "null"]),
        properties=st.dictionaries(_KEYS, _VALUES, max_size=4),
    ),
    max_size=12,
)


@given(_RAWS)
def test_prepare_events_in_columns_equal_the_plain_reference(raws: list[RawEvent]) -> None:
    """What is done once a distinct value gives what doing it row by row gives: events, ids, rejects."""
    raws = [replace(raw, row=row) for row, raw in enumerate(raws)]
    found, rejects = prepared(raws, context=_context())
    person_of: dict[tuple[Identifier, ...], str] = {}
    expected = [
        plain_event(
            raw,
            person_id=person_of.setdefault(raw.identifiers, f"p_{len(person_of)}"),
            context=_context(),
        )
        for raw in raws
    ]
    events = [one for one in expected if isinstance(one, Event)]
    got = rows_of(found)
    assert rejects == [one for one in expected if isinstance(one, RowReject)]
    for row in got:
        row["properties"].pop("utc_offset", None)
    assert got == [
        {
            "event_id": event.event_id,
            "at": event.at,
            "name": event.name,
            "type": event.type,
            "channel": event.channel,
            "properties": orjson.loads(orjson.dumps(dict(event.properties))),
            "source_id": event.source_id,
            "row": event.row,
        }
        for event in events
    ]
    assert found.columns["properties"].to_pylist() == [
        orjson.dumps(dict(event.properties), option=orjson.OPT_SORT_KEYS).decode() for event in events
    ]


_ANY = st.text(st.characters(), max_size=40)


@given(_ANY, st.emails(), _ANY, st.one_of(st.none(), _ANY), st.sampled_from(Speaker))
def test_prepare_record_any_input_never_crashes_nor_leaks_an_email(
    before: str, email: str, after: str, external_id: str | None, speaker: Speaker
) -> None:
    """Whatever is thrown at it, the outcome is a record without the address or a reject without the text."""
    said = f"{before} {email} {after}"
    raw = _review(
        text=None, external_id=external_id, at=None, channel=after, locale=before, rating=3.0, attributes={before: said, "note": email},
        turns=(RawTurn(speaker, said), RawTurn(Speaker.CUSTOMER, said)), identifiers=(Identifier(IdentifierKind.EMAIL, email),),
    )  # fmt: skip
    outcome = prepare_record(raw, person_id="p_1", context=_context())
    assert email not in str(outcome)
    found = prepared([_event(name=said, properties={"x": said})], context=_context())
    assert email not in str(rows_of(found[0]))
    assert email not in str(found[1])
