"""What a prediction learns from: what customers had done at some times, and what they did after them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.analyse.calibration import Examples
from agent.events.features import NOTHING, Counted, History, days_between

Target = Literal["next", "buy", "leave"]

MIN_OF_EACH = 30
"""Customers with each answer, below whom nothing is predicted; a next step that fewer take is one of the others."""
OTHER_STEP = "another step"
NO_STEP = "nothing"
_MAX_STEPS = 10
_MAX_KEYS = 25

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Asked:
    """What is to be learnt, and as what."""

    target: Target
    question: str
    answers: tuple[str, ...]
    """By class."""
    examples: Examples
    features: tuple[str, ...]
    last_step: Ints
    """Name of the last step of each row."""
    is_latest: NDArray[np.bool_]
    """Which rows are of the last landmark; no two of them are of one person."""


def asked_of(
    target: Target, history: History, names: Mapping[str, tuple[str, ...]], window: timedelta
) -> Asked | str:
    """Return the rows to learn from, or why there are none.

    Args:
        target: What is asked.
        history: Steps by period, of which the first and the last are no landmarks.
        names: Outcome to the event names that mean it.
        window: Length of a period.
    """
    if target == "buy" and "purchase" not in names:
        return "no event is a purchase, so that nobody is known to have bought"
    per_landmark = range(1, len(history.cuts))
    labels, answers = _labels(target, history, names, per_landmark)
    parts: list[tuple[Floats, Ints, Ints, Ints]] = []
    columns: tuple[str, ...] = ()
    for period, label in zip(per_landmark, labels, strict=True):
        rows = np.flatnonzero(at_risk(history, period, names))
        features, columns = features_at(history, period)
        last_name, _ = history.last_before(period)
        parts.append((features[rows], label[rows], rows, last_name[rows]))
    features, label, person, last_step = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Asked(
        target=target,
        question=_question(target, names, window),
        answers=answers,
        examples=Examples(features.astype(np.float64), label, person, len(answers)),
        features=columns,
        last_step=last_step,
        is_latest=np.arange(len(label)) >= len(label) - len(parts[-1][1]),
    )


def _question(target: Target, names: Mapping[str, tuple[str, ...]], window: timedelta) -> str:
    within = f"within {window.days} days" if window.days else f"within {window // timedelta(hours=1)} hours"
    within += " of the time they are looked at"
    if target == "next":
        return f"which step customers take first {within}, or that they take none"
    if target == "buy":
        return f"whether customers have one of {', '.join(names['purchase'])} {within}"
    if "leaving" in names:
        return f"whether customers have one of {', '.join(names['leaving'])} {within}"
    return f"whether customers do nothing {within}; no event says that somebody leaves"


def _labels(
    target: Target, history: History, names: Mapping[str, tuple[str, ...]], periods: Sequence[int]
) -> tuple[list[Ints], tuple[str, ...]]:
    """Return the class of each person after each landmark, and the answers that classes stand for."""
    after = [period + 1 for period in periods]
    if target == "next":
        return _next_labels(history, after)
    if target == "buy":
        did = [history.had(names["purchase"], history.kinds.within(period)) for period in after]
        return [found.astype(np.int64) for found in did], ("does not buy", "buys")
    if "leaving" in names:
        did = [history.had(names["leaving"], history.kinds.within(period)) for period in after]
    else:
        did = [history.steps_within(period) == 0 for period in after]
    return [found.astype(np.int64) for found in did], ("stays", "leaves")


def _next_labels(history: History, after: Sequence[int]) -> tuple[list[Ints], tuple[str, ...]]:
    active = [history.steps_within(period - 1) > 0 for period in after]
    persons_by_step: dict[int, set[int]] = {}
    for period, there in zip(after, active, strict=True):
        for person in np.flatnonzero(there):
            persons_by_step.setdefault(int(history.first_name[person, period]), set()).add(int(person))
    steps = [name for name, persons in persons_by_step.items() if len(persons) >= MIN_OF_EACH]
    steps.sort(key=lambda name: (-len(persons_by_step[name]), name))
    common = [name for name in steps if name != NOTHING][:_MAX_STEPS]
    answers = [NO_STEP, *(history.names[name] for name in common)]
    class_of = np.full(len(history.names) + 1, len(answers), dtype=np.int64)
    class_of[NOTHING] = 0
    class_of[common] = np.arange(1, len(answers))
    labels = [class_of[history.first_name[:, period]] for period in after]
    if any((label[there] == len(answers)).any() for label, there in zip(labels, active, strict=True)):
        answers.append(OTHER_STEP)
    else:
        # Nobody who is looked at takes another step, so that the class is not needed.
        labels = [np.minimum(label, len(answers) - 1) for label in labels]
    return labels, tuple(answers)


def at_risk(history: History, period: int, names: Mapping[str, tuple[str, ...]]) -> NDArray[np.bool_]:
    """Return who is looked at: whoever was active in the window before and has not left."""
    found = history.steps_within(period) > 0
    if "leaving" in names:
        found &= ~history.had(names["leaving"], history.kinds.until(period))
    return found


def features_at(history: History, period: int) -> tuple[Floats, tuple[str, ...]]:
    """Return what is known of persons at the end of a period, shape `(n_persons, n_features)`, and the features' names."""
    columns: list[Floats] = []
    names: list[str] = []

    def add(name: str, values: Floats) -> None:
        columns.append(values)
        names.append(name)

    groups = {"step": 0, "channel": 1}
    for what, part in groups.items():
        for when, counts in (
            ("so far", history.kinds.until(period)),
            ("lately", history.kinds.within(period)),
        ):
            for key, values in _by(history.kinds, counts, part).items():
                add(f"{what} {key} {when}", np.log1p(values))
    for key, values in _by(history.stages, history.stages.until(period), 0).items():
        add(f"steps in {key}", np.log1p(values))
    for key, values in _by(history.moves, history.moves.until(period), 0).items():
        add(f"move {key}", np.log1p(values))
    all_steps = history.kinds.until(period).sum(axis=1)
    for key, values in _by(history.hours, history.hours.until(period), 0).items():
        add(f"active {key}", (values + 1) / (all_steps + 4))
    last_name, last_at = history.last_before(period)
    end = int(history.cuts[period]) if period < len(history.cuts) else int(history.last_ms.max())
    age = days_between(end, history.first_at(period))
    add("days since the last step", np.log1p(days_between(end, last_at)))
    add("days since the first step", np.log1p(age))
    add("steps so far", np.log1p(all_steps))
    add("sessions so far", np.log1p(history.sessions[:, period].astype(np.float64)))
    add("mean pause between steps", np.log1p(age / np.maximum(all_steps, 1)))
    frequent = np.argsort(-np.bincount(history.last_name[history.last_name >= 0]), kind="stable")
    for name in frequent[:_MAX_KEYS]:
        add(f"last step {history.names[name]}", (last_name == name).astype(np.float64))
    return np.column_stack(columns), tuple(names)


def _by(counted: Counted, counts: Floats, part: int) -> dict[str, Floats]:
    """Return counts by one part of their keys, those that most persons have at any time."""
    values: dict[str, list[int]] = {}
    for place, key in enumerate(counted.keys):
        if key[part] is not None:
            values.setdefault(str(key[part]), []).append(place)
    ever = counted.values.sum(axis=1)
    n_persons = {key: int((ever[:, places].sum(axis=1) > 0).sum()) for key, places in values.items()}
    common = sorted(values, key=lambda key: (-n_persons[key], key))[:_MAX_KEYS]
    return {key: counts[:, values[key]].sum(axis=1) for key in common if n_persons[key]}


def persons_by_answer(asked: Asked) -> dict[str, int]:
    """Return the distinct persons who gave each answer at least once."""
    return {
        answer: len(np.unique(asked.examples.person[asked.examples.label == kind]))
        for kind, answer in enumerate(asked.answers)
    }
