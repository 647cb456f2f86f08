"""What the slots of a request say for and against each kind of request, beside likeness to its phrasings."""

import re
from typing import Final

from agent.chat.understand.groups import is_comparing, names_time, sets_apart, two_of_one_trait
from agent.chat.understand.kinds import ABOUT, Kind, SlotName
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.scoring import Scores
from agent.chat.understand.signs import signs_of
from agent.chat.understand.words import words_in

_UNUSED_SUBJECT: Final = 0.25
_UNUSED_LOOSE: Final = 0.12
_NEED: Final = 0.3
_WEIGHTS: Final = {"versus": 1.0, "emotion": 0.4, "lane": 0.5, "persona": 0.5, "by": 0.4, "pain": 0.1}
_UNUSED_STAGE: Final = 0.08
_TWO_GROUPS: Final = 0.3
_NOT_SET_APART: Final = 0.35
_PLAIN_GROUPS: Final = 0.04
_TWO_STEPS: Final = 0.1
_TWO_EVENTS: Final = 0.2


def adjusted_scores(scores: Scores, parsed: Parsed, kinds: tuple[Kind, ...]) -> list[float]:
    """Return the scores of the kinds with what the slots say for and against each."""
    signs = signs_of(parsed)
    return [
        float(score) + _fit(kind, parsed) + signs.get(kind.id, 0.0)
        for score, kind in zip(scores.by_kind, kinds, strict=True)
    ]


def _fit(kind: Kind, parsed: Parsed) -> float:
    if not kind.tool:
        return 0.0
    fit = -sum(_WEIGHTS.get(need, _NEED) for need in kind.needs if not _has(need, parsed))
    if parsed.subject is not None and not ABOUT & set(kind.takes):
        fit -= _UNUSED_SUBJECT if parsed.subject.led else _UNUSED_LOOSE
    if parsed.all("stage") and not {"stage", "topic", "steps", "from", "level"} & set(kind.takes):
        fit -= _UNUSED_STAGE
    if len(parsed.all("event")) > 1:
        fit += _TWO_EVENTS * ((kind.tool == "show_funnel") - 2 * (kind.id == "count_event"))
    if (
        parsed.times
        and parsed.times[0].lead != "within"
        and kind.tool == "compare_periods"
        and is_comparing(parsed)
    ):
        fit += _TWO_STEPS
    if _speaks_of_another(kind, parsed):
        fit -= _NOT_SET_APART
    if kind.tool == "show_help" and (parsed.limits or parsed.all("where")):
        # Whoever names a group asks for something of it.
        fit -= _NOT_SET_APART
    if kind.id == "explain" and (
        parsed.all("where") or any(token.text in {"our", "customers", "people"} for token in parsed.tokens)
    ):
        fit -= _TWO_GROUPS
    if len(parsed.all("where")) > 1 and is_comparing(parsed) and kind.tool == "compare_groups":
        fit += _TWO_GROUPS + _PLAIN_GROUPS * (kind.id == "groups_pains")
    return fit


_WORTH: Final = re.compile(
    r"\b(?:valu\w+|worth|spend\w*|best|top|vips?|profitable|lucrative|high.?end|money)\b"
)


def _speaks_of_another(kind: Kind, parsed: Parsed) -> bool:
    """Tell whether what a kind of request cannot do without is not spoken of: two groups, two times, coming back."""
    if kind.tool == "compare_groups":
        return not sets_apart(parsed)
    if kind.tool == "compare_periods":
        return not (parsed.times or names_time(parsed))
    if kind.tool == "show_value" and parsed.all("where"):
        # What is special of a named group is a matter of groups, unless worth is asked for.
        return not _WORTH.search(parsed.text)
    complains = any(token.text in words_in("complaint_words") for token in parsed.tokens)
    return kind.tool == "show_retention" and complains


def _has(need: SlotName, parsed: Parsed) -> bool:
    wanted = {
        "topic": parsed.subject is not None,
        "pain": parsed.subject is not None or bool(parsed.all("event")),
        "stage": bool(parsed.all("stage") or parsed.all("after")),
        "after": bool(parsed.all("after") or parsed.all("event")),
        "emotion": bool(parsed.all("emotion")),
        "lane": bool(parsed.all("lane")),
        "persona": bool(parsed.all("persona")),
        "to": bool(parsed.all("event") or parsed.all("stage")),
        "by": bool(parsed.all("by"))
        or "channel" in parsed.text
        or "stage" in parsed.text
        or two_of_one_trait(parsed),
        "count_event": bool(parsed.all("event")),
        "versus": bool(parsed.all("where")) or "groups" in parsed.text,
    }
    return wanted.get(need, True)
