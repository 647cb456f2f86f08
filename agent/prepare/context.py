"""What preparing the rows of one source needs, and what records and events share in it."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from agent.normalise import channel_name, clean_text
from agent.normalise.vocabulary import EventVocabulary, built_in_vocabulary
from agent.redact import Redactor
from agent.schemas.base import Scalar
from agent.schemas.records import RawTime

WEAK_ID_CHARS = 6
MAX_ID_CHARS = 300
MAX_VALUE_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class PrepareContext:
    """What preparing the rows of one source needs.

    Args:
        workspace: Name of the workspace.
        salt: Of the workspace.
        source_id: Of the source, derived from its content.
        now: Time of reading, aware.
        redactor: Made with the same salt.
        occurrences: How often rows without identity, id or time said the same so far in this source.
        written: By property, what its values that hold nothing personal look like in a lake's JSON.
        vocabulary: Names of events.
    """

    workspace: str
    salt: str
    source_id: str
    now: datetime
    redactor: Redactor
    occurrences: Counter[str] = field(default_factory=Counter[str])
    written: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    vocabulary: EventVocabulary = field(default_factory=built_in_vocabulary)


def is_weak(external_id: str | None) -> bool:
    """Tell whether an id is missing or so short a number that it may be a row's."""
    return not external_id or (len(external_id) <= WEAK_ID_CHARS and external_id.isdecimal())


def raw_time(value: RawTime) -> str:
    """Return a time as ids are made with it."""
    return value.isoformat() if isinstance(value, datetime) else str(value if value is not None else "")


def cleaned_value(value: Scalar) -> Scalar | None:
    """Return a property's value as it may be stored, before redaction; None where it is no value.

    Raises:
        RowFault: It is longer than any text.
    """
    if isinstance(value, str):
        return clean_text(value)[:MAX_VALUE_CHARS]
    # NaN and infinities are missing values; JSON and SQL cannot hold them.
    return None if isinstance(value, float) and not math.isfinite(value) else value


@lru_cache(maxsize=4096)
def property_key(key: str) -> str:
    """Return a property's name without what cannot be seen, bounded in length."""
    return clean_text(key)[:MAX_ID_CHARS]


def properties_of(values: Mapping[str, Scalar], person_id: str, context: PrepareContext) -> dict[str, Scalar]:
    """Return one row's properties, clean and redacted."""
    present = {
        property_key(key): value for key, raw in values.items() if (value := cleaned_value(raw)) is not None
    }
    return context.redactor.redact_properties(present, person_id=person_id)


def channel_of(raw: str | None, person_id: str, context: PrepareContext) -> str | None:
    """Return the name of a channel in our vocabulary."""
    if raw is None:
        return None
    return channel_name(context.redactor.redact_name(raw, person_id=person_id))
