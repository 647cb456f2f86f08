"""Suite `discovery`: themes found without a given list, on labelled queries and on a simulated brand.

K-means on the same vectors, told the right number of groups, is the peer on labelled queries. On the simulated brand,
themes are matched to planted pain points by the persons behind them.
"""

import csv
import gzip
import json
import random
import resource
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats
from sklearn import metrics
from sklearn.cluster import KMeans

from agent.analyse.pain_points import rank_pain_points
from agent.analyse.readings import PassageReader
from agent.analyse.themes import ThemeSet, find_themes
from agent.embed import open_encoder
from agent.normalise import passages_of
from agent.pipeline.discovering import themes_of_texts
from agent.ports import Encoder, Vectors
from agent.prepare import PrepareContext, prepare_record
from agent.read import read_file
from agent.redact import Redactor
from agent.schemas.records import Passage, RawRecord, Record
from eval.scorers.coverage import CoverageScore, PlantedScore, score_coverage
from eval.simulator import iter_person_truth, load_truth, simulate
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table

_N_QUERIES = 3_000
_N_QUICK_QUERIES = 800
_N_PERSONS = 3_000
_N_QUICK_PERSONS = 600
_N_SEEDS = 20
_LEAST_PREVALENCE = 0.03
_SALT = "discovery"

# SciPy and scikit-learn ship no types.
_optimize: Any = optimize
_stats: Any = stats
_kmeans: Any = KMeans
_metrics: Any = metrics


def run(options: SuiteOptions) -> SuiteResult:
    """Find themes in labelled queries and in simulated brands, and compare with what is known."""
    encoder = open_encoder(options.work / "encoder")
    reader = PassageReader(encoder)
    tables = list(_brand_tables(options, encoder, reader))
    notes = [
        "Simulated sentences are the project's own; a share counts persons, found ones over all who spoke."
    ]
    queries = _queries(options)
    if queries:
        tables.insert(0, _query_table(queries, encoder, reader, seed=options.seed))
    else:
        notes.append(f"no labelled queries in {options.data}: accuracy not run")
    return SuiteResult("discovery", tables, notes)


def accuracy(truth: Sequence[str], found: Sequence[str | None]) -> float:
    """Return the share of rows in the right group under the best one-to-one match; a row without one is wrong."""
    names, groups = sorted(set(truth)), sorted({group for group in found if group is not None})
    counts = np.zeros((len(groups), len(names)))
    for name, group in zip(truth, found, strict=True):
        if group is not None:
            counts[groups.index(group), names.index(name)] += 1
    rows, columns = _optimize.linear_sum_assignment(-counts)
    return float(counts[rows, columns].sum()) / len(truth)


def mutual_information(truth: Sequence[str], found: Sequence[str | None]) -> float:
    """Return the normalised mutual information; rows without a group are one group."""
    return float(_metrics.normalized_mutual_info_score(list(truth), [group or "" for group in found]))


def _queries(options: SuiteOptions) -> dict[str, list[tuple[str, str]]]:
    """Return (text, label) rows of each labelled set that is there."""
    folder = options.data / "intents"
    found: dict[str, list[tuple[str, str]]] = {}
    insurance = folder / "dstc11_insurance.jsonl.gz"
    if insurance.is_file():
        with gzip.open(insurance, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        found["dstc11_insurance"] = [(str(row["utterance"]), str(row["intent"])) for row in rows]
    banking = folder / "banking77_train.csv.gz"
    if banking.is_file():
        with gzip.open(banking, "rt", encoding="utf-8", newline="") as lines:
            rows = [(row["text"], row["category"]) for row in csv.DictReader(lines)]
        random.Random(options.seed).shuffle(rows)
        found["banking77"] = rows[: _N_QUICK_QUERIES if options.quick else _N_QUERIES]
    return found


def _query_table(
    queries: dict[str, list[tuple[str, str]]], encoder: Encoder, reader: PassageReader, *, seed: int
) -> Table:
    rows: list[list[Cell]] = []
    for name, pairs in queries.items():
        texts, labels = [text for text, _ in pairs], [label for _, label in pairs]
        vectors = encoder.encode(texts)
        started = time.perf_counter()
        themes = themes_of_texts(texts, vectors, reader=reader)
        spent_s = time.perf_counter() - started
        found = [themes.assignments.get(f"row:{row}") for row in range(len(texts))]
        n_labels = len(set(labels))
        rows.append(
            _query_row(labels, found, names=(name, "ours"), n_groups=len(themes.themes), spent_s=spent_s)
        )
        started = time.perf_counter()
        groups: NDArray[np.int32] = _kmeans(n_labels, n_init=4, random_state=seed).fit_predict(vectors)
        spent_s = time.perf_counter() - started
        told = [str(int(group)) for group in groups]
        rows.append(
            _query_row(
                labels, told, names=(name, "k-means, told the number"), n_groups=n_labels, spent_s=spent_s
            )
        )
    columns = ["set", "method", "n", "labels", "groups", "accuracy", "NMI", "unassigned", "seconds"]
    return Table("Labelled queries, groups found without the labels", columns, rows)


def _query_row(
    labels: list[str], found: Sequence[str | None], *, names: tuple[str, str], n_groups: int, spent_s: float
) -> list[Cell]:
    return [
        *names,
        len(labels),
        len(set(labels)),
        n_groups,
        round(accuracy(labels, found), 3),
        round(mutual_information(labels, found), 3),
        round(sum(group is None for group in found) / len(found), 3),
        round(spent_s, 1),
    ]


def _brand_tables(
    options: SuiteOptions, encoder: Encoder, reader: PassageReader
) -> tuple[Table, Table, Table]:
    n_persons = _N_QUICK_PERSONS if options.quick else _N_PERSONS
    seeds = [options.seed] if options.quick else [options.seed + i for i in range(_N_SEEDS)]
    scores: list[CoverageScore] = []
    summary: list[list[Cell]] = []
    detail: list[list[Cell]] = []
    for seed in seeds:
        folder = options.work / f"brand-{seed}"
        simulate(folder, n_persons=n_persons, seed=seed)
        passages = simulated_passages(folder)
        vectors = encoder.encode([passage.text for passage in passages])
        started = time.perf_counter()
        themes, score = _score_brand(folder, passages, vectors, reader, seed=options.seed)
        spent_s = time.perf_counter() - started
        scores.append(score)
        summary.append(_summary_row(seed, passages, themes, score, spent_s))
        detail.extend(_detail_rows(seed, score))
    columns = [
        "seed",
        "passages",
        "themes",
        "found, 3 % and up",
        "interval covers",
        "extra",
        "unassigned",
        "seconds",
    ]
    overall = Table(
        f"All simulated brands, {n_persons:,} persons each", ["figure", "value"], _overall(scores)
    )
    return overall, Table("Simulated brands", columns, summary), Table("Planted pain points", _DETAIL, detail)


def _overall(scores: Sequence[CoverageScore]) -> list[list[Cell]]:
    """Return what the issue asks for, over all brands; the membership error is beside chance, relative to the truth."""
    found = [row for score in scores for row in score.planted if row.found]
    meant = [row for score in scores for row in score.planted if row.prevalence >= _LEAST_PREVALENCE]
    ranks = [_rank_agreement(score) for score in scores]
    return [
        ["planted pain points of 3 % and more", len(meant)],
        ["of these found as one of their own", sum(row.found for row in meant)],
        ["intervals of found ones", len(found)],
        ["share of these that hold the planted share", _rounded(_mean([row.covers for row in found]))],
        ["mean error of a share, relative", _rounded(_mean([_relative(row) for row in found]))],
        [
            "root mean square error of a share, relative",
            _rounded(_mean([_relative(row) ** 2 for row in found]) ** 0.5),
        ],
        ["rank correlation of found with planted order, mean", _rounded(_mean(ranks))],
        ["peak memory of the process, MiB", round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)],
    ]


