"""A list of tags, texts that carry them, and how well a tag is told."""

from dataclasses import dataclass

from pydantic import Field

from agent.schemas.base import Frozen
from agent.schemas.evidence import Evidence, Quantity
from agent.schemas.insight import Trend

POLARITIES = (-1, 0, 1)
"""Bad, neither, good."""


class TagDefinition(Frozen):
    """One tag of a taxonomy, in the words of whoever made it."""

    tag: str
    definition: str = ""
    examples: tuple[str, ...] = ()
    polarity: bool = False
    """Whether a text that carries the tag is for or against what it names."""


class Taxonomy(Frozen):
    """The tags that may be given; a text may also carry none of them."""

    tags: tuple[TagDefinition, ...] = Field(min_length=1)

    @property
    def names(self) -> tuple[str, ...]:
        """The tags in their order."""
        return tuple(tag.tag for tag in self.tags)


@dataclass(frozen=True, slots=True)
class Label:
    """A tag that a person gave, with its polarity where it was said."""

    tag: str
    polarity: int | None = None


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text with all the tags it carries; no labels means that none of them fits."""

    text: str
    labels: tuple[Label, ...]

    @property
    def wording(self) -> str:
        """What two texts share that are the same but for capitals and space."""
        return wording_of(self.text)


def wording_of(text: str) -> str:
    """Return a text without what makes no other text of it: capitals, and how much space stands where."""
    return " ".join(text.split()).casefold()


class AssignedTag(Frozen):
    """A tag given to a text, and the part of the text that justifies it."""

    tag: str
    polarity: int | None
    """-1, 0 or 1; None where the tag has none or the text does not say."""
    confidence: float
    """Chance that the text carries the tag: measured on the labels from 50 labelled texts on, else as is usual."""
    span: tuple[int, int]
    """Where the part stands: `text[start:end]`."""


class TaggedText(Frozen):
    """All tags of one row; an empty list says that none fits."""

    row: int
    tags: tuple[AssignedTag, ...]
    none: float | None
    """Chance that no tag of the list fits; None where the text could not be judged."""
    reason: str | None = None
    """Why the text could not be judged."""


class TagCard(Frozen):
    """How well a tag is told, measured on labelled texts while each was kept out of what judged it."""

    tag: str
    n: int
    """Labelled texts that carry the tag."""
    precision: Quantity
    """Of the texts given the tag, those that carry it."""
    recall: Quantity
    """Of the texts that carry the tag, those given it."""
    polarity_right: Quantity
    """Of the texts rightly given the tag, those given its polarity too."""
    reliable: bool
    """Whether a trend may be drawn: 10 labelled texts given it, precision at least 0.7, its interval from 0.5 up."""
    reason: str | None = None
    """Why it is not reliable."""


class TagReach(Frozen):
    """How many persons said something of a tag."""

    tag: str
    reach: Quantity
    """Distinct persons; as uncertain as the tag's card says, which the interval does not hold."""
    negative: Quantity
    """Of these, persons with a text that is against it."""
    trend: Trend
    """Unknown where the card does not say that the tag is told reliably."""
    card: TagCard | None
    """None without labelled texts."""
    evidence: tuple[Evidence, ...]
    """Typical passages, each of another person while there are other persons."""
