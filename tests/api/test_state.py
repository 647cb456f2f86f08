"""`journey state` and `journey identity` through the command line: the golden customer, others, the held-out ones."""

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from eval.simulator import SimulatedBrand, load_truth, simulate
from tests.api.brand import Ran, journey

_GOLDEN = "user_id=cus_a0000000001"


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> SimulatedBrand:
    """A small brand."""
    return simulate(tmp_path_factory.mktemp("exports"), n_persons=120, seed=11)


@pytest.fixture(scope="module")
def home(exports: SimulatedBrand, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its events, nobody held out."""
    home = tmp_path_factory.mktemp("home") / "home"
    assert journey(home, "init", "--holdout", "0", "--salt", "salt").code == 0
    read = journey(home, "ingest", "--no-index", str(exports.events), str(exports.store_visits))
    assert read.code == 0, read.err
    return home


def _json(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    return cast("dict[str, Any]", json.loads(ran.out))


def test_golden_customer_has_one_path_of_six_touchpoints(home: Path, exports: SimulatedBrand) -> None:
    """Two devices, the telephone and the store are one customer's path, in order."""
    golden = load_truth(exports.out_dir).golden
    found = _json(journey(home, "state", _GOLDEN, "--json"))
    assert found["n_events"] == len(golden.steps) == 6
    assert [step["channel"] for step in found["path"]] == [step.channel for step in golden.steps]
    assert len({step["touchpoint"] for step in found["path"]}) >= 5
    for device in golden.anonymous_ids:
        assert _json(journey(home, "state", f"anonymous_id={device}", "--json")) == found


def test_golden_customer_is_not_retargeted_after_the_purchase_in_the_store(
    home: Path, exports: SimulatedBrand
) -> None:
    """The rule names the purchase at the till and ends; the customer stands in the exported list."""
    till = load_truth(exports.out_dir).golden.steps[-1]
    found = _json(journey(home, "state", _GOLDEN, "--json"))
    [bought] = [each for each in found["suppressions"] if each["rule_id"] == "bought"]
    assert "retargeting" in bought["holds_back"]
    assert (bought["cause"]["event"], bought["cause"]["channel"]) == ("order_completed", "store")
    assert bought["until"] > found["as_of"]
    out = home.parent / "suppressed.csv"
    assert journey(home, "state", "--export", str(out)).code == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["channel"] for row in rows if row["person_id"] == found["person_id"]] == ["store"]
    before = (till.at - timedelta(hours=1)).isoformat()
    earlier = _json(journey(home, "state", _GOLDEN, "--as-of", before, "--json"))
    assert "bought" not in {each["rule_id"] for each in earlier["suppressions"]}


def test_golden_customer_is_told_of_availability_and_no_discount(home: Path, exports: SimulatedBrand) -> None:
    """From the call on until the purchase; the path's advice stays visible after it, as ended by the purchase."""
    call, till = (load_truth(exports.out_dir).golden.steps[place] for place in (1, -1))
    for at in (call.at + timedelta(minutes=1), till.at - timedelta(minutes=1)):
        found = _json(journey(home, "state", _GOLDEN, "--as-of", at.isoformat(), "--json"))
        assert found["recommend"] == "availability"
        assert "discount" in found["content"][0]["rather_than"]
        assert [step["channel"] for step in found["content"][0]["evidence"]] == ["web", "phone"]
    now = _json(journey(home, "state", _GOLDEN, "--json"))
    assert now["recommend"] is None
    [advice] = [each for each in now["content"] if each["recommend"] == "availability"]
    assert advice["ended_by"]["channel"] == "store"


def test_state_of_one_is_the_same_as_among_all_and_when_asked_again(home: Path) -> None:
    """Nothing is kept between two questions: each command opens the stores anew and says the same."""
    everyone = {
        each["person_id"]: each for each in _json(journey(home, "state", "--all", "--json"))["states"]
    }
    assert len(everyone) > 100
    for person_id in sorted(everyone)[::40]:
        assert _json(journey(home, "state", person_id, "--json")) == everyone[person_id]


