"""Understands requests in free wording: no key, no network, the same answer to the same words."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

import numpy as np

from agent.chat.requests import ProposeVariants
from agent.chat.understand.building import Context, build
from agent.chat.understand.changing import names_whole_scope
from agent.chat.understand.deferring import asks_deed, told_request
from agent.chat.understand.event_names import apart_again, event_names, joined, unknown_event
from agent.chat.understand.fitting import adjusted_scores
from agent.chat.understand.following import chosen, follow_up, inherited_where, with_thing
from agent.chat.understand.frames import is_frame
from agent.chat.understand.index import index_of
from agent.chat.understand.kinds import Kind, load_kinds
from agent.chat.understand.leaning import leaning, unquoted
from agent.chat.understand.limits import named_limits
from agent.chat.understand.others import Written, names_other, written_in
from agent.chat.understand.outright import has_known_word, nonsense, refused_outright
from agent.chat.understand.parsing import Parsed, parse
from agent.chat.understand.pointing import pointed
from agent.chat.understand.scoring import scorer_of
from agent.chat.understand.sentences import begins_request
from agent.chat.understand.splitting import Part, parts_of
from agent.chat.understand.strangers import (
    unknown_action,
    unknown_name,
    unknown_season,
    unknown_stage,
    unknown_step,
)
from agent.chat.understand.strangers_told import with_unknown
from agent.chat.understand.subject_slots import UNCLEAR
from agent.chat.understand.terms import asks_term
from agent.chat.understand.things import things_of
from agent.chat.understand.understood import Cannot, Previous, Understood
from agent.chat.understand.unrecorded import told_unrecorded
from agent.chat.understand.vocabulary import Vocabulary
from agent.chat.understand.ways import unknown_end
from agent.chat.understand.words import plain, tokens_of, words_in
from agent.ports import Encoder

_MAKING: Final = threading.Lock()
_LEAD: Final = 14.0
_NEAR: Final = 4.7
_SURE: Final = 5.5
"""A logistic regression of "it is a request" on the lead of the best kind over all that cannot be done and on the likeness of
the nearest phrasing; fitted on requests that no kind lists and on utterances of other domains."""
_NAMED: Final = 1.2
"""What a name of the data in a request counts for; few utterances of other domains hold one."""
_NAMES: Final = frozenset({"where", "stage", "after", "event", "persona", "map", "variant_set"})
_NO_TIMES: Final = frozenset({"explain_term", "show_help", "propose_variants", "draft_map"})
_NAMED_FREELY: Final = _NO_TIMES | {"check_variants", "list_variants"}
"""Tools of which a request may hold any names."""
_DOING: Final = frozenset(
    {
        "count_customers",
        "show_paths",
        "show_funnel",
        "show_retention",
        "list_moments",
        "show_pain_point",
        "predict",
    }
)
"""Tools that a step which nobody recorded would else be dropped from."""
_ASKS_LANGUAGE: Final = re.compile(
    r"\b(?:translat\w*|languages?|speak|speaks|answer|reply|respond|say it|talk|write)\b"
)
_UNCLEAR: Final = (
    "That was not understood. Ask, for instance, what the biggest pain points are, what customers say about something, "
    "or how many customers get from step to step."
)


@dataclass(frozen=True, slots=True)
class Read:
    """What is known of a part of a message beside its words.

    Attributes:
        written: Owners and names, by apostrophes and capitals.
        names: Of events, as analytics tools write them.
        points_back: True where what was told before stands in the place of words that point to it.
    """

    written: Written
    names: tuple[str, ...]
    points_back: bool


def understand(
    utterance: str, *, vocabulary: Vocabulary, encoder: Encoder, previous: Previous | None = None
) -> Understood:
    """Return what a message asks for.

    Args:
        utterance: Anything.
        vocabulary: Names of the data; nothing else is ever limited to.
        encoder: Compares the words with the example phrasings.
        previous: The turn before.

    Returns:
        Requests in the order they were asked, or why there are none; never an exception, whatever was sent.
    """
    text = plain(utterance)
    outright = refused_outright(utterance, text)
    if outright is not None:
        return Understood(cannot=(outright,))
    picked = chosen(text, previous)
    text = plain(picked) if picked is not None else text
    # Many ask at once when the data is another: one makes what is kept of it, the others wait.
    with _MAKING:
        scorer_of(encoder)
        index_of(vocabulary)
        context = Context(vocabulary, things_of(vocabulary, encoder))
    found: list[Understood] = []
    asking: list[bool] = []

    def narrows(words: str) -> bool:
        told = parse(words, vocabulary)
        return bool(told.mentions or told.times or told.limits)

    written = written_in(utterance)
    names = event_names(picked if picked is not None else utterance)
    for part in (Part(text),) if names_whole_scope(text) else _parts(text, names, narrows):
        whole = replace(part, text=pointed(part.text, part.said, vocabulary))
        points_back = whole.text != part.text
        asking.append(not _says_nothing(part.text))
        found.append(
            _part(
                whole,
                _before(previous, found),
                context,
                encoder,
                Read(written, names, points_back=points_back),
            )
        )
    return _as_written(_together(_without_fragments(found, asking)), utterance)


def _parts(text: str, names: tuple[str, ...], narrows: Callable[[str], bool]) -> Iterator[Part]:
    """Yield the requests of a message; names of events that stand in it are no words of its sentences."""
    parts = parts_of(joined(text, names), narrows=lambda words: narrows(apart_again(words, names)))
    yield from (Part(apart_again(one.text, names), apart_again(one.said, names)) for one in parts)


def _as_written(understood: Understood, utterance: str) -> Understood:
    """Return what was understood with quoted copy as it was written: capitals belong to it."""
    requests = tuple(
        one.model_copy(update={"control": utterance[at : at + len(one.control)]})
        if isinstance(one, ProposeVariants)
        and one.control
        and (at := utterance.casefold().find(one.control)) >= 0
        else one
        for one in understood.requests
    )
    return replace(understood, requests=requests)


def _before(previous: Previous | None, found: list[Understood]) -> Previous | None:
    """Return the turn before of a part: the parts before it in the same message count as one."""
    requests = tuple(request for one in found for request in one.requests)
    return Previous(requests=requests) if requests else previous


def _without_fragments(found: list[Understood], asking: list[bool]) -> list[Understood]:
    """Return what was understood without words that ask nothing and were not understood, beside others that were."""
    kept = [one for one, asks in zip(found, asking, strict=True) if asks or not _is_unclear(one)]
    return kept or found


def _says_nothing(text: str) -> bool:
    """Tell whether words ask nothing by their form, nor name anything: "the base for my chart"."""
    words = tokens_of(text)
    is_short = len(words) <= _RHETORICAL or not begins_request(text)
    return is_short and all(is_frame(token) for token in words)


_RHETORICAL: Final = 6
"""Words of a question that nobody wants answered: "you know what", "is that too much to ask"."""


def _is_unclear(one: Understood) -> bool:
    return not (one.requests or one.choices or one.missing) and all(
        cannot.kind == "unclear" for cannot in one.cannot
    )


def _together(found: list[Understood]) -> Understood:
    answered = [one for one in found if not any(cannot.small_talk for cannot in one.cannot)]
    # "I want their own words. How do they put it?" asks once: what it is about stands in one of the two.
    named = [one for one in answered if one.missing != (UNCLEAR,)]
    kept = named or answered or found
    return reduce(_plus, kept)


def _plus(left: Understood, right: Understood) -> Understood:
    new = tuple(request for request in right.requests if request not in left.requests)
    return Understood(
        requests=(*left.requests, *new),
        choices=left.choices or right.choices,
        cannot=(*left.cannot, *right.cannot),
        missing=(*left.missing, *right.missing),
        notes=(*left.notes, *(note for note in right.notes if note not in left.notes)),
        question=left.question or right.question,
    )


def _part(
    part: Part,
    previous: Previous | None,
    context: Context,
    encoder: Encoder,
    read: Read,
) -> Understood:
    text = part.text
    followed = follow_up(text, parse(text, context.vocabulary), previous, context)
    if followed is not None:
        return followed
    text = with_thing(text, previous)
    parsed = parse(text, context.vocabulary)
    said = parse(unquoted(part.said), context.vocabulary) if part.said else None
    if said is not None:
        parsed = with_unknown(leaning(parsed, said, points_back=read.points_back), said, context.vocabulary)
    if not parsed.limits:
        parsed = replace(parsed, limits=_named_limits(parsed, read.written, context.vocabulary))
    is_term = asks_term(text, context.vocabulary.terms)
    if not has_known_word(parsed.tokens) and not parsed.mentions and not is_term:
        return _alone(parsed, context)
    if names_other(parsed, context.vocabulary, written=read.written, said=said):
        return _cannot(_named("competitors"))
    kind = _kind(parsed, context.vocabulary, encoder)
    if kind is None or _is_locale(kind, parsed):
        again = _with_last(part)
        told = None if again is None else _part(again, previous, context, encoder, read)
        return told if told is not None and told.requests else _fallback(parsed, context)
    if not kind.tool:
        return _cannot(kind)
    where = inherited_where(text, parsed, previous)
    missing = (
        _in_season(kind, parsed)
        or _undone(kind, parsed, said, context.vocabulary)
        or _unrecorded(kind, parsed, read.names, context.vocabulary)
    )
    return missing or build(kind, parsed, Context(context.vocabulary, context.things, where))


def _with_last(part: Part) -> Part | None:
    """Return a request behind the statement before it, where it points at something, or names nothing: "are there such loops"."""
    told = (one for one in reversed(part.said.split(". ")) if len(one.split()) > _LEAST_TOLD)
    last = next(told, "")
    words = tokens_of(part.text)
    points = any(token.text in words_in("pointers") for token in words)
    if not last or asks_deed(part.text) or not (points or all(is_frame(token) for token in words)):
        return None
    return Part(f"{told_request(last)}, {part.text}")


_LEAST_TOLD: Final = 3
"""Words of a statement; fewer are what is left of a wish: "but I would"."""


def _named_limits(parsed: Parsed, written: Written, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return names of people or places by their capitals, which plain text does not tell from everyday words."""
    taken = {at for one in parsed.mentions for at in range(one.start, one.end)}
    if parsed.subject is not None and parsed.subject.led:
        taken |= set(range(parsed.subject.start, parsed.subject.end))
    return named_limits(
        parsed.tokens,
        taken,
        capitals=written.names,
        names=index_of(vocabulary).words,
        said=vocabulary.said,
    )


