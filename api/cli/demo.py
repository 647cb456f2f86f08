"""`journey demo`: the whole main job on a simulated brand, without key and without network."""

import sys
from pathlib import Path

import click

from agent.render.figures import interval_text, share_text
from agent.render.page import headline
from api.cli.output import counted, print_table, say
from api.cli.session import settings_of
from api.demo import N_PERSONS, DemoResult, run_demo

_N_SHOWN = 20


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("journey-demo"),
    show_default=True,
    help="Folder of exports, stores, map and variants.",
)
@click.option("--persons", type=click.IntRange(100, 1_000_000), default=N_PERSONS, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.pass_context
def demo(ctx: click.Context, out: Path, persons: int, seed: int) -> None:
    """Simulate a brand and run the whole main job on it: exports to checked map, pain points and variants."""
    out.mkdir(parents=True, exist_ok=True)
    result = run_demo(out, settings_of(ctx), seed=seed, n_persons=persons, tell=say)
    _show(result)
    say(f"Open {out / 'map.html'} in a browser. The stores are in {out / 'home'}, workspace 'demo':")
    say(f"  {_command()} --home {out / 'home'} --workspace demo map verify {result.journey_map.map_id}")
    if not result.verification.holds:
        ctx.exit(1)


def _command() -> str:
    """Return how this command is called from here: in a checkout with an environment of its own, uv knows it and no shell."""
    own = Path.cwd() / ".venv"
    in_checkout = own.is_dir() and Path(sys.prefix).resolve() == own.resolve()
    return "uv run journey" if in_checkout else "journey"


def _show(result: DemoResult) -> None:
    print_table("The map", ["what", "how many"], [list(row) for row in headline(result.journey_map)])
    planted = {found.theme_id: found for found in result.coverage.planted if found.theme_id}
    rows: list[list[object]] = []
    for number, pain in enumerate(result.journey_map.pain_points, start=1):
        truth = planted.get(pain.theme_id)
        rows.append(
            [
                number,
                pain.label,
                pain.stage,
                pain.severity.value.replace("_", " "),
                share_text(pain.reach.share),
                interval_text(pain.reach.low, pain.reach.high),
                share_text(truth.prevalence) if truth else None,
            ]
        )
    columns = ["#", "pain point", "stage", "severity", "reach", "95 %", "planted"]
    print_table("Pain points found, beside what was planted", columns, rows[:_N_SHOWN])
    if len(rows) > _N_SHOWN:
        say(f"... and {len(rows) - _N_SHOWN} more, which `journey pain-points` lists.")
    missed = [found.pain_point_id for found in result.coverage.planted if not found.theme_id]
    if missed:
        say(f"Planted, and not found as one of their own: {', '.join(missed)}.")
    verdicts = [
        [
            variant.changed_factor.value,
            _changed(variant.copy_text.slots, variant.changed_slots),
            _verdict(variant.verdict),
        ]
        for variant in result.variants.variants
    ]
    print_table("Variants for the worst one", ["changes", "to", "held-out verdict"], verdicts)
    found = result.verification
    say(
        f"Verified: {counted(found.n_claims, 'claim')}, {counted(found.n_quotes, 'quote')}, "
        f"{counted(found.n_numbers, 'number')}; "
        f"{len(found.broken):,} broken."
    )


def _changed(slots: dict[str, str], changed: tuple[str, ...]) -> str:
    return " / ".join(slots[name] for name in changed)


def _verdict(verdict: object) -> str:
    kind, n, effect = (getattr(verdict, name, None) for name in ("kind", "n_persons", "effect"))
    said = getattr(kind, "value", "unchecked").replace("_", " ")
    return f"{said} ({n} customers)" if effect is None else f"{said} ({effect:+.3f}, {n} customers)"
