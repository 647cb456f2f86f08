"""Which passwords are taken, and what a hash is good for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import WeakPasswordError
from api.web.security.passwords import Passwords, check_strength
from tests.api.web.security.site import CHEAP, GOOD


@pytest.mark.parametrize(
    "password",
    [
        "short", "eleven char", "x" * 257, "aaaaaaaaaaaa", "abababababab", "123456789012", "890123456789", "210987654321",
        "abcdefghijkl", "passwordpassword", "Password1234", "p@ssw0rd2024!", "P@$$w0rd!!!!", "qwertyuiop12", "1234password1234",
        "letmeinletmein", "LETMEIN!!!!!!!", "administrator1", "welcome123456", "iloveyou1234", "ｐａｓｓｗｏｒｄ１２３４",
    ],
)  # fmt: skip
def test_password_that_is_guessed_first_is_refused(password: str) -> None:
    """Short, long, runs, repetitions, and the usual words with digits around them."""
    with pytest.raises(WeakPasswordError) as refused:
        check_strength(password, names=())
    assert password not in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize(
    "password",
    [
        "marjolein1990", "MARJOLEIN!!!!", "marjolein@example.org", "van.houten.2026", "Marjolein van Houten", "houtenmarjolein",
    ],
)  # fmt: skip
def test_password_made_of_the_own_name_is_refused(password: str) -> None:
    """Login, its part before the @, and each word of the display name."""
    with pytest.raises(WeakPasswordError, match="own name"):
        check_strength(password, names=("marjolein@example.org", "Marjolein van Houten"))
    check_strength("marjolein keeps 14 brown hens", names=("marjolein@example.org",))


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "correct horse battery staple",
        "Tr0ub4dor&3xyz",
        "пароль-и-море-7",
        "密码密码 海洋 山川 河流",
        "x7#kQ9!vLp2z",
    ],
)
def test_password_of_any_script_is_taken(password: str) -> None:
    """Length counts, not kinds of signs."""
    check_strength(password, names=("anna", "Anna"))


@settings(max_examples=40, deadline=None)
@given(password=st.text(min_size=1, max_size=40), other=st.text(max_size=40))
def test_hash_matches_its_own_password_alone(password: str, other: str) -> None:
    """Whatever was typed, also what no keyboard has."""
    passwords = Passwords(CHEAP)
    encoded = CHEAP.hash(password.encode("utf-8", "replace").decode()) if password.isascii() else None
    if encoded is not None:
        assert passwords.matches(encoded, password)
        assert passwords.matches(encoded, other) is (other == password)
    assert not passwords.matches(None, password)
    assert not passwords.matches("no hash at all", password)


def test_password_is_the_same_from_every_keyboard() -> None:
    """Composed and decomposed letters are one."""
    passwords = Passwords(CHEAP)
    encoded = passwords.hash("caf\u00e9 au lait noir", names=())
    assert passwords.matches(encoded, "cafe\u0301 au lait noir")
    assert encoded.startswith("$argon2id$")


def test_hashes_of_one_password_differ() -> None:
    """Each has a salt of its own."""
    passwords = Passwords(CHEAP)
    assert passwords.hash(GOOD, names=()) != passwords.hash(GOOD, names=())


def test_full_strength_is_what_the_rfc_recommends() -> None:
    """RFC 9106, section 4, second option: Argon2id, 64 MiB, three passes."""
    encoded = Passwords().hash(GOOD, names=())
    assert "$argon2id$v=19$m=65536,t=3,p=4$" in encoded
