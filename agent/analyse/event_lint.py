"""Is an event log tracked well? Rules over names, ids, times and persons; each finding says how many and what to do."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from agent.errors import RedactionError
from agent.events.steps import BOT_EVENTS_PER_DAY
from agent.normalise import RowFault, event_name, parse_time
from agent.normalise.names import ACTIONS
from agent.read.tracking import TrackedRow
from agent.schemas.base import Frozen
from agent.schemas.records import IdentifierKind, RawTime

MOST_NAMES: Final = 200
"""More names than this and nobody knows them all; Segment advises far fewer."""
MOST_SKEW: Final = timedelta(minutes=5)
"""Between sending and receiving; longer than any connection takes, so one of the clocks is wrong."""
MOST_DELAY: Final = timedelta(days=7)
"""Between happening and receiving."""


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_SECONDS_TO_MS: Final = 1e11
_RESERVED: Final = _words(
    "identify track page screen group alias app_clear_data app_exception error first_open first_visit "
    "in_app_purchase session_start user_engagement ad_click ad_impression"
)
_RESERVED_STARTS: Final = ("$", "_", "ga_", "google_", "firebase_", "gtag.")
_DYNAMIC: Final = re.compile(
    r"\d{3,}|[0-9a-f]{8}-[0-9a-f]{4}-|(?=[a-z]*\d)(?=\d*[a-f])[0-9a-f]{12,}", re.IGNORECASE
)
_PAST: Final = re.compile(r"[a-z]{2,}ed$")
_IRREGULAR: Final = _words(
    "begun bought broken built chosen done found given gone held kept left lost made met paid put read "
    "run seen sent set shown sold spent taken told viewed won written"
)
_VERBS: Final = _words(
    "view click add remove start complete submit open close create delete update cancel search purchase "
    "order book pay share download install uninstall select request receive send fail abandon refund "
    "return ship deliver visit rate review apply enter save change sign log play watch scroll begin end "
    "finish press tap load show hide use try buy"
)

Redact = Callable[[str], str]
"""A name with what is personal in it replaced."""


class Rule(StrEnum):
    """What a finding is about."""

    NOT_OBJECT_ACTION = "name.not_object_action"
    TENSE = "name.verb_tense"
    MIXED_CASE = "name.mixed_case"
    SPACES = "name.spaces"
    PERSONAL = "name.personal_data"
    DYNAMIC = "name.dynamic"
    SPELLINGS = "name.spellings"
    TOO_MANY = "name.too_many"
    RESERVED = "name.reserved"
    NO_NAME = "name.missing"
    NO_ID = "id.missing"
    OTHER_CONTENT = "id.other_content"
    FUTURE = "time.future"
    MIXED_EPOCH = "time.mixed_epoch"
    NO_TIME = "time.missing"
    UNREADABLE = "time.unreadable"
    LATE = "time.late"
    SKEW = "time.clock_skew"
    NOBODY = "person.missing"
    TWO_USERS = "person.two_user_ids"
    BOT = "person.bot"
    BROKEN = "row.broken"


_SAID: Final[Mapping[Rule, tuple[str, str]]] = {
    Rule.NOT_OBJECT_ACTION: (
        "the name does not say what was done to what",
        "Name the object, then the action: order_completed.",
    ),
    Rule.TENSE: (
        "the action is not in the past tense",
        "Write what has happened: product_viewed, not view_product.",
    ),
    Rule.MIXED_CASE: ("the name mixes upper and lower case", "Write names in lower case: order_completed."),
    Rule.SPACES: ("the name holds spaces or dashes", "Put underscores between words: order_completed."),
    Rule.PERSONAL: (
        "the name holds personal data",
        "Take it out of the name at the tracker; the product stores it redacted.",
    ),
    Rule.DYNAMIC: (
        "the name holds an id or a number made up as it goes",
        "Keep one name and send the id as a property.",
    ),
    Rule.SPELLINGS: (
        "names that differ in their spelling only",
        "Agree on one spelling; the product counts them as one meanwhile.",
    ),
    Rule.TOO_MANY: (
        f"more than {MOST_NAMES} names",
        "Join names that differ in a detail, and send the detail as a property.",
    ),
    Rule.RESERVED: ("the name is reserved by a tracker", "Choose another name."),
    Rule.NO_NAME: ("events without a name", "Send `event` with every track call."),
    Rule.NO_ID: (
        "events without a messageId",
        "Send one: without it a file that is exported again counts twice.",
    ),
    Rule.OTHER_CONTENT: (
        "one messageId with different content",
        "Make ids unique; the product keeps the first event of an id.",
    ),
    Rule.FUTURE: ("times more than a day in the future", "Set the clock; these events are rejected."),
    Rule.MIXED_EPOCH: (
        "epoch seconds and milliseconds in one column",
        "Send one of them; the product tells them apart by size.",
    ),
    Rule.NO_TIME: ("events without a time", "Send `timestamp`; these events are rejected."),
    Rule.UNREADABLE: (
        "times that cannot be read or lie before 1990",
        "Send ISO 8601 with a zone; these events are rejected.",
    ),
    Rule.LATE: (
        f"events received more than {MOST_DELAY.days} days after they happened",
        "Send queued events earlier; they are counted when they happened.",
    ),
    Rule.SKEW: (
        f"receivedAt and sentAt more than {MOST_SKEW.seconds // 60} minutes apart",
        "Set the sender's clock, or let the tracker correct `timestamp` by the difference.",
    ),
    Rule.NOBODY: ("rows that name nobody", "Send userId or anonymousId; these rows are rejected."),
    Rule.TWO_USERS: (
        "devices or sessions with more than one user id",
        "Reset the anonymous id at sign-out, or else two customers may become one.",
    ),
    Rule.BOT: (
        f"persons with more than {BOT_EVENTS_PER_DAY:,} events on one day",
        "Keep bots out at the tracker; journeys name them and leave them out.",
    ),
    Rule.BROKEN: ("rows that cannot be read", "Export the file again."),
}
_REJECTED: Final = {"no_person": Rule.NOBODY, "no_name": Rule.NO_NAME, "bad_time": Rule.UNREADABLE}


class Finding(Frozen):
    """One rule that an event log breaks."""

    rule: Rule
    what: str
    n: int
    """Events, or names for rules about names, or persons for rules about persons."""
    example: str | None
    """A name, without personal data."""
    todo: str


class EventLinter:
    """Gathers rows and tells which rules they break.

    Args:
        now: Time of checking.
        redact: Takes personal data out of names.
    """

    def __init__(self, *, now: datetime, redact: Redact) -> None:
        self._now, self._redact = now, redact
        self._names: Counter[str] = Counter()
        self._broken: Counter[Rule] = Counter()
        self._example: dict[Rule, str] = {}
        self._contents: dict[str, bytes] = {}
        self._n_seconds = self._n_millis = self._n_bots = 0
        self._users: dict[str, str | None] = {}
        self._daily: Counter[tuple[str, str]] = Counter()

    def add(self, row: TrackedRow) -> None:
        """Take a row in."""
        if row.reject is not None:
            self._count(_REJECTED.get(row.reject, Rule.BROKEN), None)
            return
        if row.name is not None:
            self._names[row.name] += 1
        self._check_id(row)
        self._check_times(row)
        self._check_person(row)

    def add_names(self, names: Mapping[str, int]) -> None:
        """Take names in that stand in a store, with how many events have them."""
        self._names.update(names)

    def add_bots(self, n: int) -> None:
        """Take in how many persons of a store do more on one day than anybody does."""
        self._n_bots += n

    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong, in the order of the rules."""
        self._check_names()
        if self._n_seconds and self._n_millis:
            self._broken[Rule.MIXED_EPOCH] = min(self._n_seconds, self._n_millis)
        self._broken[Rule.TWO_USERS] = sum(user is None for user in self._users.values())
        busy = {who for (who, _), n in self._daily.items() if n > BOT_EVENTS_PER_DAY}
        self._broken[Rule.BOT] = len(busy) + self._n_bots
        return tuple(
            Finding(rule=rule, what=_SAID[rule][0], n=n, example=self._shown(rule), todo=_SAID[rule][1])
            for rule in Rule
            if (n := self._broken[rule])
        )

    def _count(self, rule: Rule, name: str | None, n: int = 1) -> None:
        self._broken[rule] += n
        if name is not None:
            self._example.setdefault(rule, name)

    def _shown(self, rule: Rule) -> str | None:
        name = self._example.get(rule)
        return None if name is None else _redacted(name, self._redact)

    def _check_id(self, row: TrackedRow) -> None:
        if row.event_id is None:
            self._count(Rule.NO_ID, row.name)
        elif self._contents.setdefault(row.event_id, row.content) != row.content:
            self._count(Rule.OTHER_CONTENT, row.name)

    def _check_times(self, row: TrackedRow) -> None:
        at = self._time(row.at, row.name)
        if isinstance(row.at, int | float):
            self._n_seconds += row.at < _SECONDS_TO_MS
            self._n_millis += row.at >= _SECONDS_TO_MS
        sent, received = _read(row.sent_at), _read(row.received_at)
        if sent is not None and received is not None and abs(received - sent) > MOST_SKEW:
            self._count(Rule.SKEW, row.name)
        if at is not None and received is not None and received - at > MOST_DELAY:
            self._count(Rule.LATE, row.name)
        if at is not None:
            self._daily[_mark(row), at.date().isoformat()] += 1

    def _time(self, value: RawTime, name: str | None) -> datetime | None:
        try:
            at = parse_time(value, now=self._now)
        except RowFault as fault:
            rule = Rule.FUTURE if fault.reject_code == "time.future" else Rule.UNREADABLE
            self._count(rule, name)
            return None
        if at is None and name is not None:
            self._count(Rule.NO_TIME, name)
        return at

    def _check_person(self, row: TrackedRow) -> None:
        by_kind = {one.kind: one.value for one in row.identifiers}
        device = by_kind.get(IdentifierKind.ANONYMOUS_ID) or by_kind.get(IdentifierKind.DEVICE_ID)
        user = by_kind.get(IdentifierKind.USER_ID)
        if device is not None and user is not None and self._users.setdefault(device, user) != user:
            self._users[device] = None

    def _check_names(self) -> None:
        spelled: defaultdict[str, list[str]] = defaultdict(list)
        for name in sorted(self._names):
            for rule in _rules_of(name, self._redact):
                self._count(rule, name)
            spelled[_plain(name)].append(name)
        for names in spelled.values():
            if len(names) > 1:
                self._count(Rule.SPELLINGS, names[0], len(names))
        if len(self._names) > MOST_NAMES:
            self._broken[Rule.TOO_MANY] = len(self._names)


