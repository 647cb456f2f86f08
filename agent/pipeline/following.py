"""Joins the pain points of a scope to what the same persons did, and finds the moments that matter."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from agent.analyse.behaviour import Experience, FirstTimes, Speakers, behaviour_of
from agent.analyse.join import Joined, Words, linkages_of
from agent.analyse.landmarks import FollowUp
from agent.analyse.moments import MomentScope, find_moments
from agent.corpus import Corpus
from agent.events.journeys import Journeys
from agent.schemas.insight import Linkage, Moment, PainPoint


def followed(ranked: Sequence[PainPoint], corpus: Corpus) -> tuple[tuple[PainPoint, ...], tuple[Moment, ...]]:
    """Return the pain points with what those who voice them then did, and the moments of the scope."""
    joined = [_joined(pain, corpus) for pain in ranked]
    if corpus.journeys is None:
        unlinked = (_without_events(one.experience) for one in joined)
        return tuple(_with(pain, linkage=one) for pain, one in zip(ranked, unlinked, strict=True)), ()
    spoken = _words(corpus, range(len(corpus.passages)))
    first = _first(spoken)
    speakers = Speakers(first, corpus.speakers - first.keys())
    everyone = FollowUp(corpus.journeys)
    told = FollowUp.of_speakers(corpus.journeys, corpus.speakers, everyone)
    linkages = linkages_of(joined, spoken, speakers, told, population=corpus.population)
    pain_points = tuple(
        _with(
            pain,
            behaviour=behaviour_of(one.experience, speakers, told, population=corpus.population),
            linkage=linkage,
        )
        for pain, one, linkage in zip(ranked, joined, linkages, strict=True)
    )
    scope = MomentScope(speakers, told, everyone, corpus.population, corpus.event_population)
    return pain_points, find_moments([one.experience for one in joined], scope)


def moments_of_events(journeys: Journeys, population: str) -> tuple[Moment, ...]:
    """Return the moments among events and waits, where nobody said anything.

    Args:
        journeys: Whose.
        population: Who they are, as a sentence part.
    """
    everyone = FollowUp(journeys)
    return find_moments([], MomentScope(Speakers({}), everyone, everyone, population, population))


def _with(pain: PainPoint, **found: object) -> PainPoint:
    return pain.model_copy(update=found)


def _joined(pain: PainPoint, corpus: Corpus) -> Joined:
    members = corpus.by_theme.get(pain.theme_id, ())
    said = _words(corpus, members)
    first = _first(said)
    undated = corpus.persons_at(members) - first.keys()
    return Joined(Experience(pain.pain_point_id, pain.label, pain.stage, first, undated), said)


def _words(corpus: Corpus, positions: Iterable[int]) -> Words:
    said: dict[str, list[datetime]] = defaultdict(list)
    for position in positions:
        passage = corpus.passages[position]
        if passage.at is not None:
            said[passage.person_id].append(passage.at)
    return said


def _first(said: Words) -> FirstTimes:
    return {person: min(times) for person, times in said.items()}


def _without_events(experience: Experience) -> Linkage:
    n = len(experience.everyone)
    return Linkage(
        n_voiced=n,
        n_linked=0,
        n_unlinked=n,
        n_undated=0,
        n_cut_off=0,
        within=None,
        reason="there are no events of these customers",
    )
