"""Tables of events read column by column are what reading them row by row gives."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import UnreadableSourceError
from agent.prepare import PrepareContext, prepare_events
from agent.read import Bounds, read_batches, read_file, table_chunks
from agent.read.columns import Batch, batch_of
from agent.redact import Redactor
from agent.schemas.records import Identifier, RawEvent, RowReject

NOW = datetime(2026, 6, 30, tzinfo=UTC)
BOUNDS = Bounds(100, 100)
MAPPING = """kind = "events"
name = "own"
[fields]
id = "no"
[identifiers]
user_id = "who"
order_id = "order"
[attributes]
size = "size"
[constants]
channel = "web"
[values.name]
A = "Product Viewed"
[values.channel]
b = "app"
[values.size]
"1" = "small"
[time]
zone = "Europe/Berlin"
[events]
name = "did"
at = "when"
channel = "via"
[events.properties]
extra = "size"
"""


def stored(
    batches: Sequence[Batch],
) -> tuple[list[dict[str, object]], list[RowReject], list[tuple[object, ...]]]:
    """Return the events that batches of a source give in the end, what is refused, and who is named where first."""
    context = PrepareContext("w", "salt", "s", NOW, Redactor("salt"))
    rows: list[dict[str, object]] = []
    rejects: list[RowReject] = []
    people: list[tuple[object, ...]] = []
    for batch in batches:
        rejects += batch.rejects
        if batch.events is not None:
            persons = [repr(one) for one in batch.events.people]
            found = prepare_events(batch.events, who=batch.events.who, person_ids=persons, context=context)
            rejects += found.rejects
            who = [persons[place] for place in batch.events.who[found.places].tolist()]
            columns = [column.to_pylist() for column in found.columns.values()]
            rows += [
                dict(zip(["who", *found.columns], row, strict=True))
                for row in zip(who, *columns, strict=True)
            ]
            people += zip(batch.events.people, batch.events.people_rows, strict=True)
    return rows, sorted(rejects, key=lambda one: one.row), people


def check(path: Path, *, mapping: Path | None = None, n_events: int = 100) -> list[Batch]:
    """Check that a table read in columns is what it is row by row, and return its batches."""
    kind = "auto" if mapping else "events"
    items = list(read_file(path, kind=kind, mapping=mapping, format="auto" if mapping else "event_table"))
    bounds = Bounds(n_events, n_events)
    format_name = "auto" if mapping else "event_table"
    batches = list(read_batches(path, kind=kind, mapping=mapping, format=format_name, bounds=bounds))
    rows, rejects, people = stored(batches)
    expected = stored([batch_of(items)])
    assert (rows, rejects) == expected[:2]
    assert sum(batch.n_items for batch in batches) == len(items)
    first: dict[tuple[Identifier, ...], int] = {}
    for named, row in people:
        first.setdefault(named, row)  # type: ignore[arg-type]
    assert list(first.items()) == [(named, row) for named, row in expected[2]]
    only = list(
        read_batches(path, kind=kind, mapping=mapping, format=format_name, bounds=bounds, people_only=True)
    )
    assert [list(batch.events.people) if batch.events else [] for batch in only] == [
        list(batch.events.people) if batch.events else [] for batch in batches
    ]
    return batches


_CELLS = st.sampled_from(
    ["", " ", "x", "17", "17.0", "1.5", "true", " padded ", 'say "hi"', "a,b", "a\nb", "é", "null", "ann@example.com", "5\" wide", "\ttab"]
)  # fmt: skip
_WHEN = st.sampled_from(
    ["2024-05-01T10:00:00Z", "2024-05-01 10:00:00", "2024-05-01", "1714557600", "1714557600123", "", "soon",
     "2024-05-01T10:00:00+02:00", "2099-01-01", " 2024-05-01", "01714557600"]
)  # fmt: skip
_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Product Viewed", "A", "", " ", "order-completed"]),
        _WHEN,
        st.sampled_from(["u1", "u2", "", " u1 ", "null"]),
        _CELLS,
        st.sampled_from(["", "1", "123456", "a-long-id", "web"]),
        _CELLS,
    ),
    min_size=1,
    max_size=14,
)
_NAMES = ["event", "timestamp", "customer_id", "order_id", "event_id", "note"]


def written(rows: Sequence[Sequence[str]], names: Sequence[str], **how: object) -> str:
    """Return rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, **how)  # type: ignore[arg-type]
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


