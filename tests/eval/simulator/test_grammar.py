"""Phrase grammars: what a line expands to, and what is refused."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import SchemaError
from eval.simulator.catalog import load_catalog
from eval.simulator.grammar import Choice, Fact, Grammar, Phrase, expand


def _all_facts(phrase: Phrase) -> set[str]:
    names: set[str] = set()
    for part in phrase:
        if isinstance(part, Fact):
            names.add(part.name)
        elif isinstance(part, Choice):
            names |= {name for option in part.options for name in _all_facts(option)}
    return names


@given(st.randoms(use_true_random=False))
def test_expand_nested_choices_yields_one_of_the_written_sentences(rnd: random.Random) -> None:
    """Only combinations that the line spells out come out, with capitals at sentence starts."""
    phrase = Grammar({"when": "today\ntonight"}).compile("it [came [late|early]|broke] {when}[. sorry|].")
    allowed = {
        f"It {what} {when}{tail}."
        for what in ("came late", "came early", "broke")
        for when in ("today", "tonight")
        for tail in ("", ". Sorry")
    }
    assert expand(phrase, {}, rnd.random) in allowed


def test_expand_with_article_fits_the_noun() -> None:
    """`{a item}` takes "an" before a vowel."""
    phrase = Grammar({}).compile("{a item}")
    rnd = random.Random(0).random  # noqa: S311 - nothing secret
    assert expand(phrase, {"item": ("oil burner",)}, rnd) == "An oil burner"
    assert expand(phrase, {"item": ("lamp",)}, rnd) == "A lamp"


@pytest.mark.parametrize("line", ["an [open bracket", "a stray ] bracket", "an {open brace"])
def test_compile_of_an_unbalanced_line_is_refused(line: str) -> None:
    """Unbalanced brackets are an error of the grammar file."""
    with pytest.raises(SchemaError):
        Grammar({}).compile(line)


def test_rules_that_refer_to_themselves_are_refused() -> None:
    """A cycle of rules is an error instead of an endless expansion."""
    with pytest.raises(SchemaError):
        Grammar({"a": "x {b}", "b": "y {a}"})


def test_grammar_files_name_only_known_facts() -> None:
    """Every slot in the files is a rule or a fact that speakers have."""
    catalog = load_catalog()
    known = {
        "item",
        "item_name",
        "measure",
        "place",
        "price",
        "city",
        "store",
        "carrier",
        "agent",
        "first_name",
    }
    known |= {"full_name", "email", "phone", "address", "card_no", "order_no", "date", "weekday"}
    phrases = [phrase for pain in catalog.pains for phrase in pain.phrasings]
    choices = [
        choice
        for pain in catalog.pains
        for choice in (pain.aftermath, pain.follow_up, pain.acknowledge, pain.titles, pain.plain_titles)
    ]
    choices += [*catalog.speech.rules.values(), *catalog.speech.praise.values()]
    choices += [c for question in catalog.speech.questions for c in (question.ask, question.answer)]
    phrases += [phrase for choice in choices for phrase in choice.options]
    for phrase in phrases:
        assert _all_facts(phrase) <= known


def test_plain_wordings_are_many_and_belong_to_one_pain_point() -> None:
    """Every pain point has twenty plain wordings besides those for contacts and short answers, none of another's."""
    pains = load_catalog().pains
    for pain in pains:
        assert len(pain.plain["anywhere"]) >= 20
        assert all(len(pain.plain[pool]) >= 4 for pool in ("support", "brief", "again"))
        numbered = [i for pools in (pain.oblique, pain.plain) for indices in pools.values() for i in indices]
        assert numbered == list(range(len(pain.phrasings)))
    said = [pain.phrasings[i] for pain in pains for indices in pain.plain.values() for i in indices]
    assert len(set(said)) == len(said)
