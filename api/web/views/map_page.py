"""What the page of one map shows: head, grid, curve, and what stands behind a claim."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.errors import NotFoundError
from agent.firewall import format_metric
from agent.pipeline.freshness import Freshness
from agent.pipeline.map_carrying import opinions
from agent.pipeline.workspace import Workspace
from agent.render.curve import NARROW_COLUMN, Curve, curve_of
from agent.render.figures import interval_text, tied
from agent.render.page import LANES, TYPE_NAMES, counted_from, headline, provenance_rows, watermark
from agent.schemas.evidence import Claim, ClaimStatus, Evidence, Lane, Metric
from agent.schemas.journey import JourneyMap
from agent.schemas.notes import Comment, MapNote, MapState
from agent.schemas.records import Record
from agent.store.notes import MAP_STEPS
from api.web.views.maps import MapRow, map_row

STATUS_LOOKS: Mapping[ClaimStatus, str] = {
    ClaimStatus.OBSERVED: "good",
    ClaimStatus.INFERRED: "info",
    ClaimStatus.ASSUMPTION: "warn",
    ClaimStatus.UNKNOWN: "",
    ClaimStatus.BROKEN: "bad",
}
STATUS_MEANINGS: Mapping[ClaimStatus, str] = {
    ClaimStatus.OBSERVED: "Counted or quoted from the data.",
    ClaimStatus.INFERRED: "A suggestion that follows from a pain point above it; not a finding.",
    ClaimStatus.ASSUMPTION: "Somebody's opinion; nothing in the data bears it out yet.",
    ClaimStatus.UNKNOWN: "The data does not say.",
    ClaimStatus.BROKEN: "Was true of the data once and is not any more.",
}
STEP_WORDS: Mapping[MapState, str] = {
    MapState.IN_REVIEW: "Ask for review",
    MapState.APPROVED: "Approve",
    MapState.SENT_BACK: "Send back",
    MapState.DRAFT: "Back to draft",
}


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread of comments."""

    first: Comment
    replies: tuple[Comment, ...]

    @property
    def is_open(self) -> bool:
        """Whether nobody has resolved it."""
        return self.first.resolved_by is None


@dataclass(frozen=True, slots=True)
class MapView:
    """A version of a map, as its page shows it."""

    map: JourneyMap
    note: MapNote
    row: MapRow
    versions: tuple[int, ...]
    n_open: Mapping[tuple[str, Lane], int]
    """Stage and lane to open threads there."""
    threads: tuple[Thread, ...]
    """Of the map as a whole."""
    steps: tuple[MapState, ...]
    n_words: int
    """What people worded on this version."""

    lanes = LANES
    looks = STATUS_LOOKS
    step_words = STEP_WORDS

    @property
    def is_latest(self) -> bool:
        """Whether there is no later version."""
        return self.map.version == self.versions[-1]

    @property
    def type_name(self) -> str:
        """What kind of map it is."""
        return TYPE_NAMES[self.map.type]

    @property
    def curves(self) -> tuple[Curve, Curve]:
        """The emotion curve for a wide page and for a phone."""
        points = self.map.emotion_curve
        return curve_of(points), curve_of(points, column=NARROW_COLUMN)

    @property
    def headline(self) -> list[tuple[str, str]]:
        """Figures of the head."""
        return headline(self.map)

    @property
    def provenance(self) -> list[tuple[str, str]]:
        """Where it comes from."""
        named = set(self.map.attributes)
        return [(name, value) for name, value in provenance_rows(self.map) if name.lower() not in named]

    @property
    def watermark(self) -> str:
        """What is said where it rests on assumptions; empty where it does not."""
        return watermark(self.map)


