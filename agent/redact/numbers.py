"""Recognisers of numbers that are personal by their form or by the words around them.

Phone numbers, dates of birth, order and account numbers, secrets; a long number that is none of these is taken out as
NUMBER, since a count or a price never has nine digits in customers' words.
"""

import re
from collections.abc import Iterator

import phonenumbers

from agent.redact.spans import PersonalKind, Span

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}"
_DATE = (
    rf"(?:\d{{1,4}}[/.\-]\d{{1,2}}[/.\-]\d{{1,4}}|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\.?,? \d{{2,4}}"
    rf"|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{2,4}})?)"
)
_BIRTH = re.compile(
    r"\b(?:born(?: on| in)?|dob|d\.o\.b\.?|date of birth|birth ?da(?:y|te))[ :,\-=]{0,3}(?:is |was |on )?(?:the )?"
    rf"({_DATE})",
    re.IGNORECASE,
)
_LABEL = (
    r"(order|purchase|booking|reservation|account|acct|a/c|customer|client|member(?:ship)?|invoice|ticket|case|reference|ref"
    r"|confirmation|tracking|policy|claim|loyalty|contract|transaction|bank|routing|sort code|pnr|gift card|serial|parcel"
    r"|shipment|delivery|consignment|frequent flyer|imei|record locator|subscription|application|loan|meter|registration)"
)
_NUMBERED = re.compile(
    rf"\b{_LABEL}s?'?\s?((?:number|no\.?|num|nr\.?|nos?|id|code|ref(?:erence)?|locator|#|№)\s?){{0,2}}"
    r"\s?(is|was|:|#|=|-|№|\()?\s?[:#]?\s?"
    r"([A-Z0-9][A-Z0-9_\-/]{2,30}(?:[ \-]\d{2,6}){0,4})",
    re.IGNORECASE,
)
_ORDER_LABELS = (
    "order",
    "purchase",
    "booking",
    "reservation",
    "invoice",
    "ticket",
    "tracking",
    "parcel",
    "shipment",
)
_LOGIN = re.compile(
    r"\b(?:user ?name|user ?id|login(?: name)?|screen ?name|nick ?name|gamer ?tag|handle|account name|profile name|alias)"
    r"(?:\s(?:is|was)\s|\s?[:=]\s?)[\"'“]?([\w][\w.\-]{2,39})",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"\b(?:pass ?word|pass ?code|pass ?phrase|pwd|pin(?: code| number)?|cvv2?|cvc|otp|security code|verification code"
    r"|access code)\s?(?:is|was|:|=|#)\s?[\"'“]?([^\s,;\"”]{2,60}[^\s,;.!?\"”])",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\w$€£#.,])(?:\+ ?)?(?:\(\+?\d{1,5}\)[ .\-/]{0,2})?\d{1,15}(?:(?:[ .\-/\u2010\u2011\u2013]{1,2}|[ .\-]?\(0?)"
    r"\)?\d{1,12}\)?){0,7}(?:\s?(?:x|ext\.?|extension)\s?\d{1,6})?(?![\w%€£]|[.,]\d)",
    re.IGNORECASE,
)
_PHONE_CONTEXT = re.compile(
    r"\b(?:phone|call(?:ed|ing)?|mobile|cell(?:phone)?|tel(?:ephone)?|fax|whatsapp|text(?:ed)?|ring|dial|reach|contact"
    r"|desk|office|home|work|landline|handy|sms|(?:my|his|her|contact|the) number)\b[^\d\n]{0,30}\Z",
    re.IGNORECASE,
)
_PHONE_AFTER = re.compile(r"\s?\(?(?:office|fax|mobile|cell|home|work|landline|phone)\b", re.IGNORECASE)
_EXTENSION = re.compile(r"\s?(?:x|ext\.?|extension)\s?\d{1,6}\Z", re.IGNORECASE)
_DATE_LIKE = re.compile(
    r"(?:\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{4}|(?:19|20)\d{2}\s?[-/–]\s?(?:19|20)\d{2})(?: .*)?\Z"
)
_LONG = re.compile(r"(?<![\w$€£.,])(?:\d[ \-]?){8,40}\d(?![\w%]|[.,]\d)")
_CODE = re.compile(
    r"(?<![\w\-])(?=[A-Z0-9\-]{8,40}(?![\w\-]))(?=[A-Z\-]{0,30}\d)(?:[A-Z\-]*\d){6,30}[A-Z\-]*(?![\w\-])"
)
_DIGIT_WORD = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|\d)"
_SPOKEN = re.compile(rf"\b{_DIGIT_WORD}(?:[\s,.\-]{{1,3}}{_DIGIT_WORD}){{6,24}}\b", re.IGNORECASE)
_SPOKEN_HINT = re.compile(r"\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)[\s,.\-]{1,3}(?:zero|oh|one|two|three|four"
                          r"|five|six|seven|eight|nine|double|triple)\b", re.IGNORECASE)  # fmt: skip
