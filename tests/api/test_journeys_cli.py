"""`journey paths`, `funnel`, `retention` and `stages` from the command line."""

import io
import json
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from agent.analyse.period_compare import Comparison, Difference
from agent.analyse.statistics import quantity
from api.cli.comparing import show_comparison
from tests.api.brand import Brand, journey

_FUNNEL = ["funnel", "--step", "product_viewed", "--step", "checkout_started", "--step", "order_completed"]

_PROVEN = Difference(
    kind="skip", name="decision", verdict="changed", before=quantity(1, 90, "x"), after=quantity(80, 90, "x"),
    difference=0.88, low=0.8, high=0.93, p_value=0.001, needed=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["paths"], {"transitions", "starts", "ends", "variants", "durations", "flow", "paces", "stops"}),
        (["paths", "--level", "stage"], {"transitions", "spread"}),
        ([*_FUNNEL, "--within", "7d"], {"steps", "conversion"}),
        ([*_FUNNEL, "--mode", "strict"], {"steps", "conversion"}),
        (["retention", "--by", "day"], {"points", "n_persons"}),
        (["stages"], {"stages"}),
        (["paths", "--compare-at", "2026-04-01"], {"differences", "n_tested"}),
        ([*_FUNNEL, "--versus", "channel=web"], {"differences"}),
        (["stages", "--compare-at", "2026-04-01"], {"differences", "times", "n_tested"}),
        (["retention", "--compare-at", "2026-04-01"], {"differences", "n_tested"}),
        (
            ["retention", "--by", "day", "--since", "product_viewed", "--compare-at", "2026-04-01"],
            {"differences"},
        ),
    ],
)
def test_journeys_commands_print_one_object(brand: Brand, words: list[str], keys: set[str]) -> None:
    """Each command prints its figures as one JSON object, or says clearly why it cannot."""
    ran = brand.journey(*words, "--json")
    if ran.code:
        assert ran.err.startswith("Error: ")
        assert "Hint: " in ran.err
        assert "--compare-at" in words or "--versus" in words
        return
    assert keys <= json.loads(ran.out).keys()


@pytest.mark.parametrize(
    "words", [["paths"], ["paths", "--picture", "sankey"], _FUNNEL, ["retention"], ["stages"]], ids=str
)
def test_journeys_commands_draw(brand: Brand, tmp_path: Path, words: list[str]) -> None:
    """Each command prints a table and writes its picture in both forms."""
    ran = brand.journey(*words, "--svg", str(tmp_path / "p.svg"), "--png", str(tmp_path / "p.png"))
    assert ran.code == 0, ran.err
    assert ran.out
    assert (tmp_path / "p.svg").read_bytes().startswith(b"<svg")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["funnel", "--step", "product_viewd", "--step", "order_completed"], "product_viewed"),
        ([*_FUNNEL, "--within", "0d"], "at least a second"),
        (["retention", "--since", "no_such_thing"], "no_such_thing"),
        (["paths", "--compare-at", "1999-01-01"], "nothing can be compared"),
        (["stages", "--compare-at", "1999-01-01"], "nothing can be compared"),
        (["retention", "--since", "no_such_thing", "--compare-at", "2026-04-01"], "no_such_thing"),
        (["paths", "--compare-at", "2026-01-01", "--versus", "segment=x"], "one of them"),
        (["stages", "--svg", "/no/such/folder/p.svg"], "cannot be written"),
    ],
)
def test_journeys_mistakes_are_explained(brand: Brand, words: list[str], said: str) -> None:
    """A name that is not there, a window of nothing and a comparison without two sides say what to do."""
    ran = brand.journey(*words)
    assert ran.code == 1
    assert said in ran.err
    assert "Hint: " in ran.err


def test_stages_side_by_side_are_a_table_of_times_and_one_of_shares(brand: Brand) -> None:
    """Both tables name their sides, and it is said that all was tested together."""
    ran = brand.journey("stages", "--compare-at", "2026-04-01")
    assert ran.code == 0, ran.err
    assert "Mean time in a stage" in ran.out
    # Heads of columns are broken behind the month.
    assert ran.out.count("before 1 April") >= 3
    assert ran.out.count("from 1 April") >= 3
    assert "all were tested together" in ran.out + ran.err


