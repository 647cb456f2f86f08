"""The simulated brand: determinism, planted shares, files that parse, nothing of the truth in the data."""

import csv
import hashlib
import math
import re
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import orjson
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB

from agent.errors import InputError, UnreadableSourceError
from agent.schemas.journey import DEFAULT_STAGES
from eval.simulator import (
    BrandTruth,
    PersonTruth,
    Shift,
    SimulatedBrand,
    SimulationPlan,
    iter_copies,
    iter_person_truth,
    load_truth,
    simulate,
)
from eval.simulator.catalog import load_catalog

_DATA_FILES = ("transcripts.jsonl", "reviews.csv", "survey.csv", "events.jsonl", "store_visits.csv")
_FILES = (*_DATA_FILES, "truth/truth.json", "truth/persons.jsonl")
_SIGMAS = 4.5
_FUNCTION_WORDS = {
    "that",
    "this",
    "with",
    "from",
    "have",
    "they",
    "them",
    "then",
    "there",
    "what",
    "when",
    "which",
    "your",
}


@pytest.fixture(scope="module")
def brand(tmp_path_factory: pytest.TempPathFactory) -> SimulatedBrand:
    """One simulated brand for all tests that only read."""
    return simulate(tmp_path_factory.mktemp("brand"), n_persons=2500, seed=11)


@pytest.fixture(scope="module")
def truth(brand: SimulatedBrand) -> BrandTruth:
    """What was planted in the brand."""
    return load_truth(brand.out_dir)


@pytest.fixture(scope="module")
def persons(brand: SimulatedBrand) -> list[PersonTruth]:
    """What was planted in its persons."""
    return list(iter_person_truth(brand.out_dir))


def _digests(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _FILES}


def _turns(row: dict[str, object]) -> list[dict[str, str]]:
    return cast("list[dict[str, str]]", row["turns"])


def _json_rows(path: Path) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def _csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _customer_texts(brand: SimulatedBrand) -> dict[str, str]:
    texts = {row["id"]: row["text"] for row in _csv_rows(brand.reviews) + _csv_rows(brand.survey)}
    for row in _json_rows(brand.transcripts):
        texts[str(row["id"])] = "\n".join(
            turn["text"] for turn in _turns(row) if turn["speaker"] == "customer"
        )
    return texts


def _assert_share(hits: int, n: int, expected: float, what: str) -> None:
    spread = _SIGMAS * math.sqrt(expected * (1 - expected) / n)
    assert abs(hits / n - expected) <= spread, f"{what}: {hits}/{n} = {hits / n:.4f}, planted {expected:.4f}"


def test_simulate_same_plan_twice_writes_same_bytes(tmp_path: Path) -> None:
    """Two runs of one plan agree in every byte, another seed in none of the data files."""
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        simulate(tmp_path / name, n_persons=150, seed=seed, attack_share=0.1, canary_persons=(5,))
    first, second, other = (_digests(tmp_path / name) for name in "abc")
    assert first == second
    assert all(first[name] != other[name] for name in _FILES)


@pytest.mark.parametrize("name", [*_DATA_FILES, "truth/persons.jsonl"])
def test_simulate_more_persons_keeps_the_first_ones(brand: SimulatedBrand, tmp_path: Path, name: str) -> None:
    """Person k does not depend on how many persons there are: the smaller files begin the larger ones."""
    simulate(tmp_path, n_persons=60, seed=11)
    assert (brand.out_dir / name).read_bytes().startswith((tmp_path / name).read_bytes())


def test_brand_truth_states_enough_pain_points_in_every_stage_and_severity(truth: BrandTruth) -> None:
    """At least twelve frequent and two rare pain points over five stages and three severities, one rising, one falling."""
    shares = [pain.prevalence for pain in truth.pain_points]
    assert sum(share >= 0.03 for share in shares) >= 12
    assert sum(0.005 <= share <= 0.02 for share in shares) >= 2
    assert {pain.stage for pain in truth.pain_points} == set(DEFAULT_STAGES)
    assert len({pain.severity for pain in truth.pain_points}) == 3
    assert Counter(pain.trend for pain in truth.pain_points)["rising"] == 1
    assert Counter(pain.trend for pain in truth.pain_points)["falling"] == 1
    assert math.isclose(sum(persona.share for persona in truth.personas), 1)


def test_voiced_pain_points_match_planted_prevalence(truth: BrandTruth, persons: list[PersonTruth]) -> None:
    """Among customers who said something every pain point's share lies within binomial bounds of its parameter."""
    speaking = [person for person in persons if person.said_something and person.index >= 0]
    _assert_share(len(speaking), len(persons) - 1, truth.share_said_something, "said something")
    for pain in truth.pain_points:
        hits = sum(pain.pain_point_id in person.voiced for person in speaking)
        _assert_share(hits, len(speaking), pain.prevalence, pain.pain_point_id)


