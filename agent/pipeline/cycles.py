"""Python's search for reference cycles, kept from going through everything again and again while rows are made.

Rows hold no cycles, and there are so many that the collector starts often and each time looks at all that is loaded.
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def without_cycle_search() -> Generator[None]:
    """Hold the search off inside the block; what is unused and in no cycle is freed at once as ever."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def search_young() -> None:
    """Free the cycles made since the last search, so that a long run does not gather them."""
    gc.collect(0)
