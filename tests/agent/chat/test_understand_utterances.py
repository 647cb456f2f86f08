"""Whether requests are understood that no kind lists, and whether what cannot be answered is refused."""

import re
import shlex
from collections import Counter, defaultdict
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, cast, get_args

import pytest
import yaml

from agent.chat.requests import MODELS_ONLY, ToolRequest
from agent.chat.understand import Understood
from agent.chat.understand.kinds import load_kinds
from tests.agent.chat import shop_names

_REFUSALS = ("missing", "cannot")
_OTHERS = ("choices", "small_talk")
_HERE = Path(__file__).parent


@cache
def asked(utterance: str) -> Understood:
    """Return what an utterance is understood as, worked out once for all tests of the table."""
    return shop_names.asked(utterance)


def _table(name: str) -> dict[str, list[str]]:
    return cast("dict[str, list[str]]", yaml.safe_load((_HERE / f"{name}.yaml").read_text(encoding="utf-8")))


def _expected(spec: str) -> tuple[str, dict[str, str]]:
    tool, *arguments = shlex.split(spec)
    return tool, dict(argument.split("=", 1) for argument in arguments)


def _said(request: ToolRequest) -> tuple[str, dict[str, str]]:
    found: dict[str, str] = {}
    given: dict[str, Any] = request.model_dump(mode="json", exclude_defaults=True, exclude={"tool"})
    for name, value in given.items():
        if isinstance(value, dict):
            pairs = cast("dict[str, str]", value)
            found |= {f"{name}.{key}": one for key, one in pairs.items()}
        else:
            found[name] = ",".join(cast("list[str]", value)) if isinstance(value, list) else str(value)
    return request.tool, found


def _is_right(spec: str, understood: Understood) -> bool:
    if spec in _REFUSALS:
        return not understood.requests and bool(understood.missing or understood.cannot)
    if spec == "choices":
        return not understood.requests and bool(understood.choices)
    if spec == "small_talk":
        return any(one.small_talk for one in understood.cannot)
    return [_said(request) for request in understood.requests] == [_expected(spec)]


def _share_right(name: str, *, refusals: bool) -> tuple[float, list[str]]:
    wrong: list[str] = []
    n = 0
    for spec, utterances in _table(name).items():
        if (spec in _REFUSALS) != refusals or spec in _OTHERS:
            continue
        n += len(utterances)
        wrong.extend(one for one in utterances if not _is_right(spec, asked(one)))
    return 1 - len(wrong) / n, wrong


@pytest.mark.parametrize(("name", "least"), [("utterances", 0.94), ("unseen_utterances", 0.92)])
def test_understand_requests_in_other_words_gets_tool_and_arguments(name: str, least: float) -> None:
    """Tool and every argument are right for nearly all requests in words of no phrasing."""
    share, wrong = _share_right(name, refusals=False)
    assert share >= least, wrong


@pytest.mark.parametrize(("name", "least"), [("utterances", 0.95), ("unseen_utterances", 0.95)])
def test_understand_unanswerable_in_other_words_is_refused(name: str, least: float) -> None:
    """What the data or the product has not is refused, near misses among it."""
    share, wrong = _share_right(name, refusals=True)
    assert share >= least, wrong


def test_understand_ambiguous_utterances_ask_back() -> None:
    """What may mean several things is asked back."""
    wrong = [one for one in _table("utterances")["choices"] if not _is_right("choices", asked(one))]
    assert wrong == []


def test_understand_choices_of_every_utterance_are_understood_without_asking_again() -> None:
    """Each choice that is offered is a request that stands by itself."""
    tables = [*_table("utterances").items(), *_table("unseen_utterances").items()]
    offered = {c.request for _, said in tables for one in said for c in asked(one).choices}
    assert len(offered) > 5
    open_ = [one for one in sorted(offered) if not asked(one).requests or asked(one).choices]
    assert open_ == []


def test_utterances_no_phrasing_of_a_kind_is_among_them() -> None:
    """What measures is not what was learnt from."""
    phrasings = {one.lower() for kind in load_kinds() for one in kind.phrasings}
    said = {
        one.lower().strip(" ?!.")
        for t in ("utterances", "unseen_utterances")
        for v in _table(t).values()
        for one in v
    }
    copied = said & phrasings
    assert len(copied) <= len(said) // 50, copied


def test_utterances_every_tool_is_asked_for_at_least_twice() -> None:
    """No tool is left out of the table."""
    n_of: defaultdict[str, int] = defaultdict(int)
    for spec, utterances in _table("utterances").items():
        n_of[spec.split()[0]] += len(utterances)
    tools = {str(kind.model_fields["tool"].default) for kind in get_args(get_args(ToolRequest)[0])}
    assert {tool for tool in tools if n_of[tool] < 2} == MODELS_ONLY


def test_kinds_reach_every_tool() -> None:
    """Every tool is some kind's, and there are as many kinds as were promised."""
    kinds = [kind for kind in load_kinds() if kind.tool]
    tools = {str(kind.model_fields["tool"].default) for kind in get_args(get_args(ToolRequest)[0])}
    assert {kind.tool for kind in kinds} == tools - MODELS_ONLY
    assert len(kinds) >= 75
    assert min(len(kind.phrasings) for kind in kinds) >= 6


@pytest.mark.parametrize(
    "name",
    sorted(
        one.name for one in resources.files("agent.chat.understand").iterdir() if one.name.endswith(".yaml")
    ),
)
def test_words_no_class_stands_twice_in_a_file(name: str) -> None:
    """Of two classes of one name YAML would silently take the last."""
    source = resources.files("agent.chat.understand").joinpath(name).read_text(encoding="utf-8")
    named = Counter(re.findall(r"^( *)([a-z_]+):(?= |$)", source, re.MULTILINE))
    outer = {key: n for (indent, key), n in named.items() if not indent}
    assert {key for key, n in outer.items() if n > 1} == set()
