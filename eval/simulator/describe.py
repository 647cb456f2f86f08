"""State the planted truth: prevalences of the brand as parameters, and what each person really had, said and did."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from eval.simulator.catalog import Catalog, Pain
from eval.simulator.clock import day_time
from eval.simulator.events import Traces
from eval.simulator.golden import Golden
from eval.simulator.journey import Step
from eval.simulator.person import Person, second_half_from, slope_of
from eval.simulator.plan import SimulationPlan
from eval.simulator.speech import Spoken
from eval.simulator.truth import (
    BrandTruth,
    PainTruth,
    PersonaTruth,
    PersonOutcome,
    PersonTruth,
    PlantedEffect,
)


@dataclass(frozen=True, slots=True)
class Planted:
    """What was added to a person's texts on request: a marker, an instruction-like sentence."""

    canary: str | None
    attack: str | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to append to each of the person's texts."""
        marked = f"({self.canary})" if self.canary else None
        return tuple(text for text in (self.attack, marked) if text)


def describe_brand(
    plan: SimulationPlan, catalog: Catalog, golden: Golden, canaries: dict[str, str]
) -> BrandTruth:
    """State what is planted in the whole brand.

    Args:
        plan: The simulation.
        catalog: The brand.
        golden: The golden customer.
        canaries: Marker by customer id.
    """
    return BrandTruth(
        brand=catalog.file.brand,
        seed=plan.seed,
        n_persons=plan.n_persons,
        window_start=plan.starts_at,
        as_of=plan.as_of,
        follow_up_days=catalog.file.follow_up_days,
        share_said_something=catalog.file.share_said_something,
        personas=[
            PersonaTruth(persona=p.persona, segment=p.segment, description=p.description, share=p.share)
            for p in catalog.personas
        ],
        pain_points=[_describe_pain(i, pain, plan, catalog) for i, pain in enumerate(catalog.pains)],
        golden=golden.customer,
        canaries=canaries,
        attack_share=plan.attack_share,
    )


def _describe_pain(i: int, pain: Pain, plan: SimulationPlan, catalog: Catalog) -> PainTruth:
    file, slope, half = pain.file, slope_of(pain, plan), second_half_from(plan)
    shifted = plan.shift is not None and plan.shift.pain_point_id == file.pain_point_id
    delta = plan.shift.delta if plan.shift and shifted else 0.0
    overall = delta * (1 - half)
    return PainTruth(
        pain_point_id=file.pain_point_id,
        label=file.label,
        definition=file.definition,
        stage=file.stage,
        severity=file.severity,
        prevalence=round(file.prevalence + overall, 6),
        # The trend is linear in time, so each half's mean is the value at the middle of that half.
        prevalence_first_half=round(file.prevalence * (1 + slope * (half - 1)), 6),
        prevalence_second_half=round(file.prevalence * (1 + slope * half) + delta, 6),
        prevalence_by_segment={
            p.segment: round(catalog.chances[p.persona][i] + overall, 6) for p in catalog.personas
        },
        trend="flat" if plan.steady else file.trend,
        effects=[
            PlantedEffect(outcome=outcome, probability=probability, baseline=catalog.file.baselines[outcome])
            for outcome, probability in file.effects.items()
        ],
        n_phrasings=len(pain.phrasings),
        n_plain=sum(map(len, pain.plain.values())),
    )


def describe_person(
    person: Person,
    *,
    steps: list[Step],
    traces: Traces,
    spoken: Spoken,
    planted: Planted,
    observed_until: int,
) -> PersonTruth:
    """State what is planted in one person; fields are taken as they are, without validation, for speed.

    `observed_until` is the latest contact, in Unix seconds, whose follow-up lies wholly in the data.
    """
    outcome = PersonOutcome.model_construct(
        purchased=person.outcome["purchase"],
        repurchased=person.outcome["repurchase"],
        contacted_again=person.outcome["contact_again"],
        left=person.outcome["leave"],
        observed=day_time(person.contact_at) <= observed_until,
    )
    return PersonTruth.model_construct(
        index=person.index,
        customer_id=person.customer_id,
        persona=person.persona.persona,
        segment=person.persona.segment,
        said_something=person.says_something,
        contact_at=datetime.fromtimestamp(day_time(person.contact_at), UTC),
        had=[pain.pain_point_id for pain in person.had],
        voiced=[pain.pain_point_id for pain in person.voiced],
        mentions=spoken.mentions,
        details=spoken.details,
        stages=[stage for stage, _ in groupby(step.stage for step in steps)],
        n_events=traces.n_events,
        user_id=person.customer_id if person.logs_in else None,
        anonymous_ids=list(traces.anonymous_ids.values()),
        email=person.email,
        order_ids=person.order_ids,
        outcome=outcome,
        canary=planted.canary,
        attack=planted.attack,
    )
