"""Similar customers: of the same planted group, and nothing is told that fewer than five share."""

import numpy as np

from agent.analyse.similar import MIN_LIKENESS, similar_to
from eval.simulator.ways import alike, in_groups
from tests.agent.analyse.brands import MakeJourneys


def test_similar_customers_are_of_the_same_planted_group(made: MakeJourneys) -> None:
    """Nine in ten neighbours behave as planted, and what makes them similar is what was planted."""
    did, groups = in_groups(300, np.random.default_rng(4), shares=(0.4, 0.3, 0.3), buying=(0.3, 0.3, 0.3))
    journeys = made(did)
    same = n = 0
    for number in range(0, 300, 30):
        found = similar_to(journeys, f"p_{number:05}", n=10, population="customers")
        assert found.verdict == "found"
        assert all(each.likeness >= MIN_LIKENESS for each in found.neighbours)
        of = [groups[int(each.person_id.removeprefix("p_"))] for each in found.neighbours]
        same, n = same + of.count(groups[number]), n + len(of)
        assert f"p_{number:05}" not in {each.person_id for each in found.neighbours}
    assert same / n >= 0.9
    app = next(number for number, group in enumerate(groups) if group == 1)
    found = similar_to(journeys, f"p_{app:05}", n=10, population="customers")
    assert "app" in {each.feature for each in found.features}
    assert similar_to(journeys, f"p_{app:05}", n=10, population="customers") == found


def test_feature_of_fewer_than_five_is_kept_back(made: MakeJourneys) -> None:
    """What four others do as well is counted and not told; what many do is told."""
    did, groups = in_groups(200, np.random.default_rng(5), shares=(0.5, 0.5), buying=(0.3, 0.3))
    own = [number for number, group in enumerate(groups) if group == 0]
    for n_others, is_told in ((4, False), (30, True)):
        rare = [
            (f"p_{number:05}", 100.0 + k, "buy_rare", "web")
            for number in own[: n_others + 1]
            for k in range(3)
        ]
        found = similar_to(made([*did, *rare]), f"p_{own[0]:05}", n=10, population="customers")
        words = {word for each in found.neighbours for word in each.because}
        words |= {each.words for each in found.features}
        assert any("rare" in word for word in words) == is_told, n_others
        assert (found.n_kept_back > 0) == (not is_told)
        assert all(each.everyone.n >= 5 for each in found.features)


def test_customers_alike_by_chance_have_no_similar_ones(made: MakeJourneys) -> None:
    """Where all behave alike but for chance, nobody is more similar than others."""
    found = similar_to(made(alike(200, np.random.default_rng(6))), "p_00003", n=10, population="customers")
    assert (found.verdict, found.neighbours) == ("unknown", ())
    assert "beyond chance" in str(found.reason)


def test_too_few_customers_and_too_few_steps_are_unknown(made: MakeJourneys) -> None:
    """Under a hundred customers, three steps or any event nothing is told, with the reason."""
    did, _ = in_groups(60, np.random.default_rng(7), shares=(0.5, 0.5), buying=(0.3, 0.3))
    did.append(("p_90000", 3.0, "look_page", "web"))
    journeys = made(did)
    reasons = {
        who: str(similar_to(journeys, who, n=10, population="customers").reason)
        for who in ("p_00001", "p_90000", "p_99999")
    }
    assert reasons["p_00001"].endswith("100 are needed")
    assert "fewer than 3 steps" in reasons["p_90000"]
    assert "no events" in reasons["p_99999"]
