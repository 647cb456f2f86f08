"""Notes of people: versions that cannot be overwritten unseen, states that follow each other, and who decided what."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import ConflictError, InputError, NotFoundError
from agent.schemas.creative import Variant, VariantSet, Verdict, VerdictKind
from agent.schemas.evidence import Lane
from agent.schemas.journey import JourneyMap
from agent.schemas.notes import GIVEN_NAME, MapPlace, MapState, VariantState
from agent.store import Store
from agent.store.engine import Database, open_engine
from agent.store.home import Home
from agent.store.notes import MAP_STEPS, VARIANT_STEPS, checked_url
from tests.agent.maps import HOSTILE, journey_map
from tests.agent.store.builders import NOW

_WORDS = tuple(f"words {number}" for number in range(len(HOSTILE)))
_LATER = NOW + timedelta(hours=1)


def _map(**changes: object) -> JourneyMap:
    return journey_map(_WORDS).model_copy(
        update={"owner": None, "review_by": None, "drafted_at": NOW, **changes}
    )


@pytest.fixture
def map_id(store: Store) -> str:
    """Store a map without owner and review date."""
    return store.results.save_map(_map()).map_id


def _new_version(store: Store) -> JourneyMap:
    return store.results.save_map(_map(drafted_at=_LATER, attributes={"source": "more"}))


def test_map_nobody_noted_on_is_a_draft_due_ninety_days_after_drafting(store: Store, map_id: str) -> None:
    """Owner and date of the map itself count until somebody says otherwise; overdue follows from the time."""
    note = store.notes.map(map_id)
    assert (note.owner, note.state, note.version, note.log) == (None, MapState.DRAFT, 0, ())
    assert note.review_by == NOW + timedelta(days=90)
    assert (note.overdue(note.review_by), note.overdue(note.review_by + timedelta(seconds=1))) == (
        False,
        True,
    )
    own = store.results.save_map(_map(map_id="m_own", owner="zoe", review_by=NOW + timedelta(days=7)))
    assert store.notes.map(own.map_id).owner == "zoe"
    assert store.notes.map(own.map_id).review_by == NOW + timedelta(days=7)
    assert set(store.notes.maps()) == {map_id, "m_own"}
    with pytest.raises(NotFoundError):
        store.notes.map("m_none")


def test_stale_edit_is_refused_and_names_who_was_first(store: Store, map_id: str) -> None:
    """Two tabs that saw the same version: the second is told who changed what it saw, and when."""
    notes = store.notes
    first = notes.own_map(map_id, "anna", version=0, by="ben", now=NOW)
    assert (first.owner, first.version, first.changed_by, first.changed_at) == ("anna", 1, "ben", NOW)
    with pytest.raises(ConflictError, match=r"'ben' .* 2026-06-01 12:00 UTC"):
        notes.own_map(map_id, "carl", version=0, by="carl", now=_LATER)
    with pytest.raises(ConflictError, match="ben"):
        notes.review_map(map_id, _LATER, version=0, by="carl", now=_LATER)
    with pytest.raises(ConflictError, match="ben"):
        notes.move_map(map_id, MapState.IN_REVIEW, map_version=1, version=0, by="carl", now=_LATER)
    assert notes.map(map_id) == first
    with pytest.raises(ConflictError, match="never"):
        notes.own_pain_point(_pain_point(store), "anna", version=4, by="ben", now=NOW)


def test_review_date_and_approval_are_of_one_version_of_the_map(store: Store, map_id: str) -> None:
    """A new version is a draft again with a date of its own; the owner stays, and so does what the old one was."""
    notes = store.notes
    notes.own_map(map_id, "anna", version=0, by="anna", now=NOW)
    notes.review_map(map_id, NOW + timedelta(days=3), version=1, by="anna", now=NOW)
    notes.move_map(map_id, MapState.IN_REVIEW, map_version=1, version=2, by="anna", now=NOW)
    done = notes.move_map(
        map_id, MapState.APPROVED, map_version=1, version=3, by="ben", now=_LATER, reason="good"
    )
    assert (done.state, done.review_by, done.version) == (MapState.APPROVED, NOW + timedelta(days=3), 4)
    assert [(step.before, step.after, step.by, step.subject_version, step.reason) for step in done.log] == [
        ("draft", "in_review", "anna", 1, ""),
        ("in_review", "approved", "ben", 1, "good"),
    ]
    _new_version(store)
    note = notes.map(map_id)
    assert (note.map_version, note.state, note.owner) == (2, MapState.DRAFT, "anna")
    assert note.review_by == _LATER + timedelta(days=90)
    assert (note.state_of(1), note.state_of(2)) == (MapState.APPROVED, MapState.DRAFT)
    with pytest.raises(ConflictError, match="version 2"):
        notes.move_map(map_id, MapState.IN_REVIEW, map_version=1, version=note.version, by="anna", now=_LATER)


def test_approval_needs_an_owner_who_then_cannot_be_taken_away(store: Store, map_id: str) -> None:
    """A map without an owner is not approved, and an approved one keeps an owner."""
    notes = store.notes
    notes.move_map(map_id, MapState.IN_REVIEW, map_version=1, version=0, by="anna", now=NOW)
    with pytest.raises(InputError, match="owner"):
        notes.move_map(map_id, MapState.APPROVED, map_version=1, version=1, by="ben", now=NOW)
    notes.own_map(map_id, "anna", version=1, by="anna", now=NOW)
    notes.move_map(map_id, MapState.APPROVED, map_version=1, version=2, by="ben", now=NOW)
    with pytest.raises(ConflictError, match="owner"):
        notes.own_map(map_id, None, version=3, by="ben", now=NOW)
    assert notes.own_map(map_id, "carl", version=3, by="ben", now=NOW).owner == "carl"
    _new_version(store)
    assert notes.own_map(map_id, None, version=4, by="ben", now=NOW).owner is None


@settings(max_examples=8, deadline=None)
@given(wanted=st.lists(st.sampled_from([*MapState, None]), max_size=12))
def test_map_goes_through_its_states_as_the_model_does(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[MapState | None]
) -> None:
    """Any order of steps and new versions: what the model allows happens and is logged; all else changes nothing."""
    with Store.create(tmp_path_factory.mktemp("home"), "brand", now=NOW) as store:
        made = store.results.save_map(_map(owner="anna"))
        state, log, version = MapState.DRAFT, list[tuple[int, str, str]](), 0
        for n, step in enumerate(wanted):
            if step is None:
                made = store.results.save_map(_map(owner="anna", attributes={"source": str(n)}))
                state = MapState.DRAFT
                continue

            go = partial(
                store.notes.move_map,
                made.map_id,
                step,
                map_version=made.version,
                version=version,
                by="ben",
                now=NOW,
            )

            if step in MAP_STEPS[state]:
                go()
                log.append((made.version, state, step))
                state, version = step, version + 1
            else:
                with pytest.raises(ConflictError):
                    go()
            note = store.notes.map(made.map_id)
            assert (note.state, note.version) == (state, version)
        found = [(step.subject_version, step.before, step.after) for step in store.notes.map(made.map_id).log]
        assert found == log


def test_steps_of_a_map_lead_from_draft_to_approved_and_end_there() -> None:
    """What the model-based test trusts: the shape of the steps themselves."""
    assert {
        MapState.DRAFT: {MapState.IN_REVIEW},
        MapState.IN_REVIEW: {MapState.APPROVED, MapState.SENT_BACK},
        MapState.SENT_BACK: {MapState.IN_REVIEW},
        MapState.APPROVED: set(),
    } == MAP_STEPS
    assert {
        VariantState.DRAFT: {VariantState.CHECKED},
        VariantState.CHECKED: {VariantState.APPROVED, VariantState.SENT_BACK},
        VariantState.SENT_BACK: {VariantState.CHECKED},
        VariantState.APPROVED: {VariantState.EXPORTED, VariantState.SENT_BACK},
        VariantState.EXPORTED: {VariantState.SENT_BACK},
    } == VARIANT_STEPS


def _pain_point(store: Store) -> str:
    points = journey_map(_WORDS).pain_points
    store.results.save_pain_points(points, now=NOW)
    return points[0].pain_point_id


def test_pain_point_keeps_owner_link_and_feasibility_with_who_and_when(store: Store) -> None:
    """Each is set and cleared for itself; what nobody noted is empty; a pain point that is not there has no note."""
    notes, point = store.notes, _pain_point(store)
    assert notes.pain_point(point).version == 0
    notes.own_pain_point(point, " Anna\n Lee ", version=0, by="ben", now=NOW)
    notes.rate_pain_point(point, 4, version=1, by="carl", now=_LATER)
    note = notes.link_pain_point(point, "https://Tracker.Example/issue/7?a=b", version=2, by="ben", now=NOW)
    assert (note.owner, note.initiative_url) == ("Anna Lee", "https://tracker.example/issue/7?a=b")
    assert note.initiative_host == "tracker.example"
    assert note.feasibility is not None
    assert (note.feasibility.value, note.feasibility.by, note.feasibility.at) == (4, "carl", _LATER)
    assert notes.pain_points() == {point: note}
    cleared = notes.rate_pain_point(point, None, version=3, by="ben", now=NOW)
    assert (cleared.feasibility, cleared.owner, cleared.version) == (None, "Anna Lee", 4)
    for value in (0, 6, -1):
        with pytest.raises(InputError):
            notes.rate_pain_point(point, value, version=4, by="ben", now=NOW)
    with pytest.raises(NotFoundError):
        notes.own_pain_point("pp_none", "anna", version=0, by="ben", now=NOW)


@pytest.mark.parametrize(
    "url",
    [
        "http://tracker.example/1",
        "javascript:alert(1)",
        "//tracker.example/1",
        "https://",
        "https://localhost/1",
        "https://127.0.0.1/1",
        "https://[::1]/1",
        "https://user:word@tracker.example/",
        "https://bank.example@evil.example/",
        "https://tracker.example/ 1",
        "https://tracker.example/\u202e1",
        'https://tracker.example/"onclick=',
        "https://tracker.example/<b>",
        "https://tracker.example:port/",
        "https://" + "a" * 3000 + ".example/",
        "https://xn--\u0000.example",
        "https:\\\\tracker.example",
        "",
    ],
)
def test_address_that_is_no_plain_https_one_is_refused(url: str) -> None:
    """Other schemes, hosts without a name, names and passwords, and signs that hide something do not pass."""
    with pytest.raises(InputError):
        checked_url(url)


def test_address_shows_its_host_in_unmistakable_letters() -> None:
    """A host that looks like another one in Cyrillic letters is shown in ASCII; the port stays."""
    assert checked_url("https://\u0430pple.example:8443/x#y") == "https://xn--pple-43d.example:8443/x#y"


def _variants(store: Store, verdict: VerdictKind | None) -> tuple[str, str]:
    made = None
    if verdict is not None:
        made = Verdict(kind=verdict, n_persons=9, effect=None, low=None, high=None, method="m", reason="r")
    copy_text = {"channel": "email", "slots": {"subject": "Hello"}}
    variant = {
        "variant_id": "v_1",
        "copy_text": copy_text,
        "control_id": "k",
        "changed_factor": "hook",
        "changed_slots": ("subject",),
        "pain_point_id": "pp",
        "facts": (),
        "evidence": (),
        "writer": "w",
        "verdict": made,
    }
    checked = VariantSet.model_validate(
        {
            "variant_set_id": "vs_1",
            "pain_point_id": "pp",
            "control": copy_text,
            "control_id": "k",
            "variants": (Variant.model_validate(variant),),
            "drafted_at": NOW,
        }
    )
    store.results.save_variant_set(checked)
    return "vs_1", "v_1"


@settings(max_examples=8, deadline=None)
@given(wanted=st.lists(st.sampled_from(VariantState), max_size=8))
def test_variant_goes_through_its_states_as_the_model_does(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[VariantState]
) -> None:
    """Only the steps there are, none skipped, none twice; all else is a conflict."""
    with Store.create(tmp_path_factory.mktemp("home"), "brand", now=NOW) as store:
        where = _variants(store, VerdictKind.CANNOT_TELL)
        state, reached = VariantState.DRAFT, 0
        for step in wanted:
            if step in VARIANT_STEPS[state]:
                store.notes.move_variant(*where, step, version=reached, by="ben", now=NOW)
                state, reached = step, reached + 1
            else:
                with pytest.raises(ConflictError):
                    store.notes.move_variant(*where, step, version=reached, by="ben", now=NOW)
        note = store.notes.variant(*where)
        assert (note.state, note.version, len(note.log)) == (state, reached, reached)


@pytest.mark.parametrize("verdict", [None, VerdictKind.INVALID])
def test_variant_without_a_verdict_that_holds_is_not_checked(
    store: Store, verdict: VerdictKind | None
) -> None:
    """Nobody calls a variant checked that was not, or whose certificate does not hold."""
    where = _variants(store, verdict)
    with pytest.raises(ConflictError, match="verdict"):
        store.notes.move_variant(*where, VariantState.CHECKED, version=0, by="ben", now=NOW)
    assert store.notes.variant(*where).state is VariantState.DRAFT
    with pytest.raises(NotFoundError):
        store.notes.variant("vs_1", "v_2")


def test_comments_stand_in_threads_that_are_resolved_and_opened_again(store: Store, map_id: str) -> None:
    """Threads keep their order; a reply opens a resolved one; who and when is known."""
    comments = store.notes.comments
    first = comments.add(MapPlace(map_id=map_id), "Is this so?", author="anna", now=NOW)
    other = comments.add(MapPlace(map_id=map_id), "Nice.", author="ben", now=NOW)
    reply = comments.reply(first.comment_id, "It is.", author="ben", now=_LATER)
    assert [item.text for item in comments.of_map(map_id)] == ["Is this so?", "It is.", "Nice."]
    assert (reply.thread_id, other.thread_id) == (first.comment_id, other.comment_id)
    done = comments.resolve(first.comment_id, version=1, by="carl", now=_LATER)
    assert (done.resolved_by, done.resolved_at, done.version) == ("carl", _LATER, 2)
    comments.reply(reply.comment_id, "It is not.", author="anna", now=_LATER)
    assert comments.get(first.comment_id).resolved_by is None
    with pytest.raises(InputError, match="reply"):
        comments.resolve(reply.comment_id, version=1, by="carl", now=_LATER)


def test_comment_is_edited_by_its_author_who_saw_the_latest(store: Store, map_id: str) -> None:
    """Somebody else, and an author with an older version, are refused."""
    comments = store.notes.comments
    made = comments.add(MapPlace(map_id=map_id), "Is this so?", author="anna", now=NOW)
    edited = comments.edit(made.comment_id, "Is this <b>so</b>?\u202e", version=1, author="anna", now=_LATER)
    assert (edited.text, edited.version, edited.at, edited.changed_at) == (
        "Is this <b>so</b>?",
        2,
        NOW,
        _LATER,
    )
    with pytest.raises(ConflictError, match="anna"):
        comments.edit(made.comment_id, "Hm.", version=1, author="anna", now=_LATER)
    with pytest.raises(ConflictError, match="somebody else"):
        comments.edit(made.comment_id, "Hm.", version=2, author="ben", now=_LATER)
    for text in ("", " \n", "x" * 5000):
        with pytest.raises(InputError):
            comments.edit(made.comment_id, text, version=2, author="anna", now=_LATER)


def test_comment_has_a_place_that_the_map_has(store: Store, map_id: str) -> None:
    """A stage, lane or claim that is not there is refused; a comment outlives the claim it is about."""
    comments, drawn = store.notes.comments, store.results.map(map_id)
    stage = drawn.stages[0]
    claim = stage.cells[Lane.THOUGHTS][0].claim_id
    place = MapPlace(map_id=map_id, stage=stage.name, lane=Lane.THOUGHTS, claim_id=claim)
    made = comments.add(place, "Really?", author="anna", now=NOW)
    assert comments.get(made.comment_id).place == place
    wrong = [{"map_id": "m_none"}, {"stage": "nowhere"}, {"lane": Lane.CHANNELS}, {"claim_id": "k_none"}]
    for changes in wrong:
        with pytest.raises(NotFoundError):
            comments.add(place.model_copy(update=changes), "Hm.", author="anna", now=NOW)
    _new_version(store)
    assert comments.of_map(map_id) == (made,)


def test_notes_of_a_workspace_are_its_own(tmp_path: Path) -> None:
    """Two brands with the same ids see nothing of each other's notes."""
    with Store.create(tmp_path, "one", now=NOW) as store:
        made = store.results.save_map(_map())
        store.notes.own_map(made.map_id, "anna", version=0, by="anna", now=NOW)
        comment = store.notes.comments.add(MapPlace(map_id=made.map_id), "Hm.", author="anna", now=NOW)
        store.notes.rate_pain_point(_pain_point(store), 3, version=0, by="anna", now=NOW)
    with Store.create(tmp_path, "two", now=NOW) as store:
        store.results.save_map(_map())
        assert store.notes.map(made.map_id).owner is None
        assert store.notes.comments.of_map(made.map_id) == ()
        assert store.notes.pain_points() == {}
        with pytest.raises(NotFoundError):
            store.notes.comments.get(comment.comment_id)


