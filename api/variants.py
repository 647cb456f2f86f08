"""Proposes variants and has them checked: the one place where the generator and the held-out check meet."""

from collections.abc import Mapping

from agent.pipeline.creating import propose
from agent.pipeline.drafting import current_insight
from agent.pipeline.workspace import Workspace
from agent.schemas.creative import CreativeChannel, VariantSet
from agent.store.presence import require_held_out
from eval.checking import open_checker


def propose_and_check(
    workspace: Workspace,
    pain_point_id: str,
    *,
    channel: CreativeChannel,
    control: Mapping[str, str] | str | None,
    n: int,
) -> VariantSet:
    """Return stored variants that answer a pain point, each with its held-out verdict, and the certificate.

    Raises:
        NotFoundError: There is no such pain point.
        InputError: The control does not fit its channel, or the number is out of range.
        ModelError: The writer could not answer.
        StoreError: Held-out data that was stored is gone; what is left would prove too little.
    """
    require_held_out(workspace.store)
    pain_point = workspace.store.results.pain_point(pain_point_id)
    insight = current_insight(workspace, where={})
    variants = propose(workspace, pain_point, insight.corpus, channel=channel, control=control, n=n)
    return check_again(workspace, variants)


def check_again(workspace: Workspace, variants: VariantSet) -> VariantSet:
    """Return a set with fresh verdicts and a fresh certificate, stored.

    Raises:
        NotFoundError: The pain point it answers is not in the stores.
        StoreError: Held-out data that was stored is gone; what is left would prove too little.
    """
    require_held_out(workspace.store)
    pain_point = workspace.store.results.pain_point(variants.pain_point_id)
    checked = open_checker(workspace).check(variants, pain_point=pain_point)
    workspace.store.results.save_variant_set(checked)
    if checked.certificate is not None:
        workspace.store.results.save_certificate(checked.certificate)
    return checked
