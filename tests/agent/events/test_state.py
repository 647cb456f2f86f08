"""What came next for others: the events' own answer equals a plain reading, whatever the order of parts and aliases."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import io
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import StoreError
from agent.events.lake_scan import scan_lake
from agent.events.state import N_SAMPLED, QUIET, WHOLE, Followed, Sample, StateSource, came_next, sample_of
from agent.schemas.records import Event
from tests.agent.events.builders import SCOPE, START, event, lake_of
from tests.agent.events.engines import ENGINES, rows_of_events, warehouse_on

_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["p_00", "p_01", "p_80", "p_ff"]),
        st.integers(0, 3_000_000),
        st.sampled_from(["look_page", "look_list", "buy_cart", "keep_help", "other"]),
    ),
    min_size=1,
    max_size=25,
)
_AS_OF = START + QUIET * 2


def _events(steps: list[tuple[str, int, str]]) -> list[Event]:
    # Few distinct moments, so that things happen at once.
    return [
        event(who, second // 500_000 * 500_000, name, row) for row, (who, second, name) in enumerate(steps)
    ]


def _plain(source: StateSource, event_name: str, stage: str, among: Sample) -> tuple[Followed, Followed]:
    found = Followed(), Followed()
    for person_id, done in source.of_everyone():
        if not among.has(person_id):
            continue
        came = came_next(done, _stage_of)
        is_quiet = done[-1].at < _AS_OF - QUIET
        for followed, by_situation, situation in zip(found, came, (event_name, stage), strict=True):
            if situation in by_situation:
                followed.add(by_situation[situation], 1, is_quiet=is_quiet)
    return found


def _stage_of(name: str) -> str | None:
    stage = SCOPE.stage_of(name)
    return stage if stage in SCOPE.stages else None


@settings(max_examples=15, deadline=None)
@given(steps=_STEPS, n_classes=st.sampled_from([1, 129, 256]))
def test_what_came_next_is_what_a_plain_reading_finds(
    steps: list[tuple[str, int, str]], n_classes: int
) -> None:
    """For every event and stage, of everybody and of a part, with one person who was joined to another."""
    with TemporaryDirectory() as folder:
        lake = lake_of(Path(folder) / "lake", _events(steps), canonical={"p_ff": "p_01"})
        source = StateSource(lake, as_of=_AS_OF)
        among = Sample(n_classes)
        for name, stage in (("look_page", "look"), ("buy_cart", "buy")):
            expected = _plain(source, name, stage, among)
            assert tuple(source.after(name, stage, _stage_of, among=among)) == expected
            scan = scan_lake(Path(folder) / "lake", keys=(), canonical={"p_ff": "p_01"}, among=among)
            assert tuple(scan.after(name, stage, _stage_of, as_of=_AS_OF)) == expected
        lake.close()


def test_events_after_the_time_asked_about_do_not_count(tmp_path: Path) -> None:
    """The state of a past time is as it was then."""
    lake = lake_of(tmp_path / "lake", [event("p_1", 0, "look_page", 0), event("p_1", 60, "buy_cart", 1)])
    source = StateSource(lake, as_of=START)
    assert [done.name for done in source.of_person(["p_1"])] == ["look_page"]
    assert source.after("look_page", "look", _stage_of, among=WHOLE).event == Followed(n_open=1)
    lake.close()
    scan = scan_lake(tmp_path / "lake", keys=["p_1"], canonical={}, among=WHOLE)
    assert [done.name for done in scan.of_person(as_of=START)] == ["look_page"]
    assert scan.after("look_page", "look", _stage_of, as_of=START).event == Followed(n_open=1)
    assert scan.last == START + timedelta(seconds=60)


def test_person_is_read_under_every_id_and_nobody_else_is(tmp_path: Path) -> None:
    """Events stored before persons were joined are the person's too, in order of time."""
    rows = [event("p_2", 60, "buy_cart", 0), event("p_1", 0, "look_page", 1), event("p_3", 30, "other", 2)]
    lake = lake_of(tmp_path / "lake", rows)
    found = StateSource(lake, as_of=_AS_OF).of_person(["p_1", "p_2"])
    assert [done.name for done in found] == ["look_page", "buy_cart"]
    assert StateSource(lake, as_of=_AS_OF).of_person(["p_9"]) == []
    lake.close()
    scan = scan_lake(tmp_path / "lake", keys=["p_1", "p_2"], canonical={}, among=WHOLE)
    assert scan.of_person(as_of=_AS_OF) == found
    nobody = scan_lake(tmp_path / "lake", keys=["p_9"], canonical={}, among=WHOLE)
    assert nobody.of_person(as_of=_AS_OF) == []


def test_scan_of_a_lake_without_parts_finds_nothing(tmp_path: Path) -> None:
    """An empty lake has no events and no latest time."""
    scan = scan_lake(tmp_path / "lake", keys=["p_1"], canonical={}, among=WHOLE)
    assert (scan.last, scan.of_person(as_of=_AS_OF)) == (None, [])
    assert scan.after("look_page", "look", _stage_of, as_of=_AS_OF).event == Followed()


def test_scan_names_the_part_that_is_no_file_of_events(tmp_path: Path) -> None:
    """A broken part is told by its path, whether it is no Parquet or holds something else."""
    for content in (b"no parquet", _other_parquet()):
        (tmp_path / "broken.parquet").write_bytes(content)
        with pytest.raises(StoreError, match=r"broken\.parquet"):
            scan_lake(tmp_path, keys=["p_1"], canonical={}, among=WHOLE)


def _other_parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"x": [1]}), buffer)
    return buffer.getvalue()


_JOURNEYS = {
    "p_1": ["look_page", "buy_cart", "keep_help"],
    "p_2": ["look_page", "look_list", "other", "buy_cart"],
    "p_3": ["buy_cart", "look_page"],
    "p_4": ["look_page"],
}


def test_every_engine_gives_the_same_state(tmp_path: Path) -> None:
    """A person's events and what came next for others are the same in a lake and in each warehouse."""
    events = [
        event(who, 0.25 + 86_400 * place, name, 10 * number + place)
        for number, (who, names) in enumerate(_JOURNEYS.items())
        for place, name in enumerate(names)
    ]
    lake = lake_of(tmp_path / "lake", events)
    expected = _asked(StateSource(lake, as_of=_AS_OF))
    lake.close()
    assert expected[1:] == (
        Followed({"buy_cart": 1, "look_list": 1}, n_nothing=2),
        Followed({"buy": 2}, n_nothing=2),
    )
    for engine in ENGINES:
        with warehouse_on(engine, rows_of_events(events)) as warehouse:
            assert _asked(StateSource(warehouse, as_of=_AS_OF)) == expected, engine


def _asked(source: StateSource) -> tuple[list[tuple[str, datetime]], Followed, Followed]:
    done = [(each.name, each.at) for each in source.of_person(["p_2"])]
    after = source.after("look_page", "look", _stage_of, among=WHOLE)
    return done, after.event, after.stage


def test_sample_is_everybody_until_there_are_many_and_then_about_as_many() -> None:
    """A part is taken only of very many customers, and it is the same part each time."""
    assert sample_of(N_SAMPLED) is WHOLE
    few = sample_of(N_SAMPLED * 10)
    assert 0.05 < few.share <= 0.1
    ids = [f"p_{number:024x}" for number in range(512)]
    assert sum(map(few.has, ids)) == 512 * few.share
