"""Proposes how a table or flat JSON of unknown form is to be read: which field holds the words, the time, the customer.

A proposal is a start for a person, never read by itself: it says for each role which field it takes and why, and what the
other fields are. Fields are judged by their names and by the values in the head of the file.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from agent.errors import MappingError
from agent.normalise import RowFault, parse_time
from agent.read import fields
from agent.read.formats import SourceKind
from agent.read.jsons import Row
from agent.read.source import Sample

Role = Literal[
    "text",
    "title",
    "id",
    "at",
    "rating",
    "channel",
    "locale",
    "user_id",
    "anonymous_id",
    "email",
    "order_id",
    "event",
]
ROLES: Final[tuple[Role, ...]] = (
    "text", "title", "event", "at", "user_id", "anonymous_id", "email", "order_id", "id", "rating", "channel", "locale",
)  # fmt: skip
"""In the order in which they choose."""

_NAMES: Final[Mapping[Role, str]] = {
    "text": r"text|body|comment|content|review|feedback|message|description|verbatim|response|answer|remark|opinion|note",
    "title": r"title|subject|headline|summary",
    "event": r"event|action|activity|event_?name|concept_name|step",
    "at": r"time|date|created|timestamp|submitted|posted|_at$|_on$|^at$|ts$",
    "user_id": r"customer|user|client|member|contact|author|account|buyer|guest|shopper|profile",
    "anonymous_id": r"anonymous|visitor|device|cookie|session|pseudo",
    "email": r"e_?mail",
    "order_id": r"order|transaction|booking|reservation|invoice",
    "id": r"^id$|_id$|^key$|number$|^nr$|ref|uuid|guid",
    "rating": r"rating|stars?|score|nps|csat|satisfaction|grade",
    "channel": r"channel|source|platform|medium|store|site|touchpoint",
    "locale": r"locale|lang|language",
}
_CODE = re.compile(r"[\w.:/+@-]{1,120}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LOCALE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?")
_MIN_WORDS = 4
_MANY_VALUES = 30
_FEW_SHARE = 0.5
_NAMED = 1.0
_LEAST = 0.9
_SCALES = (5.0, 10.0, 100.0)


@dataclass(frozen=True, slots=True)
class Field:
    """What the head of a file shows of one field."""

    name: str
    """Path into a row; a point leads into an object."""
    values: tuple[str, ...]
    """As text, empty ones left out."""
    n_rows: int

    @property
    def n_distinct(self) -> int:
        """How many different values."""
        return len(set(self.values))

    @property
    def mean_words(self) -> float:
        """Words a value."""
        return sum(len(value.split()) for value in self.values) / max(1, len(self.values))

    def share(self, pattern: re.Pattern[str]) -> float:
        """Return the share of values that have a form."""
        return sum(1 for value in self.values if pattern.fullmatch(value)) / max(1, len(self.values))

    def share_of_times(self, now: datetime) -> float:
        """Return the share of values that can be read as a time up to `now`."""
        return sum(1 for value in self.values if _is_time(value, now)) / max(1, len(self.values))

    def numbers(self) -> tuple[float, ...]:
        """Return the values that are numbers."""
        found = (fields.number_of(value) for value in self.values)
        return tuple(value for value in found if value is not None)


@dataclass(frozen=True, slots=True)
class Proposal:
    """How a file may be read."""

    kind: SourceKind
    roles: Mapping[Role, str]
    """Role to field."""
    why: Mapping[Role, str]
    attributes: tuple[str, ...]
    """Fields of few values, which a filter may use."""
    rating_max: float | None
    fields: tuple[Field, ...]


def propose(sample: Sample, *, now: datetime) -> Proposal:
    """Return a proposal for a file.

    Raises:
        MappingError: The file has no fields, or none that could hold words or events.
    """
    found = fields_of(sample.records)
    if not found:
        msg = f"{sample.path.name!r} is {sample.shape.value} without named fields, so nothing can be mapped"
        raise MappingError(msg, hint="Save it as CSV with a header, as JSON lines or as Parquet.")
    roles, why = _roles(found, now)
    if "text" not in roles and "event" not in roles:
        msg = f"no field of {sample.path.name!r} holds words or names of events; its fields are {', '.join(repr(one.name) for one in found)}"
        raise MappingError(
            msg, hint="Choose the field yourself, or export the column that holds what customers wrote."
        )
    ratings = next((one.numbers() for one in found if one.name == roles.get("rating")), ())
    taken = set(roles.values())
    return Proposal(
        kind=_kind(roles, found),
        roles=roles,
        why=why,
        attributes=tuple(one.name for one in found if one.name not in taken and _may_filter(one)),
        rating_max=_scale(ratings),
        fields=found,
    )


def mapping_toml(
    kind: SourceKind,
    roles: Mapping[Role, str],
    *,
    attributes: Sequence[str] = (),
    rating_max: float | None = None,
) -> str:
    """Return a mapping file that takes the fields of the roles."""
    events = kind is SourceKind.EVENTS
    own: dict[str, str] = {
        role: roles[role] for role in ("id", "at", "channel", "locale", "rating") if role in roles
    }
    words = [roles[role] for role in ("title", "text") if role in roles]
    lines = [f"kind = {_quoted(kind.value)}"]
    if events:
        own = {key: value for key, value in own.items() if key not in {"at", "id", "channel", "rating"}}
    elif words:
        own["text"] = words[0] if len(words) == 1 else "{" + "}\n{".join(words) + "}"
    lines += _table("fields", own)
    lines += _table(
        "identifiers",
        {key: roles[key] for key in ("user_id", "anonymous_id", "email", "order_id") if key in roles},
    )
    if events:
        step = {
            "name": roles.get("event", ""),
            **{key: roles[key] for key in ("at", "id", "channel") if key in roles},
        }
        lines += _table("events", step)
        lines += _table("events.properties", {_key(name): name for name in attributes})
    else:
        lines += _table("attributes", {_key(name): name for name in attributes})
        if "rating" in own:
            lines += ["", "[rating]", f"max = {rating_max or _SCALES[0]:g}"]
    return "\n".join(lines) + "\n"


def fields_of(rows: Sequence[Row]) -> tuple[Field, ...]:
    """Return the fields of rows in the order in which they come, objects followed one level down."""
    values: dict[str, list[str]] = {}
    for row in rows:
        for name, value in fields.flatten(row).items():
            kept = values.setdefault(name, [])
            text = fields.text_of(value)
            if text:
                kept.append(text)
    return tuple(Field(name, tuple(found), len(rows)) for name, found in values.items())


def _roles(found: Sequence[Field], now: datetime) -> tuple[dict[Role, str], dict[Role, str]]:
    roles: dict[Role, str] = {}
    why: dict[Role, str] = {}
    for role in ROLES:
        free = [one for one in found if one.values and one.name not in roles.values()]
        judged = [(_fit(role, one, now), one) for one in free]
        best = max(judged, key=lambda pair: pair[0], default=None)
        if (
            best is not None
            and best[0] >= _LEAST
            and not (role == "event" and "text" in roles and best[0] < 2 * _NAMED)
        ):
            roles[role] = best[1].name
            why[role] = _reason(role, best[1])
    return roles, why


def _fit(role: Role, one: Field, now: datetime) -> float:
    """Return how well a field fits a role: by its name, and by whether its values can be what the role needs."""
    named = _NAMED if re.search(_NAMES[role], fields.column_key(one.name.rsplit(".", 1)[-1])) else 0.0
    if role == "text":
        words = one.mean_words / _MIN_WORDS
        # Names of events may have as many words, but come again and again.
        return named + words * one.n_distinct / len(one.values) if words >= 1 else 0.0
    if role == "at":
        times = one.share_of_times(now)
        return named + times if times >= _LEAST else 0.0
    if role == "email":
        return one.share(_EMAIL) * 2
    return named * _form(role, one)


def _form(role: Role, one: Field) -> float:
    """Return how well a field's values have the form that a role needs, from 0 to 2."""
    n = len(one.values)
    match role:
        case "rating":
            return float(len(one.numbers()) == n and _scale(one.numbers()) is not None)
        case "locale":
            return float(one.share(_LOCALE) >= _LEAST)
        case "channel":
            return float(one.n_distinct <= max(_MANY_VALUES, _FEW_SHARE * n))
        case "event":
            return 2.0 * (1 < one.n_distinct <= max(_MANY_VALUES, _FEW_SHARE * n))
        case "title":
            return float(one.mean_words < _MIN_WORDS * _MIN_WORDS)
        case _:
            return 1 + one.n_distinct / n if one.share(_CODE) >= _LEAST else 0.0


