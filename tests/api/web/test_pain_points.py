"""Pain points as people see and work on them."""

import re
from typing import Any

from agent.schemas.accounts import Role
from agent.schemas.insight import PainPoint
from tests.agent.maps import HOSTILE, evidence, pain_point
from tests.api.web.harmless import faults_of
from tests.api.web.site import WORKSPACE, Site, words_of

_PAINS = f"/w/{WORKSPACE}/pain-points"


def _points(site: Site) -> tuple[PainPoint, ...]:
    return site.brand.snapshots.current().pain_points


def _order(page: str, points: tuple[PainPoint, ...]) -> list[str]:
    known = {point.pain_point_id for point in points}
    return [key for key in re.findall(r"/pain-points/(pp_\w+)", page) if key in known]


def test_table_is_sorted_by_its_heads_and_the_address_says_how(read_site: Site) -> None:
    """Each order is the numbers' own; what is filtered stays filtered when it is sorted otherwise."""
    points, visitor = _points(read_site), read_site.client_of(Role.VIEWER)
    by_rank = visitor.get(_PAINS).text
    assert _order(by_rank, points) == [point.pain_point_id for point in points]
    shares = {point.pain_point_id: point.reach.share or 0.0 for point in points}
    by_reach = [shares[key] for key in _order(visitor.get(f"{_PAINS}?sort=reach").text, points)]
    assert by_reach == sorted(by_reach, reverse=True)
    stage = next(point.stage for point in points if point.stage)
    kept = visitor.get(f"{_PAINS}?stage={stage}").text
    assert set(_order(kept, points)) == {p.pain_point_id for p in points if p.stage == stage}
    assert f"sort=reach&amp;stage={stage}" in kept
    assert 'aria-sort="descending"' in visitor.get(f"{_PAINS}?sort=severity").text


def test_filters_that_keep_nothing_or_are_none_are_told(read_site: Site) -> None:
    """An empty table says so; a filter that is none is a clear error."""
    visitor = read_site.client_of(Role.VIEWER)
    assert "No pain point fits" in words_of(visitor.get(f"{_PAINS}?stage=moon").text)
    assert visitor.get(f"{_PAINS}?trait=nonsense").status_code == 422
    assert visitor.get(f"{_PAINS}?trait=moon=full").status_code == 422
    assert visitor.get(f"{_PAINS}?sort=sideways").status_code == 422


def test_page_has_reach_quotes_trend_deeds_and_pictures(read_site: Site) -> None:
    """Numbers come with n of total and interval; what is unknown is called so; pictures are ours."""
    point, visitor = _points(read_site)[0], read_site.client_of(Role.VIEWER)
    text = visitor.get(f"{_PAINS}/{point.pain_point_id}").text
    shown = words_of(text)
    assert f"{point.reach.n:,} of {point.reach.total:,}" in shown
    assert point.reach.population in shown
    for item in point.evidence:
        assert f"/evidence/{item.record_id}?start={item.start}" in text
    assert "Associated with, not caused by" in shown or "Unknown" in shown
    assert faults_of(text) == []
    picture = visitor.get(f"{_PAINS}/{point.pain_point_id}/afterwards.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in picture.headers["content-security-policy"]
    assert visitor.get(f"{_PAINS}/pp_none").status_code == 404


def test_notes_are_kept_and_opportunities_list_what_nobody_has_rated(read_site: Site) -> None:
    """Impact comes from evidence, feasibility from people; an address is shown as words and is no link."""
    points, visitor = _points(read_site), read_site.client_of()
    base = f"{_PAINS}/{points[0].pain_point_id}"
    assert "Nobody has said yet" in words_of(visitor.get(f"{_PAINS}/opportunities").text)

    def note(action: str, **form: str) -> Any:
        seen = re.search(r'name="seen" value="(\d+)"', visitor.get(base).text)
        assert seen is not None
        return visitor.post(f"{base}/{action}", {"seen": seen[1], **form})

    assert note("owner", owner="Grace").status_code == 303
    assert note("initiative", address="https://tracker.example/issue/7").status_code == 303
    assert note("initiative", address="javascript:alert(1)").status_code == 422
    assert note("feasibility", feasibility="4").status_code == 303
    text = visitor.get(base).text
    assert 'value="Grace"' in text
    assert "At tracker.example" in words_of(text)
    assert faults_of(text) == []
    shown = visitor.get(f"{_PAINS}/opportunities").text
    assert "4 of 5" in words_of(shown)
    assert "not said" in words_of(shown)
    assert visitor.post(f"{base}/owner", {"seen": "0", "owner": "Late"}).status_code == 409
    viewer = read_site.client_of(Role.VIEWER)
    assert viewer.post(f"{base}/owner", {"seen": "3", "owner": "x"}).status_code == 403


def test_quote_that_is_not_about_it_is_taken_out_and_put_back(site: Site) -> None:
    """A correction counts at once in what is computed next, and can be taken back."""
    point, visitor = _points(site)[0], site.client_of()
    base, item = f"{_PAINS}/{point.pain_point_id}", point.evidence[0]
    form = {
        "record_id": item.record_id,
        "start": str(item.start),
        "end": str(item.end),
        "text_sha256": item.text_sha256,
    }
    taken = visitor.post(f"{base}/not-about", form)
    assert taken.status_code == 303, words_of(taken.text)
    after = {one.pain_point_id: one for one in _points(site)}.get(point.pain_point_id)
    assert after is None or item not in after.evidence
    page = visitor.get(taken.headers["location"]).text
    undo = re.search(r"/corrections/([^/\"]+)/undo", page)
    assert undo is not None
    assert visitor.post(f"{base}/corrections/{undo[1]}/undo").status_code == 303
    assert "taken back" in words_of(visitor.get(base).text)


def test_hostile_words_of_a_pain_point_stay_words(read_site: Site) -> None:
    """Labels, definitions, stages and quotes that attack are shown and do nothing."""
    results, visitor = read_site.brand.workspace.store.results, read_site.client_of()
    hostile = [
        pain_point(f"pp_hostile{number}", label=words).model_copy(
            update={"evidence": (evidence(words),), "opposing": (evidence(words, 1),), "stage": words}
        )
        for number, words in enumerate(HOSTILE)
    ]
    before = results.pain_points()
    results.save_pain_points(hostile, now=read_site.clock())
    for number in range(len(hostile)):
        answer = visitor.get(f"{_PAINS}/pp_hostile{number}")
        assert answer.status_code == 200
        assert faults_of(answer.text) == []
    assert "&lt;script&gt;alert(1)" in visitor.get(f"{_PAINS}/pp_hostile0").text
    results.save_pain_points(before, now=read_site.clock())
