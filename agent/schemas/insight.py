"""What analysis reads out of texts and events, before a map is drafted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from agent.schemas.base import Frozen
from agent.schemas.evidence import Evidence, Metric, Quantity


class Emotion(StrEnum):
    """Feelings a text may carry."""

    FRUSTRATED = "frustrated"
    ANGRY = "angry"
    CONFUSED = "confused"
    ANXIOUS = "anxious"
    DISAPPOINTED = "disappointed"
    RELIEVED = "relieved"
    DELIGHTED = "delighted"
    GRATEFUL = "grateful"
    NEUTRAL = "neutral"


class Severity(StrEnum):
    """How bad a complaint is for the person, worst first."""

    BLOCKED = "blocked"
    COSTS_EFFORT = "costs_effort"
    ANNOYS = "annoys"


class Friction(StrEnum):
    """What kind of hitch a complaint is about."""

    TECHNICAL = "technical"
    COMPREHENSION = "comprehension"
    HANDOFF = "handoff"


SEVERITY_WEIGHT: dict[Severity, float] = {
    Severity.BLOCKED: 1.0,
    Severity.COSTS_EFFORT: 0.6,
    Severity.ANNOYS: 0.3,
}
"""Weights of the ranking reach x severity; a convention, stated wherever a rank is shown."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one passage was read as. Valid only while the record's text has `text_sha256`."""

    passage_id: str
    record_id: str
    person_id: str
    start: int
    end: int
    text_sha256: str
    sentiment: float
    """-1 (bad) to 1 (good)."""
    emotion: Emotion | None
    """None where none is likely; neutral is an answer, this is not."""
    stage: str | None
    """Name of one of the five default stages; None where the text does not say."""
    touchpoint: str | None
    complaint: bool
    severity: Severity | None
    """None where it is no complaint."""
    at: datetime | None
    friction: Friction | None = None
    """None where it is no complaint, or one of another kind."""
    readable: bool = True
    """False where the text is in a language or script the reader does not know, or has nothing to read: then every other
    field is None or False, and the sentiment is 0 and means nothing."""


class Theme(Frozen):
    """Something several customers said in their own words."""

    theme_id: str
    """Stable across runs: taken over from the earlier theme that shares most members."""
    label: str
    definition: str
    stage: str | None
    terms: tuple[str, ...]
    """Most telling words and phrases, best first."""
    passage_ids: tuple[str, ...]
    """Members, nearest to the centre first."""
    core_passage_ids: tuple[str, ...]
    """A few members that are central and differ from each other."""


class MonthShare(Frozen):
    """How many of those who spoke in a month said something then."""

    month: str
    """Year and month, UTC: "2026-03"."""
    share: Quantity
    used: bool
    """False where the slope leaves the month out: the data covers less than half of it, or too few customers spoke."""


class Trend(Frozen):
    """Whether something becomes more or less frequent."""

    direction: Literal["rising", "falling", "flat", "unknown"]
    change_per_month: float | None
    """Change of the share, in percentage points a month; None where unknown."""
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    """Adjusted for the number of themes (Benjamini-Hochberg)."""
    reason: str | None = None
    """Why it is unknown."""
    months: tuple[MonthShare, ...] = ()
    """Every month in which somebody spoke, in order."""
    needed_per_month: int | None = None
    """Where it is unknown: customers a month with whom a change of eight points over these months, three at least, would be
    found with a power of 0.8."""


class Change(Frozen):
    """What became of a share from one period to another."""

    verdict: Literal["changed", "unchanged", "unknown"]
    """`unchanged` where a change worth speaking of is ruled out, `unknown` where there is not enough data."""
    before: Quantity
    after: Quantity
    difference: float | None
    """After minus before, as a share; None where it was not tested."""
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    """Adjusted for the number of shares compared (Benjamini-Hochberg)."""
    needed: int | None = None
    """Where it is unknown: customers in each period with whom a change of eight points would be found with a power of 0.8."""
    reason: str | None = None


class Concentration(Frozen):
    """Whether a pain point is voiced in one place more than other complaints are."""

    dimension: Literal["stage", "channel", "channel_switch", "segment"]
    attribute: str | None = None
    """Which attribute of a customer; of a segment only."""
    verdict: Literal["concentrated", "spread", "unknown"]
    """`spread` where a concentration worth speaking of is ruled out, `unknown` where there is not enough data."""
    value: str | None = None
    """The place with the largest difference."""
    here: Quantity | None = None
    """Of the customers who voice it, those who do so there."""
    elsewhere: Quantity | None = None
    """Of the customers who voice other complaints and not this one, those who do so there."""
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    """Adjusted for everything tested on the map (Benjamini-Hochberg)."""
    reason: str | None = None


class AdjustedEffect(Frozen):
    """An effect within strata: beside persons who were in the same state at a comparable time."""

    risk_difference: float
    low: float
    high: float
    odds_ratio: float | None
    """None where too few had the outcome."""
    odds_low: float | None
    odds_high: float | None
    risk_ratio: float | None
    risk_low: float | None
    risk_high: float | None
    e_value: float | None
    """How strongly something unmeasured would have to go along with experience and outcome both, as a ratio of risks, to
    explain the effect away; 1 where nothing is needed."""
    e_value_limit: float | None
    """The same for the limit of the interval that is nearer to no effect."""
    n_exposed: int
    n_compared: int
    """Persons without the experience they were compared with."""
    n_left_out: int
    """Persons of both groups for whom nobody of the other group was in the same state."""
    share_left_out: float
    """Of the persons with the experience who were followed, those left out."""
    adjusted_for: tuple[str, ...] = (
        "stage before",
        "steps before",
        "30 days of the calendar",
        "outcome before",
        "purchase before",
    )
    method: Literal["mantel-haenszel-95"] = "mantel-haenszel-95"


