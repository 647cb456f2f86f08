"""Tells of further passages which theme they belong to, having learnt from the themes' members."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.analyse.clusters import Views, apply_views, fit_views
from agent.analyse.membership import Judge, teach
from agent.analyse.themes import plain_text
from agent.ports import Vectors
from agent.schemas.insight import Theme
from agent.schemas.records import Passage

_ASSIGNED = 0.3
"""Chance from which a text is given to its likeliest theme."""
_BELONGS = 0.5
"""Chance from which a passage belongs to a theme."""


@dataclass(frozen=True)
class ThemeTagger:
    """A model of the themes and of what belongs to none of them."""

    views: Views
    judge: Judge
    theme_ids: tuple[str, ...]

    @classmethod
    def train(
        cls, themes: Sequence[Theme], passages: Sequence[Passage], vectors: Vectors, *, seed: int
    ) -> "ThemeTagger":
        """Learn from the themes' members, and from passages of no theme what belongs to none.

        Args:
            themes: At least one.
            passages: All passages the themes were found among.
            vectors: Of them, unit, shape `(n_passages, dim)`.
            seed: Of the decomposition of words.
        """
        theme_of = {key: number for number, theme in enumerate(themes) for key in theme.passage_ids}
        labels = [theme_of.get(passage.passage_id, len(themes)) for passage in passages]
        views = fit_views([plain_text(passage.text) for passage in passages], vectors, seed=seed)
        judge = teach(views.matrix, np.array(labels, dtype=np.int64), len(themes) + 1)
        return cls(views, judge, tuple(theme.theme_id for theme in themes))

    def members(self, theme_id: str, passages: Sequence[Passage], vectors: Vectors) -> NDArray[np.bool_]:
        """Return which passages belong to a theme, shape `(n_passages,)`; none to a theme it was not taught."""
        if theme_id not in self.theme_ids or not passages:
            return np.zeros(len(passages), dtype=np.bool_)
        texts = [plain_text(passage.text) for passage in passages]
        chances = self.judge.chances(apply_views(self.views, texts, vectors))
        return chances[:, self.theme_ids.index(theme_id)] >= _BELONGS

    def assign(self, texts: Sequence[str], vectors: Vectors) -> list[str | None]:
        """Return the theme each text says most, or None where none is likely enough.

        Args:
            texts: Any number.
            vectors: Of them, unit, shape `(n_texts, dim)`.
        """
        if not texts:
            return []
        chances = self.judge.chances(apply_views(self.views, [plain_text(text) for text in texts], vectors))
        likely = chances[:, : len(self.theme_ids)]
        best, height = likely.argmax(axis=1), likely.max(axis=1)
        return [
            self.theme_ids[int(theme)] if chance >= _ASSIGNED else None
            for theme, chance in zip(best, height, strict=True)
        ]
