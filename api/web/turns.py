"""Who works next: so many at once, and of those who wait one of each person in turn, so that nobody fills the server alone."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class FairTurns:
    """Lets so many work at once; whoever waits is let in person by person.

    Args:
        at_once: How many may work at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def is_free(self) -> bool:
        """Whether who comes now need not wait."""
        return self._free > 0

    @asynccontextmanager
    async def turn(self, person: str) -> AsyncGenerator[None]:
        """Wait for a turn and hold it."""
        await self._take(person)
        try:
            yield
        finally:
            self._pass_on()

    async def _take(self, person: str) -> None:
        if self._free:
            self._free -= 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(person, deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                # It was given the turn and goes away in the same moment.
                self._pass_on()
            else:
                self._leave(person, place)
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            person, places = next(iter(self._waiting.items()))
            place = places.popleft()
            self._waiting.move_to_end(person)
            if not places:
                del self._waiting[person]
            # Who gave up in this moment may not have left the line yet.
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

    def _leave(self, person: str, place: asyncio.Future[None]) -> None:
        places = self._waiting.get(person, deque[asyncio.Future[None]]())
        if place in places:
            places.remove(place)
            if not places:
                del self._waiting[person]
