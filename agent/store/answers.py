"""How answers are kept: as JSON with the version of its form, and what is searched and erased by.

An answer that this version of the product cannot read is shown as such; its JSON stays as it is.
"""

import re
import unicodedata

from pydantic import ValidationError

from agent.schemas.chat import Answer, Outcome, Sentence, SentenceKind

ANSWER_VERSION = "1"
"""Of the form of `Answer`; a field that is added with a default needs no other one."""
_UNREADABLE = "unreadable"
_DECIDED_ELSEWHERE = (
    "A change was proposed here: it is approved or left in the conversation that this one is a copy of. "
    "Ask for it again to have it here."
)
_SPACE = re.compile(r"\s+")


def dump_answer(answer: Answer) -> str:
    """Return an answer as it is stored."""
    return answer.model_dump_json()


def load_answer(body: str, version: str) -> Answer:
    """Return a stored answer; one that says that it cannot be read where it is of another form."""
    if version == ANSWER_VERSION:
        try:
            return Answer.model_validate_json(body)
        except ValidationError:
            return _unreadable(version)
    return _unreadable(version)


def without_pending(answer: Answer) -> Answer:
    """Return an answer for a copy of its conversation: a change that waits in it is decided in one place alone."""
    if answer.pending is None:
        return answer
    said = Sentence(kind=SentenceKind.GUIDANCE, text=_DECIDED_ELSEWHERE, template=_DECIDED_ELSEWHERE)
    return answer.model_copy(
        update={
            "outcome": Outcome.ANSWERED,
            "sentences": (*answer.sentences, said),
            "pending": None,
        }
    )


def record_ids_of(answer: Answer) -> frozenset[str]:
    """Return the records that an answer quotes or leads to."""
    quoted = {citation.evidence.record_id for citation in answer.citations if citation.evidence is not None}
    targets = [*answer.targets, *(row.target for table in answer.tables for row in table.rows)]
    led_to = {target.ref for target in targets if target is not None and target.place == "record"}
    return frozenset(quoted | led_to) - {""}


def lines_of(answer: Answer | None) -> list[str]:
    """Return what of an answer can be searched: its sentences, and what the data did not say."""
    if answer is None:
        return []
    sentences = [sentence.text for sentence in answer.sentences]
    return [*sentences, *(missing.statement for missing in answer.missing)]


def folded(text: str) -> str:
    """Return a text as it is searched: without case, width or runs of space."""
    return _SPACE.sub(
        " ", unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    ).strip()


def _unreadable(version: str) -> Answer:
    msg = (
        f"This answer was stored in form {version!r}, which this version of the product cannot show. "
        "Ask again, or use the version that wrote it."
    )
    return Answer(outcome=Outcome.FAILED, error=msg, writer=_UNREADABLE)
