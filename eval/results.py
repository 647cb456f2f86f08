"""Writes a suite's latest tables, with its command and manifest, into the results page."""

import re
from pathlib import Path

import orjson

from eval.suites.base import Cell, SuiteResult, Table

_HEAD = (
    "# Results\n\nEvery figure here was printed by the suite named above it; nothing is written by hand.\n\n"
)


def write_results(page: Path, result: SuiteResult, manifest: dict[str, object]) -> None:
    """Replace the suite's section of the page, or add it; sections stand in alphabetical order."""
    text = page.read_text(encoding="utf-8") if page.exists() else _HEAD
    sections = _sections(text)
    sections[result.suite] = _section(result, manifest)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(_HEAD + "".join(sections[name] for name in sorted(sections)), encoding="utf-8")


def _sections(text: str) -> dict[str, str]:
    parts = re.split(r"(?m)^(?=## )", text)
    return {part[3:].split("\n", 1)[0].strip(): part for part in parts if part.startswith("## ")}


def _section(result: SuiteResult, manifest: dict[str, object]) -> str:
    lines = [f"## {result.suite}\n", f"`{manifest['command']}`\n"]
    lines += [_markdown(table) for table in result.tables]
    lines += [f"- {note}" for note in result.notes]
    packed = orjson.dumps(manifest, option=orjson.OPT_INDENT_2).decode()
    lines.append(f"\n<details><summary>Manifest</summary>\n\n```json\n{packed}\n```\n\n</details>\n")
    return "\n".join(["", *lines]).lstrip("\n") + "\n"


def _markdown(table: Table) -> str:
    head = f"| {' | '.join(table.columns)} |\n|{' --- |' * len(table.columns)}"
    rows = "\n".join(f"| {' | '.join(_cell(value) for value in row)} |" for row in table.rows)
    return f"**{table.title}**\n\n{head}\n{rows}\n"


def _cell(value: Cell) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else " ".join(value.split()).replace("|", "\\|")
