"""Follow-ups: requests that lean on the turn before."""

import re
from typing import Any, Final

from agent.chat.requests import ToolRequest
from agent.chat.understand.building import Context, request_of
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.understood import Item, Previous, Understood
from agent.chat.understand.words import plain, tokens_of, words_in
from agent.schemas.chat import Missing

_ORDINALS: Final = {
    "first": 0, "1st": 0, "top": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4, "5th": 4,
    "last": -1,
}  # fmt: skip
_NUMBERED: Final = re.compile(r"\b(?:number|no\.?|nr\.?|#|option|item)\s*(?P<n>\d{1,2})\b")
_ORDINAL: Final = re.compile(
    rf"\b(?:the\s+)?(?P<word>{'|'.join(_ORDINALS)})(?:\s+(?:one|item|problem|issue|pain point|theme|option|choice|point|complaint|entry))?\s*(?:please|then|in detail|in more detail|in depth)?$"
)
_LEAD: Final = re.compile(
    r"^(?:and|or|but|so|ok|okay|now|then|also|same|the same|only|just|what about|how about|what of|and what about|and how about|same for|the same for|how does it look|what is it like)\b"
)
_WHY: Final = re.compile(
    r"^(?:and\s+|but\s+)?(?:why|how come|why is that|why so|what is the reason|why is this|for what reason|what causes (?:that|this|it)|why are they|why do they|what is behind (?:that|this|it))$"
)
_MORE: Final = re.compile(
    r"^(?:(?:show|give|tell)(?: me)? )?(?:some |a few )?(?:more|more of (?:them|these|those)|go on|continue|next ones|the rest|all of them|all)(?: please)?$"
)
_QUOTES: Final = re.compile(
    r"^(?:and |any |show (?:me )?(?:some |the )?|give me (?:some |a few )?|can i see (?:some |the )?)?(?:quotes?|examples?|evidence|proof|verbatims?|what do they say|in their words|what do they say exactly)(?: please)?$"
)
_PRONOUN: Final = re.compile(
    r"\b(?:it|this one|that one|(?:this|that|the same) (?:problem|issue|pain point|complaint|topic|theme|point))\b"
)
_THEM: Final = re.compile(r"\b(?:them|they|those|these|their)\b")
_MOST_LIMIT: Final = 20
_MORE_BY: Final = 5
_FEW_WORDS: Final = 6


def chosen(text: str, previous: Previous | None) -> str | None:
    """Return the request of the choice that a message picks from those offered before, or None."""
    if previous is None or not previous.choices:
        return None
    wanted = text.strip(" ?!.,;:\n")
    for choice in previous.choices:
        if wanted in {plain(choice.label).strip(" ?!.,;:"), plain(choice.request).strip(" ?!.,;:")}:
            return choice.request
    at = _place_in(wanted, n=len(previous.choices), bare=True)
    return previous.choices[at].request if at is not None else None


def with_thing(text: str, previous: Previous | None) -> str:
    """Return a request with "it" and the like replaced by what the turn before was about."""
    label = _label_of(previous)
    if label is None or not _PRONOUN.search(text):
        return text
    return _PRONOUN.sub(f"“{label}”", text, count=1)


def inherited_where(text: str, parsed: Parsed, previous: Previous | None) -> dict[str, str]:
    """Return the group of customers that "them" stands for."""
    if previous is None or not previous.requests or parsed.all("where") or not _THEM.search(text):
        return {}
    where: object = getattr(previous.requests[-1], "where", {})
    return dict(where) if isinstance(where, dict) else {}  # pyright: ignore[reportUnknownArgumentType]


def follow_up(text: str, parsed: Parsed, previous: Previous | None, context: Context) -> Understood | None:
    """Return what a follow-up asks for, or None where the request stands by itself."""
    if previous is None:
        return None
    bare = text.strip(" ?!.,;:\n")
    at = _place_in(bare, n=len(previous.items), bare=False)
    if at is not None:
        return _of_item(previous.items[at])
    return _of_last(bare, parsed, previous, context) if previous.requests else None


def _of_last(bare: str, parsed: Parsed, previous: Previous, context: Context) -> Understood | None:
    last = previous.requests[-1]
    if _WHY.match(bare):
        return _why(last, previous)
    if _MORE.match(bare):
        return _more(last)
    if _QUOTES.match(bare):
        return _quotes(last, previous)
    return _changed(last, parsed, context) if _is_fragment(bare, parsed) else None


def _place_in(text: str, *, n: int, bare: bool) -> int | None:
    """Return the place in a list that words name, None where they name none that is there."""
    match = _NUMBERED.search(text)
    if match is None and bare and text.isdigit():
        at = int(text) - 1
    elif match is not None:
        at = int(match["n"]) - 1
    else:
        ordinal = _ORDINAL.search(text)
        if ordinal is None or len(text.split()) > _FEW_WORDS + 3:
            return None
        at = _ORDINALS[ordinal["word"]]
        at = n - 1 if at < 0 else at
    return at if 0 <= at < n else None


def _of_item(item: Item) -> Understood | None:
    tools: dict[str, tuple[str, dict[str, Any]]] = {
        "pain_point": ("show_pain_point", {"name": item.ref}),
        "variant_set": ("list_variants", {"pain_point": item.label[:200]}),
        "map": ("show_map", {"map_name": item.ref}),
        "other": ("search_evidence", {"query": item.label[:500]}),
    }
    tool, arguments = tools[item.kind]
    request = request_of(tool, arguments)
    return Understood(requests=(request,)) if request is not None else None


