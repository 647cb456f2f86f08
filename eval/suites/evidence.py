"""Suite `evidence`: quotes for a theme, quotes against it, and summaries of conversations, each beside plain peers.

Quotes: how near every member of a theme is to the nearest chosen quote, in meaning (which is what is optimised) and in
words (which is not), beside members drawn at random and those nearest to the centre. Quotes against: the share from
reviews that labels call positive about the very aspect. Summaries: whether the problem sentence tells the task, and
whether outcome and turn of events stand in the turn that tells them by its label. Last, what a person moved: whether new
texts like it follow.
"""

import json
from ast import literal_eval
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from agent.analyse.quotes import Spoken, choose_opposing, choose_quotes
from agent.analyse.readings import PassageReader
from agent.analyse.summaries import ConversationSummary, SummarySentence, summarise_conversation
from agent.embed import open_encoder
from agent.normalise import passages_of
from agent.ports import Encoder, Vectors
from agent.schemas.evidence import Evidence
from agent.schemas.insight import Reading
from agent.schemas.records import Kind, Passage, Record, Speaker
from eval.scorers.planted import planted_texts
from eval.simulator import simulate
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.suites.conversations import Conversation, has_conversations, read_star, read_tau
from eval.suites.following import following_table
from eval.suites.texts import REVIEWS, review_rows

_K = 5
_N_DRAWS = 20
_MIN_MEMBERS = 15
_MIN_COMPLAINANTS = 6
_N_PERSONS = 2_000
_N_QUICK_PERSONS = 300
_N_STAR = 1_000
_N_QUICK_STAR = 150
_GLAD = 0.3
_N_AGAINST = 3

Rows = list[int]

# scikit-learn ships no types.
_tfidf: Any = TfidfVectorizer


@dataclass(frozen=True, slots=True)
class _Said:
    """Passages with vectors; `rows` by theme."""

    passages: list[Passage]
    vectors: Vectors
    themes: dict[str, Rows]


@dataclass(frozen=True, slots=True)
class _Reviews:
    """Labelled reviews, cut and read; labels and organisation stand beside each passage."""

    passages: list[Passage]
    vectors: Vectors
    readings: list[Reading]
    labels: list[frozenset[str]]
    organisations: list[str]


def run(options: SuiteOptions) -> SuiteResult:
    """Measure quotes, opposing quotes and summaries."""
    encoder = open_encoder(options.work / "encoder")
    notes = [
        "Coverage is the mean over members of the cosine with their nearest quote; each theme counts once."
    ]
    said = {"simulated brand, planted pain points": _simulated(options, encoder)}
    tables: list[Table] = []
    if (options.data / REVIEWS).is_file():
        reviews = _reviews(options, encoder)
        complaints = _complaints(reviews)
        said["FABSA, complaints about one aspect"] = _Said(reviews.passages, reviews.vectors, complaints)
        tables.append(_opposing_table(reviews, complaints))
        notes.append(
            "The reader's heads were fitted on FABSA: how glad its reviews read is flattered by that."
        )
    else:
        notes.append(f"no reviews in {options.data}: labelled aspects and opposing quotes not run")
    tables.insert(0, _coverage_table(said, seed=options.seed))
    if has_conversations(options.data):
        n_star = _N_QUICK_STAR if options.quick else _N_STAR
        star = read_star(options.data, limit=n_star, seed=options.seed)
        tables += [
            _problem_table(star, read_tau(options.data), encoder, seed=options.seed),
            _course_table(star, encoder),
        ]
        notes.append("Wording of outcomes was looked at in STAR; tau-bench was only read for the problem.")
    else:
        notes.append(f"no conversations in {options.data}: summaries not run")
    following = following_table(options.data, encoder, seed=options.seed, quick=options.quick)
    if following is None:
        notes.append(f"no labelled queries in {options.data}: following of moved passages not run")
    else:
        tables.append(following)
    return SuiteResult("evidence", tables, notes)


def mean_coverage(members: NDArray[np.float64], chosen: NDArray[np.float64]) -> float:
    """Return the mean over members of the likeness with the nearest chosen row; rows are unit rows."""
    return float((members @ chosen.T).max(axis=1).mean())


