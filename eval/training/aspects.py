"""Reads restaurant sentences with the polarity of each aspect, and finds where an aspect is spoken of."""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from defusedxml.ElementTree import parse

_ASPECT_WORDS = {
    "food": "food dish dishes meal meals chicken steak pizza pasta fish sushi salad burger fries dessert desserts appetizer appetizers "
    "entree entrees soup bread rice meat beef pork lamb shrimp lobster crab cheese sauce wine wines drink drinks cocktail cocktails "
    "beer beers coffee tea breakfast brunch eggs sandwich sandwiches noodles curry portion portions flavor taste cuisine cake "
    "chocolate roll rolls lunch dinner duck tuna salmon",
    "service": "service served serving waiter waitress wait waited seated server servers",
    "staff": "staff waiter waiters waitress waitresses server servers bartender bartenders hostess host manager owner owners "
    "waitstaff chef employees",
    "price": "price prices priced bill expensive cheap inexpensive overpriced cost costs money dollars check bucks pricey paid pay value",
    "ambience": "ambience ambiance atmosphere decor music room space interior seating noise loud noisy crowd vibe setting lighting "
    "crowded cozy romantic",
    "place": "place restaurant spot bar location table tables patio outside seat seats garden booth neighborhood bathroom area",
    "menu": "menu menus selection list choices options variety",
}
_ASPECTS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"\b(?:{'|'.join(words.split())})\b", re.IGNORECASE)
    for name, words in _ASPECT_WORDS.items()
}


@dataclass(frozen=True, slots=True)
class AspectSentence:
    """A sentence with pairs of aspect and tone: negative, neutral or positive."""

    text: str
    aspects: tuple[tuple[str, str], ...]

    @property
    def is_mixed(self) -> bool:
        """Whether one aspect is good and another bad."""
        return {"negative", "positive"} <= {tone for _, tone in self.aspects}


def read_aspects(data: Path, split: str) -> list[AspectSentence]:
    """Read a split of MAMS-ACSA, `train` or `val`: every sentence has at least two aspects of different tones."""
    with gzip.open(data / "reviews" / f"mams_acsa_{split}.xml.gz", "rb") as file:
        root = parse(file).getroot()
    return [
        AspectSentence(
            sentence.findtext("text", ""),
            tuple(
                (aspect.get("category", ""), aspect.get("polarity", ""))
                for aspect in sentence.iter("aspectCategory")
            ),
        )
        for sentence in (root.iter("sentence") if root is not None else ())
    ]


def aspect_starts(aspect: str, text: str) -> list[int]:
    """Return where words of an aspect stand in a text; none for an aspect that has no words of its own."""
    return [match.start() for match in _ASPECTS[aspect].finditer(text)] if aspect in _ASPECTS else []
