"""Proposes how a table or JSON of unknown form is to be read: which field holds the words, the time, the customer.

A proposal is a start for a person, never read by itself: it says for each role which field it takes and why, and what the
other fields are. Fields are judged by their names and by the values in the head of the file.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from agent.errors import MappingError
from agent.pipeline.proposing_turns import TurnsProposal, propose_turns
from agent.pipeline.seen_fields import LEAST, Field, fields_of
from agent.read import fields
from agent.read.formats import SourceKind
from agent.read.source import Sample, take_sample, top_keys
from agent.schemas.records import Speaker

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
_SCALES = (5.0, 10.0, 100.0)


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
    turns: TurnsProposal | None = None
    """Where each row holds a conversation: its messages."""
    rows: str | None = None
    """Key of a JSON document under which its rows stand, where that is none that importers know."""


def propose_file(path: Path, *, now: datetime) -> Proposal:
    """Return a proposal for a file, looking for its rows under each list of a JSON document; raises as `propose` does."""
    sample = take_sample(path)
    if sample.is_json and sample.wrapper is None and len(sample.records) <= 1:
        for key, opens_list in top_keys(sample.text):
            inner = take_sample(path, wrapper=key) if opens_list else None
            if (
                inner is not None
                and len(inner.records) > 1
                and propose_turns(sample.records, now=now) is None
            ):
                return propose(inner, now=now)
    return propose(sample, now=now)


def propose(sample: Sample, *, now: datetime) -> Proposal:
    """Return a proposal for a file.

    Raises:
        MappingError: The file has no fields, or none that could hold words or events.
    """
    found, turns = fields_of(sample.records), propose_turns(sample.records, now=now)
    if turns is not None:
        return _talks(sample, found, turns, now)
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
        rows=_rows_key(sample),
    )


def _talks(sample: Sample, found: tuple[Field, ...], turns: TurnsProposal, now: datetime) -> Proposal:
    """Return a proposal for rows that are conversations: the words are their messages', all else is the row's."""
    roles, why = _roles(found, now, but=("text", "title", "event"))
    ratings = next((one.numbers() for one in found if one.name == roles.get("rating")), ())
    taken = set(roles.values())
    return Proposal(
        kind=SourceKind.INTERVIEWS if turns.is_interview else SourceKind.TRANSCRIPTS,
        roles=roles,
        why=why,
        attributes=tuple(one.name for one in found if one.name not in taken and _may_filter(one)),
        rating_max=_scale(ratings),
        fields=found,
        turns=turns,
        rows=_rows_key(sample),
    )


def _rows_key(sample: Sample) -> str | None:
    return sample.wrapper if sample.is_json else None


@dataclass(frozen=True, slots=True)
class MappedTurns:
    """Which list holds the messages, and who is who, as a mapping file says it."""

    path: str
    speaker: str
    text: str
    at: str | None = None
    speakers: Mapping[str, Speaker] = field(default_factory=dict[str, Speaker])


def mapping_toml(
    kind: SourceKind,
    roles: Mapping[Role, str],
    *,
    attributes: Sequence[str] = (),
    rating_max: float | None = None,
    turns: MappedTurns | None = None,
    rows: str | None = None,
) -> str:
    """Return a mapping file that takes the fields of the roles, and the words from a list of messages where one is named."""
    events = kind is SourceKind.EVENTS
    own: dict[str, str] = {
        role: roles[role] for role in ("id", "at", "channel", "locale", "rating") if role in roles
    }
    words = [roles[role] for role in ("title", "text") if role in roles and turns is None]
    lines = [f"kind = {_quoted(kind.value)}", *([f"rows = {_quoted(rows)}"] if rows else [])]
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
    if turns is not None and not events:
        talk = {"path": turns.path, "speaker": turns.speaker, "text": turns.text}
        lines += _table("turns", talk | ({"at": turns.at} if turns.at else {}))
        lines += _table("speakers", {name: who.value for name, who in turns.speakers.items()})
    return "\n".join(lines) + "\n"


def _roles(
    found: Sequence[Field], now: datetime, *, but: Collection[Role] = ()
) -> tuple[dict[Role, str], dict[Role, str]]:
    roles: dict[Role, str] = {}
    why: dict[Role, str] = {}
    for role in ROLES:
        if role in but:
            continue
        free = [one for one in found if one.values and one.name not in roles.values()]
        judged = [(_fit(role, one, now), one) for one in free]
        best = max(judged, key=lambda pair: pair[0], default=None)
        if (
            best is not None
            and best[0] >= LEAST
            and not (role == "event" and "text" in roles and best[0] < 2 * _NAMED)
        ):
            roles[role] = best[1].name
            why[role] = _reason(role, best[1])
    return roles, why


def _fit(role: Role, one: Field, now: datetime) -> float:
    """Return how well a field fits a role: by its name, and by whether its values can be what the role needs."""
    named = _NAMED if one.is_named(_NAMES[role]) else 0.0
    if role == "text":
        words = one.mean_words / _MIN_WORDS
        # Names of events may have as many words, but come again and again.
        return named + words * one.n_distinct / len(one.values) if words >= 1 else 0.0
    if role == "at":
        times = one.share_of_times(now)
        return named + times if times >= LEAST else 0.0
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
            return float(one.share(_LOCALE) >= LEAST)
        case "channel":
            return float(one.n_distinct <= max(_MANY_VALUES, _FEW_SHARE * n))
        case "event":
            return 2.0 * (1 < one.n_distinct <= max(_MANY_VALUES, _FEW_SHARE * n))
        case "title":
            return float(one.mean_words < _MIN_WORDS * _MIN_WORDS)
        case _:
            return 1 + one.n_distinct / n if one.share(_CODE) >= LEAST else 0.0


def _reason(role: Role, one: Field) -> str:
    if role == "text":
        return f"its values have {one.mean_words:.0f} words on average"
    if role == "at":
        return "its values are times"
    if role == "email":
        return "its values are e-mail addresses"
    return f"its name; rows looked at: {len(one.values):,}, different values: {one.n_distinct:,}"


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
