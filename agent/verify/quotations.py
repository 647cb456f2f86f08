"""Finds what a person's words put between quotation marks, and where customers said just that.

A quotation is verbatim and whole: it stands in a customer's words character by character, from the start of a clause to its
end, so that "far from broken" is not quoted as "broken". Marks without a partner hide where a quotation ends, and count as
a fault; so do signs that look like marks and are none of those that are read here, since a reader takes them for a quotation.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.lexical import is_negative
from agent.schemas.evidence import Evidence
from agent.schemas.records import Record
from agent.verify.quotes import text_digest

_DOUBLE = r"“(?P<a>[^“”„]*)”|\"(?P<b>[^\"]*)\"|«(?P<c>[^«»]*)»|»(?P<d>[^«»]*)«|„(?P<e>[^“”„]*)[“”]|「(?P<f>[^「」]*)」"
_SINGLE = r"‘(?P<g>[^‘]*?)’(?!\w)|(?<!\w)'(?P<h>\S(?:[^']|'\w)*?)'(?!\w)|‹(?P<i>[^‹›]*)›"
_QUOTATION = re.compile(f"{_DOUBLE}|{_SINGLE}")
_STRANGE = (
    "‚‛‟⹂『』〝〞〟﹁﹂﹃﹄＂＇｢｣"  # the others of Unicode's property Quotation_Mark
    "❛❜❝❞❟❠❮❯🙶🙷🙸《》〈〉⟨⟩⟪⟫〈〉"  # ornaments and brackets that quote
    "′″‴‵‶‷⁗`´˝ˊˋ՚״׳ʹʺʻʼʽʾʿˈ˵˶ˮꞌꞋ"  # primes, accents and letters that look like marks
)
_APOSTROPHES = "'’‛＇ʼʹʻ′´`ˈ՚׳״"
_APOSTROPHE = re.compile(
    rf"(?<=[^\W{_STRANGE}])['’‛＇ʼʹʻ′´`ˈ՚׳״](?=[^\W{_STRANGE}])|(?<=[sxzSXZ])['’](?=\s+\w)"
)
"""Inside a word, or after one that owns what follows: the customers' carts."""
_MARK = re.compile(rf"[“”\"«»„「」‹›‘’'{_STRANGE}]")
_BEGIN = re.compile(r"(?:^|[.!?;:…\n(\"“])\s*$")
_BEGIN_SOFT = re.compile(r",\s*$")
_END = re.compile(r"^\s*(?:$|[.!?;:…\n)\"”])")
_END_SOFT = re.compile(r"^\s*,")
_HEDGE = re.compile(
    r"\b(?:if|unless|until|when|whether|would|could|should|might|may|maybe|perhaps|thought|thinks?|believed?|hoped?|wish(?:ed)?|"
    r"expected|almost|nearly|far from|used to|instead|rather|except|other than|but|than|too|supposed|claims?|claimed|say|says|said)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?…\n]")


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words between quotation marks."""

    words: str
    is_name: bool
    """Between single marks, which may also hold the name of something."""


def quotations(text: str) -> tuple[Quotation, ...]:
    """Return what a text puts between quotation marks, in order."""
    return tuple(_quotation(found) for found in _QUOTATION.finditer(text))


def has_loose_marks(text: str, *, besides: str = "") -> bool:
    """Tell whether a text holds a quotation mark without its partner, or a sign that looks like one and is not read.

    Args:
        text: Any; apostrophes are no marks.
        besides: Another text; what stands loose in it may stand in this one.
    """
    return bool(_loose(text) - _loose(besides))


def _loose(text: str) -> set[str]:
    bare = _APOSTROPHE.sub("", _QUOTATION.sub(" - ", text))
    return {word for word in bare.split() if _MARK.search(word)}


def said_by_customer(words: str, records: Iterable[Record]) -> Evidence | None:
    """Return the first place in which a customer says just these words, as a whole clause; None where nobody does.

    Args:
        words: Without the marks.
        records: Where to look, in an order that is always the same.
    """
    wanted = words.strip()
    if not any(map(str.isalnum, wanted)):
        return None
    for record in records:
        for start, end in _places(wanted, record):
            return Evidence(
                record_id=record.record_id, start=start, end=end, quote=wanted, text_sha256=text_digest(record.text)
            )  # fmt: skip
    return None


def unborne(text: str, quotes: Iterable[str]) -> tuple[str, ...]:
    """Return the quotations of a text, without those between single marks, that stand in none of some quotes."""
    known = tuple(quotes)
    return tuple(
        one.words
        for one in quotations(text)
        if not one.is_name and not any(one.words.strip() in quote for quote in known)
    )


def _quotation(found: re.Match[str]) -> Quotation:
    group = next(name for name, words in found.groupdict().items() if words is not None)
    return Quotation(found[group].strip(), is_name=group in "ghi")


def _places(wanted: str, record: Record) -> Iterator[tuple[int, int]]:
    for start, end in record.customer_spans():
        said = record.text[start:end]
        at = said.find(wanted)
        while at >= 0:
            if _is_whole(said, at, at + len(wanted)):
                yield start + at, start + at + len(wanted)
            at = said.find(wanted, at + 1)


def _is_whole(said: str, start: int, end: int) -> bool:
    """Tell whether a part of what somebody said runs from the start of a clause to its end."""
    before, after = said[:start], said[end:]
    if said[start:end][-1] in ".!?…":
        after = "\n"
    begins, ends = _BEGIN.search(before) is not None, _END.match(after) is not None
    if begins and ends:
        return True
    if not (begins or _BEGIN_SOFT.search(before)) or not (ends or _END_SOFT.match(after)):
        return False
    # At a comma the sentence goes on: what is left out must not turn round what is quoted.
    left = _SENTENCE.split(before)[-1] + " " + _SENTENCE.split(after)[0]
    return not is_negative(left) and _HEDGE.search(left) is None
