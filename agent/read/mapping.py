"""The mapping file: which fields of any table or JSON make up a record or an event.

A field is a path into the row (`order.customer.id`, `Events.0.UnixTime`) or, where it contains braces, a template of
paths (`"{title} - {body}"`; paths that lead nowhere leave nothing behind). Inside `[turns]` and `[events]` with a
`path`, fields are looked up in each item of that list, and `$.` leads back to the row: `$.DialogueID`.

```toml
kind = "transcripts"              # transcripts, reviews, surveys, interviews or events
name = "acme_chat"                # recorded as the source format; the file's stem if left out
rows = "result"                   # only for a JSON document whose records stand in a list under this key

[fields]                          # id, text, at, channel, rating, locale, consent
id = "ChatID"
[identifiers]                     # user_id, anonymous_id, email, phone, order_id, device_id
user_id = "customer.id"
[attributes]                      # whatever a filter may use
product = "product.name"
[constants]                       # channel and locale that hold for the whole file
channel = "chat"
[values.channel]                  # a source's words for ours, of any field or attribute
GP = "google_play"
[rating]
max = 5
[time]                            # unit = "s" | "ms" | "us", or format = strptime's; zone for times that state none
unit = "s"
[turns]                           # a list to take turns from
path = "messages"
speaker = "role"
text = "content"
at = "sent"
where = {action = ["utter"]}      # one table or several; an item is taken if one of them fits wholly
[speakers]                        # who is who: customer, agent or bot
shopper = "customer"
[events]                          # what makes an event of a row, or of each item of the list `path`
path = "log"
name = "{verb}_{object}"
at = "ts"
fill_time = true                  # an item without a time takes that of the item before
[events.properties]
amount = "value"
```
"""

import tomllib
from pathlib import Path
from typing import Literal, Self, cast
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator

from agent.errors import MappingError
from agent.read.formats import SourceKind
from agent.schemas.base import Frozen, Scalar
from agent.schemas.records import IdentifierKind, Speaker

Where = tuple[dict[str, tuple[Scalar, ...]], ...]


def _as_alternatives(value: object) -> object:
    return (cast("object", value),) if isinstance(value, dict) else value


class RecordFields(Frozen):
    """Where a record's own fields stand in a row."""

    id: str | None = None
    text: str | None = None
    at: str | None = None
    channel: str | None = None
    rating: str | None = None
    locale: str | None = None
    consent: str | None = None


class Constants(Frozen):
    """What holds for every record of the file that does not say otherwise."""

    channel: str | None = None
    locale: str | None = None


class RatingScale(Frozen):
    """The scale of the ratings."""

    max: float = Field(gt=0)


class TimeForm(Frozen):
    """How times are written; without it, ISO text and epoch seconds or milliseconds are understood."""

    unit: Literal["s", "ms", "us"] | None = None
    format: str | None = None
    zone: str | None = None

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (KeyError, ValueError, OSError) as exc:
                msg = f"{value!r} is no time zone; expected a name such as 'Europe/Paris'"
                raise ValueError(msg) from exc
        return value


class Turns(Frozen):
    """A list in the row whose items are the turns of a conversation."""

    path: str
    speaker: str
    text: str
    at: str | None = None
    where: Where = ()

    _alternatives = field_validator("where", mode="before")(_as_alternatives)


class Events(Frozen):
    """What makes an event of a row, or of each item of a list in the row."""

    name: str
    path: str | None = None
    at: str | None = None
    id: str | None = None
    channel: str | None = None
    type: Literal["track", "page", "screen"] = "track"
    fill_time: bool = False
    where: Where = ()
    properties: dict[str, str] = Field(default_factory=dict)

    _alternatives = field_validator("where", mode="before")(_as_alternatives)


class FileMapping(Frozen):
    """A whole mapping file."""

    kind: SourceKind
    name: str | None = Field(default=None, min_length=1, max_length=80)
    rows: str | None = None
    fields: RecordFields = RecordFields()
    identifiers: dict[IdentifierKind, str] = Field(default_factory=dict[IdentifierKind, str])
    attributes: dict[str, str] = Field(default_factory=dict)
    constants: Constants = Constants()
    values: dict[str, dict[str, Scalar]] = Field(default_factory=dict)
    rating: RatingScale | None = None
    time: TimeForm = TimeForm()
    turns: Turns | None = None
    speakers: dict[str, Speaker] = Field(default_factory=dict)
    events: Events | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind is SourceKind.EVENTS:
            if self.events is None or not self.identifiers:
                msg = "kind 'events' needs [events] with `name`, and [identifiers]"
                raise ValueError(msg)
        elif self.events is not None:
            msg = f"[events] stands beside kind {self.kind.value!r}; write one mapping file a kind"
            raise ValueError(msg)
        elif not self.maps_rows and self.model_fields_set - {"kind", "speakers"}:
            msg = "nothing says where the words stand: `text` in [fields], or [turns]"
            raise ValueError(msg)
        elif self.turns is not None and self.fields.text is not None:
            msg = "[turns] and `text` in [fields] cannot both hold the words"
            raise ValueError(msg)
        if self.fields.rating is not None and self.rating is None:
            msg = "`rating` in [fields] needs the top of its scale: `max` in [rating]"
            raise ValueError(msg)
        unknown = set(self.values) - {
            "channel",
            "locale",
            "rating",
            "name",
            *self.attributes,
            *self._properties(),
        }
        if unknown:
            msg = f"[values.{min(unknown)}] belongs to no field, attribute or property of this mapping"
            raise ValueError(msg)
        return self

    def _properties(self) -> set[str]:
        return set() if self.events is None else set(self.events.properties)

    @property
    def maps_rows(self) -> bool:
        """Whether the file says how rows are read, and not only who speaks."""
        return self.events is not None or self.turns is not None or self.fields.text is not None


def load_mapping(path: Path) -> FileMapping:
    """Read a mapping file.

    Raises:
        MappingError: It is missing, no TOML, or says something it cannot say; the message names the key.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        msg = f"the mapping file {str(path)!r} cannot be read: {exc}"
        raise MappingError(msg, hint="Check the path given with `--mapping`.") from exc
    except tomllib.TOMLDecodeError as exc:
        msg = f"the mapping file {path.name!r} is no valid TOML: {exc}"
        raise MappingError(msg, hint="Paths that contain dots or spaces must be quoted.") from exc
    try:
        return FileMapping.model_validate(content)
    except ValidationError as exc:
        problems = "; ".join(_problem(error["loc"], error["type"], error["msg"]) for error in exc.errors())
        msg = f"the mapping file {path.name!r} does not hold: {problems}"
        raise MappingError(
            msg, hint="The keys a mapping may have are listed in docs/mappings/README.md."
        ) from exc


def _problem(place: tuple[int | str, ...], kind: str, message: str) -> str:
    key = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        return f"there is no key {key!r}"
    if kind == "missing":
        return f"{key!r} is missing"
    return f"{key!r}: {message}" if key else message.removeprefix("Value error, ")
