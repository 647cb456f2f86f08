"""Rules of the next best action: what may be suggested to whom, what it is worth, what weighs in its favour; a table, not code."""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from agent.analyse.state_rules import Condition
from agent.errors import InputError
from agent.schemas.base import Frozen
from agent.schemas.journey import DEFAULT_STAGES

Aim = Literal["buy", "stay", "step"]
ValueOf = Literal["order", "customer"]

_HINT = "docs/suggestions.md shows the form; `agent/analyse/action_rules.yaml` is the table that is used without one."


class Eligible(Frozen):
    """Who an action is for; stages and events have to fit where both are given."""

    stages: tuple[str, ...] = ()
    """Where they stand now."""
    after: Condition | None = None
    """Something they did."""
    within_days: float = Field(default=14, gt=0)
    """How long ago at most."""
    unless: Condition | None = None
    """Something since then, or within that time where nothing is asked for, that ends it."""

    @model_validator(mode="after")
    def _check(self) -> "Eligible":
        if not self.stages and self.after is None:
            msg = "stages or after is needed"
            raise ValueError(msg)
        unknown = sorted(set(self.stages) - set(DEFAULT_STAGES))
        if unknown:
            msg = f"there is no stage {unknown[0]!r}; there are {', '.join(DEFAULT_STAGES)}"
            raise ValueError(msg)
        return self


class ActionValue(Frozen):
    """What it is worth if what the action aims at happens."""

    of: ValueOf | None = None
    """The median of what customers pay for an order, or for all of theirs."""
    number: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """A value of one's own, in the currency of the orders."""
    times: float = Field(default=1, gt=0, allow_inf_nan=False)
    """The part of it that remains after what the action costs."""

    @model_validator(mode="after")
    def _check(self) -> "ActionValue":
        if (self.of is None) == (self.number is None):
            msg = "either of or number is needed"
            raise ValueError(msg)
        return self


class ContextRule(Frozen):
    """Something a customer did that makes an action fit better or worse."""

    when: Condition
    within_days: float = Field(gt=0)
    weight: float = Field(gt=0, allow_inf_nan=False)
    reason: str


class ActionRule(Frozen):
    """One action."""

    action_id: str
    action: str
    """In the words that the rules of a state hold back and recommend."""
    say: str
    """What to do, for people."""
    aims_at: Aim
    step: str | None = None
    """The event that is aimed at, for `step`."""
    eligible: Eligible
    value: ActionValue
    context: tuple[ContextRule, ...] = ()
    reason: str

    @model_validator(mode="after")
    def _check(self) -> "ActionRule":
        if (self.aims_at == "step") != (self.step is not None):
            msg = "step names an event where aims_at is step, and is left out elsewhere"
            raise ValueError(msg)
        return self


class ActionRules(Frozen):
    """One table of actions; of equal scores the first one is suggested."""

    version: str
    recommended: float = Field(gt=0, allow_inf_nan=False)
    """Weight of an action that the rules of a state recommend on the customer's path."""
    actions: tuple[ActionRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> "ActionRules":
        ids = [rule.action_id for rule in self.actions]
        twice = sorted({action_id for action_id in ids if ids.count(action_id) > 1})
        if twice:
            msg = f"the action {twice[0]!r} stands twice"
            raise ValueError(msg)
        return self


class _OwnRules(Frozen):
    """What a file of one's own may hold; what it leaves out is as built in."""

    version: str
    recommended: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    actions: tuple[ActionRule, ...] = ()
    without: tuple[str, ...] = ()
    """Built-in actions that are not to be suggested."""


@cache
def action_rules() -> ActionRules:
    """Return the built-in actions."""
    source = resources.files("agent.analyse").joinpath("action_rules.yaml").read_text(encoding="utf-8")
    return ActionRules.model_validate(yaml.safe_load(source))


def load_action_rules(path: Path) -> ActionRules:
    """Return the built-in actions with those of a file: they come first, and one of the same id replaces ours.

    Raises:
        InputError: The file cannot be read or is no table of actions.
    """
    try:
        own = _OwnRules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        ours = action_rules()
        left_out = {rule.action_id for rule in own.actions} | set(own.without)
        return ActionRules(
            version=f"{ours.version}+{own.version}",
            recommended=ours.recommended if own.recommended is None else own.recommended,
            actions=(*own.actions, *(rule for rule in ours.actions if rule.action_id not in left_out)),
        )
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        msg = f"the actions {path.name!r} cannot be used: {_reason(error)}"
        raise InputError(msg, hint=_HINT, context={"path": str(path)}) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the table'}: {first['msg']}"
    return " ".join(str(error).split())
