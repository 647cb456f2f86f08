"""Conversations in the product's own form: JSON with `turns`, or one row a message.

JSON: `{"id", "customer_id", "channel", "turns": [{"speaker", "text", "at"}]}`. One row a message, of a table or JSON: a
conversation's id, speaker, text and time, rows of one conversation together; the first row's further columns become the
conversation's attributes.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from agent.read import fields
from agent.read.formats import Format, SourceKind
from agent.read.jsons import Json, Row
from agent.read.rows import read_rows, require_columns
from agent.read.source import Sample, Source
from agent.read.speakers import speakers_of
from agent.schemas.records import Kind, RawItem, RawRecord, RawTurn, RowReject

_JSON_NAME, _TABLE_NAME = "chats", "chat_table"
_SURE_CONVERSATION: Final = ("conversation_id", "conversation", "chat_id", "dialogue_id")
_CONVERSATION: Final = (*_SURE_CONVERSATION, "session_id", "ticket_id", "id")
_SURE_SPEAKER: Final = ("speaker", "role", "sender")
_SPEAKER: Final = (*_SURE_SPEAKER, "author", "from")
_TEXT: Final = ("text", "message", "body", "content", "utterance")
_TIME: Final = ("at", "timestamp", "time", "created_at", "sent_at", "date")
_OWN_KEYS: Final = frozenset(("id", "turns", "channel", "locale", "at", "created_at", "rating", "rating_max"))


def _is_chats(sample: Sample, _kind: str) -> bool:
    turns = [record.get("turns") for record in sample.records]
    return sample.is_json and any(isinstance(value, list) for value in turns)


def _read_chats(source: Source) -> Iterator[RawItem]:
    for item in read_rows(source):
        yield item if isinstance(item, RowReject) else _chat(*item, source)


def _chat(row: int, record: Row, source: Source) -> RawRecord | RowReject:
    raw = record.get("turns")
    if not isinstance(raw, list):
        return RowReject(row, "no_turns", "the conversation has no list `turns`")
    said: list[tuple[str, str, Json]] = []
    for turn in raw:
        text = fields.text_of(turn.get("text")) if isinstance(turn, dict) else None
        if isinstance(turn, dict) and text is not None:
            said.append((fields.text_of(turn.get("speaker")) or "", text, turn.get("at")))
    turns = turns_of(row, said, source)
    if isinstance(turns, RowReject):
        return turns
    rating = fields.number_of(record.get("rating"))
    return RawRecord(
        kind=Kind.TRANSCRIPT,
        source_format=_JSON_NAME,
        row=row,
        external_id=fields.id_of(record.get("id")),
        identifiers=fields.identifiers_of(record),
        at=fields.time_of(record.get("at") or record.get("created_at")) or turns[0].at,
        channel=fields.text_of(record.get("channel")),
        turns=turns,
        rating=rating,
        rating_max=None if rating is None else fields.number_of(record.get("rating_max")) or 5.0,
        locale=fields.text_of(record.get("locale")),
        attributes=fields.flatten(
            {
                k: v
                for k, v in record.items()
                if k not in _OWN_KEYS and not fields.is_identifier(fields.column_key(k))
            }
        ),
    )


def turns_of(row: int, said: list[tuple[str, str, Json]], source: Source) -> tuple[RawTurn, ...] | RowReject:
    """Return a conversation's turns, given as `(speaker, text, time)`, or why it cannot be taken."""
    if not said:
        return RowReject(row, "no_text", "the conversation has no words")
    who = speakers_of((name for name, _, _ in said), source.speakers)
    if who is None:
        return RowReject(
            row,
            "speaker_unknown",
            "it cannot be told which speaker is the customer; name them in a mapping file's `[speakers]`",
        )
    return tuple(RawTurn(who[name], text, fields.time_of(at)) for name, text, at in said)


