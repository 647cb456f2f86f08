"""Computes every claim of a map again from the stores and names each that does not hold any more."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent.corpus import Corpus
from agent.draft.builder import emotion_curve
from agent.draft.scope import attributes_of, map_id_of
from agent.schemas.base import Frozen
from agent.schemas.evidence import Claim, ClaimStatus, Evidence
from agent.schemas.insight import Moment, PainPoint
from agent.schemas.journey import JourneyMap, SourceShare, Window
from agent.verify.cells import (
    StageTruth,
    cell_faults,
    counted,
    opportunity_faults,
    sound_opportunities,
    theme_quote_faults,
)
from agent.verify.differences import differences
from agent.verify.quotes import QuoteChecker


class BrokenPart(Frozen):
    """One part of a map that does not hold."""

    part: str
    """`map`, `attributes`, `provenance`, `claim`, `pain_point`, `opportunity`, `moment` or `emotion_curve`."""
    part_id: str
    where: str
    """Stage and lane, or the label, for the reader."""
    reasons: tuple[str, ...]


class Outcome(StrEnum):
    """What verifying a map came to."""

    HOLDS = "holds"
    BROKEN = "broken"
    OTHER_READER = "other_reader"
    """It was made from passages cut or read in another way than this version does: only quotes were checked."""


class MapVerification(Frozen):
    """What verifying a map found."""

    map_id: str
    version: int
    outcome: Outcome
    n_claims: int
    n_quotes: int
    n_numbers: int
    broken: tuple[BrokenPart, ...]
    reader: str
    """Version of the reader that made the map."""
    current_reader: str
    decisions_since: tuple[int, ...] = ()
    """Decisions about themes that were made since it was drafted: the map stands on the themes as they were before."""

    @property
    def holds(self) -> bool:
        """True where everything was computed again and nothing is broken."""
        return self.outcome is Outcome.HOLDS


@dataclass(frozen=True, slots=True)
class _Found:
    part: str
    part_id: str
    where: str
    reasons: list[str]


def verify_map(
    journey_map: JourneyMap,
    *,
    corpus: Corpus,
    pain_points: Sequence[PainPoint],
    moments: Sequence[Moment],
    checker: QuoteChecker,
    stored_as: tuple[str, int],
) -> MapVerification:
    """Verify a map.

    Args:
        journey_map: The map as stored.
        corpus: The same scope and sources, as the stores hold them now.
        pain_points: Pain points ranked again from that corpus.
        moments: Moments found again from that corpus.
        checker: Checks quotes against the records as stored now.
        stored_as: Id and version under which the map is stored.
    """
    found = [
        *_claims(journey_map, corpus, pain_points, checker),
        *_pain_points(journey_map, corpus, pain_points, checker),
        *_opportunities(journey_map, corpus, pain_points),
        *_moments(journey_map, moments),
        *_curve(journey_map, corpus),
        *_head(journey_map, corpus, stored_as),
    ]
    if not any(item.reasons for item in found):
        found.extend(_adjusted(journey_map, pain_points, moments))
    claims, broken = checked_claims(journey_map), _broken(found)
    return MapVerification(
        map_id=stored_as[0],
        version=stored_as[1],
        outcome=Outcome.BROKEN if broken else Outcome.HOLDS,
        n_claims=len(claims),
        n_quotes=len(distinct_quotes(journey_map)),
        n_numbers=sum(len(claim.metrics) for claim in claims) + len(journey_map.emotion_curve),
        broken=broken,
        reader=journey_map.provenance.reader,
        current_reader=journey_map.provenance.reader,
    )


def verify_quotes(
    journey_map: JourneyMap, *, stored_as: tuple[str, int], checker: QuoteChecker, current_reader: str
) -> MapVerification:
    """Verify only the quotes of a map whose numbers this version of the reader cannot compute again.

    Args:
        journey_map: The map as stored.
        stored_as: Id and version under which the map is stored.
        checker: Checks quotes against the records as stored now.
        current_reader: Version of the reader that is at hand.
    """
    found = [_name(journey_map, stored_as)]
    for stage in journey_map.stages:
        for lane, cell in stage.cells.items():
            where = f"{stage.name} / {lane.value}"
            for claim in cell:
                faults = _quote_faults((*claim.evidence, *claim.opposing), checker)
                found.append(_Found("claim", claim.claim_id, where, list(faults)))
    for pain in journey_map.pain_points:
        faults = _quote_faults((*pain.evidence, *pain.opposing), checker)
        found.append(_Found("pain_point", pain.pain_point_id, pain.label, list(faults)))
    return MapVerification(
        map_id=stored_as[0],
        version=stored_as[1],
        outcome=Outcome.OTHER_READER,
        n_claims=0,
        n_quotes=len(distinct_quotes(journey_map)),
        n_numbers=0,
        broken=_broken(found),
        reader=journey_map.provenance.reader,
        current_reader=current_reader,
    )


def _broken(found: Iterable[_Found]) -> tuple[BrokenPart, ...]:
    return tuple(
        BrokenPart(part=item.part, part_id=item.part_id, where=item.where, reasons=tuple(item.reasons))
        for item in found
        if item.reasons
    )


def checked_claims(journey_map: JourneyMap) -> list[Claim]:
    """Return the claims that say something; what is unknown is looked at too and counted apart."""
    cells = [cell for stage in journey_map.stages for cell in stage.cells.values()]
    return [claim for cell in cells for claim in cell if claim.status is not ClaimStatus.UNKNOWN]


def distinct_quotes(journey_map: JourneyMap) -> set[tuple[str, int, int]]:
    """Return where the quotes of a map stand, each once however often it is shown."""
    cells = [cell for stage in journey_map.stages for cell in stage.cells.values()]
    quoting = [*(claim for cell in cells for claim in cell), *journey_map.pain_points]
    return {
        (item.record_id, item.start, item.end)
        for part in quoting
        for item in (*part.evidence, *part.opposing)
    }


def _claims(
    journey_map: JourneyMap, corpus: Corpus, pain_points: Sequence[PainPoint], checker: QuoteChecker
) -> Iterator[_Found]:
    by_id = {pain.pain_point_id: pain for pain in pain_points}
    sound = sound_opportunities(journey_map.opportunities, by_id, corpus)
    for stage in journey_map.stages:
        truth = StageTruth(
            stage=stage.name,
            corpus=corpus,
            pain_points=tuple(pain for pain in pain_points if pain.stage == stage.name),
            opportunities=sound,
        )
        for lane, cell in stage.cells.items():
            where = f"{stage.name} / {lane.value}"
            quoted = {
                claim.claim_id: _quote_faults((*claim.evidence, *claim.opposing), checker) for claim in cell
            }
            reasons: dict[str, list[str]] = {claim_id: list(faults) for claim_id, faults in quoted.items()}
            for claim_id, faults in cell_faults(stage, lane, truth):
                reasons.setdefault(claim_id, []).extend(faults)
            for claim_id, faults in reasons.items():
                yield _Found("claim", claim_id, where, faults)


def _quote_faults(evidence: Iterable[Evidence], checker: QuoteChecker) -> Iterator[str]:
    for item in evidence:
        fault = checker.fault(item)
        if fault is not None:
            yield f"quote {item.record_id}:{item.start}-{item.end}: {fault.value}"


def _pain_points(
    journey_map: JourneyMap, corpus: Corpus, pain_points: Sequence[PainPoint], checker: QuoteChecker
) -> Iterator[_Found]:
    now = {pain.theme_id: pain for pain in pain_points}
    for pain in journey_map.pain_points:
        reasons = list(_quote_faults((*pain.evidence, *pain.opposing), checker))
        current = now.get(pain.theme_id)
        if current is None:
            reasons.append("fewer customers voice it than the evidence floor asks")
        else:
            reasons.extend(_pain_faults(pain, current))
            reasons.extend(theme_quote_faults(pain.evidence, pain.opposing, pain.theme_id, corpus))
            if current.evidence and not pain.evidence:
                reasons.append("it has no quote")
        yield _Found("pain_point", pain.pain_point_id, pain.label, reasons)
    listed = [pain.theme_id for pain in journey_map.pain_points]
    for pain in pain_points:
        if listed.count(pain.theme_id) != 1:
            reason = (
                "the map leaves it out" if pain.theme_id not in listed else "the map has it more than once"
            )
            yield _Found("pain_point", pain.pain_point_id, pain.label, [reason])
    scores = [pain.rank.score for pain in journey_map.pain_points]
    if scores != sorted(scores, reverse=True):
        yield _Found("pain_point", "order", "pain points", ["they do not stand in the order of their rank"])


_CHECKED_ELSEWHERE = (
    "evidence",
    "opposing",
    "owner",
    "initiative_url",
    "reach",
    "trend.p_value",
    "trend.direction",
    "trend.reason",
    "trend.needed_per_month",
    "rank.stability",
    "concentration",
    "linkage.agreement",
)
"""What depends on every other pain point is compared once all of them are known to be the same."""


def _pain_faults(pain: PainPoint, current: PainPoint) -> Iterator[str]:
    if pain.reach != current.reach:
        yield f"reach: map counts {counted(pain.reach)}, data {counted(current.reach)}"
    yield from differences(pain, current, without=_CHECKED_ELSEWHERE)


def _opportunities(
    journey_map: JourneyMap, corpus: Corpus, pain_points: Sequence[PainPoint]
) -> Iterator[_Found]:
    now = {pain.pain_point_id: pain for pain in pain_points}
    for opportunity in journey_map.opportunities:
        reasons = list(opportunity_faults(opportunity, now, corpus))
        yield _Found("opportunity", opportunity.opportunity_id, opportunity.pain_point_id, reasons)


def _moments(journey_map: JourneyMap, moments: Sequence[Moment]) -> Iterator[_Found]:
    now: Mapping[str, Moment] = {moment.moment_id: moment for moment in moments}
    for moment in journey_map.moments:
        found = now.get(moment.moment_id)
        same = found is not None and not any(differences(moment, found, without=("p_value",)))
        reasons = [] if same else ["the data gives another effect"]
        yield _Found("moment", moment.moment_id, moment.experience, reasons)
    listed = {moment.moment_id for moment in journey_map.moments}
    for moment in moments:
        if moment.moment_id not in listed:
            yield _Found("moment", moment.moment_id, moment.experience, ["the map leaves it out"])


def _curve(journey_map: JourneyMap, corpus: Corpus) -> Iterator[_Found]:
    stages = [stage.name for stage in journey_map.stages]
    if [point.stage for point in journey_map.emotion_curve] != stages:
        reason = "its points are not the stages of the map"
        yield _Found("emotion_curve", "stages", "emotion curve", [reason])
        return
    for point, now in zip(journey_map.emotion_curve, emotion_curve(corpus, stages), strict=True):
        yield _Found("emotion_curve", point.stage, point.stage, list(differences(point, now)))


def _provenance(journey_map: JourneyMap, corpus: Corpus) -> _Found:
    """Compare who the map says it is about with who is in the stores."""
    made = journey_map.provenance
    records = corpus.records.values()
    persons = {
        kind: {r.person_id for r in records if r.kind.value == kind}
        for kind in {r.kind.value for r in records}
    }
    now = made.model_copy(
        update={
            "window": Window(start=corpus.start, end=corpus.end),
            "input_sha256": corpus.input_sha256,
            "sources": tuple(
                SourceShare(
                    kind=kind,
                    n_records=sum(r.kind.value == kind for r in records),
                    n_persons=len(persons[kind]),
                )
                for kind in sorted(persons)
            ),
            "n_records": len(corpus.records),
            "n_persons": len(corpus.speakers),
            "n_persons_without_identity": len(corpus.unidentified),
            "n_copies": corpus.copies.n_copies,
            "n_copied_texts": corpus.copies.n_texts,
        }
    )
    reasons = list(differences(made, now))
    if journey_map.scope.population != corpus.population:
        reasons.append(
            f"population: map says {journey_map.scope.population!r}, data says {corpus.population!r}"
        )
    return _Found("provenance", journey_map.map_id, "who and what the map is about", reasons)


def _head(journey_map: JourneyMap, corpus: Corpus, stored_as: tuple[str, int]) -> Iterator[_Found]:
    yield _provenance(journey_map, corpus)
    yield _attributes(journey_map, corpus)
    yield _name(journey_map, stored_as)


def _attributes(journey_map: JourneyMap, corpus: Corpus) -> _Found:
    made, now = dict(journey_map.attributes), attributes_of(corpus)
    reasons = [
        f"{name}: map says {made.get(name)!r}, data says {now.get(name)!r}"
        for name in sorted(made.keys() | now.keys())
        if made.get(name) != now.get(name)
    ]
    return _Found("attributes", journey_map.map_id, "what kind of map it is", reasons)


def _name(journey_map: JourneyMap, stored_as: tuple[str, int]) -> _Found:
    """Compare id and version with the place in the store, and the id with the scope it stands for."""
    map_id, version = stored_as
    reasons: list[str] = []
    if journey_map.map_id != map_id:
        reasons.append(f"map_id: map says {journey_map.map_id!r}, it is stored as {map_id!r}")
    if journey_map.version != version:
        reasons.append(f"version: map says {journey_map.version}, it is stored as {version}")
    scope_id = map_id_of(journey_map.scope, journey_map.type)
    if scope_id != map_id:
        reasons.append(f"scope: the id of its scope and type is {scope_id!r}, it is stored as {map_id!r}")
    return _Found("map", map_id, "id, version and scope", reasons)


def _shared_faults(pain: PainPoint, current: PainPoint) -> Iterator[str]:
    """Yield what a pain point says otherwise of what is tested, or placed, together with all others."""
    yield from (f"trend.{reason}" for reason in differences(pain.trend, current.trend))
    yield from (f"rank.{reason}" for reason in differences(pain.rank, current.rank))
    if pain.linkage is not None and current.linkage is not None:
        yield from (f"linkage.{reason}" for reason in differences(pain.linkage, current.linkage))
    if len(pain.concentration) != len(current.concentration):
        yield f"concentration: map has {len(pain.concentration)} of them, data gives {len(current.concentration)}"
        return
    for said, found in zip(pain.concentration, current.concentration, strict=True):
        yield from (f"concentration.{reason}" for reason in differences(said, found))


def _adjusted(
    journey_map: JourneyMap, pain_points: Sequence[PainPoint], moments: Sequence[Moment]
) -> Iterator[_Found]:
    """Compare what depends on every other pain point or moment, once all of them are known to be the same."""
    now = {pain.theme_id: pain for pain in pain_points}
    for pain in journey_map.pain_points:
        reasons = list(_shared_faults(pain, now[pain.theme_id]))
        yield _Found("pain_point", pain.pain_point_id, pain.label, reasons)
    effects = {moment.moment_id: moment for moment in moments}
    for moment in journey_map.moments:
        reasons = list(differences(moment, effects[moment.moment_id]))
        yield _Found("moment", moment.moment_id, moment.experience, reasons)
