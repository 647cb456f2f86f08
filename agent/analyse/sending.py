"""When and where customers are best reached, and what it takes to say how they respond to an offer."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from agent.analyse.outcomes import outcomes_among
from agent.analyse.statistics import benjamini_hochberg, quantity, risk_difference
from agent.events.features import Activity, first_times
from agent.events.journeys import Journeys
from agent.schemas.base import Frozen
from agent.schemas.evidence import Quantity

# SciPy ships no types.
_stats: Any = stats

MIN_DAYS = 90
"""Days the events must cover, as Salesforce's Einstein Send Time Optimization asks for."""
MIN_SEGMENT = 100
"""Customers of a segment, below whom no time and no channel is told."""
MIN_GROUP = 5
MIN_ARM = 100
"""Customers who had an offer, and of those who were kept from it, below whom no response is told."""
OFFER_WINDOW = timedelta(days=30)
SIGNIFICANT = 0.05
_LOCAL = 0.9
"""Share of events with a known offset from UTC from which hours are those of the customers' own clocks."""
RESPONSES = (
    "email_clicked", "email_link_clicked", "email_opened", "in_app_message_clicked", "message_clicked", "message_opened",
    "newsletter_clicked", "newsletter_opened", "notification_opened", "push_notification_opened",
    "push_notification_tapped", "sms_clicked", "sms_link_clicked",
)  # fmt: skip
"""Events that answer a message, after Segment's specifications of e-mail and mobile."""
OFFERED = ("coupon_offered", "offer_made", "offer_sent", "offer_shown", "offer_viewed", "promotion_viewed")
WITHHELD = ("control_assigned", "coupon_withheld", "offer_control_assigned", "offer_withheld")
"""Events that say somebody was by chance kept from an offer."""

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Choice(Frozen):
    """What most customers of a segment were active at, beside the rest."""

    value: str
    share: Quantity
    alike: tuple[str, ...]
    """Others that are not shown to be worse."""
    p_value: float
    """That the typical one is as good, adjusted for all that were looked at (Benjamini-Hochberg)."""


class SegmentTimes(Frozen):
    """Hour and channel of a segment."""

    segment: str
    n: int
    hour: Choice | None
    hour_reason: str | None
    """Why no hour is told."""
    channel: Choice | None
    channel_reason: str | None


class SendTimes(Frozen):
    """Best hour and channel by segment."""

    verdict: Literal["shown", "unknown"]
    reason: str | None
    basis: Literal["responses", "activity"]
    """`responses` where events answer messages; else anything customers do."""
    clock: Literal["local", "UTC"]
    offset_share: float
    """Share of the events whose offset from UTC is known."""
    n_days: int
    segments: tuple[SegmentTimes, ...]
    n_hidden: int
    """Customers of segments too small to be shown."""
    population: str


class OfferResponse(Frozen):
    """How an offer changed buying, where chance decided who had it."""

    verdict: Literal["shown", "refused"]
    reason: str | None
    needed: tuple[str, ...]
    """What data would answer the question."""
    offered: Quantity | None = None
    withheld: Quantity | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None


def send_times(
    activity: Activity, *, n_days: int, groups: Mapping[str, str] | None, population: str
) -> SendTimes:
    """Return the hour and the channel at which most customers of each segment were active.

    Args:
        activity: When and where they were.
        n_days: Days that the events cover.
        groups: Person to segment; everybody is one where None.
        population: Who they are, as a sentence part.
    """
    answers = np.array([name in RESPONSES for name in activity.name], dtype=bool)
    rows = answers if answers.any() else np.ones(len(answers), dtype=bool)
    base = SendTimes(
        verdict="unknown",
        reason=None,
        basis="responses" if answers.any() else "activity",
        clock="local" if activity.offset_share >= _LOCAL else "UTC",
        offset_share=activity.offset_share,
        n_days=n_days,
        segments=(),
        n_hidden=0,
        population=population,
    )
    if n_days < MIN_DAYS:
        reason = f"the events cover {n_days} days, {MIN_DAYS} are needed"
        return base.model_copy(update={"reason": reason})
    found, n_hidden = _segments(activity, rows, groups or {}, base.clock)
    ordered = (*found[:1], *sorted(found[1:], key=lambda one: one.segment))
    told = any(one.hour or one.channel for one in found)
    return base.model_copy(
        update={
            "verdict": "shown" if told else "unknown",
            "reason": None if told else "nothing stands out in any segment",
            "segments": ordered,
            "n_hidden": n_hidden,
        }
    )


def _segments(
    activity: Activity, rows: Bools, groups: Mapping[str, str], clock: str
) -> tuple[list[SegmentTimes], int]:
    """Return everybody and each segment, and how many customers are in segments too small to be shown."""
    segments: dict[str, list[int]] = {"all": list(range(len(activity.persons)))}
    for code, person in enumerate(activity.persons):
        if person in groups:
            segments.setdefault(groups[person], []).append(code)
    found: list[SegmentTimes] = []
    n_hidden = 0
    for name, members in segments.items():
        inside = rows & np.isin(activity.person, members)
        n = len(np.unique(activity.person[inside]))
        if n < MIN_GROUP:
            n_hidden += n
        else:
            found.append(_segment(name, activity, inside, n, clock))
    return found, n_hidden


