"""Reviews and surveys in the product's own form: CSV, JSON or Parquet with `text`, or `title` and `body`.

Beside the words: `id`, `customer_id` (or `user_id`, `anonymous_id`, `email`, `phone`, `order_id`, `device_id`), `rating`,
`created_at`, `source` (or `channel`), `locale`, `consent`; any other column becomes an attribute. Column names are
compared without case, and with spaces and hyphens as underscores. The top of the rating's scale is `rating_max`, or the
least of 5, 10 and 100 that no rating in the head of the file exceeds.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from agent.read import fields
from agent.read.formats import Format, SourceKind
from agent.read.jsons import Json, Row
from agent.read.native_chats import is_conversation
from agent.read.rows import read_rows, require_columns
from agent.read.source import Sample, Source
from agent.schemas.base import Scalar
from agent.schemas.records import Kind, RawItem, RawRecord, RowReject

_TEXT: Final = ("text",)
_SURVEY_TEXT: Final = (
    "text",
    "open_text",
    "comment",
    "comments",
    "feedback",
    "verbatim",
    "answer",
    "response",
    "reason",
)
_NPS: Final = ("nps", "nps_score", "likelihood_to_recommend")
_CSAT: Final = ("csat", "csat_score", "satisfaction", "satisfaction_score")
_RATING: Final = ("rating", "stars", "score")
_TIME: Final = ("created_at", "at", "timestamp", "submitted_at", "date")
_CHANNEL: Final = ("source", "channel")
_SCALES: Final = (5.0, 10.0, 100.0)


def _keys(sample: Sample) -> set[str]:
    return {fields.column_key(name) for name in sample.keys}


def _is_reviews(sample: Sample, _kind: str) -> bool:
    keys = _keys(sample)
    return (
        not {"text", "body"}.isdisjoint(keys)
        and not is_conversation(keys)
        and keys.isdisjoint((*_NPS, *_CSAT, "event"))
    )


def _is_surveys(sample: Sample, kind: str) -> bool:
    keys = _keys(sample)
    if is_conversation(keys) or keys.isdisjoint((*_SURVEY_TEXT, "body")):
        return False
    return kind != "auto" or not keys.isdisjoint((*_NPS, *_CSAT))


def _read_reviews(source: Source) -> Iterator[RawItem]:
    require_columns_by_key(source, (*_TEXT, "body"))
    return _read(source, Kind.REVIEW, "reviews", _TEXT, _RATING)


def _read_surveys(source: Source) -> Iterator[RawItem]:
    require_columns_by_key(source, (*_SURVEY_TEXT, "body"))
    return _read(source, Kind.SURVEY, "surveys", _SURVEY_TEXT, (*_NPS, *_CSAT, *_RATING))


def require_columns_by_key(source: Source, *any_of: tuple[str, ...]) -> None:
    """Check that of each group of column keys at least one is there, as `rows.require_columns` does."""
    keys = _keys(source.sample)
    missing = tuple(group for group in any_of if not keys.intersection(group))
    if missing:
        require_columns(source, *missing)


@dataclass(frozen=True, slots=True)
class _Form:
    """What tells reviews and surveys apart: the columns of the words, and those of a rating with the top of each scale."""

    kind: Kind
    name: str
    texts: tuple[str, ...]
    scales: Mapping[str, float]


def _read(
    source: Source, kind: Kind, name: str, texts: tuple[str, ...], ratings: tuple[str, ...]
) -> Iterator[RawItem]:
    form = _Form(kind, name, texts, _scales(source.sample, ratings))
    for item in read_rows(source):
        yield item if isinstance(item, RowReject) else _record(*item, form)


class _Fields:
    """A row's columns by key; what was taken is no attribute any more."""

    __slots__ = ("_names", "_row", "_taken")

    def __init__(self, row: Row) -> None:
        self._row = row
        self._names = {_key(name): name for name in row}
        self._taken: set[str] = set()

    def take(self, *keys: str) -> tuple[str, Json]:
        """Return the first of the columns that holds anything, with its key."""
        for key in keys:
            name = self._names.get(key)
            if name is not None:
                self._taken.add(name)
                value = self._row[name]
                if value is not None and value != "":
                    return key, value
        return "", None

    def identifiers(self) -> tuple[fields.Identifier, ...]:
        """Return and take the identifiers."""
        self._taken.update(name for key, name in self._names.items() if fields.is_identifier(key))
        return fields.identifiers_of(self._row, by_key=self._names)

    def rest(self) -> dict[str, Scalar]:
        """Return what no field took."""
        return fields.flatten({name: value for name, value in self._row.items() if name not in self._taken})


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    return fields.column_key(name)


def _scales(sample: Sample, ratings: tuple[str, ...]) -> Mapping[str, float]:
    highest = dict.fromkeys(ratings, 0.0)
    for row in sample.records:
        for name, value in row.items():
            number = fields.number_of(value)
            if _key(name) in highest and number is not None:
                highest[_key(name)] = max(number, highest[_key(name)])
    fitted = {key: next((top for top in _SCALES if top >= high), high) for key, high in highest.items()}
    return {key: 10.0 if key in _NPS else top for key, top in fitted.items()}


def _record(row: int, columns: Row, form: _Form) -> RawRecord | RowReject:
    found = _Fields(columns)
    text = _words(found, form.texts)
    if text is None:
        return RowReject(row, "no_text", "the row has no text")
    rated_by, raw_rating = found.take(*form.scales)
    rating = fields.number_of(raw_rating)
    top = fields.number_of(found.take("rating_max")[1])
    return RawRecord(
        kind=form.kind,
        source_format=form.name,
        row=row,
        external_id=fields.id_of(found.take("id", "review_id", "response_id")[1]),
        identifiers=found.identifiers(),
        at=fields.time_of(found.take(*_TIME)[1]),
        channel=fields.text_of(found.take(*_CHANNEL)[1]),
        text=text,
        rating=rating,
        rating_max=None if rating is None else top or form.scales[rated_by],
        locale=fields.text_of(found.take("locale", "language")[1]),
        consent=_consent(found.take("consent")[1]),
        attributes=found.rest(),
    )


def _words(found: _Fields, texts: tuple[str, ...]) -> str | None:
    text = fields.text_of(found.take(*texts)[1])
    if text is not None:
        return text
    title, body = fields.text_of(found.take("title")[1]), fields.text_of(found.take("body")[1])
    return titled(title, body)


def titled(title: str | None, body: str | None) -> str | None:
    """Return a review's words: its title, unless the body begins with it, and its body."""
    if title is None or (body is not None and body.startswith(title)):
        return body
    return title if body is None else f"{title}\n{body}"


def _consent(value: Json) -> tuple[str, ...] | None:
    if isinstance(value, list):
        return tuple(text for text in map(fields.text_of, value) if text)
    text = fields.text_of(value)
    return None if text is None else tuple(part for part in re.split(r"[\s,;|]+", text) if part)


FORMATS: Final = (
    Format(
        "reviews", (SourceKind.REVIEWS,), "rows with a column `text`, or `title` and `body`", _is_reviews, _read_reviews,
        vendor=False,
    ),
    Format(
        "surveys", (SourceKind.SURVEYS,), "rows with open text and a score (`nps` or `csat`)", _is_surveys, _read_surveys,
        vendor=False,
    ),
)  # fmt: skip
