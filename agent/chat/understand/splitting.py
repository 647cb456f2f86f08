"""Several requests in one message, told from what is only said around them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from agent.chat.understand.antecedents import with_thing_told
from agent.chat.understand.deferring import names_result, only_points, told_request, unadorned
from agent.chat.understand.parsing import control_in
from agent.chat.understand.sentences import Piece, asks, begins_request, pieces_of, without_asides
from agent.chat.understand.words import righted, tokens_of, words_in

_MOST_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a message.

    Attributes:
        text: What is asked.
        said: What the message told before, which "they" and "after that" may mean.
    """

    text: str
    said: str = ""


def parts_of(text: str, *, narrows: Callable[[str], bool] = bool) -> tuple[Part, ...]:
    """Return the requests of a message, in order; marks within quotation marks do not part.

    Args:
        text: In plain lower case.
        narrows: Tells whether words that ask nothing limit what is asked, as a name of the data does; others are left out.
    """
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"quoted{len(kept) - 1}mark"

    def shown(words: str) -> str:
        return re.sub(r"quoted(\d+)mark", lambda match: kept[int(match[1])], words)

    text = without_asides(_EXAMPLE.sub("", righted(text)))
    text = re.sub(r"\bpost (?=(?:that|this|which)\b)", "after ", text)
    text = _ALL_BUT_NOT.sub("only those ", text)
    if len(set(_SCOPE.findall(text))) > 1:
        # The parts of a map's scope are told in clauses of their own.
        return (Part(text),)
    told = [
        Piece(piece.role, shown(piece.text), piece.leads_on)
        for piece in _claims_asked(_pieces(_QUOTED.sub(keep, text)))
    ]
    told = [replace(piece, role="bit") if _picks(piece, narrows) else piece for piece in told]
    pieces = [
        piece
        for piece in told
        if piece.role != "bit"
        or piece.leads_on
        or 1 < len(piece.text.split()) < _SHORT
        or narrows(piece.text)
        or control_in(piece.text) is not None
    ]
    # Where nothing asks by its form and nothing narrows, what is no statement is what is asked: "hit me with the worst of it".
    says_any = any(piece.role != "said" for piece in pieces)
    parts = _parts(pieces if says_any else told)
    found = _without_forms([_named(part) for part in parts])[:_MOST_PARTS] or [Part(text)]
    return tuple(
        replace(part, text=with_thing_told(unadorned(_unquoted(part.text), is_order=asks), part.said))
        for part in found
    )


def _picks(piece: Piece, narrows: Callable[[str], bool]) -> bool:
    """Tell whether words that stand before a request, and ask nothing, say of whom: "for canopy members, would you list"."""
    return piece.role == "said" and bool(_of_whom().fullmatch(piece.text)) and narrows(piece.text)


@cache
def _of_whom() -> re.Pattern[str]:
    people = "|".join(sorted(words_in("people") | words_in("groups")))
    return re.compile(
        rf"(?:for|of|from|among|amongst|within|with) (?:(?:all|only|just|the|our|of) )*(?:[\w-]+ ){{1,3}}(?:{people})"
    )


def _unquoted(text: str) -> str:
    """Return a question that is told in quotation marks without them: she asked “which complaints are growing”."""
    match = _WHOLE.fullmatch(text)
    return match["inside"] if match is not None and asks(match["inside"]) else text


_WHOLE: Final = re.compile(r"[\"“”«](?P<inside>[^\"“”«»]*?)[ ?!.]*[\"“”»]")


def _without_forms(parts: Sequence[Part]) -> list[Part]:
    """Return the requests without those that only say in what form, or on what, the next one is to be answered.

    "I want their own words" says nothing by itself, nor does "my boss asks about returns" before a question on them.
    """
    form = words_in("stop") | words_in("people") | words_in("quoting") | words_in("forms")

    def is_form(part: Part) -> bool:
        words = {token.text for token in tokens_of(part.text) if token.is_word}
        return part.text.startswith("about ") or (
            words <= form and bool(words & (words_in("quoting") | words_in("forms")))
        )

    return [part for at, part in enumerate(parts) if at + 1 == len(parts) or not is_form(part)]


