"""The forest plot: what is drawn is what was found, and names from outside stay text."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from agent.render.forest import forest_picture
from agent.render.frame import png_of, svg_of
from agent.schemas.insight import Moment
from tests.agent.maps import HOSTILE, moment


def _rows(moments: list[Moment]) -> list[dict[str, Any]]:
    datasets: dict[str, list[dict[str, Any]]] = forest_picture(moments).to_dict()["datasets"]
    return next(rows for rows in datasets.values() if "label" in rows[0])


def test_forest_draws_each_moment_with_its_interval_in_order() -> None:
    """Values are the moments' own, as points; without an adjusted effect the raw one is drawn."""
    rows = _rows([moment(experience="Parcels come late"), moment(experience="Nobody answers")])
    assert [row["label"] for row in rows] == ["1. Parcels come late → leaving", "2. Nobody answers → leaving"]
    assert (rows[0]["low"], rows[0]["adjusted"], rows[0]["high"]) == pytest.approx((8.0, 22.9, 39.0))


def test_forest_shows_the_first_moments_only() -> None:
    """A picture of a hundred lines is none."""
    assert len(_rows([moment()] * 40)) == 25


@pytest.mark.parametrize("words", HOSTILE)
def test_forest_of_hostile_names_is_a_picture(words: str) -> None:
    """Names that look like markup or code are drawn as letters."""
    svg = svg_of(forest_picture([moment(experience=words)]))
    ET.fromstring(svg)  # noqa: S314 - our own picture
    assert b"<script" not in svg


def test_forest_of_no_moment_is_a_picture() -> None:
    """With nothing to draw there is still a title."""
    assert b"Moments that matter" in svg_of(forest_picture([]))
    assert png_of(forest_picture([])).startswith(b"\x89PNG")
    assert png_of(forest_picture([moment()])).startswith(b"\x89PNG")
