"""Learnt suggestions of a stage for names of events, from their words and from what people do before and after them.

A suggestion is for a person to take over or not: nothing applies one. Under the confidence that is stated it is unknown.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from agent.analyse.taxonomy import stage_of_event, taxonomy
from agent.events.neighbours import Neighbours
from agent.normalise.vocabulary import EventVocabulary, built_in_vocabulary
from agent.ports import Encoder
from agent.schemas.base import Frozen
from agent.schemas.journey import DEFAULT_STAGES

MIN_PERSONS = 30
"""Persons with an event under whom nothing is suggested."""
MIN_CONFIDENCE = 0.6
"""Under this a suggestion is unknown. Suite `events`: of names left out, whole families at a time, about four in five of
what reaches it are right."""
_TELL_NOTHING = (
    "page_viewed", "screen_viewed", "session_started", "application_updated", "application_backgrounded",
    "application_crashed", "signed_out", "form_submitted", "email_delivered", "email_bounced",
    "push_notification_received",
)  # fmt: skip
"""Events of the built-in names that happen in every stage."""
_NOTHING = len(DEFAULT_STAGES)
_STRENGTH = 2.0
_SHARPNESS = 2.0
"""Classes are weighed alike and held back, so their shares are too near each other; by the likelihood of names left out."""
_PATH_SHARPNESS = 3.0
_SMOOTHING = 0.1
_N_NEAREST = 3

Floats = NDArray[np.float64]


class NearName(Frozen):
    """A known name that says nearly the same."""

    name: str
    stage: str
    similarity: float
    """Cosine, -1 to 1."""


class StageSuggestion(Frozen):
    """What is suggested for one name of events, and why."""

    name: str
    n_persons: int
    stage: str | None
    """By the rules; None where none assigns the name."""
    suggestion: str | None
    confidence: float
    """Of the likeliest stage, 0 to 1, whether or not it is suggested."""
    unknown: str | None
    """Why nothing is suggested; None where it is."""
    nearest: tuple[NearName, ...]
    before: dict[str, float]
    """Stage to its share of what people did shortly before, of what has a stage."""
    after: dict[str, float]


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name or phrase whose stage is known."""

    text: str
    stage: int
    """Place in `DEFAULT_STAGES`; after the last where it belongs to every stage."""
    family: str
    """Names of one family are spellings of one thing; empty for a phrase."""


def known_names() -> tuple[KnownName, ...]:
    """Return the built-in names whose stage the rules tell, and the phrases that describe the stages."""
    vocabulary, lists = built_in_vocabulary(), taxonomy()
    spelled = [(name, like) for name, said in vocabulary.named.items() for like in (name, *said.like)]
    names = {like: family for family, like in spelled}
    for stage in lists.stages:
        names.update((name, vocabulary.canonical(name)) for name in stage.events if name not in names)
    found = [
        KnownName(_words(name), DEFAULT_STAGES.index(stage), family)
        for name, family in sorted(names.items())
        if (stage := stage_of_event(name)) is not None
    ]
    found += [
        KnownName(_words(name), _NOTHING, family)
        for name, family in sorted(names.items())
        if family in _TELL_NOTHING
    ]
    found += [
        KnownName(phrase, place, "")
        for place, stage in enumerate(lists.stages)
        for phrase in (stage.definition, *stage.examples)
    ]
    return (*found, *(KnownName(phrase, _NOTHING, "") for phrase in lists.none))


class StageWords:
    """Tells stages by the words of names.

    Args:
        encoder: Makes vectors of names.
        known: What it learns from.
    """

    def __init__(self, encoder: Encoder, known: Sequence[KnownName]) -> None:
        self._encoder = encoder
        self._known = known
        self._vectors = encoder.encode([each.text for each in known])
        self._families = frozenset(each.family for each in known) - {""}
        self._without: dict[frozenset[str], Any] = {}

    def shares(self, names: Sequence[str], *, without: Collection[str] = ()) -> Floats:
        """Return the probability of each stage by name, and last that of none, shape `(n_names, 6)`.

        Args:
            names: In snake case.
            without: Families nothing is learnt from.
        """
        left_out = self._families & set(without)
        if left_out not in self._without:
            self._without[left_out] = self._learnt(left_out)
        model = self._without[left_out]
        vectors = self._encoder.encode([_words(name) for name in names])
        found = np.zeros((len(names), _NOTHING + 1))
        found[:, model.classes_] = model.predict_proba(vectors)
        return _sharpened(np.log(found + 1e-12), _SHARPNESS)

    def nearest(self, name: str) -> tuple[NearName, ...]:
        """Return the known names nearest in meaning, but for the name itself."""
        likeness: Floats = self._vectors @ self._encoder.encode([_words(name)])[0]
        near: list[NearName] = []
        for place in map(int, np.argsort(-likeness, kind="stable")):
            each = self._known[place]
            if each.family and each.stage != _NOTHING and each.text != _words(name):
                own, like = each.text.replace(" ", "_"), round(float(likeness[place]), 3)
                near.append(NearName(name=own, stage=DEFAULT_STAGES[each.stage], similarity=like))
        return tuple(near[:_N_NEAREST])

    def _learnt(self, without: frozenset[str]) -> Any:  # noqa: ANN401 - scikit-learn ships no types
        kept = [
            place for place, each in enumerate(self._known) if not (each.family and each.family in without)
        ]
        model: Any = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=3_000)
        return model.fit(self._vectors[kept], [self._known[place].stage for place in kept])


