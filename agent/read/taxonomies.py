"""Reads a list of tags (YAML) and texts with labels of it (CSV, JSON lines, a JSON array, Parquet)."""

import ast
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import orjson
import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from agent.errors import InputError
from agent.read.fields import text_of
from agent.read.jsons import Json
from agent.read.rows import read_rows, require_columns
from agent.read.source import Source, take_sample
from agent.read.texts import text_column
from agent.schemas.records import RowReject
from agent.schemas.tags import Label, LabelledText, Taxonomy, wording_of

_EXPECTED = "`tags:` with a list of `tag`, `definition`, `examples` and `polarity`"
_LABEL_COLUMN: Final = "labels"
_POLARITY = re.compile(r"(?P<tag>.+)\.(?P<polarity>-1|0|1)")
_SEPARATOR = re.compile(r"[;|\n]")
_MAX_SHOWN = 5
_MAX_SEEN = 40
_DEPTH_OF_TAG = 2
"""Steps from the whole file to one tag: `tags`, and its number."""
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (dict, "a group of fields"),
    (list, "a list"),
    (bool, "yes or no"),
    ((int, float), "a number"),
    (str, "a text"),
)
_WANTED: Mapping[str, str] = {"examples": "a list of texts", "polarity": "true or false"}


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """Labelled texts, each text once, and what had to be put right."""

    texts: tuple[LabelledText, ...]
    n_rows: int
    unknown: tuple[str, ...]
    """Labels that are not in the taxonomy; they were left out."""
    n_contradicting: int
    """Texts that stood in several rows with different labels; a tag given in at least half of the rows holds, with the
    polarities that at least half of those say who say one."""
    n_without_text: int
    n_without_labels: int
    """Rows with nothing in `labels`: nobody has looked at them yet, and they were left out."""


def read_taxonomy(path: Path) -> Taxonomy:
    """Read a taxonomy file.

    Raises:
        InputError: The file cannot be read, is no YAML of the expected form, or names no tag, an empty one or one twice.
    """
    data = _yaml_in(path)
    try:
        taxonomy = Taxonomy.model_validate(data)
    except ValidationError as exc:
        msg = f"the taxonomy {path.name!r} does not fit: {_fault(exc.errors()[0], data)}"
        raise InputError(msg, hint=f"Expected is {_EXPECTED}; only `tag` has to be there.") from exc
    _check_names(path, taxonomy)
    return taxonomy


