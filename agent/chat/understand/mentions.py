"""Names of the data in a request: which stage, group, step or feeling is meant, and by which words."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from agent.chat.understand.calling import contact_group, picks_people
from agent.chat.understand.described import described_stage
from agent.chat.understand.frames import is_frame
from agent.chat.understand.group_values import fits_value
from agent.chat.understand.index import Entry, Index, Mention
from agent.chat.understand.places import goes_on, last_about, word_before
from agent.chat.understand.steps import asks_step, step_mentions, told_steps
from agent.chat.understand.words import Token, stems_in, stems_of, thing_stems, words_in


def mentions_in(tokens: Sequence[Token], index: Index) -> tuple[Mention, ...]:
    """Return what is named, in order, without overlaps; the longest name wins."""
    taken: set[int] = set()
    found: list[Mention] = []
    candidates = [*_listed_kinds(tokens, index), *_candidates(tokens, index), *told_steps(tokens, index)]
    stage = described_stage(tokens, index)
    if stage is not None and not any(
        one.slot == "stage" and stage.start < one.start < stage.end for one in candidates
    ):
        candidates.append(stage)
    for mention in sorted(
        candidates,
        key=lambda one: (one.start - one.end, _rank(one, tokens), one.start),
    ):
        if mention.slot == "event" and _is_before_thing(tokens, mention.end):
            continue
        if mention.slot in _SOFT:
            found.append(mention)
        elif not taken & set(range(mention.start, mention.end)):
            taken |= set(range(mention.start, mention.end))
            found.append(mention)
    steps = step_mentions(tokens, index, taken, [one for one in found if one.slot == "event"])
    found.extend(one for one in steps if not _is_before_thing(tokens, one.end))
    named = _without_keys(found, tokens)
    return tuple(sorted(_as_groups(named, tokens, index), key=lambda one: one.start))


def _without_keys(found: Sequence[Mention], tokens: Sequence[Token]) -> list[Mention]:
    """Return mentions without names of traits that only say whose value stands behind them: "in the city of Leeds"."""
    values = {(one.start, one.key) for one in found if one.slot == "where"}
    return [
        one for one in found if one.slot != "by" or (_behind_equals(tokens, one.end), one.value) not in values
    ]


def _listed_kinds(tokens: Sequence[Token], index: Index) -> list[Mention]:
    """Return the kinds of text of a list that is counted: "how many reviews, surveys and support transcripts"."""
    if not {token.text for token in tokens} & _COUNTING:
        return []
    found: list[Mention] = []
    for at, token in enumerate(tokens):
        value = next((one.value for one in index.entries.get(token.stem, ()) if _is_kind(one)), None)
        if value is None or not token.text.endswith("s"):
            continue
        between = {one.text for one in tokens[found[-1].end : at]} if found else set[str]()
        if found and not (between & _LISTING and at - found[-1].end <= _LISTED):
            break
        found.append(Mention("where", value, at, at + 1, "kind"))
    return found if len({one.value for one in found}) > 1 else []


def _is_kind(entry: Entry) -> bool:
    return entry.slot == "where" and entry.key == "kind" and len(entry.stems) == 1


_LISTING: Final = frozenset({",", "and", "or", "versus", "vs", "plus"})


_COUNTING: Final = frozenset(
    {"many", "number", "numbers", "count", "counts", "volume", "volumes", "breakdown", "split", "broken"}
)


_LISTED: Final = 3
"""Words between two of a list, with the mark that parts them."""


def _as_groups(found: Sequence[Mention], tokens: Sequence[Token], index: Index) -> Iterable[Mention]:
    """Yield mentions, a deed by which customers got in touch as the group it makes where nothing else is asked of it."""
    known = {trait.key: trait.values for trait in index.vocabulary.traits}
    n_steps = sum(one.slot == "event" for one in found)
    for one in found:
        group = contact_group(one.value, known) if one.slot == "event" and n_steps == 1 else None
        is_beside = group is not None and any(
            other.slot == "where" and other.key == group[0] and other.value != group[1] for other in found
        )
        if group is None or not (is_beside or picks_people(tokens, one.start)):
            yield one
        else:
            yield Mention("where", group[1], one.start, one.end, group[0])


def _rank(mention: Mention, tokens: Sequence[Token]) -> int:
    """Return which of two names of one length wins: where a step is asked for, the step."""
    is_step = mention.slot == "event" and (
        mention.end - mention.start > 1 or asks_step(tokens, mention.start)
    )
    return 0 if is_step else _RANK[mention.slot]


_SOFT: Final = frozenset({"emotion", "severity", "creative", "lane"})
"""Sorts whose words are common ones: they stand beside other readings of the same words."""


_RANK: Final = {
    slot: n
    for n, slot in enumerate(
        (
            "after",
            "where",
            "persona",
            "map",
            "variant_set",
            "stage",
            "event",
            "by",
            "emotion",
            "severity",
            "creative",
            "lane",
        )
    )
}


def _candidates(tokens: Sequence[Token], index: Index) -> Iterable[Mention]:
    for start, token in enumerate(tokens):
        for entry in index.entries.get(token.stem, ()):
            end = start + len(entry.stems)
            if tuple(one.stem for one in tokens[start:end]) == entry.stems and _fits(
                tokens, start, end, entry, index
            ):
                yield Mention(
                    entry.slot, entry.value, start, end, entry.key, negated=_is_negated(tokens, start)
                )


def _fits(tokens: Sequence[Token], start: int, end: int, entry: Entry, index: Index) -> bool:
    # How bad something is, is told in any form: "mildly irritating", "mildly irritate".
    is_other_form = (
        entry.slot != "severity"
        and entry.text
        and entry.text != " ".join(one.text for one in tokens[start:end])
    )
    if is_other_form or (entry.slot == "after" and _is_done_by_name(tokens, end)):
        return False
    if entry.slot == "stage":
        return _fits_stage(tokens, start, end, entry, index)
    if entry.slot == "where":
        if (
            entry.called
            and (end - start > 1 or len(entry.stems[0]) > _LONG)
            and not last_about(tokens, start)
        ):
            return True
        return fits_value(tokens, start, end, index, key=entry.key, value=entry.value)
    if entry.slot == "by":
        return _fits_key(tokens, start, end)
    return True


def _is_before_thing(tokens: Sequence[Token], end: int) -> bool:
    """Tell whether a word only says which thing is meant: "delivery charge" is no delivery."""
    following = tokens[end] if end < len(tokens) else None
    if following is None or following.text.endswith("ed"):
        return False
    return following.stem in thing_stems() and not is_frame(following)


def _fits_stage(tokens: Sequence[Token], start: int, end: int, entry: Entry, index: Index) -> bool:
    after = tokens[end].text if end < len(tokens) else ""
    if after in {"stage", "phase", "stages", "column", "row"} or len(entry.stems) > _PHRASE:
        return True
    if last_about(tokens, start) and any(token.text in words_in("saying") for token in tokens):
        return False
    built_in = entry.value == " ".join(one.text for one in tokens[start:end])
    if not built_in and goes_on(tokens, end):
        return False
    before = word_before(tokens, start)
    if entry.stems == stems_of("retention"):
        return _means_stage(tokens, start, before) or _is_in_row(tokens, start, index)
    if before in {"and", "from", "to", "after", "before", "by"}:
        return built_in and before in {"and", "from", "to"}
    return (
        built_in
        or before in words_in("before_stage")
        or (
            # "Pre-purchase complaints": two words are no slip.
            before == "" and (end == len(tokens) or len(entry.stems) > 1)
        )
    )


def _is_in_row(tokens: Sequence[Token], start: int, index: Index) -> bool:
    """Tell whether a word is the next of a row of stages: "decision then retention", "from awareness to retention"."""
    at = start - 1
    while at >= 0 and tokens[at].text in {"then", "to", "and", ",", "the", "into", "finally", "until"}:
        at -= 1
    return at >= 0 and at < start - 1 and tokens[at].text in index.vocabulary.stages


_LONG: Final = 5
"""Letters of a single word that people call a group by and that is taken for it anywhere, as "caller" is."""


_PHRASE: Final = 2
"""Names of more words are found anywhere."""


def _means_stage(tokens: Sequence[Token], start: int, before: str) -> bool:
    """Tell whether "retention" is the stage and not the share of customers who come back."""
    far = tokens[start - 2].text if start > 1 else ""
    return before in {"in", "during", "at"} and far not in {"change", "drop", "difference", "rise", "changes"}


def _is_done_by_name(tokens: Sequence[Token], end: int) -> bool:
    """Tell whether what follows makes another step of it: "after checkout started", "after the order was delivered"."""
    following = tokens[end] if end < len(tokens) else None
    return following is not None and (
        following.stem in stems_in("bare_verbs") or following.text in {"was", "is", "has", "were"}
    )


def _fits_key(tokens: Sequence[Token], start: int, end: int) -> bool:
    before = word_before(tokens, start)
    raw = tokens[start - 1].text if start else ""
    if _is_sort_of(tokens, start, end):
        return False
    return before in {"by", "per", "each", "over", "every", "which", "of", "across"} or raw in {
        "by", "per", "each", "every", "which", "what",
    } or (end < len(tokens) and tokens[end].text in {"mix", "split", "breakdown", "distribution", "do"})  # fmt: skip


def _is_sort_of(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Tell whether a word only says "some sort of": "what kinds of customers"."""
    sorts = {"kind", "kinds", "type", "types", "sort", "sorts", "group", "groups", "segment", "segments"}
    return tokens[start].text in sorts and end < len(tokens) and tokens[end].text == "of"


