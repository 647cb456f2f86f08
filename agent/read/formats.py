"""What an importer is: a name, a kind, how its files are recognised, and how they are read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from agent.read.source import Sample, Source
from agent.schemas.records import RawItem


class SourceKind(StrEnum):
    """What sort of thing a file holds, as named on the command line."""

    TRANSCRIPTS = "transcripts"
    REVIEWS = "reviews"
    SURVEYS = "surveys"
    INTERVIEWS = "interviews"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Format:
    """One importer.

    `recognise(sample, kind)` tells from content; where the caller named the kind and it is not `auto`, weaker signs suffice. A `vendor` format wins over a native one that would also fit.
    """

    name: str
    kinds: tuple[SourceKind, ...]
    looks_for: str
    recognise: Callable[[Sample, str], bool]
    read: Callable[[Source], Iterator[RawItem]]
    vendor: bool = True
