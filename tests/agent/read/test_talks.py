"""Captions, interviews and conversations as text."""

from pathlib import Path

import pytest

from agent.errors import UnknownFormatError
from agent.read import identify_format, read_file
from agent.schemas.records import Kind, RawRecord, Speaker
from tests.agent.read.builders import read_text, records_in, rejects_in, write

VTT = """WEBVTT - a call

NOTE made up

1
00:00:01.000 --> 00:00:04.000
<v Agent Tom>Hello, <i>how</i> can I help?</v>

00:05.000 --> 00:07.000 align:start
<v Mia>My card was</v>

00:07.000 --> 00:09.000
<v Mia>declined &amp; I paid.</v>
"""


def said(record: RawRecord) -> list[tuple[Speaker, str]]:
    """Return who says what."""
    return [(turn.speaker, turn.text) for turn in record.turns]


def test_webvtt_voices_become_turns(tmp_path: Path) -> None:
    """Cues of one voice are joined, marks removed; beside an agent the other name is the customer's."""
    path = write(tmp_path / "call.txt", VTT)
    [record] = records_in(read_file(path))
    assert identify_format(path) == "webvtt"
    assert said(record) == [
        (Speaker.AGENT, "Hello, how can I help?"),
        (Speaker.CUSTOMER, "My card was declined & I paid."),
    ]
    assert (record.kind, record.attributes) == (Kind.TRANSCRIPT, {"file": "call.txt"})


def test_srt_names_before_a_colon_become_speakers(tmp_path: Path) -> None:
    """A name holds until the next one; a word with a colon that is no name stays in the text."""
    content = (
        "1\r\n00:00:01,000 --> 00:00:02,000\r\nInterviewer: What happened?\r\n\r\n"
        "2\r\n00:00:03,000 --> 00:00:04,000\r\nParticipant 3: One thing:\r\nit froze.\r\n\r\n"
        "3\r\n00:00:05,000 --> 00:00:06,000\r\nThen I left.\r\n"
    )
    [record] = records_in(read_text(tmp_path, content))
    assert record.kind is Kind.INTERVIEW
    assert said(record) == [
        (Speaker.AGENT, "What happened?"),
        (Speaker.CUSTOMER, "One thing: it froze. Then I left."),
    ]


def test_captions_without_names_are_rejected(tmp_path: Path) -> None:
    """Whose words they are is not guessed."""
    items = read_text(tmp_path, "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n")
    assert [reject.code for reject in rejects_in(items)] == ["speaker_unknown"]


def test_captions_mapping_file_says_who_is_who(tmp_path: Path) -> None:
    """Two plain names become agent and customer by `[speakers]`."""
    path = write(tmp_path / "c.vtt", VTT.replace("Agent Tom", "Tom"))
    mapping = write(
        tmp_path / "who.toml", 'kind = "transcripts"\n[speakers]\ntom = "agent"\nMia = "customer"\n'
    )
    assert [reject.code for reject in rejects_in(read_file(path))] == ["speaker_unknown"]
    [record] = records_in(read_file(path, mapping=mapping))
    assert [speaker for speaker, _ in said(record)] == [Speaker.AGENT, Speaker.CUSTOMER]


INTERVIEW = """# Session 4

**Interviewer:** How did it go?

**Participant:** Badly.
It stopped twice.

**Interviewer:** Why: any idea?
"""


def test_interview_labels_split_the_turns(tmp_path: Path) -> None:
    """Markdown labels name the turns; headings before the first are nobody's words."""
    path = write(tmp_path / "s4.md", INTERVIEW)
    [record] = records_in(read_file(path))
    assert (identify_format(path), record.kind) == ("interview", Kind.INTERVIEW)
    assert said(record) == [
        (Speaker.AGENT, "How did it go?"),
        (Speaker.CUSTOMER, "Badly.\nIt stopped twice."),
        (Speaker.AGENT, "Why: any idea?"),
    ]


def test_interview_without_labels_is_the_participants_when_asked_for(tmp_path: Path) -> None:
    """Plain prose is an interview only where the caller says so."""
    path = write(tmp_path / "notes.txt", "I never found the button, so I gave up.\nThen I called.\n")
    [record] = records_in(read_file(path, kind="interviews"))
    assert (record.turns, record.text) == ((), "I never found the button, so I gave up.\nThen I called.")
    with pytest.raises(UnknownFormatError):
        identify_format(path)


def test_dialogue_text_is_recognised_by_its_roles(tmp_path: Path) -> None:
    """Lines with a time and a role make a transcript."""
    content = "[10:01] Customer: Hi, it is late\n[10:02] Agent (Sam): Sorry\nI will look.\n"
    path = write(tmp_path / "chat.log", content)
    [record] = records_in(read_file(path))
    assert identify_format(path) == "dialogue"
    assert said(record) == [(Speaker.CUSTOMER, "Hi, it is late"), (Speaker.AGENT, "Sorry\nI will look.")]
