"""Suite `discovery`: themes found without a given list, on labelled texts, over time, at size, and on simulated brands.

The peers on labelled texts are in `labelled`. On the simulated brand, themes are matched to planted pain points by the
persons behind them.
"""

import random
import resource
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from agent.analyse.pain_points import rank_pain_points
from agent.analyse.readings import PassageReader
from agent.analyse.themes import ThemeSet, find_themes
from agent.embed import open_encoder
from agent.normalise import passages_of
from agent.pipeline.discovering import discover_texts
from agent.ports import Encoder, Vectors
from agent.prepare import PrepareContext, prepare_record
from agent.read import read_file
from agent.redact import Redactor
from agent.schemas.records import Passage, RawRecord, Record
from eval.scorers.coverage import CoverageScore, PlantedScore, score_coverage
from eval.simulator import iter_person_truth, load_truth, simulate
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.suites.labelled import LabelledSet, labelled_sets, lineage_table, peers_table

_N_TEXTS = 1_000_000
_N_QUICK_TEXTS = 20_000
_N_PERSONS = 3_000
_N_QUICK_PERSONS = 600
_N_SEEDS = 20
_LEAST_PREVALENCE = 0.03
_SALT = "discovery"

# SciPy ships no types.
_stats: Any = stats


def run(options: SuiteOptions) -> SuiteResult:
    """Find themes in labelled queries and in simulated brands, and compare with what is known."""
    encoder = open_encoder(options.work / "encoder")
    reader = PassageReader(encoder)
    notes = [
        "Simulated sentences are the project's own; a share counts persons, found ones over all who spoke."
    ]
    tables: list[Table] = []
    sets = labelled_sets(options)
    if sets:
        tables.append(peers_table(sets, encoder, reader, notes, seed=options.seed))
        tables.append(lineage_table(sets, encoder, reader))
        tables.append(_size_table(sets, encoder, reader, options))
    else:
        notes.append(f"no labelled queries in {options.data}: accuracy, peers, lineage and size not run")
    tables.extend(_brand_tables(options, encoder, reader))
    return SuiteResult("discovery", tables, notes)


def _size_table(
    sets: Sequence[LabelledSet], encoder: Encoder, reader: PassageReader, options: SuiteOptions
) -> Table:
    """Group very many texts: those of the sets, each made different by a few words of another one."""
    n_texts = _N_QUICK_TEXTS if options.quick else _N_TEXTS
    texts = [text for one in sets for text in one.texts]
    rng = random.Random(options.seed)
    rows = (
        (row, f"{texts[row % len(texts)]} {_few_words(rng.choice(texts), rng)}") for row in range(n_texts)
    )
    begun: list[tuple[str, float]] = []
    found = discover_texts(
        rows,
        encoder=encoder,
        reader=reader,
        on_stage=lambda stage: begun.append((stage, time.perf_counter())),
    )
    ends = [*(at for _, at in begun[1:]), time.perf_counter()]
    table: list[list[Cell]] = [
        [stage, round(end - start, 1)] for (stage, start), end in zip(begun, ends, strict=True)
    ]
    table.append(["themes found", len(found.themes)])
    table.append(["share unassigned", round(found.unassigned_share, 3)])
    table.append(
        ["peak memory of the process, MiB", round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)]
    )
    return Table(f"{n_texts:,} texts, seconds by stage", ["stage", "value"], table)


def _few_words(text: str, rng: random.Random) -> str:
    words = text.split()
    start = rng.randrange(len(words))
    return " ".join(words[start : start + 2])


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
