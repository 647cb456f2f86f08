"""`journey variants`: proposes copy that answers a pain point and checks it against held-out customers."""

from pathlib import Path
from typing import cast

import click
import orjson

from agent.errors import InputError, UnreadableSourceError
from agent.schemas.creative import CreativeChannel, Variant, VariantSet
from agent.variants.channels import CHANNELS
from api.cli.output import counted, print_json, print_table, say
from api.cli.session import json_option, workspace_of
from api.published import publish, read_published
from api.variants import check_again, propose_and_check
from eval.certificate import verify_certificate


@click.group()
def variants() -> None:
    """Propose copy and check it against held-out customers."""


@variants.command()
@click.option("--pain-point", "pain_point_id", required=True, help="Id from `journey pain-points`.")
@click.option("--channel", type=click.Choice(list(CHANNELS)), required=True)
@click.option("--control", help="Control copy: a text, a JSON object of slots, or @FILE with either.")
@click.option("-n", "n", type=int, default=5, show_default=True, help="How many variants.")
@json_option()
@click.pass_context
def propose(
    ctx: click.Context, pain_point_id: str, channel: str, control: str | None, n: int, as_json: bool
) -> None:
    """Propose variants that each change one factor of the control, with held-out verdict and certificate."""
    given = _control(control)
    with workspace_of(ctx) as workspace:
        made = propose_and_check(
            workspace, pain_point_id, channel=cast("CreativeChannel", channel), control=given, n=n
        )
    _show(made, as_json=as_json)
    n_made = len(made.variants)
    if n_made < n:
        say(
            f"{counted(n, 'variant')} asked for, {n_made:,} proposed: what else was written repeated one of these, changed "
            "another factor too, or quoted or promised what nothing bears out."
        )
    say("A benefit that a variant names is what customers wish for: send it only where you have it.")


@variants.command()
@click.argument("which")
@json_option()
@click.pass_context
def check(ctx: click.Context, which: str, as_json: bool) -> None:
    """Check variants again: WHICH is the id of a stored set, or a JSON file of one."""
    with workspace_of(ctx) as workspace:
        path = Path(which)
        found = _read(path) if path.is_file() else workspace.store.results.variant_set(which)
        checked = check_again(workspace, found)
    _show(checked, as_json=as_json)
    if checked.certificate is None or not checked.certificate.valid:
        ctx.exit(1)


@variants.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
def certificate(ctx: click.Context, path: Path) -> None:
    """Verify the certificate in a JSON file of a set, without any store; exits 1 where it was altered."""
    made = _read(path).certificate
    if made is None:
        msg = f"{path.name!r} holds no certificate"
        raise InputError(msg, hint="`journey variants check` makes one.")
    whole = verify_certificate(made)
    for item in made.checks:
        click.echo(
            f"{'passed' if item.passed else 'FAILED'}  {item.name}: {item.found} of {item.looked_at} ({item.detail})"
        )
    say("The certificate is whole." if whole else "The certificate was altered: its digest does not fit.")
    if not (whole and made.valid):
        ctx.exit(1)


def _show(made: VariantSet, *, as_json: bool) -> None:
    if as_json:
        print_json(publish(made).model_dump(mode="json"))
        return
    click.echo(made.variant_set_id)
    columns = ["variant", "changes", "what changed", "verdict", "effect", "95 %", "held-out customers"]
    print_table("Variants", columns, [_row(variant) for variant in made.variants])
    if made.certificate is not None:
        failed = [item.name for item in made.certificate.checks if not item.passed]
        holds = "holds" if made.certificate.valid else f"does NOT hold ({', '.join(failed)})"
        say(
            f"Certificate {made.certificate.certificate_id} {holds}: {made.certificate.n_held_out:,} customers unseen."
        )
    say("The verdict is on relevance to held-out customers' words; it is no forecast of clicks or sales.")


def _row(variant: Variant) -> list[object]:
    verdict = variant.verdict
    changed = " / ".join(variant.copy_text.slots[name] for name in variant.changed_slots)
    if verdict is None:
        return [variant.variant_id, variant.changed_factor.value, changed, "unchecked", None, None, None]
    bounds = (
        f"{verdict.low:+.3f} to {verdict.high:+.3f}"
        if verdict.low is not None and verdict.high is not None
        else None
    )
    effect = None if verdict.effect is None else f"{verdict.effect:+.3f}"
    return [
        variant.variant_id,
        variant.changed_factor.value,
        changed,
        verdict.kind.value.replace("_", " "),
        effect,
        bounds,
        verdict.n_persons,
    ]


def _control(given: str | None) -> dict[str, str] | str | None:
    if given is None:
        return None
    text = _text_of(Path(given[1:])) if given.startswith("@") else given
    if not text.lstrip().startswith("{"):
        return text
    try:
        slots = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        msg = f"--control is no JSON object: {error}"
        raise InputError(msg, hint='Give slots such as {"subject": "..."} or plain text.') from error
    if not all(isinstance(value, str) for value in slots.values()):
        msg = "--control has a slot that is no text"
        raise InputError(msg, hint='Give slots such as {"subject": "..."}.')
    return slots


def _read(path: Path) -> VariantSet:
    return read_published(_text_of(path), name=path.name)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path.name!r} cannot be read: {error}"
        raise UnreadableSourceError(msg, hint="Give a UTF-8 file that exists.") from error
