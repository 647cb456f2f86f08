"""`journey similar`, `next-action`, `value` and the file of best times, on a small shop with planted behaviour."""

import csv
import json
from pathlib import Path
from typing import Any, cast

import pytest

from tests.api.brand import Ran, journey
from tests.api.shop import open_shop

_WIDEST = 120


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop, nobody held out."""
    return open_shop(tmp_path_factory.mktemp("shop"), n_persons=260)


@pytest.fixture(scope="module")
def split_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of which three customers in ten are held out, and whose purchases say nothing of their worth."""
    return open_shop(tmp_path_factory.mktemp("split"), n_persons=160, holdout="0.3", sells=False)


@pytest.fixture(scope="module")
def suggested(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """What is suggested for everybody, as JSON and as the rows of the file."""
    file = tmp_path_factory.mktemp("csv") / "actions.csv"
    found = _json(journey(home, "next-action", "--all", "--json", "--csv", str(file)))
    return found, _rows(file)


def _json(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    return cast("dict[str, Any]", json.loads(ran.out))


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def _is_narrow(text: str) -> bool:
    return all(len(line) <= _WIDEST for line in text.splitlines() if line[:1] in "┏┃┡│└")


def test_similar_customers_are_told_with_what_they_share(home: Path) -> None:
    """A keen customer's neighbours are keen; they are told by what many share, in a table that fits, and again the same."""
    found = _json(journey(home, "similar", "user_id=u00003", "--json"))
    assert (found["verdict"], len(found["neighbours"]), found["n_persons"]) == ("found", 10, 260)
    assert {"app", "product_added"} & {each["feature"] for each in found["features"]}
    assert all(each["everyone"]["n"] >= 5 for each in found["features"])
    keen = {
        _json(journey(home, "state", f"user_id=u{number:05}", "--json"))["person_id"] for number in (0, 1)
    }
    assert found["person_id"] not in keen
    printed = journey(home, "similar", found["person_id"], "--n", "3")
    assert printed.code == 0, printed.err
    assert _is_narrow(printed.out)
    assert printed.out.count("p_") == 4


def test_similar_customers_are_looked_for_among_those_of_a_filter(home: Path) -> None:
    """A calm customer's nearest among the gold ones, who are too few to compare in a smaller shop."""
    found = _json(journey(home, "similar", "user_id=u00250", "--where", "plan=gold", "--json"))
    assert found["n_persons"] == 105
    gold = {
        each["person_id"]
        for each in _json(journey(home, "state", "--all", "--where", "plan=gold", "--json"))["states"]
    }
    assert {each["person_id"] for each in found["neighbours"]} <= gold
    ran = journey(home, "similar", "user_id=u00250", "--where", "plan=silver")
    assert ran.code == 1
    assert "'silver'" in ran.err


def test_held_out_customers_have_no_similar_ones_and_no_action(split_home: Path) -> None:
    """Of a held-out customer only that is told; nobody held out is anybody's neighbour or gets a suggestion."""
    shown = {each["person_id"] for each in _json(journey(split_home, "state", "--all", "--json"))["states"]}
    n_held = 0
    for number in range(12):
        found = _json(journey(split_home, "similar", f"user_id=u{number:05}", "--json"))
        if found == {"held_out": True}:
            n_held += 1
            plain = journey(split_home, "similar", f"user_id=u{number:05}").out
            assert plain == journey(split_home, "state", f"user_id=u{number:05}").out
            assert journey(split_home, "next-action", f"user_id=u{number:05}").out == plain
        else:
            assert {each["person_id"] for each in found["neighbours"]} <= shown
    assert n_held >= 1


def test_nobody_of_that_name_is_an_error(home: Path) -> None:
    """As everywhere."""
    for words in (["similar", "user_id=nobody"], ["next-action", "user_id=nobody"]):
        ran = journey(home, *words)
        assert ran.code == 1
        assert ran.err.startswith("Error: ")


def test_suggestions_multiply_and_say_what_lost(
    suggested: tuple[dict[str, Any], list[dict[str, str]]],
) -> None:
    """Buying is predicted in this shop: scores are products, the best wins, all other actions say why they lost."""
    found, _ = suggested
    assert found["label"].startswith("suggestions, not findings")
    assert found["formula"] == "score = propensity × value × context weight"
    assert {one["target"]: one["verdict"] for one in found["propensities"]}["buy"] == "shown"
    assert [one["currency"] for one in found["values"]] == ["EUR", "EUR"]
    with_one = [one for one in found["customers"] if one["suggestion"]]
    assert len(found["customers"]) == 260
    assert len(with_one) > 100
    for one in with_one:
        best = one["suggestion"]
        assert best["score"] == pytest.approx(
            best["propensity"] * best["value"] * best["context_weight"], abs=1e-4
        )
        assert len(one["losing"]) == 6
        assert all(each["reason"] for each in one["losing"])
        assert best["score"] >= max(each["score"] or 0.0 for each in one["losing"])


def test_suggestions_are_written_as_csv(suggested: tuple[dict[str, Any], list[dict[str, str]]]) -> None:
    """One row a customer with a suggestion, with its factors, its reason and what lost."""
    found, rows = suggested
    assert len(rows) == sum(one["suggestion"] is not None for one in found["customers"])
    for row in rows[:20]:
        product = float(row["propensity"]) * float(row["value"]) * float(row["context_weight"])
        assert float(row["score"]) == pytest.approx(product, abs=1e-4)
        assert row["lost"].count(" | ") == 5
        assert "nothing is sent" in row["label"]


def test_suggestion_for_one_is_the_one_among_all(
    home: Path, suggested: tuple[dict[str, Any], list[dict[str, str]]]
) -> None:
    """Whoever is asked about, alone or among all, is told the same, in a table that fits."""
    one = max(suggested[0]["customers"], key=lambda one: (one["suggestion"] or {"score": 0})["score"])
    ran = journey(home, "next-action", one["person_id"])
    assert ran.code == 0, ran.err
    assert f"Suggested: {one['suggestion']['action']}" in ran.out
    assert f"= {one['suggestion']['score']:,.2f}" in ran.out
    assert _is_narrow(ran.out)


def test_suggestions_for_nobody_are_said(home: Path) -> None:
    """A filter that nobody matches ends without a table."""
    ran = journey(home, "next-action", "--all", "--where", "plan=silver")
    assert (ran.code, ran.out) == (0, "No customer with events matches.\n")


def test_suggestions_abstain_without_value_and_prediction(split_home: Path) -> None:
    """Too few customers to predict, purchases without amounts: nothing is suggested, and why is told."""
    ran = journey(split_home, "next-action", "--all")
    assert ran.code == 0, ran.err
    assert "nothing: unknown" in ran.out
    assert "200 are needed" in ran.err
    assert "Highest scores" not in ran.out
    found = _json(journey(split_home, "value", "--json"))
    assert (found["verdict"], found["reason"]) == (
        "unknown",
        "no purchase carries an amount; --column names what holds the value",
    )


@pytest.mark.parametrize(
    "words",
    [
        ["next-action"],
        ["next-action", "user_id=u1", "--all"],
        ["next-action", "user_id=u1", "--where", "plan=gold"],
        ["predict", "buy", "--csv", "x.csv"],
    ],
)
def test_wrong_usage_is_said(home: Path, words: list[str]) -> None:
    """Both or none of PERSON and --all, and options where they do not belong."""
    assert journey(home, *words).code == 2


def test_value_contrast_finds_the_planted_guide(home: Path, tmp_path: Path) -> None:
    """Customers of high value read the guide more often; table and pictures say so, and that it is no cause."""
    found = _json(journey(home, "value", "--json"))
    assert found["verdict"] == "shown"
    differs = {one["name"] for one in found["differences"] if one["verdict"] == "differs"}
    assert "setup guide" in differs
    assert found["rule"]["n_by_property"].keys() == {"total"}
    ran = journey(home, "value", "--svg", str(tmp_path / "v.svg"), "--png", str(tmp_path / "v.png"))
    assert ran.code == 0, ran.err
    assert "not caused by" in ran.out
    assert _is_narrow(ran.out)
    assert b"setup guide" in (tmp_path / "v.svg").read_bytes()
    assert (tmp_path / "v.png").read_bytes().startswith(b"\x89PNG")


def test_value_by_an_attribute_or_an_unknown_column(home: Path, tmp_path: Path) -> None:
    """An attribute of the customers may be the value; one that nobody has is named, and draws nothing."""
    found = _json(journey(home, "value", "--column", "ltv", "--json"))
    assert (found["rule"]["basis"], found["n_valued"], found["n_top"]) == ("customer attribute", 260, 65)
    ran = journey(home, "value", "--column", "shoe_size", "--svg", str(tmp_path / "v.svg"))
    assert ran.code == 0, ran.err
    assert ran.out.startswith("Unknown: 'shoe_size' is a number in no attribute")
    assert not (tmp_path / "v.svg").exists()


def test_best_times_are_written_for_a_data_extension(home: Path, tmp_path: Path) -> None:
    """One row a segment with an hour or a channel, its share, interval and n; what is unknown is empty and says why."""
    file = tmp_path / "times.csv"
    ran = journey(home, "predict", "best-time", "--by", "plan", "--csv", str(file))
    assert ran.code == 0, ran.err
    rows = _rows(file)
    assert {row["segment"]: row["best_channel"] for row in rows} == {"all": "web", "plan=basic": "web"}
    for row in rows:
        assert int(row["n_customers"]) >= 100
        assert (
            float(row["channel_share_low"]) < float(row["channel_share"]) <= float(row["channel_share_high"])
        )
        assert (row["best_hour"] == "") == (row["hour_unknown_because"] != "")
    assert "1 segment without a best time or channel left out" in ran.err
    assert _is_narrow(ran.out)


def test_best_times_of_a_short_time_are_not_written(tmp_path: Path) -> None:
    """Under ninety days nothing is told and no file is made."""
    calls = tmp_path / "calls.jsonl"
    calls.write_text(
        "".join(
            json.dumps(
                {
                    "type": "track",
                    "userId": f"u{n}",
                    "event": "Seen",
                    "timestamp": f"2026-03-{1 + n % 28:02}T10:00:00Z",
                }
            )
            + "\n"
            for n in range(40)
        )
    )
    home, file = tmp_path / "home", tmp_path / "times.csv"
    assert journey(home, "ingest", "--no-index", str(calls)).code == 0
    ran = journey(home, "predict", "best-time", "--csv", str(file))
    assert ran.code == 0, ran.err
    assert "No file is written: the events cover" in ran.err
    assert not file.exists()


def test_file_that_cannot_be_written_is_said(home: Path) -> None:
    """A folder that is not there ends with what to do."""
    ran = journey(home, "predict", "best-time", "--csv", "/no/such/folder/times.csv")
    assert ran.code == 1
    assert "cannot be written" in ran.err
