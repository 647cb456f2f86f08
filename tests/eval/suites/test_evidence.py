"""Scores and readers of the evidence suite."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from agent.schemas.records import Speaker
from eval.suites.conversations import has_conversations, read_star, read_tau
from eval.suites.evidence import mean_coverage


def test_mean_coverage_counts_the_nearest_choice_of_each_member() -> None:
    """Members that are chosen count fully, others by their likeness with the nearest choice."""
    members = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    assert mean_coverage(members, members[:1]) == pytest.approx((1 + 0 + 0.6) / 3)
    assert mean_coverage(members, members[:2]) == pytest.approx((1 + 1 + 0.8) / 3)


def test_conversations_keep_who_said_what_and_which_turn_told_the_outcome(tmp_path: Path) -> None:
    """Turns stand in the text; the last labelled result is the outcome, earlier refusals are setbacks."""
    folder = tmp_path / "transcripts"
    folder.mkdir()
    said = [
        ("User", "utter", "I need a table", ""),
        ("Wizard", "pick_suggestion", "For when?", "ask_time"),
        ("UserGuide", "instruct", "Say eight", ""),
        ("User", "utter", "Eight", ""),
        ("Wizard", "pick_suggestion", "Eight is full", "inform_unavailable"),
        ("User", "utter", "Nine then", ""),
        ("Wizard", "pick_suggestion", "Your table is booked", "inform_booking_successful"),
    ]
    events = [dict(zip(("Agent", "Action", "Text", "ActionLabel"), one, strict=True)) for one in said]
    star = {"Scenario": {"WizardCapabilities": [{"Task": "table"}]}, "Events": events}
    with gzip.open(folder / "star.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps(star) + "\n")
    turns = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "Hi"},
        {"role": "tool", "content": "x"},
    ]
    with gzip.open(folder / "tau_bench_airline.json.gz", "wt", encoding="utf-8") as file:
        json.dump([{"traj": turns, "info": {"task": {"instruction": "You want a seat."}}}], file)
    assert has_conversations(tmp_path)
    (talk,) = read_star(tmp_path, limit=5, seed=0)
    assert (talk.request, talk.outcome, talk.setbacks) == ("table", 5, (3,))
    outcome = talk.record.turns[5]
    assert outcome.speaker is Speaker.AGENT
    assert talk.record.text[outcome.start : outcome.end] == "Your table is booked"
    (flight,) = read_tau(tmp_path)
    assert (flight.request, flight.record.text) == ("You want a seat.", "Hi")
    assert not has_conversations(tmp_path / "none")