def test_voiced_pain_points_match_planted_prevalence_by_segment_and_half(
    truth: BrandTruth, persons: list[PersonTruth]
) -> None:
    """The parameters by segment and by half of the window hold as well."""
    speaking = [person for person in persons if person.said_something and person.index >= 0]
    middle = truth.window_start + (truth.as_of - truth.window_start) / 2
    early = [person for person in speaking if person.contact_at < middle]
    late = [person for person in speaking if person.contact_at >= middle]
    for pain in truth.pain_points:
        for group, expected in ((early, pain.prevalence_first_half), (late, pain.prevalence_second_half)):
            hits = sum(pain.pain_point_id in person.voiced for person in group)
            _assert_share(hits, len(group), expected, pain.pain_point_id)
        for segment, expected in pain.prevalence_by_segment.items():
            group = [person for person in speaking if person.segment == segment]
            hits = sum(pain.pain_point_id in person.voiced for person in group)
            _assert_share(hits, len(group), expected, f"{pain.pain_point_id} in {segment}")


def test_outcomes_follow_planted_effects(truth: BrandTruth, persons: list[PersonTruth]) -> None:
    """Persons with late delivery alone come back as rarely as planted, those without trouble at the baseline."""
    pain = next(pain for pain in truth.pain_points if pain.pain_point_id == "late_delivery")
    effect = next(effect for effect in pain.effects if effect.outcome == "repurchase")
    buyers = [person for person in persons if person.outcome.purchased and person.index >= 0]
    for had, expected in (([pain.pain_point_id], effect.probability), ([], effect.baseline)):
        group = [person for person in buyers if person.had == had]
        assert len(group) > 100
        _assert_share(
            sum(person.outcome.repurchased for person in group),
            len(group),
            expected,
            f"repurchase after {had}",
        )


def test_mentions_stand_verbatim_in_customer_texts(brand: SimulatedBrand, persons: list[PersonTruth]) -> None:
    """Every voiced pain point is said at least once, word for word, by the customer; so is every personal detail."""
    texts = _customer_texts(brand)
    for person in persons:
        assert {mention.pain_point_id for mention in person.mentions} == set(person.voiced)
        assert set(person.voiced) <= set(person.had)
        for planted in (*person.mentions, *person.details):
            assert planted.text in texts[planted.record_id]


def test_pain_sentences_vary_and_hang_on_no_single_word(persons: list[PersonTruth]) -> None:
    """Nearly all sentences differ, and no content word occurs in more than half of a pain point's sentences."""
    by_pain: dict[str, list[str]] = {}
    for person in persons:
        for mention in person.mentions:
            by_pain.setdefault(mention.pain_point_id, []).append(mention.text.lower())
    everything = [text for texts in by_pain.values() for text in texts]
    assert len(set(everything)) / len(everything) >= 0.95
    for pain_point_id, texts in by_pain.items():
        if len(texts) < 60:
            continue
        assert len(set(texts)) / len(texts) >= 0.93, pain_point_id
        words = [re.findall(r"[a-z']{4,}", text) for text in texts]
        assert len({word for text in words for word in text}) >= 180, pain_point_id
        word, n = Counter(word for text in words for word in set(text) - _FUNCTION_WORDS).most_common(1)[0]
        assert n / len(texts) <= 0.5, f"{pain_point_id} hangs on {word!r}"


def test_pain_sentences_are_separable_but_not_trivially(persons: list[PersonTruth]) -> None:
    """A word model trained on half of each pain point's templates tells the other half apart often, not always."""
    mentions = [mention for person in persons for mention in person.mentions]
    known = [mention for mention in mentions if mention.phrasing % 2 == 0]
    new = [mention for mention in mentions if mention.phrasing % 2 == 1]
    words: Any = TfidfVectorizer(sublinear_tf=True)  # scikit-learn has no types
    model: Any = ComplementNB()
    model.fit(
        words.fit_transform([mention.text for mention in known]), [mention.pain_point_id for mention in known]
    )
    guesses: list[str] = list(model.predict(words.transform([mention.text for mention in new])))
    accuracy = sum(guess == mention.pain_point_id for guess, mention in zip(guesses, new, strict=True)) / len(
        new
    )
    assert 0.5 < accuracy < 0.97


