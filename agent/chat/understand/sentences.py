"""What the sentences of a message do: ask, narrow what is asked, set the scene, or only talk."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from agent.chat.understand.telling import (
    is_circumstance,
    is_of_work,
    names_program,
    opens_only,
    says_duty,
    tells,
)
from agent.chat.understand.trimming import LEAST_WORDS, SET_OFF, shortened, without_marks, without_opening
from agent.chat.understand.words import words_in

Role = Literal["ask", "bit", "said"]
"""A request; words that narrow one; what is told around it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a message with one role."""

    role: Role
    text: str
    leads_on: bool = False
    """Belongs to what follows, as words before a colon do."""


def _any(name: str) -> str:
    """Return a pattern for any word of a list; words that belong together are joined there by hyphens."""
    return "|".join(word.replace("-", " ") for word in sorted(words_in(name), key=len, reverse=True))


_AUX: Final = r"(?:is|are|was|were|am|do|does|did|have|has|had|can|could|will|would|should|shall|might|must)"


_ORDERS: Final = (
    r"(?:show|give|list|tell|name|find|search|fetch|get|bring|pull|dig|look|compare|contrast|rank|sort|order(?! \w+ed\b)|count|break|split|write|draft"
    r"|propose|compose|create|make|build|sketch|explain|define|describe|summari[sz]e|outline|walk|take|put|check|test|verify|predict|forecast|suggest"
    r"|recommend|advise|point|plot|chart|draw|quote|read|let|see|identify|determine|confirm|work|figure|analy[sz]e|examine|help|rate|suppose"
    r"|imagine|consider|improve|fill|run|send|delete|remove|rename|change|translate|export|print|schedule|remind|refund|cancel|call(?! \w+ed\b)|tag|merge|add|start|stop"
    r"|prove|estimate|calculate|compute|simulate|finalise|finalize|trace|follow|map|open|display|share|report|brief|talk|zoom|dissect|say|go)"
)


_PREPOSITION: Final = (
    r"(?:in|at|on|for|with|from|by|of|to|after|before|within|under|among|about|since|until|between)"
)


_ASKS: Final = re.compile(
    rf"^(?:and |so |but |then |also |or |just |only |please |kindly )*(?:(?:{_PREPOSITION}\s+)?(?:what|which|who|whom|whose|how|why|wherein)\b|where\b"
    rf"|when\s+{_AUX}\b|{_AUX}\s+(?!not\b)\w|any(?:thing|one|body)?\b|{_ORDERS}\b|whether\b|may (?:i|we)\b|(?:{_PREPOSITION}) (?:what|which|whom|whose)\b)"
)


_HEADS: Final = re.compile(
    r"^(?:the |our |my |all |a |every )*(?:\d+ |two |three |four |five |ten )?(?:(?:top|biggest|worst|main|most|key|leading|greatest|commonest)\b.{0,30}\b)?(?:pain ?points?|problems|issues|complaints?|gripes|frustrations"
    r"|themes|topics|quotes|verbatims|trend|trends|retention|funnel|conversion|number of|headcount|share of|percentage of|opportunities|paths|journeys|personas|emotions|copy|map|list of|breakdown|comparison)\b"
)
"""Nouns that ask for what they name where nothing else is said of it."""


_WHO: Final = (
    r"(?:boss|manager|director\w*|ceo|cmo|cfo|coo|md|vp|head|lead|chief|founder|owner|team|teams|agency|agencies|client|clients|colleague|colleagues|friend|friends|board|deck|meeting|intern|analyst|designer"
    r"|developer|engineer|editor|writer|planner|buyer for|picker|rep|reps|agent|agents|daughter|son|wife|husband|partner|mother|mum|dad|brother|sister|neighbour|courier|supplier|vendor|consultant|investor|investors|stakeholder|stakeholders"
    r"|people upstairs|upstairs|company|department|desk|report|slide|slides|workshop|brief|presentation|committee|warehouse|professor|teacher|student|journalist|legal|finance|ops|operations|marketing|hr|procurement|product people|app team|sales team|it|management|leadership|column|calendar)"
)


_TALKER: Final = (
    rf"(?:i|we|he|she|nobody|no one|somebody|someone|everybody|everyone|rumour|word|legal|ops|finance|marketing|procurement|management|leadership|upstairs|(?:my|our|the|a|an|some|one of (?:my|our|the))\s+(?:[\w-]+\s+){{0,2}}?{_WHO}s?(?:\s+(?:of (?:mine|ours)|here|upstairs|in \w+))?"
    r"|my\s+[\w-]+(?:\s+[\w-]+)?|(?:some(?:one|body)|everyone|everybody|nobody|people) (?:here|upstairs|in the (?:office|team|room|meeting)))"
)


_FINITE: Final = (
    r"(?:am|is|are|was|were|has|have|had|do|does|did|will|would|can|could|should|must|may|might|gets?|got|goes|went|keeps?|kept|claims?|claimed|says?|said|swears?|swore|thinks?|thought|wants?|wanted|needs?|needed"
    r"|asks?|asked|tells?|told|believes?|believed|comes?|came|means?|meant|knows?|knew|hears?|heard|reads?|reckons?|insists?|suspects?|feels?|felt|hates?|loves?|like|likes|love|saw|see|sees|sells?|sold|runs?|ran|works?|plans?|planned|writes?|wrote|handles?|leads?"
    r"|launch(?:ed|es)?|lost|lose|loses|met|merged|spent|spoke|promised|revised|changed|introduced|moved|started|stopped|noticed|owe|owes|prepare|prepares|present|presents|built|made|make|makes|took|take|takes|put|puts|looks?|looked|seems?|just|only|also|keep|never|always|recently|really|do not|bet|guess|wonder|assume|trust|trusts|hope|hopes|find|finds|found|do|breathing|chasing|pestering|bugging|nagging|hounding|pushing|asking|wondering|arguing|talking|screaming|waiting)"
)


_TALKS: Final = re.compile(
    rf"^(?:(?:because|as|since|although|though|while|whereas|so|after|before|when|if|once|now|and|but|yesterday|today|last week|this (?:week|morning)|in my \w+(?: \w+)?|for|at|over)\b[^,]{{0,30}}?\b)?{_TALKER}\s+(?!(?:who|that|which|whose|mean)\b)(?:\w+\s+)?(?:{_FINITE}|\w{{3,}}ed)\b"
    r"|^(?:i|we)\b(?! mean\b)|^(?:it|this|that|there|they|these|those|here|you)\s+(?:is|are|was|were|has|have|had|will|would|might|may|must|should)\b|^the more\b|^(?:hope|hoping|writing|preparing|working|planning|building|putting together|prepping|trying|asking|wondering|sorry|having|thinking|looking) "
)


_STATES: Final = re.compile(
    r"^(?!.{0,60}\b(?:who|that|which|they|whose|when|where)\s+(?:\w+\s+)?(?:am|is|are|was|were|has|have|had|do|does|did|will|would|can|could|must|gets?|goes|keeps?)\b)(?:a|an|the|our|my|some|two|three|several|many|all|no|every)\s+[^,:]{2,60}?\s(?:is|are|was|were|has|have|had|will|would|gets?|got|goes|went|keeps?|claims?|says?|comes?|came|swears?|thinks?|looks?|opens with|need|needs|vanish)\b"
)
"""A plain statement: a subject of its own and a verb that belongs to it."""


_WANTS: Final = re.compile(
    rf"\b(?:(?:(?:{_any('wanting')}|asked me) to|(?:rather|sooner|should|must)) (?:(?:{_any('wished')}|(?:{_any('checked')})(?! (?:this|that|it|them)\b))\b|(?=(?:{_any('ordered')}|{_any('checked')})\b))"
    rf"|(?:{_any('thanking')}) (?:for|to (?:get|have|receive)) (?=(?:the|an?|some|any|all)\b)|(?:am|are) (?:after|looking for) (?=(?:the|an?|some|any|all)\b)"
    r"|(?:want|wants|need|needs|like|love|asked|asking|asks|ask) (?:only |just |merely )?(?=(?:the|every|all|any|quotes|verbatims|some|numbers|figures|exact|for|just)\b)"
    r"|want(?:s)? to know|interested in(?= (?:what|which|how|who|where|whether|why|the)\b)|(?:keep|keeps|kept) asking(?: me| us)?|(?:is|are|was|were|am) (?:asking|wondering)(?: me| us)?|(?:asked|asks|ask|asking) (?:me|us)?|wonder(?:ing|s)?|curious|interests (?:me|us)|the question is|not (?:clear|sure)(?: to me)?|no idea|confirm|tell (?:me|us)|let (?:me|us) know|tell them)\b"
    r"[\s,:-]*(?:if you (?:can|could) tell me\s+|about\s+(?=(?:what|which|who|how|where|why|whether)\b)|please\s+|whether\s+|if\s+|for\s+(?=the\b))*"
)


_TO_ME: Final = re.compile(
    rf"(?:^|[,;–—-]\s*|\s(?=(?:and|so|then|but|please|kindly|can|could|would|will)\b))(?:and |so |then |but )*(?:(?:can|could|would|will) you (?:please |kindly |just |maybe )?(?={_ORDERS}\b)|(?:(?:please |kindly )+(?=(?:tell|give|show|get|find|bring|list|explain)\b)|(?=(?:tell|give|show) (?:me|us)\b)))"
)


_SOFT: Final = re.compile(r"\s*:\s+|\s+-+\s+|\s*[–—]\s*")


def pieces_of(sentence: str, *, asks: bool) -> Iterator[Piece]:
    """Yield the pieces of one sentence, in order.

    Args:
        sentence: In plain lower case, without its final mark.
        asks: Whether a question mark ended it.
    """
    text = shortened(sentence)
    if not text or _INTRO.match(text):
        return
    for mark in _SOFT.finditer(text):
        head, rest = without_marks(text[: mark.start()]), text[mark.end() :]
        if _INTRO.match(head):
            yield from pieces_of(rest, asks=asks)
            return
        if (
            head
            and (_begins(rest) or (asks and _HEADS.match(without_opening(rest))) or _is_told(head))
            and (not _ASKS.match(head) or names_program(head))
        ):
            yield from _before(head)
            yield from pieces_of(rest, asks=asks)
            return
        if _ASKS.match(head) and _is_told(without_opening(rest)) and not asks:
            yield from pieces_of(head, asks=asks)
            return
    yield from _clause(text, asks=asks)


def _clause(text: str, *, asks: bool) -> Iterator[Piece]:
    """Yield the pieces of a sentence without a colon: what leads up to a request, the request, what trails it."""
    wish = None if _ASKS.match(text) else _wish(text)
    # "I have been asked to own this stage" says what is to be done, not what is to be told.
    if wish is not None and not wish[1].startswith("to "):
        head, rest = wish
        yield from _led_up(head)
        yield from pieces_of(rest, asks=True)
        return
    parts = text.split(", ")
    for at in range(1, len(parts)):
        head, rest = ", ".join(parts[:at]), ", ".join(parts[at:])
        is_main = (_begins(rest) or _is_so(rest)) and _is_told(head)
        if not _ASKS.match(parts[0]) and (is_main or is_circumstance(head)):
            # "After somebody has visited a store, what ...": a condition, not a tale.
            is_condition = head.split()[0] in _CONDITIONS and not _MYSELF.search(head)
            yield Piece("bit", head, leads_on=True) if is_condition else Piece("said", head)
            yield from pieces_of(rest, asks=asks)
            return
    if opens_only(parts[0]) and len(parts) > 1 and _is_told(without_opening(", ".join(parts[1:]))):
        yield Piece("said", text)
        return
    told: list[str] = []
    while (
        len(parts) > 1
        and _is_told(without_opening(parts[-1]))
        and not _begins(parts[-1])
        and not _ENDS_ASKING.search(parts[-1])
    ):
        told.insert(0, parts.pop())
    yield _main(without_marks(", ".join(parts)), asks=asks)
    if told:
        yield Piece("said", ", ".join(told))


_ENDS_ASKING: Final = re.compile(
    r"\b(?:do|does|did|are|is|were|was|have|has) (?:we|you|they|i|there|customers|people) ?\w*$"
)
"""The end of a question: "reviews, surveys and transcripts do we have"."""


def _main(text: str, *, asks: bool) -> Piece:
    """Return the piece that is left of a sentence without what leads up to it and what trails it."""
    if _SETTING.match(text):
        # "Think of Amplitude's tab": set up in another maker's words.
        return Piece("said", text) if names_program(text) else Piece("bit", text, leads_on=True)
    if text.startswith(_MEANING):
        return Piece("bit", text.removeprefix(_MEANING))
    if _ASKS.match(text) or (_HEADS.match(text) and (asks or not tells(text))):
        return Piece("ask", text)
    is_around = opens_only(text) or names_program(text) or is_of_work(text)
    if (_is_told(text) or is_around) and not asks:
        return Piece("said", text)
    return Piece("ask" if asks and len(text.split()) > LEAST_WORDS else "bit", text)


def _is_so(text: str) -> bool:
    """Tell whether words say again what is asked, by the noun alone: "so the most common paths"."""
    return text.startswith(_SO) and bool(_HEADS.match(without_opening(text)))


_SO: Final = ("so ", "basically ", "meaning ", "that is ", "in other words ", "essentially ", "namely ")


_CONDITIONS: Final = frozenset({"after", "once", "when", "whenever"})


_MEANING: Final = "i mean "


_SETTING: Final = re.compile(
    r"^(?:take|put|split|pick|consider|suppose|imagine|assume|picture|think of|look at|focus on|stick to|start from|compare (?:the )?(?:two )?(?:halves|first|before))\b(?!.*\b(?:and|then) (?:tell|show|say|give|list|what|which|how|who|where)\b)"
)
"""An order that only sets up what is asked next."""


_YET_TO: Final = re.compile(
    rf"\b(?:before|until|when|whenever|while|once|after|unless) (?:i|we|they|{_TALKER})(?: (?:can|have to|go and|go to|get to|even))?\s*$"
)
"""Whoever asks before, after or while something else is done asks somebody else: "before I ask the board"."""


def _wish(text: str) -> tuple[str, str] | None:
    """Return what stands before a wish to know something and what is wished, None where nobody wishes."""
    found = [
        (match.start(), match.end())
        for match in _WANTS.finditer(text)
        if not _YET_TO.search(text[: match.start()])
        if _TALKS.match(text)
        or _TALKS.match(_last_clause(text[: match.end()]))
        or _TALKER_ONLY.search(text[: match.start()])
        or _OF_US.match(match[0])
    ]
    found += [
        (match.start(), _start_of_order(text, match)) for match in _TO_ME.finditer(text) if match.start()
    ]
    for start, end in sorted(found, reverse=True):
        rest = text[end:].strip(" ,:;-")
        if (
            len(rest.split()) > LEAST_WORDS
            and not _POINTING.match(rest)
            and not _EVER.match(_last_clause(text[:end]))
        ):
            return text[:start].strip(" ,:;-"), rest
    return None


_EVER: Final = re.compile(r"^(?:before|until|once|when|whenever|in case|unless) (?:i|we|he|she|they) ")
"""A clause that says when somebody will ask somebody else."""


_POINTING: Final = re.compile(
    r"^(?:please )?(?:(?:tell|give|show|get|find|bring|let) (?:me|us) )?(?:know )?(?:just )?(?:that|this|the|one)?\s*(?:one )?(?:number|figure|answer|thing)\b(?! of\b)|^(?:it|them)\b"
)
"""Words that ask for what was asked before them."""


_TALKER_ONLY: Final = re.compile(rf"(?:^|[\s,])(?:i|we|they|{_TALKER})(?:\s+\w+){{0,3}}\s*$")


_OF_US: Final = re.compile(r"ask\w* (?:me|us)\b")
"""Whoever asks those who ask here, wishes for them: "the auditor asked me"."""


def _start_of_order(text: str, match: re.Match[str]) -> int:
    """Return where the order itself begins: "could you list" asks with "list"."""
    rest = text[match.end() :]
    return (
        match.end()
        if _ASKS.match(rest.strip())
        else match.start() + len(match[0]) - len(match[0].lstrip(" ,;–—-"))
    )


def _last_clause(text: str) -> str:
    return re.split(r", | and | but | so | why ", text)[-1]


def _led_up(head: str) -> Iterator[Piece]:
    """Yield what stands before a wish: its last clause only says whose wish it is."""
    clauses = head.split(", ")
    is_told = False
    for clause in clauses[:-1]:
        opened = without_opening(clause)
        if opened:
            role = "said" if _is_told(opened) or _RELATIVE.match(opened) else "bit"
            # Behind a statement what stands between commas goes on with it, unless it names something.
            yield Piece(role, clause, leads_on=not is_told)
            is_told = is_told or role == "said"
    yield Piece("said", clauses[-1])


def _before(head: str) -> Iterator[Piece]:
    """Yield what stands before a colon."""
    if _INTRO.match(head):
        return
    if names_program(head):
        yield Piece("said", head)
        return
    wish = _wish(head)
    if wish is not None and wish[1].startswith("to "):
        # "Finance asked me to put a number on it": what is asked stands behind the colon.
        yield Piece("said", head)
    elif wish is not None:
        yield from _clause(head, asks=False)
    elif opens_only(head) or _is_told(head):
        yield Piece("said", head)
    else:
        yield Piece("bit", head, leads_on=True)


_INTRO: Final = re.compile(
    rf"^(?:{SET_OFF}|(?:one|two|three|four|a few|a couple of|several|\d) (?:\w+ )?(?:things|questions|requests|points|asks|numbers)(?: (?:please|for you|today))?|(?:(?:\w+ ){{0,3}}(?:check|ask|favour|request|query)|(?:can|could|would|please|kindly|help)(?: \w+){{0,4}} (?:this|something|smth))(?: (?:for|with) (?:me|us))?|.*\b(?:question|yes or no|one number|straight answer|the deal|the thing|the exact words|is this))$"
)


def _begins(text: str) -> bool:
    """Tell whether words begin a request."""
    opened = without_opening(text)
    return bool(_ASKS.match(opened)) and not _RELATIVE.match(opened) and not says_duty(opened)


_RELATIVE: Final = re.compile(
    r"^(?:which|who|whose|where|whom)\s+(?:\w+ly\s+)?(?:i|we|means?|meant|got|have|has|had|is|are|was|were|would|will|can)\b"
)
"""A clause that goes on about what stands before it."""


def _is_told(text: str) -> bool:
    """Tell whether words state something: they ask nothing."""
    if _ASKS.match(text):
        return False
    return bool(_TALKS.match(text) or _STATES.match(text) or _MYSELF.search(text)) or tells(text)


_MYSELF: Final = re.compile(r"\bi\b(?! mean\b)")


def begins_request(text: str) -> bool:
    """Tell whether words are a request by how they begin: by a question word, an order, or a noun that asks for itself."""
    return bool(_ASKS.match(without_opening(text)) or _HEADS.match(without_opening(text)))


def asks(text: str) -> bool:
    """Tell whether words are a question or an order by how they begin."""
    return bool(_ASKS.match(without_opening(text)))


def without_asides(text: str) -> str:
    """Return a message with what stands in brackets put between commas, or left out where it only talks."""
    return _BRACKETS.sub(lambda match: "" if _talks(match["inside"]) else f", {match['inside']},", text)


_BRACKETS: Final = re.compile(r"\s*\((?P<inside>[^()]*)\)")


def _talks(text: str) -> bool:
    opened = without_opening(text)
    return (
        not opened or _is_told(opened) or bool(re.match(r"(?:yes|no|not|do not|really|or so|see)\b", opened))
    )