def test_state_of_one_is_drawn_and_of_all_is_not(home: Path, tmp_path: Path) -> None:
    """The picture tells the stage and what is held back; a picture of everybody is refused."""
    out = tmp_path / "state.svg"
    ran = journey(home, "state", _GOLDEN, "--svg", str(out))
    assert ran.code == 0, ran.err
    drawn = out.read_text(encoding="utf-8")
    assert "held back: retargeting" in drawn
    assert "order completed" in drawn
    assert journey(home, "state", "--all", "--svg", str(out)).code == 2


def test_state_filters_by_a_trait(home: Path) -> None:
    """`--where` keeps persons with the trait; a trait nobody has is an error."""
    few = _json(journey(home, "state", "--all", "--where", "segment=family", "--json"))["states"]
    assert 0 < len(few) < 100
    assert journey(home, "state", "--all", "--where", "nothing=1").code == 1


def test_new_event_is_in_the_state_at_once(home: Path, tmp_path: Path) -> None:
    """An event read in a moment ago, on a device not seen before, changes the stage."""
    at = _json(journey(home, "state", _GOLDEN, "--json"))["as_of"]
    call = {
        "type": "track", "event": "Review Submitted", "messageId": "new-1", "anonymousId": "anon-new", "timestamp": at,
        "userId": "cus_a0000000001", "channel": "web",
    }  # fmt: skip
    export = tmp_path / "later.jsonl"
    export.write_text(json.dumps(call) + "\n", encoding="utf-8")
    assert journey(home, "ingest", "--no-index", str(export)).code == 0
    found = _json(journey(home, "state", "anonymous_id=anon-new", "--json"))
    assert found["last_event"]["event"] == "review_submitted"
    assert found["n_events"] == 7
    shown = journey(home, "state", _GOLDEN)
    assert "review_submitted" in shown.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("state",), 2),
        (("state", "p_1", "--all"), 2),
        (("state", "p_1", "--where", "a=b"), 2),
        (("state", "p_1"), 1),
        (("state", "shoe_size=44"), 1),
        (("state", "user_id=guest"), 1),
        (("state", "user_id=nobody-1"), 1),
        (("state", _GOLDEN, "--as-of", "yesterday"), 1),
        (("identity", "show", "p_1"), 1),
        (("identity", "split", _GOLDEN, "--merge", "m_1"), 1),
        (("identity", "undo"), 1),
    ],
)
def test_questions_that_cannot_be_answered_say_why(home: Path, words: tuple[str, ...], code: int) -> None:
    """Wrong usage exits 2, what is not there 1, each with a message."""
    ran = journey(home, *words)
    assert ran.code == code
    assert "Error" in ran.err


def test_identity_is_shown_without_raw_identifiers_and_split_and_rejoined(home: Path) -> None:
    """Pseudonyms, kinds, rows; a link is taken back, its device is another customer, and undo brings it back."""
    found = _json(journey(home, "identity", "show", _GOLDEN, "--json"))
    text = json.dumps(found)
    assert "cus_a" not in text
    assert "astrid" not in text
    assert {each["kind"] for each in found["identifiers"]} >= {"user_id", "email", "anonymous_id", "order_id"}
    [phone] = [each for each in found["identifiers"] if (each["source"], each["row"]) == ("events.jsonl", 0)]
    [link] = [each for each in found["links"] if phone["own_id"] in (each["left_id"], each["right_id"])]
    assert (link["state"], link["source"]) == ("joins", "events.jsonl")
    n_events = _json(journey(home, "state", _GOLDEN, "--json"))["n_events"]
    split = _json(
        journey(
            home, "identity", "split", _GOLDEN, "--merge", link["merge_id"], "--reason", "a visitor", "--json"
        )
    )
    assert len(split["persons"]) == 2
    parts = [_json(journey(home, "state", each, "--json"))["n_events"] for each in split["persons"]]
    assert sum(parts) == n_events > max(parts)
    assert journey(home, "identity", "split", _GOLDEN, "--merge", link["merge_id"]).code == 1
    again = _json(journey(home, "identity", "undo", "--json"))
    assert len(again["persons"]) == 1
    assert _json(journey(home, "state", _GOLDEN, "--json"))["n_events"] == n_events
    assert "user_id" in journey(home, "identity", "show", _GOLDEN).out