def _reason(role: Role, one: Field) -> str:
    if role == "text":
        return f"its values have {one.mean_words:.0f} words on average"
    if role == "at":
        return "its values are times"
    if role == "email":
        return "its values are e-mail addresses"
    return f"its name, and {one.n_distinct:,} different values in {len(one.values):,} rows"


def _kind(roles: Mapping[Role, str], found: Sequence[Field]) -> SourceKind:
    if "event" in roles and "text" not in roles:
        return SourceKind.EVENTS
    names = " ".join(fields.column_key(one.name) for one in found)
    return SourceKind.SURVEYS if re.search(r"nps|csat|survey|satisfaction", names) else SourceKind.REVIEWS


def _may_filter(one: Field) -> bool:
    return (
        1 < one.n_distinct <= _MANY_VALUES
        and one.n_distinct <= _FEW_SHARE * len(one.values)
        and one.mean_words < _MIN_WORDS
    )


def _scale(ratings: Sequence[float]) -> float | None:
    return next((top for top in _SCALES if ratings and min(ratings) >= 0 and max(ratings) <= top), None)


def _table(name: str, content: Mapping[str, str]) -> list[str]:
    return (
        ["", f"[{name}]", *(f"{_bare(key)} = {_quoted(value)}" for key, value in content.items())]
        if content
        else []
    )


def _key(name: str) -> str:
    return fields.column_key(name).replace(".", "_") or "field"


def _bare(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def _quoted(text: str) -> str:
    # A JSON string is a TOML string too.
    return json.dumps(text)


def _is_time(value: str, now: datetime) -> bool:
    try:
        return parse_time(fields.time_of(value), now=now) is not None
    except RowFault:
        return False
