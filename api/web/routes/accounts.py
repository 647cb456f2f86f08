"""One's own account; and for admins everybody's."""

from collections import defaultdict
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from agent.errors import InputError, JourneyError, NotFoundError, SignInFailedError, TooManyAttemptsError
from agent.schemas.accounts import LinkPurpose, Membership, Role, SignedIn
from agent.store.accounts import LIFETIMES, NewSession
from api.web.errors import status_of
from api.web.pages import page, wants_html
from api.web.routes.sign_in import Secret, Text, refuse_unequal
from api.web.security.access import SignedInDep, actor, address_of, require, user_agent_of
from api.web.security.browsers import browser_name
from api.web.security.cookies import set_session
from api.web.security.install import Security, SecurityDep
from api.web.security.links import link_address
from api.web.security.passwords import MIN_CHARS
from api.web.security.signing_in import confirm
from api.web.services import Services, ServicesDep

router = APIRouter()

_WORKSPACE_ROLES = tuple(role for role in Role if role is not Role.ADMIN)

AdminDep = Annotated[SignedIn, Depends(require(Role.ADMIN))]


@router.get("/account")
def show_account(
    request: Request,
    person: SignedInDep,
    services: ServicesDep,
    changed: bool = False,  # noqa: FBT001, FBT002 - part of the address
) -> Response:
    """Show one's own account, its roles and its sessions."""
    return _own(request, person, services, changed=changed)


@router.post("/account/password")
async def change_password(
    request: Request,
    person: SignedInDep,
    services: ServicesDep,
    security: SecurityDep,
    *,
    current: Secret,
    password: Secret,
    again: Secret,
) -> Response:
    """Choose another password; all other sessions end, and this one goes on under a new cookie."""
    try:
        new = await to_thread.run_sync(
            partial(
                _change, request, person, services, security, current=current, password=password, again=again
            ),
            limiter=security.passwords.limiter,
        )
    except (InputError, SignInFailedError, TooManyAttemptsError) as error:
        if not wants_html(request):
            raise
        return await to_thread.run_sync(partial(_own, request, person, services, error=error))
    response = RedirectResponse("/account?changed=1", status_code=303)
    set_session(request, response, new.token)
    return response


@router.post("/account/sessions/end-others")
def end_other_sessions(request: Request, person: SignedInDep, services: ServicesDep) -> Response:
    """Sign out everywhere but here."""
    account = person.account
    with services.accounts.transaction():
        services.accounts.sessions.end_all(account.account_id, but=person.session.session_id)
        _note(request, person, services, "session.end_others", account.login)
    return RedirectResponse("/account", status_code=303)


@router.post("/account/sessions/{session_id}/end")
def end_session(request: Request, person: SignedInDep, services: ServicesDep, session_id: str) -> Response:
    """End one of one's own sessions."""
    account = person.account
    with services.accounts.transaction():
        if not services.accounts.sessions.end(account.account_id, session_id):
            msg = f"you have no session {session_id!r}"
            raise NotFoundError(msg, hint="It may have ended already; load the page again.")
        _note(request, person, services, "session.end", account.login)
    return RedirectResponse("/account", status_code=303)


@router.get("/accounts")
def list_accounts(request: Request, _admin: AdminDep, services: ServicesDep) -> Response:
    """Show all accounts and a form to invite somebody."""
    return _all(request, services)


@router.post("/accounts/invite")
def invite(
    request: Request,
    admin: AdminDep,
    services: ServicesDep,
    *,
    login: Text,
    display_name: Text = "",
    workspace: Text = "",
    role: Annotated[Role | None, Form()] = None,
) -> Response:
    """Make an account, and show the link to it this once."""
    try:
        _check_workspace(services, workspace, role)
        invited = services.accounts.invite(
            login,
            display_name=display_name,
            workspace=workspace,
            role=role,
            by=actor(request, admin),
            now=services.clock(),
        )
    except InputError as error:
        if not wants_html(request):
            raise
        return _all(request, services, error=error, login=login)
    return _link(request, invited.account.login, invited.token, is_reset=False)


@router.get("/accounts/{account_id}")
def show_one(request: Request, admin: AdminDep, services: ServicesDep, account_id: str) -> Response:
    """Show an account and what can be changed about it."""
    return _one(request, admin, services, account_id)


@router.post("/accounts/{account_id}/role")
def set_role(
    request: Request,
    admin: AdminDep,
    services: ServicesDep,
    account_id: str,
    *,
    workspace: Text,
    role: Annotated[Role | None, Form()] = None,
) -> Response:
    """Give an account a role in a workspace, or take it out."""
    try:
        _check_workspace(services, workspace, role)
        services.accounts.set_role(
            account_id, workspace, role, by=actor(request, admin), now=services.clock()
        )
    except InputError as error:
        return _refused(request, admin, services, account_id, error)
    return _done(request, admin, services, account_id)


@router.post("/accounts/{account_id}/admin")
def set_admin(
    request: Request,
    admin: AdminDep,
    services: ServicesDep,
    account_id: str,
    is_admin: Annotated[bool, Form()],
) -> Response:
    """Make an account an admin, or no longer one."""
    try:
        services.accounts.set_admin(
            account_id, is_admin=is_admin, by=actor(request, admin), now=services.clock()
        )
    except InputError as error:
        return _refused(request, admin, services, account_id, error)
    return _done(request, admin, services, account_id)


