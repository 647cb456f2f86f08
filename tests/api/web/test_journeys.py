"""Journeys: each tab shows the same figures as the command line, as a picture and as a table."""

import json
from html import unescape

import pytest

from agent.schemas.accounts import Role
from api.web.middleware import PICTURE_POLICY
from api.web.views.journeys import TABS
from tests.api.brand import Brand
from tests.api.web.site import WORKSPACE, Site, words_of

_PATH = f"/w/{WORKSPACE}/journeys"


@pytest.mark.parametrize("tab", [name for name, _ in TABS])
def test_every_tab_shows_a_table_or_says_why_not(read_site: Site, tab: str) -> None:
    """No tab is empty: it has figures, or says in a sentence what the data does not tell."""
    viewer = read_site.client_of(Role.VIEWER)

    answer = viewer.get(f"{_PATH}/{tab}")

    assert answer.status_code == 200
    said = ("<caption>", "No groups to show", "No experience is shown", "Nothing is credited", "alert warn")
    assert any(words in answer.text for words in said)


def test_paths_are_those_of_the_command_line(read_site: Site, brand: Brand) -> None:
    """The first move of the table is the command line's, with its customers."""
    viewer = read_site.client_of(Role.VIEWER)
    first = json.loads(brand.journey("paths", "--json").out)["transitions"][0]

    page = words_of(viewer.get(f"{_PATH}/paths").text)

    assert f"{first['from'].replace('_', ' ')} {first['to'].replace('_', ' ')} {first['persons']:,}" in page


def test_funnel_takes_steps_from_the_address(read_site: Site, brand: Brand) -> None:
    """Steps named in the form are the funnel's, in their order."""
    viewer = read_site.client_of(Role.VIEWER)
    steps = ["product_viewed", "order_completed"]
    told = json.loads(brand.journey("funnel", "--step", steps[0], "--step", steps[1], "--json").out)[
        "conversion"
    ]

    page = words_of(viewer.get(f"{_PATH}/funnel?step={steps[0]}&step={steps[1]}").text)

    assert f"({told['n']:,} of {told['total']:,}," in page


def test_funnel_of_an_unknown_step_says_so(read_site: Site) -> None:
    """A step that is no event is told in words, on the page."""
    viewer = read_site.client_of(Role.VIEWER)

    page = unescape(viewer.get(f"{_PATH}/funnel?step=teleported&step=order_completed").text)

    assert "'teleported'" in page


def test_pictures_are_svg_that_may_do_nothing(read_site: Site) -> None:
    """A picture is served under a policy of its own that lets nothing run or load."""
    viewer = read_site.client_of(Role.VIEWER)

    for kind in ("transitions", "sankey", "retention", "moments"):
        answer = viewer.get(f"/w/{WORKSPACE}/pictures/{kind}.svg")
        assert answer.status_code == 200, kind
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["content-security-policy"] == PICTURE_POLICY
        assert "<script" not in answer.text
    assert viewer.get(f"/w/{WORKSPACE}/pictures/portrait.svg").status_code == 404


@pytest.mark.parametrize("tab", ["paths", "retention"])
def test_filter_that_may_name_somebody_is_refused(read_site: Site, tab: str) -> None:
    """Only groups that the list offers may be filtered by: a name or a household is nobody's group."""
    viewer = read_site.client_of(Role.VIEWER)
    snapshot = read_site.brand.snapshots.current()
    hidden = {key for traits in snapshot.stock.traits.values() for key in traits} - set(snapshot.traits)
    assert hidden

    for key in sorted(hidden):
        value = next(traits[key] for traits in snapshot.stock.traits.values() if key in traits)
        page = unescape(viewer.get(f"{_PATH}/{tab}?trait={key}={value}").text)
        assert "No group of five customers or more has" in page
        assert "<caption>" not in page


@pytest.mark.parametrize(
    "address",
    [
        "funnel.svg?within_days=x",
        "funnel.svg?within_days=1e308",
        "retention.svg?by=century",
        "comparison.svg?at=zzz",
    ],
)
def test_picture_with_wrong_parameters_is_not_there(read_site: Site, address: str) -> None:
    """Whatever is written into the address of a picture, the server does not fail."""
    viewer = read_site.client_of(Role.VIEWER)

    assert viewer.get(f"/w/{WORKSPACE}/pictures/{address}").status_code in {200, 404, 422}
