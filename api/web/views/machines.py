"""What the page for other programs names."""

from typing import NamedTuple


class Command(NamedTuple):
    """A command that prints JSON."""

    words: str
    what: str


COMMANDS = (
    Command("journey status --json", "what is stored, and what was rejected and why"),
    Command("journey pain-points --json", "what hurts customers, with counts, intervals and quotes"),
    Command("journey search WORDS --json", "passages that speak of something"),
    Command("journey cite QUESTION --json", "every passage that answers a question, or why there is none"),
    Command(
        "journey paths --json", "what customers did, step by step; also funnel, retention, stages, moments"
    ),
    Command("journey map show MAP_ID --json", "a map"),
    Command("journey map diff MAP_ID --json", "what changed between two versions of a map"),
    Command(
        "journey map verify MAP_ID --json", "every claim of a map computed again; exit 1 where one broke"
    ),
)
"""Those that other programs most often need; every command that reads takes `--json`."""
