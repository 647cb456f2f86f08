"""State machines: what is written reads back to the same map, whatever names customers and workshops give."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.read.plans import read_plan
from agent.read.plans.building import spoken
from agent.render.machines import machine_json, machine_mermaid
from agent.schemas.planned import Flow, PlannedMap, PlannedMove, PlannedStage, PlannedTouchpoint
from tests.agent.maps import HOSTILE

_NAMES = st.one_of(st.text(max_size=30), st.sampled_from(HOSTILE)).map(spoken).filter(bool)


@st.composite
def _flows(draw: st.DrawFn, names: list[str]) -> Flow:
    if not names:
        return Flow()
    one = st.sampled_from(names)
    pairs = draw(st.lists(st.tuples(one, one), max_size=6, unique=True))
    edges = [tuple(draw(st.lists(one, max_size=2, unique=True))) for _ in range(2)]
    labels = [draw(st.one_of(st.none(), _NAMES)) for _ in pairs]
    moves = [
        PlannedMove(source=a, target=b, label=label) for (a, b), label in zip(pairs, labels, strict=True)
    ]
    return Flow(moves=tuple(moves), starts=edges[0], ends=edges[1])


@st.composite
def _maps(draw: st.DrawFn) -> PlannedMap:
    stages = draw(st.lists(_NAMES, max_size=4, unique=True))
    names = draw(st.lists(_NAMES, min_size=0 if stages else 1, max_size=5, unique=True))
    touchpoints = [
        PlannedTouchpoint(
            name=name, stages=tuple(stage for stage in stages if draw(st.booleans())) if stages else ()
        )
        for name in names
    ]
    touchpoints.sort(key=lambda one: stages.index(one.stages[0]) if one.stages else len(stages))
    return PlannedMap(
        name=draw(st.one_of(st.none(), _NAMES)),
        stages=tuple(PlannedStage(name=name) for name in stages),
        touchpoints=tuple(touchpoints),
        stage_flow=draw(_flows(stages)),
        touchpoint_flow=draw(_flows(names)),
    )


@given(_maps())
def test_machine_reads_back_identically_from_both_forms(
    tmp_path_factory: pytest.TempPathFactory, plan: PlannedMap
) -> None:
    """Stages, touchpoints, transitions with labels, starts and ends survive, colons, quotes and markup included."""
    path = tmp_path_factory.getbasetemp() / "machine"
    for write in (machine_json, machine_mermaid):
        path.write_text(write(plan), encoding="utf-8")
        assert read_plan(path).plan == plan


def test_machine_json_keeps_aliases_channels_and_actors(tmp_path: Path) -> None:
    """What only JSON can hold is held there."""
    plan = PlannedMap(
        stages=(PlannedStage(name="Buy", aliases=("decision",)),),
        touchpoints=(
            PlannedTouchpoint(
                name="Till",
                stages=("Buy",),
                aliases=("order_completed", "paid"),
                channel="store",
                initiator="Ann",
            ),
        ),
    )
    path = tmp_path / "plan.json"
    path.write_text(machine_json(plan), encoding="utf-8")
    assert read_plan(path).plan == plan


@pytest.mark.parametrize("name", HOSTILE)
def test_machine_mermaid_label_is_one_quoted_line(name: str) -> None:
    """No name ends its quotes, its line or the diagram."""
    plan = PlannedMap(stages=(PlannedStage(name=spoken(name)),))
    lines = machine_mermaid(plan).splitlines()
    assert len(lines) == 4
    assert lines[1].count('"') == 2
    assert not set("<>{}[]%`|") & set(lines[1])
