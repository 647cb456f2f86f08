"""Follows persons from a moment on: in which state they were then, and what they did after it.

Nobody is followed from before the moment that makes them one of a group, so that no time counts in which the outcome was
out of reach (immortal time). Who cannot be followed to the end, because the data ends before, counts in neither group.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from agent.analyse.outcomes import OUTCOME_WINDOW, outcomes_among
from agent.events.experiences import MAX_PERSONS, Bools, Ints, StepColumns, milliseconds_of, step_columns
from agent.events.journeys import Journeys

_SHORT_DATA = 3
"""Of the time the data covers, at most one part in so many is used up by following; the rest is left to start from."""
_ACTIVITY = np.array([1, 3, 6, 11, 21, 51])
"""Steps taken before, from which a class begins."""
_PERIOD = timedelta(days=30)
_MS = 1000
LEAVING = "leaving"
_STATE = "purchase"
"""Whether somebody is a buyer already is part of their state, whatever the outcome."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Moments from which persons are followed, one a person and group, shape `(n,)` each."""

    person: Ints
    """Position among the persons with steps."""
    state_row: Ints
    """Row of the steps before which the state is taken."""
    row: Ints
    """First row of the steps that counts as later."""
    at: Ints
    """Milliseconds since 1970, UTC."""
    exposed: Bools

    def where(self, kept: Bools) -> "Landmarks":
        """Return some of the moments."""
        return Landmarks(
            self.person[kept], self.state_row[kept], self.row[kept], self.at[kept], self.exposed[kept]
        )

    def count(self, *, exposed: bool) -> int:
        """Return how many moments are of the first group, or of the other."""
        return int(np.count_nonzero(self.exposed == exposed))


