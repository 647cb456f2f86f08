"""Pictures of findings: a customer's state, groups, calibration, credit, the join, a plan; whole, safe, with their figures."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from agent.analyse.attribution import Attributed, Attribution
from agent.analyse.calibration import CalibrationBin, Improvement
from agent.analyse.conformance import Conformance, Coverage, NeverUsed, Usage
from agent.analyse.high_value import HighValue
from agent.analyse.persona_facts import Contrast
from agent.analyse.personas import Persona, Personas
from agent.analyse.prediction import Prediction, Skill
from agent.analyse.state import CustomerState, Others, state_of
from agent.analyse.state_rules import state_rules
from agent.analyse.statistics import quantity
from agent.events.state import DoneEvent
from agent.render.calibration_chart import calibration_picture
from agent.render.conformance_chart import conformance_picture
from agent.render.credit_chart import credit_picture
from agent.render.frame import Picture, png_of, svg_of
from agent.render.join_chart import join_picture
from agent.render.moment_words import counted_text, effect_text
from agent.render.persona_chart import personas_picture
from agent.render.timeline import timeline_picture
from agent.schemas.insight import AdjustedEffect
from tests.agent.maps import moment, pain_point

_NASTY = "</text><script>alert(1)</script>&'\"{{x}} datum.y\x1b[31m\u202e" + "long " * 40
_START = datetime(2026, 5, 1, 9, tzinfo=UTC)


def _state(name: str, *, n: int = 4) -> CustomerState:
    steps = [
        (0, name, "web"),
        (2, "call_received", "phone"),
        (4, "cart_abandoned", "web"),
        (13, "order_completed", "store"),
    ]
    events = [
        DoneEvent(f"e{k}", _START + timedelta(days=day), event, channel, "{}")
        for k, (day, event, channel) in enumerate(steps[:n])
    ]
    as_of = _START + timedelta(days=14)
    return state_of("p_" + "0" * 24, events, Others({}, {}), rules=state_rules(), as_of=as_of)


def _personas(name: str, *, n: int = 2) -> Personas:
    contrast = Contrast(
        what="event", feature=name, inside=quantity(80, 100, "x"), outside=quantity(20, 300, "x"), difference=0.73,
        low=0.6, high=0.8, p_value=0.0,
    )  # fmt: skip
    groups = tuple(
        Persona(
            persona_id=f"g{k}", name=name if k else None, reasons=(), size=quantity(100, 400, "customers"), stability=0.9,
            marks=(), contrasts=(contrast,), outcomes=(), paths=(), spread=(), n_spoke=None,
        )
        for k in range(n)
    )  # fmt: skip
    return Personas(
        verdict="found", reason=None if n else "too few", personas=groups, as_of=None, followed_s=None, n_persons=400,
        n_too_little=7, population="customers with events",
    )  # fmt: skip


def _prediction(question: str, *, shown: bool = True) -> Prediction:
    better = Improvement(model=0.09, baseline=0.1, difference=0.01, low=0.005, high=0.015)
    bins = tuple(
        CalibrationBin(predicted=k / 10, observed=quantity(10 * k, 100, "customers")) for k in range(6)
    )
    return Prediction(
        target="buy", verdict="shown" if shown else "no_better", reason=None, question=question, window_s=1.0,
        landmarks=(), as_of=None, n_persons=600, n_rows=600, persons_by_answer={},
        skill=Skill(log_loss=better, brier=better, n_folds=5, calibration=bins), population="customers",
    )  # fmt: skip


def _calibration(question: str) -> Picture:
    picture = calibration_picture(_prediction(question))
    assert picture is not None
    return picture


def _attribution(name: str, *, n: int = 2) -> Attribution:
    credits_ = tuple(
        Attributed(
            key=name if k else "website", first=60.0, last=20.0, linear=40.0, position=40.0, time_decay=30.0,
            markov=45.0, removal_effect=0.4, n_converting=50, n_not_converting=10,
        )
        for k in range(n)
    )  # fmt: skip
    return Attribution(
        by="touchpoint", conversion=("order_completed",), lookback_days=90.0, half_life_days=7.0, folded=False,
        n_persons=200, n_converting=90, n_not_converting=110, n_conversions=110, n_untouched=10, n_paths_without=9,
        credits=credits_, reason=None if n else "too few conversions",
    )  # fmt: skip


def _conformance(name: str, *, n: int = 1) -> Conformance:
    usage = Usage(name=name, planned=True, reach=quantity(30, 100, "customers"))
    other = Usage(name=name, planned=False, reach=quantity(20, 100, "customers"))
    coverage = Coverage(
        level="touchpoint", all=quantity(10, 100, "customers"), complete=None, high_value=None, n_left_out=0,
        usage=(usage, other), transitions=(), unseen=(), deviations=(), paths=(),
    )  # fmt: skip
    never = NeverUsed(name="Gift card", level="touchpoint", reason="no event by this name")
    return Conformance(
        name=name, population="customers", n_persons=100, touchpoint_matches=(), stage_matches=(),
        high_value=HighValue(by="purchases", at_least=None, reason="none"), touchpoints=coverage if n else None,
        stages=None, never_used=(never,), gaps=(), redundancies=(),
    )  # fmt: skip


_PICTURES: dict[str, tuple[Callable[[str], Picture], tuple[str, ...]]] = {
    "state": (lambda name: timeline_picture(_state(name)), ("retargeting", " June 2026", "as of")),
    "personas": (
        lambda name: personas_picture(_personas(name)),
        ("n=100", "stability 0.90", "21–29 %", "+73 points"),
    ),
    "calibration": (_calibration, ("n=100", "base rate", "600 customers", "as told")),
    "credit": (
        lambda name: credit_picture(_attribution(name)),
        ("Not causal", "n=50", "Markov", "100 conversions"),
    ),
    "join": (
        lambda name: join_picture([pain_point(label=name)], population="customers who wrote"),
        ("5.57 (1.80–17.20)", "n=40", "associated with"),
    ),
    "conformance": (
        lambda name: conformance_picture(_conformance(name)),
        ("30 %", "n=30", "never seen in the data"),
    ),
}
_NOTHING: dict[str, Callable[[], Picture]] = {
    "state": lambda: timeline_picture(_state("look", n=0)),
    "personas": lambda: personas_picture(_personas("x", n=0)),
    "credit": lambda: credit_picture(_attribution("x", n=0)),
    "join": lambda: join_picture([], population="nobody"),
    "conformance": lambda: conformance_picture(_conformance("x", n=0)),
}


@pytest.mark.parametrize("kind", _PICTURES)
def test_picture_of_a_finding_has_its_figures_and_is_the_same_every_time(kind: str) -> None:
    """Each says how many it is of and how sure it is, in letters and for a screen reader, and is drawn alike again."""
    draw, figures = _PICTURES[kind]
    svg = svg_of(draw("product_viewed"))
    assert svg == svg_of(draw("product_viewed"))
    root = ET.fromstring(svg.decode())  # noqa: S314 - our own
    text = "".join(root.itertext()).replace("\u00a0", " ")
    for figure in figures:
        assert figure in text
    assert root[0].tag.endswith("title")
    assert len(root[1].text or "") > 60
    assert float(root.attrib["width"].removesuffix("px")) < 1_300
    assert png_of(draw("product_viewed")).startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", _PICTURES)
def test_picture_of_a_finding_with_a_nasty_name_carries_no_markup(kind: str) -> None:
    """Names are words: no tag, no control character, and not too long."""
    svg = svg_of(_PICTURES[kind][0](_NASTY)).decode()
    root = ET.fromstring(svg)  # noqa: S314 - our own
    tags = {element.tag.rpartition("}")[2].lower() for element in root.iter()}
    assert not tags & {"script", "a", "image", "foreignobject", "style"}
    assert "\x1b" not in svg
    assert "\u202e" not in svg
    assert "long " * 25 not in svg


@pytest.mark.parametrize("kind", _NOTHING)
def test_picture_of_no_finding_is_a_picture(kind: str) -> None:
    """Where there is nothing to draw, the picture says so, in both forms."""
    made = _NOTHING[kind]()
    assert b"<title" in svg_of(made)
    assert png_of(made).startswith(b"\x89PNG")


def test_calibration_of_what_is_not_shown_is_no_picture() -> None:
    """A prediction that is no better than the base rate shows nothing of itself."""
    assert calibration_picture(_prediction("whether customers buy", shown=False)) is None


def test_moment_tells_the_adjusted_effect_first_and_names_the_raw_one() -> None:
    """A map and the table use the same effect; without an adjusted one that is said."""
    raw = moment()
    adjusted = AdjustedEffect(
        risk_difference=0.11, low=0.02, high=0.2, odds_ratio=None, odds_low=None, odds_high=None, risk_ratio=None,
        risk_low=None, risk_high=None, e_value=None, e_value_limit=None, n_exposed=30, n_compared=60, n_left_out=3,
        share_left_out=0.1,
    )  # fmt: skip
    words = effect_text(raw.model_copy(update={"adjusted": adjusted})).replace("\u00a0", " ")
    assert words == "+11 points, adjusted (95 % interval +2 points to +20 points)"
    assert "as counted, not adjusted" in effect_text(raw)
    counted = counted_text(raw).replace("\u00a0", " ")
    assert counted == "30 % with it, 7 % without (+23 points); 12 of 40 against 5 of 70 customers"
