"""What a writer worded is made again: its count, its quotes and its words."""

from collections.abc import Callable

import pytest

from agent.analyse.statistics import quantity
from agent.draft.builder import silent
from agent.draft.told import told_claim
from agent.schemas.evidence import Claim, Lane
from agent.schemas.journey import Stage
from agent.verify.cells import StageTruth, cell_faults
from tests.agent.draft.told_corpus import SAID, STATEMENT, facts_of, quote_at, told_corpus

CORPUS = told_corpus([SAID] * 6 + ["The weather is fine", "I like tea"])


def _claim() -> Claim:
    made = told_claim(
        facts_of(CORPUS), Lane.THOUGHTS, STATEMENT, [CORPUS.passages[0].passage_id], [quote_at(CORPUS, 0)]
    )
    assert made is not None
    return made


def _faults(claim: Claim) -> list[str]:
    facts = facts_of(CORPUS)
    cells = {lane: (silent(facts, lane),) for lane in Lane} | {Lane.THOUGHTS: (claim,)}
    truth = StageTruth("decision", CORPUS, (), ())
    found = cell_faults(Stage(name="decision", cells=cells), Lane.THOUGHTS, truth)
    return [fault for _, faults in found for fault in faults]


def test_told_claim_unaltered_holds() -> None:
    """What was drafted comes out the same."""
    assert _faults(_claim()) == []


def _counting(claim: Claim, **params: object) -> Claim:
    metric = claim.metrics[0]
    query = metric.query.model_copy(update={"params": {**metric.query.params, **params}})
    return claim.model_copy(update={"metrics": (metric.model_copy(update={"query": query}),)})


ALTERATIONS: dict[str, Callable[[Claim], Claim]] = {
    "statement": lambda claim: claim.model_copy(update={"statement": "Nearly 99 % of customers leave."}),
    "no_quotes": lambda claim: claim.model_copy(update={"evidence": ()}),
    "other_quotes": lambda claim: claim.model_copy(update={"evidence": (quote_at(CORPUS, 7),)}),
    "no_count": lambda claim: claim.model_copy(update={"metrics": (), "quantity": None}),
    "other_count": lambda claim: claim.model_copy(update={"quantity": quantity(8, 8, "customers")}),
    "words_nobody_said": lambda claim: _counting(claim, statement="Customers adore the helicopter."),
    "made_of_another": lambda claim: _counting(claim, passages=[CORPUS.passages[7].passage_id]),
}


@pytest.mark.parametrize("alteration", ALTERATIONS, ids=str)
def test_told_claim_altered_is_named(alteration: str) -> None:
    """Whoever changes a worded claim is found out."""
    assert _faults(ALTERATIONS[alteration](_claim()))
