"""Whether a passage says what was asked for: every content word of it, or one that means the same, and not the contrary.

Only passages that do are counted. What is merely near in meaning may be shown as near; "Checkout was quick" is near to "slow
checkout" and says its contrary.
"""

import re
from collections.abc import Iterable, Iterator

from agent.lexical import content_stems, is_negative
from agent.retrieve.lexical import terms_of, words_of
from agent.retrieve.topics import topic_terms

_SAME = (
    "slow sluggish laggy lagging slowly delayed delay late overdue",
    "fast quick quickly speedy prompt promptly instant instantly swift rapid timely punctual",
    "rude unfriendly impolite disrespectful condescending dismissive surly",
    "friendly polite courteous kind nice welcoming",
    "expensive overpriced pricey costly dear",
    "cheap inexpensive affordable bargain",
    "broken defective faulty damaged cracked smashed",
    "intact undamaged flawless unbroken",
    "difficult hard complicated confusing confused complex tricky tedious cumbersome",
    "easy simple effortless straightforward intuitive smooth seamless painless",
    "bad poor terrible awful horrible dreadful lousy worst worse appalling disappointing",
    "good great excellent superb fantastic brilliant wonderful perfect amazing lovely best better",
    "dirty filthy unclean grubby messy",
    "clean spotless tidy immaculate",
    "noisy loud",
    "quiet silent peaceful",
    "helpful useful",
    "unhelpful useless",
    "wrong incorrect false inaccurate mistaken",
    "right correct accurate",
    "unclear vague misleading",
    "clear understandable transparent",
    "early premature",
    "missing absent lost misplaced",
    "unreliable flaky unstable",
    "reliable dependable stable",
    "staff employee employees clerk assistant rep representative agent advisor adviser",
    "refund refunds refunded reimbursement reimbursed reimburse",
    "courier driver carrier",
    "parcel package packet shipment",
    "delivery deliver delivered delivering shipping ship shipped",
    "app application",
    "website site webpage",
    "price prices pricing cost costs",
    "pay paying payment paid",
    "phone telephone call called hotline",
    "wait waiting waited queue queueing queuing",
    "cancel cancellation cancelling cancelled",
    "crash crashes crashed crashing freeze freezes froze freezing",
    "size sizes sizing fit fits",
    "instructions instruction manual guide",
    "login log-in signin logon",
    "invoice bill billing",
    "support service help",
)  # fmt: skip
_CONTRARY = (
    ("slow", "fast"), ("late", "early"), ("rude", "friendly"), ("expensive", "cheap"), ("broken", "intact"),
    ("difficult", "easy"), ("bad", "good"), ("dirty", "clean"), ("noisy", "quiet"), ("helpful", "unhelpful"),
    ("wrong", "right"), ("unclear", "clear"), ("unreliable", "reliable"),
)  # fmt: skip
_DENIED = re.compile(
    r"(?:\b(?:not|never|no|nor|neither|without|hardly|barely|scarcely|rarely|seldom|isnt|wasnt|arent|werent|dont|didnt|doesnt|"
    r"anything but|far from|no longer|nothing|nowhere near|opposite of|used to(?: be)?|less|least)\b|n['’]t\b)"
    r"(?:\W+\w+){0,3}\W+$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_CLAUSE = re.compile(
    r"[.;:!?\n,]+|\b(?:and|(?<!anything )but|because|although|though|however|while)\b", re.IGNORECASE
)
_GENERIC = frozenset(
    terms_of("product item general thing some new old way kind use using much many really too very")
)


def _stems(words: str) -> frozenset[str]:
    return frozenset(terms_of(words))


_GROUPS = tuple(map(_stems, _SAME))
_GROUP_OF = {
    stem: frozenset[str]().union(*(group for group in _GROUPS if stem in group))
    for group in _GROUPS
    for stem in group
}
_CONTRARIES = tuple(
    pair
    for left, right in _CONTRARY
    for pair in ((_stems(left), _stems(right)), (_stems(right), _stems(left)))
)


class Topic:
    """A topic in the words of whoever asks.

    Args:
        query: As it was asked.
    """

    def __init__(self, query: str) -> None:
        self._denies = is_negative(query)
        terms = [term for term in topic_terms(query) if term not in _GENERIC] or list(topic_terms(query))
        self._words = tuple(_same(term, query) for term in terms)
        self._contrary = frozenset[str]().union(*_contraries_of(self._words))
        self._qualities = tuple(word for word in self._words if any(_contraries_of([word])))

    def is_held(self, text: str) -> bool:
        """Tell whether a text has all words of the topic or ones that mean the same, and does not deny its quality."""
        said = _all_stems(text)
        if not self._words or not all(word & said for word in self._words):
            return False
        if self._denies:
            return is_negative(text)
        return self._is_in_one_clause(text) or not (self._contrary & said or self._is_denied(text))

    def share_held(self, text: str) -> float:
        """Return which part of the words of the topic a text has."""
        said = _all_stems(text)
        return sum(bool(word & said) for word in self._words) / max(len(self._words), 1)

    def is_opposed(self, text: str) -> bool:
        """Tell whether a text says the contrary of the topic's quality, or denies it, and does not say it as well."""
        if self._denies or self.is_held(text):
            return False
        return bool(self._contrary & _all_stems(text)) or self._is_denied(text)

    def _is_in_one_clause(self, text: str) -> bool:
        return any(
            all(word & _all_stems(clause) for word in self._words) and not self._is_denied(clause)
            for clause in _CLAUSE.split(text)
        )

    def _is_denied(self, text: str) -> bool:
        """Tell whether something in a clause before a word of the topic's quality denies it."""
        return any(
            word & _all_stems(found[0]) and _DENIED.search(f"{clause[: found.start()].rstrip()} ")
            for clause in _CLAUSE.split(text)
            for found in _WORD.finditer(clause)
            for word in self._qualities
        )


def _all_stems(text: str) -> frozenset[str]:
    return frozenset(terms_of(text)) | content_stems(text)


def _same(term: str, query: str) -> frozenset[str]:
    """Return the stems that stand for a word of a topic."""
    spelled = next((word for word in words_of(query) if term in terms_of(word)), term)
    return _GROUP_OF.get(term, frozenset()) | content_stems(spelled) | {term}


def _contraries_of(words: Iterable[frozenset[str]]) -> Iterator[frozenset[str]]:
    for word in words:
        for name, other in _CONTRARIES:
            if name <= word:
                yield from (_GROUP_OF[stem] for stem in other)
