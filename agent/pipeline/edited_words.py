"""Checks what people word on a map: no number that was not computed, no quotation that no customer said, no link, no markup."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from agent.errors import EvidenceError
from agent.firewall import check_template, fill, format_metric
from agent.render.letters import shown
from agent.schemas.evidence import Claim, Evidence
from agent.schemas.journey import JourneyMap
from agent.schemas.records import Record
from agent.verify.quotations import has_loose_marks, quotations, said_by_customer

_LONGEST = 2_000
"""Characters of a statement."""
_LINK = re.compile(
    r"\w+://|\bwww\.|\b(?:mailto|javascript|data|tel):|\b[\w-]+\.(?:[a-z]{2,}\b)|\S@\S", re.IGNORECASE
)
_ABBREVIATIONS = re.compile(r"\b(?:e\.g|i\.e|a\.m|p\.m|etc|vs|approx|incl|excl)\.", re.IGNORECASE)
_MARKUP = re.compile(r"<[^\s<>]|[<>`\\]|\]\(|\[\[|\*\*|&#?\w+;")

_SCALE = re.compile(r"\bfrom [-−]?[\d.,]*\d to [-−]?[\d.,]*\d(?P<of>:? \{\{m:[a-z0-9._]+\}\})?")
"""Bounds of a scale, which say nothing but beside what was measured on it."""
_MAGNITUDES = r"k|m|b|t|mn|mio|mln|bn|mrd|tn|tens?|dozens?|hundreds?|thousands?|millions?|billions?|trillions?|lakhs?|crores?|grand"
_MONEY = r"usd|eur|gbp|chf|jpy|dollars?|euros?|pounds?|pence|cents?|quid|bucks"
_TIMES = r"seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|quarters?|years?|decades?"
_SIGN = r"[^\w\s.,;:!?…()\[\]“”\"'‘’«»—]"
_COMPANY_BEFORE = re.compile(
    rf"(?:\b(?:minus|plus|negative|times|x|point|{_MAGNITUDES}|{_MONEY})|{_SIGN})\s*$", re.IGNORECASE
)
_COMPANY_BEHIND = re.compile(
    rf"\s*(?:(?:per\s?cent\w*|pct|pp|points?|fold|times|th|st|nd|rd|x|minus|plus|squared|cubed|degrees?|kg|g|km|miles?|per|"
    rf"{_MAGNITUDES}|{_MONEY}|{_TIMES}|(?:an?|every|each)\s+(?:{_TIMES}))\b|{_SIGN})",
    re.IGNORECASE,
)
_FREE_BEFORE = re.compile(r"(?:^|[\s(\[“\"'‘«—])$")
_FREE_BEHIND = re.compile(r"$|\s|[)\]”\"'’»—;:!?…,.](?!\w)")


@dataclass(frozen=True, slots=True)
class Worded:
    """A wording that may stand on a map."""

    template: str
    """With its computed numbers by name."""
    evidence: tuple[Evidence, ...]
    """Where customers said what it quotes."""


@dataclass(frozen=True, slots=True)
class RefusedWording:
    """Why a wording may not."""

    reason: str


class Wordings:
    """Checks wordings against what customers said.

    Args:
        records: Returns the texts that may be quoted, in an order that is always the same; asked at most once.
        names: What things of the map are called; single marks may hold those.
    """

    def __init__(self, records: Callable[[], Iterable[Record]], names: Collection[str]) -> None:
        self._find = records
        self._names = {name.casefold() for name in names}

    @cached_property
    def _records(self) -> Sequence[Record]:
        return tuple(self._find())

    def check(self, worded: str, claim: Claim | None) -> Worded | RefusedWording:
        """Return a wording with what it rests on, or why it is refused.

        Args:
            worded: One line.
            claim: The claim that it words otherwise; None where it is new.
        """
        before = "" if claim is None else claim.statement
        fault = _form_fault(worded, before)
        if fault is not None:
            return RefusedWording(fault)
        evidence: list[Evidence] = []
        for one in quotations(worded):
            if one.is_name and one.words.casefold() in self._names:
                continue
            place = self._place(one.words, claim)
            if place is None:
                return RefusedWording(
                    f"no customer says just “{one.words}”; a quotation is a customer's own words, a whole clause, "
                    "character by character"
                )
            evidence.append(place)
        template = worded if claim is None else template_of(worded, claim)
        number = _number_fault(template, claim, evidence)
        return Worded(template, tuple(dict.fromkeys(evidence))) if number is None else RefusedWording(number)

    def _place(self, words: str, claim: Claim | None) -> Evidence | None:
        own = () if claim is None else (*claim.evidence, *claim.opposing)
        return next((one for one in own if one.quote.strip() == words), None) or said_by_customer(
            words, self._records
        )


def names_on(journey_map: JourneyMap) -> frozenset[str]:
    """Return what the things of a map are called."""
    scope = journey_map.scope
    return frozenset(
        {
            scope.persona,
            scope.journey,
            *(stage.name for stage in journey_map.stages),
            *(pain.label for pain in journey_map.pain_points),
        }
    )


def plain(text: str) -> str:
    """Return a text as one line of signs that can be seen."""
    return " ".join(shown(text).split())


def template_of(worded: str, claim: Claim) -> str:
    """Return a wording with the claim's numbers by name, where they stand in it as they stood before.

    A number that is part of another (57 in £57m, −57, 57th) is left as it is, so that the firewall refuses it.
    """
    found: dict[int, tuple[int, str]] = {}
    for metric in claim.metrics:
        if metric.value is None:
            continue
        named = f"{{{{m:{metric.metric_id}}}}}"
        written = plain(format_metric(metric))
        before = _neighbours(plain(_filled_around(claim, named, written)), written)
        for place in re.finditer(re.escape(written), worded):
            taken = any(start < place.end() and place.start() < end for start, (end, _) in found.items())
            if not taken and _stands_alone(worded, place.start(), place.end(), before):
                found[place.start()] = place.end(), named
                break
    template = worded
    for start, (end, named) in sorted(found.items(), reverse=True):
        template = template[:start] + named + template[end:]
    return template


def _filled_around(claim: Claim, named: str, written: str) -> str:
    """Return what a claim says, with one of its numbers as it is looked for."""
    metrics = {metric.metric_id: metric for metric in claim.metrics}
    return written.join(fill(part, metrics) for part in claim.template.split(named))


def _neighbours(text: str, written: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return what stands directly before and behind a number in a text."""
    places = [(place.start(), place.end()) for place in re.finditer(re.escape(written), text)]
    return (
        frozenset(_last_word(text[:start]) for start, _ in places),
        frozenset(_first_word(text[end:]) for _, end in places),
    )


