"""Keeps what was computed, for several threads."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

ResultT = TypeVar("ResultT")
Lock = AbstractContextManager[bool]


class Parts:
    """Computed things by name; each is computed once, while those who ask for it wait."""

    def __init__(self, lock: Lock | None = None, *, most: int | None = None) -> None:
        self.lock: Lock = lock or threading.RLock()
        self._most = most
        self._made: dict[object, object] = {}

    def get(self, key: object, make: Callable[[], ResultT]) -> ResultT:
        """Return what is kept under a key, making it where it is not; a key always names one type."""
        with self.lock:
            found = self._made.pop(key) if key in self._made else make()
            self._made[key] = found
            while self._most is not None and len(self._made) > self._most:
                self._made.pop(next(iter(self._made)))
            return found  # pyright: ignore[reportReturnType]