def _simulated(options: SuiteOptions, encoder: Encoder) -> _Said:
    n_persons = _N_QUICK_PERSONS if options.quick else _N_PERSONS
    simulate(options.work / "brand", n_persons=n_persons, seed=options.seed + 50)
    texts = [text for text in planted_texts(options.work / "brand").passages if text.pain_point_id]
    passages = [passage for number, text in enumerate(texts) for passage in _passages(number, text.text)[:1]]
    themes: defaultdict[str, Rows] = defaultdict(list)
    for row, passage in enumerate(passages):
        themes[texts[int(passage.person_id[2:], 16)].pain_point_id or ""].append(row)
    return _Said(passages, encoder.encode([passage.text for passage in passages]), dict(themes))


def _reviews(options: SuiteOptions, encoder: Encoder) -> _Reviews:
    rows = review_rows(options.data / REVIEWS)
    found = [(passage, row) for n, row in enumerate(rows) for passage in _passages(n, row["text"])]
    passages = [passage for passage, _ in found]
    vectors = encoder.encode([passage.text for passage in passages])
    labels = [frozenset(literal_eval(row["labels"])) for _, row in found]
    readings = PassageReader(encoder).read(passages, vectors)
    return _Reviews(passages, vectors, readings, labels, [row["org_index"] for _, row in found])


def _complaints(reviews: _Reviews) -> dict[str, Rows]:
    """Return by organisation and aspect the complaints of reviews that say nothing but that one bad thing."""
    found: defaultdict[str, Rows] = defaultdict(list)
    for row, labels in enumerate(reviews.labels):
        aspect, _, polarity = next(iter(labels), "").rpartition(".")
        if len(labels) == 1 and polarity == "-1" and reviews.readings[row].complaint:
            found[json.dumps([reviews.organisations[row], aspect])].append(row)
    return {
        name: rows
        for name, rows in found.items()
        if len({reviews.passages[row].person_id for row in rows}) >= _MIN_COMPLAINANTS
    }


def _passages(number: int, text: str) -> list[Passage]:
    name = f"{number:024x}"
    record = Record(
        record_id=f"r_{name}",
        kind=Kind.REVIEW,
        source_format="suite",
        external_id=name,
        person_id=f"p_{name}",
        at=None,
        channel=None,
        text=text,
        source_id="s",
        row=number,
        content_key="",
    )
    return passages_of(record)


def _coverage_table(said: Mapping[str, _Said], *, seed: int) -> Table:
    rows: list[list[Cell]] = []
    for name, corpus in said.items():
        texts = [passage.text for passage in corpus.passages]
        words: Any = _tfidf(sublinear_tf=True, stop_words="english").fit_transform(texts)
        large = [members for members in corpus.themes.values() if len(members) >= _MIN_MEMBERS]
        for way, choose in _ways(corpus, seed=seed).items():
            scores: list[tuple[float, float, float]] = []
            for members in large:
                for chosen in choose(members):
                    meaning = mean_coverage(
                        corpus.vectors[members].astype(np.float64), corpus.vectors[chosen].astype(np.float64)
                    )
                    wording = mean_coverage(words[members].toarray(), words[chosen].toarray())
                    length = float(np.mean([len(texts[row]) for row in chosen]))
                    scores.append((meaning, wording, length))
            means: list[float] = np.mean(scores, axis=0).tolist()
            rows.append([name, len(large), way, round(means[0], 3), round(means[1], 3), round(means[2])])
    columns = ["themes of", "n", f"{_K} quotes", "coverage in meaning", "in words", "characters"]
    return Table(f"What {_K} quotes of a theme cover", columns, rows)


