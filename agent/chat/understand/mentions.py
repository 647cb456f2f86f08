"""Names of the data in a request: which stage, group, step or feeling is meant, and by which words."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from agent.chat.understand.calling import contact_group, is_crowd, picks_people
from agent.chat.understand.described import described_stage
from agent.chat.understand.frames import is_frame, is_limit_word
from agent.chat.understand.index import Entry, Index, Mention
from agent.chat.understand.places import last_about, word_before
from agent.chat.understand.steps import asks_step, step_mentions, told_steps
from agent.chat.understand.words import Token, stem, stems_in, stems_of, thing_stems, words_in


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
    if not built_in and _goes_on(tokens, end):
        return False
    before = word_before(tokens, start)
    if entry.stems == stems_of("retention"):
        return _means_stage(tokens, start, before) or _is_in_row(tokens, start, index)
    if before in {"and", "from", "to", "after", "before", "by"}:
        return built_in and before in {"and", "from", "to"}
    return built_in or before in words_in("before_stage") or (before == "" and end == len(tokens))


def _is_in_row(tokens: Sequence[Token], start: int, index: Index) -> bool:
    """Tell whether a word is the next of a row of stages: "decision then retention", "from awareness to retention"."""
    at = start - 1
    while at >= 0 and tokens[at].text in {"then", "to", "and", ",", "the", "into", "finally", "until"}:
        at -= 1
    return at >= 0 and at < start - 1 and tokens[at].text in index.vocabulary.stages


_TIME_MARK: Final = "timemark"
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


def _goes_on(tokens: Sequence[Token], end: int) -> bool:
    """Tell whether a word is the first of a longer name: "payment page" is no stage."""
    following = tokens[end].text if end < len(tokens) and tokens[end].is_word else "in"
    if following == _TIME_MARK:
        # "Complaints of York in 2026": the time belongs to the request.
        return False
    return following in words_in("heads") or following not in words_in("stop") | words_in(
        "people"
    ) | words_in("generic")


def fits_value(tokens: Sequence[Token], start: int, end: int, index: Index, *, key: str, value: str) -> bool:
    """Tell whether words that equal a value of a trait limit the request to it, or merely stand in it."""
    after = tokens[end].text if end < len(tokens) else ""
    before = word_before(tokens, start)
    if (value == "phone" and _is_handset(tokens, start)) or _is_of_thing(tokens, start, end, key=key):
        return False
    if _is_end_of_way(tokens, start, after, key=key):
        return False
    is_led_on = is_crowd(after) or after == "only" or stem(after) in stems_of(key)
    if start > 1 and tokens[start - 1].text == ":":
        # "Segment: home".
        before = tokens[start - 2].text
    if is_led_on or stem(before) in stems_of(key) or _is_first_of_two(tokens, end, before):
        return True
    if last_about(tokens, start):
        return False
    word = tokens[start].text
    if key == "kind" and (word in _plurals(value) or after in words_in("pieces")):
        return after in words_in("pieces") or _counts_kind(before, after)
    is_name = (
        end - start > 1
        or (key != "channel" and word in _plurals(value))
        or bool({"versus", "vs"} & {before, after})
    )
    return is_name or _fits_one_word(tokens, start, end, index, key=key)


_CONTACTS: Final = frozenset(
    {"conversations", "contacts", "transcripts", "dialogues", "messages", "reviews", "channels"}
)


def _is_end_of_way(tokens: Sequence[Token], start: int, after: str, *, key: str) -> bool:
    """Tell whether a word is one end of a way: "from e-mail to purchase", "between delivery and review"."""
    before = word_before(tokens, start)
    if key == "channel":
        return before == "from" and after in {"to", "until", "till", "into"}
    return (
        key == "kind"
        and before == "and"
        and "between" in {one.text for one in tokens[max(0, start - 5) : start]}
    )


def _is_of_thing(tokens: Sequence[Token], start: int, end: int, *, key: str) -> bool:
    """Tell whether an everyday word only says which thing is meant or goes wrong: "the app crashing", "phone case", "family tent".

    A place or a device in such a place still says whose it is: "Leeds parcels".
    """
    following = tokens[end] if end < len(tokens) else None
    if following is None or end - start > 1 or is_crowd(following.text):
        return False
    if following.stem in stems_in("breakdowns") and (key == "channel" or "device" in key):
        return True
    is_thing = following.text in words_in("heads") or (
        following.stem in thing_stems() and not is_frame(following)
    )
    return is_thing and not is_limit_word(tokens[start].text)


def _is_first_of_two(tokens: Sequence[Token], end: int, before: str) -> bool:
    """Tell whether another value and then the customers follow: "mobile and desktop customers"."""
    if end + 1 >= len(tokens) or tokens[end].text not in {
        "and",
        "or",
        "versus",
        "vs",
        "with",
        "to",
        "against",
    }:
        return False
    far = {one.text for one in tokens[end + 1 : end + 4]}
    return bool(far & (words_in("people") | words_in("groups") | _CONTACTS)) or before in {
        "compare",
        "between",
    }


def _fits_one_word(tokens: Sequence[Token], start: int, end: int, index: Index, *, key: str) -> bool:
    word, before = tokens[start].text, word_before(tokens, start)
    is_own = not (word in words_in("generic") or word in words_in("stop"))
    if (
        key not in {"kind", "channel"}
        and is_own
        and not _is_step(word, index)
        and (_ends_or_begins(tokens, start, end) or _stands_alone(tokens, start, end, index))
    ):
        return True
    if before in words_in("before_value"):
        is_last = end == len(tokens) or not tokens[end].is_word
        return is_own or key in {"kind", "channel", "device_type"} or is_last
    if not before and start and _is_step(word, index):
        # "Steps: home, product page": one of a row of steps.
        return False
    return before in {"", "compare", "but", "do", "does", "how", "what", "where", "did"} and is_own


def _is_handset(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether "phone" is what somebody is "on a phone" with, the device, not the line they call on."""
    before = [token.text for token in tokens[max(0, start - 2) : start]]
    after = {token.text for token in tokens[start + 1 : start + 3]}
    beside = {"computer", "computers", "laptop", "desktop", "pc", "tablet"}
    if after & {"or", "and", "vs", "versus"} and after & beside:
        return True
    return len(before) > 1 and before[0] == "on" and before[1] in {"a", "their", "his", "her", "your", "my"}