def _stands_alone(text: str, start: int, end: int, known: tuple[frozenset[str], frozenset[str]]) -> bool:
    """Tell whether a number in a text is all of the number, or is in the company that it was computed in."""
    before, behind = text[:start], text[end:]
    if _last_word(before) not in known[0] and (
        _FREE_BEFORE.search(before) is None or _COMPANY_BEFORE.search(before) is not None
    ):
        return False
    return _first_word(behind) in known[1] or (
        _FREE_BEHIND.match(behind) is not None and _COMPANY_BEHIND.match(behind) is None
    )


def _last_word(text: str) -> str:
    found = re.search(r"\S*\s*$", text)
    return "" if found is None else found[0]


def _first_word(text: str) -> str:
    found = re.match(r"\s*\S*", text)
    return "" if found is None else found[0]


def _form_fault(worded: str, before: str) -> str | None:
    if not worded:
        return "the statement is empty"
    if len(worded) > _LONGEST:
        return f"the statement has {len(worded):,} characters; {_LONGEST:,} at most are taken"
    bare = _ABBREVIATIONS.sub(" ", worded)
    for pattern, what in ((_LINK, "a link or an address"), (_MARKUP, "markup")):
        strange = [found[0] for found in pattern.finditer(bare) if found[0] not in before]
        if strange:
            return f"the statement holds what reads as {what}: {strange[0]!r}; plain words are taken"
    if has_loose_marks(worded, besides=before):
        return (
            "a quotation mark in the statement has no partner or is of a rare kind, so where the quotation ends cannot be "
            "told; put customers' words between “ and ”"
        )
    return None


def _number_fault(template: str, claim: Claim | None, evidence: Iterable[Evidence]) -> str | None:
    offered: Mapping[str, object] = (
        {} if claim is None else {metric.metric_id: metric for metric in claim.metrics}
    )
    quotes = [item.quote for item in evidence]
    quotes += [] if claim is None else [item.quote for item in (*claim.evidence, *claim.opposing)]
    carried: tuple[str, ...] = ()
    if claim is not None:
        for scale in _SCALE.finditer(claim.template):
            template = template.replace(scale[0], scale["of"] or scale[0])
        carried = (_SCALE.sub(" ", claim.template),)
    try:
        check_template(template, tuple(offered), quotes=quotes, carried=carried)
    except EvidenceError as error:
        return f"{error.message}; numbers cannot be changed or added by hand"
    return None