@router.post("/accounts/{account_id}/disabled")
def set_disabled(
    request: Request,
    admin: AdminDep,
    services: ServicesDep,
    account_id: str,
    disabled: Annotated[bool, Form()],
) -> Response:
    """Keep an account from signing in, or let it again."""
    change = services.accounts.disable if disabled else services.accounts.enable
    try:
        change(account_id, by=actor(request, admin), now=services.clock())
    except InputError as error:
        return _refused(request, admin, services, account_id, error)
    return RedirectResponse(f"/accounts/{account_id}", status_code=303)


@router.post("/accounts/{account_id}/reset")
def reset(request: Request, admin: AdminDep, services: ServicesDep, account_id: str) -> Response:
    """Show, this once, a link under which an account gets another password."""
    try:
        token = services.accounts.reset(account_id, by=actor(request, admin), now=services.clock())
    except InputError as error:
        return _refused(request, admin, services, account_id, error)
    return _link(request, services.accounts.people.get(account_id).login, token, is_reset=True)


def _change(
    request: Request,
    person: SignedIn,
    services: Services,
    security: Security,
    *,
    current: str,
    password: str,
    again: str,
) -> NewSession:
    accounts, account, now = services.accounts, person.account, services.clock()
    refuse_unequal(password, again)
    accounts.attempts.begin(account.login, address=address_of(request), now=now)
    if not confirm(accounts, security.passwords, account, current):
        by = actor(request, person)
        accounts.audit.append("account.password", account.login, by=by, outcome="refused", now=now)
        msg = "the current password is not the right one"
        raise SignInFailedError(msg, hint="Type the one you signed in with.")
    accounts.attempts.succeed(account.login)
    encoded = security.passwords.hash(password, names=(account.login, account.display_name))
    return accounts.change_password(
        account.account_id, encoded, user_agent=user_agent_of(request), by=actor(request, person), now=now
    )


def _own(
    request: Request,
    person: SignedIn,
    services: Services,
    *,
    changed: bool = False,
    error: JourneyError | None = None,
) -> Response:
    accounts, account_id = services.accounts, person.account.account_id
    return page(
        request,
        "accounts/own.html",
        status=200 if error is None else status_of(error),
        headers=_wait(error),
        place="account",
        account=person.account,
        memberships=accounts.people.memberships(account_id),
        sessions=accounts.sessions.of(account_id, now=services.clock()),
        here=person.session.session_id,
        changed=changed,
        error=error,
        min_chars=MIN_CHARS,
        browser_name=browser_name,
    )


def _all(
    request: Request, services: Services, *, error: JourneyError | None = None, login: str = ""
) -> Response:
    people = services.accounts.people
    roles: defaultdict[str, list[Membership]] = defaultdict(list)
    for membership in people.memberships():
        roles[membership.account_id].append(membership)
    return page(
        request,
        "accounts/all.html",
        status=200 if error is None else status_of(error),
        place="accounts",
        accounts=people.all(),
        roles=roles,
        names=services.brands.names(),
        choices=_WORKSPACE_ROLES,
        error=error,
        login=login,
    )


def _one(
    request: Request,
    admin: SignedIn,
    services: Services,
    account_id: str,
    *,
    error: JourneyError | None = None,
) -> Response:
    people = services.accounts.people
    account = people.get(account_id)
    held = people.memberships(account_id)
    places = sorted({*services.brands.names(), *(membership.workspace for membership in held)})
    return page(
        request,
        "accounts/one.html",
        status=200 if error is None else status_of(error),
        place="accounts",
        account=account,
        held={membership.workspace: membership.role for membership in held},
        places_here=places,
        choices=_WORKSPACE_ROLES,
        n_sessions=len(services.accounts.sessions.of(account_id, now=services.clock())),
        is_self=account_id == admin.account.account_id,
        error=error,
    )


def _refused(
    request: Request, admin: SignedIn, services: Services, account_id: str, error: InputError
) -> Response:
    if not wants_html(request):
        raise error
    return _one(request, admin, services, account_id, error=error)


def _done(request: Request, admin: SignedIn, services: Services, account_id: str) -> Response:
    """Go back to an account whose rights were changed; who changed their own goes on under a new session."""
    accounts, now = services.accounts, services.clock()
    own = account_id == admin.account.account_id
    still_admin = accounts.people.get(account_id).is_admin
    address = f"/accounts/{account_id}" if still_admin or not own else "/account"
    response = RedirectResponse(address, status_code=303)
    if own:
        new = accounts.sessions.start(account_id, user_agent=user_agent_of(request), now=now)
        set_session(request, response, new.token)
    return response


def _link(request: Request, login: str, token: str, *, is_reset: bool) -> Response:
    return page(
        request,
        "accounts/link.html",
        place="accounts",
        login=login,
        link=link_address(str(request.base_url), token),
        is_reset=is_reset,
        n_days=LIFETIMES[LinkPurpose.RESET if is_reset else LinkPurpose.INVITE].days,
    )


def _check_workspace(services: Services, workspace: str, role: Role | None) -> None:
    if role is None or role is Role.ADMIN or workspace in services.brands.names():
        return
    msg = f"there is no workspace {workspace!r} to be {role.value} in"
    raise InputError(msg, hint="Choose one of the workspaces, or make it first.")


def _wait(error: JourneyError | None) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyAttemptsError) else {}


def _note(request: Request, person: SignedIn, services: Services, action: str, what: str) -> None:
    services.accounts.audit.append(action, what, by=actor(request, person), now=services.clock())
