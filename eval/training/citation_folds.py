"""Citation heads by fold: what is cited to turns that no part of a head was fitted on.

A part is the head that weighs passages, the one that reads turns, the calibration, or a cut. The data are DSTC11 track 5: turns
of dialogues about hotels and restaurants, with the sentences of reviews and answered questions that answer them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from agent.ports import Encoder
from agent.retrieve.citing import Question, question_vectors, scope_of, subject_names
from agent.retrieve.heads import (
    CitationHead,
    Floats,
    Matrix,
    PassageHead,
    Scope,
    turn_inputs,
)
from agent.retrieve.naming import Names
from agent.retrieve.pieces import pieces_of
from eval.suites.knowledge import Knowledge
from eval.training.citation_fit import (
    Bools,
    Example,
    Plan,
    fit_passage_head,
    fit_turn_head,
    main_directions,
)

_calibrator: Any = LogisticRegression  # scikit-learn ships no types

N_FOLDS = 5
PLAN = Plan()
_SEED = 0
_MOST_FALSE = 0.035
"""Share of turns that ask for nothing which may be cited something, where cuts are chosen; 5 % is what users are promised."""
_TOLD_FROM = 0.05
"""Probability from which calibration is looked at: most passages are nowhere near a question."""
_TURN_CUTS = np.linspace(-3.0, 4.0, 57)
_CUTS = np.linspace(0.2, 0.7, 26)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Turns and what was said of places, encoded once."""

    knowledge: Knowledge
    names: Names
    model_id: str
    documents_of: list[NDArray[np.int64]]
    """For each place, its documents in order."""
    scopes: list[Scope]
    """For each place."""
    meant: list[tuple[int, ...]]
    """For each turn, the places that the dialogue speaks of; the gold is not looked at."""
    questions: Matrix
    """Of turns, shape `(n_turns, dim)`."""
    turns: Matrix
    """The last utterance alone."""
    directions: Matrix
    """Of all pieces."""
    trades: Sequence[Example]
    """Questions to other trades, trained on beside the turns and never tested on here."""

    def gold_places(self, turn: int) -> list[int]:
        """Return the places whose documents answer a turn."""
        return sorted({int(self.knowledge.entities[one]) for one in self.knowledge.turns[turn].gold})

    @property
    def asks(self) -> Bools:
        """Which turns some document answers."""
        return np.array([bool(turn.gold) for turn in self.knowledge.turns])


def read_corpus(knowledge: Knowledge, encoder: Encoder, trades: Sequence[Example] = ()) -> Corpus:
    """Return the turns and documents as the head reads them."""
    values = [place.name for place in knowledge.places]
    entities: list[int] = knowledge.entities.tolist()
    about = [values[entity] for entity in entities]
    names = subject_names(values, about, knowledge.documents)
    pieces = list(dict.fromkeys(piece for text in knowledge.documents for piece in pieces_of(text)))
    vectors = encoder.encode(pieces)
    vector_of: Mapping[str, Matrix] = dict(zip(pieces, vectors, strict=True))
    documents_of = [np.flatnonzero(knowledge.entities == place) for place in range(len(values))]
    scopes = [
        scope_of(
            [knowledge.documents[one] for one in own.tolist()],
            [knowledge.records[one] for one in own.tolist()],
            vector_of,
        )
        for own in documents_of
    ]
    meant = [names.meant(turn.utterances) for turn in knowledge.turns]
    asked = [
        Question.of(turn.query, names=names, meant=places)
        for turn, places in zip(knowledge.turns, meant, strict=True)
    ]
    return Corpus(
        knowledge,
        names,
        encoder.model_id,
        documents_of,
        scopes,
        meant,
        question_vectors(asked, encoder),
        encoder.encode([turn.query for turn in knowledge.turns]),
        main_directions(np.concatenate([vectors, *(one.scope.pieces for one in trades)]), PLAN.rank),
        trades,
    )


def folds_by_dialogue(corpus: Corpus) -> list[frozenset[int]]:
    """Return each turn's fold: that of its dialogue."""
    return [frozenset({_fold(turn.dialogue)}) for turn in corpus.knowledge.turns]


def folds_by_place(corpus: Corpus) -> list[frozenset[int]]:
    """Return each turn's folds: those of its places, so that a place that is tested was in no training turn."""
    names = [place.name for place in corpus.knowledge.places]
    return [
        frozenset(_fold(names[place]) for place in {*corpus.gold_places(number), *corpus.meant[number]})
        or frozenset({_fold(turn.dialogue)})
        for number, turn in enumerate(corpus.knowledge.turns)
    ]


def folds_by_domain(corpus: Corpus) -> list[frozenset[int]]:
    """Return each turn's folds: a number for each domain of its places."""
    domains = sorted({place.domain for place in corpus.knowledge.places})
    of_place = [domains.index(place.domain) for place in corpus.knowledge.places]
    return [
        frozenset(of_place[place] for place in (corpus.gold_places(number) or corpus.meant[number]))
        or frozenset({_fold(turn.dialogue) % len(domains)})
        for number, turn in enumerate(corpus.knowledge.turns)
    ]