@settings(deadline=None, max_examples=40)
@given(
    _ROWS,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.integers(2, 9),
    st.integers(1, 400),
)
def test_csv_of_events_in_columns_equals_its_rows(
    rows: list[tuple[str, ...]], end: str, quoting: int, n_events: int, block_bytes: int
) -> None:
    """Quotes, line breaks in cells, empty cells and any cut of the file change nothing."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_chunks, "_BLOCK_BYTES", block_bytes)
        path = Path(folder) / "e.csv"
        path.write_bytes(written(rows, _NAMES, lineterminator=end, quoting=quoting).encode())
        check(path, n_events=n_events)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(
    ["a,2024-05-01,u1,o", "a,2024-05-01,u1", "a,2024-05-01,u1,o,", "a,2024-05-01,u1,o,more", "", '"open,2024-05-01,u1,o',
     'b,2024-05-02,u2,"x"y', 'b,2024-05-02,u2,x"y', "c,2024-05-03,\x00u3,p", "d,2024-05-04,u4,q\rz", '"e\n",2024-05-05,u5,r', " "]
), min_size=1, max_size=10), st.integers(2, 5), st.integers(1, 100))  # fmt: skip
def test_broken_csv_of_events_in_columns_equals_its_rows(
    lines: list[str], n_events: int, block_bytes: int
) -> None:
    """Ragged rows, quotes never closed, controls: each costs its own row, as row by row."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_chunks, "_BLOCK_BYTES", block_bytes)
        path = Path(folder) / "e.csv"
        path.write_bytes("\n".join(["event,timestamp,customer_id,note", *lines]).encode())
        check(path, n_events=n_events)


@settings(deadline=None, max_examples=40)
@given(_ROWS, st.integers(2, 9))
def test_mapped_csv_of_events_in_columns_equals_its_rows(rows: list[tuple[str, ...]], n_events: int) -> None:
    """Words, constants, fallback ids and times of a zone are as the mapping says."""
    with tempfile.TemporaryDirectory() as folder:
        path, mapping = Path(folder) / "e.csv", Path(folder) / "m.toml"
        path.write_text(
            written([(*row, row[3]) for row in rows], ["did", "when", "who", "order", "no", "size", "via"])
        )
        mapping.write_text(MAPPING)
        check(path, mapping=mapping, n_events=n_events)


_TYPED = {
    "customer_id": st.one_of(st.none(), st.integers(0, 3)),
    "event": st.sampled_from(["Product Viewed", "x", "", None]),
    "event_id": st.one_of(st.none(), st.integers(0, 10**7)),
    "price": st.one_of(st.none(), st.floats(), st.just(5.0)),
    "n": st.one_of(st.none(), st.integers(-(2**62), 2**62)),
    "new": st.one_of(st.none(), st.booleans()),
    "day": st.one_of(st.none(), st.dates(date(2020, 1, 1), date(2025, 1, 1))),
    "note": st.one_of(st.none(), _CELLS),
}


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.fixed_dictionaries(_TYPED), min_size=1, max_size=10),
    st.sampled_from(
        [pa.timestamp("us", tz="UTC"), pa.timestamp("ms"), pa.timestamp("us", tz="Europe/Berlin"), pa.int64()]
    ),
    st.integers(2, 9),
)
def test_parquet_of_events_in_columns_equals_its_rows(
    rows: list[dict[str, object]], kind: Any, n_events: int
) -> None:
    """Numbers, days, truths, missing values and timestamps of any zone come out as row by row."""
    times = pa.array([None, *range(1_714_557_600_000, 1_714_557_600_000 + len(rows) - 1)], type=pa.int64())
    when = times if pa.types.is_integer(kind) else times.cast(pa.timestamp("ms")).cast(kind)
    columns = {name: [row[name] for row in rows] for name in _TYPED}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "e.parquet"
        table = pa.table(columns).append_column("timestamp", when)
        note = table.column_names.index("note")
        table = table.set_column(note, "note", table.column("note").cast(pa.string()).dictionary_encode())
        for name in ("customer_id", "event_id", "n"):
            table = table.set_column(
                table.column_names.index(name), name, table.column(name).cast(pa.int64())
            )
        table = table.set_column(
            table.column_names.index("event"), "event", table.column("event").cast(pa.string())
        )
        pq.write_table(table, path)
        check(path, n_events=n_events)


def test_parquet_with_nested_columns_is_read_row_by_row(tmp_path: Path) -> None:
    """Objects and lists in a cell are flattened as everywhere."""
    path = tmp_path / "e.parquet"
    pq.write_table(
        pa.table(
            {
                "event": ["a"],
                "timestamp": ["2024-05-01"],
                "user_id": ["u"],
                "tags": [["x", "y"]],
                "at": [{"city": "Bonn"}],
            }
        ),
        path,
    )
    [batch] = check(path)
    assert batch.events is not None
    assert '"at.city":"Bonn","tags":"x; y"' in str(stored([batch])[0])


