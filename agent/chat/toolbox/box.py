"""Dispatches requests to tools, and turns what the data does not say into a result that says so."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from agent.chat.context import Proposed, RequestContext
from agent.chat.requests import CHANGES, CheckVariants, DraftMap, ProposeVariants, ToolRequest
from agent.chat.toolbox import (
    comparing,
    counting,
    customers,
    evidence,
    feelings,
    glossary,
    journeys,
    maps,
    moments,
    opportunities,
    pain_points,
    paths,
    status,
    variants,
    versions,
)
from agent.chat.toolbox.resolving import GapError
from agent.chat.toolbox.variants import CheckerOf
from agent.chat.toolbox.writing import Writing, worded
from agent.chat.wording import doing
from agent.errors import InputError
from agent.pipeline.snapshot import Snapshot
from agent.schemas.chat import ToolResult

Tool = Callable[[Snapshot, Any], ToolResult]
"""Takes the request type of its name."""

_TOOLS: dict[str, Tool] = {
    "search_evidence": evidence.search_evidence,
    "list_pain_points": pain_points.list_pain_points,
    "show_pain_point": pain_points.show_pain_point,
    "list_themes": pain_points.list_themes,
    "list_opportunities": opportunities.list_opportunities,
    "show_emotions": feelings.show_emotions,
    "show_map": maps.show_map,
    "compare_maps": versions.compare_maps,
    "show_stage": maps.show_stage,
    "list_personas": customers.list_personas,
    "show_paths": paths.show_paths,
    "show_funnel": journeys.show_funnel,
    "show_stage_times": journeys.show_stage_times,
    "show_retention": journeys.show_retention,
    "show_attribution": journeys.show_attribution,
    "list_moments": moments.list_moments,
    "show_trend": moments.show_trend,
    "compare_periods": comparing.compare_periods,
    "compare_groups": comparing.compare_groups,
    "show_value": customers.show_value,
    "predict": customers.predict,
    "suggest_actions": customers.suggest_actions,
    "count_customers": counting.count_customers,
    "data_status": status.data_status,
    "show_help": status.show_help,
    "state_limit": status.state_limit,
    "explain_term": glossary.explain_term,
    "list_variants": variants.list_variants,
}


class Toolbox:
    """The tools over one workspace.

    Args:
        snapshot_of: Returns the snapshot that answers are made from.
        checker_of: Opens what checks variants on held-out customers; without it nothing is proposed or checked.
    """

    def __init__(self, snapshot_of: Callable[[], Snapshot], *, checker_of: CheckerOf | None = None) -> None:
        self._snapshot_of = snapshot_of
        self._checker_of = checker_of

    def run(self, request: ToolRequest, *, context: RequestContext) -> ToolResult:  # noqa: ARG002 - who asks changes no number
        """Return what a tool that changes nothing finds, or that the data does not say.

        Raises:
            InputError: It is a tool that changes something.
            StoreError: The stores cannot be read.
        """
        if request.tool in CHANGES:
            msg = f"{request.tool!r} changes something and was asked to run; a person's approval was expected"
            raise InputError(msg, hint="Preview it, have it approved, then let it be changed.")
        return self._answered(
            self._snapshot_of(), request, lambda snapshot: _TOOLS[request.tool](snapshot, request)
        )

    def preview(self, request: ToolRequest) -> Proposed:
        """Return what a change would make, its names and its scope checked and fixed to ids; nothing is stored.

        Raises:
            InputError: A name is not in the data, the scope is not one thing, or it is a tool that changes nothing.
        """
        snapshot = self._snapshot_of()
        try:
            if isinstance(request, DraftMap):
                return variants.preview_draft(snapshot, request)
            if isinstance(request, ProposeVariants):
                self._require_checker()
                return variants.preview_propose(snapshot, request)
            if isinstance(request, CheckVariants):
                self._require_checker()
                return variants.preview_check(snapshot, request)
        except GapError as error:
            raise InputError(error.missing.statement, hint=error.missing.needed) from error
        msg = f"{request.tool!r} changes nothing; a change was expected"
        raise InputError(msg, hint="Run it instead.")

    def change(self, request: ToolRequest, *, context: RequestContext) -> ToolResult:
        """Make a change that was approved, and return what came of it.

        Raises:
            InputError: It is a tool that changes nothing, or what it names is not in the data any more.
            ModelError: The writer could not answer; nothing is stored.
            StoreError: The stores cannot be written, or held-out data is gone.
        """
        self.preview(request)
        snapshot = self._snapshot_of()
        workspace = snapshot.workspace.apart(context.now)
        if isinstance(request, DraftMap):
            return variants.make_draft(snapshot, workspace, request)
        checker_of = self._require_checker()
        if isinstance(request, ProposeVariants):
            return variants.make_variants(snapshot, workspace, request, checker_of)
        assert isinstance(request, CheckVariants)  # noqa: S101 - preview refuses all others
        return variants.check_again(snapshot, workspace, request, checker_of)

    def _require_checker(self) -> CheckerOf:
        if self._checker_of is None:
            msg = "variants cannot be checked here: no checker was given"
            raise InputError(msg, hint="Propose them where the held-out check is set up.")
        return self._checker_of

    @staticmethod
    def _answered(
        snapshot: Snapshot, request: ToolRequest, find: Callable[[Snapshot], ToolResult]
    ) -> ToolResult:
        try:
            return find(snapshot)
        except GapError as error:
            writing = Writing(request, _understood(request), snapshot)
            writing.ask_next(*error.instead)
            return writing.missing(error.missing)


def _understood(request: ToolRequest) -> str:
    said = request.model_dump(mode="json", exclude_defaults=True, exclude={"tool"})
    parts = ", ".join(f"{worded(key)} {_in_words(value)}" for key, value in said.items())
    name = doing(request)
    return f"{name}: {parts}" if parts else name


def _in_words(value: object) -> str:
    """Return a value that was asked with, as a reader sees it: names of the data as words."""
    if isinstance(value, dict):
        found = cast("Mapping[str, object]", value)
        return " and ".join(f"{worded(key)} {_in_words(one)}" for key, one in found.items())
    if isinstance(value, list):
        return ", ".join(_in_words(one) for one in cast("Sequence[object]", value))
    return worded(str(value))
