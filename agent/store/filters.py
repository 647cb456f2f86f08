"""Matching a where-filter: which of its keys are fields, attributes or traits, and when a value is the same."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from agent.errors import ScopeError

RECORD_FIELDS = ("kind", "channel", "locale", "source_format")


@dataclass(frozen=True, slots=True)
class Where:
    """A filter, sorted by where its keys stand; values are folded."""

    fields: Mapping[str, str]
    attributes: Mapping[str, str]
    """Keys of record attributes, which may be person traits as well; one of the two has to match."""
    traits: Mapping[str, str]
    """Keys of person traits."""

    @property
    def empty(self) -> bool:
        """True where everything matches."""
        return not (self.fields or self.attributes or self.traits)


def fold(value: object) -> str:
    """Return a value as a filter compares it: text without case or outer space, `true`/`false`, whole numbers bare."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip().casefold()


def parse_where(
    where: Mapping[str, str] | None, *, attributes: Collection[str], traits: Collection[str]
) -> Where:
    """Return a filter whose keys are all known.

    Raises:
        ScopeError: A key is neither a field of records nor an attribute nor a trait; the message names those that are.
    """
    wanted = {key: fold(value) for key, value in (where or {}).items()}
    known = {*RECORD_FIELDS, *attributes, *traits}
    for key in wanted:
        if key not in known:
            msg = f"{key!r} is no field, attribute or trait of the data; known are {', '.join(sorted(known))}"
            raise ScopeError(
                msg, hint="Filter by one of these: --where key=value.", context={"known": sorted(known)}
            )
    rest = {key: value for key, value in wanted.items() if key not in RECORD_FIELDS}
    return Where(
        fields={key: value for key, value in wanted.items() if key in RECORD_FIELDS},
        attributes={key: value for key, value in rest.items() if key in attributes},
        traits={key: value for key, value in rest.items() if key in traits},
    )


def matches(values: Mapping[str, object], wanted: Mapping[str, str]) -> bool:
    """Return whether every wanted key is there with the wanted value."""
    return all(
        key in values and values[key] is not None and fold(values[key]) == want
        for key, want in wanted.items()
    )
