"""Checks what people word on a map: no number that was not computed, no quotation that no customer said, no link, no markup."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from agent.errors import EvidenceError
from agent.firewall import check_template, format_metric
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
    """Return a wording with the claim's numbers by name, where they stand in it as they stood before."""
    template = worded
    for metric in claim.metrics:
        written = plain(format_metric(metric))
        if metric.value is not None and written in template:
            template = template.replace(written, f"{{{{m:{metric.metric_id}}}}}", 1)
    return template


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
    if has_loose_marks(worded) and not has_loose_marks(before):
        return "a quotation mark in the statement has no partner, so where the quotation ends cannot be told"
    return None


def _number_fault(template: str, claim: Claim | None, evidence: Iterable[Evidence]) -> str | None:
    offered: Mapping[str, object] = (
        {} if claim is None else {metric.metric_id: metric for metric in claim.metrics}
    )
    quotes = [item.quote for item in evidence]
    quotes += [] if claim is None else [item.quote for item in (*claim.evidence, *claim.opposing)]
    carried = () if claim is None else (claim.template,)
    try:
        check_template(template, tuple(offered), quotes=quotes, carried=carried)
    except EvidenceError as error:
        return f"{error.message}; numbers cannot be changed or added by hand"
    return None
