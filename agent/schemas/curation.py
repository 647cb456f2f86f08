"""What people decide about the themes that were found, and what became of each theme from version to version.

Decisions are entries of a log that only grows. An entry keeps the themes as they were when it was made, so that it can be
applied to themes that are found later from other data.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from agent.schemas.base import Frozen
from agent.schemas.insight import Theme


class Rename(Frozen):
    """A theme is called otherwise."""

    action: Literal["rename"] = "rename"
    theme: Theme
    """As it was."""
    label: str
    definition: str


class Merge(Frozen):
    """Themes become part of another one."""

    action: Literal["merge"] = "merge"
    into: Theme
    """As it was; the theme that stays."""
    others: tuple[Theme, ...]
    """As they were; their members at that time belong to `into` from then on."""


class Split(Frozen):
    """Some members of a theme become a theme of their own."""

    action: Literal["split"] = "split"
    source: Theme
    """As it was; the members that are not named stay with it."""
    theme: Theme
    """The new one; its members are those named."""


class Move(Frozen):
    """Passages belong to another theme than the one they were found in, or to none."""

    action: Literal["move"] = "move"
    passage_ids: tuple[str, ...]
    sources: tuple[Theme, ...]
    """The themes they were in, as they were; those of their members that are not named stay."""
    target: Theme | None
    """As it was; None for no theme."""
    keep_others: bool = False
    """Without a target: they leave `sources` alone, and stay in the other themes they are in."""
    text_sha256s: tuple[str, ...] = ()
    """Of the text of each passage's record; words that have changed since are not moved. Empty where nobody looked."""


class Pin(Frozen):
    """A theme stays, also where it would not be found again or would be found as a part of another."""

    action: Literal["pin"] = "pin"
    theme: Theme
    """As it was."""


class Unpin(Frozen):
    """A pin no longer holds."""

    action: Literal["unpin"] = "unpin"
    theme: Theme
    """As it was."""


class Undo(Frozen):
    """An earlier entry no longer counts; one that undid another makes that one count again."""

    action: Literal["undo"] = "undo"
    number: int
    """Of the entry."""


Edit = Annotated[Rename | Merge | Split | Move | Pin | Unpin | Undo, Field(discriminator="action")]


class CurationEntry(Frozen):
    """One decision: who, when, what and why."""

    number: int
    """Counted from 1, in the order the decisions were made."""
    at: AwareDatetime
    by: str
    reason: str
    """Empty where none was given."""
    theme_set: int
    """Version of the themes that were decided about."""
    edit: Edit


class EditNote(Frozen):
    """An entry that could not be applied as it was meant, because what it is about is not in the data any more."""

    number: int
    message: str


Fate = Literal["kept", "renamed", "split", "merged", "gone", "new"]


class ThemeFate(Frozen):
    """What became of a theme of the version before, or that a theme is new."""

    theme_id: str
    fate: Fate
    label_before: str | None
    """None where the theme is new."""
    label: str | None
    """None where the theme is not there any more."""
    into: tuple[str, ...] = ()
    """Other themes that took over a good part of its members; of a new theme, those its members come from."""
    n_kept: int = 0
    """Members of the version before that are still members."""
    n_before: int = 0
    """Members in the version before that are still said by somebody."""
