"""Themes without a given list: of a file's texts, of which nothing is stored, or of the workspace's complaints.

A large file is grouped by a sample of its rows; the rest is encoded and judged chunk by chunk, and its vectors are not
kept, so that memory follows the texts and not their vectors.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from agent.analyse.hierarchy import MANY_THEMES, Heading, headings_of
from agent.analyse.languages import language_fit
from agent.analyse.readings import PassageReader, origin_of
from agent.analyse.tagger import ThemeTagger
from agent.analyse.themes import ThemeSet, find_themes
from agent.normalise import RowFault, clean_text
from agent.pipeline.analysis import SEED, current_themes, read_everything
from agent.pipeline.naming import name_raw_themes
from agent.pipeline.workspace import Workspace
from agent.ports import Encoder, Progress, Vectors, Writer
from agent.schemas.base import Frozen
from agent.schemas.insight import Emotion, Reading, Theme
from agent.schemas.records import Kind, Passage

LEAST_TEXTS = 50
"""Below so many different texts, themes are found where they are plain, and the answer says how little it rests on."""
_N_QUOTES = 3
_FIT_ROWS = 12_000
_TAUGHT_ROWS = 5_000
_CHUNK = 20_000
_NOBODY = -1
_LANGUAGE_TEXTS = 5_000
_FOREIGN_SHARE = 0.05

Numbers = NDArray[np.int64]
OnStage = Callable[[str], None]


class FoundTheme(Frozen):
    """A theme with how many customers, or rows of a file, are in it."""

    theme_id: str
    label: str
    definition: str
    n: int
    quotes: tuple[str, ...]
    """Typical ones, verbatim, no two alike."""
    parent_id: str | None = None
    """The heading it stands under; None where there are few themes."""


class FoundHeading(Frozen):
    """What several themes stand under, where there are many."""

    parent_id: str
    label: str
    n: int
    """Sum over its themes."""


class Assignment(Frozen):
    """Which theme a row of the file belongs to, or a passage of the workspace; None where to none."""

    theme_id: str | None
    row: int | None = None
    passage_id: str | None = None


class Discovery(Frozen):
    """The themes, largest first, who belongs where, and how much belongs nowhere."""

    themes: tuple[FoundTheme, ...]
    assignments: tuple[Assignment, ...]
    unassigned_share: float
    parents: tuple[FoundHeading, ...] = ()
    """Headings, most themes first; empty where there are few themes."""
    n_texts: int = 0
    """Rows, or complaining passages, that have words to go by."""
    n_different: int = 0
    """Of these, how many are worded differently."""
    note: str | None = None
    """What to know before reading on: too few texts, all the same, most of them sampled."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A file's rows and their different texts."""

    rows: list[int]
    """Row numbers as given."""
    text_of: Numbers
    """Position in `texts` of each row, or `_NOBODY`."""
    texts: list[str]


def discover_texts(
    rows: Iterable[tuple[int, str | None]],
    *,
    encoder: Encoder,
    reader: PassageReader,
    writer: Writer | None = None,
    on_stage: OnStage | None = None,
) -> Discovery:
    """Group the texts of a file, each row for itself; rows without a usable text belong nowhere.

    Args:
        rows: Row numbers and texts.
        encoder: Encodes the texts.
        reader: Of the same encoder.
        writer: Names the largest themes; None leaves them the names made of their own phrases.
        on_stage: Told what begins.
    """
    begin = on_stage or _silent
    begin("reading")
    told = _tell(rows)
    begin("encoding")
    passages, vectors = _fitted(told, encoder)
    begin("grouping")
    found = _group(passages, vectors, reader)
    begin("assigning")
    assignments = _assigned(told, found, passages, vectors, encoder)
    begin("naming")
    text_of = {passage.passage_id: passage.text for passage in passages}
    themes = found.themes if writer is None else name_raw_themes(writer, found.themes, text_of)
    place_of = {passage.passage_id: row for row, passage in enumerate(passages)}
    headings = headings_of(themes, text_of, place_of, vectors, reader=reader)
    counts = Counter(one.theme_id for one in assignments if one.theme_id is not None)
    n_open = sum(one.theme_id is None for one in assignments)
    return Discovery(
        themes=_listed(themes, text_of, counts, headings),
        assignments=assignments,
        unassigned_share=n_open / len(assignments) if assignments else 0.0,
        parents=_headed(headings, counts),
        n_texts=int((told.text_of != _NOBODY).sum()),
        n_different=len(told.texts),
        note=_notes(told, len(passages), len(themes), is_bundled=reader.uses_vectors),
    )


