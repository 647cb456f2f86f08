"""Who is counted, in words, and the id that stands for a scope."""

from datetime import UTC, datetime

import pytest

from agent.draft.scope import event_population_of, make_scope, map_id_of
from agent.schemas.journey import StageRule

_START, _END = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({}, "customers with events, 1 May to 30 June 2026"),
        ({"segment": "family"}, "customers with segment = family who have events, 1 May to 30 June 2026"),
    ],
)
def test_event_population_names_filter_and_window_and_nobody_who_spoke(
    where: dict[str, str], said: str
) -> None:
    """Events are of everyone who did something."""
    assert event_population_of(where, start=_START, end=_END) == said


def test_event_population_without_times_says_so() -> None:
    """No window is made up."""
    assert event_population_of({}, start=None, end=None) == "customers with events (without dates)"


def test_map_id_stands_for_every_part_of_the_scope() -> None:
    """Another goal, filter or type is another map; the population, which follows from the data, is not."""
    scope = make_scope(persona="P", journey="J", goal="G", purpose="U", where={}, population="customers")
    same = scope.model_copy(update={"population": "other customers"})
    changes = {
        "persona": "X",
        "journey": "X",
        "goal": "X",
        "purpose": "X",
        "where": {"segment": "x"},
        "stage_rules": (StageRule(name="all", stages=("decision",)),),
    }
    others = [scope.model_copy(update={name: value}) for name, value in changes.items()]
    ids = [map_id_of(each, "current") for each in (scope, *others)] + [map_id_of(scope, "future")]
    assert len(set(ids)) == len(ids)
    assert map_id_of(same, "current") == ids[0]
