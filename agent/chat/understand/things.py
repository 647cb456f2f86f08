"""Which pain point, theme or thing the words of a request mean."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.chat.understand.frames import is_frame
from agent.chat.understand.vocabulary import Named, Vocabulary, Voices
from agent.chat.understand.words import stems_in, stems_of, tokens_of, words_in
from agent.lexical import content_stems
from agent.ports import Encoder

_NEAR: Final = 0.62
"""Likeness from which on other words mean the same thing, where nothing but labels tells."""
_SURE: Final = 0.08
"""By how much the nearest has to be nearer than the next."""
_MOST: Final = 4
_NEIGHBOURS: Final = 30
_FEWEST_NEIGHBOURS: Final = 8
_PER_NEIGHBOUR: Final = 40
"""Sentences of customers nearest to words, which vote for what the words mean: at most, at least, and among how many each."""
_CORE: Final = 5
"""Sentences of a pain point whose likeness counts: the nearest alone may be a slip."""
_AGREED: Final = 1.25
_OPEN: Final = 0.9
_APART: Final = 0.2
"""Of the sum of likeness to a label, likeness to sentences, and half the share of votes: what is surely meant, what may be, and by
how much another has to be further away. Chosen on some hundred wordings of known and of unknown troubles."""
_VOTES: Final = 0.33
_MOST_VOTES: Final = 0.45
_LIKE_SENTENCES: Final = 0.45
_LIKE_LABEL: Final = 0.4
_OWN_WORD: Final = 0.15
_NEXT_SENTENCES: Final = 0.1


@dataclass(frozen=True, slots=True)
class Found:
    """What words mean: one thing, or several that they may mean alike; neither where nothing fits."""

    one: Named | None = None
    several: tuple[Named, ...] = ()


class Things:
    """Finds things by words.

    Args:
        vocabulary: Has the things, and what customers wrote of them.
        encoder: Compares their labels with other words.
    """

    def __init__(self, vocabulary: Vocabulary, encoder: Encoder) -> None:
        self._encoder = encoder
        self._voices = vocabulary.voices
        self._voiced = vocabulary.pain_points
        self._vectors: dict[tuple[Named, ...], NDArray[np.float64]] = {}
        self._owners: dict[tuple[Named, ...], NDArray[np.intp]] = {}
        for things in (vocabulary.pain_points, vocabulary.themes):
            told = [(at, words) for at, thing in enumerate(things) for words in _ways(thing)]
            if told:
                self._vectors[things] = np.asarray(
                    encoder.encode([words for _, words in told]), dtype=np.float64
                )
                self._owners[things] = np.array([at for at, _ in told])

    def find(self, words: str, things: tuple[Named, ...]) -> Found:
        """Return the thing that words mean; one named by id or whole label is that one."""
        wanted = words.casefold().strip()
        exact = next((one for one in things if wanted in {one.ref.casefold(), one.label.casefold()}), None)
        if exact is not None:
            return Found(exact)
        stems = content_stems(wanted) or frozenset(wanted.split()) - words_in("stop")
        if not stems or not things:
            return Found()
        literal = set(stems_of(wanted))
        same = next((one for one in things if set(stems_of(one.label)) == literal), None)
        if same is not None:
            return Found(same)
        labelled = self._by_label(stems, things)
        if self._voices is not None and things == self._voiced:
            said = _only_said(wanted, labelled or Found(), things, self._voices)
            return _either(said, self._by_meaning(_PASSIVE.sub("", wanted), things))
        found = labelled or self._by_meaning(wanted, things)
        bare = stems - stems_in("flaws")
        if found != Found() or not bare or bare == stems:
            return found
        # What is wrong with a thing is put in many ways: "missing measurements" are in "gives no measurements".
        return self._by_label(bare, things) or found

    def _by_label(self, stems: frozenset[str], things: tuple[Named, ...]) -> Found | None:
        """Return by words of the label; one that says no more than the words do is meant before those that do."""
        holding = [(one, content_stems(one.label)) for one in things]
        same = [one for one, label in holding if label == stems]
        if same:
            return Found(same[0])
        inside = [one for one, label in holding if stems <= label]
        if len(inside) == 1:
            return Found(inside[0])
        if inside:
            return Found(several=tuple(inside[:_MOST]))
        around = [one for one, label in holding if len(label) > 1 and label <= stems]
        return Found(around[0]) if len(around) == 1 else None

    def _by_meaning(self, words: str, things: tuple[Named, ...]) -> Found:
        if things not in self._vectors:
            return Found()
        asked = np.asarray(self._encoder.encode([words]), dtype=np.float64)[0]
        told = self._vectors[things] @ asked
        scores = np.full(len(things), -1.0)
        np.maximum.at(scores, self._owners[things], told)
        if self._voices is not None and things == self._voiced:
            near = self._voices.likeness(asked)
            if near is not None:
                return _heard(words, near, scores, things, self._voices)
        order = [int(at) for at in np.argsort(-scores)[:_MOST]]
        best = scores[order[0]]
        if best < _NEAR:
            return Found()
        return _found([things[at] for at in order if scores[at] > best - _SURE])


def _heard(
    words: str,
    near: NDArray[np.float32],
    labels: NDArray[np.float64],
    things: tuple[Named, ...],
    voices: Voices,
) -> Found:
    """Return what words mean by the labels and by what customers wrote, where both are near enough."""
    shares = _votes(near, voices.pains, len(things))
    cores = _cores(near, voices.pains, len(things))
    scores = labels + cores + shares / 2 + _OWN_WORD * _own_words(words, things)
    order = [int(at) for at in np.argsort(-scores)[:_MOST]]
    best = order[0]
    others = np.delete(cores, best).max(initial=0.0)
    agreed = labels[best] == labels.max() and labels[best] >= _LIKE_LABEL and shares[best] >= _VOTES
    voted = shares[best] >= _MOST_VOTES and cores[best] >= _LIKE_SENTENCES
    # That the app crashes is no matter of payments because some of those whose payment failed wrote so.
    voted &= labels[best] >= _LIKE_LABEL or not _breaks_down(words, things[best])
    voted = (agreed or voted) and cores[best] >= others + _NEXT_SENTENCES
    sure = scores[best] >= _AGREED and shares[best] >= _VOTES
    if not (voted or sure) and scores[best] < _OPEN:
        return Found()
    next_label = np.delete(labels, best).max(initial=0.0)
    if labels[best] >= max(_NEAR, next_label + _SURE) and _is_said(words, things[best], voices.words[best]):
        # What customers wrote and the label agree.
        return Found(things[best])
    near_votes = (shares * 2 >= shares[best]) | (labels > labels[best] - _SURE)
    close = [things[at] for at in order if scores[at] > scores[best] - _APART and near_votes[at]]
    is_said = _is_said(words, things[best], voices.words[best])
    if not is_said and not (voted or sure):
        return Found()
    # A word that no customer with it writes may be what matters: then it is asked back.
    return _found(close) if is_said and (voted or sure) else Found(several=tuple(close))


def _breaks_down(words: str, thing: Named) -> bool:
    """Tell whether words say that something crashes or hangs, of which the label of a thing says nothing."""
    return bool(set(stems_of(words)) & stems_in("breakdowns") - set(stems_of(thing.label)))


def _own_words(words: str, things: tuple[Named, ...]) -> NDArray[np.float64]:
    """Return 1 for each thing whose label alone has one of the words, as "broken" stands in one label."""
    asked = content_stems(words)
    held = [content_stems(one.label) & asked for one in things]
    return np.array([float(any(sum(stem in other for other in held) == 1 for stem in one)) for one in held])


def _votes(near: NDArray[np.float32], pains: NDArray[np.intp], n_things: int) -> NDArray[np.float64]:
    """Return which share of the nearest sentences belongs to each pain point."""
    n = min(max(_FEWEST_NEIGHBOURS, min(_NEIGHBOURS, len(near) // _PER_NEIGHBOUR)), len(near))
    nearest = np.argpartition(-near, n - 1)[:n] if n else np.array([], dtype=np.intp)
    voted = pains[nearest]
    return np.bincount(voted[voted >= 0], minlength=n_things) / max(n, 1)


def _cores(near: NDArray[np.float32], pains: NDArray[np.intp], n_things: int) -> NDArray[np.float64]:
    """Return how near the nearest few sentences of each pain point are."""
    found = np.zeros(n_things)
    for at in range(n_things):
        own = np.sort(near[pains == at])[-_CORE:]
        found[at] = float(own.mean()) if len(own) else 0.0
    return found


def _is_said(words: str, thing: Named, own: frozenset[str]) -> bool:
    """Tell whether customers with a pain point use the words that are no everyday ones: "crypto payments" are not theirs."""
    known = own | set(stems_of(thing.label)) | stems_in("flaws")
    return all(is_frame(token) or token.stem in known for token in tokens_of(words) if token.is_word)


def _only_said(words: str, found: Found, things: tuple[Named, ...], voices: Voices) -> Found:
    """Return what words of labels say, without things whose customers do not write the other words: "vegan sleeping bags"."""
    own = dict(zip(things, voices.words, strict=True))
    held = [one for one in _all(found) if _is_said(words, one, own[one])]
    return _found(held) if held else Found()


def _all(found: Found) -> tuple[Named, ...]:
    return found.several or ((found.one,) if found.one is not None else ())


def _either(labelled: Found, meant: Found) -> Found:
    """Return what words of labels say, with what the words mean beside it where that is another thing."""
    first, second = _all(labelled), _all(meant)
    if not first or (meant.one is not None and meant.one in first):
        return meant
    return _found(list(dict.fromkeys((*first, *second)))[:_MOST])


def _found(things: Sequence[Named]) -> Found:
    return Found(things[0]) if len(things) == 1 else Found(several=tuple(things))


def _ways(thing: Named) -> list[str]:
    """Return how customers put a thing: its label, and the wordings that its definition lists."""
    listed = (part.strip(" .,“”") for part in _PARTS.split(thing.about))
    n_words = ((part, len(part.split())) for part in listed)
    return [thing.label, *(part for part, n in n_words if _FEWEST <= n <= _MOST_WORDS)]


_PASSIVE: Final = re.compile(
    r"^(?:being|getting|having been|having to be|always|constantly|people|customers)\s+"
)
_PARTS: Final = re.compile(r"[,;“”]|\balong with\b|\bcustomers bring up\b", re.IGNORECASE)
_FEWEST: Final = 2
_MOST_WORDS: Final = 9


@lru_cache(maxsize=8)
def things_of(vocabulary: Vocabulary, encoder: Encoder) -> Things:
    """Return the finder of a vocabulary, made once."""
    return Things(vocabulary, encoder)


def labels(things: Sequence[Named]) -> str:
    """Return the labels of things as a list in words."""
    return ", ".join(f"“{thing.label}”" for thing in things)
