"""Cards count what the tagger says of labelled texts, and say when no trend may be drawn."""

from dataclasses import replace

import numpy as np
import pytest

from agent.analyse.statistics import quantity
from agent.analyse.tags.cards import RELIABLE_FROM, why_unreliable
from agent.analyse.tags.learning import learn_tags
from agent.schemas.tags import Label, LabelledText, TagCard
from agent.testing import HashEncoder
from tests.agent.analyse.tags.corpus import TAXONOMY, labelled_texts


def _cards(texts: list[LabelledText]) -> dict[str, TagCard]:
    learning = learn_tags(TAXONOMY, texts, ["the parcel was late"], HashEncoder(), seed=0)
    return {card.tag: card for card in learning.cards}


def test_cards_count_what_the_model_says_of_the_labelled_texts() -> None:
    """Precision, recall and polarity are the counts of the tags that a user would get for these rows."""
    texts = labelled_texts(90)
    learning = learn_tags(TAXONOMY, texts, [], HashEncoder(), seed=0)
    told = learning.model.tag([text.text for text in texts])
    for card in learning.cards:
        held = [{label.tag: label.polarity for label in text.labels} for text in texts]
        given = [{tag.tag: tag.polarity for tag in row.tags} for row in told]
        right = [
            (own, said) for own, said in zip(held, given, strict=True) if card.tag in own and card.tag in said
        ]
        assert card.n == sum(card.tag in own for own in held)
        assert (card.precision.n, card.precision.total) == (
            len(right),
            sum(card.tag in said for said in given),
        )
        assert (card.recall.n, card.recall.total) == (len(right), card.n)
        judged = [(own[card.tag], said[card.tag]) for own, said in right if own[card.tag] is not None]
        judged = [pair for pair in judged if pair[1] is not None]
        same = sum(own == said for own, said in judged)
        assert (card.polarity_right.n, card.polarity_right.total) == (same, len(judged))


def test_cards_of_labels_that_mean_something_are_reliable() -> None:
    """Words that go with a tag are found again in texts that were kept out."""
    cards = _cards(labelled_texts(90))
    assert all(card.reliable and card.reason is None for card in cards.values())


def test_cards_of_labels_drawn_by_lot_are_not_reliable() -> None:
    """Nobody can tell labels without sense; a tagger that looked them up would seem to."""
    lot = np.random.default_rng(0)
    texts = [
        replace(text, labels=tuple(Label(tag) for tag in TAXONOMY.names if lot.random() < 0.25))
        for text in labelled_texts(90)
    ]
    for card in _cards(texts).values():
        assert not card.reliable
        assert card.precision.share is None or card.precision.share < RELIABLE_FROM
        assert card.reason


def test_card_of_a_tag_nobody_labelled_is_unknown() -> None:
    """Without a text there is no recall, and no number is made up."""
    texts = [text for text in labelled_texts(90) if all(label.tag != "price" for label in text.labels)]
    card = _cards(texts)["price"]
    assert (card.n, card.recall.share) == (0, None)
    assert not card.reliable


def test_cards_without_labels_are_none() -> None:
    """What was never measured has no card."""
    assert _cards([]) == {}


@pytest.mark.parametrize(
    ("right", "given", "says"),
    [
        (0, 0, "unknown"), (1, 1, "10 are needed"), (9, 9, "10 are needed"), (13, 20, "fewer than 7 in 10"),
        (7, 10, "as low as 40 %"), (14, 20, "as low as 48 %"), (9, 10, None), (15, 20, None), (28, 40, None),
    ],
)  # fmt: skip
def test_card_is_judged_by_the_interval(right: int, given: int, says: str | None) -> None:
    """A share is believed once enough texts bear it out."""
    reason = why_unreliable(quantity(right, given, "labelled texts that were given the tag"))
    assert reason is None if says is None else says in (reason or "")