def test_identity_check_counts_who_is_not_linked_and_lists_a_shared_device(
    home: Path, tmp_path: Path
) -> None:
    """A device that two accounts used is listed with both, and the two stay two customers."""
    before = _json(journey(home, "identity", "check", "--json"))
    assert before["n_single"]["anonymous_id"] > 10
    at = "2026-06-29T10:00:00Z"
    calls = [
        {
            "type": "identify",
            "messageId": f"m{n}",
            "anonymousId": "anon-kiosk",
            "userId": f"cus_kiosk{n}",
            "timestamp": at,
        }
        for n in range(3)
    ]
    export = tmp_path / "kiosk.jsonl"
    export.write_text("".join(json.dumps(call) + "\n" for call in calls), encoding="utf-8")
    assert journey(home, "ingest", "--no-index", str(export)).code == 0
    found = _json(journey(home, "identity", "check", "--json"))
    [shared] = [each for each in found["shared"] if each not in before["shared"]]
    assert (shared["kind"], shared["n_accounts"]) == ("anonymous_id", 3)
    persons = {
        _json(journey(home, "identity", "show", f"user_id=cus_kiosk{n}", "--json"))["person_id"]
        for n in range(3)
    }
    assert len(persons) == 3
    assert "anonymous_id" in journey(home, "identity", "check").out


def test_held_out_customers_have_no_state_and_no_identity(exports: SimulatedBrand, tmp_path: Path) -> None:
    """That somebody is held out is told, and nothing else; nobody held out is among all."""
    home = tmp_path / "home"
    assert journey(home, "init", "--holdout", "0.5", "--salt", "pepper").code == 0
    assert journey(home, "ingest", "--no-index", str(exports.events), str(exports.store_visits)).code == 0
    golden = load_truth(exports.out_dir).golden
    shown = {each["person_id"] for each in _json(journey(home, "state", "--all", "--json"))["states"]}
    held = 0
    with (exports.out_dir / "truth" / "persons.jsonl").open(encoding="utf-8") as file:
        ids = [person["user_id"] for line in file if (person := json.loads(line))["user_id"]]
    for user_id in [golden.customer_id, *ids[:12]]:
        ran = journey(home, "state", f"user_id={user_id}", "--json")
        found = _json(ran) if ran.code == 0 else {"person_id": None}
        if found == {"held_out": True}:
            held += 1
            assert _json(journey(home, "identity", "show", f"user_id={user_id}", "--json")) == {
                "held_out": True
            }
            assert journey(home, "identity", "split", f"user_id={user_id}", "--merge", "m_1").code == 1
        elif found["person_id"] is not None:
            assert found["person_id"] in shown
    assert held >= 2


def test_export_holds_no_formula(home: Path, tmp_path: Path) -> None:
    """A cell that a spreadsheet would work out is shown as text."""
    at = "2026-06-29T11:00:00Z"
    call = {
        "type": "track", "event": "Order Completed", "messageId": "=1+1", "userId": "cus_formula", "timestamp": at,
        "channel": "=cmd",
    }  # fmt: skip
    export = tmp_path / "formula.jsonl"
    export.write_text(json.dumps(call) + "\n", encoding="utf-8")
    assert journey(home, "ingest", "--no-index", str(export)).code == 0
    out = tmp_path / "out.csv"
    assert journey(home, "state", "--all", "--export", str(out)).code == 0
    with out.open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert cells
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
