"""What is in a workspace's stores."""

from agent.events.lake import EventLake
from agent.schemas.base import Frozen
from agent.schemas.records import Kind, Side
from agent.store import Store
from agent.store.presence import held_out_gap, missing_message


class SourceStatus(Frozen):
    """One file that was read."""

    name: str
    format: str
    kind: str
    n_read: int
    n_stored: int
    n_held_out: int
    n_rejected: int
    n_identity: int
    """Rows that only say who somebody is."""
    n_unchanged: int
    """Rows that were stored before."""
    complete: bool


class Status(Frozen):
    """Counts of a workspace; of the held-out side only how many, never who or what."""

    workspace: str
    holdout_share: float
    counts: dict[str, int]
    sources: tuple[SourceStatus, ...]
    rejected: dict[str, int]
    """Code of a reason to rows rejected for it."""
    missing: str | None
    """What the ledger counts as stored and is gone; None where everything is there."""


def status_of(store: Store, lake: EventLake) -> Status:
    """Count what is in the stores, and what of the held-out side is gone.

    Raises:
        StoreError: A part of them cannot be read.
    """
    found, gap = known_status(store, lake), held_out_gap(store)
    n_there = gap.n_records - gap.n_missing_records
    return found.model_copy(
        update={
            "counts": {**found.counts, "texts held out": n_there},
            "missing": None if gap.is_whole else missing_message(gap, store.home.path),
        }
    )


def known_status(store: Store, lake: EventLake) -> Status:
    """Count what is in the stores by the working side alone; whether the vault is whole is not looked at.

    Raises:
        StoreError: A part of them cannot be read.
    """
    counts = {f"{kind.value}s": store.records.count(kinds=[kind]) for kind in Kind}
    counts["events"] = lake.count()
    counts["customers, working"] = store.persons.count(Side.WORKING)
    counts["customers, held out"] = store.persons.count(Side.HELD_OUT)
    counts["customers without identity"] = store.persons.count(identified=False)
    counts["links between identifiers"] = len(store.persons.merges())
    counts["texts held out"] = store.records.n_held_out()
    return Status(
        workspace=store.workspace.name,
        holdout_share=store.workspace.holdout,
        counts=counts,
        sources=tuple(
            SourceStatus(
                name=source.name,
                format=source.format,
                kind=source.kind,
                n_read=source.n_read,
                n_stored=source.n_stored,
                n_held_out=source.n_held_out,
                n_rejected=source.n_rejected,
                n_identity=source.n_identity,
                n_unchanged=source.n_unchanged,
                complete=source.complete,
            )
            for source in store.sources.all()
        ),
        rejected=store.sources.reject_counts(),
        missing=None,
    )
