"""What changed from one version of a map to another, as far as the customers behind them can prove it.

Both versions are measured with one yardstick, the later one's: its reader, its themes and its stages, over the customers and
texts that each version was drafted from. So another way of reading, or themes that were found anew, are no change of
customers. Compared are, per pain point, the share of the customers who said something that voice it, and, per stage, the
mean over customers of their mood; `agent.analyse.version_compare` says how. Claims are matched by id: a claim that only one
version has was added or is gone, which is no statement about customers.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.analyse.stages import StagePlan, plan_of
from agent.analyse.statistics import reach_quantity
from agent.analyse.version_compare import Measure, Shift, compare_versions
from agent.errors import InputError
from agent.pipeline.scoping import counted_once
from agent.pipeline.workspace import Workspace
from agent.schemas.base import Frozen
from agent.schemas.evidence import Claim, ClaimStatus, Lane, Quantity
from agent.schemas.insight import PainPoint, Reading
from agent.schemas.journey import JourneyMap
from agent.schemas.records import Record
from agent.verify.quotes import text_digest


class ReachDifference(Frozen):
    """How many voice a pain point, in each version."""

    pain_point_id: str
    label: str
    stage: str | None
    before: Quantity | None
    """As the later version's themes count it; None where they do not have it."""
    after: Quantity | None
    stated_before: Quantity | None
    """As the earlier version states it; None where it has no such pain point."""
    stated_after: Quantity | None
    shift: Shift


class MoodDifference(Frozen):
    """The mood of those who speak of a stage, in each version."""

    stage: str
    n_before: int
    n_after: int
    before: float | None
    after: float | None
    shift: Shift


class ClaimChange(Frozen):
    """A claim that only one version has, or that they word or count otherwise."""

    stage: str
    lane: Lane
    claim_id: str
    before: str | None
    """What the earlier version says; None where it has no such claim."""
    after: str | None
    before_status: ClaimStatus | None = None
    after_status: ClaimStatus | None = None


class MapDiff(Frozen):
    """Two versions of a map side by side."""

    map_id: str
    earlier: int
    later: int
    n_before: int
    """Customers who said something, of whom the earlier version is."""
    n_after: int
    n_both: int
    """Customers in both; they are compared with themselves."""
    pain_points: tuple[ReachDifference, ...] = ()
    """Changed ones first, then by rank of the later version."""
    moods: tuple[MoodDifference, ...] = ()
    n_tested: int = 0
    added: tuple[ClaimChange, ...] = ()
    gone: tuple[ClaimChange, ...] = ()
    otherwise: tuple[ClaimChange, ...] = ()
    """In both, with another statement or status."""
    notes: tuple[str, ...] = ()
    """What a reader has to know, a sentence each."""


_NO_THEME = "the later version's themes have no such pain point: its words belong to others there"


def map_diff(workspace: Workspace, map_id: str, *, earlier: int, later: int) -> MapDiff:
    """Return what changed between two versions of a map.

    Args:
        workspace: Whose stores are read.
        map_id: The map.
        earlier: Number of the earlier version.
        later: Number of the later one.

    Raises:
        NotFoundError: There is no such map or version.
        InputError: The versions are not in order.
    """
    if earlier >= later:
        msg = f"version {earlier} is not before version {later}"
        raise InputError(msg, hint="Name the earlier version first, and another one second.")
    results = workspace.store.results
    before, after = results.map(map_id, earlier), results.map(map_id, later)
    themes = results.themes(after.provenance.theme_set)
    members = {} if themes is None else {theme.theme_id: theme.passage_ids for theme in themes.themes}
    plan = plan_of(after.scope.stage_rules)
    sides = _sides_of(workspace, before, after, plan)
    pains = _pains(before, after)
    shifts = _shifts(pains, after, members, sides)
    added, gone, otherwise = _claims(before, after)
    return MapDiff(
        map_id=map_id,
        earlier=earlier,
        later=later,
        n_before=len(sides.before.n_texts),
        n_after=len(sides.after.n_texts),
        n_both=len(sides.before.n_texts.keys() & sides.after.n_texts.keys()),
        pain_points=_reaches(pains, (before, after), members, shifts),
        moods=tuple(_mood(stage.name, *shifts["mood", stage.name]) for stage in after.stages),
        n_tested=sum(shift.p_value is not None for _, shift in shifts.values()),
        added=added,
        gone=gone,
        otherwise=otherwise,
        notes=tuple(_notes(before, after, sides)),
    )


