"""Themes without a given list: of a file's texts, of which nothing is stored, or of the workspace's complaints."""

from collections.abc import Iterable, Sequence

from agent.analyse.readings import PassageReader
from agent.analyse.themes import ThemeSet, find_themes
from agent.normalise import RowFault, clean_text
from agent.pipeline.analysis import SEED, current_themes, read_everything
from agent.pipeline.workspace import Workspace
from agent.ports import Encoder, Progress, Vectors
from agent.schemas.base import Frozen
from agent.schemas.insight import Emotion, Reading, Theme
from agent.schemas.records import Kind, Passage

_N_QUOTES = 3


class FoundTheme(Frozen):
    """A theme with how many customers, or rows of a file, are in it."""

    theme_id: str
    label: str
    definition: str
    n: int
    quotes: tuple[str, ...]
    """Typical ones, verbatim."""


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


def discover_texts(
    rows: Iterable[tuple[int, str | None]], *, encoder: Encoder, reader: PassageReader
) -> Discovery:
    """Group the texts of a file, each row for itself; rows without a usable text belong nowhere.

    Args:
        rows: Row numbers and texts.
        encoder: Encodes the texts.
        reader: Of the same encoder.
    """
    given = list(rows)
    told = [(row, text) for row, raw in given if (text := _cleaned(raw))]
    texts = [text for _, text in told]
    found = themes_of_texts(texts, encoder.encode(texts), reader=reader)
    theme_of = {row: found.assignments.get(_passage_id(place)) for place, (row, _) in enumerate(told)}
    assignments = tuple(Assignment(row=row, theme_id=theme_of.get(row)) for row, _ in given)
    text_of = {_passage_id(place): text for place, text in enumerate(texts)}
    n_open = sum(one.theme_id is None for one in assignments)
    return Discovery(
        themes=tuple(_found(theme, text_of, n=len(theme.passage_ids)) for theme in found.themes),
        assignments=assignments,
        unassigned_share=n_open / len(assignments) if assignments else 0.0,
    )


def _cleaned(text: str | None) -> str | None:
    try:
        return None if text is None else clean_text(text)
    except RowFault:
        return None


def themes_of_texts(texts: Sequence[str], vectors: Vectors, *, reader: PassageReader) -> ThemeSet:
    """Group texts, each of a person of its own and each counting as a complaint.

    Args:
        texts: Any.
        vectors: Unit rows, one a text.
        reader: Of the encoder that made the vectors.
    """
    passages = [_passage(place, text) for place, text in enumerate(texts)]
    readings = [_as_complaint(passage) for passage in passages]
    return find_themes(passages, vectors, readings, reader=reader, seed=SEED)


def discover_stored(workspace: Workspace, *, on_progress: Progress | None = None) -> Discovery:
    """Return the themes of the workspace's complaints, found anew where the data has changed."""
    read = read_everything(workspace, on_progress=on_progress)
    themes, _ = current_themes(workspace, read)
    text_of = {passage.passage_id: passage.text for passage in read.passages}
    person_of = {passage.passage_id: passage.person_id for passage in read.passages}
    return Discovery(
        themes=tuple(
            _found(theme, text_of, n=len({person_of[key] for key in theme.passage_ids}))
            for theme in themes.themes
        ),
        assignments=tuple(
            Assignment(passage_id=reading.passage_id, theme_id=themes.assignments.get(reading.passage_id))
            for reading in read.readings
            if reading.complaint or reading.passage_id in themes.assignments
        ),
        unassigned_share=themes.unassigned_share,
    )


def _found(theme: Theme, text_of: dict[str, str], *, n: int) -> FoundTheme:
    quotes = tuple(text_of[key] for key in theme.core_passage_ids[:_N_QUOTES])
    return FoundTheme(
        theme_id=theme.theme_id, label=theme.label, definition=theme.definition, n=n, quotes=quotes
    )


def _passage_id(place: int) -> str:
    return f"row:{place}"


def _passage(place: int, text: str) -> Passage:
    name = _passage_id(place)
    return Passage(name, name, name, 0, len(text), text, "", Kind.REVIEW, None, None, None)


def _as_complaint(passage: Passage) -> Reading:
    return Reading(
        passage.passage_id,
        passage.record_id,
        passage.person_id,
        passage.start,
        passage.end,
        passage.text_sha256,
        sentiment=-1.0,
        emotion=Emotion.NEUTRAL,
        stage=None,
        touchpoint=None,
        complaint=True,
        severity=None,
        at=None,
    )
