"""What the page of settings shows."""

from dataclasses import dataclass

from agent.schemas.accounts import Role
from api.web.visits import Visit


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may enter the workspace."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class SettingsView:
    """How a workspace works."""

    writer: str
    server: str
    """Address of the model server; empty where the offline analyst writes."""
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
        server=(settings.openai_base_url or "OpenAI") if settings.has_model else "",
        holdout=workspace.store.workspace.holdout,
        stages=workspace.plan.names,
        own_stages=bool(workspace.stage_rules),
        people=_people(visit),
        is_warehouse=settings.warehouse_url is not None,
    )


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
