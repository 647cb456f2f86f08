"""What customers do next, who will buy and who will leave: probabilities that are shown only where they beat the base rate.

Customers are looked at several times; each time what they did until then predicts what they did in the window after it
(landmarking). All figures of merit are of persons the model was not fitted on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agent.analyse.calibration import (
    CalibratedModel,
    CalibrationBin,
    Improvement,
    brier_losses,
    calibration_bins,
    fit_calibrated,
    improvement,
    log_losses,
    out_of_fold,
)
from agent.analyse.examples import (
    MIN_OF_EACH,
    NO_STEP,
    OTHER_STEP,
    Asked,
    Target,
    asked_of,
    at_risk,
    features_at,
    persons_by_answer,
)
from agent.analyse.outcomes import outcomes_among
from agent.analyse.statistics import mean_interval
from agent.events.features import History, history_of
from agent.events.journeys import Journeys
from agent.schemas.base import Frozen

Verdict = Literal["shown", "no_better", "unknown"]

MIN_PERSONS = 200
"""Customers looked at, below whom nothing is predicted."""
MIN_GROUP = 5
"""No group of fewer customers is shown."""
N_LANDMARKS = 4
LONGEST_WINDOW = timedelta(days=30)
_N_WINDOWS = N_LANDMARKS + 2
_N_DRIVERS = 8
_TOO_LITTLE = "{n:,} customers could be looked at, {least:,} are needed"

Floats = NDArray[np.float64]


class Skill(Frozen):
    """How good the probabilities are on persons that the model was not fitted on, beside the base rate."""

    log_loss: Improvement
    """In nats."""
    brier: Improvement
    n_folds: int
    calibration: tuple[CalibrationBin, ...]
    """Of who buys or leaves, at the last landmark; empty for the next step."""
    after_last_step_log_loss: float | None = None
    """Of the next step: log-loss of how often each step followed the last one; beside, not a threshold."""

    @property
    def is_better(self) -> bool:
        """True where both losses are shown to be smaller than those of the base rate."""
        return self.log_loss.low > 0 and self.brier.low > 0


class Driver(Frozen):
    """A feature the probability goes along with, the others held; no cause."""

    feature: str
    log_odds: float
    """Change of the log-odds with one standard deviation of the feature."""


class Expected(Frozen):
    """What is expected of a group of customers as of the end of the data."""

    group: str
    n: int
    shares: dict[str, float]
    """Mean probability of each answer."""
    low: float | None
    """Bounds of the mean of the first answer, over the customers of the group (Student)."""
    high: float | None


class Score(Frozen):
    """What is expected of one customer."""

    person_id: str
    probabilities: dict[str, float]


class Prediction(Frozen):
    """What is predicted, how well, and for whom; nothing is told of anybody where the verdict is not `shown`."""

    target: Target
    verdict: Verdict
    reason: str | None
    """Why nothing is shown."""
    question: str
    """What exactly is predicted."""
    window_s: float
    landmarks: tuple[datetime, ...]
    """Times as of which customers were looked at."""
    as_of: datetime | None
    """Time as of which the scores are."""
    n_persons: int
    """Customers learnt from."""
    n_rows: int
    """Times customers were looked at."""
    persons_by_answer: dict[str, int]
    """Distinct customers who gave each answer at least once."""
    skill: Skill | None = None
    drivers: tuple[Driver, ...] = ()
    expected: tuple[Expected, ...] = ()
    n_hidden: int = 0
    """Customers of groups too small to be shown."""
    scores: tuple[Score, ...] = Field(default=(), repr=False)
    population: str


def predict(
    journeys: Journeys,
    target: Target,
    *,
    population: str,
    groups: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Prediction:
    """Predict what customers do in the window after the end of the data.

    Args:
        journeys: Whose.
        target: What.
        population: Who they are, as a sentence part.
        groups: Person to group, for which the mean expectation is told; no groups where None.
        seed: Of folds and resamples.

    Raises:
        StoreError: The events cannot be read.
    """
    window = _window(journeys)
    first, last = journeys.window
    if first is None or last is None or last - first < _N_WINDOWS * window:
        reason = f"the events cover too short a time, {_N_WINDOWS} hours at least are needed"
        return _untold(target, reason, population, window)
    cuts = [last - place * window for place in range(N_LANDMARKS + 1, 0, -1)]
    names = outcomes_among(journeys.names())
    history = history_of(journeys, cuts, kept=[name for known in names.values() for name in known])
    asked = asked_of(target, history, names, window)
    if isinstance(asked, str):
        return _untold(target, asked, population, window)
    n_by_answer = persons_by_answer(asked)
    told = _Told(journeys, history, asked, population, window, tuple(cuts[1:]), last, n_by_answer)
    reason = _too_little(asked, n_by_answer)
    if reason is not None:
        return told.as_prediction("unknown", reason)
    skill = skill_of(asked, population, seed=seed)
    if not skill.is_better:
        return told.as_prediction("no_better", "no better than the base rate", skill=skill)
    return _shown(told, skill, names, groups or {}, seed=seed)


@dataclass(frozen=True)
class _Told:
    """What is said whatever the verdict."""

    journeys: Journeys
    history: History
    asked: Asked
    population: str
    window: timedelta
    landmarks: tuple[datetime, ...]
    as_of: datetime
    n_by_answer: dict[str, int]

    def as_prediction(self, verdict: Verdict, reason: str | None, **more: object) -> Prediction:
        """Return the prediction with what is known so far."""
        plain = Prediction(
            target=self.asked.target,
            verdict=verdict,
            reason=reason,
            question=self.asked.question,
            window_s=self.window.total_seconds(),
            landmarks=self.landmarks,
            as_of=self.as_of,
            n_persons=len(np.unique(self.asked.examples.person)),
            n_rows=len(self.asked.examples.label),
            persons_by_answer=self.n_by_answer,
            population=self.population,
        )
        return plain.model_copy(update=more)


def _shown(
    told: _Told, skill: Skill, names: Mapping[str, tuple[str, ...]], groups: Mapping[str, str], *, seed: int
) -> Prediction:
    asked, history = told.asked, told.history
    model = fit_calibrated(asked.examples, seed=seed)
    now = len(history.cuts)
    rows = np.flatnonzero(at_risk(history, now, names))
    features, _ = features_at(history, now)
    probabilities = model.probabilities(features[rows])
    # Of buying and leaving the answer yes is the one that is told.
    told_classes = range(len(asked.answers)) if asked.target == "next" else (1,)
    scores = tuple(
        Score(
            person_id=history.persons[row],
            probabilities={asked.answers[kind]: round(float(found[kind]), 6) for kind in told_classes},
        )
        for row, found in zip(rows, probabilities, strict=True)
    )
    expected, n_hidden = _expected(scores, groups)
    drivers = () if asked.target == "next" else _drivers(model, asked.features)
    return told.as_prediction(
        "shown", None, skill=skill, drivers=drivers, expected=expected, n_hidden=n_hidden, scores=scores
    )


def _window(journeys: Journeys) -> timedelta:
    first, last = journeys.window
    span = timedelta() if first is None or last is None else last - first
    window = min(LONGEST_WINDOW, span / _N_WINDOWS)
    unit = timedelta(days=1) if window >= timedelta(days=1) else timedelta(hours=1)
    return max(window // unit, 1) * unit


def _too_little(asked: Asked, n_by_answer: Mapping[str, int]) -> str | None:
    n = len(np.unique(asked.examples.person))
    if n < MIN_PERSONS:
        return _TOO_LITTLE.format(n=n, least=MIN_PERSONS)
    needed = [answer for answer in asked.answers if asked.target != "next" or answer != OTHER_STEP]
    if len(asked.answers) < 2:  # noqa: PLR2004 - a question has two answers
        return "all customers do the same"
    for answer in needed:
        if n_by_answer[answer] < MIN_OF_EACH and not (asked.target == "next" and answer == NO_STEP):
            return f"{n_by_answer[answer]:,} customers with the answer {answer!r}, {MIN_OF_EACH} are needed"
    return None


def skill_of(asked: Asked, population: str, *, seed: int) -> Skill:
    """Return how good probabilities are on persons that nothing was fitted on.

    Args:
        asked: What is learnt.
        population: Who the persons are, as a sentence part.
        seed: Of folds and resamples.
    """
    examples = asked.examples
    found, base = out_of_fold(examples, seed=seed)
    losses = {
        name: improvement(
            measure(found, examples.label), measure(base, examples.label), examples.person, seed=seed
        )
        for name, measure in (("log_loss", log_losses), ("brier", brier_losses))
    }
    bins: tuple[CalibrationBin, ...] = ()
    after_last = None
    if asked.target == "next":
        after_last = _after_last_step(asked, base)
    else:
        latest = asked.is_latest
        bins = calibration_bins(found[latest, 1], examples.label[latest] == 1, population=population)
    return Skill(**losses, n_folds=5, calibration=bins, after_last_step_log_loss=after_last)


def _after_last_step(asked: Asked, base: Floats) -> float:
    """Return the log-loss of how often each step followed the last one, of the other persons, drawn to the base rate."""
    examples = asked.examples
    n_classes = examples.n_classes
    counts = np.zeros((int(asked.last_step.max()) + 1, n_classes))
    np.add.at(counts, (asked.last_step, examples.label), 1)
    _, code = np.unique(examples.person, return_inverse=True)
    own = np.zeros((len(code), n_classes))
    for who in range(int(code.max()) + 1):
        rows = np.flatnonzero(code == who)
        same = asked.last_step[rows][:, None] == asked.last_step[rows][None, :]
        own[rows] = same.astype(np.float64) @ np.eye(n_classes)[examples.label[rows]]
    others = counts[asked.last_step] - own + n_classes * base
    return float(log_losses(others / others.sum(axis=1, keepdims=True), examples.label).mean())


def _expected(scores: Sequence[Score], groups: Mapping[str, str]) -> tuple[tuple[Expected, ...], int]:
    members: dict[str, list[Score]] = {"all": list(scores)} if scores else {}
    for score in scores:
        if score.person_id in groups:
            members.setdefault(groups[score.person_id], []).append(score)
    shown: list[Expected] = []
    n_hidden = 0
    for group, found in members.items():
        if len(found) < MIN_GROUP:
            n_hidden += len(found)
            continue
        answers = found[0].probabilities
        means = {
            answer: float(np.mean([score.probabilities[answer] for score in found])) for answer in answers
        }
        bounds = mean_interval([score.probabilities[next(iter(answers))] for score in found])
        low, high = (None, None) if bounds is None else (bounds.low, bounds.high)
        shown.append(Expected(group=group, n=len(found), shares=means, low=low, high=high))
    return (*shown[:1], *sorted(shown[1:], key=lambda one: one.group)), n_hidden


def _drivers(model: CalibratedModel, names: Sequence[str]) -> tuple[Driver, ...]:
    weights = model.weights
    order = np.argsort(-np.abs(weights), kind="stable")[:_N_DRIVERS]
    return tuple(Driver(feature=names[int(place)], log_odds=float(weights[place])) for place in order)


def _untold(target: Target, reason: str, population: str, window: timedelta) -> Prediction:
    return Prediction(
        target=target,
        verdict="unknown",
        reason=reason,
        question=target,
        window_s=window.total_seconds(),
        landmarks=(),
        as_of=None,
        n_persons=0,
        n_rows=0,
        persons_by_answer={},
        population=population,
    )
