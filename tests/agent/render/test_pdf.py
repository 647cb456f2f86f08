"""The writer of PDF: words stay words, what the font lacks is told, long texts go over pages."""

import re
import zlib
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.render.exports import ExportFormat, export_map
from agent.render.letters import shown, spelled, width_of, wrapped
from agent.render.pdf import PdfDocument
from tests.agent.maps import journey_map

_NOW = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
_STREAM = re.compile(rb"(?<!end)stream\n(.*?)\nendstream", re.DOTALL)


def _document() -> PdfDocument:
    return PdfDocument("Title", made_at=_NOW, footer="Foot")


def words_of(data: bytes) -> str:
    """Return the words of a file as its fonts say they read, without blanks."""
    streams: list[bytes] = []
    for found in _STREAM.finditer(data):
        try:
            streams.append(zlib.decompress(found[1]))
        except zlib.error:
            streams.append(found[1])
    codes: list[dict[int, str]] = [_codes(stream) for stream in streams if b"beginbfchar" in stream]
    text = ""
    for stream in streams:
        if b" Tj" not in stream:
            continue
        font = 0
        for line in re.finditer(rb"/F(\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", stream, re.DOTALL):
            if line[1] is not None:
                font = int(line[1]) - 1
            else:
                raw = re.sub(
                    rb"\\(.)", lambda m: {b"r": b"\r", b"n": b"\n"}.get(m[1], m[1]), line[2], flags=re.DOTALL
                )
                pairs = [raw[k] * 256 + raw[k + 1] for k in range(0, len(raw) - 1, 2)]
                text += "".join(codes[font].get(pair, "?") for pair in pairs)
    return "".join(text.split())


def _codes(stream: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>", stream)
    return {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be", "replace") for code, text in pairs
    }


def test_document_reads_back_in_order() -> None:
    """Headings, paragraphs, items, quotes, tables, citations and numbers of pages."""
    document = _document()
    document.heading("Head")
    document.paragraph("Words (with brackets) \\ and signs", cites=[document.cite("r:1", "“Cited” r:1")])
    document.item("Item", "aside")
    document.quote("Quote", "r_1:0–5")
    document.table(("A", "B"), [("a1", "b1")], (1, 2))
    assert document.cite("r:1", "again") == 1
    document.citations("Quotes")
    said = words_of(document.finished())
    for words in (
        "Head",
        "Words(withbrackets)\\andsigns[1]",
        "Item",
        "aside",
        "“Quote”",
        "r_1:0–5",
        "a1",
        "b1",
        "[1]",
        "“Cited”r:1",
        "Foot1/1",
    ):
        assert words in said


def test_characters_without_a_letter_are_written_out_and_listed() -> None:
    """Nothing vanishes; the last page says what was written in another way."""
    document = _document()
    document.paragraph("Tea 水 नमस्ते")
    said = words_of(document.finished())
    assert "Tea[U+6C34][U+0928]" in said
    assert "hasnoletterforU+0924" in said
    plain = _document()
    plain.paragraph("Plain Ελληνικά кириллица")
    assert "noletter" not in words_of(plain.finished())


def test_words_that_run_leftwards_are_seen_in_that_order() -> None:
    """A page draws from left to right: Hebrew is turned, its brackets too, and our numbers are not."""
    document = _document()
    document.paragraph("abc שלום (12) עולם 20 of 120")
    said = words_of(document.finished())
    assert "םולש" in said
    assert "(12)" in said
    assert "of120" in said


def test_long_table_and_long_words_go_over_pages() -> None:
    """A row of ten thousand characters, and a word without a blank."""
    document = _document()
    document.table(("Head", "Text"), [("row", "word " * 4_000), ("q" * 3_000, "end")], (1, 3))
    assert document.n_pages > 3
    said = words_of(document.finished())
    assert said.count("word") == 4_000
    assert said.count("Head") > 3
    assert said.count("q") == 3_000


def test_same_words_give_the_same_bytes_whatever_the_time_zone() -> None:
    """The time in the file is the caller's."""
    made: list[bytes] = []
    for zone in (UTC, timezone(timedelta(hours=5))):
        document = PdfDocument("Title", made_at=_NOW.astimezone(zone))
        document.paragraph("Words")
        made.append(document.finished())
    assert made[0] == made[1]


def test_pdf_of_a_map_has_every_statement_and_every_quote() -> None:
    """Read back from the file."""
    made = journey_map(("Alpha beta", "Gamma <b>delta</b>", "Epsilon"))
    said = words_of(export_map(made, ExportFormat.PDF).data)
    for stage in made.stages:
        for cell in stage.cells.values():
            for claim in cell:
                assert "".join(claim.statement.split()) in said
                for item in (*claim.evidence, *claim.opposing):
                    assert "".join(f"“{item.quote}” {item.record_id}".split()) in said


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=300))
def test_any_words_can_be_written(text: str) -> None:
    """No text breaks the file, and every letter of it is drawn by the font."""
    document = _document()
    document.heading(text, 2)
    document.paragraph(text)
    document.table((), [(text, text)], (1, 1))
    data = document.finished()
    assert data.startswith(b"%PDF")
    assert "?" not in words_of(data) or "?" in text


@given(st.text(max_size=200), st.integers(20, 300))
def test_lines_fit_and_keep_every_word(text: str, width: int) -> None:
    """The law of wrapping: nothing is wider than the room, unless one letter is, and no sign is lost."""
    lines = wrapped(text, 10.0, float(width))
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width_of(line, 10.0) <= width or len(line.strip()) == 1 for line in lines)


@given(st.text(max_size=100))
def test_spelled_text_has_letters_only_and_says_which_were_not(text: str) -> None:
    """What is replaced is named."""
    plain, missing = spelled(shown(text))
    assert not spelled(plain)[1]
    assert all(char in shown(text) for char in missing)
