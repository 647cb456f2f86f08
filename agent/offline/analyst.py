"""The offline analyst behind the `Writer` port: same inputs, same words, no network."""

from agent.errors import NotFoundError
from agent.offline.copywriting import draft_copy
from agent.offline.opportunities import word_opportunity
from agent.offline.stages import draft_stage
from agent.offline.themes import name_theme
from agent.ports import OutT, WritingTask
from agent.schemas.base import Frozen
from agent.schemas.writing import CopyBrief, OpportunityBrief, StageBrief, ThemeBrief


class OfflineAnalyst:
    """Writes what can be written from the inputs alone, and nothing else."""

    model_id = "offline-analyst-v1"

    def write(self, task: WritingTask[OutT]) -> OutT:
        """Return the wording.

        Raises:
            NotFoundError: The task is none that a writer knows.
        """
        return task.output.model_validate(self._written(task.inputs), from_attributes=True)

    def _written(self, inputs: Frozen) -> Frozen:
        match inputs:
            case ThemeBrief():
                return name_theme(inputs)
            case StageBrief():
                return draft_stage(inputs)
            case OpportunityBrief():
                return word_opportunity(inputs)
            case CopyBrief():
                return draft_copy(inputs)
            case _:
                msg = (
                    f"the offline analyst does not know a task with inputs of type {type(inputs).__name__!r}"
                )
                raise NotFoundError(msg)
