"""Answers a question with every passage that answers it, or says why there is none.

Unlike a search, which ranks, this decides: both opinions on what is asked, from everybody in scope, and nothing beside it.
A trained head gives each passage a probability; in a conversation it first tells whether the last turn asks for what
customers know, and of which thing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from agent.errors import EncoderError
from agent.ports import Encoder
from agent.retrieve.heads import CitationHead, Matrix, Scope, open_citation_head, turn_inputs
from agent.retrieve.lexical import words_of
from agent.retrieve.naming import Names
from agent.retrieve.pieces import asking_part, pieces_of
from agent.retrieve.search import FLOOR, Retriever
from agent.retrieve.table import PassageTable, Selection
from agent.schemas.search import Citation, CitationResult, NoCitation

_WEIGHED = 200
"""Passages weighed for one thing, the best of the hybrid ranking, with those beside them."""
_EVERYDAY_FROM = 3
"""A word that customers use about this many things names none of them."""
_KEPT_VECTORS = 50_000
"""Vectors of pieces that are kept between questions: 75 MB."""

_NEEDED: Mapping[NoCitation, str] = {
    "empty": "Nothing is stored yet; read in reviews, transcripts or surveys.",
    "filter_matches_nothing": "No text matches the filter; widen it.",
    "nothing_asked": "The turn asks for nothing that customers would tell; ask about their experience.",
    "subject_not_named": "Several things are talked about; name the one that is meant.",
    "nothing_said": "No customer in scope says anything on this; more feedback on it, or a wider filter, would be needed.",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the head reads it."""

    whole: str
    asking: str
    """The sentence that asks, with what it asks about said as "it"."""

    @classmethod
    def of(cls, utterance: str, *, names: Names | None = None, meant: Sequence[int] = ()) -> "Question":
        """Return the last utterance as a question about the things that are meant."""
        asking = asking_part(utterance)
        return cls(utterance, names.without(asking, meant) if names else asking)


def question_vectors(questions: Sequence[Question], encoder: Encoder) -> Matrix:
    """Return unit vectors, shape `(len(questions), dim)`: half the whole utterance, half the sentence that asks."""
    whole = encoder.encode([question.whole for question in questions])
    both = whole + encoder.encode([question.asking for question in questions])
    return (both / np.linalg.norm(both, axis=1, keepdims=True)).astype(np.float32)


def scope_of(texts: Sequence[str], records: Sequence[str], vector_of: Mapping[str, Matrix]) -> Scope:
    """Return passages as the head weighs them.

    Args:
        texts: Of the passages, in reading order of their records.
        records: Id of each one's record.
        vector_of: Vectors of all their pieces.
    """
    pieces = [pieces_of(text) for text in texts]
    starts = np.cumsum([0, *(len(one) for one in pieces[:-1])])
    same = np.array([one == other for one, other in pairwise(records)], dtype=np.bool_)
    places = np.arange(len(texts))
    before, after = np.full((2, len(texts)), -1)
    before[1:][same] = places[:-1][same]
    after[:-1][same] = places[1:][same]
    return Scope(
        pieces=np.stack([vector_of[piece] for one in pieces for piece in one]),
        starts=starts.astype(np.intp),
        before=before.astype(np.intp),
        after=after.astype(np.intp),
        asks=np.array(["?" in text for text in texts], dtype=np.float64),
    )


