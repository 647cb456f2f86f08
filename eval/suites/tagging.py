"""Suite `tagging`: tags of a given list with many labels, few and none, beside what a Python user would write.

Texts that are scored are never among those learnt from: reviews by random fifths and by whole industries, queries by the
corpus's own split.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn import metrics
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from agent.analyse.tags.learning import learn_tags
from agent.analyse.tags.model import TagModel
from agent.embed import open_encoder
from agent.ports import Encoder, Vectors
from agent.read.taxonomies import read_labelled, read_taxonomy
from agent.schemas.tags import Label, LabelledText, TagDefinition, Taxonomy
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.suites.setfit import few_shot_peer, has_torch
from eval.suites.texts import CLINC, REVIEWS, clinc_queries, review_rows

_FOLDS = 5
_LEAST_INDUSTRY = 500
_PER_TAG = 8
_FEW_SEEDS = 2
_TIMED = 20_000
_MILLION = 1_000_000
_QUICK_ROWS = 900

_NOTES: list[str] = [
    (
        "With many labels the peer is one logistic regression for each aspect with its polarity, on TF-IDF of words and "
        "word pairs and the same vectors, from a chance of 0.5. Tuned, it takes the threshold that is best on the texts "
        "scored: no user knows it."
    ),
    "Cosine, too, is given the threshold that is best on the texts scored; ours looks at none of their labels.",
    "Definitions and examples are the project's own (eval/taxonomies/reviews.yaml); the labels' makers had others.",
    "Reviews that stand in the set several times count once; a label holds that at least half of their rows give.",
]

# SciPy and scikit-learn ship no types to speak of.
_metrics: Any = metrics
_sparse: Any = sparse
_logistic_regression: Any = LogisticRegression
_one_for_each: Any = OneVsRestClassifier

Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Reviews:
    """Labelled reviews, each text once, with their industry and vectors."""

    texts: list[LabelledText]
    industries: list[str]
    vectors: Vectors
    taxonomy: Taxonomy

    @property
    def classes(self) -> list[Label]:
        """Every aspect with every polarity that occurs, in order."""
        found = {label for text in self.texts for label in text.labels}
        return sorted(found, key=lambda label: (label.tag, label.polarity or 0))

    def flags(self, classes: Sequence[object], *, aspects_only: bool) -> Flags:
        """Mark which classes each text carries, shape `(n, len(classes))`."""
        column = {name: number for number, name in enumerate(classes)}
        marked = np.zeros((len(self.texts), len(classes)), dtype=bool)
        for row, text in enumerate(self.texts):
            for label in text.labels:
                marked[row, column[label.tag if aspects_only else label]] = True
        return marked


def run(options: SuiteOptions) -> SuiteResult:
    """Score tags of reviews and queries, and time them."""
    if not (options.data / REVIEWS).exists():
        return SuiteResult("tagging", [], [f"no reviews in {options.data}: nothing was run"])
    encoder = open_encoder(options.work / "encoder")
    reviews = _read_reviews(options, encoder)
    tables = [
        _many_labels(reviews, encoder, options),
        _few_labels(reviews, encoder, options),
        _none_of_these(options, encoder),
        _speed(reviews, encoder),
    ]
    notes = [*_NOTES]
    if not has_torch():
        notes.append("torch is not installed: the fine-tuned few-shot peer was not run.")
    return SuiteResult("tagging", tables, notes)


def _read_reviews(options: SuiteOptions, encoder: Encoder) -> _Reviews:
    taxonomy = read_taxonomy(Path(str(resources.files("eval").joinpath("taxonomies/reviews.yaml"))))
    texts = list(read_labelled(options.data / REVIEWS, taxonomy).texts)
    industry_of = {row["text"]: row["industry"] for row in review_rows(options.data / REVIEWS)}
    if options.quick:
        texts = texts[:_QUICK_ROWS]
    vectors = encoder.encode([text.text for text in texts])
    return _Reviews(texts, [industry_of[text.text] for text in texts], vectors, taxonomy)


def _many_labels(reviews: _Reviews, encoder: Encoder, options: SuiteOptions) -> Table:
    classes = reviews.classes
    truth = reviews.flags(classes, aspects_only=False)
    rows: list[list[Cell]] = []
    for title, splits in _splits(reviews, options).items():
        ours, usual, tuned = (np.zeros_like(truth) for _ in range(3))
        tested = np.concatenate([test for _, test in splits])
        per_split: list[tuple[float, ...]] = []
        for train, test in splits:
            model = learn_tags(
                reviews.taxonomy, [reviews.texts[i] for i in _ints(train)], [], encoder, seed=options.seed
            ).model
            ours[test] = _tagged(model, [reviews.texts[i].text for i in _ints(test)], classes)
            chances = _logistic(reviews, truth, train, test)
            usual[test] = chances >= 0.5  # noqa: PLR2004 - the usual threshold
            tuned[test] = chances >= _best_threshold(chances, truth[test])
            per_split.append(tuple(_both_f1(truth[test], given[test])[1] for given in (ours, usual, tuned)))
        macros = np.mean(per_split, axis=0)
        for number, (name, given) in enumerate(
            {"ours": ours, "TF-IDF + MiniLM, logistic": usual, "the same, tuned": tuned}.items()
        ):
            micro, macro = _both_f1(truth[tested], given[tested])
            rows.append(
                [title, name, len(tested), round(micro, 3), round(macro, 3), round(float(macros[number]), 3)]
            )
    columns = [
        "tested on",
        "reader",
        "n",
        "micro F1",
        "macro F1, all together",
        "macro F1, mean of the parts",
    ]
    return Table("FABSA, aspect and polarity, many labels", columns, rows)


def _splits(reviews: _Reviews, options: SuiteOptions) -> dict[str, list[tuple[Rows, Rows]]]:
    n = len(reviews.texts)
    fold = np.random.default_rng(options.seed).permutation(n) % _FOLDS
    fifths = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(_FOLDS)]
    industry = np.array(reviews.industries)
    large = [name for name in sorted(set(reviews.industries)) if (industry == name).sum() >= _LEAST_INDUSTRY]
    left_out = [(np.flatnonzero(industry != name), np.flatnonzero(industry == name)) for name in large]
    if options.quick:
        return {"a random fifth": fifths[:1]}
    named = {f"industry left out: {name}": [split] for name, split in zip(large, left_out, strict=True)}
    return {"random fifths, one after the other": fifths, "each large industry left out": left_out} | (
        named if not left_out else {}
    )


def _logistic(reviews: _Reviews, truth: Flags, train: Rows, test: Rows) -> NDArray[np.float64]:
    vectoriser: Any = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    words = vectoriser.fit_transform([reviews.texts[i].text for i in _ints(train)])
    known = _sparse.hstack([words, reviews.vectors[train]]).tocsr()
    new = _sparse.hstack(
        [vectoriser.transform([reviews.texts[i].text for i in _ints(test)]), reviews.vectors[test]]
    ).tocsr()
    learnt = truth[train].any(axis=0)
    model: Any = _one_for_each(_logistic_regression(C=10, solver="liblinear"))
    model.fit(known, truth[train][:, learnt].astype(np.int64))
    chances = np.zeros((len(test), truth.shape[1]))
    chances[:, learnt] = model.predict_proba(new)
    return chances


def _few_labels(reviews: _Reviews, encoder: Encoder, options: SuiteOptions) -> Table:
    names = reviews.taxonomy.names
    truth = reviews.flags(names, aspects_only=True)
    texts = [text.text for text in reviews.texts]
    rows: list[list[Cell]] = []
    bare = Taxonomy(tags=tuple(tag.model_copy(update={"examples": ()}) for tag in reviews.taxonomy.tags))
    for title, taxonomy in {
        "no labels, definitions": bare,
        "no labels, definitions and examples": reviews.taxonomy,
    }.items():
        model = learn_tags(taxonomy, [], texts, encoder, seed=options.seed).model
        given = _tagged_aspects(model, texts, names)
        cosines = _cosines(reviews.vectors, taxonomy, encoder)
        rows += _few_rows(
            title,
            truth,
            {"ours": given, "cosine, best threshold": cosines >= _best_threshold(cosines, truth)},
        )
    sums: dict[str, list[tuple[float, float]]] = {}
    for seed in range(1 if options.quick else _FEW_SEEDS):
        chosen = _few(truth, seed=seed)
        rest = np.setdiff1d(np.arange(len(texts)), chosen)
        gold = [
            LabelledText(
                texts[i], tuple(Label(tag) for tag in sorted({one.tag for one in reviews.texts[i].labels}))
            )
            for i in _ints(chosen)
        ]
        model = learn_tags(
            reviews.taxonomy, gold, [texts[i] for i in _ints(rest)], encoder, seed=options.seed
        ).model
        found = {"ours": _tagged_aspects(model, [texts[i] for i in _ints(rest)], names)}
        found |= _few_peers(reviews, truth, chosen, rest, options)
        for name, flags in found.items():
            sums.setdefault(name, []).append(_both_f1(truth[rest], flags))
    n_few = f"{_PER_TAG} labels a tag, mean of {len(next(iter(sums.values())))} draws"
    for name, scores in sums.items():
        micro, macro = np.mean(scores, axis=0)
        rows.append([n_few, name, len(texts), round(float(micro), 3), round(float(macro), 3)])
    return Table(
        "FABSA, aspects, few labels and none", ["labels", "reader", "n", "micro F1", "macro F1"], rows
    )


def _few_peers(
    reviews: _Reviews, truth: Flags, chosen: Rows, rest: Rows, options: SuiteOptions
) -> dict[str, Flags]:
    model: Any = _one_for_each(_logistic_regression(C=10, class_weight="balanced", max_iter=500))
    model.fit(reviews.vectors[chosen], truth[chosen].astype(np.int64))
    peers: dict[str, Flags] = {
        "MiniLM, logistic regression, balanced": np.asarray(model.predict(reviews.vectors[rest])) == 1
    }
    if has_torch():
        texts = [text.text for text in reviews.texts]
        peers["SetFit-like: MiniLM tuned on pairs, logistic regression"] = few_shot_peer(
            [texts[i] for i in _ints(chosen)],
            truth[chosen],
            [texts[i] for i in _ints(rest)],
            seed=options.seed,
        )
    return peers


def _few_rows(title: str, truth: Flags, given: Mapping[str, Flags]) -> list[list[Cell]]:
    scores = {name: _both_f1(truth, flags) for name, flags in given.items()}
    return [
        [title, name, len(truth), round(micro, 3), round(macro, 3)] for name, (micro, macro) in scores.items()
    ]


def _few(truth: Flags, *, seed: int) -> Rows:
    """Draw texts until every tag has some, the rarest tags first."""
    drawn = np.random.default_rng(seed)
    chosen: set[int] = set()
    for tag in np.argsort(truth.sum(axis=0), kind="stable"):
        have = sum(bool(truth[row, tag]) for row in chosen)
        pool: list[int] = drawn.permutation(np.flatnonzero(truth[:, tag])).tolist()
        chosen.update([row for row in pool if row not in chosen][: max(0, _PER_TAG - have)])
    return np.array(sorted(chosen), dtype=np.int64)


def _cosines(vectors: Vectors, taxonomy: Taxonomy, encoder: Encoder) -> NDArray[np.float32]:
    """Return the cosine of each text to each tag's definition, or to the mean of it and its examples."""
    means: list[Vectors] = []
    for tag in taxonomy.tags:
        name = tag.tag.rsplit(".", 1)[-1].replace("-", " ")
        described = encoder.encode([f"{name}: {tag.definition}", *tag.examples]).mean(axis=0)
        means.append(described / np.linalg.norm(described))
    return vectors @ np.stack(means).T


