"""Steps written in a row, how many are wanted, and actions that nobody recorded."""

import pytest

from agent.chat.requests import ProposeVariants, ShowFunnel
from agent.chat.understand.splitting import parts_of
from agent.chat.understand.terms import asks_term
from tests.agent.chat.shop_names import asked


@pytest.mark.parametrize(
    ("text", "n"),
    [("copy about late delivery, make 4", 4), ("copy on late delivery, write three", 3)],
)
def test_number_at_the_end_is_how_many_are_written(text: str, n: int) -> None:
    """A bare number after "make" counts variants."""
    (request,) = asked(text).requests
    assert isinstance(request, ProposeVariants)
    assert request.n == n


@pytest.mark.parametrize(
    ("text", "days"),
    [("funnel from checkout to order, 7 days max", 7), ("checkout to order within a week", 7)],
)
def test_days_limit_a_funnel_before_and_behind_the_word_for_it(text: str, days: float) -> None:
    """A time may stand before the word that makes it a limit."""
    (request,) = asked(text).requests
    assert isinstance(request, ShowFunnel)
    assert request.within_days == days


def test_what_comes_next_stays_with_what_was_told() -> None:
    """A question of what follows means what the sentence before tells of."""
    assert len(parts_of("they drop something into the cart. and then? what comes straight after?")) == 1


def test_term_alone_is_explained_where_it_names_nothing_to_list() -> None:
    """A word of statistics alone asks what it means; "theme" alone does not."""
    terms = ("E-value", "theme")
    assert asks_term("e-value", terms)
    assert not asks_term("theme", terms)
