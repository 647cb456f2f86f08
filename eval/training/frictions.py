"""Reads the project's own complaints labelled by kind of friction, and the phrases of the taxonomy that mean one."""

import csv
from importlib import resources

from agent.analyse.taxonomy import taxonomy
from agent.schemas.insight import Friction
from eval.training.corpora import Labelled

OTHER = "other"
"""Complaints of another kind: price, taste, waiting, manners."""
FRICTIONS = (*(friction.value for friction in Friction), OTHER)
_PHRASE_WEIGHT = 0.7


def read_frictions() -> list[Labelled]:
    """Read the labelled complaints; the group is the industry."""
    source = resources.files("eval.training").joinpath("frictions.tsv").read_text(encoding="utf-8")
    return [
        Labelled("own frictions", row["text"], 1.0, friction=_one_hot(row["friction"]), group=row["industry"])
        for row in csv.DictReader(source.splitlines(), delimiter="\t")
    ]


def friction_rows() -> list[Labelled]:
    """Return what friction learns from: the labelled complaints, and the taxonomy's phrases, which are never tested."""
    phrases = [
        Labelled("taxonomy", phrase, _PHRASE_WEIGHT, friction=_one_hot(entry.name))
        for entry in taxonomy().frictions
        for phrase in entry.examples
    ]
    return [*read_frictions(), *phrases]


def _one_hot(name: str) -> tuple[float, ...]:
    return tuple(float(known == name) for known in FRICTIONS)
