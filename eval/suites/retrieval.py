"""Suite `retrieval`: how well the search ranks, beside its parts and plain Chroma, and when it should find nothing.

Weight, floor and tail of `agent.retrieve.search` come from here. What is chosen is chosen on four folds and measured
on the fifth; queries of one FAQ, or of one dialogue, are in one fold.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from numpy.typing import NDArray

from agent.embed import MiniLMEncoder, open_encoder
from agent.normalise import passages_of
from agent.retrieve.lexical import LexicalIndex
from agent.retrieve.search import DENSE_WEIGHT, FLOOR, TAIL
from agent.schemas.records import Kind, Record
from eval.scorers.bm25 import bm25_scores
from eval.suites.base import Cell, SuiteOptions, SuiteResult, Table
from eval.suites.citations import citation_tables
from eval.suites.encoder import mean_ndcg
from eval.suites.knowledge import FaqPairs, read_faq_pairs, read_knowledge, read_other_questions
from eval.training.citation_folds import Corpus, read_corpus
from eval.training.citation_trades import trade_examples, trained_on

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

_DEPTH = 10
_FOLDS = 5
_WEIGHTS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.0)
_TAILS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)
_FALSE_SHARE = 0.05
_N_OTHER = 400
_N_TURNS_QUICK = 300
_N_OTHER_QUICK = 60
_CHROMA_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class _Signals:
    """What the search knows of each query and document; arrays of shape `(n_queries, n_documents)`."""

    cosines: Floats
    coverages: Floats

    def fused(self, weight: float) -> Floats:
        """Return the scores of a weight of the cosine."""
        return (weight * self.cosines + (1 - weight) * self.coverages).astype(np.float32)

    @classmethod
    def of(cls, documents: Sequence[str], queries: Sequence[str], encoder: MiniLMEncoder) -> "_Signals":
        lexical = LexicalIndex(documents)
        coverages = np.stack([lexical.coverage(query) for query in queries])
        return cls(encoder.encode(queries) @ encoder.encode(documents).T, coverages)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Turns and other questions against the knowledge, as the search scores them."""

    scores: Floats
    """Of each turn."""
    scopes: list[Bools]
    """The documents each turn is searched in."""
    gold: list[Bools]
    folds: NDArray[np.int64]
    other_best: Floats
    """Best score of each question to another business."""

    @property
    def answerable(self) -> Bools:
        """Which turns some document answers."""
        return np.array([row.any() for row in self.gold])

    def best(self, *, without_gold: bool = False) -> Floats:
        """Return each turn's best score, with or without the documents that answer it; -1 where none is left."""
        kept = (
            scope & ~gold if without_gold else scope
            for scope, gold in zip(self.scopes, self.gold, strict=True)
        )
        return np.array(
            [row[mask].max() if mask.any() else -1.0 for row, mask in zip(self.scores, kept, strict=True)],
            dtype=np.float32,
        )


