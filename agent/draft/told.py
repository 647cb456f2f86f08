"""What customers do and think, as a writer words it: kept where enough distinct customers say the like, and counted.

A statement about customers that rests on one customer's words is no statement about customers: it is left out.
"""

import hashlib
from collections.abc import Iterable, Sequence

from agent.corpus import Corpus
from agent.draft.cells import MAX_CLAIMS, QUOTES_PER_CLAIM, StageFacts
from agent.draft.claims import MIN_PERSONS, observed
from agent.lexical import content_stems, similarity
from agent.metrics import MetricSpec, alike_positions, make_metric
from agent.schemas.evidence import Claim, Evidence, Lane, Metric, MetricQuery

TOLD_OP = "stage_alike"
"""Operation of the metric that counts who says the like of a statement."""
_SAME = 0.5
"""Share of content words from which on two statements say the same on a map."""


def told_claim(
    facts: StageFacts, lane: Lane, statement: str, passage_ids: Sequence[str], evidence: Iterable[Evidence]
) -> Claim | None:
    """Return a statement with the number of customers who say the like, or None where they are too few.

    Args:
        facts: The stage.
        lane: Actions or thoughts.
        statement: A sentence about customers, without a number.
        passage_ids: The stage's passages it was made of.
        evidence: Quotes of them, shown first as far as they say the like; further ones are of other customers who do. A
            statement that none of them says is none.

    Raises:
        EvidenceError: The statement states a quantity.
    """
    metric = _metric(facts.corpus, facts.stage, statement, passage_ids)
    if metric.quantity is None or metric.quantity.n < MIN_PERSONS:
        return None
    positions = alike_positions(facts.corpus, facts.stage, statement, passage_ids)
    given = tuple(evidence)
    saying = tuple(item for item in given if _stands_at(item, facts.corpus, positions))
    if given and not saying:
        return None
    return observed(
        stage=facts.stage,
        lane=lane,
        template=f"{statement.rstrip(' .')}: {{{{m:{metric.metric_id}}}}}",
        metrics=[metric],
        evidence=_quotes(facts, positions, saying),
    )


def _stands_at(item: Evidence, corpus: Corpus, positions: Iterable[int]) -> bool:
    passages = (corpus.passages[position] for position in positions)
    return any(
        one.record_id == item.record_id and one.start <= item.start and item.end <= one.end
        for one in passages
    )


def passages_behind(corpus: Corpus, stage: str, evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """Return the ids of the stage's passages that quotes stand in, in the order of the quotes."""
    by_record: dict[str, list[int]] = {}
    for position in corpus.stage_positions(stage):
        by_record.setdefault(corpus.passages[position].record_id, []).append(position)
    found = [
        corpus.passages[position].passage_id
        for item in evidence
        for position in by_record.get(item.record_id, ())
        if corpus.passages[position].start <= item.start and item.end <= corpus.passages[position].end
    ]
    return tuple(dict.fromkeys(found))


def shown(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return the claims of a cell: those that most customers bear out, none of them twice in other words."""
    chosen: list[Claim] = []
    for claim in sorted(claims, key=lambda claim: (-_n(claim), claim.claim_id)):
        stems = content_stems(_worded(claim))
        if all(similarity(stems, content_stems(_worded(other))) < _SAME for other in chosen):
            chosen.append(claim)
    return tuple(chosen[:MAX_CLAIMS])


def _n(claim: Claim) -> int:
    return claim.quantity.n if claim.quantity is not None else 0


def _worded(claim: Claim) -> str:
    return claim.template.partition("{{")[0]


def _metric(corpus: Corpus, stage: str, statement: str, passage_ids: Sequence[str]) -> Metric:
    digest = hashlib.sha256("\n".join([stage, statement, *passage_ids]).encode()).hexdigest()[:12]
    spec = MetricSpec(
        metric_id=f"told.{digest}",
        label=statement,
        definition=(
            f"Distinct customers with a passage on the {stage} stage that says the like: near in meaning to a passage "
            "that the statement was made of, with most of its words, its names and its tone; of those who speak of the stage."
        ),
        unit="share",
        query=MetricQuery(
            op=TOLD_OP, params={"stage": stage, "statement": statement, "passages": list(passage_ids)}
        ),
    )
    return make_metric(spec, corpus)


def _quotes(facts: StageFacts, positions: Sequence[int], first: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Return the quotes a statement was made of, filled up with those of other customers."""
    passages = facts.corpus.passages
    origin = set(passages_behind(facts.corpus, facts.stage, first))
    heard = {
        passages[position].person_id for position in positions if passages[position].passage_id in origin
    }
    others = [position for position in positions if passages[position].person_id not in heard]
    missing = QUOTES_PER_CLAIM - len(first)
    return (*first, *facts.pick_quotes(others, missing)) if missing > 0 and others else first
