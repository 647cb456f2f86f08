"""Reviews from the shops: App Store Connect, Google Play Console, Trustpilot.

A developer's or company's reply is not the customer's and is left out, as is a reviewer's nickname, which identifies
nobody. A shop's own user id is marked as the shop's.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

from agent.read import fields
from agent.read.formats import Format, SourceKind
from agent.read.jsons import Json, Row
from agent.read.native_texts import titled
from agent.read.rows import read_rows, require_columns
from agent.read.source import Sample, Source
from agent.schemas.records import Identifier, IdentifierKind, Kind, RawItem, RawRecord, RowReject

_STARS: Final = 5.0
_APP_STORE, _GOOGLE_PLAY, _TRUSTPILOT = "app_store", "google_play", "trustpilot"


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _bare_row(row: Row) -> Row:
    return {_bare(name): value for name, value in row.items()}


def _bare_keys(sample: Sample) -> set[str]:
    return {_bare(name) for name in sample.keys}


def _first(row: Row, *keys: str) -> Json:
    return next((row[key] for key in keys if row.get(key) not in (None, "")), None)


def _is_app_store(sample: Sample, _kind: str) -> bool:
    if sample.is_table:
        keys = _bare_keys(sample)
        return {"rating", "reviewernickname"} <= keys and bool(keys & {"body", "review"})
    return any(_app_store_attributes(record) for record in sample.records)


def _app_store_attributes(record: Row) -> Row | None:
    attributes = record.get("attributes")
    if isinstance(attributes, dict) and "rating" in attributes and "body" in attributes:
        return attributes
    return None


def _read_app_store(source: Source) -> Iterator[RawItem]:
    if source.sample.is_table:
        _require(source, ("rating",), ("body", "review"))
    for item in read_rows(source):
        if isinstance(item, RowReject):
            yield item
            continue
        row, record = item
        inner = record if source.sample.is_table else _app_store_attributes(record)
        if inner is None:
            yield RowReject(row, "no_review", "the record has no `attributes` with `rating` and `body`")
            continue
        found = _bare_row(inner)
        yield _review(
            row,
            _APP_STORE,
            review_id=record.get("id") or _first(found, "reviewid", "id"),
            title=_first(found, "title"),
            body=_first(found, "body", "review"),
            rating=_first(found, "rating"),
            at=_first(found, "createddate", "date"),
            attributes={"territory": _first(found, "territory", "storefront")},
        )


def _is_google_play(sample: Sample, _kind: str) -> bool:
    return sample.is_table and {"starrating", "reviewtext"} <= _bare_keys(sample)


def _read_google_play(source: Source) -> Iterator[RawItem]:
    _require(source, ("starrating",), ("reviewtext",))
    for item in read_rows(source):
        if isinstance(item, RowReject):
            yield item
            continue
        found = _bare_row(item[1])
        yield _review(
            item[0],
            _GOOGLE_PLAY,
            review_id=_play_id(fields.text_of(_first(found, "reviewlink"))),
            title=_first(found, "reviewtitle"),
            body=_first(found, "reviewtext"),
            rating=_first(found, "starrating"),
            at=_first(found, "reviewsubmitmillissinceepoch", "reviewsubmitdateandtime"),
            locale=_first(found, "reviewerlanguage"),
            attributes={
                "package": _first(found, "packagename"),
                "app_version": _first(found, "appversionname", "appversioncode"),
                "device": _first(found, "device"),
            },
        )


def _play_id(link: str | None) -> str | None:
    ids = parse_qs(urlsplit(link).query).get("reviewId") if link else None
    return ids[0] if ids else None


def _is_trustpilot(sample: Sample, _kind: str) -> bool:
    keys = _bare_keys(sample)
    if sample.is_table:
        return {"reviewstars", "reviewcontent"} <= keys
    return sample.is_json and "stars" in keys and "consumer" in keys and bool(keys & {"text", "content"})


def _read_trustpilot(source: Source) -> Iterator[RawItem]:
    _require(source, ("reviewstars", "stars"), ("reviewcontent", "text", "content"))
    for item in read_rows(source):
        if isinstance(item, RowReject):
            yield item
            continue
        found = _bare_row(item[1])
        consumer = found.get("consumer")
        consumer_id = (
            consumer.get("id") if isinstance(consumer, dict) else _first(found, "reviewconsumeruserid")
        )
        yield _review(
            item[0],
            _TRUSTPILOT,
            review_id=_first(found, "reviewid", "id"),
            title=_first(found, "reviewtitle", "title"),
            body=_first(found, "reviewcontent", "text", "content"),
            rating=_first(found, "reviewstars", "stars"),
            at=_first(found, "reviewcreatedutc", "createdat"),
            locale=_first(found, "reviewlanguage", "language"),
            identifiers=(
                *fields.namespaced(_TRUSTPILOT, consumer_id),
                *_known(
                    IdentifierKind.EMAIL, _first(found, "reviewuseremail", "referralemail", "consumeremail")
                ),
                *_known(IdentifierKind.ORDER_ID, _first(found, "referencenumber", "referenceid")),
            ),
            attributes={"source": _first(found, "sourceofreview", "source"), "tags": _first(found, "tags")},
        )


def _known(kind: IdentifierKind, value: Json) -> tuple[Identifier, ...]:
    text = fields.id_of(value)
    return (Identifier(kind, text),) if text else ()


def _require(source: Source, *any_of: tuple[str, ...]) -> None:
    keys = _bare_keys(source.sample)
    missing = tuple(group for group in any_of if not keys.intersection(group))
    if missing:
        require_columns(source, *missing)


def _review(
    row: int,
    shop: str,
    *,
    review_id: Json,
    title: Json,
    body: Json,
    rating: Json,
    at: Json,
    attributes: Row,
    locale: Json = None,
    identifiers: tuple[Identifier, ...] = (),
) -> RawRecord | RowReject:
    text = titled(fields.text_of(title), fields.text_of(body))
    if text is None:
        return RowReject(row, "no_text", "the review has a rating and no words")
    stars = fields.number_of(rating)
    return RawRecord(
        kind=Kind.REVIEW,
        source_format=shop,
        row=row,
        external_id=fields.id_of(review_id),
        identifiers=identifiers,
        at=fields.time_of(at),
        channel=shop,
        text=text,
        rating=stars,
        rating_max=None if stars is None else _STARS,
        locale=fields.text_of(locale),
        attributes=fields.flatten(attributes),
    )


FORMATS: Final = (
    Format(
        _APP_STORE,
        (SourceKind.REVIEWS,),
        "App Store Connect reviews (`attributes` with `rating`, `title`, `body`, `reviewerNickname`)",
        _is_app_store,
        _read_app_store,
    ),
    Format(
        _GOOGLE_PLAY,
        (SourceKind.REVIEWS,),
        "Google Play Console CSV (`Star Rating`, `Review Text`)",
        _is_google_play,
        _read_google_play,
    ),
    Format(
        _TRUSTPILOT,
        (SourceKind.REVIEWS,),
        "Trustpilot CSV (`Review Stars`, `Review Content`) or JSON (`stars`, `text`, `consumer`)",
        _is_trustpilot,
        _read_trustpilot,
    ),
)
