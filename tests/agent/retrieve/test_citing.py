"""Citing: every passage that answers, from what is meant, or a reason and what would be needed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

import agent.retrieve.citing
from agent.errors import EncoderError, InputError
from agent.retrieve.citing import Citer
from agent.retrieve.heads import (
    TURN_WEIGHTS,
    CitationHead,
    PassageHead,
    TurnHead,
    head_from_json,
    head_to_json,
    open_citation_head,
)
from tests.agent.retrieve.builders import ENCODER, Said, retriever_of, table_of

_NONE = np.zeros((ENCODER.dim, 1), dtype=np.float32)
_THANKS = ENCODER.encode(["thanks bye"])[0]
HEAD = CitationHead(
    ENCODER.model_id,
    PassageHead(10.0, _NONE, _NONE, np.array([1.0, 0.1, 0.1, 0.0, 0.0, -5.0, 0.0, 0.0, 0.0])),
    TurnHead(np.eye(len(TURN_WEIGHTS))[0] * 3, (-8 * _THANKS).astype(np.float32)),
    (1.0, 0.0),
    0.5,
    0.0,
)
"""Cites a passage whose best clause has a cosine of a half or more; a turn asks unless it takes leave."""

_RECORDS = (
    Said(
        "r_a",
        ["Nice place.", "The room was quiet, but breakfast came cold.", "We left."],
        {"place": "Harbour Inn"},
    ),
    Said("r_b", ["The room was quiet.", "Breakfast was great."], {"place": "Brightwater", "stars": 4}),
    Said("r_c", ["The room was loud."], {"place": "Brightwater"}),
)


def _citer(records: Sequence[Said] = _RECORDS, head: CitationHead = HEAD) -> Citer:
    table = table_of(records)
    names = {record.record_id: record.record_id.upper() for record in records}
    return Citer(table, retriever=retriever_of(table), encoder=ENCODER, external_ids=names, head=head)


def test_cite_returns_every_passage_that_answers_with_its_neighbours() -> None:
    """All that answers is cited, by its clause if need be, word for word, most probable first."""
    found = _citer().cite("the room was quiet")
    assert (found.found, found.reason, found.needed) == (True, None, None)
    quotes = {citation.quote for citation in found.citations}
    assert {"The room was quiet.", "The room was quiet, but breakfast came cold."} <= quotes
    probabilities = [citation.probability for citation in found.citations]
    assert probabilities == sorted(probabilities, reverse=True)
    clause = next(citation for citation in found.citations if citation.record_id == "r_a")
    assert (clause.external_id, clause.before, clause.after) == ("R_A", "Nice place.", "We left.")
    assert (clause.start, clause.end - clause.start) == (12, len(clause.quote))


def test_cite_keeps_to_what_the_conversation_speaks_of() -> None:
    """Only what is said of the thing named last is cited, and it is named."""
    found = _citer().cite("was the room quiet", earlier=["We have Brightwater."], subject="place")
    assert found.subjects == ("brightwater",)
    assert {citation.record_id for citation in found.citations} <= {"r_b", "r_c"}
    assert {citation.subject for citation in found.citations} == {"brightwater"}
    both = _citer().cite("was the room quiet", earlier=["Brightwater and Harbour Inn."], subject="place")
    assert {citation.subject for citation in both.citations} == {"brightwater", "harbour inn"}


def test_cite_says_what_is_missing() -> None:
    """Each reason is typed and says what would be needed."""
    citer = _citer()
    reasons = {
        _citer([]).cite("quiet room").reason: "empty",
        citer.cite("quiet room", where={"stars": "5"}).reason: "filter_matches_nothing",
        citer.cite(
            "was Harbour Inn quiet", where={"stars": "4"}, subject="place"
        ).reason: "filter_matches_nothing",
        citer.cite("thanks bye", earlier=["Here you are."]).reason: "nothing_asked",
        citer.cite("was it quiet", subject="place").reason: "subject_not_named",
        citer.cite("lattice chromodynamics seminar").reason: "nothing_said",
    }
    assert all(found == expected for found, expected in reasons.items())
    nothing = citer.cite("lattice chromodynamics seminar")
    assert (nothing.found, nothing.citations) == (False, ())
    assert nothing.needed


def test_cite_without_earlier_takes_everything_for_a_question() -> None:
    """A few words alone are a query; only a turn of a conversation may ask for nothing."""
    records = [Said("r_a", ["Thanks bye."])]
    assert _citer(records).cite("thanks bye").found
    assert _citer(records).cite("thanks bye", earlier=[]).reason == "nothing_asked"


def test_cite_unknown_subject_names_the_fields_there_are() -> None:
    """A misspelt field is an error that says what could be meant."""
    with pytest.raises(InputError, match=r"'plase'; there are place, stars"):
        _citer().cite("was it quiet", subject="plase")


def test_cite_wide_scope_weighs_the_best_and_those_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are more passages than are weighed, those that answer are still among them."""
    records = [Said(f"r_{n}", [f"Word{n} other{n}.", f"Thing{n} more{n}."]) for n in range(60)]
    monkeypatch.setattr(agent.retrieve.citing, "_WEIGHED", 5)
    found = _citer([*records, Said("r_x", ["The lift was broken."])]).cite("the lift was broken.")
    assert found.citations[0].record_id == "r_x"
    assert len(found.citations) < 20


def test_cite_is_the_same_when_vectors_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of clauses is bounded and changes nothing."""
    citer = _citer()
    first = citer.cite("the room was quiet")
    monkeypatch.setattr(agent.retrieve.citing, "_KEPT_VECTORS", 1)
    assert citer.cite("the room was quiet") == first


def test_citer_refuses_a_head_of_another_encoder() -> None:
    """Weights on other vectors mean nothing."""
    with pytest.raises(EncoderError, match="hash-v1"):
        _citer(head=replace(HEAD, model_id="other"))


def test_head_survives_its_file() -> None:
    """What is written is read back, and a file of another version is refused."""
    text = head_to_json(HEAD)
    again = head_from_json(text)
    assert head_to_json(again) == text
    assert (again.cut, again.turn_cut, again.calibration) == (HEAD.cut, HEAD.turn_cut, HEAD.calibration)
    with pytest.raises(EncoderError, match="weights"):
        head_from_json(text.replace('"has_after"', '"has_later"'))


def test_packaged_head_is_whole() -> None:
    """The shipped weights fit the bundled encoder's vectors and cut between nothing and certainty."""
    head = open_citation_head()
    assert (
        head.passage.of_question.shape == head.passage.of_piece.shape == (384, head.passage.of_piece.shape[1])
    )
    assert head.turn.of_vector.shape == (384,)
    assert 0 < head.cut < 1
    assert head.calibration[0] > 0
