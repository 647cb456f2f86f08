"""Suggested stages for the names of a workspace's events, and a file of stages that holds them for a person to edit."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from agent.analyse.stage_suggestions import StageSuggestion, suggest_stages
from agent.errors import InputError
from agent.events.neighbours import neighbours_of
from agent.normalise.vocabulary import vocabulary_of
from agent.pipeline.workspace import Workspace
from agent.schemas.journey import DEFAULT_STAGES

_HEAD = (
    "# Suggested stages of events, for a person to check: nothing here holds until the file is given with --stages.",
    "# A number is the confidence, 0 to 1. Move or remove names as you see fit.",
)


def suggested_stages(workspace: Workspace) -> tuple[StageSuggestion, ...]:
    """Return what is suggested for every name of events, those that no rule assigns first; nothing is stored.

    Raises:
        StoreError: The events cannot be read.
    """
    return suggest_stages(
        neighbours_of(workspace.events),
        encoder=workspace.encoder,
        vocabulary=vocabulary_of(workspace.store.home.path),
    )


def write_stages(path: Path, found: Iterable[StageSuggestion]) -> int:
    """Write a file of stages with the suggestions for names that no rule assigns, and return how many those are.

    Raises:
        InputError: The file is there already, or cannot be written.
    """
    unassigned = [each for each in found if each.stage is None]
    lines = list(_HEAD)
    for stage in DEFAULT_STAGES:
        lines += _table(stage, [each for each in unassigned if each.suggestion == stage])
    unknown = [each for each in unassigned if each.suggestion is None]
    if unknown:
        lines += ["", "# Unknown; put a name into the stage it belongs to, if there is one."]
        lines += [f"#   {_quoted(each.name)},  # {each.unknown}" for each in unknown]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    except FileExistsError as error:
        msg = f"{str(path)!r} is there already; it may hold what somebody edited"
        raise InputError(msg, hint="Name another file, or remove this one.") from error
    except OSError as error:
        msg = f"{str(path)!r} cannot be written: {error.strerror}"
        raise InputError(msg, hint="Name a file in a folder that can be written.") from error
    return len(unassigned) - len(unknown)


def _table(stage: str, suggested: Sequence[StageSuggestion]) -> list[str]:
    lines = ["", "[[stage]]", f"name = {_quoted(stage)}", f"stages = [{_quoted(stage)}]"]
    if suggested:
        names = (f"    {_quoted(each.name)},  # {each.confidence:.2f}" for each in suggested)
        lines += ["events = [", *names, "]"]
    return lines


def _quoted(name: str) -> str:
    # A string of JSON is one of TOML as long as no sign of the upper planes is taken apart.
    return json.dumps(name, ensure_ascii=False)
