"""Mermaid's journey grammar, whatever stands in a label."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.render.mermaid import render_mermaid
from tests.agent.maps import HOSTILE, journey_map

_LABEL = r"(?!(?i:journey|title|section|acctitle|accdescr)\b)[^:;#%{}\[\]<>\"`|\\\n]+"
_LINE = re.compile(
    rf"journey|  title {_LABEL}|  section {_LABEL}|    {_LABEL}: [1-5]: (?! )[^:;#,\n]*[^:;#,\n ]"
)


def _check(text: str) -> list[str]:
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    assert [line for line in lines if not _LINE.fullmatch(line)] == []
    assert [line.split()[0] for line in lines[:2]] == ["journey", "title"]
    assert len(text.splitlines()) == len(lines)
    return lines


def test_mermaid_of_hostile_words_keeps_the_grammar() -> None:
    """Labels lose what the grammar would read, and nothing else is added."""
    lines = _check(render_mermaid(journey_map()))
    assert sum(line.startswith("  section ") for line in lines) == 5


@settings(deadline=None)
@given(st.lists(st.text(max_size=90), min_size=1, max_size=5).map(tuple))
def test_mermaid_of_any_words_keeps_the_grammar(words: tuple[str, ...]) -> None:
    """The law over any text."""
    _check(render_mermaid(journey_map(words)))


@settings(deadline=None)
@given(
    st.lists(
        st.text(alphabet=':;#%{}[]<>"`|\\, \n\x85\N{LINE SEPARATOR}journeytitlsc', max_size=30),
        min_size=1,
        max_size=5,
    ).map(tuple)
)
def test_mermaid_of_signs_and_keywords_keeps_the_grammar(words: tuple[str, ...]) -> None:
    """The same where every sign and word means something to Mermaid."""
    _check(render_mermaid(journey_map(words)))


def test_mermaid_persona_of_signs_alone_has_a_name() -> None:
    """A task without an actor would be another task; a comma would make two actors of one."""
    found = journey_map()
    for persona, actor in ((",", "unnamed"), ("::;", "unnamed"), ("a, b", "a b")):
        scope = found.scope.model_copy(update={"persona": persona})
        tasks = [
            line for line in _check(render_mermaid(found.model_copy(update={"scope": scope}))) if ": " in line
        ]
        assert tasks
        assert {line.rsplit(": ", 1)[1] for line in tasks} == {actor}


def test_mermaid_stages_without_mood_have_no_tasks() -> None:
    """Mermaid has no score for unknown, so nothing is scored."""
    lines = _check(render_mermaid(journey_map(HOSTILE)))
    by_section: dict[str, int] = {}
    section = ""
    for line in lines[2:]:
        if line.startswith("  section "):
            section = line.removeprefix("  section ")
            by_section[section] = 0
        else:
            by_section[section] += 1
    assert by_section == {"awareness": 0, "consideration": 3, "decision": 0, "retention": 3, "advocacy": 3}


def test_mermaid_scores_follow_the_mood() -> None:
    """From one at the worst to five at the best."""
    lines = _check(render_mermaid(journey_map()))
    scores = [int(line.split(": ")[1]) for line in lines if line.startswith("    ")]
    assert scores == [4, 4, 4, 2, 2, 2, 5, 5, 5]
