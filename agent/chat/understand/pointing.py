"""Requests that point back to what their message told: "that stage", "quotes on that", "does the data back that up".

What is pointed at is put in the place of the words that point, before the request is read, so that it is read as if it had
been named where it is asked of.
"""

import re
from functools import cache
from typing import Final

from agent.chat.understand.antecedents import is_on_people, with_groups
from agent.chat.understand.frames import is_frame
from agent.chat.understand.index import Mention
from agent.chat.understand.parsing import Parsed, parse
from agent.chat.understand.telling import claimed
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.words import TIME_MARK, Token, lexicon, stems_in, thing_stems, tokens_of, words_in

_MOST_WORDS: Final = 14
"""Of what a statement is about; the sentences behind its first clause say more than that."""


_MOST_CHARS: Final = 118


_NOUNS: Final = r"(?:pain ?point|complaint|problem|issue|gripe|grievance|frustration|topic|theme|thing|claim|matter|point|concern|worry|annoyance|moan|subject|story)"
"""What a complaint is called."""


def pointed(text: str, said: str, vocabulary: Vocabulary) -> str:
    """Return a request with what it points back to in the place of the words that point.

    Args:
        text: The request.
        said: What the message told before.
        vocabulary: Names of the data.
    """
    fronted = _FRONTED.match(text)
    if fronted is not None:
        return _with_fronted(fronted, vocabulary) or text
    text = _with_clause(text, vocabulary)
    if not said:
        return text
    same = _WITH.search(said.rsplit(". ", maxsplit=1)[-1]) if _SAME.match(text) else None
    if same is not None:
        return same["what"]
    told = parse(said, vocabulary)
    named = with_groups(_with_names(text, said, told, vocabulary), told, vocabulary)
    if named != text:
        return named
    asks = parse(text, vocabulary)
    points = _TOPIC.search(text)
    is_people = points is not None and is_on_people(points[0], told, asks.all("where"))
    is_people |= points is not None and bool(_PART_OF.search(text[: points.start()]))
    if is_people or (asks.subject is not None and asks.subject.led):
        return text
    return _with_topic(text, said, vocabulary)


_PART_OF: Final = re.compile(r"\b(?:each|one|all|some|most|many|any|none|both|which|either|two|three) of $")
"""Before these "them" means several things that were told, and no topic."""


_FRONTED: Final = re.compile(
    r"^(?P<topic>(?!(?:what|which|who|how|where|why|is|are|do|does|did|show|give|tell|list|for|in|on|at|among|after|before|since|when|if)\b)[^,:;?]{6,90})[,:] (?P<head>(?:and )?(?:is|has|does|did|was|are|how (?:bad|big|common|widespread|serious|often|many \w+)|where|who|what)\b(?: \w+){0,4}? ?)\b(?P<it>that|this|it)\b(?P<tail>.*)$"
)
"""A topic that stands before what is asked of it: "being kept on hold: is that concentrated anywhere"."""


_CLAUSE: Final = re.compile(
    rf"^(?P<head>(?:is|are|has|does|do|how|where)\b.*?\b(?:the|that|this|our) (?:whole )?{_NOUNS}s? (?:about|of|with|over) )(?P<topic>[^“”\"]{{6,100}}?)"
    r"(?P<tail> (?:(?:really|mostly|mainly|just|actually|still|more|also|only|particularly|especially|equally|currently) )*(?:concentrated|spread|trending|getting|growing|rising|falling|shrinking|going|worse|driven|limited|confined|common|widespread|everywhere|evenly|up or down|blocking|stopping|linked|tied|over-?represented|strongest|weakest|improving|declining|easing|picking|creeping)\b.*)$"
)
"""A complaint that is told in a clause, up to what is asked of it: "the thing about stores not having what the site shows"."""