def _segment(name: str, activity: Activity, rows: Bools, n: int, clock: str) -> SegmentTimes:
    if n < MIN_SEGMENT:
        reason = f"{n} customers, {MIN_SEGMENT} are needed"
        return SegmentTimes(
            segment=name, n=n, hour=None, hour_reason=reason, channel=None, channel_reason=reason
        )
    hours = [f"{hour:02}:00 {clock}" for hour in range(24)]
    hour, hour_reason = _choice(hours, activity.hour[rows], activity.person[rows], "hour")
    has_channel = rows & np.array([channel is not None for channel in activity.channel], dtype=bool)
    channels = sorted({channel for channel in activity.channel if channel is not None})
    code_of = {channel: code for code, channel in enumerate(channels)}
    used = np.array([code_of.get(channel or "", -1) for channel in activity.channel], dtype=np.int64)
    channel, channel_reason = _choice(channels, used[has_channel], activity.person[has_channel], "channel")
    return SegmentTimes(
        segment=name,
        n=n,
        hour=hour,
        hour_reason=hour_reason,
        channel=channel,
        channel_reason=channel_reason,
    )


def _choice(values: Sequence[str], code: Ints, person: Ints, what: str) -> tuple[Choice | None, str | None]:
    """Return the value at which most persons were active, or why none is told; each person counts once a value."""
    persons, who = np.unique(person, return_inverse=True)
    if len(persons) < MIN_SEGMENT:
        return None, f"{len(persons)} customers with a known {what}, {MIN_SEGMENT} are needed"
    there = np.zeros((len(persons), len(values)), dtype=bool)
    there[who, code] = True
    n = there.sum(axis=0)
    if len(values) < 2 or np.count_nonzero(n) < 2:  # noqa: PLR2004 - a choice needs two
        return None, f"there is one {what} only"
    order = np.argsort(-n, kind="stable")
    best, typical = int(order[0]), int(order[len(order) // 2])
    p_values = [_paired(there[:, best], there[:, int(other)]) for other in order[1:]]
    adjusted = dict(
        zip((int(other) for other in order[1:]), benjamini_hochberg(p_values).tolist(), strict=True)
    )
    if adjusted[typical] >= SIGNIFICANT:
        return None, f"no {what} stands out from the typical one"
    return (
        Choice(
            value=values[best],
            share=quantity(int(n[best]), len(persons), "customers of the segment"),
            alike=tuple(values[other] for other, p_value in adjusted.items() if p_value >= SIGNIFICANT),
            p_value=adjusted[typical],
        ),
        None,
    )


def _paired(one: Bools, other: Bools) -> float:
    """Return the two-sided p-value that as many persons are active at one as at the other (McNemar, exact)."""
    only_one, only_other = int((one & ~other).sum()), int((other & ~one).sum())
    if not only_one + only_other:
        return 1.0
    return float(_stats.binomtest(only_one, only_one + only_other, 0.5).pvalue)


def offer_response(journeys: Journeys) -> OfferResponse:
    """Return how an offer changed buying; refused where no chance decided who had it.

    Who takes an offer would often have bought anyway, so that buying after an offer says nothing about the offer.

    Raises:
        StoreError: The events cannot be read.
    """
    names = journeys.names()
    purchases = outcomes_among(names).get("purchase", ())
    offered, withheld = (first_times(journeys, known) for known in (OFFERED, WITHHELD))
    both = offered.keys() & withheld.keys()
    arms = [{who: at for who, at in arm.items() if who not in both} for arm in (offered, withheld)]
    needed = _needed(len(arms[0]), len(arms[1]), has_purchases=bool(purchases))
    if needed:
        reason = "no causal data: nothing says what customers do who are by chance kept from the offer"
        return OfferResponse(verdict="refused", reason=reason, needed=needed)
    bought = [journeys.outcome_after(purchases, arm, within=OFFER_WINDOW) for arm in arms]
    shares = [(len(did), len(arm)) for did, arm in zip(bought, arms, strict=True)]
    estimate = risk_difference(*shares[0], *shares[1])
    return OfferResponse(
        verdict="shown",
        reason=None,
        needed=(),
        offered=quantity(*shares[0], "customers who had the offer"),
        withheld=quantity(*shares[1], "customers who were kept from it"),
        difference=estimate.value,
        low=estimate.low,
        high=estimate.high,
    )


def _needed(n_offered: int, n_withheld: int, *, has_purchases: bool) -> tuple[str, ...]:
    needed: list[str] = []
    if n_offered < MIN_ARM:
        needed.append(
            f"exposure: {MIN_ARM} customers with one of {', '.join(OFFERED)}; there are {n_offered}"
        )
    if n_withheld < MIN_ARM:
        needed.append(
            f"control: {MIN_ARM} customers whom chance kept from the offer, with one of {', '.join(WITHHELD)}; "
            f"there are {n_withheld}"
        )
    if not has_purchases:
        needed.append("response: events that say who bought, such as order_completed")
    return tuple(needed)
