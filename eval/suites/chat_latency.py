"""Suite `chat_latency`: seconds to the first words and to the answer with ten thousand records, and of the pages.

Nothing else may run on the machine beside it. Each question is asked in a conversation of its own, first when nothing of it
is kept, then again; everything that the server computes before it is ready is computed before.
"""

import re
from pathlib import Path
from typing import Any

from agent.chat.opening import warm_tools
from agent.testing import ScriptedAnswer, ScriptedCall, ScriptedModelServer
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.suites.chat import spread
from eval.suites.chat_brand import Timed, ask_all, make_brand, open_brand
from eval.suites.chat_pages import pages_table
from eval.suites.chat_questions import load_questions

_N_PERSONS, _N_QUICK_PERSONS = 9_300, 600
"""The first give ten thousand texts."""
_N_MODEL_QUESTIONS = 50
_FINDING = re.compile(r"<finding>(.*?)</finding>", re.DOTALL)
_COLUMNS = ["asked", "questions", "first words, p50 s", "p95 s", "answer, p50 s", "p95 s"]
_MOST_SLOW = 8


def run(options: SuiteOptions) -> SuiteResult:
    """Measure questions, pages and our own share of a model's answer on one brand."""
    n_persons = _N_QUICK_PERSONS if options.quick else _N_PERSONS
    home = make_brand(options.work / "brand", seed=options.seed, n_persons=n_persons)
    asking, slow, n_texts = _questions(home)
    tables = [asking, slow, _with_model(home), pages_table(home)]
    note = f"Simulated brand of {n_persons:,} customers, {n_texts:,} texts of those that are not held out; nothing else ran."
    return SuiteResult("chat_latency", tables, [note])


def _questions(home: Path) -> tuple[Table, Table, int]:
    questions = [one.question for one in load_questions("first").answerable]
    with open_brand(home) as brand:
        context = brand.context()
        warm_tools(brand.workspace, brand.tools)
        brand.snapshots.warm_filters()
        # Takes in what is loaded with the first answer of a process, whatever was asked.
        ask_all(brand.analyst, ["What can I ask?"], context)
        first = ask_all(brand.analyst, questions, context)
        again = ask_all(brand.analyst, questions, context)
        n_texts = len(brand.snapshot().records)
    rows: list[list[Cell]] = [
        [name, len(timed), *spread(list(timed.values()))]
        for name, timed in (("first time", first), ("again", again))
    ]
    return Table("Seconds to an answer, offline", _COLUMNS, rows), _slowest(first), n_texts


def _slowest(timed: dict[str, Timed]) -> Table:
    slow = sorted(timed.items(), key=lambda one: -one[1].whole_s)[:_MOST_SLOW]
    rows: list[list[Cell]] = [
        [
            question,
            ", ".join(use.tool for use in one.answer.tools),
            round(one.first_s, 3),
            round(one.whole_s, 3),
        ]
        for question, one in slow
    ]
    return Table("The slowest questions", ["question", "tools", "first words, s", "answer, s"], rows)


def _with_model(home: Path) -> Table:
    """Measure until the first sentence with a model that answers at once: one call of a tool, and what it found said again."""
    with ScriptedModelServer(_say_again) as server, open_brand(home, base_url=server.url) as brand:
        questions = [f"What hurts most? ({number})" for number in range(_N_MODEL_QUESTIONS + 1)]
        ask_all(brand.analyst, questions[:1], brand.context())
        timed = ask_all(brand.analyst, questions[1:], brand.context())
    rows: list[list[Cell]] = [["a model that takes no time", len(timed), *spread(list(timed.values()))]]
    return Table("Our own time beside a model's", _COLUMNS, rows)


def _say_again(request: dict[str, Any]) -> ScriptedAnswer:
    last = request["messages"][-1]
    if last["role"] != "tool":
        return ScriptedAnswer(calls=(ScriptedCall("list_pain_points", {}),))
    return ScriptedAnswer("\n".join(_FINDING.findall(str(last["content"]))))
