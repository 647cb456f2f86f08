"""Where a customer stands: stage, what is held back and why, what to say next, what came next for others.

A pure function of the stored events and the time asked about. The stage follows from what was done, never from where the
customer came in. Under a stated number of others what comes next is unknown.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise

import orjson
from pydantic import AwareDatetime

from agent.analyse.state_rules import Condition, ContentRule, StateRules, SuppressRule
from agent.analyse.statistics import wilson
from agent.analyse.taxonomy import stage_of_event, touchpoint_of_event
from agent.events.state import QUIET, WHOLE, DoneEvent, Followed, Sample, came_next
from agent.events.steps import BOT_EVENTS_PER_DAY, SESSION_GAP
from agent.schemas.base import Frozen
from agent.schemas.journey import DEFAULT_STAGES

MIN_OTHERS = 30
"""Other customers in the same situation under whom what comes next is unknown."""
N_PATH = 50
"""Latest steps of a path that are shown."""
NOTHING = "nothing more"
"""What came next for those who have been quiet since."""
_TELLING = re.compile(r"medium|source|referrer|channel|welcome|onboarding|confirm", re.IGNORECASE)
"""Properties without any of these words say nothing about the touchpoint."""


class Step(Frozen):
    """One step of the customer's path."""

    event_id: str
    at: AwareDatetime
    event: str
    stage: str | None
    touchpoint: str | None
    channel: str | None


class Next(Frozen):
    """One thing that came next, and for how many."""

    name: str
    n: int
    """Other customers for whom it came next."""
    share: float
    low: float
    high: float


class LikelyNext(Frozen):
    """What came next for other customers in the same situation, by their first time in it; most frequent first."""

    situation: str | None
    counted_among: float
    """Share of the customers among whom it was counted, 0 to 1; a fixed part of them where they are very many."""
    n: int
    """Other customers who went on or have gone quiet since."""
    n_open: int
    """Further ones, for whom nothing came yet; they are not counted."""
    unknown: str | None
    """Why nothing is said; None where it is."""
    next: tuple[Next, ...] = ()


class Suppression(Frozen):
    """One rule that holds something back now."""

    rule_id: str
    holds_back: tuple[str, ...]
    reason: str
    cause: Step
    until: AwareDatetime | None
    """None where it has no end."""


class Advice(Frozen):
    """What one rule says to a path the customer took."""

    rule_id: str
    recommend: str
    rather_than: tuple[str, ...]
    """What is not recommended on this path."""
    reason: str
    evidence: tuple[Step, ...]
    """The events that the rule rests on."""
    since: AwareDatetime
    until: AwareDatetime
    ended_by: Step | None
    """What ended it before its time."""
    holds: bool
    """True where it is advice now."""


class CustomerState(Frozen):
    """Where a customer stands at a time; associated with, never caused by."""

    person_id: str
    as_of: AwareDatetime
    stage: str | None
    """None where no event tells one."""
    since: AwareDatetime | None
    touchpoint: str | None
    last_event: Step | None
    n_events: int
    n_sessions: int
    is_bot: bool
    """More events on one day than any person's; nothing else is said then."""
    path: tuple[Step, ...]
    """The latest steps, oldest first."""
    allowed_next: tuple[str, ...]
    likely_next_event: LikelyNext
    likely_next_stage: LikelyNext
    suppressions: tuple[Suppression, ...]
    recommend: str | None
    """What to say next; None where no rule recommends anything."""
    content: tuple[Advice, ...]
    """Every rule whose path the customer took last, also those that hold no more."""
    rules: str
    """Version of the rules."""


@dataclass(frozen=True, slots=True)
class Others:
    """What came next for everybody of a sample, by situation; the customer in question maybe among them."""

    after_event: Mapping[str, Followed]
    after_stage: Mapping[str, Followed]
    among: Sample = WHOLE


def state_of(
    person_id: str, events: Sequence[DoneEvent], others: Others, *, rules: StateRules, as_of: datetime
) -> CustomerState:
    """Return a customer's state.

    Args:
        person_id: Whose events they are.
        events: All of them up to `as_of`, in order.
        others: What came next for everybody, counted at the same time.
        rules: What to hold back and say.
        as_of: The time asked about.
    """
    path = steps_of_events(events)
    is_bot = _is_bot(path)
    told = () if is_bot else path
    staged = [step for step in told if step.stage is not None]
    came = came_next([] if is_bot else events, _stage)
    is_quiet = bool(told) and told[-1].at < as_of - QUIET
    asks = _Asking(person_id, others.among, is_quiet=is_quiet)
    stage = staged[-1].stage if staged else None
    content = tuple(advice for rule in rules.content if (advice := _advice(rule, told, as_of)) is not None)
    return CustomerState(
        person_id=person_id,
        as_of=as_of,
        stage=stage,
        since=_since(staged),
        touchpoint=told[-1].touchpoint if told else None,
        last_event=told[-1] if told else None,
        n_events=len(path),
        n_sessions=_n_sessions(path),
        is_bot=is_bot,
        path=tuple(told[-N_PATH:]),
        allowed_next=_allowed(stage, rules),
        likely_next_event=asks.likely(told[-1].event if told else None, others.after_event, came.event),
        likely_next_stage=asks.likely(stage, others.after_stage, came.stage),
        suppressions=tuple(
            found for rule in rules.suppress if (found := _suppression(rule, told, as_of)) is not None
        ),
        recommend=next((advice.recommend for advice in content if advice.holds), None),
        content=content,
        rules=rules.version,
    )


