"""Which groups of customers may be told of: those of enough customers that no figure names one of them."""

from collections.abc import Mapping

from agent.draft.claims import MIN_PERSONS
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot


def untold_value(snapshot: Snapshot, where: Mapping[str, str]) -> str | None:
    """Return the first key of a filter whose value too few customers have, or that tells no customers apart; else None."""
    return next((key for key, value in where.items() if value not in snapshot.traits.get(key, {})), None)


def is_told(scope: Scoped) -> bool:
    """Tell whether enough customers are in scope to be told of; without a filter nobody is singled out."""
    return scope.n_persons is None or scope.n_persons >= MIN_PERSONS


def are_speakers_told(scope: Scoped) -> bool:
    """Tell whether enough customers in scope said something."""
    return not scope.where or len(scope.corpus.speakers) >= MIN_PERSONS


def are_doers_told(scope: Scoped) -> bool:
    """Tell whether enough customers in scope have events."""
    return not scope.where or scope.n_event_persons >= MIN_PERSONS
