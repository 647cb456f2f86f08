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
    """The floor belongs to what is found."""
    retriever = retriever_of(table_of(_RECORDS))
    _, scores = retriever.ranked("parcel late")
    assert len(retriever.search("parcel late", floor=float(scores[1])).results) == 2


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
    hits = retriever_of(table).search("parcel app service", where=where, floor=-1.0).results
    assert {hit.record_id for hit in hits} == records


def test_filter_folds_beyond_lower_case() -> None:
    """Letters that only fold, such as the sharp s, are equal too."""
    table = table_of([Said("r_a", ["x"], {"city": "Straße"}), Said("r_b", ["y"], {"city": "STRASSE"})])
    assert len(table.select({"city": "strasse"}).positions) == 2


def test_neighbours_never_cross_records() -> None:
    """What stood before and after is the same record's, or nothing."""
    found = retriever_of(table_of(_RECORDS)).search("anything", floor=-1.0, limit=50).results
    around = {hit.quote: (hit.before, hit.after) for hit in found}
    assert around == {
        "My parcel came late.": ("", "The courier never rang."),
        "The courier never rang.": ("My parcel came late.", "I want a refund."),
        "I want a refund.": ("The courier never rang.", ""),
        "The app crashes on login.": ("", "I reinstalled it."),
        "I reinstalled it.": ("The app crashes on login.", ""),
        "Great service, thank you.": ("", ""),
    }


def test_search_repeated_texts_are_shown_once() -> None:
    """A hit that says the same as a better one gives way to the next different one."""
    records = [Said(f"r_{n}", ["My parcel came late."]) for n in range(5)]
    records.append(Said("r_x", ["My parcel came late and broken into pieces."]))
    result = retriever_of(table_of(records)).search("My parcel came late.", floor=0.0, limit=3)
    assert _quotes(result) == ["My parcel came late.", "My parcel came late and broken into pieces."]
    assert result.results[0].record_id == "r_0"


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
        positions, scores = wide.ranked(query, selection=half)
        monkeypatch.setattr(agent.retrieve.search, "_SCORE_ALL", 5_000)
        exact_positions, exact_scores = wide.ranked(query, selection=half)
        monkeypatch.setattr(agent.retrieve.search, "_SCORE_ALL", 100)
        assert positions[:10].tolist() == exact_positions[:10].tolist()
        np.testing.assert_allclose(scores[:10], exact_scores[:10], atol=1e-6)
        assert set(positions.tolist()) <= set(half.positions.tolist())


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
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()


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
