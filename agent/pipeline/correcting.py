"""What readers correct: "this is not about delivery" takes the words out of the theme in everything that follows.

A correction is applied as a decision about themes, in the same log as all others, and kept as a labelled example beside. So
whatever undoes the decision undoes the correction, and one whose text has changed since applies to nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.analyse.decisions import in_force
from agent.errors import ConflictError, InputError, NotFoundError
from agent.pipeline.curating import Curator, Decided
from agent.pipeline.workspace import Workspace
from agent.schemas.chat import Correction
from agent.schemas.records import Record
from agent.store.corrections import StoredCorrection
from agent.verify.quotes import text_digest

Standing = Literal["counts", "taken_back", "text_changed"]


@dataclass(frozen=True, slots=True)
class Corrected:
    """A stored correction and the decision about themes that applied it."""

    correction: Correction
    decided: Decided | None
    """None where the words were in the theme, or out of it, already: then it is an example alone."""


@dataclass(frozen=True, slots=True)
class ReviewedCorrection:
    """A correction as it stands now."""

    stored: StoredCorrection
    standing: Standing
    quote: str | None
    """The words it is about; None where the text is not what it was."""


@dataclass(frozen=True, slots=True)
class LabelledExample:
    """Words of a customer that a reader said to be about a theme, or not."""

    text: str
    theme_id: str
    about: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """What somebody says of some words."""

    place: tuple[str, int, int, str]
    """Record, start, end and digest of the record's text."""
    about: bool
    by: str
    reason: str


def correct(
    workspace: Workspace,
    *,
    record_id: str,
    start: int,
    end: int,
    text_sha256: str,
    theme: str,
    about: bool,
    by: str,
    reason: str = "",
) -> Corrected:
    """Store a reader's correction and apply it.

    Where a reader said the contrary of the same words before, that is taken back first; the same said twice is one correction.

    Args:
        workspace: Whose.
        record_id: Record whose words are meant, as the citation names it.
        start: Where the words begin in its text.
        end: Where they end; every passage that they touch is meant.
        text_sha256: Of the record's whole text, as the citation names it.
        theme: Id or label of the theme.
        about: False takes the passages out of that theme alone; True puts them into it, out of the one they said most.
        by: Who says so.
        reason: Why.

    Raises:
        NotFoundError: There is no such record of a working customer, or no such theme.
        ConflictError: The text has changed since it was cited.
        InputError: The place holds no words of a customer that may be used.
    """
    _check_text(workspace, record_id, start, end, text_sha256)
    said = _Said((record_id, start, end, text_sha256), about, by, reason)
    with workspace.store.transaction():
        return _applied(workspace, said, theme)


def undo_correction(workspace: Workspace, correction_id: str, *, by: str, reason: str = "") -> Corrected:
    """Take a correction back: what it took out or put in is where it was, and it is no example any more.

    Raises:
        NotFoundError: There is no such correction.
        ConflictError: It was taken back already.
    """
    with workspace.store.transaction():
        found = workspace.store.corrections.get(correction_id)
        if found.undone_at is None and not _is_in_force(found, _entries_in_force(workspace)):
            msg = f"correction {correction_id!r} was taken back already, with decision {found.entry} about themes"
            raise ConflictError(msg, hint="`journey themes history` shows by whom.")
        return Corrected(found.correction, _take_back(workspace, found, by=by, reason=reason))


def corrections_of(workspace: Workspace, *, theme_id: str | None = None) -> list[ReviewedCorrection]:
    """Return all corrections, or those of a theme, oldest first, as they stand now."""
    stored = workspace.store.corrections.all(theme_id=theme_id)
    counting = _entries_in_force(workspace)
    records = workspace.store.records.get_many({item.correction.record_id for item in stored})
    return [_reviewed(item, records.get(item.correction.record_id), counting) for item in stored]


def examples_of(workspace: Workspace, theme_id: str) -> list[LabelledExample]:
    """Return the words that readers said to be about a theme or not, oldest first, without those that count no more."""
    return [
        LabelledExample(item.quote, theme_id, item.stored.correction.about)
        for item in corrections_of(workspace, theme_id=theme_id)
        if item.standing == "counts" and item.quote is not None
    ]


