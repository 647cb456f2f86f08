"""Drafts and verifies maps on the stores; both build the same corpus."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version as package_version
from itertools import chain

from pydantic import Field

from agent.analyse.concentration import segments_of
from agent.analyse.pain_points import rank_pain_points
from agent.analyse.quotes import choose_quotes
from agent.analyse.readings import READER_VERSION
from agent.analyse.stages import StagePlan, plan_of
from agent.corpus import Corpus
from agent.draft.builder import DraftInputs, draft_map
from agent.draft.scope import attributes_of, event_population_of, make_scope, map_id_of
from agent.errors import InputError, NotFoundError, ScopeError
from agent.pipeline.analysis import SEED, current_themes, read_everything, theme_set_of
from agent.pipeline.following import followed, moments_of_events
from agent.pipeline.freshness import own_rules_digest
from agent.pipeline.map_carrying import carried_over
from agent.pipeline.scoping import all_sources, corpus_of, open_journeys
from agent.pipeline.workspace import Workspace
from agent.ports import Progress
from agent.prompting import load_prompt, prompt_ids
from agent.schemas.base import Frozen, Scalar
from agent.schemas.evidence import Evidence
from agent.schemas.insight import Moment, PainPoint
from agent.schemas.journey import JourneyMap, MapType, Provenance, Scope, SourceShare, StageRule, Window
from agent.store.results import StoredThemes
from agent.verify.claims import MapVerification, distinct_quotes, verify_map, verify_quotes
from agent.verify.quotes import QuoteChecker, text_digest


class DraftRequest(Frozen):
    """What to draft: one persona, one journey, one goal, one purpose."""

    persona: str
    journey: str
    goal: str
    purpose: str
    type: MapType = "current"
    where: dict[str, str] = Field(default_factory=dict)
    stage_rules: tuple[StageRule, ...] = ()
    """Stages that replace the default ones."""
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Insight:
    """What the data of a scope says, before a map is drafted from it."""

    corpus: Corpus
    pain_points: tuple[PainPoint, ...]
    moments: tuple[Moment, ...]


def draft(workspace: Workspace, request: DraftRequest, *, on_progress: Progress | None = None) -> JourneyMap:
    """Draft a map, store it as the next version of its id and return it.

    What people worded on the version before is taken over as far as the new draft has a place for it.

    Raises:
        ScopeError: The scope is plural or empty, or nobody matches it.
        InputError: The type of map needs what is not there.
        ModelError: The writer could not answer; nothing is stored.
    """
    if request.type != "current":
        msg = f"a map of type {request.type!r} cannot be drafted from data alone; 'current' was expected"
        raise InputError(msg, hint="Draft the current state first; it is what other types build on.")
    read = read_everything(workspace, on_progress=on_progress)
    themes, theme_set = current_themes(workspace, read)
    source_ids = all_sources(workspace)
    rules = request.stage_rules or workspace.stage_rules
    insight = insight_of(workspace, themes, where=request.where, source_ids=source_ids, plan=plan_of(rules))
    scope = make_scope(
        persona=request.persona,
        journey=request.journey,
        goal=request.goal,
        purpose=request.purpose,
        where=request.where,
        stage_rules=rules,
        population=insight.corpus.population,
    )
    made = draft_map(_inputs(workspace, request, scope, insight, theme_set=theme_set, source_ids=source_ids))
    workspace.store.results.save_pain_points(made.pain_points, now=workspace.now)
    return workspace.store.results.save_map(carried_over(workspace, made))


def verify(workspace: Workspace, map_id: str, *, version: int | None = None) -> MapVerification:
    """Compute every claim of a stored map again.

    The themes are those it was drafted from: a decision about themes that was made since breaks nothing in it and is
    named. A map that another version of the reader made, or one whose texts were cut into other passages, cannot be computed
    again: only its quotes are looked at, and the outcome says so.

    Raises:
        NotFoundError: There is no such map.
    """
    results = workspace.store.results
    journey_map = results.map(map_id, version)
    stored_as = (map_id, results.map_versions(map_id)[-1] if version is None else version)
    made = journey_map.provenance
    checker = _checker_of(workspace, journey_map)
    if made.reader != READER_VERSION:
        return verify_quotes(journey_map, stored_as=stored_as, checker=checker, current_reader=READER_VERSION)
    themes = results.themes(made.theme_set)
    if themes is None:
        msg = f"theme set {made.theme_set} of map {map_id!r} is not in the store"
        raise NotFoundError(msg, hint="Draft the map again.")
    insight = insight_of(
        workspace,
        themes,
        where=journey_map.scope.where,
        source_ids=made.source_ids,
        plan=plan_of(journey_map.scope.stage_rules),
    )
    if _is_cut_otherwise(workspace, themes, insight.corpus):
        return verify_quotes(journey_map, stored_as=stored_as, checker=checker, current_reader=READER_VERSION)
    verified = verify_map(
        journey_map,
        corpus=insight.corpus,
        pain_points=insight.pain_points,
        moments=insight.moments,
        checker=checker,
        stored_as=stored_as,
    )
    since = tuple(range(themes.curation + 1, workspace.store.curation.length() + 1))
    return verified.model_copy(update={"decisions_since": since})


def _checker_of(workspace: Workspace, journey_map: JourneyMap) -> QuoteChecker:
    """Return what checks the quotes of a map against the texts as they are now."""
    cited = {record_id for record_id, _, _ in distinct_quotes(journey_map)}
    return QuoteChecker.over(workspace.store.records.get_many(cited).values())


def _is_cut_otherwise(workspace: Workspace, themes: StoredThemes, corpus: Corpus) -> bool:
    """Tell whether a text that is as it was is cut into other passages than those that the themes were found in."""
    cut = {passage.passage_id for passage in corpus.passages}
    gone = {passage_id for theme in themes.themes for passage_id in theme.passage_ids} - cut
    readings = workspace.store.readings.iter(READER_VERSION, record_ids=corpus.records)
    return any(
        reading.passage_id in gone
        and reading.text_sha256 == text_digest(corpus.records[reading.record_id].text)
        for reading in readings
    )


def current_insight(
    workspace: Workspace, *, where: Mapping[str, str], on_progress: Progress | None = None
) -> Insight:
    """Return what everything stored says about a scope, and keep its pain points as the current ones.

    Raises:
        ScopeError: Nobody matches the filter.
    """
    themes, _ = current_themes(workspace, read_everything(workspace, on_progress=on_progress))
    sources = all_sources(workspace)
    found = insight_of(workspace, themes, where=where, source_ids=sources, plan=workspace.plan)
    workspace.store.results.save_pain_points(found.pain_points, now=workspace.now)
    return found


def current_moments(
    workspace: Workspace, *, where: Mapping[str, str], on_progress: Progress | None = None
) -> tuple[Moment, ...]:
    """Return the moments of a scope; from events alone where there is no text.

    Raises:
        ScopeError: Nobody matches the filter.
    """
    if any(True for _ in workspace.store.records.iter(where or None)):
        return current_insight(workspace, where=where, on_progress=on_progress).moments
    journeys = open_journeys(workspace, plan=workspace.plan, where=where, as_of=None)
    if journeys is None:
        msg = (
            f"no text and no event of a customer matches {dict(where)!r}"
            if where
            else "there is nothing stored"
        )
        raise ScopeError(msg, hint="`journey status` shows what is stored; loosen --where.")
    did = journeys.window
    return moments_of_events(journeys, event_population_of(where, start=did.first, end=did.last))


def insight_of(
    workspace: Workspace,
    themes: StoredThemes,
    *,
    where: Mapping[str, str],
    source_ids: Collection[str],
    plan: StagePlan,
) -> Insight:
    """Return corpus, pain points with what the same persons did, and moments of a scope."""
    corpus = corpus_of(
        workspace, themes, reader_version=READER_VERSION, plan=plan, where=where, source_ids=source_ids
    )
    traits = {person.person_id: person.traits for person in workspace.store.persons.with_traits()}
    pain_points, moments = followed(ranked_in(corpus, themes, traits), corpus)
    return Insight(corpus, pain_points, moments)


def ranked_in(
    corpus: Corpus, themes: StoredThemes, traits: Mapping[str, Mapping[str, Scalar]]
) -> list[PainPoint]:
    """Return the pain points of a corpus, without what the same persons did.

    Args:
        corpus: Of a scope.
        themes: That the corpus was made with.
        traits: Person to their traits, in scope or not.
    """
    return rank_pain_points(
        replace(theme_set_of(themes), themes=corpus.themes),
        corpus.passages,
        corpus.readings,
        corpus.vectors,
        persons_in_scope=corpus.speakers,
        population=corpus.population,
        segments=_segments(corpus, traits),
    )


def _segments(corpus: Corpus, traits: Mapping[str, Mapping[str, Scalar]]) -> dict[str, dict[str, str]]:
    """Return what parts the customers into groups, by the attributes of their texts and then by their traits."""
    records = (corpus.records[record_id] for record_id in sorted(corpus.records))
    return segments_of(
        chain(
            ((record.person_id, record.attributes) for record in records),
            ((person, traits[person]) for person in sorted(traits) if person in corpus.speakers),
        )
    )


def _inputs(
    workspace: Workspace,
    request: DraftRequest,
    scope: Scope,
    insight: Insight,
    *,
    theme_set: int,
    source_ids: Sequence[str],
) -> DraftInputs:
    corpus = insight.corpus
    return DraftInputs(
        corpus=corpus,
        scope=scope,
        type=request.type,
        stages=plan_of(scope.stage_rules).names,
        pain_points=insight.pain_points,
        moments=insight.moments,
        pick_quotes=lambda positions, limit: _pick(corpus, positions, limit),
        writer=workspace.writer,
        provenance=_provenance(workspace, corpus, theme_set=theme_set, source_ids=source_ids),
        map_id=map_id_of(scope, request.type),
        version=1,
        now=workspace.now,
        owner=request.owner,
        attributes=attributes_of(corpus),
    )


def _pick(corpus: Corpus, positions: Sequence[int], limit: int) -> tuple[Evidence, ...]:
    passages = [corpus.passages[position] for position in positions]
    return choose_quotes(passages, corpus.vectors[list(positions)], limit=limit)


def _provenance(
    workspace: Workspace, corpus: Corpus, *, theme_set: int, source_ids: Sequence[str]
) -> Provenance:
    offline = not workspace.settings.has_model
    kinds = Counter(record.kind.value for record in corpus.records.values())
    persons = {
        kind: len({record.person_id for record in corpus.records.values() if record.kind.value == kind})
        for kind in kinds
    }
    return Provenance(
        window=Window(start=corpus.start, end=corpus.end),
        code_version=package_version("journey-insight-agent"),
        writer=workspace.writer.model_id,
        encoder=workspace.encoder.model_id,
        prompts={} if offline else {name: load_prompt(name).provenance for name in prompt_ids()},
        reader=READER_VERSION,
        theme_set=theme_set,
        source_ids=tuple(source_ids),
        input_sha256=corpus.input_sha256,
        sources=tuple(
            SourceShare(kind=kind, n_records=n, n_persons=persons[kind]) for kind, n in sorted(kinds.items())
        ),
        n_records=len(corpus.records),
        n_persons=len(corpus.speakers),
        n_persons_without_identity=len(corpus.unidentified),
        n_copies=corpus.copies.n_copies,
        n_copied_texts=corpus.copies.n_texts,
        seed=SEED,
        n_person_links=workspace.store.persons.log.length(),
        own_rules_sha256=own_rules_digest(workspace),
    )
