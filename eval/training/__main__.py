"""Trains the heads and writes weights and model cards: `python -m eval.training --data DIR --cache DIR`."""

import argparse
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.analyse.heads import HEAD_NAMES, head_to_json, open_heads
from agent.embed import open_encoder
from agent.errors import InputError
from eval.training.cards import render_card
from eval.training.corpora import has_corpora, read_goemotions
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
from eval.training.scores import (
    EmotionScore,
    complaint_scores,
    cross_validated_sentiments,
    cross_validated_severity,
    emotion_score,
    polarity_score,
    read_emotions,
)

_SEED = 0
_KINDS = (Folds(_SEED), Folds(_SEED, by_group=True), Folds(_SEED, use_vectors=False))


def main() -> None:
    """Train all heads.

    Raises:
        InputError: The data folder lacks a corpus.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="folder of the built encoder")
    asked = parser.parse_args()
    data, out = Path(asked.data), Path(str(resources.files("agent.analyse.heads")))
    if not has_corpora(data):
        msg = f"{str(data)!r} lacks a corpus that training needs"
        raise InputError(msg, hint="Give the folder with reviews/, emotion/, intents/ and transcripts/.")
    encoder = open_encoder(Path(asked.cache))
    reviews, comments = review_rows(data), emotion_rows(data)
    of_reviews, of_comments = vectors_of(reviews, encoder), vectors_of(comments, encoder)
    examples = {name: examples_of(reviews, name, of_reviews) for name in HEAD_NAMES if name != "emotion"}
    examples["emotion"] = examples_of(comments, "emotion", of_comments)
    log_odds = {
        use: held_out_log_odds(examples["complaint"], PLANS["complaint"], use_vectors=use)
        for use in (True, False)
    }
    for name in HEAD_NAMES:
        head = fit_head(examples[name], PLANS[name], model_id=encoder.model_id)
        if name == "complaint":
            lines = [calibration_line(examples[name], log_odds[use]) for use in (True, False)]
            head = calibrated(head, *lines)
        (out / f"{name}.json").write_text(head_to_json(head), encoding="utf-8")
    open_heads.cache_clear()
    test = read_goemotions(data, "dev")
    texts = [row.text for row in test]
    scores = {
        "tone": [_tone_line(examples["tone"], how) for how in _KINDS],
        "complaint": [
            *_complaint_lines(examples["complaint"], log_odds[True], "with vectors"),
            *_complaint_lines(examples["complaint"], log_odds[False], "words only"),
        ],
        "severity": [_severity_line(examples["severity"], use_vectors=use) for use in (True, False)],
        "emotion": [
            _emotion_line(emotion_score(test, read_emotions(texts, encoder.encode(texts))), "with vectors"),
            _emotion_line(emotion_score(test, read_emotions(texts, None)), "words only"),
        ],
    }
    for name in HEAD_NAMES:
        card = render_card(name, PLANS[name], examples[name], scores[name], model_id=encoder.model_id)
        (out / f"{name}.md").write_text(card, encoding="utf-8")


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


def _emotion_line(score: EmotionScore, kind: str) -> str:
    return f"GoEmotions development split ({score.n}), {kind}: macro F1 {score.macro_f1:.4f}, error {score.error:.4f}"


def _severity_line(examples: Examples, *, use_vectors: bool) -> str:
    how = Folds(_SEED, use_vectors=use_vectors)
    agreement, n = cross_validated_severity(examples, PLANS["severity"], how)
    kind = "with vectors" if use_vectors else "words only"
    return f"own passages ({n}), ten folds, {kind}: agreement {agreement:.4f}"


if __name__ == "__main__":
    main()
