"""Makes claims: fills templates with computed numbers and gives every claim a stable id."""

import hashlib
from collections.abc import Iterable, Sequence

from agent.firewall import check_template, fill
from agent.schemas.evidence import Claim, ClaimStatus, Evidence, Lane, Metric

MIN_PERSONS = 5
"""Evidence floor: under this many distinct customers a cell says unknown. Five keeps a share's interval from
spanning nearly everything, and no cell from being about one recognisable person."""


def observed(
    *,
    stage: str,
    lane: Lane,
    template: str,
    metrics: Sequence[Metric] = (),
    evidence: Iterable[Evidence] = (),
    opposing: Iterable[Evidence] = (),
    label: str = "",
) -> Claim:
    """Return a claim counted or quoted from the data.

    `label` is a name from the data at the head of the template, such as an event's; it alone may hold digits.
    """
    cited = tuple(evidence)
    by_id = {metric.metric_id: metric for metric in metrics}
    worded = template.removeprefix(label)
    check_template(worded, offered=by_id, quotes=[item.quote for item in cited])
    return Claim(
        claim_id=_claim_id(stage, lane, template),
        lane=lane,
        status=ClaimStatus.OBSERVED,
        statement=fill(template, by_id),
        template=template,
        evidence=cited,
        opposing=tuple(opposing),
        metrics=tuple(metrics),
        quantity=metrics[0].quantity if metrics else None,
    )


def inferred(
    *, stage: str, lane: Lane, template: str, metrics: Sequence[Metric], rests_on: Sequence[str]
) -> Claim:
    """Return a claim that follows from observed ones, which it names; its template was checked when it was made."""
    return Claim(
        claim_id=_claim_id(stage, lane, template),
        lane=lane,
        status=ClaimStatus.INFERRED,
        statement=fill(template, {metric.metric_id: metric for metric in metrics}),
        template=template,
        metrics=tuple(metrics),
        rests_on=tuple(rests_on),
    )


def unknown(*, stage: str, lane: Lane, missing: str) -> Claim:
    """Return a claim that says the data does not tell, and what would."""
    statement = "The data does not say."
    return Claim(
        claim_id=_claim_id(stage, lane, statement),
        lane=lane,
        status=ClaimStatus.UNKNOWN,
        statement=statement,
        template=statement,
        missing=missing,
    )


def _claim_id(stage: str, lane: Lane, template: str) -> str:
    return "c_" + hashlib.sha256(f"{stage}\n{lane}\n{template}".encode()).hexdigest()[:16]
