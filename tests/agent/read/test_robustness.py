"""What is wrong with a row costs the row; what is wrong with a file is one clear error."""

import gzip
import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from agent.errors import InputError, UnknownFormatError, UnreadableSourceError
from agent.read import FORMATS, expand_paths, identify_format, read_file, source_digest, streams
from agent.schemas.records import RawItem
from tests.agent.read.builders import lines_of, read_text, records_in, rejects_in, write


def test_windows_1252_bytes_are_read_and_said_once(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are read as Windows-1252, with one warning a file, and cost no row."""
    with capture_logs() as logs:
        items = read_text(
            tmp_path, "id,text\n1,Café – gut\n2,Très bien\n".encode("cp1252") + "3,naïve\n".encode()
        )
    assert [record.text for record in records_in(items)] == ["Café – gut", "Très bien", "naïve"]
    assert [(log["event"], log["read_as"]) for log in logs] == [("encoding_fallback", "windows-1252")] * len(
        logs
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_json_lines_any_unicode_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    """Marks and byte order are no part of the text."""
    content = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in ("ü", "日本"))
    assert [record.text for record in records_in(read_text(tmp_path, content.encode(encoding)))] == [
        "ü",
        "日本",
    ]


def test_first_json_line_longer_than_a_sample_does_not_hide_the_format(tmp_path: Path) -> None:
    """A text of a megabyte on the first line is a long text, not another form."""
    lines = [json.dumps({"id": n, "text": "word " * 220_000}) for n in range(2)]
    path = write(tmp_path / "long.jsonl", "\n".join(lines))
    assert identify_format(path) == "reviews"
    assert [item.external_id for item in records_in(read_file(path))] == ["0", "1"]


def test_pipe_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    """A pipe would be waited for without end, and a device never ends."""
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(UnreadableSourceError, match="no regular file"):
        expand_paths([pipe])


def test_ragged_rows_are_rejected_and_good_rows_go_on(tmp_path: Path) -> None:
    """Too few or too many fields reject a row; empty fields at the end do not."""
    items = read_text(tmp_path, "id,text,plan\n1,a,x\n2,b\n\n3,c,x,y\n4,d,x,,\n")
    assert [record.external_id for record in records_in(items)] == ["1", "4"]
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [
        (1, "ragged_row"),
        (2, "ragged_row"),
    ]
    assert rejects_in(items)[0].message == "the row has 2 fields, the header has 3"


def test_quote_never_closed_costs_its_row_only(tmp_path: Path) -> None:
    """The lines an open quote would swallow are read as rows."""
    items = read_text(tmp_path, 'id,text\n1,good\n2,"open\n3,fine\n4,also fine\n')
    assert [record.external_id for record in records_in(items)] == ["1", "3", "4"]
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [(1, "csv_broken")]


def test_quoted_newlines_are_part_of_a_field(tmp_path: Path) -> None:
    """A record may span lines, with any line end."""
    items = read_text(tmp_path, 'id,text\r\n1,"two\r\nlines"\r\n2,"say ""hi"""\r\n')
    assert [record.text for record in records_in(items)] == ["two\r\nlines", 'say "hi"']


def test_old_macintosh_line_ends_are_line_ends(tmp_path: Path) -> None:
    """A file with bare carriage returns has lines too."""
    assert [record.text for record in records_in(read_text(tmp_path, "id,text\r1,a\r2,b\r"))] == ["a", "b"]


def test_repeated_column_keeps_the_first(tmp_path: Path) -> None:
    """A second column of the same name is told apart and loses nothing."""
    [record] = records_in(read_text(tmp_path, "id,text,note,note\n1,a,b,c\n"))
    assert record.attributes == {"note": "b", "note_2": "c"}


def test_broken_json_lines_are_rejected_by_row(tmp_path: Path) -> None:
    """Blank lines are no rows; broken ones are, and so are values that are no objects."""
    content = '{"text": "a"}\n{"text": \n\n"word"\n{"text": "b", "text": "c"}\n'
    items = read_text(tmp_path, content)
    assert [(record.row, record.text) for record in records_in(items)] == [(0, "a"), (3, "c")]
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [
        (1, "json_broken"),
        (2, "not_an_object"),
    ]


def test_broken_record_in_a_json_array_costs_itself(tmp_path: Path) -> None:
    """The array goes on after it; a document that is cut off ends with a reject."""
    items = read_text(tmp_path, '[{"text": "a"}, {"text": }, {"text": "b"}, {"text": "c')
    assert [record.text for record in records_in(items)] == ["a", "b"]
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [
        (1, "json_broken"),
        (3, "json_broken"),
    ]


def test_lone_surrogates_and_nan_do_not_cost_the_row(tmp_path: Path) -> None:
    """Half an emoji becomes U+FFFD, a whole one stays; `NaN` is nothing."""
    [record] = records_in(read_text(tmp_path, '{"text": "a\\ud83d b \\ud83d\\ude00", "rating": NaN}\n'))
    assert (record.text, record.rating) == ("a\ufffd b \U0001f600", None)


def test_very_deep_json_is_rejected(tmp_path: Path) -> None:
    """Nesting beyond any export is refused, not followed."""
    items = read_text(tmp_path, '{"text": "a"}\n{"text": ' + "[" * 100_000 + "]" * 100_000 + "}\n")
    assert [len(records_in(items)), [reject.code for reject in rejects_in(items)]] == [1, ["json_broken"]]


def test_nul_bytes_in_a_table_are_dropped(tmp_path: Path) -> None:
    """A NUL is no character anybody wrote."""
    assert [record.text for record in records_in(read_text(tmp_path, "id,text\n1,a\x00b\n"))] == ["ab"]


def test_field_of_a_megabyte_is_read(tmp_path: Path) -> None:
    """The CSV reader's own limit of 128 KiB does not hold."""
    long = "x" * 1_000_000
    assert [record.text for record in records_in(read_text(tmp_path, f"id,text\n1,{long}\n"))] == [long]


@pytest.mark.parametrize(
    "layout", [pytest.param("{}\n{}\n{}\n", id="lines"), pytest.param("[{},\n{},\n{}]", id="array")]
)
def test_record_beyond_the_cap_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    """An endless record is reported, and never held in memory."""
    monkeypatch.setattr(streams, "MAX_LINE_BYTES", 300_000)
    texts = ("a", 'quo"te\\' * 100_000, "b")
    items = read_text(tmp_path, layout.format(*(json.dumps({"text": text}) for text in texts)))
    assert [record.text for record in records_in(items)] == ["a", "b"]
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [(1, "too_long")]


def test_csv_line_beyond_the_cap_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same holds for a line of a table."""
    monkeypatch.setattr(streams, "MAX_LINE_BYTES", 300_000)
    items = read_text(tmp_path, f"id,text\n1,a\n2,{'x' * 400_000}\n3,b\n")
    assert [record.text for record in records_in(items)] == ["a", "b"]
    assert [(reject.row, reject.code) for reject in rejects_in(items)] == [(1, "too_long")]


@pytest.mark.parametrize("name", ["lines", "table"])
def test_truncated_gzip_keeps_rows_then_fails_once(tmp_path: Path, name: str) -> None:
    """Every whole row before the cut is there; then one error says that the file is cut off."""
    rows = [{"id": str(number), "text": f"text {number * 7919}"} for number in range(20_000)]
    header = "" if name == "lines" else "id,text\n"
    body = "".join(
        (json.dumps(row) if name == "lines" else f"{row['id']},{row['text']}") + "\n" for row in rows
    )
    packed = gzip.compress((header + body).encode())
    path = write(tmp_path / name, packed[: len(packed) // 2])
    items: list[RawItem] = []
    with pytest.raises(UnreadableSourceError, match="middle of its gzip data") as caught:
        items.extend(read_file(path))
    assert caught.value.hint
    texts = [record.text for record in records_in(items)]
    assert len(texts) > 1000
    assert texts == [row["text"] for row in rows[: len(texts)]]


def test_broken_gzip_is_a_clear_error(tmp_path: Path) -> None:
    """Bytes that only begin like gzip are refused."""
    with pytest.raises(UnreadableSourceError, match="broken gzip"):
        read_text(tmp_path, b"\x1f\x8b" + b"nothing of the kind" * 10)


def test_gzip_members_and_padding_are_one_content(tmp_path: Path) -> None:
    """Files put together from parts read as one."""
    data = gzip.compress(b"id,text\n1,a\n") + gzip.compress(b"2,b\n") + b"\0" * 512
    assert [record.text for record in records_in(read_text(tmp_path, data))] == ["a", "b"]


@pytest.mark.parametrize("packed", [False, True])
def test_progress_adds_up_to_the_files_size(tmp_path: Path, packed: bool) -> None:
    """Bytes are counted as they stand on the disk."""
    path = write(tmp_path / "a", lines_of(*({"text": f"{n * 7919}"} for n in range(20_000))), packed=packed)
    n_bytes: list[int] = []
    assert sum(1 for _ in read_file(path, on_bytes=n_bytes.append)) == 20_000
    assert sum(n_bytes) == path.stat().st_size


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b" \n\n", "is empty", id="blank"),
        pytest.param(gzip.compress(b""), "is empty", id="empty gzip"),
        pytest.param(bytes(range(256)) * 40, "binary data", id="binary"),
        pytest.param(b"PK\x03\x04" + b"xl/worksheets" * 20, "binary data", id="spreadsheet"),
        pytest.param(b"PAR1 and nothing else", "no Parquet", id="broken Parquet"),
    ],
)
def test_unusable_file_is_a_clear_error(tmp_path: Path, content: bytes, message: str) -> None:
    """The error names the file and what is wrong with it."""
    with pytest.raises(UnreadableSourceError, match=message) as caught:
        read_text(tmp_path, content, name="thing")
    assert "thing" in str(caught.value)
    assert caught.value.hint


def test_folder_and_missing_file_are_clear_errors(tmp_path: Path) -> None:
    """One file was expected."""
    with pytest.raises(UnreadableSourceError, match="is a folder"):
        list(read_file(tmp_path))
    with pytest.raises(UnreadableSourceError, match="there is no file"):
        list(read_file(tmp_path / "none"))


def test_unknown_format_error_names_what_was_looked_for(tmp_path: Path) -> None:
    """The reader learns what there is, what was expected, and of `--mapping`."""
    path = write(tmp_path / "odd.csv", "alpha,beta\n1,2\n")
    with pytest.raises(UnknownFormatError) as caught:
        identify_format(path)
    assert "'alpha', 'beta'" in str(caught.value)
    assert all(name in str(caught.value) for name in FORMATS)
    assert "--mapping" in caught.value.hint
    with pytest.raises(UnknownFormatError, match="no format 'poems'"):
        list(read_file(path, format="poems"))
    with pytest.raises(UnknownFormatError, match="no kind 'poems'"):
        identify_format(path, kind="poems")


def test_ambiguous_format_error_names_the_candidates(tmp_path: Path) -> None:
    """Two native forms that both fit are not chosen between."""
    path = write(tmp_path / "both.csv", "text,event,timestamp,customer_id,nps\na,b,1,c,3\n")
    with pytest.raises(UnknownFormatError, match=r"'surveys', 'event_table'") as caught:
        identify_format(path)
    assert "--format" in caught.value.hint
    assert identify_format(path, kind="events") == "event_table"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(
        [
            b"",
            b"{",
            b"[{",
            b"id,text\n",
            b"WEBVTT\n\n",
            b"<log>",
            b"\xff\xfe",
            b"\x1f\x8b",
            b"PAR1",
            b'{"type": "track"}\n',
        ]
    ),
    rest=st.binary(max_size=60),
    name=st.sampled_from(["auto", *FORMATS]),
)
def test_any_bytes_give_items_or_our_error(tmp_path: Path, start: bytes, rest: bytes, name: str) -> None:
    """Whatever stands in a file and whatever it is said to be, nothing but our own errors comes out."""
    path = write(tmp_path / "any", start + rest)
    items: list[RawItem] = []
    with suppress(InputError):
        items.extend(read_file(path, format=name))
    assert [item.row for item in items] == sorted(item.row for item in items)


def test_expand_paths_folder_gives_its_files_sorted(tmp_path: Path) -> None:
    """Folders are searched to the bottom; hidden files are left out; a file named twice comes once."""
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    files = [write(tmp_path / name, "x") for name in ("b/c/2.csv", "a.csv", "b/1.csv")]
    write(tmp_path / ".hidden", "x")
    found = expand_paths([files[2], tmp_path])
    assert found == [tmp_path / "b" / "1.csv", tmp_path / "a.csv", tmp_path / "b" / "c" / "2.csv"]
    for wrong in (tmp_path / "empty", tmp_path / "none"):
        with pytest.raises(UnreadableSourceError, match=wrong.name):
            expand_paths([wrong])


def test_source_digest_is_of_the_bytes_alone(tmp_path: Path) -> None:
    """The name plays no part, each byte does."""
    one, two, other = write(tmp_path / "1", "ab"), write(tmp_path / "2", "ab"), write(tmp_path / "3", "ac")
    assert source_digest(one) == source_digest(two) != source_digest(other)
    with pytest.raises(UnreadableSourceError):
        source_digest(tmp_path / "none")
