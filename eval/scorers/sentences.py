"""Cuts a text into sentences, for labels and scores by sentence."""

import re

_SENTENCE = re.compile(r"[^\s](?:[^.!?\n]|[.!?](?!\s|$))*[.!?]*")
_LETTER = re.compile(r"[^\W\d_]")

Span = tuple[int, int]


def sentence_spans(text: str) -> list[Span]:
    """Return the spans of sentences that have a letter; a mark of . ! or ? before a space ends one."""
    return [match.span() for match in _SENTENCE.finditer(text) if _LETTER.search(match.group())]
