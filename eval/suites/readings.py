"""Suite `readings`: sentiment, emotion, complaint, severity and stage, beside their peers.

Reviews are scored by cross-validation, heads fitted again for every fold; emotions on the development split of their
corpus, which training never reads. VADER is the peer for sentiment; it is not run where it is not installed.
"""

import importlib
import importlib.util
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np

from agent.analyse.readings import PassageReader
from agent.embed import open_encoder
from agent.ports import Encoder, Vectors
from agent.schemas.insight import Reading
from agent.schemas.records import Kind, Passage
from eval.simulator import iter_person_truth, load_truth, simulate
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.training.corpora import Labelled, has_corpora, read_goemotions
from eval.training.fit import PLANS, Folds, examples_of, review_rows, vectors_of
from eval.training.scores import (
    PolarityScore,
    cross_validated_complaint_f1,
    cross_validated_sentiments,
    emotion_score,
    plain_emotions,
    polarity_score,
    read_emotions,
)

_N_SIMULATED = 3_000
_N_QUICK = 400
_N_TIMED = 20_000


def run(options: SuiteOptions) -> SuiteResult:
    """Score the reader on reviews, comments and the simulator's truth, and time it."""
    encoder = open_encoder(options.work / "encoder")
    tables = [*_simulator_tables(options, encoder)]
    notes = ["Simulated sentences are the project's own; whoever wrote them and the reader share a house."]
    if not has_corpora(options.data):
        return SuiteResult(
            "readings", tables, [*notes, f"no corpora in {options.data}: reviews and emotions not run"]
        )
    tables += [_review_table(options, encoder), _emotion_table(options, encoder)]
    if not _has_vader():
        notes.append("vaderSentiment is not installed: the peer was not run.")
    return SuiteResult("readings", tables, notes)


def passages_of_texts(texts: Sequence[str]) -> list[Passage]:
    """Wrap bare texts as passages of one record each."""
    return [
        Passage(
            f"r{row}:0-{len(text)}",
            f"r{row}",
            f"p{row}",
            0,
            len(text),
            text,
            "",
            Kind.REVIEW,
            None,
            None,
            None,
        )
        for row, text in enumerate(texts)
    ]


def _review_table(options: SuiteOptions, encoder: Encoder) -> Table:
    rows = review_rows(options.data)
    vectors = vectors_of(rows, encoder)
    tone = examples_of(rows, "tone", vectors)
    complaint = examples_of(rows, "complaint", vectors)
    cells: list[list[Cell]] = []
    for by_group in (False,) if options.quick else (False, True):
        folds = "each organisation left out" if by_group else "5 folds"
        for use_vectors in (True, False):
            how = Folds(seed=options.seed, by_group=by_group, use_vectors=use_vectors)
            score = polarity_score(tone.rows, cross_validated_sentiments(tone, PLANS["tone"], how))
            f1 = cross_validated_complaint_f1(complaint, PLANS["complaint"], how)
            name = "ours" if use_vectors else "ours, words only"
            cells.append([name, folds, *_polarity_cells(score), round(f1, 4)])
    cells.append(["VADER", "whole", *_vader_cells(tone.rows), None])
    columns = [
        "reader",
        "folds",
        "n",
        "polarity error",
        "balanced error",
        "mean absolute error",
        "complaint F1",
    ]
    return Table("Reviews: polarity (one polarity only) and complaint (all)", columns, cells)


def _polarity_cells(score: PolarityScore) -> list[Cell]:
    return [
        score.n,
        round(score.error, 4),
        round(score.balanced_error, 4),
        round(score.mean_absolute_error, 4),
    ]


def _vader_cells(rows: Sequence[Labelled]) -> list[Cell]:
    if not _has_vader():
        return ["not run", "not run", "not run", "not run"]
    module = importlib.import_module("vaderSentiment.vaderSentiment")
    scores = cast("Callable[[str], dict[str, float]]", module.SentimentIntensityAnalyzer().polarity_scores)
    return _polarity_cells(polarity_score(rows, np.array([scores(row.text)["compound"] for row in rows])))


def _has_vader() -> bool:
    return importlib.util.find_spec("vaderSentiment") is not None


def _emotion_table(options: SuiteOptions, encoder: Encoder) -> Table:
    train, test = read_goemotions(options.data, "train"), read_goemotions(options.data, "dev")
    if options.quick:
        train, test = train[:4_000], test[:1_000]
    texts = [row.text for row in test]
    vectors = encoder.encode(texts)
    readers = {
        "ours": read_emotions(texts, vectors),
        "ours, words only": read_emotions(texts, None),
        "logistic regression on the same vectors": plain_emotions(train, test, encoder),
        "logistic regression, classes balanced": plain_emotions(train, test, encoder, balanced=True),
    }
    scores = {name: emotion_score(test, given) for name, given in readers.items()}
    cells: list[list[Cell]] = [
        [name, s.n, round(s.macro_f1, 4), round(s.error, 4)] for name, s in scores.items()
    ]
    return Table("Emotion of comments, nine classes", ["reader", "n", "macro F1", "error"], cells)


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
        "Speed, vectors given", ["passages a second"], [[speed]]
    )


def _speed(reader: PassageReader, passages: Sequence[Passage], vectors: Vectors) -> Cell:
    if not passages:
        return None
    rows = [number % len(passages) for number in range(_N_TIMED)]
    many, their_vectors = [passages[row] for row in rows], vectors[rows]
    started = time.perf_counter()
    reader.read(many, their_vectors)
    return round(_N_TIMED / (time.perf_counter() - started))


def _usual_touchpoint(readings: Sequence[Reading]) -> Cell:
    counts = Counter(reading.touchpoint or "unknown" for reading in readings)
    return ", ".join(f"{name} {n}" for name, n in counts.most_common(2))


def _share(hits: Sequence[bool]) -> Cell:
    return round(sum(hits) / len(hits), 3) if hits else None