def test_phrasings_per_pain_point_are_many(truth: BrandTruth) -> None:
    """Each pain point has at least thirty plain templates and thirty of the long tail."""
    assert min(pain.n_plain for pain in truth.pain_points) >= 30
    assert min(pain.n_phrasings - pain.n_plain for pain in truth.pain_points) >= 30


def test_mentions_are_plain_as_often_as_stated(truth: BrandTruth, persons: list[PersonTruth]) -> None:
    """Among the first mentions of each person the stated share says it outright, in every kind of text."""
    plain_from = {pain.pain_point_id: pain.n_phrasings - pain.n_plain for pain in truth.pain_points}
    firsts = [person.mentions[0] for person in persons if person.mentions]
    assert {mention.kind for mention in firsts} == {"transcript", "review", "survey"}
    for kind in ("transcript", "review", "survey"):
        group = [mention for mention in firsts if mention.kind == kind]
        hits = sum(mention.phrasing >= plain_from[mention.pain_point_id] for mention in group)
        _assert_share(hits, len(group), load_catalog().file.share_plain, f"plain in a {kind}")


def test_mentions_carry_the_number_of_their_template(persons: list[PersonTruth]) -> None:
    """The fixed words of template `phrasing` stand in the mention, save where the person mistypes."""
    pains = {pain.pain_point_id: pain for pain in load_catalog().pains}
    mentions = [mention for person in persons for mention in person.mentions]
    hits = 0
    for mention in mentions:
        phrase = pains[mention.pain_point_id].phrasings[mention.phrasing]
        fixed = " ".join(part for part in phrase if isinstance(part, str)).lower().replace("'", "")
        said = set(re.findall(r"[a-z]+", mention.text.lower().replace("'", "")))
        hits += set(re.findall(r"[a-z]+", fixed)) <= said
    assert hits / len(mentions) > 0.8


def test_conversations_begin_with_what_troubles_the_customer(
    brand: SimulatedBrand, persons: list[PersonTruth]
) -> None:
    """The customer's first turn voices a pain point, and half of all the customer says there does."""
    voiced: dict[str, list[str]] = {}
    for mention in (mention for person in persons for mention in person.mentions):
        voiced.setdefault(mention.record_id, []).append(mention.text)
    n_words, n_voicing = 0, 0
    for row in _json_rows(brand.transcripts):
        sentences = voiced.get(str(row["id"]))
        if sentences:
            said = [turn["text"] for turn in _turns(row) if turn["speaker"] == "customer"]
            assert any(sentence in said[0] for sentence in sentences)
            n_words += len(" ".join(said).split())
            n_voicing += len(" ".join(sentences).split())
    assert n_voicing / n_words > 0.5


def test_data_files_hold_no_trace_of_the_truth(brand: SimulatedBrand, truth: BrandTruth) -> None:
    """No pain point id, label, persona name or truth field stands in a data file."""
    secrets = [pain.pain_point_id for pain in truth.pain_points] + [pain.label for pain in truth.pain_points]
    secrets += [persona.persona for persona in truth.personas] + [
        "pain_point",
        "golden",
        "phrasing",
        "voiced",
    ]
    for name in _DATA_FILES:
        content = (brand.out_dir / name).read_text(encoding="utf-8").lower()
        assert not [secret for secret in secrets if secret.lower() in content], name


def test_transcripts_have_the_native_form(brand: SimulatedBrand) -> None:
    """Every conversation has exactly the documented keys, known speakers and turns in order of time."""
    rows = _json_rows(brand.transcripts)
    assert len(rows) == brand.n_transcripts
    assert len({str(row["id"]) for row in rows}) == len(rows)
    for row in rows:
        assert set(row) == {"id", "customer_id", "channel", "turns"}
        turns = _turns(row)
        assert {turn["speaker"] for turn in turns} <= {"customer", "agent", "bot"}
        assert [turn["at"] for turn in turns] == sorted(turn["at"] for turn in turns)
        assert all(turn["text"].strip() for turn in turns)


def test_csv_files_parse_with_plausible_values(brand: SimulatedBrand) -> None:
    """Ratings, scores, times and segments of reviews, surveys and store rows are in range."""
    reviews, surveys, visits = (_csv_rows(path) for path in (brand.reviews, brand.survey, brand.store_visits))
    assert (len(reviews), len(surveys), len(visits)) == (
        brand.n_reviews,
        brand.n_survey_answers,
        brand.n_store_rows,
    )
    assert all(row["rating"] in "12345" and row["text"] and row["segment"] for row in reviews)
    assert all(bool(row["nps"]) != bool(row["csat"]) for row in surveys)
    assert all(0 <= int(row["nps"] or 0) <= 10 and 0 <= int(row["csat"] or 0) <= 5 for row in surveys)
    assert {row["channel"] for row in visits} == {"store", "phone"}
    for row in visits:
        datetime.fromisoformat(row["timestamp"])
    assert len({row["event_id"] for row in visits}) == len(visits)


