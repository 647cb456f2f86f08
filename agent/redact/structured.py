"""Recognisers of personal data with a form of its own: addresses of mail, numbers, keys, links.

Every recogniser is linear in the length of the text: repeats are bounded, and a cheap test of the text comes first.
"""

import ipaddress
import re
from collections.abc import Iterator

from stdnum import iban, luhn
from stdnum.es import dni
from stdnum.it import codicefiscale

from agent.redact.spans import PersonalKind, Span
from agent.redact.words import word_set

_AT_SIGN = re.compile(r"@|＠|&#0*64;|&#x0*40;|&commat;|%40", re.IGNORECASE)
_LOCAL_PUNCTUATION = frozenset("!#$%&'*+-/=?^_`{|}~.")
_LOCAL_CHARS = 254
_DOMAIN = re.compile(
    r"[\w](?:[\w-]{0,62}\.){1,130}[^\W\d_][\w-]{1,62}|\[[0-9a-fA-F.:]{3,45}\]"
    r"|(?:gmail|yahoo|hotmail|outlook|icloud|aol|protonmail|live|msn|gmx|googlemail)\b",
    re.IGNORECASE,
)
_SPELLED = re.compile(
    r"\b[\w.+-]{1,64}(?:\s?[(\[{]at[)\]}]\s?|\s@\s?|\s?@\s|\sat\s)[\w-]{1,63}"
    r"(?:(?:\s?[(\[{]dot[)\]}]\s?|\.|\sdot\s)[^\W\d_][\w-]{1,62}){1,4}",
    re.IGNORECASE,
)
_SPELLED_HINT = re.compile(r"[(\[{]at[)\]}]|\s@|@\s|\sdot\s", re.IGNORECASE)
_HANDLE = re.compile(r"[A-Za-z0-9_][\w.]{1,29}")


def find_emails(text: str) -> Iterator[Span]:
    """Yield e-mail addresses, also encoded or spelled out, and handles that start with an at sign."""
    for match in _AT_SIGN.finditer(text):
        start = _local_start(text, match.start())
        domain = _DOMAIN.match(text, match.end())
        if domain and start < match.start():
            yield Span(start, domain.end(), PersonalKind.EMAIL)
        elif match.group() == "@" and (start == match.start() or not text[match.start() - 1].isalnum()):
            handle = _HANDLE.match(text, match.end())
            if handle and any(c.isalpha() for c in handle.group()):
                yield Span(match.start(), match.end() + len(handle.group().rstrip(".")), PersonalKind.HANDLE)
    if _SPELLED_HINT.search(text):
        for match in _SPELLED.finditer(text):
            if " at " not in match.group().lower() or " dot " in match.group().lower():
                yield Span(match.start(), match.end(), PersonalKind.EMAIL)


def _local_start(text: str, at: int) -> int:
    """Return where the local part before an at sign starts; `at` where there is none."""
    if at and text[at - 1] == '"':
        quote = text.rfind('"', max(0, at - _LOCAL_CHARS), at - 1)
        return quote if quote >= 0 else at
    start = at
    floor = max(0, at - _LOCAL_CHARS)
    while start > floor and (text[start - 1].isalnum() or text[start - 1] in _LOCAL_PUNCTUATION):
        start -= 1
    # In a link or a list, the name of the parameter is no part of the address.
    start = max(start, *(text.rfind(sign, start, at) + 1 for sign in "=/?&|"))
    while start < at and text[start] in "'*`.-":
        start += 1
    return start


_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'`]{3,2000}", re.IGNORECASE)
_USERINFO = re.compile(r"//([^/@\s]{1,200})@")
_PARAMETER = re.compile(
    r"[?&;#](?:[\w.\-]{0,30}[_\-.])?(?:e?mail|phone|tel|mobile|msisdn|name|first_?name|last_?name|surname|user|user_?id"
    r"|user_?name|login|customer_?id|client_?id|account|token|access_token|auth|key|api_?key|secret|password|pwd|pass|sid"
    r"|session|session_?id|code|sig|signature|address|street|zip|postcode|dob|ssn|ip|order_?id|booking_?id)=([^&#\s]{1,500})",
    re.IGNORECASE,
)
_PROFILE = re.compile(
    r"(?:\b|//)(?:\w{1,5}\.)?(?:facebook|fb|instagram|twitter|x|linkedin|tiktok|snapchat|venmo|t|wa|paypal|calendly|github)"
    r"\.(?:com|me)/(?:in/|u/|user/|add/|@)?([\w.\-]{3,60})",
    re.IGNORECASE,
)
_NO_PROFILE = word_set(
    "help login pages groups share watch sharer hashtag explore reel company jobs home search intent about policies legal "
    "terms privacy marketplace events settings messages support business profile.php sharer.php"
)


