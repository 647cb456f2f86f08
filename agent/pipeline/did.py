"""What the customers that one filter keeps did: each part is computed when it is first asked for, once.

A part may be asked for by several threads: one computes it, the others wait.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Literal, TypeVar

from agent.analyse.attribution import Attribution, attribute
from agent.analyse.examples import Target
from agent.analyse.flow import require_stages
from agent.analyse.funnels import Funnel, funnel_of, plan_of
from agent.analyse.graph import Graph, graph_of
from agent.analyse.paths import Paths, paths_of
from agent.analyse.personas import Personas
from agent.analyse.prediction import Prediction
from agent.analyse.retention import Retention, retention_of
from agent.analyse.value import ValueContrast
from agent.analyse.waiting import StageTime, stage_times_of
from agent.draft.scope import event_population_of
from agent.errors import ScopeError
from agent.events.counted import Level
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.normalise.vocabulary import EventVocabulary
from agent.pipeline.parts import Lock, Parts
from agent.pipeline.personas import current_personas
from agent.pipeline.predicting import current_prediction
from agent.pipeline.scoping import journeys_of
from agent.pipeline.valuing import current_value_contrast
from agent.pipeline.workspace import Workspace

Period = Literal["day", "week", "month"]
PERIODS: Mapping[Period, timedelta] = {
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}
N_PATHS = 20
"""Whole paths that are kept."""
MOST_ASKED = 24
"""Funnels and comparisons that are kept: they differ by what was asked."""

ResultT = TypeVar("ResultT")


class Did:
    """What the customers that a filter keeps did.

    Args:
        workspace: With a connection to the events that nobody else uses.
        where: The filter; empty means everybody.
        persons: Whom it keeps; everybody where None.
        vocabulary: Names of events that spellings are read as.
    """

    def __init__(
        self,
        workspace: Workspace,
        where: Mapping[str, str],
        persons: frozenset[str] | None,
        vocabulary: EventVocabulary,
    ) -> None:
        self.where = dict(where)
        self._workspace = workspace
        self._vocabulary = vocabulary
        self._persons = persons
        # Events come over one connection; who waits for texts need not wait for it.
        self._done = Parts()
        self._asked = Parts(self._done.lock, most=MOST_ASKED)

    def keeps(self, person_id: str) -> bool:
        """Tell whether the filter keeps a person."""
        return self._persons is None or person_id in self._persons

    @property
    def events_lock(self) -> Lock:
        """Who asks `journeys` or a corpus' journeys anything holds this."""
        return self._done.lock

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages, in order."""
        return self._workspace.plan.names

    @property
    def vocabulary(self) -> EventVocabulary:
        """Names of events that spellings are read as."""
        return self._vocabulary

    @property
    def lake(self) -> EventLake:
        """The lake the events come from; ask it under `events_lock`."""
        return self._workspace.lake

    @property
    def has_events(self) -> bool:
        """True where these customers did something."""
        return self.journeys is not None

    @property
    def journeys(self) -> Journeys | None:
        """What these customers did; None where they have no events. Ask it under `events_lock`."""
        return self._done.get("journeys", self._make_journeys)

    def require_journeys(self) -> Journeys:
        """Return what these customers did.

        Raises:
            ScopeError: They have no events.
        """
        journeys = self.journeys
        if journeys is None:
            msg = f"no customer with events matches {self.where!r}" if self.where else "there are no events"
            raise ScopeError(msg, hint="`journey ingest --kind events` reads events; or widen the filter.")
        return journeys

    def _make_journeys(self) -> Journeys | None:
        return journeys_of(self._workspace, plan=self._workspace.plan, persons=self._persons, as_of=None)

    @property
    def event_population(self) -> str:
        """Who did something, as a sentence part."""
        with self.events_lock:
            did = self.require_journeys().window
            return event_population_of(self.where, start=did.first, end=did.last)

    @property
    def n_event_persons(self) -> int:
        """Customers with events."""
        journeys = self.journeys
        return 0 if journeys is None else self._done.get("n", journeys.n_persons)

    @property
    def n_events(self) -> int:
        """Events, without those of bots."""
        journeys = self.journeys
        return 0 if journeys is None else self._done.get("n events", journeys.n_steps)

    @property
    def workspace(self) -> Workspace:
        """The stores, with the connection to the events that `events_lock` guards."""
        return self._workspace

    @property
    def events(self) -> Mapping[str, int]:
        """Event names with the customers who did them, most first."""
        journeys = self.journeys
        return {} if journeys is None else self._done.get("names", journeys.names)

    def who_did(self, event: str) -> frozenset[str]:
        """Return the persons who did something of this name.

        Raises:
            ScopeError: They have no events.
        """
        return self._asked.get(
            ("who did", event), lambda: frozenset(self.require_journeys().first_times(event))
        )

    @property
    def times_done(self) -> Mapping[str, int]:
        """Event names with how often they happened, most first."""
        journeys = self.journeys
        return {} if journeys is None else self._done.get("times done", journeys.name_counts)

    def paths(self, level: Level = "event") -> Paths:
        """Return what followed what.

        Raises:
            ScopeError: They have no events, or none of them is in a stage.
        """
        return self._done.get(
            ("paths", level), lambda: paths_of(self.require_journeys(), limit=N_PATHS, level=level)
        )

    def graph(self, level: Level = "event") -> Graph:
        """Return moves as a graph, to be drawn."""
        return self._done.get(("graph", level), lambda: graph_of(self.require_journeys(), level))

    def funnel(self, steps: Sequence[str], within: timedelta | None = None) -> Funnel:
        """Return how many get from step to step.

        Raises:
            NotFoundError: A step is neither an event of these customers nor a stage.
            InputError: There are too few or too many steps.
            ScopeError: They have no events.
        """
        return self._asked.get(("funnel", tuple(steps), within), lambda: self._make_funnel(steps, within))

    def _make_funnel(self, steps: Sequence[str], within: timedelta | None) -> Funnel:
        journeys = self.require_journeys()
        plan = plan_of(journeys, steps, mode="loose", within=within, vocabulary=self._vocabulary)
        return funnel_of(journeys, plan)

    @property
    def stage_times(self) -> tuple[StageTime, ...]:
        """Time in stage, drop-off and skips, in the order of the stages.

        Raises:
            ScopeError: They have no events, or none of them is in a stage.
        """
        return self._done.get("stage times", self._make_stage_times)

    def _make_stage_times(self) -> tuple[StageTime, ...]:
        journeys = self.require_journeys()
        require_stages(journeys)
        return tuple(stage_times_of(journeys))

    def retention(self, by: Period = "week", since: str | None = None) -> Retention:
        """Return which share is active again in each period.

        Raises:
            NotFoundError: There is no event of that name.
            ScopeError: They have no events.
        """
        return self._asked.get(
            ("retention", by, since),
            lambda: retention_of(
                self.require_journeys(), period=PERIODS[by], since=since, vocabulary=self._vocabulary
            ),
        )

    def attribution(self, conversion: str | None = None) -> Attribution:
        """Return which touchpoints conversions are credited to.

        Raises:
            InputError: There is no event of that name.
            ScopeError: They have no events.
        """
        return self._asked.get(
            ("attribution", conversion), lambda: attribute(self.require_journeys(), conversion=conversion)
        )

    @property
    def personas(self) -> Personas:
        """Groups of customers who behave alike.

        Raises:
            ScopeError: They have no events.
        """
        return self._done.get("personas", lambda: current_personas(self._workspace, where=self.where))

    @property
    def value(self) -> ValueContrast:
        """Customers of high value beside the rest.

        Raises:
            ScopeError: They have no events.
        """
        return self._done.get("value", lambda: current_value_contrast(self._workspace, where=self.where))

    def prediction(self, target: Target) -> Prediction:
        """Return what is predicted, and how well.

        Raises:
            ScopeError: They have no events.
        """
        return self._done.get(
            ("prediction", target), lambda: current_prediction(self._workspace, target, where=self.where)
        )

    def kept(self, key: object, make: Callable[[], ResultT]) -> ResultT:
        """Return something else computed of the events, kept for good."""
        return self._done.get(key, make)

    def asked(self, key: object, make: Callable[[], ResultT]) -> ResultT:
        """Return something else computed of the events alone, kept for as long as it is asked for often."""
        return self._asked.get(key, make)