def _cannot(kind: Kind) -> Understood:
    return Understood(cannot=(Cannot(kind.id, kind.say, small_talk=kind.small_talk),))


def _in_season(kind: Kind, parsed: Parsed) -> Understood | None:
    """Return that a season is asked for, where the kind of request is one that a time limits."""
    season = unknown_season(parsed) if kind.tool not in _NO_TIMES else None
    return Understood(missing=(season,)) if season is not None else None


def _unrecorded(
    kind: Kind, parsed: Parsed, names: tuple[str, ...], vocabulary: Vocabulary
) -> Understood | None:
    """Return that an event which nobody recorded is asked for by its name, where the kind of request is about the data."""
    missing = unknown_event(names, parsed, vocabulary) if kind.tool not in _NAMED_FREELY else None
    return Understood(missing=(missing,)) if missing is not None else None


def _undone(kind: Kind, parsed: Parsed, said: Parsed | None, vocabulary: Vocabulary) -> Understood | None:
    """Return that an action which nobody recorded is asked for, where the kind of request would else drop it."""
    asks_step = kind.tool in _DOING
    if not asks_step:
        return None
    checks = (unknown_end, unknown_step, unknown_action)
    missing = next((found for check in checks if (found := check(parsed, vocabulary)) is not None), None)
    if missing is None and said is not None:
        missing = told_unrecorded(parsed, said, vocabulary)
    return Understood(missing=(missing,)) if missing is not None else None