def test_names_kept_before_accounts_were_are_marked_as_names(tmp_path: Path) -> None:
    """A store from before keeps who decided as the name it was, which no account can be mistaken for; the machine stays itself."""
    alike = f"a_{'0' * 24}"
    with Store.create(tmp_path, "brand", now=NOW) as store:
        map_id = store.results.save_map(_map()).map_id
        place = MapPlace(map_id=map_id)
        thread = store.notes.comments.add(place, "Is this so?", author=alike, now=NOW)
        store.notes.comments.resolve(thread.comment_id, version=1, by="ben", now=NOW)
        store.notes.own_map(map_id, "anna", version=0, by="held-out check", now=NOW)
        store.notes.move_map(map_id, MapState.IN_REVIEW, map_version=1, version=1, by="ben", now=NOW)
        rated = _pain_point(store)
        store.notes.rate_pain_point(rated, 4, version=0, by="carl", now=NOW)
        store.notes.own_pain_point(rated, "anna", version=1, by="held-out check", now=NOW)
    path = Home(tmp_path).database
    database = Database(open_engine(path), path=path)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'r0006_conversations'"))
    database.close()

    with Store.open(tmp_path, "brand") as store:
        comment = store.notes.comments.get(thread.comment_id)
        assert (comment.author, comment.resolved_by) == (f"{GIVEN_NAME}{alike}", f"{GIVEN_NAME}ben")
        note = store.notes.map(map_id)
        assert [step.by for step in note.log] == [f"{GIVEN_NAME}ben"]
        feasibility = store.notes.pain_point(rated).feasibility
        assert feasibility is not None
        assert (feasibility.value, feasibility.by) == (4, f"{GIVEN_NAME}carl")
        assert store.notes.pain_point(rated).changed_by == "held-out check"
