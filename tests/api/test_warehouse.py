"""A warehouse from the command line: two variables are all it takes."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import orjson
import pytest

from agent.store import Store
from tests.api.brand import journey

_EVENTS = """CREATE TABLE tracks AS SELECT 'user-' || (n % 5) AS user_id, ['Product Viewed', 'Order Completed'][1 + n % 2] AS event,
    TIMESTAMPTZ '2026-03-01 12:00:00Z' + to_minutes(n) AS timestamp FROM range(40) AS r(n)"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace without a lake, and settings that lead to a table."""
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(_EVENTS)
    Store.create(tmp_path / "home", "default", holdout=0.0, now=datetime(2026, 7, 1, tzinfo=UTC)).close()
    monkeypatch.setenv("JOURNEY_WAREHOUSE_URL", f"duckdb://{file}")
    monkeypatch.setenv("JOURNEY_WAREHOUSE_TABLE", "tracks")
    return tmp_path / "home"


def test_paths_are_of_the_warehouse(home: Path) -> None:
    """No file was read, no lake is there."""
    told = journey(home, "paths", "--json")
    assert told.code == 0, told.err
    found = orjson.loads(told.out)
    assert found["n_persons"] == 5
    assert {edge["event"] for edge in found["starts"]} == {"product_viewed", "order_completed"}


def test_doctor_says_whether_the_warehouse_can_be_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is named; one that is not there makes the check fail."""
    assert "can be read" in _detail(home, ok=True)
    monkeypatch.setenv("JOURNEY_WAREHOUSE_TABLE", "gone")
    assert "no table 'gone'" in _detail(home, ok=False)
    refused = journey(home, "paths")
    assert refused.code == 1
    assert "no table 'gone'" in refused.err


def _detail(home: Path, *, ok: bool) -> str:
    checks = orjson.loads(journey(home, "doctor", "--json").out)["checks"]
    (check,) = [check for check in checks if check["name"] == "warehouse"]
    assert check["ok"] is ok
    return check["detail"]


@pytest.mark.parametrize(
    ("url", "said", "hidden"),
    [
        ("hello", "it is 'hello', which is no URL", ()),
        ("s3cr3t-Token_of_mine", "it is 20 characters without '://'", ("s3cr3t",)),
        ("mysql://ann:hunter22@h/db", "the engine 'mysql' needs a client", ("ann", "hunter22", "None")),
        ("nonsense://h/db", "names no engine: 'nonsense'", ()),
    ],
)
def test_a_url_that_leads_nowhere_says_what_was_given(
    home: Path, monkeypatch: pytest.MonkeyPatch, url: str, said: str, hidden: tuple[str, ...]
) -> None:
    """Message and hint are sentences of their own in doctor; no secret is shown."""
    monkeypatch.setenv("JOURNEY_WAREHOUSE_URL", url)
    told = journey(home, "paths")
    assert told.code == 2
    assert said in told.err
    assert not any(secret in told.err for secret in hidden)
    detail = _detail(home, ok=False)
    assert said in detail
    assert ". It starts with" in detail or ". pip install" in detail


def test_a_path_with_four_slashes_and_a_missing_table(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four slashes are an absolute path; a table that is not there is named once."""
    monkeypatch.setenv("JOURNEY_WAREHOUSE_URL", f"duckdb:///{home.parent}/warehouse.duckdb")
    assert "can be read" in _detail(home, ok=True)
    monkeypatch.setenv("JOURNEY_WAREHOUSE_TABLE", "nope")
    refused = journey(home, "paths")
    assert refused.err.count("nope") == 1
