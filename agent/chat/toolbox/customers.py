"""Who customers are, what they are worth, and what they will do."""

from collections.abc import Mapping, Sequence

from agent.analyse.action_rules import action_rules
from agent.analyse.calibration import Improvement
from agent.analyse.examples import Target as Predicted
from agent.analyse.next_action import NextActions
from agent.analyse.persona_facts import Contrast
from agent.analyse.personas import Persona
from agent.analyse.prediction import Prediction
from agent.analyse.state_rules import state_rules
from agent.analyse.statistics import quantity
from agent.analyse.value import ValueContrast
from agent.chat.requests import ListPersonas, Predict, ShowValue, SuggestActions
from agent.chat.toolbox.paths import cells_of
from agent.chat.toolbox.resolving import (
    customers,
    listed,
    refuse,
    require_events,
    said_so,
    scope_of,
    where_of,
)
from agent.chat.toolbox.writing import Row, Writing, one_line, plain, slug, worded
from agent.draft.claims import MIN_PERSONS
from agent.errors import JourneyError
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.suggesting import next_actions
from agent.schemas.chat import ToolResult
from agent.schemas.evidence import Quantity

_TARGETS: Mapping[str, Predicted] = {"purchase": "buy", "exit": "leave", "next_step": "next"}
_TARGET_WORDS = {"purchase": "who will buy", "exit": "who will leave", "next_step": "what customers do next"}


def list_personas(snapshot: Snapshot, request: ListPersonas) -> ToolResult:
    """List groups of customers who behave alike."""
    where = where_of(snapshot, request.where)
    scope = require_events(scope_of(snapshot, where))
    writing = Writing(request, f"Groups among {customers(where)} who behave alike", snapshot)
    found = scope.personas
    if found.verdict == "unknown" or not found.personas:
        refuse(
            "too_few",
            "Groups of customers cannot be told apart yet.",
            f"More customers with events: {found.reason}.",
        )
    shown = found.personas if request.name is None else [_called(found.personas, request.name)]
    ids = [
        writing.share(
            f"group.{number}", one.size, label=f"Customers of {_title(one, number)}",
            definition="Customers of the group, of all who did enough to be grouped.",
        )
        for number, one in enumerate(shown, start=1)
    ]  # fmt: skip
    for number, (one, metric) in enumerate(list(zip(shown, ids, strict=True))[:3], start=1):
        writing.finding(
            f"{writing.name(_title(one, number))} are {{{{m:{metric}:counted}}}} customers ({{{{m:{metric}:spread}}}}){_marks(writing, one)}."
        )
        if request.name is not None:
            _tell_persona(writing, one)
    if found.verdict == "none":
        writing.finding(
            "No group is sure enough to be given a name: all are shown as found.", rests_on=ids[:1]
        )
    _personas_table(writing, shown, ids)
    writing.picture("personas", "Groups of customers, their sizes and what sets them apart")
    writing.ask_next(
        "Which experiences go along with buying?", "How do customers of high value differ from the rest?"
    )
    return writing.done()


def _personas_table(writing: Writing, shown: Sequence[Persona], ids: Sequence[str]) -> None:
    writing.table(
        "Groups of customers",
        ("Group", "Customers", "Share (95 %)", "What sets it apart"),
        [
            Row(
                (_title(one, number), *cells_of(one.size), "; ".join(mark.words for mark in one.marks[:2])),
                (metric,),
            )
            for number, (one, metric) in enumerate(zip(shown, ids, strict=True), start=1)
        ],
    )


def _title(one: Persona, number: int) -> str:
    return one.name or f"Group {number}"


def _marks(writing: Writing, one: Persona) -> str:
    told = [writing.words(mark.words) for mark in one.marks[:2]]
    return f"; what sets them apart: {' and '.join(told)}" if told else ""


def _called(personas: tuple[Persona, ...], name: str) -> Persona:
    titles = {_title(one, number).casefold(): one for number, one in enumerate(personas, start=1)}
    wanted = name.casefold().strip()
    found = titles.get(wanted) or next((one for title, one in titles.items() if wanted in title), None)
    if found is None:
        refuse(
            "unknown_thing",
            f"No group is called ‘{plain(name)}’.",
            f"A group of that name. There are: {listed(titles)}.",
            "Which groups of customers are there?",
        )
    return found


