"""Parts of suite `counting`: one loud person, one text a hundred times, copies among real reviews, a whole brand."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from agent.analyse.copies import LIKELY_WORDS, WrittenText, find_copies
from agent.analyse.pain_points import rank_pain_points
from agent.analyse.readings import PassageReader
from agent.analyse.themes import ThemeSet, find_themes
from agent.embed import open_encoder
from agent.schemas.insight import PainPoint
from agent.schemas.records import Passage
from eval.scorers.coverage import score_coverage
from eval.simulator import Shift, iter_copies, iter_person_truth, load_truth, simulate
from eval.simulator.copying import edited
from eval.simulator.voices import Voices, VoicesPlan, draw_voices
from eval.suites.base import Cell, SuiteOptions, Table
from eval.suites.discovery import simulated_passages
from eval.suites.texts import review_rows
from eval.suites.voiced import POPULATION, peer_trend, points_of, times_of

_SHARES = tuple(float(share) for share in np.geomspace(0.01, 0.2, 20))
_SHIFTED, _DELTA = "payment_fails", 0.08


def loud_table(rng: np.random.Generator) -> Table:
    """Let one person write two hundred more times about one theme, in the last weeks."""
    voices = draw_voices(VoicesPlan(600, _SHARES), rng)
    late = _late(voices)
    loud = _added(voices, late, [late.person_id] * 200, theme=5)
    rows = [
        _theme_row(name, data, theme=5)
        for name, data in (("without", voices), ("with 200 more of one person", loud))
    ]
    return Table("One loud person", _THEME_COLUMNS, rows)


def hundred_table(rng: np.random.Generator) -> Table:
    """Post one text a hundred times under other names, and count with the fold and without."""
    voices = draw_voices(VoicesPlan(600, _SHARES), rng)
    late = _late(voices)
    posted = _added(voices, late, [f"c{number}" for number in range(100)], theme=0)
    said = (
        "The blue lamp I ordered flickers every evening and nobody at the help desk ever answered my letters."
    )
    texts = [
        WrittenText(
            p.record_id, p.person_id, p.at, said if p.person_id.startswith("c") else f"number {p.record_id}"
        )
        for p in posted.passages
    ]
    copies = find_copies(texts)
    folded = replace(
        posted,
        passages=[
            replace(p, person_id=copies.person_of.get(p.record_id, p.person_id)) for p in posted.passages
        ],
    )
    rows = [
        _theme_row("without", voices, theme=0),
        _theme_row("100 copies, not folded", posted, theme=0),
        _theme_row(f"100 copies, {copies.n_copies} of {copies.n_texts} text folded", folded, theme=0),
    ]
    return Table("One text posted a hundred times", _THEME_COLUMNS, rows)


def _late(voices: Voices) -> Passage:
    """Return a passage of the last whole month."""
    ordered = sorted(voices.passages, key=lambda passage: passage.at.timestamp() if passage.at else 0.0)
    return ordered[int(0.92 * len(ordered))]


_THEME_COLUMNS = ["data", "customers", "rank", "trend", "peer: messages", "peer: rank", "peer: trend p"]


def _theme_row(name: str, voices: Voices, *, theme: int) -> list[Cell]:
    points = points_of(voices)
    place = [number for number, point in enumerate(points, start=1) if point.theme_id == f"t_{theme}"]
    point = points[place[0] - 1] if place else None
    counts = Counter(number for number in voices.theme_of if number >= 0)
    peer_rank = [number for number, _ in counts.most_common()].index(theme) + 1
    return [
        name,
        point.reach.n if point else None,
        place[0] if place else "not reported",
        point.trend.direction if point else None,
        counts[theme],
        peer_rank,
        round(peer_trend(times_of(voices), np.array(voices.theme_of) == theme), 4),
    ]


def _added(voices: Voices, like: Passage, persons: Sequence[str], *, theme: int) -> Voices:
    """Return what was drawn with more passages about a theme, when another one was said, of these persons."""
    new = [
        replace(like, passage_id=f"z{number}:0-4", record_id=f"z{number}", person_id=person)
        for number, person in enumerate(persons)
    ]
    read = next(
        reading for reading, said in zip(voices.readings, voices.theme_of, strict=True) if said == theme
    )
    readings = [
        replace(read, passage_id=p.passage_id, record_id=p.record_id, person_id=p.person_id, at=p.at)
        for p in new
    ]
    grown = voices.themes[theme].model_copy(
        update={"passage_ids": (*voices.themes[theme].passage_ids, *(p.passage_id for p in new))}
    )
    return Voices(
        [*voices.passages, *new],
        [*voices.readings, *readings],
        tuple(grown if number == theme else known for number, known in enumerate(voices.themes)),
        [*voices.theme_of, *([theme] * len(new))],
        voices.group_of,
    )


def copies_table(reviews: Path, *, seed: int, n: int) -> Table:
    """Post real reviews again with trivial edits, and see which are told from the others."""
    texts = [row["text"] for row in review_rows(reviews)]
    rng = random.Random(seed)
    picked = rng.sample(range(len(texts)), n)
    written = [WrittenText(f"r{row:06d}", f"p{row}", None, text) for row, text in enumerate(texts)]
    planted = {f"x{number:06d}": row for number, row in enumerate(picked)}
    written += [
        WrittenText(record_id, f"q{record_id}", None, edited(texts[row], rng))
        for record_id, row in planted.items()
    ]
    started = time.perf_counter()
    person_of = find_copies(written).person_of
    spent_s = time.perf_counter() - started
    dropped = _repeated(written)
    rows: list[list[Cell]] = []
    for low, high in ((1, 3), (4, 7), (8, 12), (13, 25), (26, 10_000)):
        group = [record_id for record_id, row in planted.items() if low <= len(texts[row].split()) <= high]
        rows.append(
            [
                f"{low} to {high} words" if high < 10_000 else f"{low} words and more",  # noqa: PLR2004
                len(group),
                sum(person_of.get(record_id) == f"p{planted[record_id]}" for record_id in group),
                sum(record_id in dropped for record_id in group),
            ]
        )
    rows.append(
        ["not planted", len(texts), len(person_of.keys() - planted.keys()), len(dropped - planted.keys())]
    )
    title = f"Real reviews posted again with trivial edits: folded ({spent_s:.1f} s)"
    return Table(
        title, ["length", "texts", "ours: folded, rightly where planted", "peer: equal text dropped"], rows
    )


def brand_table(options: SuiteOptions, *, n_persons: int) -> Table:
    """Go from the files of a simulated brand, with reviews posted twice and one change, to ranked pain points."""
    folder = options.work / "counted-brand"
    simulate(
        folder,
        n_persons=n_persons,
        seed=options.seed,
        steady=True,
        copied_share=0.3,
        shift=Shift(_SHIFTED, _DELTA),
    )
    encoder = open_encoder(options.work / "encoder")
    reader = PassageReader(encoder)
    passages = simulated_passages(folder)
    vectors = encoder.encode([passage.text for passage in passages])
    readings = reader.read(passages, vectors)
    themes = find_themes(passages, vectors, readings, reader=reader, seed=options.seed)
    copies = find_copies(_written(passages))
    counted = [replace(p, person_id=copies.person_of.get(p.record_id, p.person_id)) for p in passages]
    rows: list[list[Cell]] = [["planted copies", len(list(iter_copies(folder))), None]]
    rows += _fold_rows(passages, copies.person_of, guests=_guests(passages))
    for name, said in (("folded", counted), ("not folded", passages)):
        points = rank_pain_points(
            themes,
            said,
            readings,
            vectors,
            persons_in_scope={passage.person_id for passage in said},
            population=POPULATION,
        )
        rows += _brand_rows(name, points, themes, said, folder)
    title = (
        f"A simulated brand of {n_persons:,} persons, from its files: {_SHIFTED} +8 points, all else steady"
    )
    return Table(title, ["figure", "value", "of"], rows)


def _repeated(written: Sequence[WrittenText]) -> set[str]:
    """Return what dropping equal texts drops, as a data frame's `drop_duplicates` does: all but the first."""
    seen: set[str] = set()
    dropped: set[str] = set()
    for text in written:
        if text.text in seen:
            dropped.add(text.record_id)
        seen.add(text.text)
    return dropped


