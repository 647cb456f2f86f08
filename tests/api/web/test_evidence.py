"""Evidence: passages word for word, filtered and searched, each in its whole text."""

import re

import pytest

from agent.schemas.accounts import Role
from tests.api.web.site import WORKSPACE, Site, words_of

_PATH = f"/w/{WORKSPACE}/evidence"


def _links(page: str) -> list[str]:
    return [link.replace("&amp;", "&") for link in re.findall(rf'href="({_PATH}/r_[^"]+)"', page)]


def test_evidence_lists_passages_as_they_are_stored(read_site: Site) -> None:
    """Every passage on the page is in the text that it links to, at the place that the link names."""
    viewer = read_site.client_of(Role.VIEWER)
    records = read_site.brand.snapshots.current().records

    links = _links(viewer.get(_PATH).text)

    assert len(links) == 20
    for link in links:
        record_id, start, end = re.findall(r"evidence/([^?]+)\?start=(\d+)&end=(\d+)", link)[0]
        quote = records[record_id].text[int(start) : int(end)]
        assert f'<mark id="cited">{quote[:10]}' in viewer.get(link).text.replace("&#39;", "'").replace(
            "&#34;", '"'
        )


@pytest.mark.parametrize("kind", ["review", "transcript"])
def test_evidence_filter_by_kind_keeps_that_kind(read_site: Site, kind: str) -> None:
    """A filter leaves passages of that kind alone."""
    viewer = read_site.client_of(Role.VIEWER)
    records = read_site.brand.snapshots.current().records

    links = _links(viewer.get(f"{_PATH}?kind={kind}").text)

    assert links
    assert {records[re.findall(r"evidence/([^?]+)", link)[0]].kind.value for link in links} == {kind}


def test_evidence_search_without_an_answer_says_so(read_site: Site) -> None:
    """Words that nobody is near to give no passages and a reason."""
    viewer = read_site.client_of(Role.VIEWER)

    page = words_of(viewer.get(f"{_PATH}?words=quantum chromodynamics of neutron stars").text)

    assert "No customer says anything near that" in page


def test_evidence_unknown_filter_is_a_clear_error(read_site: Site) -> None:
    """A trait that the data does not know is told, not ignored."""
    viewer = read_site.client_of(Role.VIEWER)

    answer = viewer.get(f"{_PATH}?trait=shoe_size=44")

    assert answer.status_code == 422
    assert "shoe_size" in words_of(answer.text)


def test_evidence_of_unknown_record_is_not_found(read_site: Site) -> None:
    """A text that is not there, or is somebody's who is kept unseen, is not found."""
    viewer = read_site.client_of(Role.VIEWER)

    assert viewer.get(f"{_PATH}/r_000000").status_code == 404


def test_evidence_a_run_outside_the_text_marks_nothing(read_site: Site) -> None:
    """Places that are not in the text mark nothing and break nothing."""
    viewer = read_site.client_of(Role.VIEWER)
    record_id = next(iter(read_site.brand.snapshots.current().records))

    answer = viewer.get(f"{_PATH}/{record_id}?start=5&end=999999")

    assert answer.status_code == 200
    assert "<mark" not in answer.text
