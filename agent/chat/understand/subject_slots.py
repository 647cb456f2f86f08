"""Requests about a subject: a pain point where one is meant, else what customers say of it."""

import re
from typing import Any, Final

from agent.chat.understand.kinds import Kind
from agent.chat.understand.leads import CLAUSES
from agent.chat.understand.parsing import Parsed
from agent.chat.understand.places import word_before
from agent.chat.understand.slots import Slots, unknown_thing
from agent.chat.understand.things import Found, Things, labels
from agent.chat.understand.unrecorded import told_deed
from agent.chat.understand.vocabulary import Named, Vocabulary
from agent.chat.understand.words import stems_in, words_in
from agent.schemas.chat import Choice

_TO_PAIN: Final = frozenset({"list_pain_points", "show_pain_point"})
_TO_SEARCH: Final = frozenset({"list_themes", "show_emotions", "search_evidence"})
_ASPECT_WORDS: Final = {
    "all": "Tell me about the pain point",
    "reach": "How many customers complain about",
    "severity": "How bad is",
    "trend": "Trend of the pain point",
    "quotes": "Quotes for the problem",
    "behaviour": "What do customers do after complaining about",
    "concentration": "Where is the pain point concentrated:",
}
_NO_STEP: Final = frozenset(
    {
        "show_paths",
        "show_funnel",
        "list_moments",
        "show_attribution",
        "count_customers",
        "show_stage",
        "show_stage_times",
    }
)
_SUBJECT_LIMIT: Final = 200
UNCLEAR: Final = unknown_thing(
    "What the question is about is not clear.", "Name it, such as delivery or payment."
)


def about_subject(kind: Kind, parsed: Parsed, vocabulary: Vocabulary, things: Things) -> Slots:
    """Return the arguments of a request about a subject."""
    words = _words(parsed)
    if words is None:
        return Slots(kind.tool, missing=UNCLEAR)
    if kind.tool in _TO_PAIN | _TO_SEARCH:
        return _said(kind, parsed, words, vocabulary, things)
    if kind.tool == "show_trend" or kind.id == "periods_pains":
        return _trend(words, vocabulary, things)
    if kind.id in {"actions", "opportunities"}:
        return _done_about(words, vocabulary, things)
    if kind.id == "count_customers" and parsed.subject is not None and parsed.subject.led:
        return _pain(kind, words, vocabulary, things, aspect="reach")
    return _pain_of_groups(words) if kind.tool == "compare_groups" else _unknown(kind, words, vocabulary)


def _said(kind: Kind, parsed: Parsed, words: str, vocabulary: Vocabulary, things: Things) -> Slots:
    """Return the arguments of a request for what customers say of a subject; what they did with it is another."""
    is_trouble = any(token.text in words_in("trouble") for token in parsed.tokens)
    is_trouble |= any(token.stem in stems_in("complaining", "told_that") for token in parsed.tokens)
    if _DID.search(parsed.text) and _COUNTED.search(parsed.text) and not is_trouble:
        found = things.find(words, vocabulary.pain_points)
        if found.one is None and not found.several:
            return _unknown_step(kind, words, vocabulary)
    place = (*parsed.all("stage"), *parsed.all("after"), *parsed.all("event"))
    if parsed.subject is None or kind.arguments.get("aspect") == "behaviour":
        place = ()
    if kind.tool in _TO_SEARCH:
        return _limited(place, parsed, Slots("search_evidence", {"query": words}))
    done = _done(kind, parsed, is_trouble=is_trouble)
    if done is not None and things.find(words, vocabulary.pain_points) == Found():
        # "After redeeming a voucher" names a step, and it is none of the data's.
        return _unknown_step(kind, done, vocabulary)
    told = _with_place(parsed, words)
    if told is not None and things.find(told, vocabulary.pain_points).one is not None:
        return _pain(kind, told, vocabulary, things)
    return _limited(place, parsed, _pain(kind, words, vocabulary, things))


def _done(kind: Kind, parsed: Parsed, *, is_trouble: bool) -> str | None:
    """Return the deed that those did who are counted or followed, where it stands after "once" or as their own."""
    aspect = kind.arguments.get("aspect")
    if aspect not in {"behaviour", "reach"}:
        return None
    done = _DONE.search(parsed.text) if aspect == "behaviour" else None
    if done is not None:
        return done["step"]
    if is_trouble:
        return None
    subject = parsed.subject
    if aspect == "behaviour" and subject is not None and not subject.led:
        # "What do they do after the webinar": no step of the data.
        before = word_before(parsed.tokens, subject.start)
        return subject.text if before in {"after", "following", "before"} else told_deed(parsed)
    return told_deed(parsed)


def _with_place(parsed: Parsed, words: str) -> str | None:
    """Return what a clause tells together with the place it ends at: "when a fee shows up at the end of checkout".

    There the place says what is wrong; "late delivery in the decision stage" limits it by the name of a stage.
    """
    subject, stages = parsed.subject, parsed.all("stage")
    if subject is None or len(stages) != 1 or not subject.led:
        return None
    stage = stages[0]
    between = [token.text for token in parsed.tokens[subject.end : stage.start]]
    behind = [token.text for token in parsed.tokens[stage.end : stage.end + 1]]
    is_clause = subject.start > 0 and parsed.tokens[subject.start - 1].text in CLAUSES | words_in(
        "determiners"
    )
    is_named = stage.value in parsed.words(stage) or bool(set(behind) & {"stage", "phase"})
    if is_named or not is_clause or not set(between) <= words_in("stop"):
        return None
    return " ".join((words, *between, parsed.words(stage)))[:_SUBJECT_LIMIT]


