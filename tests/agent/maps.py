"""A small and complete journey map for tests of whatever renders, stores or checks one.

Its words are hostile on purpose: markup, ends of style sheets, Mermaid's and Markdown's syntax, and marks that turn
the direction of writing.
"""

import hashlib
from datetime import UTC, datetime

from agent.analyse.statistics import quantity
from agent.schemas.evidence import Claim, ClaimStatus, Evidence, Lane, Metric, MetricQuery
from agent.schemas.insight import (
    Behaviour,
    Friction,
    Moment,
    Opportunity,
    PainPoint,
    RankTerms,
    Severity,
    Trend,
)
from agent.schemas.journey import (
    DEFAULT_STAGES,
    EmotionPoint,
    JourneyMap,
    Provenance,
    Scope,
    SourceShare,
    Stage,
    Window,
)

NOW = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)

HOSTILE: tuple[str, ...] = (
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "[click](javascript:alert(1)) ![x](https://evil.example/p.png)",
    "javascript:alert(1); title: x: 5: me",
    "# heading\n- item\n1. one\n> quote\n```\ncode",
    "section a; journey b %% c #semi; d",
    "{{ 7 * 7 }} {% raw %} ${x} $a$",
    "| a | b |\n|---|---|",
    "https://evil.example www.evil.example me@evil.example &lt;b&gt; &amp;",
    "\N{RIGHT-TO-LEFT OVERRIDE}txt.exe שלום مرحبا",
    "*bold* _it_ ~~gone~~ `code` \\",
    "]]> --> <!-- <![CDATA[",
)
"""Words that would do something if they were not taken as text."""

_UNKNOWN_MOOD = frozenset({"awareness", "decision"})


def evidence(quote: str, number: int = 0) -> Evidence:
    """Return evidence of a record that holds nothing but the quote."""
    return Evidence(
        record_id=f"r_{number:04x}{hashlib.sha256(quote.encode()).hexdigest()[:20]}",
        start=0,
        end=len(quote),
        quote=quote,
        text_sha256=hashlib.sha256(quote.encode()).hexdigest(),
    )


def metric(name: str, *, n: int = 40, total: int = 120) -> Metric:
    """Return a share with its interval."""
    counted = quantity(n, total, "customers who contacted support, 1 May to 30 June 2026")
    return Metric(
        metric_id=name,
        label=f"Label of {name}",
        definition=f"Definition of {name}: distinct customers.",
        unit="share",
        value=counted.share,
        low=counted.low,
        high=counted.high,
        quantity=counted,
        query=MetricQuery(op="theme_reach", params={"theme_id": "t_1"}),
    )


def claim(
    lane: Lane, number: int, statement: str, *, status: ClaimStatus = ClaimStatus.OBSERVED, quotes: int = 1
) -> Claim:
    """Return a claim; unknown ones say what is missing, all others are counted."""
    if status is ClaimStatus.UNKNOWN:
        missing = f"Events of the {lane.value} lane."
        return Claim(
            claim_id=f"c_{lane.value}_{number}", lane=lane, status=status, statement=statement,
            template=statement, missing=missing,
        )  # fmt: skip
    counted = metric(f"{lane.value}.{number}", n=20 + number)
    is_inferred = status is ClaimStatus.INFERRED
    return Claim(
        claim_id=f"c_{lane.value}_{number}",
        lane=lane,
        status=status,
        statement=statement,
        template=statement,
        evidence=tuple(evidence(f"Quote {number} of {lane.value}: {statement}", n) for n in range(quotes)),
        opposing=(evidence(f"Against {number} of {lane.value}", 99),) if number % 3 == 0 and quotes else (),
        metrics=() if is_inferred else (counted,),
        quantity=None if is_inferred else counted.quantity,
        rests_on=("pp_1",) if is_inferred else (),
    )


def pain_point(
    name: str = "pp_1", *, label: str = "Parcels come late", stage: str | None = "retention"
) -> PainPoint:
    """Return a pain point with everything that belongs to one."""
    reach = quantity(48, 120, "customers who contacted support, 1 May to 30 June 2026")
    return PainPoint(
        pain_point_id=name,
        label=label,
        definition=f"Customers say: {label}.",
        stage=stage,
        severity=Severity.COSTS_EFFORT,
        severity_shares={Severity.COSTS_EFFORT: reach},
        friction_shares={
            Friction.TECHNICAL: quantity(30, 48, "customers with this pain point"),
            Friction.COMPREHENSION: quantity(6, 48, "customers with this pain point"),
            Friction.HANDOFF: quantity(4, 48, "customers with this pain point"),
        },
        reach=reach,
        trend=Trend(direction="rising", change_per_month=1.4, low=0.2, high=2.6, p_value=0.01),
        rank=RankTerms(reach=0.4, severity=0.6, score=0.24),
        evidence=(evidence(f"I waited two weeks. {label}", 7), evidence("It came to the wrong door.", 8)),
        opposing=(evidence("Mine was there the next day.", 9),),
        behaviour=(
            Behaviour(
                outcome="leaving",
                with_pain=quantity(12, 40, "who voice it"),
                without_pain=quantity(5, 70, "who do not"),
                odds_ratio=5.57,
                low=1.8,
                high=17.2,
                linked=40,
                unlinked=8,
            ),
        ),
        metrics=(metric(f"reach.{name}"),),
        theme_id="t_1",
    )


