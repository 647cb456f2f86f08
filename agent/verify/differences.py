"""Compares what a map says with what the data gives, field by field."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import cast

from agent.schemas.base import Frozen

_TOLERANCE = 1e-9


def differences(before: Frozen, after: Frozen, *, without: Collection[str] = ()) -> Iterator[str]:
    """Yield a reason for each field in which a part of a map differs from what the data gives now.

    Args:
        before: As the map says it.
        after: As it is computed now; of the same type.
        without: Paths of fields that are checked elsewhere, such as `trend.p_value`.
    """
    yield from _walk("", before.model_dump(mode="json"), after.model_dump(mode="json"), frozenset(without))


def same_number(before: float | None, after: float | None) -> bool:
    """Tell whether two numbers are the same but for the rounding of sums."""
    if before is None or after is None:
        return before is after
    return math.isclose(before, after, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)


def _walk(path: str, before: object, after: object, without: frozenset[str]) -> Iterator[str]:
    if path in without:
        return
    pair: tuple[object, object] = before, after
    if isinstance(before, dict) and isinstance(after, dict):
        left, right = cast("Mapping[str, object]", before), cast("Mapping[str, object]", after)
        for key in sorted({*left, *right}):
            yield from _walk(f"{path}.{key}" if path else key, left.get(key), right.get(key), without)
    elif isinstance(before, list) and isinstance(after, list):
        left_items, right_items = cast("Sequence[object]", before), cast("Sequence[object]", after)
        yield from _walk_lists(path, left_items, right_items, without)
    elif not _same(*pair):
        yield f"{path}: map says {before!r}, data says {after!r}"


def _walk_lists(
    path: str, before: Sequence[object], after: Sequence[object], without: frozenset[str]
) -> Iterator[str]:
    if len(before) != len(after):
        yield f"{path}: map has {len(before)} of them, data gives {len(after)}"
        return
    for left, right in zip(before, after, strict=True):
        yield from _walk(path, left, right, without)


def _same(before: object, after: object) -> bool:
    if isinstance(before, float | int) and isinstance(after, float | int):
        return same_number(before, after)
    return before == after
