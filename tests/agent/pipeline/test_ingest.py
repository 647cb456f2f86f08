"""Taking files in: every row is accounted for, once, on the right side, whatever interrupts."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from agent.errors import InputError, StoreError, UnknownFormatError, UnreadableSourceError
from agent.events.counted import PathCount
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.events.lake_writer import LakeWriter
from agent.pipeline import ingest as module
from agent.pipeline.batches import BatchWriter
from agent.pipeline.ingest import IngestReport, ingest
from agent.read import segment
from agent.read.source import Source
from agent.schemas.records import Event, Record, Side
from agent.store import Home, Store, VaultWriter
from eval.suites.fingerprint import differences, fingerprint
from tests.agent.events.builders import SCOPE

NOW = datetime(2026, 6, 30, tzinfo=UTC)


@dataclass
class Stores:
    """A workspace's store with its vault and lake."""

    store: Store
    vault: VaultWriter
    lake: LakeWriter

    def ingest(self, *paths: Path, **options: Any) -> IngestReport:
        """Take files in."""
        return ingest(paths, store=self.store, vault=self.vault, lake=self.lake, now=NOW, **options)


@contextmanager
def opened(home: Path, *, holdout: float = 0.4) -> Generator[Stores]:
    """Open all stores of a home."""
    with Store.create(home, "brand", holdout=holdout, salt="salt", now=NOW) as store:
        vault = VaultWriter(store.home, "brand")
        try:
            yield Stores(store, vault, LakeWriter(store.home.lake_events("brand")))
        finally:
            vault.close()


def write_lines(path: Path, rows: Sequence[object]) -> Path:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def track(
    number: int, *, user: str | None = None, anonymous: str | None = None, **more: object
) -> dict[str, object]:
    """Return one Segment call."""
    call: dict[str, object] = {
        "type": "track",
        "event": "Order Placed",
        "messageId": f"message-{number}",
        "timestamp": f"2026-05-01T10:{number // 60 % 60:02d}:{number % 60:02d}Z",
        "properties": {"value": number},
    }
    named = {"userId": user, "anonymousId": anonymous}
    return {**call, **{key: value for key, value in named.items() if value is not None}, **more}


def review(number: int, customer: str | None, text: str) -> dict[str, object]:
    """Return one native review."""
    row: dict[str, object] = {
        "id": f"review-{number}",
        "text": text,
        "rating": 2,
        "created_at": "2026-05-02T00:00:00Z",
    }
    return row if customer is None else {**row, "customer_id": customer}


def mixed_files(folder: Path) -> list[Path]:
    """Write events and reviews of overlapping customers, with devices that turn out to be theirs, and broken rows."""
    folder.mkdir(exist_ok=True)
    calls: list[object] = []
    for number in range(60):
        customer = number % 12
        calls.append(track(number, anonymous=f"device-{customer}"))
        calls.append(track(1000 + number, user=f"customer-{customer}"))
    calls += [
        track(3000, user="customer-1", timestamp="2030-01-01T00:00:00Z"),
        {"type": "nothing"},
        track(0, user="again"),
    ]
    calls += [
        {
            "type": "identify",
            "userId": f"customer-{c}",
            "anonymousId": f"device-{c}",
            "traits": {"plan": f"plan-{c}"},
        }
        for c in range(8)
    ]
    texts = (
        "arrived late and broken",
        "took ages to answer my mail",
        "could not log in at all after the update",
    )
    reviews: list[object] = [
        review(
            number,
            f"customer-{number % 15}" if number % 3 else None,
            f"My order {number} {texts[number % 3]} today.",
        )
        for number in range(40)
    ]
    reviews.append(review(3, "customer-3", "Now I say something else entirely."))
    return [write_lines(folder / "calls.jsonl", calls), write_lines(folder / "reviews.jsonl", reviews)]