def _with_clause(text: str, vocabulary: Vocabulary) -> str:
    """Return a request with a complaint that is told in a clause between quotation marks, where nothing in it narrows."""
    match = _CLAUSE.match(text) or _GERUND.match(text)
    if match is None:
        return text
    told = parse(match["topic"], vocabulary)
    if told.all("where") or told.limits or told.times or _AMONG.search(match["topic"]):
        return text
    return f"{match['head']}“{match['topic']}”{match['tail']}"


_GERUND: Final = re.compile(
    r"^(?P<head>.*\b(?:about|mention|of) )(?P<topic>(?:the |our |their )?[\w-]+(?: [\w-]+){0,2} (?:not|never|always) \w+ing .{3,80})(?P<tail>)$"
)
"""The same up to the end of the request: "about stores not having what the site shows"."""


_AMONG: Final = re.compile(
    rf"\b(?:among|amongst|for|from|of) (?:\w+ )?(?:{'|'.join(sorted(words_in('people')))})\b"
)


def _with_fronted(match: re.Match[str], vocabulary: Vocabulary) -> str | None:
    told = parse(match["topic"], vocabulary)
    if (
        told.all("where")
        or told.limits
        or told.times
        or match["topic"].split()[0] in words_in("clause_leads")
    ):
        return None
    topic = _topic_of(match["topic"], vocabulary, is_claim=match["topic"].split()[0].endswith("ing"))
    return None if topic is None else f"{match['head']}“{topic}”{match['tail']}"


_SAME: Final = re.compile(
    r"^(?:(?:can|could|would|will) (?:you|we|i) (?:please )?)?(?:do|give me|show me|get me|make me|make|get|have|see|build|produce|recreate|replicate) (?:the same|something similar|the like|that|this|the equivalent|an equivalent|one of those)(?: (?:here|for me|for us|too|as well|thing|report|view|please))*$"
)
"""Asks for what was told of without a word of its own."""


_WITH: Final = re.compile(
    rf"\b(?:with|of|for|showing|listing|ranking|covering|got|had|saw|see) (?P<what>(?:the |our |my |all )?(?:[\w-]+ ){{0,5}}(?:{'|'.join(sorted(words_in('measures')))})\b.*)$"
)


def _with_names(text: str, said: str, told: Parsed, vocabulary: Vocabulary) -> str:
    """Return a request with the step, stage or group told before for "that step", "this stage", "those customers"."""

    def named(match: re.Match[str]) -> str:
        called = _called(said, match["sort"])
        if called is not None:
            return f"the {match['sort']} “{called}”" if match["sort"] != "stage" else f"the {called} stage"
        slots = _slots_of(match["sort"])
        found = [one for one in told.mentions if one.slot in slots and not one.plain]
        if found:
            return _written(found[-1], told, match["sort"])
        stage = next(
            (one for one in vocabulary.stages if "stage" in slots and one in told.text.split()), None
        )
        return match[0] if stage is None else f"the {stage} stage"

    return _sorts().sub(named, text)


def _called(said: str, sort: str) -> str | None:
    """Return the name that is told beside a sort of thing, as in "a step called warranty registered", whoever knows it."""
    name = r"[\"“']?(?P<name>[\w-]+(?: [\w-]+)?)[\"”']?"
    lead = r"(?:called|named|labelled|labeled|known as|which we call|that we call|we call)"
    quoted = r"[\"“'](?P<quoted>[^\"“”']{2,60})[\"”']"
    match = re.search(rf"\b{sort}s? (?:(?:{lead} )?{quoted}|{lead} {name})", said)
    return None if match is None else match["quoted"] or match["name"]


def _written(mention: Mention, told: Parsed, sort: str) -> str:
    words = mention.value if mention.slot == "stage" else told.words(mention)
    if mention.slot == "stage":
        return f"the {words} stage"
    return f"{words} customers" if sort.rstrip("s") in _CROWDS else words


_CROWDS: Final = frozenset({"group", "segment", "cohort", "tier", "crowd", "lot", "bunch"})