def _is_table(sample: Sample, kind: str) -> bool:
    names = _table_columns(sample)
    if not all(field in names for field in ("conversation", "speaker", "text")):
        return False
    # A review, too, has an id, an author and a text.
    return kind != "auto" or is_conversation(fields.column_key(name) for name in sample.keys)


def is_conversation(keys: Iterable[str]) -> bool:
    """Return whether columns of these keys can only be those of messages."""
    return not {*_SURE_CONVERSATION, *_SURE_SPEAKER, "turns"}.isdisjoint(keys)


def _table_columns(sample: Sample) -> dict[str, str]:
    by_key = {fields.column_key(name): name for name in sample.columns or sorted(sample.keys)}
    groups = {"conversation": _CONVERSATION, "speaker": _SPEAKER, "text": _TEXT, "at": _TIME}
    return {
        field: next(by_key[key] for key in keys if key in by_key)
        for field, keys in groups.items()
        if any(key in by_key for key in keys)
    }


def _read_table(source: Source) -> Iterator[RawItem]:
    names = _table_columns(source.sample)
    if missing := [field for field in ("conversation", "speaker", "text") if field not in names]:
        groups = {"conversation": _CONVERSATION, "speaker": _SPEAKER, "text": _TEXT}
        require_columns(source, *(groups[field] for field in missing))
    finished: set[int] = set()
    for item in _grouped(read_rows(source), names):
        if isinstance(item, RowReject):
            yield item
            continue
        key, messages = item
        if hash(key) in finished:
            yield RowReject(
                messages[0][0], "not_grouped", "its conversation began earlier: sort by conversation"
            )
            continue
        finished.add(hash(key))
        yield _conversation(key, messages, names, source)


def _grouped(
    items: Iterator[tuple[int, Row] | RowReject], names: dict[str, str]
) -> Iterator[tuple[str, list[tuple[int, Row]]] | RowReject]:
    current = ""
    held: list[tuple[int, Row]] = []
    for item in items:
        if isinstance(item, RowReject):
            yield item
            continue
        key = fields.id_of(item[1].get(names["conversation"]))
        if key is None:
            yield RowReject(item[0], "no_id", f"the message has no {names['conversation']!r}")
            continue
        if key != current and held:
            yield current, held
            held = []
        current = key
        held.append(item)
    if held:
        yield current, held


def _conversation(
    key: str, messages: list[tuple[int, Row]], names: dict[str, str], source: Source
) -> RawRecord | RowReject:
    row, first = messages[0]
    said: list[tuple[str, str, Json]] = []
    for _, message in messages:
        text = fields.text_of(message.get(names["text"]))
        if text is not None:
            at = message.get(names["at"]) if "at" in names else None
            said.append((fields.text_of(message.get(names["speaker"])) or "", text, at))
    turns = turns_of(row, said, source)
    if isinstance(turns, RowReject):
        return turns
    columns = {fields.column_key(name): name for name in first}
    own = {*names.values(), columns.get("channel"), columns.get("locale")}
    return RawRecord(
        kind=Kind.TRANSCRIPT,
        source_format=_TABLE_NAME,
        row=row,
        external_id=key,
        identifiers=fields.unique(one for _, message in messages for one in fields.identifiers_of(message)),
        at=turns[0].at,
        channel=fields.text_of(first.get(columns.get("channel", ""))),
        turns=turns,
        locale=fields.text_of(first.get(columns.get("locale", ""))),
        attributes=fields.flatten(
            {
                k: v
                for k, v in first.items()
                if k not in own and not fields.is_identifier(fields.column_key(k))
            }
        ),
    )


FORMATS: Final = (
    Format(
        _JSON_NAME,
        (SourceKind.TRANSCRIPTS,),
        "JSON with a list `turns` of `speaker` and `text`",
        _is_chats,
        _read_chats,
        vendor=False,
    ),
    Format(
        _TABLE_NAME,
        (SourceKind.TRANSCRIPTS,),
        "one row a message with conversation id, speaker and text",
        _is_table,
        _read_table,
        vendor=False,
    ),
)
