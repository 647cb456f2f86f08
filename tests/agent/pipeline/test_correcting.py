"""Corrections of readers: applied to counts and quotes, kept as examples, undone, and never applied to other words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.errors import ConflictError, InputError, NotFoundError
from agent.pipeline.correcting import (
    Corrected,
    LabelledExample,
    correct,
    corrections_of,
    examples_of,
    undo_correction,
)
from agent.pipeline.curating import Curator
from agent.pipeline.drafting import current_insight
from agent.pipeline.workspace import Workspace, open_workspace
from agent.schemas.evidence import Evidence
from agent.schemas.insight import PainPoint
from agent.settings import Settings
from agent.store.sources import Source
from agent.store.tables import records
from tests.agent.store.builders import NOW, add_persons, record

_SAID = {
    "late": (
        "My parcel arrived two weeks late.",
        "The delivery was late again and the courier never called.",
        "Delivery took ages, the parcel came late.",
        "The package was delivered far too late.",
    ),
    "app": (
        "The app crashes when I open the basket.",
        "Your app keeps crashing on my phone.",
        "The app freezes and crashes at checkout.",
        "App crashed three times today.",
    ),
    "refund": (
        "I still wait for my refund.",
        "My refund was never paid back.",
        "Nobody can tell me when the refund comes.",
        "The refund takes forever to be paid.",
    ),
}
_N_EACH = 16


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Give a brand of three matters, each of sixteen customers."""
    settings = Settings(home=tmp_path, workspace="brand")
    with open_workspace(settings, now=NOW, create=True) as opened:
        names = [(topic, n) for topic in _SAID for n in range(_N_EACH)]
        add_persons(opened.store, *[f"p_{topic}{n}" for topic, n in names])
        opened.store.records.add(
            [
                record(
                    f"{topic}{n}",
                    person=f"p_{topic}{n}",
                    text=f"{_SAID[topic][n % 4]} That was on day {n} of spring.",
                )
                for topic, n in names
            ]
        )
        opened.store.sources.put(Source("s_1", "a.csv", "csv", "reviews", "", NOW))
        yield opened


def _late(workspace: Workspace) -> PainPoint:
    """Return the pain point of late parcels, with what counts now."""
    points = current_insight(workspace, where={}).pain_points
    return next(point for point in points if "late" in point.label.casefold())


def _holds(workspace: Workspace, theme_id: str, quote: Evidence) -> bool:
    """Tell whether the quoted passage is a member of a theme now."""
    key = f"{quote.record_id}:{quote.start}-{quote.end}"
    return key in Curator.of(workspace).theme(theme_id).passage_ids


def _reword(workspace: Workspace, record_id: str, text: str) -> None:
    """Give a record another text, as a later redaction of it would."""
    with workspace.store._opened.database.begin() as connection:  # pyright: ignore[reportPrivateUsage]
        connection.execute(sa.update(records).where(records.c.record_id == record_id).values(text=text))


def _refund(workspace: Workspace) -> Evidence:
    """Return a quote that no theme of late parcels holds."""
    points = current_insight(workspace, where={}).pain_points
    return next(point for point in points if "refund" in point.label.casefold()).evidence[0]


def _not_about(workspace: Workspace, quote: Evidence, theme: str, *, about: bool = False) -> Corrected:
    return correct(
        workspace,
        record_id=quote.record_id,
        start=quote.start,
        end=quote.end,
        text_sha256=quote.text_sha256,
        theme=theme,
        about=about,
        by="anna",
        reason="this is not about it",
    )


def test_correction_takes_a_customer_out_of_reach_and_quotes_and_undo_brings_all_back(
    workspace: Workspace,
) -> None:
    """Counts and quotes are as if the customer had not said it, and after the undo as they were at first."""
    before = _late(workspace)
    quote = before.evidence[0]
    made = _not_about(workspace, quote, before.theme_id)
    after = _late(workspace)
    assert (after.pain_point_id, after.reach.n, after.reach.total) == (
        before.pain_point_id,
        before.reach.n - 1,
        before.reach.total,
    )
    assert quote.record_id not in {item.record_id for item in after.evidence}
    assert made.decided is not None
    entry = made.decided.entry
    assert (entry.by, entry.reason, entry.edit.action) == ("anna", "this is not about it", "move")
    assert examples_of(workspace, before.theme_id) == [
        LabelledExample(quote.quote, before.theme_id, about=False)
    ]
    undo_correction(workspace, made.correction.correction_id, by="ben")
    assert _late(workspace) == before
    assert examples_of(workspace, before.theme_id) == []
    (left,) = corrections_of(workspace)
    assert (left.standing, left.stored.undone_by, left.quote) == ("taken_back", "ben", quote.quote)
    with pytest.raises(ConflictError, match="ben"):
        undo_correction(workspace, made.correction.correction_id, by="anna")


