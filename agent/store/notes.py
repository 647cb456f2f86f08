"""What people note on maps, pain points and variants: owners, review dates, approvals, feasibility, states.

A change names the version that was seen; where somebody was faster it is refused, and who and when is said. Who may approve
is for the caller to know; what may follow what is known here.
"""

import ipaddress
from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from agent.errors import ConflictError, InputError, NotFoundError
from agent.schemas.creative import Variant, VerdictKind
from agent.schemas.journey import JourneyMap
from agent.schemas.notes import (
    REVIEW_AFTER,
    Feasibility,
    MapNote,
    MapState,
    PainPointNote,
    VariantNote,
    VariantState,
)
from agent.store.comments import Comments
from agent.store.engine import Scoped
from agent.store.noted import Noted, NoteRows, Seen, check_seen
from agent.store.results import Results
from agent.store.texts import clean_line

MAX_OWNER_CHARS = 200
MAX_REASON_CHARS = 500
MAX_URL_CHARS = 2_000

MAP_STEPS: Mapping[MapState, frozenset[MapState]] = {
    MapState.DRAFT: frozenset({MapState.IN_REVIEW}),
    MapState.IN_REVIEW: frozenset({MapState.APPROVED, MapState.SENT_BACK}),
    MapState.SENT_BACK: frozenset({MapState.IN_REVIEW}),
    MapState.APPROVED: frozenset(),
}
"""What may follow what, of one version of a map; the next version begins as a draft."""
VARIANT_STEPS: Mapping[VariantState, frozenset[VariantState]] = {
    VariantState.DRAFT: frozenset({VariantState.CHECKED}),
    VariantState.CHECKED: frozenset({VariantState.APPROVED, VariantState.SENT_BACK}),
    VariantState.SENT_BACK: frozenset({VariantState.CHECKED}),
    VariantState.APPROVED: frozenset({VariantState.EXPORTED, VariantState.SENT_BACK}),
    VariantState.EXPORTED: frozenset({VariantState.SENT_BACK}),
}