def _yaml_in(path: Path) -> object:
    try:
        return cast("object", yaml.safe_load(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError as exc:
        msg = f"there is no taxonomy {str(path)!r}"
        raise InputError(msg, hint="Name a YAML file of your tags; docs/tagging.md shows one.") from exc
    except OSError as exc:
        msg = f"the taxonomy {str(path)!r} cannot be read: {exc.strerror}"
        raise InputError(msg, hint="Name a YAML file of your tags that you may read.") from exc
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as exc:
        msg = f"the taxonomy {path.name!r} is no YAML in UTF-8{_place(exc)}"
        raise InputError(msg, hint=f"Expected is {_EXPECTED}.") from exc


def _place(exc: Exception) -> str:
    """Return where YAML breaks off and why, as far as the parser knows."""
    if not isinstance(exc, yaml.MarkedYAMLError) or exc.problem_mark is None:
        return ""
    mark = exc.problem_mark
    return f": line {mark.line + 1}, column {mark.column + 1}: {exc.problem}"


def _fault(error: ErrorDetails, data: object) -> str:
    """Say what is wrong with a taxonomy and where: the tag by its number, counted from 1, and by its name."""
    loc, value = error["loc"], cast("object", error["input"])
    if len(loc) < _DEPTH_OF_TAG:
        return _whole_fault(error, value)
    where = _tag_at(int(loc[1]), data)
    field = loc[2] if len(loc) > _DEPTH_OF_TAG else None
    if field is None:
        return f"{where} is {_seen(value)}, and fields such as `tag: price` were expected"
    if error["type"] == "missing":
        return f"{where} has no `{field}`, and the name that texts are given was expected"
    if error["type"] == "extra_forbidden":
        return f"{where} has a field {field!r}, and only tag, definition, examples and polarity were expected"
    in_list = len(loc) > _DEPTH_OF_TAG + 1
    part = f"example {int(loc[3]) + 1}" if in_list else f"`{field}`"
    wanted = "a text" if in_list else _WANTED.get(str(field), "a text")
    return f"{part} of {where} is {_seen(value)}, and {wanted} was expected"


def _tag_at(number: int, data: object) -> str:
    """Return a tag's number, counted from 1, with its name where it has one."""
    tag = cast("dict[str, list[object]]", data)["tags"][number]
    name = cast("dict[str, object]", tag).get("tag") if isinstance(tag, dict) else None
    return f"tag {number + 1} ({name!r})" if isinstance(name, str) else f"tag {number + 1}"


def _whole_fault(error: ErrorDetails, value: object) -> str:
    if not error["loc"]:
        return f"the file is {_seen(value)}, and `tags:` with a list was expected"
    name = error["loc"][0]
    if name != "tags":
        return f"it has a field {name!r} beside `tags`, and `tags` alone was expected"
    if error["type"] == "missing":
        return "it has no `tags`, and a list of them was expected"
    if error["type"] == "too_short":
        return "its list `tags` is empty, and at least one tag was expected"
    return f"its `tags` is {_seen(value)}, and a list was expected"


def _seen(value: object) -> str:
    """Return a value as YAML's reader knows it, cut where it is long."""
    if value is None:
        return "empty"
    kind = next((name for kinds, name in _KINDS if isinstance(value, kinds)), "something else")
    shown = repr(value)
    return f"{kind} ({shown[:_MAX_SEEN]}{'…' if len(shown) > _MAX_SEEN else ''})"


def _check_names(path: Path, taxonomy: Taxonomy) -> None:
    counts = Counter(name.strip() for name in taxonomy.names)
    if "" in counts or any(name != name.strip() for name in taxonomy.names):
        msg = f"the taxonomy {path.name!r} has a tag without a name, or with space around it"
        raise InputError(msg, hint="Give every tag a name such as `delivery.late`.")
    twice = [name for name, n in counts.items() if n > 1]
    if twice:
        msg = f"the taxonomy {path.name!r} names {twice[0]!r} twice"
        raise InputError(msg, hint="Join the two into one, or give one another name.")
    matches = ((name, _POLARITY.fullmatch(name)) for name in taxonomy.names)
    unclear = [name for name, match in matches if match is not None and match["tag"] in counts]
    if unclear:
        msg = f"the taxonomy {path.name!r} names {unclear[0]!r}, which is also a label of another tag with its polarity"
        raise InputError(msg, hint="Name the tag once, with `polarity: true`; labels then say `tag.-1`.")


def read_labelled(path: Path, taxonomy: Taxonomy, *, field: str | None = None) -> LabelledFile:
    """Read texts with their labels: a list, or names separated by `;` or `|`, each a tag or `tag.polarity`.

    Args:
        path: The file, with a text column and a column `labels`; an empty list says that no tag fits.
        taxonomy: Whose tags count; other labels are left out and named.
        field: Column or key of the text where the file has it; otherwise it is the first there is of the usual ones.

    A row with nothing in `labels` counts as not yet labelled. Texts are one that differ in capitals and space alone.

    Raises:
        InputError: A column is missing, labels cannot be read, or none of them is in the taxonomy.
    """
    source = Source(path, take_sample(path))
    _require_labels(source)
    name = text_column(source, field if field in source.sample.keys else None)
    known = frozenset(taxonomy.names)
    unknown: Counter[str] = Counter()
    votes: dict[str, list[frozenset[Label]]] = {}
    texts: dict[str, str] = {}
    n_rows = n_without = n_bare = 0
    for item in read_rows(source):
        n_rows += 1
        text = None if isinstance(item, RowReject) else text_of(item[1].get(name))
        if isinstance(item, RowReject) or text is None:
            n_without += 1
            continue
        names = _names_of(item[1].get(_LABEL_COLUMN), row=item[0])
        if names is None:
            n_bare += 1
            continue
        labels, strange = _split(names, known)
        unknown.update(strange)
        votes.setdefault(wording_of(text), []).append(labels)
        texts.setdefault(wording_of(text), text)
    if not any(label for rows in votes.values() for label in rows):
        msg = f"{path.name!r} has no label that is in the taxonomy; found were {_shown(unknown) or 'none'}"
        raise InputError(
            msg, hint=f"The taxonomy's tags are {_shown(known)}; a label is one of them, or `tag.-1`."
        )
    labelled = tuple(LabelledText(texts[wording], _agreed(rows)) for wording, rows in votes.items())
    contradicting = sum(len(set(rows)) > 1 for rows in votes.values())
    return LabelledFile(labelled, n_rows, tuple(sorted(unknown)), contradicting, n_without, n_bare)


def _require_labels(source: Source) -> None:
    try:
        require_columns(source, (_LABEL_COLUMN,))
    except InputError as error:
        hint = "Name the column with each text's tags `labels`: a list, or names separated by `;`; `[]` where no tag fits."
        raise InputError(error.message, hint=hint) from error


def _names_of(value: Json, *, row: int) -> list[str] | None:
    """Return the labels of a cell: JSON's list, Python's, or names with separators; None where there is nothing in it."""
    if isinstance(value, str) and value.strip().startswith("["):
        value = _list_in(value.strip(), row=row)
    if isinstance(value, list):
        return [text.strip() for item in value if (text := text_of(item))]
    text = None if isinstance(value, float) and math.isnan(value) else text_of(value)
    return None if text is None else [part.strip() for part in _SEPARATOR.split(text) if part.strip()]


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


def _split(names: Iterable[str], known: Collection[str]) -> tuple[frozenset[Label], list[str]]:
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
    n_saying = Counter(tag for row in rows for tag in {label.tag for label in row})
    agreed: list[Label] = []
    for tag in sorted(tag for tag, n in n_saying.items() if 2 * n >= len(rows)):
        said = [own for row in rows if (own := _polarities(row, tag))]
        counts = Counter(polarity for own in said for polarity in own)
        polarities = sorted(polarity for polarity, n in counts.items() if 2 * n >= len(said))
        agreed.extend(Label(tag, polarity) for polarity in polarities or (None,))
    return tuple(agreed)


def _polarities(labels: Iterable[Label], tag: str) -> set[int]:
    return {label.polarity for label in labels if label.tag == tag and label.polarity is not None}


def _shown(names: Collection[str] | Mapping[str, int]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - _MAX_SHOWN} more" if len(listed) > _MAX_SHOWN else ""
    return ", ".join(map(repr, listed[:_MAX_SHOWN])) + more
