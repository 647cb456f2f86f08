"""Signing in and out: by password, through another server, and by a one-time link."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from agent.errors import InputError, JourneyError, NotFoundError, SignInFailedError, TooManyAttemptsError
from agent.schemas.accounts import Actor, LinkPurpose
from agent.store.accounts import NewSession
from api.web.errors import status_of
from api.web.pages import page, wants_html
from api.web.security.access import SignedInDep, VisitorDep, address_of, user_agent_of
from api.web.security.cookies import (
    end_flow,
    end_session,
    flow,
    keep_visit,
    session_token,
    set_flow,
    set_session,
    start_visit,
)
from api.web.security.install import Security, SecurityDep
from api.web.security.links import WELCOME
from api.web.security.oidc import Flow, OidcProvider, Person
from api.web.security.passwords import MIN_CHARS
from api.web.security.places import SIGN_IN, own_path
from api.web.security.signing_in import sign_in_with_password
from api.web.services import Services, ServicesDep

router = APIRouter()

_CALLBACK = f"{SIGN_IN}/oidc/callback"

Text = Annotated[str, Form(max_length=320)]
Secret = Annotated[str, Form(max_length=1024)]
Path = Annotated[str, Form(max_length=2000)]


@router.get(SIGN_IN)
def show_sign_in(
    request: Request,
    visitor: VisitorDep,
    services: ServicesDep,
    security: SecurityDep,
    *,
    next: str = "/",  # noqa: A002 - the name in the address
    ended: bool = False,
    out: bool = False,
) -> Response:
    """Show the form; who is signed in already goes on."""
    if visitor is not None:
        return RedirectResponse(own_path(next), status_code=303)
    notice = "ended" if ended else "out" if out else ""
    return _form(request, services, security, next_path=own_path(next), notice=notice)


@router.post(SIGN_IN)
async def sign_in(
    request: Request,
    services: ServicesDep,
    security: SecurityDep,
    *,
    login: Text,
    password: Secret,
    next: Path = "/",  # noqa: A002 - the name of the field
) -> Response:
    """Sign in with a password."""
    try:
        new = await to_thread.run_sync(
            partial(
                sign_in_with_password,
                services.accounts,
                security.passwords,
                login=login,
                password=password,
                replaces=session_token(request),
                user_agent=user_agent_of(request),
                address=address_of(request),
                now=services.clock(),
            ),
            limiter=security.passwords.limiter,
        )
    except (SignInFailedError, TooManyAttemptsError) as error:
        if not wants_html(request):
            raise
        return await to_thread.run_sync(
            partial(_form, request, services, security, next_path=own_path(next), error=error, login=login)
        )
    return _signed_in(request, new, next_path=own_path(next))


@router.post("/sign-out")
def sign_out(request: Request, person: SignedInDep, services: ServicesDep) -> Response:
    """End the session of this browser."""
    by = Actor(who=person.account.login, address=address_of(request))
    with services.accounts.transaction():
        services.accounts.sessions.end(person.account.account_id, person.session.session_id)
        services.accounts.audit.append("session.end", person.account.login, by=by, now=services.clock())
    response = RedirectResponse(f"{SIGN_IN}?out=1", status_code=303)
    end_session(request, response)
    return response


@router.get(f"{SIGN_IN}/oidc")
async def start_oidc(
    request: Request,
    security: SecurityDep,
    *,
    next: str = "/",  # noqa: A002 - the name in the address
) -> Response:
    """Send the browser to the other sign-in server."""
    provider, away = _provider(security), Flow.start(own_path(next))
    address = await to_thread.run_sync(
        partial(provider.address, away, redirect_uri=_redirect_uri(request)), limiter=security.outside
    )
    response = RedirectResponse(address, status_code=303)
    set_flow(request, response, away.cookie())
    return response


@router.get(_CALLBACK)
async def finish_oidc(request: Request, services: ServicesDep, security: SecurityDep) -> Response:
    """Sign in whom the other server vouches for."""
    provider, away = _provider(security), Flow.read(flow(request))
    now = services.clock()
    person = await to_thread.run_sync(
        partial(provider.person, away, request.query_params, redirect_uri=_redirect_uri(request), now=now),
        limiter=security.outside,
    )
    new = await to_thread.run_sync(partial(_known, request, services, person))
    response = _signed_in(request, new, next_path=own_path(away.next_path if away else "/"))
    end_flow(request, response)
    return response


@router.get(f"{WELCOME}/{{token}}")
def show_welcome(request: Request, services: ServicesDep, token: str) -> Response:
    """Show what a one-time link is for; looking does not use it up."""
    return _welcome(request, services, token)


@router.post(f"{WELCOME}/{{token}}")
async def accept_welcome(
    request: Request,
    services: ServicesDep,
    security: SecurityDep,
    token: str,
    *,
    password: Secret,
    again: Secret,
    login: Text = "",
    display_name: Text = "",
) -> Response:
    """Use a one-time link up: choose a password and sign in."""
    try:
        new = await to_thread.run_sync(
            partial(
                _accept, request, services, security, token,
                password=password, again=again, login=login, display_name=display_name,
            ),
            limiter=security.passwords.limiter,
        )  # fmt: skip
    except InputError as error:
        if not wants_html(request):
            raise
        return await to_thread.run_sync(
            partial(_welcome, request, services, token, error=error, login=login, display_name=display_name)
        )
    return _signed_in(request, new, next_path="/")


def _accept(
    request: Request,
    services: Services,
    security: Security,
    token: str,
    *,
    password: str,
    again: str,
    login: str,
    display_name: str,
) -> NewSession:
    accounts, now, address = services.accounts, services.clock(), address_of(request)
    owner = accounts.look(token, now=now).account
    names = (login, display_name) if owner is None else (owner.login, owner.display_name, display_name)
    refuse_unequal(password, again)
    encoded = security.passwords.hash(password, names=names)
    with accounts.transaction():
        account = accounts.accept(
            token, login=login, display_name=display_name, password_hash=encoded, address=address, now=now
        )
        return accounts.sign_in(
            account,
            replaces=session_token(request),
            user_agent=user_agent_of(request),
            address=address,
            now=now,
        )


def refuse_unequal(password: str, again: str) -> None:
    """Refuse a new password that was typed in two ways.

    Raises:
        InputError: It was.
    """
    if password != again:
        msg = "the two passwords are not the same"
        raise InputError(msg, hint="Type the new password twice in the same way.")


def _form(
    request: Request,
    services: Services,
    security: Security,
    *,
    next_path: str,
    notice: str = "",
    error: JourneyError | None = None,
    login: str = "",
) -> Response:
    visit = start_visit(request)
    wait = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyAttemptsError) else None
    response = page(
        request,
        "sign_in/sign_in.html",
        status=200 if error is None else status_of(error),
        headers=wait,
        next_path=next_path,
        notice=notice,
        error=error,
        login=login,
        has_provider=security.provider is not None,
        is_new_home=services.accounts.people.count() == 0,
    )
    keep_visit(request, response, visit)
    return response


def _welcome(
    request: Request,
    services: Services,
    token: str,
    *,
    error: JourneyError | None = None,
    login: str = "",
    display_name: str = "",
) -> Response:
    link = services.accounts.look(token, now=services.clock())
    visit = start_visit(request)
    response = page(
        request,
        "sign_in/welcome.html",
        status=200 if error is None else status_of(error),
        link=link,
        is_first=link.purpose is LinkPurpose.FIRST_ACCOUNT,
        is_reset=link.purpose is LinkPurpose.RESET,
        error=error,
        login=login,
        display_name=display_name,
        min_chars=MIN_CHARS,
        address=request.url.path,
    )
    keep_visit(request, response, visit)
    return response


def _signed_in(request: Request, new: NewSession, *, next_path: str) -> Response:
    response = RedirectResponse(next_path, status_code=303)
    set_session(request, response, new.token)
    return response


def _known(request: Request, services: Services, person: Person) -> NewSession:
    accounts, now, address = services.accounts, services.clock(), address_of(request)
    account = accounts.known_person(
        person.issuer,
        person.subject,
        verified_email=person.verified_email,
        name=person.name,
        address=address,
        now=now,
    )
    return accounts.sign_in(
        account,
        replaces=session_token(request),
        user_agent=user_agent_of(request),
        address=address,
        now=now,
    )


def _provider(security: Security) -> OidcProvider:
    if security.provider is None:
        msg = "no other sign-in server is set up"
        raise NotFoundError(msg, hint="Sign in with a password, or set JOURNEY_OIDC_ISSUER.")
    return security.provider


def _redirect_uri(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{_CALLBACK}"
