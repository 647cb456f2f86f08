"""What the data says of the customers that one filter keeps: each part is computed when it is first asked for, once.

Everything computed is as the command line prints it for the same filter. A part may be asked for by several threads: one
computes it, the others wait.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from agent.corpus import Corpus
from agent.events.journeys import Journeys
from agent.metrics import MetricSpec, make_metric
from agent.normalise.vocabulary import EventVocabulary
from agent.pipeline.did import MOST_ASKED, Did, ResultT
from agent.pipeline.drafting import Insight, ranked_in
from agent.pipeline.following import followed, moments_of_events
from agent.pipeline.parts import Parts
from agent.pipeline.scoping import corpus_from
from agent.pipeline.stock import Stock
from agent.pipeline.workspace import Workspace
from agent.schemas.evidence import Metric
from agent.schemas.insight import Moment, PainPoint


class Scoped(Did):
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
        super().__init__(workspace, where, stock.persons_matching(where), vocabulary)
        self._stock = stock
        # Taken in this order and never the other way round: drawings, what was said, what was done.
        self._spoken = Parts()
        self._drawn = Parts(most=MOST_ASKED)
        self._n_rows = 0

    @property
    def n_persons(self) -> int | None:
        """Customers that the filter keeps; None where there is no filter."""
        return None if self._persons is None else len(self._persons)

    @property
    def n_rows(self) -> int:
        """Passages that are held for this filter."""
        return self._n_rows

    @property
    def has_texts(self) -> bool:
        """True where these customers said something."""
        return self._spoken.get("has texts", self._has_texts)

    def _has_texts(self) -> bool:
        return bool(self._stock.texts_matching(self.where))

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

    def _journeys_until(self, end: datetime | None) -> Journeys | None:
        """Return the journeys as a map counts them: known until the last text or event, whichever is later."""
        with self.events_lock:
            journeys = self.journeys
            if journeys is None or end is None or end <= journeys.scope.as_of:
                return journeys
            return journeys.until(end)

    def counts_by(self, key: str, *, among: frozenset[str] | None = None) -> Mapping[str, int]:
        """Return the values of a trait, an attribute or a field of texts with the customers who have each, most first.

        Args:
            key: As a filter names it.
            among: Customers who count; all that the filter keeps where None.
        """
        found = self._persons_by(key)
        if among is None:
            return {value: len(persons) for value, persons in found.items()}
        counts = {value: len(persons & among) for value, persons in found.items()}
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def n_known(self, key: str, *, among: frozenset[str] | None = None) -> int:
        """Return of how many customers a trait, an attribute or a field is known."""
        known = frozenset[str]().union(*self._persons_by(key).values())
        return len(known if among is None else known & among)

    def texts_by(self, key: str) -> Mapping[str, int]:
        """Return the values of a trait, an attribute or a field of texts with how many texts have each, most first.

        Raises:
            ScopeError: Nobody in scope said anything.
        """
        return self._spoken.get(("texts by", key), lambda: self._stock.texts_by(key, self.corpus.records))

    def _persons_by(self, key: str) -> Mapping[str, frozenset[str]]:
        return self._spoken.get(("by", key), lambda: self._stock.persons_by(key, among=self._persons))

    def drawn(self, key: object, make: Callable[[], ResultT]) -> ResultT:
        """Return something made of texts and events both, such as a picture, kept for as long as it is asked for often."""
        return self._drawn.get(key, make)
