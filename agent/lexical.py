"""How much of what a sentence says stands in a passage, by its words alone.

Deterministic and modest: it sees that a sentence speaks of what a passage speaks of, and whether one of them denies
what the other says. It does not see that a sentence twists the relation between the right words.
"""

import math
import re
from collections import Counter
from collections.abc import Collection
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_CLAUSE_END = re.compile(
    r"[.;:!?\n]+|,|\b(?:and|but|so|because|although|though|however|until|unless)\b", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_NEGATION = re.compile(
    r"n['’]t\b|\b(?:no|not|never|none|nobody|no one|nothing|nowhere|neither|nor|without|cannot|cant|dont|didnt|doesnt|"
    r"isnt|wasnt|wont|couldnt|unable|fail(?:s|ed|ing)?|refus(?:e|es|ed|ing)|lack(?:s|ed|ing)?|missing|impossible|"
    r"struggl(?:e|es|ed|ing)|stopped|hardly|barely)\b",
    re.IGNORECASE,
)
_STOP_WORDS = """
    a about above after again all also although always am an and another any anybody anyone anything are as at away
    back be became because become been before being below between both but by can could customer customers
    did do does doing done down during each either else even ever every everything few find finds for found from
    further get gets getting give given gives go goes going gone got had has have having he her here hers him his how
    however i if in into is it its itself just keep keeps kept later let like lot made make makes many may maybe me
    might more most much must my myself nearly need needs needed never no nobody none nor not nothing now of off often
    on once one only onto or other others our ours out over own perhaps person people put quite rather really report
    reports said same say says see seem seems shall she should since so some somebody someone something soon still
    such take takes than that the their theirs them themselves then there these they thing things this
    those though through till to together too took toward try trying two under until unless up upon us use used uses
    using very want wants wanted was we well went were what whatever when where whether which while who whole whom
    whose why will with within without would write writes yet you your yours yourself
    don didn doesn isn aren wasn weren won couldn wouldn shouldn hasn haven hadn ain dont didnt doesnt cant wont im ive
    id unable ask asks asked think thinks feel feels describe describes expect experience company brand staff
"""
_STOP = frozenset(_STOP_WORDS.split())
_IRREGULAR = {
    "bought": "buy", "came": "come", "brought": "bring", "broke": "break", "broken": "break", "called": "call", "chose": "choose",
    "chosen": "choose", "cost": "cost", "drove": "drive", "fell": "fall", "felt": "feel", "forgot": "forget",
    "froze": "freeze", "frozen": "freeze", "grew": "grow", "heard": "hear", "held": "hold", "hung": "hang",
    "knew": "know", "known": "know", "left": "leave", "lost": "lose", "meant": "mean", "met": "meet", "paid": "pay",
    "ran": "run", "rang": "ring", "read": "read", "sent": "send", "shown": "show", "sold": "sell", "spent": "spend",
    "spoke": "speak", "spoken": "speak", "stolen": "steal", "stood": "stand", "stuck": "stick", "thought": "think",
    "threw": "throw", "told": "tell", "understood": "understand", "woke": "wake", "won": "win", "wore": "wear",
    "written": "write", "wrote": "write", "children": "child", "worse": "bad", "worst": "bad", "better": "good",
    "best": "good",
}  # fmt: skip
_SAME = {
    "package": "parcel", "packet": "parcel", "shipment": "parcel", "ship": "deliver", "delivery": "deliver",
    "phone": "call", "ring": "call", "telephone": "call", "mail": "email", "e-mail": "email", "purchase": "buy",
    "application": "app", "payment": "pay", "charge": "pay", "bill": "invoice", "reply": "answer", "respond": "answer",
    "response": "answer", "cash": "money", "store": "shop", "agent": "rep", "representative": "rep", "advisor": "rep",
    "adviser": "rep", "employee": "rep", "slow": "late", "delay": "late", "crash": "freeze", "complicated": "confus",
    "confuse": "confus", "expensive": "price", "arrive": "come", "cancellation": "cancel", "reservation": "book",
    "login": "log", "logon": "log", "sign": "log", "signin": "log", "item": "product", "goods": "product",
    "voucher": "code", "coupon": "code", "rude": "unfriendly", "impolite": "unfriendly", "assist": "help",
    "support": "help", "assistance": "help", "cellphone": "mobile", "site": "website", "webpage": "website",
}  # fmt: skip
_SUFFIXES = (
    ("iest", "y"), ("ier", "y"), ("ies", "y"), ("ied", "y"), ("ations", "ate"), ("ation", "ate"), ("ments", "ment"),
    ("fully", "ful"), ("ingly", ""), ("edly", ""), ("sses", "ss"), ("ings", ""), ("ing", ""), ("ed", ""), ("ers", "er"),
    ("ly", ""), ("es", "e"), ("s", ""),
)  # fmt: skip
_MIN_STEM = 3

SUPPORT_FLOOR = 0.3
"""Least share of a sentence's content (weighted by rarity) that has to stand in a passage it cites."""
MIN_SHARED = 2
"""Content words they have to share; one where the sentence has no more."""
RIVAL_SHARE = 0.6
"""A cited passage has to cover this much of what the best passage on offer covers, or the wrong one is cited."""


def sentences(text: str) -> list[str]:
    """Return the sentences of a short text by its full stops, question and exclamation marks; a blank one is one too."""
    return _SENTENCE_END.split(text.strip())


def content_stems(text: str) -> frozenset[str]:
    """Return the stems of a text's content words, near synonyms of commerce and support joined."""
    words = (word.replace("’", "'").split("'")[0] for word in _WORD.findall(text.lower()))
    return frozenset(
        stem for word in words if word not in _STOP and len(word) > 1 for stem in [_stem(word)] if stem
    )


def is_negative(text: str) -> bool:
    """Tell whether a text denies something."""
    return _NEGATION.search(text) is not None


class Support:
    """Judges sentences against the passages on offer.

    Args:
        passages: Their texts, by id. Rare words count for more: idf over these passages.
    """

    def __init__(self, passages: dict[str, str]) -> None:
        self._texts = passages
        self._stems = {key: content_stems(text) for key, text in passages.items()}
        self._n_with = Counter(stem for stems in self._stems.values() for stem in stems)

    def supporting(self, sentence: str, cited: Collection[str]) -> tuple[str, ...]:
        """Return those of the cited passages that bear a sentence out, in order.

        A passage does where it shares at least `MIN_SHARED` content words with the sentence, covers at least
        `SUPPORT_FLOOR` of its content and `RIVAL_SHARE` of what the best passage covers, and where the clause nearest
        to the sentence denies if and only if the sentence does.
        """
        stems = content_stems(sentence)
        if not stems:
            return ()
        best = max((self._coverage(stems, key) for key in self._stems), default=0.0)
        return tuple(key for key in cited if self._bears_out(sentence, stems, key, best))

    def _bears_out(self, sentence: str, stems: frozenset[str], key: str, best: float) -> bool:
        shared = stems & self._stems[key]
        coverage = self._coverage(stems, key)
        return (
            len(shared) >= min(MIN_SHARED, len(stems))
            and coverage >= max(SUPPORT_FLOOR, RIVAL_SHARE * best)
            and same_polarity(sentence, self._texts[key])
        )

    def _coverage(self, stems: frozenset[str], key: str) -> float:
        total = sum(map(self._weight, stems))
        return sum(map(self._weight, stems & self._stems[key])) / total

    def _weight(self, stem: str) -> float:
        # Words that no passage has weigh as much as words that one has: invention is not cheaper than rarity.
        return math.log(1 + (len(self._texts) + 1) / max(self._n_with[stem], 1))


def same_polarity(sentence: str, passage: str) -> bool:
    """Tell whether a sentence denies something exactly where the passage does.

    A sentence that denies needs a passage that denies somewhere. One that does not needs a clause of the passage that
    shares as much with it as any other, and does not deny.
    """
    if is_negative(sentence):
        return is_negative(passage)
    clauses = [part for part in _CLAUSE_END.split(passage) if part.strip()]
    stems = content_stems(sentence)
    shared = [len(stems & content_stems(clause)) for clause in clauses]
    best = max(shared, default=0)
    return any(n == best and not is_negative(clause) for n, clause in zip(shared, clauses, strict=True))


def similarity(left: Collection[str], right: Collection[str]) -> float:
    """Return the Jaccard index of two sets of stems; 0 where both are empty."""
    union = len(set(left) | set(right))
    return len(set(left) & set(right)) / union if union else 0.0


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    """Return a rough stem, one for all near synonyms; too rough for anything but equality."""
    root = _root(_IRREGULAR.get(word, word))
    return _SAME_ROOTS.get(root, root)


def _root(word: str) -> str:
    for suffix, ending in _SUFFIXES:
        if (
            word.endswith(suffix)
            and not word.endswith("ss")
            and len(word) - len(suffix) >= _MIN_STEM + (suffix == "ly")
        ):
            word = word.removesuffix(suffix) + ending
            break
    if len(word) > _MIN_STEM and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > _MIN_STEM else word


_SAME_ROOTS = {_root(word): _root(same) for word, same in _SAME.items()}