def _ends_or_begins(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Tell whether a word is the last or first of its request, as in "pain points mobile" and "mobile: pain points"."""
    return all(not one.is_word for one in tokens[end:]) or all(not one.is_word for one in tokens[:start])


def _stands_alone(tokens: Sequence[Token], start: int, end: int, index: Index) -> bool:
    """Tell whether a value is no part of a longer name, as it is in "family tent", nor somebody's own."""
    raw = tokens[start - 1].text if start else ""
    if raw in {"my", "his", "her", "your", "at", "whole"}:
        return False
    following = tokens[end] if end < len(tokens) else None
    values = {
        stems_of(value)[0] for trait in index.vocabulary.traits for value in trait.values if stems_of(value)
    }
    return following is None or following.stem in values or not _goes_on(tokens, end)


def _is_step(word: str, index: Index) -> bool:
    """Tell whether a word is the whole name of a step too, such as "home"."""
    return any(stems == frozenset({stem(word)}) for _, stems in index.event_stems)


def _counts_kind(before: str, after: str) -> bool:
    """Tell whether "reviews" limits to them: as a count of them or a place to look, not as a word for feedback."""
    return before in {"many", "in", "from", "only", "of", "count", "number"} and after not in {"and", "or"}


def _plurals(value: str) -> frozenset[str]:
    """Return what several customers of a value are called: "families", "enthusiasts"."""
    word = value.casefold()
    return frozenset({f"{word}s", f"{word}es", f"{word.removesuffix('y')}ies"} - {word})


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
        if word in {"not", "without", "except", "excluding", "non", "other"} or word in {"apart"}:
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