_SHORT: Final = 4
_ALL_BUT_NOT: Final = re.compile(
    r"\b(?:leav(?:e|ing) out|exclud(?:e|ing)|skip(?:ping)?|ignor(?:e|ing)|drop(?:ping)?|without) (?:whoever|anyone|anybody|everyone|everybody|those|all|people|customers)"
    r" (?:who |that )?(?:is|are|was|were|do|does) not "
)
"""Whoever is left out for not being one: those who are stay."""
_QUOTED: Final = re.compile(r"[\"“”«»][^\"“”«»]*[\"“”«»]|(?<![\w'])'[^']{2,200}'(?!\w)")
_MEANS: Final = re.compile(
    r"\b(?:mean|means|meant|stand for|what is|explain|define)\b.*\b(?P<it>that|this|it)\b"
)
_EXAMPLE: Final = re.compile(
    r"\s*[,(]\s*(?:for example|for instance|such as|say)\b(?! the (?:top|first)\b)[^,;?!()]*\)?"
)
"""An example in passing limits nothing."""
_SCOPE: Final = re.compile(r"\b(?:persona|journey|goal|purpose)\b")
_SENTENCE: Final = re.compile(
    r"\s*(?P<mark>[?!;\n]+|(?:^|(?<=\s))\(?\d\)(?=\s)|(?<!\bvs)(?<!\bno)(?<!\bnr)(?<!\betc)(?<!\bapprox)\.+(?=\s|$))\s*"
)


def _pieces(text: str) -> list[Piece]:
    found: list[Piece] = []
    at = 0
    for match in (*_SENTENCE.finditer(text), None):
        sentence = text[at : match.start() if match is not None else len(text)]
        found.extend(pieces_of(sentence, asks=match is not None and "?" in match["mark"]))
        at = match.end() if match is not None else at
    return found


def _named(part: Part) -> Part:
    """Return a request for the meaning of "that" with the words that were quoted before it."""
    match, quoted = _MEANS.search(part.text), _QUOTED.search(part.said)
    if match is None or quoted is None:
        return part
    return Part(f"{part.text[: match.start('it')]}{quoted[0]}{part.text[match.end('it') :]}", part.said)


def _parts(pieces: Sequence[Piece]) -> list[Part]:
    """Return the requests, each with the words that narrow it and with what was said before."""
    if not any(piece.role == "ask" for piece in pieces):
        # Nothing asks by its form: what is only named is asked for, else all that was said.
        copies = [piece for piece in pieces if control_in(piece.text) is not None]
        bits = [piece for piece in pieces if piece.role == "bit" and piece not in copies]
        # Copy that is quoted says what is there, not what is asked.
        kept = [piece for piece in pieces if piece in bits or piece in copies] if bits else pieces
        unknown = next(
            (_UNKNOWING.search(piece.text) for piece in pieces if _UNKNOWING.search(piece.text)), None
        )
        if unknown is not None:
            return [Part(unknown["what"])]
        told = ". ".join(piece.text for piece in pieces if piece not in kept)
        return [Part(", ".join(piece.text for piece in kept), told)] if pieces else []
    found: list[Part] = []
    said: list[str] = []
    leading: list[str] = []
    for at, piece in enumerate(pieces):
        asks_later = any(one.role == "ask" for one in pieces[at + 1 :])
        if piece.role == "said" and control_in(piece.text) is None:
            said.append(piece.text)
        elif piece.role != "ask" and found and not (piece.leads_on and asks_later):
            found[-1] = _with(found[-1], piece.text)
        elif piece.role != "ask" and asks_later:
            leading.append(piece.text)
        else:
            for one in _asked(piece.text):
                if found and _is_tail(one, found[-1].text):
                    found[-1] = _with(found[-1], one)
                    continue
                text = ", ".join((*leading, one))
                found.append(Part(text, ". ".join(said)))
                said.append(text)
                leading = []
    return found


_UNKNOWING: Final = re.compile(
    r"\b(?:(?:never|do not|did not|could not|can not|hardly) (?:really |quite |fully )?(?:understood|understand|know|knew|get|got|see|remember|recall|tell|grasp\w*|figure out)|(?:no|not a) (?:clue|idea)|(?:unsure|clueless|in the dark|puzzled|confused)(?: about| as to)?|forgot(?:ten)?|wondered) (?P<what>(?:what|which|who|how|where|why|whether)\b.+)$"
)
"""What somebody says not to know, where nothing else is asked."""


