"""How customers feel along the journey."""

from collections.abc import Sequence

from agent.analyse.feelings import plainly_felt
from agent.analyse.quotes import choose_quotes
from agent.chat.requests import ShowEmotions
from agent.chat.toolbox.resolving import (
    customers,
    refuse,
    require_texts,
    scope_of,
    stage_of,
    where_of,
)
from agent.chat.toolbox.writing import Row, Writing, slug
from agent.draft.cells import StageFacts, emotions, steps, touchpoints
from agent.draft.claims import MIN_PERSONS
from agent.metrics import MetricSpec, reading_persons
from agent.pipeline.scoped import Scoped
from agent.pipeline.snapshot import Snapshot
from agent.render.figures import signed
from agent.schemas.chat import ToolResult
from agent.schemas.evidence import ClaimStatus, Evidence, Metric, MetricQuery
from agent.schemas.insight import Emotion

_CELLS = {"emotions": emotions, "steps": steps, "touchpoints": touchpoints}


def tell_cell(writing: Writing, scope: Scoped, stage: str, cell: str, what: str) -> None:
    """Tell what a map's cell of a stage would hold; nothing where too few stand behind it."""
    facts = StageFacts(
        stage=stage, corpus=scope.corpus, pain_points=(), pick_quotes=lambda _positions, _limit: ()
    )
    with scope.events_lock:
        claims = [one for one in _CELLS[cell](facts) if one.status is not ClaimStatus.UNKNOWN]
    told = [(one, writing.metric(one.metrics[0])) for one in claims if one.metrics]
    if told:
        parts = [
            f"{writing.words(one.metrics[0].label.lower())} ({{{{m:{metric}:counted}}}} customers, {{{{m:{metric}}}}})"
            for one, metric in told[:3]
        ]
        writing.finding(f"In {writing.name(stage)}, {what}: {', '.join(parts)}.")


def show_emotions(snapshot: Snapshot, request: ShowEmotions) -> ToolResult:
    """Show how customers feel, stage by stage, or who feels one emotion."""
    where = where_of(snapshot, request.where)
    scope = require_texts(scope_of(snapshot, where))
    stage = None if request.stage is None else stage_of(snapshot, request.stage)
    feeling = f" {request.emotion.value}" if request.emotion else ""
    writing = Writing(
        request,
        f"Where {customers(where)} feel{feeling or ' how'}{f', in {stage}' if stage else ''}",
        snapshot,
    )
    stages = (
        [stage]
        if stage
        else [one for one in snapshot.stages if len(scope.corpus.stage_speakers(one)) >= MIN_PERSONS]
    )
    if not stages or (stage and len(scope.corpus.stage_speakers(stage)) < MIN_PERSONS):
        refuse(
            "too_few",
            f"Fewer than {MIN_PERSONS} {customers(where)} speak of {stage or 'any stage'}.",
            "More texts on it.",
            "What hurts customers most?",
        )
    if request.emotion is not None:
        _tell_emotion(writing, scope, stages, request.emotion)
    else:
        _tell_mood(writing, scope, stages)
        if stage:
            tell_cell(writing, scope, stage, "emotions", "how they feel")
    writing.picture("emotion", f"Mood of {customers(where)}, stage by stage")
    writing.ask_next(*(f"What hurts customers in {one}?" for one in stages[:2]), "Who is angry?")
    return writing.done()


def mood_of(scope: Scoped, stage: str) -> Metric:
    """Return the mean mood of customers in a stage."""
    return scope.metric(
        MetricSpec(
            metric_id=f"mood.{slug(stage)}",
            label=f"Mood in {stage}",
            definition="Mean over customers of their mean sentiment in the stage, from -1 to 1.",
            unit="score",
            query=MetricQuery(op="stage_sentiment", params={"stage": stage}),
        )
    )


def _tell_mood(writing: Writing, scope: Scoped, stages: Sequence[str]) -> None:
    moods = [mood_of(scope, stage) for stage in stages]
    known = [(stage, mood) for stage, mood in zip(stages, moods, strict=True) if mood.value is not None]
    ids = {stage: writing.metric(mood) for stage, mood in known}
    lowest = min(known, key=lambda pair: (pair[1].value or 0.0, pair[0]))[0]
    highest = max(known, key=lambda pair: (pair[1].value or 0.0, pair[0]))[0]
    if lowest == highest:
        writing.finding(
            f"On a scale from bad to good, the mood in {writing.name(lowest)} is {{{{m:{ids[lowest]}:spread}}}}."
        )
    else:
        writing.finding(
            f"Customers feel worst in {writing.name(lowest)} ({{{{m:{ids[lowest]}:spread}}}}) and best in {writing.name(highest)}"
            f" ({{{{m:{ids[highest]}:spread}}}}), on a scale from bad to good."
        )
    rows = [
        Row(
            (
                stage,
                signed(mood.value),
                f"{signed(mood.low)} to {signed(mood.high)}",
                f"{len(scope.corpus.stage_speakers(stage)):,}",
            ),
            (ids[stage],),
        )
        for stage, mood in known
    ]
    writing.table("Mood by stage, from −1 to +1", ("Stage", "Mood", "95 %", "Customers"), rows)


def _tell_emotion(writing: Writing, scope: Scoped, stages: Sequence[str], emotion: Emotion) -> None:
    rows: list[tuple[float, str, str, Row]] = []
    for stage in stages:
        n = len(reading_persons(scope.corpus, stage, "emotion").get(emotion.value, frozenset()))
        if n < MIN_PERSONS:
            continue
        metric = scope.metric(
            MetricSpec(
                metric_id=f"felt.{slug(stage)}.{emotion.value}", label=f"{emotion.value.capitalize()} in {stage}",
                definition=f"Distinct customers with a passage on {stage} read as {emotion.value}, of those who speak of it.", unit="share",
                query=MetricQuery(op="stage_reading_share", params={"stage": stage, "field": "emotion", "value": emotion.value}),
            )
        )  # fmt: skip
        key, counted = writing.metric(metric), metric.quantity
        cells = (stage, "" if counted is None else f"{counted.n:,} of {counted.total:,}")
        rows.append((metric.value or 0.0, stage, key, Row(cells, (key,))))
    if not rows:
        refuse(
            "too_few",
            f"Fewer than {MIN_PERSONS} {customers(scope.where)} are read as {emotion.value} in a stage.",
            "More texts.",
            "How do customers feel?",
        )
    rows.sort(key=lambda row: (-row[0], row[1]))
    best = rows[0]
    writing.finding(
        f"Customers are {writing.words(emotion.value)} above all in {writing.name(best[1])}: {{{{m:{best[2]}:counted}}}} customers who speak of it"
        f" ({{{{m:{best[2]}:spread}}}})."
    )
    quotes = _plain_quotes(scope, best[1], emotion)
    writing.quoted("In a customer's words:", quotes, most=1)
    writing.table(f"Who is {emotion.value}", ("Stage", "Customers"), [row[3] for row in rows])


def _plain_quotes(scope: Scoped, stage: str, emotion: Emotion) -> tuple[Evidence, ...]:
    corpus = scope.corpus
    at = [row for row in corpus.stage_positions(stage) if corpus.readings[row].emotion is emotion]
    passages = [corpus.passages[row] for row in at]
    plainly = [at[row] for row in plainly_felt(emotion, passages, [corpus.readings[row] for row in at])]
    shown = plainly or at
    return choose_quotes([corpus.passages[row] for row in shown], corpus.vectors[shown], limit=3)
