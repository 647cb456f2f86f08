"""Puts a planned map together from what a file states, line by line."""

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from agent.errors import SchemaError
from agent.schemas.planned import Flow, PlannedMap, PlannedMove, PlannedStage, PlannedTouchpoint

MAX_STAGES: Final = 100
MAX_TOUCHPOINTS: Final = 1_000
MAX_MOVES: Final = 20_000
_MAX_NAME_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class PlanText:
    """A plan's file as text."""

    file: str
    text: str

    def wrong(self, line: int | None, found: str, expected: str) -> SchemaError:
        """Return the error for something that is wrong on a line, counted from 1; None where no line can be named."""
        where = f"{self.file!r}" if line is None else f"{self.file!r}, line {line}"
        return SchemaError(
            f"{where}: {found}; {expected} was expected",
            hint="docs/planned-maps.md shows every form.",
            context={"file": self.file, "line": line},
        )


@dataclass(slots=True)
class _Level:
    """Moves, starts and ends of one level; names in the order they were stated."""

    moves: dict[tuple[str, str], tuple[str | None, int | None]] = field(
        default_factory=dict[tuple[str, str], tuple[str | None, int | None]]
    )
    starts: dict[str, int | None] = field(default_factory=dict[str, int | None])
    ends: dict[str, int | None] = field(default_factory=dict[str, int | None])

    def flow(self) -> Flow:
        return Flow(
            moves=tuple(
                PlannedMove(source=source, target=target, label=label)
                for (source, target), (label, _) in self.moves.items()
            ),
            starts=tuple(self.starts),
            ends=tuple(self.ends),
        )

    def named(self) -> Iterable[tuple[str, int | None]]:
        for (source, target), (_, line) in self.moves.items():
            yield source, line
            yield target, line
        yield from self.starts.items()
        yield from self.ends.items()


class PlanBuilder:
    """Collects what a file states and checks that it hangs together.

    Args:
        source: The file; errors name it.
    """

    def __init__(self, source: PlanText) -> None:
        self._source = source
        self._stages: dict[str, tuple[str, ...]] = {}
        self._touchpoints: dict[str, PlannedTouchpoint] = {}
        self.touchpoint_level = _Level()
        self.stage_level = _Level()
        self.name: str | None = None

    def clean(self, text: str, line: int | None, what: str) -> str:
        """Return a name on one line, without what cannot be seen.

        Raises:
            SchemaError: Nothing is left, or it is too long.
        """
        name = spoken(text)
        if not name:
            raise self._source.wrong(line, f"the {what} has no name", "a name")
        if len(name) > _MAX_NAME_CHARS:
            raise self._source.wrong(
                line, f"the {what} {name[:40]!r}… has {len(name)} characters", f"at most {_MAX_NAME_CHARS}"
            )
        return name

    def stage(self, name: str, line: int | None = None, *, aliases: Iterable[str] = ()) -> str:
        """Add a stage, or more aliases of one, and return its name."""
        found = self.clean(name, line, "stage")
        self._stages[found] = _joined(self._stages.get(found, ()), map(spoken, aliases))
        if len(self._stages) > MAX_STAGES:
            raise self._source.wrong(line, f"there are more than {MAX_STAGES} stages", "a planned map")
        return found

    def touchpoint(
        self,
        name: str,
        line: int | None = None,
        *,
        stage: str | None = None,
        aliases: Iterable[str] = (),
        channel: str | None = None,
        initiator: str | None = None,
        receiver: str | None = None,
    ) -> str:
        """Add a touchpoint, or more about one, and return its name; the stage has to be there."""
        found = self.clean(name, line, "touchpoint")
        known = self._touchpoints.get(found) or PlannedTouchpoint(name=found)
        self._touchpoints[found] = PlannedTouchpoint(
            name=found,
            stages=_joined(known.stages, [] if stage is None else [stage]),
            aliases=_joined(known.aliases, map(spoken, aliases)),
            channel=known.channel or _given(channel),
            initiator=known.initiator or _given(initiator),
            receiver=known.receiver or _given(receiver),
        )
        if len(self._touchpoints) > MAX_TOUCHPOINTS:
            raise self._source.wrong(
                line, f"there are more than {MAX_TOUCHPOINTS} touchpoints", "a planned map"
            )
        return found

    def move(
        self,
        source: str,
        target: str,
        line: int | None = None,
        *,
        label: str | None = None,
        stages: bool = False,
    ) -> None:
        """State that one touchpoint, or stage, may directly follow another."""
        level = self.stage_level if stages else self.touchpoint_level
        level.moves.setdefault((spoken(source), spoken(target)), (_given(label), line))
        if len(level.moves) > MAX_MOVES:
            raise self._source.wrong(line, f"there are more than {MAX_MOVES} transitions", "a planned map")

    def edge(self, name: str, line: int | None = None, *, first: bool, stages: bool = False) -> None:
        """State that journeys may begin, or end, with a touchpoint or a stage."""
        level = self.stage_level if stages else self.touchpoint_level
        (level.starts if first else level.ends).setdefault(spoken(name), line)

    def is_stage(self, name: str) -> bool:
        """Tell whether there is a stage of a name."""
        return spoken(name) in self._stages

    def is_touchpoint(self, name: str) -> bool:
        """Tell whether there is a touchpoint of a name."""
        return spoken(name) in self._touchpoints

    def build(self) -> PlannedMap:
        """Return the plan.

        Raises:
            SchemaError: There is nothing in it, or a transition names what there is not.
        """
        if not self._stages and not self._touchpoints:
            raise self._source.wrong(None, "there is neither a stage nor a touchpoint in it", "at least one")
        self._check(self.touchpoint_level, self._touchpoints, "touchpoint")
        self._check(self.stage_level, self._stages, "stage")
        return PlannedMap(
            name=_given(self.name),
            stages=tuple(PlannedStage(name=name, aliases=aliases) for name, aliases in self._stages.items()),
            touchpoints=self._ordered(),
            stage_flow=self.stage_level.flow(),
            touchpoint_flow=self.touchpoint_level.flow(),
        )

    def _ordered(self) -> tuple[PlannedTouchpoint, ...]:
        rank = {name: place for place, name in enumerate(self._stages)}
        placed = [
            one.model_copy(update={"stages": tuple(sorted(one.stages, key=rank.__getitem__))})
            for one in self._touchpoints.values()
        ]
        return tuple(sorted(placed, key=lambda one: rank[one.stages[0]] if one.stages else len(rank)))

    def _check(self, level: _Level, known: Iterable[str], what: str) -> None:
        names = list(known)
        for name, line in level.named():
            if name not in names:
                near = difflib.get_close_matches(name, names, 3, 0.5)
                expected = f"one of {', '.join(map(repr, near))}" if near else f"a {what} of the map"
                raise self._source.wrong(line, f"there is no {what} {name!r}", expected)


def spoken(text: str) -> str:
    """Return a text on one line, without marks that cannot be seen."""
    shown = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFC", text)
        if char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs"}
    )
    return " ".join(shown.split())


def _given(text: str | None) -> str | None:
    return spoken(text) or None if text is not None else None


def _joined(known: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*known, *filter(None, more)]))