def find_urls(text: str) -> Iterator[Span]:
    """Yield the personal parts of links: sign-in, personal parameters, profile names; the rest of a link stays."""
    for match in _URL.finditer(text):
        low, high = match.span()
        for part in _USERINFO.finditer(text, low, high):
            yield Span(*part.span(1), PersonalKind.URL)
        for part in _PARAMETER.finditer(text, low, high):
            yield Span(*part.span(1), PersonalKind.URL)
    for match in _PROFILE.finditer(text):
        if match.group(1).lower() not in _NO_PROFILE:
            yield Span(*match.span(1), PersonalKind.URL)


_CARD = re.compile(r"(?<![\d.,])\d(?:[ \-]?\d){12,18}(?![\d])")
_CARD_CONTEXT = re.compile(r"\b(?:card|visa|mastercard|amex|credit|debit)\b[^.\n]{0,30}\Z", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ \-]?[A-Z0-9]{4}){2,7}(?:[ \-]?[A-Z0-9]{1,4})?\b", re.IGNORECASE)
_SSN = re.compile(r"(?<![\d-])(?:\d{3}-\d{2}-\d{4}|\d{3}\.\d{3}\.\d{3}-\d{2})(?![\d-])")
_NATIONAL = re.compile(
    r"\b(?:[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]|[XYZ\d]\d{7}-?[A-Z]|[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z])\b"
)
_ID_CONTEXT = re.compile(
    r"\b(?:passport|national id|identity card|id card|nino|national insurance|driv(?:er'?s?|ers|ing) licen[cs]e|licen[cs]e"
    r"|licence plate|license plate|tax (?:id|payer)|tin|nif|dni|nie|pesel|aadhaar|nhs|medicare|medicaid|social security"
    r"|social insurance|ssn|sin|cpf|bsn|personnummer|codice fiscale|steuer-?id|vehicle id|vin)\b"
    r"(?: (?:number|no|nr|num|id|code|card))?[.:#=]{0,2}(?: (?:is|was|ends in|are))?[:# ]{0,3}"
    r"([A-Z0-9][A-Z0-9.\-/]{3,20}(?: [A-Z]{0,2}\d[A-Z0-9]{0,5}){0,4})",
    re.IGNORECASE,
)
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d]|\.\d)")
_VERSION = re.compile(r"(?:\bv|version|ver\.?|build|firmware|release|ios|android|chrome)\s*\Z", re.IGNORECASE)
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)
_MAC = re.compile(r"\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b", re.IGNORECASE)
_CRYPTO = re.compile(r"\b(?:bc1[a-z0-9]{25,60}|[13][a-km-zA-HJ-NP-Z1-9]{25,34}|0x[a-fA-F0-9]{40})\b")
_MIN_ID_DIGITS = 3


def find_keys(text: str) -> Iterator[Span]:
    """Yield cards, bank accounts, national ids, network addresses and wallets; call it for texts with digits."""
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        before = text[max(0, match.start() - 40) : match.start()]
        if (luhn.is_valid(digits) and len(set(digits)) > 1) or _CARD_CONTEXT.search(before):
            yield Span(*match.span(), PersonalKind.CARD)
    for match in _IBAN.finditer(text):
        if iban.is_valid(match.group()) or "iban" in text[max(0, match.start() - 20) : match.start()].lower():
            yield Span(*match.span(), PersonalKind.IBAN)
    yield from _find_ids(text)
    for match in _CRYPTO.finditer(text):
        if any(c.isdigit() for c in match.group()) and not match.group().isdigit():
            yield Span(*match.span(), PersonalKind.CRYPTO)
    if text.count(".") > 2 or text.count(":") > 1 or text.count("-") > 4:  # noqa: PLR2004
        yield from _find_networks(text)


def _find_ids(text: str) -> Iterator[Span]:
    for match in _SSN.finditer(text):
        yield Span(*match.span(), PersonalKind.ID)
    for match in _NATIONAL.finditer(text):
        value = match.group().replace(" ", "")
        if value[:2].isalpha() or dni.is_valid(value) or codicefiscale.is_valid(value):
            yield Span(*match.span(), PersonalKind.ID)
    for match in _ID_CONTEXT.finditer(text):
        if sum(c.isdigit() for c in match.group(1)) >= _MIN_ID_DIGITS:
            yield Span(*match.span(1), PersonalKind.ID)


def _find_networks(text: str) -> Iterator[Span]:
    for match in _IPV4.finditer(text):
        if _is_address(match.group()) and not _VERSION.search(
            text[max(0, match.start() - 12) : match.start()]
        ):
            yield Span(*match.span(), PersonalKind.IP)
    for pattern in (_IPV6, _MAC):
        for match in pattern.finditer(text):
            if pattern is _MAC or (len(match.group()) > 3 and _is_address(match.group())):  # noqa: PLR2004
                yield Span(*match.span(), PersonalKind.IP)


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True
