"""Proposes which list of a row holds a conversation: its messages, who says each, and who of them is the customer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.pipeline.seen_fields import LEAST, Field, fields_of
from agent.read.jsons import Json, Row
from agent.read.speakers import is_interview, is_role, side_of_others, speaker_of
from agent.schemas.records import Speaker

_TEXT: Final = r"text|body|content|message|utterance|msg|said|words|transcript"
_SPEAKER: Final = r"role|speaker|author|sender|from|who|by|party|participant|name|type|user|direction|side"
_TIME: Final = r"time|date|created|timestamp|sent|posted|_at$|_on$|^at$|ts$"
_MOST_SPEAKERS: Final = 12
"""Different roles, up to which the form asks who each is; with more, they are told by their words."""
_MIN_WORDS: Final = 2
_MIN_MESSAGES: Final = 1.5
"""Messages a row on average; less is a remark beside the row's own words."""


@dataclass(frozen=True, slots=True)
class TurnsProposal:
    """How a list in each row may be read as the turns of a conversation."""

    path: str
    speaker: str
    text: str
    at: str | None
    speakers: Mapping[str, Speaker]
    """Who each of the roles seen among the names stands for; empty where there are too many."""
    n_others: int
    """Other names; they may be people's, so they are counted and never told."""
    side_of_others: Speaker | None
    """Who those seem to be; None where it cannot be told."""
    is_interview: bool
    """Whether the names are roles of an interview."""
    fields: tuple[Field, ...]
    """Of the messages."""
    n_messages: float
    """A row, on average."""

    @property
    def why(self) -> str:
        """Why this list."""
        return f"each of its items has words and who says them, {self.n_messages:.1f} items a row on average"


def propose_turns(rows: Sequence[Row], *, now: datetime) -> TurnsProposal | None:
    """Return the list that holds a conversation's messages, the longest of several; None where no list does.

    Args:
        rows: The head of a file.
        now: Time, after which nothing was said.
    """
    found = [_judged(path, rows, now) for path in _list_paths(rows)]
    return max((one for one in found if one is not None), key=lambda one: one.n_messages, default=None)


def _judged(path: str, rows: Sequence[Row], now: datetime) -> TurnsProposal | None:
    by_row = [[item for item in _items(row, path) if isinstance(item, dict)] for row in rows]
    items = [item for found in by_row for item in found]
    n_messages = len(items) / max(1, sum(bool(found) for found in by_row))
    seen = fields_of(items)
    if n_messages < _MIN_MESSAGES:
        return None
    speaker = _speaker_of(seen, len(items))
    text = _text_of([one for one in seen if one is not speaker], len(items))
    if speaker is None or text is None:
        return None
    rest = [one for one in seen if one not in {speaker, text}]
    said = {name: speaker_of(name) for name in dict.fromkeys(speaker.values)}
    roles = {name: who for name, who in said.items() if who is not None and is_role(name)}
    return TurnsProposal(
        path=path, speaker=speaker.name, text=text.name, at=_time_of(rest, now),
        speakers=roles if len(roles) <= _MOST_SPEAKERS else {},
        n_others=sum(who is None for who in said.values()), side_of_others=side_of_others(said.values()),
        is_interview=is_interview(said), fields=seen, n_messages=n_messages,
    )  # fmt: skip


def _speaker_of(seen: Sequence[Field], n_items: int) -> Field | None:
    """Return the field that says who speaks: its values name sides of a talk, or its name does and its values come again."""

    def fit(one: Field) -> float:
        if len(one.values) < LEAST * n_items or one.mean_words > _MIN_WORDS:
            return 0.0
        known = sum(speaker_of(value) is not None for value in one.values) / len(one.values)
        returns = one.n_distinct <= max(2, len(one.values) / 2)
        return 2 * known + (1.0 if one.is_named(_SPEAKER) and returns else 0.0)

    best = max(seen, key=fit, default=None)
    return best if best is not None and fit(best) >= LEAST else None


def _text_of(seen: Sequence[Field], n_items: int) -> Field | None:
    """Return the field with the words that were said: what few messages have, such as a form's long question, are not those."""

    def fit(one: Field) -> float:
        return one.mean_words + (_MIN_WORDS if one.is_named(_TEXT) else 0.0)

    best = max(seen, key=lambda one: fit(one) * len(one.values) / n_items, default=None)
    return best if best is not None and best.values and fit(best) >= 2 * _MIN_WORDS else None


def _time_of(seen: Sequence[Field], now: datetime) -> str | None:
    times = [one for one in seen if one.values and one.share_of_times(now) >= LEAST]
    named = [one for one in times if one.is_named(_TIME)]
    return next((one.name for one in (*named, *times)), None)


def _list_paths(rows: Sequence[Row]) -> list[str]:
    """Return where rows have lists of objects, at most one object down."""
    found: dict[str, None] = {}
    for row in rows:
        for key, value in row.items():
            if _is_list_of_objects(value):
                found[key] = None
            elif isinstance(value, dict):
                found |= {f"{key}.{inner}": None for inner, one in value.items() if _is_list_of_objects(one)}
    return list(found)


def _items(row: Row, path: str) -> Iterator[Json]:
    value: Json = row
    for key in [path] if path in row else path.split(".", 1):
        value = value.get(key) if isinstance(value, dict) else None
    yield from value if isinstance(value, list) else ()


def _is_list_of_objects(value: Json) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)