def themes_of_texts(
    texts: Sequence[str], vectors: Vectors, *, reader: PassageReader, previous: ThemeSet | None = None
) -> ThemeSet:
    """Group texts, each of a person of its own and each counting as a complaint.

    Args:
        texts: Any.
        vectors: Unit rows, one a text.
        reader: Of the encoder that made the vectors.
        previous: An earlier run over texts of which those come first.
    """
    return _group(
        [_passage(place, text) for place, text in enumerate(texts)], vectors, reader, previous=previous
    )


def discover_stored(workspace: Workspace, *, on_progress: Progress | None = None) -> Discovery:
    """Return the themes of the workspace's complaints, found anew where the data has changed."""
    read = read_everything(workspace, on_progress=on_progress)
    themes, _ = current_themes(workspace, read)
    text_of = {passage.passage_id: passage.text for passage in read.passages}
    person_of = {passage.passage_id: passage.person_id for passage in read.passages}
    place_of = {passage.passage_id: row for row, passage in enumerate(read.passages)}
    headings = headings_of(themes.themes, text_of, place_of, read.vectors, reader=workspace.reader)
    counts = {
        theme.theme_id: len({person_of[key] for key in theme.passage_ids if key in person_of})
        for theme in themes.themes
    }
    complaints = [reading.passage_id for reading in read.readings if reading.complaint]
    return Discovery(
        themes=_listed(themes.themes, text_of, counts, headings),
        assignments=tuple(
            Assignment(passage_id=reading.passage_id, theme_id=themes.assignments.get(reading.passage_id))
            for reading in read.readings
            if reading.complaint or reading.passage_id in themes.assignments
        ),
        unassigned_share=themes.unassigned_share,
        parents=_headed(headings, counts),
        n_texts=len(complaints),
        n_different=len({text_of[key] for key in complaints}),
    )


def _tell(rows: Iterable[tuple[int, str | None]]) -> _Told:
    first: dict[str, int] = {}
    numbers: list[int] = []
    text_of: list[int] = []
    for row, raw in rows:
        text = _cleaned(raw)
        numbers.append(row)
        text_of.append(first.setdefault(text, len(first)) if text else _NOBODY)
    return _Told(numbers, np.array(text_of, dtype=np.int64), list(first))


def _cleaned(text: str | None) -> str | None:
    """Return a text that has a letter or a sign of feeling in it, as it is compared; None where there is nothing."""
    try:
        return None if text is None else clean_text(text).strip() or None
    except RowFault:
        return None


def _fit_places(told: _Told) -> Numbers:
    """Return the places among the rows that are grouped: all, or a sample that is the same for the same file."""
    places = np.flatnonzero(told.text_of != _NOBODY)
    if len(places) <= _FIT_ROWS:
        return places
    return np.sort(np.random.default_rng(SEED).permutation(places)[:_FIT_ROWS])


def _fitted(told: _Told, encoder: Encoder) -> tuple[list[Passage], Vectors]:
    """Return the rows that are grouped, with their vectors; equal texts are encoded once."""
    places = _fit_places(told)
    numbers = told.text_of[places]
    different, row_of = np.unique(numbers, return_inverse=True)
    vectors = encoder.encode([told.texts[i] for i in map(int, different)])[row_of]
    passages = [
        _passage(told.rows[place], told.texts[number])
        for place, number in zip(map(int, places), map(int, numbers), strict=True)
    ]
    return passages, vectors


def _group(
    passages: list[Passage], vectors: Vectors, reader: PassageReader, *, previous: ThemeSet | None = None
) -> ThemeSet:
    readings = [_as_complaint(passage) for passage in passages]
    return find_themes(passages, vectors, readings, reader=reader, seed=SEED, previous=previous)


def _assigned(
    told: _Told, found: ThemeSet, passages: list[Passage], vectors: Vectors, encoder: Encoder
) -> tuple[Assignment, ...]:
    """Return the theme of every row: as it was grouped where it was, else as its text is judged."""
    theme_of = _assign_rest(told, found, passages, vectors, encoder) if found.themes else {}
    direct = {passage.text: found.assignments.get(passage.passage_id) for passage in passages}
    return tuple(
        Assignment(row=row, theme_id=_theme_of(told, position, direct, theme_of))
        for row, position in zip(told.rows, map(int, told.text_of), strict=True)
    )


