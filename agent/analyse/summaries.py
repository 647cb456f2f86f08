"""Summaries made of sentences that somebody said: of a conversation, and of a theme. Nothing in them is reworded.

Which sentence tells the problem, the turn of events and the outcome is decided by how English says such things, by place
and by nearness to the rest of the conversation. A part that no sentence tells is left open. Sentences of agents show what
happened and are marked as theirs; they are never a customer's quote.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.analyse.quotes import choose_quotes
from agent.normalise import passages_of
from agent.ports import Encoder, Vectors
from agent.schemas.base import Frozen
from agent.schemas.evidence import Evidence
from agent.schemas.records import Passage, Record, Speaker, Turn

_N_SENTENCES = 3
_CLOSE = 0.5
_MIN_WORDS = 3
_ASKED = 0.6
_TROUBLED = 0.2
_EARLY = 1.5
_CENTRAL = 1.0
_SURE = 1.0
_HINT = 0.5
_LAST_PART = 0.4

_REQUEST = re.compile(
    r"\b(?:i(?:'d| would| really)? (?:like|want|need|wish|wanted|needed)|we (?:want|need|would like)|i'?m (?:trying|"
    r"looking|calling|writing|having|unable|hoping|interested|contacting|planning|stuck)|i am (?:trying|looking|calling|"
    r"writing|having|unable|hoping|interested|contacting|planning|stuck)|(?:can|could|would|will) you|help (?:me|with)|"
    r"i (?:can't|cannot|can not|couldn't|could not|have a (?:problem|question|issue|complaint))|how (?:do|can|long|much)|"
    r"is (?:it|there) (?:possible|any|a way)|(?:looking|trying|hoping|want|need) to|why (?:is|was|has|did|am|do|does)|"
    r"(?:my|the) \w+ (?:\w+ ){0,3}(?:isn't|wasn't|hasn't|doesn't|won't|didn't|is not|was not|has not|never))\b",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"\b(?:not|never|\w+n't|cannot|wrong|broken|missing|late|problem|issue|error|fail\w*|lost|stolen|charged|refund\w*|"
    r"cancel\w*|complain\w*|delay\w*|damaged|refus\w*|stuck)\b",
    re.IGNORECASE,
)
_SETBACK = re.compile(
    r"\b(?:unfortunately|regrettably|i(?:'m| am) afraid|(?:not|isn't|aren't|no longer|un)\s?(?:available|possible|eligible|"
    r"permitted|allowed|valid|refundable|successful)|unsuccessful\w*|(?:am|is|are|was|were|be|been|i'm|we're) (?:unable|not "
    r"able)|wasn't able|weren't able|could ?n[o']t (?:be|find|locate|process|verify)|can ?n[o']t (?:be|find|locate|process|"
    r"verify|offer|change|modify|cancel|refund|authenticate)|cannot \w+ you|failed|declined|rejected|denied|sold out|booked "
    r"out|fully booked|no (?:\w+ ){1,3}(?:that match|available|found)|(?:doesn't|does not|did not|didn't) (?:work|match|go "
    r"through|meet))\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:however|instead|actually|it turns out|turns out|changed my mind|on second thought|neither|rather than|in that "
    r"case|alternatively|wait)\b",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"\b(?:(?:has|have|is|are|was|were|it's|that's|been|now|all|successfully|i've|we've)\s+(?:\w+\s+){0,4}?(?!need|require|"
    r"interest|suppos|allow|locat|includ|expect|call|nam|base)(?:\w{3,}ed|done|sent|made|paid|set|found|chosen|given|taken)"
    r"|successful\w*|all set|all done|good to go|has been|have been)\b",
    re.IGNORECASE,
)
_UNSETTLED = re.compile(
    r"\?\s*$|\b(?:if|once|before|unless|would you|could you|can i|should i|shall i|may i|please (?:provide|confirm|let)|"
    r"let me know|do you|have you|to proceed|will need|need to|you can|happy to|able to accommodate)\b",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"^\W*(?:(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|thanks?|thank you|ok(?:ay)?|sure|great|perfect|yes|no|"
    r"bye|goodbye|cheers|please|there|so much|very much|a lot|for (?:your|the) help|again|you too|sounds good|have a \w+ "
    r"\w+)\W*)+$",
    re.IGNORECASE,
)

_Floats = NDArray[np.float64]


class SummarySentence(Frozen):
    """A sentence and where it stands: `record.text[start:end] == text`."""

    speaker: Speaker
    start: int
    end: int
    text: str


class ConversationSummary(Frozen):
    """What a conversation was about and came to, in its own words; None where no sentence tells."""

    record_id: str
    problem: SummarySentence | None
    """What the customer wants, or what went wrong; the customer's words."""
    turn: SummarySentence | None
    """What stood in the way or changed the course."""
    outcome: SummarySentence | None
    """What it came to."""


class ThemeSummary(Frozen):
    """A few sentences that together are near to most of what a theme's customers say."""

    sentences: tuple[Evidence, ...]
    n_customers: int
    n_close: int
    """Customers with a passage of cosine 0.5 or more with one of the sentences' passages."""


