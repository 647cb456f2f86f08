"""Filters that pages take: of groups that may be told, as answers and pictures take them."""

from collections.abc import Mapping

from agent.errors import InputError
from agent.pipeline.groups import is_told, untold_value
from agent.pipeline.snapshot import Snapshot


def trait_filter(trait: str) -> dict[str, str]:
    """Return the filter that a page's list of customers sends as `key=value`; nothing where it is empty.

    Raises:
        InputError: It is not of that form.
    """
    if not trait:
        return {}
    key, equals, value = trait.partition("=")
    if not (equals and key.strip() and value.strip()):
        msg = f"the filter {trait[:80]!r} is not of the form trait=value"
        raise InputError(msg, hint="Choose one of the list.")
    return {key: value}


def told_groups(snapshot: Snapshot, where: Mapping[str, str]) -> dict[str, str]:
    """Return a filter of whose every value, and of all of them together, there are customers enough to be told of.

    Raises:
        InputError: A key tells no customers apart here, or too few customers have the value: it may name one of them.
    """
    untold = untold_value(snapshot, where)
    if untold is not None or not is_told(snapshot.scope(where)):
        named = {untold: where[untold]} if untold is not None else where
        told = " and ".join(f"{key!r} {value!r}" for key, value in named.items())
        msg = f"no group of five customers or more has {told}"
        raise InputError(msg, hint="Choose a group from the list.")
    return dict(where)


def told_trait(snapshot: Snapshot, trait: str) -> dict[str, str]:
    """Return the filter of a page's list of customers, of a group that may be told; raises as its two parts do."""
    return told_groups(snapshot, trait_filter(trait))
