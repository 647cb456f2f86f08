"""Laws of working one step ahead."""

import threading
from collections.abc import Iterator

import pytest

from agent.errors import InputError
from agent.pipeline.ahead import one_ahead


def _numbers(n: int, asked: list[int]) -> Iterator[int]:
    for number in range(n):
        asked.append(number)
        yield number
    if n % 2:
        msg = "the file breaks off"
        raise InputError(msg, hint="Export it again.")


def test_items_come_in_order_and_none_is_lost() -> None:
    """Everything comes once, in the order it was made."""
    assert list(one_ahead(_numbers(100, []))) == list(range(100))
    assert list(one_ahead(_numbers(0, []))) == []


def test_an_error_comes_after_the_items_before_it() -> None:
    """What was made before a break is given out before the break is told."""
    found: list[int] = []
    with pytest.raises(InputError, match="breaks off"):
        found.extend(one_ahead(_numbers(7, [])))
    items = one_ahead(_numbers(7, []))
    assert [next(items) for _ in range(7)] == list(range(7))
    with pytest.raises(InputError, match="breaks off"):
        next(items)


def test_at_most_one_item_is_made_ahead_and_the_thread_ends() -> None:
    """Memory is bounded by two items, and a caller who stops early leaves no thread behind."""
    asked: list[int] = []
    n_threads = threading.active_count()
    items = one_ahead(_numbers(100, asked))
    assert next(items) == 0
    assert next(items) == 1
    assert isinstance(items, Iterator)
    del items
    assert len(asked) <= 3
    assert threading.active_count() == n_threads
