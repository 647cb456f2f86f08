"""The number firewall: code alone writes numbers, so a text that states one by itself is refused.

A template names numbers as `{{m:<metric_id>}}`, or one side of a number as `{{m:<metric_id>:<side>}}` (see `side_text`).
Whatever else in it says how many, how much, how often or what part is
an unresolved quantity: digits of any script, fractions, Roman numerals above one (capital I, V, X), number words,
ordinals from "third" on, multiples ("twice", "doubled"), shares ("half", "a third", "majority", "percent") and vague
counts of persons, times or durations ("many customers", "several days", "a couple of hours").

In doubt a text is refused, with these exceptions, which say nothing that could be counted: "one" as a pronoun or in a
fixed phrase ("no one", "one another", "one-click", "one of the"), "once" but for a frequency ("once a week"),
"first", "second" as an order ("second-hand"), "third party", "most" as a degree ("the most useful", "matters most"),
"both", "single", and units without a number ("for weeks"). "24/7" is digits and therefore a quantity.

Two places may hold a quantity: a quotation in marks that stands verbatim in a quote the caller allows, and words
carried over from a text that was checked before, such as the control copy ("within 30 days").
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from agent.errors import UnknownCitationError, UnresolvedNumberError
from agent.figures import format_metric, side_text
from agent.schemas.evidence import Metric

QuantityKind = Literal["digits", "cardinal", "ordinal", "share", "multiple", "vague", "placeholder"]
Format = Callable[[Metric], str]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a text states a quantity: `source[start:end] == text`."""

    start: int
    end: int
    text: str
    kind: QuantityKind


_PLACEHOLDER = re.compile(r"\{\{m:([a-z0-9._]+)(?::(n|total|counted|spread|basis|points|population))?\}\}")
_QUOTATION = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|«([^«»]+)»|„([^„“”]+)[“”]")
_MIN_QUOTED_WORDS = 3
"""A number and what it counts: shorter excerpts would let a bare number in under quotation marks."""
_LEAST_WHOLE = 2
"""Words of a carried text that is known as a whole, wherever it stands."""
_KEYCAPS = {"\N{KEYCAP TEN}", "\N{HUNDRED POINTS SYMBOL}"}

_UNITS = "two|three|four|five|six|seven|eight|nine"
_TENS = "twenty|thirty|forty|fourty|fifty|sixty|seventy|eighty|ninety"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_POWERS = "hundreds?|thousands?|millions?|billions?|trillions?|[gz]a?zillions?|umpteen"
_CARDINAL = f"zero|{_UNITS}|{_TEENS}|{_TENS}|{_POWERS}|tens|dozens?|fortnights?|decades?|century|centuries"
_ORDINAL = (
    r"third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\w+teenth|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)tieth|hundredth|thousandth|millionth|umpteenth"
)
_PERSON = (
    r"(?:customers?|consumers?|clients?|persons?|people|users?|buyers?|shoppers?|guests?|visitors?|members?|"
    r"subscribers?|respondents?|reviewers?|callers?|patients?|passengers?|travell?ers?|participants?|individuals?|"
    r"households?|parents?|owners?|readers?|players?|students?|drivers?|riders?|tenants?|men|women|folks?|"
    r"of (?:them|those|these|us|you|the|our|your|their|all))\b"
)
_MEASURE = r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|times)\b"
_DETERMINED = r"(?:of )?(?:the |our |your |their |its |these |those )?(?:[a-z'-]+ ){0,2}?"
_AFTER_PRONOUN = (
    r"another|of(?! (?:every|each))|is|was|are|were|has|had|have|that|who|whom|which|with|without|can|could|will|"
    r"would|should|must|may|might|and|or|but|nor|from|for|to|at|on|by|as|than|then|they|he|she|it|i|we|you|if|when|"
    r"where|while|because|so|after|before|until|in(?! (?:every|each|0))|into|about|again|too|also|already|later|"
    r"either|instead|not|cannot|says?|said|does|do|did|needs?|wants?|gets?|got|like|here|there|now|"
    r"thing|place|way|hand|side|piece|go|click|tap|stop|off|size|sided|fits"
)
_DEGREE = (
    r"(?:recent(?:ly)?|likely|importantly|notably|\w+(?:ful|ive|ous|al|ent|ant|ing|able|ible|ic|ary|ly|less)|"
    r"common|often|loved|wanted|valued|trusted|urgent|basic|difficult|hard|frequent|popular|asked)"
)

