"""Sources of answers on what was read in: a correction of what a quote is about, and pictures drawn again."""

import time
from html import unescape

from agent.schemas.accounts import Role
from agent.schemas.chat import Answer, AnswerCitation, Outcome, Picture, QuoteSource
from agent.schemas.evidence import Evidence
from agent.schemas.insight import Theme
from tests.api.web.asking import ask, settled, turn_paths
from tests.api.web.scripted_analyst import ScriptedAnalyst, finding, metric_citation, streamed
from tests.api.web.site import Site, Visitor, words_of


def quoted(site: Site) -> tuple[Theme, Answer]:
    """Return a theme, and an answer that cites words which are counted in it, and a number."""
    snapshot = site.brand.snapshots.current()
    theme = snapshot.themes[0]
    passage = next(one for one in snapshot.stock.passages if one.passage_id == theme.passage_ids[0])
    record = snapshot.records[passage.record_id]
    evidence = Evidence(
        record_id=passage.record_id,
        start=passage.start,
        end=passage.end,
        quote=record.text[passage.start : passage.end],
        text_sha256=passage.text_sha256,
    )
    source = QuoteSource(
        external_id=record.external_id, kind=record.kind, channel=record.channel, at=record.at
    )
    answer = Answer(
        outcome=Outcome.ANSWERED,
        sentences=(finding("They say so.", "c1", "c2"),),
        citations=(AnswerCitation(citation_id="c1", evidence=evidence, source=source), metric_citation(2)),
        pictures=(Picture(kind="emotion", alt="How customers feel, stage by stage."),),
        writer="w",
    )
    return theme, answer


def turn_with(site: Site, visitor: Visitor, answer: Answer) -> str:
    """Have an answer given, and return the address of its turn."""
    site.brand.__dict__["analyst"] = ScriptedAnalyst(streamed(answer))
    return turn_paths(settled(visitor, ask(visitor, "Where?")))[0]


def test_quote_that_is_not_about_its_theme_is_taken_out_of_it_and_can_be_put_back(site: Site) -> None:
    """The theme loses the passage in all that is computed from then on; the contrary brings it back."""
    visitor = site.client_of(Role.EDITOR)
    theme, answer = quoted(site)
    passage_id = theme.passage_ids[0]
    turn = turn_with(site, visitor, answer)
    part = visitor.get(f"{turn}/sources/c1/about", hx_request="true").text
    assert f"This is not about {theme.label}" in unescape(words_of(part))
    for about, is_in in (("false", False), ("true", True)):
        sent = visitor.post(f"{turn}/sources/c1/about", {"theme": theme.theme_id, "about": about})
        assert sent.status_code == 303
        done = wait_for_job(visitor, sent.headers["location"])
        assert theme.label in unescape(words_of(done))
        found = next(one for one in site.brand.snapshots.current().themes if one.theme_id == theme.theme_id)
        assert (passage_id in found.passage_ids) is is_in
        if not is_in:
            assert "Taken out before" in visitor.get(f"{turn}/sources/c1/about", hx_request="true").text


def test_only_a_quote_can_be_corrected_and_only_by_an_editor(read_site: Site) -> None:
    """A number is about nothing else, and a viewer is told which role it takes."""
    site, visitor = read_site, read_site.client_of(Role.EDITOR)
    theme, answer = quoted(site)
    turn = turn_with(site, visitor, answer)
    form = {"theme": theme.theme_id, "about": "false"}
    assert visitor.post(f"{turn}/sources/c2/about", form).status_code == 422
    assert visitor.post(f"{turn}/sources/c9/about", form).status_code == 404
    assert visitor.post(f"{turn}/sources/c1/about", {**form, "theme": "gone"}).status_code == 409
    viewer = site.client_of(Role.VIEWER)
    seen = turn_with(site, viewer, answer)
    assert viewer.post(f"{seen}/sources/c1/about", form).status_code == 403
    assert "Not about this?" not in viewer.get(seen.partition("/turns/")[0]).text


def test_picture_is_drawn_again_as_a_sandboxed_svg(read_site: Site) -> None:
    """It styles itself and can do nothing else; one that the answer does not have is not there."""
    site, visitor = read_site, read_site.client_of(Role.VIEWER)
    turn = turn_with(site, visitor, quoted(site)[1])
    picture = visitor.get(f"{turn}/pictures/1")
    assert picture.status_code == 200
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in picture.headers["content-security-policy"]
    assert picture.text.lstrip().startswith("<svg")
    assert visitor.get(f"{turn}/pictures/2").status_code == 404


def wait_for_job(visitor: Visitor, path: str) -> str:
    """Return a job's page once it is over."""
    end = time.monotonic() + 30
    while "hx-trigger" in (page := str(visitor.get(path).text).partition('id="job"')[2]):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "Done." in page, words_of(page)
    return page
