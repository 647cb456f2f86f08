"""Customers of high value beside the rest, in a workspace: what they did, and what they complained of."""

from collections.abc import Mapping

from agent.analyse.plaints import is_complained_of
from agent.analyse.readings import READER_VERSION
from agent.analyse.themes import MIN_PERSONS
from agent.analyse.value import Known, ValueContrast, value_contrast
from agent.corpus import Corpus
from agent.draft.scope import event_population_of
from agent.errors import ScopeError
from agent.pipeline.scoping import all_sources, corpus_of, open_journeys
from agent.pipeline.workspace import Workspace


def current_value_contrast(
    workspace: Workspace, *, where: Mapping[str, str], column: str | None = None
) -> ValueContrast:
    """Return what the quarter of the customers with the highest value did that the rest did not.

    Args:
        workspace: Whose stores are read.
        where: Filter on records or persons; empty means everyone.
        column: Attribute of customers, or property of events to add up, that is the value; the amounts of purchases where
            None.

    Raises:
        ScopeError: Nobody with events matches the filter, or a key of it is in no record and no person.
        StoreError: The events cannot be read.
    """
    journeys = open_journeys(workspace, plan=workspace.plan, where=where, as_of=None)
    if journeys is None:
        msg = f"no customer with events matches {dict(where)!r}" if where else "no customer has events"
        raise ScopeError(msg, hint="`journey status` shows what is stored; loosen --where.")
    did = journeys.window
    traits = (
        {} if column is None else {one.person_id: one.traits for one in workspace.store.persons.with_traits()}
    )
    return value_contrast(
        journeys,
        workspace.events,
        column=column,
        known=Known(traits=traits, complaints=_complaints(workspace)),
        population=event_population_of(where, start=did.first, end=did.last),
    )


def _complaints(workspace: Workspace) -> dict[str, set[str]]:
    """Return the pain points that persons complained of; who said something else alone has none."""
    stored = workspace.store.results.themes()
    if stored is None or not any(True for _ in workspace.store.records.iter(None)):
        return {}
    corpus = corpus_of(
        workspace,
        stored,
        reader_version=READER_VERSION,
        plan=workspace.plan,
        where={},
        source_ids=all_sources(workspace),
    )
    row_of = {passage.passage_id: row for row, passage in enumerate(corpus.passages)}
    found: dict[str, set[str]] = {passage.person_id: set() for passage in corpus.passages}
    for theme in corpus.themes:
        rows = [row_of[passage_id] for passage_id in theme.passage_ids if passage_id in row_of]
        if _is_pain_point(corpus, rows):
            for row in rows:
                if corpus.readings[row].complaint:
                    found[corpus.passages[row].person_id].add(theme.label)
    return found


def _is_pain_point(corpus: Corpus, rows: list[int]) -> bool:
    """Tell whether enough customers speak of a theme, and complain: praise that reads like a complaint is none."""
    passages, readings = [corpus.passages[row] for row in rows], [corpus.readings[row] for row in rows]
    persons = {passage.person_id for passage in passages}
    return len(persons) >= MIN_PERSONS and is_complained_of(passages, readings, corpus.vectors[rows])
