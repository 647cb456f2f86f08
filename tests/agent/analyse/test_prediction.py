"""Predictions: shown where a planted signal beats the base rate, never on chance, and nothing of the future is known."""

from datetime import timedelta

import numpy as np
import pytest

from agent.analyse.calibration import (
    Examples,
    brier_losses,
    fit_calibrated,
    folds_of,
    improvement,
    log_losses,
    out_of_fold,
)
from agent.analyse.prediction import predict
from agent.events.features import history_of
from agent.events.journeys import Journeys
from eval.simulator.ways import foretold
from tests.agent.analyse.brands import MakeJourneys
from tests.agent.events.builders import START


def test_planted_signal_is_shown_with_its_skill(made: MakeJourneys) -> None:
    """Where carts foretell buying, buying is predicted, better than the base rate, and calibrated."""
    did = foretold(300, np.random.default_rng(1), strength=0.4)
    found = predict(made(did), "buy", population="customers", groups={f"p_{n:05}": "a" for n in range(4)})
    assert found.verdict == "shown"
    assert found.skill is not None
    assert found.skill.log_loss.low > 0
    assert sum(one.observed.total for one in found.skill.calibration) <= found.n_persons
    observed = [one.observed.share or 0.0 for one in found.skill.calibration]
    assert observed[-1] > observed[0] + 0.2
    assert all(0 < score.probabilities["buys"] < 1 for score in found.scores)
    assert [one.group for one in found.expected] == ["all"]
    assert found.n_hidden == 4


def test_no_signal_is_not_shown(made: MakeJourneys) -> None:
    """Where buying is chance, nothing is told of anybody."""
    found = predict(made(foretold(300, np.random.default_rng(2), strength=0)), "buy", population="customers")
    assert (found.verdict, found.reason) == ("no_better", "no better than the base rate")
    assert found.scores == ()
    assert found.skill is not None


def test_next_step_is_told_as_a_distribution(made: MakeJourneys) -> None:
    """The answers of the next step sum to one for everybody."""
    found = predict(
        made(foretold(260, np.random.default_rng(3), strength=0.5)), "next", population="customers"
    )
    assert found.verdict == "shown"
    assert {"nothing", "buy_cart", "order_completed"} <= found.scores[0].probabilities.keys()
    assert all(abs(sum(one.probabilities.values()) - 1) < 1e-4 for one in found.scores)


@pytest.mark.parametrize("n_persons", [50, 190])
def test_few_customers_are_not_predicted(made: MakeJourneys, n_persons: int) -> None:
    """Under 200 customers nothing is predicted, and the number that is needed is told."""
    did = foretold(n_persons, np.random.default_rng(4), strength=0.5)
    found = predict(made(did), "buy", population="customers")
    assert found.verdict == "unknown"
    assert "200 are needed" in str(found.reason)


def test_buying_without_a_purchase_event_is_unknown(made: MakeJourneys) -> None:
    """Where no event is a purchase nobody is said to buy."""
    did = [one for one in foretold(210, np.random.default_rng(5), strength=0) if one[2] != "order_completed"]
    found = predict(made(did), "buy", population="customers")
    assert found.verdict == "unknown"
    assert "no event is a purchase" in str(found.reason)


def test_features_know_nothing_of_the_future(made: MakeJourneys) -> None:
    """What comes after a cut changes no count up to it."""
    did = foretold(20, np.random.default_rng(6), strength=0.5)
    until = [one for one in did if one[1] <= 90]
    both = [_until_cut(made(steps)) for steps in (did, until)]
    assert both[0] == both[1]


def _until_cut(journeys: Journeys) -> dict[str, tuple[object, ...]]:
    history = history_of(journeys, [START + timedelta(days=90)])
    counts = history.kinds.until(0)
    name, at = history.last_before(0)
    return {
        person: (
            {key: counts[row, place] for place, key in enumerate(history.kinds.keys) if counts[row, place]},
            history.names[name[row]],
            int(at[row]),
            int(history.sessions[row, 0]),
            history.hours.until(0)[row].tolist(),
        )
        for row, person in enumerate(history.persons)
        if counts[row].any()
    }


def test_folds_keep_a_person_together_and_spread_the_answers() -> None:
    """No person is in two folds, and every fold has its share of the rare answer."""
    rng = np.random.default_rng(7)
    person = rng.integers(0, 100, 400)
    label = (person < 20).astype(np.int64)
    fold = folds_of(person, label, 5, seed=0)
    assert all(len(np.unique(fold[person == one])) == 1 for one in np.unique(person))
    rare = [len(np.unique(person[(fold == one) & (label == 1)])) for one in range(5)]
    assert max(rare) - min(rare) <= 1


def test_calibrated_probabilities_are_near_the_true_ones() -> None:
    """A logistic truth is recovered on rows that were not fitted on, by either form of calibration."""
    rng = np.random.default_rng(8)
    features = rng.normal(size=(6_000, 3))
    truth = 1 / (1 + np.exp(-features @ np.array([1.0, -0.5, 0.0])))
    label = (rng.random(6_000) < truth).astype(np.int64)
    for n in (900, 6_000):
        part = Examples(features[:n], label[:n], np.arange(n), 2)
        found, _ = out_of_fold(part, seed=0)
        assert float(np.abs(found[:, 1] - truth[:n]).mean()) < 0.05


def test_several_classes_sum_to_one() -> None:
    """Probabilities of three classes sum to one and rise with what foretells them."""
    rng = np.random.default_rng(9)
    features = rng.normal(size=(600, 2))
    label = features.argmax(axis=1) + (rng.random(600) < 0.2)
    found = fit_calibrated(Examples(features, label.astype(np.int64), np.arange(600), 3), seed=0)
    told = found.probabilities(np.array([[3.0, -3.0], [-3.0, 3.0]]))
    assert np.allclose(told.sum(axis=1), 1)
    assert told[0, 0] > told[1, 0]


def test_losses_and_their_improvement_are_as_counted_by_hand() -> None:
    """Two rows by hand; equal losses improve nothing."""
    probabilities, label = np.array([[0.2, 0.8], [0.6, 0.4]]), np.array([1, 1])
    assert np.allclose(log_losses(probabilities, label), -np.log([0.8, 0.4]))
    assert np.allclose(brier_losses(probabilities, label), [0.04, 0.36])
    same = improvement(np.ones(50), np.ones(50), np.arange(50), seed=0)
    assert (same.difference, same.low, same.high) == (0.0, 0.0, 0.0)
    better = improvement(np.full(50, 0.5), np.ones(50), np.arange(50), seed=0)
    assert (better.low, better.high) == (0.5, 0.5)
