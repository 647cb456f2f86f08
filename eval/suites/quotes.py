"""Suite `quotes`: mutated quotes accepted (must be none) and checks a second.

The peer is the lenient check that citation pipelines commonly use: white space and case folded, then "is the quote
anywhere in the corpus".
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator

from agent.schemas.evidence import Evidence
from agent.schemas.records import Kind, Record, Speaker, Turn
from agent.verify.quotes import QuoteChecker, text_digest
from eval.suites.base import SuiteOptions, SuiteResult, Table
from eval.suites.texts import review_texts

_LOOK_ALIKES = {"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "i": "і", " ": "\u00a0", "'": "’", "-": "‐"}
_N_MUTATED = 1_000_000
_N_QUICK = 50_000
_TURNS = 5


def run(options: SuiteOptions) -> SuiteResult:
    """Mutate quotes from real reviews in five ways and time the checker on true ones."""
    n_mutated = _N_QUICK if options.quick else _N_MUTATED
    texts, note = review_texts(options.data, limit=7_000)
    records = [_record(number, text) for number, text in enumerate(texts)]
    rng = random.Random(options.seed)
    accepted = _accepted(records, rng, n_mutated)
    speeds = _speeds(records, rng, n=200_000 if options.quick else 600_000)
    tables = [
        Table(
            "Mutated quotes accepted",
            ["mutation", "tried", "accepted by ours", "accepted by folded search"],
            [[name, tried, ours, lenient] for name, (tried, ours, lenient) in accepted.items()],
        ),
        Table("Checks a second, true quotes", ["run", "checks a second"], speeds),
    ]
    return SuiteResult("quotes", tables, [note])


def _record(number: int, text: str) -> Record:
    """Return a record; every second one is a conversation whose later turn an agent said."""
    agent_words = "Thank you for telling us, we will look into it."
    turns = ()
    if number % 2:
        turns = (
            Turn(speaker=Speaker.CUSTOMER, start=0, end=len(text)),
            Turn(speaker=Speaker.AGENT, start=len(text) + 1, end=len(text) + 1 + len(agent_words)),
        )
        text = f"{text}\n{agent_words}"
    return Record(
        record_id=f"r_{number:024x}",
        kind=Kind.TRANSCRIPT if turns else Kind.REVIEW,
        source_format="suite",
        external_id=str(number),
        person_id=f"p_{number:024x}",
        at=None,
        channel=None,
        text=text,
        turns=turns,
        source_id="s",
        row=number,
        content_key="",
    )


def _true_quote(record: Record, rng: random.Random) -> Evidence:
    _, end_of_customer = record.customer_spans()[0]
    start = rng.randrange(max(1, end_of_customer - 8))
    end = min(end_of_customer, start + rng.randrange(8, 160))
    return Evidence(
        record_id=record.record_id,
        start=start,
        end=end,
        quote=record.text[start:end],
        text_sha256=text_digest(record.text),
    )


Mutation = Callable[[Evidence, list[Record], random.Random], Evidence]


def _one_character(evidence: Evidence, _records: list[Record], rng: random.Random) -> Evidence:
    place = rng.randrange(len(evidence.quote))
    other = rng.choice([char for char in "abcxyz !?" if char != evidence.quote[place]])
    return evidence.model_copy(update={"quote": evidence.quote[:place] + other + evidence.quote[place + 1 :]})


def _spliced(evidence: Evidence, records: list[Record], rng: random.Random) -> Evidence:
    """Join the first half of one quote to the second half of another, keeping the span's length."""
    other = _true_quote(rng.choice(records), rng).quote
    half = len(evidence.quote) // 2
    spliced = (evidence.quote[:half] + other[half:]).ljust(len(evidence.quote))[: len(evidence.quote)]
    return evidence.model_copy(update={"quote": spliced})


def _wrong_record(evidence: Evidence, records: list[Record], rng: random.Random) -> Evidence:
    record = rng.choice(records)
    return evidence.model_copy(
        update={"record_id": record.record_id, "text_sha256": text_digest(record.text)}
    )


def _look_alike(evidence: Evidence, _records: list[Record], rng: random.Random) -> Evidence:
    places = [place for place, char in enumerate(evidence.quote) if char.lower() in _LOOK_ALIKES]
    if not places:
        return _one_character(evidence, _records, rng)
    place = rng.choice(places)
    other = _LOOK_ALIKES[evidence.quote[place].lower()]
    return evidence.model_copy(update={"quote": evidence.quote[:place] + other + evidence.quote[place + 1 :]})


def _shifted(evidence: Evidence, _records: list[Record], rng: random.Random) -> Evidence:
    by = rng.choice([-2, -1, 1, 2])
    return evidence.model_copy(
        update={"start": max(0, evidence.start + by), "end": max(1, evidence.end + by)}
    )


_MUTATIONS: dict[str, Mutation] = {
    "one character changed": _one_character,
    "spliced": _spliced,
    "wrong record": _wrong_record,
    "look-alike character": _look_alike,
    "span shifted": _shifted,
}


def _accepted(records: list[Record], rng: random.Random, n: int) -> dict[str, tuple[int, int, int]]:
    checker = QuoteChecker.over(records)
    by_id = {record.record_id: record for record in records}
    folded = {record.record_id: _fold(record.text) for record in records}
    result: dict[str, tuple[int, int, int]] = {}
    for name, mutate in _MUTATIONS.items():
        tried = ours = lenient = 0
        for evidence in _false_quotes(mutate, records, by_id, rng, n // len(_MUTATIONS)):
            tried += 1
            ours += checker.fault(evidence) is None
            lenient += _fold(evidence.quote) in folded[evidence.record_id]
        result[name] = (tried, ours, lenient)
    return result


def _false_quotes(
    mutate: Mutation, records: list[Record], by_id: dict[str, Record], rng: random.Random, n: int
) -> Iterator[Evidence]:
    """Yield `n` mutated quotes, leaving out mutations that happen to be true again."""
    made = 0
    while made < n:
        evidence = mutate(_true_quote(rng.choice(records), rng), records, rng)
        if by_id[evidence.record_id].text[evidence.start : evidence.end] != evidence.quote:
            made += 1
            yield evidence


def _fold(text: str) -> str:
    return " ".join(text.lower().split())


def _speeds(records: list[Record], rng: random.Random, *, n: int) -> list[list[str | float | int | None]]:
    evidence = [_true_quote(rng.choice(records), rng) for _ in range(n)]
    rates: list[float] = []
    for _ in range(_TURNS):
        checker = QuoteChecker.over(records)
        started = time.perf_counter()
        faults = sum(checker.fault(item) is not None for item in evidence)
        rates.append(n / (time.perf_counter() - started))
        if faults:
            msg = f"{faults} true quotes were refused"
            raise AssertionError(msg)
    return [
        ["minimum", round(min(rates))],
        ["median", round(statistics.median(rates))],
        ["maximum", round(max(rates))],
    ]
