"""The certificate: every leak that is planted is found, and nothing in it can be altered unseen."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.schemas.creative import Certificate
from agent.schemas.records import Kind, Record, Side
from agent.split import text_signature
from agent.store.signatures import Signed
from eval.certificate import CHECKS, Evidence, digest_of, make_certificate, verify_certificate
from tests.agent.store.builders import record

_NOW = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
_HELD_TEXT = "My parcel stood in the rain behind the bins for a whole weekend, and nobody told me that it had come at all."
_WORKING_TEXT = (
    "I ordered shoes in May and they fit well, but the box was open when the courier handed it over to me."
)
_CANARY = "stood in the rain behind the bins for a whole weekend"


def _signed(record_id: str, side: Side, text: str) -> Signed:
    signature = text_signature(text)
    assert signature is not None
    return Signed(record_id, side, signature)


@pytest.fixture(scope="module")
def clean() -> Evidence:
    """Give stores in which nothing leaks."""
    return Evidence(
        salt="salt",
        holdout_share=0.2,
        working_person_ids=frozenset({"p_w1", "p_w2"}),
        held_out_person_ids=frozenset({"p_h1"}),
        working_record_ids=frozenset({"r_w1", "r_w2"}),
        held_out=(record("h1", person="p_h1", text=_HELD_TEXT),),
        n_excluded=3,
        indexed_record_ids=frozenset({"r_w1"}),
        lake_person_ids=frozenset({"p_w2"}),
        working_signatures=(_signed("r_w1", Side.WORKING, _WORKING_TEXT),),
        held_out_signatures=(_signed("r_h1", Side.HELD_OUT, _HELD_TEXT),),
        working_texts=(_WORKING_TEXT,),
        outputs=("Parcels are handed over without being shown.", ""),
    )


@pytest.fixture(scope="module")
def valid(clean: Evidence) -> Certificate:
    """Give the certificate of those stores."""
    return make_certificate(clean, now=_NOW)


def _failed(certificate: Certificate) -> set[str]:
    return {check.name for check in certificate.checks if not check.passed}


def test_certificate_of_clean_stores_holds_and_verifies(valid: Certificate) -> None:
    """It names all checks, counts what was looked at, and says what was left out."""
    assert (valid.valid, verify_certificate(valid)) == (True, True)
    assert tuple(check.name for check in valid.checks) == CHECKS
    assert (valid.n_working, valid.n_held_out, valid.n_held_out_excluded) == (2, 1, 3)
    assert all(check.looked_at == 1 for check in valid.checks)
    assert "salt" not in {valid.split_salt_sha256}
    assert _HELD_TEXT not in valid.model_dump_json()


def test_certificate_survives_being_written_and_read(clean: Evidence) -> None:
    """A file of it verifies, whatever the time zone it was made in."""
    made = make_certificate(clean, now=_NOW.astimezone(timezone(timedelta(hours=5, minutes=30))))
    again = Certificate.model_validate_json(made.model_dump_json())
    assert verify_certificate(again)
    assert verify_certificate(Certificate.model_validate(orjson.loads(made.model_dump_json())))


def test_certificate_of_the_same_stores_is_the_same(clean: Evidence, valid: Certificate) -> None:
    """The order in which the stores are read does not matter."""
    turned = replace(clean, held_out=clean.held_out[::-1], outputs=clean.outputs[::-1])
    assert make_certificate(turned, now=_NOW) == valid


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x"


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        named = cast("dict[str, Any]", value)
        return [found for key, inner in named.items() for found in _paths(inner, (*path, key))]
    if isinstance(value, list):
        listed = cast("list[Any]", value)
        return [found for key, inner in enumerate(listed) for found in _paths(inner, (*path, key))]
    return [path]


def _changed(certificate: Certificate, path: tuple[str | int, ...]) -> Certificate:
    body: Any = certificate.model_dump(mode="json")
    inner = body
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = "2031-01-01T00:00:00Z" if path[-1] == "made_at" else _other(inner[path[-1]])
    return Certificate.model_validate(body)


def test_certificate_changed_anywhere_does_not_verify(valid: Certificate) -> None:
    """The digest covers every field of the certificate and of its checks."""
    paths = _paths(valid.model_dump(mode="json"))
    assert len(paths) == 11 + 5 * len(CHECKS)
    assert [path for path in paths if verify_certificate(_changed(valid, path))] == []


@settings(deadline=None)
@given(st.data())
def test_certificate_changed_at_random_does_not_verify(valid: Certificate, data: st.DataObject) -> None:
    """The same for any other value of any text or count, and for checks left out or turned round."""
    path = data.draw(st.sampled_from([*_paths(valid.model_dump(mode="json")), ("checks",)]))
    body: Any = valid.model_dump(mode="json")
    inner = body
    for key in path[:-1]:
        inner = inner[key]
    before = inner[path[-1]]
    if path == ("checks",):
        after: Any = data.draw(st.one_of(st.permutations(before), st.just(before[1:]), st.just([])))
    elif isinstance(before, bool):
        after = not before
    elif isinstance(before, int | float):
        after = data.draw(st.integers(0, 10**9))
    elif path[-1] == "made_at":
        after = data.draw(st.datetimes(timezones=st.just(UTC))).isoformat()
    else:
        after = data.draw(st.text(max_size=70))
    inner[path[-1]] = after
    changed = Certificate.model_validate(body)
    assert verify_certificate(changed) == (changed == valid)


def _forged(made: Certificate) -> dict[str, dict[str, Any]]:
    first, *rest = made.checks
    return {
        "no checks": {"checks": ()},
        "one left out": {"checks": tuple(rest)},
        "one twice": {"checks": (*made.checks, first)},
        "found and passed": {"checks": (first.model_copy(update={"found": 4}), *rest)},
        "not what the checks say": {"valid": False},
    }


@pytest.mark.parametrize(
    "how", ["no checks", "one left out", "one twice", "found and passed", "not what the checks say"]
)
def test_certificate_forged_with_its_own_digest_does_not_verify(valid: Certificate, how: str) -> None:
    """A digest made again does not help: what the checks say has to be complete and to agree."""
    forged = valid.model_copy(update=_forged(valid)[how])
    forged = forged.model_copy(update={"digest": digest_of(forged)})
    assert not verify_certificate(forged)


_LEAKS: dict[str, Callable[[Evidence], Evidence]] = {
    "persons_disjoint": lambda clean: replace(clean, working_person_ids=clean.working_person_ids | {"p_h1"}),
    "records_disjoint": lambda clean: replace(clean, working_record_ids=clean.working_record_ids | {"r_h1"}),
    "index_unseen": lambda clean: replace(clean, indexed_record_ids=clean.indexed_record_ids | {"r_h1"}),
    "events_unseen": lambda clean: replace(clean, lake_person_ids=clean.lake_person_ids | {"p_h1"}),
    "near_duplicates": lambda clean: replace(
        clean, working_signatures=(_signed("r_w9", Side.WORKING, _HELD_TEXT.replace("weekend", "week")),)
    ),
    "canaries": lambda clean: replace(clean, outputs=(*clean.outputs, f"Copy: it {_CANARY}.")),
}


@pytest.mark.parametrize("name", CHECKS)
def test_leak_planted_is_found_by_its_check_alone(clean: Evidence, name: str) -> None:
    """Each way held-out customers could be seen has its own check, and the certificate then holds no longer."""
    made = make_certificate(_LEAKS[name](clean), now=_NOW)
    assert _failed(made) == {name}
    assert not made.valid
    assert next(check for check in made.checks if check.name == name).found == 1
    assert verify_certificate(made)


@pytest.mark.parametrize(
    "output",
    [
        f"<quote id=e1>It {_CANARY}</quote>",
        orjson.dumps({"prompt": _CANARY}).decode(),
        orjson.dumps({"prompt": _CANARY.replace("for a", "for\na")}).decode(),
        _CANARY.upper().replace(" ", "  \t"),
        f"“{_CANARY.replace(' ', ', ')}!”",
    ],
    ids=["fenced", "json", "json with a line end", "capitals and spaces", "commas"],
)
def test_canary_in_a_prompt_is_found_however_it_is_written(clean: Evidence, output: str) -> None:
    """Case, punctuation, spacing and JSON's escapes do not hide a held-out text."""
    assert _failed(make_certificate(replace(clean, outputs=(output,)), now=_NOW)) == {"canaries"}