@dataclass(frozen=True, slots=True)
class _Said:
    passage: Passage
    speaker: Speaker
    place: float
    """Of its turn in the conversation, 0 to 1."""


def summarise_theme(
    passages: Sequence[Passage], vectors: Vectors, *, limit: int = _N_SENTENCES
) -> ThemeSummary:
    """Return the sentences that sum up a theme.

    Args:
        passages: Its members.
        vectors: Unit rows, one a passage.
        limit: Most sentences.
    """
    chosen = choose_quotes(passages, vectors, limit=limit)
    rows = [
        row
        for row, passage in enumerate(passages)
        for item in chosen
        if passage.record_id == item.record_id and passage.start <= item.start and item.end <= passage.end
    ]
    near = (vectors @ vectors[rows].T).max(axis=1) >= _CLOSE if rows else np.zeros(len(passages), dtype=bool)
    return ThemeSummary(
        sentences=chosen,
        n_customers=len({passage.person_id for passage in passages}),
        n_close=len({passages[int(row)].person_id for row in np.flatnonzero(near)}),
    )


def summarise_conversation(record: Record, *, encoder: Encoder) -> ConversationSummary:
    """Return the sentences that tell a conversation's problem, its turn of events and its outcome.

    Args:
        record: A conversation; a text that is wholly the customer's has a problem at most.
        encoder: Tells how near sentences are to the rest.
    """
    said = _sentences(record)
    problem = _problem(said, encoder)
    # Without somebody who answers there is no course of events to tell, only the customer's account.
    answered = problem is not None and any(one.speaker is not Speaker.CUSTOMER for one in said)
    outcome = _best(said, _outcome_score, after=problem) if answered else None
    turn = _best(said, _turn_score, after=problem, before=outcome) if answered else None
    return ConversationSummary(
        record_id=record.record_id,
        problem=None if problem is None else _shown(said[problem]),
        turn=None if turn is None else _shown(said[turn]),
        outcome=None if outcome is None else _shown(said[outcome]),
    )


def _sentences(record: Record) -> list[_Said]:
    """Return what both sides said, cut as customers' words are."""
    turns = record.turns or (Turn(speaker=Speaker.CUSTOMER, start=0, end=len(record.text)),)
    everybody = tuple(turn.model_copy(update={"speaker": Speaker.CUSTOMER}) for turn in turns)
    said: list[_Said] = []
    for passage in passages_of(record.model_copy(update={"turns": everybody})):
        number = next(
            i for i, turn in enumerate(turns) if turn.start <= passage.start and passage.end <= turn.end
        )
        said.append(_Said(passage, turns[number].speaker, number / max(len(turns) - 1, 1)))
    return said


def _problem(said: Sequence[_Said], encoder: Encoder) -> int | None:
    own = [i for i, one in enumerate(said) if one.speaker is Speaker.CUSTOMER]
    telling = [i for i in own if _says_something(said[i].passage.text)]
    if not telling:
        return None
    vectors = encoder.encode([said[i].passage.text for i in telling])
    central = (vectors @ vectors.mean(axis=0)).astype(np.float64)
    scores = [
        _problem_score(said[i], number / len(telling)) + _CENTRAL * float(central[number])
        for number, i in enumerate(telling)
    ]
    return telling[int(np.argmax(np.round(scores, 6)))]


def _problem_score(one: _Said, place: float) -> float:
    text = one.passage.text
    asked = _ASKED * bool(_REQUEST.search(text)) + _TROUBLED * bool(_TROUBLE.search(text))
    return asked - _EARLY * place


def _says_something(text: str) -> bool:
    return len(text.split()) >= _MIN_WORDS and _COURTESY.match(text) is None


def _turn_score(one: _Said) -> float:
    """Return how surely a sentence tells that something stood in the way or changed the course."""
    text = one.passage.text
    score = _SURE * bool(_SETBACK.search(text)) + _HINT * bool(_CHANGE.search(text))
    if one.speaker is Speaker.CUSTOMER:
        score += _HINT * bool(_TROUBLE.search(text) and _CHANGE.search(text))
    return score


def _outcome_score(one: _Said) -> float:
    """Return how surely a sentence tells what it came to; later ones tell it better."""
    text = one.passage.text
    if one.speaker is Speaker.CUSTOMER or one.place < _LAST_PART or _UNSETTLED.search(text):
        return 0.0
    told = _SURE * bool(_RESULT.search(text) or _SETBACK.search(text))
    return told + _HINT * one.place if told else 0.0


def _best(
    said: Sequence[_Said], score: Callable[[_Said], float], *, after: int | None, before: int | None = None
) -> int | None:
    """Return the sentence between two others that scores highest, the first of equals; None where none is sure."""
    start = 0 if after is None else after + 1
    scores = {i: score(said[i]) for i in range(start, len(said) if before is None else before)}
    sure = {i: value for i, value in scores.items() if value >= _SURE}
    return max(sure, key=lambda i: (sure[i], -i)) if sure else None


def _shown(one: _Said) -> SummarySentence:
    passage = one.passage
    return SummarySentence(speaker=one.speaker, start=passage.start, end=passage.end, text=passage.text)
