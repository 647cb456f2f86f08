"""Steps written in a row, how many are wanted, and actions that nobody recorded."""

import pytest

from agent.chat.understand.changing import _N_ALONE  # pyright: ignore[reportPrivateUsage]
from agent.chat.understand.filling import _DAYS_AT_MOST  # pyright: ignore[reportPrivateUsage]
from agent.chat.understand.splitting import parts_of
from agent.chat.understand.terms import asks_term


@pytest.mark.parametrize(
    ("text", "n"), [("copy about refunds, make 4", "4"), ("an e-mail about delays, write three", "three")]
)
def test_number_at_the_end_is_how_many_are_written(text: str, n: str) -> None:
    """A bare number after "make" counts variants."""
    found = _N_ALONE.search(text)
    assert found is not None
    assert found["n"] == n


def test_days_with_a_most_behind_them_limit_a_funnel() -> None:
    """A time may stand before the word that makes it a limit."""
    found = _DAYS_AT_MOST.search("checkout to order, 7 days max")
    assert found is not None
    assert (found["n"], found["unit"]) == ("7", "day")


def test_what_comes_next_stays_with_what_was_told() -> None:
    """A question of what follows means what the sentence before tells of."""
    assert len(parts_of("they drop something into the cart. and then? what comes straight after?")) == 1


def test_term_alone_is_explained_where_it_names_nothing_to_list() -> None:
    """A word of statistics alone asks what it means; "theme" alone does not."""
    terms = ("E-value", "theme")
    assert asks_term("e-value", terms)
    assert not asks_term("theme", terms)
