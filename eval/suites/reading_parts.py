"""Tables of suite `readings` about parts of texts, friction, stages, touchpoints and texts that cannot be read."""

import csv
from collections.abc import Sequence
from importlib import resources

import numpy as np

from agent.analyse.clauses import Part, clause_spans, parts_of
from agent.analyse.languages import language_fit
from agent.analyse.readings import PassageReader
from agent.ports import Encoder
from agent.schemas.insight import Reading
from agent.schemas.records import Kind, Passage
from eval.scorers.classification import error_rate, macro_f1
from eval.suites.base import Cell, SuiteOptions, Table
from eval.suites.texts import REVIEWS
from eval.suites.vader import has_vader, vader_scores
from eval.training.aspects import AspectSentence, read_aspects
from eval.training.clauses import clause_rows
from eval.training.corpora import Labelled, OwnPassage, read_fabsa, read_held_out
from eval.training.fit import PLANS, examples_of, review_rows, vectors_of
from eval.training.frictions import FRICTIONS, friction_rows
from eval.training.mixed import Parts, apart_score, mixed_score, score_clauses
from eval.training.scores import FrictionScore, cross_validated_frictions, plain_frictions

_VADER_FROM = 0.05
"""The peer's own threshold of good and bad."""
_NONE = "-"


def mixed_table(options: SuiteOptions, encoder: Encoder) -> Table:
    """Say how far good and bad are kept apart in one text, beside the peer on the same clauses."""
    rows = review_rows(options.data)
    clauses = clause_rows(rows, options.data)
    vectors = vectors_of(clauses, encoder)
    cells: list[list[Cell]] = []
    for use_vectors in (False,) if options.quick else (False, True):
        scores = score_clauses(clauses, vectors, options.data, use_vectors=use_vectors)
        name = "ours" if use_vectors else "ours, words only"
        apart, mixed = scores.apart, scores.mixed
        cells.append([name, "left out in 3 folds", apart.n, *_rounded(apart.both_found, apart.aspect_f1)])
        cells[-1] += [mixed.n_mixed, round(mixed.found, 3), mixed.n_plain, round(mixed.called, 3)]
    unseen = read_aspects(options.data, "val")
    texts = [sentence.text for sentence in unseen]
    cells.append(_shipped("ours, words only", unseen, parts_of(texts)))
    cells.append(_shipped("ours", unseen, parts_of(texts, encoder=encoder)))
    if has_vader():
        cells.append(_vader_row(read_aspects(options.data, "train"), read_fabsa(options.data)))
        cells.append(_shipped("VADER by clause", unseen, _vader_parts(texts)))
    columns = [
        "reader",
        "sentences and reviews",
        "sentences with a good and a bad aspect",
        "both found where the words stand",
        "aspects, macro F1",
        "mixed reviews",
        "called mixed",
        "reviews of one polarity",
        "called mixed, too",
    ]
    return Table("Mixed feelings in one text, kept apart", columns, cells)


def _shipped(name: str, sentences: Sequence[AspectSentence], parts: Parts) -> list[Cell]:
    apart = apart_score(sentences, parts)
    found = _rounded(apart.both_found, apart.aspect_f1)
    return [name, "validation sentences, never fitted on", apart.n, *found, None, None, None, None]


def _vader_row(sentences: Sequence[AspectSentence], reviews: Sequence[Labelled]) -> list[Cell]:
    apart = apart_score(sentences, _vader_parts([sentence.text for sentence in sentences]))
    mixed = mixed_score(reviews, _vader_parts([review.text for review in reviews]))
    cells: list[Cell] = ["VADER by clause", "whole", apart.n, *_rounded(apart.both_found, apart.aspect_f1)]
    return [*cells, mixed.n_mixed, round(mixed.found, 3), mixed.n_plain, round(mixed.called, 3)]


def _vader_parts(texts: Sequence[str]) -> Parts:
    spans = [clause_spans(text) for text in texts]
    clauses = [text[start:end] for text, own in zip(texts, spans, strict=True) for start, end in own]
    scores = iter(vader_scores(clauses).tolist())
    return [[_vader_part(start, end, next(scores)) for start, end in own] for own in spans]