def _relative(row: PlantedScore) -> float:
    return (row.share_error or 0.0) / row.prevalence


def _rank_agreement(score: CoverageScore) -> float:
    found = [row for row in score.planted if row.found]
    return float(_stats.spearmanr([row.planted_rank for row in found], [row.found_rank for row in found])[0])


def _mean(values: Sequence[float | bool | None]) -> float:
    return float(np.mean([value for value in values if value is not None]))


_DETAIL = [
    "seed",
    "pain point",
    "planted",
    "found as",
    "rank",
    "planted rank",
    "precision",
    "recall",
    "error",
    "covers",
]


def _score_brand(
    folder: Path, passages: list[Passage], vectors: Vectors, reader: PassageReader, *, seed: int
) -> tuple[ThemeSet, CoverageScore]:
    readings = reader.read(passages, vectors)
    themes = find_themes(passages, vectors, readings, reader=reader, seed=seed)
    points = rank_pain_points(
        themes,
        passages,
        readings,
        vectors,
        persons_in_scope={passage.person_id for passage in passages},
        population="simulated customers who said something",
    )
    person_of = {passage.passage_id: passage.person_id for passage in passages}
    members = {theme.theme_id: {person_of[p] for p in theme.passage_ids} for theme in themes.themes}
    return themes, score_coverage(load_truth(folder), list(iter_person_truth(folder)), points, members)


def simulated_passages(folder: Path) -> list[Passage]:
    """Return a simulated brand's passages, redacted, each person named as the truth names them.

    Args:
        folder: The folder given to `simulate`.
    """
    now = load_truth(folder).as_of + timedelta(days=1)
    customer: dict[str, str] = {}
    for person in iter_person_truth(folder):
        for name in (person.customer_id, person.user_id, person.email, *person.anonymous_ids):
            if name is not None:
                customer[name] = person.customer_id
    context = PrepareContext("discovery", _SALT, "simulated", now, Redactor(_SALT))
    passages: list[Passage] = []
    for name in ("transcripts.jsonl", "reviews.csv", "survey.csv"):
        for item in read_file(folder / name):
            if not isinstance(item, RawRecord):
                continue
            known = [customer[i.value] for i in item.identifiers if i.value in customer]
            record = prepare_record(
                item, person_id=known[0] if known else f"row-{name}-{item.row}", context=context
            )
            if isinstance(record, Record):
                passages.extend(passages_of(record))
    return passages


def _summary_row(
    seed: int, passages: list[Passage], themes: ThemeSet, score: CoverageScore, spent_s: float
) -> list[Cell]:
    return [
        seed,
        len(passages),
        len(themes.themes),
        _rounded(score.found_share(least_prevalence=_LEAST_PREVALENCE)),
        _rounded(score.covered_share()),
        len(score.unmatched),
        round(themes.unassigned_share, 3),
        round(spent_s, 1),
    ]


def _detail_rows(seed: int, score: CoverageScore) -> list[list[Cell]]:
    return [
        [
            seed,
            row.pain_point_id,
            row.prevalence,
            row.label,
            row.found_rank,
            row.planted_rank,
            _rounded(row.precision),
            _rounded(row.recall),
            _rounded(row.share_error),
            None if row.covers is None else str(row.covers).lower(),
        ]
        for row in score.planted
    ]


def _rounded(value: float | None) -> Cell:
    return None if value is None else round(value, 3)
