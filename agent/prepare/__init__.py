"""Turn rows as read into what is stored: right times, clean text, no personal data, stable ids.

Ids are keyed hashes, so that an id made of an e-mail address gives nothing away:

- a record's id stands for (workspace, kind, source format, external id); a file read twice, or one conversation exported
  twice in the same format, gives the same id. An external id of at most six digits is a row's number as often as an id:
  it counts together with who, when and, where both lack, what. Without an external id a record is its content, person
  and time.
- an event's id stands for the source's own event id, with person, time and name where that is a short number; without
  one it is the source's content and the row.

A row that names nobody stands for a person of its own: `lone_key`, `lone_event_key`.
"""

from agent.prepare.context import PrepareContext
from agent.prepare.events import PreparedEvents, lone_event_key, prepare_events
from agent.prepare.records import lone_key, prepare_record, scaled_rating

__all__ = [
    "PrepareContext",
    "PreparedEvents",
    "lone_event_key",
    "lone_key",
    "prepare_events",
    "prepare_record",
    "scaled_rating",
]
