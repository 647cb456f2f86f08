"""A proposal says which field is what, and the mapping made of it reads the file."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.errors import MappingError
from agent.pipeline.proposing import Role, mapping_toml, propose
from agent.read import read_file
from agent.read.formats import SourceKind
from agent.read.source import take_sample
from agent.schemas.records import RawEvent, RawRecord

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_WORDS = (
    "The parcel came two days late and nobody told us why",
    "Very friendly staff at the counter, thank you for that",
    "I could not find the size table on the page at all",
    "Everything fits and the colour is as it was shown",
    "The refund took weeks although it was promised in days",
    "Setting it up was easy and took only some minutes",
)


def _table(path: Path, columns: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def _opinions(path: Path) -> Path:
    rows: list[list[object]] = [
        [
            f"K-{number}",
            f"2026-05-{number + 1:02d} 10:00",
            f"C{number % 4:03d}",
            number % 5 + 1,
            words,
            ("north", "south")[number % 2],
        ]
        for number, words in enumerate(_WORDS * 2)
    ]
    return _table(path, ["Ref", "Submitted on", "Member", "Stars", "What they said", "Region"], rows)


def test_propose_table_of_opinions_finds_each_role(tmp_path: Path) -> None:
    """Words, time, customer, rating and a field for filters are found under names no importer knows."""
    found = propose(take_sample(_opinions(tmp_path / "export.csv")), now=_NOW)

    assert found.kind is SourceKind.REVIEWS
    expected: dict[Role, str] = {
        "text": "What they said",
        "at": "Submitted on",
        "user_id": "Member",
        "rating": "Stars",
        "id": "Ref",
    }
    assert {role: found.roles.get(role) for role in expected} == expected
    assert "Region" in found.attributes
    assert found.rating_max == 5


def test_mapping_toml_of_proposal_reads_the_file(tmp_path: Path) -> None:
    """The mapping file made of a proposal gives every row with its fields."""
    path = _opinions(tmp_path / "export.csv")
    found = propose(take_sample(path), now=_NOW)
    mapping = tmp_path / "export.toml"
    mapping.write_text(
        mapping_toml(found.kind, found.roles, attributes=found.attributes, rating_max=found.rating_max)
    )

    rows = [item for item in read_file(path, mapping=mapping) if isinstance(item, RawRecord)]

    assert len(rows) == 12
    assert rows[0].text == _WORDS[0]
    assert (rows[0].rating, rows[0].rating_max) == (1.0, 5.0)
    assert rows[0].identifiers[0].value == "C000"
    assert dict(rows[0].attributes) == {"region": "north"}


def test_mapping_toml_title_and_text_are_one_text(tmp_path: Path) -> None:
    """A title and a body become one text, the title first."""
    path = _table(
        tmp_path / "posts.csv",
        ["Headline", "Remark"],
        [[f"Parcel {n}", words] for n, words in enumerate(_WORDS)],
    )
    mapping = tmp_path / "posts.toml"
    mapping.write_text(mapping_toml(SourceKind.REVIEWS, {"title": "Headline", "text": "Remark"}))

    first = next(iter(read_file(path, mapping=mapping)))

    assert isinstance(first, RawRecord)
    assert first.text == f"Parcel 0\n{_WORDS[0]}"


def test_propose_steps_of_customers_are_events(tmp_path: Path) -> None:
    """A table of steps without words is one of events, and its mapping gives events."""
    steps = ("looked", "put in basket", "paid")
    path = tmp_path / "log.jsonl"
    lines = [
        {
            "visitor": f"v{number % 7}",
            "activity": steps[number % 3],
            "ts": f"2026-04-{number % 27 + 1:02d}T08:00:00Z",
            "amount": number,
        }
        for number in range(60)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    found = propose(take_sample(path), now=_NOW)
    mapping = tmp_path / "log.toml"
    mapping.write_text(mapping_toml(found.kind, found.roles, attributes=["amount"]))

    events = [item for item in read_file(path, mapping=mapping) if isinstance(item, RawEvent)]

    assert found.kind is SourceKind.EVENTS
    assert [event.name for event in events[:3]] == list(steps)
    assert events[4].properties["amount"] == 4


def test_propose_nothing_that_holds_words_or_events_says_so(tmp_path: Path) -> None:
    """A table of numbers is refused with the names of its fields."""
    path = _table(tmp_path / "sums.csv", ["a", "b"], [[number, number * 2] for number in range(30)])

    with pytest.raises(
        MappingError, match=r"no field of 'sums\.csv' holds words or names of events; its fields are 'a', 'b'"
    ):
        propose(take_sample(path), now=_NOW)


@pytest.mark.parametrize("name", ['say "hi"', "back\\slash", "új mező", "a\nb"])
def test_mapping_toml_any_name_is_quoted(tmp_path: Path, name: str) -> None:
    """Whatever a column is called, the mapping names that column."""
    path = _table(tmp_path / "odd.csv", [name, "n"], [[words, number] for number, words in enumerate(_WORDS)])
    mapping = tmp_path / "odd.toml"
    mapping.write_text(mapping_toml(SourceKind.REVIEWS, {"text": name}), encoding="utf-8")

    first = next(iter(read_file(path, mapping=mapping)))

    assert isinstance(first, RawRecord)
    assert first.text == _WORDS[0]