def opportunity(
    pain_point_id: str = "pp_1", *, statement: str = "Tell customers the day before."
) -> Opportunity:
    """Return an opportunity that answers a pain point."""
    return Opportunity(
        opportunity_id=f"o_{pain_point_id}",
        pain_point_id=pain_point_id,
        statement=statement,
        template=statement,
    )


def moment(*, experience: str = "Parcels come late") -> Moment:
    """Return a moment that goes along with leaving."""
    return Moment(
        moment_id="m_pp_1_leaving",
        experience=experience,
        outcome="leaving",
        stage="retention",
        effect=quantity(12, 40, "who voice it"),
        baseline=quantity(5, 70, "who do not"),
        risk_difference=0.229,
        low=0.08,
        high=0.39,
        p_value=0.004,
    )


def journey_map(words: tuple[str, ...] = HOSTILE) -> JourneyMap:
    """Return a map of five stages whose free texts are the words, in turn."""
    texts = _Turn(words)
    stages = tuple(
        Stage(name=name, cells={lane: _cell(lane, name, texts) for lane in Lane}) for name in DEFAULT_STAGES
    )
    return JourneyMap(
        map_id="map_0123456789ab",
        version=2,
        type="current",
        scope=Scope(
            persona=texts.next(), journey=texts.next(), goal=texts.next(), purpose=texts.next(),
            population=texts.next(), where={"segment": "family"},
        ),
        stages=stages,
        emotion_curve=tuple(_point(number, name) for number, name in enumerate(DEFAULT_STAGES)),
        pain_points=(pain_point(label=texts.next()), pain_point("pp_2", label=texts.next(), stage=None)),
        opportunities=(opportunity(statement=texts.next()),),
        moments=(moment(experience=texts.next()),),
        owner=texts.next(),
        review_by=NOW,
        drafted_at=NOW,
        attributes={"frequency": texts.next(), "granularity": "stage"},
        provenance=_provenance(texts.next()),
    )  # fmt: skip


class _Turn:
    """Hands out words in turn, each marked so that it can be found again."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words
        self._at = -1

    def next(self) -> str:
        self._at += 1
        return f"{self._words[self._at % len(self._words)]} {self._at}"


def _cell(lane: Lane, stage: str, texts: _Turn) -> tuple[Claim, ...]:
    if lane is Lane.OPPORTUNITIES:
        return (claim(lane, 1, texts.next(), status=ClaimStatus.INFERRED, quotes=0),)
    if stage == "awareness" and lane is not Lane.THOUGHTS:
        return (claim(lane, 0, "The data does not say.", status=ClaimStatus.UNKNOWN),)
    if lane is Lane.METRICS:
        return tuple(claim(lane, n, f"Metric {texts.next()}", quotes=0) for n in (1, 2))
    if stage == "advocacy" and lane is Lane.THOUGHTS:
        return (claim(lane, 1, texts.next(), status=ClaimStatus.ASSUMPTION, quotes=0),)
    if stage == "advocacy" and lane is Lane.CHANNELS:
        return (claim(lane, 1, texts.next(), status=ClaimStatus.BROKEN),)
    return tuple(claim(lane, n, texts.next()) for n in range(3))


def _point(number: int, stage: str) -> EmotionPoint:
    found = metric(f"mood.{stage}")
    if stage in _UNKNOWN_MOOD:
        return EmotionPoint(stage=stage, valence=None, low=None, high=None, n_persons=2, metric=found)
    valence = (0.0, 0.45, 0.0, -0.62, 1.0)[number]
    return EmotionPoint(
        stage=stage, valence=valence, low=max(-1.0, valence - 0.2), high=min(1.0, valence + 0.15),
        n_persons=30 + number, metric=found,
    )  # fmt: skip


def _provenance(writer: str) -> Provenance:
    return Provenance(
        window=Window(start=datetime(2026, 5, 1, tzinfo=UTC), end=NOW),
        code_version="0.1.0",
        writer=writer,
        encoder="hash-v1",
        prompts={"name_theme": "name_theme@1#0123456789ab"},
        reader="reader-1",
        theme_set=3,
        source_ids=("s_1", "s_2"),
        input_sha256="ab" * 32,
        sources=(SourceShare(kind="transcript", n_records=300, n_persons=120),),
        n_records=300,
        n_persons=120,
        n_persons_without_identity=4,
        seed=0,
    )
