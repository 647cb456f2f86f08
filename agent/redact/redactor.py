"""Replaces personal data by typed placeholders that are the same for the same value of the same person."""

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from stdnum import luhn

from agent.errors import RedactionError
from agent.redact.addresses import find_addresses
from agent.redact.names import find_names
from agent.redact.numbers import find_labelled, find_numbers, find_spoken
from agent.redact.signatures import find_signed
from agent.redact.spans import PLACEHOLDER, PersonalKind, Span, settled
from agent.redact.structured import find_emails, find_keys, find_urls
from agent.schemas.base import Scalar
from agent.schemas.records import Identifier, IdentifierKind

_ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
"""Without vowels, so that a placeholder never spells a word, and without look-alikes."""
_SUFFIX_CHARS = 3
_MAX_PASSES = 8
_CLEAN_CACHE = 100_000
_CLEAN_CHARS = 200
_AT_SIGN = re.compile(r"[@＠]|&#|&commat|%40|\bdot\b|[(\[{]at[)\]}]", re.IGNORECASE)
_LINK = re.compile(r"://|www\.|\.(?:com|me)/", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d\D{0,3}\d")
_SAFE_VALUE = re.compile(
    r"[+\-]?\d{0,6}(?:\.\d{1,6})?"
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+\-]\d\d:?\d\d)?)?"
)
# An article's or a session's number: one word with digits. What only its surroundings could make personal is kept.
_CODE_VALUE = re.compile(r"(?=[^\d]*\d)(?:\d{1,14}|[\w\-]{0,80}[A-Za-z_][\w\-]{0,80})")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)

_KIND_OF_IDENTIFIER = {
    IdentifierKind.EMAIL: PersonalKind.EMAIL,
    IdentifierKind.PHONE: PersonalKind.PHONE,
    IdentifierKind.ORDER_ID: PersonalKind.ORDER,
}
_KIND_OF_KEY = {
    PersonalKind.EMAIL: "email mail emailaddress useremail customeremail contactemail",
    PersonalKind.PHONE: "phone phonenumber mobile mobilenumber cell tel telephone msisdn fax whatsapp",
    PersonalKind.NAME: """firstname lastname fullname surname givenname familyname middlename maidenname customername
        contactname recipientname billingname shippingname cardholder cardholdername passengername guestname""",
    PersonalKind.HANDLE: """username login handle nickname screenname userhandle userid customerid deviceid anonymousid
        cookieid visitorid clientid advertisingid idfa gaid gclid fbclid externaluserid""",
    PersonalKind.ADDRESS: """address street streetaddress address1 address2 addressline1 addressline2 billingaddress
        shippingaddress deliveryaddress homeaddress""",
    PersonalKind.POSTCODE: "zip zipcode postcode postalcode plz",
    PersonalKind.IP: "ip ipaddress clientip remoteaddr userip mac macaddress",
    PersonalKind.DOB: "dob birthday birthdate dateofbirth",
    PersonalKind.ID: "ssn nationalid passport passportnumber taxid driverslicense licensenumber vin",
    PersonalKind.CARD: "cardnumber creditcard creditcardnumber pan iban",
    PersonalKind.SECRET: "password passwd pwd pin cvv token accesstoken apikey secret authtoken",
    PersonalKind.ORDER: "orderid ordernumber bookingid reservationid invoiceid invoicenumber transactionid",
    PersonalKind.ACCOUNT: "accountid accountnumber memberid membershipnumber policynumber loyaltyid contractid",
    PersonalKind.NUMBER: "lat latitude lng lon longitude",
}
_KEY_KINDS = {key: kind for kind, keys in _KIND_OF_KEY.items() for key in keys.split()}

_PERSONAL_IN_IDS = frozenset(
    (PersonalKind.EMAIL, PersonalKind.CARD, PersonalKind.IBAN, PersonalKind.ID, PersonalKind.IP, PersonalKind.PHONE,
     PersonalKind.NAME, PersonalKind.ADDRESS)
)  # fmt: skip
_PERSONAL_IN_CODES = frozenset((PersonalKind.CARD, PersonalKind.IBAN, PersonalKind.ID, PersonalKind.CRYPTO))
_DIGIT_KINDS = frozenset(
    (
        PersonalKind.CARD,
        PersonalKind.IBAN,
        PersonalKind.ID,
        PersonalKind.PHONE,
        PersonalKind.NUMBER,
        PersonalKind.POSTCODE,
    )
)
_OTHER = PersonalKind.ACCOUNT
_MIN_LITERAL_CHARS = 5
_MAX_PLAIN_INT = 10**14
_SAFE_ID = re.compile(r"[\w\-]{1,200}")
_CODE_HINT = re.compile(r"\b(?:code|pnr|locator|reference|confirmation)\b", re.IGNORECASE)
_NOT_LETTER = re.compile(r"[^a-z0-9]")
_Literal = tuple[re.Pattern[str], PersonalKind]


