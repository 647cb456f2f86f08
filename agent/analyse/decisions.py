"""Which entries of the log of decisions count: those that nobody took back."""

from collections.abc import Sequence

from agent.schemas.curation import CurationEntry, Pin, Split, Undo, Unpin


def in_force(entries: Sequence[CurationEntry]) -> list[CurationEntry]:
    """Return the decisions that nobody took back, oldest first, without the undoing ones themselves."""
    undone: set[int] = set()
    for entry in reversed(entries):
        if isinstance(entry.edit, Undo) and entry.number not in undone:
            undone.add(entry.edit.number)
    return [entry for entry in entries if entry.number not in undone and not isinstance(entry.edit, Undo)]


def pins_in_force(entries: Sequence[CurationEntry]) -> dict[str, CurationEntry]:
    """Return the pins that hold, by theme id."""
    pins: dict[str, CurationEntry] = {}
    for entry in in_force(entries):
        if isinstance(entry.edit, Pin):
            pins[entry.edit.theme.theme_id] = entry
        elif isinstance(entry.edit, Unpin):
            pins.pop(entry.edit.theme.theme_id, None)
    return pins


def splits_taken_back(entries: Sequence[CurationEntry]) -> dict[str, int]:
    """Return for each theme that no split in force makes, though one did, the number of that entry."""
    counts = in_force(entries)
    made = {entry.edit.theme.theme_id for entry in counts if isinstance(entry.edit, Split)}
    return {
        entry.edit.theme.theme_id: entry.number
        for entry in entries
        if isinstance(entry.edit, Split) and entry.edit.theme.theme_id not in made
    }
