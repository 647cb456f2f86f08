"""Passwords: which are good enough, and Argon2id hashes of them."""

import secrets
import unicodedata
from collections.abc import Iterable
from string import ascii_lowercase, digits

import anyio
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from agent.errors import WeakPasswordError

MIN_CHARS = 12
MAX_CHARS = 256
_MIN_DIFFERENT = 5
_MIN_BESIDE_NAMES = 8
_MIN_NAME_CHARS = 4
_AT_ONCE = 2
"""Hashes computed at the same time: each takes 64 MiB and a tenth of a second."""
_COMMON = frozenset((
    "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghij", "abcdefghijkl",
    "admin", "administrator", "baseball", "batman", "changeme", "changeit", "charlie", "chocolate", "computer",
    "default", "donald", "dragon", "football", "freedom", "guest", "hello", "helloworld", "iloveyou", "internet",
    "journey", "journeyinsight", "letmein", "liverpool", "login", "marketing", "master", "michael", "monkey", "mypassword",
    "passpass", "passphrase", "password", "passwort", "pokemon", "princess", "qazwsx", "qazwsxedc", "qwer", "qwert",
    "qwerty", "qwertyui", "qwertyuiop", "qwertz", "qwertzuiop", "root", "samsung", "secret", "shadow", "starwars",
    "sunshine", "superman", "superuser", "temp", "test", "testing", "testtest", "thisismypassword", "trustno", "user",
    "welcome", "whatever", "azerty", "azertyuiop", "asdf", "asdfgh", "asdfghjkl", "zxcvbn", "zxcvbnm", "qwertyuiopasdfghjkl",
))  # fmt: skip
"""What the most common passwords are made of, without the digits and signs that are put around it."""
_SWAPS = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
)
_RUNS = tuple(signs[::step] * MAX_CHARS for signs in (digits, ascii_lowercase) for step in (1, -1))


class Passwords:
    """Makes and checks hashes; an account that is not there takes as long to check as one that is."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Prepare a hash to compare with where there is none.

        Args:
            hasher: Of Argon2id, with its parameters; RFC 9106's profile for little memory where None.
        """
        self._hasher = hasher or PasswordHasher()
        self._decoy = self._hasher.hash(secrets.token_urlsafe())
        self.limiter = anyio.CapacityLimiter(_AT_ONCE)
        """For threads that hash, so that a crowd at the sign-in neither fills the memory nor holds up the pages."""

    def hash(self, password: str, *, names: Iterable[str]) -> str:
        """Return the encoded hash of a new password.

        Args:
            password: As typed.
            names: Of its owner: login and display name, which it may not be made of.

        Raises:
            WeakPasswordError: It is too short or too easily guessed.
        """
        check_strength(password, names=names)
        return self._hasher.hash(_plain(password))

    def matches(self, encoded: str | None, password: str) -> bool:
        """Tell whether a password is the one of a hash; None is never matched, at the same cost."""
        try:
            found = self._hasher.verify(encoded or self._decoy, _plain(password))
        except (VerificationError, InvalidHashError):
            return False
        return found and encoded is not None

    def renewed(self, encoded: str, password: str) -> str | None:
        """Return a hash with today's parameters for a password that matched, or None where it has them."""
        return self._hasher.hash(_plain(password)) if self._hasher.check_needs_rehash(encoded) else None


def check_strength(password: str, *, names: Iterable[str]) -> None:
    """Refuse a password that a guesser would try early.

    Raises:
        WeakPasswordError: It is short, common, a run or a repetition, or little more than its owner's name.
    """
    text = _plain(password)
    if not MIN_CHARS <= len(text) <= MAX_CHARS:
        fault = f"has {len(text)} characters; {MIN_CHARS} to {MAX_CHARS} were expected"
    elif _is_common(text.casefold()):
        fault = "is one of those that are guessed first"
    elif _is_of_names(text.casefold(), names):
        fault = "is little more than your own name"
    else:
        return
    msg = f"the password {fault}"
    raise WeakPasswordError(msg, hint="Several words that do not belong together make a good one.")


def _plain(password: str) -> str:
    """Return one form of a password, whichever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()


def _is_common(text: str) -> bool:
    if len(set(text)) < _MIN_DIFFERENT or any(text in run for run in _RUNS):
        return True
    unit = text[: _period(text)]
    return any(letters in _COMMON for part in (text, unit) for letters in (_letters(part), _read(part)))


def _letters(text: str) -> str:
    """Return a text without what is not a letter."""
    return "".join(char for char in text if char.isalpha())


def _read(text: str) -> str:
    """Return a text without signs around it, and with those inside of it as the letters they are meant for."""
    first = next((place for place, char in enumerate(text) if char.isalpha()), 0)
    last = next((place for place in range(len(text), 0, -1) if text[place - 1].isalpha()), 0)
    return _letters(text[first:last].translate(_SWAPS))


def _period(text: str) -> int:
    """Return the length of the shortest beginning whose repetition is the whole text."""
    return (text + text).find(text, 1)


def _is_of_names(text: str, names: Iterable[str]) -> bool:
    rest = text
    for name in sorted(_parts(names), key=len, reverse=True):
        rest = rest.replace(name, "")
    return rest != text and sum(char.isalnum() for char in rest) < _MIN_BESIDE_NAMES


def _parts(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        whole = _plain(name).casefold()
        found |= {whole, whole.partition("@")[0], *whole.replace("@", " ").replace(".", " ").split()}
    return {part for part in found if len(part) >= _MIN_NAME_CHARS}
