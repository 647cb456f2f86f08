"""Reads a list of tags (YAML) and texts with labels of it (CSV, JSON lines, a JSON array, Parquet)."""

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import orjson
import yaml
from pydantic import ValidationError

from agent.errors import InputError
from agent.read.fields import text_of
from agent.read.jsons import Json
from agent.read.rows import read_rows, require_columns
from agent.read.source import Source, take_sample
from agent.read.texts import text_column
from agent.schemas.records import RowReject
from agent.schemas.tags import POLARITIES, Label, LabelledText, Taxonomy

_EXPECTED = "`tags:` with a list of `tag`, `definition`, `examples` and `polarity`"
_LABEL_COLUMN: Final = "labels"
_POLARITY = re.compile(r"(?P<tag>.+)\.(?P<polarity>-1|0|1)")
_SEPARATOR = re.compile(r"[;|\n]")
_MAX_SHOWN = 5


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """Labelled texts, each text once, and what had to be put right."""

    texts: tuple[LabelledText, ...]
    n_rows: int
    unknown: tuple[str, ...]
    """Labels that are not in the taxonomy; they were left out."""
    n_contradicting: int
    """Texts that stood in several rows with different labels; a tag given in at least half of the rows holds."""
    n_without_text: int


def read_taxonomy(path: Path) -> Taxonomy:
    """Read a taxonomy file.

    Raises:
        InputError: The file cannot be read, is no YAML of the expected form, or names no tag, an empty one or one twice.
    """
    try:
        data = cast("object", yaml.safe_load(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        msg = f"the taxonomy {str(path)!r} cannot be read: {exc}"
        raise InputError(msg, hint=f"It is YAML in UTF-8: {_EXPECTED}.") from exc
    try:
        taxonomy = Taxonomy.model_validate(data)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        msg = f"the taxonomy {path.name!r} is wrong at {where}: {first['msg']}"
        raise InputError(msg, hint=f"Expected is {_EXPECTED}.") from exc
    _check_names(path, taxonomy)
    return taxonomy


def _check_names(path: Path, taxonomy: Taxonomy) -> None:
    counts = Counter(name.strip() for name in taxonomy.names)
    if "" in counts or any(name != name.strip() for name in taxonomy.names):
        msg = f"the taxonomy {path.name!r} has a tag without a name, or with space around it"
        raise InputError(msg, hint="Give every tag a name such as `delivery.late`.")
    twice = [name for name, n in counts.items() if n > 1]
    if twice:
        msg = f"the taxonomy {path.name!r} names {twice[0]!r} twice"
        raise InputError(msg, hint="Join the two into one, or give one another name.")


def read_labelled(path: Path, taxonomy: Taxonomy, *, field: str | None = None) -> LabelledFile:
    """Read texts with their labels: a list, or names separated by `;` or `|`, each a tag or `tag.polarity`.

    Args:
        path: The file, with a text column and a column `labels`; an empty list says that no tag fits.
        taxonomy: Whose tags count; other labels are left out and named.
        field: Column or key of the text; None takes the first there is of the usual ones.

    Raises:
        InputError: A column is missing, labels cannot be read, or none of them is in the taxonomy.
    """
    source = Source(path, take_sample(path))
    require_columns(source, (_LABEL_COLUMN,))
    name = text_column(source, field)
    known = frozenset(taxonomy.names)
    unknown: Counter[str] = Counter()
    votes: dict[str, list[frozenset[Label]]] = {}
    n_rows = n_without = 0
    for item in read_rows(source):
        n_rows += 1
        text = None if isinstance(item, RowReject) else text_of(item[1].get(name))
        if isinstance(item, RowReject) or text is None:
            n_without += 1
            continue
        labels, strange = _split(_names_of(item[1].get(_LABEL_COLUMN), row=item[0]), known)
        unknown.update(strange)
        votes.setdefault(text, []).append(labels)
    if not any(label for rows in votes.values() for label in rows):
        msg = f"{path.name!r} has no label that is in the taxonomy; found were {_shown(unknown) or 'none'}"
        raise InputError(
            msg, hint=f"The taxonomy's tags are {_shown(known)}; a label is one of them, or `tag.-1`."
        )
    texts = tuple(LabelledText(text, _agreed(rows)) for text, rows in votes.items())
    contradicting = sum(len(set(rows)) > 1 for rows in votes.values())
    return LabelledFile(texts, n_rows, tuple(sorted(unknown)), contradicting, n_without)


def _names_of(value: Json, *, row: int) -> Iterator[str]:
    """Yield the labels of a cell: JSON's list, Python's, or names with separators."""
    if isinstance(value, str) and value.strip().startswith("["):
        value = _list_in(value.strip(), row=row)
    if isinstance(value, list):
        yield from (text.strip() for item in value if (text := text_of(item)))
    elif (text := text_of(value)) is not None:
        yield from (part.strip() for part in _SEPARATOR.split(text) if part.strip())


def _list_in(text: str, *, row: int) -> list[Json]:
    for parse in (orjson.loads, ast.literal_eval):
        try:
            value = cast("Json", parse(text))
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, list):
            return value
    msg = f"the labels of row {row} begin with a bracket and are no list"
    raise InputError(
        msg, hint='Write a list such as ["delivery.late", "price.-1"], or names separated by `;`.'
    )


def _split(names: Iterator[str], known: Collection[str]) -> tuple[frozenset[Label], list[str]]:
    labels: set[Label] = set()
    strange: list[str] = []
    for name in names:
        match = _POLARITY.fullmatch(name)
        if name in known:
            labels.add(Label(name))
        elif match is not None and match["tag"] in known:
            labels.add(Label(match["tag"], int(match["polarity"])))
        else:
            strange.append(name)
    return frozenset(labels), strange


def _agreed(rows: list[frozenset[Label]]) -> tuple[Label, ...]:
    counts = Counter(label for row in rows for label in row)
    held = [label for label, n in counts.items() if 2 * n >= len(rows)]
    return tuple(sorted(held, key=lambda label: (label.tag, POLARITIES.index(label.polarity or 0))))


def _shown(names: Collection[str] | Mapping[str, int]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - _MAX_SHOWN} more" if len(listed) > _MAX_SHOWN else ""
    return ", ".join(map(repr, listed[:_MAX_SHOWN])) + more
