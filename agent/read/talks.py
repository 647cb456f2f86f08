"""Conversations written down as text: WebVTT, SRT, and plain text or markdown with names before what they say.

One file is one record. Who is the customer follows `speakers`: a mapping file's `[speakers]`, else words such as Agent
or Participant. An interview without any names is taken as wholly the participant's; captions without names are rejected,
because nobody knows whose words they are. Times in captions count from their start and say no date, so turns have none.
"""

import html
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from agent.errors import UnreadableSourceError
from agent.read import streams
from agent.read.formats import Format, SourceKind
from agent.read.labelled import label_of, names_in, turns_in
from agent.read.source import Sample, Shape, Source
from agent.read.speakers import is_interview, speakers_of
from agent.schemas.records import Kind, RawItem, RawRecord, RawTurn, RowReject

MAX_TEXT_CHARS: Final = 1 << 24
_TIMING: Final = re.compile(
    r"^\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s+-->\s+(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}", re.MULTILINE
)
_VOICE: Final = re.compile(r"<v(?:\.[^\s>]+)?\s+([^>]+)>")
_TAG: Final = re.compile(r"</?[a-zA-Z0-9][^>]*>")
_SKIPPED_BLOCKS: Final = ("NOTE", "STYLE", "REGION", "WEBVTT", "X-TIMESTAMP-MAP")


def _is_vtt(sample: Sample, _kind: str) -> bool:
    return sample.text.startswith("WEBVTT")


def _is_srt(sample: Sample, _kind: str) -> bool:
    numbered = re.match(r"\s*\d+\s*\n", sample.text) is not None
    return numbered and _TIMING.search(sample.text[:2000]) is not None


def _is_text(sample: Sample) -> bool:
    if sample.shape not in (Shape.TEXT, Shape.CSV) or _is_vtt(sample, "auto") or _is_srt(sample, "auto"):
        return False
    return not {"text", "body", "event"}.intersection(name.casefold() for name in sample.columns)


def _spoken_by(sample: Sample) -> frozenset[str]:
    return names_in(sample.text.split("\n")) if _is_text(sample) else frozenset()


def _is_interview(sample: Sample, kind: str) -> bool:
    return _is_text(sample) and (kind != "auto" or is_interview(_spoken_by(sample)))


def _is_dialogue(sample: Sample, kind: str) -> bool:
    names = _spoken_by(sample)
    known = not is_interview(names) and speakers_of(names) is not None
    return len(names) > 1 and (kind != "auto" or known)


def _read_captions(source: Source) -> Iterator[RawItem]:
    cues = list(_cues(_whole_text(source)))
    names = names_in((text for _, text in cues), source.speakers)
    said: list[tuple[str, str]] = []
    for voice, text in cues:
        found = label_of(text) if not voice else None
        name, words = found if found is not None and found[0] in names else (voice, text)
        if words:
            said.append((name or (said[-1][0] if said else ""), words))
    joined = [
        (name, " ".join(words for _, words in group)) for name, group in groupby(said, key=lambda one: one[0])
    ]
    interview = source.kind == SourceKind.INTERVIEWS or (
        source.kind == "auto" and is_interview(name for name, _ in joined)
    )
    yield _record(joined, source, Kind.INTERVIEW if interview else Kind.TRANSCRIPT, "captions")


def _cues(text: str) -> Iterator[tuple[str, str]]:
    """Yield `(voice, words)` of the cues; the voice is empty where no tag names it."""
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        timing = _TIMING.search(block)
        if timing is None or block.startswith(_SKIPPED_BLOCKS[:3]):
            continue
        payload = block[timing.end() :].partition("\n")[2]
        pieces = _VOICE.split(payload)
        for voice, words in zip(["", *pieces[1::2]], pieces[::2], strict=True):
            plain = " ".join(html.unescape(_TAG.sub("", words)).split())
            if plain:
                yield html.unescape(voice).strip(), plain


def _read_interview(source: Source) -> Iterator[RawItem]:
    text = _whole_text(source)
    if names_in(text.split("\n"), source.speakers):
        yield _labelled(text, source, Kind.INTERVIEW, "interview")
        return
    yield RawRecord(
        kind=Kind.INTERVIEW,
        source_format="interview",
        row=0,
        text=text.strip(),
        attributes={"file": source.path.name},
    )


def _read_dialogue(source: Source) -> Iterator[RawItem]:
    yield _labelled(_whole_text(source), source, Kind.TRANSCRIPT, "dialogue")


def _labelled(text: str, source: Source, kind: Kind, name: str) -> RawRecord | RowReject:
    lines = text.split("\n")
    return _record(turns_in(lines, names_in(lines, source.speakers)), source, kind, name)


def _record(said: list[tuple[str, str]], source: Source, kind: Kind, name: str) -> RawRecord | RowReject:
    if not said:
        return RowReject(0, "no_text", "nobody says anything in the file")
    who = speakers_of((speaker for speaker, _ in said), source.speakers)
    if who is None:
        what = "it cannot be told which speaker is the customer; name them in a mapping file's `[speakers]`"
        return RowReject(0, "speaker_unknown", what)
    return RawRecord(
        kind=kind,
        source_format=name,
        row=0,
        turns=tuple(RawTurn(who[speaker], words) for speaker, words in said),
        attributes={"file": source.path.name},
    )


def _whole_text(source: Source) -> str:
    parts: list[str] = []
    n_chars = 0
    for chunk in streams.text_chunks(source.path, on_bytes=source.on_bytes):
        parts.append(chunk)
        n_chars += len(chunk)
        if n_chars > MAX_TEXT_CHARS:
            msg = f"{source.path.name!r} is longer than {MAX_TEXT_CHARS} characters, and one file is one conversation"
            raise UnreadableSourceError(msg, hint="Split it into one file a conversation.")
    return "".join(parts).replace("\r\n", "\n")


_TALK_KINDS: Final = (SourceKind.TRANSCRIPTS, SourceKind.INTERVIEWS)
FORMATS: Final = (
    Format("webvtt", _TALK_KINDS, "captions that begin with WEBVTT", _is_vtt, _read_captions),
    Format("srt", _TALK_KINDS, "numbered captions with times `00:00:01,000 --> 00:00:02,000`", _is_srt, _read_captions),
    Format(
        "interview", (SourceKind.INTERVIEWS,), "text with `Interviewer:` and `Participant:`, or any text if the kind is "
        "said to be interviews", _is_interview, _read_interview, vendor=False,
    ),
    Format(
        "dialogue", (SourceKind.TRANSCRIPTS,), "text with names before what they say, such as `Agent:` and `Customer:`",
        _is_dialogue, _read_dialogue, vendor=False,
    ),
)  # fmt: skip
