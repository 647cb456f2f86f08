"""Suite `tokens`: what a map costs in tokens as the data grows, and what drafting it again costs.

A model server on loopback counts; it answers every prompt in the form asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from agent.pipeline.drafting import DraftRequest, draft
from agent.pipeline.ingest import ingest
from agent.pipeline.workspace import Workspace
from agent.settings import Settings
from agent.store import Store
from agent.testing import ScriptedAnswer, ScriptedModelServer
from eval.simulator import simulate
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table

_SIZES = (1_000, 10_000, 100_000)
_SIZES_QUICK = (300, 1_000)
_HOLDOUT = 0.2
_RECORDS_PER_PERSON = 1.09 * (1 - _HOLDOUT)
"""Texts a simulated person leaves in the working store on average; sizes are given in these."""
_REQUEST = DraftRequest(
    persona="Fernway customers",
    journey="From first ad to regular customer",
    goal="get outdoor gear that lasts",
    purpose="count tokens",
)


@dataclass(frozen=True, slots=True)
class _Cost:
    """What one map cost."""

    n_texts: int
    tokens_in: int
    tokens_out: int
    n_calls: int
    tokens_in_again: int
    """Of drafting it a second time."""


def run(options: SuiteOptions) -> SuiteResult:
    """Draft twice on growing simulated data with a counting model server."""
    costs = [_cost(options, size) for size in (_SIZES_QUICK if options.quick else _SIZES)]
    tokens = [cost.tokens_in for cost in costs]
    rows: list[list[Cell]] = [
        [cost.n_texts, cost.tokens_in, cost.tokens_out, cost.n_calls, cost.tokens_in_again] for cost in costs
    ]
    return SuiteResult(
        "tokens",
        [
            Table(
                "Tokens of one map, by texts in the data (one token for four characters)",
                ["texts", "tokens in", "tokens out", "calls", "tokens in, second draft"],
                rows,
            ),
            Table(
                "Over all sizes",
                ["figure", "value"],
                [
                    ["(most - least tokens in) / least", round((max(tokens) - min(tokens)) / min(tokens), 3)],
                    ["most tokens in", max(tokens)],
                    ["most tokens in, second draft", max(cost.tokens_in_again for cost in costs)],
                ],
            ),
        ],
        [
            "The server answers in the form asked for and claims nothing, so tokens out are those of names alone."
        ],
    )


def _cost(options: SuiteOptions, size: int) -> _Cost:
    n_persons = round(size / _RECORDS_PER_PERSON)
    brand = simulate(options.work / f"exports-{size}", n_persons=n_persons, seed=options.seed)
    home = options.work / f"home-{size}"
    now = brand.plan.as_of + timedelta(days=1)
    with ScriptedModelServer(_answer) as server:
        settings = Settings().model_copy(
            update={
                "home": home,
                "workspace": "suite",
                "openai_api_key": SecretStr("loopback"),
                "openai_base_url": server.url,
            }
        )
        store = Store.create(home, "suite", holdout=_HOLDOUT, salt="tokens", now=now)
        with Workspace(settings=settings, store=store, now=now) as workspace:
            # What customers did costs no token: only what they said is read in.
            files = [brand.transcripts, brand.reviews, brand.survey]
            ingest(files, store=store, vault=workspace.vault, lake=workspace.lake_writer, now=now)
            draft(workspace, _REQUEST)
            first = (server.tokens_in, server.tokens_out, len(server.requests))
            draft(workspace, _REQUEST)
            return _Cost(store.records.count(), *first, server.tokens_in - first[0])


def _answer(request: Mapping[str, Any]) -> ScriptedAnswer:
    """Answer in the form the request asks for."""
    properties: Mapping[str, Any] = request["response_format"]["json_schema"]["schema"]["properties"]
    if "claims" in properties:
        return ScriptedAnswer({"claims": []})
    if "statement" in properties:
        return ScriptedAnswer({"statement": "Mend what these customers describe and tell them so."})
    name = _words(str(request["messages"]))
    return ScriptedAnswer(
        {"label": f"Trouble with {name}", "definition": f"Customers describe trouble with {name}."}
    )


def _words(text: str) -> str:
    """Return words that differ from prompt to prompt, without digits, so that no two themes get one name."""
    code = sum(ord(char) * place for place, char in enumerate(text, start=1))
    letters = [chr(ord("a") + code // 26**power % 26) for power in range(6)]
    return "".join(letters)
