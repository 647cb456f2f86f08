"""Telling English from other languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.analyse.languages import language_fit


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ich warte seit drei Wochen auf mein Geld.", "de"),
        ("Livraison rapide et très bon service", "fr"),
        ("Muy buena atención, todo perfecto", "es"),
        ("Il servizio non risponde mai", "it"),
        ("Não recebi o meu pedido", "pt"),
        ("Het pakket is nooit aangekomen", "nl"),
        ("Bardzo dobrze, dziękuję", "pl"),
        ("物流很慢", None),
        ("خدمة ممتازة", None),
        ("Очень плохо", None),
        ("पैकेज नहीं आया", None),
    ],
)
def test_language_fit_other_language_is_told(text: str, language: str | None) -> None:
    """Another script, or the commonest words of another language, give a text away."""
    fit = language_fit(text)
    assert not fit.is_english
    assert fit.language == language


@pytest.mark.parametrize(
    "text",
    [
        "My parcel has not arrived.",
        "Refund!",
        "app crashes",
        "super fast",
        "The café's crème brûlée was superb",
        "José was rude to us",
        "Los Angeles",
        "I paid der Fahrer in cash",
        "12345",
        "👍👍",
        "",
        "<div class='est'>Love it</div>",
    ],
)
def test_language_fit_english_names_and_loans_stay_english(text: str) -> None:
    """A name, a loan or a bare word is no evidence of another language."""
    assert language_fit(text).is_english


def test_language_fit_no_words_says_so() -> None:
    """Smileys and numbers hold no words."""
    assert not language_fit("👍 123").has_words


@given(text=st.text(max_size=200))
def test_language_fit_any_text_gets_an_answer(text: str) -> None:
    """Whatever the characters, the judgement is of the text alone and names a language only where it is not English."""
    fit = language_fit(text)
    assert fit == language_fit(text)
    assert fit.language is None or not fit.is_english


def test_language_of_a_word_without_end_is_judged_in_linear_time() -> None:
    """A long run of letters is looked through once, not once a letter."""
    assert language_fit("x" * 300_000 + " the order was late").is_english
