"""The suites by name; a suite's module is imported when it is run."""

import importlib
from typing import NamedTuple, cast

from agent.errors import NotFoundError
from eval.suites.base import Suite


class SuiteEntry(NamedTuple):
    """Where a suite is and what it measures."""

    module: str
    summary: str


SUITES: dict[str, SuiteEntry] = {
    "chat": SuiteEntry(
        "eval.suites.chat",
        "Questions that the data answers, and that it does not: tools, numbers, refusals, citations.",
    ),
    "chat_guard": SuiteEntry(
        "eval.suites.chat_guard",
        "Lies of a model that the guard lets through, and fair sentences that it keeps, by kind.",
    ),
    "chat_hostile": SuiteEntry(
        "eval.suites.chat_hostile",
        "Hostile texts in data and a malicious model: what they reach, change or run.",
    ),
    "chat_latency": SuiteEntry(
        "eval.suites.chat_latency", "Seconds to first words, answers and pages with ten thousand records."
    ),
    "chat_load": SuiteEntry(
        "eval.suites.chat_load",
        "Forty people at once for an hour while a file is read in: seconds, errors, memory.",
    ),
    "counting": SuiteEntry(
        "eval.suites.counting",
        "False alarms, power, coverage and copies of the counting, beside a naive peer.",
    ),
    "discovery": SuiteEntry(
        "eval.suites.discovery", "Themes found without a list, beside k-means told their number."
    ),
    "durability": SuiteEntry(
        "eval.suites.durability", "Stores after kill -9 and a second run, beside an undisturbed one."
    ),
    "encoder": SuiteEntry("eval.suites.encoder", "int8 beside float: tokens a second, cosine, StackFAQ."),
    "events": SuiteEntry(
        "eval.suites.events", "Journeys from events: counts, conformance and speed beside PM4Py."
    ),
    "evidence": SuiteEntry(
        "eval.suites.evidence", "Quotes for and against a theme, and summaries, beside plain choices."
    ),
    "memory": SuiteEntry("eval.suites.memory", "Peak memory of reading events as they grow."),
    "quotes": SuiteEntry("eval.suites.quotes", "False quotes accepted; checks a second."),
    "readings": SuiteEntry(
        "eval.suites.readings", "Sentiment, complaint, emotion, severity and stage of passages."
    ),
    "redaction": SuiteEntry("eval.suites.redaction", "Recall and precision of removing personal data."),
    "retrieval": SuiteEntry(
        "eval.suites.retrieval", "Ranking and abstention of the search, beside its parts and plain Chroma."
    ),
    "search": SuiteEntry("eval.suites.search", "Filtered search beside Chroma's where: recall and latency."),
    "tagging": SuiteEntry(
        "eval.suites.tagging", "Tags of a list with many labels, few and none, and none of these."
    ),
    "throughput": SuiteEntry("eval.suites.throughput", "Raw file to searchable, beside langchain_chroma."),
    "tokens": SuiteEntry(
        "eval.suites.tokens", "Tokens of a map as the data grows, and of drafting it again."
    ),
}


def find_suite(name: str) -> Suite:
    """Return a suite's `run`.

    Raises:
        NotFoundError: There is no suite of that name.
    """
    entry = SUITES.get(name)
    if entry is None:
        msg = f"there is no suite {name!r}; there are {', '.join(SUITES)}"
        raise NotFoundError(msg, hint="`journey eval list` says what each measures.")
    return cast("Suite", importlib.import_module(entry.module).run)
