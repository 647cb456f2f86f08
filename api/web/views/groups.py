"""Filters that pages take: of groups that may be told, as answers and pictures take them."""

from collections.abc import Mapping

from agent.errors import InputError
from agent.pipeline.snapshot import Snapshot


def told_groups(snapshot: Snapshot, where: Mapping[str, str]) -> dict[str, str]:
    """Return a filter of whose every value there are customers enough to be told of.

    Raises:
        InputError: A key tells no customers apart here, or too few customers have the value: it may name one of them.
    """
    for key, value in where.items():
        if value not in snapshot.traits.get(key, {}):
            msg = f"no group of five customers or more has {key!r} {value!r}"
            raise InputError(msg, hint="Choose a group from the list.")
    return dict(where)
