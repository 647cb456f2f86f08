"""What readers see of a theme or of a conversation: who says it, in which words, and who says otherwise."""

from agent.analyse.quotes import Spoken, choose_opposing, choose_quotes
from agent.analyse.summaries import ConversationSummary, ThemeSummary, summarise_conversation, summarise_theme
from agent.errors import NotFoundError
from agent.pipeline.analysis import ReadPassages
from agent.pipeline.workspace import Workspace
from agent.schemas.base import Frozen
from agent.schemas.evidence import Evidence
from agent.schemas.insight import Theme


class ThemeView(Frozen):
    """A theme with its summary, quotes for it, and quotes of customers who are glad about the same matter."""

    theme: Theme
    n_customers: int
    summary: ThemeSummary
    evidence: tuple[Evidence, ...]
    opposing: tuple[Evidence, ...]


def view_theme(theme: Theme, read: ReadPassages) -> ThemeView:
    """Return what is seen of a theme.

    Args:
        theme: One of the themes of what was read.
        read: All working passages.
    """
    row_of = {passage.passage_id: row for row, passage in enumerate(read.passages)}
    rows = [row_of[key] for key in theme.passage_ids if key in row_of]
    members, vectors = [read.passages[row] for row in rows], read.vectors[rows]
    return ThemeView(
        theme=theme,
        n_customers=len({passage.person_id for passage in members}),
        summary=summarise_theme(members, vectors),
        evidence=choose_quotes(members, vectors, terms=theme.terms),
        opposing=choose_opposing(vectors, Spoken(read.passages, read.vectors, read.readings)) if rows else (),
    )


def view_conversation(workspace: Workspace, record_id: str) -> tuple[str, ConversationSummary]:
    """Return the text of a record of a working customer, and its summary.

    Raises:
        NotFoundError: There is no such record, or its customer is held out.
    """
    record = workspace.store.records.get_many([record_id]).get(record_id)
    if record is None:
        msg = f"record {record_id!r} is not in the workspace"
        raise NotFoundError(msg, hint="`journey search` and `journey themes show` name records.")
    return record.text, summarise_conversation(record, encoder=workspace.encoder)
