"""Passages and sentences of a simulated brand with the planted truth: whether a pain point is voiced in them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from agent.normalise import passages_of
from agent.prepare import PrepareContext, prepare_record
from agent.read import read_file
from agent.redact import Redactor
from agent.schemas.records import RawRecord, Record
from eval.scorers.sentences import Span, sentence_spans
from eval.simulator import iter_person_truth, load_truth

_SALT = "planted"
_FILES = {"transcript": "transcripts.jsonl", "review": "reviews.csv", "survey": "survey.csv"}


@dataclass(frozen=True, slots=True)
class PlantedText:
    """A text as the product sees it, and whether a planted sentence stands in it."""

    text: str
    complains: bool
    pain_point_id: str | None = None
    """Of the first planted sentence in it."""


@dataclass(frozen=True, slots=True)
class PlantedTexts:
    """All passages of a simulated brand's customers, and the sentences they consist of."""

    passages: list[PlantedText]
    sentences: list[PlantedText]


def planted_texts(folder: Path) -> PlantedTexts:
    """Return passages and sentences of a simulated brand with their truth.

    A record whose planted sentence was changed by redaction is left out: its truth is no longer known by position.

    Args:
        folder: The folder given to `simulate`.
    """
    mentions: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for person in iter_person_truth(folder):
        for mention in person.mentions:
            mentions[mention.kind, mention.record_id].append((mention.text, mention.pain_point_id))
    passages: list[PlantedText] = []
    sentences: list[PlantedText] = []
    for kind, record in _records(folder):
        planted = _find(record.text, mentions.get((kind, record.external_id), []))
        if planted is None:
            continue
        for passage in passages_of(record):
            passages.append(_planted(passage.text, (passage.start, passage.end), planted))
            for start, end in sentence_spans(passage.text):
                span = (passage.start + start, passage.start + end)
                sentences.append(_planted(passage.text[start:end], span, planted))
    return PlantedTexts(passages, sentences)


def _records(folder: Path) -> Iterator[tuple[str, Record]]:
    now = load_truth(folder).as_of + timedelta(days=1)
    context = PrepareContext("planted", _SALT, "simulated", now, Redactor(_SALT))
    for kind, name in _FILES.items():
        for item in read_file(folder / name):
            if isinstance(item, RawRecord):
                record = prepare_record(item, person_id=f"{kind}-{item.row}", context=context)
                if isinstance(record, Record):
                    yield kind, record


def _find(text: str, mentions: Sequence[tuple[str, str]]) -> list[tuple[Span, str]] | None:
    found: list[tuple[Span, str]] = []
    for mention, pain_point_id in mentions:
        start = text.find(mention)
        if start < 0:
            return None
        found.append(((start, start + len(mention)), pain_point_id))
    return sorted(found)


def _planted(text: str, span: Span, planted: Sequence[tuple[Span, str]]) -> PlantedText:
    inside = [name for (start, end), name in planted if start < span[1] and end > span[0]]
    return PlantedText(text, bool(inside), inside[0] if inside else None)
