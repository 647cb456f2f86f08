"""Lets through of a model's text what verifies, sentence by sentence, as it arrives.

A tool's own sentence passes as it is. A sentence in the model's words passes where every mark names a citation of this
turn, every number is a metric among its marks, every quotation is whole sentences of a quote it cites, and a statement of
a tool bears it out (`agent.chat.bearing`). Customers' words are quoted and never reported: where a sentence is removed,
the tool's own sentence that rests on what it cited stands in its place, or the cited quote itself. Links, markup, addresses, code and words that send the reader somewhere never pass. A
question back to the reader passes where it speaks of nothing that the reader or the tools did not speak of.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent.chat.bearing import bearers, is_excerpt, is_quotable
from agent.chat.cutting import Cutter, Piece
from agent.chat.offers import Offers
from agent.errors import EvidenceError
from agent.firewall import check_template, fill
from agent.lexical import content_stems
from agent.schemas.chat import AnswerCitation, Sentence, SentenceKind

MAX_CHARS = 600
"""Longest sentence that passes."""
MAX_SENTENCES = 30
"""Sentences of one answer; what comes behind them is removed."""
_MAX_QUESTIONS = 2
_MAX_QUESTION_CHARS = 240
_PUNCTUATION = frozenset(" .,;:!?'\"“”‘’«»()–—-…&%")
_PLACEHOLDER = re.compile(r"\{\{m:[a-z0-9._]+(?::[a-z]+)?\}\}")
_QUOTATION = re.compile(r"“([^“”]*)”|\"([^\"]*)\"|«([^«»]*)»|„([^„“”]*)[“”]|(?<!\w)'([^']*)'(?!\w)")
_NAME = re.compile(r"‘([^‘’]*)’")
_LOOSE_MARKS = re.compile(r"[“”\"«»„‘]|(?<!\w)'")
_DOTTED = re.compile(r"\w\.\w")
_LINK = re.compile(r"://|\bwww\.|\w\.\w|[@<>`{}\[\]\\]")
"""What no quotation shows: a reader could follow or paste it."""
_HARMLESS_DOTS = re.compile(r"\b(?:e\.g|i\.e)\b", re.IGNORECASE)
_ADDRESSES_READER = re.compile(r"\b(?:you|your|yours|yourself|please|let['’]?s)\b", re.IGNORECASE)
_CUSTOMER = r"(?:(?:a|one|another) )?(?:customer|person|shopper|user|buyer)s?"
_VERB = r"(?:also )?(?:say|write|report|mention|ask|put it)s?|said|wrote|reported|mentioned|asked"
_LEAD = re.compile(
    rf"^(?:in (?:a|one|another) (?:customer|person|shopper|user|buyer)[’']s (?:own )?words|{_CUSTOMER} (?:{_VERB}))[:,]?$"
    rf"|^,? ?(?:(?:{_VERB}) {_CUSTOMER})$",
    re.IGNORECASE,
)
"""What may stand around nothing but quotations."""
_QUESTION = re.compile(
    r"^(?:do you (?:mean|want)|did you mean|would you like|should i|shall i|which|what (?:period|group|stage|topic|channel))\b",
    re.IGNORECASE,
)
_STATING = re.compile(
    r"\b(?:that|because|why|who|whose|since|although|is|are|was|were|isn['’]t|aren['’]t|says?|said|saying|think\w*|complain\w*|"
    r"report\w*|writ\w*|lov\w*|hat(?:e|es|ed)|do(?! you)|does|did(?! you)|has|have|had)\b",
    re.IGNORECASE,
)
"""What a question would state by the way, as "which customers say that ..." does; a question back names things only."""
_QUESTION_WORDS = """
    mean want like see show compare look group groups period stage topic channel customers detail details focus narrow
    instead rather first also or of all both together separately time which what whether data answer question
