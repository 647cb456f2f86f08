"""Write a simulated brand to files, person by person, in constant memory.

The truth lies in a folder of its own; nothing of it is written into the data files.
"""

import csv
import random
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import orjson

from agent.errors import InputError
from eval.simulator.catalog import Catalog, load_catalog
from eval.simulator.clock import DAY_S
from eval.simulator.copying import post_again
from eval.simulator.describe import Planted, describe_brand, describe_person
from eval.simulator.events import STORE_COLUMNS, Traces, leave_traces
from eval.simulator.golden import Golden, golden_customer
from eval.simulator.grammar import expand
from eval.simulator.journey import draw_steps
from eval.simulator.person import Person, choose, draw_person
from eval.simulator.plan import DEFAULT_AS_OF, Shift, SimulationPlan
from eval.simulator.speech import REVIEW_COLUMNS, SURVEY_COLUMNS, Speaker, Spoken
from eval.simulator.truth import COPIES_FILE, PERSONS_FILE, TRUTH_DIR, TRUTH_FILE, PersonTruth, PlantedCopy


@dataclass(frozen=True, slots=True)
class SimulatedBrand:
    """Where a simulated brand lies and how much of it there is; persons count the golden customer."""

    plan: SimulationPlan
    out_dir: Path
    transcripts: Path
    reviews: Path
    survey: Path
    events: Path
    store_visits: Path
    truth: Path
    n_persons: int
    n_speaking: int
    n_transcripts: int
    n_reviews: int
    n_survey_answers: int
    n_events: int
    n_store_rows: int


def simulate(
    out_dir: Path,
    *,
    n_persons: int,
    seed: int,
    as_of: datetime | None = None,
    canary_persons: tuple[int, ...] = (),
    attack_share: float = 0.0,
    shift: Shift | None = None,
    steady: bool = False,
    copied_share: float = 0.0,
) -> SimulatedBrand:
    """Simulate a brand with planted truth into a folder.

    Takes the arguments of `SimulationPlan`; the same arguments give the same bytes, and person `k` is the same for
    every `n_persons`. Existing files of a former simulation are replaced.

    Args:
        out_dir: Folder to write to; made where it is missing.
        n_persons: Persons besides the golden customer.
        seed: Seed of everything random.
        as_of: End of the window; by default a fixed day.
        canary_persons: Indices of persons whose texts carry a marker.
        attack_share: Share of the speaking persons with instruction-like sentences in their texts.
        shift: A planted change between the halves of the window.
        steady: Whether the pain points keep their prevalence otherwise.
        copied_share: Share of the reviews that are posted again at another place under another name.

    Raises:
        InputError: A value is out of its range, or the shift names no planted pain point.
    """
    plan = SimulationPlan(
        n_persons=n_persons,
        seed=seed,
        as_of=as_of or DEFAULT_AS_OF,
        canary_persons=canary_persons,
        attack_share=attack_share,
        shift=shift,
        steady=steady,
        copied_share=copied_share,
    )
    return _write(plan, out_dir)


