"""How much personal data is found, how much else is taken for it, and how fast.

Recall and precision are counted in labelled spans: a labelled span is found when at least 80 % of its characters are
replaced, a replaced span is right when it touches a labelled one. Places, companies, titles, web addresses and dates
are labelled in the data but name nobody by themselves; the product keeps them, so they are shown but not scored.
"""

import csv
import gzip
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict, cast

from agent.normalise import clean_text
from agent.redact import PLACEHOLDER, Redactor, find_personal
from agent.schemas.base import Scalar
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.suites.texts import REVIEWS, review_rows

_LABELLED = Path("security") / "presidio_generated_small.json.gz"
_EVENTS = Path("events") / "receipt.csv.gz"
_COVERED = 0.8
_NOT_PERSONAL = frozenset(("LOCATION", "ORGANIZATION", "TITLE", "DOMAIN_NAME", "DATE_TIME"))
_QUICK = 500


class _Label(TypedDict):
    entity_type: str
    start_position: int
    end_position: int


class _Sentence(TypedDict):
    full_text: str
    spans: list[_Label]


def run(options: SuiteOptions) -> SuiteResult:
    """Measure recall and precision on labelled sentences, finds in reviews and events, and speed."""
    tables: list[Table] = []
    notes: list[str] = []
    parts: tuple[tuple[Path, Callable[[Path, int | None], list[Table]]], ...] = (
        (_LABELLED, _labelled),
        (REVIEWS, _reviews),
        (_EVENTS, _events),
    )
    for name, measure in parts:
        path = options.data / name
        if path.exists():
            tables += measure(path, _QUICK if options.quick else None)
        else:
            notes.append(f"{name} is not there; its figures are left out")
    if options.quick:
        notes.append(f"quick: at most {_QUICK} rows of each file")
    return SuiteResult("redaction", tables, notes)


def _labelled(path: Path, limit: int | None) -> list[Table]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        sentences = cast("list[_Sentence]", json.load(file))[:limit]
    labelled, found, wrong = Counter[str](), Counter[str](), Counter[str]()
    right = Counter[str]()
    for sentence in sentences:
        spans = find_personal(sentence["full_text"])
        for label in sentence["spans"]:
            low, high = label["start_position"], label["end_position"]
            covered = sum(max(0, min(s.end, high) - max(s.start, low)) for s in spans)
            labelled[label["entity_type"]] += 1
            found[label["entity_type"]] += covered >= _COVERED * (high - low)
        for span in spans:
            touches = any(
                s["start_position"] < span.end and span.start < s["end_position"] for s in sentence["spans"]
            )
            (right if touches else wrong)[span.kind.value] += 1
    recall: list[list[Cell]] = [
        [
            kind,
            n,
            found[kind],
            round(found[kind] / n, 3),
            "kept by design" if kind in _NOT_PERSONAL else "scored",
        ]
        for kind, n in labelled.most_common()
    ]
    precision: list[list[Cell]] = [
        [kind, right[kind] + wrong[kind], right[kind], round(right[kind] / (right[kind] + wrong[kind]), 3)]
        for kind in sorted(right | wrong)
    ]
    return [
        Table("recall by label", ["label", "n", "found", "recall", "scored"], recall),
        Table("precision by kind", ["kind", "n", "right", "precision"], precision),
    ]


def _reviews(path: Path, limit: int | None) -> list[Table]:
    texts = [clean_text(row["text"]) for row in review_rows(path)][:limit]
    kinds, rate = _timed(texts)
    rows: list[list[Cell]] = [[kind, n, round(1000 * n / len(texts), 1)] for kind, n in kinds.most_common()]
    return [
        Table("replaced in reviews (unlabelled)", ["kind", "n", "per 1,000 texts"], rows),
        Table("speed on reviews", ["texts", "texts/s (one core)"], [[len(texts), round(rate)]]),
    ]


def _timed(texts: Sequence[str]) -> tuple[Counter[str], float]:
    redactor = Redactor("suite")
    redactor.redact("warm up John", person_id="p")
    started = time.process_time()
    redacted = [redactor.redact(text, person_id=f"p{row}") for row, text in enumerate(texts)]
    seconds = time.process_time() - started
    placeholders = (match.group() for text in redacted for match in PLACEHOLDER.finditer(text))
    return Counter(one[1:].partition("-")[0] for one in placeholders), len(texts) / seconds


def _events(path: Path, limit: int | None) -> list[Table]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows: list[dict[str, Scalar]] = [dict(row) for row in csv.DictReader(file)][:limit]
    redactor = Redactor("suite")
    redactor.redact("warm up John", person_id="p")
    started = time.process_time()
    redacted = [redactor.redact_properties(row, person_id="p") for row in rows]
    seconds = time.process_time() - started
    changed = Counter(
        key for row, after in zip(rows, redacted, strict=True) for key in row if row[key] != after[key]
    )
    cells: list[list[Cell]] = [[key, n, round(n / len(rows), 4)] for key, n in changed.most_common()]
    return [
        Table("columns changed in an event log", ["column", "rows", "share"], cells),
        Table("speed on events", ["rows", "rows/s (one core)"], [[len(rows), round(len(rows) / seconds)]]),
    ]
