"""What is taken for a mention of a topic, and for the thing that a name means."""

import pytest

from agent.chat.context import RequestContext
from agent.chat.requests import SearchEvidence, ShowPainPoint
from agent.chat.toolbox import Toolbox
from agent.chat.toolbox.resolving import best_named
from agent.chat.toolbox.topic_words import Topic
from agent.schemas.insight import Theme


@pytest.mark.parametrize(
    ("asked", "said", "is_held", "is_opposed"),
    [
        ("slow checkout", "The checkout was sluggish", True, False),
        ("slow checkout", "Checkout was quick", False, True),
        ("slow checkout", "Checkout isn't slow", False, True),
        ("slow checkout", "The site is slow, the checkout is anything but slow", False, True),
        ("slow checkout", "The website was slow today", False, False),
        ("slow checkout", "The checkout was slow, the delivery quick", True, False),
        ("rude staff", "An agent was impolite to me", True, False),
        ("rude staff", "Every employee was lovely and polite", False, True),
        ("easy returns", "Returning it was difficult", False, True),
        ("friendly driver", "The courier was never friendly", False, True),
        ("refund", "I never got a refund", True, False),
        ("late delivery", "It was delivered two days late", True, False),
        ("tracking not updated", "The tracking was updated every hour", False, False),
        ("What do customers say about the invoice?", "My bill was wrong", True, False),
    ],
)
def test_topic_is_held_where_all_its_words_are_said_and_not_denied(
    asked: str, said: str, *, is_held: bool, is_opposed: bool
) -> None:
    """A word that means the same will do; the contrary is no mention."""
    topic = Topic(asked)
    assert (topic.is_held(said), topic.is_opposed(said)) == (is_held, is_opposed)


@pytest.mark.parametrize("query", ["slow shipping", "quick shipping", "fast refund", "rude emails", "refund"])
def test_search_counts_only_what_holds_the_topic_and_never_quotes_the_contrary(
    toolbox: Toolbox, asked_by: RequestContext, query: str
) -> None:
    """What is told with a number says it; what is only near is told as near, without one."""
    result = toolbox.run(SearchEvidence(query=query), context=asked_by)
    topic = Topic(query)
    quotes = [one.evidence.quote for one in result.citations if one.evidence is not None]
    counted = [
        one for one in result.citations if one.metric is not None and one.metric.metric_id == "said.topic"
    ]
    assert not any(map(topic.is_opposed, quotes))
    assert all(map(topic.is_held, quotes)) if counted else not any(map(topic.is_held, quotes))
    if quotes and not counted:
        assert "nearest" in result.sentences[0].text
        assert all(one.metric is None for one in result.citations)


def _themes(*labels: str) -> list[Theme]:
    return [
        Theme(
            theme_id=f"t{number}",
            label=label,
            definition="x",
            stage=None,
            terms=(),
            passage_ids=(),
            core_passage_ids=(),
        )
        for number, label in enumerate(labels)
    ]


@pytest.mark.parametrize(
    ("name", "meant", "near"),
    [
        ("slow delivery", "Slow delivery", []),
        ("the pain point about late parcels", None, ["Slow delivery"]),
        ("slow website", None, ["Slow delivery"]),
        ("chat bot", None, ["Kind regards"]),
        ("payment", "Payment failed", []),
        ("delivery", None, ["Slow delivery", "Delivery fee only shown at the end"]),
        ("t3", "Payment failed", []),
        ("parking", None, []),
    ],
)
def test_name_means_what_all_its_words_call_and_else_is_offered(
    name: str, meant: str | None, near: list[str]
) -> None:
    """Half of a name is no name; what shares a word is for the reader to choose."""
    things = _themes("Slow delivery", "Kind regards", "Delivery fee only shown at the end", "Payment failed")
    about = ["parcel", "chat agent", "", "card"]
    found, offered = best_named(
        name, things, names=[one.label for one in things], ids=[one.theme_id for one in things], about=about
    )
    assert (None if found is None else found.label) == meant
    assert [one.label for one in offered][: len(near)] == near
    assert bool(offered) == bool(near)


def test_pain_point_of_half_a_name_is_offered_and_not_told(
    toolbox: Toolbox, asked_by: RequestContext
) -> None:
    """The answer is no figure of another pain point."""
    result = toolbox.run(ShowPainPoint(name="slow shipping to the moon"), context=asked_by)
    assert result.missing is not None
    assert "Did you mean" in result.missing.needed
    assert not result.citations
    assert result.next_questions
