"""Trains the heads and writes weights and model cards: `python -m eval.training --data DIR --cache DIR [--head NAME]...`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.analyse.heads import HEAD_NAMES, HeadName, head_to_json, open_head, open_heads
from agent.embed import open_encoder
from agent.errors import InputError
from agent.ports import Encoder, Vectors
from eval.training.cards import render_card
from eval.training.clauses import clause_rows, sharpened
from eval.training.corpora import Labelled, has_corpora, read_goemotions
from eval.training.fit import (
    PLANS,
    Examples,
    Folds,
    calibrated,
    calibration_line,
    emotion_rows,
    examples_of,
    fit_head,
    held_out_log_odds,
    review_rows,
    vectors_of,
)
from eval.training.frictions import friction_rows
from eval.training.mixed import MixedScores, score_clauses
from eval.training.scores import (
    EmotionScore,
    complaint_scores,
    cross_validated_frictions,
    cross_validated_sentiments,
    cross_validated_severity,
    emotion_score,
    polarity_score,
    read_emotions,
)

_SEED = 0
_KINDS = (Folds(_SEED), Folds(_SEED, by_group=True), Folds(_SEED, use_vectors=False))


@dataclass(frozen=True)
class _Training:
    """Everything heads are made from, each part read and encoded once, when a head needs it."""

    data: Path
    encoder: Encoder

    @cached_property
    def reviews(self) -> list[Labelled]:
        return review_rows(self.data)

    @cached_property
    def vectors(self) -> Vectors:
        return vectors_of(self.reviews, self.encoder)

    @cached_property
    def clauses(self) -> list[Labelled]:
        return clause_rows(self.reviews, self.data)

    @cached_property
    def clause_vectors(self) -> Vectors:
        return vectors_of(self.clauses, self.encoder)

    def examples(self, name: HeadName) -> Examples:
        """Return what a head is fitted on."""
        if name == "clause":
            return sharpened(self.clauses, self.clause_vectors, PLANS["clause"])
        if name in {"emotion", "friction"}:
            rows = emotion_rows(self.data) if name == "emotion" else friction_rows()
            return examples_of(rows, name, vectors_of(rows, self.encoder))
        return examples_of(self.reviews, name, self.vectors)


def main() -> None:
    """Train heads.

    Raises:
        InputError: The data folder lacks a corpus.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="folder of the built encoder")
    parser.add_argument("--head", action="append", choices=HEAD_NAMES, help="only this one; may be repeated")
    asked = parser.parse_args()
    data = Path(asked.data)
    if not has_corpora(data):
        msg = f"{str(data)!r} lacks a corpus that training needs"
        raise InputError(msg, hint="Give the folder with reviews/, emotion/, intents/ and transcripts/.")
    training = _Training(data, open_encoder(Path(asked.cache)))
    names: list[HeadName] = [name for name in HEAD_NAMES if not asked.head or name in asked.head]
    for name in names:
        _train(name, training, Path(str(resources.files("agent.analyse.heads"))))


def _train(name: HeadName, training: _Training, out: Path) -> None:
    examples, plan = training.examples(name), PLANS[name]
    log_odds = (
        {use: held_out_log_odds(examples, plan, use_vectors=use) for use in (True, False)}
        if name == "complaint"
        else {}
    )
    head = fit_head(examples, plan, model_id=training.encoder.model_id)
    if log_odds:
        head = calibrated(head, *(calibration_line(examples, log_odds[use]) for use in (True, False)))
    (out / f"{name}.json").write_text(head_to_json(head), encoding="utf-8")
    open_head.cache_clear()
    open_heads.cache_clear()
    scores = _scores(name, examples, training, log_odds)
    card = render_card(name, plan, examples, scores, model_id=training.encoder.model_id)
    (out / f"{name}.md").write_text(card, encoding="utf-8")


