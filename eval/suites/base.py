"""What every suite takes and returns.

A suite measures; it never asserts. It reads `options.data` where that folder holds what it needs and says so
in `notes` where it does not.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Cell = str | float | int | None


@dataclass(frozen=True, slots=True)
class Table:
    """One printed table: `rows[i][j]` stands under `columns[j]`."""

    title: str
    columns: list[str]
    rows: list[list[Cell]]


@dataclass(frozen=True, slots=True)
class SuiteOptions:
    """Where a suite finds data and puts scratch files, and how far it goes.

    Args:
        data: Folder of the shared development data; may be absent.
        work: Scratch folder the suite may fill; removed by the caller.
        seed: Seed of everything random.
        quick: Smaller samples, for a smoke run; the figures then say so.
        minutes: How long a suite that lasts goes on; its own time where None.
    """

    data: Path
    work: Path
    seed: int = 0
    quick: bool = False
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What a suite measured: tables, and sentences that go with them."""

    suite: str
    tables: list[Table]
    notes: list[str] = field(default_factory=list[str])


Suite = Callable[[SuiteOptions], SuiteResult]