def vault_rows(home: Path, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table of the vault, which the product itself never reads here."""
    with sqlite3.connect(Home(home).vault_database) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]  # noqa: S608
    connection.close()
    return rows


def parquet_rows(folder: Path) -> list[dict[str, Any]]:
    """Return the events below a folder."""
    return [row for part in sorted(folder.rglob("*.parquet")) for row in pq.read_table(part).to_pylist()]


def test_every_row_is_counted_once_and_where_it_went(tmp_path: Path) -> None:
    """Read rows are stored, held out, unchanged, identity or rejected; the stores hold what the report says."""
    files = mixed_files(tmp_path / "in")
    home = tmp_path / "home"
    with opened(home) as stores:
        report = stores.ingest(*files)
        calls, reviews = report.sources
        for one in report.sources:
            parts = (one.n_stored, one.n_held_out, one.n_unchanged, one.n_identity, one.n_rejected)
            assert one.n_read == sum(parts)
            assert min(one.n_stored, one.n_held_out) > 0
        assert (calls.n_read, calls.n_unchanged, calls.n_identity) == (131, 1, 8)
        assert (reviews.n_read, reviews.n_conflicts, reviews.rejected_by_code) == (41, 1, {"duplicate_id": 1})
        assert [one.row for one in calls.reasons] == [120, 121]
        assert "row 40" in reviews.reasons[0].message
        assert reviews.n_persons_without_identity == 14
        assert stores.store.records.count() == reviews.n_stored
        assert stores.store.seen_events.count() == calls.n_stored + calls.n_held_out
    assert len(parquet_rows(Home(home).lake)) == calls.n_stored
    assert len(parquet_rows(Home(home).vault_events)) == calls.n_held_out
    assert len(vault_rows(home, "records")) == reviews.n_held_out


def test_held_out_customers_are_nowhere_on_the_working_side(tmp_path: Path) -> None:
    """No record, event, trait or text of a held-out customer is in the store or the lake; sides never mix."""
    home = tmp_path / "home"
    with opened(home) as stores:
        stores.ingest(*mixed_files(tmp_path / "in"))
        held_out, working = (set(stores.store.persons.ids(side)) for side in (Side.HELD_OUT, Side.WORKING))
        aliases = stores.store.persons.aliases()
        assert {record.person_id for record in stores.store.records.iter()} <= working
        assert {person.person_id for person in stores.store.persons.with_traits()} <= working
        traits_of_held_out = [stores.store.persons.get(person).traits for person in held_out]
    assert held_out
    assert not any(traits_of_held_out)
    assert {
        aliases.get(row["person_id"], row["person_id"]) for row in parquet_rows(Home(home).lake)
    } <= working
    assert {row["person_id"] for row in parquet_rows(Home(home).vault_events)} <= held_out
    stored = [Record.model_validate_json(row["body"]) for row in vault_rows(home, "records")]
    assert {record.person_id for record in stored} <= held_out
    content = Home(home).database.read_bytes()
    assert all(record.text.encode() not in content for record in stored)


def test_reading_again_changes_nothing_and_says_unchanged(tmp_path: Path) -> None:
    """The same file under the same or another name is skipped; one with more rows adds only those."""
    files = mixed_files(tmp_path / "in")
    home = tmp_path / "home"
    with opened(home) as stores:
        first = stores.ingest(*files)
    before = fingerprint(home)
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(files[1].read_bytes())
    with opened(home) as stores:
        again = stores.ingest(*files, copy)
    assert differences(before, fingerprint(home)) == []
    for old, new in zip((*first.sources, first.sources[1]), again.sources, strict=True):
        assert new.already_read
        assert (new.n_read, new.n_stored, new.n_held_out) == (old.n_read, 0, 0)
        assert new.n_unchanged == old.n_unchanged + old.n_stored + old.n_held_out
        assert new.n_rejected == old.n_rejected
    with files[1].open("a") as file:
        file.write(json.dumps(review(99, "customer-3", "One more thing to say about the parcel.")) + "\n")
    with opened(home) as stores:
        [longer] = stores.ingest(files[1]).sources
    assert longer.n_stored + longer.n_held_out == 1
    assert longer.n_unchanged == 40


def test_file_read_in_another_way_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    """Rows without their customers would stand for other persons, held-out ones among them as working ones."""
    path = write_lines(
        tmp_path / "reviews.jsonl", [review(k, f"c{k}", f"Parcel {k} came late.") for k in range(40)]
    )
    mapping = tmp_path / "other.toml"
    mapping.write_text(
        'kind = "reviews"\nname = "other"\n[fields]\nid = "id"\ntext = "text"\n', encoding="utf-8"
    )
    with opened(tmp_path / "home") as stores:
        stores.ingest(path, kind="reviews")
    before = fingerprint(tmp_path / "home")
    with opened(tmp_path / "home") as stores, pytest.raises(InputError, match="read before as reviews"):
        stores.ingest(path, kind="reviews", mapping=mapping)
    assert differences(before, fingerprint(tmp_path / "home")) == []


def test_home_of_an_earlier_version_takes_nothing_in(tmp_path: Path) -> None:
    """Its customers would come again as others, held-out ones among the working."""
    first = write_lines(tmp_path / "first.jsonl", [track(1, user="u1")])
    with opened(tmp_path / "home") as stores:
        stores.ingest(first)
    database = sqlite3.connect(tmp_path / "home" / "journey.db")
    database.execute("UPDATE identifiers SET identifier_key = substr(identifier_key, 3)")
    database.commit()
    database.close()
    more = write_lines(tmp_path / "more.jsonl", [track(2, user="u1")])
    with opened(tmp_path / "home") as stores, pytest.raises(StoreError, match="earlier version"):
        stores.ingest(more)


def test_file_of_words_and_events_is_two_sources(tmp_path: Path) -> None:
    """What people said and what they did may stand in one export; the ledger keeps the counts of both."""
    path = write_lines(
        tmp_path / "both.jsonl", [review(k, f"c{k}", f"Parcel {k} came late.") for k in range(40)]
    )
    mapping = tmp_path / "events.toml"
    mapping.write_text(
        'kind = "events"\nname = "posted"\n[fields]\nid = "id"\n[identifiers]\nuser_id = "customer_id"\n'
        '[events]\nname = "Posted {rating}"\nat = "created_at"\n',
        encoding="utf-8",
    )
    with opened(tmp_path / "home") as stores:
        stores.ingest(path, kind="reviews")
        stores.ingest(path, mapping=mapping)
        again = stores.ingest(path, mapping=mapping)
        assert [(source.kind, source.n_read) for source in stores.store.sources.all()] == [
            ("events", 40),
            ("reviews", 40),
        ]
    assert again.sources[0].already_read


def test_same_file_given_twice_in_one_command_is_stored_once(tmp_path: Path) -> None:
    """A copy beside its original counts as read before."""
    [calls, _] = mixed_files(tmp_path / "in")
    copy = tmp_path / "in" / "copy.jsonl"
    copy.write_bytes(calls.read_bytes())
    with opened(tmp_path / "home") as stores:
        one, two = stores.ingest(calls, copy).sources
    assert not one.already_read
    assert two.already_read
    assert two.n_stored == 0


def test_order_and_number_of_files_make_no_difference_to_persons(tmp_path: Path) -> None:
    """Who is one person, and on which side, is the same whichever file of a command comes first."""
    files = mixed_files(tmp_path / "in")
    sides: list[dict[Side, list[str]]] = []
    for number, order in enumerate((files, files[::-1])):
        with opened(tmp_path / str(number)) as stores:
            stores.ingest(*order)
            sides.append({side: list(stores.store.persons.ids(side)) for side in Side})
    assert sides[0] == sides[1]


def test_alias_loop_ends_in_one_person(tmp_path: Path) -> None:
    """Identifiers that name each other in a ring are one customer."""
    ring = ["u-one", "u-two", "u-three"]
    calls = [track(number, user=user) for number, user in enumerate(ring)]
    calls += [
        {"type": "alias", "userId": ring[(i + 1) % 3], "previousId": user, "messageId": f"alias-{i}"}
        for i, user in enumerate(ring)
    ]
    with opened(tmp_path / "home", holdout=0.0) as stores:
        [report] = stores.ingest(write_lines(tmp_path / "calls.jsonl", calls)).sources
        assert (report.n_persons, stores.store.persons.count()) == (1, 1)


def test_near_duplicate_of_a_working_text_is_excluded_in_either_order(tmp_path: Path) -> None:
    """A held-out copy of a working text is unfit for checking, whichever of the two was read first."""
    words = "the parcel stood in the rain for three whole days until my neighbour took it in for me"
    rows = [review(number, f"customer-{number}", words + "!" * (number % 3)) for number in range(12)]
    excluded: list[set[str]] = []
    for number, order in enumerate((rows, rows[::-1])):
        home = tmp_path / str(number)
        with opened(home) as stores:
            for part, row in enumerate(order):
                stores.ingest(write_lines(tmp_path / f"{number}-{part}.jsonl", [row]))
        held = {row["record_id"] for row in vault_rows(home, "records")}
        excluded.append({row["record_id"] for row in vault_rows(home, "excluded_records")})
        assert excluded[-1] == held
        assert 0 < len(held) < len(rows)
    assert excluded[0] == excluded[1]


def test_held_out_person_who_becomes_a_working_one_is_excluded_and_goes_on_as_working(tmp_path: Path) -> None:
    """An alias found later never makes a seen customer unseen; new words of the two go to the working side."""
    home = tmp_path / "home"
    names = [f"customer-{number}" for number in range(20)]
    with opened(home) as stores:
        stores.ingest(
            write_lines(tmp_path / "1.jsonl", [track(n, user=name) for n, name in enumerate(names)])
        )
        held_out = set(stores.store.persons.ids(Side.HELD_OUT))
        assert 0 < len(held_out) < 20
        chain = [
            {"type": "alias", "userId": new, "previousId": old, "messageId": f"alias-{new}"}
            for old, new in pairwise(names)
        ]
        later = [track(100 + n, user=name) for n, name in enumerate(names)]
        [report] = stores.ingest(write_lines(tmp_path / "2.jsonl", [*chain, *later])).sources
        assert (report.n_stored, report.n_held_out) == (20, 0)
        assert stores.store.persons.count(Side.HELD_OUT) == 0
    assert {row["person_id"] for row in vault_rows(home, "excluded_persons")} == held_out


def test_file_that_breaks_off_keeps_its_rows_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows before the break are stored, the other files too; trying again changes nothing."""
    calls, reviews = mixed_files(tmp_path / "in")
    read = segment.read_rows

    def broken(source: Source) -> Iterator[Any]:
        for number, item in enumerate(read(source)):
            if source.path == calls and number == 50:
                message = "breaks off"
                raise UnreadableSourceError(message, hint="Copy it again.")
            yield item

    monkeypatch.setattr(segment, "read_rows", broken)
    home = tmp_path / "home"
    with opened(home) as stores:
        report = stores.ingest(calls, reviews)
        assert report.failed
        assert [(one.n_read, one.error, one.hint) for one in report.sources] == [
            (50, "breaks off", "Copy it again."),
            (41, None, None),
        ]
    before = fingerprint(home)
    with opened(home) as stores:
        assert stores.ingest(calls, reviews).failed
    assert differences(before, fingerprint(home)) == []


def test_unusable_file_alone_raises_and_beside_others_is_reported(tmp_path: Path) -> None:
    """One file that nobody can read is an error; among good ones it is a line of the report."""
    poem = tmp_path / "poem.txt"
    poem.write_text("Roses are red, and nothing here is an export.")
    [calls, _] = mixed_files(tmp_path / "in")
    with opened(tmp_path / "home") as stores:
        with pytest.raises(UnknownFormatError, match=r"poem\.txt"):
            stores.ingest(poem)
        assert stores.store.sources.all() == []
        bad, good = stores.ingest(poem, calls).sources
        assert bad.error is not None
        assert "poem.txt" in bad.error
        assert good.n_stored > 0
        with pytest.raises(UnreadableSourceError):
            stores.ingest(tmp_path / "nowhere")


class Stopped(BaseException):
    """Stands for the end of the process: nothing in the product catches it."""


class StoppingAt:
    """Lets a number of writes through and stops before the next."""

    def __init__(self, n_writes: int) -> None:
        self.left = n_writes

    def around(self, write: Callable[..., None]) -> Callable[..., None]:
        """Return a write that may be the last."""

        def stopping(*args: Any, **options: Any) -> None:
            if self.left == 0:
                raise Stopped
            self.left -= 1
            write(*args, **options)

        return stopping


class StoppingVault:
    """A vault whose every write may be the last."""

    def __init__(self, vault: VaultWriter, stop: StoppingAt) -> None:
        self._vault = vault
        self._stop = stop

    def write_records(self, records: Sequence[Record]) -> None:
        """Write, or stop."""
        self._stop.around(self._vault.write_records)(records)

    def write_events(self, part: str, events: Sequence[Event]) -> None:
        """Write, or stop."""
        self._stop.around(self._vault.write_events)(part, events)

    def sweep(self, n_parts: Mapping[str, int]) -> None:
        """Remove what no ledger knows."""
        self._vault.sweep(n_parts)

    def exclude_records(self, record_ids: Sequence[str], *, reason: str) -> None:
        """Write, or stop."""
        self._stop.around(self._vault.exclude_records)(record_ids, reason=reason)

    def exclude_persons(self, person_ids: Sequence[str], *, reason: str) -> None:
        """Write, or stop."""
        self._stop.around(self._vault.exclude_persons)(person_ids, reason=reason)


class StoppingLake(LakeWriter):
    """A lake whose every part may be the last."""

    def __init__(self, folder: Path, stop: StoppingAt) -> None:
        super().__init__(folder)
        self._append = stop.around(super().append)

    def append(self, part: str, events: Sequence[Event]) -> None:
        """Append, or stop."""
        self._append(part, events)


def test_ingest_stopped_before_any_write_and_done_again_ends_in_the_same_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a run ends, doing the command again gives exactly the stores of an undisturbed run."""
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 80)
    monkeypatch.setattr(module, "_EVENTS_AT_ONCE", 40)
    files = mixed_files(tmp_path / "in")
    empty, whole = tmp_path / "empty", tmp_path / "whole"
    with opened(empty):
        pass
    shutil.copytree(empty, whole)
    with opened(whole) as stores:
        undisturbed = stores.ingest(*files)
    expected = fingerprint(whole)
    for n_writes in range(1000):
        home = tmp_path / f"stopped-{n_writes}"
        shutil.copytree(empty, home)
        if not _is_stopped(home, files, StoppingAt(n_writes), monkeypatch):
            assert n_writes > 15
            return
        with opened(home) as stores:
            again = stores.ingest(*files)
        assert [one.n_read for one in again.sources] == [one.n_read for one in undisturbed.sources]
        assert differences(expected, fingerprint(home)) == [], f"stopped before write {n_writes}"


def _is_stopped(home: Path, files: list[Path], stop: StoppingAt, monkeypatch: pytest.MonkeyPatch) -> bool:
    with opened(home) as stores:
        monkeypatch.setattr(stores.store.sources, "put", stop.around(stores.store.sources.put))
        lake = StoppingLake(stores.store.home.lake_events("brand"), stop)
        try:
            ingest(files, store=stores.store, vault=StoppingVault(stores.vault, stop), lake=lake, now=NOW)
        except Stopped:
            return True
    return False


@pytest.mark.parametrize("rows_at_once", [10_000, 2])
def test_ingest_small_or_large_file_stores_the_same_and_counts_its_bytes_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    """Rows kept from the first pass are the rows that a second reading would give."""
    path = write_lines(tmp_path / "r.jsonl", [review(n, f"c{n}", f"Words of number {n}") for n in range(5)])
    done: list[int] = []
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", rows_at_once)
    with opened(tmp_path / "home") as stores:
        report = stores.ingest(path, on_progress=done.append)
    assert report.sources[0].n_read == 5
    assert report.sources[0].n_stored + report.sources[0].n_held_out == 5
    assert sum(done) == module.N_PASSES * path.stat().st_size


def test_items_of_a_list_are_all_stored_and_stay_in_its_order(tmp_path: Path) -> None:
    """Items of one row without ids or times of their own are events of their own, one after the other."""
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'kind = "events"\n[identifiers]\nuser_id = "$.u"\n[events]\npath = "did"\nname = "n"\nat = "t"\nfill_time = true\n'
    )
    names = ("zebra", "mango", "apple", "mango", "banana")
    rows = [
        {"u": f"u{k}", "did": [{"n": name, "t": "2026-05-01T10:00:00Z"} for name in names]} for k in range(9)
    ]
    path = write_lines(tmp_path / "n.jsonl", rows)
    with opened(tmp_path / "home", holdout=0.0) as stores:
        first, again = (stores.ingest(path, mapping=mapping).sources[0] for _ in range(2))
        assert (first.n_stored, again.n_stored, again.n_unchanged) == (45, 0, 45)
        lake = EventLake(stores.store.home.lake_events("brand"), canonical={}, scratch=tmp_path)
        with closing(lake):
            assert Journeys(lake, SCOPE).variants(5) == [PathCount(names, 9)]


def _calls(n: int) -> list[dict[str, str]]:
    return [
        {"type": "track", "messageId": f"m{k}", "userId": f"u{k % 20}", "event": "Product Viewed",
         "timestamp": "2026-05-01T10:00:00Z"}
        for k in range(n)
    ]  # fmt: skip


def test_parts_of_a_run_that_was_stopped_are_gone_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that grew since, or one with the same ids read before, leaves no event twice on either side."""
    first = write_lines(tmp_path / "a.jsonl", _calls(60))
    other = write_lines(tmp_path / "b.jsonl", _calls(60)[::-1])

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with opened(tmp_path / "home") as stores:
        with monkeypatch.context() as patch:
            patch.setattr(BatchWriter, "_commit", stopped)
            with pytest.raises(KeyboardInterrupt):
                stores.ingest(first)
        stores.ingest(other)
        stores.ingest(first, write_lines(tmp_path / "c.jsonl", _calls(90)))
        home = stores.store.home
        parts = [
            *home.lake_events("brand").glob("*.parquet"),
            *home.vault_events_of("brand").glob("*.parquet"),
        ]
        ids = [key for part in parts for key in pq.read_table(part).column("event_id").to_pylist()]
        assert len(ids) == len(set(ids)) == 90


def test_file_that_changes_while_it_is_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read stays, and the file does not count as read to its end."""
    path = write_lines(tmp_path / "a.jsonl", _calls(60))
    join = vars(module)["_join_persons"]

    def growing(*args: Any, **options: Any) -> Any:
        found = join(*args, **options)
        write_lines(path, _calls(61))
        return found

    monkeypatch.setattr(module, "_join_persons", growing)
    with opened(tmp_path / "home") as stores:
        [report] = stores.ingest(path).sources
        assert "changed while it was read" in (report.error or "")
        [source] = stores.store.sources.all()
        assert not source.complete


def test_spellings_of_held_out_customers_are_counted_nowhere(tmp_path: Path) -> None:
    """What only held-out customers' trackers called a step cannot be seen, nor how often they took it."""
    path = write_lines(tmp_path / "a.jsonl", _calls(200))
    with opened(tmp_path / "home") as stores:
        [report] = stores.ingest(path).sources
        counted = stores.store.sources.spellings()
    assert report.n_held_out
    assert counted == {"product_viewed": {"Product Viewed": report.n_stored}}
