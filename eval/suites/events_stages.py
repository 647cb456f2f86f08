"""Part of suite `events`: suggested stages of names of events, beside the stage that most names have.

Every name is one that the suggestion was not fitted on: its whole family is left out, or it is of another trade.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from agent.analyse.stage_suggestions import (
    MIN_CONFIDENCE,
    MIN_PERSONS,
    KnownName,
    StagePaths,
    StageWords,
    combined,
    known_names,
)
from agent.analyse.statistics import wilson
from agent.analyse.taxonomy import stage_of_event
from agent.embed import open_encoder
from agent.events.neighbours import Neighbours, neighbours_of
from agent.normalise.vocabulary import built_in_vocabulary
from agent.pipeline.ingest import ingest
from agent.pipeline.workspace import Workspace
from agent.schemas.journey import DEFAULT_STAGES
from agent.settings import Settings
from agent.store import Store
from eval.simulator import simulate
from eval.suites.base import Cell, SuiteOptions, Table

_NOW = datetime(2030, 1, 1, tzinfo=UTC)
_N_FOLDS = 10
_N_BRANDS, _N_QUICK_BRANDS = 10, 1
_N_PERSONS, _N_QUICK_PERSONS = 1_000, 300
_NONE = len(DEFAULT_STAGES)
_OTHER_TRADES = "event_stage_names.yaml"

Floats = NDArray[np.float64]


class _Asked(NamedTuple):
    """One name, its stage (after the last: none), and how likely each is."""

    stage: int
    shares: Floats


def stages_tables(options: SuiteOptions) -> tuple[list[Table], list[str]]:
    """Measure suggestions by words over three sets of names, and by words and paths over simulated brands."""
    encoder = open_encoder(options.work / "encoder")
    known = known_names()
    words = StageWords(encoder, known)
    by_words = {
        "built-in names, families left out": _left_out(words, known, lambda each: each.family, options.seed),
        "built-in names, all of one object left out": _left_out(words, known, _object_of, options.seed),
        "names of other trades": _other_trades(words),
    }
    rows = [row for name, asked in by_words.items() for row in _rows(name, {"words": asked}, known)]
    n_brands = _N_QUICK_BRANDS if options.quick else _N_BRANDS
    rows += _rows(f"events of {n_brands} simulated brands", _brands(options, n_brands, words), known)
    columns = [
        "names",
        "by",
        "n",
        "macro-F1",
        "answered",
        "right of answered",
        "95 %",
        "of no stage",
        "answered",
    ]
    note = (
        "Macro-F1: over the five stages, the likeliest taken whatever its confidence. Answered: confidence of "
        f"{MIN_CONFIDENCE} or more. Names of other trades are assigned by no rule and were labelled by hand; in a brand "
        f"each event that {MIN_PERSONS} or more customers did loses its label in turn, and its family is left out. The same "
        "names come again from brand to brand, so the interval over brands is too narrow."
    )
    return [Table("Suggested stages of events", columns, rows)], [note]


def _left_out(
    words: StageWords, known: Sequence[KnownName], group_of: Callable[[KnownName], str], seed: int
) -> list[_Asked]:
    names = [each for each in known if each.family]
    groups: dict[str, set[str]] = defaultdict(set)
    for each in names:
        groups[group_of(each)].add(each.family)
    order = sorted(groups)
    Random(seed).shuffle(order)
    asked: list[_Asked] = []
    for fold in range(_N_FOLDS):
        chosen = set(order[fold::_N_FOLDS])
        without = {family for group in chosen for family in groups[group]}
        its = [each for each in names if group_of(each) in chosen]
        shares = words.shares([each.text.replace(" ", "_") for each in its], without=without)
        asked += [_Asked(each.stage, own) for each, own in zip(its, shares, strict=True)]
    return asked


def _object_of(each: KnownName) -> str:
    return each.text.split()[0]


@cache
def _labelled() -> Mapping[str, Sequence[str]]:
    return yaml.safe_load((resources.files("eval.suites") / _OTHER_TRADES).read_text(encoding="utf-8"))


def _other_trades(words: StageWords) -> list[_Asked]:
    asked: list[_Asked] = []
    for stage, names in _labelled().items():
        place = DEFAULT_STAGES.index(stage) if stage in DEFAULT_STAGES else _NONE
        asked += [_Asked(place, own) for own in words.shares(names)]
    return asked


def _brands(options: SuiteOptions, n_brands: int, words: StageWords) -> dict[str, list[_Asked]]:
    found: dict[str, list[_Asked]] = {"words": [], "paths": [], "words and paths": []}
    vocabulary = built_in_vocabulary()
    for seed in range(options.seed, options.seed + n_brands):
        neighbours = _neighbours(options, seed)
        stages = {name: stage for name in neighbours.n_persons if (stage := stage_of_event(name)) is not None}
        for name, stage in stages.items():
            if neighbours.n_persons[name] < MIN_PERSONS:
                continue
            own = words.shares([name], without={vocabulary.canonical(name), name})[0]
            paths = StagePaths(
                neighbours, {each: its for each, its in stages.items() if each != name}
            ).shares(name)
            alone = np.full(_NONE, 1 / _NONE) if paths is None else paths
            for by, shares in (
                ("words", own),
                ("paths", np.append(alone, 0.0)),
                ("words and paths", combined(own, paths)),
            ):
                found[by].append(_Asked(DEFAULT_STAGES.index(stage), shares))
    return found


def _neighbours(options: SuiteOptions, seed: int) -> Neighbours:
    folder = options.work / f"stages-{seed}"
    brand = simulate(folder, n_persons=_N_QUICK_PERSONS if options.quick else _N_PERSONS, seed=seed)
    store = Store.create(folder / "home", "brand", holdout=0.0, salt="stages", now=_NOW)
    with Workspace(settings=Settings(), store=store, now=_NOW) as workspace:
        ingest(
            [Path(brand.out_dir) / "events.jsonl"],
            store=store,
            vault=workspace.vault,
            lake=workspace.lake_writer,
            kind="events",
            now=_NOW,
        )
        return neighbours_of(workspace.lake)


def _rows(name: str, found: Mapping[str, list[_Asked]], known: Sequence[KnownName]) -> list[list[Cell]]:
    counts = np.bincount(
        [each.stage for each in known if each.family and each.stage != _NONE], minlength=_NONE
    )
    usual = np.append(np.eye(_NONE)[counts.argmax()], 0.0)
    first = next(iter(found.values()))
    everything = {"the most frequent stage": [each._replace(shares=usual) for each in first], **found}
    return [[name, by, *_scored(asked)] for by, asked in everything.items()]


def _scored(asked: Sequence[_Asked]) -> list[Cell]:
    staged = [each for each in asked if each.stage != _NONE]
    answers = [each for each in staged if _is_answered(each)]
    # What is said of a name that tells no stage is wrong whatever it is.
    wrongly = [each for each in asked if each.stage == _NONE and _is_answered(each)]
    n_right = sum(int(each.shares.argmax()) == each.stage for each in answers)
    n_answers = len(answers) + len(wrongly)
    bounds = wilson(n_right, n_answers) if n_answers else None
    pairs = [(each.stage, int(each.shares[:_NONE].argmax())) for each in staged]
    return [
        len(staged),
        round(_macro_f1(pairs), 3),
        round(len(answers) / len(staged), 3),
        None if bounds is None else round(n_right / n_answers, 3),
        None if bounds is None else f"{bounds.low:.3f} to {bounds.high:.3f}",
        len(asked) - len(staged),
        len(wrongly),
    ]


def _is_answered(each: _Asked) -> bool:
    return int(each.shares.argmax()) != _NONE and float(each.shares.max()) >= MIN_CONFIDENCE


def _macro_f1(pairs: Iterable[tuple[int, int]]) -> float:
    told = list(pairs)
    scores: list[float] = []
    for stage in {true for true, _ in told}:
        n_right = sum(true == found == stage for true, found in told)
        n_either = sum(true == stage for true, _ in told) + sum(found == stage for _, found in told)
        scores.append(2 * n_right / n_either)
    return float(np.mean(scores))
