"""Search over passages: filters, floor, diversity, neighbours, and one ranking whichever way it goes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import agent.retrieve.search
import agent.retrieve.table
from agent.errors import InputError
from agent.index import ChromaIndex
from agent.retrieve.table import PassageTable
from agent.schemas.search import SearchResult
from tests.agent.retrieve.builders import ENCODER, Said, retriever_of, table_of

_RECORDS = (
    Said(
        "r_a", ["My parcel came late.", "The courier never rang.", "I want a refund."], {"segment": "Family"}
    ),
    Said("r_b", ["The app crashes on login.", "I reinstalled it."], {"segment": "single ", "vip": True}),
    Said("r_c", ["Great service, thank you."], {"segment": "Familie", "score": 3}),
)


def _quotes(result: SearchResult) -> list[str]:
    return [hit.quote for hit in result.results]


def test_search_finds_the_passage_that_says_it() -> None:
    """The nearest passage comes first, with its place, its source's id and its score."""
    result = retriever_of(table_of(_RECORDS)).search("app crashes login", floor=0.1)
    assert (result.found, result.reason) == (True, None)
    hit = result.results[0]
    assert (hit.record_id, hit.external_id, hit.start, hit.end) == ("r_b", "R_B", 0, 25)
    assert hit.quote == "The app crashes on login."
    scores = [hit.score for hit in result.results]
    assert scores == sorted(scores, reverse=True)


def test_search_result_without_external_id_names_the_record() -> None:
    """A record whose source had no id goes by ours."""
    table = table_of(_RECORDS)
    found = agent.retrieve.search.Retriever(table, index=None, encoder=ENCODER, external_ids={})
    assert found.search("parcel late", floor=0.1).results[0].external_id == "r_a"


def test_search_nothing_stored_says_empty() -> None:
    """Without passages the answer is typed, whatever the filter."""
    for where in (None, {"segment": "family"}):
        result = retriever_of(table_of([])).search("parcel", where=where)
        assert result == SearchResult(found=False, results=(), reason="empty")


def test_search_filter_that_matches_nothing_says_so() -> None:
    """A value that nobody has is no error."""
    result = retriever_of(table_of(_RECORDS)).search("parcel", where={"segment": "nobody"})
    assert (result.found, result.reason) == (False, "filter_matches_nothing")


def test_search_below_the_floor_says_so() -> None:
    """What the data does not say is not made up from the nearest passage."""
    result = retriever_of(table_of(_RECORDS)).search("quantum chromodynamics seminar")
    assert (result.found, result.reason) == (False, "below_floor")


def test_search_score_at_the_floor_is_found() -> None:
    """The floor belongs to what is found; one step above it nothing is."""
    retriever = retriever_of(table_of(_RECORDS))
    best = float(retriever.ranked("parcel late").scores[0])
    assert retriever.search("parcel late", floor=best).found
    assert not retriever.search("parcel late", floor=float(np.nextafter(best, 2))).found


def test_search_leaves_out_what_is_far_behind_the_best_hit() -> None:
    """A hit further down has to reach its share of the best score, however many are asked for."""
    retriever = retriever_of(table_of(_RECORDS))
    scores = retriever.ranked("app crashes on login").scores
    hits = retriever.search("app crashes on login", limit=50).results
    shown = [span.score for hit in hits for span in (hit, *hit.also)]
    assert len(shown) == int((scores >= agent.retrieve.search.TAIL * scores[0]).sum()) < len(scores)


def test_search_score_is_made_of_meaning_and_words() -> None:
    """A reader can check the score: four parts nearness, one part shared words; the same sentence has 1."""
    hits = retriever_of(table_of(_RECORDS)).search("The app crashes on login.", floor=-1.0).results
    assert (hits[0].meaning, hits[0].words, hits[0].score) == (1.0, 1.0, 1.0)
    for hit in hits:
        assert hit.score == pytest.approx(0.8 * hit.meaning + 0.2 * hit.words, abs=2e-4)


def test_search_unknown_key_names_the_keys_there_are() -> None:
    """A misspelt filter is an error that says what could be meant."""
    with pytest.raises(InputError, match=r"'segmnt'; there are score, segment, vip"):
        retriever_of(table_of(_RECORDS)).search("parcel", where={"segmnt": "family"})


