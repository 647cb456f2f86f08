"""Two versions of a map, customer by customer: no false change, planted changes found, one voice a customer."""

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from agent.analyse.version_compare import Measure, Shift, compare_versions

_N_PERSONS = 400
_SHARES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
_Customers = list[tuple[str, list[float], int]]


def _customers(rng: Generator, n: int, shares: tuple[float, ...] = _SHARES, prefix: str = "p") -> _Customers:
    """Return customers with what each of them says, and how many texts they wrote: few write very many."""
    texts = np.minimum(rng.zipf(2.0, n), 50)
    said = rng.random((n, len(shares))) < np.array(shares)
    return [(f"{prefix}{i}", [float(x) for x in said[i]], int(texts[i])) for i in range(n)]


def _compared(before: _Customers, after: _Customers, *, moods: Generator | None = None) -> list[Shift]:
    n = len(before[0][1])
    measures = [Measure({p: v[k] for p, v, _ in before}, {p: v[k] for p, v, _ in after}) for k in range(n)]
    if moods is not None:
        mood = {p: float(moods.normal(0.1, 0.4)) for p, _, _ in {c[0]: c for c in (*before, *after)}.values()}
        measures.append(
            Measure({p: mood[p] for p, _, _ in before}, {p: mood[p] for p, _, _ in after}, "mood")
        )
    return compare_versions(measures, ({p: t for p, _, t in before}, {p: t for p, _, t in after}))


@pytest.mark.parametrize("kind", ["disjoint", "grown", "half_shared", "few_new"])
def test_versions_of_the_same_customers_hardly_ever_show_a_false_change(kind: str) -> None:
    """A/A: over all that is tested on a map, at most one map in twenty shows a change that is none."""
    rng = default_rng(11)
    n_maps, false = 250, 0
    for _ in range(n_maps):
        people = _customers(rng, _N_PERSONS)
        half = _N_PERSONS // 2
        before, after = {
            "disjoint": (people[:half], people[half:]),
            "grown": (people[:half], people),
            "half_shared": (people[: half + 60], people[half - 60 :]),
            "few_new": (people[:-25], people),
        }[kind]
        false += any(shift.verdict == "changed" for shift in _compared(before, after, moods=rng))
    assert false / n_maps <= 0.05


def test_customer_with_many_texts_is_one_voice() -> None:
    """Fifty texts of one customer about one thing change no share."""
    people = _customers(default_rng(2), 60, (0.1,))
    loud = [(person, said, 50 if person == "p0" else n) for person, said, n in people]
    assert _compared(people, loud)[0].difference == 0
    assert _compared(people, loud)[0].verdict != "changed"


def test_planted_rise_is_found_with_the_customers_that_were_said_to_be_needed() -> None:
    """Eight points more are found in at least four of five maps with the number that was asked for."""
    rng = default_rng(5)
    asked = _compared(_customers(rng, 60, (0.14,)), _customers(rng, 60, (0.14,), "q"))[0]
    assert asked.verdict == "cannot tell"
    assert asked.needed is not None
    n = round(asked.needed)
    found = sum(
        _compared(_customers(rng, n, (0.10,)), _customers(rng, n, (0.18,), "q"))[0].verdict == "changed"
        for _ in range(60)
    )
    assert n > 200
    assert found / 60 >= 0.75


def test_same_customers_saying_more_is_found_sooner_than_of_others() -> None:
    """Who is in both versions is compared with themselves: their steadiness is no noise."""
    rng = default_rng(7)
    before = _customers(rng, 300, (0.3,))
    newly = {person for person, said, _ in before if said[0] == 0.0 and rng.random() < 0.1}
    after = [(person, [1.0] if person in newly else said, n) for person, said, n in before]
    others = [(f"other {person}", said, n) for person, said, n in after]
    same, apart = _compared(before, after)[0], _compared(before, others)[0]
    assert same.verdict == "changed"
    assert same.difference == pytest.approx(apart.difference)
    assert same.low is not None
    assert apart.low is not None
    assert same.low > apart.low


def test_share_that_rises_with_the_number_of_texts_alone_is_no_change() -> None:
    """Customers who had twice the time, and wrote twice as much, voice more by that alone."""
    rng = default_rng(9)

    def version(prefix: str, n_texts: int) -> _Customers:
        counts = rng.poisson(n_texts, 500) + 1
        return [(f"{prefix}{i}", [float(rng.random() < 1 - 0.93**n)], int(n)) for i, n in enumerate(counts)]

    before, after = version("a", 1), version("b", 4)
    found = _compared(before, after)[0]
    assert found.difference is not None
    assert found.difference > 0.08
    assert found.verdict != "changed"


def test_few_customers_cannot_tell_and_say_how_many_are_needed() -> None:
    """Under the floor nothing is tested."""
    found = compare_versions([Measure({"a": 1.0}, {"b": 0.0}), Measure({}, {})], ({"a": 1}, {"b": 1}))
    assert [shift.verdict for shift in found] == ["cannot tell", "cannot tell"]
    assert found[0].needed is not None
    assert found[0].needed >= 20
    assert found[1].difference is None


def test_same_version_twice_has_changed_in_nothing() -> None:
    """The very same customers differ by nothing."""
    people = _customers(default_rng(3), 300)
    for shift in _compared(people, people, moods=default_rng(4)):
        assert (shift.difference, shift.verdict) == (0.0, "not proven")
