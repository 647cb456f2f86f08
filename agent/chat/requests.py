"""What the agent can be asked to do: one frozen type a tool, which is also the schema that a language model sees.

The workspace, the user and the time never stand here: they come with the call, and no model can name them.
"""

from typing import Annotated, Literal

from pydantic import Field

from agent.schemas.base import Frozen
from agent.schemas.creative import CreativeChannel
from agent.schemas.insight import Emotion, Severity

Where = Annotated[
    dict[str, str],
    Field(
        description="Keep customers with this trait or attribute, such as device_type=mobile. Empty: everybody.",
        max_length=6,
    ),
]
_MANY = 20


class _Request(Frozen):
    where: Where = Field(default_factory=dict)


class SearchEvidence(_Request):
    """Find what customers said about a topic, word for word; says so where nobody speaks of it."""

    tool: Literal["search_evidence"] = "search_evidence"
    query: str = Field(min_length=1, max_length=500)
    limit: int = Field(default=5, ge=1, le=_MANY)


class ListPainPoints(_Request):
    """List what hurts customers, worst first: reach, severity, trend, stage."""

    tool: Literal["list_pain_points"] = "list_pain_points"
    stage: str | None = None
    severity: Severity | None = None
    trend: Literal["rising", "falling"] | None = None
    order: Literal["rank", "reach", "severity", "trend"] = "rank"
    after_event: str | None = Field(
        default=None, description="Only customers who did this before they said it."
    )
    limit: int = Field(default=5, ge=1, le=_MANY)


class ShowPainPoint(_Request):
    """Show one pain point: reach, severity, trend, where it is concentrated, quotes for and against, what those customers then did."""

    tool: Literal["show_pain_point"] = "show_pain_point"
    name: str = Field(description="Its id, or words of its label.", max_length=200)
    aspect: Literal["all", "reach", "severity", "trend", "quotes", "behaviour", "concentration"] = "all"


class ListThemes(_Request):
    """List what customers speak about, praise and complaints alike, most spoken of first."""

    tool: Literal["list_themes"] = "list_themes"
    sentiment: Literal["all", "praise", "complaint"] = "all"
    limit: int = Field(default=8, ge=1, le=_MANY)


class ShowEmotions(_Request):
    """Show how customers feel, stage by stage, with intervals; or who feels one emotion."""

    tool: Literal["show_emotions"] = "show_emotions"
    stage: str | None = None
    emotion: Emotion | None = None


class ShowMap(Frozen):
    """Show a journey map: the latest, or the one that is named; one stage, or one lane of it."""

    tool: Literal["show_map"] = "show_map"
    map_name: str | None = Field(default=None, max_length=200)
    stage: str | None = None
    lane: str | None = None


class CompareMaps(Frozen):
    """Compare two versions of a map: what changed, what is not proven, what cannot be told."""

    tool: Literal["compare_maps"] = "compare_maps"
    map_name: str | None = Field(default=None, max_length=200)
    version: int | None = None
    earlier: int | None = None


class ShowStage(_Request):
    """Show one stage: what customers do, say, feel and struggle with there, how long they stay and how many leave."""

    tool: Literal["show_stage"] = "show_stage"
    stage: str


class ListPersonas(_Request):
    """List groups of customers who behave alike, with sizes and what sets them apart; or show one."""

    tool: Literal["list_personas"] = "list_personas"
    name: str | None = Field(default=None, max_length=200)


class ShowPaths(_Request):
    """Show what customers did step by step: what follows what, whole paths, where journeys start and end."""

    tool: Literal["show_paths"] = "show_paths"
    aspect: Literal[
        "transitions", "variants", "starts", "ends", "durations", "loops", "skips", "handoffs", "channels"
    ] = "transitions"
    from_step: str | None = None
    to_step: str | None = None
    level: Literal["event", "stage"] = "event"
    limit: int = Field(default=8, ge=1, le=_MANY)


class ShowFunnel(_Request):
    """Show how many customers get from step to step, in order."""

    tool: Literal["show_funnel"] = "show_funnel"
    steps: tuple[str, ...] = Field(
        default=(), max_length=8, description="Events or stages; empty: the stages."
    )
    within_days: float | None = Field(default=None, gt=0)


class ShowStageTimes(_Request):
    """Show time in stage, drop-off and skips, stage by stage."""

    tool: Literal["show_stage_times"] = "show_stage_times"
    stage: str | None = None
    aspect: Literal["all", "time", "drop_off", "skips"] = "all"


class ShowRetention(_Request):
    """Show which share of customers is active again in each period after their first event."""

    tool: Literal["show_retention"] = "show_retention"
    by: Literal["day", "week", "month"] = "week"
    since: str | None = None


class ListMoments(_Request):
    """List experiences that go along with later outcomes, with adjusted effects: associated with, not caused by."""

    tool: Literal["list_moments"] = "list_moments"
    outcome: str | None = None
    kind: Literal["pain_point", "event", "wait"] | None = None
    limit: int = Field(default=5, ge=1, le=_MANY)


class ShowTrend(_Request):
    """Show whether something becomes more or less frequent, month by month."""

    tool: Literal["show_trend"] = "show_trend"
    topic: str = Field(max_length=200)


class ComparePeriods(_Request):
    """Compare the time before a date with the time from it on; without a date, the two halves of the data."""

    tool: Literal["compare_periods"] = "compare_periods"
    at: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    what: Literal["pain_points", "paths", "stages", "retention", "funnel"] = "pain_points"
    steps: tuple[str, ...] = Field(default=(), max_length=8)


