"""Mapping files: any table or JSON as any kind."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from agent.errors import MappingError
from agent.read import read_file
from agent.schemas.records import Identifier, IdentifierKind, Kind, RawItem, Speaker
from tests.agent.read.builders import events_in, lines_of, records_in, rejects_in, write, write_parquet

EXAMPLES = Path(__file__).parents[3] / "docs" / "mappings"

DIALOGUE = {
    "DialogueID": 4,
    "AnonymizedUserWorkerID": "w1",
    "Scenario": {"UserTask": "plan"},
    "Events": [
        {"Agent": "UserGuide", "Action": "instruct", "Text": "Be vague.", "UnixTime": 1589375664},
        {"Agent": "User", "Action": "utter", "Text": "A room, please", "UnixTime": 1589375697},
        {"Agent": "Wizard", "Action": "request_suggestions", "Text": "When?", "UnixTime": 1589375700},
        {"Agent": "Wizard", "Action": "pick_suggestion", "ActionLabel": "ask", "Text": "Which day?", "UnixTime": 1589375711},
        {"Agent": "Wizard", "Action": "query", "APIName": "hotel_book", "UnixTime": 1589375755},
        {"Agent": "KnowledgeBase", "Action": "return_item", "APIName": "hotel_book", "TotalItems": 2,
         "Item": {"Message": "Available"}},
        {"Agent": "Wizard", "Action": "select_primary", "UnixTime": 1589375800},
    ],
}  # fmt: skip


def mapped(tmp_path: Path, content: str, mapping: str) -> list[RawItem]:
    """Read content by a mapping, both written to files."""
    path = write(tmp_path / "data", content)
    return list(read_file(path, mapping=write(tmp_path / "acme.toml", mapping)))


def test_star_example_reads_turns_and_no_labels(tmp_path: Path) -> None:
    """Only what the two people wrote becomes text."""
    path = write(tmp_path / "d", lines_of(DIALOGUE), packed=True)
    [record] = records_in(read_file(path, mapping=EXAMPLES / "star_transcripts.toml"))
    assert [(turn.speaker, turn.text) for turn in record.turns] == [
        (Speaker.CUSTOMER, "A room, please"),
        (Speaker.AGENT, "Which day?"),
    ]
    assert (record.external_id, record.source_format, record.kind) == ("4", "star", Kind.TRANSCRIPT)
    assert record.identifiers == (Identifier(IdentifierKind.USER_ID, "w1"),)
    assert record.at == datetime(2020, 5, 13, 13, 14, 57, tzinfo=UTC)


def test_star_example_reads_events_of_the_same_person(tmp_path: Path) -> None:
    """Look-ups and answers become events; an answer without a time has that of its question."""
    path = write(tmp_path / "d", lines_of(DIALOGUE))
    events = events_in(read_file(path, mapping=EXAMPLES / "star_events.toml"))
    assert [(event.name, event.event_id) for event in events] == [
        ("hotel_book query", "4#4"),
        ("hotel_book return_item", "4#5"),
        ("select_primary", "4#6"),
    ]
    assert events[1].at == events[0].at == datetime(2020, 5, 13, 13, 15, 55, tzinfo=UTC)
    assert events[1].properties["n_items"] == 2
    assert {event.identifiers for event in events} == {(Identifier(IdentifierKind.USER_ID, "w1"),)}


def test_fabsa_example_leaves_labels_out(tmp_path: Path) -> None:
    """The labels of a table are nowhere in its records."""
    path = write(
        tmp_path / "f.csv", "id,text,labels,org_index,industry,data_source\n1,Ok,['x.1'],7,Toys,Google Play\n"
    )
    [record] = records_in(read_file(path, mapping=EXAMPLES / "fabsa.toml"))
    assert (record.text, record.channel) == ("Ok", "google_play")
    assert record.attributes == {"organisation": "7", "industry": "Toys"}


def test_tau_bench_example_joins_two_fields_to_an_id(tmp_path: Path) -> None:
    """Policy and tools are no turns; a message without words is none either."""
    trajectory = {
        "task_id": 3,
        "trial": 1,
        "reward": 1.0,
        "info": {"task": {"user_id": "mia"}},
        "traj": [
            {"role": "system", "content": "Policy"},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": None},
            {"role": "tool", "content": "{}"},
        ],
    }
    path = write(tmp_path / "t", f"[{lines_of(trajectory)}]")
    [record] = records_in(read_file(path, mapping=EXAMPLES / "tau_bench.toml"))
    assert record.external_id == "3-1"
    assert [(turn.speaker, turn.text) for turn in record.turns] == [(Speaker.CUSTOMER, "Hi")]


REVIEW_MAPPING = """
kind = "reviews"
[fields]
text = "{head} {words}"
at = "when"
rating = "marks"
[identifiers]
email = "who.mail"
[constants]
channel = "shop"
[rating]
max = 20
[time]
format = "%d/%m/%Y %H:%M"
zone = "Europe/Paris"
[values.rating]
great = 20
"""


def test_templates_nested_paths_and_value_maps_find_their_values(tmp_path: Path) -> None:
    """A template fills in what is there; words become numbers; local times get their zone."""
    rows = [
        {
            "head": "Hm",
            "words": "so-so",
            "when": "01/05/2024 10:00",
            "marks": "12/20",
            "who": {"mail": "a@b.example"},
        },
        {"head": None, "words": "top", "when": "", "marks": "great"},
        {"words": "odd", "when": "yesterday"},
        {"words": "", "head": " "},
    ]
    items = mapped(tmp_path, lines_of(*rows), REVIEW_MAPPING)
    first, second = records_in(items)
    assert (first.text, first.rating, first.rating_max, first.channel) == ("Hm so-so", 12.0, 20.0, "shop")
    assert isinstance(first.at, datetime)
    assert first.at == datetime(2024, 5, 1, 10, tzinfo=timezone(timedelta(hours=2)))
    assert first.identifiers == (Identifier(IdentifierKind.EMAIL, "a@b.example"),)
    assert (second.text, second.rating, second.at) == ("top", 20.0, None)
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [(2, "bad_time"), (3, "no_text")]


@pytest.mark.parametrize("packed", [False, True])
def test_parquet_is_mapped_like_any_table(tmp_path: Path, packed: bool) -> None:
    """Times, lists and nulls of Parquet become what JSON would hold."""
    columns: dict[str, list[object]] = {
        "note": ["good", None, "bad"],
        "at": [datetime(2024, 5, 1, tzinfo=UTC)] * 3,
        "tags": [["x", "y"], None, []],
        "who": [{"id": 1}, {"id": 2}, None],
    }
    write_parquet(tmp_path / "plain", columns)
    path = write(tmp_path / "data", (tmp_path / "plain").read_bytes(), packed=packed)
    n_bytes: list[int] = []
    mapping = write(
        tmp_path / "m.toml",
        'kind = "surveys"\n[fields]\ntext = "note"\nat = "at"\n[identifiers]\nuser_id = "who.id"\n[attributes]\ntags = "tags"\n',
    )
    items = list(read_file(path, mapping=mapping, on_bytes=n_bytes.append))
    first, third = records_in(items)
    assert (first.text, first.at, first.attributes) == ("good", "2024-05-01T00:00:00+00:00", {"tags": "x; y"})
    assert (first.identifiers[0].value, third.identifiers, third.row) == ("1", (), 2)
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [(1, "no_text")]
    assert sum(n_bytes) == path.stat().st_size


def test_speaker_missing_from_the_mapping_rejects_the_conversation(tmp_path: Path) -> None:
    """A name that the mapping forgot is not taken for a customer."""
    mapping = 'kind = "transcripts"\n[turns]\npath = "m"\nspeaker = "by"\ntext = "t"\n[speakers]\nann = "customer"\nbob = "agent"\n'
    rows = [{"m": [{"by": "Ann", "t": "a"}]}, {"m": [{"by": "Ann", "t": "a"}, {"by": "Cy", "t": "b"}]}]
    items = mapped(tmp_path, lines_of(*rows), mapping)
    assert len(records_in(items)) == 1
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [(1, "speaker_unknown")]


def test_rows_key_finds_a_list_of_an_unusual_name(tmp_path: Path) -> None:
    """A document whose list has a name of its own is read by naming it."""
    document = '{"meta": {"n": 1}, "antworten": [{"wort": "gut"}, {"wort": "schlecht"}]}'
    items = mapped(tmp_path, document, 'kind = "surveys"\nrows = "antworten"\n[fields]\ntext = "wort"\n')
    assert [record.text for record in records_in(items)] == ["gut", "schlecht"]


def test_event_rows_take_name_and_properties_by_path(tmp_path: Path) -> None:
    """A row without a list is one event; values map names."""
    mapping = (
        'kind = "events"\n[identifiers]\nuser_id = "u"\n[events]\nname = "what"\nat = "t"\nid = "n"\ntype = "page"\n'
        '[events.properties]\nsum = "v"\n[time]\nunit = "ms"\n[values.name]\nx = "Order Sent"\n'
    )
    items = mapped(
        tmp_path, "n,u,what,t,v\n1,c,x,1714557600000,3\n2,,x,1,3\n3,c,,1,3\n4,c,y,soon,3\n", mapping
    )
    [event] = events_in(items)
    assert (event.name, event.type, event.event_id, event.properties) == (
        "Order Sent",
        "page",
        "1",
        {"sum": "3"},
    )
    assert event.at == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert [reject.code for reject in rejects_in(items)] == ["no_person", "no_name", "bad_time"]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        pytest.param("kind = ", "no valid TOML", id="no TOML"),
        pytest.param(
            'kind = "reviews"\n[fields]\ntxet = "a"\n', r"there is no key 'fields\.txet'", id="unknown key"
        ),
        pytest.param('kind = "poems"\n', "'kind'", id="unknown kind"),
        pytest.param(
            'kind = "events"\n[identifiers]\nuser_id = "a"\n', r"\[events\]", id="events without events"
        ),
        pytest.param(
            'kind = "reviews"\n[fields]\ntext = "b"\n',
            r"\[fields\] text = 'b'.*'a', 'n'",
            id="unknown column",
        ),
        pytest.param(
            'kind = "reviews"\n[fields]\ntext = "a"\nrating = "n"\n', r"\[rating\]", id="rating without scale"
        ),
        pytest.param(
            'kind = "reviews"\n[fields]\ntext = "a"\n[values.shop]\nx = "y"\n',
            "values.shop",
            id="idle values",
        ),
        pytest.param(
            'kind = "reviews"\n[fields]\ntext = "a"\n[time]\nzone = "Mars"\n', "Mars", id="unknown zone"
        ),
        pytest.param(
            'kind = "transcripts"\n[turns]\npath = "a"\nspeaker = "s"\ntext = "t"\n',
            r"\[turns\] path = 'a'",
            id="no list",
        ),
        pytest.param(
            'kind = "reviews"\n[fields]\ntext = "a"\n[attributes]\nb = "c.d"\n',
            r"\[attributes\] b = 'c\.d'",
            id="attribute",
        ),
    ],
)
def test_faulty_mapping_error_names_key_and_columns(tmp_path: Path, mapping: str, message: str) -> None:
    """Whatever is wrong with a mapping is said before a row is read."""
    with pytest.raises(MappingError, match=message):
        mapped(tmp_path, "a,n\nx,1\n", mapping)


def test_faulty_field_in_a_list_names_the_items_keys(tmp_path: Path) -> None:
    """A misspelt field of turns or of their choice is no silent nothing."""
    mapping = (
        'kind = "transcripts"\n[turns]\npath = "m"\nspeaker = "by"\ntext = "t"\nwhere = {acton = ["say"]}\n'
    )
    with pytest.raises(MappingError, match=r"\[turns\] where = 'acton'.*'action', 'by', 't'"):
        mapped(tmp_path, lines_of({"m": [{"by": "user", "t": "a", "action": "say"}]}), mapping)


def test_missing_mapping_file_is_a_clear_error(tmp_path: Path) -> None:
    """The path given is in the message."""
    path = write(tmp_path / "a.csv", "a,b\n1,2\n")
    with pytest.raises(MappingError, match=r"none\.toml"):
        list(read_file(path, mapping=tmp_path / "none.toml"))


def test_list_that_the_mapping_takes_turns_from_is_no_list_of_records(tmp_path: Path) -> None:
    """`messages` may hold a file's records, but here it holds a record's turns."""
    mapping = 'kind = "transcripts"\n[turns]\npath = "messages"\nspeaker = "by"\ntext = "t"\n'
    rows = [{"messages": [{"by": "user", "t": str(number)}, {"by": "bot", "t": "ok"}]} for number in range(3)]
    assert [record.turns[0].text for record in records_in(mapped(tmp_path, lines_of(*rows), mapping))] == [
        "0",
        "1",
        "2",
    ]


def test_rows_that_lead_nowhere_and_another_kind_are_errors(tmp_path: Path) -> None:
    """A mapping that would silently read nothing, or something else than asked for, is refused."""
    path = write(tmp_path / "d", '{"antworten": [{"wort": "gut"}]}')
    wrong_key = write(tmp_path / "a.toml", 'kind = "surveys"\nrows = "answers"\n[fields]\ntext = "wort"\n')
    with pytest.raises(MappingError, match="rows = 'answers'"):
        list(read_file(path, mapping=wrong_key))
    with pytest.raises(MappingError, match=r"reviews.*surveys"):
        list(read_file(path, kind="reviews", mapping=wrong_key))
