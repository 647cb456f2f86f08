"""Stages of one's own: a list in a file that says which default stages, touchpoints and events each of them takes in."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from agent.analyse.taxonomy import stage_of_event, taxonomy, touchpoint_of_event
from agent.errors import InputError
from agent.schemas.journey import DEFAULT_STAGES, StageRule

_LEAST_STAGES, _MOST_STAGES = 2, 12
_HINT = "A file of stages holds `[[stage]]` tables with `name` and lists `stages`, `touchpoints` and `events`; see docs/stages.md."


@dataclass(frozen=True)
class StagePlan:
    """The stages of a map, in order, and what belongs to each; a touchpoint decides before a default stage does."""

    rules: tuple[StageRule, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The stages, in the order of the map."""
        return tuple(rule.name for rule in self.rules)

    def stage_of(self, stage: str | None, touchpoint: str | None) -> str | None:
        """Return the map's stage of what was placed in a default stage and at a touchpoint; None where none takes it."""
        return self._by_touchpoint.get(touchpoint or "") or self._by_stage.get(stage or "")

    def stage_of_event(self, name: str) -> str | None:
        """Return the map's stage of an event, by its name."""
        return self._by_event.get(name) or self.stage_of(
            stage_of_event(name), touchpoint_of_event(name, {}, None)
        )

    @cached_property
    def _by_event(self) -> dict[str, str]:
        return {event: rule.name for rule in self.rules for event in rule.events}

    @cached_property
    def _by_touchpoint(self) -> dict[str, str]:
        return {touchpoint: rule.name for rule in self.rules for touchpoint in rule.touchpoints}

    @cached_property
    def _by_stage(self) -> dict[str, str]:
        return {stage: rule.name for rule in self.rules for stage in rule.stages}


DEFAULT_PLAN = StagePlan(tuple(StageRule(name=name, stages=(name,)) for name in DEFAULT_STAGES))


def plan_of(rules: tuple[StageRule, ...]) -> StagePlan:
    """Return the plan that a scope's rules make; without rules the default stages."""
    return StagePlan(rules) if rules else DEFAULT_PLAN


def load_stage_rules(path: Path) -> tuple[StageRule, ...]:
    """Read a file of stages.

    Raises:
        InputError: The file cannot be read, names what does not exist, or gives one thing to two stages.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        rules = tuple(StageRule.model_validate(table) for table in content["stage"])
    except (
        OSError,
        UnicodeDecodeError,
        tomllib.TOMLDecodeError,
        KeyError,
        TypeError,
        ValidationError,
    ) as exc:
        msg = f"the file of stages {path.name!r} cannot be used: {_reason(exc)}"
        raise InputError(msg, hint=_HINT) from exc
    _check(path, rules)
    return rules


def _reason(exc: Exception) -> str:
    if isinstance(exc, ValidationError):
        first = exc.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    if isinstance(exc, KeyError | TypeError):
        return "it has no `[[stage]]` tables"
    return str(exc)


def _check(path: Path, rules: tuple[StageRule, ...]) -> None:
    if not _LEAST_STAGES <= len(rules) <= _MOST_STAGES:
        msg = f"{path.name!r} has {len(rules)} stages; {_LEAST_STAGES} to {_MOST_STAGES} were expected"
        raise InputError(msg, hint=_HINT)
    lists = taxonomy()
    _check_names(path, "stage name", [rule.name for rule in rules], None)
    stages = [stage for rule in rules for stage in rule.stages]
    _check_names(path, "default stage", stages, DEFAULT_STAGES)
    touchpoints = [touchpoint for rule in rules for touchpoint in rule.touchpoints]
    _check_names(path, "touchpoint", touchpoints, [entry.name for entry in lists.touchpoints])
    _check_names(path, "event", [event for rule in rules for event in rule.events], None)
    empty = [rule.name for rule in rules if not (rule.stages or rule.touchpoints or rule.events)]
    if empty:
        msg = f"{path.name!r}: nothing belongs to {', '.join(map(repr, empty))}"
        raise InputError(msg, hint="Give each stage default stages, touchpoints or events.")


def _check_names(path: Path, what: str, names: list[str], known: Iterable[str] | None) -> None:
    twice = sorted(name for name, n in Counter(names).items() if n > 1)
    if twice:
        msg = f"{path.name!r} gives the {what} {twice[0]!r} twice; once was expected"
        raise InputError(msg, hint=_HINT)
    if known is None:
        return
    unknown = sorted(set(names) - set(known))
    if unknown:
        msg = f"{path.name!r} names the {what} {unknown[0]!r}, which there is not"
        raise InputError(msg, hint=f"There are: {', '.join(known)}.")
