"""Pseudonyms: keyed hashes of identifiers, so that nobody without the workspace's salt can link or guess them.

The union rule is pure: the identifiers of one row are one person. The graph that joins rows over time lives in the
store and knows only the keys made here.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

import phonenumbers

from agent.schemas.records import Identifier, IdentifierKind


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Values that stand for "we do not know": one of them shared by two rows must not make two customers one.
_JUNK = _words(
    "null none nil nan undefined unknown anonymous anon guest n/a na not_set notset (not_set) (none) false true test "
    "default empty missing void user customer admin visitor - -- . ? x xx xxx string [object_object] nobody noone "
    "example email phone user_id userid id not_available not_applicable no_email noemail deleted redacted hidden "
    "private optout opted_out"
)
_JUNK_EMAILS = _words(
    "noreply@ no-reply@ donotreply@ do-not-reply@ none@none.com na@na.com n/a@n/a.com null@null.com"
)
_SPACES = re.compile(r"\s+")
_ZERO_UUID = re.compile(r"^[0\-]+$|^f{8}-?f{4}-?f{4}-?f{4}-?f{12}$")
_ZERO_STARTS = frozenset("0-f")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
_EMAIL_DIGEST = re.compile(r"^[0-9a-f]{64}$")
_PHONE_MIN_DIGITS = 7
_PHONE_MAX_DIGITS = 15
_SHA256_BLOCK = 64
_MADE_UP_LENGTH = 6
_KEY_CHARS = 32
KIND_MARK = "k"
"""Begins every identifier's key; no hexadecimal digit is written so."""
# The mark sorts a row's keys: first what names one person most surely.
_MARKS = {
    IdentifierKind.USER_ID: "k1",
    IdentifierKind.EMAIL: "k2",
    IdentifierKind.PHONE: "k3",
    IdentifierKind.ORDER_ID: "k4",
    IdentifierKind.DEVICE_ID: "k5",
    IdentifierKind.ANONYMOUS_ID: "k6",
}
_KINDS = {mark: kind for kind, mark in _MARKS.items()}


def _plain(value: str) -> str:
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value)
    return value.strip().strip("\"'<>").strip()


def _normal_email(value: str) -> str:
    return value.casefold().removeprefix("mailto:")


def _normal_phone(value: str) -> str:
    """Return E.164 where the number says its country, its digits otherwise."""
    text = value.casefold().removeprefix("tel:")
    digits = re.sub(r"\D", "", text)
    international = "+" + digits.removeprefix("00") if text.lstrip("( ").startswith(("+", "00")) else ""
    if international:
        try:
            number = phonenumbers.parse(international, None)
        except phonenumbers.NumberParseException:
            return digits
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return digits


def _normalised(identifier: Identifier) -> tuple[IdentifierKind, str]:
    value = _plain(identifier.value)
    kind = identifier.kind
    if (
        (kind is IdentifierKind.USER_ID or kind is IdentifierKind.EMAIL)
        and "@" in value
        and _EMAIL.match(value)
    ):
        # Many shops use the e-mail address as the user id; it is the same customer.
        return IdentifierKind.EMAIL, _normal_email(value)
    if kind is IdentifierKind.PHONE:
        return kind, _normal_phone(value)
    return kind, value.casefold() if kind is IdentifierKind.EMAIL else value


def is_junk(identifier: Identifier) -> bool:
    """Tell whether a value identifies nobody, such as "null", "0", "anonymous" or a phone number of zeros."""
    return _is_junk(*_normalised(identifier))


def _is_junk(kind: IdentifierKind, value: str) -> bool:
    low = _SPACES.sub("_", value.casefold())
    if not low or low in _JUNK or not any(map(str.isalnum, low)):
        return True
    if low[0] in _ZERO_STARTS and _ZERO_UUID.match(low):
        return True
    if kind is IdentifierKind.EMAIL:
        if _EMAIL_DIGEST.match(low):
            return False
        return not _EMAIL.match(low) or any(low == junk or low.startswith(junk) for junk in _JUNK_EMAILS)
    if kind is IdentifierKind.PHONE:
        digits = re.sub(r"\D", "", low)
        return not _PHONE_MIN_DIGITS <= len(digits) <= _PHONE_MAX_DIGITS or len(set(digits)) <= 2  # noqa: PLR2004
    # A running number may well be 1111; nobody's is 000000 or 999999.
    return low in {"0", "-1"} or (len(low) >= _MADE_UP_LENGTH and low.count(low[0]) == len(low))


