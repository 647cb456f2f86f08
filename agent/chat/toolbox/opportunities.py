"""What could be done about pain points, as the maps worded it."""

from collections.abc import Mapping, Sequence

from agent.chat.requests import ListOpportunities
from agent.chat.toolbox.pain_points import reach_of
from agent.chat.toolbox.resolving import customers, refuse, require_texts, scope_of, stage_of, where_of
from agent.chat.toolbox.writing import Row, Writing, one_line, plain
from agent.pipeline.snapshot import Snapshot
from agent.schemas.chat import ToolResult
from agent.schemas.insight import Opportunity, PainPoint


def list_opportunities(snapshot: Snapshot, request: ListOpportunities) -> ToolResult:
    """List what could be done about pain points, largest impact first."""
    where = where_of(snapshot, request.where)
    scope = require_texts(scope_of(snapshot, where))
    stage = None if request.stage is None else stage_of(snapshot, request.stage)
    place = f" in {stage}" if stage else ""
    writing = Writing(request, f"What could be done for {customers(where)}{place}", snapshot)
    worded_for = {
        opportunity.pain_point_id: opportunity
        for journey_map in reversed(snapshot.maps())
        for opportunity in journey_map.opportunities
    }
    points = [
        one for one in scope.pain_points if one.pain_point_id in worded_for and stage in {None, one.stage}
    ][: request.limit]
    if not points:
        refuse(
            "not_measured",
            f"No opportunity{place} has been worded for {customers(where)} yet.",
            "A drafted map: it words what could be done about its pain points.",
            "What hurts customers most?",
            "Show the latest map",
        )
    _tell_opportunities(writing, points, worded_for)
    writing.guidance("Impact is reach times severity; feasibility is for people to judge.")
    writing.picture("opportunities", "Impact of what could be done, largest first")
    writing.ask_next(*(f"What should we say to customers about {plain(one.label)}?" for one in points[:2]))
    return writing.done()


def _tell_opportunities(
    writing: Writing, points: Sequence[PainPoint], worded_for: Mapping[str, Opportunity]
) -> None:
    said = {one.pain_point_id: one_line(worded_for[one.pain_point_id].statement) for one in points}
    for point in points[:3]:
        writing.suggestion(
            f"For {writing.name(point.label)} ({{{{m:{reach_of(writing, point)}:counted}}}} customers): {writing.words(said[point.pain_point_id])}"
        )
    writing.table(
        "Opportunities, largest impact first",
        ("Pain point", "Suggestion", "Customers", "Impact"),
        [
            Row(
                (
                    plain(point.label),
                    said[point.pain_point_id],
                    f"{point.reach.n:,} of {point.reach.total:,}",
                    f"{100 * point.rank.score:.1f}",
                ),
                rests_on=(reach_of(writing, point),),
                target=writing.target("pain_point", point.label, point.pain_point_id),
            )
            for point in points
        ],
    )
