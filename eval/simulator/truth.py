"""The planted truth of a simulated brand, as written beside the data and never into it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime

from agent.errors import UnreadableSourceError
from agent.schemas.base import Frozen
from agent.schemas.insight import Severity

TRUTH_DIR = "truth"
TRUTH_FILE = "truth.json"
PERSONS_FILE = "persons.jsonl"
COPIES_FILE = "copies.jsonl"

Outcome = Literal["purchase", "repurchase", "contact_again", "leave"]
RecordKind = Literal["transcript", "review", "survey"]


class PlantedEffect(Frozen):
    """What a pain point does to later behaviour.

    A person with several pain points takes the lowest probability of `purchase` and `repurchase` and the highest
    of the others, so the figure holds exactly for persons with this pain point alone.
    """

    outcome: Outcome
    probability: float
    baseline: float
    """Probability for persons without any pain point."""


class PainTruth(Frozen):
    """One planted pain point."""

    pain_point_id: str
    label: str
    definition: str
    stage: str
    severity: Severity
    prevalence: float
    """Probability among customers who said something, over the whole window."""
    prevalence_first_half: float
    prevalence_second_half: float
    prevalence_by_segment: dict[str, float]
    """The same over the whole window, by the `segment` in the data."""
    trend: Literal["rising", "falling", "flat"]
    effects: list[PlantedEffect]
    n_phrasings: int
    """Templates that state it; a mention's `phrasing` counts them from 0."""
    n_plain: int = 0
    """The last so many of them say it outright in the common words; the ones before are the long tail."""


class PersonaTruth(Frozen):
    """One planted persona; its segment stands in the data."""

    persona: str
    segment: str
    description: str
    share: float


class GoldenStep(Frozen):
    """One touchpoint of the golden customer."""

    touchpoint: str
    stage: str
    channel: str
    device: str
    event: str
    event_id: str
    at: AwareDatetime


class GoldenCustomer(Frozen):
    """The fixed customer of every simulation, who browses, phones, leaves a cart, returns twice and buys in a store."""

    customer_id: str
    anonymous_ids: list[str]
    product: str
    steps: list[GoldenStep]


class BrandTruth(Frozen):
    """Everything planted, brand level."""

    brand: str
    seed: int
    n_persons: int
    """Simulated persons, without the golden customer."""
    window_start: AwareDatetime
    as_of: AwareDatetime
    follow_up_days: int
    """Days after a person's contact within which planted effects show."""
    share_said_something: float
    personas: list[PersonaTruth]
    pain_points: list[PainTruth]
    golden: GoldenCustomer
    canaries: dict[str, str]
    """Marker by customer id."""
    attack_share: float


class Mention(Frozen):
    """One sentence that voices a pain point, verbatim as it stands in the record."""

    record_id: str
    kind: RecordKind
    pain_point_id: str
    phrasing: int
    text: str


class PlantedDetail(Frozen):
    """One invented personal detail, verbatim as it stands in the record."""

    record_id: str
    kind: Literal["name", "email", "phone", "address", "card", "order"]
    text: str


class PersonOutcome(Frozen):
    """What the person did; `observed` is false where `as_of` cuts the follow-up short."""

    purchased: bool
    repurchased: bool
    contacted_again: bool
    left: bool
    observed: bool


class PersonTruth(Frozen):
    """One person's planted truth."""

    index: int
    """-1 for the golden customer."""
    customer_id: str
    persona: str
    segment: str
    said_something: bool
    contact_at: AwareDatetime
    had: list[str]
    voiced: list[str]
    mentions: list[Mention]
    details: list[PlantedDetail]
    stages: list[str]
    """Stages in the order of the person's events, repeats in a row folded."""
    n_events: int
    user_id: str | None
    """None where the person never logs in."""
    anonymous_ids: list[str]
    email: str
    order_ids: list[str]
    outcome: PersonOutcome
    canary: str | None
    attack: str | None


class PlantedCopy(Frozen):
    """One review that was posted again under another name."""

    record_id: str
    customer_id: str
    original_id: str


def load_truth(out_dir: Path) -> BrandTruth:
    """Read the brand's planted truth.

    Args:
        out_dir: The folder given to `simulate`.

    Raises:
        UnreadableSourceError: The folder holds no simulated brand.
    """
    path = out_dir / TRUTH_DIR / TRUTH_FILE
    if not path.is_file():
        msg = f"no planted truth at {str(path)!r}"
        raise UnreadableSourceError(msg, hint="Run the simulator into this folder first.")
    return BrandTruth.model_validate_json(path.read_bytes())


def iter_person_truth(out_dir: Path) -> Iterator[PersonTruth]:
    """Yield every person's planted truth, the golden customer first, then in the order of their index.

    Raises:
        UnreadableSourceError: The folder holds no simulated brand.
    """
    path = out_dir / TRUTH_DIR / PERSONS_FILE
    if not path.is_file():
        msg = f"no planted truth at {str(path)!r}"
        raise UnreadableSourceError(msg, hint="Run the simulator into this folder first.")
    with path.open("rb") as file:
        for line in file:
            yield PersonTruth.model_validate_json(line)


def iter_copies(out_dir: Path) -> Iterator[PlantedCopy]:
    """Yield the planted copies; none where the simulation was not asked for any."""
    path = out_dir / TRUTH_DIR / COPIES_FILE
    if path.is_file():
        for line in path.read_bytes().splitlines():
            yield PlantedCopy.model_validate_json(line)
