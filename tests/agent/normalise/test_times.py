"""Times of many sources become UTC, and impossible ones cost their row."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.normalise import RowFault, names_zone, parse_time
from agent.schemas.records import RawTime

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-01-05T10:00:00Z", datetime(2024, 1, 5, 10, tzinfo=UTC)),
        ("2024-01-05T10:00:00+02:00", datetime(2024, 1, 5, 8, tzinfo=UTC)),
        ("2024-01-05 10:00:00 UTC", datetime(2024, 1, 5, 10, tzinfo=UTC)),
        ("2024-01-05", datetime(2024, 1, 5, tzinfo=UTC)),
        (1_704_448_800, datetime(2024, 1, 5, 10, tzinfo=UTC)),
        (1_704_448_800_000, datetime(2024, 1, 5, 10, tzinfo=UTC)),
        (1_704_448_800_000_000, datetime(2024, 1, 5, 10, tzinfo=UTC)),
        ("1704448800.5", datetime(2024, 1, 5, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("Fri, 05 Jan 2024 10:00:00 +0100", datetime(2024, 1, 5, 9, tzinfo=UTC)),
        ("Jan 5, 2024 3:04 PM", datetime(2024, 1, 5, 15, 4, tzinfo=UTC)),
        ("5th January 2024", datetime(2024, 1, 5, tzinfo=UTC)),
        ("25/12/2023", datetime(2023, 12, 25, tzinfo=UTC)),
        ("05.01.2024 10:11", datetime(2024, 1, 5, 10, 11, tzinfo=UTC)),
        (20240105, datetime(2024, 1, 5, tzinfo=UTC)),
        ("", None),
        ("NaN", None),
        (float("nan"), None),
        (None, None),
    ],
)
def test_parse_time_known_forms_become_utc(written: RawTime, expected: datetime | None) -> None:
    """Every common way of writing a time is read."""
    assert parse_time(written, now=NOW) == expected


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("2026-06-03", "time.future"),
        ("1989-12-31", "time.before_1990"),
        (0, "time.before_1990"),
        ("next Tuesday", "time.unreadable"),
        ("9" * 5_000, "time.unreadable"),
        (float("inf"), "time.unreadable"),
        (True, "time.unreadable"),
        (20_821_131, "time.unreadable"),
        ("0001-01-01T00:00:00+14:00", "time.unreadable"),
    ],
)
def test_parse_time_impossible_value_is_a_row_fault(written: RawTime, code: str) -> None:
    """A time that cannot be right costs the row and says why."""
    with pytest.raises(RowFault) as caught:
        parse_time(written, now=NOW)
    assert caught.value.reject_code == code
    assert "Tuesday" not in caught.value.message


@given(st.text() | st.floats() | st.integers() | st.datetimes())
def test_parse_time_anything_gives_utc_none_or_row_fault(written: RawTime) -> None:
    """No value whatever crashes the reader."""
    try:
        at = parse_time(written, now=NOW)
    except RowFault:
        return
    assert at is None or (at.tzinfo is UTC and at.year >= 1990)


def test_names_zone_tells_assumed_from_stated() -> None:
    """A time without a zone is known to be an assumption."""
    assert names_zone("2024-01-05T10:00:00Z")
    assert names_zone("2024-01-05 10:00 +0100")
    assert names_zone(1_704_448_800)
    assert not names_zone("2024-01-05 10:00")
    assert not names_zone("2024-01-05")
    assert not names_zone(datetime(2024, 1, 5))  # noqa: DTZ001  a naive value is the case under test
