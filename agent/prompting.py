"""Loads prompts and renders them so that customer text can only ever be data in them.

A prompt is `prompts/<id>.md.j2`: YAML front matter, then the Jinja2 blocks `system` and `user`. Every variable a
template prints has to pass a filter: `fence`, which leaves no character that could open or close a tag, or
`placeholder`, which writes a metric's name. A variable printed without one, or missing, is an error.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple

import yaml
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import Field, ValidationError

from agent.errors import ConfigError, NotFoundError
from agent.schemas.base import Frozen

_SUFFIX = ".md.j2"
_LOCK = "lock.json"
_PROMPT_FILE = re.compile(r"---\n(?P<meta>.*?)\n---\n(?P<body>.*)", re.DOTALL)
_BLOCKS = ("system", "user")
_METRIC_ID = re.compile(r"[a-z0-9._]+")


class PromptMeta(Frozen):
    """Front matter of a prompt."""

    id: str = Field(pattern=r"^[a-z]+(_[a-z]+)*$")
    """Verb and noun; the file's name."""
    version: int = Field(ge=1)
    """Grows with every change of the body or the inputs."""
    role: Literal["namer", "drafter", "analyst"]
    """What sort of writing it is: a namer answers in a line, a drafter in paragraphs, an analyst calls tools first."""
    inputs: tuple[str, ...]
    """Names the body uses, no more and no fewer."""
    output: str
    """Type of the answer, `module:Name`."""
    changes: str
    """What the current version changed."""


class RenderedPrompt(NamedTuple):
    """What is sent: instructions and material, apart."""

    system: str
    user: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A loaded prompt."""

    meta: PromptMeta
    digest: str
    """SHA-256 of the body."""
    _template: Template

    @property
    def provenance(self) -> str:
        """`id@version#digest`, stored with everything written from it."""
        return f"{self.meta.id}@{self.meta.version}#{self.digest[:12]}"

    def render(self, inputs: Frozen) -> RenderedPrompt:
        """Return the prompt with its inputs filled in.

        Args:
            inputs: Has a field for each of `meta.inputs`.

        Raises:
            ConfigError: The inputs do not fit the prompt; all names that are missing are listed.
        """
        values: dict[str, object] = {name: getattr(inputs, name) for name in type(inputs).model_fields}
        if missing := sorted(set(self.meta.inputs) - values.keys()):
            msg = f"prompt {self.meta.id!r} needs inputs that were not given: {', '.join(missing)}"
            raise ConfigError(msg)
        try:
            return RenderedPrompt(*(self._block(name, values) for name in _BLOCKS))
        except TemplateError as exc:
            msg = f"prompt {self.meta.id!r} cannot be rendered: {exc}"
            raise ConfigError(msg) from exc

    def _block(self, name: str, values: Mapping[str, object]) -> str:
        block = self._template.blocks[name]
        return "".join(block(self._template.new_context(dict(values)))).strip() + "\n"


class _Safe(str):
    """Text that passed a filter and may stand in a prompt."""

    __slots__ = ()


def fence(text: str) -> str:
    """Return a text that cannot open, close or imitate a tag; `unfence` gives it back unchanged."""
    return _Safe(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def unfence(text: str) -> str:
    """Return what a fenced text said."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def load_prompt(prompt_id: str) -> Prompt:
    """Return a prompt by its id.

    Raises:
        NotFoundError: There is no such prompt.
        ConfigError: Its file is not a valid prompt.
    """
    if prompt_id not in prompt_ids():
        msg = f"there is no prompt {prompt_id!r}; there are {', '.join(prompt_ids())}"
        raise NotFoundError(msg)
    source = resources.files("prompts").joinpath(prompt_id + _SUFFIX).read_text(encoding="utf-8")
    prompt = parse_prompt(source)
    if prompt.meta.id != prompt_id:
        msg = f"prompt file {prompt_id + _SUFFIX!r} says its id is {prompt.meta.id!r}; both must be the same"
        raise ConfigError(msg)
    return prompt


@cache
def prompt_ids() -> tuple[str, ...]:
    """Return the ids of all prompts, sorted."""
    names = (entry.name for entry in resources.files("prompts").iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


def locked_digests() -> dict[str, dict[int, str]]:
    """Return the digests that were released: prompt id to version to SHA-256 of the body."""
    source = resources.files("prompts").joinpath(_LOCK).read_text(encoding="utf-8")
    return {
        prompt_id: {int(version): digest for version, digest in versions.items()}
        for prompt_id, versions in yaml.safe_load(source).items()
    }


def parse_prompt(source: str) -> Prompt:
    """Return the prompt a file's text holds.

    Raises:
        ConfigError: The front matter is not valid, a block is missing, or the body uses other names than `inputs`.
    """
    parts = _PROMPT_FILE.fullmatch(source)
    if parts is None:
        msg = "a prompt file starts with YAML front matter between two lines of ---, then its body"
        raise ConfigError(msg)
    try:
        meta = PromptMeta.model_validate(yaml.safe_load(parts["meta"]))
        template = _environment().from_string(parts["body"])
        used = find_undeclared_variables(_environment().parse(parts["body"]))
    except (yaml.YAMLError, ValidationError, TemplateError) as exc:
        msg = f"a prompt file is not valid: {exc}"
        raise ConfigError(msg) from exc
    if used != set(meta.inputs):
        msg = f"prompt {meta.id!r} uses {sorted(used)} but declares the inputs {sorted(meta.inputs)}"
        raise ConfigError(msg)
    if tuple(template.blocks) != _BLOCKS:
        msg = f"prompt {meta.id!r} has the blocks {list(template.blocks)}; it needs {list(_BLOCKS)}, in this order"
        raise ConfigError(msg)
    return Prompt(meta, hashlib.sha256(parts["body"].encode("utf-8")).hexdigest(), template)


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_only_safe
    )
    environment.filters.clear()
    environment.filters.update({"fence": fence, "placeholder": _placeholder})
    environment.globals.clear()
    return environment


def _only_safe(value: object) -> object:
    """Refuse to print what no filter looked at; Jinja calls this for every variable printed, never for its own text."""
    if isinstance(value, _Safe | int):
        return value
    msg = "a variable is printed without a filter; use `| fence`"
    raise TemplateError(msg)


def _placeholder(metric_id: str) -> str:
    if _METRIC_ID.fullmatch(metric_id) is None:
        msg = f"metric id {metric_id!r} may only have lower-case letters, digits, dots and underscores"
        raise TemplateError(msg)
    return _Safe("{{m:" + metric_id + "}}")
