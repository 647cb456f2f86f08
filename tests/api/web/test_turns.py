"""Turns: so many at once, one of each person in turn, and no turn lost with who gives up waiting."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from api.web.turns import FairTurns


async def _work(turns: FairTurns, person: str, done: list[str], go: asyncio.Event) -> None:
    async with turns.turn(person):
        await go.wait()
        done.append(person)


async def _order(persons: list[str], at_once: int) -> list[str]:
    turns, done, go = FairTurns(at_once), list[str](), asyncio.Event()
    tasks: list[asyncio.Task[None]] = []
    for person in persons:
        tasks.append(asyncio.create_task(_work(turns, person, done, go)))
        await asyncio.sleep(0)
    go.set()
    await asyncio.gather(*tasks)
    assert turns.is_free
    return done


def test_who_asks_much_does_not_make_others_wait_for_all_of_it() -> None:
    """Behind three of one person's, another's first one comes second."""
    assert asyncio.run(_order(["ann", "ann", "ann", "bob"], 1)) == ["ann", "ann", "bob", "ann"]


@given(st.lists(st.sampled_from("abc"), max_size=12), st.integers(1, 4))
def test_everybody_gets_every_turn(persons: list[str], at_once: int) -> None:
    """Whoever came has worked in the end, and all places are free again."""
    assert sorted(asyncio.run(_order(persons, at_once))) == sorted(persons)


async def _given_up() -> list[str]:
    turns, done, go = FairTurns(1), list[str](), asyncio.Event()
    first = asyncio.create_task(_work(turns, "ann", done, go))
    await asyncio.sleep(0)
    second, third = (asyncio.create_task(_work(turns, who, done, go)) for who in ("bob", "cid"))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    # The one who holds the turn goes, and whom it falls to goes in the same moment.
    first.cancel()
    third.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    go.set()
    await asyncio.wait_for(_work(turns, "dee", done, go), 1)
    return done


def test_turn_of_who_gives_up_is_passed_on() -> None:
    """Waiting that is cut off, even in the moment the turn came, blocks nobody."""
    assert asyncio.run(_given_up()) == ["dee"]
