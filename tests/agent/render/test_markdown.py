"""Markdown that no text of a customer can break out of."""

import re
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from agent.render.markdown import render_markdown
from agent.render.page import all_claims
from tests.agent.maps import HOSTILE, journey_map

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_PLAIN = tuple(f"words {number}" for number in range(len(HOSTILE)))


def _parsed(words: tuple[str, ...]) -> list[Token]:
    return _PARSER.parse(render_markdown(journey_map(words)))


def _shape(tokens: list[Token]) -> list[tuple[str, int]]:
    """Return what is left of a document when its words are taken out."""
    inner = [child for token in tokens for child in [token, *(token.children or [])]]
    return [(token.type, token.level) for token in inner if token.type not in {"text", "text_special"}]


def _text(tokens: list[Token]) -> str:
    inner = [child for token in tokens for child in token.children or []]
    return "".join(token.content for token in inner)


def test_markdown_of_hostile_words_has_the_shape_of_plain_ones() -> None:
    """Markup in a text forms no heading, list, link, image, table, code or HTML."""
    assert _shape(_parsed(HOSTILE)) == _shape(_parsed(_PLAIN))
    assert not {"html_inline", "html_block", "link_open", "image", "fence", "code_inline", "table_open"} & {
        kind for kind, _ in _shape(_parsed(HOSTILE))
    }


@settings(max_examples=12, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=90, max_size=90).map(tuple))
def test_markdown_of_any_words_has_the_shape_of_plain_ones(words: tuple[str, ...]) -> None:
    """The law over any text at all; a number at its end keeps the text from being blank."""
    assert _shape(_parsed(words)) == _shape(_parsed(_PLAIN))


_SIGNS = st.text(alphabet="-+=*_#>|~`1.) \\[]()!<&:/w@", min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(st.lists(_SIGNS, min_size=90, max_size=90).map(tuple))
def test_markdown_of_signs_has_the_shape_of_plain_words(words: tuple[str, ...]) -> None:
    """The same where every sign means something."""
    assert _shape(_parsed(words)) == _shape(_parsed(_PLAIN))


def test_markdown_holds_every_claim_and_quote() -> None:
    """Statements, quotes for and against, and what unknown cells need can be read."""
    found = journey_map()
    text = _text(_parsed(HOSTILE))
    quotes = [item.quote for one in all_claims(found) for item in (*one.evidence, *one.opposing)]
    quotes += [item.quote for pain in found.pain_points for item in (*pain.evidence, *pain.opposing)]
    words = [one.statement for one in all_claims(found) if one.missing is None]
    missing = [one.missing for one in all_claims(found) if one.missing is not None]
    for word in (*quotes, *words, *missing):
        assert " ".join(word.split()) in text
    assert Counter(re.findall(r"Speaks against it", text))["Speaks against it"] > 2


def test_markdown_names_the_kinds_of_friction() -> None:
    """Those that enough customers speak of, with their shares."""
    assert "Friction: technical 62 %, comprehension 12 %." in _text(_parsed(HOSTILE)).replace("\u00a0", " ")


def test_markdown_addresses_become_no_links() -> None:
    """Readers such as GitHub link bare addresses; ours are written so that they do not."""
    text = render_markdown(journey_map())
    assert not re.search(r"https?://|www\.|(?<!\\)@", text)


def test_markdown_ends_with_one_newline() -> None:
    """A file that tools can append to."""
    text = render_markdown(journey_map())
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