def test_journeys_usage_mistake_is_a_usage_mistake(brand: Brand) -> None:
    """A time without a unit is wrong usage."""
    ran = brand.journey(*_FUNNEL, "--within", "soon")
    assert ran.code == 2
    assert "as in 7d" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["funnel", "--step", "order_completed"], "1 step given; --step is expected 2 to 12 times"),
        (["paths", "--picture", "sankey", "--compare-at", "2026-04-01"], "does not go with a comparison"),
    ],
)
def test_journeys_wrong_usage_ends_with_two(brand: Brand, words: list[str], said: str) -> None:
    """Options that cannot be meant are wrong usage, as an option of no value is."""
    ran = brand.journey(*words)
    assert (ran.code, said in ran.err) == (2, True), ran.err


@pytest.mark.parametrize("words", [["paths"], _FUNNEL, ["retention", "--by", "day"], ["stages"]], ids=str)
def test_comparison_is_drawn(brand: Brand, tmp_path: Path, words: list[str]) -> None:
    """A picture that is asked for beside a comparison is one of the comparison."""
    out = tmp_path / "p.svg"
    ran = brand.journey(
        *words, "--compare-at", "2026-04-01", "--svg", str(out), "--png", str(tmp_path / "p.png")
    )
    assert ran.code == 0, ran.err
    assert "from 1 April 2026 on beside before 1 April 2026" in out.read_text()
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_comparison_outside_the_data_names_days(brand: Brand) -> None:
    """The window of the events is told in days, as the option takes them."""
    ran = brand.journey("paths", "--compare-at", "2035-01-01")
    assert ran.code == 1
    assert re.search(r"events are from \d+ \w+ \d{4} to \d+ \w+ \d{4}$", ran.err, re.MULTILINE)


def test_funnel_takes_every_spelling_and_names_all_wrong_steps(brand: Brand) -> None:
    """A step is read as the reader of event logs reads it; what is unknown is all named, with the stages there are."""
    plain = brand.journey("funnel", "--step", "product_viewed", "--step", "decision", "--json")
    spelt = brand.journey("funnel", "--step", "Product Viewed", "--step", "Decision", "--json")
    assert plain.code == 0, plain.err
    assert spelt.out == plain.out
    ran = brand.journey("funnel", "--step", "Product Viewd", "--step", "decisive", "--step", "decision")
    assert ran.code == 1
    assert "'Product Viewd' or 'decisive'" in ran.err
    assert "Stages are awareness, consideration, decision, retention, advocacy." in ran.err


def test_retention_names_its_event_and_says_what_it_counts(brand: Brand) -> None:
    """The title names the event that time runs from, and it is said that periods not over are left out."""
    ran = brand.journey("retention", "--by", "day", "--since", "Product Viewed")
    assert ran.code == 0, ran.err
    assert "since the first product_viewed" in " ".join(ran.out.split())
    assert "for whom it is over" in ran.err
    assert "since the first event" in brand.journey("retention", "--by", "day").out