@dataclass(frozen=True, slots=True)
class Definition:
    """A number behind a claim, as a reader checks it."""

    label: str
    value: str
    definition: str
    interval: str
    counted: str
    population: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim with all that stands behind it."""

    map: JourneyMap
    stage: str
    lane_name: str
    claim: Claim
    numbers: tuple[Definition, ...]
    sources: Mapping[str, Record]
    """Records of its quotes, by id."""
    counted_from: str
    rests_on: tuple[Claim, ...]
    threads: tuple[Thread, ...]

    meanings = STATUS_MEANINGS
    looks = STATUS_LOOKS


def map_view(workspace: Workspace, map_id: str, version: int | None, *, now: datetime) -> MapView:
    """Return a version of a map, the latest where None.

    Raises:
        NotFoundError: There is no such map or version.
    """
    results, notes = workspace.store.results, workspace.store.notes
    found, note = results.map(map_id, version), notes.map(map_id)
    comments = notes.comments.of_map(map_id)
    threads = threads_of(comments)
    return MapView(
        map=found,
        note=note,
        row=map_row(found, note, now=now, freshness=Freshness(workspace)),
        versions=tuple(results.map_versions(map_id)),
        n_open=_n_open(threads),
        threads=tuple(one for one in threads if one.first.place.stage is None),
        steps=tuple(sorted(MAP_STEPS[note.state], key=list(MapState).index)),
        n_words=sum(1 for _ in opinions(found)),
    )


def claim_view(workspace: Workspace, map_id: str, claim_id: str, version: int | None) -> ClaimView:
    """Return a claim of a map with its evidence.

    Raises:
        NotFoundError: There is no such map, version or claim.
    """
    found = workspace.store.results.map(map_id, version)
    stage, claim = _claim_of(found, claim_id)
    records = workspace.store.records.get_many({item.record_id for item in _quotes(claim)})
    named = {lane: name for lane, name, _ in LANES}
    by_id = {one.claim_id: one for each in found.stages for cell in each.cells.values() for one in cell}
    threads = threads_of(workspace.store.notes.comments.of_map(map_id))
    return ClaimView(
        map=found,
        stage=stage,
        lane_name=named[claim.lane],
        claim=claim,
        numbers=tuple(map(definition_of, claim.metrics)),
        sources=records,
        counted_from=counted_from(claim),
        rests_on=tuple(by_id[key] for key in claim.rests_on if key in by_id),
        threads=tuple(one for one in threads if one.first.place.claim_id == claim_id),
    )


def definition_of(metric: Metric) -> Definition:
    """Return a number with its definition, interval and counts, in words."""
    counted = metric.quantity
    bounds = ""
    if metric.low is not None and metric.high is not None:
        ends = [format_metric(metric.model_copy(update={"value": end})) for end in (metric.low, metric.high)]
        bounds = interval_text(metric.low, metric.high) if metric.unit == "share" else " to ".join(ends)
    return Definition(
        label=metric.label,
        value=tied(format_metric(metric)),
        definition=metric.definition,
        interval=tied(bounds),
        counted="" if counted is None else f"{counted.n:,} of {counted.total:,} customers",
        population="" if counted is None else counted.population,
        reason=metric.reason or "",
    )


def threads_of(comments: Sequence[Comment]) -> tuple[Thread, ...]:
    """Return comments as threads, in the order in which they were begun."""
    replies: dict[str, list[Comment]] = {}
    for comment in comments:
        replies.setdefault(comment.thread_id, []).append(comment)
    return tuple(Thread(found[0], tuple(found[1:])) for found in replies.values())


def _n_open(threads: Iterable[Thread]) -> Mapping[tuple[str, Lane], int]:
    places = [one.first.place for one in threads if one.is_open]
    return Counter(
        (place.stage, place.lane) for place in places if place.stage is not None and place.lane is not None
    )


def _quotes(claim: Claim) -> tuple[Evidence, ...]:
    return (*claim.evidence, *claim.opposing)


def _claim_of(found: JourneyMap, claim_id: str) -> tuple[str, Claim]:
    for stage in found.stages:
        for cell in stage.cells.values():
            for claim in cell:
                if claim.claim_id == claim_id:
                    return stage.name, claim
    msg = f"claim {claim_id!r} is not in version {found.version} of this map"
    raise NotFoundError(msg, hint="Another version may have it; go back to the map.")
