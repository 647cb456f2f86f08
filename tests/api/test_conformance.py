"""`journey conformance` on a small home of its own."""

from pathlib import Path

import orjson
import pytest

from tests.api.brand import journey

_PATHS = (
    (14, "Ad Clicked,Product Viewed,Checkout Started,Order Completed"),
    (8, "Ad Clicked,Checkout Started,Order Completed"),
    (6, "Product Viewed,Totally Unforeseen,Checkout Started"),
)
_PLAN = """stateDiagram-v2
  state "Ad clicked" as ad
  state "View products" as look
  state "Talk: to a \\"friend\\"" as talk
  state "Check out" as pay
  [*] --> ad
  ad --> look
  look --> pay
  look --> talk
  pay --> done
  done : Order Completed
  done --> [*]
""".replace('\\"', "#quot;")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with events of 28 customers and nothing else."""
    folder = tmp_path_factory.mktemp("conformance")
    rows = [
        {
            "type": "track",
            "event": name,
            "messageId": f"m{number}-{one}-{place}",
            "userId": f"u{number}-{one}",
            "timestamp": f"2026-03-{one + 1:02d}T09:{place:02d}:00Z",
            "properties": {"revenue": 10.0 * one + 5} if name == "Order Completed" else {},
        }
        for number, (n, path) in enumerate(_PATHS)
        for one in range(n)
        for place, name in enumerate(path.split(","))
    ]
    (folder / "events.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    (folder / "plan.mmd").write_text(_PLAN, encoding="utf-8")
    assert journey(folder / "home", "init", "--holdout", "0").code == 0
    read = journey(folder / "home", "ingest", str(folder / "events.jsonl"), "--kind", "events")
    assert read.code == 0, read.err
    return folder


def test_conformance_prints_what_fits_and_what_does_not(home: Path) -> None:
    """Tables fit 120 columns and hold coverage, unmatched names with what is nearest, deviations and paths."""
    ran = journey(home / "home", "conformance", str(home / "plan.mmd"))
    assert ran.code == 0, ran.err
    assert max(map(len, ran.out.splitlines())) <= 120
    for words in (
        "by touchpoint",
        "no event by this name",
        "Planned, but never seen",
        "checkout_started",
        "totally_unforeseen",
        "is not planned",
        "Ad clicked > ",
        'Talk: to a "friend"',
    ):
        assert words in ran.out


def test_conformance_json_is_one_object_with_intervals_and_pictures_are_drawn(home: Path) -> None:
    """An alias settles a name; customers of high value are counted apart; pictures are SVG and PNG."""
    plan, svg, png = home / "plan.csv", home / "a.svg", home / "a.png"
    plan.write_text(
        "touchpoint,next,alias\nAd <b>clicked,View products,ad_clicked\nView products,Check out,\n"
        "Check out,Order completed,checkout_started\nOrder completed,,\n",
        encoding="utf-8",
    )
    words = ["--high-value", "revenue>=50", "--svg", str(svg), "--png", str(png), "--json"]
    ran = journey(home / "home", "conformance", str(plan), *words)
    assert ran.code == 0, ran.err
    found = orjson.loads(ran.out)
    level = found["touchpoints"]
    assert (found["form"], level["all"]["n"], level["all"]["total"]) == ("CSV", 14, 28)
    assert level["all"]["low"] < 0.5 < level["all"]["high"]
    assert (level["high_value"]["n"], level["high_value"]["total"]) == (9, 12)
    assert level["transitions"][0]["from"] == "Ad <b>clicked"
    assert svg.read_text(encoding="utf-8").startswith("<svg")
    assert "<b>" not in svg.read_text(encoding="utf-8")
    assert png.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["observed.mmd", "observed.json"])
def test_conformance_of_what_was_observed_covers_everybody(home: Path, name: str) -> None:
    """The observed stages written as a map are a plan that every customer fits, to its end."""
    path = home / name
    assert journey(home / "home", "conformance", "--observed-as", str(path)).code == 0
    ran = journey(home / "home", "conformance", str(path), "--json")
    level = orjson.loads(ran.out)["stages"]
    assert level["all"]["n"] == level["complete"]["n"] == level["all"]["total"] == 28


def test_conformance_says_what_it_cannot_do(home: Path, tmp_path: Path) -> None:
    """No plan, a broken plan, a bound that is no number, nobody with events: each has its message and code."""
    broken = tmp_path / "broken.mmd"
    broken.write_text("flowchart TD\n  a[ --> b\n", encoding="utf-8")
    plan = str(home / "plan.mmd")
    assert journey(home / "home", "conformance").code == 2
    wrong = journey(home / "home", "conformance", str(broken))
    assert (wrong.code, "line 2" in wrong.err) == (1, True)
    bound = journey(home / "home", "conformance", plan, "--high-value", "total>=much")
    assert (bound.code, "'total>=much'" in bound.err) == (1, True)
    assert journey(home / "home", "conformance", plan, "--high-value", "total>=nan").code == 1
    none = journey(home / "home", "conformance", plan, "--high-value", "margin")
    assert (none.code, "unknown" in none.err) == (0, True)
    empty = tmp_path / "empty"
    assert journey(empty, "init").code == 0
    assert "no events" in journey(empty, "conformance", plan).err


@pytest.mark.parametrize("option", ["--svg", "--png", "--observed-as"])
def test_file_that_cannot_be_written_is_named(home: Path, option: str) -> None:
    """A folder that is not there is an error with a hint, not a traceback."""
    path = str(home / "missing" / "p.json")
    ran = journey(home / "home", "conformance", str(home / "plan.mmd"), option, path)
    assert ran.code == 1
    assert "cannot be written" in ran.err
    assert "Hint" in ran.err


def test_conformance_of_a_plan_of_other_names_is_unknown(home: Path, tmp_path: Path) -> None:
    """Nobody fits or fails to fit what is not in the data: names with the nearest are printed, and no other table."""
    plan, svg = tmp_path / "other.csv", tmp_path / "other.svg"
    plan.write_text("stage,touchpoint\nFoo,Bar\nBaz,Producd views\n", encoding="utf-8")
    ran = journey(home / "home", "conformance", str(plan), "--svg", str(svg))
    assert ran.code == 0, ran.err
    assert ran.out.startswith("No name of this plan is in your data, so fit is unknown.")
    assert "product_viewed" in ran.out
    for words in ("path fits the plan", "Not planned", "leave the plan", "Whole paths"):
        assert words not in ran.out
    assert "nothing of it is in the data" in svg.read_text(encoding="utf-8")


def test_conformance_alias_counts_the_event_that_it_names(tmp_path: Path) -> None:
    """The touchpoint is of as many customers as the event; alike names are not planned."""
    rows = [
        (name, n) for name, n in (("Order Completed", 12), ("Order Completing", 3), ("Completing Order", 2))
    ]
    home = _home_of(tmp_path, [_call(f"{name}-{one}", name, one) for name, n in rows for one in range(n)])
    plan = tmp_path / "plan.csv"
    plan.write_text("touchpoint,alias\nTill,order_completed\n", encoding="utf-8")
    ran = journey(home, "conformance", str(plan), "--json")
    level = orjson.loads(ran.out)["touchpoints"]
    used = {(one["name"], one["planned"]): one["reach"]["n"] for one in level["usage"]}
    assert used.pop(("Till", True)) == 12
    assert sorted(used.values()) == [2, 3]


def test_conformance_names_the_bots_it_leaves_out(tmp_path: Path) -> None:
    """Text and JSON tell who is left out; others are counted."""
    calls = [_call(f"user-{one}", "Order Completed", one) for one in range(12)]
    calls += [_call("robot", "Order Completed", second) for second in range(5_001)]
    home = _home_of(tmp_path, calls)
    plan = tmp_path / "plan.csv"
    plan.write_text("touchpoint\nOrder completed\n", encoding="utf-8")
    told = journey(home, "conformance", str(plan))
    (bot,) = orjson.loads(journey(home, "conformance", str(plan), "--json").out)["bots"]
    assert f"1 customer ({bot})" in told.err
    assert "12 customers with events" in told.err


def test_events_without_a_stage_are_told_with_what_to_do(tmp_path: Path) -> None:
    """What is told stage by stage says that no name has a stage, and draws no empty chart."""
    home = _home_of(tmp_path, [_call(f"user-{one}", f"Zorb {one % 2}", one) for one in range(12)])
    for words in (
        ["paths", "--level", "stage"],
        ["conformance", "--observed-as", str(tmp_path / "seen.mmd")],
    ):
        ran = journey(home, *words)
        assert (ran.code, ran.out) == (1, "")
        assert "none of the 2 event names has a stage" in ran.err
        assert "journey events stages --write" in ran.err
    flow = tmp_path / "flow.svg"
    assert journey(home, "paths", "--picture", "sankey", "--svg", str(flow)).code == 0
    assert "No event of these customers has a stage" in flow.read_text(encoding="utf-8")


def _call(user: str, name: str, second: int) -> dict[str, str]:
    at = f"2026-03-01T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"
    return {"type": "track", "event": name, "messageId": f"{user}-{second}", "userId": user, "timestamp": at}


def _home_of(folder: Path, calls: list[dict[str, str]]) -> Path:
    file, home = folder / "calls.jsonl", folder / "home"
    file.write_bytes(b"".join(orjson.dumps(call) + b"\n" for call in calls))
    assert journey(home, "init", "--holdout", "0").code == 0
    read = journey(home, "ingest", str(file), "--kind", "events")
    assert read.code == 0, read.err
    return home