def _reviewed(
    stored: StoredCorrection, record: Record | None, counting: frozenset[int]
) -> ReviewedCorrection:
    said = stored.correction
    is_same = record is not None and text_digest(record.text) == said.text_sha256
    quote = record.text[said.start : said.end] if record is not None and is_same else None
    if stored.undone_at is not None or not _is_in_force(stored, counting):
        return ReviewedCorrection(stored, "taken_back", quote)
    return ReviewedCorrection(stored, "counts" if is_same else "text_changed", quote)


def _counting(workspace: Workspace, theme_id: str) -> list[StoredCorrection]:
    reviewed = corrections_of(workspace, theme_id=theme_id)
    return [item.stored for item in reviewed if item.standing == "counts"]


def _entries_in_force(workspace: Workspace) -> frozenset[int]:
    return frozenset(entry.number for entry in in_force(list(workspace.store.curation.entries())))


def _is_in_force(stored: StoredCorrection, counting: frozenset[int]) -> bool:
    return stored.entry is None or stored.entry in counting


def _take_back(workspace: Workspace, stored: StoredCorrection, *, by: str, reason: str) -> Decided | None:
    workspace.store.corrections.undo(stored.correction.correction_id, by=by, now=workspace.now)
    if stored.entry is None:
        return None
    return Curator.of(workspace, by=by, reason=reason).undo(stored.entry)


def _decide(curator: Curator, theme_id: str, touched: Sequence[str], *, about: bool) -> Decided | None:
    inside = frozenset(curator.theme(theme_id).passage_ids)
    meant = [key for key in touched if (key in inside) is not about]
    if not meant:
        return None
    return curator.move(meant, theme_id) if about else curator.take_out(meant, theme_id)


def _applied(workspace: Workspace, said: _Said, theme: str) -> Corrected:
    """Store what somebody says of a theme and apply it; the contrary of the same words is taken back first."""
    curator = Curator.of(workspace, by=said.by, reason=said.reason)
    theme_id = curator.theme(theme).theme_id
    record_id, start, end, text_sha256 = said.place
    touched = _touched(curator, record_id, start, end)
    for earlier in _counting(workspace, theme_id):
        known = earlier.correction
        if (known.record_id, known.start, known.end, known.text_sha256) != said.place:
            continue
        if known.about is said.about:
            return Corrected(known, None)
        _take_back(workspace, earlier, by=said.by, reason=said.reason)
        curator = Curator.of(workspace, by=said.by, reason=said.reason)
    decided = _decide(curator, theme_id, touched, about=said.about)
    stored = workspace.store.corrections.add(
        record_id=record_id,
        start=start,
        end=end,
        text_sha256=text_sha256,
        theme_id=theme_id,
        about=said.about,
        by=said.by,
        now=workspace.now,
        entry=None if decided is None else decided.entry.number,
    )
    return Corrected(stored.correction, decided)


def _touched(curator: Curator, record_id: str, start: int, end: int) -> list[str]:
    """Return the passages that a place in a record touches."""
    keys = [
        passage.passage_id
        for passage in curator.read.passages
        if passage.record_id == record_id and passage.start < end and start < passage.end
    ]
    if not keys:
        msg = f"record {record_id!r} holds no words of a customer from {start} to {end} that may be used"
        raise InputError(msg, hint="Point at a quote of a customer.")
    return keys


def _check_text(workspace: Workspace, record_id: str, start: int, end: int, text_sha256: str) -> None:
    record = workspace.store.records.get_many([record_id]).get(record_id)
    if record is None:
        msg = f"record {record_id!r} is not in the workspace"
        raise NotFoundError(msg, hint="It may have been erased; ask again.")
    if text_digest(record.text) != text_sha256:
        msg = f"the text of record {record_id!r} has changed since it was cited, so the correction is not applied"
        raise ConflictError(msg, hint="Ask again, and correct what is cited then.")
    if not 0 <= start < end <= len(record.text):
        msg = f"{start} to {end} is no place in the text of record {record_id!r}, which ends at {len(record.text)}"
        raise InputError(msg, hint="Give the place as the citation names it.")