_HARMLESS = re.compile(
    r"\b(?:no|any|every|some|this|that|which|another|each)[ -]one\b"
    r"|\bsecond[ -](?:hand|class|nature|thoughts?|guess\w*|best)\b|\bthird[ -]part(?:y|ies)\b"
    r"|\bdouble[ -](?:check|click|tap)\w*|\bdouble opt[ -]in\b|\bdouble (?:room|bed)s?\b|\bdoubles? as\b"
    r"|\bhalf[ -](?:hearted(?:ly)?|baked|finished|asleep|joking|truths?)\b"
    r"|\btwo[ -](?:factor|way|sided)\b|\btwo[ -]step (?=verification|authentication|log|sign)"
    r"|\b(?:this|last|next|each|per|previous|coming|current|fiscal|business) quarter\b"
    rf"|\b(?:the|their|its|our|your|what|whose|is|are|was|were|be|being|felt|feels|feel) most (?=(?:{_DEGREE})\b)"
    rf"|\bthe most (?!{_PERSON}|of\b)(?=[a-z])"
    r"|(?<=[a-z] )most(?=\s*(?:[.,;:!?)]|$)|\s+(?:when|where|if|about|in|on|for|from|at)\b)"
)

_PATTERNS: tuple[tuple[QuantityKind, re.Pattern[str]], ...] = (
    ("digits", re.compile(r"[^\s\0,;:!?()\[\]\"“”]*0[^\s\0,;!?()\[\]\"“”]*")),
    ("cardinal", re.compile(rf"\b(?:{_CARDINAL})(?:[ -](?:{_CARDINAL}))*\b")),
    ("cardinal", re.compile(rf"\bone\b(?=[ -](?!(?:{_AFTER_PRONOUN})\b)[a-z])")),
    (
        "cardinal",
        re.compile(
            rf"\bone (?:of|in) (?:every|each)\b|\bonce (?:a|an|per|every|each|in every)\b (?:{_MEASURE})"
        ),
    ),
    ("ordinal", re.compile(rf"\b(?:{_ORDINAL})s?\b")),
    ("ordinal", re.compile(r"\bsecond (?:time|attempt|try|half|most|highest|largest|biggest)\b")),
    ("ordinal", re.compile(rf"\bevery (?:second|other) (?:{_PERSON}|{_MEASURE})")),
    (
        "share",
        re.compile(r"\b(?:half|halves|halv(?:ed|es|ing)|quarters?|percent\w*|per cent|pct|%+)\b|[%‰٪]"),
    ),
    (
        "share",
        re.compile(r"\b(?:majority|majorities|minority|plurality|handful|lion's share|bulk of|fractions?)\b"),
    ),
    (
        "share",
        re.compile(
            r"\b(?:growing|increasing|rising|large|larger|small|smaller|high|higher|low|lower|great|good|vast|huge|"
            r"significant|substantial|sizeable|sizable|fair|record) (?:numbers?|share|proportion|portion)\b"
        ),
    ),
    ("share", re.compile(r"\b(?:at )?most\b")),
    (
        "multiple",
        re.compile(
            r"\b(?:twice|thrice|(?:re)?doubl(?:e|es|ed|ing)|tripl(?:e|es|ed|ing)|trebl(?:e|es|ed|ing))\b"
        ),
    ),
    (
        "multiple",
        re.compile(
            r"\b(?:quadrupl|quintupl)\w+|\b\w+fold\b(?<!unfold)(?<!scaffold)(?<!manifold)(?<!blindfold)"
        ),
    ),
    ("multiple", re.compile(r"\btimes (?:as|more|less|higher|lower|longer|faster|better|over)\b")),
    (
        "vague",
        re.compile(r"\b(?:couple|pairs?|scores|tons|loads|heaps|number) of " + rf"(?:{_PERSON}|{_MEASURE})"),
    ),
    ("vague", re.compile(r"\ba couple of\b|\bmore and more\b|\bnumbers of\b")),
    (
        "vague",
        re.compile(
            rf"\b(?:many|few|fewer|several|numerous|countless|multiple|plenty of|lots of|a lot of) "
            rf"(?:{_DETERMINED}{_PERSON}|{_MEASURE})"
        ),
    ),
    (
        "vague",
        re.compile(r"\b(?:(?:nearly|almost|virtually|practically) (?:all|every\w*|no\w*)\b|hardly any\w*\b)"),
    ),
    ("vague", re.compile(rf"\b(?:all|every|none of|not all) (?:of )?(?:the |our |your |their )?{_PERSON}")),
)
_ROMAN = re.compile(r"\b(?=[IVX]{2,}\b)X{0,3}(?:IX|IV|V?I{0,3})(?<=[IVX])\b")
_EDGES = ".,;:!?'\"“”‘’()[]{}<>-–—*_/"