"""
_QUESTION_STEMS = content_stems(_QUESTION_WORDS)
_BULLET = re.compile(r"^(?:[-–—*•]+|\(?\d{1,2}[.)])\s+")


class Guard:
    """Verifies the text of one answer.

    Args:
        offers: What the tools of this turn found, and find while the text arrives.
        question: What the reader asked.

    Attributes:
        passed: What was let through, in order.
        n_removed: Sentences that were not.
    """

    def __init__(self, offers: Offers, *, question: str = "") -> None:
        self._offers = offers
        self._question = question
        self._cutter = Cutter(lambda: (one.template for one in offers.sentences))
        self._removed: list[Piece] = []
        self.passed: list[Sentence] = []
        self.n_removed = 0

    def feed(self, text: str) -> Iterator[Sentence]:
        """Yield the sentences that a further part of the text completes and that verify."""
        yield from self._take(self._cutter.feed(text))

    def finish(self, *, is_answer: bool) -> Iterator[Sentence]:
        """Yield what verifies of the rest of a message.

        Args:
            is_answer: False where the message goes on to call tools: what it says beside that is no answer, and what of
                it did not verify is not counted.
        """
        yield from self._take(self._cutter.finish())
        if is_answer:
            self.n_removed += len(self._removed)
        self._removed.clear()

    def add(self, sentences: Iterable[Sentence]) -> Iterator[Sentence]:
        """Yield those of the tools' own sentences that were not said yet, and take them for said."""
        for sentence in sentences:
            if not self._is_said(sentence):
                self.passed.append(sentence)
                yield sentence

    def _take(self, pieces: Sequence[Piece]) -> Iterator[Sentence]:
        for piece in pieces:
            sentence = verified(piece, self._offers, question=self._question) or self._going_on(piece)
            if sentence is None or not self._has_room(sentence):
                self._removed.append(piece)
                sentence = self._in_place_of(piece)
            if sentence is not None:
                yield from self._in_context(sentence)

    def _in_context(self, sentence: Sentence) -> Iterator[Sentence]:
        """Yield a sentence behind the one that it leans on, so that "it" means what the tool meant."""
        leant_on = self._offers.antecedent(sentence)
        if leant_on is None or self._offers.follows(self.passed, leant_on, sentence):
            yield from self.add([sentence])
        elif not self._is_said(leant_on):
            yield from self.add([leant_on, sentence])

    def _has_room(self, sentence: Sentence) -> bool:
        asked = sum(is_question(one) for one in self.passed)
        return len(self.passed) < MAX_SENTENCES and (not is_question(sentence) or asked < _MAX_QUESTIONS)

    def _in_place_of(self, piece: Piece) -> Sentence | None:
        """Return the tool's own sentence that rests on what a removed one cited, or that quote; None where it was said."""
        if len(self.passed) >= MAX_SENTENCES:
            return None
        own = [one for one in self._offers.sentences if set(one.citations) & set(piece.marks)]
        own = own or [told for mark in piece.marks if (told := quoted(mark, self._offers)) is not None]
        own = [one for one in own if not self._is_said(one)]
        return max(own, key=lambda one: len(set(one.citations) & set(piece.marks)), default=None)

    def _going_on(self, piece: Piece) -> Sentence | None:
        """Return the rest of a tool's own sentence that a model parted in two and whose beginning was said last."""
        going_on = piece.text.strip()
        if not self.passed or not going_on:
            return None
        said = self.passed[-1]
        for own in self._offers.sentences:
            begins = own.template.startswith(said.template) and own.text.startswith(said.text)
            if begins and own.template[len(said.template) :].strip() == going_on:
                rest = own.text[len(said.text) :].strip()
                return own.model_copy(update={"template": going_on, "text": rest})
        return None

    def _is_said(self, sentence: Sentence) -> bool:
        return any(one.template == sentence.template for one in self.passed)


def is_question(sentence: Sentence) -> bool:
    """Tell whether a sentence asks the reader back."""
    return sentence.kind is SentenceKind.GUIDANCE and sentence.text.endswith("?")


def quoted(mark: str, offers: Offers) -> Sentence | None:
    """Return a sentence that holds a cited quote and nothing else; None where it is too long to stand in one."""
    cited = offers.citations.get(mark)
    evidence = None if cited is None else cited.evidence
    if evidence is None or not is_quotable(evidence.quote) or _LINK.search(evidence.quote):
        return None
    text = f"A customer says: “{evidence.quote.strip()}”"
    return Sentence(kind=SentenceKind.FINDING, text=text, template=text, citations=(mark,))


def verified(piece: Piece, offers: Offers, *, question: str = "") -> Sentence | None:
    """Return a sentence as it may be shown, or None where it does not verify."""
    text = _BULLET.sub("", unicodedata.normalize("NFC", piece.text).replace("**", "")).strip()
    own = _own(text, piece.marks, offers)
    if own is not None:
        return own
    if not text or len(text) > MAX_CHARS:
        return None
    if not piece.marks:
        return _asked_back(text, offers, question)
    cited = [offers.citations[mark] for mark in piece.marks if mark in offers.citations]
    if len(cited) != len(piece.marks):
        return None
    return _worded(text, cited, offers)


def _own(text: str, marks: Sequence[str], offers: Offers) -> Sentence | None:
    """Return the tool's own sentence that a text repeats; where several have the same words, the one it marks."""
    bare = text.rstrip(".")
    same = [one for one in offers.sentences if " ".join(one.template.split()).rstrip(".") == bare]
    return max(same, key=lambda one: len(set(one.citations) & set(marks)), default=None)


def _worded(text: str, cited: Sequence[AnswerCitation], offers: Offers) -> Sentence | None:
    """Return a sentence in the model's own words as a finding or a suggestion, or None."""
    basis = _basis(cited, offers)
    metrics = {c.metric.metric_id: c.metric for c in cited if c.metric is not None}
    said = _read(text, basis)
    if said is None or not _is_plain(said.bare) or _ADDRESSES_READER.search(said.bare):
        return None
    if said.bare.rstrip().endswith("?"):
        return None
    try:
        check_template(said.checked, offered=metrics)
    except EvidenceError:
        return None
    borne = _borne_out(said, basis)
    if borne is None:
        return None
    kind, marks = borne
    citations = tuple(c.citation_id for c in cited if c.citation_id in marks | said.quoted)
    return Sentence(kind=kind, text=fill(text, metrics), template=text, citations=citations)