class Redactor:
    """Takes personal data out of customers' words.

    Fails closed: whatever goes wrong inside becomes `RedactionError`, and nothing of the text is returned. Everything
    outside the replaced spans stays as it is, and redacting once more changes nothing.

    Args:
        salt: The workspace's; without it nobody can tell which value a placeholder stands for.
    """

    def __init__(self, salt: str) -> None:
        self._key = salt.encode("utf-8", "surrogatepass")
        self._clean: set[str] = set()

    def redact(self, text: str, *, person_id: str, known: Iterable[Identifier] = ()) -> str:
        """Return the text with personal data replaced by placeholders such as `[EMAIL-x7f]`.

        Args:
            text: As `normalise.clean_text` returns it.
            person_id: Whose words they are; one value gets one placeholder per person.
            known: Identifiers of the same row; they are taken out wherever they stand.

        Raises:
            RedactionError: Something went wrong; the record must not be stored.
        """
        return self.redact_turns((text,), person_id=person_id, known=known)[0]

    def redact_turns(
        self, texts: Sequence[str], *, person_id: str, known: Iterable[Identifier] = ()
    ) -> list[str]:
        """Redact the turns of one conversation together, so that a name asked for in one is found in the next.

        Raises:
            RedactionError: As in `redact`.
        """
        try:
            return self._redact_turns(list(texts), person_id, _literals(known))
        except Exception as fault:  # noqa: BLE001  any fault at all must keep the text from being stored
            # The cause is left out: its message may quote the text.
            raise _failed(fault) from None

    def redact_properties(self, mapping: Mapping[str, Scalar], *, person_id: str) -> dict[str, Scalar]:
        """Return properties with personal values replaced, told by their key or by what they hold.

        Raises:
            RedactionError: As in `redact`.
        """
        try:
            return {key: self._redact_value(key, value, person_id) for key, value in mapping.items()}
        except Exception as fault:  # noqa: BLE001  as above
            raise _failed(fault) from None

    def redact_name(self, value: str, *, person_id: str) -> str:
        """Return the short name of an event or a channel with personal data replaced; names met before cost nothing.

        The kind of what was there is all that is left: a name that differs for each person would tell them apart.

        Raises:
            RedactionError: As in `redact`.
        """
        try:
            return PLACEHOLDER.sub(_kind_alone, self._redact_text_value(value, person_id))
        except Exception as fault:  # noqa: BLE001  as above
            raise _failed(fault) from None

    def redact_id(self, value: str, *, person_id: str) -> str:
        """Return a source's id unchanged, or `x_` and 16 hexadecimal digits where it is personal data itself.

        Raises:
            RedactionError: As in `redact`.
        """
        try:
            kinds = (
                {span.kind for span in _found(value, [])}
                if _SAFE_ID.fullmatch(value) is None
                else set[PersonalKind]()
            )
        except Exception as fault:  # noqa: BLE001  as above
            raise _failed(fault) from None
        if not kinds & _PERSONAL_IN_IDS:
            return value
        return "x_" + self._digest("id", person_id, value).hex()[:16]

    def _redact_turns(self, texts: list[str], person_id: str, literals: list[_Literal]) -> list[str]:
        # What is taken out can bring two things together that are personal side by side; the last pass finds nothing,
        # which is what makes redacting twice the same as once.
        for _ in range(_MAX_PASSES):
            joined = "\n".join(texts)
            spans = settled(_found(joined, literals), _fences(texts, joined))
            if not spans:
                return texts
            texts = self._replaced(texts, spans, person_id)
        return texts

    def _replaced(self, texts: list[str], spans: list[Span], person_id: str) -> list[str]:
        replaced: list[str] = []
        offset = i = 0
        for text in texts:
            pieces: list[str] = []
            start = 0
            while i < len(spans) and spans[i].start < offset + len(text):
                low, high, kind = spans[i]
                pieces += (
                    text[start : low - offset],
                    self._placeholder(kind, text[low - offset : high - offset], person_id),
                )
                start = high - offset
                i += 1
            pieces.append(text[start:])
            replaced.append("".join(pieces))
            offset += len(text) + 1
        return replaced

    def _redact_value(self, key: str, value: Scalar, person_id: str) -> Scalar:
        kind = _kind_of_key(key)
        if kind is not None:
            text = str(value).strip()
            if isinstance(value, bool) or not text or PLACEHOLDER.fullmatch(text):
                return value
            return self._placeholder(kind, text, person_id)
        if isinstance(value, str):
            return self._redact_text_value(value, person_id)
        if isinstance(value, int) and value > _MAX_PLAIN_INT:
            return self._redact_text_value(str(value), person_id) if luhn.is_valid(str(value)) else value
        return value

    def _redact_text_value(self, value: str, person_id: str) -> str:
        if value in self._clean or _SAFE_VALUE.fullmatch(value) or _UUID.fullmatch(value):
            return value
        if _CODE_VALUE.fullmatch(value) and (
            value.isdigit() or not any(span.kind in _PERSONAL_IN_CODES for span in find_keys(value))
        ):
            return value
        redacted = self._redact_turns([value], person_id, [])[0]
        if redacted == value and len(value) <= _CLEAN_CHARS and len(self._clean) < _CLEAN_CACHE:
            self._clean.add(value)
        return redacted

    def _placeholder(self, kind: PersonalKind, value: str, person_id: str) -> str:
        digest = self._digest(kind.value, person_id, _canonical(kind, value))
        number = int.from_bytes(digest[:8])
        suffix = ""
        for _ in range(_SUFFIX_CHARS):
            number, digit = divmod(number, len(_ALPHABET))
            suffix += _ALPHABET[digit]
        return f"[{kind.value}-{suffix}]"

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self._key, "\x00".join(parts).encode("utf-8", "surrogatepass"), "sha256")


