"""Sources: uploading, looking before reading in, mapping, reading in, what was rejected."""

import io
import json
import os
import re
import time
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from agent.schemas.accounts import Role
from api.web import uploads
from api.web.jobs import JobContext
from api.web.uploads import safe_name
from tests.api.brand import Brand
from tests.api.web.asking import until
from tests.api.web.site import WORKSPACE, Site, Visitor, open_site, words_of

_PATH = f"/w/{WORKSPACE}/sources"
_REVIEWS = "id,customer_id,text,rating,created_at\n" + "".join(
    f"r{n},new-{n},Parcel {n} was left in the rain by the courier,2,2026-05-01\n" for n in range(40)
)
_ODD = "Ref;Posted;Member;What they said\n" + "".join(
    f"k{n};2026-05-02 10:00;odd-{n};Nobody answered me for days about number {n}\n" for n in range(40)
)


def _upload(visitor: Visitor, name: str, data: str | bytes) -> str:
    body = data.encode() if isinstance(data, str) else data
    answer = visitor.post(f"{_PATH}/uploads", files=[("files", (name, io.BytesIO(body), "text/csv"))])
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def _finish(visitor: Visitor, path: str) -> str:
    """Follow a job to its end and return its page."""
    for _ in range(300):
        text = str(visitor.get(path).text)
        if "Done." in text or "alert bad" in text:
            return text
        time.sleep(0.1)
    raise AssertionError(path)


def test_upload_shows_rows_and_stores_nothing(site: Site) -> None:
    """After uploading, the first rows are shown as they would be stored, and no source is there yet."""
    editor = site.client_of(Role.EDITOR)
    before = len(site.brand.workspace.store.sources.all())

    shown = words_of(editor.get(_upload(editor, "new.csv", _REVIEWS)).text)

    assert "was left in the rain by the courier" in shown
    assert "Of the first 40 rows, 0 would be rejected" in shown
    assert len(site.brand.workspace.store.sources.all()) == before


def test_reading_in_stores_and_deletes_the_upload(site: Site) -> None:
    """A job reads the file in, tells what became of it, and the uploaded file is gone."""
    editor = site.client_of(Role.EDITOR)
    place = _upload(editor, "new.csv", _REVIEWS)

    page = _finish(editor, editor.post(f"{place}/read").headers["location"])

    assert "new.csv: 40 rows read as reviews" in words_of(page)
    assert "new.csv" in words_of(editor.get(_PATH).text)
    assert editor.get(place).status_code == 404
    assert not list((site.brand.workspace.store.home.path / "uploads").rglob("*.csv"))


def test_file_that_cannot_be_read_holds_up_no_other_and_goes_on_waiting(site: Site) -> None:
    """What is known is read in; the file in no known form is named in a sentence, and can be mapped afterwards."""
    editor = site.client_of(Role.EDITOR)
    files = [
        ("files", ("a_odd.csv", io.BytesIO(_ODD.encode()), "text/csv")),
        ("files", ("b_known.csv", io.BytesIO(_REVIEWS.encode()), "text/csv")),
    ]
    place = str(editor.post(f"{_PATH}/uploads", files=files).headers["location"])
    assert "Read in 1 of 2 files" in editor.get(place).text

    page = words_of(_finish(editor, editor.post(f"{place}/read").headers["location"]))

    assert "Done." in page
    assert "b_known.csv: 40 rows read as reviews" in page
    assert "a_odd.csv was not read in: it is in no form that is known." in page
    assert "looked for" not in page
    assert "Waiting to be read in: a_odd.csv." in words_of(editor.get(_PATH).text)
    shown = editor.get(place).text
    assert "Say which field is what" in shown
    assert "b_known.csv" not in shown


def test_job_page_belongs_to_where_its_work_was_begun(site: Site) -> None:
    """The navigation marks that place, and who leaves a job that was stopped goes back there."""
    editor, account = site.client_of(Role.EDITOR), site.services.accounts.people.all()[0]

    def work(found: JobContext) -> str:
        found.stopping.set()
        found.check()
        return ""

    job = site.services.jobs.start(
        work, workspace=WORKSPACE, account_id=account.account_id, title="Drafting", place="maps"
    )
    path = f"/w/{WORKSPACE}/jobs/{job.job_id}"
    page = until(lambda: editor.get(path).text, lambda text: "Stopped." in text)

    assert re.search(r'href="[^"]*/maps" aria-current="page"', page)
    assert "Back to Maps" in words_of(page)


def test_unknown_form_is_mapped_on_the_page(site: Site) -> None:
    """A file in no known form gets a proposal; sent as proposed, its rows are read that way."""
    editor = site.client_of(Role.EDITOR)
    place = _upload(editor, "odd.csv", _ODD)
    assert "Say which field is what" in editor.get(place).text

    fields = {"kind": "reviews", "text": "What they said", "at": "Posted", "user_id": "Member", "id": "Ref"}
    editor.post(f"{place}/0/mapping", fields)
    shown = words_of(editor.get(place).text)
    page = words_of(_finish(editor, editor.post(f"{place}/read").headers["location"]))

    assert "Read by your mapping" in shown
    assert "Nobody answered me for days" in shown
    assert "odd.csv: 40 rows read as reviews" in page


