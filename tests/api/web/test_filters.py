"""Filters on customers: one form on every page, refused in words where it cannot be read or may name somebody."""

import pytest

from agent.schemas.accounts import Role
from tests.api.web.site import WORKSPACE, Site, words_of

_PAGES = ("pain-points", "journeys/paths", "evidence")


@pytest.mark.parametrize("place", _PAGES)
@pytest.mark.parametrize("trait", ["nonsense", "=value", "channel=", "+=+"])
def test_trait_that_is_no_pair_is_refused_on_every_page(read_site: Site, place: str, trait: str) -> None:
    """A filter that cannot be read is said so, and never taken as no filter at all."""
    viewer = read_site.client_of(Role.VIEWER)

    answer = viewer.get(f"/w/{WORKSPACE}/{place}?trait={trait}")

    assert "is not of the form trait=value" in words_of(answer.text)


@pytest.mark.parametrize("trait", ["nonsense", "first_name=Zoe"])
def test_new_map_of_a_group_that_may_not_be_told_is_refused(read_site: Site, trait: str) -> None:
    """The form for a map takes the groups that the other pages take, and starts nothing for others."""
    editor = read_site.client_of(Role.EDITOR)
    n_jobs = len(read_site.services.jobs.of_workspace(WORKSPACE))
    scope = {"persona": "Shoppers", "journey": "First order", "goal": "get gear", "purpose": "mend"}

    answer = editor.post(f"/w/{WORKSPACE}/maps/new", {**scope, "trait": trait})

    assert answer.status_code == 422
    said = words_of(answer.text)
    assert "is not of the form trait=value" in said or "group of five customers or more" in said
    assert len(read_site.services.jobs.of_workspace(WORKSPACE)) == n_jobs


@pytest.mark.parametrize(
    "address",
    [
        "maps/m_1?version=99999999999999999999",
        "evidence/r_1?start=99999999999999999999",
        "sources/uploads/aaaaaaaaaaaaaaaa",
        "chat/c_1/turns/t_1/pictures/99999999999999999999",
        "journeys/funnel?within_days=1e300",
        "evidence?page=99999999999999999999",
    ],
)
def test_number_that_no_store_can_hold_is_refused(read_site: Site, address: str) -> None:
    """An absurd version, place or number of days is the caller's mistake, never a failure of the server."""
    editor = read_site.client_of(Role.EDITOR)

    assert editor.get(f"/w/{WORKSPACE}/{address}").status_code in {404, 422}


def test_audit_log_takes_the_last_day_and_no_absurd_number(read_site: Site) -> None:
    """The end of the calendar and a number beyond the store's are answered."""
    admin = read_site.client_of(Role.ADMIN)

    assert admin.get("/audit?until=9999-12-31").status_code == 200
    assert admin.get("/audit?before=99999999999999999999").status_code == 422


def test_forms_refuse_versions_beyond_the_stores(read_site: Site) -> None:
    """The version that a form says was seen is bounded as addresses are."""
    editor = read_site.client_of(Role.EDITOR)

    answer = editor.post(f"/w/{WORKSPACE}/pain-points/p_1/owner", {"seen": "9" * 20, "owner": "Zoe"})

    assert answer.status_code == 422