@cache
def _sorts() -> re.Pattern[str]:
    words = sorted((word for _, words in _listed() for word in words), key=len, reverse=True)
    return re.compile(
        rf"\b(?:that|this|those|these|the same|said|the said)\s+(?:very |one |same |particular |specific )?(?P<sort>{'|'.join(words)})s?\b"
    )


def _listed() -> list[tuple[str, list[str]]]:
    return [(slot, str(words).split()) for slot, words in lexicon()["pointed_at"].items()]


def _slots_of(sort: str) -> frozenset[str]:
    found = {slot for slot, words in _listed() if sort in words}
    return frozenset(found | ({"after"} if "event" in found else set()))


_COURSING: Final = "|".join(word.replace("-", " ") for word in sorted(words_in("coursing")))


_TOPIC: Final = re.compile(
    rf"(?:\b(?:this|that|such a|said)|(?<=\bis) the|(?<=\bhas) the|(?<=\bdoes) the) (?:very |same |exact |particular )?{_NOUNS}\b(?! (?:about|with|of|that|where|on|line|page|map|data|chart|list|trend|name|label)\b)"
    rf"|(?:(?<=\bis )|(?<=\bdoes )|(?<=\bhas )|(?<=\bdid ))(?:it|that|this)\b(?= (?:(?:really|mostly|still|actually|even|ever|also|mainly|been|only) )*(?:{_COURSING})\b)"
    r"|(?:(?<=\bmention )|(?<=\bsay )|(?<=\breport )|(?<=\bexperience )|(?<=\braise )|(?<=\bshare )|(?<=\bmentioned )|(?<=\bwrite )|(?<=\bsaid ))(?:that|this)\b(?=\s*$)"
    r"|(?:(?<=common is )|(?<=big is )|(?<=bad is )|(?<=serious is )|(?<=severe is )|(?<=widespread is )|(?<=frequent is ))(?:it|that|this)\b(?=(?: (?:really|actually|exactly|now|then|in fact|truly))?\s*$)"
    r"|(?:(?<=\babout )|(?<=\bon )|(?<=\bof )|(?<=\bwith )|(?<=\bfor ))(?:that|this|it|them|those|these)\b(?=\s*(?:$|[?.!,;]|\b(?:by|among|from|in|on|at|across|yet|at all|anywhere|please|here|now|or|and)\b))"
)
"""Words that stand for what somebody told of, where a request asks something of it."""


_DONE_WITH: Final = re.compile(
    r"^(?P<head>(?:how (?:many|often)|what (?:share|percentage|part)|which share|of those who)\b.* (?:\w{3,}ed|used|bought|taken|made|got|have|had)) (?:one|it|them)\s*$"
)
"""What customers did something with that was told of: "how many customers created one"."""


_CHECK: Final = re.compile(
    r"^(?:(?:and|but|so) )?(?:(?:does|do|would|will|can|could) (?:the |our |any |your )?(?:\w+ ){0,2}?(?:data|numbers?|figures?|feedback|reviews|texts|evidence|stats|voices|facts|customers|trend|months|weeks|records|history)\s(?:\w+ ){0,3}?(?:(?<!go )(?<!come )(?<!going )(?<!coming )(?<!gone )back(?! and forth)|support|confirm|agree|say so|bear|show that|show it|prove|hold|match|tell the same|see it)\b.*"
    r"|(?:can|could|would) (?:you|we|i) (?:please )?(?:back|confirm|verify|support|disprove|check) (?:that|this|it|him|her|them)\b(?: up| out)?.*"
    r"|(?:back|confirm|verify|support|disprove|check|prove|test) (?:that|this|it|him|her|them)(?: up| out)?(?: (?:with|against|by|in|from|for|over|across|before|please)\b.*)?|is (?:there )?(?:any )?(?:truth|substance|anything) (?:in|to|behind) (?:that|this|it)\b.*"
    r"|(?:is|was) (?:he|she|it|that|this) (?:really |actually |even )?(?:right|true|so|correct|accurate|the case|wrong|borne out)\b.*|(?:are|were) they (?:really |actually )?(?:right|wrong|correct)\b.*|is (?:that|this|it) (?:really )?(?:what|how) (?:the |our )?(?:\w+ )?(?:data|numbers?|figures?|feedback|reviews|customers|people)\b.*|true or (?:false|not)|fact or (?:fiction|myth)|right or wrong)$"
)
"""A request that only asks whether what was told is so."""