def _ways(corpus: _Said, *, seed: int) -> dict[str, Callable[[Rows], list[Rows]]]:
    """Return ways to choose members, each giving one choice or several to be averaged."""
    passages, vectors = corpus.passages, corpus.vectors
    place = {(passage.record_id, passage.start): row for row, passage in enumerate(passages)}

    def ours(members: Rows) -> list[Rows]:
        quotes = choose_quotes([passages[row] for row in members], vectors[members], limit=_K)
        return [[_row_of(quote, place, passages) for quote in quotes]]

    def nearest(members: Rows) -> list[Rows]:
        order = np.argsort(-(vectors[members] @ vectors[members].mean(axis=0)), kind="stable")
        first = {passages[members[int(i)]].person_id: members[int(i)] for i in reversed(order)}
        return [
            sorted(first.values(), key=lambda row: -float(vectors[row] @ vectors[members].mean(axis=0)))[:_K]
        ]

    def drawn(members: Rows) -> list[Rows]:
        rng = np.random.default_rng(seed)
        return [[members[int(i)] for i in rng.permutation(len(members))[:_K]] for _ in range(_N_DRAWS)]

    return {"ours": ours, "nearest to the centre": nearest, "random": drawn}


def _row_of(quote: Evidence, place: Mapping[tuple[str, int], int], passages: Sequence[Passage]) -> int:
    if (quote.record_id, quote.start) in place:
        return place[quote.record_id, quote.start]
    return next(
        row
        for row, passage in enumerate(passages)
        if passage.record_id == quote.record_id and passage.start <= quote.start < passage.end
    )


def _opposing_table(reviews: _Reviews, complaints: Mapping[str, Rows]) -> Table:
    """Compare what is offered against a complaint with what the reviews' labels say of the same aspect."""
    scores: defaultdict[str, list[tuple[bool, bool]]] = defaultdict(list)
    silent: defaultdict[str, int] = defaultdict(int)
    themes = 0
    for name, members in complaints.items():
        organisation, aspect = json.loads(name)
        if aspect.endswith("general-satisfaction"):
            continue
        themes += 1
        around = [row for row, found in enumerate(reviews.organisations) if found == organisation]
        for way, chosen in _against(reviews, members, around).items():
            silent[way] += not chosen
            scores[way] += [
                (f"{aspect}.1" in labels, any(label.rpartition(".")[0] == aspect for label in labels))
                for labels in (reviews.labels[row] for row in chosen)
            ]
    rows: list[list[Cell]] = [
        [
            way,
            themes,
            silent[way],
            len(found),
            round(float(np.mean([right for right, _ in found])), 3),
            round(float(np.mean([on for _, on in found])), 3),
        ]
        for way, found in scores.items()
        if found
    ]
    columns = ["way", "themes", "without any", "quotes", "positive on the aspect", "speaks of the aspect"]
    return Table("Quotes against a complaint (FABSA labels)", columns, rows)


def _against(reviews: _Reviews, members: Rows, around: Rows) -> dict[str, Rows]:
    place = {(reviews.passages[row].record_id, reviews.passages[row].start): row for row in around}
    quotes = choose_opposing(
        reviews.vectors[members],
        Spoken(
            [reviews.passages[row] for row in around],
            reviews.vectors[around],
            [reviews.readings[row] for row in around],
        ),
        limit=_N_AGAINST,
    )
    glad = [
        row
        for row in around
        if reviews.readings[row].sentiment >= _GLAD and not reviews.readings[row].complaint
    ]
    centre = reviews.vectors[members].mean(axis=0)
    nearest = sorted(glad, key=lambda row: -float(reviews.vectors[row] @ centre))[:_N_AGAINST]
    return {
        "ours": [_row_of(quote, place, reviews.passages) for quote in quotes],
        "nearest glad passages": nearest,
        "any glad passage": glad,
    }


def _problem_table(
    star: Sequence[Conversation], tau: Sequence[Conversation], encoder: Encoder, *, seed: int
) -> Table:
    """Measure what one sentence of the customer tells of the request: the task, or the instruction's words."""
    rng = np.random.default_rng(seed)
    rows: list[list[Cell]] = []
    for way in ("ours", "first", "longest", "random"):
        sentences = [_sentence(way, talk, encoder, rng) for talk in star]
        of_tau = [_sentence(way, talk, encoder, rng) for talk in tau]
        told = encoder.encode(of_tau) @ encoder.encode([talk.request for talk in tau]).T
        rows.append(
            [way, round(_task_accuracy(sentences, star, encoder), 3), round(float(np.diag(told).mean()), 3)]
        )
    columns = [
        "sentence",
        f"STAR: right task of {len({t.request for t in star})}",
        "tau-bench: cosine with the request",
    ]
    return Table(f"Problem sentence of {len(star)} and {len(tau)} conversations", columns, rows)


