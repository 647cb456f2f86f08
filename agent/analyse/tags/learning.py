"""Learns to tag from what there is: the list itself, labelled texts, and texts without labels.

With enough labels the ridge learns from them alone. With few or none, the list's own words guess the tags of unlabelled
texts, the ridge learns from the guesses, and what it says of each text without having been taught with that text replaces
the guess; after a few rounds the words that go with a tag are known though nobody listed them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from agent.analyse.tags.cards import tag_cards
from agent.analyse.tags.judge import Judge, blend
from agent.analyse.tags.kernel import TextBatch, TextKernel, batch_of
from agent.analyse.tags.model import TagModel, is_bundled, unreadable
from agent.analyse.tags.polarity import PolarityModel, polarity_targets
from agent.analyse.tags.ridge import Matrix, Ridge
from agent.analyse.tags.seeds import Seeds
from agent.analyse.tags.targets import USUAL_THRESHOLD, Decision, Flags, Targets
from agent.analyse.tags.troubles import Troubles
from agent.ports import Encoder
from agent.schemas.tags import LabelledText, TagCard, Taxonomy, wording_of

# threadpoolctl ships no types.
_limit_threads: Any = threadpool_limits

MAX_TAUGHT = 6_000
"""Labelled texts the ridge is taught with; of more, a sample that keeps the rare tags."""
MAX_UNLABELLED = 4_000
"""Texts without labels that are looked at where labels are few."""
_ENOUGH_LABELS = 25
"""Labelled texts a tag, on the average, from which unlabelled ones no longer help."""
_NOISE_LABELLED, _NOISE_GUESSED = 1.0, 2.0
_ROUNDS = 4
_GUESS_FROM = 0.4
_FOLDS = 5
_FEW_TEXTS = 200
"""Texts at which what the ridge learnt and what the list's words say count alike."""


@dataclass(frozen=True, slots=True)
class TagLearning:
    """A model, and a card for every tag; without labels there are no cards."""

    model: TagModel
    cards: tuple[TagCard, ...]


def learn_tags(
    taxonomy: Taxonomy,
    labelled: Sequence[LabelledText],
    unlabelled: Sequence[str],
    encoder: Encoder,
    *,
    seed: int,
) -> TagLearning:
    """Learn to tag.

    Args:
        taxonomy: The tags, with definitions and examples where labels are few.
        labelled: Texts with all their tags, each text once; may be empty.
        unlabelled: Texts of the kind that will be tagged; looked at only where labels are few.
        encoder: Of the vectors.
        seed: Of the choice among too many texts and of the folds.
    """
    chosen = _choose(labelled, seed=seed)
    targets = Targets.of(chosen, taxonomy)
    gold = batch_of([text.text for text in chosen], encoder)
    # One thread: the same sums in the same order on any number of cores.
    with _limit_threads(limits=1):
        if not needs_unlabelled(taxonomy, chosen):
            return _from_labels(taxonomy, gold, targets, encoder)
    known = {text.wording for text in chosen}
    others = _readable(unlabelled, known, encoder)
    picked: list[int] = np.random.default_rng(seed).permutation(len(others))[:MAX_UNLABELLED].tolist()
    free = batch_of([others[i] for i in sorted(picked)], encoder)
    with _limit_threads(limits=1):
        return _from_guesses(taxonomy, gold, targets, free, encoder)


def needs_unlabelled(taxonomy: Taxonomy, labelled: Sequence[LabelledText]) -> bool:
    """Say whether labels are so few that texts without labels help."""
    return len(labelled) < _ENOUGH_LABELS * len(taxonomy.tags)


def _readable(unlabelled: Sequence[str], known: Collection[str], encoder: Encoder) -> list[str]:
    """Return the different texts that words of a list can be found in, without those that have labels."""
    different: dict[str, str] = {}
    for text in unlabelled:
        different.setdefault(wording_of(text), text)
    bundled = is_bundled(encoder)
    return [
        text
        for wording, text in different.items()
        if wording and wording not in known and unreadable(text, is_bundled=bundled) is None
    ]


