"""Posts a text again as syndication and spam do: with a trivial edit, or none."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from eval.simulator.plan import SimulationPlan
from eval.simulator.truth import PlantedCopy

_ID, _CUSTOMER, _TEXT, _CREATED, _SOURCE = 0, 1, 4, 5, 6
_MAX_DAYS = 10
_FILLERS = ("really", "just", "very", "actually")


def post_again(
    reviews: Sequence[tuple[str, ...]], *, index: int, plan: SimulationPlan, sources: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], PlantedCopy]]:
    """Yield copies of some of a person's reviews, each with what is planted: another place and name, within ten days.

    Args:
        reviews: Rows as in the file of reviews.
        index: Of the person; draws are of a stream of its own, so that everyone else stays the same without copies.
        plan: Says how many.
        sources: Places where reviews are posted.
    """
    rng = random.Random((plan.seed << 34) | (index << 2) | 2)
    for row in reviews:
        if rng.random() >= plan.copied_share:
            continue
        others = [source for source in sources if source != row[_SOURCE]]
        later = datetime.fromisoformat(row[_CREATED]) + timedelta(days=_MAX_DAYS * rng.random())
        again = list(row)
        again[_ID], again[_CUSTOMER] = f"{row[_ID]}c", f"guest_{row[_ID]}"
        again[_TEXT] = edited(row[_TEXT], rng)
        again[_CREATED] = f"{min(later, plan.as_of):%Y-%m-%dT%H:%M:%SZ}"
        again[_SOURCE] = others[rng.randrange(len(others))]
        yield (
            tuple(again),
            PlantedCopy(record_id=again[_ID], customer_id=again[_CUSTOMER], original_id=row[_ID]),
        )


def edited(text: str, rng: random.Random) -> str:
    """Return a text as it may stand at another place: equal, or with one trivial edit drawn."""
    words = text.split()
    edit = _EDITS[rng.randrange(len(_EDITS))]
    return edit(words, rng) if words else text


def _same(words: Sequence[str], _rng: random.Random) -> str:
    return " ".join(words)


def _capitals(words: Sequence[str], _rng: random.Random) -> str:
    return " ".join(words).upper()


def _points(words: Sequence[str], _rng: random.Random) -> str:
    return " ".join(words).replace(".", "!").replace(",", "")


def _filled(words: Sequence[str], rng: random.Random) -> str:
    place = rng.randrange(len(words) + 1)
    return " ".join([*words[:place], rng.choice(_FILLERS), *words[place:]])


def _mistyped(words: Sequence[str], rng: random.Random) -> str:
    place = rng.randrange(len(words))
    word = words[place]
    return " ".join([*words[:place], word[1::-1] + word[2:], *words[place + 1 :]])


def _cut(words: Sequence[str], _rng: random.Random) -> str:
    kept = max(4, int(0.75 * len(words)))
    return " ".join(words[:kept]) + ("... Read more" if kept < len(words) else "")


def _promoted(words: Sequence[str], _rng: random.Random) -> str:
    return " ".join(words) + " [This review was collected as part of a promotion.]"


def _left_out(words: Sequence[str], rng: random.Random) -> str:
    place = rng.randrange(len(words))
    return " ".join([*words[:place], *words[place + 1 :]])


_EDITS: tuple[Callable[[Sequence[str], random.Random], str], ...] = (
    _same,
    _capitals,
    _points,
    _filled,
    _mistyped,
    _cut,
    _promoted,
    _left_out,
)
