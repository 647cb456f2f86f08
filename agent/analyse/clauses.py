"""Cuts a text into clauses and gives each its own polarity, so that mixed feelings are kept apart and never averaged.

"The room was lovely but nobody answered the phone" is two parts, one good and one bad, each with its place in the text.
Parts are read by cues and words; where the bundled encoder is at hand its vectors of the clauses make them surer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.analyse.cues import lexical_of, words_of
from agent.analyse.heads import open_head
from agent.analyse.languages import language_fit
from agent.ports import Encoder

Span = tuple[int, int]

_SUBJECT = (
    r"(?:i|we|he|she|it|they|you|the|my|our|your|his|her|their|its|this|that|these|those|there|everything|everyone|"
    r"everybody|nothing|nobody|no one|some|other|i'm|i've|it's|they're|we're|that's|there's)\b"
)
_VERB = r"(?:is|was|are|were|isn't|wasn't|aren't|weren't|has|had|have|can|could|took|takes|seems|seemed)\b"
_CUT = re.compile(
    r"(?P<mark>[.!?…]+[\"'”’)]*(?=\s|$)|\n|[;()]|\s[-–—]+\s|—)"
    r"|(?P<turn>,\s*|(?<!\beven)\s+)(?=(?:but|however|although|though|even though|whereas|despite|except|unfortunately|sadly)\b)"
    r"|(?:,\s*|(?<!\ba)(?<!\blittle)(?<!\bshort)(?<!\blong)\s+)(?=while\b)"
    r"|,\s*(?=(?:yet|and|so|or|then|which|who|where|plus|otherwise|only|at least)\b)"
    rf"|,\s*(?={_SUBJECT})"
    rf"|,\s*(?=(?:[\w'-]+\s+){{1,3}}{_VERB})"
    rf"|\s+(?=and\s+{_SUBJECT})"
    rf"|\s+(?=and\s+(?:[\w'-]+\s+){{1,2}}{_VERB})"
    r"|(?P<comma>,\s*)",
    re.IGNORECASE,
)
_CONCEDES = re.compile(
    r"\W*(?:although|though|even though|even if|while|whilst|despite|in spite of|apart from|aside from|ignoring)\b",
    re.IGNORECASE,
)
"""How a clause begins that ends at the next comma, whatever follows."""
_MIN_WORDS = 3
"""A shorter piece is no clause of its own unless a sentence ends or turns after it; it joins the next piece."""
_NEUTRAL_FROM = 0.5
"""Chance of being neutral from which a part is neither good nor bad."""
_MIXED_FROM = 0.3
"""Sentiment, in each direction, from which a text is said to hold both."""
_LEADING = re.compile(r"[\s,;:.!?…–—\"'”’)-]+")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text that feels one way.

    `text[start:end]` is the part; parts do not overlap and come in the order of the text.
    """

    start: int
    end: int
    sentiment: float
    """-1 (bad) to 1 (good)."""
    polarity: int
    """-1, 0 or 1: the sentiment's sign, or 0 where the part is rather neutral."""


def polarity_parts(text: str, *, encoder: Encoder | None = None) -> list[Part]:
    """Return the parts of a text, each with its own polarity: `text[part.start:part.end]` feels one way.

    For one tag or quote at `start, end` ask `polarity_at(parts, start, end)`; for many texts `parts_of` costs less.

    Args:
        text: Any; one without words, or in another language than English, has no parts.
        encoder: Encodes the clauses; surer, and as slow as encoding is. Another than the bundled one changes nothing.
    """
    return parts_of([text], encoder=encoder)[0]


def parts_of(texts: Sequence[str], *, encoder: Encoder | None = None) -> list[list[Part]]:
    """Return the parts of each text, as `polarity_parts` does for one; a text is read by itself."""
    head = open_head("clause")
    spans = [clause_spans(text) if language_fit(text).is_english else [] for text in texts]
    clauses = [text[start:end] for text, own in zip(texts, spans, strict=True) for start, end in own]
    uses_vectors = clauses and encoder is not None and head.fits_vectors_of(encoder.model_id)
    vectors = encoder.encode(clauses) if encoder is not None and uses_vectors else None
    tone = iter(head.probabilities(head.inputs(lexical_of(clauses), vectors)).tolist())
    return [[part_of(span, next(tone)) for span in own] for own in spans]


def polarity_at(parts: Sequence[Part], start: int, end: int) -> int | None:
    """Return the polarity of a stretch of the text: that of the part it shares most characters with; None outside of all."""
    shared = [(min(part.end, end) - max(part.start, start), part.polarity) for part in parts]
    best = max(shared, default=(0, 0), key=lambda pair: pair[0])
    return best[1] if best[0] > 0 else None


def is_mixed(parts: Sequence[Part]) -> bool:
    """Say whether a text holds both a clearly good and a clearly bad part."""
    sentiments = [part.sentiment for part in parts]
    return min(sentiments, default=0.0) <= -_MIXED_FROM and max(sentiments, default=0.0) >= _MIXED_FROM


def clause_spans(text: str) -> list[Span]:
    """Return the spans of clauses, in order; marks and spaces between them belong to none."""
    spans: list[Span] = []
    start = 0
    for cut in _CUT.finditer(text.replace("’", "'")):
        if _cuts(cut, text, start):
            start = _add(spans, text, start, cut.end() if cut["mark"] else cut.start())
    _add(spans, text, start, len(text))
    return spans


def _add(spans: list[Span], text: str, start: int, end: int) -> int:
    leading = _LEADING.match(text, start, end)
    start = leading.end() if leading else start
    while end > start and text[end - 1].isspace():
        end -= 1
    if words_of(text[start:end]):
        spans.append((start, end))
    return end


def _cuts(cut: re.Match[str], text: str, start: int) -> bool:
    if cut["mark"] is not None or cut["turn"] is not None:
        return True
    if cut["comma"] is not None and not _CONCEDES.match(text, start, cut.start()):
        return False
    return len(words_of(text[start : cut.start()])) >= _MIN_WORDS


def part_of(span: Span, tone: Sequence[float]) -> Part:
    """Return a part whose chances of being negative, neutral and positive are given."""
    negative, neutral, positive = tone
    polarity = 0 if neutral >= _NEUTRAL_FROM else 1 if positive >= negative else -1
    return Part(span[0], span[1], round(positive - negative, 3), polarity)