def _sentence(way: str, talk: Conversation, encoder: Encoder, rng: np.random.Generator) -> str:
    own = [passage.text for passage in passages_of(talk.record)] or ["-"]
    if way == "ours":
        problem = summarise_conversation(talk.record, encoder=encoder).problem
        return "-" if problem is None else problem.text
    return {"first": own[0], "longest": max(own, key=len), "random": own[int(rng.integers(len(own)))]}[way]


def _task_accuracy(sentences: Sequence[str], talks: Sequence[Conversation], encoder: Encoder) -> float:
    """Return how often the sentence is nearest to its task's other conversations (their customers' words)."""
    said = encoder.encode([" ".join(p.text for p in passages_of(talk.record)) or "-" for talk in talks])
    tasks = np.array([talk.request for talk in talks])
    names = np.unique(tasks)
    sums = np.stack([said[tasks == name].sum(axis=0) for name in names])
    right = 0
    for row, vector in enumerate(encoder.encode(sentences)):
        others = sums - np.where((names == tasks[row])[:, None], said[row], 0.0)
        centres = others / np.maximum(np.linalg.norm(others, axis=1, keepdims=True), 1e-9)
        right += bool(names[int(np.argmax(centres @ vector))] == tasks[row])
    return right / len(talks)


def _course_table(star: Sequence[Conversation], encoder: Encoder) -> Table:
    """Measure outcome and turn of events against the turns that tell them by their label."""
    made = [(talk, summarise_conversation(talk.record, encoder=encoder)) for talk in star]
    with_outcome = [(talk, summary.outcome) for talk, summary in made if talk.outcome is not None]
    with_setback = [(talk, summary.turn) for talk, summary in made if talk.setbacks]
    rows: list[list[Cell]] = [
        _course_row("outcome", with_outcome, lambda talk: {talk.outcome}, _told_without(made, "outcome")),
        _course_row(
            "turn of events", with_setback, lambda talk: set(talk.setbacks), _told_without(made, "turn")
        ),
    ]
    last = [talk.outcome == _last_answer(talk) for talk, _ in with_outcome]
    rows.insert(1, ["outcome: last answer", len(last), round(float(np.mean(last)), 3), None, None])
    columns = [
        "part",
        "conversations that have it",
        "found",
        "right where given",
        "given where there is none",
    ]
    return Table("Course of STAR's conversations", columns, rows)


def _course_row(
    part: str,
    talks: Sequence[tuple[Conversation, SummarySentence | None]],
    gold: Callable[[Conversation], set[int | None] | set[int]],
    without: float | None,
) -> list[Cell]:
    given = [_turn_of(talk, told) in gold(talk) for talk, told in talks if told is not None]
    found = round(sum(given) / len(talks), 3) if talks else None
    return [part, len(talks), found, round(float(np.mean(given)), 3) if given else None, without]


def _told_without(made: Sequence[tuple[Conversation, ConversationSummary]], part: str) -> float | None:
    """Return how often a part is given in conversations in which no turn is labelled as telling it."""
    lacking = [
        getattr(summary, part) is not None
        for talk, summary in made
        if (talk.outcome is None if part == "outcome" else not talk.setbacks)
    ]
    return round(float(np.mean(lacking)), 3) if lacking else None


def _turn_of(talk: Conversation, told: SummarySentence) -> int:
    return next(
        number
        for number, turn in enumerate(talk.record.turns)
        if turn.start <= told.start and told.end <= turn.end
    )


def _last_answer(talk: Conversation) -> int:
    return max(number for number, turn in enumerate(talk.record.turns) if turn.speaker is Speaker.AGENT)