def steps_of_events(events: Sequence[DoneEvent]) -> tuple[Step, ...]:
    """Return events as steps, with what their names, channels and campaigns mean."""
    return tuple(
        Step.model_construct(
            event_id=event.event_id,
            at=event.at,
            event=event.name,
            stage=_stage(event.name),
            touchpoint=_touchpoint(
                event.name, event.properties if _TELLING.search(event.properties) else "{}", event.channel
            ),
            channel=event.channel,
        )
        for event in events
    )


@lru_cache(maxsize=4096)
def _stage(name: str) -> str | None:
    return stage_of_event(name)


@lru_cache(maxsize=65_536)
def _touchpoint(name: str, properties: str, channel: str | None) -> str | None:
    return touchpoint_of_event(name, orjson.loads(properties), channel)


def _is_bot(path: Sequence[Step]) -> bool:
    if len(path) <= BOT_EVENTS_PER_DAY:
        return False
    by_day: dict[object, int] = {}
    for step in path:
        by_day[step.at.date()] = by_day.get(step.at.date(), 0) + 1
    return max(by_day.values()) > BOT_EVENTS_PER_DAY


def _since(staged: Sequence[Step]) -> datetime | None:
    since: datetime | None = None
    for step in reversed(staged):
        if step.stage != staged[-1].stage:
            break
        since = step.at
    return since


def _n_sessions(path: Sequence[Step]) -> int:
    pauses = sum(later.at - step.at > SESSION_GAP for step, later in pairwise(path))
    return pauses + bool(path)


def _allowed(stage: str | None, rules: StateRules) -> tuple[str, ...]:
    # Whoever has no stage yet may come in anywhere.
    return DEFAULT_STAGES if stage is None else rules.allowed.get(stage, ())


@dataclass(frozen=True, slots=True)
class _Asking:
    """The customer who is asked about, who is none of the others."""

    person_id: str
    among: Sample
    is_quiet: bool

    def likely(
        self, situation: str | None, after: Mapping[str, Followed], own: Mapping[str, str | None]
    ) -> LikelyNext:
        """Return what followed a situation for others: the counts without the customer's own."""
        if situation is None:
            unknown = "nothing the customer did is known"
            return LikelyNext(situation=None, counted_among=1.0, n=0, n_open=0, unknown=unknown)
        followed = Followed(**asdict(after.get(situation, Followed())))
        if self.among.has(self.person_id) and situation in own:
            followed.add(own[situation], -1, is_quiet=self.is_quiet)
        n, share = followed.n, self.among.share
        if n < MIN_OTHERS:
            unknown = f"{n} other customers went on from here; at least {MIN_OTHERS} are needed"
            return LikelyNext(
                situation=situation, counted_among=share, n=n, n_open=followed.n_open, unknown=unknown
            )
        counts = {**followed.persons_by_next, NOTHING: followed.n_nothing}
        found = [_next(name, count, n) for name, count in counts.items() if count]
        ordered = tuple(sorted(found, key=lambda each: (-each.n, each.name)))
        return LikelyNext(
            situation=situation,
            counted_among=share,
            n=n,
            n_open=followed.n_open,
            unknown=None,
            next=ordered,
        )


def _next(name: str, n: int, total: int) -> Next:
    bounds = wilson(n, total)
    return Next(name=name, n=n, share=n / total, low=bounds.low, high=bounds.high)


def _fits(condition: Condition, step: Step) -> bool:
    return condition.fits(name=step.event, stage=step.stage, touchpoint=step.touchpoint, channel=step.channel)


def _suppression(rule: SuppressRule, path: Sequence[Step], as_of: datetime) -> Suppression | None:
    for place in range(len(path) - 1, -1, -1):
        step = path[place]
        if rule.ended_by is not None and _fits(rule.ended_by, step):
            return None
        if _fits(rule.because, step):
            until = None if rule.days is None else step.at + timedelta(days=rule.days)
            if until is not None and until <= as_of:
                return None
            return Suppression(
                rule_id=rule.rule_id, holds_back=rule.holds_back, reason=rule.reason, cause=step, until=until
            )
    return None


def _advice(rule: ContentRule, path: Sequence[Step], as_of: datetime) -> Advice | None:
    """Return the advice for the latest time the customer took the rule's path; None where that never was."""
    for place in range(len(path) - 1, -1, -1):
        places = _path_back(rule, path, place)
        if places is None:
            continue
        between = path[places[0] : place + 1]
        if any(_fits(rule.ended_by, step) for step in between):
            continue
        ended = next((step for step in path[place + 1 :] if _fits(rule.ended_by, step)), None)
        until = path[place].at + timedelta(days=rule.for_days)
        if ended is not None and ended.at >= until:
            ended = None
        return Advice(
            rule_id=rule.rule_id,
            recommend=rule.recommend,
            rather_than=rule.rather_than,
            reason=rule.reason,
            evidence=tuple(path[each] for each in places),
            since=path[place].at,
            until=until if ended is None else ended.at,
            ended_by=ended,
            holds=ended is None and as_of < until,
        )
    return None


def _path_back(rule: ContentRule, path: Sequence[Step], last: int) -> list[int] | None:
    """Return the places of a rule's conditions, the last of them at a place and the others as late as possible."""
    places: list[int] = []
    wanted = list(rule.path)
    for place in range(last, -1, -1):
        if path[last].at - path[place].at > timedelta(days=rule.within_days):
            return None
        if _fits(wanted[-1], path[place]):
            places.insert(0, place)
            wanted.pop()
            if not wanted:
                return places
        elif place == last:
            return None
    return None
