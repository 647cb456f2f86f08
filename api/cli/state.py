"""`journey state`: where customers stand, what to hold back from them and what to say next."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from agent.analyse.state import Advice, CustomerState, LikelyNext, Step
from agent.analyse.state_rules import load_state_rules, state_rules
from agent.errors import InputError
from agent.pipeline.identities import Held
from agent.pipeline.state import customer_state, customer_states
from agent.render.figures import interval_text, share_text
from api.cli.csv_files import write_csv
from api.cli.identity import HELD_OUT
from api.cli.output import counted, print_json, print_table, print_text, say
from api.cli.pictures import picture_options, save_picture
from api.cli.session import json_option, parse_where, where_option, workspace_of

_COLUMNS = ("person_id", "rule", "holds_back", "event", "event_id", "channel", "at", "until", "reason")
_N_SHOWN = 50


@click.command()
@click.argument("person", required=False)
@click.option("--all", "everyone", is_flag=True, help="Every working customer with events.")
@click.option(
    "--as-of", metavar="TIME", help="Time asked about (ISO 8601); that of the latest event where left out."
)
@click.option(
    "--rules",
    "rules_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="YAML file of rules that come before the built-in ones; see docs/state.md.",
)
@click.option(
    "--export", type=click.Path(path_type=Path), help="Write what is held back from whom as CSV; with --all."
)
@where_option()
@picture_options()
@json_option()
@click.pass_context
def state(
    ctx: click.Context,
    person: str | None,
    everyone: bool,
    as_of: str | None,
    rules_file: Path | None,
    export: Path | None,
    where: tuple[str, ...],
    svg: Path | None,
    png: Path | None,
    as_json: bool,
) -> None:
    """Show where a customer stands: stage, path, likely next, what to hold back and what to say.

    PERSON is a person id, or an identifier as KIND=VALUE, such as user_id=c-1042.
    """
    everyone = everyone or (export is not None and person is None)
    _check(person, everyone=everyone, narrowed=bool(where) or export is not None, pictured=bool(svg or png))
    rules = state_rules() if rules_file is None else load_state_rules(rules_file)
    at = None if as_of is None else _time(as_of)
    with workspace_of(ctx) as workspace:
        if person is not None:
            found = customer_state(workspace, person, rules=rules, as_of=at)
            if (svg or png) and isinstance(found, CustomerState):
                _draw(found, svg, png)
            if as_json:
                print_json(found.model_dump(mode="json"))
            elif isinstance(found, Held):
                print_text(HELD_OUT)
            else:
                _print_state(found)
            return
        states = list(customer_states(workspace, rules=rules, where=parse_where(where), as_of=at))
    if export is not None:
        _write(export, states)
        say(f"{counted(sum(bool(each.suppressions) for each in states), 'customer')} written into {export}.")
    if as_json:
        print_json({"states": [each.model_dump(mode="json") for each in states]})
    elif export is None:
        _print_all(states)


def _check(person: str | None, *, everyone: bool, narrowed: bool, pictured: bool) -> None:
    if (person is None) != everyone or (person is not None and narrowed):
        msg = "name one PERSON, or --all; --where and --export go with --all"
        raise click.UsageError(msg)
    if pictured and person is None:
        msg = "--svg and --png go with one PERSON"
        raise click.UsageError(msg)


def _draw(found: CustomerState, svg: Path | None, png: Path | None) -> None:
    # Altair takes half a second to load; who prints a table need not wait for it.
    from agent.render.timeline import timeline_picture

    save_picture(timeline_picture(found), svg, png)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"--as-of {text!r} is no time; ISO 8601 was expected"
        raise InputError(msg, hint="For example 2026-06-30 or 2026-06-30T18:00:00Z.") from error
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _write(path: Path, states: Iterable[CustomerState]) -> None:
    rows = [
        [
            each.person_id,
            found.rule_id,
            "; ".join(found.holds_back),
            found.cause.event,
            found.cause.event_id,
            found.cause.channel,
            found.cause.at.isoformat(),
            None if found.until is None else found.until.isoformat(),
            found.reason,
        ]
        for each in states
        for found in each.suppressions
    ]
    write_csv(path, _COLUMNS, rows)


def _print_state(found: CustomerState) -> None:
    stage = found.stage or "unknown"
    since = "" if found.since is None else f" since {found.since:%Y-%m-%d %H:%M}"
    print_text(f"{found.person_id} as of {found.as_of:%Y-%m-%d %H:%M}: {stage}{since}")
    if found.is_bot:
        say("More events on one day than any person's; nothing else is told.")
        return
    print_text(f"{counted(found.n_events, 'event')} in {counted(found.n_sessions, 'session')}")
    rows = [_step(step) for step in found.path]
    print_table("Path", ["at", "event", "stage", "touchpoint", "channel"], rows)
    print_text(f"May follow: {', '.join(found.allowed_next)}")
    _print_likely("Next event of others here", found.likely_next_event)
    _print_likely("Next stage of others here", found.likely_next_stage)
    print_table(
        "Hold back",
        ["what", "until", "rule", "because of", "reason"],
        [
            [
                ", ".join(each.holds_back),
                None if each.until is None else f"{each.until:%Y-%m-%d}",
                each.rule_id,
                f"{each.cause.event} ({each.cause.channel or 'no channel'}, {each.cause.at:%Y-%m-%d})",
                each.reason,
            ]
            for each in found.suppressions
        ],
    )
    print_text(f"Recommended: {found.recommend or 'nothing'}")
    if found.content:
        columns = ["recommend", "rather than", "rule", "because of", "holds"]
        print_table("Content for this path", columns, [_advice(each) for each in found.content])


def _step(step: Step) -> list[object]:
    return [f"{step.at:%Y-%m-%d %H:%M}", step.event, step.stage, step.touchpoint, step.channel]


def _advice(advice: Advice) -> list[object]:
    holds = f"until {advice.until:%Y-%m-%d}" if advice.holds else "no more"
    if advice.ended_by is not None:
        holds = f"until {advice.ended_by.event} on {advice.until:%Y-%m-%d}"
    because = " -> ".join(f"{step.event} ({step.channel})" for step in advice.evidence)
    return [advice.recommend, ", ".join(advice.rather_than), advice.rule_id, because, holds]


def _print_likely(title: str, likely: LikelyNext) -> None:
    if likely.unknown is not None:
        print_text(f"{title}: unknown; {likely.unknown}")
        return
    rows = [
        [each.name, each.n, share_text(each.share), interval_text(each.low, each.high)]
        for each in likely.next[:5]
    ]
    print_table(f"{title} ({likely.situation}, {likely.n:,} customers)", ["next", "n", "share", "95 %"], rows)


def _print_all(states: list[CustomerState]) -> None:
    rows = [
        [
            each.person_id,
            each.stage,
            None if each.since is None else f"{each.since:%Y-%m-%d}",
            None if each.last_event is None else each.last_event.event,
            ", ".join(found.rule_id for found in each.suppressions),
            each.recommend,
        ]
        for each in states[:_N_SHOWN]
    ]
    print_table("Customers", ["id", "stage", "since", "last event", "held back by", "recommend"], rows)
    if len(states) > _N_SHOWN:
        say(f"{_N_SHOWN} of {len(states):,} shown; --json prints all.")
