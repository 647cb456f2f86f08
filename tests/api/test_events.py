"""`journey events`: planted faults of tracking are found, and every event is said to be what it is."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.analyse.event_lint import MOST_NAMES, Rule
from agent.analyse.stages import load_stage_rules
from agent.events.steps import BOT_EVENTS_PER_DAY
from agent.schemas.journey import DEFAULT_STAGES
from tests.api.brand import journey

AT = datetime(2026, 5, 1, 10, tzinfo=UTC)


def call(number: int, name: str | None = "product_viewed", **more: Any) -> dict[str, Any]:
    """Return a call that breaks no rule but those that are asked for."""
    at = (AT + timedelta(seconds=number)).isoformat()
    said: dict[str, Any] = {
        "type": "track", "event": name, "messageId": f"message-{number}", "userId": f"user-{number % 7}",
        "timestamp": at, "sentAt": at, "receivedAt": at, "properties": {"price": number},
    }  # fmt: skip
    return {key: value for key, value in {**said, **more}.items() if value is not None}


def write(path: Path, calls: Sequence[object]) -> Path:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(one) + "\n" for one in calls))
    return path


def linted(path: Path) -> dict[str, dict[str, Any]]:
    """Return what the linter finds in a file, by rule."""
    ran = journey(path.parent / "home", "events", "lint", str(path), "--json")
    assert ran.code == 0, ran.err
    return {one["rule"]: one for one in json.loads(ran.out)["findings"]}


PLANTED: dict[Rule, list[dict[str, Any]]] = {
    Rule.NOT_OBJECT_ACTION: [call(1, "checkout")],
    Rule.TENSE: [call(1, "add_to_cart")],
    Rule.MIXED_CASE: [call(1, "productViewed")],
    Rule.SPACES: [call(1, "product viewed")],
    Rule.PERSONAL: [call(1, "ann@example.com_invited")],
    Rule.DYNAMIC: [call(1, "order_12345_completed")],
    Rule.SPELLINGS: [call(1, "PRODUCT_VIEWED"), call(2, "product_viewed")],
    Rule.TOO_MANY: [
        call(n, f"{'abcdefghijklmnop'[n % 16]}{'qrstuvwxyz'[n // 16 % 10]}{'kl'[n // 160]}_viewed")
        for n in range(MOST_NAMES + 1)
    ],
    Rule.RESERVED: [call(1, "$product_viewed")],
    Rule.NO_NAME: [call(1, None)],
    Rule.NO_ID: [call(1, messageId=None)],
    Rule.OTHER_CONTENT: [call(1), call(1, properties={"price": 99})],
    Rule.FUTURE: [call(1, timestamp="2199-01-01T00:00:00Z")],
    Rule.MIXED_EPOCH: [call(1, timestamp=1_777_629_600), call(2, timestamp=1_777_629_600_000)],
    Rule.NO_TIME: [call(1, timestamp=None, sentAt=None, receivedAt=None)],
    Rule.UNREADABLE: [call(1, timestamp="soon")],
    Rule.LATE: [call(1, timestamp="2026-04-01T00:00:00Z")],
    Rule.SKEW: [call(1, sentAt="2026-05-01T08:00:00Z")],
    Rule.NOBODY: [call(1, userId=None)],
    Rule.TWO_USERS: [call(1, anonymousId="d"), call(2, anonymousId="d")],
    Rule.BOT: [call(n, userId="bot", timestamp=AT.isoformat()) for n in range(BOT_EVENTS_PER_DAY + 1)],
    Rule.BROKEN: [call(1, type="nothing")],
}


def test_every_rule_has_a_planted_violation() -> None:
    """No rule is without a test."""
    assert set(PLANTED) == set(Rule)


@pytest.mark.parametrize("rule", list(PLANTED))
def test_lint_finds_each_planted_violation_and_tells_what_to_do(rule: Rule, tmp_path: Path) -> None:
    """Beside clean rows one fault of tracking is found, with a count and no personal data."""
    clean = [call(n) for n in range(1000, 1020)]
    found = linted(write(tmp_path / "e.jsonl", [*clean, *PLANTED[rule]]))
    assert rule.value in found
    one = found[rule.value]
    assert one["n"] >= 1
    assert one["todo"]
    assert "ann@" not in str(found)


def test_lint_finds_all_planted_violations_at_once_and_is_strict_on_request(tmp_path: Path) -> None:
    """Faults do not hide each other; the exit code follows --strict alone."""
    path = write(tmp_path / "e.jsonl", [one for calls in PLANTED.values() for one in calls])
    assert set(linted(path)) == {rule.value for rule in Rule}
    assert journey(tmp_path, "events", "lint", str(path), "--strict").code == 1
    assert journey(tmp_path, "events", "lint", str(path)).code == 0


def test_lint_finds_nothing_in_a_clean_file(tmp_path: Path) -> None:
    """Well tracked events pass, strictly, in a table as in calls."""
    names = [
        "product_viewed",
        "order_completed",
        "cart_viewed",
        "checkout_started",
        "email_opened",
        "contract_won",
    ]
    path = write(tmp_path / "e.jsonl", [call(n, names[n % 6]) for n in range(100)])
    table = tmp_path / "e.csv"
    rows = [f"m-{n},{names[n % 6]},2026-05-01T10:00:00+02:00,u{n}" for n in range(20)]
    table.write_text("\n".join(["event_id,event,timestamp,customer_id", *rows]))
    assert linted(path) == {}
    assert journey(tmp_path, "events", "lint", str(table), "--strict").code == 0


def test_dictionary_and_lint_of_a_workspace_tell_names_spellings_and_meanings(tmp_path: Path) -> None:
    """Spellings count as one event, the raw ones stay findable, and meanings come from the file or the product."""
    home = tmp_path / "home"
    spelled = ["Order Completed", "orderCompleted", "purchase", "order_completed"]
    calls = [call(n, spelled[n % 4], channel="web") for n in range(8)]
    calls += [
        call(100 + n, "Wash Booked", properties={"price": "x" if n else 2, "new": True}) for n in range(2)
    ]
    path = write(tmp_path / "e.jsonl", calls)
    assert journey(home, "init", "--holdout", "0").code == 0
    assert journey(home, "ingest", str(path)).code == 0
    means = tmp_path / "means.yaml"
    means.write_text("wash_booked: {means: A wash was booked.}\n")
    ran = journey(home, "events", "dictionary", "--describe", str(means), "--json")
    assert ran.code == 0, ran.err
    order, wash = json.loads(ran.out)["events"]
    assert (order["name"], order["n"], order["n_persons"], order["channels"]) == (
        "order_completed",
        8,
        7,
        {"web": 8},
    )
    assert order["spellings"] == {"Order Completed": 2, "orderCompleted": 2, "purchase": 2}
    assert order["description"] == "An order was completed."
    assert (wash["name"], wash["description"]) == ("wash_booked", "A wash was booked.")
    assert wash["properties"] == {"new": ["boolean"], "price": ["number", "text"]}
    found = json.loads(journey(home, "events", "lint", "--json").out)["findings"]
    assert {one["rule"] for one in found} == {
        "name.mixed_case",
        "name.spaces",
        "name.spellings",
        "name.not_object_action",
    }
    table = journey(home, "events", "dictionary")
    assert "A wash was booked." not in table.out
    assert "wash_booked" in table.out


def test_names_file_of_a_home_joins_names_as_they_are_read(tmp_path: Path) -> None:
    """A brand's own words become the canonical name; a file of another form is refused with its key."""
    home = tmp_path / "home"
    assert journey(home, "init", "--holdout", "0").code == 0
    (home / "event_names.yaml").write_text("order_completed: {like: [Bestellung abgeschlossen]}\n")
    path = write(tmp_path / "e.jsonl", [call(1, "Bestellung abgeschlossen"), call(2, "Order Completed")])
    assert journey(home, "ingest", str(path)).code == 0
    [one] = json.loads(journey(home, "events", "dictionary", "--json").out)["events"]
    assert (one["name"], one["n"]) == ("order_completed", 2)
    (home / "event_names.yaml").write_text("order_completed: {alike: [x]}\n")
    ran = journey(home, "events", "dictionary")
    assert ran.code == 1
    assert "order_completed.alike" in ran.err


