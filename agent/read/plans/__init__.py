"""Reads a planned map: our own JSON, a journey map of ours, a table, CJML or Mermaid; told apart by content."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from agent.errors import UnknownFormatError, UnreadableSourceError
from agent.read.plans.building import PlanText
from agent.read.plans.cjml import read_cjml
from agent.read.plans.jsons import is_journey_map, read_journey_map, read_json
from agent.read.plans.mermaid import KEYWORDS, read_mermaid
from agent.read.plans.tables import TABLE_COLUMNS, read_table
from agent.schemas.planned import PlannedMap

MAX_PLAN_BYTES: Final = 5_000_000
"""No workshop draws more; a larger file is something else."""

_HINT: Final = "A planned map is JSON with `stages`, a CSV with the columns stage and touchpoint, CJML, or Mermaid; see docs/planned-maps.md."
_MERMAID = re.compile(rf"(?:{'|'.join(KEYWORDS)})\b")
_FRONT_MATTER = re.compile(r"---\s*\n.*?\n\s*---\s*\n", re.DOTALL)
_FENCE = "```"


class ReadPlan(NamedTuple):
    """A plan and the form it was written in."""

    form: str
    plan: PlannedMap


def read_plan(path: Path) -> ReadPlan:
    """Read a planned map.

    Raises:
        UnreadableSourceError: The file cannot be read, is no text, or is larger than `MAX_PLAN_BYTES`.
        UnknownFormatError: It is none of the known forms.
        SchemaError: It is of a known form and wrong, empty or too large; the message names the line.
    """
    text = _text_of(path)
    form, read = _form_of(path, text)
    return ReadPlan(form, read(PlanText(path.name, text)))


def _text_of(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_PLAN_BYTES:
            msg = (
                f"{path.name!r} has {size:,} bytes; a planned map of at most {MAX_PLAN_BYTES:,} was expected"
            )
            raise UnreadableSourceError(msg, hint=_HINT)
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        msg = f"the planned map {path.name!r} cannot be read: {exc}"
        raise UnreadableSourceError(msg, hint="It is a text file in UTF-8.") from exc
    if not text.strip():
        msg = f"{path.name!r} is empty; a planned map was expected"
        raise UnreadableSourceError(msg, hint=_HINT)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _form_of(path: Path, text: str) -> tuple[str, Callable[[PlanText], PlannedMap]]:
    body = text.lstrip()
    if body.startswith(("{", "[")):
        return ("journey map", read_journey_map) if is_journey_map(body) else ("JSON", read_json)
    if body.startswith("<"):
        return "CJML", read_cjml
    if _is_mermaid(body):
        return "Mermaid", read_mermaid
    header = body.partition("\n")[0].lower()
    if any(column in header for column in TABLE_COLUMNS):
        return "CSV", read_table
    msg = f"{path.name!r} is no planned map that is known: it begins with {body[:40]!r}"
    raise UnknownFormatError(msg, hint=_HINT)


def _is_mermaid(body: str) -> bool:
    head = body.removeprefix(f"{_FENCE}mermaid").lstrip()
    if found := _FRONT_MATTER.match(head):
        head = head[found.end() :]
    lines = (line.strip() for line in head.splitlines())
    first = next((line for line in lines if line and not line.startswith(("%%", _FENCE))), "")
    return _MERMAID.match(first) is not None
