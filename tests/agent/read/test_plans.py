"""Planned maps in every form they are drawn in, and files that are none."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import InputError, SchemaError, UnknownFormatError, UnreadableSourceError
from agent.read.plans import MAX_PLAN_BYTES, read_plan
from agent.schemas.planned import Flow, PlannedMap, PlannedMove, PlannedStage, PlannedTouchpoint
from tests.agent.maps import journey_map

_SHOP = PlannedMap(
    stages=(PlannedStage(name="Find"), PlannedStage(name="Buy")),
    touchpoints=(
        PlannedTouchpoint(name="Ad: spring", stages=("Find",)),
        PlannedTouchpoint(name="Site", stages=("Find", "Buy")),
        PlannedTouchpoint(name="Till", stages=("Buy",)),
    ),
    touchpoint_flow=Flow(
        moves=(PlannedMove(source="Ad: spring", target="Site"), PlannedMove(source="Site", target="Till"))
    ),
)

_SAME = {
    "plan.json": """{"stages": [{"name": "Find", "touchpoints": ["Ad: spring", {"name": "Site"}]},
        {"name": "Buy", "touchpoints": ["Site", "Till"]}],
        "transitions": [["Ad: spring", "Site"], {"from": "Site", "to": "Till"}]}""",
    "plan.csv": "stage,touchpoint,next\nFind,Ad: spring,Site\n,Site,Till\nBuy,Site,\nBuy,Till,\n",
    "semicolons.csv": "Stage;Touchpoint;Next\r\nFind;Ad: spring;Site\r\n;Site;Till\r\nBuy;Site;\r\n;Till;\r\n",
    "plan.mmd": """stateDiagram-v2
        state "Find" as f
        state "Buy" as b
        state "Ad#58; spring" as ad
        Site
        till : Till
        ad --> Site
        Site --> till
        class f,b stage
        class ad in_f
        class Site in_f
        class Site,till in_b
        """,
}


@pytest.mark.parametrize("name", list(_SAME))
def test_read_plan_of_one_map_in_several_forms_gives_the_same_plan(name: str, tmp_path: Path) -> None:
    """A form is told by its content, and says nothing but what the others say."""
    assert _read(tmp_path / "x", _SAME[name]) == _SHOP


def test_read_plan_mermaid_journey_takes_sections_as_stages(tmp_path: Path) -> None:
    """Tasks are touchpoints; scores and actors are not read; entities are characters."""
    text = "journey\n  title My day\n  section Go to work\n    Make tea: 5: Me\n  section Home\n    Sit #58; down: 3\n"
    plan = _read(tmp_path / "x", text)
    assert (plan.name, plan.stage_names) == ("My day", ("Go to work", "Home"))
    assert [(one.name, one.stages) for one in plan.touchpoints] == [
        ("Make tea", ("Go to work",)),
        ("Sit : down", ("Home",)),
    ]
    assert plan.touchpoint_flow == Flow()


def test_read_plan_mermaid_journey_without_sections_is_a_sequence(tmp_path: Path) -> None:
    """Without stages the order of the tasks is all there is."""
    plan = _read(tmp_path / "x", "journey\n  A: 5: Me\n  B: 5: Me\n  C: 1: Me\n")
    assert _pairs(plan) == {("A", "B"), ("B", "C")}


def test_read_plan_state_diagram_contracts_choices_and_enters_composites(tmp_path: Path) -> None:
    """A choice is no touchpoint; a composite state is a stage that is entered at its start and left at its end."""
    text = """%% a comment
    stateDiagram-v2
      direction LR
      [*] --> a
      a : Ad viewed
      state pick <<choice>>
      a --> pick
      pick --> Late : yes
      pick --> c
      c --> [*]
      note right of c
        x --> y
      end note
      state Late {
        [*] --> d
        d --> e:::bold
        e --> [*]
      }
      Late --> c
    """
    plan = _read(tmp_path / "x", text)
    assert _pairs(plan) == {("Ad viewed", "d"), ("Ad viewed", "c"), ("d", "e"), ("e", "c")}
    assert (plan.touchpoint_flow.starts, plan.touchpoint_flow.ends) == (("Ad viewed",), ("c",))
    assert {one.name: one.stages for one in plan.touchpoints}["d"] == ("Late",)


def test_read_plan_flowchart_reads_shapes_links_and_subgraphs(tmp_path: Path) -> None:
    """Every shape names its node, a rhombus branches, round ones called start and end are no touchpoints."""
    text = """```mermaid
    flowchart LR
      S((Start)) --> A["Ad (x); y"] -->|yes| B{Buy?}; B -- no way --> C[Leave]
      B -.->|maybe| D & E
      subgraph late [Late stage]
        D[(Store)] ==> F([End])
        E-->D
      end
      D <--> E
      C ~~~ D
      style A fill:#f9f
    ```"""
    plan = _read(tmp_path / "x", text)
    assert _pairs(plan) == {
        ("Ad (x); y", "Leave"),
        ("Ad (x); y", "Store"),
        ("Ad (x); y", "E"),
        ("E", "Store"),
        ("Store", "E"),
    }
    assert (plan.touchpoint_flow.starts, plan.touchpoint_flow.ends) == (("Ad (x); y",), ("Store",))
    assert plan.stage_names == ("Late stage",)


def test_read_plan_cjml_takes_points_in_order_with_channel_and_actors(tmp_path: Path) -> None:
    """Phases are stages; the first and the last point begin and end the journey."""
    plan = _read(tmp_path / "x", _CJML)
    first, second = plan.touchpoints
    assert (first.name, first.channel, first.initiator, first.receiver) == (
        "Order & pay",
        "Web",
        "Carl",
        "Bookis",
    )
    assert (first.stages, second.name) == (("Buying",), "Parcel sent")
    assert plan.touchpoint_flow == Flow(
        moves=(PlannedMove(source="Order & pay", target="Parcel sent"),),
        starts=("Order & pay",),
        ends=("Parcel sent",),
    )


_CJML = """<?xml version="1.0" encoding="UTF-8"?>
<CJML version="2.0"><plannedJourney><journeyID>P1</journeyID>
<actors><endUser actorID="c"><actorName>Carl</actorName></endUser>
<serviceProvider actorID="b"><companyName>Bookis</companyName></serviceProvider></actors>
<phases><phase phaseID="p1"><phaseName>Buying</phaseName></phase></phases>
<touchpoints><!-- the first -->
<plannedCommunicationPoint><touchpointID>T1</touchpointID><belongsTo phaseIDref="p1"/>
<initiator><refersTo actorIDref="c"/><initiatorLabel>Order &amp; pay</initiatorLabel></initiator>
<receiver><refersTo actorIDref="b"/><receiverLabel>Order registered</receiverLabel></receiver>
<channel><channelName>Web</channelName></channel></plannedCommunicationPoint>
<plannedAction><touchpointID>T2</touchpointID>
<initiator><refersTo actorIDref="b"/><initiatorLabel>Parcel sent</initiatorLabel></initiator></plannedAction>
</touchpoints></plannedJourney></CJML>"""


def test_read_plan_exported_journey_map_keeps_stages_and_counted_touchpoints(tmp_path: Path) -> None:
    """A map of the product is a plan: its stages in order, hostile names and all."""
    made = journey_map()
    path = tmp_path / "map.json"
    path.write_text(made.model_dump_json(), encoding="utf-8")
    read = read_plan(path)
    assert read.form == "journey map"
    assert len(read.plan.stages) == len({" ".join(stage.name.split()) for stage in made.stages})


_WRONG = {
    "unknown target": ("stage,touchpoint,next\nA,p,q\n,q,nope\n", 3, "nope"),
    "unknown column": ("stage,touchpoint,foo\nA,p,q\n", 1, "foo"),
    "too many cells": ("stage,touchpoint\nA,p\n\nA,q,r\n", 4, "3 cells"),
    "row of nothing": ("stage,touchpoint,alias\nA,p,\n,,x\n", 3, "neither"),
    "broken JSON": ('{"stages": [\n{"name": "A",}]}', 2, "no JSON"),
    "unknown key": (
        '{"stages": [\n{"name": "A"},\n{"name": "B", "touchpoint": []}]}',
        3,
        "stages[1].touchpoint",
    ),
    "unknown name in JSON": ('{"touchpoints": ["p"],\n"transitions": [\n["p", "pp"]]}', 3, "'pp'"),
    "no task": ("journey\n\n  section A\n    Make tea\n", 4, "Make tea"),
    "no arrow": ("stateDiagram-v2\n  a -> b\n", 2, "a -> b"),
    "open composite": ("stateDiagram-v2\n  state A {\n  b --> c\n", 2, "not closed"),
    "open note": ("stateDiagram-v2\n  a --> b\n  note right of a\n  words\n", 3, "not closed"),
    "open subgraph": ("flowchart TD\n  subgraph A\n  b --> c\n", 2, "not closed"),
    "open bracket": ("flowchart TD\n  b[words --> c\n", 2, "not closed"),
    "broken XML": ("<CJML>\n<plannedJourney>\n</CJML>", 3, "broken XML"),
}


@pytest.mark.parametrize("name", list(_WRONG))
def test_read_plan_wrong_line_is_named_with_what_was_expected(name: str, tmp_path: Path) -> None:
    """The message says where, what stands there and what was expected."""
    text, line, found = _WRONG[name]
    with pytest.raises(SchemaError, match="expected") as caught:
        _read(tmp_path / "plan.txt", text)
    assert caught.value.context["line"] == line
    assert found in caught.value.message


_REFUSED = {
    "empty file": ("  \n", UnreadableSourceError),
    "prose": ("Our customers are happy.\n", UnknownFormatError),
    "empty JSON": ("{}", SchemaError),
    "a list": ("[1, 2]", SchemaError),
    "header alone": ("stage,touchpoint\n", SchemaError),
    "empty diagram": ("flowchart TD\n", SchemaError),
    "another XML": ("<log/>", SchemaError),
    "actual journey": ("<CJML><actualJourney/></CJML>", SchemaError),
    "entities": ('<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><CJML>&c;</CJML>', SchemaError),
    "a name of nothing": ('{"stages": [" \\u200b "]}', SchemaError),
    "a name without end": ('{"stages": ["' + "x" * 300 + '"]}', SchemaError),
    "too many stages": ('{"stages": [' + ",".join(f'"s{n}"' for n in range(101)) + "]}", SchemaError),
    "a line without end": ("flowchart TD\n  a" + " " * 6_000 + "!\n", SchemaError),
    "all to all": (
        "flowchart TD\n" + ("&".join("abcdefgh" * 30) + "-->" + "&".join("ijklmnop" * 30)),
        SchemaError,
    ),
    "deep": ("[" * 100_000, SchemaError),
}


@pytest.mark.parametrize("name", list(_REFUSED))
def test_read_plan_of_what_is_no_plan_is_refused(name: str, tmp_path: Path) -> None:
    """Nothing becomes an empty plan, and nothing brings the reader down."""
    text, error = _REFUSED[name]
    with pytest.raises(error):
        _read(tmp_path / "plan", text)


def test_read_plan_refuses_large_and_binary_files(tmp_path: Path) -> None:
    """No workshop draws megabytes."""
    large, binary = tmp_path / "large.json", tmp_path / "x.bin"
    large.write_text('{"stages": ["' + "x" * MAX_PLAN_BYTES + '"]}')
    binary.write_bytes(b"\x89PNG\xff\xfe")
    for path in (large, binary, tmp_path / "missing"):
        with pytest.raises(UnreadableSourceError):
            read_plan(path)


@given(
    st.sampled_from(
        ["stateDiagram-v2\n", "flowchart TD\n", "journey\n", "stage,touchpoint\n", "{", "<CJML>", ""]
    ),
    st.text(alphabet=st.sampled_from(list("ab[](){}<>-=.:;|&\"\n \\/#*~@%,'x")), max_size=60),
)
def test_read_plan_of_any_text_is_a_plan_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, head: str, body: str
) -> None:
    """Whatever stands in a file, the reader ends with a plan or says what is wrong."""
    path = tmp_path_factory.getbasetemp() / "any-plan"
    path.write_text(head + body, encoding="utf-8")
    try:
        plan = read_plan(path).plan
    except InputError:
        return
    assert plan.stages or plan.touchpoints


def test_planned_maps_of_the_guide_are_read(tmp_path: Path) -> None:
    """Every example of the guide is a plan with the same end."""
    guide = Path(__file__).parents[3] / "docs" / "planned-maps.md"
    examples = re.findall(
        r"^```(\w+)\n(.*?)^```", guide.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert [form for form, _ in examples] == ["json", "csv", "xml", "mermaid"]
    for form, text in examples:
        plan = _read(tmp_path / form, text)
        assert "Product viewed" in {one.name for one in plan.touchpoints}
        assert plan.touchpoint_flow.moves


def _read(path: Path, text: str) -> PlannedMap:
    path.write_text(text, encoding="utf-8", newline="")
    return read_plan(path).plan


def _pairs(plan: PlannedMap) -> set[tuple[str, str]]:
    return {(move.source, move.target) for move in plan.touchpoint_flow.moves}
