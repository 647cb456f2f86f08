"""The page escapes everything, shows everything, and fetches nothing."""

import re
from html.parser import HTMLParser

import pytest

from agent.analyse.statistics import quantity
from agent.render.page import all_claims, behaviour_text, counted_from, followed, headline, render_page
from agent.schemas.evidence import ClaimStatus, Lane, MetricQuery
from agent.schemas.insight import Behaviour, Trend
from agent.schemas.journey import JourneyMap
from tests.agent.maps import HOSTILE, claim, journey_map, opportunity, pain_point

_VOID = {"meta", "line", "circle", "path", "br"}
_TAGS = {
    "a", "b", "bdi", "blockquote", "body", "br", "circle", "cite", "code", "dd", "details", "div", "dl", "dt", "figure",
    "footer", "h1", "h2", "h3", "h4", "head", "header", "html", "i", "li", "line", "main", "meta", "ol", "p", "path",
    "section", "small", "span", "strong", "style", "summary", "svg", "table", "td", "text", "th", "title", "tr",
}  # fmt: skip


class _Page(HTMLParser):
    """What a browser makes of a page: its tags, attributes and words."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.style = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["style"]:
            self.style += data
        else:
            self.text += data


@pytest.fixture(scope="module")
def hostile() -> JourneyMap:
    """Give a map full of hostile words."""
    return journey_map()


@pytest.fixture(scope="module")
def page(hostile: JourneyMap) -> _Page:
    """Give its page, parsed."""
    return _Page(render_page(hostile))


def test_page_holds_only_its_own_tags(page: _Page) -> None:
    """No word of the map becomes an element, and every element is closed."""
    assert set(page.tags) <= _TAGS
    assert page.open == []
    assert page.tags.count("style") == 1


def test_page_has_no_script_event_or_address(page: _Page) -> None:
    """Nothing runs, nothing is fetched, nothing can be clicked."""
    names = {name for name, _ in page.attributes}
    assert names <= {
        "aria-label", "aria-labelledby", "charset", "class", "content", "cx", "cy", "d", "http-equiv", "id", "lang", "name",
        "r", "role", "scope", "style", "viewbox", "x", "x1", "x2", "y", "y1", "y2",
    }  # fmt: skip
    assert not re.search(r"url\(|@import|expression", page.style)
    assert ("http-equiv", "Content-Security-Policy") in page.attributes


def test_page_styles_hold_numbers_alone(page: _Page) -> None:
    """Inline styles are lengths and rows that code computed."""
    styles = {value for name, value in page.attributes if name == "style"}
    pattern = re.compile(r"(?:(?:width|left):[\d.]+%;?)+|grid-(?:row|column):\d+|--stages:\d+")
    assert styles
    assert all(pattern.fullmatch(style) for style in styles)


def test_page_shows_every_claim_quote_and_scope(hostile: JourneyMap, page: _Page) -> None:
    """All that is in the map can be read on the page, word for word."""
    scope = hostile.scope
    words = [scope.persona, scope.journey, scope.goal, scope.purpose, scope.population, hostile.owner or ""]
    for found in all_claims(hostile):
        words += [found.statement, *(item.quote for item in (*found.evidence, *found.opposing))]
        words += [found.missing] if found.missing else []
    for pain in hostile.pain_points:
        words += [pain.label, pain.definition, *(item.quote for item in (*pain.evidence, *pain.opposing))]
    words += [item.statement for item in hostile.opportunities]
    words += [hostile.provenance.writer, hostile.provenance.input_sha256]
    text = page.text.replace("\u00a0", " ")  # a per cent sign is tied to its number
    assert [word for word in words if word not in text] == []
    moment = hostile.moments[0].experience
    assert moment[:1].upper() + moment[1:].replace("_", " ") in page.text


def test_page_isolates_the_direction_of_words(hostile: JourneyMap) -> None:
    """A mark that turns the direction of writing ends with the words it came in."""
    html = render_page(hostile)
    for part in re.split(r"<bdi>.*?</bdi>|aria-label=\".*?\"|<title>.*?</title>", html, flags=re.DOTALL):
        found = [line for line in part.splitlines() if "\N{RIGHT-TO-LEFT OVERRIDE}" in line]
        # What stands outside is alone in its block element.
        assert all(re.fullmatch(r"\s*<(\w+)[^>]*>.*</\1>.*", line) for line in found)


def test_page_marks_what_a_claim_rests_on(page: _Page) -> None:
    """Only what was counted from events says so; opinions and broken claims say what they are."""
    assert "Somebody's opinion" in page.text
    assert "is not any more" in page.text
    assert page.text.count("A suggestion that follows") == 5
    assert "Needed: None" not in page.text


def test_page_curve_has_gaps_at_unknown_stages(hostile: JourneyMap, page: _Page) -> None:
    """No line leads to or through a stage whose mood nobody expressed."""
    moods = [value for name, value in page.attributes if name == "d" and "Z" not in value]
    starts = [float(path.split(",")[0].removeprefix("M")) for path in moods]
    assert starts == [300.0, 700.0, 108.0, 252.0]  # for wide and for narrow windows
    assert "C" not in moods[0]
    assert moods[1].count("C") == 1
    assert page.tags.count("circle") == 2 * 3
    assert page.text.count("unknown: 2 speak of it") == 2


def test_page_shows_kinds_of_friction_that_enough_customers_speak_of(page: _Page) -> None:
    """Thirty and six of 48 are shown with counts, four are too few."""
    text = page.text.replace("\u00a0", " ")
    assert text.count("technical 62 %") == 2 * 2  # as a tag, and with counts, of two pain points
    assert (
        "technical 62 % (30 of 48, 48–75 %), comprehension 12 % (6 of 48, 5.9–25 %) of the customers" in text
    )
    assert "hand-off" not in text


def test_page_of_an_unknown_trend_says_once_what_is_needed(hostile: JourneyMap) -> None:
    """The tag says that it is unknown, what is below it how many customers would tell."""
    unknown = Trend(direction="unknown", change_per_month=None, reason="too few", needed_per_month=608)
    pain = hostile.pain_points[0].model_copy(update={"trend": unknown})
    text = _Page(render_page(hostile.model_copy(update={"pain_points": (pain,)}))).text
    assert text.lower().count("trend unknown") == 2
    assert text.count("Trend unknown: about 608 customers a month needed.") == 1


def test_page_is_the_same_every_time(hostile: JourneyMap) -> None:
    """The same map gives the same bytes."""
    assert render_page(hostile) == render_page(hostile)


def test_page_of_an_empty_map_says_that_the_data_does_not(hostile: JourneyMap) -> None:
    """Without pain points, moments or opportunities the page says what would be needed."""
    empty = hostile.model_copy(
        update={"pain_points": (), "moments": (), "opportunities": (), "owner": None, "review_by": None}
    )
    found = _Page(render_page(empty))
    assert "Needed: a complaint that at least" in found.text
    assert "nobody yet" in found.text
    assert "Moments that matter" not in found.text


def test_page_opportunity_for_a_pain_point_not_shown_is_still_rendered(hostile: JourneyMap) -> None:
    """An opportunity whose pain point is not on the map names it by its id."""
    lone = hostile.model_copy(update={"opportunities": (opportunity("pp_gone"),)})
    assert "Answers: pp_gone" in _Page(render_page(lone)).text


def test_page_resting_on_opinions_is_marked(hostile: JourneyMap) -> None:
    """A map of assumptions carries a mark that cannot be missed; one with a few does not."""
    assert "ASSUMPTION MAP" not in render_page(hostile)
    opinion = tuple(
        claim(Lane.THOUGHTS, 1, "We think so", status=ClaimStatus.ASSUMPTION, quotes=0) for _ in "ab"
    )
    stages = tuple(
        stage.model_copy(update={"cells": dict.fromkeys(Lane, opinion)}) for stage in hostile.stages
    )
    assert "ASSUMPTION MAP — 80 of 80" in render_page(hostile.model_copy(update={"stages": stages}))


def test_headline_counts_what_is_on_the_map(hostile: JourneyMap) -> None:
    """The figures at the head are counts of the cells below it."""
    figures = dict(headline(hostile))
    claims = all_claims(hostile)
    assert figures["Checked claims"] == str(sum(one.status is not ClaimStatus.UNKNOWN for one in claims))
    assert figures["Cells unknown"] == "6"
    assert len(claims) > len(HOSTILE)


def _behaviour(n: int, total: int, other_n: int, other_total: int) -> Behaviour:
    return Behaviour(
        outcome="support_contact",
        with_pain=quantity(n, total, "who voice it"),
        without_pain=quantity(other_n, other_total, "who do not"),
        odds_ratio=1.23,
        low=0.07,
        high=21.0,
        linked=total,
        unlinked=0,
    )


@pytest.mark.parametrize(
    ("counts", "is_compared"),
    [((0, 12, 40, 1_000), False), ((12, 12, 40, 1_000), False), ((4, 40, 40, 1_000), False), ((9, 40, 90, 1_000), True)],
)  # fmt: skip
def test_behaviour_of_a_tiny_cell_has_no_ratio(
    counts: tuple[int, int, int, int], *, is_compared: bool
) -> None:
    """A ratio of an empty cell is the correction's, not the customers': both shares stand without it."""
    text = behaviour_text(_behaviour(*counts))
    assert ("odds ratio 1.23" in text) is is_compared
    assert ("too few to compare" in text) is not is_compared


def test_outcome_that_nobody_had_is_left_out() -> None:
    """What never happens to anybody says nothing about a pain point."""
    pain = pain_point().model_copy(
        update={"behaviour": (_behaviour(0, 50, 0, 900), _behaviour(9, 40, 90, 900))}
    )
    assert [found.with_pain.n for found in followed(pain)] == [9]


@pytest.mark.parametrize(
    ("op", "words"),
    [
        ("stage_reached", "from events"),
        ("stage_speakers", "from texts"),
        ("stage_rating", "from the ratings"),
    ],
)
def test_provenance_of_a_number_names_its_source(op: str, words: str) -> None:
    """What was counted from texts or ratings is not said to be counted from events."""
    made = claim(Lane.METRICS, 1, "A number", quotes=0)
    metric = made.metrics[0].model_copy(update={"query": MetricQuery(op=op, params={})})
    assert words in counted_from(made.model_copy(update={"metrics": (metric,)}))