def metric_ids(template: str) -> list[str]:
    """Return the ids a template names, each once, in order of first use."""
    return list(dict.fromkeys(found[1] for found in _PLACEHOLDER.finditer(template)))


def unresolved_quantities(
    text: str, *, quotes: Iterable[str] = (), carried: Iterable[str] = ()
) -> list[Span]:
    """Return the quantities a text states by itself, in order.

    Args:
        text: A template or any other wording; `{{m:...}}` in it is fine.
        quotes: Verbatim quotes; what stands of them inside quotation marks, three words or more, is fine.
        carried: Texts checked before; a quantity is fine where it stands in one between the same words, or where all of one
            stands in the text. The start and the end of a text are the start and the end of what was carried.

    Returns:
        Spans that do not overlap.
    """
    masked = _mask(text, list(quotes))
    folded, origin = _fold(masked)
    folded = _HARMLESS.sub(lambda found: " " * len(found.group()), folded)
    spans = [_span(text, m.start(), m.end(), "cardinal") for m in _ROMAN.finditer(masked)]
    # "Many-customers" is as many as "many customers".
    for said in dict.fromkeys((folded, folded.replace("-", " "))):
        for kind, pattern in _PATTERNS:
            spans += [
                _span(text, origin[m.start()], origin[m.end() - 1] + 1, kind) for m in pattern.finditer(said)
            ]
    known = [_words(source) for source in carried]
    return [span for span in _without_overlaps(spans) if not _is_carried(text, span, known)]


def check_template(
    template: str, offered: Collection[str], *, quotes: Iterable[str] = (), carried: Iterable[str] = ()
) -> None:
    """Check that a template names only offered metrics and states no quantity by itself.

    Args:
        template: What a writer worded.
        offered: Metric ids it was offered.
        quotes: See `unresolved_quantities`.
        carried: See `unresolved_quantities`.

    Raises:
        UnknownCitationError: It names a metric that was not offered.
        UnresolvedNumberError: It states a quantity, or a placeholder in it is not well formed.
    """
    unknown = [metric_id for metric_id in metric_ids(template) if metric_id not in offered]
    if unknown:
        msg = f"the text names metrics that were not offered: {', '.join(map(repr, unknown))}"
        raise UnknownCitationError(msg, hint="Name only offered metrics.", context={"metric_ids": unknown})
    if broken := re.search(r"\{\{|\}\}|\{%|\{#", _PLACEHOLDER.sub("", template)):
        msg = f"the text holds {broken.group()!r} outside of a well-formed {{{{m:<metric_id>}}}}"
        raise UnresolvedNumberError(msg, hint="Write a number only as {{m:<metric_id>}}.")
    if spans := unresolved_quantities(template, quotes=quotes, carried=carried):
        stated = [span.text for span in spans]
        msg = f"the text states quantities that no metric computed: {', '.join(map(repr, stated))}"
        raise UnresolvedNumberError(
            msg,
            hint="Name a metric as {{m:<metric_id>}} or leave the quantity out.",
            context={"kinds": sorted({span.kind for span in spans})},
        )


def fill(template: str, metrics: Mapping[str, Metric], formats: Mapping[str, Format] | None = None) -> str:
    """Return a template with every `{{m:...}}` written out.

    Args:
        template: Passed `check_template`.
        metrics: By id.
        formats: How to write single metrics, by id; all others go by their unit (`format_metric`).

    Raises:
        UnknownCitationError: The template names a metric that is not there.
    """
    chosen = formats or {}

    def write(found: re.Match[str]) -> str:
        metric = metrics.get(found[1])
        if metric is None:
            msg = f"the text names metric {found[1]!r}, which is not there"
            raise UnknownCitationError(msg, context={"metric_id": found[1]})
        if found[2] is not None:
            return side_text(metric, found[2])
        written = chosen.get(found[1], format_metric)(metric)
        noun = re.match(r"\s+" + _PERSON, template[found.end() :])
        return written.removesuffix(" customers").removesuffix(" customer") if noun else written

    return _PLACEHOLDER.sub(write, template)


