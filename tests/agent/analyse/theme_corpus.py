"""A small made-up corpus for the tests of themes: four complaints, praise and questions, in a few wordings each."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import numpy as np

from agent.ports import Vectors
from agent.schemas.insight import Emotion, Reading, Severity
from agent.schemas.records import Kind, Passage
from agent.testing import HashEncoder

COMPLAINTS = {
    "late": [
        "the parcel arrived {d} late again",
        "my parcel is {d} late",
        "parcel arrived late, {d} after the promise",
    ],
    "code": [
        "the discount code was not accepted at checkout",
        "discount code not accepted, checkout said invalid {d}",
        "checkout refused my discount code {d}",
    ],
    "app": [
        "the app crashes when i open it {d}",
        "app crashes every time i open it",
        "when i open the app it crashes {d}",
    ],
    "phone": [
        "nobody answers the phone at support {d}",
        "support never answers the phone",
        "the phone at support rings and nobody answers {d}",
    ],
}
PRAISE = [
    "lovely colours and soft fabric",
    "soft fabric and lovely colours, great {d}",
    "great fabric, lovely colours",
]
DAYS = ["two days", "a week", "five days", "ten days"]
START = datetime(2026, 1, 5, tzinfo=UTC)


def corpus(n_each: int = 40) -> tuple[list[Passage], list[Reading], Vectors, list[str]]:
    """Return passages, readings, vectors and the topic of each passage; one person a passage."""
    rng = np.random.default_rng(11)
    passages: list[Passage] = []
    readings: list[Reading] = []
    topics: list[str] = []
    for topic, wordings in {**COMPLAINTS, "praise": PRAISE}.items():
        for i in range(n_each):
            words = wordings[int(rng.integers(len(wordings)))].format(d=DAYS[int(rng.integers(len(DAYS)))])
            text = words[0].upper() + words[1:] + "."
            passages.append(passage(f"{topic}{i}", f"p-{topic}{i}", text, START + timedelta(days=4 * i)))
            readings.append(reading(passages[-1], complaint=topic != "praise"))
            topics.append(topic)
    return passages, readings, HashEncoder(256).encode([p.text for p in passages]), topics


def passage(record_id: str, person_id: str, text: str, at: datetime | None = None) -> Passage:
    """Return a passage that is its record's whole text."""
    digest = sha256(text.encode()).hexdigest()
    return Passage(
        f"{record_id}:0-{len(text)}",
        record_id,
        person_id,
        0,
        len(text),
        text,
        digest,
        Kind.REVIEW,
        at,
        None,
        None,
    )


def reading(said: Passage, *, complaint: bool, severity: Severity | None = Severity.COSTS_EFFORT) -> Reading:
    """Return a reading of a passage."""
    return Reading(
        said.passage_id,
        said.record_id,
        said.person_id,
        said.start,
        said.end,
        said.text_sha256,
        sentiment=-0.7 if complaint else 0.8,
        emotion=Emotion.FRUSTRATED if complaint else Emotion.DELIGHTED,
        stage="purchase" if complaint else None,
        touchpoint=None,
        complaint=complaint,
        severity=severity if complaint else None,
        at=said.at,
    )