def _none_of_these(options: SuiteOptions, encoder: Encoder) -> Table:
    title, columns = (
        "CLINC150, none of these",
        ["reader", "in scope", "out of scope", "AUROC", "accuracy in scope"],
    )
    if not (options.data / CLINC).exists():
        return Table(title, columns, [["not run: the set is not there", 0, 0, None, None]])
    parts = ("train", "val", "oos_val", "oos_train")
    learnt, inside, outside, strange = (clinc_queries(options.data, part) for part in parts)
    step = 10 if options.quick else 1
    train, inside = learnt[::step], inside[::step]
    names = sorted({name for _, name in learnt})
    scope = np.repeat([1, 0], [len(inside), len(outside)])
    texts = [text for text, _ in (*inside, *outside)]
    truth = [name for _, name in inside]
    vectors, known = encoder.encode(texts), encoder.encode([text for text, _ in train])
    peer: Any = _logistic_regression(C=10, max_iter=300).fit(known, [name for _, name in train])
    softmax: NDArray[np.float64] = peer.predict_proba(vectors)
    rows: list[list[Cell]] = [
        [
            "MiniLM, logistic regression: maximum softmax",
            *_scope_cells(
                scope,
                softmax.max(axis=1),
                [str(peer.classes_[i]) for i in _ints(softmax.argmax(axis=1))],
                truth,
            ),
        ]
    ]
    taxonomy = Taxonomy(tags=tuple(TagDefinition(tag=name) for name in names))
    for title_ours, extra in (("ours", []), ("ours, told 100 texts out of scope", strange)):
        labelled = _once(
            [*((text, (Label(name),)) for text, name in train), *((text, ()) for text, _ in extra)]
        )
        model = learn_tags(taxonomy, labelled, [], encoder, seed=options.seed).model
        confidence = np.concatenate(list(_confidences(model, texts)))
        best = [names[i] for i in _ints(confidence.argmax(axis=1))]
        rows.append([title_ours, *_scope_cells(scope, confidence.max(axis=1), best, truth)])
    return Table(title, columns, rows)


