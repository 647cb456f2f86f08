"""Puts many themes under a few headings, so that a long list can be read from the top."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.cluster import hierarchy

from agent.analyse.phrases import PhraseReader, name_groups
from agent.analyse.shapes import unit
from agent.ports import Vectors
from agent.schemas.insight import Theme

# SciPy ships no types.
_hierarchy: Any = hierarchy

MANY_THEMES = 20
"""Up to so many themes need no headings."""
_MAX_HEADINGS = 12
_MEMBERS_READ = 40


@dataclass(frozen=True, slots=True)
class Heading:
    """Themes that are near each other, under one label in the customers' own words."""

    parent_id: str
    label: str
    theme_ids: tuple[str, ...]


def headings_of(
    themes: Sequence[Theme],
    texts: Mapping[str, str],
    rows: Mapping[str, int],
    vectors: Vectors,
    *,
    reader: PhraseReader,
) -> tuple[Heading, ...]:
    """Return at most twelve headings over all themes, or none where there are few themes.

    Args:
        themes: Any number.
        texts: Text by passage id.
        rows: Row of `vectors` by passage id; members without one are left out.
        vectors: Unit rows.
        reader: Of the encoder that made the vectors.
    """
    if len(themes) <= MANY_THEMES:
        return ()
    members = [[key for key in theme.passage_ids if key in rows][:_MEMBERS_READ] for theme in themes]
    known = [number for number, keys in enumerate(members) if keys]
    centres = unit(
        np.stack([vectors[[rows[key] for key in members[number]]].mean(axis=0) for number in known])
    )
    centres = unit(centres - centres.mean(axis=0))
    tree = _hierarchy.linkage(centres.astype(np.float64), "ward")
    number_of = _hierarchy.fcluster(tree, _MAX_HEADINGS, "maxclust")
    under = [[known[i] for i in np.flatnonzero(number_of == name)] for name in np.unique(number_of)]
    said = [[key for number in numbers for key in members[number]] for numbers in under]
    every = sorted({key for keys in said for key in keys})
    place = {key: row for row, key in enumerate(every)}
    namings = name_groups(
        [[place[key] for key in keys] for keys in said],
        [texts[key] for key in every],
        vectors[[rows[key] for key in every]],
        reader=reader,
    )
    found = [
        _heading(naming.label, [themes[number].theme_id for number in numbers])
        for naming, numbers in zip(namings, under, strict=True)
    ]
    return tuple(sorted(found, key=lambda heading: (-len(heading.theme_ids), heading.parent_id)))


def _heading(label: str, theme_ids: list[str]) -> Heading:
    digest = hashlib.sha256("\n".join(sorted(theme_ids)).encode()).hexdigest()[:16]
    return Heading(f"h_{digest}", label, tuple(theme_ids))