def _scores(
    name: HeadName, examples: Examples, training: _Training, log_odds: dict[bool, NDArray[np.float64]]
) -> list[str]:
    both = (True, False)
    if name == "tone":
        return [_tone_line(examples, how) for how in _KINDS]
    if name == "complaint":
        return [line for use in both for line in _complaint_lines(examples, log_odds[use], _kind(use))]
    if name == "severity":
        return [_severity_line(examples, use_vectors=use) for use in both]
    if name == "friction":
        return [_friction_line(examples, use_vectors=use) for use in both]
    if name == "clause":
        rows, vectors = training.clauses, training.clause_vectors
        return [
            line
            for use in both
            for line in _clause_lines(
                score_clauses(rows, vectors, training.data, use_vectors=use), _kind(use)
            )
        ]
    return _emotion_lines(training)


def _kind(use_vectors: bool) -> str:  # noqa: FBT001 - the only thing it is about
    return "with vectors" if use_vectors else "words only"


def _folds_of(how: Folds) -> str:
    folds = "each organisation left out" if how.by_group else "five folds"
    return folds if how.use_vectors else f"{folds}, words only"


def _tone_line(examples: Examples, how: Folds) -> str:
    score = polarity_score(examples.rows, cross_validated_sentiments(examples, PLANS["tone"], how))
    return (
        f"FABSA reviews of one polarity ({score.n}), {_folds_of(how)}: error {score.error:.4f}, "
        f"balanced {score.balanced_error:.4f}, mean absolute error {score.mean_absolute_error:.4f}"
    )


def _complaint_lines(examples: Examples, log_odds: NDArray[np.float64], kind: str) -> list[str]:
    return [
        f"{name} ({score.n}), industries and organisations left out in six folds, {kind}: precision {score.precision:.3f}, "
        f"recall {score.recall:.3f}, F1 {score.f1:.3f}, AUC {score.auc:.3f}, Brier {score.brier:.3f}, "
        f"calibration error {score.calibration_error:.3f}"
        for name, score in complaint_scores(examples, log_odds).items()
    ]


def _clause_lines(scores: MixedScores, kind: str) -> Sequence[str]:
    apart, mixed = scores.apart, scores.mixed
    sentences = (
        f"MAMS-ACSA training sentences with a good and a bad aspect ({apart.n}), three folds, {kind}: both found where the "
        f"aspect's words stand {apart.both_found:.3f}; macro F1 of all aspects {apart.aspect_f1:.3f}"
    )
    reviews = (
        f"FABSA reviews, organisations left out in three folds, {kind}: of {mixed.n_mixed} mixed ones {mixed.found:.3f} are "
        f"called mixed, of {mixed.n_plain} of one polarity {mixed.called:.3f}"
    )
    return sentences, reviews


def _emotion_lines(training: _Training) -> list[str]:
    test = read_goemotions(training.data, "dev")
    texts = [row.text for row in test]
    vectors = training.encoder.encode(texts)
    return [
        _emotion_line(emotion_score(test, read_emotions(texts, given)), _kind(given is not None))
        for given in (vectors, None)
    ]


def _emotion_line(score: EmotionScore, kind: str) -> str:
    return (
        f"GoEmotions development split ({score.n}), {kind}: macro F1 {score.macro_f1:.4f}, error {score.error:.4f}; "
        f"{score.answered:.3f} named, error among these {score.error_answered:.4f}"
    )


def _friction_line(examples: Examples, *, use_vectors: bool) -> str:
    score = cross_validated_frictions(examples, PLANS["friction"], use_vectors=use_vectors)
    by_class = ", ".join(f"{name} {f1:.2f}" for name, f1 in score.f1_by_class.items())
    return (
        f"own complaints ({score.n}), industries left out in six folds, {_kind(use_vectors)}: "
        f"macro F1 {score.macro_f1:.3f} ({by_class})"
    )


def _severity_line(examples: Examples, *, use_vectors: bool) -> str:
    how = Folds(_SEED, use_vectors=use_vectors)
    agreement, n = cross_validated_severity(examples, PLANS["severity"], how)
    return f"own passages ({n}), ten folds, {_kind(use_vectors)}: agreement {agreement:.4f}"


if __name__ == "__main__":
    main()
