"""The way into the event lake: parts are only ever added or replaced whole."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.schemas.records import Event
from agent.store.parts import sweep_parts, write_part


class LakeWriter:
    """Appends the working customers' events of one workspace.

    Args:
        folder: Folder of the Parquet parts (`Home.lake_events`); made with the first part.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def append(self, part: str, events: Sequence[Event] | Any) -> None:  # noqa: ANN401 - or a table of PyArrow
        """Store events as the part named `part`, sorted by person and time, replacing that part; see `write_part`.

        Raises:
            StoreFullError: No space is left; the part is as it was.
            StoreError: The folder cannot be written.
        """
        write_part(self._folder, part, events)

    def sweep(self, n_parts: Mapping[str, int]) -> None:
        """Remove the parts that no ledger knows; see `sweep_parts`."""
        sweep_parts(self._folder, n_parts)
