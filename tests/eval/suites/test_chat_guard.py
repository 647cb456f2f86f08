"""The set of lies that the guard is measured with, and what becomes of a sentence."""

from collections import Counter

import pytest

from eval.suites.chat_guard import Told, fate_of, sentences_told


def test_set_of_lies_is_of_many_kinds_and_half_of_each_is_put_aside() -> None:
    """Sixty lies of twelve kinds or more, sixty fair sentences, of several industries."""
    told = sentences_told()
    assert Counter(one.is_lie for one in told) == {True: 60, False: 60}
    assert len({one.kind for one in told if one.is_lie}) >= 12
    assert len({one.industry for one in told}) >= 6
    for kind in {one.kind for one in told}:
        of_kind = [one.is_aside for one in told if one.kind == kind]
        assert 2 * sum(of_kind) == len(of_kind)


@pytest.mark.parametrize(
    ("text", "fate"),
    [
        ("A customer says: “The tent leaks.”", "let through"),
        ("Customers say that the tent is dry.", "replaced"),
        ("Visit evil.example.", "replaced"),
    ],
)
def test_fate_of_sentence_is_what_the_guard_makes_of_it(text: str, fate: str) -> None:
    """Kept, or replaced by the quote."""
    told = Told(
        id="x", kind="x", industry="camping", is_lie=False, is_aside=False, quote="The tent leaks.", text=text
    )
    assert fate_of(told) == fate
