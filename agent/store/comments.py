"""Comments on maps, in threads that can be resolved."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.errors import ConflictError, InputError, NotFoundError
from agent.schemas.evidence import Lane
from agent.schemas.notes import Comment, MapPlace
from agent.store.engine import Scoped
from agent.store.noted import Noted, check_seen
from agent.store.results import Results
from agent.store.tables import comments
from agent.store.texts import clean_text
from agent.store.turns import new_id

MAX_COMMENT_CHARS = 4_000


class Comments:
    """The workspace's comments; everybody in it reads them, and only authors edit theirs."""

    def __init__(self, scoped: Scoped, results: Results) -> None:
        self._db = scoped
        self._results = results

    def add(self, place: MapPlace, text: str, *, author: str, now: datetime) -> Comment:
        """Begin a thread at a place on a map's latest version.

        Raises:
            NotFoundError: There is no such map, stage or claim.
            InputError: The text is empty or too long.
        """
        self._check(place)
        return self._add(place, None, text, author=author, now=now)

    def reply(self, comment_id: str, text: str, *, author: str, now: datetime) -> Comment:
        """Go on in a comment's thread, which opens it again where it was resolved.

        Raises:
            NotFoundError: There is no such comment.
            InputError: The text is empty or too long.
        """
        with self._db.database.begin():
            first = self.get(self.get(comment_id).thread_id)
            made = self._add(first.place, first.thread_id, text, author=author, now=now)
            if first.resolved_by is not None:
                self._set(first, by=author, now=now, resolved_by=None, resolved_at=None)
        return made

    def edit(self, comment_id: str, text: str, *, version: int, author: str, now: datetime) -> Comment:
        """Word a comment otherwise.

        Raises:
            NotFoundError: There is no such comment.
            ConflictError: It was changed since that version, or is somebody else's.
            InputError: The text is empty or too long.
        """
        words = clean_text("the comment", text, max_chars=MAX_COMMENT_CHARS)
        with self._db.database.begin():
            found = self.get(comment_id)
            if found.author != author:
                msg = f"comment {comment_id!r} is somebody else's"
                raise ConflictError(msg, hint="Answer it instead.")
            _check_version(found, version)
            self._set(found, by=author, now=now, text=words)
            return self.get(comment_id)

    def resolve(self, comment_id: str, *, version: int, by: str, now: datetime) -> Comment:
        """Close a thread; a reply opens it again.

        Args:
            comment_id: Of the comment that began it.
            version: Of that comment as it was seen.
            by: Who closes it.
            now: Time.

        Raises:
            NotFoundError: There is no such comment.
            InputError: It did not begin its thread.
            ConflictError: It was changed since that version.
        """
        with self._db.database.begin():
            found = self.get(comment_id)
            if found.thread_id != comment_id:
                msg = f"comment {comment_id!r} is a reply; the comment that began the thread was expected"
                raise InputError(msg, hint=f"Resolve {found.thread_id!r}.")
            _check_version(found, version)
            self._set(found, by=by, now=now, resolved_by=by, resolved_at=now)
            return self.get(comment_id)

    def get(self, comment_id: str) -> Comment:
        """Return a comment.

        Raises:
            NotFoundError: There is no such comment.
        """
        rows = self._db.rows(self._db.select(comments).where(comments.c.comment_id == comment_id))
        if not rows:
            msg = f"comment {comment_id!r} is not in the workspace"
            raise NotFoundError(msg, hint="Load the map again.")
        return _comment(rows[0])

    def of_map(self, map_id: str) -> tuple[Comment, ...]:
        """Return all comments on a map: thread by thread in the order they were begun, each in its order."""
        query = self._db.select(comments).where(comments.c.map_id == map_id).order_by(comments.c.number)
        return _by_thread(map(_comment, self._db.rows(query)))

    def _check(self, place: MapPlace) -> None:
        """Look that a place is on the map; a comment keeps its place when a later version has it no more."""
        journey_map = self._results.map(place.map_id)
        stages = {stage.name: stage for stage in journey_map.stages}
        if place.stage is not None and place.stage not in stages:
            msg = f"map {place.map_id!r} has no stage {place.stage!r}"
            raise NotFoundError(msg, hint=f"It has {', '.join(stages)}.")
        if place.claim_id is None:
            return
        cells = [stage.cells for name, stage in stages.items() if place.stage in {None, name}]
        claims = {
            claim.claim_id for cell in cells for lane, claims in cell.items() if place.lane in {None, lane}
            for claim in claims
        }  # fmt: skip
        if place.claim_id not in claims:
            msg = f"there is no claim {place.claim_id!r} at that place of map {place.map_id!r}"
            raise NotFoundError(msg, hint="A newer version of the map may not have it; load the map again.")

    def _add(
        self, place: MapPlace, thread_id: str | None, text: str, *, author: str, now: datetime
    ) -> Comment:
        words = clean_text("the comment", text, max_chars=MAX_COMMENT_CHARS)
        comment_id = new_id("n")
        with self._db.database.begin():
            query = self._db.select(comments, sa.func.max(comments.c.number))
            last = self._db.scalar(query.where(comments.c.map_id == place.map_id)) or 0
            row = {
                **place.model_dump(mode="json"),
                "comment_id": comment_id,
                "thread_id": thread_id,
                "number": int(last) + 1,
                "author": author,
                "at": now,
                "text": words,
                "version": 1,
                "changed_by": author,
                "changed_at": now,
                "resolved_by": None,
                "resolved_at": None,
            }
            self._db.add_new(comments, [row])
        return self.get(comment_id)

    def _set(self, found: Comment, *, by: str, now: datetime, **changes: object) -> None:
        values = {**changes, "version": found.version + 1, "changed_by": by, "changed_at": now}
        update = self._db.update(comments).where(comments.c.comment_id == found.comment_id)
        self._db.execute(update.values(**values))


def _check_version(found: Comment, version: int) -> None:
    check_seen(Noted({}, found.version, found.changed_by, found.changed_at), version)


def _by_thread(found: Iterable[Comment]) -> tuple[Comment, ...]:
    threads: dict[str, list[Comment]] = {}
    for comment in found:
        threads.setdefault(comment.thread_id, []).append(comment)
    return tuple(comment for thread in threads.values() for comment in thread)


def _comment(row: sa.Row[Any]) -> Comment:
    return Comment(
        comment_id=row.comment_id,
        place=MapPlace(
            map_id=row.map_id,
            stage=row.stage,
            lane=None if row.lane is None else Lane(row.lane),
            claim_id=row.claim_id,
        ),
        thread_id=row.thread_id or row.comment_id,
        author=row.author,
        at=row.at,
        text=row.text,
        version=row.version,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        resolved_by=row.resolved_by,
        resolved_at=row.resolved_at,
    )
