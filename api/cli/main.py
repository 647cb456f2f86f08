"""The `journey` command: finds the sub-command and turns our errors into exit codes.

Sub-commands are imported when they are called, so that `journey --help` stays fast.
"""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from agent.errors import ConfigError, JourneyError


class _Lazy(NamedTuple):
    """Where a command is and what it does, known without importing it."""

    target: str
    summary: str


class LazyGroup(click.Group):
    """A group that imports a command only when it is used.

    Args:
        lazy: Command name to `module:attribute` and one-line help.
    """

    def __init__(self, *args: object, lazy: dict[str, _Lazy], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order they are declared, which is the order of use."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command."""
        if cmd_name not in self._lazy:
            return None
        module, _, attribute = self._lazy[cmd_name].target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            msg = f"{self._lazy[cmd_name].target} is no command"
            raise TypeError(msg)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.summary) for name, lazy in self._lazy.items()])


_COMMANDS = {
    "demo": _Lazy("api.cli.demo:demo", "Simulate a brand and run the whole main job on it."),
    "init": _Lazy("api.cli.ingest:init", "Make a workspace and fix its split for good."),
    "ingest": _Lazy("api.cli.ingest:ingest", "Read exports into the workspace."),
    "status": _Lazy("api.cli.ingest:status", "Show what is in the stores and what was rejected."),
    "search": _Lazy("api.cli.search:search", "Find what customers said about something."),
    "cite": _Lazy("api.cli.search:cite", "Answer a question with every passage that answers it, or none."),
    "tag": _Lazy("api.cli.tag:tag", "Give texts the tags of a list."),
    "discover": _Lazy(
        "api.cli.discover:discover", "Find themes without a list, in a file or in what is stored."
    ),
    "themes": _Lazy("api.cli.themes:themes", "List, show and curate themes; every decision can be undone."),
    "record": _Lazy("api.cli.record:record", "Show a single text with a summary in its own words."),
    "pain-points": _Lazy("api.cli.insight:pain_points", "List what hurts customers, worst first."),
    "events": _Lazy("api.cli.events:events", "Check how events are tracked, and say what each of them is."),
    "paths": _Lazy("api.cli.journeys:paths", "Show what customers did, step by step."),
    "funnel": _Lazy("api.cli.journeys:funnel", "Show how many customers get from step to step."),
    "retention": _Lazy("api.cli.journeys:retention", "Show which customers come back, period by period."),
    "stages": _Lazy("api.cli.journeys:stages", "Show time in stage, drop-off and skips."),
    "moments": _Lazy("api.cli.moments:moments", "Show which experiences go along with later outcomes."),
    "attribution": _Lazy(
        "api.cli.attribution:attribution", "Credit conversions to what was touched before, by six rules."
    ),
    "conformance": _Lazy("api.cli.conformance:conformance", "Lay a planned map beside what customers did."),
    "personas": _Lazy("api.cli.personas:personas", "Show groups of customers who behave alike."),
    "predict": _Lazy("api.cli.predict:predict", "Predict what customers do, where that beats the base rate."),
    "identity": _Lazy(
        "api.cli.identity:identity", "Show who is one customer and why; take wrong links back."
    ),
    "state": _Lazy("api.cli.state:state", "Show where a customer stands and what to hold back or say next."),
    "similar": _Lazy("api.cli.similar:similar", "Show customers who behave like one, and why."),
    "next-action": _Lazy(
        "api.cli.next_action:next_action", "Suggest what to do next, with what lost and why."
    ),
    "value": _Lazy("api.cli.value:value", "Show how customers of high value differ from the rest."),
    "map": _Lazy("api.cli.maps:journey_map", "Draft, show and verify journey maps."),
    "variants": _Lazy("api.cli.variants:variants", "Propose copy and check it against held-out customers."),
    "chat": _Lazy("api.cli.chat:chat", "Ask about your customers; every statement names its sources."),
    "serve": _Lazy("api.cli.serve:serve", "Serve the page that people sign in to."),
    "index": _Lazy("api.cli.search:index", "Check or rebuild the vector index."),
    "eval": _Lazy("api.cli.evaluate:evaluate", "List and run benchmarks beside their peers."),
    "account": _Lazy("api.cli.accounts:account", "List, invite and disable the people who sign in."),
    "doctor": _Lazy("api.cli.doctor:doctor", "Check that everything the product needs is here."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="journey-insight-agent", prog_name="journey")
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    help="Folder of the stores (JOURNEY_HOME; default ./journey-home).",
)
@click.option("--workspace", help="Brand whose stores are used (JOURNEY_WORKSPACE; default 'default').")
@click.pass_context
def journey(ctx: click.Context, home: Path | None, workspace: str | None) -> None:
    """Journey maps whose every cell is a checked claim, from what customers said and did."""
    from api.cli.output import log_to_stderr

    log_to_stderr()
    ctx.obj = {"home": home, "workspace": workspace}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 our error, 2 wrong usage or settings.

    Args:
        arguments: Words after the program's name; those of the process where None.
    """
    try:
        code = journey.main(args=arguments, prog_name="journey", standalone_mode=False)
    except click.exceptions.Abort:
        _say("Stopped. What was stored before is safe; run the same command again to go on.")
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except JourneyError as error:
        _say(f"Error: {error.message}")
        if error.hint:
            _say(f"Hint: {error.hint}")
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    sys.exit(code if isinstance(code, int) else 0)


def _say(text: str) -> None:
    # An error may name a file; loaded here, so that `journey --help` stays fast.
    from api.cli.output import say

    say(text)


if __name__ == "__main__":
    main()
