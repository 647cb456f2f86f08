"""The quick test that keeps the search for names off a text lets every text with a candidate through."""

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.redact import names
from agent.redact.lexicon import lexicon

_WORDS = st.sampled_from(
    [
        "emma",
        "Emma",
        "EMMA",
        "great",
        "Great",
        "my",
        "name",
        "is",
        "called",
        "Mr.",
        "dr",
        "wife,",
        "zoltan",
        "O'Neill",
        "I",
    ]
)


@settings(deadline=None)
@given(st.lists(_WORDS | st.text(max_size=8), max_size=12).map(" ".join))
def test_quick_test_of_any_text_never_keeps_a_candidate_back(text: str) -> None:
    """Where a word is a candidate for a name, the text is searched."""
    tokens = [names._token(match) for match in names._TOKEN.finditer(text)]  # pyright: ignore[reportPrivateUsage]
    words = lexicon()
    found = any(names._is_candidate(tokens, i, words) for i in range(len(tokens)))  # pyright: ignore[reportPrivateUsage]
    may = names._may_hold_names([token.word for token in tokens], words)  # pyright: ignore[reportPrivateUsage]
    assert may or not found