def test_mapping_that_matches_nothing_says_so(site: Site) -> None:
    """A mapping that takes no field for the words is refused with what is missing, and the file stays."""
    editor = site.client_of(Role.EDITOR)
    place = _upload(editor, "odd.csv", _ODD)

    editor.post(f"{place}/0/mapping", {"kind": "reviews", "at": "Posted"})
    shown = words_of(editor.get(place).text)

    assert "nothing says where the words stand" in shown
    assert "Say which field is what" in shown


def test_mapping_by_which_every_row_is_rejected_says_so(site: Site) -> None:
    """Where nothing would be stored the page says that first, with the reasons, and offers no reading in."""
    editor = site.client_of(Role.EDITOR)
    place = _upload(editor, "odd.csv", _ODD)

    editor.post(f"{place}/0/mapping", {"kind": "reviews", "text": "What they said", "at": "Member"})
    page = editor.get(place).text

    assert "Nothing of this file would be stored this way." in words_of(page)
    assert "Rows that would be rejected" in words_of(page)
    assert ">Read in<" not in page


def test_binary_file_is_refused_with_what_to_do(site: Site) -> None:
    """A spreadsheet's bytes are named as such; nothing can be read in."""
    editor = site.client_of(Role.EDITOR)

    shown = editor.get(_upload(editor, "sheet.xlsx", b"PK\x03\x04" + bytes(range(256)) * 50)).text

    assert "spreadsheet or ZIP archive" in words_of(shown)
    assert ">Read in<" not in shown


def test_viewer_cannot_upload(site: Site) -> None:
    """Uploading takes the role editor, and the form is not offered to a viewer."""
    viewer = site.client_of(Role.VIEWER)

    answer = viewer.post(
        f"{_PATH}/uploads", files=[("files", ("a.csv", io.BytesIO(b"text\nx\n"), "text/csv"))]
    )

    assert answer.status_code == 403
    assert "Add files" not in viewer.get(_PATH).text


def test_file_names_cannot_leave_the_upload(site: Site) -> None:
    """Whatever a file is called, it lies in the upload's folder under a plain name."""
    editor = site.client_of(Role.EDITOR)
    home: Path = site.brand.workspace.store.home.path

    for name in (
        "../../journey.db",
        "..\\..\\x.csv",
        "/etc/passwd",
        '"><script>alert(1)</script>.csv',
        ".hidden",
        "a" * 300 + ".csv",
    ):
        place = _upload(editor, name, _REVIEWS)
        kept = [path for path in (home / "uploads").rglob("*") if path.is_file()]
        assert len(kept) == 1
        assert kept[0].name == safe_name(name)
        assert "<script>alert" not in editor.get(place).text
        editor.post(f"{place}/delete")
    assert (home / "journey.db").stat().st_size > 100_000


def test_upload_of_another_or_no_folder_is_not_found(site: Site) -> None:
    """Ids of uploads are random names; anything else is not there."""
    editor = site.client_of(Role.EDITOR)

    for name in ("%2e%2e", "aaaaaaaaaaaaaaaa", "a/b", "..%2f.."):
        assert editor.get(f"{_PATH}/uploads/{name}").status_code == 404


def test_sources_of_another_workspace_are_not_found(site: Site) -> None:
    """Who is not in the workspace does not learn that it exists."""
    stranger = site.client_of(None)

    assert stranger.get(_PATH).status_code == 404


def test_large_body_is_refused_before_it_is_read(site: Site) -> None:
    """Nobody who may not send files has a large body taken in: not a stranger, not a viewer, not to another address."""
    editor, viewer = site.client_of(Role.EDITOR), site.client_of(Role.VIEWER)

    def send(visitor: Visitor, path: str, kind: str = "multipart/form-data; boundary=b") -> int:
        headers = {"content-type": kind, "accept": "text/html"}
        return visitor.client.post(path, content=b"x" * 400_000, headers=headers).status_code

    assert send(editor, f"/w/{WORKSPACE}/chat/uploads") == 413
    assert send(editor, f"{_PATH}/uploads", "application/x-www-form-urlencoded") == 413
    assert send(viewer, f"{_PATH}/uploads") == 403
    viewer.client.cookies.clear()
    assert send(viewer, f"{_PATH}/uploads") == 401
    assert send(viewer, "/welcome/uploads") == 413


