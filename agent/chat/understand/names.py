"""Takes the vocabulary out of a snapshot of the stores."""

import weakref
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from typing import cast

import numpy as np
import yaml

from agent.chat.understand.vocabulary import Named, Trait, Vocabulary, Voices
from agent.chat.understand.words import stems_in_passage
from agent.errors import JourneyError
from agent.pipeline.snapshot import Snapshot

_MOST_TERMS = 8
_LEAST_WRITERS = 2
_MOST_VALUES = 40
"""A trait of more values is no group that anybody would ask for, but text of its own such as a title."""


def vocabulary_of(snapshot: Snapshot) -> Vocabulary:
    """Return the names in a snapshot; what people store while it stands, such as maps, is read anew."""
    fixed = snapshot.once("names", lambda: _fixed(snapshot))
    maps = tuple(
        Named(one.map_id, f"{one.scope.persona}: {one.scope.journey}", one.scope.goal)
        for one in snapshot.maps()
    )
    sets = tuple(
        Named(one.variant_set_id, one.variant_set_id, one.pain_point_id) for one in snapshot.variant_sets()
    )
    return Vocabulary(
        stages=fixed.stages,
        traits=fixed.traits,
        events=fixed.events,
        pain_points=fixed.pain_points,
        themes=fixed.themes,
        personas=fixed.personas,
        maps=maps,
        variant_sets=sets,
        terms=_terms(),
        first=fixed.first,
        last=fixed.last,
        said=fixed.said,
        voices=fixed.voices,
    )


def _fixed(snapshot: Snapshot) -> Vocabulary:
    first, last = _window(snapshot)
    stems = [frozenset(stems_in_passage(passage.text)) for passage in snapshot.stock.passages]
    return Vocabulary(
        stages=tuple(snapshot.stages),
        traits=tuple(
            Trait(key, tuple(values))
            for key, values in snapshot.traits.items()
            if len(values) <= _MOST_VALUES
        ),
        events=tuple(snapshot.events),
        pain_points=tuple(
            Named(one.pain_point_id, one.label, one.definition) for one in snapshot.pain_points
        ),
        themes=tuple(
            Named(one.theme_id, one.label, " ".join(one.terms[:_MOST_TERMS])) for one in snapshot.themes
        ),
        personas=_personas(snapshot),
        first=first,
        last=last,
        said=_said(snapshot, stems),
        voices=_voices(snapshot, stems),
    )


def _said(snapshot: Snapshot, stems: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return the stems that more than one customer wrote; a word that one alone has may be a name or a slip."""
    writers: defaultdict[str, set[str]] = defaultdict(set)
    for passage, found in zip(snapshot.stock.passages, stems, strict=True):
        for stem in found:
            if len(writers[stem]) < _LEAST_WRITERS:
                writers[stem].add(passage.person_id)
    return frozenset(stem for stem, persons in writers.items() if len(persons) >= _LEAST_WRITERS)


def _voices(snapshot: Snapshot, stems: Sequence[frozenset[str]]) -> Voices:
    """Return what customers wrote of each pain point."""
    stock = snapshot.stock
    place = {point.theme_id: at for at, point in enumerate(snapshot.pain_points)}
    themes = stock.themes.assignments
    pains = [place.get(themes.get(passage.passage_id, ""), -1) for passage in stock.passages]
    words: list[set[str]] = [set() for _ in place]
    for found, at in zip(stems, pains, strict=True):
        if at >= 0:
            words[at].update(found)
    return Voices(weakref.ref(stock.vectors), np.array(pains, dtype=np.intp), tuple(map(frozenset, words)))


def _personas(snapshot: Snapshot) -> tuple[Named, ...]:
    try:
        found = snapshot.everybody.personas
    except JourneyError:
        # Groups of customers cannot be told without events; then nobody can ask for one.
        return ()
    return tuple(Named(one.name, one.name) for one in found.personas if one.name is not None)


def _window(snapshot: Snapshot) -> tuple[date | None, date | None]:
    """Return the first and last day of anything said or done."""
    times: list[datetime] = [record.at for record in snapshot.records.values() if record.at is not None]
    try:
        journeys = snapshot.everybody.require_journeys()
        times.extend(at for at in (journeys.window.first, journeys.window.last) if at is not None)
    except JourneyError:
        pass  # Nobody did anything; the texts alone say when.
    return (min(times).date(), max(times).date()) if times else (None, None)


@lru_cache(maxsize=1)
def _terms() -> tuple[str, ...]:
    text = resources.files("agent.chat").joinpath("glossary.yaml").read_text(encoding="utf-8")
    entries = cast("list[dict[str, str]]", yaml.safe_load(text))
    return tuple(str(entry["term"]) for entry in entries)
