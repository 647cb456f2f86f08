"""The number firewall: a text's own quantities are refused, computed ones are written by code."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import UnknownCitationError, UnresolvedNumberError
from agent.firewall import check_template, fill, format_metric, metric_ids, unresolved_quantities
from agent.schemas.evidence import Metric, MetricQuery

QUANTITIES = (
    "23", "5-10", "£5", "1st", "24/7", "x²", "½", "Ⅻ", "٢٣", "２３", "三", "💯", "𝟛", "II", "XIV",
    "two", "twenty-three", "a hundred", "hundreds", "dozens", "a dozen", "zero", "tw\u200bo", "ｔｗｏ", "𝐭𝐰𝐨", "twо",
    "a third", "two-thirds", "half", "halved", "three quarters", "23 percent", "per cent", "the majority", "a minority",
    "twice", "thrice", "doubled", "tripling", "tenfold", "for the third time", "a second time", "a fifth",
    "one in five", "one of every four", "one customer", "one hour", "one-day", "once a week", "a couple of calls",
    "many customers", "a few people", "several days", "multiple times", "nearly all", "hardly anyone",
    "every customer", "all of them", "most of the users", "a large number of callers", "a handful", "a decade",
)  # fmt: skip
HARMLESS = (
    "one-click checkout", "no one answers", "the one that broke", "one of the reasons", "one another", "once it ships",
    "second-hand goods", "a third-party seller", "first order", "both channels", "a single reply", "for weeks",
    "the most useful page", "is most likely to leave", "when it matters most.", "their most recent order",
    "two-factor login", "double-check the date", "half-hearted reply", "this quarter", "all in one place",
    "a height of freight", "someone often attends", "mix and match", "I wait", "CD and DVD", "VX in the app", "fortune", "weight",
)  # fmt: skip
WORDS = (
    "customers",
    "call",
    "the shop",
    "because",
    "parcel",
    "nobody",
    "told",
    "them",
    "in the app",
    "refund",
    "late",
)


def metric(unit: str = "share", value: float | None = 0.231, metric_id: str = "m.reach") -> Metric:
    """Return a metric of a unit."""
    return Metric.model_validate(
        {
            "metric_id": metric_id,
            "label": "Reach",
            "definition": "Share.",
            "unit": unit,
            "value": value,
            "query": MetricQuery(op="x"),
        }
    )


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_unresolved_quantities_text_with_quantity_is_found(quantity: str) -> None:
    """Each way to state a quantity is found, with the span it stands at."""
    text = f"Then {quantity} wait"
    spans = unresolved_quantities(text)
    assert spans
    assert all(text[span.start : span.end] == span.text for span in spans)


@pytest.mark.parametrize("phrase", HARMLESS)
def test_unresolved_quantities_harmless_phrase_is_let_through(phrase: str) -> None:
    """Words that only look like numbers do not make a text unusable."""
    assert unresolved_quantities(f"They see {phrase}") == []


def test_check_template_thousand_generated_texts_none_with_a_quantity_passes() -> None:
    """Of 1,000 texts with a planted quantity none passes, and of 1,000 without one all do."""
    rng = random.Random(7)  # noqa: S311 - repeatable on purpose
    for _ in range(1000):
        clean = [rng.choice(WORDS) for _ in range(rng.randint(3, 12))]
        if rng.random() < 0.5:
            clean.insert(rng.randrange(len(clean) + 1), "{{m:m.reach}} of customers")
        check_template(" ".join(clean), ["m.reach"])
        planted = list(clean)
        planted.insert(rng.randrange(len(clean) + 1), rng.choice(QUANTITIES))
        with pytest.raises(UnresolvedNumberError):
            check_template(" ".join(planted), ["m.reach"])


@given(st.text())
def test_unresolved_quantities_any_text_spans_hold(text: str) -> None:
    """Spans never overlap, lie in the text, and every digit of a text is in one of them."""
    spans = unresolved_quantities(text)
    assert all(left.end <= right.start for left, right in pairwise(spans))
    covered = {position for span in spans for position in range(span.start, span.end)}
    assert {n for n, character in enumerate(text) if character.isdecimal()} <= covered


@given(st.text(), st.integers(min_value=0, max_value=10**9))
def test_check_template_any_text_with_a_number_is_refused(text: str, number: int) -> None:
    """Whatever stands around it, a number is refused."""
    with pytest.raises((UnresolvedNumberError, UnknownCitationError)):
        check_template(f"{text} {number}", [])


def test_unresolved_quantities_verbatim_quotation_is_allowed() -> None:
    """A number may stand in a quotation that is in the data, and only there."""
    quotes = ["well I waited 3 whole days for it"]
    assert unresolved_quantities("They say “I waited 3 whole days”.", quotes=quotes) == []
    assert unresolved_quantities("They say “I waited 4 whole days”.", quotes=quotes)
    assert unresolved_quantities("They waited 3 whole days.", quotes=quotes)
    assert unresolved_quantities("They waited “3” times.", quotes=quotes)


def test_unresolved_quantities_carried_text_allows_the_same_of_the_same() -> None:
    """A control's own quantity may be repeated with its noun, and with no other."""
    carried = ["Free returns within 30 days!"]
    assert unresolved_quantities("Send it back within 30 days.", carried=carried) == []
    assert unresolved_quantities("Now in 30 shops", carried=carried)