class CompareGroups(_Request):
    """Compare two groups of customers, `where` with `versus`; without `where`, everybody else."""

    tool: Literal["compare_groups"] = "compare_groups"
    versus: Where
    what: Literal["pain_points", "paths", "stages", "retention", "funnel"] = "pain_points"
    steps: tuple[str, ...] = Field(default=(), max_length=8)


class ShowAttribution(_Request):
    """Credit conversions to what was touched before, by several rules side by side; not causal."""

    tool: Literal["show_attribution"] = "show_attribution"
    conversion: str | None = None


class ShowValue(_Request):
    """Show how customers of high value differ from the rest."""

    tool: Literal["show_value"] = "show_value"


class Predict(_Request):
    """Predict buying, leaving or the next step, where that beats the base rate on held-back data; else says that it does not."""

    tool: Literal["predict"] = "predict"
    target: Literal["purchase", "exit", "next_step"] = "purchase"


class SuggestActions(_Request):
    """Suggest what could be done next for customers, with what speaks against it; never sent by itself."""

    tool: Literal["suggest_actions"] = "suggest_actions"
    limit: int = Field(default=5, ge=1, le=_MANY)


class ListOpportunities(_Request):
    """List what could be done about pain points: impact from evidence, feasibility from people."""

    tool: Literal["list_opportunities"] = "list_opportunities"
    stage: str | None = None
    limit: int = Field(default=5, ge=1, le=_MANY)


class CountCustomers(_Request):
    """Count customers, texts or events, in all or by a trait, a channel, a kind or an event."""

    tool: Literal["count_customers"] = "count_customers"
    of: Literal["customers", "texts", "events"] = "customers"
    by: str | None = Field(
        default=None, description="Name of a trait or attribute, or channel, kind, event, stage."
    )
    event: str | None = Field(default=None, description="Customers who did this.")


class DataStatus(Frozen):
    """Say what is in the data: sources, kinds, time covered, what was rejected, how many customers are held out."""

    tool: Literal["data_status"] = "data_status"
    aspect: Literal["all", "sources", "window", "rejects", "held_out", "traits", "events"] = "all"


class ExplainTerm(Frozen):
    """Explain a term or how a number is computed, from the product's glossary."""

    tool: Literal["explain_term"] = "explain_term"
    term: str = Field(max_length=200)


class ShowHelp(Frozen):
    """Say what can be asked."""

    tool: Literal["show_help"] = "show_help"


Limit = Literal[
    "advice_legal", "causal", "change_data", "competitors", "delete", "demographics", "export_file", "forecast",
    "held_out_look", "operations", "personal", "picture", "revenue", "schedule", "scores", "send", "settings", "strategy",
    "weather", "web_metrics",
]  # fmt: skip
"""What nothing here answers, by the ids of `understand/impossible.yaml`, which says what can be had instead."""


class StateLimit(Frozen):
    """Tell the reader that a part of the question is beyond the data or the product, and what can be asked instead."""

    tool: Literal["state_limit"] = "state_limit"
    about: Limit = Field(
        description="causal: why it happened; revenue: any money; competitors: other companies; personal: one customer; "
        "demographics: age, gender, income; operations: stock, staff, suppliers; weather: the world outside."
    )


class ListVariants(Frozen):
    """List creative variants and their held-out verdicts; or one set."""

    tool: Literal["list_variants"] = "list_variants"
    pain_point: str | None = Field(default=None, max_length=200)


class ProposeVariants(Frozen):
    """Propose copy that answers a pain point, each changing one thing of a control, checked on held-out customers. Needs approval."""

    tool: Literal["propose_variants"] = "propose_variants"
    pain_point: str = Field(description="Its id, or words of its label.", max_length=200)
    channel: CreativeChannel = "email"
    control: str | None = Field(default=None, max_length=2_000)
    n: int = Field(default=5, ge=1, le=10)


class CheckVariants(Frozen):
    """Check a set of variants again on held-out customers. Needs approval."""

    tool: Literal["check_variants"] = "check_variants"
    variant_set: str = Field(max_length=200)


class DraftMap(Frozen):
    """Draft a journey map of one persona, one journey, one goal, one purpose, or draft a stored one again. Needs approval."""

    tool: Literal["draft_map"] = "draft_map"
    persona: str = Field(max_length=200)
    journey: str = Field(max_length=200)
    goal: str = Field(max_length=200)
    purpose: str = Field(max_length=200)
    where: Where = Field(default_factory=dict)
    again: str | None = Field(default=None, description="Id of the map to draft again; its scope is taken.")


ToolRequest = Annotated[
    SearchEvidence | ListPainPoints | ShowPainPoint | ListThemes | ShowEmotions | ShowMap | CompareMaps | ShowStage
    | ListPersonas | ShowPaths | ShowFunnel | ShowStageTimes | ShowRetention | ListMoments | ShowTrend | ComparePeriods
    | CompareGroups | ShowAttribution | ShowValue | Predict | SuggestActions | ListOpportunities | CountCustomers | DataStatus
    | ExplainTerm | ShowHelp | StateLimit | ListVariants | ProposeVariants | CheckVariants | DraftMap,
    Field(discriminator="tool"),
]  # fmt: skip
"""Any request."""

CHANGES: frozenset[str] = frozenset({"propose_variants", "check_variants", "draft_map"})
"""Tools that store something; a person approves them before they run."""

MODELS_ONLY: frozenset[str] = frozenset({"state_limit"})
"""Tools of a language model alone: the offline analyst says its limits itself, before any tool is called."""