def test_uploads_that_were_left_lying_are_deleted(site: Site) -> None:
    """An upload that nobody read in goes with a later one, two days on; one of yesterday stays."""
    editor = site.client_of(Role.EDITOR)
    old, young = _upload(editor, "old.csv", _REVIEWS), _upload(editor, "young.csv", _REVIEWS)
    uploads = site.brand.workspace.store.home.uploads
    for place, days in ((old, 3), (young, 1)):
        at = site.clock.now.timestamp() - days * 86_400
        os.utime(next(uploads.glob(f"*/{place.rsplit('/', 1)[-1]}")), (at, at))

    _upload(editor, "new.csv", _REVIEWS)

    assert editor.get(old).status_code == 404
    assert editor.get(young).status_code == 200


def test_uploads_are_swept_by_the_clock_alone(copied: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    """They go two days on where nobody uploads any more, at the start of the server and while it runs."""
    monkeypatch.setattr(uploads, "SWEPT_EVERY_S", 0.02)
    with open_site(copied.home) as site:
        site.clock.now = datetime.now(UTC)
        home = site.brand.workspace.store.home
        place = home.uploads_of(WORKSPACE) / ("a" * 16)
        place.mkdir(parents=True)
        time.sleep(0.1)
        assert place.is_dir()
        site.clock.advance(days=3)
        until(lambda: str(place.is_dir()), lambda found: found == "False")


def test_uploads_that_wait_are_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody fills the disk with files that nobody reads in; deleting one makes room."""
    monkeypatch.setattr(uploads, "MOST_WAITING", 1)
    editor = site.client_of(Role.EDITOR)
    place = _upload(editor, "new.csv", _REVIEWS)

    refused = editor.post(
        f"{_PATH}/uploads", files=[("files", ("b.csv", io.BytesIO(b"text\nx\n"), "text/csv"))]
    )

    assert refused.status_code == 409
    assert "uploads wait to be read in already" in words_of(refused.text)
    editor.post(f"{place}/delete")
    assert _upload(editor, "new.csv", _REVIEWS)


def test_file_names_keep_their_endings() -> None:
    """Points in a name are part of it, and a long name keeps what tells its form."""
    assert safe_name("acme.com_reviews_2026-01-05.csv") == "acme.com_reviews_2026-01-05.csv"
    assert safe_name("x" * 300 + ".csv.gz").endswith(".csv.gz")
    assert len(safe_name("x" * 300 + ".csv.gz")) == 100


def test_conversations_with_a_list_of_messages_are_mapped_on_the_page(site: Site) -> None:
    """A JSON of chats in no known form gets a proposal for its messages; sent as it stands, it is read turn by turn."""
    editor = site.client_of(Role.EDITOR)
    talks = [
        {
            "nr": f"T{n}", "client": {"ref": f"talk-{n}"}, "desk": ("north", "south")[n % 2],
            "log": [
                {"party": "Quill", "msg": f"My parcel number {n} was left in the rain by the courier"},
                {"party": "Brannt", "msg": "I am sorry, we send you a new one today"},
            ],
        }
        for n in range(40)
    ]  # fmt: skip
    place = _upload(editor, "talks.json", json.dumps({"exported": "2026-05-30", "threads_of_may": talks}))
    page = editor.get(place).text
    said = words_of(page)
    assert "Each row is a conversation" in said
    assert "Its rows stand under threads_of_may" in said
    assert "Other names (2) are" in said
    assert "Quill" not in page
    assert "Brannt" not in page

    form = _proposed(page)
    assert form["turns_path"] == "log"
    assert form["other_side"] == "agent"
    assert editor.post(f"{place}/0/mapping", {**form, "other_side": "customer"}).status_code == 303
    shown = words_of(editor.get(place).text)
    read = words_of(_finish(editor, editor.post(f"{place}/read").headers["location"]))

    assert "Read by your mapping" in shown
    assert "transcript" in shown
    assert "was left in the rain by the courier" in shown
    assert "talks.json: 40 rows read as transcripts" in read


def test_side_of_a_speaker_that_is_none_is_refused(site: Site) -> None:
    """Who is who is one of three; another word, or a name without its side, is told in words."""
    editor = site.client_of(Role.EDITOR)
    place = _upload(editor, "odd.csv", _ODD)
    form = {"kind": "transcripts", "turns_path": "log", "turn_text": "msg", "turn_speaker": "party"}

    for sides in (["nobody"], ["customer", "agent"]):
        refused = editor.post(
            f"{place}/0/mapping", {**form, "speaker_name": ["Quill"], "speaker_side": sides}
        )
        assert refused.status_code == 422
        assert "who is who cannot be used" in words_of(refused.text)


def _proposed(page: str) -> dict[str, str]:
    """Return what the mapping form of a page would send if it were sent as it stands."""
    chosen = {
        name: unescape(value)
        for name, value in re.findall(
            r'<select id="[^"]+" name="([^"]+)".*?<option value="([^"]*)" selected', page
        )
    }
    hidden = re.findall(r'<input type="hidden" name="(rows)" value="([^"]*)"', page)
    return {**chosen, **dict(hidden)}