def _mask(text: str, quotes: list[str]) -> str:
    """Blank placeholders and verbatim quotations, keeping every position."""
    text = _PLACEHOLDER.sub(lambda found: "\0" * len(found.group()), text)
    if not quotes:
        return text

    def blank(found: re.Match[str]) -> str:
        inner = next(group for group in found.groups() if group is not None).strip()
        long_enough = len(inner.split()) >= _MIN_QUOTED_WORDS
        return "\0" * len(found.group()) if long_enough and _stands_in(inner, quotes) else found.group()

    return _QUOTATION.sub(blank, text)


def _stands_in(excerpt: str, quotes: list[str]) -> bool:
    """Tell whether an excerpt stands in a quote, cut at word boundaries so that "3" is not found in "30"."""
    whole = re.compile(rf"(?<!\w){re.escape(excerpt)}(?!\w)")
    return any(whole.search(quote) for quote in quotes)


def _fold(text: str) -> tuple[str, list[int]]:
    """Return a text in lower-case base letters, numerals of all scripts as "0", and each character's origin."""
    folded: list[str] = []
    origin: list[int] = []
    for position, character in enumerate(text):
        for part in _folded(character):
            if part != " " or folded[-1:] != [" "]:
                folded.append(part)
                origin.append(position)
    return "".join(folded), origin


def _folded(character: str) -> str:
    if character.isascii():
        return "0" if character.isdigit() else " " if character in _BLANK else character.lower()
    if character.isnumeric() or character in _KEYCAPS:
        return "0"
    if character.isspace():
        return " "
    parts = unicodedata.normalize("NFKD", _PLAIN_MARKS.get(character, character)).lower()
    # Combining marks, joiners and soft hyphens would split a word that a reader sees whole.
    return "".join(part for part in parts if unicodedata.category(part) not in {"Mn", "Me", "Cf"})


_BLANK = " \t\n\r\v\f_*~`"
_PLAIN_MARKS = {"‐": "-", "‑": "-", "–": " ", "—": " ", "’": "'", "％": "%"} | dict(
    # Cyrillic and Greek letters that look like Latin ones.
    zip("аеорсухіѕԁјһνοτԝпг", "aeopcyxisdjhvotwnr", strict=True)
)


def _span(text: str, start: int, end: int, kind: QuantityKind) -> Span:
    while start < end - 1 and text[start] in _EDGES:
        start += 1
    while end > start + 1 and text[end - 1] in _EDGES:
        end -= 1
    return Span(start, end, text[start:end], kind)


def _without_overlaps(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _words(text: str) -> list[str | None]:
    """Return the words of a text as they are compared, between None for its start and its end; a minus is kept."""
    return [None, *(_word(word) for word in text.split()), None]


def _word(word: str) -> str:
    bare = word.strip(_EDGES)
    return f"-{bare}".lower() if re.match(r"[^\w]*[-–−]\d", word) else bare.lower() or word


def _is_carried(text: str, span: Span, known: list[list[str | None]]) -> bool:
    """Tell whether a known text states this quantity between the same words, or stands in the text as a whole."""
    before, after = len(text[: span.start].split()), len(text[span.end :].split())
    first = before - (span.start > 0 and not text[span.start - 1].isspace())
    words = _words(text)
    last = len(words) - 2 - after + (span.end < len(text) and not text[span.end].isspace())
    around = words[first : last + 2]
    return any(
        _holds(source, around)
        or any(
            start <= first + 1 and last < start + len(source) - 2
            for start in _starts(words, source[1:-1])
            if len(source) - 2 >= _LEAST_WHOLE
        )
        for source in known
    )


def _holds(words: list[str | None], part: list[str | None]) -> bool:
    return next(_starts(words, part), None) is not None


def _starts(words: list[str | None], part: list[str | None]) -> Iterator[int]:
    """Yield where a run of words begins in another."""
    return (at for at in range(len(words) - len(part) + 1) if words[at : at + len(part)] == part)
