"""A subject that no word leads to: the words of a request that are of no list."""

from collections.abc import Collection, Sequence

from agent.chat.understand.frames import is_asking, is_frame, is_limit_word
from agent.chat.understand.spans import Subject, extended, is_head
from agent.chat.understand.words import Token, thing_stems, words_in


def loose(tokens: Sequence[Token], covered: Collection[int], said: frozenset[str]) -> Subject | None:
    """Return the longest run of words that are of no list, with what belongs to them on both sides.

    One that customers speak of, or that names an everyday thing, goes before one that nobody knows.
    """
    best: tuple[tuple[bool, int], Subject] | None = None
    known = said | thing_stems()
    at = 0
    while at < len(tokens):
        if at in covered or is_frame(tokens[at]) or is_limit_word(tokens[at].text):
            at += 1
            continue
        start, end = at, at + 1
        while start > 0 and tokens[start - 1].text in words_in("before") and start - 1 not in covered:
            start -= 1
        end = _run_end(tokens, end, covered)
        rank = (any(token.stem in known and not is_frame(token) for token in tokens[start:end]), end - start)
        if (
            not _is_verb(tokens, start, end)
            and not _is_degree(tokens, start, end)
            and (rank[0] or not _is_people(tokens, start, end, covered))
            and (best is None or rank > best[0])
        ):
            text = " ".join(token.text for token in tokens[start:end])
            # "Tracking complaints" are complaints about tracking.
            led = rank[0] and end < len(tokens) and tokens[end].text in words_in("trouble")
            best = (rank, Subject(text, start, end, led=led))
        at = end
    return None if best is None else best[1]


def compound(tokens: Sequence[Token], covered: Collection[int]) -> Subject | None:
    """Return a thing that is named with what it is for, though either word may mean another thing: "the walking boots"."""
    for at, token in enumerate(tokens[:-1]):
        before = tokens[at - 1].text if at and tokens[at - 1].is_word else ""
        leads = words_in("determiners") | words_in("prepositions") | words_in("thing_leads")
        if {at, at + 1} & set(covered) or (before and before not in leads):
            continue
        if not (_is_for(token, tokens[at + 1]) and is_head(tokens, at + 1)):
            continue
        end = at + 2
        end = extended(tokens, end, len(tokens))
        following = tokens[end].text if end < len(tokens) else ""
        led = following in words_in("complaint_words") | words_in("trouble")
        return Subject(" ".join(one.text for one in tokens[at:end]), at, end, led=led)
    return None


def _is_people(tokens: Sequence[Token], start: int, end: int, covered: Collection[int]) -> bool:
    """Tell whether an unknown word calls the people of a named group: "canopy cardholders", "punters in Bath"."""
    if end - start > 1 or not tokens[start].text.endswith("s"):
        return False
    is_named = start - 1 in covered and start > 0 and tokens[start - 1].is_word
    is_from = end + 1 in covered and tokens[end].text in {"in", "from", "on", "at", "with", "around"}
    return is_named or is_from


def _is_degree(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Tell whether an unknown word only says which of several: "most trodden routes", "the smartest move"."""
    if end - start > 1 or end >= len(tokens) or not is_frame(tokens[end]):
        return False
    before = tokens[start - 1].text if start else ""
    return before in {"most", "least"} or (before in {"the", "our"} and tokens[start].text.endswith("est"))


def _is_verb(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Tell whether an unknown word stands where requests have their verb: "what irks shoppers", "fetch the map"."""
    if end - start > 1:
        return False
    before = tokens[start - 1].text if start else ""
    after = tokens[end].text if end < len(tokens) else ""
    if before == "":
        return after in words_in("subjects_determiners") or after == "me"
    if before in words_in("people"):
        # What was counted is not known where its verb is not.
        return not any(token.text in {"many", "number", "share", "often", "percentage"} for token in tokens)
    if tokens[start].text.endswith("ing") and _goes_with(before, after):
        return True
    if tokens[start].text.endswith("ing") and before in {
        "from",
        "by",
        "for",
        "without",
        "while",
        "when",
        "of",
    }:
        return True
    return before in words_in("verb_leads") and (
        after in words_in("people")
        or after in words_in("generic")
        or after in words_in("stop")
        or before == "they"
    )


def _goes_with(before: str, after: str) -> bool:
    """Tell whether a word in "-ing" is what somebody is at: "which sources are feeding this tool", not "is parking a problem"."""
    return before in {"are", "were", "am", "been"} or (
        before in {"is", "was"} and after in words_in("determiners") - {"a", "an"}
    )


def _run_end(tokens: Sequence[Token], end: int, covered: Collection[int]) -> int:
    while end < len(tokens) and end not in covered and tokens[end].is_word:
        if not is_asking(tokens[end]) and not is_limit_word(tokens[end].text):
            end += 1
        elif (
            tokens[end].text in words_in("inner")
            and end + 1 < len(tokens)
            and not is_frame(tokens[end + 1])
            and end + 1 not in covered
        ):
            if is_limit_word(tokens[end + 1].text):
                break
            end += 2
        else:
            break
    return extended(tokens, end, next((at for at in range(end, len(tokens)) if at in covered), len(tokens)))


def _is_for(token: Token, thing: Token) -> bool:
    """Tell whether a word says what a thing is for: a gerund, or a noun before a word that is a thing only behind one."""
    asking = words_in("stop") | words_in("generic") | words_in("computed") | words_in("complaint_words")
    if thing.text in words_in("heads") and token.is_word and token.text not in asking | words_in("people"):
        return True
    is_gerund = token.text.endswith("ing") and token.text not in words_in("no_purpose")
    return is_gerund and thing.text not in words_in("generic")
