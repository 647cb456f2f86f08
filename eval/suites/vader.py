"""VADER, the peer of sentiment; it is run where it is installed."""

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray


def has_vader() -> bool:
    """Say whether the peer is installed."""
    return importlib.util.find_spec("vaderSentiment") is not None


def vader_scores(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the peer's compound score of each text, -1 to 1."""
    module = importlib.import_module("vaderSentiment.vaderSentiment")
    scores = cast("Callable[[str], dict[str, float]]", module.SentimentIntensityAnalyzer().polarity_scores)
    return np.array([scores(text)["compound"] for text in texts])