def _tell_persona(writing: Writing, one: Persona) -> None:
    for number, contrast in enumerate(one.contrasts[:2]):
        _tell_contrast(writing, contrast, number)
    for number, outcome in enumerate(one.outcomes[:1]):
        ids = _pair(writing, f"outcome.{number}", outcome.outcome, outcome.inside, outcome.outside)
        writing.finding(
            f"Later, {{{{m:{ids[0]}}}}} of them ({{{{m:{ids[0]}:basis}}}}) went on to {writing.name(outcome.outcome)}, and {{{{m:{ids[1]}}}}} of the others ({{{{m:{ids[1]}:basis}}}})."
        )


def _tell_contrast(writing: Writing, one: Contrast, number: int) -> None:
    ids = _pair(writing, f"contrast.{number}", one.feature, one.inside, one.outside)
    writing.finding(
        f"{writing.name(one.feature)} ({writing.words(one.what)}): {{{{m:{ids[0]}}}}} of them ({{{{m:{ids[0]}:basis}}}}), {{{{m:{ids[1]}}}}} of the others ({{{{m:{ids[1]}:basis}}}})."
    )


def _pair(writing: Writing, key: str, label: str, inside: Quantity, outside: Quantity) -> tuple[str, str]:
    made = [
        writing.share(
            f"{key}.{side}",
            one,
            label=f"{worded(label)}, {side}",
            definition="Customers who did it at least once, of the group and of the others.",
        )
        for side, one in (("inside", inside), ("outside", outside))
    ]
    return made[0], made[1]


def show_value(snapshot: Snapshot, request: ShowValue) -> ToolResult:
    """Show how customers of high value differ."""
    where = where_of(snapshot, request.where)
    scope = require_events(scope_of(snapshot, where))
    writing = Writing(request, f"How {customers(where)} of high value differ from the rest", snapshot)
    found = scope.value
    if found.verdict == "unknown" or found.at_least is None:
        refuse(
            "not_measured",
            f"What customers are worth cannot be told: {found.reason}.",
            "Purchases with an amount, of at least eighty customers.",
        )
    _tell_value(writing, found)
    writing.table(
        "High value beside the rest (goes together, not caused by)",
        ("What", "Kind", "High value", "The rest", "Verdict"),
        [
            Row(
                (worded(one.name), one.what, cells_of(one.top)[1], cells_of(one.rest)[1], one.verdict),
                _pair(writing, f"value.{number}", one.name, one.top, one.rest),
            )
            for number, one in enumerate(found.differences[:8])
        ],
    )
    writing.ask_next("Which experiences go along with buying?", "Which groups of customers are there?")
    return writing.done()


def _tell_value(writing: Writing, found: ValueContrast) -> None:
    top, valued = (
        writing.number(f"value.{name}", n, unit="persons", label=label, definition=definition)
        for name, n, label, definition in (
            ("top", found.n_top, "Customers of high value", "The quarter with the highest value."),
            ("known", found.n_valued, "Customers whose value is known", "Customers with a purchase amount."),
        )
    )
    share = writing.number(
        "value.share",
        found.top_share_of_value,
        unit="share",
        label="Share of all value",
        definition="Share of all value that the top quarter brought.",
    )
    brought = f" and bring {{{{m:{share}}}}} of all value" if found.top_share_of_value is not None else ""
    writing.finding(f"{{{{m:{top}}}}} of {{{{m:{valued}}}}} are of high value{brought}.")
    differing = [(k, one) for k, one in enumerate(found.differences) if one.verdict != "not shown"]
    for number, one in differing[:2]:
        ids = _pair(writing, f"value.{number}", one.name, one.top, one.rest)
        writing.finding(
            f"{writing.name(one.name)} ({writing.words(one.what)}): {{{{m:{ids[0]}}}}} of them ({{{{m:{ids[0]}:basis}}}}), {{{{m:{ids[1]}}}}} of the rest ({{{{m:{ids[1]}:basis}}}})."
        )
    if not differing:
        writing.finding("Nothing they did is shown to differ from what the rest did.", rests_on=[top])


def predict(snapshot: Snapshot, request: Predict) -> ToolResult:
    """Predict, where that beats the base rate."""
    where = where_of(snapshot, request.where)
    scope = require_events(scope_of(snapshot, where))
    writing = Writing(
        request, f"{_TARGET_WORDS[request.target].capitalize()}, of {customers(where)}", snapshot
    )
    found = scope.prediction(_TARGETS[request.target])
    if found.verdict != "shown" or found.skill is None or not found.expected:
        better = (
            "Nothing predicts it better than the base rate does"
            if found.verdict == "no_better"
            else "It cannot be predicted"
        )
        refuse(
            "not_measured",
            f"{better}: {found.reason}." if found.reason else f"{better}.",
            "More customers with events, over a longer time.",
            "What do customers do next?",
        )
    _tell_expected(writing, found, is_choice=request.target == "next_step")
    _tell_skill(writing, found, found.skill.log_loss)
    writing.ask_next("What could we do next for customers?", "Which experiences go along with buying?")
    return writing.done()


