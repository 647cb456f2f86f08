"""What is known of the customers by the keys of a filter: who has a value at all, and which values there are."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Final

from agent.analyse.persona_facts import MIN_GROUP
from agent.errors import ScopeError
from agent.pipeline.workspace import Workspace
from agent.schemas.records import Record
from agent.store.filters import RECORD_FIELDS, fold

_MOST_NAMED: Final = 12


def values_by_person(workspace: Workspace, keys: Collection[str]) -> dict[str, dict[str, frozenset[str]]]:
    """Return by key and person the values there are, of the person's traits and of what they said.

    Args:
        workspace: Whose persons and records are read.
        keys: Of a filter; who has no value of a key is not under it.
    """
    found = {key: defaultdict[str, set[str]](set) for key in keys}
    for person in workspace.store.persons.with_traits():
        _add(found, person.person_id, person.traits)
    for record in workspace.store.records.iter():
        _add(found, record.person_id, {**record.attributes, **_fields(record)})
    return {
        key: {person: frozenset(values) for person, values in by_person.items()}
        for key, by_person in found.items()
    }


def nobody_matches(workspace: Workspace, where: Mapping[str, str], option: str) -> ScopeError:
    """Return the error that no customer with events matches a filter, with the values that its keys have.

    Args:
        workspace: Whose persons and records are read.
        where: The filter; its keys are known.
        option: That gave it, such as `--where`.
    """
    values = values_by_person(workspace, where)
    known = [f"{key!r} is {_named(list(values[key].values()))}" for key in where]
    return ScopeError(
        f"no customer with events matches {dict(where)!r}",
        hint=f"Known: {'; '.join(known)}. Loosen {option}.",
        context={"keys": sorted(where)},
    )


def _fields(record: Record) -> dict[str, object]:
    return {field: getattr(record, field) for field in RECORD_FIELDS}


def _add(
    found: Mapping[str, defaultdict[str, set[str]]], person_id: str, values: Mapping[str, object]
) -> None:
    for key, by_person in found.items():
        if values.get(key) is not None:
            by_person[person_id].add(fold(values[key]))


def _named(of_persons: Collection[frozenset[str]]) -> str:
    """Return the most frequent values; one that few have may say who they are, and is not named."""
    n_by_value = Counter(value for values in of_persons for value in values)
    common = [value for value, n in n_by_value.items() if n >= MIN_GROUP]
    if not common:
        return "nothing that five customers share"
    common.sort(key=lambda value: (-n_by_value[value], value))
    n_more = len(n_by_value) - len(common[:_MOST_NAMED])
    return ", ".join(common[:_MOST_NAMED]) + (f" and {n_more:,} more" if n_more else "")