def run(options: SuiteOptions) -> SuiteResult:
    """Measure ranking and abstention."""
    folder = options.data / "retrieval"
    try:
        faqs = read_faq_pairs(folder / "stackfaq.json.gz")
        knowledge = read_knowledge(folder)
        others = read_other_questions(options.data, limit=_N_OTHER, seed=options.seed)
    except FileNotFoundError as exc:
        return SuiteResult("retrieval", [], [f"Not measured: {str(exc.filename)!r} is not there."])
    if options.quick:
        knowledge = replace(knowledge, turns=knowledge.turns[:_N_TURNS_QUICK])
        others = others[:: len(others) // _N_OTHER_QUICK or 1]
    encoder = open_encoder(options.work / "encoder")
    peer = open_encoder(options.work / "encoder", precision="float32")
    trades = trade_examples(options.data / "reviews" / "fabsa.csv", encoder, seed=0)
    corpus = read_corpus(knowledge, encoder, trained_on(trades))
    tables = [
        _faq_table(faqs, encoder, peer, options),
        *citation_tables(corpus, others, encoder, peer, options),
        *_knowledge_tables(corpus, others, encoder),
    ]
    return SuiteResult("retrieval", tables, list(_NOTES))


_NOTES = (
    (
        "StackFAQ as its publishers rank it: a document is an answer, or a question with an answer; the queries are people's "
        "paraphrases of the question. ML-Recipes/BERT-FAQ gives Elasticsearch 0.627 with answers and 0.783 with both, the "
        "ideal ranking taken of what was retrieved; here it is taken of all documents, which is stricter."
    ),
    (
        "DSTC11 track 5, validation: sentences of reviews and answered FAQs of 143 places. F1 is the track's: right, wrong and "
        "missed sentences summed over all turns, those that need none included. No part of what cites a turn was fitted on its "
        "fold: by dialogue, as the track's own validation set shares places with training; by place, as for a place never seen; "
        "by domain, hotels from restaurants and the reverse. Published, trained on the track's own training set: the "
        "track's baseline 0.837 on this validation set and 0.789 on its test set, the best entry 0.855 on the test set."
    ),
    (
        "A place is meant when the dialogue named it last, in its words or nearly so; the gold is not looked at. Turns that need "
        "no answer ask to book, for an address, or what a data base holds; documents answer some of them all the same, such as "
        "those about free parking."
    ),
    (
        "Where answers are taken out, sentences near them stay, such as one on the view where the question is about the "
        "window; annotators took one of two such sentences and not the other often enough that not every citation there is false."
    ),
    (
        "The floor of the search is where 5 % of questions to other businesses find something. The search takes every "
        "query for a question; only citing reads what a turn of a conversation is for."
    ),
)


def _faq_table(faqs: FaqPairs, encoder: MiniLMEncoder, peer: MiniLMEncoder, options: SuiteOptions) -> Table:
    relevant = np.array(faqs.asked)[:, None] == np.array(faqs.faqs)[None, :]
    folds = np.array(faqs.asked) % _FOLDS
    both = [f"{question}\n{answer}" for question, answer in zip(faqs.questions, faqs.answers, strict=True)]
    rows: list[list[Cell]] = []
    for name, documents in (("answer", faqs.answers), ("question and answer", both)):
        signals = _Signals.of(documents, faqs.queries, encoder)
        figures = _ranked_figures(signals.fused, relevant, folds)
        words = _ndcg(bm25_scores(documents, faqs.queries), relevant)
        chroma = _ndcg(_chroma(documents, faqs.queries, peer, options, name.split()[0]), relevant)
        rows.append([name, *figures, round(words, 4), round(chroma, 4)])
    by_sentence = _ranked_figures(_by_best_sentence(both, faqs.queries, encoder), relevant, folds)
    rows.append(["question and answer, by its best sentence", *by_sentence, None, None])
    columns = [
        "document",
        "ours",
        "ours, weight by fold",
        "vectors only",
        "words only",
        "BM25 only",
        "Chroma, float",
    ]
    title = f"StackFAQ, nDCG@{_DEPTH}: {len(faqs.queries):,} paraphrases, {len(faqs.answers):,} documents"
    return Table(title, columns, rows)


def _by_best_sentence(
    documents: Sequence[str], queries: Sequence[str], encoder: MiniLMEncoder
) -> Callable[[float], Floats]:
    """Return scores of documents by weight where each is stored as the product stores a text: sentence by sentence."""
    cut = [[passage.text for passage in passages_of(_record(text))] or [text] for text in documents]
    signals = _Signals.of([text for texts in cut for text in texts], queries, encoder)
    starts = np.cumsum([0, *(len(texts) for texts in cut[:-1])])
    return lambda weight: np.maximum.reduceat(signals.fused(weight), starts, axis=1)


def _record(text: str) -> Record:
    return Record(
        record_id="r", kind=Kind.REVIEW, source_format="suite", external_id="r", person_id="p", at=None, channel=None,
        text=text, source_id="s", row=0, content_key="",
    )  # fmt: skip


def _ranked_figures(
    scores_of: Callable[[float], Floats], relevant: Bools, folds: NDArray[np.int64]
) -> list[Cell]:
    """Return nDCG with the product's weight, with weights chosen by fold, and of either side alone."""
    by_weight = {weight: _ndcgs(scores_of(weight), relevant) for weight in _WEIGHTS}
    chosen, _ = _cross_validated(by_weight, folds)
    figures = (by_weight[DENSE_WEIGHT].mean(), chosen, by_weight[1.0].mean(), by_weight[0.0].mean())
    return [round(float(figure), 4) for figure in figures]


def _cross_validated(values: dict[float, Floats], folds: NDArray[np.int64]) -> tuple[float, list[float]]:
    """Return the mean of each fold's values under the setting that is best on the other folds, and the settings."""
    picked: list[float] = []
    total = 0.0
    for fold in range(_FOLDS):
        inside = folds == fold
        best = max(values, key=lambda setting, outside=~inside: float(values[setting][outside].mean()))
        picked.append(best)
        total += float(values[best][inside].sum())
    return total / len(folds), picked


def _ndcg(scores: Floats, relevant: Bools) -> float:
    return float(_ndcgs(scores, relevant).mean())


def _ndcgs(scores: Floats, relevant: Bools) -> Floats:
    wanted = [{int(number) for number in np.flatnonzero(row)} for row in relevant]
    values = [
        mean_ndcg(scores[row : row + 1], wanted[row : row + 1], depth=_DEPTH) for row in range(len(scores))
    ]
    return np.array(values, dtype=np.float32)


def _chroma(
    documents: Sequence[str], queries: Sequence[str], encoder: MiniLMEncoder, options: SuiteOptions, name: str
) -> Floats:
    """Return minus the ranks that a plain Chroma collection gives; documents it does not return come last."""
    client = chromadb.PersistentClient(
        path=str(options.work / "chroma"), settings=ChromaSettings(anonymized_telemetry=False)
    )
    collection = client.create_collection(
        f"peer-{name}", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    for start in range(0, len(documents), _CHROMA_BATCH):
        part = documents[start : start + _CHROMA_BATCH]
        collection.add(ids=[str(start + n) for n in range(len(part))], embeddings=encoder.encode(part))
    got = collection.query(query_embeddings=encoder.encode(queries), n_results=_DEPTH, include=[])
    ranks = np.full((len(queries), len(documents)), -float(_DEPTH), dtype=np.float32)
    for row, found in enumerate(got["ids"]):
        ranks[row, [int(number) for number in found]] = -np.arange(len(found), dtype=np.float32)
    return ranks


def _knowledge_tables(corpus: Corpus, others: Sequence[str], encoder: MiniLMEncoder) -> list[Table]:
    knowledge = corpus.knowledge
    turns, n = knowledge.turns, len(knowledge.documents)
    queries = [turn.query for turn in turns]
    signals = _Signals.of(knowledge.documents, [*queries, *others], encoder)
    of_turns = _Signals(signals.cosines[: len(turns)], signals.coverages[: len(turns)])
    scores = signals.fused(DENSE_WEIGHT)
    everywhere = np.ones(n, dtype=np.bool_)
    folds = np.array([_fold(turn.dialogue) for turn in turns])
    gold = [np.isin(np.arange(n), list(turn.gold)) for turn in turns]
    whole = _Asked(
        scores=scores[: len(turns)],
        scopes=[everywhere] * len(turns),
        gold=gold,
        folds=folds,
        other_best=scores[len(turns) :].max(axis=1),
    )
    named = [np.isin(knowledge.entities, meant) if meant else everywhere for meant in corpus.meant]
    place = replace(whole, scopes=named)
    return [
        _weight_table(of_turns, bm25_scores(knowledge.documents, queries), place),
        _floor_table("all places", whole),
        _floor_table("the places meant", place),
        _tail_table(place),
    ]


def _fold(dialogue: str) -> int:
    return int.from_bytes(hashlib.sha256(dialogue.encode()).digest()[:4], "big") % _FOLDS


def _weight_table(signals: _Signals, bm25: Floats, asked: _Asked) -> Table:
    answerable = np.flatnonzero(asked.answerable)
    relevant = np.stack([asked.gold[row] for row in answerable])
    hidden = np.stack([~asked.scopes[row] for row in answerable])

    def inside(scores: Floats) -> Floats:
        return np.where(hidden, np.float32(-1), scores[answerable])

    signals = _Signals(inside(signals.cosines), inside(signals.coverages))
    figures = _ranked_figures(signals.fused, relevant, asked.folds[answerable])
    columns = ["ours", "ours, weight by fold", "vectors only", "words only", "BM25 only"]
    title = f"Sentences of the places meant, nDCG@{_DEPTH}: {len(answerable):,} turns that need an answer"
    return Table(title, columns, [[*figures, round(_ndcg(inside(bm25), relevant), 4)]])


def _floor_table(where: str, asked: _Asked) -> Table:
    answerable, folds = asked.answerable, asked.folds
    best, other_folds = asked.best(), np.arange(len(asked.other_best)) % _FOLDS
    in_use = [FLOOR] * _FOLDS
    of_others = [_floor(asked.other_best[other_folds != fold]) for fold in range(_FOLDS)]
    of_turns = [_floor(best[~answerable & (folds != fold)]) for fold in range(_FOLDS)]
    columns = [
        "floor", "score", "other businesses' questions answered", "turns that need none answered",
        "answers taken out, answered", "turns that need one answered", "F1 of sentences, these turns", "F1, all turns",
    ]  # fmt: skip
    rows = [
        _floor_row("in use", in_use, asked),
        _floor_row("5 % of other businesses' questions", of_others, asked),
        _floor_row("5 % of turns that need none", of_turns, asked),
        _floor_row("none", [-1.0] * _FOLDS, asked),
    ]
    return Table(f"When to find nothing, searched in {where}", columns, rows)


def _floor_row(name: str, floors: Sequence[float], asked: _Asked) -> list[Cell]:
    answerable, of_turn = asked.answerable, np.array(floors)[asked.folds]
    of_other = np.array(floors)[np.arange(len(asked.other_best)) % _FOLDS]
    found = asked.best() >= of_turn
    selected = _selected(asked, found, TAIL)
    figures = (
        (asked.other_best >= of_other).mean(),
        found[~answerable].mean(),
        (asked.best(without_gold=True) >= of_turn)[answerable].mean(),
        found[answerable].mean(),
        _f1(selected[answerable]),
        _f1(selected),
    )
    return [name, round(float(np.mean(floors)), 3), *(round(float(figure), 3) for figure in figures)]


def _floor(best: Floats) -> float:
    return float(np.quantile(best, 1 - _FALSE_SHARE))


def _selected(asked: _Asked, found: Bools, tail: float) -> NDArray[np.int64]:
    """Return for each turn how many selected documents answer it, how many do not, and how many answers are missed."""
    counts = np.zeros((len(asked.scores), 3), dtype=np.int64)
    for row, (scores, scope, gold) in enumerate(zip(asked.scores, asked.scopes, asked.gold, strict=True)):
        chosen = np.flatnonzero(scope)
        chosen = chosen[np.argsort(-scores[chosen], kind="stable")[:_DEPTH]]
        kept = chosen[scores[chosen] >= tail * scores[chosen[0]]] if found[row] else chosen[:0]
        hits = int(gold[kept].sum())
        counts[row] = hits, len(kept) - hits, int(gold.sum()) - hits
    return counts


def _f1(counts: NDArray[np.int64]) -> float:
    right, wrong, missed = counts.sum(axis=0).tolist()
    return 2 * right / max(2 * right + wrong + missed, 1)


def _tail_table(asked: _Asked) -> Table:
    found = asked.answerable
    selected = {tail: _selected(asked, found, tail)[found] for tail in _TAILS}
    folds = asked.folds[found]
    picked = [
        max(_TAILS, key=lambda tail, kept=folds != fold: _f1(selected[tail][kept])) for fold in range(_FOLDS)
    ]
    crossed = np.concatenate([selected[tail][folds == fold] for fold, tail in enumerate(picked)])
    rows: list[list[Cell]] = [[f"{tail:g}", round(_f1(counts), 3)] for tail, counts in selected.items()]
    chosen = ", ".join(f"{tail:g}" for tail in picked)
    return Table(
        "Share of the best hit's score that further hits must have: F1 of sentences, places meant, no floor",
        ["share", "F1"],
        [*rows, [f"by fold ({chosen})", round(_f1(crossed), 3)]],
    )
