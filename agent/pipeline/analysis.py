"""Reads every passage, finds the themes among them, has them named and applies what people decided about them.

Work that was done is not done again: themes are found anew only where the data has changed, and the decisions are applied
to them anew only then or where there is a new decision.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

import numpy as np

from agent.analyse.curation import apply_edits, themes_of_people
from agent.analyse.lineage import lineage_of
from agent.analyse.readings import READER_VERSION
from agent.analyse.themes import THEMES_VERSION, ThemeSet, find_themes
from agent.normalise import passages_of
from agent.pipeline.indexing import vectors_of
from agent.pipeline.naming import name_themes
from agent.pipeline.workspace import Workspace
from agent.ports import Progress, Vectors
from agent.schemas.insight import Reading
from agent.schemas.records import Passage
from agent.store.results import StoredThemes

_Said = TypeVar("_Said", Passage, Reading)

SEED = 0
"""Of everything random in an analysis; fixed, so that equal data gives equal maps."""
_BATCH = 4_096


@dataclass(frozen=True, slots=True)
class ReadPassages:
    """All working passages with their vectors, shape `(n, dim)`, and readings, in the order of record ids."""

    passages: list[Passage]
    vectors: Vectors
    readings: list[Reading]


def read_everything(workspace: Workspace, *, on_progress: Progress | None = None) -> ReadPassages:
    """Return all working passages, reading those that this version of the reader has not read yet.

    A copy of somebody's text stands under the person of its earliest posting, as in every count that follows.
    """
    store = workspace.store
    person_of = workspace.copies_among(store.records.iter()).person_of
    known = {reading.passage_id: reading for reading in store.readings.iter(READER_VERSION)}
    passages: list[Passage] = []
    parts: list[Vectors] = []
    readings: list[Reading] = []
    for batch in _batches(workspace):
        vectors = vectors_of(batch, store=store, encoder=workspace.encoder)
        readings.extend(_counted_for(_read(workspace, batch, vectors, known), person_of))
        passages.extend(_counted_for(batch, person_of))
        parts.append(vectors)
        if on_progress is not None:
            on_progress(len(batch))
    empty = np.zeros((0, workspace.encoder.dim), dtype=np.float32)
    return ReadPassages(passages, np.concatenate(parts) if parts else empty, readings)


def _counted_for(items: Iterable[_Said], person_of: Mapping[str, str]) -> Iterator[_Said]:
    """Put what was said in a copy under the person for whom the copy counts."""
    for item in items:
        person_id = person_of.get(item.record_id)
        yield item if person_id is None else replace(item, person_id=person_id)


def _read(
    workspace: Workspace, batch: Sequence[Passage], vectors: Vectors, known: dict[str, Reading]
) -> list[Reading]:
    """Return the readings of a batch; a reading of a text that has changed since is made again."""
    new = [
        position
        for position, passage in enumerate(batch)
        if (reading := known.get(passage.passage_id)) is None or reading.text_sha256 != passage.text_sha256
    ]
    if new:
        made = workspace.reader.read([batch[position] for position in new], vectors[new])
        workspace.store.readings.add(READER_VERSION, made)
        known.update((reading.passage_id, reading) for reading in made)
    return [known[passage.passage_id] for passage in batch]


def current_themes(workspace: Workspace, read: ReadPassages) -> tuple[StoredThemes, int]:
    """Return the themes of what was read, with people's decisions applied, and their version.

    Raises:
        SchemaError: A stored theme or decision does not fit this version of the product.
    """
    store = workspace.store
    found = _found_themes(workspace, read)
    n_entries = store.curation.length()
    stored = store.results.themes()
    if stored is not None and (stored.input_sha256, stored.curation) == (found.input_sha256, n_entries):
        return stored, store.results.themes_version()
    curated = apply_edits(
        theme_set_of(found),
        list(store.curation.entries()),
        passages=read.passages,
        vectors=read.vectors,
        readings=read.readings,
    )
    before = () if stored is None else stored.themes
    said = {passage.passage_id for passage in read.passages}
    made = StoredThemes(
        themes=curated.themes.themes,
        assignments=dict(curated.themes.assignments),
        unassigned_share=curated.themes.unassigned_share,
        input_sha256=found.input_sha256,
        curation=n_entries,
        notes=curated.notes,
        lineage=lineage_of(before, curated.themes.themes, said=said),
    )
    return made, store.results.save_themes(made, now=workspace.now)


def are_themes_named(workspace: Workspace, read: ReadPassages) -> bool:
    """Tell whether the themes of what was read are stored with the names that this workspace's writer gave them."""
    stored = workspace.store.results.found_themes()
    return stored is not None and stored.input_sha256 == _digest(read, workspace.writer.model_id)


def _found_themes(workspace: Workspace, read: ReadPassages) -> StoredThemes:
    """Return the themes as they are found, before any decision of a person."""
    results = workspace.store.results
    digest = _digest(read, workspace.writer.model_id)
    stored = results.found_themes()
    if stored is not None and stored.input_sha256 == digest:
        return stored
    found = find_themes(
        read.passages,
        read.vectors,
        read.readings,
        reader=workspace.reader,
        seed=SEED,
        previous=_previous(workspace, stored),
    )
    texts = {passage.passage_id: passage.text for passage in read.passages}
    made = StoredThemes(
        themes=tuple(name_themes(workspace.writer, found.themes, texts)),
        assignments=dict(found.assignments),
        unassigned_share=found.unassigned_share,
        input_sha256=digest,
    )
    results.save_found_themes(made, now=workspace.now)
    return made


def _previous(workspace: Workspace, stored: StoredThemes | None) -> ThemeSet | None:
    """Return the themes whose ids are taken over: those found last, and those that people made or pinned."""
    if stored is None:
        return None
    found = {theme.theme_id for theme in stored.themes}
    kept = [
        theme
        for theme in themes_of_people(list(workspace.store.curation.entries()))
        if theme.theme_id not in found
    ]
    return replace(theme_set_of(stored), themes=(*stored.themes, *kept))


def theme_set_of(stored: StoredThemes) -> ThemeSet:
    """Return stored themes as the analysis made them."""
    return ThemeSet(
        themes=stored.themes, assignments=stored.assignments, unassigned_share=stored.unassigned_share
    )


def _digest(read: ReadPassages, writer: str) -> str:
    """Digest of all that themes follow from."""
    digest = hashlib.sha256(f"{READER_VERSION}\n{THEMES_VERSION}\n{writer}\n{SEED}\n".encode())
    for passage in read.passages:
        digest.update(f"{passage.passage_id} {passage.text_sha256} {passage.person_id}\n".encode())
    return digest.hexdigest()


def _batches(workspace: Workspace) -> Iterator[list[Passage]]:
    passages = (passage for record in workspace.store.records.iter() for passage in passages_of(record))
    while batch := list(islice(passages, _BATCH)):
        yield batch