def _rules_of(name: str, redact: Redact) -> Iterable[Rule]:
    """Yield the rules one name breaks by itself."""
    if _redacted(name, redact) != name:
        yield Rule.PERSONAL
    if _DYNAMIC.search(name):
        yield Rule.DYNAMIC
    if name.lower().startswith(_RESERVED_STARTS) or name.strip().lower() in _RESERVED:
        yield Rule.RESERVED
    if re.search(r"[\s\-./:]", name.strip()) or name != name.strip():
        yield Rule.SPACES
    if name != name.lower() and not name.isupper():
        yield Rule.MIXED_CASE
    words = _plain(name).split("_")
    if len(words) < 2:  # noqa: PLR2004 - an object and an action
        yield Rule.NOT_OBJECT_ACTION
    elif not any(_is_past(word) for word in words):
        yield (
            Rule.TENSE
            if _VERBS.intersection(words) or any(w.endswith("ing") for w in words)
            else (Rule.NOT_OBJECT_ACTION)
        )


def _is_past(word: str) -> bool:
    return word in ACTIONS or word in _IRREGULAR or _PAST.search(word) is not None


def _plain(name: str) -> str:
    try:
        return event_name(name)
    except RowFault:
        return name


def _redacted(name: str, redact: Redact) -> str:
    try:
        return redact(name)
    except RedactionError:
        return "a name that cannot be shown"


def _read(value: RawTime) -> datetime | None:
    try:
        return parse_time(value, now=datetime.max.replace(tzinfo=UTC) - timedelta(days=2))
    except RowFault:
        return None


def _mark(row: TrackedRow) -> str:
    return "\x1f".join(one.kind + one.value for one in row.identifiers)
