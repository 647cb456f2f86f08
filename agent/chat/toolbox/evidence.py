"""What customers said about a topic, word for word, or that nobody speaks of it."""

from collections import Counter
from collections.abc import Sequence

from agent.analyse.languages import language_fit
from agent.analyse.statistics import quantity
from agent.chat.requests import SearchEvidence
from agent.chat.toolbox.pain_points import SEVERITY_WORDS, reach_of
from agent.chat.toolbox.resolving import customers, refuse, require_texts, scope_of, where_of
from agent.chat.toolbox.topic_words import Topic
from agent.chat.toolbox.writing import Row, Writing, plain, worded
from agent.figures import day_text
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.retrieve.topics import Spoken
from agent.schemas.chat import ToolResult
from agent.schemas.evidence import Evidence
from agent.schemas.insight import PainPoint
from agent.schemas.records import Passage

_LEAST_PART = 0.3
"""Share of the passages on a topic that a pain point has to hold to be named with it."""


def search_evidence(snapshot: Snapshot, request: SearchEvidence) -> ToolResult:
    """Find what customers said about a topic; say so where nobody speaks of it."""
    where = where_of(snapshot, request.where)
    scope = require_texts(scope_of(snapshot, where))
    writing = Writing(request, f"What {customers(where)} say about ‘{plain(request.query)}’", snapshot)
    spoken = snapshot.searching.topics.find(request.query, scope.where or None)
    topic, texts = Topic(request.query), snapshot.stock.passages
    held = [position for position in spoken.positions if topic.is_held(texts[position].text)]
    wanted = held or [at for at in spoken.positions if not topic.is_opposed(texts[at].text)]
    if not wanted:
        _refuse_topic(scope, request.query)
    passages = [texts[position] for position in held]
    point = _pain_point_in(scope, passages)
    if passages:
        _tell_topic(writing, scope, passages, point)
    shown = [_evidence(texts[at]) for at in _varied(spoken, wanted, texts)[: request.limit]]
    if not passages:
        writing.finding(
            f"No customer says {writing.name(_topic(writing))} in so many words; what is nearest to it is quoted, and not counted.",
            rests_on=[writing.quote(one) for one in shown],
        )
    writing.quoted("In their words:" if passages else "Nearest:", shown, most=min(3, request.limit))
    title = "Quotes" if passages else "Nearest quotes, not counted"
    writing.table(title, ("Quote", "Kind", "Channel", "Day"), [_row(writing, one) for one in shown])
    if passages:
        writing.target("evidence", f"All texts on {plain(request.query)}", request.query)
    _ask_next(writing, scope, point)
    return writing.done()


def _varied(spoken: Spoken, wanted: Sequence[int], texts: Sequence[Passage]) -> list[int]:
    """Return passages to show: those that differ, then others of further texts."""
    kept = frozenset(wanted)
    chosen = [position for position in spoken.shown if position in kept]
    records = {texts[position].record_id for position in chosen}
    for position in wanted:
        if texts[position].record_id not in records:
            chosen.append(position)
            records.add(texts[position].record_id)
    return chosen


def _ask_next(writing: Writing, scope: Scoped, point: PainPoint | None) -> None:
    if point is not None:
        writing.ask_next(
            f"Show the pain point {plain(point.label)}", f"What could we do about {plain(point.label)}?"
        )
    others = [one for one in scope.pain_points if one is not point]
    writing.ask_next(*(f"What do customers say about {plain(one.label)}?" for one in others[:2]))


def _refuse_topic(scope: Scoped, query: str) -> None:
    english = language_fit(query).is_english
    refuse(
        "not_mentioned",
        f"No text of {customers(scope.where)} speaks of ‘{plain(query)}’.",
        "Texts in which customers speak of it, or a question about something they do speak of."
        if english
        else "The question in English, which is what the texts are read in; or texts in which customers speak of it.",
        *(f"What do customers say about {plain(one.label)}?" for one in scope.pain_points[:2]),
    )


def _tell_topic(
    writing: Writing, scope: Scoped, passages: Sequence[Passage], point: PainPoint | None
) -> None:
    n = len({passage.person_id for passage in passages})
    corpus = scope.corpus
    metric = writing.share(
        "said.topic",
        quantity(n, len(corpus.speakers), corpus.population),
        label=f"Customers who speak of: {_topic(writing)}",
        definition="Distinct customers with a passage that has these words or ones that mean the same, of all who said something.",
    )
    writing.finding(
        f"{{{{m:{metric}:counted}}}} customers speak of {writing.name(_topic(writing))} ({{{{m:{metric}:spread}}}})."
    )
    if point is not None:
        reach = reach_of(writing, point)
        writing.finding(
            f"Much of it is the pain point {writing.name(point.label)}: {{{{m:{reach}:counted}}}} customers say so"
            f" ({{{{m:{reach}:spread}}}}), and it {SEVERITY_WORDS[point.severity]}."
        )


def _topic(writing: Writing) -> str:
    return plain(str(getattr(writing.request, "query", "")))


def _pain_point_in(scope: Scoped, passages: Sequence[Passage]) -> PainPoint | None:
    """Return the pain point that holds the most of some passages, where that is a good part of them."""
    by_theme = {point.theme_id: point for point in scope.pain_points}
    counted = Counter(
        theme_id
        for passage in passages
        if (theme_id := scope.theme_of.get(passage.passage_id, "")) in by_theme
    )
    best = min(counted, key=lambda theme_id: (-counted[theme_id], theme_id), default=None)
    if best is None or counted[best] < _LEAST_PART * len(passages):
        return None
    return by_theme[best]


def _evidence(passage: Passage) -> Evidence:
    return Evidence(
        record_id=passage.record_id,
        start=passage.start,
        end=passage.end,
        quote=passage.text,
        text_sha256=passage.text_sha256,
    )


def _row(writing: Writing, one: Evidence) -> Row:
    record = writing.snapshot.records[one.record_id]
    day = "" if record.at is None else day_text(record.at)
    target = writing.target("record", "The whole text", one.record_id)
    return Row(
        (one.quote, record.kind.value, worded(record.channel or ""), day), (writing.quote(one),), target
    )
