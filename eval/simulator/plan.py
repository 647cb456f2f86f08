"""What to simulate: size, seed, window and what is planted on request.

The plan is the only input besides the grammar files; the same plan gives the same bytes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent.errors import InputError

DEFAULT_AS_OF = datetime(2026, 6, 30, 18, 0, tzinfo=UTC)
_MAX_PERSONS = 10_000_000
_MIN_DAYS, _MAX_DAYS = 30, 730


@dataclass(frozen=True, slots=True)
class Shift:
    """Raise one pain point's prevalence in the second half of the window.

    Args:
        pain_point_id: A planted pain point.
        delta: Added to its prevalence among customers who said something; 0.08 is 8 percentage points.
    """

    pain_point_id: str
    delta: float = 0.08


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """One simulated brand.

    Args:
        n_persons: Simulated persons, besides the golden customer.
        seed: Seed; person `k` depends on the seed and `k` alone, never on `n_persons`.
        as_of: End of the window, aware; nothing in the data is later.
        window_days: Length of the window in which customers speak.
        canary_persons: Indices of persons whose texts carry a unique marker; these persons always speak.
        attack_share: Share of the speaking persons with instruction-like sentences in a text.
        shift: A planted change between the two halves of the window.
        steady: Whether the pain points keep their prevalence over the window; a planted change comes on top.
        copied_share: Share of the reviews that are posted again at another place under another name.

    Raises:
        InputError: A value is out of its range.
    """

    n_persons: int
    seed: int
    as_of: datetime = DEFAULT_AS_OF
    window_days: int = 182
    canary_persons: tuple[int, ...] = ()
    attack_share: float = 0.0
    shift: Shift | None = None
    steady: bool = False
    copied_share: float = 0.0

    def __post_init__(self) -> None:
        _require(
            0 < self.n_persons <= _MAX_PERSONS,
            f"n_persons is {self.n_persons!r}, expected 1 to {_MAX_PERSONS}",
        )
        _require(0 <= self.seed < 2**32, f"seed is {self.seed!r}, expected 0 to 4294967295")
        _require(self.as_of.tzinfo is not None, f"as_of is {self.as_of!r}, expected a time with a zone")
        _require(
            _MIN_DAYS <= self.window_days <= _MAX_DAYS,
            f"window_days is {self.window_days!r}, expected {_MIN_DAYS} to {_MAX_DAYS}",
        )
        _require(0 <= self.attack_share <= 1, f"attack_share is {self.attack_share!r}, expected 0 to 1")
        _require(0 <= self.copied_share <= 1, f"copied_share is {self.copied_share!r}, expected 0 to 1")
        outside = [k for k in self.canary_persons if not 0 <= k < self.n_persons]
        _require(not outside, f"canary_persons has {outside!r}, expected indices below n_persons")

    @property
    def starts_at(self) -> datetime:
        """Start of the window in which customers speak."""
        return self.as_of - timedelta(days=self.window_days)


def _require(condition: bool, message: str) -> None:  # noqa: FBT001 - an assertion reads better positional
    if not condition:
        raise InputError(message, hint="Correct the simulation plan.")
