"""How many customers said something of each tag of a list: over everything the working customers said."""

from collections.abc import Iterator, Mapping, Sequence

from agent.analyse.quotes import choose_quotes
from agent.analyse.readings import READER_VERSION
from agent.analyse.statistics import quantity
from agent.analyse.trends import SpokenMonths, trends_of
from agent.corpus import Corpus
from agent.pipeline.scoping import all_sources, corpus_of
from agent.pipeline.tagging import tag_texts
from agent.pipeline.workspace import Workspace
from agent.read.taxonomies import LabelledFile
from agent.schemas.base import Frozen
from agent.schemas.insight import Trend
from agent.schemas.records import Passage
from agent.schemas.tags import AssignedTag, TagCard, TagReach, Taxonomy
from agent.store.results import StoredThemes

_NO_CARD = "without labelled texts nobody knows how well the tag is told, so no trend is drawn"
_NO_THEMES = StoredThemes(themes=(), assignments={}, unassigned_share=0.0, input_sha256="")

_N_SUREST = 10
"""Passages that instances are chosen from: the most typical of all that carry a tag may be typical of its mistakes."""

Members = list[tuple[Passage, AssignedTag]]


class TaggedCustomers(Frozen):
    """Every tag with the customers who said something of it, in the order of the list."""

    tags: tuple[TagReach, ...]
    none: float
    """Share of the passages that no tag fits."""
    population: str
    warnings: tuple[str, ...]


def tag_customers(
    workspace: Workspace, taxonomy: Taxonomy, labelled: LabelledFile | None, *, where: Mapping[str, str]
) -> TaggedCustomers:
    """Tag every passage of the customers in scope and count distinct persons; nothing is stored.

    Args:
        workspace: Whose working customers are counted; held-out ones are not seen.
        taxonomy: The tags.
        labelled: Texts with labels; without them no trend is drawn.
        where: The persona's filter on records or persons; empty means everyone.

    Raises:
        ScopeError: Nobody matches the filter.
    """
    corpus = corpus_of(
        workspace,
        _NO_THEMES,
        reader_version=READER_VERSION,
        plan=workspace.plan,
        where=where,
        source_ids=all_sources(workspace),
    )

    def texts() -> Iterator[tuple[int, str]]:
        return ((row, passage.text) for row, passage in enumerate(corpus.passages))

    tagging = tag_texts(texts, taxonomy, labelled, encoder=workspace.encoder)
    members: dict[str, Members] = {name: [] for name in taxonomy.names}
    n_bare = 0
    for found in tagging.rows:
        n_bare += not found.tags
        for tag in found.tags:
            members[tag.tag].append((corpus.passages[found.row], tag))
    cards = {card.tag: card for card in tagging.cards}
    return TaggedCustomers(
        tags=tuple(_reaches(corpus, members, cards)),
        none=n_bare / max(len(corpus.passages), 1),
        population=corpus.population,
        warnings=tagging.warnings,
    )


def _reaches(
    corpus: Corpus, members: Mapping[str, Members], cards: Mapping[str, TagCard]
) -> Iterator[TagReach]:
    row_of = {passage.passage_id: row for row, passage in enumerate(corpus.passages)}
    trends = _trends(corpus, members, cards)
    for name, held in members.items():
        passages = [passage for passage, _ in held]
        persons = {passage.person_id for passage in passages}
        surest = _surest(held)
        against = {passage.person_id for passage, tag in held if tag.polarity == -1}
        yield TagReach(
            tag=name,
            reach=quantity(len(persons), len(corpus.speakers), corpus.population),
            negative=quantity(len(against), len(persons), "customers who said something of it"),
            trend=trends[name],
            card=cards.get(name),
            evidence=choose_quotes(surest, corpus.vectors[[row_of[p.passage_id] for p in surest]]),
        )


def _surest(held: Members) -> list[Passage]:
    """Return the passages that most surely carry a tag, from which instances are chosen."""
    order = sorted(held, key=lambda pair: (-pair[1].confidence, pair[0].passage_id))
    return [passage for passage, _ in order[:_N_SUREST]]


def _trends(corpus: Corpus, members: Mapping[str, Members], cards: Mapping[str, TagCard]) -> dict[str, Trend]:
    """Return the trends of reliable tags, tested together, and for the others why there is none."""
    sure = [name for name in members if name in cards and cards[name].reliable]
    spoken = SpokenMonths.of(corpus.passages, persons=corpus.speakers)
    said: Sequence[list[Passage]] = [[passage for passage, _ in members[name]] for name in sure]
    drawn = dict(zip(sure, trends_of(said, spoken, population=corpus.population), strict=True))
    return {name: drawn[name] if name in drawn else _undrawn(cards.get(name)) for name in members}


def _undrawn(card: TagCard | None) -> Trend:
    reason = _NO_CARD if card is None else f"no trend is drawn: {card.reason}"
    return Trend(direction="unknown", change_per_month=None, reason=reason)
