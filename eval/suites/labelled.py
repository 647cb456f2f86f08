"""Groups of labelled texts, found without the labels: ours beside peers on the same vectors, and from run to run."""

import ast
import gzip
import importlib
import json
import random
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from scipy import optimize
from sklearn import metrics
from sklearn.cluster import HDBSCAN, KMeans

from agent.analyse.readings import PassageReader
from agent.analyse.themes import ThemeSet
from agent.pipeline.discovering import themes_of_texts
from agent.ports import Encoder, Vectors
from eval.suites.base import Cell, SuiteOptions, Table
from eval.suites.knowledge import read_faq_pairs
from eval.suites.texts import BANKING, CLINC, REVIEWS, banking_queries, clinc_queries, review_rows

_N_MIDDLE = 3_000
_N_SOME = 20
_N_QUICK = 600
_SHARE_ADDED = 0.05
_LEAST_CLUSTER = 10
"""Smallest cluster of HDBSCAN: BERTopic's default, so that both mean the same by a topic."""

# SciPy and scikit-learn ship no types.
_optimize: Any = optimize
_metrics: Any = metrics
_kmeans: Any = KMeans
_hdbscan: Any = HDBSCAN

Found = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Texts, the label of each, and what the set is called."""

    name: str
    texts: list[str]
    labels: list[str]


def accuracy(truth: Sequence[str], found: Found) -> float:
    """Return the share of rows in the right group under the best one-to-one match; a row without one is wrong."""
    names, groups = sorted(set(truth)), sorted({group for group in found if group is not None})
    name_at, group_at = {n: i for i, n in enumerate(names)}, {g: i for i, g in enumerate(groups)}
    counts = np.zeros((len(groups), len(names)))
    for name, group in zip(truth, found, strict=True):
        if group is not None:
            counts[group_at[group], name_at[name]] += 1
    rows, columns = _optimize.linear_sum_assignment(-counts)
    return float(counts[rows, columns].sum()) / len(truth)


def mutual_information(truth: Sequence[str], found: Found) -> float:
    """Return the normalised mutual information; rows without a group are one group."""
    return float(_metrics.normalized_mutual_info_score(list(truth), [group or "" for group in found]))


def labelled_sets(options: SuiteOptions) -> list[LabelledSet]:
    """Return the labelled sets that are there: from 20 labels to 150, from hundreds of texts to ten thousand."""
    sets = [one for one in _all_sets(options.data, options.seed) if one.texts]
    if not options.quick:
        return sets
    return [LabelledSet(one.name, one.texts[:_N_QUICK], one.labels[:_N_QUICK]) for one in sets[:2]]


def _all_sets(data: Path, seed: int) -> Iterator[LabelledSet]:
    insurance = data / "intents" / "dstc11_insurance.jsonl.gz"
    yield _as_set("dstc11_insurance", _of_lines(insurance) if insurance.is_file() else [])
    banking = banking_queries(data) if (data / BANKING).is_file() else []
    random.Random(seed).shuffle(banking)
    yield _as_set("banking77", banking)
    yield _as_set("banking77, a part", banking[:_N_MIDDLE])
    clinc = clinc_queries(data, "train") if (data / CLINC).is_file() else []
    random.Random(seed).shuffle(clinc)
    yield _as_set("clinc150, a part", clinc[:_N_MIDDLE])
    names = sorted({label for _, label in clinc})
    some = random.Random(seed + 1).sample(names, min(_N_SOME, len(names)))
    yield _as_set("clinc150, 20 labels", [pair for pair in clinc if pair[1] in some])
    faqs = data / "retrieval" / "stackfaq.json.gz"
    yield _as_set("stackfaq", _of_faqs(faqs) if faqs.is_file() else [])
    reviews = data / REVIEWS
    yield _as_set("fabsa, one aspect", _of_reviews(reviews) if reviews.is_file() else [])


def _as_set(name: str, pairs: Sequence[tuple[str, str]]) -> LabelledSet:
    return LabelledSet(name, [text for text, _ in pairs], [label for _, label in pairs])


def _of_lines(path: Path) -> list[tuple[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [(str(row["utterance"]), str(row["intent"])) for row in map(json.loads, file)]


def _of_faqs(path: Path) -> list[tuple[str, str]]:
    faqs = read_faq_pairs(path)
    said = zip(faqs.queries, faqs.asked, strict=True)
    return [(query, str(number)) for query, number in said if query.strip() not in ("", "*")]


def _of_reviews(path: Path) -> list[tuple[str, str]]:
    """Return the reviews about one aspect, each with the aspect."""
    rows = [(row["text"], ast.literal_eval(row["labels"])) for row in review_rows(path)]
    return [(text, str(labels[0]).rsplit(".", 1)[0]) for text, labels in rows if len(labels) == 1]


def peers_table(
    sets: Sequence[LabelledSet], encoder: Encoder, reader: PassageReader, notes: list[str], *, seed: int
) -> Table:
    """Return ours, BERTopic where it is installed, k-means told the number and HDBSCAN, all on the same vectors."""
    has_bertopic = find_spec("bertopic") is not None
    if not has_bertopic:
        notes.append("BERTopic is not installed: not run")
    notes.append(
        "k-means is told the right number of groups; the others are not. Settings are the same on every set."
    )
    rows: list[list[Cell]] = []
    for one in sets:
        vectors = encoder.encode(one.texts)
        ways: dict[str, Callable[[], Found]] = {
            "ours": lambda one=one, vectors=vectors: _ours(one.texts, vectors, reader),
            "k-means, told the number": lambda one=one, vectors=vectors: _told(one, vectors, seed=seed),
            "HDBSCAN": lambda vectors=vectors: _dense(vectors),
        }
        if has_bertopic:
            ways["BERTopic"] = lambda one=one, vectors=vectors: _bertopic(one.texts, vectors)
        for name, find in ways.items():
            started = time.perf_counter()
            found = find()
            rows.append(_row(one, name, found, spent_s=time.perf_counter() - started))
    columns = ["set", "method", "n", "labels", "groups", "accuracy", "NMI", "unassigned", "seconds"]
    return Table("Labelled texts, groups found without the labels", columns, rows)


def _row(one: LabelledSet, method: str, found: Found, *, spent_s: float) -> list[Cell]:
    return [
        one.name,
        method,
        len(one.texts),
        len(set(one.labels)),
        len({group for group in found if group is not None}),
        round(accuracy(one.labels, found), 3),
        round(mutual_information(one.labels, found), 3),
        round(sum(group is None for group in found) / len(found), 3),
        round(spent_s, 1),
    ]


def _ours(texts: Sequence[str], vectors: Vectors, reader: PassageReader) -> Found:
    return _assigned(themes_of_texts(texts, vectors, reader=reader), len(texts))


def _assigned(themes: ThemeSet, n: int) -> Found:
    return [themes.assignments.get(f"row:{row}") for row in range(n)]


def _told(one: LabelledSet, vectors: Vectors, *, seed: int) -> Found:
    groups = _kmeans(len(set(one.labels)), n_init=4, random_state=seed).fit_predict(vectors)
    return [str(int(group)) for group in groups]


def _dense(vectors: Vectors) -> Found:
    groups = _hdbscan(min_cluster_size=_LEAST_CLUSTER, copy=True).fit_predict(vectors)
    return [None if group < 0 else str(int(group)) for group in groups]


def _bertopic(texts: list[str], vectors: Vectors) -> Found:
    """Run BERTopic with its default settings; it warns of its own parts' parallelism."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # An optional peer: its types are not there where it is not installed.
        bertopic: Any = importlib.import_module("bertopic")
        topics = bertopic.BERTopic().fit_transform(texts, embeddings=vectors)[0]
    return [None if topic < 0 else str(int(topic)) for topic in topics]


