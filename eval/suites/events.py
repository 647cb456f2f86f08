"""Suite `events`: journeys from events, part by part.

Each part is a module `events_<part>` with a function that gives its tables and notes.
"""

import importlib
from collections.abc import Callable
from typing import cast

from eval.suites.base import SuiteOptions, SuiteResult, Table

Part = Callable[[SuiteOptions], tuple[list[Table], list[str]]]

PARTS = {
    "eval.suites.events_pm4py": "pm4py_tables",
    "eval.suites.events_flow": "coverage_tables",
    "eval.suites.events_conformance": "conformance_tables",
    "eval.suites.events_moments": "moments_tables",
    "eval.suites.events_prediction": "prediction_tables",
    "eval.suites.events_identity": "identity_tables",
    "eval.suites.events_stages": "stages_tables",
    "eval.suites.events_latency": "latency_tables",
    "eval.suites.events_ingest": "ingest_tables",
    "eval.suites.events_speed": "speed_tables",
}
"""Modules of the parts and their functions, in the order they are printed; a module is imported when it is run."""


def run(options: SuiteOptions) -> SuiteResult:
    """Measure part after part."""
    tables: list[Table] = []
    notes: list[str] = []
    for module, name in PARTS.items():
        part = cast("Part", getattr(importlib.import_module(module), name))
        found, told = part(options)
        tables += found
        notes += told
    return SuiteResult("events", tables, notes)
