"""Tells what became of each theme from one version to the next, whether finding or a person changed it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from agent.schemas.curation import ThemeFate
from agent.schemas.insight import Theme

_PART = 0.2
"""Share of a theme's members from which another theme counts as having taken over a part of it."""
_MOST = 0.5
"""Share from which it counts as having taken over the theme."""


def lineage_of(
    before: Sequence[Theme], after: Sequence[Theme], *, said: Collection[str]
) -> tuple[ThemeFate, ...]:
    """Return what became of each theme of a version, in its order, and then the new themes.

    Args:
        before: Themes of the version before.
        after: Themes of this version.
        said: Ids of the passages that are there now; members that are not are nobody's loss.
    """
    homes: dict[str, list[str]] = {}
    for theme in after:
        for key in theme.passage_ids:
            homes.setdefault(key, []).append(theme.theme_id)
    now = {theme.theme_id: theme for theme in after}
    known = {theme.theme_id for theme in before}
    fates = [_fate(theme, now.get(theme.theme_id), homes, said) for theme in before]
    was: dict[str, list[str]] = {}
    for theme in before:
        for key in theme.passage_ids:
            was.setdefault(key, []).append(theme.theme_id)
    fates.extend(
        ThemeFate(
            theme_id=theme.theme_id,
            fate="new",
            label_before=None,
            label=theme.label,
            into=tuple(_parts(theme.passage_ids, was, total=len(theme.passage_ids))),
        )
        for theme in after
        if theme.theme_id not in known
    )
    return tuple(fates)


def _fate(
    theme: Theme, same: Theme | None, homes: Mapping[str, list[str]], said: Collection[str]
) -> ThemeFate:
    members = [key for key in theme.passage_ids if key in said]
    stays = frozenset(same.passage_ids) if same is not None else frozenset[str]()
    left = [key for key in members if key not in stays]
    parts = _parts(left, homes, total=len(members))
    if same is None:
        is_whole = bool(parts) and parts[next(iter(parts))] >= _MOST
        fate = "merged" if is_whole else "split" if len(parts) > 1 else "gone"
    elif parts:
        fate = "split"
    else:
        fate = "kept" if same.label == theme.label else "renamed"
    return ThemeFate(
        theme_id=theme.theme_id,
        fate=fate,
        label_before=theme.label,
        label=None if same is None else same.label,
        into=tuple(parts),
        n_kept=len(members) - len(left),
        n_before=len(members),
    )


def _parts(keys: Iterable[str], homes: Mapping[str, list[str]], *, total: int) -> dict[str, float]:
    """Return the themes that hold a good part of some passages, largest first, with their share."""
    counts = Counter(home for key in keys for home in homes.get(key, ()))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {home: n / total for home, n in ranked if n >= _PART * total}
