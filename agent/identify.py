"""Pseudonyms: keyed hashes of identifiers, so that nobody without the workspace's salt can link or guess them.

The union rule is pure: the identifiers of one row are one person. The graph that joins rows over time lives in the
store and knows only the keys made here.
"""

import hmac
import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256

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
_REPEATED = re.compile(r"^(.)\1*$")
_ZERO_UUID = re.compile(r"^[0\-]+$|^f{8}-?f{4}-?f{4}-?f{4}-?f{12}$")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
_EMAIL_DIGEST = re.compile(r"^[0-9a-f]{64}$")
_PHONE_MIN_DIGITS = 7
_PHONE_MAX_DIGITS = 15


def _plain(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip().strip("\"'<>").strip()


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
    if _EMAIL.match(value) and kind in (IdentifierKind.USER_ID, IdentifierKind.EMAIL):
        # Many shops use the e-mail address as the user id; it is the same customer.
        return IdentifierKind.EMAIL, _normal_email(value)
    if kind is IdentifierKind.PHONE:
        return kind, _normal_phone(value)
    return kind, value.casefold() if kind is IdentifierKind.EMAIL else value


def is_junk(identifier: Identifier) -> bool:
    """Tell whether a value identifies nobody, such as "null", "0", "anonymous" or a phone number of zeros."""
    kind, value = _normalised(identifier)
    low = re.sub(r"\s+", "_", value.casefold())
    if not low or low in _JUNK or _ZERO_UUID.match(low) or not any(c.isalnum() for c in low):
        return True
    if kind is IdentifierKind.EMAIL:
        if _EMAIL_DIGEST.match(low):
            return False
        return not _EMAIL.match(low) or any(low == junk or low.startswith(junk) for junk in _JUNK_EMAILS)
    if kind is IdentifierKind.PHONE:
        digits = re.sub(r"\D", "", low)
        return not _PHONE_MIN_DIGITS <= len(digits) <= _PHONE_MAX_DIGITS or len(set(digits)) <= 2  # noqa: PLR2004
    return low in {"0", "-1"} or (len(low) >= 4 and _REPEATED.match(low) is not None)  # noqa: PLR2004


def identifier_key(identifier: Identifier, *, salt: str) -> str:
    """Return 32 hexadecimal digits of HMAC-SHA256 over an identifier's kind and normalised value.

    E-mail addresses compare without case, and with their SHA-256 where a source gives that instead; phone numbers as
    E.164 where they name their country.
    """
    kind, value = _normalised(identifier)
    if kind is IdentifierKind.EMAIL and not _EMAIL_DIGEST.match(value):
        value = sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    return keyed_hash(kind.value, value, salt=salt)[:32]


def identifier_keys(identifiers: Iterable[Identifier], *, salt: str) -> tuple[str, ...]:
    """Return the keys of one row's identifiers: one person, in a fixed order, junk left out, each once."""
    return tuple(sorted({identifier_key(one, salt=salt) for one in identifiers if not is_junk(one)}))


def person_id_of(key: str) -> str:
    """Return `p_` and 24 hexadecimal digits for a person known by `key`."""
    return "p_" + sha256(key.encode()).hexdigest()[:24]


def keyed_hash(*parts: str, salt: str) -> str:
    """Return 64 hexadecimal digits of HMAC-SHA256 over parts; no two lists of parts share an input."""
    message = "".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")
    return hmac.digest(salt.encode(), message, "sha256").hex()
