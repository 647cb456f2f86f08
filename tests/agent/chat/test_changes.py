"""Changes: never made in the loop, put to a person as data, made once somebody with the role approves."""

import asyncio

import pytest

from agent.chat.context import RequestContext
from agent.errors import AccessDeniedError, InputError, NotFoundError, StoreError
from agent.schemas.accounts import Role
from agent.schemas.chat import AnswerEvent, Outcome, PendingChange
from agent.testing import ScriptedAnswer, ScriptedCall, ScriptedChatModel
from tests.agent.chat.turns import NOW, OWN, PAIN_POINTS, KnownTools, analyst, answered

DRAFT = {"persona": "Busy parent", "journey": "First order", "goal": "Buy", "purpose": "Fewer returns"}
CHANGE = ScriptedAnswer(calls=(ScriptedCall("draft_map", DRAFT),))
TEXT = ScriptedAnswer("\n".join(OWN.values()))


def test_answer_change_is_never_run_and_waits_for_approval() -> None:
    """The turn ends with what would be made; nothing was made, and the model is not asked again."""
    model, tools = ScriptedChatModel(script=[CHANGE, TEXT]), KnownTools()
    answer = answered(analyst(model, tools))
    assert answer.outcome is Outcome.PENDING
    assert answer.pending is not None
    assert (answer.pending.tool, answer.pending.summary) == ("draft_map", "draft_map will be made")
    assert tools.changed == tools.asked == []
    assert len(model.seen) == 1


def test_answer_change_beside_a_question_says_what_was_found() -> None:
    """A question of two parts, what hurts and what to draft, is answered and prepared."""
    calls = ScriptedAnswer(calls=(ScriptedCall("list_pain_points", {}), ScriptedCall("draft_map", DRAFT)))
    answer = answered(analyst([calls, TEXT]))
    assert answer.outcome is Outcome.PENDING
    assert len(answer.sentences) == len(PAIN_POINTS.sentences)


def test_answer_change_that_does_not_fit_the_data_is_a_failure() -> None:
    """What cannot be made is not put to anybody for approval."""
    tools = KnownTools(draft_map=NotFoundError("there is no persona 'Busy parent'", hint="Name one."))
    answer = answered(analyst([CHANGE, ScriptedAnswer("Sorry.")], tools))
    assert (answer.outcome, answer.pending) == (Outcome.FAILED, None)


def test_answer_two_changes_at_once_ask_for_the_first() -> None:
    """One approval is one change."""
    other = {**DRAFT, "persona": "Other"}
    calls = ScriptedAnswer(calls=(ScriptedCall("draft_map", DRAFT), ScriptedCall("draft_map", other)))
    answer = answered(analyst([calls]))
    assert answer.pending is not None
    assert answer.pending.arguments["persona"] == "Busy parent"
    assert [use.ok for use in answer.tools] == [True, False]


async def approved(pending: PendingChange, role: Role, tools: KnownTools) -> AnswerEvent:
    """Return the last event of an approval by somebody, in a process that knows nothing of the turn."""
    context = RequestContext("demo", "somebody-else", role, NOW)
    events = [event async for event in analyst([], tools).approve(pending, context=context)]
    assert isinstance(events[-1], AnswerEvent)
    return events[-1]


def pending_change() -> PendingChange:
    """Return a change that waits, as it comes back from a store."""
    answer = answered(analyst([CHANGE]))
    assert answer.pending is not None
    return PendingChange.model_validate_json(answer.pending.model_dump_json())


@pytest.mark.parametrize("role", [Role.EDITOR, Role.APPROVER, Role.ADMIN])
def test_approve_by_somebody_else_later_makes_the_change(role: Role) -> None:
    """A pending change is data: any analyst of the workspace makes it, once somebody with the role says so."""
    tools = KnownTools()
    answer = asyncio.run(approved(pending_change(), role, tools)).answer
    assert answer.outcome is Outcome.ANSWERED
    assert [one.text for one in answer.sentences] == ["The map was drafted."]
    assert tools.changed[0][1].account_id == "somebody-else"


def test_answer_change_is_kept_with_the_ids_that_its_names_mean_now() -> None:
    """What is approved later is what was meant when it was asked."""
    tools = KnownTools()
    tools.means["Busy parent"] = "persona-7"
    answer = answered(analyst([CHANGE], tools))
    assert answer.pending is not None
    assert answer.pending.arguments["persona"] == "persona-7"


def test_approve_what_means_something_else_by_now_makes_nothing_and_says_so() -> None:
    """The summary that a person approved is the one that is made."""
    tools = KnownTools()
    tools.of = " of other customers"
    answer = asyncio.run(approved(pending_change(), Role.EDITOR, tools)).answer
    assert answer.outcome is Outcome.FAILED
    assert tools.changed == []
    assert "draft_map will be made of other customers" in str(answer.error)
    assert "Ask for the change again" in str(answer.error)


def test_approve_by_a_viewer_is_refused() -> None:
    """Looking is not changing."""
    tools = KnownTools()
    with pytest.raises(AccessDeniedError):
        asyncio.run(approved(pending_change(), Role.VIEWER, tools))
    assert tools.changed == []


@pytest.mark.parametrize(
    "forged",
    [
        {"tool": "search_evidence", "arguments": {"query": "x"}},
        {"arguments": {"workspace": "other"}},
        {"tool": "rm"},
    ],
)
def test_approve_what_is_no_change_of_ours_is_refused(forged: dict[str, object]) -> None:
    """What comes back from a store or a form is checked again."""
    with pytest.raises(InputError):
        asyncio.run(approved(pending_change().model_copy(update=forged), Role.ADMIN, KnownTools()))


def test_approve_change_that_fails_is_reported_as_failure() -> None:
    """A failed change is not called done."""
    tools = KnownTools(draft_map=StoreError("no space is left", hint="Free some."))
    answer = asyncio.run(approved(pending_change(), Role.EDITOR, tools)).answer
    assert (answer.outcome, answer.error) == (Outcome.FAILED, "No space is left. Free some.")