def test_events_follow_the_segment_spec_with_duplicates_and_late_arrivals(brand: SimulatedBrand) -> None:
    """All call types occur, some message ids twice, some out of order, and nothing is later than `as_of`."""
    rows = _json_rows(brand.events)
    assert {str(row["type"]) for row in rows} == {"identify", "track", "page", "screen", "group", "alias"}
    assert all(("userId" in row) or ("anonymousId" in row) for row in rows)
    assert 0.01 < 1 - len({row["messageId"] for row in rows}) / len(rows) < 0.06
    times = [str(row["timestamp"]) for row in rows]
    assert any(later < earlier for earlier, later in pairwise(times))
    latest = brand.plan.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert max(times) <= latest
    assert (
        max(str(row["receivedAt"]) for row in rows if row["type"] != "identify") <= latest[:10] + "T23:59:59Z"
    )


def test_identify_calls_link_devices_to_the_right_customer(
    brand: SimulatedBrand, persons: list[PersonTruth]
) -> None:
    """Every anonymous id belongs to one person, and logging in never ties a device to somebody else."""
    owner = {anonymous_id: person.customer_id for person in persons for anonymous_id in person.anonymous_ids}
    assert len(owner) == sum(len(person.anonymous_ids) for person in persons)
    for row in _json_rows(brand.events):
        device = row.get("anonymousId") or row.get("previousId")
        if device and "userId" in row:
            assert owner[str(device)] == row["userId"]
    assert 0.05 < sum(person.user_id is None for person in persons) / len(persons) < 0.3


def _sequences(persons: Sequence[PersonTruth]) -> list[list[str]]:
    return [person.stages for person in persons if person.stages]


def test_journeys_skip_loop_and_enter_half_way(persons: list[PersonTruth]) -> None:
    """Stages are skipped, revisited and entered anywhere."""
    sequences = _sequences(persons)
    n = len(sequences)
    assert sum("consideration" not in stages for stages in sequences) / n > 0.03
    assert sum(len(stages) > len(set(stages)) for stages in sequences) / n > 0.2
    assert sum(stages[0] != "awareness" for stages in sequences) / n > 0.1
    assert {stage for stages in sequences for stage in stages} == set(DEFAULT_STAGES)


def test_golden_customer_is_in_the_data_in_six_steps(brand: SimulatedBrand, truth: BrandTruth) -> None:
    """Podcast, call, cart, Instagram, search and store purchase stand in the files in this order."""
    times: dict[str, str] = {str(row["messageId"]): str(row["timestamp"]) for row in _json_rows(brand.events)}
    times |= {row["event_id"]: row["timestamp"] for row in _csv_rows(brand.store_visits)}
    golden = truth.golden
    steps = [step.touchpoint for step in golden.steps]
    assert steps == ["podcast", "stock_call", "cart_abandoned", "paid_social", "organic_search", "till"]
    written = [datetime.fromisoformat(times[step.event_id]) for step in golden.steps]
    assert written == [step.at for step in golden.steps] == sorted(written)
    assert golden.steps[-1].at < truth.as_of


def test_canaries_stand_in_every_text_of_the_chosen_persons_only(tmp_path: Path) -> None:
    """A chosen person always speaks and carries the marker in each record; nobody else does."""
    brand = simulate(tmp_path, n_persons=200, seed=2, canary_persons=(3, 77))
    markers = load_truth(tmp_path).canaries
    by_record = {m.record_id: p for p in iter_person_truth(tmp_path) for m in p.mentions}
    assert len(markers) == 2
    found = {
        marker: [key for key, text in _customer_texts(brand).items() if marker in text]
        for marker in markers.values()
    }
    assert all(found.values())
    for marker, records in found.items():
        assert all(by_record[key].canary == marker for key in records if key in by_record)


def test_attacks_leave_everyone_else_as_they_were(tmp_path: Path) -> None:
    """With attacks planted, only attacked persons' texts change, and only by the sentence that was added."""
    clean = _customer_texts(simulate(tmp_path / "clean", n_persons=300, seed=9))
    dirty = _customer_texts(simulate(tmp_path / "dirty", n_persons=300, seed=9, attack_share=0.2))
    attacks = [person.attack for person in iter_person_truth(tmp_path / "dirty") if person.attack]
    assert 20 <= len(attacks) <= 65
    changed = [key for key in clean if clean[key] != dirty[key]]
    assert changed
    for key in changed:
        assert any(dirty[key].replace(f" {attack}", "", 1) == clean[key] for attack in attacks)


