"""Event logs of other kinds: GA4, XES, tables."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.errors import UnreadableSourceError
from agent.normalise.times import parse_time
from agent.read import identify_format, read_file
from agent.schemas.records import Identifier, IdentifierKind, RawItem
from tests.agent.read.builders import events_in, lines_of, read_text, rejects_in, write

_NOW = datetime(2026, 5, 1, tzinfo=UTC)

XES = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
 <string key="concept:name" value="a log"/>
 <trace>
  <string key="concept:name" value="case 1"/><int key="AMOUNT" value="5"/>
  <event><string key="concept:name" value="ask"/><date key="time:timestamp" value="2024-05-01T10:00:00+02:00"/>
   <boolean key="paid" value="true"/></event>
  <event><date key="time:timestamp" value="2024-05-01T11:00:00+02:00"/></event>
 </trace>
 <trace><event><string key="concept:name" value="ask"/></event></trace>
</log>"""


def test_ga4_parameters_and_microseconds_are_unpacked(tmp_path: Path) -> None:
    """Typed parameter lists become properties, microseconds a UTC time."""
    row = {
        "event_name": "page_view",
        "event_timestamp": "1714557600123456",
        "user_id": None,
        "user_pseudo_id": "12.34",
        "platform": "WEB",
        "items": [{"item_id": "1"}],
        "device": {"category": "mobile"},
        "event_params": [
            {"key": "page_title", "value": {"string_value": "Pay"}},
            {"key": "n", "value": {"int_value": 0, "string_value": None}},
        ],
        "user_properties": [{"key": "plan", "value": {"string_value": "pro"}}],
    }
    bad = {"event_name": "x", "event_timestamp": "soon", "user_pseudo_id": "1"}
    items = read_text(tmp_path, lines_of(row, bad))
    [event] = events_in(items)
    assert (event.type, event.name, event.channel) == ("page", "page_view", "WEB")
    assert event.at == datetime(2024, 5, 1, 10, 0, 0, 123456, tzinfo=UTC)
    assert event.identifiers == (Identifier(IdentifierKind.ANONYMOUS_ID, "12.34"),)
    assert event.properties == {"device.category": "mobile", "page_title": "Pay", "n": 0, "user.plan": "pro"}
    assert [reject.code for reject in rejects_in(items)] == ["bad_time"]


def test_xes_trace_is_a_person_and_its_attributes_are_properties(tmp_path: Path) -> None:
    """Typed attributes of trace and event are kept; nameless events and traces are rejected."""
    items = read_text(tmp_path, XES)
    [event] = events_in(items)
    assert (event.name, event.at) == ("ask", "2024-05-01T10:00:00+02:00")
    assert event.identifiers == (Identifier(IdentifierKind.USER_ID, "case 1"),)
    assert event.properties == {"case:AMOUNT": 5, "paid": True}
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [(1, "no_name"), (2, "no_person")]


def test_xes_case_counted_as_zero_is_somebody(tmp_path: Path) -> None:
    """Elsewhere an id of 0 is nobody's; a log that counts its cases from 0 has one."""
    [event] = events_in(read_text(tmp_path, XES.replace("case 1", "0")))
    assert event.identifiers == (Identifier(IdentifierKind.USER_ID, "case 0"),)


def _simulated(times: list[str]) -> str:
    """Return a log of one event a trace, whose header has the default time that exporters write."""
    traces = "".join(
        f'<trace><string key="concept:name" value="{case}"/><event><string key="concept:name" value="ask"/>'
        f'<date key="time:timestamp" value="{time}"/></event></trace>'
        for case, time in enumerate(times)
    )
    default = '<global scope="event"><date key="time:timestamp" value="1970-01-01T00:00:00+00:00"/></global>'
    return f'<log xes.version="1.0" xmlns="http://www.xes-standard.org/">{default}{traces}</log>'


@pytest.mark.parametrize("zone", ["+01:00", "-08:00", "+00:00"])
def test_xes_with_a_clock_counted_from_zero_is_moved_as_a_whole(tmp_path: Path, zone: str) -> None:
    """Every event is read, with the spans between them, from the start of 2000; a warning and a property say so."""
    start = datetime(1970, 1, 1, tzinfo=UTC).astimezone(
        datetime.fromisoformat(f"2000-01-01T00:00{zone}").tzinfo
    )
    times = [(start + timedelta(minutes=9 * n)).isoformat() for n in range(200)]
    with capture_logs() as logs:
        items = read_text(tmp_path, _simulated(times))
    assert [parse_time(event.at, now=_NOW) for event in events_in(items)] == [
        datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=9 * n) for n in range(200)
    ]
    assert all(event.properties["time:relative"] is True for event in events_in(items))
    assert [log["event"] for log in logs] == ["relative_clock"]


def test_xes_with_one_early_time_keeps_its_clock(tmp_path: Path) -> None:
    """A time of 1970 among real ones is a missing value, not a clock; the log is read as it stands."""
    times = ["1970-01-01T00:00:00+00:00", "2024-05-01T10:00:00+02:00"]
    events = events_in(read_text(tmp_path, _simulated(times)))
    assert [event.at for event in events] == times
    assert all("time:relative" not in event.properties for event in events)


def test_xes_with_a_relative_clock_and_a_broken_time_leaves_that_to_the_check(tmp_path: Path) -> None:
    """What is no time is passed on as it stands."""
    times = ["1970-01-01T00:00:00+00:00", "1970-01-01T25:00:00+00:00"]
    assert events_in(read_text(tmp_path, _simulated(times)))[1].at == times[1]


def test_xes_with_entities_is_refused(tmp_path: Path) -> None:
    """A log that expands entities could fill the memory."""
    bomb = '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "aaaa">]><log xes.version="1"><trace>&a;</trace></log>'
    with pytest.raises(UnreadableSourceError, match="entities"):
        read_text(tmp_path, bomb)


def test_xes_cut_off_traces_before_are_kept(tmp_path: Path) -> None:
    """Whole traces are read, then one error says that the log breaks off."""
    path = write(tmp_path / "log.xes", XES[: XES.index("<trace><event>") + 20])
    items: list[RawItem] = []
    with pytest.raises(UnreadableSourceError, match="broken XML"):
        items.extend(read_file(path))
    assert len(events_in(items)) == 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("event,timestamp,customer_id,channel,shop\nvisit,2024-05-01,c1,store,4\n", id="native"),
        pytest.param(
            ";case:concept:name;concept:name;time:timestamp;case:channel;shop\n0;c1;visit;2024-05-01;store;4\n",
            id="process mining",
        ),
    ],
)
def test_event_table_columns_find_their_fields(tmp_path: Path, content: str) -> None:
    """Both ways to name the columns give the same event."""
    path = write(tmp_path / "visits", content)
    [event] = events_in(read_file(path))
    assert identify_format(path) == "event_table"
    assert (event.name, event.at, event.channel, event.event_id) == ("visit", "2024-05-01", "store", None)
    assert event.identifiers == (Identifier(IdentifierKind.USER_ID, "c1"),)
    assert event.properties == {"shop": "4"}


def test_event_table_nameless_and_ownerless_rows_are_rejected(tmp_path: Path) -> None:
    """An event needs a name and somebody who did it."""
    items = read_text(tmp_path, "event,timestamp,customer_id\n,1,c1\nvisit,1,\nvisit,1,c1\n")
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [(0, "no_name"), (1, "no_person")]
    assert len(events_in(items)) == 1
