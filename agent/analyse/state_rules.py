"""Rules of a customer's state: what to hold back, what to say next, which stages may follow; a table, not code."""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from agent.analyse.outcomes import OUTCOMES
from agent.analyse.taxonomy import taxonomy
from agent.errors import InputError
from agent.schemas.base import Frozen
from agent.schemas.journey import DEFAULT_STAGES

Outcome = Literal["purchase", "support_contact", "return", "leaving"]

_HINT = (
    "docs/state.md shows the form; `agent/analyse/state_rules.yaml` is the table that is used without one."
)


class Condition(Frozen):
    """What an event has to be; it fits where it fits every list that is given, and at least one is."""

    stages: tuple[str, ...] = ()
    touchpoints: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> "Condition":
        if not (self.stages or self.touchpoints or self.channels or self.events or self.outcomes):
            msg = "a condition needs at least one list"
            raise ValueError(msg)
        _check_known("stage", self.stages, DEFAULT_STAGES)
        _check_known("touchpoint", self.touchpoints, tuple(each.name for each in taxonomy().touchpoints))
        return self

    def fits(self, *, name: str, stage: str | None, touchpoint: str | None, channel: str | None) -> bool:
        """Tell whether an event is what the condition asks for."""
        return (
            (not self.stages or stage in self.stages)
            and (not self.touchpoints or touchpoint in self.touchpoints)
            and (not self.channels or channel in self.channels)
            and (not self.events or name in self.events)
            and (not self.outcomes or name in _names_of(self.outcomes))
        )


class SuppressRule(Frozen):
    """What is held back after an event."""

    rule_id: str
    holds_back: tuple[str, ...] = Field(min_length=1)
    because: Condition
    days: float | None = Field(default=None, gt=0)
    """How long; without end where None."""
    ended_by: Condition | None = None
    """A later event that ends it earlier."""
    reason: str


class ContentRule(Frozen):
    """What to say to whoever took a path, and what not."""

    rule_id: str
    path: tuple[Condition, ...] = Field(min_length=1)
    """In this order; other events may lie between."""
    within_days: float = Field(ge=0)
    """From the first to the last event of the path."""
    for_days: float = Field(gt=0)
    """How long after the path the advice holds."""
    ended_by: Condition
    """An event that ends it earlier, also inside the path."""
    recommend: str
    rather_than: tuple[str, ...] = ()
    reason: str


class StateRules(Frozen):
    """One table of rules; the first content rule that holds is followed."""

    version: str
    allowed: dict[str, tuple[str, ...]]
    """Stage to the stages that may follow it."""
    suppress: tuple[SuppressRule, ...]
    content: tuple[ContentRule, ...]

    @model_validator(mode="after")
    def _check(self) -> "StateRules":
        for stage, following in self.allowed.items():
            _check_known("stage", (stage, *following), DEFAULT_STAGES)
        ids = [rule.rule_id for rule in (*self.suppress, *self.content)]
        twice = sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1})
        if twice:
            msg = f"the rule {twice[0]!r} stands twice"
            raise ValueError(msg)
        return self


@cache
def _names_of(outcomes: tuple[Outcome, ...]) -> frozenset[str]:
    return frozenset(name for outcome in outcomes for name in OUTCOMES[outcome])


class _OwnRules(Frozen):
    """What a file of one's own may hold; what it leaves out is as built in."""

    version: str
    allowed: dict[str, tuple[str, ...]] | None = None
    suppress: tuple[SuppressRule, ...] = ()
    content: tuple[ContentRule, ...] = ()


@cache
def state_rules() -> StateRules:
    """Return the built-in rules."""
    source = resources.files("agent.analyse").joinpath("state_rules.yaml").read_text(encoding="utf-8")
    return StateRules.model_validate(yaml.safe_load(source))


def load_state_rules(path: Path) -> StateRules:
    """Return the built-in rules with those of a file: they come first, and one of the same id replaces ours.

    Raises:
        InputError: The file cannot be read or is no table of rules.
    """
    try:
        own = _OwnRules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        ours = state_rules()
        named = {rule.rule_id for rule in (*own.suppress, *own.content)}
        return StateRules(
            version=f"{ours.version}+{own.version}",
            allowed=ours.allowed if own.allowed is None else own.allowed,
            suppress=(*own.suppress, *(rule for rule in ours.suppress if rule.rule_id not in named)),
            content=(*own.content, *(rule for rule in ours.content if rule.rule_id not in named)),
        )
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        msg = f"the rules {path.name!r} cannot be used: {_reason(error)}"
        raise InputError(msg, hint=_HINT, context={"path": str(path)}) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the table'}: {first['msg']}"
    return " ".join(str(error).split())


def _check_known(what: str, names: tuple[str, ...], known: tuple[str, ...]) -> None:
    unknown = sorted(set(names) - set(known))
    if unknown:
        msg = f"there is no {what} {unknown[0]!r}; there are {', '.join(known)}"
        raise ValueError(msg)
