"""Puts the held-out check together on a workspace: vault, encoder, tagger of the working side, certificate."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from agent.analyse.tagger import ThemeTagger
from agent.pipeline.analysis import SEED, ReadPassages, current_themes, read_everything
from agent.pipeline.snapshots import revision_of
from agent.pipeline.workspace import Workspace
from agent.schemas.creative import Certificate, VariantSet
from agent.schemas.insight import PainPoint
from agent.schemas.records import Record, Side
from eval.certificate import Evidence, make_certificate
from eval.checker import HeldOutChecker, Voices
from eval.holdout import HeldOut


@dataclass(frozen=True, slots=True)
class _Unseen:
    """What the vault holds, as far as checking needs it."""

    records: tuple[Record, ...]
    person_ids: frozenset[str]
    n_excluded: int


def open_checker(workspace: Workspace) -> HeldOutChecker:
    """Return the checker of a workspace; the tagger it judges with is trained on working customers alone."""
    unseen = _read_vault(workspace)
    read = read_everything(workspace)
    tagger = _tagger(workspace, read)

    def voices(pain_point: PainPoint) -> Voices:
        return lambda passages, vectors: tagger.members(pain_point.theme_id, passages, vectors)

    def certify(variants: VariantSet, now: datetime) -> Certificate:
        return make_certificate(_evidence(workspace, read, unseen, variants), now=now)

    return HeldOutChecker(
        unseen.records,
        encoder=workspace.encoder,
        voices=voices,
        certify=certify,
        now=workspace.now,
        revision=revision_of(workspace),
    )


def _read_vault(workspace: Workspace) -> _Unseen:
    held_out = HeldOut(workspace.store.home, workspace.store.workspace.name)
    try:
        return _Unseen(
            records=tuple(held_out.records()),
            person_ids=held_out.person_ids(),
            n_excluded=len(held_out.excluded_record_ids()),
        )
    finally:
        held_out.close()


def _tagger(workspace: Workspace, read: ReadPassages) -> ThemeTagger:
    themes, _ = current_themes(workspace, read)
    return ThemeTagger.train(themes.themes, read.passages, read.vectors, seed=SEED)


def _evidence(
    workspace: Workspace,
    read: ReadPassages,
    unseen: _Unseen,
    variants: VariantSet,
) -> Evidence:
    store = workspace.store
    return Evidence(
        salt=store.workspace.salt,
        holdout_share=store.workspace.holdout,
        working_person_ids=frozenset(store.persons.ids(Side.WORKING)),
        held_out_person_ids=unseen.person_ids,
        working_record_ids=frozenset(passage.record_id for passage in read.passages),
        held_out=unseen.records,
        n_excluded=unseen.n_excluded,
        indexed_record_ids=frozenset(passage_id.split(":", 1)[0] for passage_id in workspace.index.ids()),
        lake_person_ids=workspace.lake.persons(),
        working_signatures=tuple(store.signatures.all(Side.WORKING)),
        held_out_signatures=tuple(store.signatures.all(Side.HELD_OUT)),
        working_texts=tuple(record.text for record in store.records.iter()),
        outputs=tuple(_outputs(workspace, variants)),
    )


def _outputs(workspace: Workspace, variants: VariantSet) -> Iterator[str]:
    """Yield everything that was sent to a model, answered by it, or made for a reader."""
    results = workspace.store.results
    for call in workspace.store.model_calls.iter():
        yield call.request
        yield call.response
    themes = results.themes()
    for theme in themes.themes if themes else ():
        yield from (theme.label, theme.definition, *theme.terms)
    for journey_map in results.maps():
        yield journey_map.model_dump_json()
    for variant in variants.variants:
        yield from variant.copy_text.slots.values()