def test_shift_raises_one_pain_point_in_the_second_half_only(tmp_path: Path) -> None:
    """A planted shift moves the second half's share by what the truth says and leaves the first half alone."""
    simulate(tmp_path, n_persons=1500, seed=5, shift=Shift("hidden_fees", 0.2))
    truth = load_truth(tmp_path)
    pain = next(pain for pain in truth.pain_points if pain.pain_point_id == "hidden_fees")
    assert math.isclose(pain.prevalence_second_half - pain.prevalence_first_half, 0.2, abs_tol=1e-6)
    middle = truth.window_start + (truth.as_of - truth.window_start) / 2
    speaking = [
        person for person in iter_person_truth(tmp_path) if person.said_something and person.index >= 0
    ]
    for late, expected in ((False, pain.prevalence_first_half), (True, pain.prevalence_second_half)):
        group = [person for person in speaking if (person.contact_at >= middle) is late]
        _assert_share(
            sum("hidden_fees" in person.voiced for person in group), len(group), expected, f"late={late}"
        )


def test_simulate_memory_does_not_grow_with_persons(tmp_path: Path) -> None:
    """Ten times the persons need hardly more memory at the peak."""
    simulate(tmp_path, n_persons=20, seed=1)
    peaks: list[int] = []
    for n_persons in (60, 600):
        tracemalloc.start()
        simulate(tmp_path, n_persons=n_persons, seed=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] + 200_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_persons": 0},
        {"seed": -1},
        {"attack_share": 1.5},
        {"canary_persons": (10,)},
        {"as_of": datetime(2026, 1, 1)},  # noqa: DTZ001 - a time without a zone is the mistake
        {"shift": Shift("no_such_pain")},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_simulate_with_a_value_out_of_range_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    """A plan that cannot be simulated is an input error, before any file is written."""
    arguments: dict[str, object] = {"n_persons": 10, "seed": 1, **wrong}
    with pytest.raises(InputError):
        simulate(tmp_path / "out", **arguments)  # pyright: ignore[reportArgumentType]
    assert not (tmp_path / "out").exists()


def test_truth_of_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """Reading truth where nothing was simulated says so."""
    with pytest.raises(UnreadableSourceError):
        load_truth(tmp_path)
    with pytest.raises(UnreadableSourceError):
        next(iter_person_truth(tmp_path))


def test_plan_window_begins_before_its_end() -> None:
    """The window's start lies its length before `as_of`."""
    plan = SimulationPlan(n_persons=1, seed=0)
    assert (plan.as_of - plan.starts_at).days == plan.window_days


def test_copies_are_planted_beside_a_brand_that_stays_the_same(tmp_path: Path) -> None:
    """Without copies not a byte differs; with them, other rows come on top, and the truth says which."""
    simulate(tmp_path / "plain", n_persons=300, seed=4)
    again = simulate(tmp_path / "copied", n_persons=300, seed=4, copied_share=0.5)
    planted = {copy.record_id: copy for copy in iter_copies(again.out_dir)}
    assert planted
    assert not list(iter_copies(tmp_path / "plain"))
    rows = {row["id"]: row for row in _csv_rows(again.reviews)}
    plain = {row["id"]: row for row in _csv_rows(tmp_path / "plain" / "reviews.csv")}
    assert {key: row for key, row in rows.items() if key not in planted} == plain
    assert again.n_reviews == len(rows)
    for copy in planted.values():
        row, original = rows[copy.record_id], plain[copy.original_id]
        assert row["customer_id"] == copy.customer_id != original["customer_id"]
        assert row["source"] != original["source"]
        assert original["created_at"] <= row["created_at"] <= "2026-06-30T18:00:00Z"
    same = _digests(tmp_path / "plain")
    simulate(tmp_path / "copied", n_persons=300, seed=4)
    assert _digests(tmp_path / "copied") == same
    assert not list(iter_copies(tmp_path / "copied"))


def test_steady_brand_keeps_its_prevalences_but_for_the_planted_change(tmp_path: Path) -> None:
    """The truth says flat, and the halves differ in the changed pain point alone."""
    simulate(tmp_path, n_persons=60, seed=4, steady=True, shift=Shift("payment_fails", 0.08))
    for pain in load_truth(tmp_path).pain_points:
        change = pain.prevalence_second_half - pain.prevalence_first_half
        assert pain.trend == "flat"
        assert change == pytest.approx(0.08 if pain.pain_point_id == "payment_fails" else 0.0)
