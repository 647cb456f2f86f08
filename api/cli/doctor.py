"""`journey doctor`: checks that everything the product needs is here, and says what to do where it is not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from agent.embed import open_encoder
from agent.errors import JourneyError
from agent.pipeline.warehousing import warehouse_told
from agent.prompting import load_prompt, prompt_ids
from agent.settings import Settings
from agent.store import Store
from agent.store.presence import require_held_out
from api.cli.output import print_json, print_table
from api.cli.session import json_option, settings_of


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    ok: bool
    detail: str


@click.command()
@json_option()
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check encoder, prompts, stores and model settings; exits 1 where something is wrong."""
    checks = list(_checks(settings_of(ctx)))
    if as_json:
        print_json(
            {"checks": [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks]}
        )
    else:
        rows = [["ok" if check.ok else "WRONG", check.name, check.detail] for check in checks]
        print_table("Doctor", ["", "what", "detail"], rows)
    if not all(check.ok for check in checks):
        ctx.exit(1)


def _checks(settings: Settings) -> Iterator[_Check]:
    yield _try("encoder", lambda: _encoder(settings))
    yield _try("prompts", lambda: f"{len([load_prompt(name) for name in prompt_ids()])} prompts load")
    yield _try("home", lambda: _home(settings))
    if settings.warehouse_url is not None:
        yield _try("warehouse", lambda: warehouse_told(settings))
    brain = settings.model if settings.has_model else "offline analyst; no key, nothing leaves this machine"
    yield _Check("writer", ok=True, detail=brain)


def _try(name: str, look: Callable[[], str]) -> _Check:
    try:
        return _Check(name, ok=True, detail=look())
    except JourneyError as error:
        return _Check(name, ok=False, detail=f"{error.message.rstrip('.')}. {error.hint}".strip())


def _encoder(settings: Settings) -> str:
    encoder = open_encoder(settings.cache_dir.expanduser(), threads=settings.threads)
    encoder.encode(["a short check"])
    return f"{encoder.model_id}, {encoder.dim} dimensions"


def _home(settings: Settings) -> str:
    home = Path(settings.home)
    if not home.exists():
        return f"{home} is not there yet; the first `journey ingest` makes it"
    with Store.open(home, settings.workspace) as store:
        require_held_out(store)
        return f"{home}, workspace {store.workspace.name!r}: {store.records.count():,} texts"