_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "AU", "IN", "BR")
_MIN_PHONE = 7
_MAX_PHONE = 15
_SURE_PHONE = 9
_MIN_CODE_DIGITS = 3


def find_labelled(text: str) -> Iterator[Span]:
    """Yield what its label makes personal: order and account numbers, logins, secrets, dates of birth."""
    for match in _BIRTH.finditer(text):
        yield Span(*match.span(1), PersonalKind.DOB)
    for match in _NUMBERED.finditer(text):
        value = match.group(4)
        if _is_code(value, labelled=bool(match.group(2) or match.group(3))) or _is_booking_code(match):
            order = match.group(1).lower().startswith(_ORDER_LABELS)
            yield Span(*match.span(4), PersonalKind.ORDER if order else PersonalKind.ACCOUNT)
    for match in _LOGIN.finditer(text):
        if re.search(r"[\d_.]", match.group(1).rstrip(".")):
            yield Span(match.start(1), match.start(1) + len(match.group(1).rstrip(".")), PersonalKind.HANDLE)
    for match in _SECRET.finditer(text):
        if any(c.isdigit() for c in match.group(1)):
            yield Span(*match.span(1), PersonalKind.SECRET)


def _is_code(value: str, *, labelled: bool) -> bool:
    digits = sum(c.isdigit() for c in value)
    if _DATE_LIKE.match(value) or not any(c.isdigit() for c in value.split(maxsplit=1)[0]):
        return False
    if digits == len(value):
        return digits >= (4 if labelled else 5)
    return digits >= _MIN_CODE_DIGITS and (labelled or value.upper() == value)


def _is_booking_code(match: re.Match[str]) -> bool:
    """Tell whether six capitals are a booking code as airlines write it."""
    value = match.group(4)
    called = match.group(2) is not None or match.group(1).lower() in (
        "pnr",
        "record locator",
        "reference",
        "ref",
    )
    return called and len(value) == 6 and value.isalpha() and value.isupper()  # noqa: PLR2004


def find_numbers(text: str) -> Iterator[Span]:
    """Yield phone numbers and other long numbers; call it for texts with digits."""
    for match in _PHONE.finditer(text):
        if _is_phone(text, match):
            yield Span(*match.span(), PersonalKind.PHONE)
    for match in _LONG.finditer(text):
        if not _DATE_LIKE.match(match.group()) and len(set(match.group()) - set(" -")) > 1:
            yield Span(*match.span(), PersonalKind.NUMBER)
    for match in _CODE.finditer(text):
        if not _DATE_LIKE.match(match.group()):
            yield Span(*match.span(), PersonalKind.NUMBER)


def find_spoken(text: str) -> Iterator[Span]:
    """Yield numbers of seven digits and more that were spelled out, as transcripts of calls have them."""
    if _SPOKEN_HINT.search(text):
        for match in _SPOKEN.finditer(text):
            yield Span(*match.span(), PersonalKind.NUMBER)


def _is_phone(text: str, match: re.Match[str]) -> bool:
    value = match.group()
    number = _EXTENSION.sub("", value)
    groups = re.findall(r"\d+", number)
    n_digits = sum(map(len, groups))
    if not _MIN_PHONE <= n_digits <= _MAX_PHONE or _DATE_LIKE.match(number):
        return False
    if value.startswith("+") or len(number) < len(value):
        return True
    if _PHONE_CONTEXT.search(text[max(0, match.start() - 40) : match.start()]) or _PHONE_AFTER.match(
        text, match.end()
    ):
        return True
    if "(" in number:
        return number.startswith("(") or n_digits >= _SURE_PHONE
    if len(groups) == 1:
        return n_digits >= _SURE_PHONE and _is_valid_number(number)
    return n_digits >= _SURE_PHONE and _is_grouped(number, groups)


def _is_grouped(number: str, groups: list[str]) -> bool:
    """Tell a phone number's grouping from a list of quantities or a grouped amount."""
    if len(groups) == 2:  # noqa: PLR2004
        return number.startswith("0") or _is_valid_number(number)
    if max(map(len, groups)) > 5 or min(map(len, groups[1:])) < 2:  # noqa: PLR2004
        return False
    amount = all(len(group) == 3 for group in groups[1:]) and not number.startswith("0")  # noqa: PLR2004
    return not amount or len(groups[0]) == 3  # noqa: PLR2004


def _is_valid_number(number: str) -> bool:
    for region in _REGIONS:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, region)):
                return True
        except phonenumbers.NumberParseException:
            return False
    return False