@pytest.mark.parametrize(
    ("where", "records"),
    [
        ({"segment": "FAMILY"}, {"r_a"}),
        ({"segment": " single"}, {"r_b"}),
        ({"vip": "true"}, {"r_b"}),
        ({"score": "3"}, {"r_c"}),
        ({"segment": "family", "vip": "true"}, set[str]()),
    ],
)
def test_filters_compare_as_text_without_case(where: dict[str, str], records: set[str]) -> None:
    """Case and spaces around a value do not matter; all conditions have to hold."""
    table = table_of(_RECORDS)
    positions: list[int] = table.select(where).positions.tolist()
    assert {table.passages[position].record_id for position in positions} == records
    retriever = retriever_of(table)
    selection = table.select(where)
    ranked: list[int] = retriever.ranked("parcel app service", selection=selection).positions.tolist()
    assert {table.passages[position].record_id for position in ranked} == records
    hits = retriever.search("parcel app service", where=where, floor=-1.0).results
    assert {hit.record_id for hit in hits} <= records


def test_filter_folds_beyond_lower_case() -> None:
    """Letters that only fold, such as the sharp s, are equal too."""
    table = table_of([Said("r_a", ["x"], {"city": "Straße"}), Said("r_b", ["y"], {"city": "STRASSE"})])
    assert len(table.select({"city": "strasse"}).positions) == 2


_AROUND = {
    "My parcel came late.": ("", "The courier never rang."),
    "The courier never rang.": ("My parcel came late.", "I want a refund."),
    "I want a refund.": ("The courier never rang.", ""),
    "The app crashes on login.": ("", "I reinstalled it."),
    "I reinstalled it.": ("The app crashes on login.", ""),
    "Great service, thank you.": ("", ""),
}


@pytest.mark.parametrize("quote", sorted(_AROUND))
def test_neighbours_never_cross_records(quote: str) -> None:
    """What stood before and after is the same record's, or nothing."""
    hit = retriever_of(table_of(_RECORDS)).search(quote, floor=-1.0).results[0]
    assert (hit.quote, (hit.before, hit.after)) == (quote, _AROUND[quote])


def test_search_repeated_texts_are_shown_once_and_counted() -> None:
    """A hit that says the same as a better one is folded into it, counted by customers and not by texts."""
    records = [Said(f"r_{n}", ["My parcel came late.", "My parcel came late."]) for n in range(5)]
    records.append(Said("r_x", ["My parcel came late and broken into pieces."]))
    result = retriever_of(table_of(records)).search("My parcel came late.", floor=0.0, limit=3)
    assert _quotes(result) == ["My parcel came late.", "My parcel came late and broken into pieces."]
    assert (result.results[0].record_id, result.results[0].also) == ("r_0", ())
    assert [hit.n_alike for hit in result.results] == [4, 0]


def test_search_counts_alike_customers_within_the_filter() -> None:
    """Who is filtered out is not counted either."""
    records = [Said(f"r_{n}", ["My parcel came late."], {"group": f"g{n % 2}"}) for n in range(5)]
    found = retriever_of(table_of(records)).search("parcel came late", where={"group": "g1"}, floor=0.0)
    assert [hit.n_alike for hit in found.results] == [1]


def test_search_hits_of_one_record_are_one() -> None:
    """A record that answers in several sentences takes one place, with the others beside it, best first."""
    texts = [
        f"The parcel came late on {day}." for day in ("monday", "friday", "sunday", "easter", "sunday again")
    ]
    records = [Said("r_a", texts), Said("r_b", ["the parcel came late today"])]
    result = retriever_of(table_of(records)).search("the parcel came late on monday.", floor=0.0, limit=2)
    assert [hit.record_id for hit in result.results] == ["r_a", "r_b"]
    first = result.results[0]
    assert first.quote == texts[0]
    assert 0 < len(first.also) <= 3
    assert {span.quote for span in first.also} < set(texts[1:])
    scores = [first.score, *(span.score for span in first.also)]
    assert scores == sorted(scores, reverse=True)