_COURSE: Final = re.compile(
    r"\b(?:less|fewer|more and more|falling|fallen|rising|risen|growing|grown|going (?:up|down|away)|gone (?:up|down|away|quiet)|declin\w*|improv\w*|worse|better|increas\w*|decreas\w*|stopped|dropped|dropping|doubled|trend\w*|monthly|weekly|over time|month on month|by now|no longer|dying|died|under control|solved|fixed|rarer|smaller|shrink\w*|shrank|eas(?:ed|ing|ier)|months|evolution|development)\b"
)
"""Of a claim on how something develops."""


def _with_topic(text: str, said: str, vocabulary: Vocabulary) -> str:
    """Return a request with the subject of what was told for "that" and "this problem", or for the claim that is to be checked."""
    is_check, points = bool(_CHECK.match(text.strip(" ?!.,"))), _TOPIC.search(text)
    if not is_check and points is None:
        return (
            _with_proof(text, said, vocabulary) if _asks_proof(text) else _with_deed(text, said, vocabulary)
        )
    last = claimed(said.rsplit(". ", maxsplit=1)[-1])
    if is_check and parse(last, vocabulary).all("where"):
        # A claim on groups of customers is asked as it was made.
        return last
    topic = told_topic(said, vocabulary)
    if topic is None:
        return text
    if is_check:
        is_course = _COURSE.search(f"{said} {text}")
        return (
            f"is «{topic}” rising or falling over time"
            if is_course
            else f"what do customers say about «{topic}”"
        )
    assert points is not None  # noqa: S101 - for the reader of types
    return f"{text[: points.start()]}«{topic}”{text[points.end() :]}"


def _asks_proof(text: str) -> bool:
    """Tell whether a request asks for what customers wrote and says nothing of what: "find me the proof in the verbatims"."""
    words = {token.text for token in tokens_of(text) if token.is_word}
    return bool(words & words_in("proof")) and words <= words_in("proof") | words_in("around_proof")


def _with_deed(text: str, said: str, vocabulary: Vocabulary) -> str:
    """Return a request for numbers with the thing that was told for "one" and "it", which customers did something with."""
    match = _DONE_WITH.match(text)
    topic = told_topic(said, vocabulary) if match is not None else None
    return text if match is None or topic is None else f"{match['head']} the {topic}"


def _with_proof(text: str, said: str, vocabulary: Vocabulary) -> str:
    """Return a request for proof with the claim that it is to prove, where that is on no group of customers."""
    topic = told_topic(said, vocabulary)
    if topic is None or parse(topic, vocabulary).all("where"):
        return text
    return f"{text} on «{topic}”"


def told_topic(said: str, vocabulary: Vocabulary) -> str | None:
    """Return what the last statement that is about anything is about, None where all only set the scene."""
    for statement in reversed(said.split(". ")):
        is_pressed = _PRESSED.match(statement) is not None
        claim = statement if is_pressed else claimed(statement)
        topic = _topic_of(claim, vocabulary, is_claim=claim != statement)
        if topic is not None:
            return topic
    return None


_PREDICATE: Final = re.compile(
    r"\s(?:is|are|was|were|has been|have been|has|have|only|mostly|mainly)\s(?:\w+ ){0,6}?(?:problem|issue|thing|matter|myth|deal|non-issue|fine|ok|okay|solved|fixed|rare|gone|going|falling|rising|growing|declining|down|up|over|under|annoys?|bothers?|everywhere|common|minor|major|small|big|huge|worse|better)\b.*$"
    rf"|\s(?:is|are|was|were|has been|have been|had been|got|gets)\s(?:\w+ ){{0,3}}?(?:{'|'.join(sorted(words_in('mended')))})\b.*$"
)


