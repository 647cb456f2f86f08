"""What a recogniser finds, how overlapping finds are settled, and what a placeholder looks like."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class PersonalKind(StrEnum):
    """Kinds of personal data; each is the word inside its placeholders. Of overlapping finds the longer wins, then the earlier kind."""

    EMAIL = "EMAIL"
    CARD = "CARD"
    IBAN = "IBAN"
    CRYPTO = "CRYPTO"
    ID = "ID"
    IP = "IP"
    DOB = "DOB"
    SECRET = "SECRET"  # noqa: S105  the name of a kind
    URL = "URL"
    ORDER = "ORDER"
    ACCOUNT = "ACCOUNT"
    PHONE = "PHONE"
    ADDRESS = "ADDRESS"
    POSTCODE = "POSTCODE"
    HANDLE = "HANDLE"
    NAME = "NAME"
    NUMBER = "NUMBER"


RANK = {kind: rank for rank, kind in enumerate(PersonalKind)}
PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(PersonalKind)})-[2-9a-z]{{3}}\]")


class Span(NamedTuple):
    """Characters `start` to `end` of a text are personal data of `kind`."""

    start: int
    end: int
    kind: PersonalKind


def settled(spans: Iterable[Span], kept: Iterable[tuple[int, int]]) -> list[Span]:
    """Return spans that do not overlap one another or `kept`, in order, covering all that was found.

    Where two overlap they become one, so that nothing found is left over. What reaches into a
    kept range is cut at it.
    """
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            kind = min(last, span, key=lambda one: (one.start - one.end, RANK[one.kind])).kind
            merged[-1] = Span(last.start, max(last.end, span.end), kind)
        else:
            merged.append(span)
    fences = sorted(kept)
    return [piece for span in merged for piece in _outside(span, fences)] if fences else merged


def _outside(span: Span, fences: list[tuple[int, int]]) -> list[Span]:
    pieces: list[Span] = []
    start = span.start
    for low, high in fences:
        if high <= start or low >= span.end:
            continue
        if low > start:
            pieces.append(Span(start, low, span.kind))
        start = max(start, high)
    if start < span.end:
        pieces.append(Span(start, span.end, span.kind))
    return pieces
