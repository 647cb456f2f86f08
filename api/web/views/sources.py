"""What the pages of sources show."""

from dataclasses import dataclass

from agent.pipeline.proposing import ROLES, Proposal, Role
from agent.pipeline.status import Status, status_of
from agent.store.sources import Source
from api.web.jobs import Job
from api.web.uploads import Upload, Uploads
from api.web.visits import Visit

_LABELS: dict[Role, str] = {
    "text": "What the customer wrote",
    "title": "Its title",
    "event": "Name of the event",
    "at": "Time",
    "user_id": "Customer's id",
    "anonymous_id": "Visitor's or device's id",
    "email": "E-mail address",
    "order_id": "Order number",
    "id": "Id of the row",
    "rating": "Rating",
    "channel": "Channel",
    "locale": "Language",
}


@dataclass(frozen=True, slots=True)
class SourcesView:
    """What was read in, what waits, and what is being done."""

    counts: dict[str, int]
    sources: tuple[Source, ...]
    waiting: tuple[Upload, ...]
    jobs: tuple[Job, ...]
    missing: str | None


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """One choice of the mapping form."""

    role: Role
    label: str
    chosen: str
    why: str


@dataclass(frozen=True, slots=True)
class MappingForm:
    """The mapping form of a file, filled with what is proposed."""

    kind: str
    choices: tuple[RoleChoice, ...]
    fields: tuple[str, ...]
    attributes: tuple[str, ...]
    rating_max: str
    samples: dict[str, str]


def sources_view(visit: Visit) -> SourcesView:
    """Return what the page of sources shows."""
    workspace = visit.brand.workspace
    found: Status = (
        visit.brand.snapshots.current().status
        if workspace.store.sources.all()
        else status_of(workspace.store, workspace.lake)
    )
    return SourcesView(
        counts=found.counts,
        sources=tuple(workspace.store.sources.all()),
        waiting=tuple(Uploads(workspace).waiting()),
        jobs=tuple(job for job in visit.services.jobs.of_workspace(visit.brand.name) if not job.is_over),
        missing=found.missing,
    )


def mapping_form(proposal: Proposal) -> MappingForm:
    """Return the form for a file in no known form."""
    top = proposal.rating_max
    return MappingForm(
        kind=proposal.kind.value,
        choices=tuple(
            RoleChoice(role, _LABELS[role], proposal.roles.get(role, ""), proposal.why.get(role, ""))
            for role in ROLES
        ),
        fields=tuple(one.name for one in proposal.fields),
        attributes=proposal.attributes,
        rating_max="" if top is None else f"{top:g}",
        samples={},
    )