def _vader_part(start: int, end: int, score: float) -> Part:
    return Part(start, end, score, (score >= _VADER_FROM) - (score <= -_VADER_FROM))


def friction_table(encoder: Encoder) -> Table:
    """Say how well kinds of friction are told apart in industries not fitted on, beside a plain peer."""
    rows = friction_rows()
    examples = examples_of(rows, "friction", vectors_of(rows, encoder))
    plan = PLANS["friction"]
    scores = {
        "ours": cross_validated_frictions(examples, plan, use_vectors=True),
        "ours, words only": cross_validated_frictions(examples, plan, use_vectors=False),
        "logistic regression on the same vectors": plain_frictions(examples),
    }
    cells: list[list[Cell]] = [_friction_cells(name, score) for name, score in scores.items()]
    title = "Friction of own complaints, industries left out in six folds"
    return Table(title, ["reader", "n", "macro F1", *(f"F1 {name}" for name in FRICTIONS)], cells)


def _friction_cells(name: str, score: FrictionScore) -> list[Cell]:
    return [name, score.n, round(score.macro_f1, 3), *_rounded(*score.f1_by_class.values())]


def placing_table(encoder: Encoder) -> Table:
    """Score stage, touchpoint and emotion on own passages on which nothing was fitted and no threshold was set."""
    rows = read_held_out()
    readings = _read(PassageReader(encoder), encoder, [row.text for row in rows])
    cells = [_placed(name, rows, readings) for name in ("stage", "touchpoint", "emotion")]
    columns = ["field", "n", "macro F1", "error", "unknown", "error of the named"]
    return Table("Own passages, nothing fitted on them", columns, cells)


def _placed(field: str, rows: Sequence[OwnPassage], readings: Sequence[Reading]) -> list[Cell]:
    """Score one field; of several accepted labels the given one counts as expected, else the first by name."""
    given = [str(getattr(reading, field) or _NONE) for reading in readings]
    accepted = [getattr(row, field) for row in rows]
    expected = [got if got in labels else min(labels) for got, labels in zip(given, accepted, strict=True)]
    named = [number for number, got in enumerate(given) if got != _NONE]
    wrong = error_rate([expected[number] for number in named], [given[number] for number in named])
    figures = (macro_f1(expected, given), error_rate(expected, given), 1 - len(named) / len(rows), wrong)
    return [field, len(rows), *_rounded(*figures)]


def language_table(options: SuiteOptions, encoder: Encoder) -> Table:
    """Say of other languages and of English what is marked as not readable, and what would else be claimed."""
    path = resources.files("eval.suites").joinpath("other_languages.tsv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
    reader = PassageReader(encoder)
    cells: list[list[Cell]] = []
    for name, texts in (
        ("other languages, written like English", [r["text"] for r in rows if _is_latin(r["text"])]),
        ("other scripts", [r["text"] for r in rows if not _is_latin(r["text"])]),
        ("own English passages", [row.text for row in read_held_out()]),
    ):
        readings = _read(reader, encoder, texts)
        marked = np.mean([not reading.readable for reading in readings])
        cells.append(
            [name, len(texts), round(float(marked), 4), sum(reading.complaint for reading in readings)]
        )
    if (options.data / REVIEWS).is_file():
        reviews = [row.text for row in read_fabsa(options.data)]
        marked = np.mean([not language_fit(text).is_english for text in reviews])
        cells.append(["FABSA reviews, all but a few in English", len(reviews), round(float(marked), 4), None])
    columns = ["texts", "n", "marked as not readable", "read as complaints"]
    return Table("Other languages and scripts", columns, cells)


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


def _is_latin(text: str) -> bool:
    return max(text) < "\u0400"


def _read(reader: PassageReader, encoder: Encoder, texts: Sequence[str]) -> list[Reading]:
    return reader.read(passages_of_texts(texts), encoder.encode(list(texts)))


def _rounded(*figures: float) -> list[Cell]:
    return [round(figure, 3) for figure in figures]
