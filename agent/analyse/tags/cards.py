"""How well each tag is told, on labelled texts while each was kept out of what judged it."""

from typing import TYPE_CHECKING

import numpy as np

from agent.analyse.statistics import quantity
from agent.analyse.tags.kernel import TextBatch
from agent.analyse.tags.targets import Flags, Targets
from agent.schemas.evidence import Quantity
from agent.schemas.tags import TagCard

if TYPE_CHECKING:
    from agent.analyse.tags.model import TagModel

RELIABLE_FROM = 0.7
"""Precision under which no trend is drawn: a change would as likely be a change of the mistakes."""
SURE_FROM = 0.5
"""Lower end of the precision's 95 % interval under which no trend is drawn, however high the precision seems."""
MIN_GIVEN = 10
"""Labelled texts given the tag below which its precision is hearsay."""


def tag_cards(model: "TagModel", gold: TextBatch, targets: Targets) -> tuple[TagCard, ...]:
    """Return a card for every tag, in the order of the taxonomy."""
    column = {tag: number for number, tag in enumerate(model.taxonomy.names)}
    given = np.zeros_like(targets.held)
    polarity = np.full(targets.held.shape, np.nan)
    for row, judgement in enumerate(model.judge(gold)):
        for tag in judgement.tags:
            given[row, column[tag.tag]] = True
            if tag.polarity is not None:
                polarity[row, column[tag.tag]] = tag.polarity
    same = (polarity == np.sign(targets.polarity)) & given
    judged = given & ~np.isnan(polarity) & ~np.isnan(targets.polarity)
    return tuple(
        _card(tag, targets.held[:, number], given[:, number], same[:, number], judged[:, number])
        for tag, number in column.items()
    )


def _card(tag: str, held: Flags, given: Flags, same: Flags, judged: Flags) -> TagCard:
    right = int((held & given).sum())
    precision = quantity(right, int(given.sum()), "labelled texts that were given the tag")
    reason = why_unreliable(precision)
    return TagCard(
        tag=tag,
        n=int(held.sum()),
        precision=precision,
        recall=quantity(right, int(held.sum()), "labelled texts that carry the tag"),
        polarity_right=quantity(
            int((same & judged & held).sum()),
            int((judged & held).sum()),
            "texts rightly given the tag that have a polarity",
        ),
        reliable=reason is None,
        reason=reason,
    )


def why_unreliable(precision: Quantity) -> str | None:
    """Return why no trend may be drawn on a tag of this precision; None where one may."""
    if precision.share is None or precision.low is None:
        return "no labelled text was given the tag, so its precision is unknown"
    if precision.share < RELIABLE_FROM:
        return f"fewer than {round(10 * RELIABLE_FROM)} in 10 texts given the tag carry it"
    if precision.total < MIN_GIVEN:
        return (
            f"{precision.total} of the labelled texts were given the tag, and {MIN_GIVEN} are needed to judge"
        )
    if precision.low < SURE_FROM:
        return f"its precision may be as low as {100 * precision.low:.0f} %; more labels would tell"
    return None
