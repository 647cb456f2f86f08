"""Proposes variants for a pain point of the stores and tells, of any passage, whether it voices that pain point."""

from collections.abc import Mapping

from agent.corpus import Corpus
from agent.draft.cells import pain_metric
from agent.pipeline.workspace import Workspace
from agent.schemas.creative import CreativeChannel, VariantSet
from agent.schemas.insight import PainPoint
from agent.variants.channels import control_copy
from agent.variants.propose import VariantRequest, facts_of, propose_variants


def propose(
    workspace: Workspace,
    pain_point: PainPoint,
    corpus: Corpus,
    *,
    channel: CreativeChannel,
    control: Mapping[str, str] | str | None,
    n: int,
) -> VariantSet:
    """Propose variants that answer a pain point; nothing is stored yet.

    Raises:
        InputError: The control does not fit its channel, or the number is out of range.
        ModelError: The writer could not answer.
    """
    request = VariantRequest(
        pain_point=pain_point,
        control=control_copy(channel, control),
        facts=facts_of(pain_point, pain_metric(pain_point, corpus)),
        n=n,
        now=workspace.now,
    )
    return propose_variants(request, writer=workspace.writer)