def test_canary_of_another_script_is_found_in_escaped_json(clean: Evidence) -> None:
    """JSON that escapes all but ASCII shows the same words."""
    text = "Die Lieferung kam erst nach fünf Tagen völlig durchnässt über den Zaun geflogen und keiner wusste etwas"
    held = record("h2", person="p_h1", text=text)
    leaked = replace(clean, held_out=(held,), outputs=(json.dumps({"content": text}),))
    assert _failed(make_certificate(leaked, now=_NOW)) == {"canaries"}


def test_words_that_working_customers_use_too_are_no_canary(clean: Evidence) -> None:
    """Eight words in a row that the working side has as well prove nothing."""
    shared = replace(clean, working_texts=(f"Mine {_CANARY} too.",), outputs=(f"It {_CANARY}.",))
    assert make_certificate(shared, now=_NOW).valid


def test_words_of_the_agent_are_no_canary(clean: Evidence) -> None:
    """Only what the held-out customer said has to stay unseen; an agent says the same to all."""
    said = "Thank you for waiting, I will now look up the order for you at once."
    text = f"Hello.\n{said}"
    held = _conversation(text, customer=(0, 6), agent=(7, len(text)))
    greeted = replace(clean, held_out=(held,), outputs=(said,))
    assert make_certificate(greeted, now=_NOW).valid


def _conversation(text: str, *, customer: tuple[int, int], agent: tuple[int, int]) -> Record:
    made = record("h3", person="p_h1", kind=Kind.TRANSCRIPT, text=text)
    turns = (
        made.turns[0].model_copy(update={"start": customer[0], "end": customer[1]}),
        made.turns[1].model_copy(update={"start": agent[0], "end": agent[1]}),
    )
    return made.model_copy(update={"turns": turns})


def test_near_duplicate_that_was_excluded_is_no_leak(clean: Evidence) -> None:
    """A held-out text that is unfit for checking may be like a working one."""
    alike = _signed("r_excluded", Side.HELD_OUT, _WORKING_TEXT)
    assert make_certificate(replace(clean, held_out_signatures=(alike,)), now=_NOW).valid


def test_certificate_of_empty_stores_looked_at_nothing() -> None:
    """Without customers nothing leaks, and the counts say that nothing was there."""
    empty = Evidence(
        salt="", holdout_share=0.0, working_person_ids=frozenset(), held_out_person_ids=frozenset(),
        working_record_ids=frozenset(), held_out=(), n_excluded=0, indexed_record_ids=frozenset(),
        lake_person_ids=frozenset(), working_signatures=(), held_out_signatures=(), working_texts=(), outputs=(),
    )  # fmt: skip
    made = make_certificate(empty, now=_NOW)
    assert verify_certificate(made)
    assert {check.looked_at for check in made.checks} == {0}
