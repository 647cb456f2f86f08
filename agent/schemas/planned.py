"""A planned map: the stages, touchpoints and transitions that a workshop drew, before any data is looked at."""

from pydantic import Field

from agent.schemas.base import Frozen


class PlannedStage(Frozen):
    """A stage of the plan."""

    name: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    """What the data calls it; where given, the name itself is not looked for."""


class PlannedTouchpoint(Frozen):
    """A touchpoint of the plan; one name is one touchpoint, in however many stages it stands."""

    name: str = Field(min_length=1)
    stages: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """What the data calls it; where given, the name itself is not looked for."""
    channel: str | None = None
    initiator: str | None = None
    """Who begins it, where the plan says so: an actor's name."""
    receiver: str | None = None


class PlannedMove(Frozen):
    """One thing that may directly follow another."""

    source: str
    target: str
    label: str | None = None


class Flow(Frozen):
    """What may begin, follow one another and end, on one level of a plan; empty means that the plan does not say."""

    moves: tuple[PlannedMove, ...] = ()
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


class PlannedMap(Frozen):
    """A planned map as a state machine of touchpoints, of stages, or of both.

    Stages stand in their order; touchpoints in the order of their first stage, those without one last.
    """

    name: str | None = None
    stages: tuple[PlannedStage, ...] = ()
    touchpoints: tuple[PlannedTouchpoint, ...] = ()
    stage_flow: Flow = Flow()
    touchpoint_flow: Flow = Flow()

    @property
    def stage_names(self) -> tuple[str, ...]:
        """The stages in order."""
        return tuple(stage.name for stage in self.stages)