def _claim(statement: str) -> str:
    """Return what is claimed, without who claims it; customers who do are those it is about: "York customers say that"."""
    who = _CLAIMED.match(statement)
    is_of_customers = who is not None and not words_in("people").isdisjoint(who[0].split())
    return statement if is_of_customers else _CLAIMED.sub("", statement)


def _claims_asked(pieces: Sequence[Piece]) -> list[Piece]:
    """Return pieces with a claim that is to be checked in the place of the words that only ask to check it.

    "They moan less about the search. Does the data back that up?" asks whether they moan less about the search. What stands
    before a question that points at it, "any quotes on that", is told and not asked.
    """
    found: list[Piece] = []
    for at, piece in enumerate(pieces):
        asks_later = any(one.role == "ask" for one in pieces[at + 1 :])
        if piece.role == "ask" and asks_later and _SUBORDINATE.match(piece.text):
            found.append(Piece("said", piece.text))
        elif piece.role == "ask" and _BACKED.match(piece.text) and found and found[-1].role != "ask":
            found[-1] = Piece("ask", _claim(found[-1].text))
        elif piece.role == "ask" and _WHAT_SAYS.match(piece.text) and found and found[-1].role != "ask":
            found[-1] = Piece("ask", f"{_claim(found[-1].text)} over time")
        elif piece.role == "ask" and found and (only_points(piece.text) or _is_again(piece, found[-1])):
            found = _with_told(found, piece.text)
        elif piece.role == "ask" and _ON_THAT.search(piece.text) and found and found[-1].role != "ask":
            found[-1] = Piece("said", _claim(found[-1].text))
            found.append(piece)
        else:
            found.append(piece)
    return found


_SUBORDINATE: Final = re.compile(
    r"^(?:that (?:it|they|we|he|she|this|there|the|our|my|people|customers)\b|(?:what|where|who|whom|when) to \w+|which \w+ to \w+)"
)
"""What whoever asks is unsure of, or has to decide themselves, before they ask something: "no idea where to begin"."""


def _is_again(piece: Piece, before: Piece) -> bool:
    """Tell whether a question only asks again for what was just asked for: "they want the number of orders. What is it?"."""
    return before.role == "ask" and bool(_WHAT_IS_IT.match(piece.text))


_WHAT_IS_IT: Final = re.compile(
    r"^(?:and |so )?(?:what|which|who|where|how (?:many|much|high|big|low)) (?:is|are|was|were) (?:it|they|that|those|these)$"
)


def _with_told(found: Sequence[Piece], pointer: str) -> list[Piece]:
    """Return pieces with the statement that a question only points at as what is asked; what is asked already stays alone."""
    if any(one.role == "ask" for one in found):
        return list(found)
    last = next(
        (at for at in range(len(found) - 1, -1, -1) if len(found[at].text.split()) > _LEAST_TOLD), None
    )
    if last is None:
        return list(found)
    told = told_request(found[last].text)
    # "Show me those loops" says beside what was told what of it is asked.
    asked = f"{told}, {pointer}" if names_result(pointer) else told
    return [*found[:last], Piece("ask", asked), *found[last + 1 :]]


_LEAST_TOLD: Final = 2


