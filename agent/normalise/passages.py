"""Cut records into the passages that are embedded, found and tagged."""

import re
from hashlib import sha256

from agent.schemas.records import Passage, Record

_MERGE_BELOW = 30
_MERGED_CHARS = 120
_MAX_SENTENCES = 3
MAX_PASSAGE_CHARS = 400
"""Longer sentences are cut at a clause, a word, or at this length."""

_BREAK = re.compile(
    r"[.!?…。！？\n\u2600-\u27bf\U0001f000-\U0001faff][.!?…。！？\n\u2600-\u27bf\ufe0f\u200d\U0001f000-\U0001faff]*"
    r"[\"'”’」』)\]»]*"
)
_NO_GLUE = re.compile(r"(?:Com|Net|Org|Co|Io|Js)\b")
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|vs|e\.g|i\.e|cf|fig|dept|sgt|lt|col|gen|rev|hon|sr|jr|mt|[A-Z])"
    r"|(?:\A|\n)\s*\d{1,2})\.\Z",
    re.IGNORECASE,
)
_SOFT_ABBREVIATION = re.compile(
    r"\b(?:etc|a\.m|p\.m|approx|inc|ltd|corp|co|min|max|hrs?|mins?|secs?|est|tel|ext|incl|excl|ave|rd|no|nr|pp?)\.\Z",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[;:,、，；：—–][\s]*|\s+(?=(?:and|but|because|so|which|when|then|or|that)\s)|\s-\s|…\s*|\s(?=\()"
)
_LETTER = re.compile(r"[^\W\d_]")
_PLACEHOLDER = re.compile(r"\[[A-Z]+-[0-9a-z]{3}\]")


def passages_of(record: Record) -> list[Passage]:
    """Cut what the customer wrote into passages of a sentence each, in order.

    A fragment is joined to its neighbour, for it says little alone, never across turns; sentences over `MAX_PASSAGE_CHARS` are
    cut at a clause, else at a word. A passage without a letter outside placeholders is left out.
    """
    text = record.text
    digest = sha256(text.encode()).hexdigest()
    found: list[Passage] = []
    for low, high in record.customer_spans():
        for start, end in _passage_spans(text, low, high):
            quote = text[start:end]
            if not _says_something(quote):
                continue
            found.append(
                Passage(
                    f"{record.record_id}:{start}-{end}",
                    record.record_id,
                    record.person_id,
                    start,
                    end,
                    quote,
                    digest,
                    record.kind,
                    record.at,
                    record.channel,
                    record.rating,
                )
            )
    return found


def _says_something(quote: str) -> bool:
    if "[" in quote:
        quote = _PLACEHOLDER.sub("", quote)
    return _LETTER.search(quote) is not None


def _passage_spans(text: str, low: int, high: int) -> list[tuple[int, int]]:
    """Join short neighbouring sentences; each is joined to the passage before it or starts one."""
    joined: list[tuple[int, int]] = []
    start = end = n_sentences = 0
    for sentence_start, sentence_end in _sentence_spans(text, low, high):
        if (
            n_sentences
            and n_sentences < _MAX_SENTENCES
            and sentence_end - start <= _MERGED_CHARS
            and (end - start < _MERGE_BELOW or sentence_end - sentence_start < _MERGE_BELOW // 2)
        ):
            end = sentence_end
            n_sentences += 1
            continue
        if n_sentences:
            joined.append((start, end))
        start, end, n_sentences = sentence_start, sentence_end, 1
    if n_sentences:
        joined.append((start, end))
    return joined


def _sentence_spans(text: str, low: int, high: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = low
    for match in _BREAK.finditer(text, low, high):
        if _ends_sentence(text, match, high):
            _add_span(spans, text, start, match.end())
            start = match.end()
    _add_span(spans, text, start, high)
    return spans


def _ends_sentence(text: str, match: re.Match[str], high: int) -> bool:
    mark = match.group()
    end = match.end()
    if "\n" in mark or mark[0] in "。！？":
        return True
    following = text[end : min(high, end + 3)]
    if following[:1].strip():
        return _is_glued(text, match, following)
    following = following.lstrip()[:1]
    if mark[0] not in ".!?…":
        return following.isupper()
    if mark != ".":
        # An ellipsis or a quoted exclamation that goes on in lower case goes on as the same sentence.
        return not (following.islower() and (mark[-1] in "\"'”’)]»" or mark.startswith(("..", "…"))))
    begin = max(0, end - 8)
    if _ABBREVIATION.search(text, begin, end):
        return False
    return following.isupper() or _SOFT_ABBREVIATION.search(text, begin, end) is None


def _is_glued(text: str, match: re.Match[str], following: str) -> bool:
    """Tell whether a mark without a space after it still ends a sentence ("works well.Thanks", not "shop.Com")."""
    before = text[max(0, match.start() - 3) : match.start()]
    return (
        len(before) == 3  # noqa: PLR2004
        and before.isalpha()
        and before.islower()
        and following[:1].isupper()
        and following[1:2].islower()
        and _NO_GLUE.match(text, match.end()) is None
    )


def _add_span(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    while end - start > MAX_PASSAGE_CHARS:
        cut = _cut(text, start)
        spans.append((start, start + len(text[start:cut].rstrip())))
        start = cut + len(text[cut:end]) - len(text[cut:end].lstrip())
    if end > start:
        spans.append((start, end))


def _cut(text: str, start: int) -> int:
    """Return where to cut an over-long sentence: the last clause in its second half, else a space, else the limit."""
    limit = start + MAX_PASSAGE_CHARS
    cut = 0
    for match in _CLAUSE.finditer(text, start + MAX_PASSAGE_CHARS // 2, limit):
        cut = match.end()
    if cut:
        return cut
    space = max(text.rfind(" ", start + 1, limit), text.rfind("\t", start + 1, limit))
    return space if space > start else limit
