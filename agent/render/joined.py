"""How the join of words and deeds is written for readers: one line a pain point, and a warning where they disagree."""

import math

from agent.render.figures import share_text
from agent.schemas.insight import Behaviour, PainPoint

_WARNED = ("disagree", "disagree_reversed")


def join_text(pain: PainPoint) -> str:
    """Return what those who voice a pain point then did, and how many of them have no events."""
    linkage = pain.linkage
    if linkage is None:
        return "what they did is not known"
    unlinked = f"{linkage.n_unlinked:,} of {linkage.n_voiced:,} have no events"
    if linkage.n_cut_off:
        unlinked += f", {linkage.n_cut_off:,} cannot be followed {linkage.within}"
    if linkage.n_undated:
        unlinked += f", {linkage.n_undated:,} said it at an unknown time"
    if not pain.behaviour:
        return f"unknown: {linkage.reason or 'too few have events'}; {unlinked}"
    return f"{_behaviour_text(strongest(pain))}; {unlinked}"


def strongest(pain: PainPoint) -> Behaviour:
    """Return what most sets those who voice a pain point apart from the others; there has to be something they did."""
    return max(pain.behaviour, key=_strength)


def disagreement_text(pain: PainPoint) -> str | None:
    """Return a warning where complaints and exits went opposite ways; None where they did not, or it is not shown."""
    if pain.linkage is None or pain.linkage.agreement is None:
        return None
    agreement = pain.linkage.agreement
    return agreement.statement if agreement.verdict in _WARNED else None


def _behaviour_text(behaviour: Behaviour) -> str:
    beside = f"{share_text(behaviour.with_pain.share)} against {share_text(behaviour.without_pain.share)}"
    ratio = _ratio_text(behaviour.odds_ratio, behaviour.low, behaviour.high)
    text = f"{behaviour.relation} {behaviour.outcome.replace('_', ' ')}: {beside}, odds ratio {ratio}"
    if behaviour.adjusted is not None:
        adjusted = behaviour.adjusted
        text += f", adjusted {_ratio_text(adjusted.odds_ratio, adjusted.odds_low, adjusted.odds_high)}"
    return text


def _ratio_text(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return "unknown"
    return f"{value:.2f} ({low:.2f}–{high:.2f})"


def _strength(behaviour: Behaviour) -> tuple[float, str]:
    """Return how far the interval of the odds ratio lies from no effect, negative where it holds it."""
    if behaviour.odds_ratio is None or behaviour.low is None or behaviour.high is None:
        return -math.inf, behaviour.outcome
    return max(math.log(behaviour.low), -math.log(behaviour.high)), behaviour.outcome
