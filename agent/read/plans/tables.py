"""A planned map as a table: one row a touchpoint, with its stage and what may come next."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Final

from agent.read.plans.building import PlanBuilder, PlanText
from agent.schemas.planned import PlannedMap

TABLE_COLUMNS: Final = ("touchpoint", "stage")
_KNOWN: Final = ("stage", "touchpoint", "next", "alias", "stage_alias", "channel")
_SEVERAL = re.compile(r"[|\n]")

_Row = tuple[int, dict[str, str]]


def read_table(source: PlanText) -> PlannedMap:
    """Read a table; an empty stage is that of the row above, as merged cells are written."""
    builder = PlanBuilder(source)
    rows = list(_rows(source))
    stage: str | None = None
    previous: str | None = None
    states_next = any(row.get("next") for _, row in rows)
    has_stages = any(row.get("stage") for _, row in rows)
    for line, row in rows:
        if row.get("stage"):
            stage = builder.stage(row["stage"], line, aliases=_several(row.get("stage_alias")))
        if not row.get("touchpoint"):
            if not row.get("stage"):
                raise source.wrong(line, "the row has neither stage nor touchpoint", "at least one of them")
            continue
        name = builder.touchpoint(
            row["touchpoint"],
            line,
            stage=stage,
            aliases=_several(row.get("alias")),
            channel=row.get("channel"),
        )
        for follower in _several(row.get("next")):
            builder.move(name, follower, line)
        if not states_next and not has_stages and previous is not None:
            builder.move(previous, name, line)
        previous = name
    return builder.build()


def _rows(source: PlanText) -> Iterator[_Row]:
    header, _, _ = source.text.lstrip().partition("\n")
    delimiter = max(",;\t", key=header.count)
    lines = csv.reader(io.StringIO(source.text), delimiter=delimiter, strict=True)
    columns: list[str] = []
    try:
        for cells in lines:
            line = lines.line_num
            values = [cell.strip() for cell in cells]
            if not any(values):
                continue
            if not columns:
                columns = _columns(source, values, line)
                continue
            if len(values) > len(columns):
                raise source.wrong(
                    line, f"there are {len(values)} cells", f"at most {len(columns)}, as in the header,"
                )
            yield line, dict(zip(columns, values, strict=False))
    except csv.Error as exc:
        raise source.wrong(lines.line_num, f"the row cannot be read ({exc})", "a row of CSV") from exc


def _columns(source: PlanText, header: list[str], line: int) -> list[str]:
    names = [name.strip().lower().replace(" ", "_") for name in header]
    unknown = [name for name in names if name not in _KNOWN]
    if unknown:
        raise source.wrong(
            line, f"the column {unknown[0]!r} means nothing here", f"one of {', '.join(_KNOWN)}"
        )
    if len(set(names)) < len(names):
        raise source.wrong(line, "a column stands there twice", "each column once")
    return names


def _several(cell: str | None) -> list[str]:
    return [part.strip() for part in _SEVERAL.split(cell or "") if part.strip()]