def _write(plan: SimulationPlan, out_dir: Path) -> SimulatedBrand:
    catalog = load_catalog()
    known = [pain.pain_point_id for pain in catalog.pains]
    if plan.shift and plan.shift.pain_point_id not in known:
        msg = f"shift names {plan.shift.pain_point_id!r}, which is no planted pain point"
        raise InputError(msg, hint="Take one of: " + ", ".join(known))
    golden = golden_customer(plan, follow_up_days=catalog.file.follow_up_days)
    (out_dir / TRUTH_DIR / COPIES_FILE).unlink(missing_ok=True)
    with _open_files(out_dir) as files:
        files.write_golden(golden)
        for index in range(plan.n_persons):
            _simulate_person(index, plan=plan, catalog=catalog, files=files)
    truth = describe_brand(plan, catalog, golden, files.canaries)
    (out_dir / TRUTH_DIR / TRUTH_FILE).write_text(truth.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return files.finish(plan, out_dir)


def _simulate_person(index: int, *, plan: SimulationPlan, catalog: Catalog, files: "_Files") -> None:
    as_of = int(plan.as_of.timestamp())
    person = draw_person(index, plan=plan, catalog=catalog)
    planted = _plant(person, plan, catalog)
    if planted.canary:
        files.canaries[person.customer_id] = planted.canary
    steps = draw_steps(person, catalog=catalog, as_of=as_of)
    traces = leave_traces(person, steps, as_of=as_of)
    spoken = Speaker(person, catalog=catalog, planted=planted.sentences).speak()
    observed_until = as_of - catalog.file.follow_up_days * DAY_S
    truth = describe_person(
        person, steps=steps, traces=traces, spoken=spoken, planted=planted, observed_until=observed_until
    )
    files.write(traces, spoken, truth)
    if plan.copied_share:
        sources = catalog.file.review_sources
        files.write_copies(list(post_again(spoken.reviews, index=index, plan=plan, sources=sources)))


def _plant(person: Person, plan: SimulationPlan, catalog: Catalog) -> Planted:
    return Planted(
        canary=_canary_marker(plan.seed, person.index) if person.index in plan.canary_persons else None,
        attack=_draw_attack(person.index, plan, catalog)
        if plan.attack_share and person.says_something
        else None,
    )


def _canary_marker(seed: int, index: int) -> str:
    """Return the unique marker of a person, the same in every simulation with this seed."""
    return f"zq{sha256(f'{seed}:{index}'.encode()).hexdigest()[:16]}"


def _draw_attack(index: int, plan: SimulationPlan, catalog: Catalog) -> str | None:
    # A stream of its own, so that everyone else stays the same with and without attacks.
    rnd = random.Random((plan.seed << 33) | (index << 1) | 1).random
    if rnd() >= plan.attack_share:
        return None
    return expand(choose(rnd, catalog.speech.rules["attack"].options), {}, rnd)


class _Files:
    """The open files of one simulation, with counts of what went in."""

    def __init__(self, out_dir: Path, stack: ExitStack) -> None:
        def binary(name: str) -> Callable[[Iterable[bytes]], None]:
            return stack.enter_context((out_dir / name).open("wb", buffering=1 << 20)).writelines

        def table(name: str, columns: Sequence[str]) -> Callable[[Iterable[Sequence[str]]], None]:
            file = stack.enter_context(
                (out_dir / name).open("w", encoding="utf-8", newline="", buffering=1 << 20)
            )
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            return writer.writerows

        self._truth_dir = out_dir / TRUTH_DIR
        self._transcripts = binary("transcripts.jsonl")
        self._events = binary("events.jsonl")
        self._persons = binary(f"{TRUTH_DIR}/{PERSONS_FILE}")
        self._reviews = table("reviews.csv", REVIEW_COLUMNS)
        self._surveys = table("survey.csv", SURVEY_COLUMNS)
        self._store = table("store_visits.csv", STORE_COLUMNS)
        self.canaries: dict[str, str] = {}
        self._counts = dict.fromkeys(
            ("persons", "speaking", "transcripts", "reviews", "surveys", "events", "rows"), 0
        )

    def write_golden(self, golden: Golden) -> None:
        """Write the golden customer."""
        traces = Traces(calls=golden.calls, rows=golden.rows)
        self.write(traces, Spoken(transcripts=[golden.transcript]), golden.truth)

    def write_copies(self, copies: Sequence[tuple[Sequence[str], PlantedCopy]]) -> None:
        """Write reviews that are posted again, and which they are."""
        self._reviews(row for row, _ in copies)
        self._counts["reviews"] += len(copies)
        with (self._truth_dir / COPIES_FILE).open("a", encoding="utf-8") as file:
            file.writelines(f"{copy.model_dump_json()}\n" for _, copy in copies)

    def write(self, traces: Traces, spoken: Spoken, truth: PersonTruth) -> None:
        """Write one person."""
        self._transcripts(_json_lines(spoken.transcripts))
        self._events(_json_lines(traces.calls))
        self._reviews(spoken.reviews)
        self._surveys(spoken.surveys)
        self._store(traces.rows)
        self._persons((truth.__pydantic_serializer__.to_json(truth) + b"\n",))
        counts = self._counts
        counts["persons"] += 1
        counts["speaking"] += truth.said_something
        counts["transcripts"] += len(spoken.transcripts)
        counts["reviews"] += len(spoken.reviews)
        counts["surveys"] += len(spoken.surveys)
        counts["events"] += len(traces.calls)
        counts["rows"] += len(traces.rows)

    def finish(self, plan: SimulationPlan, out_dir: Path) -> SimulatedBrand:
        """Say what was written."""
        counts = self._counts
        return SimulatedBrand(
            plan=plan,
            out_dir=out_dir,
            transcripts=out_dir / "transcripts.jsonl",
            reviews=out_dir / "reviews.csv",
            survey=out_dir / "survey.csv",
            events=out_dir / "events.jsonl",
            store_visits=out_dir / "store_visits.csv",
            truth=out_dir / TRUTH_DIR,
            n_persons=counts["persons"],
            n_speaking=counts["speaking"],
            n_transcripts=counts["transcripts"],
            n_reviews=counts["reviews"],
            n_survey_answers=counts["surveys"],
            n_events=counts["events"],
            n_store_rows=counts["rows"],
        )


def _json_lines(rows: Iterable[dict[str, object]]) -> Iterator[bytes]:
    return (orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


@contextmanager
def _open_files(out_dir: Path) -> Generator[_Files]:
    (out_dir / TRUTH_DIR).mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        yield _Files(out_dir, stack)
