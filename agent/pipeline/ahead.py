"""One step ahead: what comes next is made in another thread while the caller works on what came before."""

# PyArrow ships no types.
# pyright: reportUnknownMemberType=false

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import pyarrow as pa

ItemT = TypeVar("ItemT")
_END: Final = object()


def one_ahead(items: Iterator[ItemT]) -> Iterator[ItemT]:
    """Yield items in order; the next one is asked for, in one other thread, before this one is given out.

    Worth it where making an item leaves the interpreter to others, as Arrow's readers do. At most two items are held,
    and an error comes after the items before it, as ever.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(_made, items)
        while (item := coming.result()) is not _END:
            coming = pool.submit(_made, items)
            yield item  # pyright: ignore[reportReturnType] - all but the mark of the end
            del item  # not held while the next one is waited for


def _made(items: Iterator[ItemT]) -> ItemT | object:
    item = next(items, _END)
    release_unused()
    return item


def release_unused() -> None:
    """Give back to the system what Arrow freed in this thread: it keeps that for later, a batch's worth a thread."""
    pa.default_memory_pool().release_unused()
