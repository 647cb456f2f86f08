"""What goes to a language model and comes back, as JSON: the strict schema of a task, and its answer cleaned and checked.

Everything a model writes is data: entities of the fence are read back, markup, links and control characters are taken
out of wordings, and quotes are left as they are, for they have to be verbatim.
"""

import json
import re
import unicodedata
from typing import Any, cast

from pydantic import ValidationError

from agent.errors import EvidenceError, JourneyError, MalformedOutputError
from agent.firewall import check_template
from agent.ports import OutT, WritingTask
from agent.prompting import unfence
from agent.schemas.writing import CopyBrief, CopyDraft, ThemeName

_UNSUPPORTED = frozenset(
    {"title", "default", "description", "minLength", "maxLength", "minItems", "maxItems", "pattern"}
)
"""Schema keywords that strict structured output does not take everywhere; the answer is checked for them here."""
_VERBATIM = frozenset({"quotes", "evidence_ids", "fact_ids", "lane"})
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z!?][^<>]*>?", re.DOTALL)
_MARKDOWN_LINK = re.compile(r"!?\[([^\]\[]*)\]\([^()\s]*(?:\s[^()]*)?\)")
_URL = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,20}://|\b(?:javascript|data|vbscript|mailto):|\bwww\.)\S*", re.IGNORECASE
)
_EMPHASIS = re.compile(r"\*\*|__|`+|^\s*(?:#{1,6}|>|[-*+])\s+", re.MULTILINE)


class CallFailedError(Exception):
    """A call gave no answer.

    Args:
        error: What to raise when no further try is left.
        retry: Whether the same request may succeed later.
        wait_s: Seconds the server asks to wait, where it said so.
    """

    def __init__(self, error: JourneyError, *, retry: bool, wait_s: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.retry = retry
        self.wait_s = wait_s


def response_format(task: WritingTask[Any]) -> dict[str, Any]:
    """Return OpenAI's strict `json_schema` form of what a task returns."""
    schema = _strict(task.output.model_json_schema())
    if isinstance(task.inputs, CopyBrief):
        # The slots that may change are known: asked for by name, no other can come back.
        slots = {slot.name: {"type": "string"} for slot in task.inputs.change_slots}
        schema["properties"]["slots"] = _closed_object(slots)
    return {
        "type": "json_schema",
        "json_schema": {"name": task.prompt_id, "schema": schema, "strict": True},
    }


def parse_answer(task: WritingTask[OutT], text: str) -> OutT:
    """Return a model's answer as the task's type, cleaned.

    Raises:
        MalformedOutputError: It is no JSON of this form, a name states a quantity, or a text does not fit its slot; the
            message can be shown to the model.
    """
    try:
        answer = task.output.model_validate(_cleaned(json.loads(text), verbatim=False))
    except (json.JSONDecodeError, RecursionError) as exc:
        msg = "the answer is not JSON"
        raise MalformedOutputError(msg) from exc
    except ValidationError as exc:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in exc.errors())
        msg = f"the answer does not fit the schema: {faults}"
        raise MalformedOutputError(msg) from exc
    if isinstance(answer, ThemeName):
        _check_name(answer)
    if isinstance(answer, CopyDraft) and isinstance(task.inputs, CopyBrief):
        _check_slots(answer, task.inputs)
    return answer


def scrub(text: str) -> str:
    """Return a wording without markup, links, control and invisible characters, spaces collapsed."""
    text = "".join(_visible(character) for character in text)
    text = _MARKDOWN_LINK.sub(r"\1", text)
    text = _URL.sub("", _TAG.sub("", text))
    return " ".join(_EMPHASIS.sub("", text).split())


def _check_name(name: ThemeName) -> None:
    """A theme's name is repeated wherever its numbers are shown, so it must state none of its own."""
    for text in (name.label, name.definition):
        try:
            check_template(text, offered=())
        except EvidenceError as exc:
            msg = f"a theme's name must not state quantities: {exc.message}"
            raise MalformedOutputError(msg) from exc


def _check_slots(draft: CopyDraft, brief: CopyBrief) -> None:
    limits = {slot.name: slot.max_chars for slot in brief.change_slots}
    if draft.slots.keys() != limits.keys():
        msg = f"the slots have to be {', '.join(limits)}, and no others"
        raise MalformedOutputError(msg)
    too_long = [
        f"{name} has {len(text)} characters, at most {limits[name]} fit"
        for name, text in draft.slots.items()
        if len(text) > limits[name]
    ]
    if too_long:
        raise MalformedOutputError("; ".join(too_long))


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with all properties required, none further allowed, and only keywords every server takes."""
    strict: dict[str, Any] = {}
    for key, value in schema.items():
        if key in {"properties", "$defs"}:
            strict[key] = {name: _strict(part) for name, part in value.items()}
        elif isinstance(value, dict):
            strict[key] = _strict(cast("dict[str, Any]", value))
        elif key not in _UNSUPPORTED:
            strict[key] = value
    return {**strict, **_closed_object(strict["properties"])} if "properties" in strict else strict


def _closed_object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _cleaned(value: object, *, verbatim: bool) -> object:
    if isinstance(value, str):
        return unfence(value) if verbatim else scrub(unfence(value))
    if isinstance(value, list):
        return [_cleaned(part, verbatim=verbatim) for part in cast("list[object]", value)]
    if isinstance(value, dict):
        return {
            key: _cleaned(part, verbatim=verbatim or key in _VERBATIM)
            for key, part in cast("dict[str, object]", value).items()
        }
    return value


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} else character