def _assign_rest(
    told: _Told, found: ThemeSet, passages: list[Passage], vectors: Vectors, encoder: Encoder
) -> dict[str, str]:
    """Return the theme of each text that was not grouped; vectors are made and dropped chunk by chunk."""
    known = {passage.text for passage in passages}
    rest = [text for text in told.texts if text not in known]
    if not rest:
        return {}
    taught = np.sort(np.random.default_rng(SEED).permutation(len(passages))[:_TAUGHT_ROWS])
    tagger = ThemeTagger.train(
        found.themes, [passages[i] for i in map(int, taught)], vectors[taught], seed=SEED
    )
    theme_of: dict[str, str] = {}
    for start in range(0, len(rest), _CHUNK):
        part = rest[start : start + _CHUNK]
        given = tagger.assign(part, encoder.encode(part))
        theme_of.update((text, theme_id) for text, theme_id in zip(part, given, strict=True) if theme_id)
    return theme_of


def _theme_of(
    told: _Told, position: int, direct: Mapping[str, str | None], theme_of: Mapping[str, str]
) -> str | None:
    if position == _NOBODY:
        return None
    text = told.texts[position]
    return direct[text] if text in direct else theme_of.get(text)


def _listed(
    themes: Sequence[Theme],
    text_of: Mapping[str, str],
    counts: Mapping[str, int],
    headings: Sequence[Heading],
) -> tuple[FoundTheme, ...]:
    parent_of = {theme_id: heading.parent_id for heading in headings for theme_id in heading.theme_ids}
    found = [
        FoundTheme(
            theme_id=theme.theme_id,
            label=theme.label,
            definition=theme.definition,
            n=counts.get(theme.theme_id, 0),
            quotes=_quotes(theme, text_of),
            parent_id=parent_of.get(theme.theme_id),
        )
        for theme in themes
    ]
    return tuple(sorted(found, key=lambda theme: (-theme.n, theme.theme_id)))


def _quotes(theme: Theme, text_of: Mapping[str, str]) -> tuple[str, ...]:
    """Return typical quotes, each wording once."""
    said = dict.fromkeys(text_of[key] for key in theme.core_passage_ids if key in text_of)
    return tuple(said)[:_N_QUOTES]


def _headed(headings: Sequence[Heading], counts: Mapping[str, int]) -> tuple[FoundHeading, ...]:
    return tuple(
        FoundHeading(
            parent_id=heading.parent_id,
            label=heading.label,
            n=sum(counts.get(theme_id, 0) for theme_id in heading.theme_ids),
        )
        for heading in headings
    )


def _notes(told: _Told, n_fitted: int, n_themes: int, *, is_bundled: bool) -> str | None:
    notes = (_note(told, n_fitted, n_themes), _foreign_note(told, is_bundled=is_bundled))
    return " ".join(filter(None, notes)) or None


def _foreign_note(told: _Told, *, is_bundled: bool) -> str | None:
    """Return what to know where texts are in languages that the encoder does not read."""
    looked_at = told.texts[:_LANGUAGE_TEXTS]
    foreign = sum(not language_fit(text).is_english for text in looked_at)
    if not is_bundled or foreign < _FOREIGN_SHARE * max(len(looked_at), 1):
        return None
    percent = 100 * foreign / len(looked_at)
    return (
        f"About {percent:.0f} % of the texts are not in English, which is all that the bundled encoder reads: "
        "their themes mean little."
    )


def _note(told: _Told, n_fitted: int, n_themes: int) -> str | None:
    n_texts, n_different = int((told.text_of != _NOBODY).sum()), len(told.texts)
    if not n_texts:
        return "No row has a text."
    if n_texts < LEAST_TEXTS:
        fewer = "" if n_texts == len(told.rows) else f" of {len(told.rows):,} rows"
        return f"Themes are sure from {LEAST_TEXTS} texts on; there are {n_texts:,}{fewer}."
    if n_different == 1:
        return f"All {n_texts:,} texts are worded the same."
    if n_different < LEAST_TEXTS:
        return f"Only {n_different:,} different texts; themes are sure from {LEAST_TEXTS} on."
    if n_texts > n_fitted:
        return f"Grouped by a sample of {n_fitted:,} of {n_texts:,} rows; every row was then assigned."
    return f"{n_themes:,} themes stand under headings." if n_themes > MANY_THEMES else None


def _silent(_stage: str) -> None:
    """Tell nobody."""


def _passage(row: int, text: str) -> Passage:
    name = f"row:{row}"
    return Passage(
        name, name, name, 0, len(text), text, sha256(text.encode()).hexdigest(), Kind.REVIEW, None, None, None
    )


def _as_complaint(passage: Passage) -> Reading:
    return Reading(
        *origin_of(passage),
        sentiment=-1.0,
        emotion=Emotion.NEUTRAL,
        stage=None,
        touchpoint=None,
        complaint=True,
        severity=None,
        at=None,
    )
