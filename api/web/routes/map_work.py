"""What people do with a map: comment, own, review, approve, draft it again, have it verified."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from agent.errors import InputError
from agent.pipeline.drafting import DraftRequest, verify
from agent.pipeline.words_left import put_back
from agent.schemas.accounts import Role
from agent.schemas.evidence import Lane
from agent.schemas.notes import MapPlace, MapState
from agent.verify.claims import MapVerification, Outcome
from api.web.auditing import log
from api.web.jobs import JobContext
from api.web.pages import MOST_COUNTED, brand_path
from api.web.routes.maps import start_draft
from api.web.visits import Visit, VisitDep

router = APIRouter(prefix="/w/{workspace}/maps/{map_id}")

Words = Annotated[str, Form(max_length=8_000)]
Line = Annotated[str, Form(max_length=600)]
Seen = Annotated[int, Form(ge=0, le=MOST_COUNTED)]
"""Version of the note that the person saw."""
_MOST_TOLD = 30


@router.post("/comments")
def comment(
    visit: VisitDep,
    map_id: str,
    *,
    text: Words,
    stage: Line = "",
    lane: Line = "",
    claim_id: Line = "",
) -> Response:
    """Begin a thread on the map or on one of its claims."""
    visit.require(Role.EDITOR, "commenting on a map")
    workspace = visit.brand.workspace
    place = MapPlace(
        map_id=map_id, stage=stage or None, lane=_lane(lane) if lane else None, claim_id=claim_id or None
    )
    workspace.store.notes.comments.add(place, text, author=visit.account_id, now=visit.services.clock())
    return _back(visit, map_id, claim_id)


@router.post("/comments/{comment_id}/replies")
def reply(visit: VisitDep, map_id: str, comment_id: str, text: Words) -> Response:
    """Go on in a thread."""
    visit.require(Role.EDITOR, "commenting on a map")
    workspace = visit.brand.workspace
    comments = workspace.store.notes.comments
    made = comments.reply(comment_id, text, author=visit.account_id, now=visit.services.clock())
    return _back(visit, map_id, made.place.claim_id or "")


@router.post("/comments/{comment_id}/resolve")
def resolve(visit: VisitDep, map_id: str, comment_id: str, seen: Seen) -> Response:
    """Close a thread."""
    visit.require(Role.EDITOR, "closing a thread")
    workspace = visit.brand.workspace
    comments = workspace.store.notes.comments
    closed = comments.resolve(comment_id, version=seen, by=visit.account_id, now=visit.services.clock())
    return _back(visit, map_id, closed.place.claim_id or "")


@router.post("/owner")
def own(visit: VisitDep, map_id: str, seen: Seen, owner: Line = "") -> Response:
    """Say who looks after a map."""
    visit.require(Role.EDITOR, "naming the owner of a map")
    workspace = visit.brand.workspace
    workspace.store.notes.own_map(
        map_id, owner.strip() or None, version=seen, by=visit.account_id, now=visit.services.clock()
    )
    return _back(visit, map_id)


@router.post("/review")
def review_by(visit: VisitDep, map_id: str, seen: Seen, day: Annotated[date, Form()]) -> Response:
    """Say until when a map is to be reviewed."""
    visit.require(Role.EDITOR, "setting the review date of a map")
    until = datetime.combine(day, time(23, 59), tzinfo=UTC)
    workspace = visit.brand.workspace
    workspace.store.notes.review_map(
        map_id, until, version=seen, by=visit.account_id, now=visit.services.clock()
    )
    return _back(visit, map_id)


@router.post("/words/{claim_id}/restore")
def restore(request: Request, visit: VisitDep, map_id: str, claim_id: str) -> Response:
    """Put back what somebody worded and a newer draft left behind."""
    visit.require(Role.EDITOR, "putting words back on a map")
    with visit.brand.writing_soon() as workspace:
        made = put_back(workspace, map_id, claim_id)
    log(request, visit, "map.restore", f"claim {claim_id} in version {made.version} of {map_id}")
    return _back(visit, map_id, claim_id="")


@router.post("/state")
def decide(
    request: Request,
    visit: VisitDep,
    map_id: str,
    *,
    to: Annotated[MapState, Form()],
    seen: Seen,
    version: Annotated[int, Form(ge=1, le=MOST_COUNTED)],
    reason: Line = "",
) -> Response:
    """Ask for review, approve or send back."""
    least = Role.EDITOR if to is MapState.IN_REVIEW else Role.APPROVER
    visit.require(least, "asking for review" if least is Role.EDITOR else "deciding about a map")
    workspace = visit.brand.workspace
    workspace.store.notes.move_map(
        map_id, to, map_version=version, version=seen, by=visit.account_id, now=visit.services.clock(), reason=reason
    )  # fmt: skip
    log(request, visit, f"map.{to.value}", f"version {version} of {map_id}")
    return _back(visit, map_id)


@router.post("/draft")
def draft_again(visit: VisitDep, map_id: str) -> Response:
    """Draft the next version from what is stored now."""
    visit.require(Role.EDITOR, "drafting a map")
    found = visit.brand.workspace.store.results.map(map_id)
    request = DraftRequest(
        **{name: getattr(found.scope, name) for name in ("persona", "journey", "goal", "purpose", "where", "stage_rules")},
        type=found.type,
        owner=found.owner,
    )  # fmt: skip
    job = start_draft(visit, request)
    return RedirectResponse(brand_path(visit.brand.name, "jobs", job.job_id), status_code=303)


@router.post("/verify")
def verify_now(
    visit: VisitDep, map_id: str, version: Annotated[int | None, Form(ge=1, le=MOST_COUNTED)] = None
) -> Response:
    """Compute every claim of a map again."""
    visit.require(Role.EDITOR, "computing a map again")
    brand = visit.brand
    found = brand.workspace.store.results.map(map_id, version)

    def work(context: JobContext) -> str:
        context.step("Computing every claim again ...")
        with brand.writing() as workspace:
            outcome = verify(workspace, map_id, version=version)
        for line in told(outcome):
            context.tell(line)
        return brand_path(brand.name, "maps", map_id)

    title = f"Verifying version {found.version} of {found.scope.persona}: {found.scope.journey}"
    job = visit.services.jobs.start(
        work, workspace=brand.name, account_id=visit.account_id, title=title, place="maps"
    )
    return RedirectResponse(brand_path(brand.name, "jobs", job.job_id), status_code=303)


def told(found: MapVerification) -> list[str]:
    """Return what verifying came to, in sentences."""
    if found.outcome is Outcome.OTHER_READER:
        head = f"Only its {found.n_quotes:,} quotes could be looked at: it was drafted by another version of the reader. Draft it again."
    else:
        head = f"{found.n_claims:,} claims, {found.n_quotes:,} quotes and {found.n_numbers:,} numbers were looked at."
    lines = [
        head,
        "Everything holds." if found.holds else f"{len(found.broken):,} parts do not hold any more.",
    ]
    lines += [
        f"{part.part.replace('_', ' ')} ({part.where}): {'; '.join(part.reasons)}"
        for part in found.broken[:_MOST_TOLD]
    ]
    if found.decisions_since:
        n = len(found.decisions_since)
        lines.append(f"{n:,} decisions about themes were made since; a new draft takes them in.")
    return lines


def _lane(name: str) -> Lane:
    if name not in set(Lane):
        msg = f"{name!r} is no lane of a map"
        raise InputError(msg, hint="Load the map again.")
    return Lane(name)


def _back(visit: Visit, map_id: str, claim_id: str = "") -> Response:
    parts = ("maps", map_id, *(("claims", claim_id) if claim_id else ()))
    return RedirectResponse(brand_path(visit.brand.name, *parts), status_code=303)
