"""The names of events: whether they are tracked well, and what each of them is."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from agent.analyse.event_lint import EventLinter, Finding
from agent.events.dictionary import busy_persons, event_facts
from agent.normalise.vocabulary import vocabulary_of
from agent.pipeline.workspace import Workspace
from agent.read import expand_paths
from agent.read.tracking import tracked_rows
from agent.redact import Redactor
from agent.schemas.base import Frozen


class EventEntry(Frozen):
    """One event of the dictionary."""

    name: str
    """Canonical."""
    description: str | None
    n: int
    n_persons: int
    first: datetime
    last: datetime
    channels: dict[str, int]
    """Channel to events."""
    properties: dict[str, tuple[str, ...]]
    """Property to the types of its values: text, number, boolean."""
    spellings: dict[str, int]
    """What sources called it, to events."""


def lint_files(paths: Iterable[Path], *, mapping: Path | None, now: datetime) -> tuple[Finding, ...]:
    """Return what is wrong with how the events of files are tracked, over all of them.

    Args:
        paths: Files of events, and folders whose files are all read.
        mapping: Mapping file for tables and JSON of any other form.
        now: Time of checking.

    Raises:
        InputError: A file cannot be read.
    """
    linter = EventLinter(now=now, redact=_shown_name())
    for path in expand_paths(paths):
        for row in tracked_rows(path, mapping=mapping):
            linter.add(row)
    return linter.findings()


def lint_workspace(workspace: Workspace) -> tuple[Finding, ...]:
    """Return what is wrong with the names of the stored events, as their sources wrote them, and how many persons are bots.

    Raises:
        StoreError: The events cannot be read.
    """
    linter = EventLinter(now=workspace.now, redact=_shown_name())
    spelled = workspace.store.sources.spellings()
    for facts in event_facts(workspace.events):
        known = spelled.get(facts.name, {})
        if known:
            linter.add_names(known)
        if facts.n > sum(known.values()) or not known:
            linter.add_names({facts.name: facts.n})
    linter.add_bots(len(busy_persons(workspace.events)))
    return linter.findings()


def event_dictionary(workspace: Workspace, *, describe: Path | None = None) -> tuple[EventEntry, ...]:
    """Return every event with what is known of it, most frequent first.

    Args:
        workspace: Whose events.
        describe: File of names with what they mean, on top of those of the home and of the product.

    Raises:
        MappingError: A file of names cannot be read.
        StoreError: The events cannot be read.
    """
    vocabulary = vocabulary_of(workspace.store.home.path)
    if describe is not None:
        vocabulary = vocabulary.extended(describe)
    spelled = workspace.store.sources.spellings()
    return tuple(
        EventEntry(
            name=facts.name,
            description=vocabulary.meaning(facts.name),
            n=facts.n,
            n_persons=facts.n_persons,
            first=facts.first,
            last=facts.last,
            channels=facts.channels,
            properties=facts.properties,
            spellings=spelled.get(facts.name, {}),
        )
        for facts in event_facts(workspace.events)
    )


def _shown_name() -> Callable[[str], str]:
    redactor = Redactor("names of events")
    return lambda name: redactor.redact_name(name, person_id="")