def _fold(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % N_FOLDS


def fit_passages(corpus: Corpus, turns: Iterable[int], plan: Plan = PLAN) -> PassageHead:
    """Return a passage head fitted to these turns, each in the places whose documents answer it, and to other trades."""
    examples = [
        Example(
            corpus.questions[turn],
            corpus.scopes[place],
            np.isin(corpus.documents_of[place], list(corpus.knowledge.turns[turn].gold)),
        )
        for turn in turns
        for place in corpus.gold_places(turn)
    ]
    return fit_passage_head([*examples, *corpus.trades], corpus.directions, plan, seed=_SEED)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a passage head says of one turn in the places it speaks of."""

    documents: NDArray[np.int64]
    log_odds: Floats
    answers: Bools
    inputs: Floats
    """What the turn head reads."""
    n_gold: int


def weigh(corpus: Corpus, head: PassageHead, turn: int, *, without_gold: bool = False) -> Weighed:
    """Return the documents in scope of a turn and their log-odds, with or without those that answer."""
    gold, meant = corpus.knowledge.turns[turn].gold, corpus.meant[turn]
    documents = np.concatenate([corpus.documents_of[place] for place in meant] or [np.zeros(0, np.int64)])
    found = [head.log_odds(corpus.questions[turn], corpus.scopes[place]) for place in meant]
    log_odds = np.concatenate(found or [np.zeros(0)])
    answers = np.isin(documents, list(gold))
    if without_gold:
        documents, log_odds, answers = documents[~answers], log_odds[~answers], answers[~answers]
    mentioned = corpus.names.mentions(corpus.knowledge.turns[turn].query)
    named_now = not set(meant).isdisjoint(mentioned)
    inputs = turn_inputs(log_odds, n_named=len(meant), named_now=named_now)
    return Weighed(documents, log_odds, answers, inputs, len(gold))


def fit_rest(
    corpus: Corpus, passage: PassageHead, turns: Sequence[int], weighed: Sequence[Weighed]
) -> CitationHead:
    """Return a whole head: turn head, calibration and cuts are fitted to what heads that never saw the turns say of them."""
    asks = corpus.asks[turns]
    vectors, inputs = corpus.turns[turns], np.stack([one.inputs for one in weighed])
    log_odds = np.concatenate([one.log_odds for one, needs in zip(weighed, asks, strict=True) if needs])
    answers = np.concatenate([one.answers for one, needs in zip(weighed, asks, strict=True) if needs])
    line = _calibrator(C=1e6).fit(log_odds[:, None], answers)
    head = CitationHead(
        corpus.model_id,
        passage,
        fit_turn_head(vectors, inputs, asks),
        (float(line.coef_[0, 0]), float(line.intercept_[0])),
        0.5,
        0.0,
    )
    return _with_cuts(head, _held_out_turn_log_odds(vectors, inputs, asks), weighed, asks)


def _held_out_turn_log_odds(vectors: Matrix, inputs: Floats, asks: Bools) -> Floats:
    part = np.arange(len(asks)) % N_FOLDS
    found = np.zeros(len(asks))
    for fold in range(N_FOLDS):
        head = fit_turn_head(vectors[part != fold], inputs[part != fold], asks[part != fold])
        inside = _numbers(part == fold)
        found[inside] = [head.log_odds(vectors[row], inputs[row]) for row in inside]
    return found


def _with_cuts(
    head: CitationHead, turn_log_odds: Floats, weighed: Sequence[Weighed], asks: Bools
) -> CitationHead:
    """Return the head with the two cuts of best F1 among those that cite something to few turns that ask for nothing."""
    best, chosen = -1.0, (head.cut, head.turn_cut)
    probabilities = [head.probabilities(one.log_odds) for one in weighed]
    for cut in _CUTS.tolist():
        counts = np.array([_counts(p >= cut, one) for p, one in zip(probabilities, weighed, strict=True)])
        cites = counts[:, 0] + counts[:, 1] > 0
        for turn_cut in _TURN_CUTS.tolist():
            passed = turn_log_odds >= turn_cut
            if (cites & passed)[~asks].mean() > _MOST_FALSE:
                continue
            value = f1_of(np.where(passed[:, None], counts, _missed(counts)))
            if value > best:
                best, chosen = value, (cut, turn_cut)
    return replace(head, cut=chosen[0], turn_cut=chosen[1])


def _missed(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what the counts are where nothing is cited: all that answers is missed."""
    return np.stack(
        [np.zeros(len(counts)), np.zeros(len(counts)), counts[:, 0] + counts[:, 2]], axis=1
    ).astype(np.int64)


def _counts(cited: Bools, one: Weighed) -> tuple[int, int, int]:
    right = int((cited & one.answers).sum())
    return right, int(cited.sum()) - right, one.n_gold - right


def f1_of(counts: NDArray[np.int64]) -> float:
    """Return F1 of rows of right, wrong and missed citations, summed over turns as the track sums them."""
    right, wrong, missed = counts.sum(axis=0).tolist()
    return 2 * right / max(2 * right + wrong + missed, 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was cited to turns that nothing was fitted on."""

    counts: NDArray[np.int64]
    """Right, wrong and missed citations, shape `(n_turns, 3)`."""
    without_answers: Bools
    """Whether something is still cited where the documents that answer are taken out."""
    asks: Bools
    probabilities: Floats
    """Of all passages in scope of turns that ask."""
    answers: Bools
    """Whether they answer."""

    @property
    def cites(self) -> Bools:
        """Which turns something is cited to."""
        return self.counts[:, 0] + self.counts[:, 1] > 0


def cross_validate(
    corpus: Corpus,
    folds: Sequence[frozenset[int]],
    plan: Plan = PLAN,
    *,
    inner: Sequence[frozenset[int]] | None = None,
) -> Outcome:
    """Return what is cited to each turn by a head of which no part was fitted on its fold.

    A turn of several folds is tested in the lowest and trained on in none of them.

    Args:
        corpus: Turns and documents.
        folds: Of each turn, such as `folds_by_place`.
        plan: How passage heads are fitted.
        inner: Folds that are left out too, one at a time, for what is fitted on top of the passage heads; `folds` where None.
    """
    inside = inner or folds

    @cache
    def fitted(outer: int, left_out: int | None) -> PassageHead:
        train = [
            turn
            for turn in _numbers(corpus.asks)
            if outer not in folds[turn] and left_out not in inside[turn]
        ]
        return fit_passages(corpus, train, plan)

    rows: list[_Row] = []
    for fold in sorted(frozenset[int]().union(*folds)):
        train = [turn for turn in range(len(folds)) if fold not in folds[turn]]
        weighed = [weigh(corpus, fitted(fold, min(inside[turn])), turn) for turn in train]
        head = fit_rest(corpus, fitted(fold, None), train, weighed)
        rows.extend(_tested(corpus, head, turn) for turn in range(len(folds)) if min(folds[turn]) == fold)
    rows.sort(key=lambda row: row.turn)
    asked = [row for row in rows if corpus.asks[row.turn]]
    return Outcome(
        np.array([row.counts for row in rows]),
        np.array([row.without_answers for row in rows]),
        corpus.asks,
        np.concatenate([row.probabilities for row in asked]),
        np.concatenate([row.answers for row in asked]),
    )


def outcomes(corpus: Corpus, plan: Plan = PLAN) -> dict[str, Outcome]:
    """Return what is cited where dialogues, places, or a whole domain of them were left out of training."""
    places = folds_by_place(corpus)
    return {
        "dialogues left out": cross_validate(corpus, folds_by_dialogue(corpus), plan),
        "places left out": cross_validate(corpus, places, plan),
        "a domain left out": cross_validate(corpus, folds_by_domain(corpus), plan, inner=places),
    }


@dataclass(frozen=True, slots=True)
class _Row:
    turn: int
    counts: tuple[int, int, int]
    without_answers: bool
    probabilities: Floats
    answers: Bools


def _tested(corpus: Corpus, head: CitationHead, turn: int) -> _Row:
    one, less = (weigh(corpus, head.passage, turn, without_gold=less) for less in (False, True))
    cited, cited_less = (_cited(head, corpus.turns[turn], weighed) for weighed in (one, less))
    probabilities = head.probabilities(one.log_odds)
    return _Row(turn, _counts(cited, one), bool(cited_less.any()), probabilities, one.answers)


def _numbers(mask: Bools) -> list[int]:
    return np.flatnonzero(mask).tolist()


def _cited(head: CitationHead, turn: Matrix, weighed: Weighed) -> Bools:
    asks = head.turn.log_odds(turn, weighed.inputs) >= head.turn_cut
    return (head.probabilities(weighed.log_odds) >= head.cut) & asks


def fit_head(corpus: Corpus, plan: Plan = PLAN) -> CitationHead:
    """Return the head fitted to all turns; what is fitted on top of the passage head saw it by dialogue left out."""
    folds = folds_by_dialogue(corpus)
    asking = _numbers(corpus.asks)
    partial = [
        fit_passages(corpus, [turn for turn in asking if fold not in folds[turn]], plan)
        for fold in range(N_FOLDS)
    ]
    turns = list(range(len(folds)))
    weighed = [weigh(corpus, partial[min(folds[turn])], turn) for turn in turns]
    return fit_rest(corpus, fit_passages(corpus, asking, plan), turns, weighed)


def calibration_error(outcome: Outcome) -> float:
    """Return how far probabilities are from shares, of passages given 5 % or more: the mean over ten bins, by size."""
    told = outcome.probabilities >= _TOLD_FROM
    probabilities, answers = outcome.probabilities[told], outcome.answers[told]
    bins = np.minimum((probabilities * 10).astype(np.int64), 9)
    return sum(
        abs(float(probabilities[bins == one].mean() - answers[bins == one].mean()))
        * float((bins == one).mean())
        for one in sorted(set(bins.tolist()))
    )