class Notes:
    """The workspace's notes."""

    def __init__(self, scoped: Scoped, results: Results) -> None:
        self._db = scoped
        self._rows = NoteRows(scoped)
        self._results = results
        self.comments = Comments(scoped, results)

    def map(self, map_id: str) -> MapNote:
        """Return what is noted on a map, for its latest version.

        Raises:
            NotFoundError: There is no such map.
        """
        journey_map = self._results.map(map_id)
        return _map_note(journey_map, self._rows.get("map", map_id), self._rows)

    def maps(self) -> dict[str, MapNote]:
        """Return what is noted on every map, by its id, for its latest version."""
        return {found.map_id: self.map(found.map_id) for found in self._results.maps()}

    def own_map(self, map_id: str, owner: str | None, *, version: int, by: str, now: datetime) -> MapNote:
        """Say who looks after a map.

        Args:
            map_id: Which.
            owner: Account or name; None for nobody.
            version: Of the note as it was seen.
            by: Account of who says so.
            now: Time.

        Raises:
            NotFoundError: There is no such map.
            ConflictError: Somebody changed the note since, or an approved map would be without an owner.
            InputError: The name is too long.
        """
        with self._db.database.begin():
            note = self.map(map_id)
            if owner is None and note.state is MapState.APPROVED:
                msg = f"version {note.map_version} of map {map_id!r} is approved, so it needs an owner"
                raise ConflictError(msg, hint="Name another owner.")
            self._rows.put("map", map_id, {"owner": _owner(owner)}, seen=Seen(version, by, now))
            return self.map(map_id)

    def review_map(
        self, map_id: str, review_by: datetime, *, version: int, by: str, now: datetime
    ) -> MapNote:
        """Say until when a map is to be reviewed; the next version of the map has a date of its own again.

        Raises:
            NotFoundError: There is no such map.
            ConflictError: Somebody changed the note since.
            InputError: The time has no zone.
        """
        if review_by.tzinfo is None:
            msg = f"the review date {review_by} has no time zone"
            raise InputError(msg, hint="Give it with one, such as 2026-09-01T00:00Z.")
        with self._db.database.begin():
            changes = {"review_by": review_by.isoformat(), "review_of": self.map(map_id).map_version}
            self._rows.put("map", map_id, changes, seen=Seen(version, by, now))
            return self.map(map_id)

    def move_map(
        self,
        map_id: str,
        to: MapState,
        *,
        map_version: int,
        version: int,
        by: str,
        now: datetime,
        reason: str = "",
    ) -> MapNote:
        """Take a map's latest version to another state.

        Args:
            map_id: Which.
            to: The state it is to have.
            map_version: The version of the map that was looked at.
            version: Of the note as it was seen.
            by: Account of who decides.
            now: Time.
            reason: Why, such as what is to be mended.

        Raises:
            NotFoundError: There is no such map.
            ConflictError: Somebody changed the note since, there is a newer version of the map, or the step is not allowed.
            InputError: It would be approved without an owner, or the reason is too long.
        """
        with self._db.database.begin():
            note = self.map(map_id)
            if map_version != note.map_version:
                msg = f"map {map_id!r} is at version {note.map_version}; it was version {map_version} that was looked at"
                raise ConflictError(msg, hint="Look at the latest version, then decide.")
            _check_seen(note, version)
            _check_step(f"version {map_version} of map {map_id!r}", note.state, to, MAP_STEPS[note.state])
            if to is MapState.APPROVED and note.owner is None:
                msg = f"map {map_id!r} has no owner, so it cannot be approved"
                raise InputError(msg, hint="Say who looks after it first.")
            self._rows.step(
                "map",
                map_id,
                subject_version=map_version,
                to=(note.state, to),
                reason=_reason(reason),
                seen=Seen(version, by, now),
            )
            return self.map(map_id)

    def pain_point(self, pain_point_id: str) -> PainPointNote:
        """Return what is noted on a pain point; a pain point that is not there any more keeps its note."""
        return _pain_point_note(pain_point_id, self._rows.get("pain_point", pain_point_id))

    def pain_points(self) -> dict[str, PainPointNote]:
        """Return all notes on pain points, by the pain point's id."""
        return {key: _pain_point_note(key, noted) for key, noted in self._rows.all("pain_point").items()}

    def own_pain_point(
        self, pain_point_id: str, owner: str | None, *, version: int, by: str, now: datetime
    ) -> PainPointNote:
        """Say who looks after a pain point; None for nobody.

        Raises:
            NotFoundError: There is no such pain point.
            ConflictError: Somebody changed the note since.
            InputError: The name is too long.
        """
        return self._note_pain_point(pain_point_id, {"owner": _owner(owner)}, Seen(version, by, now))

    def link_pain_point(
        self, pain_point_id: str, initiative_url: str | None, *, version: int, by: str, now: datetime
    ) -> PainPointNote:
        """Say where what is done about a pain point is described; None for nowhere.

        Raises:
            NotFoundError: There is no such pain point.
            ConflictError: Somebody changed the note since.
            InputError: It is no https address, or one with a name or password in it.
        """
        url = None if initiative_url is None else checked_url(initiative_url)
        return self._note_pain_point(pain_point_id, {"initiative_url": url}, Seen(version, by, now))

    def rate_pain_point(
        self, pain_point_id: str, feasibility: int | None, *, version: int, by: str, now: datetime
    ) -> PainPointNote:
        """Say how feasible it is to do something about a pain point, from 1 to 5; None for not known.

        Raises:
            NotFoundError: There is no such pain point.
            ConflictError: Somebody changed the note since.
            InputError: The figure is out of range.
        """
        rated = None
        if feasibility is not None:
            if feasibility not in range(1, 6):
                msg = f"feasibility {feasibility!r} is out of range; a whole number from 1 to 5 was expected"
                raise InputError(msg, hint="1 is hardly feasible, 5 easily.")
            rated = Feasibility(value=feasibility, by=by, at=now).model_dump(mode="json")
        return self._note_pain_point(pain_point_id, {"feasibility": rated}, Seen(version, by, now))

    def variant(self, variant_set_id: str, variant_id: str) -> VariantNote:
        """Return how far a variant is.

        Raises:
            NotFoundError: There is no such variant.
        """
        self._variant(variant_set_id, variant_id)
        key = f"{variant_set_id}/{variant_id}"
        noted, log = self._rows.get("variant", key), self._rows.log("variant", key)
        return VariantNote(
            variant_set_id=variant_set_id,
            variant_id=variant_id,
            state=VariantState(log[-1].after) if log else VariantState.DRAFT,
            log=log,
            version=noted.version,
            changed_by=noted.changed_by,
            changed_at=noted.changed_at,
        )

    def move_variant(
        self,
        variant_set_id: str,
        variant_id: str,
        to: VariantState,
        *,
        version: int,
        by: str,
        now: datetime,
        reason: str = "",
    ) -> VariantNote:
        """Take a variant to another state.

        Raises:
            NotFoundError: There is no such variant.
            ConflictError: Somebody changed the note since, the step is not allowed, or it would be called checked without a
                verdict that holds.
            InputError: The reason is too long.
        """
        with self._db.database.begin():
            variant = self._variant(variant_set_id, variant_id)
            note = self.variant(variant_set_id, variant_id)
            _check_seen(note, version)
            _check_step(f"variant {variant_id!r}", note.state, to, VARIANT_STEPS[note.state])
            if to is VariantState.CHECKED and (
                variant.verdict is None or variant.verdict.kind is VerdictKind.INVALID
            ):
                msg = f"variant {variant_id!r} has no verdict that holds, so it is not checked"
                raise ConflictError(msg, hint="`journey variants check` compares it with its control.")
            self._rows.step(
                "variant",
                f"{variant_set_id}/{variant_id}",
                subject_version=None,
                to=(note.state, to),
                reason=_reason(reason),
                seen=Seen(version, by, now),
            )
            return self.variant(variant_set_id, variant_id)

    def _note_pain_point(self, pain_point_id: str, changes: dict[str, object], seen: Seen) -> PainPointNote:
        with self._db.database.begin():
            self._results.pain_point(pain_point_id)
            self._rows.put("pain_point", pain_point_id, changes, seen=seen)
            return self.pain_point(pain_point_id)

    def _variant(self, variant_set_id: str, variant_id: str) -> Variant:
        for variant in self._results.variant_set(variant_set_id).variants:
            if variant.variant_id == variant_id:
                return variant
        msg = f"variant {variant_id!r} is not in variant set {variant_set_id!r}"
        raise NotFoundError(msg, hint="`journey variants show` lists the variants of a set.")


