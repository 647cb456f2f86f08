"""Questions of a few words to reviews of other trades, so that the citation head knows more than hotels and restaurants.

FABSA reviews (MIT as stated by its publisher) are labelled with what they are about; a question asks for one label, in
wordings written for this project. A review that has the label answers.
"""

import ast
import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agent.ports import Encoder
from agent.retrieve.citing import Question, question_vectors, scope_of
from agent.retrieve.heads import Floats, Scope
from agent.retrieve.pieces import pieces_of
from eval.training.citation_fit import Bools, Example
from eval.training.citation_folds import Corpus, fit_passages

_WORDINGS: Mapping[str, tuple[str, ...]] = {
    "online-experience.app-website": (
        "the app",
        "How well do the app and the website work?",
        "website problems",
    ),
    "purchase-booking-experience.ease-of-use": (
        "ease of use",
        "Is it easy to use?",
        "simple to order or book",
    ),
    "staff-support.attitude-of-staff": (
        "staff attitude",
        "Are the staff friendly and helpful?",
        "customer service",
    ),
    "value.price-value-for-money": ("price", "Is it good value for money?", "too expensive or cheap"),
    "logistics-rides.speed": ("delivery speed", "How fast is the delivery?", "late or on time"),
    "company-brand.competitor": (
        "competitors",
        "How does it compare with others?",
        "better than other companies",
    ),
    "value.discounts-promotions": (
        "discounts",
        "Are there good discounts or offers?",
        "vouchers and promotions",
    ),
    "account-management.account-access": ("login", "Can I get into my account?", "problems signing in"),
    "company-brand.reviews": ("reviews", "Can its reviews be trusted?", "ratings by other customers"),
    "staff-support.phone": ("phone support", "Does anybody answer the phone?", "calling customer service"),
    "staff-support.email": ("email support", "Do they reply to emails?", "answers by email"),
}
"""Of each label; general satisfaction is no question."""
_SCOPE = 100
"""Reviews weighed together, of one organisation, as many as a place has sentences."""
_FEWEST = 3
_EVERY = 2
"""One question in so many is trained on, so that the turns outweigh them."""


@dataclass(frozen=True, slots=True)
class TradeExample:
    """A question to reviews of one organisation."""

    industry: str
    label: str
    example: Example


def trade_examples(path: Path, encoder: Encoder, *, seed: int) -> list[TradeExample]:
    """Return questions to shuffled hundreds of each organisation's reviews, one wording a hundred and label.

    Raises:
        FileNotFoundError: The file is not there.
    """
    chunks = list(_chunks(path, seed))
    texts = list(dict.fromkeys(text for _, rows in chunks for text, _ in rows))
    pieces = list(dict.fromkeys(piece for text in texts for piece in pieces_of(text)))
    vector_of = dict(zip(pieces, encoder.encode(pieces), strict=True))
    wordings = list(dict.fromkeys(wording for some in _WORDINGS.values() for wording in some))
    asked = dict(
        zip(wordings, question_vectors([Question.of(one) for one in wordings], encoder), strict=True)
    )
    found: list[TradeExample] = []
    for number, (industry, rows) in enumerate(chunks):
        scope = scope_of([text for text, _ in rows], [str(row) for row in range(len(rows))], vector_of)
        for label, some in _WORDINGS.items():
            answers = np.array([label in labels for _, labels in rows])
            if answers.sum() >= _FEWEST:
                vector = asked[some[number % len(some)]]
                found.append(TradeExample(industry, label, Example(vector, scope, answers)))
    return found


def _chunks(path: Path, seed: int) -> Iterator[tuple[str, Sequence[tuple[str, frozenset[str]]]]]:
    rows_of: dict[tuple[str, str], list[tuple[str, frozenset[str]]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            labels = frozenset(str(label).rsplit(".", 1)[0] for label in ast.literal_eval(row["labels"]))
            rows_of[row["industry"], row["org_index"]].append((row["text"], labels))
    rng = np.random.default_rng(seed)
    for (industry, _), rows in sorted(rows_of.items()):
        order: list[int] = rng.permutation(len(rows)).tolist()
        for start in range(0, len(order) - _SCOPE // 2, _SCOPE):
            yield industry, [rows[number] for number in order[start : start + _SCOPE]]


def trained_on(trades: Sequence[TradeExample]) -> list[Example]:
    """Return the questions that the packaged head is trained on."""
    return [one.example for one in trades[::_EVERY]]


@dataclass(frozen=True, slots=True)
class TradeScore:
    """How well questions to what was left out are answered; `*_precision` are means of average precision."""

    left_out: str
    n: int
    head_precision: float
    cosine_precision: float
    f1: float
    """Of passages of even odds or better."""


def trade_scores(corpus: Corpus, trades: Sequence[TradeExample]) -> list[TradeScore]:
    """Return scores where half of the industries, and half of the labels with their wordings, were left out in turn."""
    industries = sorted({one.industry for one in trades})
    labels = sorted({one.label for one in trades})
    return [
        _score("industries", corpus, trades, [industries.index(one.industry) % 2 for one in trades]),
        _score("questions", corpus, trades, [labels.index(one.label) % 2 for one in trades]),
    ]


def _score(
    left_out: str, corpus: Corpus, trades: Sequence[TradeExample], halves: Sequence[int]
) -> TradeScore:
    turns: list[int] = np.flatnonzero(corpus.asks).tolist()
    by_head: list[float] = []
    by_cosine: list[float] = []
    counts = np.zeros(3)
    for half in (0, 1):
        rest = [one for one, own in zip(trades, halves, strict=True) if own != half]
        head = fit_passages(replace(corpus, trades=trained_on(rest)), turns)
        for one, own in zip(trades, halves, strict=True):
            if own == half:
                example = one.example
                odds = head.log_odds(example.question, example.scope)
                by_head.append(_average_precision(odds, example.answers))
                by_cosine.append(_average_precision(_cosines(example, example.scope), example.answers))
                cited = odds >= 0
                counts += [(cited & example.answers).sum(), cited.sum(), example.answers.sum()]
    f1 = 2 * counts[0] / max(counts[1] + counts[2], 1)
    return TradeScore(left_out, len(trades), float(np.mean(by_head)), float(np.mean(by_cosine)), float(f1))


def _cosines(example: Example, scope: Scope) -> Floats:
    return np.maximum.reduceat(scope.pieces @ example.question, scope.starts).astype(np.float64)


def _average_precision(scores: Floats, answers: Bools) -> float:
    ranked = answers[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean())
