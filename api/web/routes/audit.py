"""The log of who did what, for admins."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from agent.errors import InputError
from agent.schemas.accounts import AuditFilter
from api.web.pages import MOST_COUNTED, page
from api.web.routes.accounts import AdminDep
from api.web.services import ServicesDep

router = APIRouter()

_PAGE = 50
_LAST_DAY = datetime(9999, 12, 31, tzinfo=UTC)

Word = Annotated[str, Query(max_length=320)]


@router.get("/audit")
def show_audit(
    request: Request,
    _admin: AdminDep,
    services: ServicesDep,
    *,
    who: Word = "",
    action: Word = "",
    workspace: Word = "",
    outcome: Literal["", "done", "refused"] = "",
    since: Word = "",
    until: Word = "",
    before: Annotated[int | None, Query(ge=1, le=MOST_COUNTED)] = None,
) -> Response:
    """Show the log, filtered, the newest first; `until` is the last day that is shown."""
    last = _day(until)
    wanted = AuditFilter(
        who=who.strip() or None,
        action=action.strip() or None,
        workspace=workspace.strip() or None,
        outcome=outcome or None,
        since=_day(since),
        until=None if last is None or last == _LAST_DAY else last + timedelta(days=1),
    )
    entries = services.accounts.audit.entries(wanted, before=before, limit=_PAGE + 1)
    given = {"who": who, "action": action, "workspace": workspace, "outcome": outcome}
    return page(
        request,
        "accounts/audit.html",
        place="accounts",
        entries=entries[:_PAGE],
        given={**given, "since": since, "until": until},
        older=entries[_PAGE - 1].number if len(entries) > _PAGE else None,
    )


@router.get("/audit/check")
def check_audit(request: Request, _admin: AdminDep, services: ServicesDep) -> Response:
    """Say whether the log is as it was written: a part of its page for htmx, a page otherwise."""
    check = services.accounts.verify_audit()
    template = (
        "accounts/audit_check_part.html" if "HX-Request" in request.headers else "accounts/audit_check.html"
    )
    return page(request, template, place="accounts", check=check)


def _day(text: str) -> datetime | None:
    """Return the start of a day in UTC; None where no day was given."""
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        msg = f"{text[:40]!r} is no day; one such as 2026-05-03 was expected"
        raise InputError(msg, hint="Choose a day, or leave the field empty.") from None
    return datetime(found.year, found.month, found.day, tzinfo=UTC)
