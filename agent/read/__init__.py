"""Reading exports: any supported file becomes records, events and rejected rows, in constant memory.

A format is recognised by content, never by name. Whatever is wrong with a row costs that row only (`RowReject`, with
the row's number from 0); what is wrong with a file is one clear error, after every row before it.
"""

from agent.read.batches import Bounds
from agent.read.files import expand_paths, source_digest
from agent.read.reading import FORMATS, identify_format, read_batches, read_file

__all__ = [
    "FORMATS",
    "Bounds",
    "expand_paths",
    "identify_format",
    "read_batches",
    "read_file",
    "source_digest",
]