def test_unresolved_quantities_carried_text_needs_both_neighbours() -> None:
    """A number at the end of a text is not known by the word before it, nor one at the start by the word behind."""
    carried = ["Mean rating, from 0 to 100: {{m:a.rating}}"]
    assert unresolved_quantities("It fell to 100", carried=carried)
    assert unresolved_quantities("100: {{m:a.rating}}", carried=carried)
    assert unresolved_quantities("Wait -30 days there", carried=["Wait 30 days there"])
    assert unresolved_quantities("Rating, from 0 to 100: {{m:a.rating}}", carried=carried) == []
    assert unresolved_quantities("Answer “3 weeks late” soon", carried=["3 weeks late"]) == []


def test_check_template_unknown_metric_is_refused() -> None:
    """A metric that was not offered cannot be named."""
    with pytest.raises(UnknownCitationError):
        check_template("{{m:other}} of customers call", ["m.reach"])


@pytest.mark.parametrize(
    "broken", ["{{m:Reach}}", "{{ m:m.reach }}", "{{m:m.reach}", "{% if x %}", "{{7*7}}"]
)
def test_check_template_broken_placeholder_is_refused(broken: str) -> None:
    """Braces that are no placeholder never reach a reader."""
    with pytest.raises((UnresolvedNumberError, UnknownCitationError)):
        check_template(f"Customers {broken} call", ["m.reach"])


def test_metric_ids_repeated_name_is_returned_once() -> None:
    """Names come back in order of first use."""
    assert metric_ids("{{m:b}} and {{m:a.1}} and {{m:b}}") == ["b", "a.1"]


@pytest.mark.parametrize(
    ("unit", "value", "written"),
    [
        ("share", 0.231, "23 %"),
        ("share", 0.004, "0.4 %"),
        ("share", 0.0001, "0.1 %"),
        ("share", 0.9999, "99.9 %"),
        ("share", 1.0, "100 %"),
        ("share", 0.0, "0 %"),
        ("persons", 1312.0, "1,312 customers"),
        ("persons", 1.0, "1 customer"),
        ("seconds", 45.0, "45 seconds"),
        ("seconds", 16200.0, "4.5 hours"),
        ("seconds", 86400.0, "1 day"),
        ("score", -0.314, "-0.31"),
        ("count", 12000.0, "12,000"),
        ("share", None, "unknown"),
    ],
)
def test_format_metric_by_unit_reads_as_a_reader_expects(
    unit: str, value: float | None, written: str
) -> None:
    """Each unit is written its own way."""
    assert format_metric(metric(unit, value)) == written


def test_fill_changed_metric_changes_the_text() -> None:
    """The text follows the number, so that no digit is left over from an earlier draft."""
    template = "{{m:m.reach}} of customers call"
    assert fill(template, {"m.reach": metric(value=0.23)}) == "23 % of customers call"
    assert fill(template, {"m.reach": metric(value=0.31)}) == "31 % of customers call"


def test_fill_persons_before_their_noun_are_not_named_twice() -> None:
    """The unit is left out where the text names it."""
    people = {"m.reach": metric("persons", 312.0)}
    assert fill("{{m:m.reach}} customers call", people) == "312 customers call"
    assert fill("{{m:m.reach}} call", people) == "312 customers call"


def test_fill_missing_metric_is_an_error() -> None:
    """A name is never left standing in a text."""
    with pytest.raises(UnknownCitationError):
        fill("{{m:gone}}", {})