_ATTITUDE: Final = re.compile(
    r"^(?:(?:nobody|no one|everybody|everyone|hardly anyone|people|customers|shoppers|users|they|most people) )(?:\w+ ){0,2}?(?:minds?|cares?|objects?|bothered|bothers|hates?|loves?|likes?|complains?|complained|complaining|moans?|moaning|gripes?|worries|stopped \w+ing)(?: (?:less and less|more and more|less|more|much|a lot|any ?more))?(?: (?:about|to|that|over|at|of|with))?\s"
)


_OWN_DEED: Final = re.compile(
    r"^(?:i|we|they|he|she)(?: (?:have|had|has|just|recently|finally|also|only|then|already))* (?!(?:are|were|am|was|be)\b)\w+\s"
)
"""What we did to a thing: customers speak of the thing."""


_OF_WHAT: Final = re.compile(r"^.*\b(?:on|about|with|over|regarding|around)\s+(?=\w{4,})")


_PRESSED: Final = re.compile(
    rf"^.*\b(?:{'|'.join(sorted(words_in('pressing')))}) (?:(?:me|us|him|her|them|again|only|always) )*(?:on|about|over|regarding) (?P<what>\w.+)$"
    r"|^.*\b(?:bring|brings|brought|bringing) up (?P<up>\w.+)$"
)
"""Somebody is made to speak of something: "she will grill me on late refunds"."""


def _pressed(statement: str) -> str | None:
    match = _PRESSED.match(statement)
    return None if match is None else match["what"] or match["up"]


def _topic_of(claim: str, vocabulary: Vocabulary, *, is_claim: bool) -> str | None:
    pressed = _pressed(claim)
    if pressed is not None:
        claim, is_claim = pressed, True
    rest = _ATTITUDE.sub("", claim)
    deed = _OWN_DEED.sub("", rest)
    if deed == rest:
        rest = deed = _PREDICATE.sub("", rest)
    # "We are flying blind on returns": behind the last of these stands what of.
    parsed = parse(_OF_WHAT.sub("", deed) if deed != rest or rest.startswith("we ") else deed, vocabulary)
    if rest == claim and parsed.subject is not None and parsed.subject.led:
        tokens = list(tokens_of(parsed.subject.text))
    else:
        texts = [token.text for token in parsed.tokens]
        tokens = list(
            parsed.tokens[: texts.index(TIME_MARK) if TIME_MARK in texts else _MOST_WORDS][:_MOST_WORDS]
        )
    while tokens and (
        not tokens[0].is_word or tokens[0].text in words_in("stop") - {"no", "not", "being", "having"}
    ):
        tokens.pop(0)
    while tokens and (not tokens[-1].is_word or tokens[-1].text in words_in("stop")):
        tokens.pop()
    # What somebody is told to claim or to mind is what it is about, whoever else speaks of it.
    is_claim = is_claim or rest != claim
    plain = words_in("stop") | words_in("people") | words_in("empty")
    is_deed = is_claim and sum(token.text not in plain for token in tokens) > 1
    is_deed |= rest != claim and any(not is_frame(token) for token in tokens)
    is_deed |= pressed is not None and any(token.text not in plain for token in tokens)
    if not is_deed and not any(_says_something(token, vocabulary) for token in tokens):
        return None
    return " ".join(token.text for token in tokens)[:_MOST_CHARS]


def _says_something(token: Token, vocabulary: Vocabulary) -> bool:
    """Tell whether customers may speak of what a word says: they wrote it, or it names a thing."""
    if token.stem in thing_stems():
        return True
    plain = words_in("stop") | words_in("people") | words_in("empty")
    return token.stem in vocabulary.said and token.text not in plain and token.stem not in stems_in("generic")