def _label_of(previous: Previous | None) -> str | None:
    if previous is None or not previous.requests:
        return None
    last = previous.requests[-1]
    for name in ("name", "topic", "query", "pain_point"):
        value: object = getattr(last, name, None)
        if isinstance(value, str) and value:
            return next((item.label for item in previous.items if item.ref == value), value)
    return previous.items[0].label if len(previous.items) == 1 else None


def _arguments(request: ToolRequest) -> dict[str, Any]:
    return {
        name: value for name, value in request.model_dump(exclude_defaults=True).items() if name != "tool"
    }


def _again(request: ToolRequest, **changes: Any) -> Understood | None:  # noqa: ANN401 - arguments of any tool
    found = request_of(request.tool, {**_arguments(request), **changes})
    return Understood(requests=(found,)) if found is not None else None


def _why(last: ToolRequest, previous: Previous) -> Understood | None:
    kept = _arguments(last)
    pains = [item for item in previous.items if item.kind == "pain_point"]
    if last.tool == "show_pain_point":
        return _again(last, aspect="quotes")
    if last.tool in {"search_evidence", "show_trend"}:
        found = request_of("show_pain_point", {"name": str(kept.get("query") or kept.get("topic"))[:200]})
    elif pains:
        found = request_of("show_pain_point", {"name": pains[0].ref, **_only(kept, "where")})
    else:
        found = request_of("list_pain_points", _only(kept, "where", "stage"))
    return Understood(requests=(found,)) if found is not None else None


def _only(arguments: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name in names}


def _more(last: ToolRequest) -> Understood | None:
    limit: object = getattr(last, "limit", None)
    return _again(last, limit=min(limit + _MORE_BY, _MOST_LIMIT)) if isinstance(limit, int) else None


def _quotes(last: ToolRequest, previous: Previous) -> Understood | None:
    if last.tool == "show_pain_point":
        return _again(last, aspect="quotes")
    pains = [item for item in previous.items if item.kind == "pain_point"]
    if pains:
        return Understood(
            requests=tuple(
                one
                for one in [request_of("show_pain_point", {"name": pains[0].ref, "aspect": "quotes"})]
                if one
            )
        )
    return None


def _is_fragment(bare: str, parsed: Parsed) -> bool:
    """Tell whether a request only names what changes: "and on desktop", "rising ones", "what about returns".

    One that says for itself what is asked, such as "and how do they feel at checkout", is none.
    """
    lead = _LEAD.match(bare)
    n_lead = len(tokens_of(lead[0])) if lead is not None else 0
    named = {at for one in parsed.mentions if one.slot != "lane" for at in range(one.start, one.end)}
    if lead is None and not named:
        return False
    if parsed.subject is not None:
        named |= set(range(parsed.subject.start, parsed.subject.end))
    small = (words_in("stop") | words_in("people") | words_in("groups") | words_in("fragment")) - words_in(
        "asking"
    )
    return all(
        at < n_lead or at in named or not token.is_word or token.text in small or token.text in parsed.limits
        for at, token in enumerate(parsed.tokens)
    )


def _changed(last: ToolRequest, parsed: Parsed, context: Context) -> Understood | None:
    """Return the request before with what a follow-up changes of it."""
    if parsed.limits:
        words = " ".join(parsed.limits)
        missing = Missing(
            reason="unknown_value",
            statement=f"“{words}” is no group, place or channel that the data knows, so nothing can be said about it.",
            needed="Read in data that tells it, or ask by a trait that is known.",
        )
        return Understood(missing=(missing,))
    changes: dict[str, Any] = {}
    fields = type(last).model_fields
    wheres = [mention for mention in parsed.all("where") if not mention.negated]
    if wheres and "where" in fields:
        kept: object = getattr(last, "where", {})
        changes["where"] = {
            **(kept if isinstance(kept, dict) else {}),
            **{one.key: one.value for one in wheres},
        }
    for slot, name in (
        ("stage", "stage"),
        ("severity", "severity"),
        ("emotion", "emotion"),
        ("by", "by"),
        ("creative", "channel"),
    ):
        if parsed.all(slot) and name in fields:
            changes[name] = parsed.all(slot)[0].value
    changes |= _trend_word(parsed, set(fields))
    if parsed.subject is not None and not changes:
        changes |= _subject_change(last, parsed, context)
    return _again(last, **changes) if changes else None


def _trend_word(parsed: Parsed, fields: set[str]) -> dict[str, str]:
    words = {token.text for token in parsed.tokens}
    if "trend" not in fields:
        return {}
    if words & {"rising", "growing", "increasing"}:
        return {"trend": "rising"}
    return {"trend": "falling"} if words & {"falling", "shrinking", "decreasing"} else {}


def _subject_change(last: ToolRequest, parsed: Parsed, context: Context) -> dict[str, str]:
    words = parsed.subject.text if parsed.subject is not None else ""
    if last.tool == "search_evidence":
        return {"query": words}
    if last.tool == "show_trend":
        return {"topic": words[:200]}
    if last.tool == "show_pain_point":
        found = context.things.find(words, context.vocabulary.pain_points)
        return {"name": found.one.ref} if found.one is not None else {}
    return {}