def test_correction_of_a_text_that_changed_since_is_not_applied(workspace: Workspace) -> None:
    """New words at the same place are nobody's example and stay where they are found; the old text brings it back."""
    before = _late(workspace)
    quote = before.evidence[0]
    made = _not_about(workspace, quote, before.theme_id)
    assert not _holds(workspace, before.theme_id, quote)
    was = workspace.store.records.get(quote.record_id)
    _reword(workspace, quote.record_id, was.text.replace("That was on day", "This was on day"))
    assert _holds(workspace, before.theme_id, quote)
    (left,) = corrections_of(workspace)
    assert (left.standing, left.quote, examples_of(workspace, before.theme_id)) == ("text_changed", None, [])
    notes = Curator.of(workspace).themes.notes
    assert [note.number for note in notes] == [made.decided.entry.number if made.decided else 0]
    with pytest.raises(ConflictError, match="has changed"):
        _not_about(workspace, quote, before.theme_id)
    _reword(workspace, quote.record_id, was.text)
    assert not _holds(workspace, before.theme_id, quote)
    assert len(examples_of(workspace, before.theme_id)) == 1


def test_same_correction_twice_is_one_and_the_contrary_takes_it_back(workspace: Workspace) -> None:
    """The last word counts: what was said not to be about it and then to be is where it was, as one example of it."""
    before = _late(workspace)
    quote = before.evidence[0]
    first = _not_about(workspace, quote, before.theme_id)
    again = _not_about(workspace, quote, before.theme_id)
    assert (again.correction, again.decided) == (first.correction, None)
    assert workspace.store.curation.length() == 1
    _not_about(workspace, quote, before.theme_id, about=True)
    assert _late(workspace) == before
    assert examples_of(workspace, before.theme_id) == [
        LabelledExample(quote.quote, before.theme_id, about=True)
    ]


def test_correction_into_a_theme_moves_the_words_there(workspace: Workspace) -> None:
    """What a reader says to be about late parcels counts there."""
    before = _late(workspace)
    made = _not_about(workspace, _refund(workspace), before.theme_id, about=True)
    assert _late(workspace).reach.n == before.reach.n + 1
    undo_correction(workspace, made.correction.correction_id, by="anna")
    assert _late(workspace) == before


def test_undo_in_the_history_of_themes_takes_the_correction_back(workspace: Workspace) -> None:
    """There is one log: whoever takes the decision back takes back the example too, and may bring both back."""
    before = _late(workspace)
    made = _not_about(workspace, before.evidence[0], before.theme_id)
    assert made.decided is not None
    Curator.of(workspace, by="carl").undo(made.decided.entry.number)
    assert _late(workspace) == before
    assert examples_of(workspace, before.theme_id) == []
    with pytest.raises(ConflictError, match="already"):
        undo_correction(workspace, made.correction.correction_id, by="anna")
    Curator.of(workspace, by="carl").undo(2)
    assert len(examples_of(workspace, before.theme_id)) == 1
    undo_correction(workspace, made.correction.correction_id, by="anna")
    assert _late(workspace) == before


def test_correction_where_there_is_nothing_to_take_out_is_an_example_alone(workspace: Workspace) -> None:
    """Words that an answer cited though no theme holds them teach what the theme is not, and change no count."""
    before = _late(workspace)
    made = _not_about(workspace, _refund(workspace), before.theme_id)
    assert (made.decided, workspace.store.curation.length()) == (None, 0)
    assert [example.about for example in examples_of(workspace, before.theme_id)] == [False]
    undo_correction(workspace, made.correction.correction_id, by="anna")
    assert examples_of(workspace, before.theme_id) == []


def test_correction_of_what_is_no_customers_word_is_refused(workspace: Workspace) -> None:
    """A record that is not there, a place outside of the text, and a theme that is not there each say so."""
    before = _late(workspace)
    quote = before.evidence[0]
    length = len(workspace.store.records.get(quote.record_id).text)
    wrong: list[tuple[type[Exception], Evidence, str]] = [
        (NotFoundError, quote.model_copy(update={"record_id": "r_none"}), before.theme_id),
        (NotFoundError, quote, "t_none"),
        (InputError, quote.model_copy(update={"end": length + 1}), before.theme_id),
        (InputError, quote.model_copy(update={"start": quote.end}), before.theme_id),
        (ConflictError, quote.model_copy(update={"text_sha256": "00" * 32}), before.theme_id),
    ]
    for error, evidence, theme in wrong:
        with pytest.raises(error):
            _not_about(workspace, evidence, theme)
    assert corrections_of(workspace) == []
    assert workspace.store.curation.length() == 0
