"""Names of themes: verbatim, readable, distinct, without digits or names."""

import re
from collections.abc import Sequence

from agent.analyse.phrases import Naming, name_groups, stem
from agent.analyse.readings import PassageReader
from agent.testing import HashEncoder
from tests.agent.analyse.theme_corpus import corpus


def _names(groups: Sequence[Sequence[int]], texts: list[str]) -> list[Naming]:
    encoder = HashEncoder(64)
    return name_groups(groups, texts, encoder.encode(texts), reader=PassageReader(encoder))


def _named() -> list[tuple[str, list[str], tuple[str, ...], str]]:
    passages, _, _, topics = corpus()
    texts = [p.text for p in passages]
    groups = [
        [row for row, topic in enumerate(topics) if topic == name]
        for name in ("late", "code", "app", "phone")
    ]
    return [
        (n.label, [texts[row] for row in rows], n.terms, n.definition)
        for n, rows in zip(_names(groups, texts), groups, strict=True)
    ]


def test_labels_are_cut_out_of_what_customers_wrote() -> None:
    """Two to seven words that stand in a member text, distinct, about the topic."""
    named = _named()
    for label, texts, _, _ in named:
        assert 2 <= len(label.split()) <= 7
        assert any(label.lower() in text.lower() for text in texts)
    assert len({label for label, *_ in named}) == 4
    assert "late" in named[0][0].lower()
    assert "code" in named[1][0].lower()


def test_labels_and_definitions_hold_no_digits_names_or_placeholders() -> None:
    """Digits, e-mail placeholders and names of people never reach a label."""
    texts = [f"Agent Miriam charged card {n} twice, said [NAME-a{n}f] on {n} May" for n in range(30)]
    naming = _names([range(30)], [*texts, "something else entirely"])[0]
    for text in (naming.label, naming.definition, *naming.terms):
        assert re.search(r"\d|\[|miriam", text.lower()) is None
    assert "charged" in naming.label.lower()


def test_names_of_texts_without_words_still_differ() -> None:
    """Texts that hold nothing to cut out of get a label all the same, each its own."""
    labels = [naming.label for naming in _names([[0], [1], [2]], ["!!!", "???", "bad"])]
    assert len(set(labels)) == 3
    assert all(labels)


def test_stem_joins_forms_of_a_word() -> None:
    """Endings go, short words and double s stay."""
    assert stem("delayed") == stem("delays") == stem("delaying") == "delay"
    assert (stem("bus"), stem("less"), stem("replies")) == ("bus", "less", "reply")


def test_labels_hold_nothing_of_markup_and_addresses() -> None:
    """A name in an address, the words of a tag and those of a link never reach a label or a term."""
    texts = [
        f"Mail john.smith@example.com or <img src=x onerror=alert> https://evil.test/win order {word} never came"
        for word in ("one", "two", "three", "four")
    ]
    naming = _names([range(4)], [*texts, "something else entirely"])[0]
    for text in (naming.label, naming.definition, *naming.terms):
        assert re.search(r"john|smith|example|src|onerror|evil|http", text.lower()) is None
    assert "never came" in naming.label.lower()


def test_label_of_a_script_with_vowel_signs_is_not_cut_inside_a_word() -> None:
    """Signs behind a letter belong to its word: the label stands in a text, between spaces."""
    texts = ["मेरा ऑर्डर नहीं आया", "फिर ऑर्डर नहीं आया", "आज ऑर्डर नहीं आया"]
    label = _names([range(3)], [*texts, "something else entirely"])[0].label
    assert any(f" {label} " in f" {text} " for text in texts)


def test_texts_that_share_one_word_are_named_by_it() -> None:
    """A single shared word tells more than that there are no words."""
    label = _names([range(3)], ["battery", "battery", "battery", "something else entirely"])[0].label
    assert label == "Battery"