def find_personal(text: str) -> list[Span]:
    """Return the spans of a text that are personal data, in order, without overlaps; for measuring."""
    return settled(_found(text, []), _fences([text], text))


def _failed(fault: Exception) -> RedactionError:
    return RedactionError(
        "personal data could not be removed, so the record was not stored",
        hint="report the kind of fault and the release; the text itself is not needed",
        context={"fault": type(fault).__name__},
    )


def _literals(known: Iterable[Identifier]) -> list[_Literal]:
    return [
        (
            re.compile(rf"(?<!\w){re.escape(one.value)}(?!\w)", re.IGNORECASE),
            _KIND_OF_IDENTIFIER.get(one.kind, _OTHER),
        )
        for one in known
        if len(one.value) >= _MIN_LITERAL_CHARS and not (one.value.isalpha() and one.value.islower())
    ]


def _fences(texts: list[str], joined: str) -> list[tuple[int, int]]:
    fences = [match.span() for match in PLACEHOLDER.finditer(joined)] if "[" in joined else []
    end = -1
    for text in texts[:-1]:
        end += len(text) + 1
        fences.append((end, end + 1))
    return fences


def _kind_alone(match: re.Match[str]) -> str:
    return match[0].strip("[]").partition("-")[0]


def _blanked(match: re.Match[str]) -> str:
    return "\x00" * len(match.group())


def _found(text: str, literals: list[_Literal]) -> list[Span]:
    """Return all that any recogniser finds; cheap tests keep recognisers off texts they cannot find anything in."""
    if "[" in text:
        text = PLACEHOLDER.sub(_blanked, text)
    finds: list[Iterable[Span]] = [find_names(text), find_signed(text), find_spoken(text)]
    if _AT_SIGN.search(text):
        finds.append(find_emails(text))
    if _LINK.search(text):
        finds.append(find_urls(text))
    if _DIGITS.search(text):
        finds += (find_keys(text), find_labelled(text), find_numbers(text))
    elif _CODE_HINT.search(text):
        finds.append(find_labelled(text))
    if _DIGIT.search(text):
        finds.append(find_addresses(text))
    for pattern, kind in literals:
        finds.append([Span(*match.span(), kind) for match in pattern.finditer(text)])
    return list(chain.from_iterable(finds))


@lru_cache(maxsize=4096)
def _kind_of_key(key: str) -> PersonalKind | None:
    plain = _NOT_LETTER.sub("", key.lower())
    last = _NOT_LETTER.sub("", re.split(r"[.$/]", key.lower())[-1])
    return _KEY_KINDS.get(plain) or _KEY_KINDS.get(last)


def _canonical(kind: PersonalKind, value: str) -> str:
    """Return the form under which two spellings of one value are the same value."""
    if kind in _DIGIT_KINDS:
        return re.sub(r"[\W_]", "", value).casefold()
    return re.sub(r"\s+", " ", value).strip().casefold()
