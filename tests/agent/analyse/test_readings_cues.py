"""Lexical cues and the weights' files."""

from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.analyse.cues import PhraseTree, cue_names, lexical_of, words_of
from agent.analyse.heads import HEAD_NAMES, head_from_json, head_to_json
from agent.errors import EncoderError

_HEADS = resources.files("agent.analyse.heads")


def _cues(text: str) -> dict[str, float]:
    return dict(zip(cue_names(), lexical_of([text]).cues[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("It won't let me pay", "cannot"),
        ("I can’t pay", "cannot"),
        ("Still waiting for it", "waiting"),
        ("no one answers", "silent"),
        ("they charged me twice", "money_lost"),
        ("I had to call again", "effort"),
        ("without any problems", "fine"),
        ("not good", "good_negated"),
        ("never a nightmare", "bad_negated"),
        ("so nice 😊", "smiley_good"),
        ("oh well :(", "smiley_bad"),
        ("how do i pay?", "question"),
        ("PLEASE answer", "capitals"),
        ("order 77", "digits"),
    ],
)
def test_lexical_of_phrase_sets_its_cue(text: str, cue: str) -> None:
    """Each kind of cue is seen in its words, also with a typographic apostrophe."""
    assert _cues(text)[cue] > 0


def test_lexical_of_negation_ends_with_its_clause() -> None:
    """A negation reaches three words and not over "but"."""
    assert _cues("it was not bad but good")["good"] == 1
    assert _cues("it was not bad but good")["good_negated"] == 0


def test_phrase_tree_longest_sequence_wins() -> None:
    """A longer sequence is found in place of the shorter one that starts at the same word."""
    tree = PhraseTree({"short": ["no"], "long": ["no problem at all"]})
    assert tree.find(words_of("No problem at all")) == [(1, 0)]
    assert tree.find(words_of("no problem at")) == [(0, 0)]


@given(texts=st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_lexical_of_text_alone_equals_text_among_others(texts: list[str]) -> None:
    """A row depends on its own text only."""
    together = lexical_of(texts)
    for row, text in enumerate(texts):
        alone = lexical_of([text])
        assert np.array_equal(alone.cues[0], together.cues[row])
        assert alone.words[0] == together.words[row]


@pytest.mark.parametrize("name", HEAD_NAMES)
def test_head_file_is_small_and_survives_writing(name: str) -> None:
    """A head's file can be reviewed, has its card, and is what it would be written as."""
    text = _HEADS.joinpath(f"{name}.json").read_text(encoding="utf-8")
    assert len(text.encode()) < 200_000
    assert "## Limits" in _HEADS.joinpath(f"{name}.md").read_text(encoding="utf-8")
    assert head_to_json(head_from_json(text)) == text


def test_head_from_json_other_cues_is_refused() -> None:
    """Weights for other cues are refused: they would be read against the wrong columns."""
    text = _HEADS.joinpath("tone.json").read_text(encoding="utf-8")
    with pytest.raises(EncoderError, match="does not fit"):
        head_from_json(text.replace('"greeting"', '"salute"'))