_LEFT_OUT: Final = re.compile(
    r"\b(?:leave out|leaving out|exclude|excluding|drop|ignore|skip|without)\b.*\b(?:whoever|who|anyone|those|everyone|everybody)\b.*\bnot\b"
)


def _is_negated(tokens: Sequence[Token], start: int) -> bool:
    near = [one.text for one in tokens[max(0, start - 4) : start]]
    far = " ".join(one.text for one in tokens[max(0, start - 8) : start])
    if _LEFT_OUT.search(far):
        # Whoever is left out for not being one: those who are stay.
        return False
    for word in reversed(near):
        if word in words_in("excluding"):
            return True
        if word not in words_in("mentions_determiners") | {
            "on",
            "in",
            "from",
            "via",
            "using",
            "use",
            "by",
            "than",
            "for",
            "with",
        }:
            return False
    return False


def behind_traits(tokens: Sequence[Token], index: Index) -> frozenset[int]:
    """Return the places right behind a trait's name, where its value stands: "device type tablet", "city = Manchester"."""
    found: set[int] = set()
    for start, token in enumerate(tokens):
        for entry in index.entries.get(token.stem, ()):
            end = start + len(entry.stems)
            if entry.slot != "by" or tuple(one.stem for one in tokens[start:end]) != entry.stems:
                continue
            found.add(_behind_equals(tokens, end))
    return frozenset(found)


def _behind_equals(tokens: Sequence[Token], at: int) -> int:
    while at < len(tokens) and tokens[at].text in _EQUALS:
        at += 1
    return at


_EQUALS: Final = frozenset({":", "is", "equals", "equal", "being", "called", "named", "of"})
