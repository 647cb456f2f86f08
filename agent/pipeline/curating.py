"""What people do with themes: rename, merge, split, move passages, pin, and undo any of it.

Every action is checked against the themes as they are, stored as the next entry of a log that only grows, and applied at
once. Customers who are held out are in no theme, so no action can name what they said.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from agent.analyse.decisions import in_force, pins_in_force
from agent.analyse.phrases import name_groups
from agent.errors import InputError, NotFoundError
from agent.pipeline.analysis import ReadPassages, current_themes, read_everything
from agent.pipeline.curated_words import MAX_LABEL_CHARS, check_claim, shown_line
from agent.pipeline.workspace import Workspace
from agent.ports import Progress
from agent.schemas.curation import CurationEntry, Edit, EditNote, Merge, Move, Pin, Rename, Split, Undo, Unpin
from agent.schemas.insight import Theme
from agent.store.results import StoredThemes

_N_NEAREST = 3
_LIKE = 0.4


@dataclass(frozen=True)
class Decided:
    """A stored decision and what it led to."""

    entry: CurationEntry
    themes: StoredThemes
    version: int

    @property
    def notes(self) -> tuple[EditNote, ...]:
        """Decisions that cannot be applied as they were meant, now."""
        return self.themes.notes


@dataclass(frozen=True)
class Curator:
    """The themes of a workspace as they are, and the way to decide about them."""

    workspace: Workspace
    read: ReadPassages
    themes: StoredThemes
    version: int
    by: str
    reason: str

    @classmethod
    def of(
        cls, workspace: Workspace, *, by: str = "", reason: str = "", on_progress: Progress | None = None
    ) -> "Curator":
        """Find the themes as they are now.

        Args:
            workspace: Whose themes.
            by: Who decides; needed for deciding, not for looking.
            reason: Why.
            on_progress: Told of passages as they are read.

        Raises:
            InputError: `by` or `reason` is too long or would steer what shows it.
        """
        who, why = shown_line("the name of who decides", by), shown_line("the reason", reason)
        read = read_everything(workspace, on_progress=on_progress)
        return cls(workspace, read, *current_themes(workspace, read), who, why)

    def theme(self, name: str) -> Theme:
        """Return a theme by its id, or by its label as a whole.

        Raises:
            NotFoundError: There is no such theme; the nearest are named.
            InputError: Several themes have that label.
        """
        wanted = name.strip()
        for theme in self.themes.themes:
            if theme.theme_id == wanted:
                return theme
        same = [theme for theme in self.themes.themes if _plain(theme.label) == _plain(wanted)]
        if len(same) == 1:
            return same[0]
        if same:
            ids = ", ".join(theme.theme_id for theme in same)
            msg = f"{len(same)} themes are called {name!r}: {ids}"
            raise InputError(msg, hint="Name the one that is meant by its id.")
        msg = f"there is no theme {name!r}"
        raise NotFoundError(msg, hint=f"{self._nearest(wanted)} `journey themes list` shows all.")

    def rename(self, name: str, label: str, definition: str = "") -> Decided:
        """Call a theme otherwise.

        Args:
            name: Id or label.
            label: New name, shown to customers' readers.
            definition: New definition; the old one where empty.

        Raises:
            NotFoundError: There is no such theme.
            InputError: The name cannot be shown, or another theme has it.
        """
        theme = self.theme(name)
        words = shown_line("the definition", definition)
        check_claim(words)
        label = self._label(label, but=theme.theme_id)
        if (label, words or theme.definition) == (theme.label, theme.definition):
            msg = f"theme {theme.theme_id!r} is called {label!r} already"
            raise InputError(msg, hint="Give it another name.")
        return self._decide(Rename(theme=theme, label=label, definition=words or theme.definition))

    def merge(self, into: str, others: Sequence[str]) -> Decided:
        """Make themes part of another one.

        Args:
            into: Id or label of the theme that stays.
            others: Ids or labels of those that become part of it.

        Raises:
            NotFoundError: There is no such theme.
            InputError: A theme would be merged with itself, or is pinned.
        """
        target = self.theme(into)
        merged = [self.theme(name) for name in others]
        ids = [theme.theme_id for theme in merged]
        if not ids or target.theme_id in ids or len(set(ids)) < len(ids):
            msg = (
                f"theme {target.label!r} cannot be merged with itself; other themes were expected, each once"
            )
            raise InputError(msg, hint="Name the theme that stays first, then the others.")
        for theme in merged:
            if theme.theme_id in self.pins:
                msg = f"theme {theme.label!r} is pinned and cannot become part of another"
                raise InputError(msg, hint=f"`journey themes unpin {theme.theme_id}` first.")
        return self._decide(Merge(into=target, others=tuple(merged)))

    def split(self, name: str, label: str, passage_ids: Iterable[str]) -> Decided:
        """Make some members of a theme a theme of their own.

        Args:
            name: Id or label of the theme.
            label: Name of the new one.
            passage_ids: The members, not all of them.

        Raises:
            NotFoundError: There is no such theme.
            InputError: The name cannot be shown, or the passages are no members, or are all of them.
        """
        source = self.theme(name)
        label = self._label(label)
        keys = self._members(source, passage_ids)
        if len(keys) == len(source.passage_ids):
            msg = f"these are all {len(keys)} members of theme {source.label!r}; some must stay"
            raise InputError(msg, hint="`journey themes rename` gives the whole theme another name.")
        number = self.workspace.store.curation.length() + 1
        named = frozenset(keys)
        rest = [key for key in source.passage_ids if key not in named]
        groups = [[self._row_of[key] for key in part] for part in (keys, rest)]
        naming = name_groups(
            groups,
            [passage.text for passage in self.read.passages],
            self.read.vectors,
            reader=self.workspace.reader,
            persons=[passage.person_id for passage in self.read.passages],
        )[0]
        seed = "\n".join([str(number), source.theme_id, *sorted(keys)])
        made = Theme(
            theme_id="t_" + sha256(seed.encode()).hexdigest()[:16],
            label=label,
            definition=naming.definition,
            stage=source.stage,
            terms=naming.terms,
            passage_ids=tuple(keys),
            core_passage_ids=tuple(keys[:1]),
        )
        return self._decide(Split(source=source, theme=made))

    def move(self, passage_ids: Iterable[str], target: str | None) -> Decided:
        """Put passages into another theme, or into none.

        Args:
            passage_ids: Of any themes or of none.
            target: Id or label; None takes them out of their themes.

        Raises:
            NotFoundError: There is no such theme.
            InputError: There is no such passage, or it is where it was to go.
        """
        goal = None if target is None else self.theme(target)
        keys = list(dict.fromkeys(passage_ids))
        strange = [key for key in keys if key not in self._row_of]
        if strange or not keys:
            raise _not_passages(strange, "a passage of a customer whose words may be used")
        sources = [theme for theme in self.themes.themes if not set(keys).isdisjoint(theme.passage_ids)]
        if goal is None:
            inside = {key for theme in sources for key in theme.passage_ids}
            idle = [key for key in keys if key not in inside]
        else:
            idle = [key for key in keys if self.themes.assignments.get(key) == goal.theme_id]
        if idle:
            place = "in no theme" if goal is None else f"in theme {goal.label!r}"
            msg = f"passage {idle[0]!r} is {place} already"
            raise InputError(msg, hint="Leave it out.")
        leaves = {self.themes.assignments.get(key) for key in keys}
        left = [theme for theme in sources if goal is None or theme.theme_id in leaves]
        texts = self._text_sha256s(keys)
        edit = Move(passage_ids=tuple(keys), sources=tuple(left), target=goal, text_sha256s=texts)
        return self._decide(edit)

    def take_out(self, passage_ids: Iterable[str], name: str) -> Decided:
        """Take passages out of one theme; the other themes they are in keep them.

        Args:
            passage_ids: Members of the theme.
            name: Id or label of the theme.

        Raises:
            NotFoundError: There is no such theme.
            InputError: A passage is no member.
        """
        source = self.theme(name)
        keys = self._members(source, passage_ids)
        edit = Move(
            passage_ids=tuple(keys),
            sources=(source,),
            target=None,
            keep_others=True,
            text_sha256s=self._text_sha256s(keys),
        )
        return self._decide(edit)

    def pin(self, name: str) -> Decided:
        """Keep a theme, whatever is found later.

        Raises:
            NotFoundError: There is no such theme.
            InputError: It is pinned already.
        """
        theme = self.theme(name)
        if theme.theme_id in self.pins:
            msg = f"theme {theme.label!r} is pinned already"
            raise InputError(msg, hint="`journey themes list` shows what is pinned.")
        return self._decide(Pin(theme=theme))

    def unpin(self, name: str) -> Decided:
        """Let a pinned theme go its way again.

        Raises:
            NotFoundError: There is no such theme.
            InputError: It is not pinned.
        """
        theme = self.theme(name)
        if theme.theme_id not in self.pins:
            msg = f"theme {theme.label!r} is not pinned"
            raise InputError(msg, hint="`journey themes list` shows what is pinned.")
        return self._decide(Unpin(theme=theme))

    def undo(self, number: int | None = None) -> Decided:
        """Take a decision back; an undoing one taken back makes what it undid count again.

        Args:
            number: Of the entry; the latest decision that counts where None.

        Raises:
            NotFoundError: There is no such entry, or nothing to undo.
            InputError: It was taken back already.
        """
        counts = [entry.number for entry in in_force(self.entries)]
        if number is None:
            if not counts:
                msg = "no decision about themes counts, so there is nothing to undo"
                raise NotFoundError(msg, hint="`journey themes history` lists all decisions.")
            number = counts[-1]
        if not 1 <= number <= len(self.entries):
            msg = f"there is no entry {number}; the history has {len(self.entries)}"
            raise NotFoundError(msg, hint="`journey themes history` lists them.")
        by = undone_by(self.entries).get(number)
        if by is not None:
            msg = f"entry {number} was taken back already, by entry {by}"
            raise InputError(msg, hint=f"`journey themes undo {by}` makes it count again.")
        return self._decide(Undo(number=number))

    @cached_property
    def entries(self) -> list[CurationEntry]:
        """The whole log, oldest first."""
        return list(self.workspace.store.curation.entries())

    @cached_property
    def pins(self) -> frozenset[str]:
        """Ids of the themes that are pinned."""
        return frozenset(pins_in_force(self.entries))

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {passage.passage_id: row for row, passage in enumerate(self.read.passages)}

    def _text_sha256s(self, keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.read.passages[self._row_of[key]].text_sha256 for key in keys)

    def _decide(self, edit: Edit) -> Decided:
        if not self.by:
            msg = "the name of who decides is empty"
            raise InputError(msg, hint="Say who decides with --by.")
        store = self.workspace.store
        with store.transaction():
            entry = store.curation.append(
                edit, by=self.by, reason=self.reason, theme_set=self.version, now=self.workspace.now
            )
            themes, version = current_themes(self.workspace, self.read)
        return Decided(entry, themes, version)

    def _label(self, label: str, *, but: str = "") -> str:
        words = shown_line("the name of a theme", label, limit=MAX_LABEL_CHARS)
        if not any(char.isalpha() for char in words):
            msg = f"a theme cannot be called {label!r}; a name with a letter in it was expected"
            raise InputError(msg, hint="Name what customers complain about, in a few words.")
        check_claim(words)
        for theme in self.themes.themes:
            if theme.theme_id != but and _plain(theme.label) == _plain(words):
                msg = f"theme {theme.theme_id!r} is called {theme.label!r} already"
                raise InputError(msg, hint="Choose another name, or `journey themes merge` the two.")
        return words

    def _members(self, theme: Theme, passage_ids: Iterable[str]) -> list[str]:
        keys, inside = list(dict.fromkeys(passage_ids)), frozenset(theme.passage_ids)
        strange = [key for key in keys if key not in inside]
        if strange or not keys:
            raise _not_passages(strange, f"a member of theme {theme.label!r}")
        return keys

    def _nearest(self, wanted: str) -> str:
        names = {theme.theme_id: theme for theme in self.themes.themes}
        plain = {_plain(theme.label): theme for theme in self.themes.themes}
        by_id = [names[name] for name in difflib.get_close_matches(wanted, names, _N_NEAREST, _LIKE)]
        by_label = [
            plain[name] for name in difflib.get_close_matches(_plain(wanted), plain, _N_NEAREST, _LIKE)
        ]
        nearest = by_id if wanted.startswith("t_") else by_label
        listed = [f"{theme.theme_id} ({theme.label})" for theme in nearest]
        return f"Nearest: {'; '.join(listed)}." if listed else "Give a theme's id or its whole name."


def undone_by(entries: Sequence[CurationEntry]) -> dict[int, int]:
    """Return for each entry that does not count which entry took it back."""
    undone: dict[int, int] = {}
    for entry in reversed(entries):
        if isinstance(entry.edit, Undo) and entry.number not in undone:
            undone[entry.edit.number] = entry.number
    return undone


def _not_passages(strange: Sequence[str], expected: str) -> InputError:
    named = ", ".join(map(repr, strange[:_N_NEAREST])) or "nothing"
    more = f" and {len(strange) - _N_NEAREST} more" if len(strange) > _N_NEAREST else ""
    msg = f"{named}{more} is not {expected}"
    return InputError(msg, hint="`journey themes show ID --json` lists a theme's passages with their ids.")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