def test_stages_are_suggested_written_and_never_applied(tmp_path: Path) -> None:
    """The file that is written can be given as stages; what was edited is not written over."""
    home = tmp_path / "home"
    names = ["Product Viewed", "Checkout Page Reached", "Order Completed", "Zzz Q"]
    calls = [
        call(4 * n + place, name, userId=f"user-{n}") for n in range(40) for place, name in enumerate(names)
    ]
    path = write(tmp_path / "e.jsonl", calls)
    assert journey(home, "init", "--holdout", "0").code == 0
    assert journey(home, "ingest", str(path)).code == 0
    before = json.loads(journey(home, "paths", "--json").out)
    into = tmp_path / "stages.toml"
    ran = journey(home, "events", "stages", "--json", "--write", str(into))
    assert ran.code == 0, ran.err
    found = {one["name"]: one for one in json.loads(ran.out)["unassigned"]}
    # Words of a rule assign the page; the others are nobody's.
    assert set(found) == {"zzz_q"}
    assert found["zzz_q"]["n_persons"] == 40
    assert found["zzz_q"]["before"]
    assert json.loads(journey(home, "paths", "--json").out) == before
    rules = load_stage_rules(into)
    assert [rule.name for rule in rules] == list(DEFAULT_STAGES)
    suggested = {event: rule.name for rule in rules for event in rule.events}
    assert suggested == {one: its["suggestion"] for one, its in found.items() if its["suggestion"]}
    again = journey(home, "events", "stages", "--write", str(into))
    assert again.code == 1
    assert "there already" in again.err
    assert "zzz_q" in again.out