def lineage_table(sets: Sequence[LabelledSet], encoder: Encoder, reader: PassageReader) -> Table:
    """Return what becomes of the themes when a twentieth more texts come in, and whether equal data gives the same."""
    rows: list[list[Cell]] = []
    for one in sets:
        n_before = round(len(one.texts) / (1 + _SHARE_ADDED))
        vectors = encoder.encode(one.texts)
        before = themes_of_texts(one.texts[:n_before], vectors[:n_before], reader=reader)
        after = themes_of_texts(one.texts, vectors, reader=reader, previous=before)
        again = themes_of_texts(one.texts, vectors, reader=reader, previous=before)
        fates = Counter(note.fate for note in after.lineage)
        now = {theme.theme_id for theme in after.themes}
        kept = sum(theme.theme_id in now for theme in before.themes)
        moved = sum(after.assignments.get(key) != was for key, was in before.assignments.items())
        rows.append(
            [
                one.name,
                len(before.themes),
                round(kept / max(len(before.themes), 1), 3),
                *(fates[fate] for fate in ("split", "merged", "new", "gone")),
                round(moved / max(len(before.assignments), 1), 3),
                round(accuracy(one.labels, _assigned(after, len(one.texts))), 3),
                str(_bytes(after) == _bytes(again)).lower(),
            ]
        )
    columns = [
        "set",
        "themes",
        "ids kept",
        "split",
        "merged",
        "new",
        "gone",
        "rows moved",
        "accuracy after",
        "same bytes again",
    ]
    return Table("Themes after 5 % more texts", columns, rows)


def _bytes(themes: ThemeSet) -> str:
    return "\n".join(
        [*(theme.model_dump_json() for theme in themes.themes), json.dumps(dict(themes.assignments))]
    )