def _shifts(
    pains: Sequence[PainPoint],
    after: JourneyMap,
    members: Mapping[str, Sequence[str]],
    sides: "_Sides",
) -> "_Shifts":
    """Return what became of every pain point's reach and every stage's mood, tested together."""
    measures = {("pain", pain.pain_point_id): sides.reach(members.get(pain.theme_id)) for pain in pains}
    measures |= {("mood", stage.name): sides.mood(stage.name) for stage in after.stages}
    found = compare_versions(list(measures.values()), (sides.before.n_texts, sides.after.n_texts))
    return dict(zip(measures, zip(measures.values(), found, strict=True), strict=True))


_Key = tuple[str, str]
_Shifts = Mapping[_Key, tuple[Measure, Shift]]


@dataclass(frozen=True)
class _Side:
    """The customers of one version, and what the later version's reader made of their texts."""

    n_texts: Mapping[str, int]
    """Customer to how many texts."""
    person_of: Mapping[str, str]
    """Passage to the customer for whom it counts."""
    moods: Mapping[str, Mapping[str, float]]
    """Stage to customer to their mean sentiment there."""

    def reach(self, passage_ids: Collection[str]) -> dict[str, float]:
        """Return for each customer whether one of the passages is theirs."""
        said = {self.person_of[key] for key in passage_ids if key in self.person_of}
        return {person: float(person in said) for person in self.n_texts}


@dataclass(frozen=True)
class _Sides:
    before: _Side
    after: _Side

    def reach(self, passage_ids: Collection[str] | None) -> Measure:
        """Return who voices a theme; of nobody where the later version does not have it."""
        if passage_ids is None:
            return Measure({}, {})
        return Measure(self.before.reach(passage_ids), self.after.reach(passage_ids))

    def mood(self, stage: str) -> Measure:
        """Return how those who speak of a stage feel."""
        return Measure(self.before.moods.get(stage, {}), self.after.moods.get(stage, {}), "mood")


def _sides_of(workspace: Workspace, before: JourneyMap, after: JourneyMap, plan: StagePlan) -> _Sides:
    """Return both versions' customers; a copy of somebody's text counts for the same person in both."""
    sources = [frozenset(one.provenance.source_ids) for one in (before, after)]
    named = {
        record.record_id: record
        for record in workspace.store.records.iter(after.scope.where or None)
        if record.source_id in sources[0] | sources[1]
    }
    records = counted_once(named, workspace.copies_among(named.values()))
    readings = tuple(_read(workspace, records, after.provenance.reader))
    return _Sides(*(_side(records, readings, wanted, plan) for wanted in sources))


def _side(
    records: Mapping[str, Record], readings: Sequence[Reading], wanted: frozenset[str], plan: StagePlan
) -> _Side:
    own = {record_id: record for record_id, record in records.items() if record.source_id in wanted}
    person_of: dict[str, str] = {}
    told: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for reading in readings:
        if reading.record_id not in own:
            continue
        person = own[reading.record_id].person_id
        person_of[reading.passage_id] = person
        stage = plan.stage_of(reading.stage, reading.touchpoint)
        if stage is not None:
            told[stage][person].append(reading.sentiment)
    return _Side(
        n_texts=Counter(record.person_id for record in own.values()),
        person_of=person_of,
        moods={
            stage: {person: sum(values) / len(values) for person, values in of_stage.items()}
            for stage, of_stage in told.items()
        },
    )


def _read(workspace: Workspace, records: Mapping[str, Record], reader: str) -> Iterator[Reading]:
    """Yield the readings of texts that are as they were when they were read."""
    digests = {record_id: text_digest(record.text) for record_id, record in records.items()}
    for reading in workspace.store.readings.iter(reader, record_ids=records):
        if reading.text_sha256 == digests[reading.record_id]:
            yield reading