def _once(texts: Sequence[tuple[str, tuple[Label, ...]]]) -> list[LabelledText]:
    return [LabelledText(text, labels) for text, labels in dict(texts).items()]


def _confidences(model: TagModel, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(texts), 1_000):
        yield model.confidences(texts[start : start + 1_000])


def _scope_cells(
    scope: NDArray[np.int64], sure: NDArray[Any], best: Sequence[str], truth: Sequence[str]
) -> list[Cell]:
    right = np.mean([found == name for found, name in zip(best, truth, strict=False)])
    n_inside = int(scope.sum())
    return [
        n_inside,
        len(scope) - n_inside,
        round(float(_metrics.roc_auc_score(scope, sure)), 4),
        round(float(right), 3),
    ]


def _speed(reviews: _Reviews, encoder: Encoder) -> Table:
    """Time the tags of short texts, none equal to another, by a model taught with all reviews there are."""
    model = learn_tags(reviews.taxonomy, reviews.texts, [], encoder, seed=0).model
    parts = [part for text in reviews.texts for part in text.text.split(". ") if len(part) > 20]  # noqa: PLR2004 - a sentence
    texts = [f"{parts[i % len(parts)][:80]} {i}" for i in range(_TIMED)]
    started, used = time.perf_counter(), time.process_time()
    model.tag(texts)
    seconds, busy = time.perf_counter() - started, time.process_time() - used
    row: list[Cell] = [
        len(reviews.texts),
        _TIMED,
        round(_TIMED / seconds),
        round(_TIMED / busy),
        round(_MILLION / _TIMED * seconds / 60, 1),
    ]
    columns = [
        "taught with",
        "short texts",
        "texts a second",
        "texts a processor second",
        "minutes a million would take",
    ]
    return Table("Speed, encoding and spans included", columns, [row])


