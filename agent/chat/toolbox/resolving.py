"""Finds what a request names in the data; what is not in it is never guessed."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn, TypeVar

from agent.analyse.funnels import event_named
from agent.chat.toolbox.topic_words import Topic
from agent.chat.toolbox.writing import plain, worded
from agent.draft.claims import MIN_PERSONS
from agent.errors import JourneyError, NotFoundError
from agent.pipeline.groups import are_doers_told, are_speakers_told, is_told
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.retrieve.lexical import terms_of
from agent.schemas.chat import Missing
from agent.schemas.insight import PainPoint, Theme
from agent.schemas.journey import JourneyMap
from agent.store.filters import fold

_MOST_NAMED = 6
_NAMING = re.compile(
    r"\b(?:pain points?|journey maps?|maps?|the|latest|complaints?|issues?|problems?)\b", re.IGNORECASE
)
"""Words that say of what kind a thing is, not which one."""

NamedT = TypeVar("NamedT", PainPoint, Theme, JourneyMap)


class GapError(Exception):
    """The data does not say; caught by the toolbox, which returns what is missing.

    Args:
        missing: What, and what would be needed.
        instead: Questions that can be answered.
    """

    def __init__(self, missing: Missing, *instead: str) -> None:
        super().__init__(missing.statement)
        self.missing = missing
        self.instead = instead


def refuse(reason: str, statement: str, needed: str, *instead: str) -> NoReturn:
    """Say that the data does not say.

    Raises:
        GapError: Always.
    """
    missing = Missing.model_validate({"reason": reason, "statement": statement, "needed": needed})
    raise GapError(missing, *instead)


def listed(names: Iterable[str], *, most: int = _MOST_NAMED) -> str:
    """Return names as a reader sees them, the first few."""
    shown = [worded(name) for name in names]
    more = f" and {len(shown) - most:,} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def where_text(where: Mapping[str, str]) -> str:
    """Return a filter in words: "device type mobile and segment family"; nothing for everybody."""
    return " and ".join(f"{worded(key)} {plain(value)}" for key, value in sorted(where.items()))


def customers(where: Mapping[str, str]) -> str:
    """Return who a filter keeps: "customers", or "customers with device type mobile"."""
    return f"customers with {where_text(where)}" if where else "customers"


def where_of(snapshot: Snapshot, where: Mapping[str, str]) -> dict[str, str]:
    """Return a filter with keys and values as the data spells them.

    Raises:
        GapError: A key or a value is not in the data, or too few customers have it.
    """
    return dict(_pair_of(snapshot, key, value) for key, value in where.items())


def _pair_of(snapshot: Snapshot, key: str, value: str) -> tuple[str, str]:
    traits = snapshot.traits
    name = key_of(snapshot, key)
    if name is None:
        refuse(
            "unknown_thing",
            f"The data does not tell customers apart by ‘{worded(key)}’.",
            f"A column with it in the customers or texts that are read in. Known are: {listed(traits)}.",
            *(f"How many customers are there by {worded(one)}?" for one in list(traits)[:2]),
        )
    known = {fold(one): one for one in traits[name]}
    found = known.get(fold(value)) or known.get(fold(value.replace(" ", "_")))
    if found is None:
        refuse(
            "unknown_value",
            f"No group of five customers or more has {worded(name)} ‘{plain(value)}’.",
            f"Customers with that {worded(name)}. Known are: {listed(traits[name])}.",
            *(f"What hurts customers with {worded(name)} {plain(one)}?" for one in list(traits[name])[:2]),
        )
    return name, found


def key_of(snapshot: Snapshot, key: str) -> str | None:
    """Return a trait or attribute by its name in any spelling, or None where there is none."""
    flat = {_flat(one): one for one in snapshot.traits}
    return flat.get(_flat(key))


def _flat(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def scope_of(snapshot: Snapshot, where: Mapping[str, str]) -> Scoped:
    """Return what the data says of a filter whose names were resolved.

    Raises:
        GapError: Nothing is read in yet, or too few customers have all that is asked for.
    """
    scope = snapshot.scope(where)
    if not snapshot.records and not snapshot.everybody.has_events:
        refuse("empty", "Nothing has been read in yet.", "Reviews, conversations, surveys or events.")
    if not is_told(scope):
        _refuse_few(where, "there are")
    return scope


def _refuse_few(where: Mapping[str, str], what: str) -> NoReturn:
    whom = customers(where)
    refuse(
        "too_few",
        f"Of {whom} {what} fewer than {MIN_PERSONS}, so nothing is told of them.",
        f"{MIN_PERSONS} customers or more, so that no figure tells of one of them; or a wider group.",
        *(f"How many customers are there by {worded(key)}?" for key in list(where)[:2]),
    )


def require_texts(scope: Scoped) -> Scoped:
    """Return a scope in which somebody said something.

    Raises:
        GapError: Nobody did, or too few of a group.
    """
    if not scope.has_texts:
        whom = customers(scope.where)
        refuse("no_texts", f"There is no text of {whom}.", f"Reviews, conversations or surveys of {whom}.")
    if not are_speakers_told(scope):
        _refuse_few(scope.where, "who said something there are")
    return scope


def require_events(scope: Scoped) -> Scoped:
    """Return a scope in which somebody did something.

    Raises:
        GapError: Nobody did, or too few of a group.
    """
    if not scope.has_events:
        whom = customers(scope.where)
        refuse(
            "no_events",
            f"There are no events of {whom}.",
            "Events of what customers did, with the same customer ids as the texts.",
        )
    if not are_doers_told(scope):
        _refuse_few(scope.where, "with events there are")
    return scope


def stage_of(snapshot: Snapshot, stage: str) -> str:
    """Return a stage by its name.

    Raises:
        GapError: There is no such stage.
    """
    found = next((one for one in snapshot.stages if _flat(one) == _flat(stage)), None)
    if found is None:
        refuse(
            "unknown_thing",
            f"There is no stage ‘{worded(stage)}’.",
            f"A stage of that name in the stages of this workspace. There are: {listed(snapshot.stages)}.",
            *(f"What happens in {one}?" for one in snapshot.stages[:2]),
        )
    return found


def event_of(scope: Scoped, name: str) -> str:
    """Return an event by its name, in any spelling that is read as it.

    Raises:
        GapError: Nobody in scope did such a thing.
    """
    require_events(scope)
    flat = {_flat(one): one for one in scope.events}
    if (known := flat.get(_flat(name))) is not None:
        return known
    try:
        with scope.events_lock:
            found = event_named(scope.require_journeys(), name, vocabulary=scope.vocabulary)
    except NotFoundError:
        found = None
    if found is None:
        near = difflib.get_close_matches(name.replace(" ", "_"), scope.events, n=3) or list(scope.events)
        # What an event is called is somebody else's words.
        quoted = ", ".join(f"‘{worded(one)}’" for one in near[:_MOST_NAMED])
        refuse(
            "unknown_thing",
            f"No event ‘{worded(name)}’ is in the data of {customers(scope.where)}.",
            f"Events of that name. Near ones are: {quoted}.",
            *(f"How many customers did {worded(one)}?" for one in near[:2]),
        )
    return found


def step_of(scope: Scoped, snapshot: Snapshot, name: str, level: str) -> str:
    """Return a step of a path: a stage where paths are of stages, else an event."""
    return stage_of(snapshot, name) if level == "stage" else event_of(scope, name)


def best_named(
    name: str,
    things: Sequence[NamedT],
    *,
    names: Sequence[str],
    ids: Sequence[str],
    about: Sequence[str] = (),
) -> tuple[NamedT | None, tuple[NamedT, ...]]:
    """Return the thing that a name means, and where it means none or several, those that it may mean, nearest first.

    A thing is meant where it alone is called by all words of the name, or by these and no other; a word counts as said
    where one that means the same is. What shares some words only is never taken for what was named.

    Args:
        name: An id, or words.
        things: In order of preference.
        names: What each is called.
        ids: Of each.
        about: Further words on each, which make it near and never meant.
    """
    if name in ids:
        return things[ids.index(name)], ()
    bare = _NAMING.sub(" ", name)
    topic = Topic(bare if terms_of(bare) else name)
    called_so = [place for place, called in enumerate(names) if topic.is_held(called)]
    in_full = [place for place in called_so if Topic(names[place]).share_held(name) == 1]
    if in_full or len(called_so) == 1:
        said = set(terms_of(name))
        meant = in_full or called_so
        return things[max(meant, key=lambda place: (len(said & set(terms_of(names[place]))), -place))], ()
    told = [" ".join(both) for both in zip(names, about or [""] * len(names), strict=True)]
    shared = [(place in called_so, topic.share_held(words)) for place, words in enumerate(told)]
    near = sorted(
        (place for place in range(len(told)) if shared[place][1]),
        key=lambda place: shared[place],
        reverse=True,
    )
    return None, tuple(things[place] for place in near)


def pain_point_of(scope: Scoped, snapshot: Snapshot, name: str) -> PainPoint:
    """Return a pain point by its id, or by words of its label.

    Raises:
        GapError: None is called so; those that share a word are offered.
    """
    points = scope.pain_points
    terms = {theme.theme_id: theme.terms for theme in snapshot.themes}
    found, near = best_named(
        name,
        points,
        names=[one.label for one in points],
        ids=[one.pain_point_id for one in points],
        about=[" ".join(terms.get(one.theme_id, ())[:3]) for one in points],
    )
    if found is None:
        known = listed((one.label for one in near or points), most=4)
        refuse(
            "unknown_thing",
            f"No one pain point of {customers(scope.where)} is called ‘{plain(name)}’.",
            f"Did you mean one of these: {known}?"
            if near
            else f"A complaint about it that five customers share. Known are: {known}.",
            *(f"Show the pain point {plain(one.label)}" for one in (near or points)[:2]),
        )
    return found


def map_of(snapshot: Snapshot, name: str | None) -> JourneyMap:
    """Return a map by its id or words of its scope, the latest where None.

    Raises:
        GapError: There is none.
    """
    maps = snapshot.maps()
    if not maps:
        refuse(
            "unknown_thing",
            "There is no journey map yet.",
            "Draft one: name a persona, a journey, a goal and a purpose.",
        )
    if name is None:
        return maps[0]
    called = [f"{one.scope.persona} {one.scope.journey} {one.scope.goal}" for one in maps]
    found, _ = best_named(name, maps, names=called, ids=[one.map_id for one in maps])
    if found is None:
        known = listed((f"{one.scope.persona}: {one.scope.journey}" for one in maps), most=4)
        refuse(
            "unknown_thing",
            f"No map is called ‘{plain(name)}’.",
            f"A map of that name. Known are: {known}.",
            "Show the latest map",
        )
    return found


def said_so(error: JourneyError) -> str:
    """Return our message of an error, for a statement of what is missing."""
    return f"{error.message[:1].upper()}{error.message[1:]}."
