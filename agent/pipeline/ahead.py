"""One step ahead: what comes next is made in another thread while the caller works on what came before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

ItemT = TypeVar("ItemT")
_END: Final = object()


def one_ahead(items: Iterator[ItemT]) -> Iterator[ItemT]:
    """Yield items in order; the next one is asked for, in one other thread, before this one is given out.

    Worth it where making an item leaves the interpreter to others, as Arrow's readers do. At most two items are held,
    and an error comes after the items before it, as ever.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = pool.submit(next, items, _END)
            yield item  # pyright: ignore[reportReturnType] - all but the mark of the end