_BACKED: Final = re.compile(
    r"^(?:and |so |but )?(?:(?:do|does|can|could|would|will|is|are|has|have)\b(?: you)? )?(?:(?:the|our|your|these|those|any|customers?|actual|monthly|weekly|hard|raw|real) )*"
    r"(?:data|numbers?|figures?|evidence|feedback|facts|records?|trend|trends|months?|curve|chart|that|this|it|texts?|reviews|surveys?)?(?: (?:really|actually|also|even|say|in the data|of the data))*"
    r" ?(?:back(?:s|ed)?|support(?:s|ed)?|confirm(?:s|ed)?|bears?|borne|shows?|agrees?|says?|tells?|proves?|holds?|square|fits?|match|contradicts?|verify|check|true|right|correct|so|the case|wrong|a myth)"
    r"(?: (?:that|this|it|them|so|the same|a different|another|with|story|up|out|claim|claims|impression|statement|by the data|in the data|in the numbers|too|us|true|water|picture|for me|please|or not|or is it (?:just )?(?:a )?\w+))*$"
)
"""Words that ask whether what was claimed before holds."""
_WHAT_SAYS: Final = re.compile(
    r"^(?:and |so |but )?what (?:do|does) (?:the |our |your )?(?:\w+ )?(?:trend|trends|curve|months|history|development|chart)(?: data)? (?:say|tell|show)s?(?: (?:us|me|about (?:it|that|this)|here))*$"
)
"""Words that ask how what was claimed before went on."""
_CLAIMED: Final = re.compile(
    r"^.*?\b(?:hear|hears|hearing|heard|read|reading|tell|tells|telling|told|say|says|saying|said|claim|claims|claiming|claimed|swear|swears|swore|insist|insists|insisted|think|thinks|believe|believes|reckon|reckons|argue|argues|argued|promise|promised|report|reports|reported|feel|feels|assume|assumes|convinced|sure)\b"
    r"(?: (?:me|us|everyone|everybody|the (?:client|board|boss|team|press|management)|our (?:client|board|boss|team|management)))?(?: that)? (?=\w)"
)
"""Who claims it."""
_ON_THAT: Final = re.compile(
    r"\b(?:on|about|of|for|with|to|behind) (?:that|this|it)\b|\bis (?:that|this)(?: really| actually| exactly)?$|\b(?:that|this) (?:pain ?point|problem|complaint|issue|gripe|claim|topic|one)\b"
)


def _with(part: Part, text: str) -> Part:
    return Part(f"{part.text}, {text}", part.said)


_NOUN_LIKE: Final = r"(?:it|they|we|people|customers|shoppers|users|the|our|my|those|these|that|this|there|i|you|any\w*|some\w*|every\w*|most|all|each|mobile|desktop|folks|buyers|clients|members)"
_AUX: Final = r"(?:is|are|was|were|do|does|did|have|has|had|can|could|will|would)"
_OBJECT: Final = r"(?:me|us|the|a|an|all|every|any|how|what|which|who|where|why|it|them|some|whether|two|three|four|five|\d+)"
_ORDERS: Final = r"(?:show|give|list|tell|name|find|search|compare|write|propose|draft|explain|suggest|create|make|predict|send|delete|forecast|count|rank|check)"
_ASKED_TOO: Final = rf"(?:(?:(?:at|in|of|for|with|by) )?(?:what|how|why)\b|which\b|(?:who|where|whom|when)\s+{_AUX}\b|{_AUX}\s+{_NOUN_LIKE}\b|{_ORDERS}\s+{_OBJECT}\b)"
_AND: Final = re.compile(
    rf"\s*,?\s+(?:and|then|but|plus|also|&)\s+(?:(?:then|also|please|so|so please|just)\s+)*(?={_ASKED_TOO})"
    rf"|\s*,\s*(?=(?:what|how|why)\b|{_AUX}\s+{_NOUN_LIKE}\b|{_ORDERS}\s+{_OBJECT}\b)"
)
_SETTING: Final = re.compile(
    r"^(?:please |kindly )*(?:take|put|split|pick|consider|suppose|imagine|assume|say|picture|think of|look at|leave|ignore|forget|focus|stick|start from|compare (?:the )?(?:two )?(?:halves|first|before))\b"
)
"""An order that only sets up what the next clause asks."""


def _asked(text: str) -> list[str]:
    """Return the requests of one sentence: parted where another question or order follows, not within a clause."""
    found: list[str] = []
    at = 0
    for match in _AND.finditer(text):
        left = text[at : match.start()]
        if any(one.start() < match.start() < one.end() for one in _QUOTED.finditer(text)):
            continue
        if (
            len(left.split()) < _LEAST
            or _NO_OBJECT.match(left)
            or _SETTING.match(left)
            or not begins_request(left)
        ):
            continue
        if not _JOINING.search(match[0]) and not asks(left):
            continue
        found.append(left)
        at = match.end()
    found.append(text[at:])
    bare = [part.strip(" ,;:-") for part in found]
    return [part for part in bare if part and not _POINTING.match(part) and not _ON_IT.match(part)]