def _tell_expected(writing: Writing, found: Prediction, *, is_choice: bool) -> None:
    """Say what is expected: the most probable of several answers, or the one that was asked for."""
    everyone = found.expected[0]
    answer = (
        max(everyone.shares, key=lambda name: (everyone.shares[name], name))
        if is_choice
        else next(iter(everyone.shares))
    )
    expected = writing.number(
        "expected", everyone.shares[answer], unit="share", label=f"Mean probability: {worded(answer)}", definition=one_line(found.question),
        bounds=(None, None) if is_choice else (everyone.low, everyone.high),
    )  # fmt: skip
    n = writing.number(
        "expected.n",
        everyone.n,
        unit="persons",
        label="Customers told of",
        definition="Customers with events as of the end of the data.",
    )
    writing.finding(
        f"Of {{{{m:{n}}}}}, a share of {{{{m:{expected}:spread}}}} is expected to fit: {writing.name(answer)}."
    )


def _tell_skill(writing: Writing, found: Prediction, gain: Improvement) -> None:
    skill = writing.number(
        "skill.gain", gain.difference, unit="score", label="Gain in log-loss over the base rate",
        definition="How much smaller the log-loss is on customers the model was not fitted on; above zero is better.",
        bounds=(gain.low, gain.high),
    )  # fmt: skip
    writing.finding(
        f"On customers it was not fitted on, the prediction beats the base rate by {{{{m:{skill}:spread}}}} in log-loss."
    )
    writing.table(
        "What the prediction goes along with (no causes)",
        ("Feature", "Log-odds"),
        [
            Row((worded(one.feature), f"{one.log_odds:+.2f}".replace("-", "−")), (skill,))
            for one in found.drivers
        ],
    )


def _everybodys_actions(snapshot: Snapshot) -> NextActions:
    """Return what is suggested for each customer: learnt from everybody, so a filter only leaves customers out."""
    scope = snapshot.everybody
    return scope.kept(
        "actions",
        lambda: next_actions(scope.workspace, rules=action_rules(), state_rules=state_rules(), where={}),
    )


def suggest_actions(snapshot: Snapshot, request: SuggestActions) -> ToolResult:
    """Suggest what could be done next, counted over customers; nothing is sent."""
    where = where_of(snapshot, request.where)
    scope = require_events(scope_of(snapshot, where))
    writing = Writing(request, f"What could be done next for {customers(where)}", snapshot)
    try:
        suggested = [one for one in _everybodys_actions(snapshot).customers if scope.keeps(one.person_id)]
    except JourneyError as error:
        refuse("no_events", said_so(error), error.hint)
    n_by: dict[str, list[str]] = {}
    said: dict[str, str] = {}
    for one in suggested:
        if one.suggestion is not None:
            n_by.setdefault(one.suggestion.action_id, []).append(one.person_id)
            said[one.suggestion.action_id] = one.suggestion.say
    counted = sorted(
        ((len(persons), action) for action, persons in n_by.items()), key=lambda pair: (-pair[0], pair[1])
    )
    counted = [pair for pair in counted if pair[0] >= MIN_PERSONS][: request.limit]
    if not counted:
        refuse(
            "not_measured", f"No action can be suggested for {MIN_PERSONS} {customers(where)} or more.",
            "Predictions that beat the base rate, and what orders are worth.", "Who will buy?",
        )  # fmt: skip
    total = len(suggested)
    rows: list[Row] = []
    for n, action in counted:
        metric = writing.share(
            f"action.{slug(action)}", quantity(n, total, f"{customers(where)} with events"), label=f"Customers for whom: {action}",
            definition="Customers for whom this action has the highest score and nothing holds it back.",
        )  # fmt: skip
        if len(rows) < 2:  # noqa: PLR2004 - the first two
            writing.suggestion(f"For {{{{m:{metric}:counted}}}} customers: {writing.words(said[action])}.")
        rows.append(Row((worded(action), said[action], f"{n:,} of {total:,}"), (metric,)))
    writing.table("Suggestions, not findings; nothing is sent", ("Action", "What to do", "Customers"), rows)
    writing.guidance("These are suggestions for people to decide on; nothing is sent by itself.")
    writing.ask_next("Who will leave?", "What hurts customers most?")
    return writing.done()
