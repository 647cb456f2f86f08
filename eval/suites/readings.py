"""Suite `readings`: sentiment, emotion, complaint, severity and stage, beside their peers.

Reviews are scored by cross-validation, heads fitted again for every fold; emotions on the development split of their
corpus, which training never reads. VADER is the peer for sentiment; it is not run where it is not installed.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.analyse.cues import lexical_of
from agent.analyse.heads import open_heads
from agent.analyse.readings import PassageReader, complaints_of
from agent.embed import open_encoder
from agent.ports import Encoder, Vectors
from agent.schemas.insight import Reading
from agent.schemas.records import Passage
from eval.scorers.classification import DetectionScore, detection_score
from eval.scorers.planted import planted_texts
from eval.simulator import iter_person_truth, load_truth, simulate
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.suites.reading_parts import (
    friction_table,
    language_table,
    mixed_table,
    passages_of_texts,
    placing_table,
)
from eval.suites.vader import has_vader, vader_scores
from eval.training.corpora import Labelled, has_corpora, read_goemotions
from eval.training.emotion_peers import peer_emotions
from eval.training.fit import PLANS, Examples, Folds, examples_of, held_out_log_odds, review_rows, vectors_of
from eval.training.scores import (
    PolarityScore,
    complaint_scores,
    cross_validated_sentiments,
    emotion_score,
    plain_complaints,
    polarity_score,
    read_emotions,
)

_N_SIMULATED = 3_000
_N_QUICK = 400
_N_TIMED = 20_000
_N_PLANTED = 600
_DETECTION = ["n", "complaints", "precision", "recall", "F1", "AUC", "Brier", "calibration error"]


@dataclass(frozen=True, slots=True)
class _Corpora:
    """What heads are fitted on, once read and encoded."""

    tone: Examples
    complaint: Examples


def run(options: SuiteOptions) -> SuiteResult:
    """Score the reader on reviews, comments and the simulator's truth, and time it."""
    encoder = open_encoder(options.work / "encoder")
    corpora = _corpora(options, encoder)
    tables = [
        *_simulator_tables(options, encoder),
        _planted_table(options, encoder, corpora),
        friction_table(encoder),
        placing_table(encoder),
        language_table(options, encoder),
    ]
    notes = ["Simulated sentences are the project's own; whoever wrote them and the reader share a house."]
    if corpora is None:
        return SuiteResult(
            "readings", tables, [*notes, f"no corpora in {options.data}: reviews and emotions not run"]
        )
    tables += [
        _complaint_table(corpora.complaint),
        _review_table(options, corpora.tone),
        mixed_table(options, encoder),
        _emotion_table(options, encoder),
    ]
    if options.quick:
        notes.append(
            "Quick: the peers of emotion learn from 4,000 comments, ours has learnt from all of them."
        )
    if not has_vader():
        notes.append("vaderSentiment is not installed: the peer was not run.")
    return SuiteResult("readings", tables, notes)


def _corpora(options: SuiteOptions, encoder: Encoder) -> _Corpora | None:
    if not has_corpora(options.data):
        return None
    rows = review_rows(options.data)
    vectors = vectors_of(rows, encoder)
    return _Corpora(examples_of(rows, "tone", vectors), examples_of(rows, "complaint", vectors))


def _planted_table(options: SuiteOptions, encoder: Encoder, corpora: _Corpora | None) -> Table:
    folder = options.work / "planted"
    simulate(folder, n_persons=_N_PLANTED, seed=options.seed)
    planted = planted_texts(folder)
    reader = PassageReader(encoder)
    rows: list[list[Cell]] = []
    for unit, items in (("passage", planted.passages), ("sentence", planted.sentences)):
        texts, expected = [item.text for item in items], np.array([item.complains for item in items])
        chances = _chances(reader, corpora, texts, encoder.encode(texts))
        for name, given in chances.items():
            rows.append([unit, name, *_detection_cells(detection_score(expected, given))])
    return Table("Planted complaints among everything customers said", ["unit", "reader", *_DETECTION], rows)


def _chances(
    reader: PassageReader, corpora: _Corpora | None, texts: Sequence[str], vectors: Vectors
) -> dict[str, NDArray[np.float64]]:
    chances = {
        "ours": reader.complaint_probabilities(texts, vectors).astype(np.float64),
        "ours, words only": _by_words(texts).astype(np.float64),
    }
    if corpora is not None:
        chances["logistic regression on the same vectors and data"] = plain_complaints(
            corpora.complaint, vectors
        )
    if has_vader():
        chances["VADER, below zero"] = (1 - vader_scores(texts)) / 2
    return chances


def _complaint_table(complaint: Examples) -> Table:
    cells: list[list[Cell]] = []
    for kind, use_vectors in (("ours", True), ("ours, words only", False)):
        log_odds = held_out_log_odds(complaint, PLANS["complaint"], use_vectors=use_vectors)
        scores = complaint_scores(complaint, log_odds)
        cells.extend([name, kind, *_detection_cells(score)] for name, score in scores.items())
    title = "Complaints, whole industries and organisations left out in six folds"
    return Table(title, ["set", "reader", *_DETECTION], cells)


def _by_words(texts: Sequence[str]) -> Vectors:
    heads = open_heads()
    return complaints_of(heads, heads.inputs(lexical_of(texts), None))