def _is_locale(kind: Kind, parsed: Parsed) -> bool:
    """Tell whether a value of a trait was taken for a wish to be answered in another language."""
    return kind.id == "language" and bool(parsed.limits) and not _ASKS_LANGUAGE.search(parsed.text)


def _alone(parsed: Parsed, context: Context) -> Understood:
    """Return what a bare name asks for: a subject that the data knows is looked up, anything else is no request."""
    if parsed.subject is not None:
        found = context.things.find(parsed.subject.text, context.vocabulary.pain_points)
        themes = context.things.find(parsed.subject.text, context.vocabulary.themes)
        if found.one or found.several or themes.one or themes.several:
            return build(_named("search_topic"), parsed, context)
    return Understood(cannot=(nonsense(),))


def _fallback(parsed: Parsed, context: Context) -> Understood:
    """Return a search where a subject is plainly meant, and that nothing was understood where not."""
    if parsed.subject is not None and parsed.subject.led:
        return build(_named("search_topic"), parsed, context)
    if parsed.limits:
        return build(_named("pains_top"), parsed, context)
    if parsed.all("emotion") and parsed.subject is None:
        return build(_named("emotions_one"), parsed, context)
    vocabulary = context.vocabulary
    missing = unknown_season(parsed) or unknown_stage(parsed, vocabulary) or unknown_name(parsed, vocabulary)
    if missing is not None:
        return Understood(missing=(missing,))
    return Understood(cannot=(Cannot("unclear", _UNCLEAR),))


def _named(kind_id: str) -> Kind:
    return next(kind for kind in load_kinds() if kind.id == kind_id)


def _kind(parsed: Parsed, vocabulary: Vocabulary, encoder: Encoder) -> Kind | None:
    scorer = scorer_of(encoder)
    if names_whole_scope(parsed.text):
        return _named("map_draft")
    if asks_term(parsed.text, vocabulary.terms):
        return _named("explain")
    # A group that nobody knows says as little of what is asked as one that is known.
    raw = parsed.masked if parsed.limits else parsed.text.strip(" ?!.,;:\n")
    scores = scorer.score(parsed.masked, parsed.bare, raw)
    adjusted = np.array(adjusted_scores(scores, parsed, scorer.kinds))
    best = scorer.kinds[int(np.argmax(adjusted))]
    if not best.tool:
        return best
    can = np.array([bool(kind.tool) for kind in scorer.kinds])
    lead = float(adjusted[can].max() - adjusted[~can].max())
    names = _NAMES | {"creative"} if best.tool == "propose_variants" else _NAMES
    named = _NAMED if any(one.slot in names for one in parsed.mentions) else 0.0
    return best if _LEAD * lead + _NEAR * scores.nearest + named >= _SURE else None