_ON_IT: Final = re.compile(
    r"^(?:to )?(?:put|pin|get|attach|settle|clear|sort|help|walk|take|give|back|look|check|find|work|figure)\b(?: (?:me|us|a|an|the|some|hard|rough|number|numbers|figure|figures|price|value|size|label|finger|through|with|on|up|out|to|into|for|look|at|debate|argument|question|thing))*"
    r" (?:it|this|that)(?: (?:up|out|down|for (?:me|us)|please|once and for all))*$"
)
"""An order to do something with what is asked next: "put a number on it"."""


_NO_OBJECT: Final = re.compile(
    r"^(?:(?:can|could|would|will) you )?(?:please )?(?:show|tell|give|list|explain|say)(?: to)?(?: me| us)?(?:,.*)?$"
)
"""An order whose object comes later: "tell me, for families only, how they feel"."""
_POINTING: Final = re.compile(
    r"^(?:is|was) (?:that|this|it) (?:right|true|so|correct|the case|fair|just me)$|^(?:(?:can|could|would|will) you )?(?:please )?(?:show|tell|give|list|check|look|do)(?: me)?(?: (?:it|that|this|them|up|to me))*$"
)
"""Words that ask for what was asked before them."""


_LEAST: Final = 3
_JOINING: Final = re.compile(r"\w|&")
_SHORT_TAIL: Final = re.compile(
    r"^(?:and )?what (?:speaks )?(?:for|against)(?: it| this| that)?$"
    r"|^(?:and )?(?:then )?(?:by )?(?:how many|how much|what (?:share|part|percentage)|which share) (?:of (?:those|them|these)\b.*|(?:different |distinct |individual |separate |single )?(?:customers|people|persons|clients|users)(?:,? i mean)?$)"
    r"|^(?:please )?(?:(?:make|do|give me|write|show|i (?:need|want)|say|about|maybe|just|only|let us have)(?: it| me)? )?(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)(?: of (?:them|those|these))?(?: (?:please|versions|variants|will do|is enough|are enough|max))?$"
    r"|^(?:give me |show me |tell me |i need |i want )?(?:just |only )?(?:the |a )?(?:number|count|figure|total|share|percentage|amount)s?(?: only| please| will do)?$"
    r"|^(?:and )?why$|^(?:and )?which (?:not|ones|do not|are not)$|^(?:and )?(?:what|who|where|whom) (?:about|with|from|by|for)$|^(?:and )?(?:at|in|of|for|with|by|since|on) (?:what|which|whom|when|how (?:many|much))(?: \w+){0,2}$|^(?:(?:could|can|would) you )?(?:please )?(?:list|show|give|name|tell)(?: me| us)?(?: only| just)? (?:the )?(?:top |first )?(?:\w+ )?(?:\w+est|worst|most|best|top|main|ones|two|three|four|five|six|ten|\d+)(?: ones?)?$|^(?:i mean|meaning|that is|or rather|namely|specifically|in other words)\b"
)
"""A part that says how many, for or against of what stands before it, or puts it in other words."""
_NEXT_TAIL: Final = re.compile(
    r"^(?:and )?(?:then )?(?:what|where)(?: (?:do|did|does|happens|happened|comes|next|then|they|these|people|customers|go|went|on|to|straight|right|directly|immediately|after|afterwards|thereafter|that|it|follows))+$"
)
"""What comes then, of something that was told and not asked."""
_ASKING: Final = re.compile(
    r"^(?:and |so |please )*(?:what|how|why|where|which|who|whom|show|give|list|tell|do|does|did|is|are|can|could|find|search)\b"
)


def _is_how_much(text: str) -> bool:
    """Tell whether a part only asks how much of what stands before it: "and how often"."""
    words = text.split()
    return "how" in words and all(word in words_in("how_much") for word in words)


def _is_tail(text: str, before: str) -> bool:
    if _SHORT_TAIL.match(text) or control_in(text) is not None or _is_how_much(text):
        return True
    if _NEXT_TAIL.match(text) and not _ASKING.match(before):
        return True
    words = [token for token in tokens_of(text) if token.is_word]
    return len(words) == 1 and words[0].text not in {"why", "how", "who", "where", "when"}
