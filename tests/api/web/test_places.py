"""The navigation: every entry leads to a page, and no page offers what is not there."""

import re

import pytest

from agent.schemas.accounts import Role
from api.web.pages import PLACES
from tests.api.web.asking import ask, scripted, settled
from tests.api.web.harmless import faults_of
from tests.api.web.site import WORKSPACE, Site, words_of

_HOME = f"/w/{WORKSPACE}"


@pytest.mark.parametrize("place", [one.path for one in PLACES])
def test_every_place_is_a_page_with_one_heading(read_site: Site, place: str) -> None:
    """Each entry of the navigation answers, says where one is, and has nothing on it that acts by itself."""
    viewer = read_site.client_of(Role.VIEWER)
    answer = viewer.get(f"{_HOME}/{place}" if place else _HOME)
    if answer.status_code == 303:
        answer = viewer.get(answer.headers["location"])

    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1
    assert answer.text.count('aria-current="page"') >= 1
    assert [one for one in faults_of(answer.text) if one != "<form action=''>"] == []


@pytest.mark.parametrize("place", ["summaries", "api"])
def test_every_link_of_the_places_for_later_leads_somewhere(site: Site, place: str) -> None:
    """What they offer exists: pages, files and schemas; what does not exist yet is said to."""
    viewer = site.client_of(Role.VIEWER)
    scripted(site)
    settled(viewer, ask(viewer, "Where do they stop?"))

    page = viewer.get(f"{_HOME}/{place}").text
    main = page.partition("<main")[2]

    assert "not exist yet" in words_of(main)
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', main)}
    assert len(links) > 2
    for link in links:
        assert viewer.get(link).status_code == 200, link
    assert "<button" not in main


def test_map_schema_is_json_for_who_is_in_the_workspace(read_site: Site) -> None:
    """Programs validate a map's file with it; strangers do not learn that the workspace exists."""
    schema = read_site.client_of(Role.VIEWER).get(f"{_HOME}/api/map.schema.json")

    assert schema.headers["content-type"] == "application/schema+json"
    assert schema.json()["title"] == "JourneyMap"
    assert read_site.client_of(None).get(f"{_HOME}/api/map.schema.json").status_code == 404


def test_settings_say_what_is_set_and_where_and_tell_no_secret(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Model, budget, sign-in, how long things are kept and how much at once; keys and passwords in addresses stay hidden."""
    settings = site.brand.workspace.settings.model_copy(
        update={
            "openai_base_url": "https://me:secret-word@models.example/v1?key=secret-word",
            "model": "words-9",
            "max_input_tokens": 1_234,
        }
    )
    monkeypatch.setattr(site.brand.workspace, "settings", settings)

    page = site.client_of(Role.VIEWER).get(f"{_HOME}/settings").text
    words = words_of(page)

    assert "https://models.example/v1" in words
    assert "secret-word" not in page
    for told in (
        "words-9",
        "1,234 tokens",
        "JOURNEY_MAX_INPUT_TOKENS",
        "JOURNEY_OIDC_ISSUER",
        "UTC",
        "12 hours",
        "2 days",
    ):
        assert told in words
