"""What a conversation is made of: questions, typed answers, and the citations that stand behind every sentence.

The same objects are streamed, stored, returned as JSON and exported; nothing downstream adds a quote or a number.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, JsonValue, model_validator

from agent.schemas.base import Frozen
from agent.schemas.evidence import Evidence, Metric
from agent.schemas.records import Kind


class QuoteSource(Frozen):
    """Where a cited quote comes from, as a reader sees it."""

    external_id: str
    kind: Kind
    channel: str | None
    at: AwareDatetime | None


class AnswerCitation(Frozen):
    """What a sentence rests on: a verbatim quote, or a computed number. Exactly one of the two."""

    citation_id: str = Field(pattern=r"^c[1-9]\d*$")
    """Unique in an answer; sentences, table rows and exports name it."""
    evidence: Evidence | None = None
    source: QuoteSource | None = None
    """Of a quote only."""
    metric: Metric | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.evidence is None) == (self.metric is None) or (self.evidence is None) != (
            self.source is None
        ):
            msg = "a citation holds either a quote with its source or a metric"
            raise ValueError(msg)
        return self


class SentenceKind(StrEnum):
    """What a sentence does; only guidance may stand without a citation."""

    FINDING = "finding"
    """States something about customers."""
    SUGGESTION = "suggestion"
    """What could be done; follows from findings and is never one."""
    GUIDANCE = "guidance"
    """Says how the product works or what it did; nothing about customers."""


class Sentence(Frozen):
    """One sentence of an answer."""

    kind: SentenceKind
    text: str
    """As a reader sees it, every number written by code."""
    template: str
    """As it was worded, numbers still `{{m:...}}`."""
    citations: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _cited(self) -> Self:
        if self.kind is not SentenceKind.GUIDANCE and not self.citations:
            msg = f"a {self.kind.value} names at least one citation"
            raise ValueError(msg)
        return self


class TableRow(Frozen):
    """One row of a table; its cells were written by code."""

    cells: tuple[str, ...]
    citations: tuple[str, ...] = ()
    target: "Target | None" = None
    """Where the row leads."""


class Table(Frozen):
    """Figures beside each other."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]


PictureKind = Literal[
    "transitions", "sankey", "funnel", "retention", "stages", "moments", "trend", "emotion", "personas", "attribution",
    "conformance", "comparison", "opportunities",
]  # fmt: skip


class Picture(Frozen):
    """A picture that the stores can draw again: what of, and with what arguments."""

    kind: PictureKind
    params: dict[str, str | tuple[str, ...]] = Field(default_factory=dict[str, str | tuple[str, ...]])
    alt: str
    """What it shows, for those who do not see it."""


class Target(Frozen):
    """A place in the product."""

    place: Literal[
        "map",
        "pain_point",
        "pain_points",
        "variant_set",
        "variants",
        "record",
        "evidence",
        "journeys",
        "sources",
        "settings",
    ]
    ref: str = ""
    """Id of the thing; empty for a whole page."""
    label: str


class Missing(Frozen):
    """The data does not say."""

    reason: Literal[
        "empty",
        "no_events",
        "no_texts",
        "not_mentioned",
        "unknown_value",
        "unknown_thing",
        "too_few",
        "not_measured",
    ]
    statement: str
    """What the data does not say."""
    needed: str
    """What would have to be read in or asked for an answer."""


class Choice(Frozen):
    """One meaning of an ambiguous request; choosing it asks `request`."""

    label: str
    request: str


class ToolUse(Frozen):
    """One call of a tool, as it happened."""

    tool: str
    arguments: dict[str, JsonValue]
    ok: bool
    error: str | None = None
    """Our message where it failed."""


class PendingChange(Frozen):
    """A change that waits for a person's approval; nothing is stored before."""

    change_id: str
    tool: str
    arguments: dict[str, JsonValue]
    summary: str
    """What will be made or changed."""


class Outcome(StrEnum):
    """What became of a request."""

    ANSWERED = "answered"
    UNKNOWN = "unknown"
    """The data does not say; `missing` tells what would be needed."""
    CLARIFY = "clarify"
    """Ambiguous; `choices` are what may be meant."""
    CANNOT = "cannot"
    """Nothing the product does."""
    PENDING = "pending"
    """A change waits for approval."""
    FAILED = "failed"
    """A tool or the model failed; `error` says how."""
    STOPPED = "stopped"
    """The reader stopped it; what stands was verified."""


class ToolResult(Frozen):
    """What a tool found, typed; an answer is made of such results and of nothing else."""

    tool: str
    understood: str
    """What was asked, as the tool took it: what, of whom, when."""
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[AnswerCitation, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    targets: tuple[Target, ...] = ()
    missing: Missing | None = None
    next_questions: tuple[str, ...] = ()
    """Questions that the data suggests and that can be answered."""


class Answer(Frozen):
    """A finished answer."""

    outcome: Outcome
    understood: str = ""
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[AnswerCitation, ...] = ()
    """Every citation that a sentence or a row names, and no others."""
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    targets: tuple[Target, ...] = ()
    missing: tuple[Missing, ...] = ()
    choices: tuple[Choice, ...] = ()
    pending: PendingChange | None = None
    error: str | None = None
    """Our message where it failed, with what to do."""
    next_questions: tuple[str, ...] = ()
    tools: tuple[ToolUse, ...] = ()
    writer: str
    """Model that worded it, or the offline analyst."""
    n_removed: int = Field(default=0, ge=0)
    """Sentences that did not verify and were removed."""

    @model_validator(mode="after")
    def _citations_are_there(self) -> Self:
        known = {citation.citation_id for citation in self.citations}
        named = {name for sentence in self.sentences for name in sentence.citations}
        named |= {name for table in self.tables for row in table.rows for name in row.citations}
        if named != known:
            msg = f"citations and their names differ: {', '.join(sorted(named ^ known))}"
            raise ValueError(msg)
        return self


class StatusEvent(Frozen):
    """What is being done."""

    event: Literal["status"] = "status"
    text: str
    tool: str | None = None


class SentenceEvent(Frozen):
    """A verified sentence, with the citations that it is the first to name."""

    event: Literal["sentence"] = "sentence"
    sentence: Sentence
    citations: tuple[AnswerCitation, ...] = ()


class AnswerEvent(Frozen):
    """The finished answer, which stands in place of all that was streamed before."""

    event: Literal["answer"] = "answer"
    answer: Answer


ChatEvent = Annotated[StatusEvent | SentenceEvent | AnswerEvent, Field(discriminator="event")]


class Message(Frozen):
    """One turn of a conversation: what a person asked, and the answer to it."""

    message_id: str
    parent_id: str | None
    """The turn before it; two turns with one parent are branches."""
    question: str
    asked_at: AwareDatetime
    answer: Answer | None
    """None while it is being worked on, or where the work was cut off."""
    answered_at: AwareDatetime | None = None
    cut_off: bool = False
    """There is no answer and nobody is working on one, as after a restart."""


class Conversation(Frozen):
    """A named conversation of one person in one workspace."""

    conversation_id: str
    owner: str
    """Account it belongs to."""
    title: str
    created_at: AwareDatetime
    changed_at: AwareDatetime
    head: str | None
    """The turn that is shown last; its ancestors are the branch that is read."""


class Correction(Frozen):
    """A reader's correction of what a passage is about, kept as a labelled example."""

    correction_id: str
    record_id: str
    start: int
    end: int
    text_sha256: str
    """Of the record's whole text; a correction of words that have changed since is not applied."""
    theme_id: str
    about: bool
    """False: "this is not about it"."""
    by: str
    at: AwareDatetime
