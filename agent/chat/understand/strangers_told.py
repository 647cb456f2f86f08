"""Groups, places and channels that a message told of and that the data does not know, where a request points back to them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agent.chat.understand.frames import is_frame
from agent.chat.understand.index import index_of
from agent.chat.understand.limits import unknown_limits
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import lexicon, thing_stems, words_in

_YIELDS: Final = re.compile(
    rf"\b(?:it|they|them) (?:\w+ly |even |actually )?(?:{'|'.join(sorted(words_in('yielding')))})\b"
    r"|\b(?:do|does|did) (?:it|they) (?:\w+ )?\w+|\b(?:from|through|via|to|by|for) (?:it|them|there)\b|\b(?:its|their) (?:\w+ )?(?:share|credit|part|contribution|role|conversion|orders|customers|visitors|users)\b"
    r"|\b(?:that|this|the same) (?:channel|source|platform|network|campaign|medium|placement)\b"
)
"""Asks what comes from a channel that was told."""


_DUMMY: Final = re.compile(
    r"\b(?:do|does|did) (?:it|they) (?:look|take|seem|matter|happen|help|mean|make|feel|go|compare|say|complain|think|want|like|need|struggle|mind|care|leave|buy|come|talk|write|mention)\b"
)


_IN_IT: Final = re.compile(r"\b(?:in|of|on) (?:it|that one|this one)\b")


_WHOSE: Final = re.compile(r"\b(?:they|them|their|theirs|those|these|its|there)\b")


_GROUPS: Final = frozenset({"age", "gender", "life", "demonym", "business"})


def with_unknown(parsed: Parsed, said: Parsed, vocabulary: Vocabulary) -> Parsed:
    """Return a request with the group, place or channel that it points back to, where the data does not know it.

    Args:
        parsed: The request.
        said: What the message told before: "We pour money into TikTok. How many orders does it bring?"
        vocabulary: Names of the data.
    """
    if parsed.limits or parsed.all("where"):
        return parsed
    found = _told_channel(parsed, said, vocabulary) or _told_group(parsed, said, vocabulary)
    return replace(parsed, limits=found) if found else parsed


def _told_channel(parsed: Parsed, said: Parsed, vocabulary: Vocabulary) -> tuple[str, ...]:
    if not _YIELDS.search(parsed.text) or _DUMMY.search(parsed.text):
        return ()
    pushed = next((token.text for token in said.tokens if token.text in words_in("pushes")), None)
    if pushed is not None:
        return (pushed,)
    platforms = frozenset(f"{lexicon()['limits']['platform']} {lexicon()['limits']['means']}".split())
    known = index_of(vocabulary).words | words_in("programs")
    named = {at for one in said.mentions for at in range(one.start, one.end)}
    for at, token in enumerate(said.tokens):
        if at in named or not token.is_word or token.text in known:
            continue
        before = said.tokens[at - 1].text if at else ""
        is_used = before in words_in("used_on") and not is_frame(token) and token.stem not in thing_stems()
        if token.text in platforms or (is_used and token.stem not in vocabulary.said):
            return (token.text,)
    return ()


def _limits_told(said: Parsed, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return words that were told of somebody whom the data does not know, of what is spoken about as well."""
    if said.limits:
        return said.limits
    named = {at for one in said.mentions for at in range(one.start, one.end)}
    return unknown_limits(said.tokens, named, None, names=index_of(vocabulary).words, said=vocabulary.said)


def _told_group(parsed: Parsed, said: Parsed, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return words for people or places that the data does not know, where "they", "its" or "there" means them."""
    tiers = words_in("tiers") & {token.text for token in said.tokens}
    if tiers and _IN_IT.search(parsed.text):
        return tuple(sorted(tiers))
    words = [token.text for token in parsed.tokens]
    at = next((at for at, word in enumerate(words) if _WHOSE.fullmatch(word)), len(words))
    if at == len(words) or set(words[:at]) & (words_in("people") - {"those"}):
        return ()
    sorts = {word: sort for sort, listed in lexicon()["limits"].items() for word in str(listed).split()}
    told = [one for one in _limits_told(said, vocabulary) if one not in words_in("programs")]
    if words[at] in {"there", "its"}:
        return tuple(told) or tuple(
            token.text for token in said.tokens if sorts.get(token.text) in {"place", "platform"}
        )
    texts = [token.text for token in said.tokens]
    if words_in("targeting") & set(texts):
        told.extend(text for text in texts if sorts.get(text) in _GROUPS)
    return tuple(one for one in told if sorts.get(one) in _GROUPS or _is_before_people(texts, one))


def _is_before_people(texts: Sequence[str], word: str) -> bool:
    if word not in texts:
        return False
    following = set(texts[texts.index(word) + 1 : texts.index(word) + 2])
    return bool(following & (words_in("people") | words_in("groups")))