def _choose(labelled: Sequence[LabelledText], *, seed: int) -> list[LabelledText]:
    """Return at most so many texts as can be taught with; the rarest tags' texts come first."""
    if len(labelled) <= MAX_TAUGHT:
        return list(labelled)
    tags = {label.tag for text in labelled for label in text.labels}
    counts = {tag: sum(any(label.tag == tag for label in text.labels) for text in labelled) for tag in tags}
    lot = np.random.default_rng(seed).random(len(labelled))
    rarity = [min((counts[label.tag] for label in text.labels), default=len(labelled)) for text in labelled]
    # A text stands in the sample with a chance that falls with the frequency of its rarest tag.
    order: list[int] = np.argsort(lot * np.sqrt(rarity), kind="stable")[:MAX_TAUGHT].tolist()
    return [labelled[i] for i in sorted(order)]


def _from_labels(taxonomy: Taxonomy, gold: TextBatch, targets: Targets, encoder: Encoder) -> TagLearning:
    kernel = TextKernel(gold)
    ridge = Ridge.of(kernel.gram(), np.full(len(gold), _NOISE_LABELLED, dtype=np.float32))
    wanted = np.column_stack([targets.held, polarity_targets(targets)]).astype(np.float32)

    def judge(learnt: _Learnt, taught: Flags, apart: Mapping[str, Matrix]) -> Judge:
        coefficients, known = np.zeros_like(wanted), targets.take(taught)
        coefficients[taught] = learnt.coefficients
        n_tags = len(taxonomy.tags)
        return Judge(
            taxonomy,
            Decision.learnt(learnt.apart[:, :n_tags], known.held, trust=1.0),
            kernel,
            kernel.learnt(coefficients),
            PolarityModel.learnt(learnt.apart[:, n_tags:], known),
            trust=1.0,
            apart=apart,
            is_bundled=is_bundled(encoder),
        )

    every = _Learnt.of(ridge, wanted)
    apart, fold = _by_wording(gold, every.apart), _folds(len(gold))
    judges = [
        judge(_Learnt.of(ridge.without(fold == number), wanted[fold != number]), fold != number, apart)
        for number in range(fold.max() + 1)
    ]
    whole = judge(every, np.ones(len(gold), dtype=bool), {})
    model = TagModel(encoder, whole, judges, _fold_of(gold, fold))
    return TagLearning(model, tag_cards(model, gold, targets))


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What targets of labelled texts teach."""

    coefficients: Matrix
    apart: Matrix
    """Scores of each text as learnt from all others."""

    @classmethod
    def of(cls, ridge: Ridge, wanted: Matrix) -> Self:
        coefficients = ridge.coefficients(wanted)
        return cls(coefficients, ridge.left_out(wanted, coefficients))


def _from_guesses(
    taxonomy: Taxonomy, gold: TextBatch, targets: Targets, free: TextBatch, encoder: Encoder
) -> TagLearning:
    rows = _joined(gold, free)
    seeds = Seeds.of(taxonomy, encoder).grounded_in(rows)
    troubles = Troubles.of(taxonomy, encoder, is_bundled=is_bundled(encoder))
    if not len(rows):
        decision = Decision.usual(len(taxonomy.tags), trust=0.0)
        bare = Judge(taxonomy, decision, seeds=seeds, troubles=troubles, is_bundled=is_bundled(encoder))
        return TagLearning(TagModel(encoder, bare), ())
    kernel = TextKernel(rows)
    noise = np.repeat([_NOISE_LABELLED, _NOISE_GUESSED], [len(gold), len(free)]).astype(np.float32)
    trust = len(rows) / (len(rows) + _FEW_TEXTS)
    taught = _Taught(Ridge.of(kernel.gram(), noise), rows, gold, targets, seeds, trust)
    fold = _folds(len(gold))

    def judge(*left_out: int) -> Judge:
        uses = ~np.isin(fold, left_out)
        coefficients, apart = taught.learn(uses)
        known, held = gold.take(np.flatnonzero(uses)), targets.held[uses]
        return Judge(
            taxonomy,
            taught.decision(fold, left_out),
            kernel,
            kernel.learnt(coefficients),
            seeds=seeds.with_labelled(known, held),
            trust=trust,
            apart=_by_wording(rows, apart),
            troubles=troubles.borne_out_by(known, held),
            is_bundled=is_bundled(encoder),
        )

    judges = [judge(number) for number in range(fold.max(initial=-1) + 1)]
    model = TagModel(encoder, judge(), judges, _fold_of(gold, fold))
    return TagLearning(model, tag_cards(model, gold, targets) if len(gold) else ())


@dataclass(frozen=True, slots=True)
class _Taught:
    """Rounds of guessing and learning over labelled and unlabelled rows, the labelled first."""

    ridge: Ridge
    rows: TextBatch
    gold: TextBatch
    targets: Targets
    seeds: Seeds
    trust: float
    learnt: dict[bytes, tuple[Matrix, Matrix]] = field(default_factory=dict[bytes, tuple[Matrix, Matrix]])
    """What was learnt before, by the labels looked at."""

    def decision(self, fold: NDArray[np.int64], left_out: Sequence[int]) -> Decision:
        """Return the decision learnt from labels of all folds but some, each fold judged without its own labels."""
        scores = np.zeros(self.targets.held.shape, dtype=np.float32)
        for number in set(fold.tolist()).difference(left_out):
            own = np.flatnonzero(fold == number)
            scores[own] = self.learn(~np.isin(fold, [number, *left_out]))[1][own]
        used = ~np.isin(fold, left_out)
        return Decision.learnt(scores[used], self.targets.held[used], trust=self.trust)

    def learn(self, uses: Flags) -> tuple[Matrix, Matrix]:
        """Return coefficients, and every row's scores as learnt from the others and from the list's words.

        Args:
            uses: Which labelled texts' labels may be looked at, shape `(n_gold,)`; the others count as unlabelled.
        """
        key = uses.tobytes()
        if key not in self.learnt:
            self.learnt[key] = self._learn(uses)
        return self.learnt[key]

    def _learn(self, uses: Flags) -> tuple[Matrix, Matrix]:
        gold = self.gold.take(np.flatnonzero(uses))
        seeds = self.seeds.with_labelled(gold, self.targets.held[uses])
        first = seeds.guess(self.rows)
        fixed = np.concatenate([uses, np.zeros(len(self.rows) - len(uses), dtype=bool)])
        current = first.copy()
        current[fixed] = self.targets.held[uses]
        for _ in range(_ROUNDS):
            apart = self.ridge.left_out(current, self.ridge.coefficients(current))
            current[~fixed] = _guesses(apart[~fixed], first[~fixed])
        coefficients = self.ridge.coefficients(current)
        return coefficients, blend(self.ridge.left_out(current, coefficients), first, self.trust)


def _guesses(scores: Matrix, first: Matrix) -> Matrix:
    """Return tags for unlabelled texts: of each tag as many as lie, in ratio, between the first guess and the scores."""
    guessed = np.zeros_like(scores)
    for tag in range(scores.shape[1]):
        n_first, n_scored = float(first[:, tag].sum()), float((scores[:, tag] >= _GUESS_FROM).sum())
        n = round((n_first * max(n_scored, min(n_first, 1.0))) ** 0.5)
        guessed[np.argsort(-scores[:, tag], kind="stable")[:n], tag] = 1
    bare = (guessed.sum(axis=1) == 0) & (scores.max(axis=1, initial=0) >= USUAL_THRESHOLD)
    guessed[bare, scores[bare].argmax(axis=1)] = 1
    return guessed


def _joined(left: TextBatch, right: TextBatch) -> TextBatch:
    return TextBatch(
        [*left.texts, *right.texts],
        np.concatenate([left.vectors, right.vectors]),
        np.concatenate([left.part_vectors, right.part_vectors]),
        np.concatenate([left.starts, left.starts[-1] + right.starts[1:]]),
        [*left.spans, *right.spans],
    )


def _folds(n_texts: int) -> NDArray[np.int64]:
    return np.arange(n_texts) % _FOLDS


def _fold_of(gold: TextBatch, fold: NDArray[np.int64]) -> dict[str, int]:
    return {wording_of(text): int(number) for text, number in zip(gold.texts, fold, strict=True)}


def _by_wording(rows: TextBatch, scores: Matrix) -> dict[str, Matrix]:
    return {wording_of(text): scores[row] for row, text in enumerate(rows.texts)}
