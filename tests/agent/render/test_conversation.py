"""A conversation written out: every quote and number with its source, what was unknown, and no markup out of any text."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from agent.render.conversation import Footnote, conversation_blocks, render_conversation
from agent.render.conversation_pdf import conversation_pdf
from agent.schemas.chat import (
    Answer,
    Choice,
    Conversation,
    Message,
    Outcome,
    Picture,
    Sentence,
    SentenceKind,
)
from tests.agent.answers import AT, answer, number_citation, quote_citation
from tests.agent.maps import HOSTILE

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_N_WORDS = 12


def _conversation(title: str = "Late parcels") -> Conversation:
    return Conversation(
        conversation_id="c_1", owner="anna", title=title, created_at=AT, changed_at=AT, head="m_1"
    )


def _message(question: str, given_answer: Answer | None, *, cut_off: bool = False) -> Message:
    return Message(
        message_id="m_1",
        parent_id=None,
        question=question,
        asked_at=AT,
        answer=given_answer,
        answered_at=AT,
        cut_off=cut_off,
    )


def _rendered(*messages: Message, title: str = "Late parcels", workspace: str = "Fernway") -> str:
    return render_conversation(_conversation(title), messages, workspace=workspace, now=AT)


def _of_words(words: tuple[str, ...]) -> str:
    """Return a conversation with other people's words in every place that takes any."""
    filled = [word if word.strip() else "blank" for word in words]
    first = answer(
        filled[0],
        quote=filled[1],
        record_id=filled[2],
        population=filled[3],
        cell=filled[4],
        unknown=filled[5],
    ).model_copy(
        update={
            "understood": filled[6],
            "choices": (Choice(label=filled[7], request="x"),),
            "error": filled[8],
            "pictures": (Picture(kind="trend", alt=filled[9]),),
        }
    )
    return _rendered(_message(filled[10], first), title=filled[11], workspace=filled[11])


def _shape(text: str) -> list[tuple[str, int]]:
    """Return what is left of a document when its words are taken out."""
    tokens: list[Token] = _PARSER.parse(text)
    inner = [child for token in tokens for child in [token, *(token.children or [])]]
    return [(token.type, token.level) for token in inner if token.type not in {"text", "text_special"}]


_PLAIN = _shape(_of_words(tuple(f"words {number}" for number in range(_N_WORDS))))


@pytest.mark.parametrize("shift", range(len(HOSTILE)))
def test_conversation_of_hostile_words_has_the_shape_of_plain_ones(shift: int) -> None:
    """Each hostile text in each place forms no link, picture, HTML, heading, list or code."""
    words = tuple(HOSTILE[(shift + number) % len(HOSTILE)] for number in range(_N_WORDS))
    assert _shape(_of_words(words)) == _PLAIN
    assert not {"link_open", "image", "html_inline", "html_block", "code_inline", "fence"} & {
        kind for kind, _ in _PLAIN
    }


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=_N_WORDS, max_size=_N_WORDS).map(tuple))
def test_conversation_of_any_words_has_the_shape_of_plain_ones(words: tuple[str, ...]) -> None:
    """The law over any text at all."""
    assert _shape(_of_words(words)) == _PLAIN


_SIGNS = st.text(alphabet="-+=*_#>|~`1.) \\[]()!<&:/w@^", min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(_SIGNS, min_size=_N_WORDS, max_size=_N_WORDS).map(tuple))
def test_conversation_of_signs_has_the_shape_of_plain_words(words: tuple[str, ...]) -> None:
    """The same where every sign means something."""
    assert _shape(_of_words(words)) == _PLAIN


def test_conversation_names_source_count_and_interval_of_every_citation() -> None:
    """Quote with record and place; n of total with interval and population; time, workspace, table, and the unknown."""
    text = _rendered(_message("Why late?", answer(unknown="What of prices?")))
    for part in (
        "# Late parcels",
        "Workspace Fernway. Begun 1 June 2026, 12:00 UTC",
        "> Why late?",
        "Parcels come late.[^1][^2]",
        "[^1]: “It never arrived.” — source ticket-1 (review, app\\_store, 1 June 2026, 12:00 UTC), record r\\_1, 0–17.",
        "[^2]: Reach — 20 % (12 of 60, 95 % interval 12–32 %) of customers who wrote a review.",
        "| Late parcels | 20 % | [^2] |",
        "The data does not say: What of prices?",
        "Needed for it: What of prices?",
    ):
        assert part in text


def test_same_citation_has_one_number_and_others_go_on_counting() -> None:
    """Numbers are of the document, not of an answer, whose own c1 may be another one's c2."""
    both = (quote_citation(1, "Where is it?", "r_2"), quote_citation(2, "It never arrived."))
    second = Answer(
        outcome=Outcome.ANSWERED,
        sentences=(
            Sentence(
                kind=SentenceKind.FINDING, text="So it is.", template="So it is.", citations=("c1", "c2")
            ),
            Sentence(kind=SentenceKind.SUGGESTION, text="Call.", template="Call.", citations=("c1",)),
        ),
        citations=both,
        writer="w",
    )
    same = quote_citation(1, "It never arrived.")
    both_shown = second.model_copy(
        update={"citations": (both[0], same.model_copy(update={"citation_id": "c2"}))}
    )
    messages = [_message("Why?", answer()), _message("Really?", both_shown)]
    text = _rendered(*messages)
    assert "So it is.[^1][^3]" in text
    assert "Suggestion: Call.[^3]" in text
    notes = [
        block
        for block in conversation_blocks(_conversation(), messages, workspace="b", now=AT)
        if isinstance(block, Footnote)
    ]
    assert [note.number for note in notes] == [1, 2, 3]
    assert Counter("It never arrived." in note.text for note in notes)[True] == 1


def test_conversation_says_what_became_of_a_turn_without_an_answer() -> None:
    """Cut off, still at work, stopped, removed, failed: each is said."""
    stopped = answer().model_copy(
        update={"outcome": Outcome.STOPPED, "n_removed": 2, "error": "The model is away."}
    )
    text = _rendered(
        _message("One?", None, cut_off=True), _message("Two?", None), _message("Three?", stopped)
    )
    assert "There is no answer: the work on it was cut off." in text
    assert "There is no answer: it is being worked on." in text
    assert "The answer was stopped" in text
    assert "did not verify: 2 sentences" in text
    assert "It failed: The model is away." in text


def test_number_that_could_not_be_counted_says_why() -> None:
    """A metric without a value is unknown, with its reason, never a blank."""
    metric = number_citation(2).metric
    assert metric is not None
    unknown = metric.model_copy(
        update={"value": None, "low": None, "high": None, "quantity": None, "reason": "Too few."}
    )
    made = answer()
    cited = tuple(
        item if item.metric is None else item.model_copy(update={"metric": unknown})
        for item in made.citations
    )
    assert "Reach — unknown (Too few.)." in _rendered(
        _message("Why?", made.model_copy(update={"citations": cited}))
    )


def test_pdf_of_hostile_words_holds_no_link_and_is_the_same_each_time() -> None:
    """The same blocks go into the PDF; nothing in them becomes an action."""
    messages = [
        _message(word, answer(word, quote=word, population=word, cell=word, unknown=word)) for word in HOSTILE
    ]
    made = [
        conversation_pdf(_conversation(HOSTILE[0]), messages, workspace=HOSTILE[1], now=AT) for _ in range(2)
    ]
    assert made[0].startswith(b"%PDF")
    assert made[0] == made[1]
    assert not [mark for mark in (b"/URI", b"/JavaScript", b"/Launch", b"/Annots") if mark in made[0]]
