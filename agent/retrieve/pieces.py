"""Cuts what is searched, and what is asked, to the parts that carry one thought each."""

import re

from agent.lexical import sentences

_JOINT = re.compile(
    r"\s*(?:[,;:]|--?\s|\b(?:and|but|although|though|however|while|because|so that|which|except|plus|yet)\b)\s*",
    re.IGNORECASE,
)
_MIN_WORDS = 3
"""A shorter piece says too little; it belongs to the one before it."""


def pieces_of(text: str) -> list[str]:
    """Return the clauses of a text and the text itself, last: a question is often answered by half a sentence.

    They are for comparing only; what is quoted is the passage.
    """
    clauses: list[str] = []
    for clause in filter(None, (part.strip() for part in _JOINT.split(text))):
        if clauses and len(clause.split()) < _MIN_WORDS:
            clauses[-1] = f"{clauses[-1]} {clause}"
        else:
            clauses.append(clause)
    return [*clauses, text] if clauses != [text] else [text]


def asking_part(text: str) -> str:
    """Return the sentence that asks: the last with a question mark, else the last one."""
    told = sentences(text)
    asking = [sentence for sentence in told if sentence.endswith("?")]
    return (asking or told)[-1]