def _written(passages: Sequence[Passage]) -> list[WrittenText]:
    parts: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        parts[passage.record_id].append(passage)
    return [
        WrittenText(
            record_id, of[0].person_id, of[0].at, "\n".join(p.text for p in sorted(of, key=lambda p: p.start))
        )
        for record_id, of in parts.items()
    ]


def _guests(passages: Sequence[Passage]) -> set[str]:
    """Return the records whose person the truth does not know: the copies."""
    return {passage.record_id for passage in passages if passage.person_id.startswith("row-")}


def _fold_rows(
    passages: Sequence[Passage], person_of: Mapping[str, str], *, guests: set[str]
) -> list[list[Cell]]:
    n_words = {text.record_id: len(text.text.split()) for text in _written(passages)}
    long_enough = {record_id for record_id in guests if n_words[record_id] >= LIKELY_WORDS}
    dropped = _repeated(_written(passages))
    return [
        ["copies folded", len(person_of.keys() & guests), len(guests)],
        [
            f"of these with {LIKELY_WORDS} words and more",
            len(person_of.keys() & long_enough),
            len(long_enough),
        ],
        ["others folded", len(person_of.keys() - guests), len(n_words) - len(guests)],
        ["peer: copies dropped as equal", len(dropped & guests), len(guests)],
        ["peer: others dropped", len(dropped - guests), len(n_words) - len(guests)],
    ]


def _brand_rows(
    name: str, points: Sequence[PainPoint], themes: ThemeSet, said: Sequence[Passage], folder: Path
) -> list[list[Cell]]:
    person_of = {passage.passage_id: passage.person_id for passage in said}
    members = {theme.theme_id: {person_of[key] for key in theme.passage_ids} for theme in themes.themes}
    score = score_coverage(load_truth(folder), list(iter_person_truth(folder)), points, members)
    found = [row for row in score.planted if row.found]
    by_theme = {point.theme_id: point for point in points}
    shifted = [by_theme[row.theme_id] for row in found if row.pain_point_id == _SHIFTED and row.theme_id]
    others = [
        point for point in points if point not in shifted and point.trend.direction in {"rising", "falling"}
    ]
    return [
        [f"{name}: customers", points[0].reach.total if points else None, None],
        [f"{name}: planted pain points found", len(found), len(score.planted)],
        [
            f"{name}: their intervals that hold the planted share",
            sum(bool(row.covers) for row in found),
            len(found),
        ],
        [f"{name}: trend of the changed one", shifted[0].trend.direction if shifted else "not found", None],
        [
            f"{name}: customers a month it says it needs",
            shifted[0].trend.needed_per_month if shifted else None,
            None,
        ],
        [f"{name}: other trends called proven", len(others), len(points)],
        [
            f"{name}: pain points with an unstable rank",
            sum(_unstable(point) for point in points),
            len(points),
        ],
    ]


def _unstable(point: PainPoint) -> bool:
    return point.rank.stability is not None and not point.rank.stability.stable
