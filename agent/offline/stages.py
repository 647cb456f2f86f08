"""Words a stage from what customers wrote in it: one plain statement for what several of them say."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent.lexical import Support, content_stems, similarity
from agent.offline.clauses import Statement, statements_in
from agent.schemas.writing import DraftedClaim, StageBrief, StageDraft

_MAX_CLAIMS = 20
"""In a lane; how many customers say the like is counted afterwards, and most are left out then."""
_ALIKE = 0.5
"""Share of content words from which on two statements say the same."""
_MAX_STATEMENT = 240


@dataclass(frozen=True, slots=True)
class _Candidate:
    statement: Statement
    evidence_id: str
    order: int


def draft_stage(brief: StageBrief) -> StageDraft:
    """Return claims that customers' own sentences bear out; none where there is no such sentence."""
    texts = {item.evidence_id: item.text for item in brief.quotes}
    support = Support(texts)
    candidates = [
        _Candidate(statement, item.evidence_id, order)
        for order, item in enumerate(brief.quotes)
        for statement in statements_in(item.text)
        if len(statement.text) <= _MAX_STATEMENT and support.supporting(statement.text, [item.evidence_id])
    ]
    claims = [claim for lane in ("actions", "thoughts") for claim in _lane(candidates, lane)]
    return StageDraft(claims=tuple(claims))


def _lane(candidates: Iterable[_Candidate], lane: str) -> list[DraftedClaim]:
    """Return the claims of a lane, those that more customers bear out first."""
    groups: list[list[_Candidate]] = []
    for candidate in candidates:
        if candidate.statement.lane != lane:
            continue
        group = next((group for group in groups if _says_the_same(candidate, group[0])), None)
        if group is None:
            groups.append([candidate])
        else:
            group.append(candidate)
    ranked = sorted(groups, key=lambda group: (-len({c.evidence_id for c in group}), group[0].order))
    return [_claim(group) for group in _one_a_passage(ranked)][:_MAX_CLAIMS]


def _one_a_passage(groups: Iterable[list[_Candidate]]) -> list[list[_Candidate]]:
    """Return groups whose first passage stands in no group before, so that one talkative customer fills no lane."""
    chosen: list[list[_Candidate]] = []
    used: set[str] = set()
    for group in groups:
        if group[0].evidence_id not in used:
            chosen.append(group)
            used.update(candidate.evidence_id for candidate in group)
    return chosen


def _says_the_same(candidate: _Candidate, other: _Candidate) -> bool:
    stems, other_stems = (content_stems(c.statement.text) for c in (candidate, other))
    return similarity(stems, other_stems) >= _ALIKE


def _claim(group: list[_Candidate]) -> DraftedClaim:
    excerpts: dict[str, str] = {}
    for candidate in group:
        excerpts.setdefault(candidate.evidence_id, candidate.statement.excerpt)
    return DraftedClaim(
        lane=group[0].statement.lane,
        statement=group[0].statement.text,
        evidence_ids=tuple(excerpts),
        quotes=tuple(excerpts.values()),
    )