def identifier_key(identifier: Identifier, *, salt: str) -> str:
    """Return a mark of the identifier's kind and 30 hexadecimal digits of HMAC-SHA256 over kind and normalised value.

    Keys sort by how surely their kind names one person: user id, e-mail address, phone number, order, device, anonymous
    id. E-mail addresses compare without case, and with their SHA-256 where a source gives that instead; phone numbers as
    E.164 where they name their country.
    """
    return _key_of(*_normalised(identifier), salt)


def _key_of(kind: IdentifierKind, value: str, salt: str) -> str:
    if kind is IdentifierKind.EMAIL and not _EMAIL_DIGEST.match(value):
        value = sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    mark = _MARKS[kind]
    return mark + keyed_hash(kind.value, value, salt=salt)[: _KEY_CHARS - len(mark)]


def mark_of_kind(kind: IdentifierKind) -> str:
    """Return what every key of a kind begins with."""
    return _MARKS[kind]


def kind_of(key: str) -> IdentifierKind | None:
    """Return the kind of identifier that a key stands for; None where it does not say."""
    return _KINDS.get(key[:2]) if len(key) == _KEY_CHARS else None


def identifier_keys(identifiers: Iterable[Identifier], *, salt: str) -> tuple[str, ...]:
    """Return the keys of one row's identifiers: one person, the surest kind first, junk left out, each once."""
    normalised = map(_normalised, identifiers)
    return tuple(
        sorted({_key_of(kind, value, salt) for kind, value in normalised if not _is_junk(kind, value)})
    )


def person_id_of(key: str) -> str:
    """Return `p_` and 24 hexadecimal digits for a person known by `key`."""
    return "p_" + sha256(key.encode()).hexdigest()[:24]


def keyed_hash(*parts: str, salt: str) -> str:
    """Return 64 hexadecimal digits of HMAC-SHA256 over parts; no two lists of parts share an input."""
    message = "".join([f"{len(part)}:{part}" for part in parts]).encode("utf-8", "surrogatepass")
    return keyed_digest(message, salt=salt).hex()


def keyed_digest(message: bytes, *, salt: str) -> bytes:
    """Return HMAC-SHA256 over a message, 32 bytes."""
    return _keyed(salt).digest(message)


def keyed_digests(fixed: Sequence[str], last: Iterable[str], *, salt: str) -> list[bytes]:
    """Return, for each of many last parts, the bytes that `keyed_hash(*fixed, part)` writes in hexadecimal digits."""
    start = "".join([f"{len(part)}:{part}" for part in fixed])
    return _keyed(salt).digests(start, last)


class _Keyed:
    """HMAC-SHA256 (RFC 2104) with the key's part done once; a hash then takes a third of `hmac.digest`'s time."""

    def __init__(self, key: bytes) -> None:
        padded = (key if len(key) <= _SHA256_BLOCK else sha256(key).digest()).ljust(_SHA256_BLOCK, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in padded))

    def digest(self, message: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    def digests(self, start: str, last: Iterable[str]) -> list[bytes]:
        """Return one digest a message `start`, length of the part, colon, part."""
        # What is the same for all parts of one length is hashed once.
        begun: dict[int, Any] = {}
        copy_outer = self._outer.copy
        found: list[bytes] = []
        for part in last:
            length = len(part)
            inner = begun.get(length)
            if inner is None:
                inner = begun[length] = self._inner.copy()
                inner.update(f"{start}{length}:".encode("utf-8", "surrogatepass"))
            inner, outer = inner.copy(), copy_outer()
            inner.update(part.encode("utf-8", "surrogatepass"))
            outer.update(inner.digest())
            found.append(outer.digest())
        return found


@lru_cache(maxsize=16)
def _keyed(salt: str) -> _Keyed:
    return _Keyed(salt.encode())