def _pains(before: JourneyMap, after: JourneyMap) -> list[PainPoint]:
    """Return the pain points of both versions, those of the later one first."""
    found = {
        pain.pain_point_id: pain for pain in (*reversed(before.pain_points), *reversed(after.pain_points))
    }
    return list(reversed(found.values()))


def _reaches(
    pains: Sequence[PainPoint],
    versions: tuple[JourneyMap, JourneyMap],
    members: Mapping[str, object],
    shifts: _Shifts,
) -> tuple[ReachDifference, ...]:
    stated = [{pain.pain_point_id: pain.reach for pain in one.pain_points} for one in versions]
    made: list[ReachDifference] = []
    for pain in pains:
        measure, shift = shifts["pain", pain.pain_point_id]
        if pain.theme_id not in members:
            shift = shift.model_copy(update={"needed": None, "reason": _NO_THEME})
        made.append(
            ReachDifference(
                pain_point_id=pain.pain_point_id,
                label=pain.label,
                stage=pain.stage,
                before=_quantity(measure.before, pain.reach.population),
                after=_quantity(measure.after, pain.reach.population),
                stated_before=stated[0].get(pain.pain_point_id),
                stated_after=stated[1].get(pain.pain_point_id),
                shift=shift,
            )
        )
    return tuple(sorted(made, key=lambda one: one.shift.verdict != "changed"))


def _quantity(values: Mapping[str, float], population: str) -> Quantity | None:
    return reach_quantity(int(sum(values.values())), len(values), population) if values else None


def _mood(stage: str, measure: Measure, shift: Shift) -> MoodDifference:
    return MoodDifference(
        stage=stage,
        n_before=len(measure.before),
        n_after=len(measure.after),
        before=_mean(measure.before),
        after=_mean(measure.after),
        shift=shift,
    )


def _mean(values: Mapping[str, float]) -> float | None:
    return sum(values.values()) / len(values) if values else None


_Changes = tuple[ClaimChange, ...]


def _claims(before: JourneyMap, after: JourneyMap) -> tuple[_Changes, _Changes, _Changes]:
    """Return the claims that were added, are gone, and say something else."""
    old, new = _placed(before), _placed(after)
    pairs = [_change(key, old.get(key), new.get(key)) for key in new]
    pairs += [_change(key, old[key], None) for key in old if key not in new]
    return (
        tuple(one for one in pairs if one.before is None),
        tuple(one for one in pairs if one.after is None),
        tuple(
            one
            for one in pairs
            if one.before is not None
            and one.after is not None
            and (one.before, one.before_status) != (one.after, one.after_status)
        ),
    )


_Place = tuple[str, Lane, str]


def _placed(one: JourneyMap) -> dict[_Place, Claim]:
    return {
        (stage.name, lane, claim.claim_id): claim
        for stage in one.stages
        for lane in Lane
        for claim in stage.cells[lane]
    }


def _change(place: _Place, before: Claim | None, after: Claim | None) -> ClaimChange:
    stage, lane, claim_id = place
    return ClaimChange(
        stage=stage,
        lane=lane,
        claim_id=claim_id,
        before=None if before is None else before.statement,
        after=None if after is None else after.statement,
        before_status=None if before is None else before.status,
        after_status=None if after is None else after.status,
    )


def _notes(before: JourneyMap, after: JourneyMap, sides: _Sides) -> Iterator[str]:
    if not sides.after.person_of:
        yield "Nothing that the later version's reader read is stored any more, so moods and shares cannot be compared; draft the map again."
    if before.provenance.input_sha256 == after.provenance.input_sha256:
        yield "Both versions were drafted from the same texts: nothing can have changed among the customers."
    if before.provenance.reader != after.provenance.reader:
        yield "The versions were read by different readers; both are measured here with the later one."
    elif before.provenance.theme_set != after.provenance.theme_set:
        yield "The themes were found anew in between; both versions are measured here with the later ones."
    lost = [who for who, side in (("earlier", sides.before), ("later", sides.after)) if not side.n_texts]
    if lost:
        yield f"No text that the {' or '.join(lost)} version was drafted from is stored any more."
