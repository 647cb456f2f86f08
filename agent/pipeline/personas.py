"""Personas of a workspace: what its customers did, joined to what the same customers said."""

from collections.abc import Mapping
from datetime import datetime

from agent.analyse.personas import Personas, personas_of
from agent.analyse.readings import READER_VERSION
from agent.draft.scope import event_population_of
from agent.errors import ScopeError
from agent.pipeline.scoping import open_journeys
from agent.pipeline.workspace import Workspace

Said = dict[str, list[tuple[str, datetime]]]


def current_personas(workspace: Workspace, *, where: Mapping[str, str]) -> Personas:
    """Return the personas of a scope, from what was read and found in texts so far and all events.

    Args:
        workspace: Whose stores are read.
        where: Filter on records or persons; empty means everyone.

    Raises:
        ScopeError: Nobody with events matches the filter, or a key of it is in no record and no person.
        StoreError: The events cannot be read.
    """
    journeys = open_journeys(workspace, plan=workspace.plan, where=where, as_of=None)
    if journeys is None:
        msg = (
            f"no customer with events matches {dict(where)!r}"
            if where
            else "there are no events of customers"
        )
        raise ScopeError(msg, hint="`journey status` shows what is stored; loosen --where.")
    did = journeys.window
    themes, emotions = _said(workspace)
    population = event_population_of(where, start=did.first, end=did.last)
    return personas_of(journeys, population=population, themes=themes, emotions=emotions)


def _said(workspace: Workspace) -> tuple[Said, Said]:
    """Return the themes and the emotions that persons voiced, each with its time; what has none is left out."""
    stored = workspace.store.results.themes()
    label_of = {} if stored is None else {theme.theme_id: theme.label for theme in stored.themes}
    theme_of = {} if stored is None else stored.assignments
    themes: Said = {}
    emotions: Said = {}
    for reading in workspace.store.readings.iter(READER_VERSION):
        if reading.at is None:
            continue
        label = label_of.get(theme_of.get(reading.passage_id, ""))
        if label is not None:
            themes.setdefault(reading.person_id, []).append((label, reading.at))
        if reading.emotion is not None:
            emotions.setdefault(reading.person_id, []).append((reading.emotion.value, reading.at))
    return themes, emotions
