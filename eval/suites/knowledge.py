"""Questions with known answers that the search is measured on; read from the data folder, never kept."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.suites.texts import banking_queries, clinc_queries

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FaqPairs:
    """Documents of a question and an answer, and paraphrases of the questions."""

    questions: list[str] = field(default_factory=list[str])
    answers: list[str] = field(default_factory=list[str])
    faqs: list[int] = field(default_factory=list[int])
    """For each document, which FAQ it is of."""
    queries: list[str] = field(default_factory=list[str])
    asked: list[int] = field(default_factory=list[int])
    """For each query, which FAQ answers it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a customer last said in a dialogue, and before it."""

    utterances: tuple[str, ...]
    """Of both sides, in order; the last is the customer's."""
    gold: frozenset[int]
    """Documents that answer; empty where the turn needs none."""

    @property
    def query(self) -> str:
        """What the customer last said."""
        return self.utterances[-1]

    @property
    def dialogue(self) -> str:
        """What opens the dialogue; turns of one dialogue share it."""
        return self.utterances[0]


@dataclass(frozen=True, slots=True)
class Place:
    """What reviews and answered questions are about."""

    domain: str
    name: str


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Sentences of reviews and answered FAQs of many places, and turns that some of them answer."""

    documents: list[str]
    entities: Ints
    """For each document, the number of its place."""
    records: list[str]
    """For each document, the review or answered question it is of; a record's documents follow one another."""
    places: list[Place]
    turns: list[Turn]


def read_faq_pairs(path: Path) -> FaqPairs:
    """Return StackFAQ.

    Raises:
        FileNotFoundError: The file is not there.
    """
    faqs = FaqPairs()
    for number, pair in enumerate(_json(path)["root"]["qapair"]):
        answers = [answer for answer in pair["answer"] if answer]
        queries = [query for query in pair["rephr"] if query and query != "*"]
        faqs.questions.extend([pair["question"]] * len(answers))
        faqs.answers.extend(answers)
        faqs.faqs.extend([number] * len(answers))
        faqs.queries.extend(queries)
        faqs.asked.extend([number] * len(queries))
    return faqs


def read_knowledge(folder: Path) -> Knowledge:
    """Return DSTC11 track 5.

    Raises:
        FileNotFoundError: A file is not there.
    """
    places = [
        (domain, int(number), place)
        for domain, of_domain in _json(folder / "dstc11_t5_knowledge.json.gz").items()
        for number, place in of_domain.items()
    ]
    documents: list[str] = []
    entities: list[int] = []
    records: list[str] = []
    number_of: dict[tuple[object, ...], int] = {}
    for entity, (domain, place_id, place) in enumerate(places):
        for key, text in _texts(place):
            number_of[(domain, place_id, *key)] = len(documents)
            documents.append(text)
            entities.append(entity)
            records.append(f"{entity}-{key[0]}-{key[1]}")
    labels = _json(folder / "dstc11_t5_val_labels.json.gz")
    logs = _json(folder / "dstc11_t5_val_logs.json.gz")
    turns = [_turn(log, label, number_of) for log, label in zip(logs, labels, strict=True)]
    known = [Place(domain, place["name"]) for domain, _, place in places]
    return Knowledge(documents, np.array(entities, dtype=np.int64), records, known, turns)


def read_other_questions(data: Path, *, limit: int, seed: int) -> list[str]:
    """Return up to `limit` questions to other businesses of each of three kinds: banking, no business's, software.

    Raises:
        FileNotFoundError: A file is not there.
    """
    banking = [text for text, _ in banking_queries(data)]
    strange = [text for text, _ in clinc_queries(data, "oos_val")]
    software = read_faq_pairs(data / "retrieval" / "stackfaq.json.gz").queries
    rng = np.random.default_rng(seed)
    return [
        kind[number]
        for kind in (banking, strange, software)
        for number in sorted(rng.permutation(len(kind))[:limit].tolist())
    ]


def _json(path: Path) -> Any:  # noqa: ANN401 - foreign JSON, checked by use
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def _texts(place: Mapping[str, Any]) -> Iterator[tuple[tuple[object, ...], str]]:
    for review, said in place["reviews"].items():
        for sentence, text in said["sentences"].items():
            yield ("review", int(review), int(sentence)), text
    for number, faq in place["faqs"].items():
        yield ("faq", int(number), None), f"{faq['question']} {faq['answer']}"


def _turn(
    log: list[dict[str, str]], label: Mapping[str, Any], number_of: Mapping[tuple[object, ...], int]
) -> Turn:
    gold = frozenset(
        number_of[(one["domain"], one["entity_id"], one["doc_type"], one["doc_id"], one.get("sent_id"))]
        for one in label.get("knowledge", ())
    )
    return Turn(tuple(said["text"] for said in log), gold)