class StagePaths:
    """Tells stages by what people do shortly before and after.

    Args:
        neighbours: Of all names.
        stages: Stage by name, for the names that have one.
    """

    def __init__(self, neighbours: Neighbours, stages: Mapping[str, str]) -> None:
        self._stages = {name: stage for name, stage in stages.items() if name in neighbours.n_persons}
        self._sides: dict[str, Floats] = {}
        for (before, name), n in neighbours.follows.items():
            self._add(name, before, 0, n)
            self._add(before, name, 1, n)

    def sides(self, name: str) -> Floats:
        """Return the shares of the stages before (row 0) and after (row 1) a name; a row without any is zero."""
        counts = self._sides.get(name, np.zeros((2, _NOTHING)))
        return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def shares(self, name: str) -> Floats | None:
        """Return the probability of each stage; None where nothing with a stage stands beside the name."""
        own = self.sides(name)
        if not own.any():
            return None
        score = np.zeros(_NOTHING)
        for place, stage in enumerate(DEFAULT_STAGES):
            like = [self.sides(each) for each, its in self._stages.items() if its == stage and each != name]
            # A stage without any known name of its own looks like all of them together.
            alike = like or [self.sides(each) for each in self._stages if each != name]
            profile = (np.mean(alike, axis=0) if alike else np.zeros((2, _NOTHING))) + _SMOOTHING
            score[place] = (own * np.log(profile / profile.sum(axis=1, keepdims=True))).sum()
        return _sharpened(score[None], _PATH_SHARPNESS)[0]

    def _add(self, name: str, other: str, side: int, n: int) -> None:
        stage = self._stages.get(other)
        if stage is not None:
            self._sides.setdefault(name, np.zeros((2, _NOTHING)))[side, DEFAULT_STAGES.index(stage)] += n


def suggest_stages(
    neighbours: Neighbours, *, encoder: Encoder, vocabulary: EventVocabulary
) -> tuple[StageSuggestion, ...]:
    """Return what is suggested for every name of events, those that no rule assigns first.

    A name that a rule assigns is looked at as though none did, so that a doubtful rule shows.

    Args:
        neighbours: Of all names.
        encoder: Makes vectors of names.
        vocabulary: Says which names are spellings of one thing.
    """
    if not neighbours.n_persons:
        return ()
    stages = {name: stage for name in neighbours.n_persons if (stage := stage_of_event(name)) is not None}
    words = StageWords(encoder, known_names())
    found = [
        _suggestion(name, n, stages, words=words, neighbours=neighbours, vocabulary=vocabulary)
        for name, n in neighbours.n_persons.items()
    ]
    return tuple(sorted(found, key=lambda each: (each.stage is not None, -each.n_persons, each.name)))


def combined(words: Floats, paths: Floats | None) -> Floats:
    """Return the probability of each stage and of none, by words and, where they are known, by paths."""
    if paths is None:
        return words
    # Paths cannot tell what belongs to every stage; they count as much against it as for the average stage.
    weighed = words * np.append(paths, 1 / _NOTHING)
    return weighed / weighed.sum()


def _suggestion(
    name: str,
    n_persons: int,
    stages: Mapping[str, str],
    *,
    words: StageWords,
    neighbours: Neighbours,
    vocabulary: EventVocabulary,
) -> StageSuggestion:
    paths = StagePaths(neighbours, {each: stage for each, stage in stages.items() if each != name})
    shares = words.shares([name], without={vocabulary.canonical(name), name} if name in stages else ())[0]
    if n_persons >= MIN_PERSONS:
        shares = combined(shares, paths.shares(name))
    likeliest = int(shares.argmax())
    confidence = float(shares[likeliest])
    everywhere = likeliest == _NOTHING or vocabulary.canonical(name) in _TELL_NOTHING
    unknown = _unknown(n_persons, confidence, everywhere=everywhere)
    before, after = (
        {stage: round(float(share), 3) for stage, share in zip(DEFAULT_STAGES, side, strict=True) if share}
        for side in paths.sides(name)
    )
    return StageSuggestion(
        name=name,
        n_persons=n_persons,
        stage=stages.get(name),
        suggestion=None if unknown else DEFAULT_STAGES[likeliest],
        confidence=round(confidence, 3),
        unknown=unknown,
        nearest=words.nearest(name),
        before=before,
        after=after,
    )


def _unknown(n_persons: int, confidence: float, *, everywhere: bool) -> str | None:
    if n_persons < MIN_PERSONS:
        return f"done by {n_persons} of the customers; at least {MIN_PERSONS} are needed"
    if everywhere:
        return "it may belong to every stage"
    if confidence < MIN_CONFIDENCE:
        return f"no stage is {MIN_CONFIDENCE:.0%} likely"
    return None


def _sharpened(scores: Floats, sharpness: float) -> Floats:
    powers = np.exp(sharpness * (scores - scores.max(axis=-1, keepdims=True)))
    return powers / powers.sum(axis=-1, keepdims=True)


def _words(name: str) -> str:
    return name.replace("_", " ")
