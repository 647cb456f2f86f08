"""Scores the pain points of a workspace against the truth of the simulated brand it was filled from."""

from collections.abc import Sequence
from pathlib import Path

from agent.identify import identifier_key
from agent.schemas.insight import PainPoint
from agent.schemas.records import Identifier, IdentifierKind, Side
from agent.store import Store
from eval.scorers.coverage import CoverageScore, score_coverage
from eval.simulator import PersonTruth, iter_person_truth, load_truth


def score_brand(store: Store, points: Sequence[PainPoint], *, exports: Path) -> CoverageScore:
    """Compare pain points with what was planted among the working customers.

    Args:
        store: The workspace that the exports were read into.
        points: As ranked from it.
        exports: Folder of the simulated brand.
    """
    customer_of = _working_customers(store, list(iter_person_truth(exports)))
    persons = [person for person in iter_person_truth(exports) if person.customer_id in customer_of.values()]
    members = {point.theme_id: set[str]() for point in points}
    stored = store.results.themes()
    records = {record.record_id: record.person_id for record in store.records.iter()}
    for theme in stored.themes if stored else ():
        if theme.theme_id in members:
            who = {records[key.split(":", 1)[0]] for key in theme.passage_ids}
            members[theme.theme_id] = {customer_of[person] for person in who if person in customer_of}
    return score_coverage(load_truth(exports), persons, points, members)


def _working_customers(store: Store, persons: Sequence[PersonTruth]) -> dict[str, str]:
    """Return the customer behind each working person id."""
    salt = store.workspace.salt
    key_of = {
        identifier_key(Identifier(IdentifierKind.USER_ID, person.customer_id), salt=salt): person.customer_id
        for person in persons
    }
    working = frozenset(store.persons.ids(Side.WORKING))
    return {
        member.canonical_id: key_of[key]
        for key, member in store.persons.find(key_of).items()
        if member.canonical_id in working
    }
