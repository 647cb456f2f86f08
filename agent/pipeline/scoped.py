"""What the data says of the customers that one filter keeps: each part is computed when it is first asked for, once.

Everything computed is as the command line prints it for the same filter. A part may be asked for by several threads: one
computes it, the others wait.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
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
from agent.corpus import Corpus
from agent.draft.scope import event_population_of
from agent.errors import ScopeError
from agent.events.counted import Level
from agent.events.journeys import Journeys
from agent.events.lake import EventLake
from agent.metrics import MetricSpec, make_metric
from agent.normalise.vocabulary import EventVocabulary
from agent.pipeline.drafting import Insight, ranked_in
from agent.pipeline.following import followed, moments_of_events
from agent.pipeline.parts import Lock, Parts
from agent.pipeline.personas import current_personas
from agent.pipeline.predicting import current_prediction
from agent.pipeline.scoping import corpus_from, journeys_of
from agent.pipeline.stock import Stock
from agent.pipeline.valuing import current_value_contrast
from agent.pipeline.workspace import Workspace
from agent.schemas.evidence import Metric
from agent.schemas.insight import Moment, PainPoint

Period = Literal["day", "week", "month"]
PERIODS: Mapping[Period, timedelta] = {
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}
N_PATHS = 20
"""Whole paths that are kept."""
_MOST_ASKED = 24
"""Funnels and comparisons that are kept: they differ by what was asked."""

ResultT = TypeVar("ResultT")


class Scoped:
    """The customers that a filter keeps.

    Args:
        workspace: With a connection to the events that nobody else uses.
        stock: Everybody's texts.
        where: The filter; empty means everybody.
        vocabulary: Names of events that spellings are read as.

    Raises:
        ScopeError: A key of the filter is not in the data.
    """

    def __init__(
        self, workspace: Workspace, stock: Stock, where: Mapping[str, str], vocabulary: EventVocabulary
    ) -> None:
        self.where = dict(where)
        self._workspace = workspace
        self._stock = stock
        self._vocabulary = vocabulary
        self._persons = stock.persons_matching(where)
        # Events come over one connection; who waits for texts need not wait for it.
        self._done = Parts()
        self._asked = Parts(self._done.lock, most=_MOST_ASKED)
        # Taken in this order and never the other way round: drawings, what was said, what was done.
        self._spoken = Parts()
        self._drawn = Parts(most=_MOST_ASKED)
        self._n_rows = 0

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
    def n_rows(self) -> int:
        """Passages that are held for this filter."""
        return self._n_rows

    @property
    def has_texts(self) -> bool:
        """True where these customers said something."""
        return self._spoken.get("has texts", self._has_texts)

    def _has_texts(self) -> bool:
        records = self._stock.records.values()
        if not self.where:
            return bool(self._stock.records)
        plan = self._stock.filter_of(self.where)
        return any(self._stock.matches(record, plan) for record in records)

    @property
    def has_events(self) -> bool:
        """True where these customers did something."""
        return self.journeys is not None

    @property
    def corpus(self) -> Corpus:
        """Texts and journeys, with everything read out of them.

        Raises:
            ScopeError: Nobody in scope said anything.
        """
        return self._spoken.get("corpus", self._make_corpus)

    def _make_corpus(self) -> Corpus:
        said = self._stock.said(self.where)
        self._n_rows = len(said.read)
        return corpus_from(
            said,
            self._stock.themes,
            plan=self._workspace.plan,
            where=self.where,
            journeys=self._journeys_until(said.window[1]),
        )

    @property
    def theme_of(self) -> Mapping[str, str]:
        """Passage to its theme."""
        return self._stock.themes.assignments

    @property
    def pain_points(self) -> tuple[PainPoint, ...]:
        """What hurts, by rank, without what the same persons did.

        Raises:
            ScopeError: Nobody in scope said anything.
        """
        return self._spoken.get(
            "ranked", lambda: tuple(ranked_in(self.corpus, self._stock.themes, self._stock.traits))
        )

    def pain_points_after(self, event: str) -> tuple[PainPoint, ...]:
        """Return what hurts in what customers said after they first did something, among those who did it.

        Raises:
            ScopeError: Nobody in scope said anything, or nobody has events.
        """
        return self._spoken.get(("after", event), lambda: self._make_pain_points_after(event))

    def _make_pain_points_after(self, event: str) -> tuple[PainPoint, ...]:
        corpus = self.corpus
        with self.events_lock:
            since = self.require_journeys().first_times(event)
        rows = [
            row
            for row, passage in enumerate(corpus.passages)
            if passage.at is not None and passage.person_id in since and passage.at > since[passage.person_id]
        ]
        if not rows:
            return ()
        record_ids = {corpus.passages[row].record_id for row in rows}
        later = replace(
            corpus,
            records={record_id: corpus.records[record_id] for record_id in sorted(record_ids)},
            passages=tuple(corpus.passages[row] for row in rows),
            readings=tuple(corpus.readings[row] for row in rows),
            vectors=corpus.vectors[rows],
            population=f"{corpus.population}, after {event.replace('_', ' ')}",
        )
        return tuple(ranked_in(later, self._stock.themes, self._stock.traits))

    @property
    def insight(self) -> Insight:
        """Pain points with what the same persons did, and moments.

        Raises:
            ScopeError: Nobody in scope said anything.
        """
        return self._spoken.get("insight", self._make_insight)

    def _make_insight(self) -> Insight:
        corpus, ranked = self.corpus, self.pain_points
        with self.events_lock:
            pain_points, moments = followed(ranked, corpus)
        return Insight(corpus, pain_points, moments)

    @property
    def moments(self) -> tuple[Moment, ...]:
        """Experiences that go along with later outcomes; from events alone where there is no text."""
        if self.has_texts:
            return self.insight.moments
        return self._done.get(
            "moments", lambda: moments_of_events(self.require_journeys(), self.event_population)
        )

    def metric(self, spec: MetricSpec) -> Metric:
        """Compute a metric over texts and journeys.

        Raises:
            ScopeError: Nobody in scope said anything.
        """
        corpus = self.corpus
        with self.events_lock:
            return make_metric(spec, corpus)

    @property
    def journeys(self) -> Journeys | None:
        """What these customers did; None where they have no events. Ask it under `events_lock`."""
        return self._done.get("journeys", lambda: self._make_journeys(None))

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

    def _make_journeys(self, as_of: datetime | None) -> Journeys | None:
        return journeys_of(self._workspace, plan=self._workspace.plan, persons=self._persons, as_of=as_of)

    def _journeys_until(self, end: datetime | None) -> Journeys | None:
        """Return the journeys as a map counts them: known until the last text or event, whichever is later."""
        with self.events_lock:
            journeys = self.journeys
            if journeys is None or end is None or end <= journeys.scope.as_of:
                return journeys
            return self._make_journeys(end)

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

    def counts_by(self, key: str) -> Mapping[str, int]:
        """Return the values of a trait, an attribute or a field of texts with the customers who have each, most first."""
        return {value: len(persons) for value, persons in self._persons_by(key).items()}

    def n_known(self, key: str) -> int:
        """Return of how many customers a trait, an attribute or a field is known."""
        return len(frozenset[str]().union(*self._persons_by(key).values()))

    def _persons_by(self, key: str) -> Mapping[str, frozenset[str]]:
        return self._spoken.get(("by", key), lambda: self._stock.persons_by(key, among=self._persons))

    @property
    def workspace(self) -> Workspace:
        """The stores, with the connection to the events that `events_lock` guards."""
        return self._workspace

    @property
    def events(self) -> Mapping[str, int]:
        """Event names with the customers who did them, most first."""
        journeys = self.journeys
        return {} if journeys is None else self._done.get("names", journeys.names)

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

    def drawn(self, key: object, make: Callable[[], ResultT]) -> ResultT:
        """Return something made of texts and events both, such as a picture, kept for as long as it is asked for often."""
        return self._drawn.get(key, make)