def checked_url(url: str) -> str:
    """Return an https address in one form: the host in ASCII, nobody's name or password in it.

    Raises:
        InputError: It is not such an address.
    """
    hint = "Give the whole address, such as https://tracker.example/issue/7."
    if (
        len(url) > MAX_URL_CHARS
        or not url.isprintable()
        or any(char.isspace() or char in '<>"\\`' for char in url)
    ):
        msg = "the address holds spaces, quotes or signs that cannot be seen, or is too long"
        raise InputError(msg, hint=hint)
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = "" if parts.port is None else f":{parts.port}"
    except (ValueError, UnicodeError) as error:
        msg = "the address cannot be read"
        raise InputError(msg, hint=hint) from error
    if parts.scheme != "https" or "." not in host or "@" in parts.netloc or _is_number(host):
        msg = "the address is not of the form https://host/..., with a host's name and nobody's name or password"
        raise InputError(msg, hint=hint)
    return urlunsplit(("https", host + port, parts.path, parts.query, parts.fragment))


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _map_note(journey_map: JourneyMap, noted: Noted, rows: NoteRows) -> MapNote:
    """Return a map's note; owner and date of the map itself count until somebody notes others."""
    is_set = noted.body.get("review_of") == journey_map.version
    date = datetime.fromisoformat(str(noted.body["review_by"])) if is_set else journey_map.review_by
    owner = noted.body.get("owner", journey_map.owner)
    note = MapNote(
        map_id=journey_map.map_id,
        map_version=journey_map.version,
        owner=None if owner is None else str(owner),
        review_by=date or journey_map.drafted_at + REVIEW_AFTER,
        state=MapState.DRAFT,
        log=rows.log("map", journey_map.map_id),
        version=noted.version,
        changed_by=noted.changed_by,
        changed_at=noted.changed_at,
    )
    return note.model_copy(update={"state": note.state_of(journey_map.version)})


def _pain_point_note(pain_point_id: str, noted: Noted) -> PainPointNote:
    who = {"version": noted.version, "changed_by": noted.changed_by, "changed_at": noted.changed_at}
    return PainPointNote.model_validate({**noted.body, **who, "pain_point_id": pain_point_id})


def _check_seen(note: MapNote | VariantNote, version: int) -> None:
    check_seen(Noted({}, note.version, note.changed_by, note.changed_at), version)


def _check_step(what: str, state: StrEnum, to: StrEnum, allowed: Collection[StrEnum]) -> None:
    if to not in allowed:
        follows = " or ".join(sorted(f"{step.value!r}" for step in allowed)) or "nothing"
        msg = f"{what} is in state {state.value!r}, which {follows} may follow, not {to.value!r}"
        raise ConflictError(msg, hint="Load it again; somebody may have decided already.")


def _owner(owner: str | None) -> str | None:
    return None if owner is None else clean_line("the owner's name", owner, max_chars=MAX_OWNER_CHARS)


def _reason(reason: str) -> str:
    return clean_line("the reason", reason, max_chars=MAX_REASON_CHARS) if reason.strip() else ""
