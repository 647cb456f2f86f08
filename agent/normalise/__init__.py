"""Bring times, texts and names of many sources into one form, without losing where words stand.

Nothing here knows about persons. A value that cannot be right raises `RowFault`, which costs one row, never a file.
"""

from agent.normalise.faults import RejectCode, RowFault
from agent.normalise.names import channel_name, event_name
from agent.normalise.passages import MAX_PASSAGE_CHARS, passages_of
from agent.normalise.texts import MAX_TEXT_CHARS, clean_text
from agent.normalise.times import names_zone, parse_time

__all__ = [
    "MAX_PASSAGE_CHARS",
    "MAX_TEXT_CHARS",
    "RejectCode",
    "RowFault",
    "channel_name",
    "clean_text",
    "event_name",
    "names_zone",
    "parse_time",
    "passages_of",
]