def subject_names(values: Sequence[str], subjects: Sequence[str], texts: Sequence[str]) -> Names:
    """Return the names of things, telling everyday words by what customers write.

    Args:
        values: The names.
        subjects: For each text, what it is about.
        texts: What customers write.
    """
    about: dict[str, set[str]] = defaultdict(set)
    for subject, text in zip(subjects, texts, strict=True):
        for word in words_of(text):
            about[word].add(subject)
    return Names(values, is_everyday=lambda word: len(about.get(word, ())) >= _EVERYDAY_FROM)


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Passages in scope of one thing, and the log-odds that they answer."""

    subject: str | None
    positions: NDArray[np.intp]
    log_odds: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Subjects:
    """The things that passages are about: a column of the table."""

    values: tuple[str, ...]
    names: Names


class Citer:
    """Cites the working customers' passages.

    Args:
        table: Passages, vectors and filterable scalars.
        retriever: Ranks the passages of wide scopes.
        encoder: The encoder the vectors came from.
        external_ids: Record id to the source's own id.
        head: What decides; the package's own where None.

    Raises:
        EncoderError: The head belongs to another encoder.
    """

    def __init__(
        self,
        table: PassageTable,
        *,
        retriever: Retriever,
        encoder: Encoder,
        external_ids: Mapping[str, str],
        head: CitationHead | None = None,
    ) -> None:
        self._head = head or open_citation_head()
        if self._head.model_id != encoder.model_id:
            msg = f"citing was trained for the encoder {self._head.model_id!r}, and the vectors are of {encoder.model_id!r}"
            raise EncoderError(
                msg, hint="Use the bundled encoder, or `journey search`, which needs no training."
            )
        self._table = table
        self._retriever = retriever
        self._encoder = encoder
        self._external_ids = external_ids
        self._subjects: dict[str, _Subjects] = {}
        self._vectors: dict[str, Matrix] = {}

    def cite(
        self,
        question: str,
        *,
        earlier: Sequence[str] | None = None,
        where: Mapping[str, str] | None = None,
        subject: str | None = None,
    ) -> CitationResult:
        """Return every passage that answers a question, most probable first, or why there is none.

        Args:
            question: What was asked last: a sentence, or a few words.
            earlier: What both sides said before it. Where given, even if empty, the question is a turn of a
                conversation and may ask for nothing; where None it is taken for a question, which, if it names no
                subject, has to be as near to some passage as a search wants it.
            where: Keeps passages whose fields have these values.
            subject: Field that says what a passage is about, such as `place` or `product`. The question and what was said
                before it have to name a value of it, in any wording; only those are cited.

        Raises:
            InputError: A key of `where`, or the subject, is in no record and no person.
        """
        whole = self._table.select(where) if where and self._table.passages else self._table.everything
        if not len(whole.positions):
            return _nothing("filter_matches_nothing" if self._table.passages else "empty")
        said = [*(earlier or ()), question]
        subjects = self._subjects_of(subject) if subject else None
        meant = subjects.names.meant(said) if subjects else ()
        named = tuple(subjects.values[name] for name in meant) if subjects else ()
        if subjects and not named:
            return _nothing("subject_not_named")
        if earlier is None and not named and not self._is_near(question, whole):
            return _nothing("nothing_said")
        asked = Question.of(question, names=subjects.names if subjects else None, meant=meant)
        vector = question_vectors([asked], self._encoder)[0]
        scopes = (
            [(name, self._table.select({**(where or {}), subject: name})) for name in named]
            if subject
            else [(None, whole)]
        )
        weighed = [
            self._weighed(vector, question, name, scope) for name, scope in scopes if len(scope.positions)
        ]
        if not weighed:
            return _nothing("filter_matches_nothing", named)
        if earlier is not None and not self._asks(question, weighed, subjects, meant):
            return _nothing("nothing_asked", named)
        return self._cited(weighed, named)

    def _is_near(self, question: str, scope: Selection) -> bool:
        """Say whether anything in scope is as near as a search has it: the head knows no other business' questions."""
        return float(self._retriever.ranked(question, selection=scope).scores[0]) >= FLOOR

    def _asks(
        self,
        question: str,
        weighed: Sequence[_Weighed],
        subjects: _Subjects | None,
        meant: Sequence[int],
    ) -> bool:
        named_now = bool(subjects) and not set(meant).isdisjoint(subjects.names.mentions(question))
        inputs = turn_inputs(
            np.concatenate([one.log_odds for one in weighed]), n_named=len(meant), named_now=named_now
        )
        return self._head.turn.log_odds(self._encoder.encode([question])[0], inputs) >= self._head.turn_cut

    def _weighed(self, vector: Matrix, question: str, subject: str | None, selection: Selection) -> _Weighed:
        positions = self._around(question, selection)
        numbers: list[int] = positions.tolist()
        passages = [self._table.passages[number] for number in numbers]
        texts = [passage.text for passage in passages]
        scope = scope_of(texts, [passage.record_id for passage in passages], self._vectors_of(texts))
        return _Weighed(subject, positions, self._head.passage.log_odds(vector, scope))

    def _around(self, question: str, selection: Selection) -> NDArray[np.intp]:
        """Return the positions to weigh: all where they are few, else the best ranked and those beside them."""
        if len(selection.positions) <= _WEIGHED:
            return selection.positions
        best = self._retriever.ranked(question, selection=selection).positions[:_WEIGHED]
        beside = np.union1d(best, np.concatenate([best - 1, best + 1]))
        return np.intersect1d(beside, selection.positions)

    def _vectors_of(self, texts: Sequence[str]) -> Mapping[str, Matrix]:
        pieces = [piece for text in texts for piece in pieces_of(text)]
        if len(self._vectors) + len(pieces) > _KEPT_VECTORS:
            self._vectors.clear()
        unknown = [piece for piece in dict.fromkeys(pieces) if piece not in self._vectors]
        self._vectors.update(zip(unknown, self._encoder.encode(unknown), strict=True))
        return self._vectors

    def _cited(self, weighed: Sequence[_Weighed], named: tuple[str, ...]) -> CitationResult:
        cited: list[Citation] = []
        for one in weighed:
            probabilities = self._head.probabilities(one.log_odds)
            for place in np.flatnonzero(probabilities >= self._head.cut).tolist():
                position = int(one.positions[place])
                cited.append(self._citation(position, float(probabilities[place]), one.subject))
        if not cited:
            return _nothing("nothing_said", named)
        cited.sort(key=lambda citation: (-citation.probability, citation.record_id, citation.start))
        return CitationResult(found=True, citations=tuple(cited), subjects=named, reason=None, needed=None)

    def _citation(self, position: int, probability: float, subject: str | None) -> Citation:
        passage = self._table.passages[position]
        before, after = self._table.beside(position)
        return Citation(
            record_id=passage.record_id,
            external_id=self._external_ids.get(passage.record_id, passage.record_id),
            person_id=passage.person_id,
            start=passage.start,
            end=passage.end,
            quote=passage.text,
            probability=round(probability, 4),
            subject=subject,
            kind=passage.kind,
            channel=passage.channel,
            at=passage.at,
            before=before,
            after=after,
        )

    def _subjects_of(self, field: str) -> _Subjects:
        if field not in self._subjects:
            values = self._table.values(field)
            about = [value or "" for value in values]
            names = tuple(sorted(frozenset(about) - {""}))
            of_table = subject_names(names, about, self._texts)
            self._subjects[field] = _Subjects(names, of_table)
        return self._subjects[field]

    @cached_property
    def _texts(self) -> list[str]:
        return [passage.text for passage in self._table.passages]


def _nothing(reason: NoCitation, subjects: tuple[str, ...] = ()) -> CitationResult:
    return CitationResult(found=False, citations=(), subjects=subjects, reason=reason, needed=_NEEDED[reason])