_DONE: Final = re.compile(r"\b(?:after|once|when|before|following|since)\s+(?P<step>\w+ing\b(?:\s+\w+){0,3})")
_DID: Final = re.compile(
    r"\b(?:have|has|had|returned|used?|using|uses|owns?|bought|visited|clicked|opened|watched|downloaded|installed|redeemed|joined|attended|received|subscribed|signed|booked|tried)\b"
)
_COUNTED: Final = re.compile(
    r"\b(?:how many|how often|number of|share of|percentage of|proportion of|count)\b"
)


def _words(parsed: Parsed) -> str | None:
    """Return the words of the subject; those of a stage or step where nothing else is the subject."""
    if parsed.subject is not None:
        return _deed(parsed.subject.text)[:_SUBJECT_LIMIT]
    for slot in ("stage", "event"):
        for mention in parsed.all(slot):
            return parsed.words(mention)[:_SUBJECT_LIMIT]
    return None


def _deed(text: str) -> str:
    """Return a subject without words that only say that customers have to do it: "being made to register"."""
    words = text.split()
    start = next((at for at, word in enumerate(words) if word not in words_in("obliging") | {"getting"}), 0)
    return " ".join(words[start:])


def _limited(place: tuple[Any, ...], parsed: Parsed, found: Slots) -> Slots:
    """Look for a subject with the place of the journey that is named beside it; ask back where no tool takes both."""
    if not place or found.choices or found.missing is not None:
        return found
    if found.tool == "search_evidence" and not any(one.slot == "after" for one in place):
        beside = " ".join(parsed.words(one) for one in place if one.slot != "stage" or len(place) == 1)
        return Slots(found.tool, {"query": f"{found.arguments['query']} {beside}"[:_SUBJECT_LIMIT]})
    subject = parsed.subject.text if parsed.subject is not None else ""
    where = place[0].value if place[0].slot == "stage" else parsed.words(place[0])
    asked = (
        f"What are the pain points in the {where} stage?"
        if place[0].slot == "stage"
        else f"What do customers complain about {where if where.startswith('after') else f'after {where}'}?"
    )
    choices = (
        Choice(label=f"All about {subject}", request=f"What do customers say about “{subject}”?"),
        Choice(label=f"All pain points: {where}", request=asked),
    )
    return Slots(found.tool, choices=choices, question="Both at once cannot be told. Which of the two?")


def _pain(
    kind: Kind, words: str, vocabulary: Vocabulary, things: Things, *, aspect: str | None = None
) -> Slots:
    aspect = aspect or (kind.arguments.get("aspect", "all") if kind.tool == "show_pain_point" else "all")
    found = things.find(words, vocabulary.pain_points)
    if found.several:
        return _which(found.several, aspect, words)
    if found.one is None and aspect == "trend":
        return Slots("show_trend", {"topic": words})
    if found.one is None:
        return Slots("search_evidence", {"query": words})
    return Slots(
        "show_pain_point", {"name": found.one.ref, **({"aspect": aspect} if aspect != "all" else {})}
    )


def _which(several: tuple[Named, ...], aspect: str, words: str) -> Slots:
    lead = _ASPECT_WORDS[aspect]
    choices = tuple(Choice(label=one.label, request=f"{lead} “{one.label}”") for one in several)
    if len(several) > 1:
        question = f"Several pain points fit: {labels(several)}. Which one?"
    else:
        question = f"Is the pain point {labels(several)} meant?"
        search = Choice(label=f"All about {words}", request=f"What do customers say about “{words}”?")
        choices = (*choices, search)
    return Slots("show_pain_point", choices=choices, question=question)


def _trend(words: str, vocabulary: Vocabulary, things: Things) -> Slots:
    found = things.find(words, vocabulary.pain_points)
    if found.several:
        return _which(found.several, "trend", words)
    return Slots("show_trend", {"topic": found.one.label if found.one is not None else words})


def _pain_of_groups(words: str) -> Slots:
    return Slots(
        "compare_groups",
        {"what": "pain_points"},
        notes=(
            f"Groups are compared in all that hurts them, “{words}” among it where anybody speaks of it.",
        ),
    )


def _done_about(words: str, vocabulary: Vocabulary, things: Things) -> Slots:
    found = things.find(words, vocabulary.pain_points)
    pains = (found.one,) if found.one is not None else found.several
    if not pains:
        return Slots("search_evidence", {"query": words})
    choices = (
        *(
            Choice(label=f"Copy for “{one.label}”", request=f"Write an e-mail that answers “{one.label}”")
            for one in pains[:2]
        ),
        Choice(label="All opportunities", request="What are the biggest opportunities?"),
        Choice(
            label="What these customers do",
            request=f"What do customers do after complaining about “{pains[0].label}”?",
        ),
    )
    return Slots(
        "list_opportunities",
        choices=choices,
        question="Something can be said or something can be mended. Which?",
    )


def _unknown_step(kind: Kind, words: str, vocabulary: Vocabulary) -> Slots:
    known = ", ".join((vocabulary.events or vocabulary.stages)[:8])
    missing = unknown_thing(
        f"No step, stage or trait in the data is called “{words}”.",
        f"Ask by a name that is there, such as {known}.",
    )
    return Slots(kind.tool, missing=missing)


def _unknown(kind: Kind, words: str, vocabulary: Vocabulary) -> Slots:
    if kind.tool in _NO_STEP:
        return _unknown_step(kind, words, vocabulary)
    missing = unknown_thing(
        f"The data has nothing by the name of “{words}” to answer this with.",
        "Ask what customers say about it, or ask without it.",
    )
    return Slots(kind.tool, missing=missing)