def _detection_cells(score: DetectionScore) -> list[Cell]:
    figures = (score.precision, score.recall, score.f1, score.auc, score.brier, score.calibration_error)
    return [score.n, score.n_positive, *(round(figure, 3) for figure in figures)]


def _review_table(options: SuiteOptions, tone: Examples) -> Table:
    cells: list[list[Cell]] = []
    for by_group in (False,) if options.quick else (False, True):
        folds = "each organisation left out" if by_group else "5 folds"
        for use_vectors in (True, False):
            how = Folds(seed=options.seed, by_group=by_group, use_vectors=use_vectors)
            score = polarity_score(tone.rows, cross_validated_sentiments(tone, PLANS["tone"], how))
            name = "ours" if use_vectors else "ours, words only"
            cells.append([name, folds, *_polarity_cells(score)])
    cells.append(["VADER", "whole", *_vader_cells(tone.rows)])
    columns = [
        "reader",
        "folds",
        "n",
        "polarity error",
        "balanced error",
        "mean absolute error",
    ]
    return Table("Polarity of reviews that have only one", columns, cells)


def _polarity_cells(score: PolarityScore) -> list[Cell]:
    return [
        score.n,
        round(score.error, 4),
        round(score.balanced_error, 4),
        round(score.mean_absolute_error, 4),
    ]


def _vader_cells(rows: Sequence[Labelled]) -> list[Cell]:
    if not has_vader():
        return ["not run", "not run", "not run", "not run"]
    return _polarity_cells(polarity_score(rows, vader_scores([row.text for row in rows])))


def _emotion_table(options: SuiteOptions, encoder: Encoder) -> Table:
    train, test = read_goemotions(options.data, "train"), read_goemotions(options.data, "dev")
    if options.quick:
        train, test = train[:4_000], test[:1_000]
    texts = [row.text for row in test]
    vectors = (encoder.encode([row.text for row in train]), encoder.encode(texts))
    readers = {"ours": read_emotions(texts, vectors[1]), "ours, words only": read_emotions(texts, None)}
    for kind, balanced, with_words in (
        ("logistic regression on the same vectors", False, False),
        ("logistic regression on the same vectors, classes balanced", True, False),
        ("logistic regression on the same vectors and TF-IDF", False, True),
    ):
        given = peer_emotions(
            train, test, vectors, with_words=with_words, balanced=balanced, seed=options.seed
        )
        readers |= {f"{kind}, {how}": names for how, names in given.items()}
    scores = {name: emotion_score(test, given) for name, given in readers.items()}
    cells: list[list[Cell]] = [
        [name, s.n, *(round(x, 4) for x in (s.macro_f1, s.error, s.answered, s.error_answered))]
        for name, s in scores.items()
    ]
    columns = ["reader", "n", "macro F1", "error", "named", "error of the named"]
    return Table("Emotion of comments, nine classes", columns, cells)


def _simulator_tables(options: SuiteOptions, encoder: Encoder) -> tuple[Table, Table]:
    folder = options.work / "simulated"
    simulate(folder, n_persons=_N_QUICK if options.quick else _N_SIMULATED, seed=options.seed)
    pains = {pain.pain_point_id: pain for pain in load_truth(folder).pain_points}
    mentions = [mention for person in iter_person_truth(folder) for mention in person.mentions]
    passages = passages_of_texts([mention.text for mention in mentions])
    reader, vectors = PassageReader(encoder), encoder.encode([passage.text for passage in passages])
    readings = reader.read(passages, vectors)
    rows: list[list[Cell]] = []
    for pain_point_id, pain in [*pains.items(), ("all", None)]:
        of_pain = [
            (pains[mention.pain_point_id], reading)
            for mention, reading in zip(mentions, readings, strict=True)
            if pain is None or mention.pain_point_id == pain_point_id
        ]
        share = [
            _share([reading.complaint for _, reading in of_pain]),
            _share([reading.severity is truth.severity for truth, reading in of_pain if reading.complaint]),
            _share([reading.stage == truth.stage for truth, reading in of_pain]),
            _share([reading.stage is None for _, reading in of_pain]),
        ]
        rows.append(
            [pain_point_id, len(of_pain), *share, _usual_touchpoint([reading for _, reading in of_pain])]
        )
    columns = [
        "pain point",
        "mentions",
        "complaint",
        "severity right",
        "stage right",
        "stage unknown",
        "touchpoint most often",
    ]
    speed = _speed(reader, passages, vectors)
    return Table("Planted mentions", columns, rows), Table(
        "Speed, vectors given", ["passages a CPU second"], [[speed]]
    )


def _speed(reader: PassageReader, passages: Sequence[Passage], vectors: Vectors) -> Cell:
    if not passages:
        return None
    rows = [number % len(passages) for number in range(_N_TIMED)]
    many, their_vectors = [passages[row] for row in rows], vectors[rows]
    started = time.process_time()
    reader.read(many, their_vectors)
    return round(_N_TIMED / (time.process_time() - started))


def _usual_touchpoint(readings: Sequence[Reading]) -> Cell:
    counts = Counter(reading.touchpoint or "unknown" for reading in readings)
    return ", ".join(f"{name} {n}" for name, n in counts.most_common(2))


def _share(hits: Sequence[bool]) -> Cell:
    return round(sum(hits) / len(hits), 3) if hits else None
