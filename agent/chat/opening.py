"""Opens the analyst of a workspace: a language model where one is set up, else the analyst that needs none."""

import threading
from collections.abc import Callable

from agent.chat.agent import Analyst
from agent.chat.context import DataDictionary, DataName, RequestContext
from agent.chat.loop import Limits
from agent.chat.offline_model import OFFLINE_WRITER, OfflineChatModel
from agent.chat.requests import Predict, SuggestActions
from agent.chat.toolbox import Toolbox
from agent.chat.understand import Vocabulary
from agent.chat.understand.names import vocabulary_of
from agent.chat.understand.suggesting import opening_questions
from agent.pipeline.snapshot import Snapshot
from agent.pipeline.workspace import Workspace
from agent.schemas.accounts import Role

SnapshotOf = Callable[[], Snapshot]

_MOST_NAMES = 60
"""Of values of one trait, and of events, that a model is told: a longer list costs more than it helps."""


def open_analyst(workspace: Workspace, tools: Toolbox, *, snapshot_of: SnapshotOf) -> Analyst:
    """Return the analyst of a workspace.

    Args:
        workspace: Whose settings say which model, and whose log keeps what is sent to it.
        tools: Of the workspace.
        snapshot_of: Returns what the data holds at the time of a question.
    """
    settings = workspace.settings
    name = workspace.store.workspace.name
    if not settings.has_model:
        names = _Names(snapshot_of)
        model = OfflineChatModel(encoder=workspace.encoder, vocabulary=names.vocabulary)
        return Analyst(tools, model, workspace=name, writer=OFFLINE_WRITER, trusted=True)
    from agent.models import chat_model  # noqa: PLC0415 - two seconds that offline runs spare

    return Analyst(
        tools,
        chat_model(settings),
        workspace=name,
        writer=settings.model,
        dictionary=lambda: dictionary_of(snapshot_of()),
        call_log=workspace.store.model_calls,
        limits=Limits.of(settings),
    )


def first_questions(workspace: Workspace, snapshot: Snapshot) -> tuple[str, ...]:
    """Return questions that an empty conversation may begin with, all of which can be answered."""
    return opening_questions(vocabulary_of(snapshot), encoder=workspace.encoder)


def warm_tools(workspace: Workspace, tools: Toolbox) -> None:
    """Have the tools compute what takes them seconds, so that nobody who asks waits for it.

    Raises:
        StoreError: The stores cannot be read.
    """
    context = RequestContext(workspace.store.workspace.name, "", Role.VIEWER, workspace.now)
    for request in (
        SuggestActions(),
        Predict(target="purchase"),
        Predict(target="exit"),
        Predict(target="next_step"),
    ):
        tools.run(request, context=context)


def dictionary_of(snapshot: Snapshot) -> DataDictionary:
    """Return the names that stand in the data, as a language model is told them."""
    return DataDictionary(
        stages=snapshot.stages,
        traits=tuple(
            DataName(name=key, values=tuple(values)[:_MOST_NAMES]) for key, values in snapshot.traits.items()
        ),
        events=tuple(snapshot.events)[:_MOST_NAMES],
        channels=tuple(snapshot.channels),
        kinds=tuple(snapshot.kinds),
    )


class _Names:
    """The vocabulary of the latest snapshot; made anew only when the snapshot, or what people stored, has changed."""

    def __init__(self, snapshot_of: SnapshotOf) -> None:
        self._snapshot_of = snapshot_of
        self._known: tuple[object, Vocabulary] | None = None
        self._making = threading.Lock()

    def vocabulary(self) -> Vocabulary:
        snapshot = self._snapshot_of()
        stored = snapshot.workspace.store.results.changed()
        key = (snapshot.revision, stored)
        # Many ask at once when something was stored: one makes it, the others wait.
        with self._making:
            if self._known is None or self._known[0] != key:
                self._known = (key, vocabulary_of(snapshot))
            return self._known[1]
