"""What the page of settings shows."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from agent.schemas.accounts import Role
from agent.settings import Settings
from agent.store.accounts.sessions import ABSOLUTE, IDLE
from api.web import jobs, runs, uploads
from api.web.visits import Visit

_DAY_S, _HOUR_S = 86_400, 3_600


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may enter the workspace."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that is set."""

    name: str
    value: str
    variable: str = ""
    """Of the server's environment; empty for what is fixed."""


@dataclass(frozen=True, slots=True)
class SettingsView:
    """How a workspace works."""

    writer: str
    server: str
    """Address of the model server; empty where the offline analyst writes."""
    model: tuple[Setting, ...]
    sign_in: tuple[Setting, ...]
    kept: tuple[Setting, ...]
    limits: tuple[Setting, ...]
    holdout: float
    stages: tuple[str, ...]
    own_stages: bool
    people: tuple[Person, ...]
    is_warehouse: bool


def settings_view(visit: Visit) -> SettingsView:
    """Return what the page of settings shows."""
    workspace, settings = visit.brand.workspace, visit.brand.workspace.settings
    return SettingsView(
        writer=workspace.writer.model_id,
        server=_server(settings.openai_base_url) if settings.has_model else "",
        model=_model(settings),
        sign_in=_sign_in(settings),
        kept=_kept(),
        limits=_limits(),
        holdout=workspace.store.workspace.holdout,
        stages=workspace.plan.names,
        own_stages=bool(workspace.stage_rules),
        people=_people(visit),
        is_warehouse=settings.warehouse_url is not None,
    )


def _model(settings: Settings) -> tuple[Setting, ...]:
    return (
        Setting("Key", "set" if settings.openai_api_key else "not set", "OPENAI_API_KEY"),
        Setting("Server", _server(settings.openai_base_url), "OPENAI_BASE_URL"),
        Setting("Model", settings.model, "JOURNEY_MODEL"),
        Setting("Waits for an answer", f"{settings.model_timeout_s:g} seconds", "JOURNEY_MODEL_TIMEOUT_S"),
        Setting("Tries again", f"{settings.model_max_retries} times", "JOURNEY_MODEL_MAX_RETRIES"),
        Setting(
            "Budget of one piece of wording",
            f"{settings.max_input_tokens:,} tokens",
            "JOURNEY_MAX_INPUT_TOKENS",
        ),
    )


def _sign_in(settings: Settings) -> tuple[Setting, ...]:
    whole = settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret
    return (
        Setting("With a password", "yes"),
        Setting(
            "With another sign-in server (OpenID Connect)",
            _server(settings.oidc_issuer) if whole and settings.oidc_issuer else "not set up",
            "JOURNEY_OIDC_ISSUER, JOURNEY_OIDC_CLIENT_ID, JOURNEY_OIDC_CLIENT_SECRET",
        ),
        Setting("A session ends unused after", f"{IDLE.total_seconds() / _HOUR_S:g} hours"),
        Setting("A session ends at the latest after", f"{ABSOLUTE.total_seconds() / _DAY_S:g} days"),
    )


def _kept() -> tuple[Setting, ...]:
    return (
        Setting("Texts, events, maps and copy", "for good; nothing of them is deleted by itself"),
        Setting("Conversations", "until who asked deletes them"),
        Setting("Uploads that nobody reads in", f"{uploads.KEPT.total_seconds() / _DAY_S:g} days"),
        Setting("The audit log", "for good"),
        Setting("Time zone of dates and times", "UTC"),
    )


def _limits() -> tuple[Setting, ...]:
    return (
        Setting("Answers being written, of one person", f"{runs.MOST_OF_ONE}"),
        Setting(
            "Answers being written, of everybody",
            f"{runs.MOST_AT_ONCE}; further ones wait, one of each person in turn",
        ),
        Setting("Jobs under way, of one person", f"{jobs.MOST_OF_ONE}"),
        Setting("Uploads that wait", f"{uploads.MOST_WAITING}, each of {uploads.MAX_FILES} files at most"),
    )


def _server(url: str | None) -> str:
    """Return an address without a name, password or query in it."""
    if not url:
        return "OpenAI"
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _people(visit: Visit) -> tuple[Person, ...]:
    accounts = visit.services.accounts.people
    names = {account.account_id: account for account in accounts.all() if not account.disabled}
    admins = [Person(account.display_name, Role.ADMIN) for account in names.values() if account.is_admin]
    members = [
        Person(names[one.account_id].display_name, one.role)
        for one in accounts.memberships()
        if one.workspace == visit.brand.name
        and one.account_id in names
        and not names[one.account_id].is_admin
    ]
    return tuple(sorted([*admins, *members], key=lambda person: person.name.casefold()))