def _ints(rows: NDArray[Any]) -> list[int]:
    return rows.tolist()


def _tagged(model: TagModel, texts: Sequence[str], classes: Sequence[Label]) -> Flags:
    column = {label: number for number, label in enumerate(classes)}
    given = np.zeros((len(texts), len(classes)), dtype=bool)
    for row, found in enumerate(model.tag(texts)):
        for tag in found.tags:
            label = Label(tag.tag, tag.polarity)
            if label in column:
                given[row, column[label]] = True
    return given


def _tagged_aspects(model: TagModel, texts: Sequence[str], names: Sequence[str]) -> Flags:
    given = np.zeros((len(texts), len(names)), dtype=bool)
    for row, found in enumerate(model.tag(texts)):
        given[row, [names.index(tag.tag) for tag in found.tags]] = True
    return given


def _best_threshold(scores: NDArray[Any], truth: Flags) -> float:
    """Return the one threshold whose micro-F1 on these very texts is best."""
    candidates = np.quantile(scores, np.linspace(0.5, 0.995, 100))
    return float(max(candidates, key=lambda candidate: _both_f1(truth, scores >= candidate)[0]))


def _both_f1(truth: Flags, given: Flags) -> tuple[float, float]:
    """Return micro- and macro-F1 over the classes that occur or were given."""
    there = truth.any(axis=0) | given.any(axis=0)
    micro = _metrics.f1_score(truth, given, average="micro", zero_division=0)
    return float(micro), float(
        _metrics.f1_score(truth[:, there], given[:, there], average="macro", zero_division=0)
    )