@dataclass(frozen=True, slots=True)
class _Source:
    """Something cited that may bear a sentence out."""

    text: str
    marks: frozenset[str]
    kind: SentenceKind | None
    """None for a quote."""

    @property
    def unquoted(self) -> str:
        """The text without what it quotes, as a sentence is compared with it."""
        return self.text if self.kind is None else _QUOTATION.sub(" ", self.text)


def _basis(cited: Sequence[AnswerCitation], offers: Offers) -> tuple[_Source, ...]:
    """Return what a set of citations stands for: the tools' own sentences that rest on one, and the quotes."""
    wanted = {one.citation_id for one in cited}
    sources = [
        _Source(one.template, frozenset(one.citations), one.kind)
        for one in offers.sentences
        if offers.antecedent(one) is None
    ]
    sources += [
        _Source(one.evidence.quote, frozenset([one.citation_id]), None)
        for one in cited
        if one.evidence is not None
    ]
    return tuple(source for source in sources if source.marks & wanted)


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence without what it quotes."""

    bare: str
    """Without quotations."""
    checked: str
    """Without quotations and names: what may state no quantity."""
    quoted: frozenset[str]
    """Marks of the quotes that its quotations stand in."""


def _read(text: str, basis: Sequence[_Source]) -> _Said | None:
    """Return a sentence apart from its quotations and names, or None where one of them does not stand in what it cites."""
    quoted: set[str] = set()
    for found in _QUOTATION.finditer(text):
        inner = next(group for group in found.groups() if group is not None)
        marks = [source.marks for source in basis if source.kind is None and _is_excerpt(inner, source.text)]
        if not marks:
            return None
        quoted.update(*marks)
    bare = _QUOTATION.sub(" ", text)
    for name in _NAME.findall(bare):
        if not any(f"‘{name}’" in source.text for source in basis):
            return None
    if _LOOSE_MARKS.search(_NAME.sub(r"\1", bare)):
        return None
    return _Said(bare, _NAME.sub("this", bare), frozenset(quoted))


def _is_excerpt(inner: str, quote: str) -> bool:
    """Tell whether a quotation is whole sentences of a quote, and nothing that a reader could follow or paste."""
    return _LINK.search(inner) is None and is_excerpt(inner, quote)


def _borne_out(said: _Said, basis: Sequence[_Source]) -> tuple[SentenceKind, frozenset[str]] | None:
    """Return what a sentence is and the marks of what bears it out; None where nothing does."""
    if said.quoted and _LEAD.match(" ".join(said.bare.split()).strip(" .")):
        return SentenceKind.FINDING, frozenset()
    for kind in (SentenceKind.FINDING, SentenceKind.SUGGESTION):
        offered = [one for one in basis if one.kind is kind]
        names = {name for one in offered for name in _NAME.findall(one.unquoted)}
        found = bearers(_marked(said.bare, names), [_marked(one.unquoted, names) for one in offered])
        marks = frozenset(mark for position in found or () for mark in offered[position].marks)
        if found is not None and said.quoted <= marks:
            return kind, marks
    return None


def _marked(text: str, names: Collection[str]) -> str:
    """Return a text with its names between marks, so that each is taken as one word."""
    listed = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name)
    if not listed:
        return text
    found = re.compile(rf"‘[^‘’]*’|(?<!\w)({listed})(?!\w)", re.IGNORECASE)
    return found.sub(lambda at: f"‘{at[1]}’" if at[1] else at[0], text)


def _asked_back(text: str, offers: Offers, question: str) -> Sentence | None:
    """Return a question to the reader that speaks of what was spoken of and nothing else, or None."""
    if not text.endswith("?") or len(text) > _MAX_QUESTION_CHARS or _QUESTION.match(text) is None:
        return None
    if _LOOSE_MARKS.search(text) or not _is_plain(text) or _STATING.search(text):
        return None
    try:
        check_template(text, offered=())
    except EvidenceError:
        return None
    known = content_stems(" ".join([question, *_spoken_of(offers)])) | _QUESTION_STEMS
    if not content_stems(text) <= known:
        return None
    return Sentence(kind=SentenceKind.GUIDANCE, text=text, template=text)


def _spoken_of(offers: Offers) -> Iterator[str]:
    for result in offers.results:
        yield result.understood
        # What customers wrote is nobody's to ask about in other words: a quote is no list of things.
        yield from (_QUOTATION.sub(" ", sentence.template) for sentence in result.sentences)
        yield from result.next_questions
        yield from (result.missing.statement, result.missing.needed) if result.missing else ()


def _is_plain(text: str) -> bool:
    """Tell whether a text is words alone: no markup, no code, no link, no address, nothing invisible."""
    words = _PLACEHOLDER.sub("", text)
    return all(c.isalnum() or c in _PUNCTUATION for c in words) and not _DOTTED.search(
        _HARMLESS_DOTS.sub("", words)
    )
