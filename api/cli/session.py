"""Opens what a command works on: settings from the environment and the options, the clock, the workspace."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from agent.errors import ConfigError, InputError
from agent.pipeline.workspace import Workspace, open_workspace
from agent.settings import Settings


def settings_of(ctx: click.Context) -> Settings:
    """Return the settings: options before environment before defaults.

    Raises:
        ConfigError: A variable of the environment cannot be used.
    """
    given: dict[str, Path | str | None] = ctx.find_root().obj or {}
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings().model_copy(update=chosen)
    except ValidationError as error:
        faults = "; ".join(f"{_variable(fault['loc'][0])}: {fault['msg']}" for fault in error.errors())
        msg = f"the environment does not fit: {faults}"
        raise ConfigError(msg, hint="Correct or unset the variable.") from error


def _variable(field: int | str) -> str:
    """Return the variable a field of the settings is read from."""
    name = str(field)
    return name if name.isupper() else f"JOURNEY_{name.upper()}"


def clock() -> datetime:
    """Return the time; the only place that asks the machine for it."""
    return datetime.now(tz=UTC)  # noqa: TID251 - the one clock


def workspace_of(ctx: click.Context, *, create: bool = False) -> Workspace:
    """Open the workspace the command works on; the caller closes it."""
    return open_workspace(settings_of(ctx), now=clock(), create=create)


def parse_where(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return `--where key=value` options as a filter.

    Raises:
        InputError: One of them has no `=` or no key.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            msg = f"--where {pair!r} is no filter; KEY=VALUE was expected"
            raise InputError(msg, hint="For example --where segment=family.")
        found[key.strip()] = value.strip()
    return found


Option = Callable[[Callable[..., Any]], Callable[..., Any]]


def where_option() -> Option:
    """Return the `--where` option, the same everywhere."""
    return click.option(
        "--where", multiple=True, metavar="KEY=VALUE", help="Keep records or persons with this; repeatable."
    )


def json_option() -> Option:
    """Return the `--json` option, the same everywhere."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")
