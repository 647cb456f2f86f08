"""What people note on what the product made: comments, owners, review dates, approvals, feasibility, and the log of it.

Whatever can be edited carries a version: who edits names the one they saw, and an edit of an older one is refused.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AwareDatetime, Field

from agent.schemas.base import Frozen
from agent.schemas.evidence import Lane

GIVEN_NAME = "name:"
"""Begins who did something where only a name was kept: before accounts' ids were."""

REVIEW_AFTER = timedelta(days=90)
"""How long after it was drafted a map is to be reviewed, unless somebody sets another date."""


class MapState(StrEnum):
    """How far a version of a map is approved."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SENT_BACK = "sent_back"


class VariantState(StrEnum):
    """How far a variant is on its way out."""

    DRAFT = "draft"
    CHECKED = "checked"
    """Held-out customers' words were looked at; what they say is the verdict."""
    APPROVED = "approved"
    EXPORTED = "exported"
    SENT_BACK = "sent_back"
    """Somebody who may approve did not; it can be looked at again."""


class MapPlace(Frozen):
    """A place on a map: the whole, a stage, a lane, a cell, or one claim."""

    map_id: str
    stage: str | None = None
    lane: Lane | None = None
    claim_id: str | None = None


class Comment(Frozen):
    """What somebody says about a place on a map."""

    comment_id: str
    place: MapPlace
    thread_id: str
    """The comment that began the thread; its own id where it did."""
    author: str
    """Account id, as in all that says who: names are looked up when it is shown."""
    at: AwareDatetime
    text: str
    version: int = Field(ge=1)
    changed_by: str
    changed_at: AwareDatetime
    resolved_by: str | None = None
    """Of the first comment of a thread only; None while it is open."""
    resolved_at: AwareDatetime | None = None


class StateChange(Frozen):
    """One step of a map or variant from state to state."""

    number: int
    """Counted from 1."""
    subject_version: int | None
    """Version of the map that it is about; None for a variant, which has none."""
    before: str
    after: str
    by: str
    """Account id; a word of ours where no person did it."""
    at: AwareDatetime
    reason: str
    """Empty where none was given."""


class MapNote(Frozen):
    """Who looks after a map, until when it is to be reviewed, and whether its latest version is approved."""

    map_id: str
    map_version: int
    owner: str | None
    review_by: AwareDatetime
    state: MapState
    log: tuple[StateChange, ...] = ()
    """Of all versions, oldest first."""
    version: int = Field(ge=0)
    """Of the note; 0 while nobody has noted anything."""
    changed_by: str | None = None
    changed_at: AwareDatetime | None = None

    def overdue(self, now: AwareDatetime) -> bool:
        """Tell whether the review date has passed."""
        return now > self.review_by

    def state_of(self, map_version: int) -> MapState:
        """Return the state of a version of the map; one that nobody decided about is a draft."""
        steps = [step.after for step in self.log if step.subject_version == map_version]
        return MapState(steps[-1]) if steps else MapState.DRAFT


class Feasibility(Frozen):
    """How feasible a person holds something to be; how much it matters is computed from evidence, never typed."""

    value: int = Field(ge=1, le=5)
    """1 hardly, 5 easily."""
    by: str
    at: AwareDatetime


class PainPointNote(Frozen):
    """Who looks after a pain point, what is done about it, and how feasible that is."""

    pain_point_id: str
    owner: str | None = None
    initiative_url: str | None = None
    """An https address without a name or password in it; shown as text with its host, never opened by itself."""
    feasibility: Feasibility | None = None
    version: int = Field(default=0, ge=0)
    changed_by: str | None = None
    changed_at: AwareDatetime | None = None

    @property
    def initiative_host(self) -> str | None:
        """The host of the address, with letters outside ASCII in their unmistakable form."""
        return None if self.initiative_url is None else urlsplit(self.initiative_url).hostname


class VariantNote(Frozen):
    """How far a variant is on its way out."""

    variant_set_id: str
    variant_id: str
    state: VariantState
    log: tuple[StateChange, ...] = ()
    version: int = Field(default=0, ge=0)
    changed_by: str | None = None
    changed_at: AwareDatetime | None = None


NoteKind = Literal["map", "pain_point", "variant"]
