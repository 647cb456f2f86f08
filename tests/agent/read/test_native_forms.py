"""The product's own forms: reviews, surveys, chats."""

from pathlib import Path

import pytest

from agent.errors import InputError
from agent.read import identify_format, read_file
from agent.schemas.records import Identifier, IdentifierKind, Kind, Speaker
from tests.agent.read.builders import lines_of, read_text, records_in, rejects_in, write

REVIEWS = (
    "id,customer_id,rating,created_at,source,locale,text,plan\n7,c1,4,2024-05-01,app,en,Works well,pro\n"
)


def test_reviews_csv_every_column_finds_its_field(tmp_path: Path) -> None:
    """Named columns become fields, the others attributes."""
    [review] = records_in(read_text(tmp_path, REVIEWS))
    assert (review.kind, review.external_id, review.text, review.channel) == (
        Kind.REVIEW,
        "7",
        "Works well",
        "app",
    )
    assert review.identifiers == (Identifier(IdentifierKind.USER_ID, "c1"),)
    assert (review.rating, review.rating_max, review.locale, review.at) == (4.0, 5.0, "en", "2024-05-01")
    assert review.attributes == {"plan": "pro"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_reviews_csv_any_delimiter_reads_the_same(tmp_path: Path, delimiter: str) -> None:
    """The delimiter is found from the content."""
    content = f'id{delimiter}text\n1{delimiter}"Slow, and late; really|so"\n2{delimiter}Fine\n'
    texts = [review.text for review in records_in(read_text(tmp_path, content))]
    assert texts == ["Slow, and late; really|so", "Fine"]


def test_reviews_csv_one_column_commas_stay_in_the_text(tmp_path: Path) -> None:
    """A table of one column has no delimiter, so an unquoted comma is part of the text."""
    texts = [review.text for review in records_in(read_text(tmp_path, "text\nGood, but slow\nFine\n"))]
    assert texts == ["Good, but slow", "Fine"]


def test_reviews_title_and_body_are_joined(tmp_path: Path) -> None:
    """Title and body make one text; an empty body leaves the title; neither is a reject."""
    items = read_text(
        tmp_path, lines_of({"title": "Bad", "body": "Broke"}, {"title": "Bad", "body": ""}, {"body": None})
    )
    assert [review.text for review in records_in(items)] == ["Bad\nBroke", "Bad"]
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [(2, "no_text")]


def test_reviews_ratings_above_five_are_read_on_a_scale_of_ten(tmp_path: Path) -> None:
    """One scale holds for the whole file, the least that no rating exceeds."""
    items = read_text(tmp_path, "text,rating\na,3\nb,9\n")
    assert [(review.rating, review.rating_max) for review in records_in(items)] == [(3.0, 10.0), (9.0, 10.0)]


def test_reviews_json_array_wrapped_and_lines_read_the_same(tmp_path: Path) -> None:
    """However JSON lays out the records, they are the same records."""
    one, two = '{"id": 1, "text": "a"}', '{"id": 2, "text": "b"}'
    layouts = [
        f"{one}\n{two}\n",
        f"[{one},\n {two}]",
        f'{{"n": 2, "reviews": [{one}, {two}]}}',
        f"{one}{two}",
    ]
    results = [
        [(r.row, r.external_id, r.text) for r in records_in(read_text(tmp_path, layout))]
        for layout in layouts
    ]
    assert results == [[(0, "1", "a"), (1, "2", "b")]] * len(layouts)


def test_surveys_nps_and_csat_are_ratings_on_their_scales(tmp_path: Path) -> None:
    """NPS runs to 10 whatever was answered; CSAT follows the answers; without words there is no record."""
    [nps, empty] = read_text(tmp_path, "nps,comment,csat\n3,Too slow,\n9,,\n")
    assert isinstance(nps, type(records_in([nps])[0]))
    assert (records_in([nps])[0].kind, records_in([nps])[0].rating, records_in([nps])[0].rating_max) == (
        Kind.SURVEY,
        3.0,
        10.0,
    )
    assert rejects_in([empty])[0].code == "no_text"
    [csat] = records_in(read_text(tmp_path, "csat,comment\n4,Fine\n"))
    assert (csat.rating, csat.rating_max) == (4.0, 5.0)


def test_text_table_asked_for_as_surveys_becomes_surveys(tmp_path: Path) -> None:
    """The kind decides between two native forms that look the same."""
    path = write(tmp_path / "answers.csv", "id,text\n1,Fine\n")
    assert (identify_format(path), identify_format(path, kind="surveys")) == ("reviews", "surveys")
    assert [record.kind for record in records_in(read_file(path, kind="surveys"))] == [Kind.SURVEY]


def test_consent_list_is_split_into_purposes(tmp_path: Path) -> None:
    """Purposes come as a list or as one text; a missing column says nothing."""
    items = read_text(
        tmp_path,
        lines_of({"text": "a", "consent": ["x", "y"]}, {"text": "b", "consent": "x, y"}, {"text": "c"}),
    )
    assert [record.consent for record in records_in(items)] == [("x", "y"), ("x", "y"), None]


def test_chats_json_turns_keep_speaker_text_and_time(tmp_path: Path) -> None:
    """A native conversation is read whole."""
    chat = {
        "id": "t1",
        "customer_id": 17,
        "channel": "chat",
        "topic": "refund",
        "turns": [
            {"speaker": "customer", "text": "Where is it?", "at": "2024-05-01T10:00:00Z"},
            {"speaker": "bot", "text": "Let me look.", "at": None},
            {"speaker": "agent", "text": "", "at": None},
        ],
    }
    [record] = records_in(read_text(tmp_path, lines_of(chat)))
    assert (record.kind, record.external_id, record.at) == (Kind.TRANSCRIPT, "t1", "2024-05-01T10:00:00Z")
    assert [(turn.speaker, turn.text) for turn in record.turns] == [
        (Speaker.CUSTOMER, "Where is it?"),
        (Speaker.BOT, "Let me look."),
    ]
    assert record.identifiers == (Identifier(IdentifierKind.USER_ID, "17"),)
    assert record.attributes == {"topic": "refund"}


def test_chats_unknown_speakers_nobody_is_guessed(tmp_path: Path) -> None:
    """Without a known agent or customer the conversation is rejected; beside an agent a name is the customer's."""
    two_names = {"turns": [{"speaker": "Ann", "text": "a"}, {"speaker": "Bob", "text": "b"}]}
    beside_agent = {"turns": [{"speaker": "Ann", "text": "a"}, {"speaker": "Support", "text": "b"}]}
    items = read_text(tmp_path, lines_of(two_names, beside_agent))
    assert [reject.code for reject in rejects_in(items)] == ["speaker_unknown"]
    assert [turn.speaker for turn in records_in(items)[0].turns] == [Speaker.CUSTOMER, Speaker.AGENT]


def test_chat_table_rows_of_a_conversation_become_one_record(tmp_path: Path) -> None:
    """Messages are grouped; a broken row costs itself; a conversation that begins twice is refused the second time."""
    content = (
        "conversation_id,speaker,text,time,channel,customer_id\n"
        "a,customer,Hi,1,web,c1\n"
        "a,agent\n"
        "a,agent,Hello,2,web,c1\n"
        "b,customer,Bye,3,phone,c2\n"
        "a,customer,Again,4,web,c1\n"
    )
    items = read_text(tmp_path, content)
    first, second = records_in(items)
    assert (first.external_id, [turn.text for turn in first.turns], first.channel) == (
        "a",
        ["Hi", "Hello"],
        "web",
    )
    assert (second.external_id, second.row, second.identifiers[0].value) == ("b", 3, "c2")
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [
        (1, "ragged_row"),
        (4, "not_grouped"),
    ]


def test_named_format_missing_column_error_names_found_and_expected(tmp_path: Path) -> None:
    """A format that is asked for by name says which column it misses and which there are."""
    path = write(tmp_path / "x.csv", "id,words\n1,Fine\n")
    with pytest.raises(InputError, match=r"'text'.*'id', 'words'"):
        list(read_file(path, format="reviews"))


def test_review_with_an_author_is_no_conversation(tmp_path: Path) -> None:
    """An id, an author and a text make a review, unless the caller says transcripts; a sender makes a message."""
    review = write(tmp_path / "r.csv", "id,author,text\n1,Ann,Fine\n")
    message = write(tmp_path / "m.jsonl", lines_of({"session_id": 1, "sender": "agent", "text": "Hi"}))
    assert (identify_format(review), identify_format(review, kind="transcripts")) == ("reviews", "chat_table")
    assert identify_format(message) == "chat_table"
    assert [record.external_id for record in records_in(read_file(message))] == ["1"]
