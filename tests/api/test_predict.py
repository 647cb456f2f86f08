"""`journey personas` and `journey predict` on a brand in a home folder."""

from pathlib import Path

import orjson
import pytest

from agent.analyse.prediction import Expected, Prediction
from api.cli.predict import _print_next  # pyright: ignore[reportPrivateUsage]
from tests.api.brand import Brand


def test_prediction_that_is_not_shown_tells_of_nobody_and_says_why(brand: Brand) -> None:
    """Of two hundred customers too few leave; as JSON and as text."""
    ran = brand.journey("predict", "leave", "--json")
    assert ran.code == 0, ran.err
    found = orjson.loads(ran.out)
    assert (found["target"], found["scores"], found["expected"]) == ("leave", [], [])
    assert (found["verdict"], found["skill"]) == ("unknown", None)
    assert "are needed" in found["reason"]
    assert f"Nothing is shown: {found['reason']}" in brand.journey("predict", "leave").out
    assert brand.journey("predict", "leave", "--json").out == ran.out


def test_prediction_near_the_least_number_is_shown_whole_or_not_at_all(brand: Brand) -> None:
    """About thirty of the brand buy, the least there must be: whoever is told of, it is with a verdict that allows it."""
    ran = brand.journey("predict", "buy", "--json")
    assert ran.code == 0, ran.err
    found = orjson.loads(ran.out)
    assert (found["verdict"] == "shown") == bool(found["scores"]) == bool(found["expected"])
    assert (found["verdict"] == "unknown") == (found["skill"] is None)
    assert ("are needed" in found["reason"]) == (found["verdict"] == "unknown")


def test_next_step_is_a_distribution_or_nothing(brand: Brand) -> None:
    """What is shown of a customer sums to one; where nothing is shown nobody is told of."""
    ran = brand.journey("predict", "next", "--json")
    assert ran.code == 0, ran.err
    found = orjson.loads(ran.out)
    assert (found["verdict"] == "shown") == bool(found["scores"])
    assert all(abs(sum(one["probabilities"].values()) - 1) < 1e-4 for one in found["scores"])
    assert brand.journey("predict", "next").code == 0


def test_next_step_is_a_row_a_step_within_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Steps are rows with whole names, those rarer than one per cent everywhere are counted, groups that fit are columns."""
    names = [f"step_with_a_long_name_{k}" for k in range(12)]
    shares = dict(zip(names, [0.6, 0.3, 0.06, *[0.004] * 9], strict=True))
    groups = [
        Expected(group=f"segment=g{k}", n=50 - k, shares=dict(shares), low=None, high=None) for k in range(8)
    ]
    groups[1].shares[names[11]] = 0.02
    everybody = Expected(group="all", n=500, shares=shares, low=None, high=None)
    _print_next(
        Prediction(
            target="next",
            verdict="shown",
            reason=None,
            question="q",
            window_s=1,
            landmarks=(),
            as_of=None,
            n_persons=1,
            n_rows=1,
            persons_by_answer={},
            expected=(everybody, *groups),
            population="customers",
        )
    )
    printed = capsys.readouterr()
    assert max(map(len, printed.out.splitlines())) <= 120
    assert [name for name in names if name in printed.out] == [*names[:3], names[11]]
    assert "segment=g3" in printed.out
    assert "segment=g4" not in printed.out
    assert "8 steps under 1" in printed.err
    assert "4 smaller groups left out" in printed.err


def test_best_time_names_its_basis(brand: Brand) -> None:
    """Hours come with their clock, their share and how many customers they are of."""
    ran = brand.journey("predict", "best-time", "--json")
    assert ran.code == 0, ran.err
    found = orjson.loads(ran.out)
    assert found["clock"] in {"local", "UTC"}
    assert all(one["n"] >= 5 for one in found["segments"])
    assert brand.journey("predict", "best-time").code == 0


def test_offer_response_is_refused_without_control(brand: Brand) -> None:
    """Nothing in the data says who was kept from an offer."""
    ran = brand.journey("predict", "offer-response")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("Refused: no causal data")
    assert "Needed: control" in ran.out


def test_personas_are_drawn_and_a_prediction_only_where_it_is_shown(brand: Brand, tmp_path: Path) -> None:
    """A brand of two hundred has no prediction worth showing: no picture is written, and that is said."""
    out = tmp_path / "p.svg"
    assert brand.journey("personas", "--svg", str(out)).code == 0
    assert out.read_bytes().startswith(b"<svg")
    out.unlink()
    ran = brand.journey("predict", "buy", "--svg", str(out))
    assert ran.code == 0, ran.err
    assert out.exists() != ("No picture" in ran.err + ran.out)
    ran = brand.journey("predict", "next", "--svg", str(out))
    assert ran.code == 2
    assert "buy and leave" in ran.err


def test_unknown_trait_is_named_with_those_there_are(brand: Brand) -> None:
    """`--by` with what no customer has ends with the traits there are."""
    ran = brand.journey("predict", "buy", "--by", "shoe size")
    assert ran.code == 1
    assert "'shoe size' is no trait" in ran.err


def test_personas_are_printed_and_told_as_json(brand: Brand) -> None:
    """Every group has a size and a stability, and reasons where it has no name."""
    ran = brand.journey("personas", "--json")
    assert ran.code == 0, ran.err
    found = orjson.loads(ran.out)
    assert found["verdict"] in {"found", "none", "unknown"}
    assert all(bool(one["name"]) != bool(one["reasons"]) for one in found["personas"])
    assert sum(one["size"]["n"] for one in found["personas"]) + found["n_hidden"] in {0, found["n_persons"]}
    printed = brand.journey("personas")
    assert printed.code == 0, printed.err
