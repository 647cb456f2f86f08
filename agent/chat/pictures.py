"""Draws the pictures that answers name, again from the same snapshot: for the page and for exports."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast, get_args

from agent.chat.requests import CompareGroups, ComparePeriods
from agent.chat.toolbox.comparing import (
    done_before_and_after,
    done_by_groups,
    said_before_and_after,
    said_by_groups,
)
from agent.chat.toolbox.feelings import mood_of
from agent.chat.toolbox.journeys import stage_times
from agent.chat.toolbox.resolving import GapError, pain_point_of, scope_of, where_of
from agent.errors import NotFoundError
from agent.events.counted import Level
from agent.pipeline.did import Period
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.render.charts import (
    funnel_picture,
    retention_picture,
    sankey_picture,
    stay_picture,
    transition_picture,
)
from agent.render.chat_charts import impact_picture, month_picture, mood_picture
from agent.render.comparison_forest import comparison_picture
from agent.render.credit_chart import credit_picture
from agent.render.forest import forest_picture
from agent.render.frame import Picture as Drawing
from agent.render.frame import svg_of
from agent.render.persona_chart import personas_picture
from agent.schemas.chat import Picture, PictureKind


class _Asked:
    """What a picture asks for, its names resolved."""

    def __init__(self, snapshot: Snapshot, picture: Picture) -> None:
        self.snapshot = snapshot
        self.params = picture.params
        self.where = where_of(snapshot, self.filter("where."))
        self.scope: Scoped = scope_of(snapshot, self.where)

    def text(self, key: str, default: str = "") -> str:
        """Return a parameter that is one text."""
        found = self.params.get(key, default)
        return found if isinstance(found, str) else default

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a parameter that is several texts."""
        found = self.params.get(key, ())
        return found if isinstance(found, tuple) else ()

    def filter(self, prefix: str) -> dict[str, str]:
        """Return the filter that a prefix marks."""
        return {
            key.removeprefix(prefix): value
            for key, value in self.params.items()
            if key.startswith(prefix) and isinstance(value, str)
        }


def draw(snapshot: Snapshot, picture: Picture) -> str:
    """Return a picture as SVG, with its title and a description for those who do not see it.

    Args:
        snapshot: Where its figures are from.
        picture: Kind and parameters, as a tool named them.

    Raises:
        NotFoundError: What it shows is not in the data any more.
        StoreError: The stores cannot be read.
    """
    try:
        asked = _Asked(snapshot, picture)
        key = ("svg", picture.kind, tuple(sorted(picture.params.items())))
        return asked.scope.drawn(key, lambda: svg_of(_DRAWN[picture.kind](asked)).decode())
    except GapError as error:
        raise NotFoundError(error.missing.statement, hint=error.missing.needed) from error
    except (ValueError, KeyError, OverflowError) as error:
        # Parameters stand in the address of a picture, where anybody may write anything.
        msg = f"there is no picture {picture.kind!r} with these parameters"
        raise NotFoundError(msg, hint="Load the page again.") from error


def _transitions(asked: _Asked) -> Drawing:
    level = asked.text("level", "event")
    return transition_picture(
        asked.scope.graph(cast("Level", level if level in get_args(Level) else "event"))
    )


def _sankey(asked: _Asked) -> Drawing:
    return sankey_picture(asked.scope.paths("event").flow.stages, asked.snapshot.stages)


def _funnel(asked: _Asked) -> Drawing:
    days = asked.text("within_days")
    within = timedelta(days=float(days)) if days else None
    return funnel_picture(asked.scope.funnel(asked.texts("steps"), within))


def _retention(asked: _Asked) -> Drawing:
    by = cast("Period", asked.text("by", "week"))
    return retention_picture(asked.scope.retention(by, asked.text("since") or None), unit=by)


def _stages(asked: _Asked) -> Drawing:
    return stay_picture(stage_times(asked.scope))


def _moments(asked: _Asked) -> Drawing:
    return forest_picture(asked.scope.moments)


def _trend(asked: _Asked) -> Drawing:
    point = pain_point_of(asked.scope, asked.snapshot, asked.text("topic"))
    return month_picture(point.trend.months, point.label)


def _emotion(asked: _Asked) -> Drawing:
    map_id = asked.text("map_id")
    if map_id:
        curve = asked.snapshot.workspace.store.results.map(map_id).emotion_curve
        return mood_picture({point.stage: point.metric for point in curve})
    return mood_picture({stage: mood_of(asked.scope, stage) for stage in asked.snapshot.stages})


def _personas(asked: _Asked) -> Drawing:
    return personas_picture(asked.scope.personas)


def _attribution(asked: _Asked) -> Drawing:
    return credit_picture(asked.scope.attribution(asked.text("conversion") or None))


def _comparison(asked: _Asked) -> Drawing:
    snapshot, scope = asked.snapshot, asked.scope
    what, steps, at, versus = (
        asked.text("what", "pain_points"),
        asked.texts("steps"),
        asked.text("at"),
        asked.filter("versus."),
    )
    if versus:
        groups = CompareGroups.model_validate(
            {"where": asked.where, "versus": versus, "what": what, "steps": steps}
        )
        resolved = where_of(snapshot, versus)
        if what == "pain_points":
            return comparison_picture(said_by_groups(snapshot, asked.where, resolved))
        return comparison_picture(done_by_groups(snapshot, scope, groups, asked.where, resolved))
    day = datetime.strptime(at, "%Y-%m-%d").replace(tzinfo=UTC)
    if what == "pain_points":
        return comparison_picture(said_before_and_after(scope, day)[0])
    periods = ComparePeriods.model_validate({"where": asked.where, "at": at, "what": what, "steps": steps})
    return comparison_picture(done_before_and_after(snapshot, scope, periods, day)[0])


def _opportunities(asked: _Asked) -> Drawing:
    worded = {one.pain_point_id for found in asked.snapshot.maps() for one in found.opportunities}
    return impact_picture([one for one in asked.scope.pain_points if one.pain_point_id in worded])


_DRAWN: Mapping[PictureKind, Callable[[_Asked], Drawing]] = {
    "transitions": _transitions,
    "sankey": _sankey,
    "funnel": _funnel,
    "retention": _retention,
    "stages": _stages,
    "moments": _moments,
    "trend": _trend,
    "emotion": _emotion,
    "personas": _personas,
    "attribution": _attribution,
    "comparison": _comparison,
    "opportunities": _opportunities,
}