@pytest.fixture(scope="module")
def segments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighty customers with a segment who buy alike, eighty without one who never buy, all over two weeks ago."""
    home = tmp_path_factory.mktemp("segments") / "home"
    rows: list[dict[str, object]] = []

    def add(kind: str, who: str, day: int, **more: object) -> None:
        at = f"2026-03-{day:02}T10:00:{len(rows) % 60:02}Z"
        rows.append({"type": kind, "userId": who, "messageId": f"m{len(rows)}", "timestamp": at, **more})

    for k in range(160):
        who = f"u{k}"
        if k < 80:
            segment = "family" if k % 2 else "home"
            add("identify", who, 1, traits={"segment": segment, "plan": "gold"})
        add("track", who, 2, event="Product Viewed")
        if k < 80:
            add("track", who, 3, event="Order Completed")
    add("track", "late", 30, event="Product Viewed")
    export = home.parent / "events.jsonl"
    export.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert journey(home, "init", "--holdout", "0").code == 0
    read = journey(home, "ingest", str(export), "--kind", "events")
    assert read.code == 0, read.err
    return home


_BOUGHT = ["funnel", "--step", "product_viewed", "--step", "order_completed", "--versus"]


def test_everybody_else_has_the_trait(segments: Path) -> None:
    """Who has no segment is on neither side, and it is said how many; both segments bought alike."""
    ran = journey(segments, *_BOUGHT, "segment=family", "--json")
    found = json.loads(ran.out)
    (step,) = found["differences"]
    assert (step["before"]["n"], step["before"]["total"], step["after"]["total"]) == (40, 40, 40)
    assert (found["between"], found["n_unknown"]) == ("group", 81)
    assert step["verdict"] != "changed"
    ran = journey(segments, *_BOUGHT, "segment=family")
    assert "On neither side: 81 customers" in ran.err
    assert {"customers", "needed"} <= set(ran.out.split())
    assert "0 of 1 tested share differs" in ran.err
    named = json.loads(journey(segments, *_BOUGHT, "segment=family", "--where", "segment=home", "--json").out)
    assert named["differences"][0]["before"] == step["before"]
    assert named["n_unknown"] == 0


def test_nobody_else_with_the_trait_is_refused(segments: Path) -> None:
    """A trait with one value has no other side, however many customers have none."""
    ran = journey(segments, *_BOUGHT, "plan=gold")
    assert ran.code == 1
    assert "no customer with events has another 'plan' than plan=gold; of 81 it is not known" in ran.err


def test_groups_that_differ_have_not_changed(segments: Path) -> None:
    """Two groups have no before and after: they differ; the verdict as JSON stays what it is for periods."""
    words = ["paths", "--versus", "segment=family"]
    assert "changed" not in journey(segments, *words).out
    found = Comparison.model_validate(json.loads(journey(segments, *words, "--json").out))
    proven = found.model_copy(update={"differences": (_PROVEN,), "n_tested": 1})
    for between, word in (("group", "differs"), ("period", "changed")):
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            show_comparison(proven.model_copy(update={"between": between}), 5, None, None, as_json=False)
        assert f"1 of 1 tested share {word}" in out.getvalue()
        assert out.getvalue().count(word) == 2


def test_retention_leaves_out_periods_without_anybody_on_either_side(segments: Path) -> None:
    """Of days on which nobody was active on either side it is only said how many there are."""
    ran = journey(segments, "retention", "--by", "week", "--versus", "segment=family")
    assert ran.code == 0, ran.err
    assert "left out where both sides are 0" in ran.err
    assert "week 2" not in ran.out


@pytest.mark.parametrize("words", [["paths"], ["stages", "--versus", "segment=golden"]], ids=str)
def test_value_that_nobody_has_is_answered_with_those_there_are(segments: Path, words: list[str]) -> None:
    """The values of the key are named, with --where and with --versus alike."""
    ran = journey(segments, *words, *([] if "--versus" in words else ["--where", "segment=golden"]))
    assert ran.code == 1
    assert "no customer with events matches {'segment': 'golden'}" in ran.err
    assert "'segment' is family, home" in ran.err


@pytest.mark.parametrize("words", [["paths"], _FUNNEL, ["retention"], ["stages"]], ids=str)
def test_journeys_empty_lake_is_said(tmp_path: Path, words: list[str]) -> None:
    """Without events there is nothing to show, and no failure."""
    home = tmp_path / "home"
    assert journey(home, "init").code == 0
    ran = journey(home, *words, "--json")
    assert ran.code == 1
    assert "There are no events" in ran.err


def test_journeys_one_person_is_shown(tmp_path: Path) -> None:
    """One customer with two events has a path, and no percentage that claims to know more."""
    home, export = tmp_path / "home", tmp_path / "events.jsonl"
    rows = [
        {
            "type": "track",
            "event": name,
            "userId": "u1",
            "messageId": f"m{k}",
            "timestamp": f"2026-03-01T10:0{k}:00Z",
        }
        for k, name in enumerate(["Product Viewed", "Order Completed"])
    ]
    export.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert journey(home, "init", "--holdout", "0").code == 0
    assert journey(home, "ingest", str(export), "--kind", "events").code == 0
    found = json.loads(journey(home, "paths", "--json").out)
    (move,) = found["transitions"]
    assert (move["from"], move["to"], move["n"], move["share"]) == (
        "product_viewed",
        "order_completed",
        1,
        1.0,
    )
    assert move["low"] < 0.3
    assert journey(home, "stages").code == 0
    assert journey(home, "retention").code == 0
    assert journey(home, "funnel", "--step", "product_viewed", "--step", "decision", "--json").code == 0


def test_journeys_go_by_the_stages_of_the_home(brand: Brand, tmp_path: Path) -> None:
    """A file of stages in the home is what paths, funnels and maps go by, and one that cannot be used is named."""
    home = tmp_path / "home"
    shutil.copytree(brand.home, home, ignore=shutil.ignore_patterns("lock"))
    own = home / "stages.toml"
    own.write_text(
        '[[stage]]\nname = "look"\nstages = ["awareness", "consideration"]\n'
        '[[stage]]\nname = "own"\nstages = ["decision", "retention", "advocacy"]\n'
    )
    ran = journey(home, "paths", "--level", "stage", "--json")
    moves = json.loads(ran.out)["transitions"]
    assert {move["from"] for move in moves} == {"look", "own"}
    own.write_text("[[stage]]\nname = 1\n")
    ran = journey(home, "paths")
    assert ran.code == 1
    assert "stages.toml" in ran.err
