"""Draws what customers said as counts see it, without words: who, when, over which channel, about which theme.

It is for measuring the counting alone, many maps over: no text is read and no theme is found, so that what was planted is
also what is counted.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from agent.schemas.insight import Emotion, Reading, Severity, Theme
from agent.schemas.records import Kind, Passage

START = datetime(2025, 1, 1, tzinfo=UTC)
STAGES = ("awareness", "consideration", "decision", "retention", "advocacy")
CHANNELS = ("chat", "email", "phone")
GROUPS = ("family", "student", "business")
_MONTH = timedelta(days=30.4375)
_NO_SHA = "0" * 64
_LEVELS = (Severity.BLOCKED, Severity.COSTS_EFFORT, Severity.ANNOYS)


@dataclass(frozen=True, slots=True)
class VoicesPlan:
    """What to draw.

    Args:
        n_persons: Persons who speak, each in one to four months.
        shares: Of the persons, for each theme.
        n_months: Length of the window.
        growth: Persons who come in the last month, over those in the first.
        several: Share of the persons who speak in more than one month.
        shift: Theme, and what is added to its share for persons who come in the second half.
        place: Theme that is voiced by phone three times as often as chance gives.
    """

    n_persons: int
    shares: tuple[float, ...]
    n_months: int = 6
    growth: float = 1.0
    several: float = 0.3
    shift: tuple[int, float] | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Voices:
    """What was drawn; one passage a person, month and theme, and one without a complaint where there is no theme."""

    passages: list[Passage]
    readings: list[Reading]
    themes: tuple[Theme, ...]
    theme_of: list[int]
    """Theme of each passage, -1 where it is no complaint."""
    group_of: dict[str, str]


def draw_voices(plan: VoicesPlan, rng: np.random.Generator) -> Voices:
    """Draw what customers said."""
    volumes: NDArray[np.float64] = np.exp(np.linspace(0, math.log(plan.growth), plan.n_months))
    weights = volumes / volumes.sum()
    passages: list[Passage] = []
    readings: list[Reading] = []
    theme_of: list[int] = []
    group_of: dict[str, str] = {}
    first: list[int] = rng.choice(plan.n_months, size=plan.n_persons, p=weights).tolist()
    speaks_on = rng.random(plan.n_persons) < plan.several
    n_spoken: list[int] = (1 + speaks_on * rng.integers(1, 4, plan.n_persons)).tolist()
    for person in range(plan.n_persons):
        name = f"p{person}"
        group_of[name] = GROUPS[int(rng.integers(len(GROUPS)))]
        shares = _shares_at(plan, first[person])
        has: list[int] = np.flatnonzero(rng.random(len(shares)) < shares).tolist()
        months = {first[person], *map(int, rng.choice(plan.n_months, n_spoken[person] - 1, p=weights))}
        for month in sorted(months):
            said = [theme for theme in has if len(months) == 1 or rng.random() < 0.7]  # noqa: PLR2004
            for theme in said or [-1]:
                by_phone = theme >= 0 and theme == plan.place and rng.random() < 0.5  # noqa: PLR2004
                passages.append(_passage(len(passages), name, month, by_phone=by_phone, rng=rng))
                readings.append(_reading(passages[-1], theme, rng))
                theme_of.append(theme)
    return Voices(passages, readings, themes_of(passages, theme_of, len(plan.shares)), theme_of, group_of)


def themes_of(passages: list[Passage], theme_of: list[int], n_themes: int) -> tuple[Theme, ...]:
    """Return the themes with their members."""
    members: list[list[str]] = [[] for _ in range(n_themes)]
    for passage, theme in zip(passages, theme_of, strict=True):
        if theme >= 0:
            members[theme].append(passage.passage_id)
    return tuple(
        Theme(
            theme_id=f"t_{number}",
            label=f"Theme {number}",
            definition="Drawn.",
            stage=None,
            terms=(),
            passage_ids=tuple(ids),
            core_passage_ids=tuple(ids[:3]),
        )
        for number, ids in enumerate(members)
    )


def _shares_at(plan: VoicesPlan, month: int) -> NDArray[np.float64]:
    shares = np.array(plan.shares)
    if plan.shift is not None and month >= plan.n_months / 2:
        shares[plan.shift[0]] += plan.shift[1]
    return shares


def _passage(
    record_number: int, person_id: str, month: int, *, by_phone: bool, rng: np.random.Generator
) -> Passage:
    at = START + _MONTH * (month + float(rng.random()))
    channel = "phone" if by_phone else CHANNELS[int(rng.integers(len(CHANNELS)))]
    # Ids that do not tell the order, as those of real records do not.
    record_id = f"r_{int(rng.integers(1 << 60)):015x}{record_number:06d}"
    return Passage(
        f"{record_id}:0-4", record_id, person_id, 0, 4, "said", _NO_SHA, Kind.REVIEW, at, channel, None
    )


def _reading(passage: Passage, theme: int, rng: np.random.Generator) -> Reading:
    return Reading(
        passage.passage_id,
        passage.record_id,
        passage.person_id,
        passage.start,
        passage.end,
        passage.text_sha256,
        sentiment=-0.5 if theme >= 0 else 0.1,
        emotion=Emotion.FRUSTRATED if theme >= 0 else Emotion.NEUTRAL,
        stage=STAGES[int(rng.integers(len(STAGES)))],
        touchpoint=None,
        complaint=theme >= 0,
        severity=_LEVELS[int(rng.integers(len(_LEVELS)))] if theme >= 0 else None,
        at=passage.at,
    )
