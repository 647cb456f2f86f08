"""Renders a map as one self-contained page: no script, nothing fetched, prints on paper, reads on a phone."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from agent.draft.claims import MIN_PERSONS
from agent.figures import day_text
from agent.render.curve import NARROW_COLUMN, curve_of
from agent.render.figures import interval_text, points_text, share_text, signed, step_text, tied
from agent.render.moment_words import ADJUSTED, counted_text, effect_text
from agent.schemas.evidence import Claim, ClaimStatus, Lane, Quantity
from agent.schemas.insight import Behaviour, Concentration, Friction, PainPoint, RankTerms, Trend
from agent.schemas.journey import JourneyMap
from agent.verify.claims import checked_claims, distinct_quotes

_TEMPLATES = Path(__file__).parent / "templates"

LANES: tuple[tuple[Lane, str, str], ...] = (
    (Lane.ACTIONS, "Actions", "what they do"),
    (Lane.THOUGHTS, "Thoughts", "what they say they think"),
    (Lane.EMOTIONS, "Emotions", "of those who speak of it"),
    (Lane.TOUCHPOINTS, "Touchpoints", "where they meet the brand"),
    (Lane.CHANNELS, "Channels", "how they get there"),
    (Lane.PAIN_POINTS, "Pain points", "what hurts, by rank"),
    (Lane.OPPORTUNITIES, "Opportunities", "suggestions"),
    (Lane.METRICS, "Metrics", "reach, drop-off, time"),
)
"""Lanes in the order of the page, with their names and hints."""

TYPE_NAMES = {
    "current": "Current-state",
    "future": "Future-state",
    "day": "Day-in-the-life",
    "blueprint": "Service blueprint",
}

_FRICTION_NAMES = {
    Friction.TECHNICAL: "technical",
    Friction.COMPREHENSION: "comprehension",
    Friction.HANDOFF: "hand-off",
}

_ASSUMPTION_BELOW = 0.5
"""Share of observed claims under which a map is marked as resting on assumptions."""


def render_page(journey_map: JourneyMap, *, aside: str = "") -> str:
    """Return the page as HTML; every text of the map is escaped.

    Args:
        journey_map: The map.
        aside: A last sentence for its foot.
    """
    template = _environment().get_template("map.html.j2")
    return template.render(
        map=journey_map,
        aside=aside,
        css=Markup((_TEMPLATES / "map.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        type_name=TYPE_NAMES[journey_map.type],
        lanes=LANES,
        curve=curve_of(journey_map.emotion_curve),
        narrow_curve=curve_of(journey_map.emotion_curve, column=NARROW_COLUMN),
        headline=headline(journey_map),
        watermark=watermark(journey_map),
        pain_labels={pain.pain_point_id: pain.label for pain in journey_map.pain_points},
        provenance=provenance_rows(journey_map),
        floor=MIN_PERSONS,
        interval=interval_text,
        trend_text=trend_text,
        frictions_of=frictions_of,
        friction_text=friction_text,
        places_text=places_text,
        stability_text=stability_text,
        score_text=score_text,
        counted_from=counted_from,
        followed=followed,
        behaviour_text=behaviour_text,
        has_events=_has_events(journey_map),
        adjusted_words=ADJUSTED if any(moment.adjusted for moment in journey_map.moments) else "",
    )


def headline(journey_map: JourneyMap) -> list[tuple[str, str]]:
    """Return the figures that head a map."""
    claims = all_claims(journey_map)
    silent = sum(claim.status is ClaimStatus.UNKNOWN for claim in claims)
    return [
        ("Customers who said something", f"{journey_map.provenance.n_persons:,}"),
        ("Texts", f"{journey_map.provenance.n_records:,}"),
        ("Checked claims", f"{len(checked_claims(journey_map)):,}"),
        ("Verbatim quotes", f"{len(distinct_quotes(journey_map)):,}"),
        ("Cells unknown", f"{silent:,}"),
    ]


def all_claims(journey_map: JourneyMap) -> list[Claim]:
    """Return the claims of all cells, by stage and lane."""
    return [claim for stage in journey_map.stages for cell in stage.cells.values() for claim in cell]


def provenance_rows(journey_map: JourneyMap) -> list[tuple[str, str]]:
    """Return where a map comes from, as rows of a table."""
    made = journey_map.provenance
    sources = "; ".join(
        f"{item.kind}: {item.n_records:,} from {item.n_persons:,} customers" for item in made.sources
    )
    window = "unknown"
    if made.window.start is not None and made.window.end is not None:
        window = f"{day_text(made.window.start)} to {day_text(made.window.end)}"
    rows = [(as_words(name), str(value)) for name, value in journey_map.attributes.items()]
    return [
        ("Drafted", day_text(journey_map.drafted_at)),
        ("Data window", window),
        ("Sources", sources),
        (
            "Without identity",
            f"{made.n_persons_without_identity:,} customers who named no identifier, each counted as one person",
        ),
        ("Copies", copies_text(made.n_copies, made.n_copied_texts)),
        *rows,
        ("Worded by", made.writer),
        ("Encoder", made.encoder),
        ("Prompts", ", ".join(sorted(made.prompts.values())) or "none: the offline analyst needs none"),
        ("Reader", made.reader),
        ("Theme set", f"version {made.theme_set}"),
        ("Input digest", made.input_sha256),
        ("Code", made.code_version),
    ]


_EVENT_OPS = frozenset({"journey_share", "stage_reached", "stage_left", "stage_duration"})


def counted_from(claim: Claim) -> str:
    """Return from what a claim without quotes was counted."""
    if any(metric.query.op in _EVENT_OPS for metric in claim.metrics):
        return "Counted from events; no quote belongs to it."
    if any(metric.query.op == "stage_rating" for metric in claim.metrics):
        return "Counted from the ratings that customers gave with their texts; no quote belongs to it."
    if any(metric.query.op == "stage_speakers" for metric in claim.metrics):
        return (
            "Counted from texts: everybody with a passage on the stage. Their words stand in the cells above."
        )
    return "Counted from texts; no quote shows it plainly enough to stand here."


def _has_events(journey_map: JourneyMap) -> bool:
    return any(metric.query.op in _EVENT_OPS for claim in all_claims(journey_map) for metric in claim.metrics)


def followed(pain: PainPoint) -> tuple[Behaviour, ...]:
    """Return what followed a pain point, without outcomes that nobody had."""
    return tuple(found for found in pain.behaviour if found.with_pain.n + found.without_pain.n > 0)


def behaviour_text(behaviour: Behaviour) -> str:
    """Return how many had an outcome with a pain point and without it; no ratio where a cell is too small for one."""
    told, others = behaviour.with_pain, behaviour.without_pain
    shares = (
        f"{share_text(told.share)} of those who voice it ({told.n:,} of {told.total:,}), "
        f"{share_text(others.share)} of the others ({others.n:,} of {others.total:,})"
    )
    smallest = min(told.n, told.total - told.n, others.n, others.total - others.n)
    if smallest < MIN_PERSONS:
        return f"{shares}; too few to compare"
    if behaviour.odds_ratio is None or behaviour.low is None or behaviour.high is None:
        return shares
    return f"{shares}; odds ratio {behaviour.odds_ratio:.2f} ({behaviour.low:.2f}–{behaviour.high:.2f})"


def copies_text(n_copies: int, n_texts: int) -> str:
    """Return how many texts were taken for copies of others."""
    if n_copies == 0:
        return "none found"
    copies, texts = ("copy" if n_copies == 1 else "copies"), ("text" if n_texts == 1 else "texts")
    return (
        f"{n_copies:,} {copies} of {n_texts:,} {texts} folded: each counts for the person who posted it first"
    )


def frictions_of(shares: Mapping[Friction, Quantity]) -> list[tuple[str, Quantity]]:
    """Return the kinds of friction that enough customers speak of to be shown, most frequent first."""
    named = [(name, shares[kind]) for kind, name in _FRICTION_NAMES.items() if kind in shares]
    return sorted((pair for pair in named if pair[1].n >= MIN_PERSONS), key=lambda pair: -pair[1].n)


def friction_text(shares: Mapping[Friction, Quantity], *, most: int = len(Friction)) -> str:
    """Return which kinds of friction those with a pain point speak of, with shares; nothing where too few do."""
    return ", ".join(f"{name} {share_text(share.share)}" for name, share in frictions_of(shares)[:most])


def places_text(concentrations: Iterable[Concentration]) -> str:
    """Return where a pain point is concentrated, with shares; nothing where no concentration is proven."""
    return "; ".join(
        f"{_place(found)} {share_text(found.here.share)} (others {share_text(found.elsewhere.share)})"
        for found in concentrations
        if found.verdict == "concentrated" and found.here is not None and found.elsewhere is not None
    )


def stability_text(rank: RankTerms) -> str:
    """Return whether a pain point keeps its place when customers are drawn again; nothing where that is not known."""
    if rank.stability is None:
        return ""
    place = f"in the top {rank.stability.top} in {share_text(rank.stability.share)} of resamples"
    return place if rank.stability.stable else f"unstable: {place}"


def score_text(rank: RankTerms) -> str:
    """Return the score of a rank with its 95 % interval."""
    if rank.low is None or rank.high is None:
        return f"{100 * rank.score:.1f}"
    return f"{100 * rank.score:.1f} ({100 * rank.low:.1f}–{100 * rank.high:.1f})"


def _place(found: Concentration) -> str:
    if found.dimension == "channel_switch":
        return "switch of channels"
    kind = found.attribute if found.dimension == "segment" else found.dimension
    return f"{as_words(kind or '').lower()} {found.value}"


def trend_text(trend: Trend, *, short: bool = False) -> str:
    """Return a trend in words, with its size where it is proven and, if not short, what is needed where it is unknown."""
    if trend.direction == "unknown":
        needed = None if short else trend.needed_per_month
        return (
            "trend unknown" if needed is None else f"trend unknown: about {needed:,} customers a month needed"
        )
    if trend.direction == "flat" or trend.change_per_month is None:
        return "no proven trend"
    return f"{trend.direction} {abs(trend.change_per_month):.1f} points a month"


def watermark(journey_map: JourneyMap) -> str:
    """Return what to say of a map that rests on assumptions; nothing of one that does not."""
    claims = [claim for claim in all_claims(journey_map) if claim.status is not ClaimStatus.UNKNOWN]
    assumed = [claim for claim in claims if claim.status is ClaimStatus.ASSUMPTION]
    if not claims or len(assumed) / len(claims) <= 1 - _ASSUMPTION_BELOW:
        return ""
    return f"{len(assumed)} of {len(claims)} claims rest on nobody's words."


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        share=share_text,
        effect=effect_text,
        counted=counted_text,
        tied=tied,
        signed=signed,
        points=points_text,
        step=step_text,
        words=as_words,
        day=day_text,
    )
    return environment


def as_words(value: str) -> str:
    """Return a name from the data, such as an event's, as a reader sees it."""
    text = value.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
