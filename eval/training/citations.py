"""Trains the citation head and writes weights and card: `python -m eval.training.citations --data DIR --cache DIR`."""

import argparse
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from agent.embed import open_encoder
from agent.retrieve.heads import CitationHead, head_to_json, open_citation_head
from eval.suites.knowledge import read_knowledge
from eval.training.citation_folds import (
    Corpus,
    Outcome,
    calibration_error,
    f1_of,
    fit_head,
    outcomes,
    read_corpus,
)
from eval.training.citation_trades import TradeScore, trade_examples, trade_scores, trained_on


def main() -> None:
    """Train the head and write its weights and its card beside each other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="folder of the built encoder")
    asked = parser.parse_args()
    encoder = open_encoder(Path(asked.cache))
    trades = trade_examples(Path(asked.data) / "reviews" / "fabsa.csv", encoder, seed=0)
    corpus = read_corpus(read_knowledge(Path(asked.data) / "retrieval"), encoder, trained_on(trades))
    out = Path(str(resources.files("agent.retrieve.heads")))
    head = fit_head(corpus)
    (out / "citation.json").write_text(head_to_json(head), encoding="utf-8")
    open_citation_head.cache_clear()
    lines = [f"{name}: {_score_line(outcome)}" for name, outcome in outcomes(corpus).items()]
    lines.extend(_trade_line(score) for score in trade_scores(corpus, trades))
    (out / "citation.md").write_text(_card(corpus, head, lines), encoding="utf-8")


def _trade_line(score: TradeScore) -> str:
    return (
        f"few words asked of reviews of other trades ({score.n} questions), half of the {score.left_out} left out in turn: mean "
        f"average precision {score.head_precision:.3f} (cosine of the best clause {score.cosine_precision:.3f}), F1 at even odds "
        f"{score.f1:.3f}"
    )


def _score_line(outcome: Outcome) -> str:
    asks, cites = outcome.asks, outcome.cites
    right, wrong, missed = outcome.counts.sum(axis=0).tolist()
    return (
        f"F1 of sentences over all {len(asks):,} turns {f1_of(outcome.counts):.3f}, precision {right / (right + wrong):.3f}, "
        f"recall {right / (right + missed):.3f}; turns that ask for nothing cited {cites[~asks].mean():.3f}, turns that ask "
        f"{cites[asks].mean():.3f}, those whose answers were taken out {outcome.without_answers[asks].mean():.3f}; "
        f"calibration error {calibration_error(outcome):.3f}"
    )


def _card(corpus: Corpus, head: CitationHead, scores: Sequence[str]) -> str:
    knowledge = corpus.knowledge
    return "\n".join(
        [
            "# Head `citation`",
            "",
            "Which passages answer a question, and whether a turn of a conversation asks for any.",
            "",
            f"A passage's best clause matches a question by a learned product of rank {head.passage.of_question.shape[1]} on the",
            f"vectors of `{head.model_id}`; nine weights add its neighbours and the best passage in scope. A logistic",
            "regression reads the turn. Both, the calibration and the two cuts are made by",
            "`python -m eval.training.citations`.",
            "",
            "## Data",
            "",
            f"- DSTC11 track 5, validation (CDLA-Sharing-1.0): {len(knowledge.turns):,} turns of dialogues,",
            f"  {int(corpus.asks.sum()):,} of which ask for something; {len(knowledge.documents):,} sentences of reviews and",
            f"  answered questions of {len(knowledge.places)} hotels and restaurants",
            f"- FABSA reviews (MIT as stated by its publisher) of apps, shops, travel, groceries, trading: {len(corpus.trades)}",
            "  questions of a few words, in wordings written for this project, each to a hundred reviews",
            "",
            "## Scores on turns that no part was fitted on",
            "",
            *(f"- {line}" for line in scores),
            "",
            "## Limits",
            "",
            "English only. It knows short reviews of hotels and restaurants best; what to expect of other trades is what the lines",
            "with something left out tell. A probability is the share of such passages that annotators took",
            "as an answer there, a guess elsewhere. Irony, and an answer spread over several sentences, are missed. The reading of turns",
            "has learned how this data set's two kinds of turns are worded; a question asked by itself is taken for one.",
            "The main directions that matrices start from were taken from all texts, without labels, tested ones among them.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
