"""Counts what was drawn without words, by the product and by the naive peer."""

# SciPy ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from agent.analyse.concentration import concentrations_of
from agent.analyse.pain_points import rank_pain_points
from agent.analyse.themes import ThemeSet
from agent.analyse.trends import SpokenMonths, trends_of
from agent.ports import Vectors
from agent.schemas.insight import Concentration, PainPoint, Trend
from eval.simulator.voices import Voices

POPULATION = "customers who said something"
_N_DIM = 64

_stats: Any = stats


def points_of(voices: Voices) -> list[PainPoint]:
    """Return the pain points of what was drawn."""
    return rank_pain_points(
        ThemeSet(voices.themes, {}, 0.0),
        voices.passages,
        voices.readings,
        _own_wordings(len(voices.passages)),
        persons_in_scope={passage.person_id for passage in voices.passages},
        population=POPULATION,
        segments={"group": voices.group_of},
    )


def _own_wordings(n_passages: int) -> Vectors:
    """Return vectors of texts that are all worded otherwise; what is drawn has no words."""
    drawn = np.random.default_rng(0).standard_normal((n_passages, _N_DIM), dtype=np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def figures_of(voices: Voices) -> list[tuple[Trend, tuple[Concentration, ...]]]:
    """Return the trend and the places of each theme of what was drawn, as ranking has them tested."""
    persons = {passage.person_id for passage in voices.passages}
    rows: list[list[int]] = [[] for _ in voices.themes]
    for row, theme in enumerate(voices.theme_of):
        if theme >= 0:
            rows[theme].append(row)
    members = [[voices.passages[row] for row in of] for of in rows]
    trends = trends_of(members, SpokenMonths.of(voices.passages, persons=persons), population=POPULATION)
    places = concentrations_of(
        rows, voices.passages, voices.readings, persons=persons, segments={"group": voices.group_of}
    )
    return list(zip(trends, places, strict=True))


def times_of(voices: Voices) -> NDArray[np.float64]:
    """Return the time of each passage in seconds, shape `(n_passages,)`."""
    return np.array([passage.at.timestamp() if passage.at else 0.0 for passage in voices.passages])


def peer_trend(at: NDArray[np.float64], said: NDArray[np.bool_]) -> float:
    """Return the p-value of a line through the shares of messages, each message by itself."""
    return float(_stats.linregress(at, said.astype(np.float64)).pvalue)
