"""A cache of bounded size for hot loops: a hit costs one look-up, and memory stays flat."""

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")

PER_GENERATION = 10_000


class Recent(Generic[KeyT, ValueT]):
    """What was used last, in two generations: the older one is forgotten whole when the younger one is full.

    Args:
        size: Entries of one generation; at most twice as many are held.
    """

    def __init__(self, size: int = PER_GENERATION) -> None:
        self._size = size
        self._young: dict[KeyT, ValueT] = {}
        self._old: dict[KeyT, ValueT] = {}

    def get(self, key: KeyT) -> ValueT | None:
        """Return a value if it is remembered."""
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found)
        return found

    def get_all(self, keys: Sequence[KeyT]) -> list[ValueT | None]:
        """Return one value a key, in order; None where it is not remembered."""
        found = list(map(self._young.get, keys))
        if self._old:
            for place in [place for place, value in enumerate(found) if value is None]:
                found[place] = self.get(keys[place])
        return found

    def put(self, key: KeyT, value: ValueT) -> None:
        """Remember a value."""
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old = {}, {}
