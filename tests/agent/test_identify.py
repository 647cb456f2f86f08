"""Identifiers become keys that join what is one person and nobody else."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.identify import identifier_key, identifier_keys, is_junk, keyed_hash, person_id_of
from agent.schemas.records import Identifier, IdentifierKind

E, P, U, A = IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.USER_ID, IdentifierKind.ANONYMOUS_ID


def _key(kind: IdentifierKind, value: str, salt: str = "s") -> str:
    return identifier_key(Identifier(kind, value), salt=salt)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((E, " Ann@Example.COM "), (E, "ann@example.com")),
        ((E, "mailto:ann@example.com"), (E, "ann@example.com")),
        ((U, "ann@example.com"), (E, "ANN@example.com")),
        ((P, "+44 20 7946 0958"), (P, "0044-20-7946-0958")),
        ((P, "(555) 010-9999"), (P, "555 010 9999")),
    ],
)
def test_identifier_key_spellings_of_one_value_agree(
    one: tuple[IdentifierKind, str], other: tuple[IdentifierKind, str]
) -> None:
    """Spelling does not make two customers of one."""
    assert _key(*one) == _key(*other)


def test_identifier_key_other_kind_salt_or_case_of_id_differs() -> None:
    """Keys say nothing outside their workspace, and ids are compared exactly."""
    keys = {_key(U, "ab12"), _key(A, "ab12"), _key(U, "AB12"), _key(U, "ab12", salt="t")}
    assert len(keys) == 4


@pytest.mark.parametrize(
    "junk",
    [
        (U, "null"), (U, "0"), (U, "Anonymous"), (U, " "), (U, "00000000-0000-0000-0000-000000000000"), (A, "undefined"), (A, "-"),
        (E, "none"), (E, "noreply@shop.com"), (E, "not an address"), (P, "000-000-0000"), (P, "123"), (U, "xxxxxx"), (U, "\u200b"),
    ],
)  # fmt: skip
def test_is_junk_placeholder_values_identify_nobody(junk: tuple[IdentifierKind, str]) -> None:
    """One value for "unknown" must not join strangers."""
    assert is_junk(Identifier(*junk))


@pytest.mark.parametrize(
    "real", [(E, "test@example.com"), (U, "7"), (U, "nullah"), (P, "+1 555 010 9999"), (A, "a-1")]
)
def test_is_junk_unusual_values_stay(real: tuple[IdentifierKind, str]) -> None:
    """Values that look odd but name somebody are kept."""
    assert not is_junk(Identifier(*real))


@given(st.lists(st.builds(Identifier, st.sampled_from(IdentifierKind), st.text(max_size=20))))
def test_identifier_keys_order_and_repeats_do_not_matter(identifiers: list[Identifier]) -> None:
    """A row's keys are a set, without junk, in one order."""
    keys = identifier_keys(identifiers, salt="s")
    assert keys == identifier_keys([*reversed(identifiers), *identifiers], salt="s")
    assert list(keys) == sorted(set(keys))
    assert all(person_id_of(key).startswith("p_") and len(person_id_of(key)) == 26 for key in keys)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4), st.text(max_size=100))
def test_keyed_hash_any_parts_and_salt_is_the_standard_hmac(parts: list[str], salt: str) -> None:
    """The key's part is done once and kept, and the hash is HMAC-SHA256 all the same."""
    salt = salt.encode("utf-8", "ignore").decode()
    message = "".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")
    assert keyed_hash(*parts, salt=salt) == hmac.new(salt.encode(), message, "sha256").hexdigest()