def test_search_with_a_common_word_is_not_cut_by_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where more passages have all the words than there are candidates, the nearest of them is still found."""
    without = [Said(f"r_a{n}", [f"to the of and x{n}"]) for n in range(20)]
    far = [Said(f"r_b{n}", [f"parcel one{n} two{n} three{n} four{n}"]) for n in range(400)]
    table = table_of([*without, *far, Said("r_best", ["parcel to"])])
    monkeypatch.setattr(agent.retrieve.search, "_CANDIDATES", 5)
    for score_all in (500, 410):
        monkeypatch.setattr(agent.retrieve.search, "_SCORE_ALL", score_all)
        best = retriever_of(table).ranked("parcel to the of and").positions[0]
        assert best == len(table.passages) - 1


@pytest.mark.parametrize("query", ["", "   ", "the and of", "…", "🛒", "x" * 10_000])
def test_search_odd_queries_do_not_fail(query: str) -> None:
    """A query without a single known word has an answer too."""
    result = retriever_of(table_of(_RECORDS)).search(query)
    assert result.found == bool(result.results) == (result.reason is None)


def test_search_over_passages_without_words_does_not_fail() -> None:
    """Passages of signs alone have no terms and no length."""
    assert retriever_of(table_of([Said("r_a", ["!!!", "🙂"])])).search("late", floor=-1.0).found


def _many(n: int) -> list[Said]:
    rng = np.random.default_rng(3)
    words = [f"word{k}" for k in range(120)]
    return [Said(f"r_{k}", [" ".join(rng.choice(words, size=9))], {"group": f"g{k % 2}"}) for k in range(n)]


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[tuple[PassageTable, ChromaIndex]]:
    """Give many passages with an index over them."""
    table = table_of(_many(1_500))
    index = ChromaIndex(tmp_path / "index", workspace="b", model_id=ENCODER.model_id, dim=ENCODER.dim)
    index.upsert([passage.passage_id for passage in table.passages], table.vectors)
    yield table, index
    index.close()


def test_wide_filtered_and_scanned_queries_rank_the_same(
    filled: tuple[PassageTable, ChromaIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether all are scored, candidates are scanned, or Chroma gives them: the best hits are the same."""
    table, index = filled
    scanned, wide = retriever_of(table), retriever_of(table, index)
    queries = [f"word{k} word{k + 7} word{k + 31}" for k in range(20)]
    in_full = [scanned.search(query, floor=0.0) for query in queries]
    monkeypatch.setattr(agent.retrieve.search, "_SCORE_ALL", 100)
    assert [scanned.search(query, floor=0.0) for query in queries] == in_full
    assert [wide.search(query, floor=0.0) for query in queries] == in_full
    half = table.select({"group": "g1"})
    for query in queries:
        found = wide.ranked(query, selection=half)
        monkeypatch.setattr(agent.retrieve.search, "_SCORE_ALL", 5_000)
        exact = wide.ranked(query, selection=half)
        monkeypatch.setattr(agent.retrieve.search, "_SCORE_ALL", 100)
        assert found.positions[:10].tolist() == exact.positions[:10].tolist()
        np.testing.assert_allclose(found.scores[:10], exact.scores[:10], atol=1e-6)
        assert set(found.positions.tolist()) <= set(half.positions.tolist())


def test_wide_query_over_an_index_that_lags_behind_still_answers(
    filled: tuple[PassageTable, ChromaIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vectors the index lacks or has too many of do not break a search: words still find passages."""
    table, index = filled
    index.remove(index.ids())
    index.upsert(["r_gone:0-1"], table.vectors[:1])
    monkeypatch.setattr(agent.retrieve.search, "_SCORE_ALL", 100)
    assert retriever_of(table, index).search("word3 word10 word34", floor=0.0).found


def test_ranking_is_the_same_every_time(filled: tuple[PassageTable, ChromaIndex]) -> None:
    """Equal scores are ordered by place, so two runs agree bit by bit."""
    table, index = filled
    first, second = (retriever_of(table, index).ranked("word3 word4") for _ in range(2))
    assert first.positions.tobytes() == second.positions.tobytes()
    assert first.scores.tobytes() == second.scores.tobytes()


def test_selection_is_kept_and_the_oldest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Selections asked for lately are the same object; their vectors together stay under the bound."""
    monkeypatch.setattr(agent.retrieve.table, "_SELECTED_ROWS", 4)
    table = table_of(_RECORDS)
    family, single = table.select({"segment": "family"}), table.select({"segment": "single"})
    assert table.select({"segment": " FAMILY"}) is not family  # three and two rows do not fit together
    assert table.select({"segment": "family"}) is table.select({"segment": "family"})
    assert table.select({"segment": "single"}) is not single


def test_selection_too_large_to_keep_is_still_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    """One selection over the bound is made anew each time."""
    monkeypatch.setattr(agent.retrieve.table, "_SELECTED_ROWS", 1)
    table = table_of(_RECORDS)
    assert len(table.select({"segment": "family"}).positions) == 3
    assert not table._selections  # pyright: ignore[reportPrivateUsage]


def test_selections_that_match_nothing_are_bounded_too() -> None:
    """Filters made up by callers do not fill the memory."""
    table = table_of(_RECORDS)
    for number in range(2_000):
        table.select({"segment": f"nobody {number}"})
    assert len(table._selections) <= 256  # pyright: ignore[reportPrivateUsage]
