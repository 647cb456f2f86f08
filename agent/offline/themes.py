"""Names a theme from its own words: the most telling phrase, and a sentence that lists what goes with it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, product
from string import ascii_lowercase

from agent.firewall import unresolved_quantities
from agent.lexical import content_stems, similarity
from agent.schemas.writing import ThemeBrief, ThemeName

_MIN_LABEL, _MAX_LABEL = 3, 60
_MAX_LABEL_WORDS = 7
_MAX_DEFINITION = 240
_N_DEFINING = 4
_MAX_SPOKEN_WORDS = 5
_SAME_NAME = 0.99
_PERSONAL = re.compile(r"\b(?:i|i'm|i've|we|you|your|they|he|she|his|her|and|but|or)\b|[^\w\s'-]")
_FALLBACK = "Mixed remarks"


def name_theme(brief: ThemeBrief) -> ThemeName:
    """Return a label that no other theme has, and a definition; both state no quantity."""
    terms = [term for term in map(_clean, brief.terms) if term]
    spoken = _spoken_phrases(terms, [quote.text for quote in brief.quotes])
    label = next(_labels(terms, spoken, brief.taken_labels))
    return ThemeName(label=label, definition=_definition(label, terms))


def _labels(terms: list[str], spoken: list[str], taken: Iterable[str]) -> Iterator[str]:
    """Yield labels to choose from, best first; the last ones are told apart by a further word."""
    phrases = [term for term in terms if " " in term] or spoken
    joined = [f"{left} and {right}" for left, right in _pairs(terms)]
    candidates = [*phrases, *joined, *terms, _FALLBACK]
    known = [content_stems(label) for label in taken]
    names = {label.casefold() for label in taken}
    for candidate in candidates:
        if _is_label(candidate) and not any(
            similarity(content_stems(candidate), k) > _SAME_NAME for k in known
        ):
            yield _capitalised(candidate)
    for candidate in candidates:
        for term in [*terms, "other"]:
            told_apart = f"{candidate}: {term}"
            if _is_label(told_apart) and told_apart.casefold() not in names:
                yield _capitalised(told_apart)
    yield next(name for name in _fallbacks() if name.casefold() not in names)


def _fallbacks() -> Iterator[str]:
    """Yield names that say that there is no name, told apart by letters, since a digit would be a quantity."""
    yield _FALLBACK
    for letters in chain(ascii_lowercase, map("".join, product(ascii_lowercase, repeat=2))):
        yield f"{_FALLBACK}, group {letters}"


def _spoken_phrases(terms: list[str], texts: Iterable[str]) -> list[str]:
    """Return the customers' short phrases that run from one telling word to another, most frequent first."""
    telling = {stem for term in terms[:_N_DEFINING] for stem in content_stems(term)}
    found: Counter[str] = Counter()
    for text in texts:
        words = [word.strip('.,!?;:"“”()').lower() for word in text.split()]
        stems = [content_stems(word) & telling for word in words]
        for start, first in enumerate(stems):
            for end in range(start + 1, min(start + _MAX_SPOKEN_WORDS, len(words))):
                phrase = " ".join(words[start : end + 1])
                if first and stems[end] - first and not _PERSONAL.search(phrase):
                    found[_clean(phrase)] += 1
    return sorted(filter(None, found), key=lambda phrase: (-found[phrase], len(phrase), phrase))


def _pairs(terms: list[str]) -> Iterator[tuple[str, str]]:
    for n, left in enumerate(terms):
        for right in terms[n + 1 :]:
            if not content_stems(left) & content_stems(right):
                yield left, right


def _definition(label: str, terms: list[str]) -> str:
    if label.startswith(_FALLBACK):
        return "Customers bring up matters that have no telling word in common."
    stems = content_stems(label)
    further: list[str] = []
    for term in terms:
        if not content_stems(term) <= stems:
            further.append(term)
            stems |= content_stems(term)
    sentence = f"Customers bring up “{label[0].lower()}{label[1:]}”"
    for n_further in range(min(len(further), _N_DEFINING), 0, -1):
        listed = _listed(further[:n_further])
        if len(f"{sentence}, along with {listed}.") <= _MAX_DEFINITION:
            return f"{sentence}, along with {listed}."
    return f"{sentence}."


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _clean(term: str) -> str:
    """Return a term fit to be shown, or nothing: placeholders of redacted data and quantities are not."""
    term = " ".join(term.replace("_", " ").split()).strip(" .,!?;:'\"-")
    return "" if "[" in term or "{" in term or "<" in term or unresolved_quantities(term) else term


def _is_label(text: str) -> bool:
    return (
        _MIN_LABEL <= len(text) <= _MAX_LABEL
        and len(text.split()) <= _MAX_LABEL_WORDS
        and not unresolved_quantities(_capitalised(text))
    )


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]
