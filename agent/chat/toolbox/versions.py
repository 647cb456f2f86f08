"""What changed between two versions of a journey map, as the map's own page compares them."""

from agent.chat.requests import CompareMaps
from agent.chat.toolbox.resolving import map_of, refuse
from agent.chat.toolbox.writing import Row, Writing, plain, slug
from agent.pipeline.map_diff import MapDiff, MoodDifference, ReachDifference, map_diff
from agent.pipeline.snapshot import Snapshot
from agent.render.figures import points_text, share_text
from agent.schemas.chat import ToolResult
from agent.schemas.evidence import Quantity

_MOST_TOLD = 3


def compare_maps(snapshot: Snapshot, request: CompareMaps) -> ToolResult:
    """Compare two versions of a map: what is proven to have changed among customers, and what is not."""
    latest = map_of(snapshot, request.map_name)
    versions = snapshot.workspace.store.results.map_versions(latest.map_id)
    title = f"{latest.scope.persona}: {latest.scope.journey}"
    later = request.version or versions[-1]
    earlier = request.earlier or max((one for one in versions if one < later), default=None)
    if earlier is None or later not in versions or earlier not in versions or earlier >= later:
        refuse(
            "unknown_thing", f"The map ‘{plain(title)}’ has no other version to compare with.",
            f"A second version: draft it again. There are versions {', '.join(map(str, versions))}.", "Show the latest map",
        )  # fmt: skip
    found = snapshot.everybody.drawn(
        ("map diff", latest.map_id, earlier, later),
        lambda: map_diff(snapshot.workspace, latest.map_id, earlier=earlier, later=later),
    )
    if not found.pain_points:
        refuse("too_few", "Neither version has a pain point to compare.", "More texts.")
    writing = Writing(request, f"Map ‘{plain(title)}’: version {later} against {earlier}", snapshot)
    _tell(writing, found)
    writing.target("map", title, latest.map_id)
    writing.ask_next("Show the latest map", "What hurts customers most?")
    return writing.done()


def _tell(writing: Writing, found: MapDiff) -> None:
    rests_on = _sides(writing, found)
    rows = [_row(writing, one) for one in found.pain_points]
    reaches = [one for one in found.pain_points if one.shift.verdict == "changed"][:_MOST_TOLD]
    moods = [one for one in found.moods if one.shift.verdict == "changed"][:_MOST_TOLD]
    for one in reaches:
        _tell_reach(writing, one)
    for one in moods:
        _tell_mood(writing, one)
    if not reaches and not moods:
        writing.finding(
            "No pain point and no mood is proven to have changed between the versions.", rests_on=rests_on
        )
    for note in found.notes:
        writing.guidance(note)
    writing.table(
        "Customers who voice it, in two versions",
        ("Pain point", "Earlier", "Later", "Change", "Verdict"),
        rows,
    )


def _sides(writing: Writing, found: MapDiff) -> tuple[str, str, str]:
    """Take in and say how many customers are behind the versions."""
    before, after, both = (
        writing.number(
            f"version.customers.{name}", n, unit="persons", label=f"Customers behind {label}",
            definition="Distinct customers who said something, of whom the version was drafted.",
        )
        for name, n, label in (
            ("earlier", found.n_before, "the earlier version"),
            ("later", found.n_after, "the later version"),
            ("both", found.n_both, "both versions"),
        )
    )  # fmt: skip
    writing.finding(
        f"{{{{m:{before}}}}} are behind the earlier version, {{{{m:{after}}}}} behind the later one and {{{{m:{both}}}}} behind both."
    )
    return before, after, both


def _tell_reach(writing: Writing, one: ReachDifference) -> None:
    earlier, later, change = _reaches(writing, one)
    writing.finding(
        f"{writing.name(one.label)} is {_way(one.shift.difference)} in the later version: {{{{m:{later}:counted}}}} customers"
        f" ({{{{m:{later}}}}}), {{{{m:{earlier}:counted}}}} ({{{{m:{earlier}}}}}) in the earlier one; {{{{m:{change}:points}}}}."
    )


def _tell_mood(writing: Writing, one: MoodDifference) -> None:
    metric = writing.number(
        f"version.mood.{slug(one.stage)}", one.shift.difference, unit="score", label=f"Change of the mood in {one.stage}",
        definition="Mean mood of those who speak of the stage, from −1 to +1: later minus earlier version.",
        bounds=(one.shift.low, one.shift.high),
    )  # fmt: skip
    writing.finding(
        f"The mood in {writing.name(one.stage)} is {_way(one.shift.difference)} in the later version, by {{{{m:{metric}:spread}}}}."
    )


def _way(difference: float | None) -> str:
    return "higher" if (difference or 0.0) > 0 else "lower"


def _row(writing: Writing, one: ReachDifference) -> Row:
    change = points_text(one.shift.difference)
    cells = (plain(one.label), _side(one.before), _side(one.after), change, one.shift.verdict)
    return Row(cells, _reaches(writing, one))


def _reaches(writing: Writing, one: ReachDifference) -> tuple[str, ...]:
    """Take in who voices a pain point in each version that can count it, and the change; return the metrics' ids."""
    shares = [
        writing.share(
            f"version.{name}.{one.pain_point_id}", side, label=f"{one.label}, {name} version",
            definition="Customers who voice it, of all who said something, as the later version's reader and themes count them.",
        )
        for name, side in (("earlier", one.before), ("later", one.after))
        if side is not None
    ]  # fmt: skip
    if one.shift.difference is None:
        return tuple(shares)
    change = writing.number(
        f"version.change.{one.pain_point_id}", one.shift.difference, unit="share", label=f"{one.label}: later minus earlier",
        definition="Difference of the two shares; all of the comparison is tested together.",
        bounds=(one.shift.low, one.shift.high),
    )  # fmt: skip
    return (*shares, change)


def _side(share: Quantity | None) -> str:
    return "unknown" if share is None else f"{share_text(share.share)} ({share.n:,} of {share.total:,})"
