"""Stages of one's own: placing by touchpoint and default stage, and clear refusals."""

from pathlib import Path

import pytest

from agent.analyse.stages import DEFAULT_PLAN, load_stage_rules, plan_of
from agent.errors import InputError
from agent.schemas.journey import DEFAULT_STAGES

_OWN = """
[[stage]]
name = "find"
stages = ["awareness", "consideration"]
[[stage]]
name = "buy"
stages = ["decision"]
[[stage]]
name = "receive"
touchpoints = ["delivery"]
"""


def _written(folder: Path, text: str) -> Path:
    path = folder / "stages.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_default_plan_leaves_every_stage_as_it_is() -> None:
    """Without a file nothing is renamed, and nothing is placed that was not."""
    assert DEFAULT_PLAN.names == DEFAULT_STAGES
    assert [DEFAULT_PLAN.stage_of(stage, "delivery") for stage in DEFAULT_STAGES] == list(DEFAULT_STAGES)
    assert DEFAULT_PLAN.stage_of(None, "delivery") is None


def test_own_stages_take_touchpoints_first_then_default_stages(tmp_path: Path) -> None:
    """What no stage takes stays without one."""
    plan = plan_of(load_stage_rules(_written(tmp_path, _OWN)))
    assert plan.names == ("find", "buy", "receive")
    assert plan.stage_of("consideration", None) == "find"
    assert plan.stage_of("retention", "delivery") == "receive"
    assert plan.stage_of("decision", "checkout") == "buy"
    assert plan.stage_of("retention", "billing") is None
    assert plan.stage_of_event("Order Completed") == "buy"


def test_events_that_are_named_go_before_touchpoints(tmp_path: Path) -> None:
    """A name in the file decides, whatever the rules say of it."""
    text = _OWN.replace('name = "receive"', 'name = "receive"\nevents = ["page_viewed", "order_completed"]')
    plan = plan_of(load_stage_rules(_written(tmp_path, text)))
    assert plan.stage_of_event("page_viewed") == "receive"
    assert plan.stage_of_event("order_completed") == "receive"
    assert plan.stage_of_event("checkout_started") == "buy"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stage = 3", "no `[[stage]]` tables"),
        ('[[stage]]\nname = "one"\nstages = ["decision"]\n', "1 stages"),
        (_OWN.replace('"decision"', '"awareness"'), "default stage 'awareness' twice"),
        (_OWN.replace('"delivery"', '"dellivery"'), "touchpoint 'dellivery'"),
        (_OWN.replace('"buy"', '"find"'), "stage name 'find' twice"),
        (_OWN.replace('["delivery"]', '["delivery"]\nevents = ["a", "a"]'), "event 'a' twice"),
        (_OWN.replace('["decision"]', "[]"), "nothing belongs to 'buy'"),
        (_OWN.replace('"buy"', '""'), "name"),
        ("[[stage]", "cannot be used"),
    ],
)
def test_file_of_stages_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    """One message that names the file, what is wrong and what to do."""
    with pytest.raises(InputError, match=r"stages\.toml") as caught:
        load_stage_rules(_written(tmp_path, text))
    assert said in caught.value.message
    assert caught.value.hint