class FollowUp:
    """What persons did after a moment, within a window that the data leaves room for.

    Args:
        journeys: Whose steps are followed.
        persons: Those of them who are asked about; everyone, or a sample where they are too many, if None.
    """

    def __init__(self, journeys: Journeys, *, persons: Collection[str] | None = None) -> None:
        self._journeys = journeys
        self._persons = persons
        self._outcome_rows: dict[str, Ints] = {}
        self.outcomes: Mapping[str, tuple[str, ...]] = outcomes_among(journeys.names())
        """Outcome to the event names that mean it, of those that there are."""
        first, last = journeys.window
        span = timedelta() if first is None or last is None else last - first
        self.within = _whole(min(OUTCOME_WINDOW, span / _SHORT_DATA))
        """How long persons are followed: sixty days, or a third of the time that the events cover where that is less."""

    @classmethod
    def of_speakers(cls, journeys: Journeys, speakers: Collection[str], everyone: "FollowUp") -> "FollowUp":
        """Return the follow-up of persons who said something, none of whom a sample may leave out.

        Args:
            journeys: Whose steps are followed.
            speakers: Persons who said something.
            everyone: The follow-up of all; the same one where nobody is left out of it.
        """
        if journeys.n_persons() <= MAX_PERSONS:
            return everyone
        return cls(journeys, persons=frozenset(speakers) & journeys.persons)

    @property
    def linked(self) -> frozenset[str]:
        """Persons with events."""
        return self._journeys.persons

    @property
    def stages(self) -> tuple[str, ...]:
        """Stages in order; a rank counts them."""
        return tuple(self._journeys.scope.stages)

    def stage_of(self, name: str) -> str | None:
        """Return the stage an event name belongs to."""
        return self._journeys.scope.stage_of(name)

    @cached_property
    def columns(self) -> StepColumns:
        """The steps."""
        return step_columns(self._journeys, persons=self._persons)

    def within_text(self) -> str:
        """Return the window as a sentence part."""
        if self.within >= timedelta(days=1):
            return f"within {self.within.days} days"
        return f"within {self.within // timedelta(hours=1)} hours"

    def told(self, exposed: Mapping[str, datetime], others: Mapping[str, datetime]) -> Landmarks:
        """Return the linked persons of two groups from the times at which they said something.

        Args:
            exposed: Persons of the first group with their time.
            others: Persons of the other group with theirs.
        """
        code_of = self.columns.code_of
        asked = [
            (code_of[person], at, is_exposed)
            for group, is_exposed in ((exposed, True), (others, False))
            for person, at in sorted(group.items())
            if person in code_of
        ]
        person = np.array([code for code, _, _ in asked], dtype=np.int64)
        at = milliseconds_of([time for _, time, _ in asked])
        return Landmarks(
            person=person,
            state_row=self.columns.rows_at(person, at),
            row=self.columns.rows_at(person, at, after=True),
            at=at,
            exposed=np.array([is_exposed for _, _, is_exposed in asked], dtype=bool),
        )

    def is_complete(self, landmarks: Landmarks) -> Bools:
        """Return who can be followed to the end of the window."""
        last = self._journeys.window.last
        if last is None:
            return np.zeros(len(landmarks.at), dtype=bool)
        return landmarks.at + self._within_ms <= int(milliseconds_of([last])[0])

    def had(self, outcome: str, landmarks: Landmarks) -> Bools:
        """Return who had the outcome before."""
        rows = self._rows_of(outcome)
        before = np.searchsorted(rows, landmarks.row) - 1
        return np.append(rows, -1)[before] >= self.columns.starts[landmarks.person]

    def delay_s(self, outcome: str, landmarks: Landmarks) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return the seconds to the first outcome after each moment; infinite where none follows within the window."""
        return self._delay_s(self._rows_of(outcome), landmarks)

    def is_silent(self, landmarks: Landmarks) -> Bools:
        """Return who took no step after each moment within the window, but perhaps the one that says they leave."""
        steps = np.ones(len(self.columns.at), dtype=bool)
        if LEAVING in self.outcomes:
            steps[self._rows_of(LEAVING)] = False
        return np.isinf(self._delay_s(np.flatnonzero(steps), landmarks))

    def _delay_s(self, rows: Ints, landmarks: Landmarks) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        following = np.append(rows, len(self.columns.at))[np.searchsorted(rows, landmarks.row)]
        is_own = following < self.columns.starts[landmarks.person + 1]
        delay = np.full(len(landmarks.at), np.inf)
        delay[is_own] = (self.columns.at[following[is_own]] - landmarks.at[is_own]) / _MS
        # A part of a second past the end is still the end.
        return np.where(delay < self.within.total_seconds() + 1, delay, np.inf)

    def reached(self, stage: str | None) -> Landmarks:
        """Return all persons from their first step in a stage, from their first of all where it is none of the stages."""
        columns = self.columns
        rows = columns.starts[:-1]
        if stage in self.stages:
            rows = columns.first_rows(columns.rank == self.stages.index(stage))
        person = np.flatnonzero(rows < columns.starts[1:])
        row = rows[person]
        return Landmarks(person, row, row + 1, columns.at[row], np.ones(len(person), dtype=bool))

    def strata(self, outcome: str, landmarks: Landmarks) -> Ints:
        """Return the stratum of each moment.

        Persons of a stratum were in the same stage, had taken about as many steps, are looked at in the same 30 days, and
        had or had not had the outcome, and bought, before.
        """
        columns = self.columns
        stage = columns.stages_before(landmarks.person, landmarks.state_row) + 1
        places = columns.places(landmarks.person, landmarks.state_row)
        activity = np.searchsorted(_ACTIVITY, places, side="right")
        period = landmarks.at // (_PERIOD // timedelta(milliseconds=1))
        period -= period.min(initial=0) if not len(period) else period.min()
        state = 2 * self.had(outcome, landmarks) + self._is_buyer(landmarks)
        return ((period * (len(self.stages) + 1) + stage) * (len(_ACTIVITY) + 1) + activity) * 4 + state

    def _is_buyer(self, landmarks: Landmarks) -> Bools:
        if _STATE not in self.outcomes:
            return np.zeros(len(landmarks.at), dtype=bool)
        return self.had(_STATE, landmarks)

    @property
    def _within_ms(self) -> int:
        return self.within // timedelta(milliseconds=1)

    def _rows_of(self, outcome: str) -> Ints:
        found = self._outcome_rows.get(outcome)
        if found is None:
            names = self.outcomes[outcome]
            found = self._outcome_rows[outcome] = np.flatnonzero(self.columns.is_one_of(names))
        return found


def _whole(window: timedelta) -> timedelta:
    """Return a window in whole days, or hours where it is shorter than a day; an hour at least."""
    unit = timedelta(days=1) if window >= timedelta(days=1) else timedelta(hours=1)
    return max(window // unit, 1) * unit
