"""Steps that a request names by what people do: "adding something to the basket", "viewed a product", "adding it"."""

from collections.abc import Sequence
from typing import Final

from agent.chat.understand.index import Index, Mention
from agent.chat.understand.words import Token, stem, words_in

_MOST_WORDS: Final = 7
"""A verb and its object are not further apart."""
_FORMS: Final = ("ing", "ed")
_TOLD_BY_VERB: Final = 2
"""Words of a name of which the verb alone tells enough."""


def done_step(tokens: Sequence[Token], start: int, index: Index, before: Sequence[Mention]) -> Mention | None:
    """Return the step whose name holds a verb that stands here in any form, with as much of its object as is named.

    Args:
        tokens: Of the request.
        start: Where the verb stands.
        index: Has the names of steps.
        before: Steps named so far; "it" means what the last of them was about.

    Returns:
        None where no step's name holds the verb, or several do and nothing says which.
    """
    verb = tokens[start]
    if verb.text in words_in("stop") or (not verb.text.endswith(_FORMS) and not _is_after_who(tokens, start)):
        return None
    holding = [(event, stems) for event, stems in index.event_stems if verb.stem in stems]
    if not holding:
        return None
    end, said, open_ = _object(tokens, start + 1)
    meant = set(said)
    if open_ and before:
        meant |= dict(index.event_stems).get(before[-1].value, frozenset())
    named = [(len(stems & meant), event, stems) for event, stems in holding if stems & (meant - {verb.stem})]
    if named:
        most = max(n for n, _, _ in named)
        best = [(event, stems) for n, event, stems in named if n == most]
    elif said - _container_stems() - {verb.stem}:
        return None
    elif not open_ and all(len(stems) > _TOLD_BY_VERB for _, stems in holding):
        # "They change to another channel" says nothing of a delivery date.
        return None
    else:
        best = holding
    # The name that says no more than all the others do is the plain one: a product added, not added to a wish list.
    plain = next((one for one in best if all(one[1] <= stems for _, stems in best)), None)
    # An object that no name holds is another thing: "booking an appointment" is no "booking a table".
    if plain is None or said - _container_stems() - plain[1] - {verb.stem}:
        return None
    return Mention("event", plain[0], start, end, rough=True)


def _is_after_who(tokens: Sequence[Token], start: int) -> bool:
    return start > 0 and tokens[start - 1].text in {"they", "who", "people", "customers", "somebody", "to"}


def _object(tokens: Sequence[Token], start: int) -> tuple[int, set[str], bool]:
    """Return where the object of a verb ends, the stems it names, and whether it is left open by "it" and the like."""
    said: set[str] = set()
    end, open_ = start, False
    for at in range(start, min(len(tokens), start + _MOST_WORDS)):
        text = tokens[at].text
        if text in words_in("any_object"):
            end, open_ = at + 1, True
        elif text in words_in("containers"):
            end = at + 1
            said.add(tokens[at].stem)
        elif text in words_in("object_links"):
            if text == "to" and not _is_container_next(tokens, at + 1):
                break
            continue
        elif (
            tokens[at].is_word
            and text not in words_in("stop") | words_in("breaks")
            and end == at - _gap(tokens, at)
        ):
            end = at + 1
            said.add(tokens[at].stem)
        else:
            break
    return end, said, open_


def _gap(tokens: Sequence[Token], at: int) -> int:
    """Return how many linking words stand right before a place."""
    n = 0
    while at - n - 1 >= 0 and tokens[at - n - 1].text in words_in("object_links"):
        n += 1
    return n


def _is_container_next(tokens: Sequence[Token], at: int) -> bool:
    return any(token.text in words_in("containers") for token in tokens[at : at + 3])


def _container_stems() -> frozenset[str]:
    return frozenset(stem(word) for word in words_in("containers"))