def test_csv_that_breaks_off_keeps_the_rows_before_the_break(tmp_path: Path) -> None:
    """A gzipped table that was cut gives its whole lines and then the error, in both ways of reading."""
    lines = ["event,timestamp,customer_id,note"] + [
        f"a{n},2024-05-01,u{n * 7919 % 97},n{n * n}" for n in range(4000)
    ]
    packed = gzip.compress("\n".join(lines).encode())
    path = tmp_path / "e.csv"
    path.write_bytes(packed[: len(packed) // 2])

    def until_break(found: Iterator[object]) -> list[object]:
        kept: list[object] = []
        with pytest.raises(UnreadableSourceError, match="ends in the middle"):
            kept.extend(found)
        return kept

    items = until_break(read_file(path))
    batches = until_break(read_batches(path, bounds=BOUNDS))
    n_events = sum(len(batch.events or ()) for batch in batches if isinstance(batch, Batch))
    assert n_events == sum(isinstance(item, RawEvent) for item in items) > 0


def test_batches_end_where_an_interrupted_run_ended(tmp_path: Path) -> None:
    """Reading goes on after any number of rows."""
    path = tmp_path / "e.csv"
    path.write_text("event,timestamp,customer_id\n" + "a,2024-05-01,u\n" * 20)
    for ends_at in range(1, 20):
        sizes = [batch.n_items for batch in read_batches(path, bounds=Bounds(8, 8, ends_at=ends_at))]
        assert sum(sizes) == 20
        assert ends_at in [sum(sizes[:number]) for number in range(len(sizes))]


_CALLS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["track", "page", "screen", "identify", "group", "alias", "nothing"])},
        optional={
            "event": st.sampled_from(["Product Viewed", "", 7]),
            "name": st.sampled_from(["Home", ""]),
            "userId": st.sampled_from(["u1", " u1 ", 1, True, "", None]),
            "anonymousId": st.sampled_from(["a1", "a2", 1.0]),
            "previousId": st.just("u0"),
            "messageId": st.sampled_from(["m-0000001", "m-0000002", "17"]),
            "timestamp": st.sampled_from(["2024-05-01T10:00:00Z", 1_714_557_600, "soon", None]),
            "channel": st.sampled_from(["web", ""]),
            "properties": st.dictionaries(st.sampled_from(["order_id", "price", "deep", "channel"]), st.sampled_from(
                ["x", 1, 1.5, True, None, {"city": "Bonn"}, ["a", 2], ""]), max_size=3),
            "traits": st.sampled_from([{"plan": "gold", "email": "ann@example.com"}, {}]),
            "context": st.sampled_from([{"locale": "de"}, {"traits": {"email": "bob@example.com"}}, {"page": {"path": "/x"}}, 3]),
        },
    ),
    min_size=1,
    max_size=12,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(_CALLS, st.integers(2, 9))
def test_segment_calls_in_columns_equal_their_rows(calls: list[dict[str, object]], n_events: int) -> None:
    """Calls of every type, complete or not, alone or in batches, come out as row by row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "e.jsonl"
        lines = [*calls, {"batch": calls}]
        path.write_text("".join(json.dumps(one) + "\n" for one in lines) + "{broken\n")
        items = list(read_file(path, format="segment"))
        bounds = Bounds(n_events, n_events)
        batches = list(read_batches(path, format="segment", bounds=bounds))
        rows, rejects, people = stored(batches)
        expected = stored([batch_of(items)])
        assert (rows, rejects) == expected[:2]
        assert sum(batch.n_items for batch in batches) == len(items)
        assert list(dict.fromkeys(named for named, _ in people)) == [named for named, _ in expected[2]]
        calls_of = [
            call for batch in batches if batch.events is not None for call, _ in batch.events.identity
        ]
        assert calls_of == [
            item
            for item in items
            if isinstance(item, RawEvent) and item.type in ("identify", "group", "alias")
        ]
        only = list(read_batches(path, format="segment", bounds=bounds, people_only=True))
        assert sum(batch.n_items for batch in only) == len(items)
        assert _first_rows(only) == _first_rows(batches)


_PLAIN_CALLS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["track", "track", "page", "screen", "identify", "alias", "other", ""])},
        optional={
            "event": st.sampled_from(["Order Completed", " ", ""]),
            "userId": st.sampled_from(["u1", " u1 ", "u2", "", None]),
            "anonymousId": st.sampled_from(["a1", "a2", "  "]),
            "previousId": st.just("u0"),
            "properties": st.dictionaries(st.sampled_from(["order_id", "price", "deep"]), st.just("x"), max_size=2),
            "traits": st.sampled_from([{"email": "ann@example.com"}, {}]),
            "context": st.sampled_from([{"locale": "de"}, {"traits": {"email": "bob@example.com"}}, {"traits": None}]),
        },
    ),
    min_size=1,
    max_size=12,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(
    _PLAIN_CALLS,
    st.integers(2, 9),
    st.sampled_from(["", "\n", " \n", '{"type":"track"}{"type":"page"}\n', '{"type":1}\n']),
)
def test_people_of_plain_calls_equal_those_of_their_rows(
    calls: list[dict[str, object]], n_events: int, end: str
) -> None:
    """Who lines of calls name, and in which row first, is the same read by column and one by one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "e.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in calls) + end)
        bounds = Bounds(n_events, n_events)
        only = list(read_batches(path, format="segment", bounds=bounds, people_only=True))
        batches = list(read_batches(path, format="segment", bounds=bounds))
        assert sum(batch.n_items for batch in only) == sum(batch.n_items for batch in batches)
        assert _first_rows(only) == _first_rows(batches)


def _first_rows(batches: list[Batch]) -> dict[tuple[Identifier, ...], int]:
    """Return the sets of identifiers of all batches with the first row of each, in order."""
    found: dict[tuple[Identifier, ...], int] = {}
    for batch in batches:
        if batch.events is not None:
            for identifiers, row in zip(batch.events.people, batch.events.people_rows, strict=True):
                found.setdefault(identifiers, row)
    return found
