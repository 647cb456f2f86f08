"""Suite `events`, stages: the names of other trades are nobody's yet, and quick figures come out."""

from pathlib import Path

import pytest
import yaml

from agent.analyse.stage_suggestions import known_names
from agent.analyse.taxonomy import stage_of_event
from agent.schemas.journey import DEFAULT_STAGES
from agent.testing import HashEncoder
from eval.suites import events_stages
from eval.suites.base import SuiteOptions


def test_names_of_other_trades_are_assigned_by_no_rule_and_known_to_nothing() -> None:
    """Otherwise the suggestions would be measured on what they were fitted on."""
    path = Path(events_stages.__file__).with_name("event_stage_names.yaml")
    labelled = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert list(labelled) == [*DEFAULT_STAGES, "none"]
    names = [name for found in labelled.values() for name in found]
    assert len(names) == len(set(names))
    assert [name for name in names if stage_of_event(name) is not None] == []
    assert not set(names) & {each.text.replace(" ", "_") for each in known_names()}


def test_quick_run_beats_the_most_frequent_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every set of names has the baseline and words; brands have paths too."""
    monkeypatch.setattr(events_stages, "open_encoder", _hashing)
    [table], _ = events_stages.stages_tables(SuiteOptions(data=tmp_path, work=tmp_path, quick=True))
    scores: dict[str, dict[str, float]] = {}
    for names, by, _, score, *_ in table.rows:
        assert isinstance(score, float)
        scores.setdefault(str(names), {})[str(by)] = score
    assert len(scores) == 4
    for found in scores.values():
        assert found["words"] > found["the most frequent stage"]
    assert scores["events of 1 simulated brands"]["paths"] > 0.5


def _hashing(_folder: Path) -> HashEncoder:
    return HashEncoder(256)
