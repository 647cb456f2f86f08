"""Reviews from the shops."""

import json
from pathlib import Path

import pytest

from agent.read import identify_format, read_file
from agent.schemas.records import IdentifierKind
from tests.agent.read.builders import records_in, rejects_in, write

PLAY = (
    '"Package Name","App Version Name","Reviewer Language","Device","Review Submit Date and Time",'
    '"Review Submit Millis Since Epoch","Star Rating","Review Title","Review Text","Developer Reply Text","Review Link"\n'
    '"com.acme","1.2","de","pixel","2024-05-01T10:00:00Z","1714557600000","2","","Stürzt ab","Sorry",'
    '"https://play.google.com/x?reviewId=gp%3A1&c=2"\n'
    '"com.acme","1.2","de","pixel","2024-05-01T10:00:00Z","1714557600000","5","","","",""\n'
)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8", "utf-8-sig", "cp1252"])
def test_google_play_csv_any_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    """The console writes UTF-16; files that went through other programs read as well."""
    path = write(tmp_path / "reviews_com.acme_202405.csv", PLAY.encode(encoding))
    items = list(read_file(path))
    [review] = records_in(items)
    assert identify_format(path) == "google_play"
    assert (review.text, review.rating, review.rating_max, review.locale) == ("Stürzt ab", 2.0, 5.0, "de")
    assert (review.external_id, review.at, review.channel) == ("gp:1", 1714557600000, "google_play")
    assert review.attributes == {"package": "com.acme", "app_version": "1.2", "device": "pixel"}
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [(1, "no_text")]


def test_app_store_api_pages_and_csv_read_the_same(tmp_path: Path) -> None:
    """The service's JSON and a table of its attributes hold the same review; the nickname is nobody's identifier."""
    attributes = {
        "rating": 1,
        "title": "Broken",
        "body": "Crashes",
        "reviewerNickname": "zed",
        "createdDate": "2024-05-01T10:00:00-07:00",
        "territory": "USA",
    }
    page = {
        "data": [{"type": "customerReviews", "id": "r1", "attributes": attributes}],
        "links": {"next": "u"},
    }
    from_json = write(tmp_path / "a", json.dumps(page))
    header = ",".join(["id", *attributes])
    from_csv = write(tmp_path / "b", header + "\nr1," + ",".join(map(str, attributes.values())) + "\n")
    [one], [two] = (records_in(read_file(path)) for path in (from_json, from_csv))
    assert identify_format(from_json) == identify_format(from_csv) == "app_store"
    assert one == two
    assert (one.text, one.rating, one.external_id) == ("Broken\nCrashes", 1.0, "r1")
    assert one.attributes == {"territory": "USA"}
    assert one.identifiers == ()


def test_trustpilot_csv_and_json_carry_identifiers(tmp_path: Path) -> None:
    """The company's reference number joins a review to an order."""
    table = (
        "Review Id,Review Created (UTC),Review Consumer User Id,Review Title,Review Content,Review Stars,Reference Number\n"
        "t1,2024-05-01 10:00:00,k1,Meh,Took weeks,2,O-7\n"
    )
    review = {
        "id": "t1",
        "consumer": {"id": "k1", "displayName": "Kim"},
        "stars": 2,
        "title": "Meh",
        "text": "Took weeks",
        "createdAt": "2024-05-01 10:00:00",
        "referenceId": "O-7",
        "companyReply": {"text": "Sorry"},
    }
    paths = [write(tmp_path / "a", table), write(tmp_path / "b", json.dumps({"reviews": [review]}))]
    [one], [two] = (records_in(read_file(path)) for path in paths)
    assert [identify_format(path) for path in paths] == ["trustpilot", "trustpilot"]
    assert one == two
    assert one.text == "Meh\nTook weeks"
    assert {(found.kind, found.value) for found in one.identifiers} == {
        (IdentifierKind.USER_ID, "trustpilot:k1"),
        (IdentifierKind.ORDER_ID, "O-7"),
    }
