"""Names of themes: verbatim, readable, distinct, without digits or names."""

import re

from agent.analyse.phrases import name_groups, stem
from tests.agent.analyse.theme_corpus import corpus


def _named() -> list[tuple[str, list[str], tuple[str, ...], str]]:
    passages, _, _, topics = corpus()
    groups = [
        [p.text for p, t in zip(passages, topics, strict=True) if t == name]
        for name in ("late", "code", "app", "phone")
    ]
    namings = name_groups(groups, [p.text for p in passages])
    return [(n.label, texts, n.terms, n.definition) for n, texts in zip(namings, groups, strict=True)]


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
    naming = name_groups([texts], [*texts, "something else entirely"])[0]
    for text in (naming.label, naming.definition, *naming.terms):
        assert re.search(r"\d|\[|miriam", text.lower()) is None
    assert "charged" in naming.label.lower()


def test_names_of_texts_without_words_still_differ() -> None:
    """Texts that hold nothing to cut out of get a label all the same, each its own."""
    labels = [naming.label for naming in name_groups([["!!!"], ["???"], ["bad"]], ["!!!", "???", "bad"])]
    assert len(set(labels)) == 3
    assert all(labels)


def test_stem_joins_forms_of_a_word() -> None:
    """Endings go, short words and double s stay."""
    assert stem("delayed") == stem("delays") == stem("delaying") == "delay"
    assert (stem("bus"), stem("less"), stem("replies")) == ("bus", "less", "reply")
