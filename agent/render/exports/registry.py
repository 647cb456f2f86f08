"""The one list of formats that a map is exported as, with what each holds."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from agent.render.exports.boards import miro_json_of
from agent.render.exports.cjml import cjml_of
from agent.render.exports.document import pdf_of
from agent.render.exports.parts import Exported, Exporter, ExportFormat, MapPart, only
from agent.render.exports.picture import png_of_map, svg_of_map
from agent.render.exports.slides import pptx_of
from agent.render.exports.tables import csv_of, lucid_of, miro_csv_of
from agent.render.exports.texts import html_of, json_of, markdown_of, mermaid_of
from agent.schemas.journey import JourneyMap

P = MapPart
_CSV, _JSON = "text/csv; charset=utf-8", "application/json"
_ROUNDED = "Shares and bounds are rounded to four decimals."
_WHOLE = "Shares and bounds are rounded to whole per cent, and to a decimal where they are small."
_ESCAPED = "An apostrophe stands before text that a spreadsheet would work out."
_BLANKS = "Blanks and ends of lines in texts are single blanks."
_CUT = "Claims are cut to 240 characters and names of stages to a line."
_NO_LETTER = "Characters that the font has no letter for are written as their code points."
_LETTERS = (
    "Characters that the font has no letter for are written as their code points, which its last page lists; Arabic letters "
    "stand in their isolated forms."
)
_FIRST_QUOTE = "Of each claim it has the first quote; longer texts than a note holds are cut."
_STEERING = (
    r"Control characters and marks that turn the direction of writing are written out, such as \u202e."
)

_LANES = (P.ACTIONS, P.PAIN_LANE, P.TOUCHPOINTS, P.FURTHER_LANES)
_COUNTED = (P.STATUSES, P.NEEDS, P.COUNTS, P.INTERVALS, P.OPINIONS)
_MOODS = (P.MOOD, P.MOOD_INTERVALS)
_QUOTED = (P.QUOTES, P.OPPOSING, P.PLACES)
_LISTS = (
    P.PAIN_POINTS,
    P.PAIN_FIGURES,
    P.PAIN_QUOTES,
    P.OPPORTUNITIES,
    P.MOMENTS,
    P.ATTRIBUTES,
    P.PROVENANCE,
)
_PAGE = (P.SCOPE, *_LANES, *_COUNTED, *_QUOTED, *_MOODS, *_LISTS)
"""What every document for readers holds."""
_DOCUMENT = (
    *_PAGE, P.IDENTITY, P.FILTER, P.CLAIM_IDS, P.POPULATIONS, P.LINKS, P.PAIN_DEEDS, P.OWNER, P.REVIEW, P.DRAFTED,
)  # fmt: skip
_SEEN = (P.IDENTITY, P.SCOPE, *_LANES, *_COUNTED, *_MOODS, P.OWNER)
"""What a picture shows."""
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

EXPORTS: Mapping[ExportFormat, Exporter] = MappingProxyType(
    {
        ExportFormat.JSON: Exporter("json", _JSON, frozenset(MapPart), json_of),
        ExportFormat.CSV: Exporter(
            "csv", _CSV,
            only(*_LANES, *_COUNTED, *_QUOTED, P.IDENTITY, P.CLAIM_IDS, P.POPULATIONS, P.OWNER, P.REVIEW),
            csv_of, (_ROUNDED, _ESCAPED),
        ),
        ExportFormat.MERMAID: Exporter(
            "mmd", "text/vnd.mermaid; charset=utf-8", only(P.ACTIONS, P.MOOD), mermaid_of,
            (
                "Of a stage with a mood it has the first three observed actions, and pain points where there are fewer.",
                "Statements and names are cut to 60 characters.",
                "Mood is rounded to Mermaid's scale from 1 to 5.",
                "Of the scope it has the journey and the persona.",
            ),
        ),
        ExportFormat.MARKDOWN: Exporter("md", "text/markdown; charset=utf-8", only(*_PAGE), markdown_of, (_BLANKS, _WHOLE)),
        ExportFormat.HTML: Exporter(
            "html", "text/html; charset=utf-8",
            only(*_PAGE, P.IDENTITY, P.POPULATIONS, P.DEFINITIONS, P.PAIN_DEEDS, P.OWNER, P.REVIEW), html_of, (_WHOLE,),
        ),
        ExportFormat.PPTX: Exporter("pptx", _SLIDES, only(*_DOCUMENT), pptx_of, (_WHOLE, _STEERING)),
        ExportFormat.PDF: Exporter("pdf", "application/pdf", only(*_DOCUMENT), pdf_of, (_WHOLE, _STEERING, _LETTERS)),
        ExportFormat.PNG: Exporter("png", "image/png", only(*_SEEN), png_of_map, (_CUT, _WHOLE, _STEERING, _NO_LETTER)),
        ExportFormat.SVG: Exporter("svg", "image/svg+xml", only(*_SEEN), svg_of_map, (_CUT, _WHOLE, _STEERING)),
        ExportFormat.CJML: Exporter(
            "cjml.xml", "application/xml",
            only(
                P.IDENTITY, P.SCOPE, P.ACTIONS, P.TOUCHPOINTS, P.CLAIM_IDS, *_COUNTED, *_QUOTED, *_MOODS,
            ),
            cjml_of,
            ("Mood is in the comment of the journey, in words: in CJML experience is what one person reports.", _WHOLE, _STEERING),
        ),
        ExportFormat.MIRO_CSV: Exporter(
            "miro.csv", _CSV, only(*_LANES, *_COUNTED, *_QUOTED, P.IDENTITY, P.CLAIM_IDS), miro_csv_of, (_WHOLE, _ESCAPED),
        ),
        ExportFormat.MIRO_JSON: Exporter(
            "miro.json", _JSON,
            only(*_LANES, *_COUNTED, P.QUOTES, P.PLACES, P.IDENTITY, P.CLAIM_IDS, P.SCOPE, P.FILTER), miro_json_of,
            (_FIRST_QUOTE, _WHOLE, _STEERING),
        ),
        ExportFormat.LUCID: Exporter(
            "lucid.csv", _CSV, only(*_LANES, *_COUNTED, P.IDENTITY, P.CLAIM_IDS, P.SCOPE), lucid_of,
            ("Texts are cut to 2,000 characters.", _WHOLE, _ESCAPED),
        ),
    }
)  # fmt: skip


def export_map(journey_map: JourneyMap, format: ExportFormat) -> Exported:  # noqa: A002 - what it is called
    """Return a map as a file of a format.

    The same map gives the same bytes.

    Args:
        journey_map: The map.
        format: One of `EXPORTS`.
    """
    exporter = EXPORTS[format]
    stem = re.sub(r"[^A-Za-z0-9_-]", "_", journey_map.map_id)
    return Exported(
        file_name=f"{stem}-v{journey_map.version}.{exporter.suffix}",
        media_type=exporter.media_type,
        data=exporter.make(journey_map, exporter.loss),
        loss=exporter.loss,
    )