class OverlapRow(Frozen):
    """What became of persons who voice something, or who do not: every person is in exactly one of the counts."""

    n_with: int
    """Had the outcome within the window."""
    n_without: int
    n_cut_off: int
    """The data ends before the window does: they may have it yet, and count in no share."""
    n_unlinked: int
    """Have no events."""
    n_undated: int
    """Have events, but no date of what they said, so that nothing is known to be later."""


class Overlap(Frozen):
    """The fourfold table of words and outcome, and who could not be placed in it."""

    voiced: OverlapRow
    not_voiced: OverlapRow


class Behaviour(Frozen):
    """What the persons who said something then did, beside those who did not say it."""

    outcome: str
    """Event name that was looked for afterwards."""
    with_pain: Quantity
    without_pain: Quantity
    odds_ratio: float | None
    low: float | None
    high: float | None
    linked: int
    """Persons with the pain point who also have events."""
    unlinked: int
    """Persons with the pain point and no events: counted, never dropped in silence."""
    overlap: Overlap | None = None
    adjusted: AdjustedEffect | None = None
    """None where nobody was in a comparable state."""
    relation: Literal["associated with"] = "associated with"


class ExitChange(Frozen):
    """Whether more or fewer leave in the second half of the time than in the first."""

    measure: Literal["leaving", "silence"]
    """An event of leaving, or no event within the window but one of leaving; silence counts where leaving has not changed."""
    of: Literal["voiced", "all"]
    """Of those who voice the pain point from then on, or of all with events from when they reach its stage."""
    change: Change


class Agreement(Frozen):
    """Whether what customers say and what they do went the same way between the halves of the time."""

    verdict: Literal["disagree", "disagree_reversed", "agree", "not_shown"]
    """`disagree`: complaints fall while exits rise; `disagree_reversed`: complaints rise while exits fall; `not_shown`: words
    or deeds have no proven change."""
    statement: str
    split_at: datetime | None
    """Where the second half begins."""
    said: Change | None
    exits: tuple[ExitChange, ...] = ()


class Linkage(Frozen):
    """How many of those who voice a pain point have events too, and whether both tell the same."""

    n_voiced: int
    n_linked: int
    n_unlinked: int
    """Have no events: counted, in no share."""
    n_undated: int
    """Of the linked, those whose words have no date."""
    n_cut_off: int
    """Of the linked, those whom the data does not follow to the end of the window."""
    within: str | None
    """How long they are followed; None where nobody has events."""
    reason: str | None = None
    """Why `behaviour` is empty, where it is."""
    agreement: Agreement | None = None


class Stability(Frozen):
    """Whether a pain point keeps its place when the customers are drawn again, with replacement."""

    top: int
    """The pain point stands among so many first ones."""
    share: float
    """Share of the resamples in which it stays among them, voiced by enough customers to be reported."""
    stable: bool
    """True from nine resamples in ten."""


class RankTerms(Frozen):
    """Every term of a rank, so that it can be checked: rank = reach x severity."""

    reach: float
    severity: float
    """Mean of `SEVERITY_WEIGHT` over the customers who voice it, each by the worst that they say."""
    score: float
    low: float | None = None
    """Bounds of the score's 95 % interval."""
    high: float | None = None
    stability: Stability | None = None


class PainPoint(Frozen):
    """Something that hurts customers: how many, how bad, where, why, and what they did then."""

    pain_point_id: str
    label: str
    definition: str
    stage: str | None
    severity: Severity
    severity_shares: dict[Severity, Quantity]
    friction_shares: dict[Friction, Quantity] = Field(default_factory=dict[Friction, Quantity])
    """Customers who speak of a hitch of that kind: one may speak of several kinds, or of none of them."""
    reach: Quantity
    trend: Trend
    rank: RankTerms
    concentration: tuple[Concentration, ...] = ()
    """By stage, channel, channel switch and each attribute of the customers that the data has."""
    evidence: tuple[Evidence, ...]
    opposing: tuple[Evidence, ...] = ()
    behaviour: tuple[Behaviour, ...] = ()
    linkage: Linkage | None = None
    """Who of them has events, and whether words and deeds agree."""
    metrics: tuple[Metric, ...] = ()
    theme_id: str
    owner: str | None = None
    initiative_url: str | None = None


class Opportunity(Frozen):
    """What could be done about a pain point; a suggestion, never a finding."""

    opportunity_id: str
    pain_point_id: str
    statement: str
    template: str
    metrics: tuple[Metric, ...] = ()
    status: Literal["inferred"] = "inferred"


class Moment(Frozen):
    """An experience that goes along with a later outcome: associated with, not caused by."""

    moment_id: str
    experience: str
    outcome: str
    stage: str | None
    effect: Quantity
    """Share with the outcome among those with the experience."""
    baseline: Quantity
    """Share with the outcome among those without it."""
    risk_difference: float
    """As counted, not adjusted."""
    low: float
    high: float
    p_value: float
    """Of the adjusted effect, adjusted for the number of pairs tested (Benjamini-Hochberg)."""
    kind: Literal["pain_point", "event", "wait"] = "pain_point"
    reach: Quantity | None = None
    """Persons with the experience among all who could have had it and have events."""
    adjusted: AdjustedEffect | None = None
    e_value: float | None = None
    """Of the adjusted effect, as `adjusted` has it."""
    n_compared: int | None = None
    """Persons of both groups that the adjusted effect compares."""
    n_left_out: int | None = None
    """Persons of both groups for whom nobody of the other group was in the same state."""
    n_cut_off: int | None = None
    """Persons of both groups whom the data does not follow to the end of the window."""
    n_unlinked: int | None = None
    """Persons with the experience and no events."""
    relation: Literal["associated with"] = "associated with"
