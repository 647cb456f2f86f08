"""`journey next-action`: what to do next for customers, as suggestions with what lost and why."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from agent.analyse.action_rules import action_rules, load_action_rules
from agent.analyse.next_action import NextAction, NextActions, Weighed
from agent.analyse.state_rules import load_state_rules, state_rules
from agent.analyse.worth import ValueFigure
from agent.pipeline.identities import Held
from agent.pipeline.suggesting import next_action as action_of
from agent.pipeline.suggesting import next_actions
from agent.render.figures import share_text
from api.cli.csv_files import write_csv
from api.cli.identity import HELD_OUT
from api.cli.output import counted, print_json, print_table, print_text, say
from api.cli.session import json_option, parse_where, where_option, workspace_of

_COLUMNS = (
    "person_id", "action_id", "action", "say", "aims_at", "propensity", "value", "currency", "context_weight", "score",
    "reason", "because_event", "because_at", "lost", "as_of", "rules", "state_rules", "label",
)  # fmt: skip
_MOST_COLUMNS = 120
_N_SHOWN = 50
_RULES = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(name="next-action")
@click.argument("person", required=False)
@click.option("--all", "everyone", is_flag=True, help="Every working customer with events.")
@click.option(
    "--rules", "rules_file", type=_RULES,
    help="YAML file of actions that come before the built-in ones; see docs/suggestions.md.",
)  # fmt: skip
@click.option(
    "--state-rules", "state_file", type=_RULES, help="YAML file as for `journey state --rules`: what holds actions back."
)  # fmt: skip
@click.option(
    "--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the suggestions as CSV."
)
@where_option()
@json_option()
@click.pass_context
def next_action(
    ctx: click.Context,
    person: str | None,
    everyone: bool,
    rules_file: Path | None,
    state_file: Path | None,
    csv_file: Path | None,
    where: tuple[str, ...],
    as_json: bool,
) -> None:
    """Suggest what to do next, with the score, and why every other action lost; nothing is ever sent.

    PERSON is a person id, or an identifier as KIND=VALUE, such as user_id=c-1042.
    """
    if (person is None) != everyone or (person is not None and where):
        msg = "name one PERSON, or --all; --where goes with --all"
        raise click.UsageError(msg)
    rules = action_rules() if rules_file is None else load_action_rules(rules_file)
    states = state_rules() if state_file is None else load_state_rules(state_file)
    with workspace_of(ctx) as workspace:
        if person is None:
            found = next_actions(workspace, rules=rules, state_rules=states, where=parse_where(where))
        else:
            found = action_of(workspace, person, rules=rules, state_rules=states)
    if csv_file is not None and isinstance(found, NextActions):
        write_csv(csv_file, _COLUMNS, _csv_rows(found))
        n = sum(one.suggestion is not None for one in found.customers)
        say(f"{counted(n, 'suggestion')} written into {csv_file}; nothing is sent.")
    if as_json:
        print_json(found.model_dump(mode="json"))
    elif isinstance(found, Held):
        print_text(HELD_OUT)
    elif person is not None:
        _print_one(found, found.customers[0])
    elif csv_file is None:
        _print_all(found)


def _csv_rows(found: NextActions) -> Iterator[list[object]]:
    currency = next((value.currency for value in found.values), None)
    for one in found.customers:
        best = one.suggestion
        if best is None:
            continue
        at = None if best.because is None else best.because.at.isoformat()
        lost = " | ".join(f"{other.action}: {other.status}, {other.reason}" for other in one.losing)
        yield [
            one.person_id, best.action_id, best.action, best.say, best.aims_at, best.propensity, best.value, currency,
            best.context_weight, best.score, best.reason, None if best.because is None else best.because.event, at, lost,
            None if found.as_of is None else found.as_of.isoformat(), found.rules, found.state_rules, found.label,
        ]  # fmt: skip


def _print_one(found: NextActions, one: NextAction) -> None:
    best = one.suggestion
    print_text(f"{one.person_id} as of {found.as_of:%Y-%m-%d %H:%M}: {one.stage or 'stage unknown'}")
    if best is None:
        print_text(f"Nothing is suggested: {one.reason}.")
    else:
        print_text(f"Suggested: {best.action} ({best.say}), because: {best.reason}.")
        if best.because is not None:
            print_text(f"It rests on {best.because.event} on {best.because.at:%Y-%m-%d}.")
        print_text(f"{found.formula.capitalize()} = {_product(best)} = {best.score or 0.0:,.2f}")
        for each in best.context:
            print_text(f"Weight {each.weight:g}: {each.reason}.")
    rows = [[each.action, each.status, _product(each), _score_text(each), each.reason] for each in one.losing]
    print_table("What lost, and why", ["action", "", _FACTORS, "score", "why"], rows, most=_MOST_COLUMNS)
    _say_how(found)


def _score_text(each: Weighed) -> str | None:
    return None if each.score is None else f"{each.score:,.2f}"


_FACTORS = "propensity × value × weight"


def _product(each: Weighed) -> str:
    if each.status in {"held back", "not eligible"}:
        return "-"
    chance = "unknown" if each.propensity is None else share_text(each.propensity)
    value = "unknown" if each.value is None else f"{each.value:,.2f}"
    return f"{chance} × {value} × {each.context_weight:g}"


def _print_all(found: NextActions) -> None:
    if not found.customers:
        print_text("No customer with events matches.")
        return
    suggested = [one for one in found.customers if one.suggestion is not None]
    counts = Counter(one.suggestion.action for one in suggested if one.suggestion is not None)
    others = Counter("nothing: " + _why(one) for one in found.customers if one.suggestion is None)
    rows = [[action, n] for action, n in (*counts.most_common(), *others.most_common())]
    print_table("Suggested", ["action", "customers"], rows, most=_MOST_COLUMNS)
    suggested.sort(key=lambda one: (-_score(one), one.person_id))
    rows = [
        [one.person_id, best.action, _score_text(best), _product(best), _runner_up(one)]
        for one in suggested[:_N_SHOWN]
        if (best := one.suggestion) is not None
    ]
    if rows:
        columns = ["id", "action", "score", _FACTORS, "next best"]
        print_table("Highest scores", columns, rows, most=_MOST_COLUMNS)
    if len(suggested) > _N_SHOWN:
        say(f"{_N_SHOWN} of {len(suggested):,} shown; --csv and --json have all, with why each action lost.")
    _say_how(found)


def _why(one: NextAction) -> str:
    return "unknown" if one.verdict == "unknown" else str(one.reason)


def _score(one: NextAction) -> float:
    return 0.0 if one.suggestion is None else one.suggestion.score or 0.0


def _runner_up(one: NextAction) -> str:
    first = one.losing[0] if one.losing else None
    if first is None or first.score is None:
        return "no other has a score"
    return f"{first.action} {_score_text(first)}"


def _say_how(found: NextActions) -> None:
    for value in found.values:
        say(f"Value of {_value_text(value)}.")
    for one in found.propensities:
        if one.verdict != "shown":
            say(f"Unknown: {one.question}; {one.reason}.")
    say(
        "Suggestions, no findings; nothing is sent. Propensity is how likely customers do it anyway (for staying: that they "
        "leave); what an action changes is not known without customers whom chance kept from it."
    )


def _value_text(value: ValueFigure) -> str:
    what = "an order" if value.of == "order" else "a customer"
    if value.median is None:
        return f"{what}: unknown; {value.reason}"
    currency = f" {value.currency}" if value.currency else ""
    return f"{what}: {value.median:,.2f}{currency}, the median of {value.n:,}"
