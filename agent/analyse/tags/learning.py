"""Learns to tag from what there is: the list itself, labelled texts, and texts without labels.

With enough labels the ridge learns from them alone. With few or none, the list's own words guess the tags of unlabelled
texts, the ridge learns from the guesses, and what it says of each text without having been taught with that text replaces
the guess; after a few rounds the words that go with a tag are known though nobody listed them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from agent.analyse.tags.cards import tag_cards
from agent.analyse.tags.kernel import TextBatch, TextKernel, batch_of
from agent.analyse.tags.model import TagModel, blend
from agent.analyse.tags.polarity import PolarityModel, polarity_targets
from agent.analyse.tags.ridge import Matrix, Ridge
from agent.analyse.tags.seeds import Seeds
from agent.analyse.tags.targets import USUAL_THRESHOLD, Decision, Targets
from agent.ports import Encoder
from agent.schemas.tags import LabelledText, TagCard, Taxonomy

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
    known = {text.text for text in chosen}
    others = [text for text in dict.fromkeys(unlabelled) if text not in known and text.strip()]
    picked: list[int] = np.random.default_rng(seed).permutation(len(others))[:MAX_UNLABELLED].tolist()
    free = batch_of([others[i] for i in sorted(picked)], encoder)
    with _limit_threads(limits=1):
        return _from_guesses(taxonomy, gold, targets, free, encoder)


def needs_unlabelled(taxonomy: Taxonomy, labelled: Sequence[LabelledText]) -> bool:
    """Say whether labels are so few that texts without labels help."""
    return len(labelled) < _ENOUGH_LABELS * len(taxonomy.tags)


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
    coefficients = ridge.coefficients(wanted)
    apart = ridge.left_out(wanted, coefficients)
    n_tags = len(taxonomy.tags)
    decision = Decision.learnt(apart[:, :n_tags], targets.held)
    polarity = PolarityModel.learnt(apart[:, n_tags:], targets)
    model = TagModel(
        taxonomy,
        encoder,
        kernel,
        kernel.learnt(coefficients),
        decision,
        polarity,
        _apart(gold, apart),
        seeds=None,
        trust=1.0,
    )
    return TagLearning(model, tag_cards(model, gold, targets))


def _from_guesses(
    taxonomy: Taxonomy, gold: TextBatch, targets: Targets, free: TextBatch, encoder: Encoder
) -> TagLearning:
    rows = _joined(gold, free)
    seeds = Seeds.of(taxonomy, encoder).grounded_in(rows)
    if not len(rows):
        return TagLearning(TagModel.of_seeds(taxonomy, encoder, seeds), ())
    kernel = TextKernel(rows)
    noise = np.repeat([_NOISE_LABELLED, _NOISE_GUESSED], [len(gold), len(free)]).astype(np.float32)
    trust = len(rows) / (len(rows) + _FEW_TEXTS)
    taught = _Taught(Ridge.of(kernel.gram(), noise), rows, gold, targets, seeds, trust)
    coefficients, apart = taught.learn(np.ones(len(gold), dtype=bool))
    fold = np.arange(len(gold)) % _FOLDS
    for number in range(min(_FOLDS, len(gold))):
        # A labelled text is judged by what was learnt as if it had no label.
        own = np.flatnonzero(fold == number)
        apart[own] = taught.learn(fold != number)[1][own]
    decision = Decision.usual(len(taxonomy.tags))
    if len(gold):
        decision = Decision.learnt(apart[: len(gold)], targets.held)
    model = TagModel(
        taxonomy,
        encoder,
        kernel,
        kernel.learnt(coefficients),
        decision,
        polarity=None,
        apart=_apart(rows, apart),
        seeds=seeds.with_labelled(gold, targets.held),
        trust=trust,
    )
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

    def learn(self, uses: NDArray[np.bool_]) -> tuple[Matrix, Matrix]:
        """Return coefficients, and every row's scores as learnt from the others and from the list's words.

        Args:
            uses: Which labelled texts' labels may be looked at, shape `(n_gold,)`; the others count as unlabelled.
        """
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


def _apart(rows: TextBatch, scores: Matrix) -> dict[str, Matrix]:
    return {text: scores[row] for row, text in enumerate(rows.texts)}
